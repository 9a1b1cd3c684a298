# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""User pools by the application that they have."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.filter.user_pools import user_pools

OWN: t.Final = {"user_pool_name": "desk"}
SHARED: t.Final = {
    "user_pool_id": "eu-central-1_AbCdEfGhI",
    "domain": "desk.example.com",
    "application": "shared",
    "metadata_source": "url",
}


def test_pools_are_separated_by_their_application() -> None:
    assert user_pools([OWN, SHARED, {"user_pool_name": "other", "application": "own"}]) == {
        "own": [OWN, {"user_pool_name": "other", "application": "own"}],
        "shared": [SHARED],
        "identifiers": ["urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI"],
        "reply_urls": ["https://desk.example.com/saml2/idpresponse"],
    }


def test_without_pools_there_is_nothing() -> None:
    assert user_pools([]) == {"own": [], "shared": [], "identifiers": [], "reply_urls": []}


@pytest.mark.parametrize(
    ("pool", "settings", "reason"),
    [
        ({**SHARED, "sign_out": True}, {}, "sign_out cannot be true"),
        ({"user_pool_name": "desk", "application": "shared"}, {}, "user_pool_id is needed"),
        (SHARED, {"audience_override": "urn:example"}, "the audience urn:example"),
        (SHARED, {"issuer_with_application_id": "yes"}, "metadata_source must be text"),
    ],
)
def test_a_pool_that_cannot_share_is_an_error(pool: dict[str, t.Any], settings: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(AnsibleFilterError, match=reason):
        user_pools([OWN, pool], **settings)


@pytest.mark.parametrize("settings", [{"issuer_with_application_id": "no"}, {"audience_override": ""}])
def test_settings_that_say_nothing_clash_with_nothing(settings: dict[str, t.Any]) -> None:
    assert user_pools([SHARED], **settings)["shared"] == [SHARED]
