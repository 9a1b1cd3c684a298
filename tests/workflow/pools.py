# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user pool beside the federation, and people who sign in to it with an OpenID Connect client that we did not
write.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
import urllib.parse
from pathlib import Path

import jwt
import requests
from playbooks import Playbooks
from requests_oauthlib import OAuth2Session
from seeds import ACCOUNTS, POLICY, SECRET, TENANTS, credentials

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.testing import Sandbox
from support import CHECKOUT

REGION: t.Final = "eu-central-1"
KEY: t.Final = "AKIAUSERPOOLS0000001"
CALLBACK: t.Final = "https://page.example/callback"
PROVIDER: t.Final = "Entra-example-demo"
NAME: t.Final = "Amazon Cognito {}"
HOST: t.Final = f"desk.auth.{REGION}.amazoncognito.com"
CLIENT: t.Final[dict[str, t.Any]] = {
    "ClientName": "web",
    "CallbackURLs": [CALLBACK],
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "profile"],
    "AllowedOAuthFlowsUserPoolClient": True,
}
_MOST_PAGES: t.Final = 12


@dataclasses.dataclass(frozen=True)
class UserPool:
    """A pool with the public app client web."""

    sandbox: Sandbox
    id: str
    client_id: str
    name: str = "desk"

    @property
    def host(self) -> str:
        """Where people sign in."""
        return f"{self.name}.auth.{REGION}.amazoncognito.com"

    def variables(self, **more: t.Any) -> dict[str, t.Any]:
        """The pool as an inventory has it."""
        return {"user_pool_id": self.id, "domain": self.host, "clients": [self.client_id], **more}

    def open(
        self, user: str, browser: requests.Session | None = None, provider: str = PROVIDER
    ) -> tuple[OAuth2Session, str]:
        """Ask for a sign-in and follow it: the client's session, and the address at which it ended."""
        session = OAuth2Session(
            self.client_id, redirect_uri=CALLBACK, scope=["openid", "email", "profile"], pkce="S256"
        )
        url = session.authorization_url(f"https://{self.host}/oauth2/authorize", identity_provider=provider)[0]
        browser = browser or http_sign_in.new_browser(self.sandbox.environment)
        answer = browser.get(url, allow_redirects=False, timeout=300)
        for _page in range(_MOST_PAGES):
            where = answer.headers.get("Location", "")
            if where.startswith(CALLBACK):
                return session, where
            form = None if where else http_sign_in.form_of(answer.text, user)
            if where:
                answer = browser.get(urllib.parse.urljoin(answer.url, where), allow_redirects=False, timeout=300)
            elif form is None:
                return session, f"{answer.url} {http_sign_in.read(answer).text}"
            else:
                answer = browser.post(
                    urllib.parse.urljoin(answer.url, form[0]), data=form[1], allow_redirects=False, timeout=300
                )
        raise AssertionError("too many pages")

    def failure(self, user: str, browser: requests.Session | None = None, provider: str = PROVIDER) -> str:
        """Why a sign-in fails; empty when it does not."""
        where = self.open(user, browser, provider)[1]
        if where.startswith(f"{CALLBACK}?code="):
            return ""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(where).query)
        return (query.get("error_description") or [where])[0]

    def sign_in(self, user: str) -> dict[str, t.Any]:
        """What the ID token of a sign-in says, verified with the keys that the pool publishes."""
        browser = http_sign_in.new_browser(self.sandbox.environment)
        session, where = self.open(user, browser)
        assert where.startswith(f"{CALLBACK}?code="), where
        session.proxies, session.verify, session.trust_env = browser.proxies, browser.verify, False
        tokens = session.fetch_token(
            f"https://{self.host}/oauth2/token", authorization_response=where, include_client_id=True
        )
        issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{self.id}"
        keys = jwt.PyJWKSet.from_dict(browser.get(f"{issuer}/.well-known/jwks.json", timeout=300).json())
        key = keys[jwt.get_unverified_header(tokens["id_token"])["kid"]]
        options = {"verify_exp": False, "verify_iat": False}  # the tokens carry the world's time
        claims = jwt.decode(tokens["id_token"], key, ["RS256"], audience=self.client_id, issuer=issuer, options=options)
        return t.cast("dict[str, t.Any]", claims)


def add_pool(sandbox: Sandbox) -> UserPool:
    """Make the pool desk, and let the operator federate it, as the documentation says."""
    more = json.loads((CHECKOUT / "docs" / "permissions" / "aws-policy-cognito.json").read_text(encoding="utf-8"))
    policy = {**POLICY, "Statement": [*POLICY["Statement"], *more["Statement"]]}
    key = {"id": KEY, "secret": SECRET, "policy": policy}
    people = [{"userPrincipalName": name, "mail": name} for name in ("jane.doe@example.com", "john.roe@example.com")]
    content = {
        "entra": {"tenants": [{"id": TENANTS["public"], "users": people}]},
        "aws": {"accounts": [{"id": ACCOUNTS["aws"], "access_keys": [key]}]},
    }
    clouds.seed(sandbox.world, content)
    return make_pool(sandbox, "desk")


def make_pool(sandbox: Sandbox, name: str) -> UserPool:
    """Make a pool with the public app client web."""
    pool = {"account": ACCOUNTS["aws"], "region": REGION, "name": name, "domain": name, "clients": [CLIENT]}
    seeded = clouds.seed(sandbox.world, {"aws": {"pools": [pool]}})["aws"]["pools"][0]
    return UserPool(sandbox, seeded["id"], seeded["clients"]["web"]["id"], name)


def operator(sandbox: Sandbox, folder: Path) -> Playbooks:
    """A terminal with the credentials of whoever may federate pools as well."""
    return Playbooks({**sandbox.environment, **credentials(), "AWS_ACCESS_KEY_ID": KEY}, folder)
