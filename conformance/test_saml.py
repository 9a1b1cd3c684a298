# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second implementation of SAML, python3-saml in the place of AWS, believes the sandbox's Entra ID (facts/entra.md 6
and 10).
"""

from __future__ import annotations

import base64
import datetime as dt
import typing as t

import pytest
from federation import AUDIENCE, AWS, JANE, PROVIDER, REGION, REPLY_URL, ROLE, TENANT, Federation
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from federation_sandbox.testing import Sandbox
from support import run_module

POSTED = {"https": "on", "http_host": "signin.aws.amazon.com", "script_name": "/saml", "get_data": {}, "post_data": {}}
SERVICE_PROVIDER = {
    "entityId": AUDIENCE,
    "assertionConsumerService": {"url": REPLY_URL, "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"},
}


@pytest.fixture
def federation(sandbox: Sandbox) -> Federation:
    """A healthy federation."""
    sandbox.world.settings.limits = False
    return Federation(sandbox)


def identity_provider(metadata: str) -> dict[str, t.Any]:
    """What python3-saml reads in metadata."""
    return OneLogin_Saml2_IdPMetadataParser.parse(metadata)["idp"]


def certificates(provider: t.Mapping[str, t.Any]) -> list[str]:
    """The signing certificates; python3-saml keeps a single one elsewhere."""
    return list(provider.get("x509certMulti", {}).get("signing", [])) or [provider["x509cert"]]


def believed(metadata: str, response: str, signed: str = "Assertions") -> OneLogin_Saml2_Response:
    """A response that python3-saml takes, by its signature, its schema, its times and whom it is for."""
    security = {f"want{signed}Signed": True, "wantNameId": True, "rejectDeprecatedAlgorithm": True}
    content = {"strict": True, "sp": SERVICE_PROVIDER, "idp": identity_provider(metadata), "security": security}
    read = OneLogin_Saml2_Response(OneLogin_Saml2_Settings(content), response)
    assert read.is_valid(POSTED, raise_exceptions=True)
    return read


def test_the_metadata_is_read_and_its_signature_verified(federation: Federation) -> None:
    """6.2, 6.3"""
    metadata = federation.metadata()
    provider = identity_provider(metadata)
    assert provider["entityId"] == f"https://sts.windows.net/{TENANT}/"
    assert provider["singleSignOnService"]["url"] == f"https://login.microsoftonline.com/{TENANT}/saml2"
    assert provider["singleLogoutService"]["url"] == f"https://login.microsoftonline.com/{TENANT}/saml2"
    (certificate,) = certificates(provider)
    document = metadata.encode()
    pem = OneLogin_Saml2_Utils.format_cert(certificate)
    assert OneLogin_Saml2_Utils.validate_metadata_sign(document, cert=pem)
    changed = document.replace(b"/saml2", b"/other")
    assert changed != document
    assert not OneLogin_Saml2_Utils.validate_metadata_sign(changed, cert=pem)


def test_each_read_is_signed_again(federation: Federation) -> None:
    """6.6: the ID and the signature differ, what they say does not"""
    first, second = federation.metadata(), federation.metadata()
    assert first != second
    assert identity_provider(first) == identity_provider(second)


def test_a_response_is_believed(federation: Federation) -> None:
    """10.1, 10.3"""
    read = believed(federation.metadata(), federation.saml_response())
    assert read.get_issuers() == [f"https://sts.windows.net/{TENANT}/"]
    assert read.get_audiences() == [AUDIENCE]
    assert read.get_nameid() == JANE
    attributes = read.get_attributes()
    assert attributes[f"{AWS}Role"] == [f"{ROLE},{PROVIDER}"]
    assert attributes[f"{AWS}RoleSessionName"] == [JANE]
    assert attributes[f"{AWS}SessionDuration"] == ["43200"]
    assert attributes["http://schemas.microsoft.com/identity/claims/tenantid"] == [TENANT]
    assert read.get_session_not_on_or_after() is None
    lifetime = read.get_assertion_not_on_or_after() - dt.datetime.now(dt.UTC).timestamp()
    assert 3600 <= lifetime <= 4200 + 300


def test_a_response_that_was_changed_is_not(federation: Federation) -> None:
    document = base64.b64decode(federation.saml_response())
    changed = document.replace(JANE.encode(), b"ann@contoso.com")
    assert changed != document
    with pytest.raises(OneLogin_Saml2_ValidationError, match=r"(?i)signature"):
        believed(federation.metadata(), base64.b64encode(changed).decode())


def test_an_inactive_certificate_is_listed_but_does_not_sign(federation: Federation) -> None:
    """3.8, 6.4: metadata of both is believed on either side of the change, metadata of the old one on one side alone"""
    before = federation.metadata()
    thumbprint = federation.add_certificate()
    both = federation.metadata()
    assert len(certificates(identity_provider(both))) == 2
    for metadata in (before, both):
        assert believed(metadata, federation.saml_response()).get_nameid() == JANE
    federation.activate(thumbprint)
    assert believed(both, federation.saml_response()).get_nameid() == JANE
    with pytest.raises(OneLogin_Saml2_ValidationError, match=r"(?i)signature"):
        believed(before, federation.saml_response())


@pytest.mark.parametrize(
    ("policy", "signed"),
    [("TokenOnly", {"Assertions"}), ("ResponseOnly", {"Messages"}), ("ResponseAndToken", {"Assertions", "Messages"})],
)
def test_what_is_signed_is_what_the_issuance_policy_says(federation: Federation, policy: str, signed: set[str]) -> None:
    """3.12"""
    federation.set_issuance(TokenResponseSigningPolicy=policy)
    metadata, response = federation.metadata(), federation.saml_response()
    for element in ("Assertions", "Messages"):
        if element in signed:
            assert believed(metadata, response, signed=element).get_nameid() == JANE
        else:
            with pytest.raises(OneLogin_Saml2_ValidationError, match="not signed"):
                believed(metadata, response, signed=element)


def test_what_our_module_uploads_is_metadata_that_believes(federation: Federation) -> None:
    """The provider in IAM, made from the old metadata and then merged with the new, verifies what both certificates
    sign.
    """
    keys = {"AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000001", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": REGION}
    environment = {**federation.sandbox.environment, **keys}

    def upload() -> str:
        options = {"name": "Uploaded", "metadata": federation.metadata(), "certificates": "merge"}
        result = run_module("iam_saml_provider", options, environment)
        assert result["changed"], result
        return str(
            federation.iam.get_saml_provider(SAMLProviderArn=result["saml_provider"]["arn"])["SAMLMetadataDocument"]
        )

    first = upload()
    assert identity_provider(first) == identity_provider(federation.metadata())
    assert believed(first, federation.saml_response()).get_nameid() == JANE
    thumbprint = federation.add_certificate()
    merged = upload()
    assert sorted(certificates(identity_provider(merged))) == sorted(
        certificates(identity_provider(federation.metadata()))
    )
    for active in (None, thumbprint):
        if active:
            federation.activate(active)
        assert believed(merged, federation.saml_response()).get_nameid() == JANE
