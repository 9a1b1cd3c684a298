# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What policies say that no client can write into the sandbox's IAM, which takes the current version alone."""

from __future__ import annotations

import datetime as dt

import pytest

from federation_sandbox.aws import policies

FACTS = {"aws:userid": ["AROA1:jane"]}


@pytest.mark.parametrize(
    ("version", "resource", "verdict"),
    [
        ("2012-10-17", "user/${aws:userid}", "allow"),
        ("2008-10-17", "user/${aws:userid}", "silent"),
        (None, "user/${aws:userid}", "silent"),
        ("2008-10-17", "user/*", "allow"),
    ],
)
def test_variables_are_plain_text_in_the_older_version(version: str | None, resource: str, verdict: str) -> None:
    """facts/aws.md 4.3: the policies that AWS documents say 2012-10-17, which variables need"""
    statement = {"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": resource}
    document = {"Statement": [statement], **({"Version": version} if version else {})}
    assert policies.verdict([document], "connect:GetFederationToken", "user/AROA1:jane", FACTS) == verdict


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "Team"}}, "silent"),
        ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": "Team"}}, "silent"),
        ({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "Team"}}, "silent"),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": "Team"}}, "allow"),
        ({"StringNotEquals": {"aws:TagKeys": "Team"}}, "allow"),
        ({"DateLessThan": {"aws:CurrentTime": "2026-11-26T12:00:01Z"}}, "allow"),
        ({"DateLessThan": {"aws:CurrentTime": "2026-11-26T12:00:00Z"}}, "silent"),
        ({"NumericEquals": {"aws:EpochTime": "1795694400"}}, "allow"),
        ({"Bool": {"aws:SecureTransport": "true"}}, "allow"),
    ],
)
def test_keys_that_each_request_has_and_one_that_it_has_not(condition: dict[str, dict[str, str]], verdict: str) -> None:
    """IAM's reference of condition operators: with ForAnyValue, a key that is not in the request matches nothing"""
    statement = {"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": "*", "Condition": condition}
    facts = policies.moment(dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC))
    assert (
        policies.verdict([{"Version": "2012-10-17", "Statement": statement}], "connect:GetFederationToken", "x", facts)
        == verdict
    )
