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
    lines = printed(
        finding("application", "Amazon Connect", "pass"),
        finding("tenant", "sign-ins", "unknown", reason="Policies may not be read."),
        stopped("jane@example.com"),
        finding("claims", "Amazon Connect", "pass"),
        finding("certificate", "AB12", "warning", reason="It ends soon."),
    )
    assert lines[0] == Line("sales: 1 person cannot sign in.", "fail")
    assert lines[1] == Line("  fail: jane@example.com (assignment)", "fail")
    warning = next(number for number, line in enumerate(lines) if line.text.startswith("  warning: "))
    assert lines[warning].status == "warning"
    assert [line.text for line in lines[-2:]] == ["Not known: tenant.", "In order: application, claims."]
    command = (
        "ansible-playbook openccp.federation.check --inventory hosts.yml --limit sales -e "
        "federation_check_people=jane@example.com"
    )
    assert Line(f"      {command}", "pass") in lines


def test_what_stops_everybody_is_before_what_stops_one() -> None:
    output = text(
        stopped("jane@example.com"),
        finding("provider", "arn:aws:iam::1:saml-provider/X", "fail", reason="It is missing."),
    )
    assert output.index("(provider)") < output.index("(assignment)")
    assert output.startswith("sales: agents cannot sign in, or not as intended.")


def test_a_person_has_one_cause_and_one_command() -> None:
    output = text(stopped("jane@example.com", "user"), stopped("jane@example.com"))
    assert output.count("ansible-playbook") == 1
    assert "(assignment)" in output
    assert "then look at: user" in output


def test_one_cause_of_many_is_reported_once() -> None:
    people = [stopped(f"agent{number:03}@example.com") for number in range(300)]
    output = text(*people)
    assert output.startswith("sales: 300 people cannot sign in.")
    assert output.count("not assigned") == 1
    assert "300 people: agent000@example.com" in output
    assert "agent050@example.com" not in output


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_is_as_wide_as_the_terminal_and_no_command_is_broken(width: int) -> None:
    wide = [line for line in printed(stopped("jane@example.com"), width=width) if "ansible-playbook" not in line.text]
    longest = max(len(line.text) for line in wide)
    assert width - 25 < longest <= width


def test_a_name_commands_no_terminal() -> None:
    output = text(stopped("\x1b[2Jjane\u202e"))
    assert "\x1b" not in output
    assert "\u202e" not in output


def test_what_is_unknown_is_no_pass() -> None:
    jane = finding("user", "jane@example.com", "pass", True)
    lines = printed(finding("role", "Federation", "unknown", reason="It may not be read."), jane, width=100)
    assert [(line.text, line.status) for line in lines] == [
        ("sales: nothing fails, but it is unknown whether agents can sign in: role could not be evaluated.", "unknown"),
        ("  unknown: Federation (role)", "unknown"),
        ("      It may not be read.", None),
        ("Not known: role.", None),
        ("In order: user.", None),
    ]
    nobody = printed(finding("application", "x", "pass"))[0]
    assert (nobody.text, nobody.status) == ("sales: nothing fails, but nobody was checked.", "unknown")


def test_all_well() -> None:
    assert (
        text(finding("application", "x", "pass"), finding("user", "jane@example.com", "pass", True))
        == "sales: agents can sign in, as far as can be read.\nIn order: application, user."
    )
