# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox's page names everything that can be controlled, and nothing that cannot."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t
from pathlib import Path

import pytest

from federation_sandbox.clouds import SEEDS
from federation_sandbox.control import CONTROLS
from federation_sandbox.faults import Fault, Kind
from federation_sandbox.world import Settings

PAGE: t.Final = (Path(__file__).resolve().parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")

SETTINGS: t.Final = {field.name: field.default for field in dataclasses.fields(Settings)}
_NAMES: t.Final = list(SETTINGS)
#: the settings that are answers to open questions
ANSWERS: t.Final = _NAMES[_NAMES.index("identifier_suffixes") : _NAMES.index("latency")]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    section = re.split(r"^#+ ", PAGE.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [list(map(str.strip, line.strip("|").split("|"))) for line in lines[2:]]


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Settings", [name for name in SETTINGS if name not in ANSWERS]),
        ("Answers", ANSWERS),
        ("Controls", list(CONTROLS)),
        ("Faults", sorted(t.get_args(Kind))),
    ],
)
def test_a_table_has_each_name_once(heading: str, names: list[str]) -> None:
    assert sorted(row[0].strip("`") for row in rows(heading)) == sorted(names), f"docs/sandbox.md, {heading}"


def test_the_methods_of_each_control() -> None:
    for name, *cells in rows("Controls"):
        methods = [method for method, cell in zip(("GET", "POST", "DELETE"), cells, strict=True) if cell]
        assert sorted(methods) == sorted(CONTROLS[name.strip("`")].methods), name


def test_the_example_of_a_fault_is_one_and_the_sections_of_a_seed_are_named() -> None:
    block = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    assert Fault(**json.loads(block[1])).status == 429
    assert [section for section in SEEDS if f"`{section}`" not in PAGE] == []


def test_what_is_assumed_is_the_default() -> None:
    assert {row[0].strip("`"): json.loads(row[2].strip("`")) for row in rows("Answers")} == {
        name: SETTINGS[name] for name in ANSWERS
    }
