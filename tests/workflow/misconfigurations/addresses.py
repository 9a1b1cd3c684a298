# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identifier, reply URL, and relay state."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from live_federation import REGION, REPLY_URL, LiveFederation

from misconfigurations.misconfiguration import Act, Misconfiguration


def _other_instance(live: LiveFederation) -> str:
    return live.relay_state.replace(live.instance["id"], "99999999-8888-4777-8666-555555555555")


ADDRESSES: t.Final = (
    Misconfiguration(
        "audience-of-somebody-else",
        "identifier",
        lambda p: p.change_application(identifierUris=["https://example.com/saml"]),
        "identifiers",
    ),
    Misconfiguration("no-identifier", "identifier", lambda p: p.change_application(identifierUris=[]), "identifiers"),
    Misconfiguration("no-reply-url", "reply_url", lambda p: p.set_reply_urls(), "reply_urls"),
    Misconfiguration("reply-url-misspelt", "reply_url", lambda p: p.set_reply_urls(REPLY_URL + "l"), "reply_urls"),
    Misconfiguration(
        "reply-url-elsewhere", "reply_url", lambda p: p.set_reply_urls("https://desk.example.com/saml"), "reply_urls"
    ),
    Misconfiguration(
        "reply-url-of-govcloud",
        "reply_url",
        lambda p: p.set_reply_urls("https://signin.amazonaws-us-gov.com/saml"),
        "reply_urls",
    ),
    Misconfiguration(
        "reply-url-of-another-provider",
        "reply_url",
        lambda p: p.set_reply_urls(REPLY_URL + "/acs/SAMLSP00000000000000"),
        "reply_urls",
    ),
    Misconfiguration("no-relay-state", "relay_state", lambda p: p.set_relay_state(None), "relay_state"),
    Misconfiguration(
        "relay-state-elsewhere", "relay_state", lambda p: p.set_relay_state("https://desk.example.com/"), "relay_state"
    ),
    Misconfiguration(
        "relay-state-without-https",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.replace("https:", "http:")),
        "relay_state",
    ),
    Misconfiguration(
        "relay-state-of-govcloud",
        "relay_state",
        lambda p: p.set_relay_state(
            p.relay_state.replace(f"{REGION}.console.aws.amazon.com", "console.amazonaws-us-gov.com")
        ),
        "relay_state",
    ),
    Misconfiguration(
        "relay-state-to-another-instance", "relay_state", lambda p: p.set_relay_state(_other_instance(p)), "relay_state"
    ),
    Misconfiguration(
        "relay-state-to-another-region",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.replace(REGION, "eu-west-2")),
        "relay_state",
    ),
    Misconfiguration(
        "relay-state-to-another-page",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.replace("ccp-v2", "users")),
        "relay_state",
    ),
    Misconfiguration(
        "relay-state-to-no-page",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.partition("?")[0]),
        "relay_state",
    ),
    Misconfiguration(
        "audience-in-another-case",
        "identifier",
        lambda p: p.change_application(identifierUris=["https://Signin.aws.amazon.com/saml#example"]),
        "identifiers",
    ),
    Misconfiguration(
        "reply-url-in-another-case",
        "reply_url",
        lambda p: p.set_reply_urls(REPLY_URL.replace("signin", "SignIn")),
        "reply_urls",
    ),
    Misconfiguration(
        "reply-path-in-another-case",
        "reply_url",
        lambda p: p.set_reply_urls(REPLY_URL.replace("/saml", "/SAML")),
        "reply_urls",
    ),
    Misconfiguration(
        "relay-state-with-the-id-in-another-case",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.replace(p.instance["id"], p.instance["id"].upper())),
        "relay_state",
    ),
    Misconfiguration(
        "relay-state-of-the-new-domain-at-an-instance-on-the-old",
        "relay_state",
        lambda p: p.move_to_old_domain(p.relay_state),
        "new_domain=true",
    ),
    Misconfiguration(
        "relay-state-encoded-as-a-whole",
        "relay_state",
        lambda p: p.set_relay_state(quote(p.relay_state, safe="")),
        "relay_state",
    ),
)

#: what looks odd, and lets agents in
HARMLESS: t.Final[dict[str, Act]] = {
    "a page that is encoded twice": lambda p: p.set_relay_state(p.relay_state.replace("%2F", "%252F")),
    "a page that is not encoded": lambda p: p.set_relay_state(p.relay_state.replace("%2F", "/")),
    "a console's host in another case": lambda p: p.set_relay_state(
        p.relay_state.replace("console.aws", "Console.AWS")
    ),
}
