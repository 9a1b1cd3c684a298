# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._aws import clients
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied
from botocore.exceptions import ClientError

DENIED = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: iam:CreateRole on resource: y "


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("with an explicit deny in a service control policy", "service control policy of the AWS organization"),
        (
            "because no service control policy allows the iam:CreateRole action",
            "service control policy of the AWS organization",
        ),
        ("with an explicit deny in a resource control policy", "resource control policy of the AWS organization"),
        (
            "because no permissions boundary allows the iam:CreateRole action",
            "The caller's permissions boundary denies this",
        ),
        (
            "because no identity-based policy allows the iam:CreateRole action",
            "Check the credentials, and that their policy allows",
        ),
    ],
)
def test_a_denial_says_whose_policy_it_was(reason: str, hint: str) -> None:
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": DENIED + reason}}, "CreateRole")
    with pytest.raises(Denied) as raised, clients.attempt("create the role 'x'"):
        raise error
    assert hint in str(raised.value.hint)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260101T005500Z"),
        ("InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than 20260101T005500Z"),
        ("SignatureDoesNotMatch", "Signature not yet current: 20260101T010000Z is still later than 20260101T000500Z"),
        ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        ("RequestExpired", "Request has expired."),
        ("RequestInTheFuture", "Request is in the future."),
    ],
)
def test_a_wrong_clock_is_reported_as_such(code: str, message: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "GetRole")
    with pytest.raises(Denied) as raised, clients.attempt("read the role 'x'"):
        raise error
    assert "clock of the machine that runs this task" in str(raised.value.hint)
    assert message in str(raised.value)
