# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of one's own in which agents work: who may frame the panel, whose panel it is, and where its window signs
in.
"""

from __future__ import annotations

import functools
import typing as t
import uuid

from live_federation import REGION, LiveFederation

from misconfigurations.misconfiguration import Act, Misconfiguration

ORIGIN: t.Final = "https://desk.example.com"
_NEW: t.Final = "https://example.my.connect.aws/ccp-v2/"
_OLD: t.Final = "https://example.awsapps.com/connect/ccp-v2/"


def _approve(*origins: str) -> Act:
    def act(live: LiveFederation) -> None:
        live.have_page()
        live.approve(*origins)

    return act


def _page(**changes: str) -> Act:
    """An approved page with something wrong in it."""

    def act(live: LiveFederation) -> None:
        live.approve(ORIGIN)
        live.have_page(**changes)

    return act


def _another_instance(live: LiveFederation) -> None:
    other = live.have("connect_instance", alias="other")["instance"]
    _page(ccp_url=f"{other['access_url']}/ccp-v2/")(live)


def _relay_state(live: LiveFederation, query: str) -> str:
    return f"https://{REGION}.console.aws.amazon.com/connect/federate/{live.instance['id']}?destination={query}"


def _move(live: LiveFederation, query: str, ccp_url: str) -> None:
    """An instance of the old domain: the page shows the panel on one domain, and signing in leads to the other."""
    _page(ccp_url=ccp_url)(live)
    live.move_to_old_domain(_relay_state(live, query))


_ill = functools.partial(Misconfiguration, hop="embedding", has_page=True)

EMBEDDING: t.Final = (
    _ill("page-not-approved", breaks=_approve(), advice="connect_approved_origin"),
    _ill("page-approved-with-another-port", breaks=_approve(f"{ORIGIN}:8443"), advice="connect_approved_origin"),
    _ill("page-approved-as-www", breaks=_approve("https://www.desk.example.com"), advice="connect_approved_origin"),
    _ill("page-without-https", breaks=_page(url="http://desk.example.com/"), advice="such as https://", mends=_page()),
    _ill("page-of-another-instance", breaks=_another_instance, advice=f"ccpUrl: {_NEW}", mends=_page()),
    _ill(
        "page-of-no-panel",
        breaks=_page(ccp_url="https://example.my.connect.aws/panel"),
        advice=f"ccpUrl: {_NEW}",
        mends=_page(),
    ),
    _ill(
        "page-of-another-application",
        breaks=_page(login_url=f"https://launcher.myapps.microsoft.com/api/signin/{uuid.UUID(int=1)}"),
        advice="user_access_url",
        mends=_page(),
    ),
    _ill(
        "page-on-the-old-domain",
        breaks=lambda p: _move(p, "%2Fccp-v2&new_domain=true", _OLD),
        advice=f"ccpUrl: {_NEW}",
        mends=_page(ccp_url=_NEW),
    ),
    _ill(
        "page-on-the-new-domain-and-sign-in-on-the-old",
        breaks=lambda p: _move(p, "%2Fconnect%2Fccp-v2", _NEW),
        advice="new_domain=true",
        destination=None,
    ),
    _ill(
        "page-on-the-old-domain-without-connect",
        breaks=lambda p: _move(p, "%2Fconnect%2Fccp-v2", "https://example.awsapps.com/ccp-v2/"),
        advice=f"ccpUrl: {_OLD}",
        mends=_page(ccp_url=_OLD),
        destination=None,
    ),
)
