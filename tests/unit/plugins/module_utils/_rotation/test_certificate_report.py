# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.filter.certificate_report import certificate_report
from ansible_collections.openccp.federation.plugins.module_utils._rotation import certificate_report as report


def certificate(name: str, days: int, **more: t.Any) -> dict[str, t.Any]:
    """One that Entra ID can sign with until it ends."""
    dates = {"not_after": f"20{30 + days // 365:02}-01-31T12:00:00Z", "days_left": days, "usable": days >= 0}
    return {"thumbprint": name, **dates, "can_sign": True, **more}


APPLICATION: t.Final = {
    "name": 'The "Centre"',
    "app_id": "app",
    "certificates": [certificate("B", 900, active=False), certificate("A", 20, active=True)],
    "managed_thumbprints": ["A", "Z"],
}
PROVIDERS: t.Final = [
    {"arn": "arn:one", "certificates": [certificate("A", 20), certificate("B", 900)]},
    {"arn": "arn:two", "certificates": [certificate("A", 20), certificate("Z", -400)]},
]
ROWS: t.Final = report.rows("support", APPLICATION, PROVIDERS)


def test_rows_tell_where_each_certificate_is() -> None:
    rows = {
        row["thumbprint"]: (row["active"], row["in_entra"], row["trusted"], row["managed"], row["providers"])
        for row in ROWS
    }
    assert rows == {
        "B": (False, True, False, False, ["arn:one"]),
        "A": (True, True, True, True, ["arn:one", "arn:two"]),
        "Z": (False, False, False, True, ["arn:two"]),
    }


def test_the_table_has_equal_columns_and_the_first_to_end_on_top() -> None:
    assert report.table(ROWS, {"bare": "not federated"}) == [
        "federation  application   certificate  ends        days left  state          in AWS   made by",
        'support     The "Centre"  Z            2028-01-31  -400       not in Entra   in part  this collection',
        'support     The "Centre"  A            2030-01-31  20         active         yes      this collection',
        'support     The "Centre"  B            2032-01-31  900        inactive       in part  others',
        "bare                                                          not federated",
    ]
    assert len(report.table([], {})) == 1


def test_prometheus_gets_each_value_once_with_escaped_labels() -> None:
    lines = report.prometheus(ROWS, ["support", "bare"], ["lost"], ["new"]).splitlines()
    values = [line for line in lines if not line.startswith("#")]
    labels = '{federation="support",application="The \\"Centre\\"",thumbprint="A"}'
    assert f"federation_certificate_days_left{labels} 20" in values
    assert f"federation_certificate_active{labels} 1" in values
    assert f"federation_certificate_trusted{labels} 1" in values
    assert values[-9:] == [
        'federation_certificates_sign{federation="bare"} 0',
        'federation_certificates_sign{federation="support"} 1',
        'federation_certificates_read{federation="bare"} 1',
        'federation_certificates_read{federation="lost"} 0',
        'federation_certificates_read{federation="new"} 1',
        'federation_certificates_read{federation="support"} 1',
        'federation_certificates_federated{federation="bare"} 1',
        'federation_certificates_federated{federation="new"} 0',
        'federation_certificates_federated{federation="support"} 1',
    ]
    assert len(values) == len(set(values)) == 3 * len(ROWS) + 9


NONE_ACTIVE: t.Final = "support: the application has no active certificate, so Entra ID cannot sign."
CANNOT: t.Final = (
    "support: the active certificate A cannot sign, because it is not valid yet or its private key is missing."
)


@pytest.mark.parametrize(
    ("active", "providers", "expected"),
    [
        (certificate("A", 30, active=True), PROVIDERS, []),
        (certificate("A", 30, active=True, usable=False), PROVIDERS, [CANNOT]),
        (certificate("A", 30, active=True, can_sign=False), PROVIDERS, [CANNOT]),
        (
            certificate("A", 30, active=True),
            [],
            ["support: the active certificate A is not in every IAM SAML provider."],
        ),
        (None, PROVIDERS, [NONE_ACTIVE]),
        (None, [], [NONE_ACTIVE]),
        (certificate("A", 29, active=True), PROVIDERS, ["support: the active certificate A expires on 2030-01-31."]),
        (certificate("A", -1, active=True), PROVIDERS, ["support: the active certificate A expired on 2029-01-31."]),
        (
            certificate("B", 900, active=True),
            PROVIDERS,
            ["support: the active certificate B is not in every IAM SAML provider."],
        ),
        (certificate("B", 1, active=False), PROVIDERS, [NONE_ACTIVE]),
    ],
)
def test_problems(active: dict[str, t.Any] | None, providers: list[dict[str, t.Any]], expected: list[str]) -> None:
    application = {**APPLICATION, "certificates": [active] if active else []}
    seen = {"host": "support", "application": application, "providers": providers}
    assert certificate_report([seen])["problems"] == expected
    assert certificate_report([seen], limits={"support": {"warn_days": 30}})["problems"] == expected


def test_what_could_not_be_read_is_a_problem_too() -> None:
    result = certificate_report([], not_readable={"b": "It is gone.", "a": "It is closed."})
    assert result["problems"] == ["a: It is closed.", "b: It is gone."]
    assert result["not_readable"] == {"a": "It is closed.", "b": "It is gone."}
    assert 'federation_certificates_read{federation="a"} 0' in result["prometheus"]
    assert result["hosts"]["a"] == {"state": "not_readable", "problems": ["a: It is closed."]}


def test_a_host_that_is_not_federated_is_no_problem_unless_requested() -> None:
    missing = {"new": "It is not federated."}
    result = certificate_report([], not_federated=missing)
    assert (result["problems"], result["not_federated"]) == ([], missing)
    assert result["hosts"] == {"new": {"state": "not_federated", "problems": []}}
    failing = certificate_report([], not_federated=missing, limits={"new": {"fail_on_not_federated": True}})
    assert failing["problems"] == failing["hosts"]["new"]["problems"] == ["new: It is not federated."]


def test_each_host_has_its_own_result() -> None:
    well = {**APPLICATION, "certificates": [certificate("B", 900, active=True)]}
    trusting = [{"arn": "arn:one", "certificates": [certificate("B", 900)]}]
    seen = [
        {"host": "ill", "application": APPLICATION, "providers": PROVIDERS},
        {"host": "well", "application": well, "providers": trusting},
    ]
    limits = {"well": {"warn_days": 1000}, "another": {"warn_days": 10}}
    strict = certificate_report(seen, limits=limits)
    assert {host: result["state"] for host, result in strict["hosts"].items()} == {
        "ill": "endangered",
        "well": "endangered",
    }
    report = certificate_report(seen, not_readable={"closed": "It is closed."})
    assert {host: result["state"] for host, result in report["hosts"].items()} == {
        "ill": "endangered",
        "well": "ok",
        "closed": "not_readable",
    }
    assert report["hosts"]["well"]["problems"] == []
    assert report["hosts"]["ill"]["problems"] == ["ill: the active certificate A expires on 2030-01-31."]
