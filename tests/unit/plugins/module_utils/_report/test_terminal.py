# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the helpdesk reads: failures first, one cause and one command for each person, the rest folded."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._report.terminal import Line, lines

INVENTORIES: t.Final = ["hosts.yml"]


def finding(hop: str, subject: str, status: str, person: bool = False, **words: str) -> dict[str, t.Any]:
    return {
        "hop": hop,
        "subject": subject,
        "status": status,
        "person": person,
        "reason": "",
        "symptom": "",
        "fix": "",
        **words,
    }


def stopped(name: str, hop: str = "assignment") -> dict[str, t.Any]:
    reason = (
        "The person is not assigned to the application, neither directly nor as a direct member of an assigned group."
    )
    return finding(
        hop,
        name,
        "fail",
        True,
        reason=reason,
        symptom="AADSTS50105: Your administrator",
        fix="Add the person to Agents",
    )


def printed(*findings: dict[str, t.Any], width: int = 80) -> list[Line]:
    return lines({"findings": findings}, "sales", INVENTORIES, width)


def text(*findings: dict[str, t.Any], width: int = 80) -> str:
    return "\n".join(line.text for line in printed(*findings, width=width))


def test_failures_come_first_and_the_rest_is_a_line() -> None:
    told = printed(
        finding("application", "Amazon Connect", "pass"),
        finding("tenant", "sign-ins", "unknown", reason="Policies may not be read."),
        stopped("jane@example.com"),
        finding("claims", "Amazon Connect", "pass"),
        finding("certificate", "AB12", "warning", reason="It ends soon."),
    )
    assert told[0] == Line("sales: 1 person cannot sign in.", "fail")
    assert told[1] == Line("  fail: jane@example.com (assignment)", "fail")
    warning = next(number for number, line in enumerate(told) if line.text.startswith("  warning: "))
    assert told[warning].status == "warning"
    assert [line.text for line in told[-2:]] == ["Not known: tenant.", "In order: application, claims."]
    command = (
        "ansible-playbook openccp.federation.check --inventory hosts.yml --limit sales -e "
        "federation_check_people=jane@example.com"
    )
    assert Line(f"      {command}", "pass") in told


def test_what_stops_everybody_is_before_what_stops_one() -> None:
    told = text(
        stopped("jane@example.com"),
        finding("provider", "arn:aws:iam::1:saml-provider/X", "fail", reason="It is missing."),
    )
    assert told.index("(provider)") < told.index("(assignment)")
    assert told.startswith("sales: agents cannot sign in, or not as intended.")


def test_a_person_has_one_cause_and_one_command() -> None:
    told = text(stopped("jane@example.com", "user"), stopped("jane@example.com"))
    assert told.count("ansible-playbook") == 1
    assert "(assignment)" in told
    assert "then look at: user" in told


def test_one_cause_of_many_is_told_once() -> None:
    people = [stopped(f"agent{number:03}@example.com") for number in range(300)]
    told = text(*people)
    assert told.startswith("sales: 300 people cannot sign in.")
    assert told.count("not assigned") == 1
    assert "300 people: agent000@example.com" in told
    assert "agent050@example.com" not in told


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_is_as_wide_as_the_terminal_and_no_command_is_broken(width: int) -> None:
    wide = [line for line in printed(stopped("jane@example.com"), width=width) if "ansible-playbook" not in line.text]
    longest = max(len(line.text) for line in wide)
    assert width - 25 < longest <= width


def test_a_name_commands_no_terminal() -> None:
    told = text(stopped("\x1b[2Jjane\u202e"))
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_all_well() -> None:
    assert (
        text(finding("application", "x", "pass"))
        == "sales: agents can sign in, as far as can be read.\nIn order: application."
    )
