# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra ID makes of the requests of a user pool (facts/entra.md 10.2, 10.4)."""

from __future__ import annotations

import base64
import typing as t
import zlib

import pytest
from federation import JANE, TENANT, Federation
from pool_client import (
    REPLY_URL,
    Client,
    change_provider,
    details,
)

from federation_sandbox import http_sign_in

LOGIN = f"https://login.microsoftonline.com/{TENANT}/saml2"


def request(pool_id: str, **change: str) -> str:
    attributes = {
        "ID": "_1",
        "Version": "2.0",
        "IssueInstant": "2026-01-01T00:00:00Z",
        "AssertionConsumerServiceURL": REPLY_URL,
        **{key: value for key, value in change.items() if key not in ("issuer", "inner")},
    }
    text = " ".join(f'{key}="{value}"' for key, value in attributes.items() if value)
    issuer = change.get("issuer", f"urn:amazon:cognito:sp:{pool_id}")
    return (
        f'<p:AuthnRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" '
        f'xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" {text}>'
        f"<a:Issuer>{issuer}</a:Issuer>{change.get('inner', '')}</p:AuthnRequest>"
    )


CONTEXT = (
    "<p:RequestedAuthnContext><a:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:X509</a:AuthnContextClassRef>"
    "</p:RequestedAuthnContext>"
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issuer": "urn:amazon:cognito:sp:nobody"}, 700016),
        ({"AssertionConsumerServiceURL": "https://else.example/saml2/idpresponse"}, 50011),
        ({"AssertionConsumerServiceURL": "", "AssertionConsumerServiceIndex": "7"}, 50011),
        ({"Destination": "https://login.microsoftonline.com/else/saml2"}, 75008),
        ({"Version": "1.1"}, 75005),
        ({"ID": "1"}, 75005),
        ({"IssueInstant": ""}, 75005),
        ({"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"}, 75005),
        ({"inner": '<p:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"/>'}, 75016),
        ({"inner": CONTEXT}, 75011),
        ({"IsPassive": "true"}, 50058),
    ],
)
def test_requests_that_entra_refuses(pool: dict[str, t.Any], client: Client, change: dict[str, str], code: int) -> None:
    message = base64.b64encode(zlib.compress(request(pool["id"], **change).encode(), wbits=-15)).decode()
    answer = client.browser.get(LOGIN, params={"SAMLRequest": message}, timeout=300)
    assert f"AADSTS{code}" in answer.text


@pytest.mark.parametrize(
    ("parameters", "code"), [({}, 750054), ({"SAMLRequest": "!"}, 75005), ({"SAMLRequest": "QUJD"}, 75005)]
)
def test_what_is_no_request(client: Client, parameters: dict[str, str], code: int) -> None:
    assert f"AADSTS{code}" in client.browser.get(LOGIN, params=parameters, timeout=300).text


def test_a_request_in_a_form(pool: dict[str, t.Any], client: Client) -> None:
    form = {"SAMLRequest": base64.b64encode(request(pool["id"]).encode()).decode(), "RelayState": "r"}
    page = client.browser.post(LOGIN, data=form, timeout=300)
    carried = http_sign_in.form_of(page.text, JANE)
    assert carried
    answered = http_sign_in.form_of(client.browser.post(LOGIN, data=carried[1], timeout=300).text, JANE)
    assert answered
    assert (answered[0], answered[1]["RelayState"]) == (REPLY_URL, "r")
    assert b'InResponseTo="_1"' in base64.b64decode(answered[1]["SAMLResponse"])


def test_signed_requests(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/entra.md 10.4: 76021"""
    certificate = federation.client("cognito-idp").get_signing_certificate(UserPoolId=pool["id"])["Certificate"]
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate}
    federation.change_application(keyCredentials=[key], requestSignatureVerification={"isSignedRequestRequired": True})
    assert "AADSTS76021" in client.open(identity_provider="Entra").text
    change_provider(federation, pool, ProviderDetails=details(federation, RequestSigningAlgorithm="rsa-sha256"))
    assert client.sign_in(identity_provider="Entra")


def test_a_person_who_is_not_assigned(client: Client) -> None:
    assert "AADSTS50105" in client.open(identity_provider="Entra", user="nobody@contoso.com").text


def test_a_sign_in_is_asked_for_again_when_forced(pool: dict[str, t.Any], client: Client) -> None:
    client.sign_in(identity_provider="Entra")
    message = base64.b64encode(zlib.compress(request(pool["id"], ForceAuthn="true").encode(), wbits=-15)).decode()
    assert 'data-page="entra-sign-in"' in client.browser.get(LOGIN, params={"SAMLRequest": message}, timeout=300).text
