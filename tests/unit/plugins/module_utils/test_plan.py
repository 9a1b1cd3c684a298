# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._plan import (
    Plan,
    Step,
    close_matches,
    membership,
    shown_diff,
    step_records,
    tag_changes,
)


class Shelf:
    def __init__(self) -> None:
        self.titles: list[str] = []

    def put(self, title: str) -> None:
        self.titles.append(title)


@pytest.mark.parametrize(
    ("current", "change", "add", "remove", "result"),
    [
        ("ab", None, "", "", "ab"),
        ("ab", {}, "", "", "ab"),
        ("ab", {"add": ["b", "c"]}, "c", "", "abc"),
        ("ab", {"remove": ["b", "z"]}, "", "b", "a"),
        ("ab", {"add": ["c"], "remove": ["a"]}, "c", "a", "bc"),
        ("ab", {"set": ["b", "c"]}, "c", "a", "bc"),
        ("ab", {"set": []}, "", "ab", ""),
        ("ab", {"add": None, "remove": None, "set": None}, "", "", "ab"),
    ],
)
def test_membership(current: str, change: dict[str, list[str]] | None, add: str, remove: str, result: str) -> None:
    plan = membership(current, change)
    assert ("".join(plan.add), "".join(plan.remove), "".join(plan.result)) == (add, remove, result)
    assert bool(plan) == bool(add or remove)


@pytest.mark.parametrize(
    ("current", "tags", "purge", "to_set", "to_remove", "after"),
    [
        ({"a": "1"}, None, True, {}, [], {"a": "1"}),
        ({"a": "1"}, {"a": "1"}, True, {}, [], {"a": "1"}),
        ({"a": "1", "b": "2"}, {"a": "9"}, True, {"a": "9"}, ["b"], {"a": "9"}),
        ({"a": "1", "b": "2"}, {"c": "3"}, False, {"c": "3"}, [], {"a": "1", "b": "2", "c": "3"}),
        ({"aws:x": "1"}, {}, True, {}, [], {"aws:x": "1"}),
    ],
)
def test_tag_changes(
    current: dict[str, str],
    tags: dict[str, str] | None,
    purge: bool,
    to_set: dict[str, str],
    to_remove: list[str],
    after: dict[str, str],
) -> None:
    assert tag_changes(current, tags, purge) == (to_set, to_remove, after)


def test_near_names_ignore_case() -> None:
    assert close_matches("agnet", ["Agent", "Admin", "QualityAnalyst"])[0] == "Agent"
    assert close_matches("zzzz", ["Agent"]) == []


def test_many_objects_are_a_line_each_in_a_diff() -> None:
    removed, new = {"x": 1}, {"username": "n", "profiles": ["A", "B"], "mobile": ""}
    names = {
        "old": (removed, {}),
        "new": ({}, new),
        **{f"a{number}": ({"x": 1, "y": 2}, {"x": 1, "y": [3]}) for number in range(19)},
    }
    steps = tuple(Step(str.upper, f"do {name}").about(target=name) for name in names)
    views = {
        "before": {name: before for name, (before, _after) in names.items()},
        "after": {name: after for name, (_before, after) in names.items()},
    }
    lines = shown_diff(Plan(**views, steps=steps))["prepared"].splitlines()
    assert lines[:3] == ["- old", "+ new  username: n, profiles: A | B", "~ a0  y: 2 -> 3"]
    assert len(lines) == 21
    assert shown_diff(Plan(**views, steps=steps[:20])) == views


def test_a_step_is_data_with_what_differs_alone() -> None:
    plan = Plan(
        {"bob": {"x": 1, "y": 2}, "ann": {"x": 1}},
        {"bob": {"x": 1, "y": 3}, "ann": {}},
        (
            Step(str.upper, "Change bob").about(target="bob"),
            Step(str.upper, "Delete ann").about(target="anna", label="ann", reason="Renamed."),
        ),
    )
    assert step_records(plan, "") == [
        {"action": "Change bob", "object": "bob", "before": {"y": 2}, "after": {"y": 3}, "reason": "Different: y."},
        {"action": "Delete ann", "object": "ann", "before": {"x": 1}, "after": {}, "reason": "Renamed."},
    ]


def test_a_step_holds_what_it_runs_and_is_carried_out_on_whom_it_is_given() -> None:
    step = Step(Shelf.put, "Put a book", title="Emma")
    shelf = Shelf()
    step.on(shelf)
    assert (shelf.titles, step.operation, step.args) == (["Emma"], "put", {"title": "Emma"})
    assert step.about(target="shelf").run is step.run
    with pytest.raises(TypeError, match="by name"):
        Step(Shelf.put, "Put a book", "Emma")
