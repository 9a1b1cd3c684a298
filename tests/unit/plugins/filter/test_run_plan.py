# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.filter.run_plan import run_plan

PEOPLE: t.Final = [{"name": name, "before": name, "after": None} for name in ("ann", "bob")]
ACCESS: t.Final = {"required_before": True, "required_after": True, "people": PEOPLE, "unreadable": ""}
RESULTS: t.Final = {"azure_saml_app": {"steps": [], "access": ACCESS}}


@pytest.mark.parametrize(
    ("usernames", "lost"), [(None, 2), ("", 2), ([], 0), (["ann"], 1), ({"ann": {}, "bob": {}}, 2)]
)
def test_agents_that_are_not_known_are_everybody_and_an_empty_text_is_not_known(usernames: t.Any, lost: int) -> None:
    plan = run_plan(RESULTS, {"azure_saml_app": "the application"}, usernames, 1)
    assert len(plan["access_lost"]) == lost
    assert bool(plan["refusal"]) is (lost > 1)


@pytest.mark.parametrize(
    ("limit", "variable", "refused"),
    [
        (None, "connect_users_max_removals", True),
        ("", "connect_users_max_removals", True),
        (0, "connect_users_max_removals", True),
        ("100%", "connect_users_max_removals", False),
        ("", "", False),
        (0, "", True),
    ],
)
def test_an_empty_limit_is_the_default_and_not_no_limit(limit: t.Any, variable: str, refused: bool) -> None:
    """ansible-core 2.18 makes an empty text of none; only a playbook that removes on purpose has no variable."""
    plan = run_plan(RESULTS, {"azure_saml_app": "the application"}, None, limit, variable)
    assert bool(plan["refusal"]) is refused


def test_a_limit_that_is_none_is_reported() -> None:
    with pytest.raises(AnsibleFilterError, match="max_removals"):
        run_plan(RESULTS, {"azure_saml_app": "the application"}, [], "many")
