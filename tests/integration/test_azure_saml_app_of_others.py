# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app for services other than AWS's sign-in: none of its claims, several reply URLs, a logout URL,
groups.
"""

from __future__ import annotations

import base64
import typing as t

import pytest

from entra_factory import MODULE, Tenant
from saml_factory import make_certificate

NAME_ID: t.Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
FIRST, SECOND = (
    f"https://{host}/saml2/idpresponse" for host in ("desk.auth.eu-central-1.amazoncognito.com", "auth.desk.example")
)
DESK: t.Final[dict[str, t.Any]] = {
    "name": "Desk",
    "identifiers": ["urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI"],
    "reply_urls": [FIRST, SECOND],
    "default_reply_url": SECOND,
    "logout_url": "https://auth.desk.example/saml2/logout",
    "aws_claims": False,
    "group_claims": "assigned_groups",
}
AWS: t.Final = "https://signin.aws.amazon.com/saml"
IAM: t.Final = "arn:aws:iam::111122223333"
#: the application of AWS's sign-in, which the user pool shares
SHARED: t.Final[dict[str, t.Any]] = {
    "identifiers": ["urn:amazon:webservices", *DESK["identifiers"]],
    "reply_urls": [AWS, FIRST],
    "default_reply_url": AWS,
    "logout_url": None,
    "aws_claims": True,
    "role_claims": [{"role_arn": f"{IAM}:role/Federation", "provider_arn": f"{IAM}:saml-provider/Entra"}],
}


def test_one_application_for_aws_and_a_user_pool(tenant: Tenant) -> None:
    created = tenant.run(MODULE, {**DESK, **SHARED})
    assert created["application"]["default_reply_url"] == AWS
    (application,) = tenant.all("applications")
    assert application["identifierUris"][0] == "urn:amazon:webservices", "which is sent to AWS"
    assert not tenant.run(MODULE, {**DESK, **SHARED})["changed"]


def test_life(tenant: Tenant) -> None:
    predicted = tenant.check(MODULE, DESK)
    created = tenant.run(MODULE, DESK)
    assert predicted["actions"] == created["actions"]
    assert predicted["diff"] == created["diff"]
    application = created["application"]
    assert application["claims"] == []
    assert tenant.all("claimsMappingPolicies") == []
    assert (application["default_reply_url"], application["logout_url"]) == (SECOND, DESK["logout_url"])
    assert application["group_claims"] == "assigned_groups"
    assert not tenant.run(MODULE, DESK)["changed"]
    changed = tenant.run(MODULE, {**DESK, "default_reply_url": FIRST, "logout_url": "", "group_claims": "none"})
    assert changed["actions"] == ["Set default reply URL, logout URL and group claims of 'Desk'"]
    assert changed["application"]["reply_urls"] == sorted([FIRST, SECOND])
    assert (changed["application"]["default_reply_url"], changed["application"]["logout_url"]) == (FIRST, "")


def test_encrypted_responses(tenant: Tenant) -> None:
    """facts/entra.md E1: a key that stays comes back with its id and null."""
    first, second = (base64.b64encode(make_certificate(name)).decode() for name in ("first", "second"))
    tenant.run(MODULE, DESK)
    (record,) = tenant.all("applications")
    other = {"keyId": "cccccccc-0000-4000-8000-000000000003", "type": "AsymmetricX509Cert", "usage": "Verify"}
    other |= {"customKeyIdentifier": "AAAA", "displayName": "CN=other", "key": second}
    tenant.directory["applications"].put({**record, "keyCredentials": [other]}, settled=True)
    options = {**DESK, "token_encryption_certificate": first}
    predicted = tenant.check(MODULE, options)
    created = tenant.run(MODULE, options)
    assert (predicted["actions"], predicted["diff"]) == (created["actions"], created["diff"])
    (action,) = created["actions"]
    assert action.startswith("Encrypt the responses of 'Desk' with the certificate ")
    key_id = created["application"]["token_encryption_key_id"]
    assert not tenant.run(MODULE, options)["changed"]
    assert not tenant.run(MODULE, DESK)["changed"]
    (record,) = tenant.all("applications")
    assert record["tokenEncryptionKeyId"] == key_id
    assert record["keyCredentials"][0] == other
    assert [(key["keyId"], key["usage"]) for key in record["keyCredentials"][1:]] == [(key_id, "Encrypt")]
    replaced = tenant.run(MODULE, {**DESK, "token_encryption_certificate": second})["application"]
    assert replaced["token_encryption_key_id"] not in ("", key_id)
    assert tenant.run(MODULE, options)["application"]["token_encryption_key_id"] == key_id
    ended = tenant.run(MODULE, {**DESK, "token_encryption_certificate": ""})
    assert ended["actions"] == ["Disable encryption of the responses of 'Desk'"]
    assert ended["application"]["token_encryption_key_id"] == ""


def test_a_name_identifier_of_its_own(tenant: Tenant) -> None:
    created = tenant.run(MODULE, {**DESK, "name_id_source": "mail"})
    assert created["application"]["claims"] == [{"name": NAME_ID, "source": "user.mail"}]
    assert not tenant.run(MODULE, {**DESK, "name_id_source": "mail"})["changed"]
    assert not tenant.run(MODULE, DESK)["changed"]
    changed = tenant.run(MODULE, {**DESK, "name_id_source": "employeeid"})
    assert changed["application"]["claims"] == [{"name": NAME_ID, "source": "user.employeeid"}]


def test_a_claim_of_its_own(tenant: Tenant) -> None:
    created = tenant.run(MODULE, {**DESK, "extra_claims": [{"name": "department", "id": "department"}]})
    names = [claim["name"] for claim in created["application"]["claims"]]
    assert sorted(names) == ["department", NAME_ID]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"session_duration": 900}, "session_duration makes claims of AWS, and aws_claims is false"),
        ({"default_reply_url": "https://else.example/"}, "is not among the reply URLs"),
        ({"logout_url": "http://desk.example/"}, "is not an https address"),
        ({"token_encryption_certificate": "x"}, "is not an X.509 certificate"),
        ({**SHARED, "default_reply_url": None}, "sends sign-ins that begin in Entra ID to AWS"),
        ({**SHARED, "default_reply_url": FIRST}, "sends sign-ins that begin in Entra ID to AWS"),
        ({**SHARED, "reply_urls": [AWS, "https://desk.example/saml"]}, "is not AWS's sign-in"),
    ],
)
def test_what_cannot_work_is_refused(tenant: Tenant, change: dict[str, t.Any], words: str) -> None:
    refused = tenant.run(MODULE, {**DESK, **change})
    assert refused.failed
    assert words in refused["msg"]
    assert tenant.written() == []


def test_policy_of_an_application_of_a_user_pool_that_somebody_deleted_for_good(tenant: Tenant) -> None:
    """Without roles, a policy is known by its claims: the next run deletes it, whether it makes or removes"""
    department = {**DESK, "extra_claims": [{"name": "department", "id": "department"}]}
    tenant.run(MODULE, department)
    other = {**DESK, "name": "Other", "identifiers": ["urn:amazon:cognito:sp:eu-central-1_Other"]}
    tenant.run(MODULE, {**other, "reply_urls": [FIRST], "default_reply_url": FIRST, "name_id_source": "mail"})

    def delete_all() -> None:
        for kind in ("servicePrincipals", "applications"):
            for held in tenant.all(kind):
                tenant.directory[kind].delete(held["id"])

    delete_all()
    again = tenant.run(MODULE, department)
    policies = {policy["displayName"] for policy in tenant.all("claimsMappingPolicies")}
    assert len(policies) == 2, "the other pool's stays"
    assert f"openccp.federation {again['application']['app_id']}" in policies
    delete_all()
    absent = {key: department[key] for key in ("identifiers", "aws_claims", "extra_claims")}
    assert tenant.run(MODULE, {**absent, "state": "absent"})["changed"]
    assert len(tenant.all("claimsMappingPolicies")) == 1
    assert not tenant.run(MODULE, {**absent, "state": "absent"})["changed"]
