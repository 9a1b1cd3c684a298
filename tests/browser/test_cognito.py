# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One person, one session of Entra ID, in a real browser: the panel, and a page behind a user pool."""

from __future__ import annotations

import typing as t
import urllib.parse
from pathlib import Path

import pytest
from demo_cognito import prove_both
from federation import ACCOUNT, JANE, REGION, Federation
from requests_oauthlib import OAuth2Session

from demo_end import DemoEnd
from federation_sandbox import browser, clouds, http_sign_in

HOST: t.Final = f"desk.auth.{REGION}.amazoncognito.com"
CALLBACK: t.Final = "https://page.example/callback.html"
MAIL: t.Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"


def make_pool(federation: Federation, folder: Path) -> str:
    """A user pool with an application of its own in the directory, and the page behind it; the id of its app client."""
    folder.joinpath("callback.html").write_text(
        "<title>Supervisors</title><body data-page='supervisors'>Welcome</body>", encoding="utf-8"
    )
    client = {
        "ClientName": "web",
        "CallbackURLs": [CALLBACK],
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "email"],
        "AllowedOAuthFlowsUserPoolClient": True,
    }
    pool = {"account": ACCOUNT, "region": REGION, "name": "desk", "domain": "desk", "clients": [client]}
    seed = {"aws": {"pools": [pool]}, "sites": {"page.example": {"folder": str(folder)}}}
    seeded = clouds.seed(federation.sandbox.world, seed)["aws"]["pools"][0]
    application = federation.graph(
        "POST", "/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate", displayName="Page"
    )
    principal = f"/servicePrincipals/{application['servicePrincipal']['id']}"
    federation.graph("PATCH", principal, preferredSingleSignOnMode="saml", appRoleAssignmentRequired=False)
    identifiers, urls = [f"urn:amazon:cognito:sp:{seeded['id']}"], [f"https://{HOST}/saml2/idpresponse"]
    federation.graph(
        "PATCH",
        f"/applications/{application['application']['id']}",
        identifierUris=identifiers,
        web={"redirectUris": urls},
    )
    thumbprint = federation.graph("POST", f"{principal}/addTokenSigningCertificate", displayName="CN=Page")[
        "thumbprint"
    ]
    federation.graph("PATCH", principal, preferredTokenSigningKeyThumbprint=thumbprint)
    url = federation.metadata_url(application["application"]["appId"])
    cognito, place = federation.client("cognito-idp"), {"UserPoolId": seeded["id"]}
    cognito.create_identity_provider(
        **place,
        ProviderName="Entra",
        ProviderType="SAML",
        ProviderDetails={"MetadataURL": url},
        AttributeMapping={"email": MAIL},
    )
    client_id = seeded["clients"]["web"]["id"]
    settings = {**client, "SupportedIdentityProviders": ["Entra"]}
    cognito.update_user_pool_client(**place, ClientId=client_id, **settings)
    return t.cast("str", client_id)


def test_the_demo_signs_one_person_in_to_both(
    demo: DemoEnd, federation: Federation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = {"identity_provider": "Entra", "client_id": make_pool(federation, tmp_path), "response_type": "code"}
    query |= {"redirect_uri": CALLBACK, "scope": "openid email"}
    url, picture = f"https://{HOST}/oauth2/authorize?{urllib.parse.urlencode(query)}", tmp_path / "page.png"
    person = demo.run(prove_both, federation.sandbox, federation.url, url, JANE, picture)
    assert (person["email"], person["username"]) == (JANE, f"Entra_{JANE}")
    assert f"Supervisors at page.example: {JANE}" in capsys.readouterr().out
    assert picture.exists() is demo.chromium


def test_one_session_of_entra_opens_the_panel_and_the_page(
    federation: Federation, new_context: t.Callable[[], t.Any], tmp_path: Path
) -> None:
    client_id = make_pool(federation, tmp_path)
    context = new_context()
    assert browser.sign_in(context, federation.url, JANE).ok
    federation.sandbox.world.traffic.clear()
    session = OAuth2Session(client_id, redirect_uri=CALLBACK, scope=["openid", "email"], pkce="S256")
    page = context.new_page()
    page.goto(session.authorization_url(f"https://{HOST}/oauth2/authorize")[0])
    page.wait_for_url(f"{CALLBACK}?code=*")
    assert page.title() == "Supervisors"
    operations = [entry["operation"] for entry in federation.sandbox.world.traffic.entries("login")]
    assert operations == ["saml2"], "nobody was asked for a name again"
    requester = http_sign_in.new_browser(federation.sandbox.environment)
    session.proxies, session.verify, session.trust_env = requester.proxies, requester.verify, False
    session.fetch_token(f"https://{HOST}/oauth2/token", authorization_response=page.url, include_client_id=True)
    assert session.get(f"https://{HOST}/oauth2/userInfo", timeout=300).json()["email"] == JANE
    context.close()
