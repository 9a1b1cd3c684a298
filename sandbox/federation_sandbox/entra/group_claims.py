# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The claim with a user's groups, if the application is configured for it, filtered by the claims policy
(facts/entra.md 2.14, E7).
"""

from __future__ import annotations

import collections.abc
import dataclasses
import typing as t

from federation_sandbox.entra.state import Record, Tenant

GROUPS: t.Final = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
LINK: t.Final = "http://schemas.microsoft.com/claims/groups.link"
#: with more groups than these, a link takes their place
_MOST: t.Final = 150

#: what a filter looks at → the property of Graph's group
_MATCHED: t.Final = {"displayname": "displayName", "samaccountname": "onPremisesSamAccountName"}


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim. form: its NameFormat, if the policy sets one."""

    name: str
    values: tuple[str, ...]
    form: str = ""


def groups_for(
    tenant: Tenant,
    application: Record,
    principal: Record,
    user: Record,
    group_filter: collections.abc.Mapping[str, str] | None,
) -> list[Claim]:
    """The IDs of the groups in the claim. group_filter: the GroupFilter of the claims policy."""
    setting = application.get("groupMembershipClaims")
    if setting not in ("SecurityGroup", "All", "ApplicationGroup"):
        return []
    groups = _groups_of(tenant, user["id"])
    if setting == "ApplicationGroup":
        assigned = {
            each["principalId"]
            for each in tenant["appRoleAssignments"].all_visible()
            if each["resourceId"] == principal["id"]
        }
        groups = [group for group in groups if group["id"] in assigned and user["id"] in group["_members"]]
    ids = tuple(group["id"] for group in groups if group_filter is None or _matches(group, group_filter))
    if len(ids) > _MOST:
        return [Claim(LINK, (f"https://graph.windows.net/{tenant.id}/users/{user['id']}/getMemberObjects",))]
    return [Claim(GROUPS, ids)] if ids else []


def _groups_of(tenant: Tenant, user_id: str) -> list[Record]:
    """The groups of a user, direct and nested ones."""
    every = tuple(tenant["groups"].all_visible())
    by_id: dict[str, Record] = {}
    new = {user_id}
    while new:
        holding = [group for group in every if group["id"] not in by_id and new & set(group["_members"])]
        by_id |= {group["id"]: group for group in holding}
        new = {group["id"] for group in holding}
    return list(by_id.values())


def _matches(group: Record, group_filter: collections.abc.Mapping[str, str]) -> bool:
    text = str(group.get(_MATCHED[group_filter["MatchOn"]]) or "")
    if group_filter["Type"] == "contains":
        return group_filter["Value"] in text
    return (
        text.startswith(group_filter["Value"])
        if group_filter["Type"] == "prefix"
        else text.endswith(group_filter["Value"])
    )
