# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""People sign in to a user pool through Entra ID, with an OpenID Connect client that we did not write, and tokens that
another verifies (facts/aws.md 8).
"""

from __future__ import annotations

import datetime as dt
import json
import typing as t
import urllib.parse

import jwt
import pytest
import requests
from federation import JANE, REGION, Federation
from pool_client import (
    CALLBACK,
    PREFIX,
    SIGNED_OUT,
    Client,
    change_client,
    change_provider,
    details,
    query,
)

from federation_sandbox import http_sign_in


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
def test_requests_that_the_client_reports(pool: dict[str, t.Any], client: Client, change: dict[str, str]) -> None:
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


def test_a_sign_out_to_an_address_that_is_not_the_clients(client: Client) -> None:
    values = urllib.parse.urlencode({"client_id": client.id, "logout_uri": "https://else.example/"})
    assert client.follow(f"{PREFIX}/logout?{values}").status_code == 400


def test_times_are_the_worlds(federation: Federation, pool: dict[str, t.Any], client: Client) -> None:
    federation.later(days=3)
    claims = verified(client, pool, client.sign_in(identity_provider="Entra")["id_token"], pool["client"]["id"])
    now = federation.sandbox.world.clock.now()
    assert dt.datetime.fromtimestamp(claims["iat"], dt.UTC) <= now < dt.datetime.fromtimestamp(claims["exp"], dt.UTC)
