# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils import _run_plan, _run_table

PARTS: t.Final = {"azure_saml_app": "the application", "connect_users": "the agents"}


def step(
    action: str, target: str, before: dict[str, t.Any] | None = None, after: dict[str, t.Any] | None = None
) -> dict[str, t.Any]:
    return {"action": action, "object": target, "before": before or {}, "after": after or {}, "reason": ""}


def creations(count: int) -> list[dict[str, t.Any]]:
    return [
        step(f"Create the agent 'a{number}'", f"a{number}", after={"username": f"a{number}"}) for number in range(count)
    ]


def planned(results: dict[str, t.Any], usernames: list[str] | None = None, limit: str = "5%") -> _run_plan.RunPlan:
    return _run_plan.run_plan(PARTS, results, usernames, limit)


def application(*steps: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {"azure_saml_app": {"steps": list(steps), **more}}


def agents(*steps: dict[str, t.Any], lost: list[dict[str, str]] | None = None, **more: t.Any) -> dict[str, t.Any]:
    return {"connect_users": {"steps": list(steps), "access": {"agents": 100, "lost": lost or []}, **more}}


UNUSABLE: t.Final = [
    {"user_principal_name": "nia@x", "reasons": ["There is no surname."], "fixes": ["Fill it."]},
    {
        "user_principal_name": "",
        "person_id": "4711",
        "reasons": ["There is no surname.", "It is disabled."],
        "fixes": ["Fill it.", "Enable it."],
    },
]
MEMBERS: t.Final = (
    "2 of 4 members of the groups cannot be agents: nia@x (There is no surname), 4711 (There is no "
    "surname. It is disabled). "
    "Fill it. Enable it."
)


@pytest.mark.parametrize(
    ("results", "lines"),
    [
        ({**application(), **agents()}, ["Everything is as it should be."]),
        (application(), ["Nothing to change in the application. Skipped: the agents."]),
        ({}, ["Everything was skipped: the application, the agents."]),
        ({"azure_saml_app": {"actions": []}}, ["Everything was skipped: the application, the agents."]),
        (application(step("Set x", "app")), ["Set x", "Skipped: the agents."]),
        ({**application(step("Set x", "app")), **agents(*creations(1))}, ["Set x", "Create the agent 'a0'"]),
        (
            {**application(unlisted_assignments=["the group Night"]), **agents(leavers_reported=["bob"])},
            [
                "Everything is as it should be.",
                "Stays assigned although not listed: the group Night (azure_saml_app_unlisted_assignments=report).",
                "Stays an agent although not listed: bob (connect_users_leavers=report).",
            ],
        ),
        (
            {**application(), **agents(unusable=UNUSABLE, members=2)},
            ["Nothing to change.", MEMBERS],
        ),
        (
            {
                **application(),
                **agents(step("Delete the agent 'bob'", "bob"), lost=[{"username": "bob", "reason": "is deleted"}]),
            },
            ["Delete the agent 'bob'", "Access: 1 of 100 agents lose it: bob (is deleted)."],
        ),
    ],
)
def test_what_is_shown(results: dict[str, t.Any], lines: list[str]) -> None:
    assert _run_plan.sentences(planned(results)) == lines


def test_many_of_the_same_are_one_sentence_and_each_other_its_own() -> None:
    steps = [*creations(20), step("Set the routing profile of the agent 'b' to 'R'", "b")]
    assert _run_plan.fold(steps) == [step["action"] for step in steps]
    folded = _run_plan.fold([*creations(21), step("Delete the agent 'b'", "b")])
    assert folded[0].startswith("Create the agent, 21 times: a0, a1, ")
    assert folded[0].endswith("a19 and 1 more (federation_plan_file names them all).")
    assert folded[1:] == ["Delete the agent 'b'"]
    steps_of_many = [step(f"Set the routing profile of the agent 'a{n}' to 'R'", f"a{n}") for n in range(30)]
    assert _run_plan.fold(steps_of_many)[0].startswith("Set the routing profile of the agent … to 'R', 30 times: a0, ")


def test_both_clouds_count_together_against_one_limit() -> None:
    people = [{"name": name, "before": name, "after": None} for name in ("ann", "bob")]
    access = {"required_before": True, "required_after": True, "people": people, "unreadable": ""}
    lost = [{"username": "cid", "reason": "is deleted"}]
    results = {**application(step("Remove", "app"), access=access), **agents(lost=lost)}
    plan = planned(results, ["ann", "bob", "cid"], "2")
    assert plan.refusal.startswith("3 of 100 agents would lose access")
    assert planned(results, ["ann", "bob", "cid"], "3").refusal == ""
    assert planned(results, ["cid"], "1").refusal == "", "people who are no agents lose nothing"
    assert planned(results, ["ann", "bob", "cid"], "").refusal == "", "a teardown is not counted"


ROLE: t.Final = "https://aws.amazon.com/SAML/Attributes/Role"
OWN: t.Final = {"name": ROLE, "value": "arn:aws:iam::1:role/A,arn:aws:iam::1:saml-provider/A"}
OTHER: t.Final = {"name": ROLE, "value": "arn:aws:iam::2:role/B,arn:aws:iam::2:saml-provider/B"}


@pytest.mark.parametrize(
    ("others", "counts"),
    [
        ({"claims": [OWN, OTHER]}, True),
        ({"claims": [OWN], "identifiers": ["urn:amazon:webservices#a", "urn:amazon:cognito:sp:pool"]}, True),
        ({"claims": [OWN], "identifiers": ["urn:amazon:webservices#a"]}, False),
    ],
)
def test_an_application_that_others_use_takes_access_from_more_than_the_agents_here(
    others: dict[str, t.Any], counts: bool
) -> None:
    """Agents of a second instance, or people of a user pool, are none of the instance that the run looks at."""
    people = [{"name": name, "before": name, "after": None} for name in ("ann", "bob")]
    access = {"required_before": True, "required_after": True, "people": people, "unreadable": ""}
    results = {**application(step("Remove", "app"), access=access, **others), **agents()}
    assert bool(planned(results, ["cid"], "1").refusal) is counts


def test_an_instance_is_deleted_by_a_teardown_alone() -> None:
    """Whatever connect_instance_state the command line gives to a playbook that is to keep the federation."""
    deleted = step("Delete the Amazon Connect instance 'demo'", "demo", {"arn": "arn:aws:connect:x", "alias": "demo"})
    results = {"connect_instance": {"steps": [deleted]}, **application(), **agents()}
    parts = {"connect_instance": "the instance", **PARTS}
    plan = _run_plan.run_plan(parts, results, [], "5%")
    assert plan.refusal.startswith("Everybody would lose access: the Amazon Connect instance demo would be deleted.")
    assert _run_plan.run_plan(parts, results, [], "").refusal == "", "a teardown is not counted"


def test_a_new_instance_does_not_take_the_application_of_another() -> None:
    """Its agents are yet to come, but those of the other instance sign in through the application."""
    moved = step("Set the claims", "app", {"claims": [OTHER]}, {"claims": [OWN]})
    own = step("Set the relay state", "app", {"relay_state": "x"}, {"relay_state": "y"})
    taken = planned({**application(moved, claims=[OWN]), **agents()}, [])
    assert "the Role claim would send" in taken.refusal
    assert planned({**application(own, claims=[OWN]), **agents()}, []).refusal == ""


PLAN: t.Final = {"steps": [1], "looked_at": ["all"], "not_looked_at": [], "kept": []}
IDLE: t.Final = {**PLAN, "steps": []}
FINDINGS: t.Final = [
    {"status": "warning", "subject": "w", "fix": "mend w", "reason": ""},
    {"status": "fail", "subject": "f", "fix": "", "reason": "f is broken"},
]


@pytest.mark.parametrize(
    ("run", "row"),
    [
        ({"plan": IDLE}, ("no", "not run", "Nothing.")),
        ({"plan": PLAN}, ("yes", "not run", "Nothing.")),
        ({"plan": PLAN, "check_mode": True}, ("planned", "not run", "Read the plan, then run it without --check.")),
        ({"plan": PLAN, "check": {"ok": True, "findings": []}}, ("yes", "passed", "Nothing.")),
        (
            {"plan": PLAN, "check": {"ok": False, "findings": FINDINGS}, "error": "no"},
            ("yes", "failed", "f: f is broken"),
        ),
        ({"plan": PLAN, "error": "It\n  broke."}, ("failed", "not run", "It broke.")),
        ({"error": "It broke."}, ("failed", "not run", "It broke.")),
        ({"plan": {**IDLE, "looked_at": [], "not_looked_at": ["a", "b"]}}, ("-", "not run", "Skipped: a, b.")),
        ({"plan": {**IDLE, "not_looked_at": ["b"]}}, ("no", "not run", "Skipped: b.")),
        ({"plan": IDLE, "waits_for": "x.json"}, ("waits", "not run", "Wait for x.json")),
        ({"plan": IDLE, "waits_for": "x.json", "error": "This half waits."}, ("waits", "not run", "Wait for x.json")),
        ({"plan": PLAN, "waits_for": "x.json"}, ("yes", "not run", "Wait for x.json")),
        ({"plan": {**IDLE, "kept": ["bob stays."]}}, ("no", "not run", "bob stays.")),
        ({"plan": {**IDLE, "unusable_members": MEMBERS}}, ("no", "not run", MEMBERS)),
        (
            {"plan": {**PLAN, "unusable_members": MEMBERS}, "error": "It broke."},
            ("failed", "not run", f"It broke. {MEMBERS}"),
        ),
    ],
)
def test_what_came_of_a_federation(run: dict[str, t.Any], row: tuple[str, str, str]) -> None:
    assert tuple(_run_table.outcome(run).values()) == row


def test_the_columns_are_equal() -> None:
    rows = {"a-long-name": _run_table.UNKNOWN, "b": {"changed": "no", "check": "passed", "to_do": "Nothing."}}
    assert _run_table.table(rows) == [
        "federation   changed  check    what to do",
        "a-long-name  failed   not run  Read its error above.",
        "b            no       passed   Nothing.",
    ]
