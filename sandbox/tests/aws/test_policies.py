# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What policies say that no client can write into the sandbox's IAM, which takes the current version alone."""

from __future__ import annotations

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
