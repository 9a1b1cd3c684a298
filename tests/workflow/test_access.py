# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""In whatever way a run would take access from too many, nothing is written to either cloud, by any playbook that runs
every day.
"""

from __future__ import annotations

import collections.abc
import typing as t

import pytest
from playbooks import Playbooks, Run
from seeds import TENANTS, credentials, fill

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.testing import Sandbox

INVENTORY: t.Final = "sandbox/hosts.yml"
DAY = [f"day.{number}@example.com" for number in range(4)]
NIGHT = [f"night.{number}@example.com" for number in range(4)]
DAY_GROUP: t.Final = {"group": "Day", "security_profiles": ["Agent"]}
NIGHT_GROUP: t.Final = {"group": "Night", "security_profiles": ["Agent"]}
VARIABLES: t.Final = {
    "federation_agents": [],
    "federation_assigned_groups": None,
    "federation_agent_groups": [DAY_GROUP, NIGHT_GROUP],
}
REMOVE: t.Final = {"azure_saml_app_unlisted_assignments": "remove"}

#: what the operator changed → the variables, and pieces of the message
MISTAKES: t.Final[dict[str, tuple[dict[str, t.Any], list[str]]]] = {
    "a group that is empty": (
        {"federation_agent_groups": [{"group": "Empty"}], "connect_users_leavers": "delete", **REMOVE},
        ["No agent is listed"],
    ),
    "a group that leaves the list, deleted": (
        {"federation_agent_groups": [DAY_GROUP], "connect_users_leavers": "delete", **REMOVE},
        ["4 of 8 agents would lose access", "night.0@example.com"],
    ),
    "a group that leaves the list, unassigned alone": (
        {"federation_agent_groups": [DAY_GROUP], **REMOVE},
        ["4 of 8 agents would lose access", "night.3@example.com (is no longer assigned to the application)"],
    ),
    "users assigned by themselves take the place of the groups": (
        {"federation_assigned_groups": [], "azure_saml_app_assigned_users": DAY, **REMOVE},
        ["4 of 8 agents would lose access", "night.1@example.com"],
    ),
    "a group that only another application's people are in": (
        {
            "federation_agent_groups": [DAY_GROUP, NIGHT_GROUP],
            "federation_assigned_groups": ["Contact centre agents"],
            **REMOVE,
        },
        ["8 of 8 agents would lose access", "day.0@example.com"],
    ),
    "a security profile without the Contact Control Panel": (
        {"federation_agent_groups": [DAY_GROUP, {**NIGHT_GROUP, "security_profiles": ["QualityAnalyst"]}]},
        ["4 of 8 agents would lose access", "night.2@example.com"],
    ),
    "leavers who are restricted": (
        {
            "federation_agent_groups": [DAY_GROUP],
            "connect_users_leavers": "restrict",
            "connect_users_restricted_security_profile": "QualityAnalyst",
            **REMOVE,
        },
        ["4 of 8 agents would lose access"],
    ),
    "one who leaves, and another who is unassigned": (
        {
            "federation_agents": [
                {"username": name, "first_name": "A", "last_name": "B"} for name in (*DAY, *NIGHT[1:])
            ],
            "federation_agent_groups": [],
            "federation_assigned_groups": ["All but day.0"],
            "connect_users_mode": "set",
            "connect_users_leavers": "delete",
            **REMOVE,
        },
        [
            "2 of 8 agents would lose access",
            "day.0@example.com (is no longer assigned",
            "night.0@example.com (is deleted)",
        ],
    ),
}


@pytest.fixture(scope="module")
def _built(_one_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Callable[[], None]:
    """A federation of two shifts, and the way back to that moment."""
    sandbox = _one_sandbox
    sandbox.world.reset()
    fill(sandbox)
    people = [
        {"userPrincipalName": name, "givenName": "A", "surname": "B", "mail": f"mail.{name}"} for name in (*DAY, *NIGHT)
    ]
    groups = {"Day": DAY, "Night": NIGHT, "Empty": [], "Both": [*DAY, *NIGHT], "All but day.0": [*DAY[1:], *NIGHT]}
    entries = [{"displayName": name, "members": members} for name, members in groups.items()]
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], "users": people, "groups": entries}]}})
    playbooks = Playbooks({**sandbox.environment, **credentials()}, tmp_path_factory.mktemp("built"))
    playbooks.succeed("site", INVENTORY, "--skip-tags", "check", variables=VARIABLES)
    return sandbox.world.snapshot()


@pytest.fixture
def shifts(_built: collections.abc.Callable[[], None], sandbox: Sandbox) -> Sandbox:
    """The sandbox with that federation."""
    _built()
    sandbox.world.traffic.clear()
    return sandbox


def refused(
    sandbox: Sandbox, playbooks: Playbooks, playbook: str, pieces: list[str], variables: dict[str, t.Any]
) -> Run:
    run = playbooks.fail(playbook, INVENTORY, variables={**VARIABLES, **variables})
    assert [piece for piece in pieces if piece not in run.message()] == [], run.message()
    assert sandbox.world.traffic.writes() == []
    assert run.table()["demo"][0] == "failed"
    return run


@pytest.mark.parametrize(
    ("mistake", "playbook"),
    [
        # Each playbook meets half of them here, and the other half in the long run: both plan by the same file.
        pytest.param(mistake, playbook, marks=[pytest.mark.soak] if (number + turn) % 2 else [])
        for number, mistake in enumerate(MISTAKES)
        for turn, playbook in enumerate(("users", "site"))
    ],
)
def test_a_mistake_takes_access_from_nobody(mistake: str, playbook: str, shifts: Sandbox, playbooks: Playbooks) -> None:
    variables, pieces = MISTAKES[mistake]
    refused(shifts, playbooks, playbook, pieces, variables)


#: what locks out everybody → the variables, and a piece of why
LOCKOUTS: t.Final[dict[str, tuple[dict[str, t.Any], str]]] = {
    "another reply URL": (
        {"federation_reply_url": "https://eu-west-1.signin.aws.amazon.com/saml"},
        "Entra ID would post to https://eu-west-1.signin.aws.amazon.com/saml in place of",
    ),
    "another role": ({"federation_role_name": "ConnectFederation-other"}, "the Role claim would send"),
    "another provider": ({"federation_provider_name": "Entra-other"}, "the Role claim would send"),
    "a trust in another reply URL": (
        {"aws_federation_reply_urls": ["https://eu-west-1.signin.aws.amazon.com/saml"]},
        "the role would no longer trust the reply URL",
    ),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.soak] if number else []) for number, name in enumerate(LOCKOUTS)],
)
def test_what_would_lock_out_everybody_is_refused(name: str, shifts: Sandbox, playbooks: Playbooks) -> None:
    variables, why = LOCKOUTS[name]
    run = refused(shifts, playbooks, "site", [why, "connect_users_max_removals=100%"], variables)
    assert any(line.startswith("Access: everybody loses it: ") for line in run.plan())


@pytest.mark.soak
def test_what_locks_out_everybody_is_done_when_it_is_meant(shifts: Sandbox, playbooks: Playbooks) -> None:
    """Another reply URL, that both sides then have: the next run has nothing to do, and an agent gets in."""
    moved = {**VARIABLES, "federation_reply_url": "https://eu-west-1.signin.aws.amazon.com/saml"}
    run = playbooks.succeed("site", INVENTORY, variables={**moved, "connect_users_max_removals": "100%"})
    url = run.result("azure_saml_app")["user_access_url"]
    assert http_sign_in.sign_in(shifts.environment, url, DAY[0]).ok
    assert playbooks.succeed("site", INVENTORY, variables=moved).changed() == 0


def test_another_session_name_would_leave_everybody_without_an_agent(shifts: Sandbox, playbooks: Playbooks) -> None:
    changed = {"federation_session_name_source": "mail"}
    pieces = [
        "8 of 8 agents would lose access",
        "would sign in as 'mail.day.0@example.com', and no agent is called that",
    ]
    refused(shifts, playbooks, "site", pieces, changed)


def test_the_entra_half_alone_counts_everybody_who_is_assigned(shifts: Sandbox, playbooks: Playbooks) -> None:
    known = playbooks.succeed("users", INVENTORY, "--check", variables=VARIABLES).result("connect_instance")
    options = {
        "federation_account_id": known["account_id"],
        "federation_instance_id": known["id"],
        "federation_agent_groups": [DAY_GROUP],
    }
    run = playbooks.fail("site", INVENTORY, "--tags", "entra", variables={**VARIABLES, **options, **REMOVE})
    assert "4 of 8 agents would lose access" in run.message()
    assert shifts.world.traffic.writes() == []


@pytest.mark.parametrize("playbook", ["users", "site"])
def test_a_group_that_leaves_the_list_is_only_reported_unless_more_is_requested(
    playbook: str, shifts: Sandbox, playbooks: Playbooks
) -> None:
    listed = {**VARIABLES, "federation_agent_groups": [DAY_GROUP]}
    run = playbooks.succeed(playbook, INVENTORY, variables=listed)
    assert run.done() == []
    assert shifts.world.traffic.writes() == []
    message = run.table()["demo"][2]
    assert (
        "Stays assigned although not listed: the group Night (azure_saml_app_unlisted_assignments=report)." in message
    )
    assert "Stays an agent although not listed: night.0@example.com" in message


def test_who_keeps_another_way_in_loses_nothing(shifts: Sandbox, playbooks: Playbooks) -> None:
    """The day shift is in another group that comes in the place of its own: who signs in stays the same."""
    both = {"federation_agent_groups": [{"group": "Both", "security_profiles": ["Agent"]}], **REMOVE}
    run = playbooks.succeed("users", INVENTORY, variables={**VARIABLES, **both})
    assert run.done()[:2] == [
        "Assign the group Both to 'Amazon Connect example-demo'",
        "Unassign the group Day, the group Night from 'Amazon Connect example-demo'",
    ]
    assert not any("lose" in line for line in run.plan())
    site = playbooks.succeed("site", INVENTORY, variables={**VARIABLES, **both})
    assert http_sign_in.sign_in(shifts.environment, site.result("azure_saml_app")["user_access_url"], NIGHT[0]).ok


def test_what_is_meant_is_done_and_reported_by_name(shifts: Sandbox, playbooks: Playbooks) -> None:
    meant = {
        "federation_agent_groups": [DAY_GROUP],
        "connect_users_leavers": "delete",
        "connect_users_max_removals": 4,
        **REMOVE,
    }
    run = playbooks.succeed("users", INVENTORY, variables={**VARIABLES, **meant})
    assert run.planned() == run.done()
    assert [line for line in run.plan() if line.startswith("Delete the agent")] == [
        f"Delete the agent {name!r}" for name in NIGHT
    ]
    lost = [
        line
        for line in run.plan()
        if line.startswith("Access: 4 of 8 agents lose it: night.0@example.com (is deleted)")
    ]
    assert len(lost) == 1
    assert run.table()["demo"] == ["yes", "not run", "Nothing."]
