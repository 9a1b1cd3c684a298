# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._access import (
    Agents,
    Losses,
    Person,
    SignIns,
    losses,
    refusal,
)

ANN, BOB = Person("ann@example.com", "ann", "ann"), Person("bob@example.com", "bob", "bob")
BOTH: t.Final = Agents(frozenset({"ann", "bob"}), managed=2)


def unassigned(person: Person) -> Person:
    return Person(person.name, person.before, None)


def renamed(person: Person, name: str) -> Person:
    return Person(person.name, person.before, name)


@pytest.mark.parametrize(
    ("sign_ins", "agents", "lost", "total"),
    [
        pytest.param(None, BOTH, [], 2, id="nothing changes"),
        pytest.param(None, Agents(managed=9, losing={"cid": "is deleted"}), ["cid"], 9, id="deleted alone"),
        pytest.param(SignIns(people=(ANN, BOB)), BOTH, [], 2, id="all stay"),
        pytest.param(SignIns(people=(unassigned(ANN), BOB)), BOTH, ["ann"], 2, id="one is unassigned"),
        pytest.param(
            SignIns(people=(unassigned(ANN), BOB)), Agents(frozenset({"bob"}), 1), [], 1, id="one who is no agent"
        ),
        pytest.param(SignIns(people=(unassigned(ANN), BOB)), Agents(None), ["ann"], 2, id="the agents are not seen"),
        pytest.param(
            SignIns(people=(unassigned(ANN), BOB)),
            Agents(frozenset({"ann", "bob"}), 2, {"ann": "is deleted"}),
            ["ann"],
            2,
            id="once",
        ),
        pytest.param(
            SignIns(people=(unassigned(ANN), BOB)),
            Agents(frozenset({"ann", "bob"}), 2, {"bob": "is deleted"}),
            ["ann", "bob"],
            2,
            id="each in another way",
        ),
        pytest.param(SignIns(people=(renamed(ANN, "a"), BOB)), BOTH, ["ann"], 2, id="another name that no agent has"),
        pytest.param(
            SignIns(people=(renamed(ANN, "a"),)),
            Agents(frozenset({"ann", "a"})),
            [],
            1,
            id="another name that an agent has",
        ),
        pytest.param(
            SignIns(people=(renamed(ANN, "a"),)),
            Agents(frozenset({"ann"}), created=frozenset({"a"})),
            [],
            1,
            id="another name that comes",
        ),
        pytest.param(
            SignIns(people=(renamed(ANN, "a"),)),
            Agents(None),
            ["ann"],
            1,
            id="another name, and the agents are not seen",
        ),
        pytest.param(SignIns(people=(Person("cid", None, "cid"),)), BOTH, [], 2, id="who comes loses nothing"),
        pytest.param(
            SignIns(required_before=False, people=(ANN,)), BOTH, ["bob"], 2, id="an assignment is required from now on"
        ),
        pytest.param(
            SignIns(required_before=False, required_after=False, people=()), BOTH, [], 2, id="none is required"
        ),
    ],
)
def test_who_loses_access(sign_ins: SignIns | None, agents: Agents, lost: list[str], total: int) -> None:
    lost_access = losses(sign_ins, agents)
    assert (sorted(lost_access.names), lost_access.total) == (lost, total)


@pytest.mark.parametrize(
    ("names", "total", "limit", "piece"),
    [
        (0, 10, "0", ""),
        (1, 10, "5%", ""),
        (
            2,
            10,
            "5%",
            "2 of 10 agents would lose access, and connect_users_max_removals=5% allows 1: a0 (left), a1 (left).",
        ),
        (30, 40, "29", "a27 (left)"),
        (30, 40, "30", ""),
        (30, 30, "100%", ""),
    ],
)
def test_how_many_may(names: int, total: int, limit: str, piece: str) -> None:
    message = refusal(Losses({f"a{number}": "left" for number in range(names)}, total), limit)
    assert bool(message) == bool(piece)
    if piece:
        assert piece in message or "and 10 more" in message
        assert "Nothing was changed." in message


def test_what_cannot_be_seen_is_no_pass_unless_everybody_may_go() -> None:
    blind = losses(SignIns(unreadable="It needs GroupMember.Read.All."), Agents())
    assert "unknown who would lose access: It needs GroupMember.Read.All." in refusal(blind, "5%")
    assert refusal(blind, "100%") == ""


@pytest.mark.parametrize(("limit", "refused"), [("99%", True), ("100", True), ("100%", False), ("100 %", False)])
def test_all_may_go_however_that_is_written(limit: str, refused: bool) -> None:
    assert bool(refusal(Losses({}, 8, everybody=("the role would be deleted",)), limit)) is refused
