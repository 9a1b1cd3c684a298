# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The direct members of groups: who can be an agent under which session name, and who cannot, why, and what changes
that.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    application_search,
    applications,
    claims_policies,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import (
    principal_requests,
    principals,
    refuse_unknown,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request, read
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._saml import (
    claim_values,
    claims,
    person_names,
    session_names,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import ClaimValue
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

#: The largest page of members.
PAGE: t.Final = 999

_SELECT: t.Final = (
    "id",
    "displayName",
    "userPrincipalName",
    "givenName",
    "surname",
    "mail",
    "accountEnabled",
    "userType",
)
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
        return _of_kind(self.members, kind)


@dataclass(frozen=True)
class Membership:
    """The groups, and the users whom groups within them hold: name of the inner group → users."""

    groups: tuple[Group, ...]
    nested: t.Mapping[str, t.Sequence[Member]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """Who can be an agent. policy: the claims, of which one is the session name. name_fallbacks: what stands in for
    missing names.
    """

    policy: ClaimsPolicy
    guests: bool = False
    name_fallbacks: tuple[str, ...] = ()


class Obstacle(t.NamedTuple):
    """Why somebody cannot be an agent, and what changes that."""

    reason: str
    fix: str


def read_claims(graph: Graph, params: t.Mapping[str, t.Any]) -> ClaimsPolicy:
    """The claims that decide the session name: those of the application that is named, else the source that is."""
    app_id = params["app_id"]
    if params["identifier"]:
        app_id = application_search.find_app_id(
            graph, applications.Selector(identifiers=(params["identifier"],), adopt=True)
        )
        if app_id is None:
            raise NotFound(
                f"There is no application with the identifier {params['identifier']}.",
                hint=(
                    "Run openccp.federation.site first, or set "
                    f"{setting('azure_group_member_info.session_name_source')}."
                ),
            )
    if not app_id:
        return claims.build(session_name_source=params["session_name_source"] or claims_policies.DEFAULT_SOURCE)
    policy = claims_policies.read_content(graph, app_id)
    if policy is None or not policy.of_type(claims.ROLE_SESSION_NAME):
        raise InvalidInput(
            (
                f"The application {app_id} has no claims policy that sends RoleSessionName, so its session names "
                f"cannot be computed."
            ),
            hint=f"Set {setting('azure_group_member_info.session_name_source')} to the attribute that it sends.",
        )
    return policy


def read_groups(graph: Graph, references: t.Sequence[str], policy: ClaimsPolicy) -> Membership:
    """The groups with their direct members, 999 a request. NotFound, with names like it, when one does not exist."""
    unique = list(dict.fromkeys(references))
    requests_ = principal_requests({"group": unique})
    group_principals = principals(
        graph, {"group": unique}, requests_, graph.batch([request for dummy, request in requests_])
    )
    unknown = group_principals.unknown("group", unique)
    if unknown:
        refuse_unknown(graph, "group", unknown)
    fields = tuple(dict.fromkeys((*_SELECT, *claim_values.user_properties(policy, (claims.ROLE_SESSION_NAME,)))))
    named = [(reference, group_principals.ids["group"][reference]) for reference in unique]
    members = _read_members(
        graph, [_members_ask(group_id, reference, "members", fields) for reference, group_id in named]
    )
    groups = tuple(
        Group(reference, group_id, group_principals.names[group_id], listed)
        for (reference, group_id), listed in zip(named, members, strict=True)
    )
    return Membership(groups, _read_nested(graph, groups, fields))


def _read_nested(graph: Graph, groups: t.Sequence[Group], fields: t.Sequence[str]) -> dict[str, list[Member]]:
    """The users of the groups within groups, those that are listed themselves aside."""
    listed = {group.id for group in groups}
    inner = {
        nested["id"]: nested for group in groups for nested in group.of_kind("group") if nested["id"] not in listed
    }
    requests_ = [
        _members_ask(group_id, str(nested.get("displayName")), "transitiveMembers", fields)
        for group_id, nested in inner.items()
    ]
    members_by_group = zip(inner.values(), _read_members(graph, requests_), strict=True)
    return {str(nested.get("displayName")): _of_kind(members, "user") for nested, members in members_by_group}


def _members_ask(group_id: str, name: str, walk: str, fields: t.Sequence[str]) -> Request:
    return read(f"/groups/{group_id}/{walk}", f"read the members of the group '{name}'", select=fields, top=PAGE)


def _read_members(graph: Graph, requests_: t.Sequence[Request]) -> list[list[Member]]:
    pages = graph.batch(requests_)
    return [list(graph.rest(first.get(), request.what)) for request, first in zip(requests_, pages, strict=True)]


def sorted_out(membership: Membership, rules: Rules) -> tuple[list[Member], list[Member]]:
    """The people who can be agents, and those who cannot with reasons and fixes; each once, with the groups that hold
    them. Pure.
    """
    people: dict[str, Member] = {}
    claimed: dict[str, ClaimValue] = {}

    def noted(user: Member) -> Member:
        if user["id"] not in people:
            claimed[user["id"]] = claim_values.claim_of(
                rules.policy, claims.ROLE_SESSION_NAME, claim_values.person_of(user)
            )
            people[user["id"]] = _person(user, claimed[user["id"]], rules)
        return people[user["id"]]

    for group in membership.groups:
        for user in group.of_kind("user"):
            noted(user)["groups"].append(group.reference)
    for name, users in membership.nested.items():
        for user in users:
            noted(user)["nested"].append(name)
    holders: dict[str, list[str]] = defaultdict(list)
    for person in people.values():
        if person["enabled"] and person["groups"]:  # a former account may still have the address of a new one
            holders[person["username"]].append(person["user_principal_name"])
    usable: list[Member] = []
    unusable: list[Member] = []
    for person in sorted(people.values(), key=lambda each: (each["username"], each["person_id"])):
        obstacles = [
            *_obstacles(person, rules),
            *_name_obstacles(person, claimed[person["person_id"]], holders[person["username"]]),
        ]
        if obstacles:
            reasons, fixes = ([*dict.fromkeys(texts)] for texts in zip(*obstacles, strict=True))
            unusable.append({**person, "reasons": reasons, "fixes": fixes})
        else:
            usable.append(person)
    return usable, unusable


def warnings(groups: t.Sequence[Group], unusable: t.Sequence[Member]) -> list[str]:
    """What the operator should know of, one sentence each."""
    nested = [
        f"The group '{group.reference}' holds the group '{inner.get('displayName')}', whose members Entra ID "
        f"does not sign in: "
        "assignments do not reach into nested groups. Add them directly, or give their group as well."
        for group in groups
        for inner in group.of_kind("group")
    ]
    people = [
        f"{person['user_principal_name'] or person['person_id']} cannot be an agent. {' '.join(person['reasons'])} "
        f"{' '.join(person['fixes'])}"
        for person in unusable
        if person["groups"]
    ]
    return nested + people


def _of_kind(members: t.Iterable[Member], kind: str) -> list[Member]:
    return [member for member in members if member.get("@odata.type", f"{_KIND}user") == _KIND + kind]


def _person(user: Member, claim: ClaimValue, rules: Rules) -> Member:
    person: Member = {
        "username": claim_values.only(claim) or "",
        "person_id": user["id"],
        "first_name": (user.get("givenName") or "").strip(),
        "last_name": (user.get("surname") or "").strip(),
        "display_name": user.get("displayName") or "",
        "user_principal_name": user.get("userPrincipalName") or "",
        "mail": user.get("mail") or "",
        "enabled": user.get("accountEnabled") is not False,
        "guest": user.get("userType") == "Guest",
        "groups": [],
        "nested": [],
    }
    substituted = person_names.completed(person, rules.name_fallbacks)
    return {**person, **substituted, "substituted_names": list(substituted)}


_WHAT: t.Final = {"first_name": "given name", "last_name": "surname"}


def _obstacles(person: Member, rules: Rules) -> t.Iterator[Obstacle]:
    """What is wrong with a person's place, account and names."""
    if not person["groups"]:
        inner = ", ".join(person["nested"])
        yield Obstacle(
            f"The person is only in {inner}, within a listed group; Entra ID lets only direct members sign in.",
            f"Add the person to a listed group, or list {inner}.",
        )
    if not person["enabled"]:
        yield Obstacle("The account is disabled.", "Enable it in Entra ID, or take the person out of the group.")
    if person["guest"] and not rules.guests:
        yield Obstacle(
            "The account is a guest's.", f"Let guests be agents with {setting('azure_group_member_info.guests')}."
        )
    for option, what in _WHAT.items():
        if not person[option]:
            fill = (
                f"Fill givenName and surname in Entra ID, or say what stands in for them in "
                f"{setting('azure_group_member_info.name_fallbacks')}."
            )
            yield Obstacle(f"There is no {what}.", fill)


def _name_obstacles(person: Member, claim: ClaimValue, holders: t.Sequence[str]) -> t.Iterator[Obstacle]:
    """What is wrong with a person's session name."""
    name, source = person["username"], claim.source.removeprefix("user.")
    change = (
        f"Change {source} of the person in Entra ID, or send another attribute as the session name "
        f"(federation_session_name_source)."
    )
    if claim.values is None:
        yield Obstacle(
            f"The session name is not known. {claim.unknown}", "Send an attribute of the user as the session name."
        )
    elif claim.refused:
        yield Obstacle(
            f"Entra ID cannot compute the session name, and lets the person in nowhere. {claim.refused}", change
        )
    elif not claim.values:
        yield Obstacle(
            f"The attribute {source}, which is the session name, is empty.", change.replace("Change", "Fill", 1)
        )
    elif not name:
        yield Obstacle(
            f"The session name has several values, {' and '.join(map(repr, claim.values))}; AWS accepts only one.",
            change,
        )
    else:
        for problem in session_names.problems(name):
            yield Obstacle(f"The session name {name!r} cannot sign in. {problem}", change)
        if len(holders) > 1:
            shared = f"The session name {name!r} belongs to {len(holders)} people: {', '.join(sorted(holders))}."
            yield Obstacle(shared, f"Give each of them a {source} of their own in Entra ID.")
