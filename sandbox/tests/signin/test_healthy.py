# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways of people who get in, and the pages that they see."""

from __future__ import annotations

import datetime as dt

import requests
from federation import JANE, REGION, ROLE, Federation

from federation_sandbox import http_sign_in

CONSOLE = f"https://{REGION}.console.aws.amazon.com/console/home"


def test_an_agent_gets_in(federation: Federation) -> None:
    signed_in = federation.sign_in()
    assert (signed_in.outcome, signed_in.hop, signed_in.agent) == ("ccp", "connect", JANE)
    assert signed_in.routing_profile == "Basic Routing Profile"
    assert signed_in.ok
    assert "Welcome, Jane Doe" in signed_in.text
    assert signed_in.url == "https://acme.my.connect.aws/ccp-v2"


def test_a_member_of_an_assigned_group_gets_in(federation: Federation) -> None:
    assert federation.sign_in("ann@contoso.com").agent == "ann@contoso.com"


def test_the_name_on_the_sign_in_page_is_in_any_case_but_the_claim_is_as_the_directory_has_it(
    federation: Federation,
) -> None:
    assert federation.sign_in("JANE@Contoso.com").agent == JANE


def test_people_who_are_signed_in_are_not_asked_again(federation: Federation) -> None:
    with http_sign_in.new_browser(federation.sandbox.environment) as browser:
        assert federation.sign_in(browser=browser).ok
        sign_ins = len(federation.sandbox.world.traffic.entries("login", "sign-in"))
        assert federation.sign_in("nobody@contoso.com", browser=browser).agent == JANE
        assert len(federation.sandbox.world.traffic.entries("login", "sign-in")) == sign_ins
        browser.get("https://login.microsoftonline.com/contoso.com/oauth2/v2.0/logout", timeout=300)
        assert federation.sign_in("ann@contoso.com", browser=browser).agent == "ann@contoso.com"


def test_every_page_offers_its_button_without_scripts(federation: Federation) -> None:
    with http_sign_in.new_browser(federation.sandbox.environment) as browser:
        page = browser.get(federation.url, timeout=300)
        assert page.text.count("<form") == 1
        assert "Sign in</button>" in page.text
        assert "jane@contoso.com" in page.text
        page = browser.post(page.url, data={"login": JANE}, timeout=300)
        assert "Continue</button>" in page.text
        assert "document.forms[0].submit()" in page.text


def test_without_a_relay_state_one_lands_on_the_console_home(federation: Federation) -> None:
    """facts/aws.md 4.4"""
    federation.set_relay_state(None)
    signed_in = federation.sign_in()
    assert (signed_in.outcome, signed_in.url) == ("console-home", f"{CONSOLE}?region={REGION}")
    assert f":assumed-role/Federation/{JANE}" in signed_in.text


def test_a_relay_state_that_is_not_in_the_console_is_not_followed(federation: Federation) -> None:
    for address in (
        "https://evil.example.com/",
        "https://console.aws.amazon.com.evil.example.com/",
        "https://console.amazonaws-us-gov.com/connect",
    ):
        federation.set_relay_state(address)
        assert federation.sign_in().outcome == "console-home"


def test_without_a_destination_one_lands_on_the_home_page_of_the_instance(federation: Federation) -> None:
    """facts/aws.md 4.1"""
    federation.set_relay_state(federation.relay_state(destination=""))
    signed_in = federation.sign_in()
    assert (signed_in.outcome, signed_in.agent, signed_in.url) == (
        "agent-home",
        JANE,
        "https://acme.my.connect.aws/home",
    )
    assert signed_in.routing_profile == "Basic Routing Profile"


def test_the_contact_control_panel_is_at_its_old_address_and_in_the_workspace_too(federation: Federation) -> None:
    """facts/aws.md 4.1"""
    for destination in ("/connect/ccp-v2", "/agent-app-v2", "/ccp-v2/chat"):
        federation.set_relay_state(federation.relay_state(destination=destination))
        assert federation.sign_in().ok


def test_a_destination_elsewhere_must_be_an_approved_origin(federation: Federation) -> None:
    """facts/aws.md 4.1"""
    federation.set_relay_state(federation.relay_state(destination="https://agents.example.com/desk"))
    assert federation.sign_in().outcome == "connect-message"
    federation.connect.associate_approved_origin(
        InstanceId=federation.instance["id"], Origin="https://agents.example.com"
    )
    assert (federation.sign_in().outcome, federation.sign_in().url) == ("elsewhere", "https://agents.example.com/desk")


def test_only_approved_origins_may_frame_the_contact_control_panel(federation: Federation) -> None:
    """facts/aws.md 7"""
    federation.connect.associate_approved_origin(
        InstanceId=federation.instance["id"], Origin="https://agents.example.com"
    )
    with http_sign_in.new_browser(federation.sandbox.environment) as browser:
        federation.sign_in(browser=browser)
        headers = browser.get("https://acme.my.connect.aws/ccp-v2", timeout=300).headers
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self' https://agents.example.com"
    assert "X-Frame-Options" not in headers


def test_signing_in_to_connect_replaces_the_console_session_of_the_browser(federation: Federation) -> None:
    """facts/aws.md 4.1: the classic trap"""
    federation.iam.create_role(
        RoleName="Admin", AssumeRolePolicyDocument=federation.trust_text(), MaxSessionDuration=43200
    )
    admin = ROLE.replace("Federation", "Admin")
    federation.set_claims(*federation.claims(Role={"Value": federation.pair(admin)}))
    federation.set_relay_state(None)
    with http_sign_in.new_browser(federation.sandbox.environment) as browser:
        assert ":assumed-role/Admin/" in federation.sign_in(browser=browser).text
        federation.set_claims()
        federation.set_relay_state(federation.relay_state())
        assert federation.sign_in(browser=browser).ok
        assert ":assumed-role/Federation/" in http_sign_in.visit(browser, CONSOLE).text


def test_the_console_session_ends_when_the_claim_says(federation: Federation) -> None:
    federation.set_claims(*federation.claims(SessionDuration={"Value": "900"}))
    with http_sign_in.new_browser(federation.sandbox.environment) as browser:
        assert federation.sign_in(browser=browser).ok
        assert http_sign_in.visit(browser, CONSOLE).outcome == "console-home"
        federation.later(seconds=901)
        assert http_sign_in.visit(browser, CONSOLE).text == "Your session has expired. Please sign in again."


def test_the_agent_s_session_ends_after_twelve_hours_or_when_signed_out(federation: Federation) -> None:
    """facts/aws.md 4.1, 4.4"""
    desk = "https://acme.my.connect.aws"
    with http_sign_in.new_browser(federation.sandbox.environment) as browser:
        assert federation.sign_in(browser=browser).ok
        assert http_sign_in.visit(browser, f"{desk}/ccp-v2").ok
        assert http_sign_in.visit(browser, f"{desk}/logout").text == "You have signed out."
        assert http_sign_in.visit(browser, f"{desk}/ccp-v2").text == "Session expired"
        assert federation.sign_in(browser=browser).ok
        federation.later(seconds=12 * 3600 + 1)
        assert http_sign_in.visit(browser, f"{desk}/ccp-v2").text == "Session expired"


def test_a_walk_goes_nowhere_but_to_the_sandbox(federation: Federation) -> None:
    with http_sign_in.new_browser(federation.sandbox.environment) as browser:
        assert isinstance(browser, requests.Session)
        assert not browser.trust_env
        assert http_sign_in.visit(browser, "https://www.example.com/").outcome == "elsewhere"


def test_the_whole_world_can_be_restored_from_a_snapshot_repeatedly(federation: Federation) -> None:
    world = federation.sandbox.world
    restore, before = world.snapshot(), world.clock.now()
    for _turn in range(2):
        world.settings.latency = 0.01
        federation.set_relay_state(None)
        world.clock.advance(dt.timedelta(days=1200))
        assert not federation.sign_in().ok, "the certificate has ended"
        world.reset()
        Federation(federation.sandbox).iam.delete_role_policy(RoleName="Federation", PolicyName="Connect")
        restore()
        assert federation.iam.list_role_policies(RoleName="Federation")["PolicyNames"] == ["Connect"], (
            "not what another world has"
        )
        assert world.clock.now() == before
        assert (world.settings.latency, world.settings.limits) == (0.0, False)
        assert federation.sign_in().ok
        assert federation.sign_in("ann@contoso.com").agent == "ann@contoso.com"
