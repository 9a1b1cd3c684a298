# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report shows beside the findings, from facts alone."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks import facts as f
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import VERSION, counts
from ansible_collections.openccp.federation.plugins.module_utils._checks.overview import agents, certificates, overview
from ansible_collections.openccp.federation.plugins.module_utils._checks.sign_in_path import every_finding

import check_factory as m
import schemas

BOB: t.Final = "bob@example.com"


def bob(**changes: t.Any) -> f.Person:
    return m.person(name=BOB, id="b", **{"attributes": {"userprincipalname": BOB, "mail": BOB}, **changes})


def states(facts: f.Facts) -> dict[str, int]:
    counted = agents(facts, every_finding(facts))["states"]
    return {state: number for state, number in counted.items() if number}


def test_a_healthy_federation() -> None:
    facts = m.facts()
    summary = overview(facts, every_finding(facts))
    (row,) = summary["certificates"]
    assert (row["in_entra"], row["active"], row["signs"], row["providers"]) == (True, True, True, {m.PROVIDER: True})
    assert summary["agents"]["states"]["unobstructed"] == 1
    assert summary["agents"]["profiles"] == [{"profile": "agent", "states": summary["agents"]["states"]}]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (m.facts(people=(m.person(), bob())), {"unobstructed": 1, "refused": 1}),
        (m.facts(people=(m.person(), bob()), users=m.users(m.user(), m.user(username=BOB))), {"unobstructed": 2}),
        (m.facts(users=m.users(m.user(), m.user(username=BOB))), {"unobstructed": 1, "unchecked": 1}),
        (
            m.facts(users=m.users(m.user(), m.user(username=BOB)), desired=m.desired(everyone=True)),
            {"unobstructed": 1, "unassigned": 1},
        ),
        (m.facts(people=(m.person(enabled=False),), desired=m.desired(everyone=True)), {"disabled": 1}),
        (m.facts(people=(m.person(enabled=False),)), {"refused": 1}),
        (m.facts(people=(m.person(enabled=None),)), {"unknown": 1}),
        (m.facts(people=(m.person(id=None),)), {"refused": 1, "unchecked": 1}),
        (m.facts(people=(), users=m.users()), {"unchecked": 1}),
        (m.facts(instance=None, users=f.Users()), {"refused": 1}),
        (m.facts(instance=None, users=f.Users(), not_readable={"instance": "Denied."}), {"unknown": 1}),
        (m.facts(providers={m.PROVIDER: m.provider("another")}), {"refused": 1}),
        (m.facts(roles={}, not_readable={m.ROLE: "Denied."}), {"unknown": 1}),
        (m.facts(application=None), {"refused": 1, "unchecked": 1}),
    ],
    ids=[
        "one has no user", "both have", "one is not asked about", "one is not assigned", "disabled among everyone",
        "disabled by name", "account not readable", "no such person", "nobody asked about", "no instance",
        "instance not readable", "path fails for all", "role not readable", "no application",
    ],
)  # fmt: skip
def test_each_agent_has_one_state(facts: f.Facts, expected: dict[str, int]) -> None:
    assert states(facts) == expected


def test_an_agent_of_two_profiles_counts_in_both_rows_and_once_altogether() -> None:
    users = m.users(m.user(profiles=("agent", "quality")), profile_names={"agent": "Agent", "quality": "Quality"})
    facts = m.facts(users=users)
    counted = agents(facts, every_finding(facts))
    assert [(row["profile"], row["states"]["unobstructed"]) for row in counted["profiles"]] == [
        ("Agent", 1),
        ("Quality", 1),
    ]
    assert sum(counted["states"].values()) == 1


@pytest.mark.parametrize(
    "facts",
    [m.facts(), m.facts(application=None), m.facts(instance=None, users=f.Users(not_readable={"users": "No."}))],
)
def test_the_published_schema_describes_findings_and_overview(facts: f.Facts) -> None:
    every = every_finding(facts)
    document = {
        "version": VERSION,
        "ok": True,
        "summary": "All is well.",
        "counts": counts(every),
        "findings": [finding.as_dict() for finding in every],
        "table": [],
        "overview": overview(facts, every),
    }
    assert schemas.violations("federation-check", document) == []
    del document["overview"]["agents"]["states"]["refused"]
    document["findings"][0]["status"] = "fine"
    assert len(schemas.violations("federation-check", document)) == 2


def test_the_hop_that_is_always_unknown_makes_nobody_unknown_and_no_other_unknown_is_a_pass() -> None:
    healthy = m.facts()
    assert "unknown" in {finding.status for finding in every_finding(healthy)}
    assert states(healthy) == {"unobstructed": 1}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (m.facts(), [("active", True, True, True)]),
        (m.facts(providers={m.PROVIDER: None}), [("active", True, True, False)]),
        (m.facts(providers={}, not_readable={m.PROVIDER: "Denied."}), [("active", True, True, None)]),
        (
            m.facts(providers={m.PROVIDER: m.provider(metadata=None, unreadable="Broken.")}),
            [("active", True, True, None)],
        ),
        (
            m.facts(providers={m.PROVIDER: m.provider("active", "old")}),
            [("active", True, True, True), ("old", False, False, True)],
        ),
        (m.facts(application=None), [("active", False, False, True)]),
    ],
    ids=[
        "healthy",
        "no provider",
        "provider not readable",
        "metadata not readable",
        "one only in AWS",
        "no application",
    ],
)
def test_each_certificate_with_the_view_of_both_clouds(facts: f.Facts, expected: list[tuple[t.Any, ...]]) -> None:
    names = {m.certificate(name).thumbprint: name for name in ("active", "old")}
    rows = [
        (names[row["thumbprint"]], row["in_entra"], row["signs"], row["providers"][m.PROVIDER])
        for row in certificates(facts)
    ]
    assert sorted(rows) == expected


def test_the_certificate_that_ends_first_stands_first_and_who_signs_is_reported() -> None:
    ended = m.key("old", begins=-400, ends=-10)
    fresh = m.key("next", begins=-20, ends=500, active=False)
    rows = certificates(m.with_application(keys=(fresh, ended)))
    assert [(row["active"], row["signs"], row["days_left"] < 0) for row in rows if row["in_entra"]] == [
        (True, False, True),
        (False, True, False),
    ]
