# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app against the sandbox: its life from nothing to nothing."""

from __future__ import annotations

import typing as t

import pytest

from entra_material import Tenant

ROLE: t.Final = {
    "role_arn": "arn:aws:iam::123456789012:role/ConnectAgent",
    "provider_arn": "arn:aws:iam::123456789012:saml-provider/Entra",
}
APP: t.Final[dict[str, t.Any]] = {
    "name": "Contact centre",
    "identifiers": ["urn:amazon:webservices"],
    "reply_urls": ["https://signin.aws.amazon.com/saml"],
    "relay_state": "https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555?destination=%2Fccp-v2",
    "session_name_source": "userprincipalname",
    "role_claims": [ROLE],
    "session_duration": 43200,
    "assignment_required": True,
    "assignments": {"users": {"add": ["jane@contoso.com"]}, "groups": {"set": ["Agents"]}},
    "notification_emails": ["operations@contoso.com"],
    "notes": "The contact centre's sign-in",
    "hidden": True,
}
MODULE: t.Final = "azure_saml_app"


def test_life(tenant: Tenant) -> None:
    predicted = tenant.check(MODULE, APP)
    made = tenant.run(MODULE, APP)
    print(made)
    assert made["changed"]
    assert predicted["actions"] == made["actions"]
    again = tenant.run(MODULE, APP)
    assert (again["changed"], again["actions"]) == (False, [])
    print(tenant.requests())
