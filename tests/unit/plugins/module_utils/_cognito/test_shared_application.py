# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._cognito.shared_application import clashes

POOL: t.Final = {"user_pool_id": "eu-central-1_1", "domain": "desk.auth.example", "application": "shared"}


@pytest.mark.parametrize(
    ("pool", "application", "words"),
    [
        ({"user_pool_id": None, "user_pool_name": "desk"}, {}, "user_pool_id is needed"),
        ({"domain": None}, {}, "domain is needed"),
        ({"application_name": "Desk"}, {}, "the name of AWS's sign-in"),
        ({"name_id_source": "mail"}, {}, "one NameID"),
        ({"extra_claims": [{"name": "team", "id": "department"}]}, {}, "would be sent them as well"),
        ({"group_claims": "all"}, {}, "would be sent the groups as well"),
        ({"assigned_groups": ["Desk"]}, {}, "one list of assignments"),
        ({"assigned_users": []}, {}, "one list of assignments"),
        ({"signing_certificate": {}}, {}, "one active signing certificate"),
        ({"sign_out": True}, {}, "no logout URL"),
        ({"idp_initiated": True}, {}, "begin in Entra ID"),
        ({"encrypted_responses": True}, {}, "AWS's sign-in has to read"),
        (
            {"attribute_mapping": {"custom:role": "https://aws.amazon.com/SAML/Attributes/Role"}},
            {},
            "for AWS's sign-in alone",
        ),
        ({}, {"audience_override": "urn:amazon:webservices"}, "the audience urn:amazon:webservices"),
        ({"metadata_source": "url"}, {"issuer_with_application_id": True}, "metadata_source must be text"),
    ],
)
def test_what_cannot_be_shared(pool: dict[str, t.Any], application: dict[str, t.Any], words: str) -> None:
    (reason,) = clashes(POOL | pool, **application)
    assert words in reason
    assert ("The user pool eu-central-1_1 " in reason) or ("The user pool desk " in reason)


def test_what_can_be_shared() -> None:
    free = {
        "sign_out": False,
        "idp_initiated": False,
        "request_signing": True,
        "metadata_source": "url",
        "attribute_mapping": {"email": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"},
        "clients": ["web"],
        "idp_identifiers": ["example.com"],
    }
    assert clashes(POOL | free) == []
    assert clashes(POOL, issuer_with_application_id=True) == []
