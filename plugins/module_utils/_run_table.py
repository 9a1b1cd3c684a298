# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The table at the end of every playbook: federation, changed, check, what to do. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import NEVER_READABLE
from ansible_collections.openccp.federation.plugins.module_utils._printable import LONGEST_NAME, one_line
from ansible_collections.openccp.federation.plugins.module_utils._words import aligned

Record = t.Mapping[str, t.Any]

HEAD: t.Final = ("federation", "changed", "check", "what to do")
NO_ADDRESS: t.Final = "The user access URL is known once the application exists."
UNKNOWN: t.Final[Record] = {"changed": "failed", "check": "not run", "to_do": "Read its error above."}
NOTHING: t.Final = "Nothing."
#: The worst first.
_SEVERITY: t.Final = ("fail", "warning")


def run_of(variables: Record, check_mode: bool) -> dict[str, t.Any]:
    """What came of one federation, from the variables of its host; empty when the playbook left none with it.

    check_mode: whether the plan is still to be carried out.
    """
    result = variables.get("federation_result") or {}
    if not result:
        return {}
    check = variables.get("federation_check_result") or {}
    return {
        "plan": result.get("plan") or {},
        "error": result.get("error") or "",
        "check": check if "findings" in check else {},
        "waits_for": (variables.get("handover_result") or {}).get("waits_for") or "",
        "note": (variables.get("certificate_rotation_result") or {}).get("message") or "",
        "check_mode": check_mode,
    }


def sign_in_addresses(hosts: t.Mapping[str, Record]) -> list[str]:
    """Where the agents of each federation begin, a line each; without those whose application was not looked at."""
    applications = {host: variables.get("azure_saml_app_result") for host, variables in sorted(hosts.items())}
    addresses = {
        host: application.get("user_access_url") or NO_ADDRESS
        for host, application in applications.items()
        if application
    }
    return [one_line(f"{host}: {address}") for host, address in addresses.items()]


def outcome(run: Record) -> dict[str, str]:
    """One row. run: plan, error, check (what the check returned), waits_for, note (what comes next), check_mode."""
    return {"changed": _changed(run), "check": _check(run.get("check")), "to_do": one_line(_to_do(run))}


def record(host: str, run: Record) -> dict[str, t.Any]:
    """The record of one federation in a file: its plan and its result."""
    row = outcome(run) if run else UNKNOWN
    plan = {key: value for key, value in (run.get("plan") or {}).items() if key != "lines"}
    return {"host": host, **row, "error": str(run.get("error") or ""), **plan}


def table(rows: t.Mapping[str, Record]) -> list[str]:
    """Lines of equal columns."""
    return aligned([HEAD, *(_cells(host, row) for host, row in sorted(rows.items()))])


def _cells(host: str, row: Record) -> tuple[str, ...]:
    return (one_line(host, LONGEST_NAME), *(one_line(str(row[key])) for key in ("changed", "check", "to_do")))


def _changed(run: Record) -> str:
    plan = run.get("plan") or {}
    if run.get("error") and not run.get("check") and not run.get("waits_for"):
        return "failed"
    if plan.get("steps"):
        return "planned" if run.get("check_mode") else "yes"
    if run.get("waits_for"):
        return "waits"
    return "no" if plan.get("looked_at") else "-"


def _check(check: Record | None) -> str:
    if not check:
        return "not run"
    if not check["ok"]:
        return "failed"
    return "unknown" if _unknown(check) else "passed"


def _unknown(check: Record) -> list[Record]:
    """What a check could not evaluate, without what no permission ever shows."""
    unknown = [finding for finding in check["findings"] if finding["status"] == "unknown"]
    return [finding for finding in unknown if finding["hop"] not in NEVER_READABLE]


def _to_do(run: Record) -> str:
    """The most urgent, and in any case who of the groups cannot be an agent."""
    members = (run.get("plan") or {}).get("unusable_members", "")
    return " ".join(filter(None, (_most_urgent(run), members))) or NOTHING


def _most_urgent(run: Record) -> str:
    findings = (run.get("check") or {}).get("findings", ())
    worst = next((finding for status in _SEVERITY for finding in findings if finding["status"] == status), None)
    if worst:
        return f"{worst['subject']}: {worst['fix'] or worst['reason']}"
    if run.get("waits_for"):
        return f"Wait for {run['waits_for']}"
    if run.get("error"):
        return str(run["error"])
    plan = run.get("plan") or {}
    sentences = []
    if plan.get("steps") and run.get("check_mode"):
        sentences.append("Read the plan, then run it without --check.")
    sentences += plan.get("kept", ())
    if run.get("note"):
        sentences.append(str(run["note"]))
    unknown = _unknown(run["check"]) if run.get("check") else []
    if unknown:
        hops = ", ".join(dict.fromkeys(str(finding["hop"]) for finding in unknown))
        sentences.append(f"Not known: {hops}. {unknown[0]['subject']}: {unknown[0]['reason']}")
    if plan.get("not_looked_at"):
        sentences.append(f"Skipped: {', '.join(plan['not_looked_at'])}.")
    return " ".join(sentences)
