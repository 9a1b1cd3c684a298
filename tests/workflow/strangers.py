# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others make by hand in the tenant."""

from __future__ import annotations

import typing as t

import pytest
import requests
from seeds import CLIENT, TENANTS, credentials

from federation_sandbox.testing import Sandbox

LOGIN: t.Final = "https://login.microsoftonline.com"
GRAPH: t.Final = "https://graph.microsoft.com/v1.0"


def graph(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> requests.Session:
    """Microsoft Graph, as somebody sees it who holds the same credentials and another tool."""
    for variable, value in sandbox.environment.items():
        monkeypatch.setenv(variable, value)
    return sign_in(requests.Session())


def sign_in(session: requests.Session) -> requests.Session:
    """A session that reaches the sandbox, with a token for Microsoft Graph."""
    environment = credentials()
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": environment["AZURE_CLIENT_SECRET"],
        "scope": "https://graph.microsoft.com/.default",
    }
    token = session.post(f"{LOGIN}/{TENANTS['public']}/oauth2/v2.0/token", form, timeout=300).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def application(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str, *identifiers: str) -> str:
    """Have an application that somebody else made. The answer: its client ID."""
    return make_application(graph(sandbox, monkeypatch), name, *identifiers)


def make_application(session: requests.Session, name: str, *identifiers: str) -> str:
    """The same, by a session that signed in."""
    application = session.post(
        f"{GRAPH}/applications", json={"displayName": name, "identifierUris": identifiers}, timeout=300
    )
    application.raise_for_status()
    app_id = str(application.json()["appId"])
    session.post(f"{GRAPH}/servicePrincipals", json={"appId": app_id}, timeout=300).raise_for_status()
    return app_id
