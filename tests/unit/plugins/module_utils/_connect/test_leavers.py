# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect import leavers as leaving
from ansible_collections.openccp.federation.plugins.module_utils._connect.leavers import Rules
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import User
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput

OURS: t.Final = {"managed-by": "openccp.federation"}


def existing(
    name: str, *, tags: dict[str, str] | None = None, person_id: str = "", profiles: tuple[str, ...] = ("Agent",)
) -> User:
    settings = {
        "username": name,
        "tags": OURS if tags is None else tags,
        "person_id": person_id,
        "security_profiles": list(profiles),
    }
    return User(f"id-{name}", f"arn-{name}", settings, complete=False)


def by_username(*users: User) -> dict[str, User]:
    return {user.username: user for user in users}


def desired(*names: str, **entra_ids: str) -> list[dict[str, t.Any]]:
    ids = {**dict.fromkeys(names), **entra_ids}
    return [{"username": name, "person_id": person_id} for name, person_id in ids.items()]


@pytest.mark.parametrize(
    ("rules", "leavers"),
    [
        pytest.param(Rules(is_whole=False), [], id="add"),
        pytest.param(Rules(is_whole=True), ["bob"], id="set"),
        pytest.param(Rules(is_whole=True, manage_unowned=True), ["bob", "hand"], id="unowned too"),
        pytest.param(Rules(is_whole=True, protected=frozenset({"bob"})), [], id="kept"),
    ],
)
def test_who_leaves(rules: Rules, leavers: list[str]) -> None:
    users = by_username(existing("ann"), existing("bob"), existing("hand", tags={"managed-by": "somebody"}))
    departures = leaving.departures(desired("ann", "new"), users, rules)
    assert [user.username for user in departures.leavers] == leavers


@pytest.mark.parametrize("new_exists", [False, True])
def test_a_person_with_another_name_is_no_leaver(new_exists: bool) -> None:
    users = by_username(
        existing("ann", person_id="1"),
        existing("bob", person_id="2"),
        *([existing("anna", person_id="1")] if new_exists else []),
    )
    departures = leaving.departures(desired(anna="1", bob="2"), users, Rules(is_whole=True))
    assert {new: user.username for new, user in departures.waiting.items()} == {"anna": "ann"}
    assert departures.superseded == {}
    assert departures.leavers == ()


@pytest.mark.parametrize(
    ("tags", "rules", "skipped", "superseded", "waiting"),
    [
        pytest.param(OURS, {}, (), [], ["anna"], id="reported"),
        pytest.param(OURS, {"renames": "recreate"}, (), ["anna"], [], id="recreated"),
        pytest.param(OURS, {"renames": "recreate"}, ("anna",), [], [], id="not without a successor"),
        pytest.param({}, {"renames": "recreate"}, (), [], ["anna"], id="made by hand"),
        pytest.param({}, {"renames": "recreate", "manage_unowned": True}, (), ["anna"], [], id="by hand, managed"),
    ],
)
def test_who_goes_for_a_successor(
    tags: dict[str, str], rules: dict[str, t.Any], skipped: tuple[str, ...], superseded: list[str], waiting: list[str]
) -> None:
    users = by_username(existing("ann", person_id="1", tags=tags))
    departures = leaving.departures(desired(anna="1"), users, Rules(is_whole=True, leavers="delete", **rules), skipped)
    assert (list(departures.superseded), list(departures.waiting), departures.leavers) == (superseded, waiting, ())


def test_nobody_without_an_object_id_is_taken_for_another() -> None:
    departures = leaving.departures(desired("new"), by_username(existing("old")), Rules(is_whole=True))
    assert departures.superseded == departures.waiting == {}


@pytest.mark.parametrize(
    ("limit", "managed", "most"),
    [
        ("5%", 1000, 50),
        ("5%", 10, 1),
        ("0%", 1000, 0),
        ("0", 10, 0),
        ("20", 10, 20),
        ("2.5 %", 1000, 25),
        ("100%", 7, 7),
        ("5%", 0, 1),
    ],
)
def test_how_many_may_go(limit: str, managed: int, most: int) -> None:
    assert leaving.allowed(limit, managed) == most


@pytest.mark.parametrize("limit", ["", "five", "-1", "5.5", "%", "5 %%"])
def test_what_is_no_limit(limit: str) -> None:
    with pytest.raises(InvalidInput, match="max_removals"):
        leaving.allowed(limit, 10)


@pytest.mark.parametrize(
    ("names", "rules", "code"),
    [
        pytest.param(["a0"], Rules(is_whole=True, leavers="delete"), "TooManyRemovals", id="too many deleted"),
        pytest.param(
            ["a0"],
            Rules(is_whole=True, leavers="restrict", restricted_profile="None"),
            "TooManyRemovals",
            id="restricted",
        ),
        pytest.param(["a0"], Rules(is_whole=True, leavers="delete", max_removals="19"), None, id="allowed"),
        pytest.param(["a0"], Rules(is_whole=True), None, id="only reported"),
        pytest.param(
            ["a0"], Rules(is_whole=True, leavers="restrict", restricted_profile="Agent"), None, id="restricted already"
        ),
        pytest.param([], Rules(is_whole=True), "EmptySource", id="empty, reported"),
        pytest.param(
            [],
            Rules(is_whole=True, leavers="delete", max_removals="100%"),
            "EmptySource",
            id="empty, whatever is allowed",
        ),
        pytest.param([], Rules(is_whole=False, leavers="delete"), None, id="nothing to add"),
    ],
)
def test_the_guard(names: list[str], rules: Rules, code: str | None) -> None:
    users = by_username(*(existing(f"a{number}") for number in range(20)))
    departures = leaving.departures(desired(*names), users, rules)
    if code is None:
        leaving.check_guard(names, departures, rules)
        return
    with pytest.raises(Conflict) as stopped:
        leaving.check_guard(names, departures, rules)
    assert stopped.value.code == code
    assert stopped.value.details["would_remove"] == sorted(set(users) - set(names))


def test_many_renames_are_stopped_like_many_removals() -> None:
    users = by_username(*(existing(f"a{number}", person_id=str(number)) for number in range(20)))
    rules = Rules(is_whole=False, renames="recreate")
    new = desired(**{f"b{number}": str(number) for number in range(20)})
    with pytest.raises(Conflict, match="20 of 20 agents would lose"):
        leaving.check_guard(new, leaving.departures(new, users, rules), rules)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (Rules(is_whole=True), []),
        (
            Rules(is_whole=True, leavers="restrict", restricted_profile="None"),
            [
                (
                    "update_security_profiles",
                    "Restrict the agent 'bob', who is no longer listed, to the security profile 'None'",
                    "bob",
                )
            ],
        ),
        (Rules(is_whole=True, leavers="restrict", restricted_profile="Agent"), []),
        (
            Rules(is_whole=True, leavers="delete"),
            [
                ("delete", "Delete the agent 'bob'", "bob"),
                ("delete_quick_connect", "Delete the quick connect 'Bob', which leads to the agent 'bob'", "bob"),
            ],
        ),
        (Rules(is_whole=True, renames="recreate"), [("delete", "Delete the agent 'ann'", "anna")]),
    ],
)
def test_what_is_done(rules: Rules, expected: list[tuple[str, str, str]]) -> None:
    users = by_username(existing("bob"), existing("ann", person_id="1"))
    departures = leaving.departures(desired(anna="1"), users, rules)
    steps = leaving.leaver_steps(departures, {"id-bob": [{"id": "q", "name": "Bob"}]}, [], rules)
    assert [(step.operation, step.text, step.target) for step in steps] == expected


def test_what_is_only_reported() -> None:
    departures = leaving.departures(
        desired(anna="1"), by_username(existing("bob"), existing("ann", person_id="1")), Rules(is_whole=True)
    )
    messages = leaving.warnings(departures, Rules(is_whole=True))
    assert [text.split(" ")[0:3] for text in messages] == [["1", "agent", "is"], ["'ann'", "is", "called"]]
    assert "leavers (in the role connect_users: connect_users_leavers)" in messages[0]


def test_what_an_earlier_run_left_over_is_removed() -> None:
    departures = leaving.departures(desired("bob"), by_username(existing("bob")), Rules(is_whole=True))
    steps = leaving.leaver_steps(departures, {}, [{"id": "q", "name": "Old"}], Rules(is_whole=True, leavers="delete"))
    assert [(step.operation, step.text) for step in steps] == [
        ("delete_quick_connect", "Delete the quick connect 'Old', which leads to a user who no longer exists")
    ]
