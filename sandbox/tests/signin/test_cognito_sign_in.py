# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""People sign in to a user pool through Entra ID, with an OpenID Connect client that we did not write, and tokens that
another verifies.

facts/aws.md 8, K2 to K4; facts/entra.md 10.2 and 10.4 for what Entra ID makes of requests.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
import typing as t
import urllib.parse
import zlib

import jwt
import pytest
import requests
from federation import ACCOUNT, JANE, REGION, TENANT, Federation
from requests_oauthlib import OAuth2Session

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.aws.cognito.store import Cognito

CALLBACK = "https://desk.example/callback"
SIGNED_OUT = "https://desk.example/signed-out"
PREFIX = f"https://desk.auth.{REGION}.amazoncognito.com"
REPLY_URL = f"{PREFIX}/saml2/idpresponse"
MAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
SURNAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname"
LOGIN = f"https://login.microsoftonline.com/{TENANT}/saml2"


@dataclasses.dataclass
class Client:
    """An app client of the pool, as a web application uses it with requests-oauthlib."""

    sandbox: t.Any
    id: str
    secret: str | None
    browser: requests.Session

    def open(self, base: str = PREFIX, user: str = JANE, **parameters: str) -> requests.Response:
        """Ask for a sign-in, follow it, and return the last answer; the callback is not asked for."""
        self.session = OAuth2Session(self.id, redirect_uri=CALLBACK, scope=["openid", "email", "profile"], pkce="S256")
        url, self.state = self.session.authorization_url(f"{base}/oauth2/authorize", **parameters)
        return self.follow(url, user)

    def follow(self, url: str, user: str = JANE) -> requests.Response:
        answer = self.browser.get(url, allow_redirects=False, timeout=300)
        for _ in range(12):
            where = answer.headers.get("Location", "")
            if where.startswith((CALLBACK, SIGNED_OUT)):
                return answer
            if where:
                answer = self.browser.get(urllib.parse.urljoin(answer.url, where), allow_redirects=False, timeout=300)
                continue
            form = http_sign_in.form_of(answer.text, user)
            if form is None:
                return answer
            answer = self.browser.post(
                urllib.parse.urljoin(answer.url, form[0]), data=form[1], allow_redirects=False, timeout=300
            )
        raise AssertionError("too many pages")

    def sign_in(self, base: str = PREFIX, user: str = JANE, **parameters: str) -> dict[str, t.Any]:
        """The tokens of a whole sign-in."""
        answer = self.open(base, user, **parameters)
        assert answer.headers.get("Location", "").startswith(f"{CALLBACK}?code="), (
            answer.status_code,
            answer.headers,
            answer.text,
        )
        self.session.proxies, self.session.verify, self.session.trust_env = (
            self.browser.proxies,
            self.browser.verify,
            False,
        )
        secret = {"client_secret": self.secret} if self.secret else {"include_client_id": True}
        return t.cast(
            "dict[str, t.Any]",
            self.session.fetch_token(
                f"{base}/oauth2/token", authorization_response=answer.headers["Location"], **secret
            ),
        )

    def failure(self, **parameters: str) -> str:
        """What the client is told when the sign-in fails."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.open(**parameters).headers["Location"]).query)
        return query["error_description"][0]


@pytest.fixture
def pool(federation: Federation) -> dict[str, t.Any]:
    """A pool whose one client takes people of the directory."""
    clients = [
        {
            "ClientName": "web",
            "CallbackURLs": [CALLBACK],
            "LogoutURLs": [SIGNED_OUT],
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email", "profile"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "GenerateSecret": True,
        }
    ]
    seed = {
        "account": ACCOUNT,
        "region": REGION,
        "name": "desk",
        "domain": "desk",
        "custom_domain": "auth.desk.example",
        "clients": clients,
    }
    made = clouds.seed(federation.sandbox.world, {"aws": {"pools": [seed]}})["aws"]["pools"][0]
    federation.change_principal(samlSingleSignOnSettings=None)
    federation.change_application(
        identifierUris=[f"urn:amazon:cognito:sp:{made['id']}"],
        web={"redirectUris": [REPLY_URL, "https://auth.desk.example/saml2/idpresponse"]},
    )
    details = {"MetadataFile": federation.metadata()}
    cognito = federation.client("cognito-idp")
    cognito.create_identity_provider(
        UserPoolId=made["id"],
        ProviderName="Entra",
        ProviderType="SAML",
        ProviderDetails=details,
        AttributeMapping={"email": MAIL, "family_name": SURNAME},
        IdpIdentifiers=["contoso.com"],
    )
    made["client"] = made["clients"]["web"]
    change_client(federation, made, SupportedIdentityProviders=["Entra"])
    return t.cast("dict[str, t.Any]", made)


def change_client(federation: Federation, pool: dict[str, t.Any], **values: t.Any) -> None:
    cognito = federation.client("cognito-idp")
    now = cognito.describe_user_pool_client(UserPoolId=pool["id"], ClientId=pool["client"]["id"])["UserPoolClient"]
    kept = {key: value for key, value in now.items() if key not in ("ClientSecret", "CreationDate", "LastModifiedDate")}
    cognito.update_user_pool_client(**{**kept, **values})


def change_provider(federation: Federation, pool: dict[str, t.Any], **values: t.Any) -> None:
    federation.client("cognito-idp").update_identity_provider(UserPoolId=pool["id"], ProviderName="Entra", **values)


def details(federation: Federation, **more: str) -> dict[str, str]:
    return {"MetadataFile": federation.metadata(), **more}


@pytest.fixture
def client(federation: Federation, pool: dict[str, t.Any]) -> Client:
    browser = http_sign_in.new_browser(federation.sandbox.environment)
    return Client(federation.sandbox, pool["client"]["id"], pool["client"]["secret"], browser)


def verified(client: Client, pool: dict[str, t.Any], token: str, audience: str | None = None) -> dict[str, t.Any]:
    """What a token says, verified by PyJWT with the pool's published keys."""
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool['id']}"
    keys = jwt.PyJWKSet.from_dict(client.browser.get(f"{issuer}/.well-known/jwks.json", timeout=300).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    options = {"verify_aud": audience is not None, "verify_iat": False, "verify_exp": False}
    return t.cast(
        "dict[str, t.Any]", jwt.decode(token, key, ["RS256"], audience=audience, issuer=issuer, options=options)
    )


def test_a_sign_in_ends_with_tokens(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/aws.md K4: the username is the provider's name and the NameID."""
    tokens = client.sign_in(identity_provider="Entra", nonce="n-1")
    claims = verified(client, pool, tokens["id_token"], pool["client"]["id"])
    assert claims["cognito:username"] == f"Entra_{JANE}"
    assert (claims["email"], claims["family_name"], claims["nonce"]) == (JANE, "Doe", "n-1")
    assert claims["identities"][0]["providerName"] == "Entra"
    assert claims["cognito:groups"] == [f"{pool['id']}_Entra"]
    assert verified(client, pool, tokens["access_token"])["token_use"] == "access"
    info = client.browser.get(
        f"{PREFIX}/oauth2/userInfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=300
    )
    assert info.json()["email"] == JANE
    cognito = federation.client("cognito-idp")
    assert cognito.admin_get_user(UserPoolId=pool["id"], Username=f"Entra_{JANE}")["UserStatus"] == "EXTERNAL_PROVIDER"
    assert [each["Username"] for each in cognito.list_users(UserPoolId=pool["id"])["Users"]] == [f"Entra_{JANE}"]
    refreshed = client.session.refresh_token(f"{PREFIX}/oauth2/token", auth=(client.id, client.secret))
    assert verified(client, pool, refreshed["id_token"], pool["client"]["id"])["sub"] == claims["sub"]


@pytest.mark.parametrize(
    "parameters", [{"idp_identifier": "contoso.com"}, {"idp_identifier": "someone@Contoso.com"}, {}]
)
def test_ways_to_the_provider(client: Client, parameters: dict[str, str]) -> None:
    """facts/aws.md 8: identifiers of a domain's form match e-mail addresses; with one provider nobody is asked."""
    assert client.sign_in(**parameters)["id_token"]


def test_a_custom_domain(client: Client) -> None:
    assert client.sign_in("https://auth.desk.example", identity_provider="Entra")["id_token"]


def test_the_chooser(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    change_client(federation, pool, SupportedIdentityProviders=["COGNITO", "Entra"])
    answer = client.open()
    assert 'data-page="cognito-login"' in answer.text
    link = http_sign_in.links_of(answer.text)["Continue with Entra"]
    assert client.follow(f"{PREFIX}{link}").headers["Location"].startswith(f"{CALLBACK}?code=")


def test_one_session_of_entra_serves_both(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    client.sign_in(identity_provider="Entra")
    federation.sandbox.world.traffic.clear()
    client.sign_in(identity_provider="Entra")
    entries = federation.sandbox.world.traffic.entries("login")
    assert [entry["operation"] for entry in entries] == ["saml2"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"client_id": "nobody"}, "Client does not exist."),
        ({"redirect_uri": "https://else.example/callback"}, "redirect_mismatch"),
    ],
)
def test_requests_of_clients_that_end_with_a_page(
    pool: dict[str, t.Any], client: Client, change: dict[str, str], text: str
) -> None:
    query = {"client_id": client.id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", **change}
    answer = client.browser.get(f"{PREFIX}/oauth2/authorize", params=query, allow_redirects=False, timeout=300)
    assert answer.status_code == 400
    assert text in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"response_type": "token"},
        {"scope": "openid phone"},
        {"identity_provider": "Nobody"},
        {"code_challenge_method": "plain", "code_challenge": "x"},
    ],
)
def test_requests_of_clients_that_the_client_is_told_of(
    pool: dict[str, t.Any], client: Client, change: dict[str, str]
) -> None:
    query = {
        "client_id": client.id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        **change,
    }
    answer = client.browser.get(f"{PREFIX}/oauth2/authorize", params=query, allow_redirects=False, timeout=300)
    where = urllib.parse.urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == CALLBACK
    assert "error=" in where.query
    assert "state=s" in where.query


def exchange(client: Client, answer: requests.Response, **change: str) -> requests.Response:
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)["code"][0]
    verifier = client.session._code_verifier
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
        **change,
    }
    return client.browser.post(f"{PREFIX}/oauth2/token", data=form, auth=(client.id, client.secret or ""), timeout=300)


@pytest.mark.parametrize(
    "change", [{"code_verifier": "x" * 43}, {"redirect_uri": "https://desk.example/"}, {"code": "made-up"}]
)
def test_a_code_is_exchanged_for_what_it_was_made_for(client: Client, change: dict[str, str]) -> None:
    answer = exchange(client, client.open(identity_provider="Entra"), **change)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_a_code_is_exchanged_once_and_in_time(federation: Federation, client: Client) -> None:
    answer = client.open(identity_provider="Entra")
    assert exchange(client, answer).ok
    assert exchange(client, answer).json() == {"error": "invalid_grant"}
    answer = client.open(identity_provider="Entra")
    federation.later(minutes=6)
    assert exchange(client, answer).json() == {"error": "invalid_grant"}


def test_a_client_proves_itself(client: Client) -> None:
    client.secret = "wrong"
    assert exchange(client, client.open(identity_provider="Entra")).json() == {"error": "invalid_client"}


# --- what the pool makes of the response ---


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


# --- attributes ---


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


# --- what Entra ID makes of requests: facts/entra.md 10.4 ---


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


# --- sign-out ---


def test_a_sign_out_here(federation: Federation, client: Client) -> None:
    client.sign_in(identity_provider="Entra")
    answer = client.follow(
        f"{PREFIX}/logout?{urllib.parse.urlencode({'client_id': client.id, 'logout_uri': SIGNED_OUT})}"
    )
    assert answer.headers["Location"] == SIGNED_OUT
    assert client.sign_in(identity_provider="Entra"), "the session with Entra ID goes on"


def test_a_sign_out_everywhere(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    """facts/aws.md 8: IDPSignout, the answer is posted to /saml2/logout."""
    change_provider(federation, pool, ProviderDetails=details(federation, IDPSignout="true"))
    federation.change_principal(logoutUrl=f"{PREFIX}/saml2/logout")
    client.sign_in(identity_provider="Entra")
    answer = client.follow(
        f"{PREFIX}/logout?{urllib.parse.urlencode({'client_id': client.id, 'logout_uri': SIGNED_OUT})}"
    )
    assert answer.headers["Location"] == SIGNED_OUT
    federation.sandbox.world.traffic.clear()
    page = client.browser.get(f"{PREFIX}/oauth2/authorize", params=json.loads(json.dumps(query(client))), timeout=300)
    assert 'data-page="entra-sign-in"' in page.text


def query(client: Client) -> dict[str, str]:
    return {
        "client_id": client.id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "identity_provider": "Entra",
    }


def test_a_sign_out_to_an_address_that_is_not_the_clients(client: Client) -> None:
    values = urllib.parse.urlencode({"client_id": client.id, "logout_uri": "https://else.example/"})
    assert client.follow(f"{PREFIX}/logout?{values}").status_code == 400


def test_times_are_the_worlds(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    federation.later(days=3)
    claims = verified(client, pool, client.sign_in(identity_provider="Entra")["id_token"], pool["client"]["id"])
    now = federation.sandbox.world.clock.now()
    assert dt.datetime.fromtimestamp(claims["iat"], dt.UTC) <= now < dt.datetime.fromtimestamp(claims["exp"], dt.UTC)
