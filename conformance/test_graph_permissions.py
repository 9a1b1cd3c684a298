# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft's published permissions as a judge of the sandbox, and of what the documentation asks for, by every
playbook's calls.
"""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import re
import typing as t
from pathlib import Path

import pytest
from playbooks import Playbooks
from published_permissions import BESIDE_THE_DATA, call_of, calls, minimal, needs, read_table, table_of
from seeds import CLIENT, SECRET, account, credentials, tenant

from federation_sandbox import clouds
from federation_sandbox.entra.graph.service import ROUTES
from federation_sandbox.testing import Sandbox

CHECKOUT: t.Final = Path(__file__).resolve().parents[1]
INVENTORY: t.Final = "sandbox/hosts.yml"
TABLE: t.Final = read_table()


#: where the sandbox differs from the data, and why
DIFFERS: t.Final[dict[str, str]] = {
    "GET /organization": (
        "The data lets User.Read.All read it, its page does not; without it, Entra ID itself refuses an identifier."
    ),
    "POST /directory/deletedItems/{id}/restore": (
        "The data has the permissions for users alone; the page has those for applications too."
    ),
}


@pytest.mark.parametrize("call", calls())
def test_the_sandbox_asks_for_what_is_published(call: str) -> None:
    """No call of the sandbox takes other permissions than Microsoft publishes for it"""
    published = {**TABLE, **BESIDE_THE_DATA}[call]
    of_the_sandbox = [
        minimal(route.needs) for route in ROUTES if call_of(route.method, route.template.replace("{key}", "x")) == call
    ]
    assert (set(of_the_sandbox) == {published}) is (call not in DIFFERS), (of_the_sandbox, published)


def test_every_call_is_in_one_table() -> None:
    assert set(TABLE) | set(BESIDE_THE_DATA) == set(calls())
    assert not set(TABLE) & set(BESIDE_THE_DATA)


def test_how_the_data_is_read() -> None:
    """What is needed together stays together, and what is listed as the other half is no alternative"""

    def permission(noted: str, scheme: str = "Application") -> dict[str, t.Any]:
        paths = {"/serviceprincipals/{id}/approleassignedto": noted}
        return {"pathSets": [{"schemeKeys": [scheme], "methods": ["POST"], "paths": paths}]}

    document = {
        "permissions": {
            "AppRoleAssignment.ReadWrite.All": permission(
                "least=Application;AlsoRequires=Application.Read.All,Directory.Read.All"
            ),
            "Application.Read.All": permission("AlsoRequires=AppRoleAssignment.ReadWrite.All"),
            "Directory.Read.All": permission(""),
            "Application.ReadWrite.All": permission(""),
            "Group.Read.All": permission("", "DelegatedWork"),
            "Unheard.Of": permission(""),
        }
    }
    assert table_of(document) == {
        "POST /servicePrincipals/{id}/appRoleAssignedTo": needs(
            "Application.ReadWrite.All",
            "AppRoleAssignment.ReadWrite.All Application.Read.All",
            "AppRoleAssignment.ReadWrite.All Directory.Read.All",
        )
    }


# --- what the documentation asks for ----------------------------------------------------------------------------------

DOCUMENTATION: t.Final = (CHECKOUT / "docs" / "permissions.md").read_text(encoding="utf-8").partition("\n## AWS")
_PERMISSION: t.Final = r"`((?:[A-Z]\w+\.)+[A-Z]\w+)`"


def documented() -> list[str]:
    """The permissions of the table, which suffice for every playbook."""
    return re.findall(rf"^\| {_PERMISSION} \|", DOCUMENTATION[0], re.MULTILINE)


def documented_for_reading() -> list[str]:
    """The permissions of the paragraph about the check and the report."""
    paragraph = next(part for part in DOCUMENTATION[2].split("\n\n") if part.startswith("The check by itself"))
    return re.findall(_PERMISSION, paragraph.partition("in AWS")[0].partition("In AWS")[0])


#: playbook, its arguments and variables, in the order in which they make a federation, keep it and remove it
WRITING: t.Final[tuple[tuple[str, dict[str, t.Any]], ...]] = (
    ("site", {}),
    ("site", {"azure_saml_app_assigned_users": ["jane.doe@example.com"]}),
    (
        "users",
        {
            "federation_agents": [],
            "federation_agent_groups": [{"group": "Contact centre agents", "security_profiles": ["Agent"]}],
        },
    ),
    ("rotate_certificate", {"certificate_rotation_now": True, "certificate_rotation_settle_seconds": 0}),
    ("certificates", {}),
    ("check", {}),
    ("report", {}),
    ("teardown", {"azure_saml_app_purge": True}),
)
READING: t.Final = ("certificates", "check", "report")


#: what those who only read may not read where it is assigned, and find in the lists of policies instead
FOUND_OTHERWISE: t.Final = {
    "GET /servicePrincipals/{id}/claimsMappingPolicies",
    "GET /applications/{id}/tokenIssuancePolicies",
}


@dataclasses.dataclass
class Calls:
    """Calls as the table names them. refused: answered with 403."""

    answered: set[str] = dataclasses.field(default_factory=set)
    refused: set[str] = dataclasses.field(default_factory=set)


#: allowed without a permission for users, but then of members it shows the ids alone (facts/entra.md 5.7)
MEMBERS: t.Final = "GET /groups/{id}/members"

#: an application that has the permissions for reading alone
READER: t.Final = "66666666-6666-4666-8666-666666666666"


@pytest.fixture(scope="module")
def traffic(_one_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Calls]:
    """The calls that every playbook made with the documented permissions; those that only read made theirs with fewer,
    as well.
    """
    _one_sandbox.world.reset()
    directory = tenant("public", documented())
    reader = {"client_id": READER, "name": "reader", "secrets": [SECRET], "permissions": documented_for_reading()}
    directory["clients"].append(reader)
    clouds.seed(_one_sandbox.world, {"entra": {"tenants": [directory]}, "aws": {"accounts": [account("aws")]}})
    terminal = Playbooks({**_one_sandbox.environment, **credentials()}, tmp_path_factory.mktemp("playbooks"))

    def run(playbook: str, variables: dict[str, t.Any], calls: Calls) -> None:
        _one_sandbox.world.traffic.clear()
        terminal.succeed(playbook, INVENTORY, variables=variables)
        for entry in _one_sandbox.world.traffic.entries("graph"):
            if not entry["path"].endswith("/$batch"):
                call = call_of(entry["method"], entry["path"].removeprefix("/v1.0"))
                (calls.refused if entry["status"] == 403 else calls.answered).add(call)

    traffic_by_playbook: dict[str, Calls] = collections.defaultdict(Calls)
    for playbook, variables in WRITING:
        run(playbook, variables, traffic_by_playbook[playbook])
        if playbook in READING:
            terminal.environment["AZURE_CLIENT_ID"] = READER
            run(playbook, variables, traffic_by_playbook["reading"])
            terminal.environment["AZURE_CLIENT_ID"] = CLIENT
    return traffic_by_playbook


def every_call(traffic: collections.abc.Iterable[Calls]) -> list[str]:
    return sorted(set().union(*(calls.answered for calls in traffic)))


def suffices(permissions: collections.abc.Collection[str], call: str) -> bool:
    """Whether permissions allow a call, by what is published."""
    return any(together <= set(permissions) for together in {**TABLE, **BESIDE_THE_DATA}[call])


def needs_more(permissions: collections.abc.Collection[str], call: str) -> bool:
    """Whether permissions do not allow a call, or do not show what it is made for."""
    return not suffices(permissions, call) or (call == MEMBERS and "User.Read.All" not in permissions)


@pytest.mark.parametrize("playbook", [*dict.fromkeys(playbook for playbook, _variables in WRITING), "reading"])
def test_what_is_documented_suffices_for_every_call(traffic: dict[str, Calls], playbook: str) -> None:
    """What is refused is known to be, and the run goes on without it"""
    permissions = documented_for_reading() if playbook == "reading" else documented()
    calls = traffic[playbook]
    assert [call for call in sorted(calls.answered) if not suffices(permissions, call)] == []
    assert calls.refused <= (FOUND_OTHERWISE if playbook == "reading" else set()) | {"GET /organization"}


@pytest.mark.parametrize("permission", documented())
def test_nothing_that_is_documented_is_unneeded(traffic: dict[str, Calls], permission: str) -> None:
    others = set(documented()) - {permission}
    all_calls = every_call(calls for playbook, calls in traffic.items() if playbook != "reading")
    assert [call for call in all_calls if needs_more(others, call)], f"nothing needs {permission}"


@pytest.mark.parametrize("permission", documented_for_reading())
def test_nothing_that_is_documented_for_reading_is_unneeded(traffic: dict[str, Calls], permission: str) -> None:
    others = set(documented_for_reading()) - {permission}
    assert [call for call in every_call([traffic["reading"]]) if needs_more(others, call)], (
        f"nothing needs {permission}"
    )
