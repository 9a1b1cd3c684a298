# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A citation such as "facts/aws.md 5.4" leads to a fact: the sheet is in docs/facts, and has that number."""

from __future__ import annotations

import itertools
import re
import typing as t
from pathlib import Path

import pytest

from support import CHECKOUT

SHEETS: t.Final = CHECKOUT / "docs" / "facts"
ROOMS: t.Final = (
    "benchmarks",
    "conformance",
    "docs",
    "extensions",
    "playbooks",
    "plugins",
    "roles",
    "sandbox",
    "tests",
    "tools",
)
SUFFIXES: t.Final = frozenset({".j2", ".md", ".py", ".rst", ".yml"})

NUMBER: t.Final = r"[A-Z]?\d+(?:\.\d+)?[a-z]?(?![\w.]*\w)"
NUMBERS: t.Final = rf"{NUMBER}(?:(?:, |; | and | or | to |-){NUMBER})*"
CITATION: t.Final = re.compile(rf"facts/(?P<sheet>[\w.]+?)(?:\.md)? (?P<numbers>{NUMBERS})")
#: at the beginning of a docstring, in a file whose own docstring names one sheet
SHORT_CITATION: t.Final = re.compile(rf'"""(?P<numbers>(?=\d+\.\d){NUMBERS})(?=[:;,"\s])')
ANCHORS: t.Final = (
    re.compile(r"^#+ (\d+(?:\.\d+)?)\.? ", re.MULTILINE),
    re.compile(r"^ *- \*\*([A-Z]?\d*\.?\d+[a-z]?)\*\*(?: |$)", re.MULTILINE),
    re.compile(r"^\| (\d+) \|", re.MULTILINE),
)


def anchors_of(sheet: Path) -> set[str]:
    """The numbers of a sheet's facts."""
    text = sheet.read_text(encoding="utf-8")
    return {number for pattern in ANCHORS for number in pattern.findall(text)}


FACTS: t.Final = {sheet.stem: anchors_of(sheet) for sheet in SHEETS.glob("*.md")}


def citations_in(text: str) -> list[tuple[str, str]]:
    """Sheet and number of every citation."""
    cited = [(match["sheet"], match["numbers"]) for match in CITATION.finditer(text)]
    first_docstring = text.partition('"""')[2].partition('"""')[0]
    sheets = {match["sheet"] for match in CITATION.finditer(first_docstring)}
    if len(sheets) == 1:
        (sheet,) = sheets
        cited += [(sheet, match["numbers"]) for match in SHORT_CITATION.finditer(text)]
    return [(sheet, number) for sheet, numbers in cited for number in re.findall(NUMBER, numbers)]


def written_files() -> list[Path]:
    """Whatever may cite a fact."""
    paths = itertools.chain.from_iterable((CHECKOUT / room).rglob("*") for room in ROOMS)
    return [path for path in paths if path.suffix in SUFFIXES and path.is_file() and path != Path(__file__).resolve()]


def test_every_citation_leads_to_a_fact() -> None:
    cited = [
        (path, *citation) for path in written_files() for citation in citations_in(path.read_text(encoding="utf-8"))
    ]
    broken = [
        f"{path.relative_to(CHECKOUT)}: {sheet} {number}"
        for path, sheet, number in cited
        if number not in FACTS.get(sheet, ())
    ]
    assert broken == []
    assert len(cited) > 200, "the citations were not found"


@pytest.mark.parametrize(
    ("text", "citations"),
    [
        ("facts/aws.md 5.4: 900 to 43200 seconds", [("aws", "5.4")]),
        ("facts/entra.md 0 to 5 and 9", [("entra", "0"), ("entra", "5"), ("entra", "9")]),
        ("facts/entra.md 3.4, E1; a", [("entra", "3.4"), ("entra", "E1")]),
        ("facts/entra.md 2.8c.", [("entra", "2.8c")]),
        ("facts/pains.md 4-6", [("pains", "4"), ("pains", "6")]),
        ("facts/nowhere.md 1", [("nowhere", "1")]),
        (
            '"""Deleting (facts/entra.md 9.6)."""\n"""9.7, 9.8: a"""',
            [("entra", "9.6"), ("entra", "9.7"), ("entra", "9.8")],
        ),
        ('"""Deleting."""\n"""9.7, 9.8: a"""', []),
    ],
)
def test_what_a_citation_is(text: str, citations: list[tuple[str, str]]) -> None:
    assert citations_in(text) == citations


@pytest.mark.parametrize("sheet", FACTS)
def test_a_number_stands_for_one_fact(sheet: str) -> None:
    text = (SHEETS / f"{sheet}.md").read_text(encoding="utf-8")
    numbers = [number for pattern in ANCHORS for number in pattern.findall(text)]
    assert len(numbers) == len(set(numbers))
