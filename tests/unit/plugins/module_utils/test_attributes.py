# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._attributes import (
    Attr,
    Settings,
    change_steps,
    differences,
    initial,
    options_of,
)
from ansible_collections.openccp.federation.plugins.module_utils._plan import Step


class Writer:
    """What writes."""

    def set_name(self, name: str) -> None:
        """Set the name."""

    def set_look(self, colour: str, size: int) -> None:
        """Set colour and size, both."""


def name_step(subject: str, after: Settings) -> Step[Writer]:
    return Step(Writer.set_name, f"Name {subject}", name=after["name"])


def look_step(subject: str, after: Settings) -> Step[Writer]:
    return Step(Writer.set_look, f"Paint {subject}", colour=after["colour"], size=after["size"])


def same_fold(current: str, desired: str) -> str:
    return current if current.casefold() == desired.casefold() else desired


ATTRIBUTES: t.Final = (
    Attr("name", "Name", settle=same_fold, change=name_step),
    Attr("colour", "Look.Colour", normalize=lambda value: value or "", initial="", change=look_step),
    Attr("size", "Size", {"type": "int"}, initial=1, source="Look.Size.Value", change=look_step),
    Attr("made_of_others", spec={}),
)
CURRENT: t.Final[Settings] = {"name": "Box", "colour": "red", "size": 2}


def test_an_attribute_is_read_where_the_api_shows_it() -> None:
    described = {"Name": "Box", "Look": {"Size": {"Value": 2}}}
    assert [attr.read(described) for attr in ATTRIBUTES[:3]] == ["Box", "", 2]
    assert ATTRIBUTES[2].read({}) is None


@pytest.mark.parametrize(
    ("desired", "changes", "steps"),
    [
        ({}, {}, []),
        ({"name": None, "colour": None}, {}, []),
        ({"name": "BOX"}, {}, []),
        ({"colour": ""}, {"colour": ""}, ["set_look"]),
        ({"size": 3, "colour": "blue"}, {"size": 3, "colour": "blue"}, ["set_look"]),
        ({"size": 3, "name": "Crate"}, {"size": 3, "name": "Crate"}, ["set_name", "set_look"]),
        ({"made_of_others": "x"}, {}, []),
    ],
)
def test_only_what_differs_is_changed(desired: Settings, changes: Settings, steps: list[str]) -> None:
    assert differences(ATTRIBUTES, desired, CURRENT) == changes
    steps_made = change_steps(ATTRIBUTES, "it", CURRENT, CURRENT | changes)
    assert [step.operation for step in steps_made] == steps


def test_options_and_initial_values() -> None:
    assert options_of(ATTRIBUTES) == {"name": {"type": "str"}, "colour": {"type": "str"}, "size": {"type": "int"}}
    assert initial(ATTRIBUTES) == {"name": None, "colour": "", "size": 1, "made_of_others": None}
