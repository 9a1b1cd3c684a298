# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user pool whose people sign in through Entra ID, and an OpenID Connect client that we did not write."""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.parse

import requests
from federation import ACCOUNT, JANE, REGION, Federation
from requests_oauthlib import OAuth2Session

from federation_sandbox import clouds, http_sign_in

CALLBACK = "https://desk.example/callback"
SIGNED_OUT = "https://desk.example/signed-out"
PREFIX = f"https://desk.auth.{REGION}.amazoncognito.com"
REPLY_URL = f"{PREFIX}/saml2/idpresponse"
MAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
SURNAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname"


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


def make_pool(federation: Federation) -> dict[str, t.Any]:
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
    seeded = clouds.seed(federation.sandbox.world, {"aws": {"pools": [seed]}})["aws"]["pools"][0]
    federation.change_principal(samlSingleSignOnSettings=None)
    federation.change_application(
        identifierUris=[f"urn:amazon:cognito:sp:{seeded['id']}"],
        web={"redirectUris": [REPLY_URL, "https://auth.desk.example/saml2/idpresponse"]},
    )
    details = {"MetadataFile": federation.metadata()}
    cognito = federation.client("cognito-idp")
    cognito.create_identity_provider(
        UserPoolId=seeded["id"],
        ProviderName="Entra",
        ProviderType="SAML",
        ProviderDetails=details,
        AttributeMapping={"email": MAIL, "family_name": SURNAME},
        IdpIdentifiers=["contoso.com"],
    )
    seeded["client"] = seeded["clients"]["web"]
    change_client(federation, seeded, SupportedIdentityProviders=["Entra"])
    return t.cast("dict[str, t.Any]", seeded)


def change_client(federation: Federation, pool: dict[str, t.Any], **values: t.Any) -> None:
    cognito = federation.client("cognito-idp")
    now = cognito.describe_user_pool_client(UserPoolId=pool["id"], ClientId=pool["client"]["id"])["UserPoolClient"]
    kept = {key: value for key, value in now.items() if key not in ("ClientSecret", "CreationDate", "LastModifiedDate")}
    cognito.update_user_pool_client(**{**kept, **values})


def change_provider(federation: Federation, pool: dict[str, t.Any], **values: t.Any) -> None:
    federation.client("cognito-idp").update_identity_provider(UserPoolId=pool["id"], ProviderName="Entra", **values)


def details(federation: Federation, **more: str) -> dict[str, str]:
    return {"MetadataFile": federation.metadata(), **more}


def query(client: Client) -> dict[str, str]:
    return {
        "client_id": client.id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "identity_provider": "Entra",
    }
