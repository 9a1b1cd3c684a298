# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federates the sandbox's two clouds and a user pool of Amazon Cognito with the real playbooks, and signs one person in
to the panel and to a page behind the pool with one session of Entra ID.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import pathlib
import secrets
import sys
import typing as t
import urllib.parse

from demo import FOLDER, Demo, Missed, Terminal, seeded
from sign_in import NotIn, open_browsers

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.testing import Sandbox, running_sandbox

SCREENS: t.Final = 4
REGION: t.Final = "eu-central-1"
PAGE: t.Final = "https://page.example/supervisors.html"
CONTENT: t.Final = "<title>Supervisors</title><body data-page='supervisors'><h1>Supervisors</h1></body>"
CLIENT: t.Final = {
    "ClientName": "web",
    "CallbackURLs": [PAGE],
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "profile"],
    "AllowedOAuthFlowsUserPoolClient": True,
}


def add_pool(sandbox: Sandbox) -> dict[str, t.Any]:
    """A user pool with an app client, and the page behind it; the pool as an inventory has it."""
    folder = FOLDER / "page"
    folder.mkdir(exist_ok=True)
    folder.joinpath("supervisors.html").write_text(CONTENT, encoding="utf-8")
    pool = {"account": "111122223333", "region": REGION, "name": "desk", "domain": "desk", "clients": [CLIENT]}
    seed: dict[str, dict[str, t.Any]] = {"aws": {"pools": [pool]}, "sites": {"page.example": {"folder": str(folder)}}}
    seeded = clouds.seed(sandbox.world, seed)["aws"]["pools"][0]
    return {
        "user_pool_id": seeded["id"],
        "domain": f"desk.auth.{REGION}.amazoncognito.com",
        "clients": [seeded["clients"]["web"]["id"]],
    }


def prove_both(sandbox: Sandbox, panel: str, sign_in_url: str, user: str, picture: pathlib.Path) -> dict[str, t.Any]:
    """Open the panel, then the page behind the pool in the same browser; who the pool says that the person is.

    sign_in_url: as the module cognito_saml_provider returns it. Raises NotIn, also when Entra ID asks a second time.
    """
    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    proof = {"state": state, "code_challenge": challenge, "code_challenge_method": "S256"}
    with open_browsers(sandbox, picture) as browsers:
        window = browsers.new()
        opened = browsers.sign_in(window, panel, user)
        if not opened.ok:
            raise NotIn(f"{user} did not get in to the panel, but saw: {opened.text}")
        print(f"  {opened.title} at {urllib.parse.urlsplit(opened.url).hostname}: {opened.agent}")
        sandbox.world.traffic.clear()
        seen = browsers.sign_in(window, f"{sign_in_url}&{urllib.parse.urlencode(proof)}", user)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(seen.url).query))
    if "code" not in query or query.get("state") != state:
        raise NotIn(f"{user} did not get in to the page, but saw: {query.get('error_description') or seen.text}")
    operations = [entry["operation"] for entry in sandbox.world.traffic.entries("login")]
    if operations != ["saml2"]:
        raise NotIn(f"Entra ID was asked more than for the response: {', '.join(map(str, operations))}")
    person = _exchanged(sandbox, sign_in_url, query["code"], verifier)
    print(f"  {seen.title} at {urllib.parse.urlsplit(seen.url).hostname}: {person['email']} ({person['username']})")
    print("\nEntra ID asked for the name once, for the panel; the page behind the pool took the same session.")
    return person


def _exchanged(sandbox: Sandbox, sign_in_url: str, code: str, verifier: str) -> dict[str, t.Any]:
    """What the page's own server does: the code for tokens, and the token for the person."""
    parts = urllib.parse.urlsplit(sign_in_url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    form = {
        "grant_type": "authorization_code",
        "client_id": query["client_id"],
        "redirect_uri": query["redirect_uri"],
        "code": code,
        "code_verifier": verifier,
    }
    with http_sign_in.new_browser(sandbox.environment) as server:
        answer = server.post(f"https://{parts.netloc}/oauth2/token", data=form, timeout=300)
        if not answer.ok:
            raise NotIn(f"The code was not exchanged: {answer.text}")
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        info = server.get(f"https://{parts.netloc}/oauth2/userInfo", headers=token, timeout=300)
    return t.cast("dict[str, t.Any]", info.json())


def demonstrate(demo: Demo) -> None:
    """Every screen."""
    terminal, url = demo.terminal, demo.federate()
    variables = {"federation_user_pools": [add_pool(demo.sandbox)]}
    terminal.screen("Federate a user pool with the same directory")
    created = demo.play("cognito", variables=variables, writes=True)
    terminal.show(created.message("The plan"))
    demo.table(created)
    terminal.screen("Again: nothing may change")
    again = demo.play("cognito", variables=variables)
    terminal.show(again.message("The plan"))
    if again.changed:
        raise Missed(f"the second run changed {again.changed} tasks")
    terminal.screen("One person, the panel and the page, one session of Entra ID")
    (pool,) = created.fact("cognito_federation_result")["pools"]
    picture = FOLDER / "page.png"
    prove_both(demo.sandbox, url, pool["saml_provider"]["clients"][0]["sign_in_url"], demo.agent, picture)
    if picture.exists():
        terminal.say(f"\nThe picture is kept: {picture.parent.name}/{picture.name}")


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="show Ansible's own output as well")
    options = parser.parse_args()
    with running_sandbox() as sandbox:
        try:
            demonstrate(Demo(sandbox, seeded(sandbox), Terminal(verbose=options.verbose, screens=SCREENS)))
        except (Missed, NotIn) as reason:
            print(f"\nThe demo failed: {reason}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
