# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox with one tenant, and a client whose every answer is held to the published description of Microsoft
Graph.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import typing as t

import pytest
import requests

from federation_sandbox.clouds import seed
from federation_sandbox.entra.graph.templates import NON_GALLERY
from federation_sandbox.entra.hosts import CLOUDS
from federation_sandbox.entra.seeding import PERMISSIONS
from federation_sandbox.entra.state import Tenant, directory
from federation_sandbox.testing import Sandbox, running_sandbox
from graph_contract import Contract, contract

GRAPH = "https://graph.microsoft.com/v1.0"
EVENTUAL = {"ConsistencyLevel": "eventual"}


@dataclasses.dataclass
class Graph:
    """A client of Microsoft Graph for one application."""

    session: requests.Session
    contract: Contract | None
    root: str = GRAPH

    def __call__(self, method: str, path: str, status: int | None = None, **more: t.Any) -> t.Any:
        """Call and return the content; fail unless the status is the expected one and the answer as described."""
        response = self.call(method, path, **more)
        if status is not None:
            assert response.status_code == status, response.text
        return response.json() if response.content and "json" in response.headers["content-type"] else response.content

    def call(self, method: str, path: str, **more: t.Any) -> requests.Response:
        """Call and return the response."""
        url = path if path.startswith("https:") else self.root + path
        response = self.session.request(method, url, timeout=300, **more)
        if self.contract and (url.startswith(self.root) or response.status_code >= 400):
            plain = requests.utils.unquote(url.removeprefix(self.root).partition("?")[0])
            kind = response.headers.get("content-type", "")
            self.contract.check(
                method, plain, response.status_code, response.json() if "application/json" in kind else None
            )
        return response

    def refused(self, method: str, path: str, status: int, **more: t.Any) -> dict[str, t.Any]:
        """Call and return the error."""
        return t.cast("dict[str, t.Any]", self(method, path, status, **more)["error"])

    def every(self, path: str, **more: t.Any) -> list[dict[str, t.Any]]:
        """All pages of a list."""
        items: list[dict[str, t.Any]] = []
        link: str | None = path
        while link:
            page = self("GET", link, 200, **more)
            more.pop("params", None)
            items += page["value"]
            link = page.get("@odata.nextLink")
        return items

    def instantiate(
        self, name: str = "Amazon Connect", template: str = NON_GALLERY
    ) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """A new application and its service principal."""
        created = self("POST", f"/applicationTemplates/{template}/instantiate", 201, json={"displayName": name})
        return created["application"], created["servicePrincipal"]

    def saml_application(
        self, name: str = "Amazon Connect", template: str = NON_GALLERY
    ) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """A new application that signs in with SAML."""
        application, principal = self.instantiate(name, template)
        self("PATCH", f"/servicePrincipals/{principal['id']}", 204, json={"preferredSingleSignOnMode": "saml"})
        return application, principal


@pytest.fixture(scope="session")
def running() -> collections.abc.Iterator[Sandbox]:
    """One sandbox for all tests."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """An empty sandbox that this process's clients reach; only tests move its clock."""
    running.world.reset()
    running.world.clock.hold()
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    return running


TENANT = {
    "id": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "clients": [
        {"name": "automation", "client_id": "11111111-1111-4111-8111-111111111111", "secrets": ["s3cret"]},
        {"name": "owner", "secrets": ["s3cret"], "permissions": ["Application.ReadWrite.OwnedBy", "Policy.Read.All"]},
        {"name": "everything", "secrets": ["s3cret"], "permissions": list(PERMISSIONS)},
    ],
    "users": [
        {
            "userPrincipalName": "jane@contoso.com",
            "mail": "jane@contoso.com",
            "givenName": "Jane",
            "surname": "Doe",
            "employeeId": "7",
            "manager": "ravi@contoso.com",
        },
        {"userPrincipalName": "ravi@contoso.com", "accountEnabled": False},
        {"userPrincipalName": "guest_fabrikam.com#EXT#@contoso.com", "userType": "Guest"},
    ],
    "groups": [
        {"displayName": "Agents", "members": ["jane@contoso.com", "Leads"]},
        {"displayName": "Leads", "members": ["ravi@contoso.com", "jane@contoso.com"]},
    ],
}


@pytest.fixture
def seeded(sandbox: Sandbox) -> dict[str, t.Any]:
    """The ids of the seeded tenant."""
    return t.cast("dict[str, t.Any]", seed(sandbox.world, {"entra": {"tenants": [TENANT]}})["entra"]["tenants"][0])


@pytest.fixture
def tenant(sandbox: Sandbox, seeded: dict[str, t.Any]) -> Tenant:
    """The seeded tenant as the sandbox holds it."""
    return directory(sandbox.world).tenants[seeded["id"]]


@pytest.fixture
def graph_of() -> t.Callable[[dict[str, t.Any], str], Graph]:
    """A client of Graph for an application of a seeded tenant."""

    def client(ids: dict[str, t.Any], name: str) -> Graph:
        form = {
            "grant_type": "client_credentials",
            "client_id": ids["clients"][name]["client_id"],
            "client_secret": "s3cret",
            "scope": "https://graph.microsoft.com/.default",
        }
        answer = requests.post(
            f"https://login.microsoftonline.com/{ids['id']}/oauth2/v2.0/token", data=form, timeout=300
        )
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return Graph(session, contract())

    return client


@pytest.fixture
def graph_as(
    seeded: dict[str, t.Any], graph_of: t.Callable[[dict[str, t.Any], str], Graph]
) -> t.Callable[[str], Graph]:
    """A client of Graph for one of the applications of the seeded tenant."""
    return lambda name: graph_of(seeded, name)


@pytest.fixture
def graph_in(sandbox: Sandbox) -> t.Callable[..., Graph]:
    """A client of Graph in a cloud, for the application of a new tenant there. more: what else the seed says of the
    tenant.
    """

    def client(cloud: str, host: str, **more: t.Any) -> Graph:
        content = {"cloud": cloud, "clients": [{"name": "automation", "secrets": ["s3cret"]}], **more}
        seeded = seed(sandbox.world, {"entra": {"tenants": [content]}})["entra"]["tenants"][0]
        form = {
            "grant_type": "client_credentials",
            "client_id": seeded["clients"]["automation"]["client_id"],
            "client_secret": "s3cret",
            "scope": f"https://{host}/.default",
        }
        login = CLOUDS[cloud].authority
        answer = requests.post(f"https://{login}/{seeded['id']}/oauth2/v2.0/token", data=form, timeout=300)
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return Graph(session, None, f"https://{host}/v1.0")

    return client


@pytest.fixture
def graph(graph_as: t.Callable[[str], Graph]) -> Graph:
    """A client of Graph with the permissions that the modules ask for."""
    return graph_as("automation")
