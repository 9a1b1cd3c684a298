# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant in the sandbox, and modules that run against it."""

from __future__ import annotations

import re
import typing as t

import pytest

from federation_sandbox import clouds
from federation_sandbox.entra.graph.assignments import new_assignment
from federation_sandbox.entra.state import MICROSOFT_GRAPH, directory, match
from federation_sandbox.entra.state import Tenant as Directory
from federation_sandbox.testing import Sandbox
from support import ModuleResult, run_module

SECRET: t.Final = "t0p-secret-value-of-automation"
USERS: t.Final = ("jane@contoso.com", "john@contoso.com", "mary@contoso.com")
GROUPS: t.Final = ("Agents", "Supervisors")
#: What the README asks for.
PERMISSIONS: t.Final = (
    "Application.ReadWrite.All",
    "Policy.ReadWrite.ApplicationConfiguration",
    "GroupMember.Read.All",
    "User.Read.All",
)


#: An application with most options, and the least that makes one.
MODULE: t.Final = "azure_saml_app"
ROLE: t.Final = {
    "role_arn": "arn:aws:iam::123456789012:role/ConnectAgent",
    "provider_arn": "arn:aws:iam::123456789012:saml-provider/Entra",
}
APP: t.Final[dict[str, t.Any]] = {
    "name": "Contact centre",
    "identifiers": ["urn:amazon:webservices"],
    "reply_urls": ["https://signin.aws.amazon.com/saml"],
    "relay_state": "https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555?destination=%2Fccp-v2",
    "session_name_source": "userprincipalname",
    "role_claims": [ROLE],
    "session_duration": 43200,
    "assignment_required": True,
    "assignments": {"users": {"add": ["jane@contoso.com"]}, "groups": {"set": ["Agents"]}},
    "notification_emails": ["operations@contoso.com"],
    "notes": "The contact centre's sign-in",
    "hidden": True,
}
SMALL: t.Final = {key: APP[key] for key in ("name", "identifiers", "reply_urls")}


def steady(application: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What two runs a second apart return alike: not the document, which is signed anew each time, nor the days that
    are left.
    """
    kept = {key: value for key, value in application.items() if key not in ("metadata_xml", "days_left")}
    return kept | {"certificates": [{**certificate, "days_left": None} for certificate in application["certificates"]]}


class Tenant:
    """A tenant with an application that calls, three users and two groups."""

    def __init__(self, sandbox: Sandbox, **content: t.Any) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        automation = {"secrets": [SECRET], **content.pop("client", {})}
        people = {
            "users": [
                {"userPrincipalName": name, "displayName": name.partition("@")[0].title(), "mail": name}
                for name in USERS
            ],
            "groups": [{"displayName": name, "members": []} for name in GROUPS],
        }
        seeded = clouds.seed(sandbox.world, {"entra": {"tenants": [{"clients": [automation], **people, **content}]}})[
            "entra"
        ]["tenants"][0]
        self.id = seeded["id"]
        self.users, self.groups = seeded["users"], seeded["groups"]
        self.client = seeded["clients"]["automation"]
        credentials = {
            "AZURE_TENANT_ID": self.id,
            "AZURE_CLIENT_ID": self.client["client_id"],
            "AZURE_CLIENT_SECRET": SECRET,
        }
        self.environment = {**sandbox.environment, **credentials}

    @property
    def directory(self) -> Directory:
        """What the tenant really holds, whatever reads show."""
        return directory(self.world).tenants[self.id]

    def all(self, collection: str) -> list[dict[str, t.Any]]:
        """The objects of a collection as they were last written, without the application that calls and Microsoft
        Graph.
        """
        own = (self.client["client_id"], MICROSOFT_GRAPH)
        return [dict(record) for record in self.directory[collection].current() if record.get("appId") not in own]

    def run(
        self, module: str, params: t.Mapping[str, t.Any], environment: t.Mapping[str, str] | None = None, **more: t.Any
    ) -> ModuleResult:
        """Run a module; the traffic log then holds its calls alone, and neither the secret nor a token is in its
        output.
        """
        self.world.traffic.clear()
        result = run_module(module, params, {**self.environment, **(environment or {})}, **more)
        assert SECRET not in result.raw
        assert not re.search(r"eyJ[\w-]+\.eyJ", result.raw), "a token is in the output"
        return result

    def grant(self, *permissions: str) -> None:
        """Give the application that calls these permissions of Microsoft Graph, and no others."""
        entra = self.directory
        graph = match(entra["servicePrincipals"].current(), appId=MICROSOFT_GRAPH)
        caller = entra["servicePrincipals"].latest(self.client["service_principal_id"])
        assert graph is not None
        assert caller is not None
        for assigned in [
            assignment
            for assignment in entra["appRoleAssignments"].current()
            if assignment["principalId"] == caller["id"]
        ]:
            entra["appRoleAssignments"].delete(assigned["id"])
        for name in permissions:
            role = next(role["id"] for role in graph["appRoles"] if role["value"] == name)
            entra["appRoleAssignments"].put(
                new_assignment(entra, caller, "ServicePrincipal", graph, role), settled=True
            )

    def check(self, module: str, params: t.Mapping[str, t.Any]) -> ModuleResult:
        """Run a module in check mode, with every write refused and none tried."""
        self.world.settings.refuse_writes = True
        try:
            result = self.run(module, params, check=True)
        finally:
            self.world.settings.refuse_writes = False
        assert not self.written(), "check mode wrote"
        return result

    def written(self) -> list[str]:
        """The writing operations of the last run; what only gets a token or makes a batch writes nothing."""
        return [call["operation"] for call in self.world.traffic.writes()]

    def requests(self) -> list[str]:
        """The operations of the last run that were HTTP requests."""
        return [call["operation"] for call in self.world.traffic.requests()]


@pytest.fixture
def tenant(sandbox: Sandbox) -> Tenant:
    """A tenant of its own."""
    return Tenant(sandbox)
