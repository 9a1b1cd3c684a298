# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The direct members of groups: who can be an agent under which session name, and who cannot, and why."""

from __future__ import annotations

import typing as t
from collections import defaultdict

from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import principal_asks, principals, refuse_unknown
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, read
from ansible_collections.openccp.federation.plugins.module_utils._saml import session_names
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import GRAPH_PROPERTIES

#: The largest page of members.
PAGE: t.Final = 999

_SELECT: t.Final = ("id", "displayName", "userPrincipalName", "givenName", "surname", "mail", "accountEnabled", "userType")
_KIND: t.Final = "#microsoft.graph."

Member = dict[str, t.Any]


class Group(t.NamedTuple):
    """A group as it was asked for, and its direct members as Graph shows them."""

    reference: str
    id: str
    name: str
    members: list[Member]

    def of_kind(self, kind: str) -> list[Member]:
        """The members that are users, groups, devices, ..."""
        return [member for member in self.members if member.get("@odata.type", f"{_KIND}user") == _KIND + kind]


def read_groups(graph: Graph, references: t.Sequence[str], source: str) -> list[Group]:
    """The groups with their direct members, 999 a request. NotFound, with names like it, when one does not exist."""
    wanted = list(dict.fromkeys(references))
    asks = principal_asks({"group": wanted})
    found = principals(graph, {"group": wanted}, asks, graph.batch([ask for dummy, ask in asks]))
    unknown = found.unknown("group", wanted)
    if unknown:
        refuse_unknown(graph, "group", unknown)
    fields = dict.fromkeys((*_SELECT, GRAPH_PROPERTIES[source].partition("/")[0]))
    named = [(reference, found.ids["group"][reference]) for reference in wanted]
    pages = [
        read(f"/groups/{group_id}/members", f"read the members of the group '{reference}'", select=fields, top=PAGE)
        for reference, group_id in named
    ]
    firsts = graph.batch(pages)
    return [
        Group(reference, group_id, found.names[group_id], list(graph.rest(first.get(), ask.what)))
        for (reference, group_id), ask, first in zip(named, pages, firsts, strict=True)
    ]


def sorted_out(groups: t.Sequence[Group], source: str, *, guests: bool) -> tuple[list[Member], list[Member]]:
    """The people who can be agents, and those who cannot with their reasons; each once, with the groups that hold them. Pure."""
    people: dict[str, Member] = {}
    for group in groups:
        for user in group.of_kind("user"):
            people.setdefault(user["id"], _person(user, source))["groups"].append(group.reference)
    holders: dict[str, list[str]] = defaultdict(list)
    for person in people.values():
        if person["enabled"]:  # a former account may still have the address of a new one
            holders[person["username"]].append(person["user_principal_name"])
    usable: list[Member] = []
    unusable: list[Member] = []
    for person in sorted(people.values(), key=lambda one: (one["username"], one["entra_id"])):
        reasons = _reasons(person, source, holders[person["username"]], guests=guests)
        (unusable if reasons else usable).append({**person, "reasons": reasons} if reasons else person)
    return usable, unusable


def warnings(groups: t.Sequence[Group], unusable: t.Sequence[Member]) -> list[str]:
    """What the operator should know of, one sentence each."""
    told = [
        f"The group '{group.reference}' holds the group '{nested.get('displayName')}', whose members Entra ID does not sign in: "
        "assignments do not reach into nested groups. Add them directly, or give their group as well."
        for group in groups
        for nested in group.of_kind("group")
    ]
    told += [
        f"{person['user_principal_name'] or person['entra_id']} cannot be an agent. {' '.join(person['reasons'])}" for person in unusable
    ]
    return told


def _person(user: Member, source: str) -> Member:
    name: t.Any = user
    for key in GRAPH_PROPERTIES[source].split("/"):
        name = (name or {}).get(key)
    return {
        "username": name or "",
        "entra_id": user["id"],
        "first_name": user.get("givenName") or "",
        "last_name": user.get("surname") or "",
        "display_name": user.get("displayName") or "",
        "user_principal_name": user.get("userPrincipalName") or "",
        "mail": user.get("mail") or "",
        "enabled": user.get("accountEnabled") is not False,
        "guest": user.get("userType") == "Guest",
        "groups": [],
    }


def _reasons(person: Member, source: str, holders: t.Sequence[str], *, guests: bool) -> list[str]:
    found = []
    if not person["enabled"]:
        found.append("The account is disabled.")
    if person["guest"] and not guests:
        found.append("The account is a guest's.")
    found += [f"There is no {what}." for what in ("first_name", "last_name") if not person[what]]
    if not person["username"]:
        found.append(f"The attribute {source}, which is the session name, is empty.")
    else:
        found += [
            f"The session name {person['username']!r} cannot sign in. {reason}" for reason in session_names.problems(person["username"])
        ]
    if person["username"] and len(holders) > 1:
        found.append(f"The session name {person['username']!r} belongs to {len(holders)} people: {', '.join(sorted(holders))}.")
    return [reason.replace("first_name", "given name").replace("last_name", "surname") for reason in found]
