# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.filter.agents import agents

AGENT_TAGS: t.Final = {"level": "1", "x": "y"}
MERGED_TAGS: t.Final = {"level": "2", "x": "y"}
GROUPS: t.Final = [
    {"group": "Leads", "security_profiles": ["Lead", "Agent"], "routing_profile": "Leads", "tags": {"level": "2"}},
    {
        "group": "Agents",
        "security_profiles": ["Agent", "Voice"],
        "routing_profile": "Basic",
        "auto_accept": True,
        "tags": AGENT_TAGS,
    },
    {"group": "Guests"},
]
DEFAULTS: t.Final = {"security_profiles": ["Default"], "hierarchy_group": None}


def member(*groups: str) -> dict[str, t.Any]:
    return {
        "username": "jane",
        "first_name": "Jane",
        "last_name": "Doe",
        "person_id": "1",
        "mail": "x",
        "groups": list(groups),
    }


@pytest.mark.parametrize(
    ("groups", "match", "expected"),
    [
        (
            ["Agents", "Leads"],
            "first",
            {"security_profiles": ["Lead", "Agent"], "routing_profile": "Leads", "tags": {"level": "2"}},
        ),
        (
            ["Agents", "Leads"],
            "merge",
            {
                "security_profiles": ["Lead", "Agent", "Voice"],
                "routing_profile": "Leads",
                "auto_accept": True,
                "tags": MERGED_TAGS,
            },
        ),
        (["Guests"], "first", {"security_profiles": ["Default"]}),
        (["Guests"], "merge", {"security_profiles": ["Default"]}),
    ],
)
def test_the_settings_of_a_member(groups: list[str], match: str, expected: dict[str, t.Any]) -> None:
    person = {"username": "jane", "first_name": "Jane", "last_name": "Doe", "person_id": "1", "hierarchy_group": None}
    assert agents([member(*groups)], GROUPS, match, DEFAULTS) == [person | expected]


def test_what_is_wrong_is_reported() -> None:
    with pytest.raises(AnsibleFilterError, match="first or merge"):
        agents([member()], GROUPS, "last")
    with pytest.raises(AnsibleFilterError, match="has no group"):
        agents([member()], [{"security_profiles": []}])
