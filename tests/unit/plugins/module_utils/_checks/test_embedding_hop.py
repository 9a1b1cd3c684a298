# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hop to a page of one's own, from facts alone."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks.embedding_hop import embedding
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Facts, Instance, Page
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path as SignInPath
from ansible_collections.openccp.federation.plugins.module_utils._published_pages import read_page

import check_factory as m

APP: t.Final = "00000000-1111-4222-8333-444444444444"
LOGIN: t.Final = f"https://launcher.myapps.microsoft.com/api/signin/{APP}?tenantId=11111111-1111-4111-8111-111111111111"
CCP: t.Final = "https://example.my.connect.aws/ccp-v2/"
OLD: t.Final = "https://example.awsapps.com/connect"
PAGE: t.Final = Page("https://desk.example.com/", CCP, LOGIN)


def facts(
    page: Page = PAGE, *, access_url: str = "https://example.my.connect.aws", relay_state: str = m.RELAY_STATE
) -> Facts:
    """One page, with the instance and the application behind it."""
    return m.facts(
        desired=m.desired(pages=(page,)),
        instance=Instance(m.INSTANCE, "example", origins=("https://Desk.example.com",), access_url=access_url),
        application=dataclasses.replace(
            m.application(
                relay_state=relay_state, issuer="https://sts.windows.net/11111111-1111-4111-8111-111111111111/"
            ),
            app_id=APP,
        ),
    )


def embedding_finding(known: Facts) -> Finding:
    (finding,) = embedding(SignInPath(known))
    return finding


HEALTHY: t.Final[dict[str, Facts]] = {
    "as published": facts(),
    "a page below a path, with its port": facts(dataclasses.replace(PAGE, url="https://desk.example.com:443/support/")),
    "the agent workspace": facts(dataclasses.replace(PAGE, ccp_url="https://Example.my.connect.aws/agent-app-v2/")),
    "without a slash": facts(dataclasses.replace(PAGE, ccp_url="https://example.my.connect.aws/ccp-v2")),
    "the launcher's older form": facts(
        dataclasses.replace(PAGE, login_url=f"https://myapps.microsoft.com/signin/{APP.upper()}?tenantId=&RelayState=")
    ),
    "the launcher's form with a name": facts(
        dataclasses.replace(PAGE, login_url=f"https://myapps.microsoft.us/signin/Connect/{APP}")
    ),
    "all on the old domain": facts(dataclasses.replace(PAGE, ccp_url=f"{OLD}/ccp-v2/"), access_url=OLD),
    "from the old domain to the new one": facts(access_url=OLD, relay_state=f"{m.RELAY_STATE}&new_domain=true"),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_healthy(name: str) -> None:
    assert embedding_finding(HEALTHY[name]).status == "pass", embedding_finding(HEALTHY[name])


FAILING: t.Final[dict[str, tuple[Page, str]]] = {
    "no address": (dataclasses.replace(PAGE, url="https://[desk"), "not a plain https address"),
    "another site": (
        dataclasses.replace(PAGE, url="https://desk.example.org/"),
        "https://desk.example.org is not approved.",
    ),
    "a panel at no address": (dataclasses.replace(PAGE, ccp_url="https://[example"), "and not of this instance"),
    "a panel without https": (
        dataclasses.replace(PAGE, ccp_url="http://example.my.connect.aws/ccp-v2/"),
        "There is no panel at http:",
    ),
    "another tenant": (
        dataclasses.replace(PAGE, login_url=LOGIN.replace("=1", "=2")),
        "opens the tenant 21111111-1111-4111-8111-111111111111",
    ),
    "a relay state that leads to another instance": (
        dataclasses.replace(PAGE, login_url=f"{LOGIN}&RelayState=https%3A%2F%2Fconsole.aws.amazon.com%2F"),
        "which leads elsewhere",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_fails(name: str) -> None:
    page, words = FAILING[name]
    finding = embedding_finding(facts(page))
    assert finding.status == "fail"
    assert words in finding.reason
    assert finding.fix
    assert finding.symptom


def _without_application(known: Facts) -> Facts:
    return dataclasses.replace(known, application=None)


def _with_origins_unread(known: Facts) -> Facts:
    instance = dataclasses.replace(
        t.cast("Instance", known.instance), origins=None, not_readable={"origins": "No permission."}
    )
    return dataclasses.replace(known, instance=instance)


UNKNOWN: t.Final[dict[str, tuple[Facts, str]]] = {
    "nothing but the address": (facts(Page(PAGE.url)), "give its ccp_url and login_url"),
    "no sign-in window": (facts(dataclasses.replace(PAGE, login_url=None)), "give its login_url"),
    "a sign-in window of one's own": (
        facts(dataclasses.replace(PAGE, login_url="https://go.example.com/panel")),
        "It is unknown where",
    ),
    "no instance": (dataclasses.replace(facts(), instance=None), "no instance"),
    "no application": (_without_application(facts()), "no application"),
    "origins that may not be read": (_with_origins_unread(facts()), "No permission."),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_no_pass(name: str) -> None:
    known, words = UNKNOWN[name]
    finding = embedding_finding(known)
    assert finding.status == "unknown"
    assert words in finding.reason


def test_a_relay_state_that_another_hop_blames_is_not_blamed_twice() -> None:
    assert embedding_finding(facts(relay_state="https://console.aws.amazon.com/")).status == "pass"


def test_the_application_is_named() -> None:
    other = dataclasses.replace(PAGE, login_url=LOGIN.replace("0000", "9999", 1))
    assert m.application().name in embedding_finding(facts(other)).reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "not published yet"),
        (b"{", "is not the configuration of a page"),
        (b"[" * 100_000, "is not the configuration of a page"),
        (b'"text"', "is not the configuration of a page"),
        (b"\xff", "is not the configuration of a page"),
    ],
)
def test_what_is_published_cannot_be_read(content: bytes | None, reason: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "config.json").write_bytes(content)
    page = read_page({"url": PAGE.url, "folder": str(tmp_path)})
    assert (page.ccp_url, page.login_url) == (None, None)
    assert reason in page.not_readable
    assert reason in embedding_finding(facts(page)).reason


def test_what_is_published_completes_what_is_declared(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"ccp_url": CCP, "login_url": 7}), encoding="utf-8")
    variables = {"url": PAGE.url, "folder": str(tmp_path), "ccp_url": None, "login_url": LOGIN}
    assert read_page(variables) == PAGE
    assert read_page({**variables, "login_url": None}).login_url is None
