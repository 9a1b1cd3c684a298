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

from ansible_collections.openccp.federation.plugins.module_utils._words import counted

Status = t.Literal["pass", "warning", "fail", "unknown"]
STATUSES: t.Final[tuple[Status, ...]] = ("fail", "warning", "unknown", "pass")
"""The worst one first."""

HOPS: t.Final = (
    "response",
    "application",
    "tenant",
    "account",
    "assignment",
    "claims",
    "role_claim",
    "session_name",
    "unique_name",
    "certificate",
    "times",
    "identifier",
    "reply_url",
    "relay_state",
    "provider",
    "role",
    "session_duration",
    "permissions",
    "organization",
    "instance",
    "user",
    "security_profile",
    "role_binding",
    "approved_origins",
    "embedding",
)
"""The sign-in path, from the link that an agent opens to the page that the agent sees."""

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
    symptom: the text that the agent sees, or where the agent ends. fix: the option or command that mends it.
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
        """What modules return of it."""
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
    ordered = sorted(findings, key=lambda one: HOPS.index(one.hop))
    passing: dict[str, int] = {}
    for one in ordered:
        if one.person and one.status == "pass":
            passing[one.hop] = passing.get(one.hop, 0) + 1
    kept: list[Finding] = []
    for one in ordered:
        count = passing.get(one.hop, 0) if one.person and one.status == "pass" else 0
        if count <= FOLDED_ABOVE:
            kept.append(one)
        elif not any(other.hop == one.hop and other.evidence.get("people") == count for other in kept[-1:]):
            kept.append(Finding(one.hop, f"{count:,} people", "pass", evidence={"people": count}, person=True))
    return kept


def counts(findings: t.Iterable[Finding]) -> dict[str, int]:
    """How many there are of each status."""
    found = [one.status for one in findings]
    return {status: found.count(status) for status in STATUSES}


def is_ok(findings: t.Iterable[Finding], fail_on: str) -> bool:
    """Whether nothing is as bad as `fail_on` says; with `never`, whether nothing fails."""
    bad = {"fail", "warning"} if fail_on == "warning" else {"fail"}
    return not any(one.status in bad for one in findings)


def summary(findings: t.Sequence[Finding]) -> str:
    """One sentence for a person in a hurry."""
    failed = [one for one in findings if one.status == "fail"]
    if failed:
        hops = ", ".join(dict.fromkeys(one.hop for one in failed))
        return f"{len(failed)} of {len(findings)} findings fail: {hops}. {failed[0].subject}: {failed[0].reason}"
    warnings = [one for one in findings if one.status == "warning"]
    if warnings:
        return f"Agents get in, with {counted(len(warnings), 'warning')}. {warnings[0].subject}: {warnings[0].reason}"
    return "Agents get in, as far as can be read."


def table(findings: t.Iterable[Finding]) -> list[str]:
    """The findings as lines for a terminal of 80 columns that Ansible prints them to."""
    lines = []
    for one in findings:
        subject = one.subject.rpartition(":")[2] if one.subject.startswith("arn:") else one.subject
        head = f"{one.status:<9}{one.hop:<18}{subject}"
        lines += textwrap.wrap(head, _WIDTH, subsequent_indent=_INDENT, break_on_hyphens=False)
        if one.status == "pass":
            continue
        for label, words in (("", one.reason), ("seen: ", one.symptom), ("fix: ", one.fix)):
            if words:
                indent = _INDENT + " " * len(label)
                lines += textwrap.wrap(
                    label + words, _WIDTH, initial_indent=_INDENT, subsequent_indent=indent, break_on_hyphens=False
                )
    return lines
