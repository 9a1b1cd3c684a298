# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""A check for the helpdesk's terminal: what fails first, one cause and one command for each person, the rest in a line
each.

Names come from the clouds: a character that a terminal would obey is not printed.
"""

from __future__ import annotations

import collections.abc
import textwrap
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import HOPS, Status
from ansible_collections.openccp.federation.plugins.module_utils._printable import printable
from ansible_collections.openccp.federation.plugins.module_utils._report.commands import command
from ansible_collections.openccp.federation.plugins.module_utils._words import counted

Finding = t.Mapping[str, t.Any]

#: So many people with one cause are named; more are counted.
MOST_NAMES: t.Final = 20
_NARROWEST: t.Final = 40
_INDENT: t.Final = "  "


@dataclass(frozen=True)
class Line:
    """One line, with the status that decides its colour; None for plain text. Commands are never broken, so that they
    can be pasted.
    """

    text: str
    status: Status | None = None


@dataclass(frozen=True)
class Trouble:
    """One cause with all whom it concerns. others: further hops that fail for the same subject."""

    finding: Finding
    subjects: tuple[str, ...]
    others: tuple[str, ...]


def lines(check: t.Mapping[str, t.Any], host: str, inventories: t.Sequence[str], width: int) -> list[Line]:
    """What is printed of one federation, at most so many characters wide, commands excepted."""
    findings = check["findings"]
    printed = [Line(_head(findings, host), _worst(findings))]
    for status in ("fail", "warning"):
        for trouble in _troubles([one for one in findings if one["status"] == status]):
            printed += _told(trouble, command(trouble.finding, host, inventories), max(width, _NARROWEST))
    printed += _folded(findings, max(width, _NARROWEST))
    return [Line(printable(line.text), line.status) for line in printed]


def _head(findings: t.Sequence[Finding], host: str) -> str:
    failing = [one for one in findings if one["status"] == "fail"]
    people = {one["subject"] for one in failing if one["person"]}
    if any(not one["person"] for one in failing):
        return f"{host}: agents do not get in, or not as they should."
    if people:
        return f"{host}: {counted(len(people), 'person does', 'people do')} not get in."
    warnings = sum(one["status"] == "warning" for one in findings)
    if warnings:
        return f"{host}: agents get in, with {counted(warnings, 'warning')}."
    return f"{host}: agents get in, as far as can be read."


def _worst(findings: t.Iterable[Finding]) -> Status:
    statuses = {one["status"] for one in findings}
    return next((status for status in t.cast("tuple[Status, ...]", ("fail", "warning")) if status in statuses), "pass")


def _troubles(findings: t.Sequence[Finding]) -> list[Trouble]:
    """What concerns the whole federation first; then people, each with the first hop that stops them, those of one
    cause together.
    """
    ordered = sorted(findings, key=lambda one: (one["person"], HOPS.index(one["hop"])))
    first: dict[str, Finding] = {}
    others: dict[str, list[str]] = {}
    troubles: dict[tuple[t.Any, ...], list[Finding]] = {}
    for one in ordered:
        if one["person"] and one["subject"] in first:
            others.setdefault(one["subject"], []).append(one["hop"])
            continue
        if one["person"]:
            first[one["subject"]] = one
        key = (one["hop"], one["reason"], one["fix"]) if one["person"] else (one["hop"], one["subject"], one["reason"])
        troubles.setdefault(key, []).append(one)
    groups = []
    for alike in troubles.values():
        subjects = tuple(finding["subject"] for finding in alike)
        groups.append(Trouble(alike[0], subjects, tuple(others.get(subjects[0], ()))))
    return groups


def _told(trouble: Trouble, mended_by: str, width: int) -> collections.abc.Iterator[Line]:
    finding = trouble.finding
    names = ", ".join(trouble.subjects[:MOST_NAMES])
    if len(trouble.subjects) > MOST_NAMES:
        names = f"{len(trouble.subjects):,} people: {names}, …"
    yield from (
        Line(text, finding["status"])
        for text in _wrapped(f"{finding['status']}: {names} ({finding['hop']})", _INDENT, width)
    )
    parts = [("", finding["reason"]), ("seen: ", finding["symptom"]), ("fix: ", finding["fix"])]
    if trouble.others:
        parts.append(("then look at: ", ", ".join(trouble.others)))
    for label, words in parts:
        if words:
            yield from (Line(text) for text in _wrapped(f"{label}{words}", _INDENT * 3, width))
    yield Line(f"{_INDENT * 3}{mended_by}", "pass")


def _folded(findings: t.Sequence[Finding], width: int) -> collections.abc.Iterator[Line]:
    unknown = dict.fromkeys(one["hop"] for one in findings if one["status"] == "unknown")
    if unknown:
        yield from (Line(text) for text in _wrapped(f"Not known: {', '.join(unknown)}.", "", width))
    bad = {one["hop"] for one in findings if one["status"] != "pass"}
    passed = dict.fromkeys(one["hop"] for one in findings if one["status"] == "pass" and one["hop"] not in bad)
    if passed:
        yield from (Line(text) for text in _wrapped(f"In order: {', '.join(passed)}.", "", width))


def _wrapped(words: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        words, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
