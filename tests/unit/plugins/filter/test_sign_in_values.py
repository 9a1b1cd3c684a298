# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.filter.sign_in_values import sign_in_values

INSTANCE: t.Final = "11111111-2222-4333-8444-555555555555"
GIVEN: t.Final = {
    "region": "eu-central-1",
    "instance_alias": "example",
    "role_name": "Agents",
    "role_path": "/federation/",
    "provider_name": "Entra",
    "destination": "/agent-app-v2?tab=1",
}


def test_what_is_known_before_anything_exists() -> None:
    assert sign_in_values(GIVEN | {"account_id": None, "instance_id": None}) == {
        "partition": "aws",
        "identifier": "https://signin.aws.amazon.com/saml#example",
        "reply_url": "https://eu-central-1.signin.aws.amazon.com/saml",
    }


def test_what_account_and_instance_add() -> None:
    values = sign_in_values(GIVEN | {"account_id": "012345678901", "instance_id": INSTANCE})
    assert (values["account_id"], values["instance_id"]) == ("012345678901", INSTANCE)
    assert values["role_arn"] == "arn:aws:iam::012345678901:role/federation/Agents"
    assert values["provider_arn"] == "arn:aws:iam::012345678901:saml-provider/Entra"
    assert values["instance_arn"] == f"arn:aws:connect:eu-central-1:012345678901:instance/{INSTANCE}"
    console = "https://eu-central-1.console.aws.amazon.com"
    assert values["relay_state"] == f"{console}/connect/federate/{INSTANCE}?destination=%2Fagent-app-v2%3Ftab%3D1"


def test_govcloud_has_one_identifier_and_one_reply_url() -> None:
    values = sign_in_values(GIVEN | {"region": "us-gov-west-1"})
    assert values == {
        "partition": "aws-us-gov",
        "identifier": "urn:amazon:webservices:govcloud",
        "reply_url": "https://signin.amazonaws-us-gov.com/saml",
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"region": "eu-central1"}, "not the name of an AWS Region"),
        ({"account_id": "12345"}, "not the id of an AWS account"),
        ({"instance_id": "example"}, "not the id of an Amazon Connect instance"),
        ({"role_name": "R&D"}, "not a name for an IAM role"),
        ({"role_path": "federation"}, "not the path of an IAM role"),
        ({"provider_name": "Entra ID"}, "not a name for an IAM SAML provider"),
        ({"destination": "%2Fagent-app-v2"}, "percent-encoded already"),
        ({"alias": "example"}, "alias"),
    ],
)
def test_a_wrong_value_is_refused(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        sign_in_values(GIVEN | wrong)
