# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user pool makes of the responses of Entra ID, and of the attributes in them (facts/aws.md 8, K2 to K4)."""

from __future__ import annotations

import base64
import datetime as dt
import typing as t
import urllib.parse

import requests
from federation import JANE, REGION, TENANT, Federation
from pool_client import (
    CALLBACK,
    MAIL,
    PREFIX,
    REPLY_URL,
    Client,
    change_client,
    change_provider,
    details,
    query,
)
from requests_oauthlib import OAuth2Session

from federation_sandbox import http_sign_in
from federation_sandbox.aws.cognito.store import Cognito


def test_a_signature_by_any_listed_certificate(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/aws.md 8: several certificates are fine, any match passes."""
    new = federation.add_certificate()
    change_provider(federation, pool, ProviderDetails=details(federation))
    assert client.sign_in(identity_provider="Entra")
    federation.activate(new)
    assert client.sign_in(identity_provider="Entra")


def test_a_signature_by_another_certificate(federation: Federation, client: Client) -> None:
    """facts/aws.md K2: a provider that was fed a file never learns of a new certificate."""
    federation.activate(federation.add_certificate())
    federation.later(days=30)
    assert (
        client.failure(identity_provider="Entra")
        == "Invalid SAML response received: SAML Response signature is invalid."
    )


def test_a_provider_that_was_fed_an_address_learns_of_a_new_certificate_in_its_time(
    federation: Federation, pool: dict[str, t.Any], client: Client
) -> None:
    """facts/aws.md K2: within 6 hours."""
    url = f"https://login.microsoftonline.com/{TENANT}/federationmetadata/2007-06/federationmetadata.xml?appid={federation.application['appId']}"
    change_provider(federation, pool, ProviderDetails={"MetadataURL": url})
    federation.activate(federation.add_certificate())
    assert "signature is invalid" in client.failure(identity_provider="Entra")
    federation.later(hours=6)
    assert client.sign_in(identity_provider="Entra")


def answer_of(client: Client, **parameters: str) -> dict[str, str]:
    """The form that Entra ID's answer is in, held back before it reaches the pool."""
    session = OAuth2Session(client.id, redirect_uri=CALLBACK, scope=["openid"], pkce="S256")
    url = session.authorization_url(f"{PREFIX}/oauth2/authorize", identity_provider="Entra", **parameters)[0]
    page = client.browser.get(url, timeout=300)
    page = client.browser.post(page.url, data={"login": JANE}, timeout=300) if "entra-sign-in" in page.text else page
    form = http_sign_in.form_of(page.text, JANE)
    assert form
    return form[1]


def send(client: Client, form: dict[str, str]) -> requests.Response:
    return client.browser.post(REPLY_URL, data=form, allow_redirects=False, timeout=300)


def message_of(answer: requests.Response) -> str:
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers.get("Location", "")).query)
    return (query.get("error_description") or [answer.text])[0]


def test_an_answer_is_taken_once(client: Client) -> None:
    form = answer_of(client)
    assert "code=" in send(client, form).headers["Location"]
    assert "Invalid samlResponse or relayState" in message_of(send(client, form))


def test_an_answer_to_another_request(client: Client) -> None:
    """facts/aws.md K3"""
    other, form = answer_of(client), answer_of(client)
    assert "InResponseTo is invalid" in message_of(send(client, {**form, "SAMLResponse": other["SAMLResponse"]}))


def test_an_answer_that_comes_late(federation: Federation, client: Client) -> None:
    form = answer_of(client)
    federation.later(minutes=6)
    assert "Invalid samlResponse or relayState" in message_of(send(client, form))


def test_an_answer_that_was_changed(client: Client) -> None:
    form = answer_of(client)
    document = base64.b64decode(form["SAMLResponse"]).replace(JANE.encode(), b"eve@contoso.com")
    assert "signature is invalid" in message_of(
        send(client, {**form, "SAMLResponse": base64.b64encode(document).decode()})
    )


def test_a_request_of_a_pool_that_entra_does_not_know(
    federation: Federation, pool: dict[str, t.Any], client: Client
) -> None:
    pools = federation.sandbox.world.state(Cognito).pools
    pools[pool["id"]].id = f"{REGION}_other"
    pools[f"{REGION}_other"] = pools.pop(pool["id"])
    assert "AADSTS700016" in client.open(identity_provider="Entra").text


def test_an_answer_for_another_audience(federation: Federation, client: Client) -> None:
    """facts/aws.md K3"""
    federation.set_claims(audienceOverride="urn:else")
    assert (
        client.failure(identity_provider="Entra") == "Invalid SAML response received: Audience restriction is invalid."
    )


def test_an_answer_to_a_host_that_is_no_longer_the_pools(
    federation: Federation, pool: dict[str, t.Any], client: Client
) -> None:
    """facts/aws.md K3: Recipient."""
    session = OAuth2Session(client.id, redirect_uri=CALLBACK, scope=["openid"], pkce="S256")
    url = session.authorization_url("https://auth.desk.example/oauth2/authorize", identity_provider="Entra")[0]
    page = client.browser.post(client.browser.get(url, timeout=300).url, data={"login": JANE}, timeout=300)
    form = http_sign_in.form_of(page.text, JANE)
    assert form
    federation.sandbox.world.state(Cognito).pools[pool["id"]].custom_domain = ""
    assert message_of(send(client, form[1])) == "Invalid SAML response received: Recipient is invalid."


def unasked(federation: Federation, pool: dict[str, t.Any], client: Client) -> dict[str, str]:
    """The form of a sign-in that began in Entra ID, to a provider that takes such."""
    change_provider(federation, pool, ProviderDetails=details(federation, IDPInit="true"))
    relay_state = urllib.parse.urlencode(query(client))
    response = http_sign_in.saml_response(client.browser, federation.url, JANE)
    return {"SAMLResponse": response, "RelayState": relay_state}


def test_an_answer_that_is_sent_again(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/aws.md 8: no assertion replay."""
    form = unasked(federation, pool, client)
    assert "code=" in send(client, form).headers["Location"]
    assert message_of(send(client, form)) == "Invalid SAML response received: SAML assertion was used before."


def test_an_answer_that_has_expired(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/entra.md 10.1: 70 minutes."""
    form = unasked(federation, pool, client)
    federation.later(minutes=71)
    assert "expired or not yet valid" in message_of(send(client, form))


def test_an_answer_that_nobody_asked_for(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/aws.md 8: only of providers with IDPInit, whose relay state says what a request would say."""
    query = {
        "identity_provider": "Entra",
        "client_id": client.id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
    }
    federation.change_principal(samlSingleSignOnSettings={"relayState": urllib.parse.urlencode(query)})
    refused = client.follow(federation.url)
    assert "Invalid samlResponse or relayState" in refused.text
    change_provider(federation, pool, ProviderDetails=details(federation, IDPInit="true"))
    assert client.follow(federation.url).headers["Location"].startswith(f"{CALLBACK}?code=")


def test_encrypted_answers(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/aws.md 8: sign-in fails until Entra ID encrypts for the provider's own key, which keeps it when there is a
    new certificate. The key that signs requests is another.
    """
    change_provider(federation, pool, ProviderDetails=details(federation, EncryptedResponses="true"))
    assert "not encrypted" in client.failure(identity_provider="Entra")
    cognito = federation.client("cognito-idp")

    def encrypt_for(certificate: str, key_id: str) -> None:
        key = {"keyId": key_id, "type": "AsymmetricX509Cert", "usage": "Encrypt", "key": certificate}
        federation.change_application(keyCredentials=[key], tokenEncryptionKeyId=key_id)

    def own() -> str:
        described = cognito.describe_identity_provider(UserPoolId=pool["id"], ProviderName="Entra")["IdentityProvider"]
        return str(described["ProviderDetails"]["ActiveEncryptionCertificate"])

    signing = cognito.get_signing_certificate(UserPoolId=pool["id"])["Certificate"]
    encrypt_for(signing, "cccccccc-0000-4000-8000-000000000003")
    assert "cannot be decrypted" in client.failure(identity_provider="Entra")
    first = own()
    encrypt_for(first, "cccccccc-0000-4000-8000-000000000004")
    assert client.sign_in(identity_provider="Entra")
    federation.sandbox.world.clock.advance(dt.timedelta(days=366))
    assert own() != first
    assert cognito.get_signing_certificate(UserPoolId=pool["id"])["Certificate"] != signing
    assert client.sign_in(identity_provider="Entra")


def test_an_attribute_that_cannot_be_changed(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/aws.md K4: the first sign-in works, the second does not."""
    cognito = federation.client("cognito-idp")
    cognito.add_custom_attributes(
        UserPoolId=pool["id"], CustomAttributes=[{"Name": "mail", "AttributeDataType": "String", "Mutable": False}]
    )
    change_provider(federation, pool, AttributeMapping={"custom:mail": MAIL})
    change_client(federation, pool, WriteAttributes=["custom:mail", "email"])
    assert client.sign_in(identity_provider="Entra")
    assert (
        client.failure(identity_provider="Entra")
        == "Invalid user attributes: user.custom:mail: Attribute cannot be updated."
    )


def test_an_attribute_that_the_client_may_not_write(
    federation: Federation, pool: dict[str, t.Any], client: Client
) -> None:
    """facts/aws.md K4; the model's WriteAttributes: standard ones alone unless they are named."""
    cognito = federation.client("cognito-idp")
    cognito.add_custom_attributes(
        UserPoolId=pool["id"], CustomAttributes=[{"Name": "mail", "AttributeDataType": "String", "Mutable": True}]
    )
    change_provider(federation, pool, AttributeMapping={"custom:mail": MAIL})
    assert "custom:mail: A client attempted to write" in client.failure(identity_provider="Entra")


def test_a_required_attribute_that_the_response_lacks(
    federation: Federation, pool: dict[str, t.Any], client: Client
) -> None:
    federation.sandbox.world.state(Cognito).pools[pool["id"]].schema["phone_number"]["Required"] = True
    assert (
        client.failure(identity_provider="Entra") == "Invalid user attributes: phone_number: The attribute is required."
    )
