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

from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import STATUSES, Status, verdict
from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import HOPS, NEVER_READABLE
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
    judged = [finding for finding in findings if finding["hop"] not in NEVER_READABLE or finding["status"] != "unknown"]
    printed = [Line(text, _worst(judged)) for text in _wrapped(_head(judged, host), "", max(width, _NARROWEST))]
    for status in STATUSES[:-1]:
        for trouble in _troubles([finding for finding in judged if finding["status"] == status]):
            mended_by = "" if status == "unknown" else command(trouble.finding, host, inventories)
            printed += _trouble_lines(trouble, mended_by, max(width, _NARROWEST))
    printed += _folded(findings, max(width, _NARROWEST))
    return [Line(printable(line.text), line.status) for line in printed]


def _head(findings: t.Sequence[Finding], host: str) -> str:
    failing = [finding for finding in findings if finding["status"] == "fail"]
    people = {finding["subject"] for finding in failing if finding["person"]}
    if any(not finding["person"] for finding in failing):
        return f"{host}: agents cannot sign in, or not as intended."
    if people:
        return f"{host}: {counted(len(people), 'person', 'people')} cannot sign in."
    warnings = sum(finding["status"] == "warning" for finding in findings)
    unknown = [finding["hop"] for finding in findings if finding["status"] == "unknown"]
    text = verdict(warnings, unknown, somebody=any(finding["person"] for finding in findings))
    return f"{host}: {text[0].lower()}{text[1:]}"


def _worst(findings: t.Collection[Finding]) -> Status:
    statuses = {finding["status"] for finding in findings}
    if not any(finding["person"] for finding in findings):
        statuses.add("unknown")
    return next(status for status in STATUSES if status in statuses)


def _troubles(findings: t.Sequence[Finding]) -> list[Trouble]:
    """What concerns the whole federation first; then people, each with the first hop that stops them, those of one
    cause together.
    """
    ordered = sorted(findings, key=lambda trouble: (trouble["person"], HOPS.index(trouble["hop"])))
    first: dict[str, Finding] = {}
    others: dict[str, list[str]] = {}
    troubles: dict[tuple[t.Any, ...], list[Finding]] = {}
    for trouble in ordered:
        if trouble["person"] and trouble["subject"] in first:
            others.setdefault(trouble["subject"], []).append(trouble["hop"])
            continue
        if trouble["person"]:
            first[trouble["subject"]] = trouble
        key = (
            (trouble["hop"], trouble["reason"], trouble["fix"])
            if trouble["person"]
            else (trouble["hop"], trouble["subject"], trouble["reason"])
        )
        troubles.setdefault(key, []).append(trouble)
    groups = []
    for alike in troubles.values():
        subjects = tuple(finding["subject"] for finding in alike)
        groups.append(Trouble(alike[0], subjects, tuple(others.get(subjects[0], ()))))
    return groups


def _trouble_lines(trouble: Trouble, mended_by: str, width: int) -> collections.abc.Iterator[Line]:
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
    if mended_by:
        yield Line(f"{_INDENT * 3}{mended_by}", "pass")


def _folded(findings: t.Sequence[Finding], width: int) -> collections.abc.Iterator[Line]:
    unknown = dict.fromkeys(finding["hop"] for finding in findings if finding["status"] == "unknown")
    if unknown:
        yield from (Line(text) for text in _wrapped(f"Not known: {', '.join(unknown)}.", "", width))
    bad = {finding["hop"] for finding in findings if finding["status"] != "pass"}
    passed = dict.fromkeys(
        finding["hop"] for finding in findings if finding["status"] == "pass" and finding["hop"] not in bad
    )
    if passed:
        yield from (Line(text) for text in _wrapped(f"In order: {', '.join(passed)}.", "", width))


def _wrapped(words: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        words, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
