# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a whole playbook lacks, where one of its modules was refused."""

from __future__ import annotations

import pytest
from ansible_collections.openccp.federation.plugins.filter.missing_permissions import missing_permissions

WRITE, POLICIES = "Application.ReadWrite.All", "Policy.ReadWrite.ApplicationConfiguration"
MEMBERS, USERS, BASIC = "GroupMember.Read.All", "User.Read.All", "User.ReadBasic.All"
GROUPS = [{"group": "Agents"}]


@pytest.mark.parametrize(
    ("granted", "playbook", "agent_groups", "people", "lacking"),
    [
        ([], "site", GROUPS, ["jane"], [WRITE, POLICIES, MEMBERS, USERS]),
        ([], "site", [], ["jane"], [WRITE, POLICIES, BASIC, MEMBERS]),
        ([], "site", "", None, [WRITE, POLICIES]),
        ([WRITE], "site", GROUPS, [], [POLICIES, MEMBERS, USERS]),
        ([WRITE, POLICIES, MEMBERS, BASIC], "site", GROUPS, ["jane"], [USERS]),
        (["Application.ReadWrite.OwnedBy", "Policy.Read.All"], "users", GROUPS, [], [WRITE, MEMBERS, USERS]),
        (["Directory.Read.All"], "site", GROUPS, ["jane"], [WRITE, POLICIES]),
        ([], "rotate_certificate", [], [], [WRITE]),
        ([], "teardown", [], [], [WRITE, POLICIES]),
        ([WRITE, POLICIES, MEMBERS, USERS], "site", GROUPS, ["jane"], []),
    ],
)
def test_all_that_a_playbook_lacks(
    granted: list[str], playbook: str, agent_groups: list[str], people: list[str], lacking: list[str]
) -> None:
    failed = {"msg": "x", "granted_permissions": granted}
    missing = missing_permissions(failed, playbook, agent_groups=agent_groups, people=people)
    assert sorted(missing) == sorted(lacking)


def test_a_message_that_names_all_is_enough() -> None:
    failed = {"msg": "x", "granted_permissions": [], "missing_permissions": [WRITE]}
    assert missing_permissions(failed, "rotate_certificate") == []
    assert sorted(missing_permissions(failed, "teardown")) == sorted([WRITE, POLICIES])


def test_another_failure() -> None:
    assert missing_permissions({"msg": "x"}, "site", agent_groups=GROUPS) == []
