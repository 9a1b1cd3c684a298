# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from federation import JANE, Federation


def test_an_agent_gets_in(federation: Federation) -> None:
    signed_in = federation.sign_in()
    assert (signed_in.outcome, signed_in.hop, signed_in.agent) == ("ccp", "connect", JANE)
    assert signed_in.routing_profile == "Basic Routing Profile"
    assert signed_in.ok
    assert "Welcome, Jane Doe" in signed_in.text
    assert signed_in.url == "https://acme.my.connect.aws/ccp-v2"
