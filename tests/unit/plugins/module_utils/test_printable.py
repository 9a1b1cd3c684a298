# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever names a group, an application or a host decides on a text that is shown: it breaks no table, obeys no
terminal and hides nothing.
"""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils import _run_plan, _run_table
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, summary, table
from ansible_collections.openccp.federation.plugins.module_utils._connect import agents_csv
from ansible_collections.openccp.federation.plugins.module_utils._definition import ControllerModule, ModuleEnd
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._module import converge
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan
from ansible_collections.openccp.federation.plugins.module_utils._printable import (
    LONGEST_NAME,
    LONGEST_SENTENCE,
    one_line,
    printable,
)
from ansible_collections.openccp.federation.plugins.module_utils._report import report, terminal
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._rotation import certificate_report

HOSTILE: t.Final = {
    "line break": "first\nsecond   row",
    "carriage return": "shown\rhidden",
    "other line breaks": "a\x0bb\x0cc\x85d\u2028e\u2029f",
    "escape": "\x1b[31mred\x1b]8;;https://x.example\x07link",
    "eight-bit escape": "\x9b31mred",
    "direction": "\u202eexe.txt\u2066a\u2069\u200f\u061c",
    "invisible": "a\u200bb\u2060c\ufeffd\xade",
    "NUL": "a\0b",
    "surrogate": "a\ud800b",
    "path": "../../etc/passwd\\..\\x",
    "template": "{{ 7 * 7 }}{% raw %}{# x #}",
    "formula": '=HYPERLINK("https://x.example";"click")',
    "labels": 'a"} 1\nfederation_certificates_sign{federation="b\\',
    "long": "x" * 10_000,
    "long without an end": "\n\u202e" * 5_000,
}
parametrize = pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)


def harmless(line: str) -> bool:
    """Whether a terminal shows all of a line, and nothing else."""
    return line.isprintable()


@parametrize
def test_one_line(name: str) -> None:
    for longest in (LONGEST_NAME, LONGEST_SENTENCE):
        line = one_line(name, longest)
        assert harmless(line)
        assert len(line) <= longest
        assert one_line(line, longest) == line
    assert harmless(printable(name))
    assert len(printable(name)) == len(name)


@pytest.mark.parametrize("name", ["Jane Doe", "Müller-Østergård", "株式会社 例", "مثال", "😀 ‑ \u201cx\u201d"])
def test_an_honest_name_is_shown_as_it_is(name: str) -> None:
    assert one_line(name) == printable(name) == name


def columns(head: str) -> list[int]:
    """Where the columns of a table begin."""
    return [0, *(match.end() for match in re.finditer(r" {2,}(?=\S)", head))]


@parametrize
def test_the_table_at_the_end_of_a_playbook(name: str) -> None:
    """One row for each host, with its columns where the head has them."""
    finding = {"status": "fail", "subject": name, "fix": "", "reason": name}
    rows = {
        name: _run_table.outcome({"error": name, "plan": {}}),
        "b": _run_table.outcome({"check": {"ok": False, "findings": [finding]}, "plan": {"steps": [1]}}),
        "c": _run_table.outcome({"waits_for": f"/srv/{name}.json", "plan": {}}),
        "d": _run_table.outcome({"note": name, "plan": {"steps": [], "looked_at": ["x"], "kept": [name]}}),
    }
    lines = _run_table.table(rows)
    assert len(lines) == 5
    assert all(harmless(line) for line in lines)
    starts = columns(lines[0])
    assert starts[1] <= LONGEST_NAME + 2
    assert {line[starts[1] :].split()[0] for line in lines[1:]} == {"failed", "yes", "waits", "no"}
    assert len(max(lines, key=len)) < 2 * LONGEST_SENTENCE


@parametrize
def test_the_plan(name: str) -> None:
    step = {"action": f"Delete the agent {name!r}", "object": name, "before": {"a": 1}, "after": {}, "reason": ""}
    raw = {"action": f"Assign the group {name} to 'x'", "object": name, "before": {}, "after": {"a": 1}, "reason": ""}
    unusable = [{"user_principal_name": name, "person_id": "1", "reasons": [name], "fixes": [name]}]
    results = {
        "azure_saml_app": {"steps": [raw], "unlisted_assignments": [name]},
        "connect_users": {"steps": [step], "leavers_reported": [name], "unusable": unusable, "members": 3},
    }
    plan = _run_plan.run_plan({"azure_saml_app": "a", "connect_users": "b"}, results, [name], "100%")
    lines = _run_plan.sentences(plan)
    assert len(lines) == 5
    assert all(harmless(line) and len(line) <= LONGEST_SENTENCE for line in lines)


class Warns(Resource[None, None]):
    """Has nothing to do, and a warning."""

    def __init__(self, warning: str) -> None:
        self._warning = warning

    def read(self) -> None:
        """There is nothing."""

    def plan(self, actual: None) -> Plan[None]:
        return Plan(warnings=(self._warning,))

    def result(self, plan: Plan[None]) -> dict[str, t.Any]:
        return {}


@parametrize
def test_messages_and_warnings(name: str) -> None:
    """What a cloud answers and how things are called are in errors, and in what a playbook fails with"""
    error = FederationError(f"Could not read {name}.", hint=f"Rename {name}.", also=name)
    assert all(harmless(text) for text in (str(error), error.message, error.as_result()["hint"]))
    assert error.as_result()["also"] == name, "data is returned as it is"
    module = ControllerModule("m", {}, check_mode=True, diff=False)
    with pytest.raises(ModuleEnd):
        converge(module, Warns(name), "x")
    (warning,) = module.warnings
    assert harmless(warning)
    unusable = [{"user_principal_name": name, "person_id": "1", "reasons": [name], "fixes": [name]}]
    plan = _run_plan.run_plan({"connect_users": "b"}, {"connect_users": {"steps": [], "unusable": unusable}}, [], "")
    assert harmless(plan.unusable_members)


@parametrize
def test_what_a_check_comes_to(name: str) -> None:
    for status in ("fail", "warning", "unknown"):
        findings = [Finding("user", name, status, reason=name, symptom=name, fix=name)]
        assert harmless(summary(findings))
        assert all(harmless(line) for line in table(findings))
    (failure,) = report.build([{"host": name, "not_readable": name}], now="2030-01-01T00:00:00Z")["not_readable"]
    assert harmless(failure["line"])
    assert failure["reason"] == name


@parametrize
def test_the_table_of_certificates(name: str) -> None:
    lines = certificate_report.table([row(name)], {f"{name}2": name})
    assert len(lines) == 3
    assert all(harmless(line) for line in lines)
    assert len(lines[0]) < 2 * LONGEST_NAME + 320
    starts = columns(lines[0])
    assert lines[1][starts[2] :].startswith("A" * 40)
    assert len(certificate_report.problems(name, [], 30)) == 1
    assert all(harmless(line) for line in certificate_report.problems(name, [], 30))


@parametrize
def test_the_metrics_for_prometheus(name: str) -> None:
    """The text format knows three escapes in a label, and every sample is one line."""
    text = certificate_report.prometheus([row(name)], [name], [f"{name}2"], [f"{name}3"])
    label = r'[a-z]+="(?:[^"\\\n]|\\[\\"n])*"'
    sample = re.compile(rf"[a-z_]+\{{{label}(?:,{label})*\}} -?\d+")
    for line in text.removesuffix("\n").split("\n"):
        assert line.startswith("# ") or sample.fullmatch(line), line


@parametrize
def test_the_check_on_a_terminal(name: str) -> None:
    finding = {
        "hop": "user",
        "status": "fail",
        "subject": name,
        "person": True,
        "reason": name,
        "symptom": name,
        "fix": name,
    }
    lines = terminal.lines({"findings": [finding], "ok": False}, name, [f"{name}.yml"], 80)
    assert lines
    assert all(harmless(line.text) for line in lines)


@parametrize
def test_agents_in_a_spreadsheet(name: str) -> None:
    """No cell is a formula, no cell ends its row, and what was written is read back."""
    agent = {"username": "jane", "first_name": name, "last_name": "Doe"}
    text = agents_csv.render([agent])
    assert len(re.split(r"\r\n|\r|\n", text.removesuffix("\n"))) == 2
    assert not re.search(r'(^|,)"?[=@]', text)
    if "\0" in text:
        with pytest.raises(InvalidInput, match="NUL"):
            agents_csv.parse(text, "agents.csv")
    else:
        assert agents_csv.parse(text, "agents.csv")[0]["first_name"] == name


@parametrize
def test_a_record_of_a_plan_is_whole(name: str) -> None:
    """Files for programs hold names as they are, since JSON escapes them."""
    run = {"error": name, "plan": {"steps": [{"action": name}], "lines": []}}
    assert json.loads(json.dumps(_run_table.record(name, run)))["host"] == name


def row(name: str) -> dict[str, t.Any]:
    return {
        "host": name,
        "application": name,
        "app_id": "1",
        "thumbprint": "A" * 40,
        "not_after": "2030-01-01T00:00:00Z",
        "days_left": 3,
        "active": True,
        "usable": True,
        "in_entra": True,
        "managed": True,
        "providers": ["x"],
        "in_pools": False,
        "trusted": True,
    }
