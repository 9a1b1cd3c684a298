# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The report on one federation or many: results of federation_check in, one document of plain values out."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import STATUSES
from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import DRAWN, NEVER_READABLE
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text
from ansible_collections.openccp.federation.plugins.module_utils._report import changes
from ansible_collections.openccp.federation.plugins.module_utils._report.commands import command

KIND: t.Final = "openccp.federation.report"
VERSION: t.Final = 2

LOST: t.Final = "It failed before it could be checked; its error stands in the output of the run."

NOT_CHECKED: t.Final = "unchecked"
"""The state of a hop that nothing was asked about: not a pass."""

Document = dict[str, t.Any]
Finding = t.Mapping[str, t.Any]


def build(
    checks: t.Sequence[t.Mapping[str, t.Any]],
    *,
    now: str,
    hosts: t.Iterable[str] = (),
    previous: t.Any = None,
    inventories: t.Sequence[str] = (),
) -> Document:
    """The report. InvalidInput when `previous` is no report.

    checks: each has `host` and either `result`, which federation_check returned with an overview, or `not_readable`:
    why not. hosts: whom the report is about; one that is not among the checks failed before. inventories: what the
    commands name.
    """
    results = {check["host"]: check["result"] for check in checks if "result" in check}
    not_readable = dict.fromkeys(hosts, LOST) | {
        check["host"]: check["not_readable"] for check in checks if "not_readable" in check
    }
    federations = [_federation(host, result, inventories) for host, result in results.items()]
    federations.sort(key=lambda federation: (STATUSES.index(federation["state"]), federation["host"]))
    failures = [_not_readable(host, reason) for host, reason in sorted(not_readable.items()) if host not in results]
    report: Document = {
        "kind": KIND,
        "version": VERSION,
        "generated": now,
        "previous": None,
        "counts": _counts(federations, failures),
        "federations": federations,
        "not_readable": failures,
        "changes": [],
    }
    return report if previous is None else report | _since(previous, report)


def _not_readable(host: str, reason: str) -> Document:
    return {"host": host, "line": message_text(f"{host}: could not be checked. {reason}"), "reason": reason}


def _since(previous: t.Any, report: Document) -> Document:
    check_kind(previous)
    try:
        return {"previous": str(previous["generated"]), "changes": changes.between(previous, report)}
    except (KeyError, TypeError, AttributeError) as error:
        hint = "Leave it out, or give the file as the last run wrote it."
        raise InvalidInput(f"The previous report is damaged: {error!r}.", hint=hint) from error


def check_kind(content: t.Any) -> None:
    """InvalidInput when the content is no report that this release can read."""
    kind = content.get("kind") if isinstance(content, dict) else None
    if kind != KIND:
        raise InvalidInput(
            f"The previous report is not a report of this collection: its kind is {kind!r} and not {KIND!r}."
        )
    if content.get("version") != VERSION:
        hint = f"Leave it out, or write a new one: this release reads version {VERSION}."
        raise InvalidInput(f"The previous report has version {content.get('version')!r}.", hint=hint)


def _counts(federations: t.Sequence[Document], not_readable: t.Sequence[Document]) -> dict[str, int]:
    states = [federation["state"] for federation in federations]
    return {**{status: states.count(status) for status in STATUSES}, "not_readable": len(not_readable)}


def _federation(host: str, result: t.Mapping[str, t.Any], inventories: t.Sequence[str]) -> Document:
    findings: list[Finding] = list(result["findings"])
    overview = result["overview"]
    failures = [_problem(finding, host, inventories) for finding in findings if finding["status"] == "fail"]
    warnings = [_problem(finding, host, inventories) for finding in findings if finding["status"] == "warning"]
    unknown = [
        {"hop": finding["hop"], "subject": finding["subject"], "reason": finding["reason"]}
        for finding in findings
        if finding["status"] == "unknown"
    ]
    people = [problem for problem in failures if problem["person"]]
    of_all = [problem for problem in failures if not problem["person"]]
    headline = _headline(of_all, people, warnings, findings)
    return {
        "host": host,
        "line": message_text(f"{host}: {headline}"),
        "state": _state(findings),
        "headline": headline,
        "checked_at": overview["time"],
        "application": overview["application"],
        "instance": overview["instance"],
        "everyone_assigned": overview["everyone_assigned"],
        "hops": _hops(findings),
        "failures": of_all,
        "people": people,
        "warnings": warnings,
        "unknown": unknown,
        "certificates": overview["certificates"],
        "agents": overview["agents"],
    }


def _problem(finding: Finding, host: str, inventories: t.Sequence[str]) -> Document:
    kept = {key: finding[key] for key in ("hop", "subject", "person", "reason", "symptom", "fix")}
    return {**kept, "command": finding.get("command") or command(finding, host, inventories)}


def _state(findings: t.Collection[Finding]) -> str:
    """The worst status, which is unknown if nobody was checked; what no permission ever shows is in the list of what is
    unknown, and does not colour every federation.
    """
    statuses = {finding["status"] for finding in findings if not _always_unknown(finding)}
    if not any(finding["person"] for finding in findings):
        statuses.add("unknown")
    return next((status for status in STATUSES if status in statuses), "unknown")


def _always_unknown(finding: Finding) -> bool:
    return finding["status"] == "unknown" and finding["hop"] in NEVER_READABLE


def _headline(
    of_all: t.Sequence[Document],
    people: t.Sequence[Document],
    warnings: t.Sequence[Document],
    findings: t.Sequence[Finding],
) -> str:
    refused = len({problem["subject"] for problem in people})
    if of_all:
        hops = ", ".join(dict.fromkeys(problem["hop"].replace("_", " ") for problem in of_all))
        return f"The sign-in path fails for everybody: {hops}."
    if refused:
        return f"{refused:,} {'person' if refused == 1 else 'people'} cannot sign in."
    if any(finding["status"] == "unknown" and not _always_unknown(finding) for finding in findings):
        return "No problem was found, but not everything could be read."
    if not any(finding["person"] for finding in findings):
        return "No problem was found, but nobody was checked."
    if warnings:
        return f"Agents can sign in, with {len(warnings)} {'warning' if len(warnings) == 1 else 'warnings'}."
    return "No problem was found."


def _hops(findings: t.Sequence[Finding]) -> list[Document]:
    """Every hop of the path in its order, with the worst status of its findings."""
    findings_by_hop: dict[str, list[Finding]] = {hop: [] for hop in DRAWN}
    for finding in findings:
        findings_by_hop.setdefault(finding["hop"], []).append(finding)
    return [{"hop": hop, "state": _worst(of_hop), "about": _about(of_hop)} for hop, of_hop in findings_by_hop.items()]


def _worst(findings: t.Sequence[Finding]) -> str:
    statuses = {finding["status"] for finding in findings}
    return next((status for status in STATUSES if status in statuses), NOT_CHECKED)


def _about(findings: t.Sequence[Finding]) -> str:
    """The tooltip of the hop: the first of its worst findings."""
    worst = [finding for finding in findings if finding["status"] == _worst(findings)]
    if not worst:
        return "This hop was not checked."
    reason = f": {worst[0]['reason']}" if worst[0]["reason"] else ""
    more = f" (and {len(worst) - 1} more)" if len(worst) > 1 else ""
    return f"{worst[0]['subject']}{reason}{more}"
