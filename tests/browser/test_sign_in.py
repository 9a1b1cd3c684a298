# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way in, in a real browser: scripts that send forms off, redirects over six hosts, and cookies as a browser keeps
them.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from federation import JANE, Federation

from federation_sandbox import browser

CONSOLE = "https://us-east-1.console.aws.amazon.com/console/home"
NewContext = t.Callable[[], t.Any]


def test_an_agent_gets_in_and_it_looks_like_it(federation: Federation, new_context: NewContext, tmp_path: Path) -> None:
    picture = tmp_path / "ccp.png"
    signed_in = browser.sign_in(new_context(), federation.url, JANE, picture)
    assert signed_in.ok
    assert signed_in.agent == JANE
    assert signed_in.routing_profile == "Basic Routing Profile"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 10_000


def test_the_browser_and_the_walk_see_the_same(federation: Federation, new_context: NewContext) -> None:
    for user in (JANE, "nobody@contoso.com", "o'brien@contoso.com"):
        seen, walked = browser.sign_in(new_context(), federation.url, user), federation.sign_in(user)
        assert (seen.outcome, seen.hop, seen.title, seen.text) == (
            walked.outcome,
            walked.hop,
            walked.title,
            walked.text,
        )


def test_a_context_that_is_signed_in_is_not_asked_again_and_another_is(
    federation: Federation, new_context: NewContext
) -> None:
    context = new_context()
    assert browser.sign_in(context, federation.url, JANE).ok
    assert browser.sign_in(context, federation.url, "nobody@contoso.com").agent == JANE
    assert browser.sign_in(new_context(), federation.url, "ann@contoso.com").agent == "ann@contoso.com"


def test_signing_in_to_connect_replaces_the_console_session_but_not_that_of_a_private_context(
    federation: Federation, new_context: NewContext
) -> None:
    """facts/aws.md 4.1: the classic trap, and the way round it"""
    admin = federation.role.replace("Federation", "Admin")
    federation.iam.create_role(
        RoleName="Admin", AssumeRolePolicyDocument=federation.trust_text(), MaxSessionDuration=43200
    )
    federation.set_claims(*federation.claims(Role={"Value": federation.pair(admin)}))
    federation.set_relay_state(None)
    trapped, private = new_context(), new_context()
    for context in (trapped, private):
        assert ":assumed-role/Admin/" in browser.sign_in(context, federation.url, JANE).text
    federation.set_claims()
    federation.set_relay_state(federation.relay_state())
    assert browser.sign_in(trapped, federation.url, JANE).ok
    assert ":assumed-role/Federation/" in browser.visit(trapped, CONSOLE).text
    assert ":assumed-role/Admin/" in browser.visit(private, CONSOLE).text


def test_the_role_that_a_person_picks(federation: Federation, new_context: NewContext) -> None:
    other = federation.role.replace("Federation", "Other")
    federation.iam.create_role(
        RoleName="Other", AssumeRolePolicyDocument=federation.trust_text(), MaxSessionDuration=43200
    )
    second = {**federation.claims()[2], "Value": federation.pair(other)}
    federation.set_claims(*federation.claims(), second)
    assert browser.sign_in(new_context(), federation.url, JANE).outcome == "role-picker"
    assert browser.sign_in(new_context(), federation.url, JANE, role=federation.role).ok


def test_opening_the_instance_directly(federation: Federation, new_context: NewContext) -> None:
    """facts/aws.md 4.4"""
    assert browser.visit(new_context(), f"{federation.instance['access_url']}/ccp-v2/").text == "Session expired"


def test_chromium_goes_nowhere_but_to_the_sandbox(federation: Federation, new_context: NewContext) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    hosts = {entry["host"] for entry in federation.sandbox.world.traffic}
    page = new_context().new_page()
    with pytest.raises(sync_api.Error, match="ERR_TUNNEL_CONNECTION_FAILED"):
        page.goto("https://www.example.com/")
    assert {entry["host"] for entry in federation.sandbox.world.traffic} == hosts
