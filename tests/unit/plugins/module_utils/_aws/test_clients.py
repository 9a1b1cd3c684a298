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
