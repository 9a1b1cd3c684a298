# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.openccp.federation.plugins.module_utils._checks import findings as report
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding

PASS = Finding("role", "arn:aws:iam::111122223333:role/Federation", "pass")
WARNING = Finding("certificate", "AB", "warning", "It ends in 5 days.", fix="Rotate it.")
FAIL = Finding(
    "user", "jane", "fail", "There is no such user.", {"exists": False}, "Access Denied.", "Make her.", person=True
)
UNKNOWN = Finding("tenant", "Agents", "unknown", "Licences are not read.")
UNREAD = Finding("role", "Federation", "unknown", "It may not be read.")
JANE = Finding("user", "jane", "pass", person=True)


def test_the_order_is_that_of_the_path() -> None:
    assert [finding.hop for finding in report.in_order([FAIL, PASS, WARNING, UNKNOWN])] == [
        "tenant",
        "certificate",
        "role",
        "user",
    ]


def test_many_people_who_pass_are_one_finding() -> None:
    def people(count: int) -> list[Finding]:
        return [
            Finding(hop, f"agent {number}", "pass", person=True)
            for number in range(count)
            for hop in ("account", "user")
        ]

    few = report.in_order([*people(report.FOLDED_ABOVE), FAIL])
    assert len(few) == 2 * report.FOLDED_ABOVE + 1
    many = report.in_order([*people(1200), FAIL, PASS])
    assert [(finding.hop, finding.subject) for finding in many] == [
        ("account", "1,200 people"),
        ("role", PASS.subject),
        ("user", "1,200 people"),
        ("user", "jane"),
    ]


def test_what_the_findings_come_to() -> None:
    assert report.counts([PASS, PASS, FAIL]) == {"fail": 1, "warning": 0, "unknown": 0, "pass": 2}
    assert report.summary([PASS, UNKNOWN, JANE]) == "Agents can sign in, as far as can be read."
    assert report.summary([PASS, WARNING, JANE]) == "Agents can sign in, with 1 warning. AB: It ends in 5 days."
    assert report.summary([WARNING, FAIL]) == "1 of 2 findings fail: user. jane: There is no such user."


def test_what_is_unknown_is_no_pass() -> None:
    """But for the hops that are unknown on every federation."""
    why = "but it is unknown whether agents can sign in: role could not be evaluated."
    assert report.summary([UNREAD, UNKNOWN, JANE]) == f"Nothing fails, {why} Federation: It may not be read."
    assert report.summary([UNREAD, WARNING, JANE]) == f"Nothing fails, with 1 warning, {why} AB: It ends in 5 days."
    assert report.summary([PASS, UNKNOWN]) == "Nothing fails, but nobody was checked."


def test_how_bad_is_bad() -> None:
    for fail_on in report.FAIL_ON:
        assert report.is_ok([PASS, UNKNOWN], fail_on)
        assert not report.is_ok([FAIL], fail_on)
    assert [report.is_ok([WARNING], fail_on) for fail_on in ("fail", "warning", "never")] == [True, False, True]


def test_the_table_fits_a_terminal() -> None:
    long = Finding("reply_url", "x" * 90, "fail", "y " * 60, symptom="z" * 100, fix="Run it.")
    lines = report.table([PASS, FAIL, WARNING, long])
    assert max(map(len, lines)) <= 69
    assert lines[0] == "pass     role              role/Federation"
    assert lines[1:5] == [
        "fail     user              jane",
        "         There is no such user.",
        "         seen: Access Denied.",
        "         fix: Make her.",
    ]


def test_what_modules_return() -> None:
    assert FAIL.as_dict() == {
        "hop": "user",
        "subject": "jane",
        "person": FAIL.person,
        "status": "fail",
        "reason": "There is no such user.",
        "evidence": {"exists": False},
        "symptom": "Access Denied.",
        "fix": "Make her.",
    }
