# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What a check finds: one finding for each hop of the sign-in path and each subject of it, and what they come to
together.
"""

from __future__ import annotations

import textwrap
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import HOPS, NEVER_READABLE
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text, printable
from ansible_collections.openccp.federation.plugins.module_utils._words import counted

Status = t.Literal["pass", "warning", "fail", "unknown"]
STATUSES: t.Final[tuple[Status, ...]] = ("fail", "warning", "unknown", "pass")
"""The worst one first."""

VERSION: t.Final = 2
"""Of the shape in which modules return findings; docs/schemas/federation-check.schema.json describes it."""

FAIL_ON: t.Final = ("fail", "warning", "never")

FOLDED_ABOVE: t.Final = 20
"""So many people may pass a hop by name; more are one finding with their number."""

_WIDTH: t.Final = 69
_INDENT: t.Final = " " * 9


@dataclass(frozen=True)
class Finding:
    """What one hop says of one subject.

    reason: why it is so, one sentence; nothing where all is well. evidence: the values that were compared.
    symptom: the text that the agent sees, or where the agent ends. fix: the option or command that fixes it.
    person: whether the subject is a person.
    """

    hop: str
    subject: str
    status: Status
    reason: str = ""
    evidence: t.Mapping[str, t.Any] = field(default_factory=dict)
    symptom: str = ""
    fix: str = ""
    person: bool = False

    def as_dict(self) -> dict[str, t.Any]:
        """The return value of modules for it."""
        return {
            "hop": self.hop,
            "subject": self.subject,
            "person": self.person,
            "status": self.status,
            "reason": self.reason,
            "evidence": dict(self.evidence),
            "symptom": self.symptom,
            "fix": self.fix,
        }


class Problem(t.NamedTuple):
    """One thing that is wrong in a hop."""

    reason: str
    symptom: str = ""
    fix: str = ""


def in_order(findings: t.Iterable[Finding]) -> list[Finding]:
    """The findings along the sign-in path, where many people pass a hop as one."""
    ordered = sorted(findings, key=lambda finding: HOPS.index(finding.hop))
    passing: dict[str, int] = {}
    for finding in ordered:
        if finding.person and finding.status == "pass":
            passing[finding.hop] = passing.get(finding.hop, 0) + 1
    kept: list[Finding] = []
    for finding in ordered:
        count = passing.get(finding.hop, 0) if finding.person and finding.status == "pass" else 0
        if count <= FOLDED_ABOVE:
            kept.append(finding)
        elif not any(other.hop == finding.hop and other.evidence.get("people") == count for other in kept[-1:]):
            kept.append(Finding(finding.hop, f"{count:,} people", "pass", evidence={"people": count}, person=True))
    return kept


def counts(findings: t.Iterable[Finding]) -> dict[str, int]:
    """How many there are of each status."""
    statuses = [finding.status for finding in findings]
    return {status: statuses.count(status) for status in STATUSES}


def is_ok(findings: t.Iterable[Finding], fail_on: str) -> bool:
    """Whether nothing is as bad as `fail_on` says; with `never`, whether nothing fails."""
    bad = {"fail", "warning"} if fail_on == "warning" else {"fail"}
    return not any(finding.status in bad for finding in findings)


def summary(findings: t.Sequence[Finding]) -> str:
    """One sentence for a person in a hurry."""
    failed = [finding for finding in findings if finding.status == "fail"]
    if failed:
        hops = ", ".join(dict.fromkeys(finding.hop for finding in failed))
        first = f"{failed[0].subject}: {failed[0].reason}"
        return message_text(f"{len(failed)} of {len(findings)} findings fail: {hops}. {first}")
    warnings = [finding for finding in findings if finding.status == "warning"]
    unknown = [finding for finding in findings if finding.status == "unknown" and finding.hop not in NEVER_READABLE]
    named = [f"{finding.subject}: {finding.reason}" for finding in (*warnings, *unknown)][:1]
    checked = any(finding.person for finding in findings)
    sentence = verdict(len(warnings), [finding.hop for finding in unknown], somebody=checked)
    return message_text(" ".join([sentence, *named]))


def verdict(warnings: int, unknown: t.Iterable[str], *, somebody: bool) -> str:
    """What findings come to of which none fails. unknown: the hops that are. somebody: whether people were checked."""
    besides = f", with {counted(warnings, 'warning')}" if warnings else ""
    hops = ", ".join(dict.fromkeys(unknown))
    if hops:
        return f"Nothing fails{besides}, but it is unknown whether agents can sign in: {hops} could not be evaluated."
    if not somebody:
        return f"Nothing fails{besides}, but nobody was checked."
    return f"Agents can sign in{besides}." if warnings else "Agents can sign in, as far as can be read."


def table(findings: t.Iterable[Finding]) -> list[str]:
    """The findings as lines for a terminal of 80 columns that Ansible prints them to."""
    lines = []
    for finding in findings:
        subject = finding.subject.rpartition(":")[2] if finding.subject.startswith("arn:") else finding.subject
        head = f"{finding.status:<9}{finding.hop:<18}{subject}"
        lines += textwrap.wrap(head, _WIDTH, subsequent_indent=_INDENT, break_on_hyphens=False)
        if finding.status == "pass":
            continue
        for label, words in (("", finding.reason), ("seen: ", finding.symptom), ("fix: ", finding.fix)):
            if words:
                indent = _INDENT + " " * len(label)
                lines += textwrap.wrap(
                    label + words, _WIDTH, initial_indent=_INDENT, subsequent_indent=indent, break_on_hyphens=False
                )
    return [printable(line) for line in lines]
