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


HERE: t.Final = "11111111-2222-3333-4444-555555555555"
LEADS_HERE: t.Final = f"https://eu-central-1.console.aws.amazon.com/connect/federate/{HERE}?destination=%2Fccp-v2"
POOL: t.Final = "eu-central-1_AbCdEfGhI"
OF_POOL: t.Final = f"urn:amazon:cognito:sp:{POOL}"
IDENTIFIERS: t.Final = ["urn:amazon:webservices", OF_POOL]


@pytest.mark.parametrize(
    ("usernames", "more", "refused"),
    [
        ([], {"relay_state": LEADS_HERE}, False),
        ([], {"relay_state": LEADS_HERE, "identifiers": IDENTIFIERS}, False),
        (["ann"], {"relay_state": LEADS_HERE}, True),
        (None, {"relay_state": LEADS_HERE}, True),
        ([], {"relay_state": LEADS_HERE.replace("1", "2")}, True),
        ([], {}, True),
    ],
)
def test_a_role_is_renamed_while_nobody_signs_in_with_it(
    usernames: list[str] | None, more: dict[str, t.Any], refused: bool
) -> None:
    """The people of a user pool are sent no Role claim, and those of an instance are its agents."""
    renamed = step("Set the claims", "app", {"claims": [OWN]}, {"claims": [OTHER]})
    results = {
        "connect_instance": {"id": HERE, "steps": []},
        **application(renamed, claims=[OTHER], **more),
        **agents(),
    }
    plan = _run_plan.run_plan({"connect_instance": "the instance", **PARTS}, results, usernames, "5%")
    assert plan.refusal.startswith("Everybody would lose access: the Role claim would send") is refused


@pytest.mark.parametrize("usernames", [[], ["ann"], None])
def test_a_user_pool_leaves_the_application_that_it_shares(usernames: list[str] | None) -> None:
    """Its people are locked out, whoever the agents of the instance are."""
    dropped = step("Set identifiers", "app", {"identifiers": IDENTIFIERS}, {"identifiers": IDENTIFIERS[:1]})
    results = {**application(dropped, claims=[OWN], identifiers=IDENTIFIERS[:1]), **agents()}
    assert f"the application would no longer serve the user pool {POOL}." in planned(results, usernames).refusal
    assert planned(results, usernames, "100%").refusal == ""
    assert planned(results, usernames, "").refusal == "", "a teardown is not counted"


POOLS: t.Final = {"cognito_federation": "the user pools"}
VARIABLE: t.Final = "cognito_federation_max_removals"


def of_pools(*steps: dict[str, t.Any], **losing: list[str]) -> dict[str, t.Any]:
    """User pools by name, and who loses access to each, of ten people who have it."""
    names = [f"p{number}@x" for number in range(10)]
    pools = []
    for pool, lost in losing.items():
        people = [{"name": name, "before": name, "after": None if name in lost else name} for name in names]
        access = {"required_before": True, "required_after": True, "people": people, "unreadable": ""}
        pools.append({"user_pool_id": pool, "access": access, "unlisted_assignments": []})
    return {"cognito_federation": {"steps": list(steps), "pools": pools}}


def planned_pools(results: dict[str, t.Any], limit: str = "20%") -> _run_plan.RunPlan:
    return _run_plan.run_plan(POOLS, results, None, limit, VARIABLE)


def test_the_people_of_each_user_pool_count_by_themselves() -> None:
    """Three of ten are too many for a fifth, although they are three of thirty in all."""
    plan = planned_pools(of_pools(a=["p1@x", "p2@x"], b=["p1@x", "p2@x", "p3@x"], c=[]))
    assert plan.refusal == (
        "3 of 10 people would lose access to the user pool b, and cognito_federation_max_removals=20% allows 2: "
        "p1@x (is no longer assigned to the application), p2@x (is no longer assigned to the application), p3@x (is no "
        "longer assigned to the application). Nothing was changed. If that is meant, run once with a higher "
        "cognito_federation_max_removals."
    )
    lines = _run_plan.sentences(plan)
    assert [line[:51] for line in lines if line.startswith("Access")] == [
        "Access to the user pool a: 2 of 10 people lose it: ",
        "Access to the user pool b: 3 of 10 people lose it: ",
    ]
    assert planned_pools(of_pools(b=["p1@x", "p2@x", "p3@x"]), "3").refusal == ""


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ({"entity_id": "https://sts.windows.net/t/", "name": "Entra"}, {}, "Entra would be deleted"),
        ({"identifiers": [OF_POOL], "certificates": []}, {}, "x would be deleted"),
        ({"reply_urls": ["https://a/saml2"]}, {"reply_urls": ["https://b/saml2"]}, "Entra ID would post to https://b/"),
        ({"reply_urls": ["https://a/saml2"]}, {"reply_urls": ["https://b/saml2", "https://a/saml2"]}, ""),
        ({"tags": {"owner": "x"}}, {}, ""),
        ({}, {"identifiers": [OF_POOL], "reply_urls": ["https://a/saml2"]}, ""),
    ],
)
def test_what_locks_everybody_out_of_a_user_pool(before: dict[str, t.Any], after: dict[str, t.Any], why: str) -> None:
    results = of_pools(step("Do it", "x", before, after), step("Do more", "x", before, after))
    refusal = planned_pools(results).refusal
    assert (why in refusal) if why else refusal == ""
    assert refusal.count("would") == (2 if why else 0), "each reason is named once"
    assert planned_pools(results, "").refusal == "", "a teardown is not counted"


def test_who_stays_assigned_to_a_user_pool_is_named() -> None:
    results = of_pools()
    results["cognito_federation"]["pools"] = [{"user_pool_id": POOL, "unlisted_assignments": ["the group Night"]}]
    assert _run_plan.sentences(planned_pools(results)) == [
        "Everything is as it should be.",
        f"Stays assigned to the user pool {POOL} although not listed: the group Night "
        "(cognito_federation_unlisted_assignments=report).",
    ]


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
