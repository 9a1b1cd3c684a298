# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The console for who holds credentials of a role session, by the address that AWS gives identity brokers."""

from __future__ import annotations

import json
import typing as t

import pytest
import requests
from federation import ACCOUNT, Federation

from federation_sandbox import http_sign_in

SIGNIN = "https://signin.aws.amazon.com/federation"
CONSOLE = "https://console.aws.amazon.com/console/home"


@pytest.fixture
def credentials(federation: Federation) -> dict[str, str]:
    """What STS gave an administrator."""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }
    federation.iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=json.dumps(trust))
    assumed = federation.client("sts").assume_role(
        RoleArn=federation.role.replace("Federation", "Admin"), RoleSessionName="alex"
    )
    credentials = assumed["Credentials"]
    return {
        "sessionId": credentials["AccessKeyId"],
        "sessionKey": credentials["SecretAccessKey"],
        "sessionToken": credentials["SessionToken"],
    }


def ask(browser: requests.Session, **values: t.Any) -> requests.Response:
    """Call the address."""
    return browser.get(SIGNIN, params=values, timeout=300)


def token(browser: requests.Session, credentials: dict[str, str], **more: str) -> str:
    """The token for credentials."""
    return str(ask(browser, Action="getSigninToken", Session=json.dumps(credentials), **more).json()["SigninToken"])


def test_credentials_of_a_role_session_open_the_console(browser: requests.Session, credentials: dict[str, str]) -> None:
    seen = http_sign_in.read(ask(browser, Action="login", Destination=CONSOLE, SigninToken=token(browser, credentials)))
    assert (seen.outcome, seen.url) == ("console-home", CONSOLE)
    assert f":sts::{ACCOUNT}:assumed-role/Admin/alex" in seen.text


def test_the_session_lasts_as_long_as_was_asked(
    federation: Federation, browser: requests.Session, credentials: dict[str, str]
) -> None:
    ask(browser, Action="login", Destination=CONSOLE, SigninToken=token(browser, credentials, SessionDuration="7200"))
    federation.later(seconds=7100)
    assert http_sign_in.visit(browser, CONSOLE).outcome == "console-home"
    federation.later(seconds=200)
    assert http_sign_in.visit(browser, CONSOLE).outcome == "aws-error"


def test_a_token_lasts_fifteen_minutes(
    federation: Federation, browser: requests.Session, credentials: dict[str, str]
) -> None:
    sign_in_token = token(browser, credentials)
    federation.later(minutes=16)
    assert ask(browser, Action="login", Destination=CONSOLE, SigninToken=sign_in_token).status_code == 400


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"Action": "getSigninToken"},
        {"Action": "getSigninToken", "Session": "no json"},
        {
            "Action": "getSigninToken",
            "Session": '{"sessionId": "AKIAOPERATOR00000001", "sessionKey": "secret", "sessionToken": ""}',
        },
        {"Action": "login", "Destination": CONSOLE, "SigninToken": "made up"},
    ],
)
def test_people_without_one_stay_outside(
    browser: requests.Session, values: dict[str, str], credentials: dict[str, str]
) -> None:
    assert ask(browser, **values).status_code == 400
    assert http_sign_in.visit(browser, CONSOLE).outcome == "aws-error"


def test_wrong_durations_and_destinations_are_refused(browser: requests.Session, credentials: dict[str, str]) -> None:
    for seconds in ("899", "43201", "an hour"):
        options = {"Action": "getSigninToken", "Session": json.dumps(credentials), "SessionDuration": seconds}
        assert ask(browser, **options).status_code == 400
    sign_in_token = token(browser, credentials)
    assert (
        ask(browser, Action="login", Destination="https://example.com/", SigninToken=sign_in_token).status_code == 400
    )
    assert http_sign_in.visit(browser, CONSOLE).outcome == "aws-error"
