# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""users.yml keeps agents and assignments in step with the groups."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from playbooks import Playbooks
from seeds import ACCOUNTS, TENANTS
from strangers import application

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox

INVENTORY: t.Final = "sandbox/hosts.yml"
GROUPS: t.Final = [
    {"group": "Leads", "security_profiles": ["CallCenterManager"]},
    {"group": "Contact centre agents", "security_profiles": ["Agent"]},
]
#: The session name is another attribute than by default, told once: of it are made the claim and the usernames.
VARIABLES: t.Final = {
    "federation_agent_groups": GROUPS,
    "federation_agents": [],
    "federation_assigned_groups": None,
    "federation_session_name_source": "mail",
}
JANE, JOHN = "doe@example.com", "roe@example.com"


def entra(sandbox: Sandbox, **content: t.Any) -> None:
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], **content}]}})


def test_groups_decide_who_is_an_agent(sandbox: Sandbox, playbooks: Playbooks) -> None:
    people = [
        {"userPrincipalName": "jane.doe@example.com", "mail": JANE},
        {"userPrincipalName": "john.roe@example.com", "mail": JOHN},
    ]
    entra(sandbox, users=people, groups=[{"displayName": "Leads", "members": ["john.roe@example.com"]}])
    created = playbooks.succeed("site", INVENTORY, variables=VARIABLES)
    assert created.done() == created.planned()
    assert [change["username"] for change in created.result("connect_users")["changes"]] == [JANE, JOHN]
    assert created.result("federation_check")["ok"]

    sandbox.world.traffic.clear()
    again = playbooks.succeed("users", INVENTORY, variables=VARIABLES)
    assert again.changed() == 0
    assert len(sandbox.world.traffic.requests()) <= 20

    entra(
        sandbox,
        users=[{"userPrincipalName": "nia@example.com", "givenName": "Nia", "surname": "N", "mail": "nia@example.com"}],
        groups=[
            {"displayName": "Contact centre agents", "members": ["john.roe@example.com"]},
            {"displayName": "Night", "members": ["nia@example.com"]},
        ],
    )
    groups = [*GROUPS, {"group": "Night", "security_profiles": ["Agent"]}]
    moved = playbooks.succeed(
        "users",
        INVENTORY,
        variables={**VARIABLES, "federation_agent_groups": groups, "connect_users_leavers": "delete"},
    )
    assigned, *agents = moved.done()
    assert assigned.startswith("Assign the group Night to ")
    assert agents == ["Create the agent 'nia@example.com'", f"Delete the agent {JANE!r}"]
    assert moved.result("connect_users")["leavers"] == [JANE]

    unknown = playbooks.fail(
        "users", INVENTORY, variables={**VARIABLES, "federation_agent_groups": [{"group": "Leader"}]}
    )
    assert "Leads" in unknown.message()


def test_the_check_of_site_looks_at_the_same_people_as_check(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """Where agents come from groups: one without a surname is no agent, and both say so."""
    nameless = {"userPrincipalName": "nia@example.com", "givenName": "Nia"}
    members = ["jane.doe@example.com", "john.roe@example.com", "nia@example.com"]
    entra(sandbox, users=[nameless], groups=[{"displayName": "Contact centre agents", "members": members}])
    variables = {"federation_agents": [], "federation_agent_groups": [{"group": "Contact centre agents"}]}
    site = playbooks.fail("site", INVENTORY, variables={**variables, "federation_check_wait_timeout": 0})
    usernames = [
        finding["subject"] for finding in site.result("federation_check")["findings"] if finding["status"] == "fail"
    ]
    assert usernames == ["nia@example.com"]
    sandbox.world.traffic.clear()
    again = playbooks.fail("site", INVENTORY, variables=variables)
    assert len(sandbox.world.traffic.requests()) <= 34
    check = playbooks.fail("check", INVENTORY, variables=variables)
    assert again.result("federation_check")["findings"] == check.result("federation_check")["findings"]
    assert again.table()["demo"][:2] == ["no", "failed"]
    assert again.table()["demo"][2].startswith("nia@example.com: ")
    assert (
        "1 of 3 members of the groups cannot be an agent: nia@example.com (There is no surname)."
        in again.table()["demo"][2]
    )


def test_members_who_cannot_be_agents_are_counted_and_have_a_way_in(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    """Without them a federation would look well with most of its people locked out. The claim that is there decides the
    username.
    """
    guest = {
        "userPrincipalName": "eve_x.org#EXT#@example.com",
        "userType": "Guest",
        "mail": "eve@x.org",
        "displayName": "Eve S.",
    }
    members = ["jane.doe@example.com", guest["userPrincipalName"]]
    jane = {"userPrincipalName": "jane.doe@example.com", "mail": "jane.doe@example.com"}
    entra(sandbox, users=[jane, guest], groups=[{"displayName": "Contact centre agents", "members": members}])
    variables = {**VARIABLES, "federation_agent_groups": GROUPS[1:]}
    site = playbooks.succeed("site", INVENTORY, "--skip-tags", "check", variables=variables)
    message = site.table()["demo"][2]
    assert message.startswith(
        "1 of 2 members of the groups cannot be an agent: eve_x.org#EXT#@example.com (The account is a guest's."
    )
    assert "connect_users_guests" in message
    assert message in site.plan()
    to_file = {"connect_users_unusable_members": "fail", "federation_plan_file": str(tmp_path / "plan.json")}
    strict = playbooks.fail("users", INVENTORY, variables={**variables, **to_file})
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    (record,) = plan["federations"]
    assert (plan["playbook"], record["changed"], record["unusable_members"]) == ("users", "no", message)
    assert [(person["user_principal_name"], person["fixes"] != []) for person in record["unusable"]] == [
        (guest["userPrincipalName"], True)
    ]
    assert strict.message() == message
    assert strict.table()["demo"] == ["no", "not run", message]
    let_in = {
        "connect_users_guests": True,
        "connect_users_name_fallbacks": ["display_name"],
        "federation_session_name_source": "",
    }
    mended = playbooks.succeed(
        "users", INVENTORY, variables={**variables, **let_in, "connect_users_unusable_members": "fail"}
    )
    assert mended.done() == ["Create the agent 'eve@x.org'"]
    assert mended.table()["demo"] == ["yes", "not run", "Nothing."]


def test_the_schedule_needs_what_site_makes(
    sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instance and an application of ours: one that somebody else made is not touched."""
    assert "Run openccp.federation.site first" in playbooks.fail("users", INVENTORY, variables=VARIABLES).message()
    instance = {"account": ACCOUNTS["aws"], "region": "eu-central-1", "alias": "example-demo"}
    clouds.seed(sandbox.world, {"aws": {"instances": [instance]}})
    application(sandbox, monkeypatch, "Theirs", "urn:amazon:webservices")
    sandbox.world.traffic.clear()
    theirs = playbooks.fail(
        "users", INVENTORY, variables={**VARIABLES, "federation_identifier": "urn:amazon:webservices"}
    )
    assert "has the identifier urn:amazon:webservices" in theirs.message()
    assert sandbox.world.traffic.writes() == []


def test_many_agents_are_made_with_lines_that_say_how_far(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """From fifty steps on, by default, from a playbook as a user runs it."""
    instance = {"account": ACCOUNTS["aws"], "region": "eu-central-1", "alias": "example-demo"}
    clouds.seed(sandbox.world, {"aws": {"instances": [instance]}})
    sandbox.world.settings.limits = False
    for count in (50, 99):
        people = [
            {"username": f"agent{number:02}@example.com", "first_name": "A", "last_name": "B"}
            for number in range(count)
        ]
        run = playbooks.succeed(
            "site",
            INVENTORY,
            "--tags",
            "agents",
            variables={"federation_agents": people, "connect_users_rate": 1000, "connect_users_burst": 1000},
        )
        lines = [line for line in run.output.splitlines() if line.startswith("progress: [demo] => ")]
        assert (len(lines) >= 2) is (count == 50), "49 more are made without"
        if lines:
            assert lines[0].startswith("progress: [demo] => 0 of 50 steps done, ")
            assert lines[-1].startswith("progress: [demo] => 50 of 50 steps done, ")
