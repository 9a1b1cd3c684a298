# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Whom an application lets in before a plan and after it, read only when the plan may take access from somebody."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._entra import assignments, claims_policies, permissions
from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import VALUES
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, literal, read
from ansible_collections.openccp.federation.plugins.module_utils._entra.saml_app import CurrentState
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan
from ansible_collections.openccp.federation.plugins.module_utils._saml import claim_values, claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy

#: The largest page of members.
_PAGE: t.Final = 999
_SELECT: t.Final = ("id", "userPrincipalName", "accountEnabled")
#: The claims of an application without a claims policy, and what a session name is taken for that cannot be computed.
_DEFAULT: t.Final = claims.build(session_name_source=claims_policies.DEFAULT_SOURCE)

Record = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Door:
    """Who may come in under which name: principals that are assigned, whether that is required, and the claims."""

    assigned: frozenset[str]
    required: bool
    policy: ClaimsPolicy

    def session_name(self, user: Record, holders: t.Collection[str]) -> str | None:
        """The session name of a user whom this door lets in. holders: the user and the groups whose direct member the
        user is.
        """
        if user.get("accountEnabled") is False or (self.required and self.assigned.isdisjoint(holders)):
            return None
        person = claim_values.person_of(user)
        claim = claim_values.claim_of(self.policy, claims.ROLE_SESSION_NAME, person)
        if claim.values is None or not self.policy.of_type(claims.ROLE_SESSION_NAME):
            claim = claim_values.claim_of(_DEFAULT, claims.ROLE_SESSION_NAME, person)
        return claim_values.only(claim)


def doors(params: t.Mapping[str, t.Any], current_state: CurrentState, plan: Plan[t.Any]) -> tuple[Door, Door] | None:
    """The application before and after a plan; None when the plan takes access from nobody. Pure."""
    app = current_state.app
    if app is None or not plan.steps or params["state"] == "absent":
        return None
    changes = assignments.plan_changes(params.get("assignments"), current_state.principals, app.assignments)
    old = claims_policies.policy_of(app)[1] or _DEFAULT
    new = claims_policies.policy_after(params, app) or _DEFAULT
    was_required = bool(app.principal.get("appRoleAssignmentRequired"))
    is_required = was_required if params.get("assignment_required") is None else bool(params["assignment_required"])
    before = Door(frozenset(door for ids in changes.before.values() for door in ids), was_required, old)
    after = Door(frozenset(door for ids in changes.after.values() for door in ids), is_required, new)
    loses_assignment = is_required and not before.assigned <= after.assigned
    return (
        (before, after) if loses_assignment or not _same_session_name(old, new) or is_required > was_required else None
    )


def read_access(graph: Graph, current_state: CurrentState, before: Door, after: Door) -> dict[str, t.Any]:
    """Everybody whom either door lets in, with the session name of each side; or why they cannot be read."""
    access: dict[str, t.Any] = {"required_before": before.required, "required_after": after.required}
    try:
        permissions.check(graph.roles, {"read members", "read people"}, graph.place.client_id)
        holders, users = _read_people(graph, current_state, before, after)
    except Denied as error:
        return access | {"people": [], "unreadable": error.message}
    people = [_comparison(user, holders[user_id], before, after) for user_id, user in users.items()]
    return access | {"people": sorted(people, key=lambda person: str(person["name"])), "unreadable": ""}


def _comparison(user: Record, holders: t.Collection[str], before: Door, after: Door) -> dict[str, t.Any]:
    name = str(user.get("userPrincipalName") or user["id"])
    return {"name": name, "before": before.session_name(user, holders), "after": after.session_name(user, holders)}


def _read_people(
    graph: Graph, current_state: CurrentState, before: Door, after: Door
) -> tuple[dict[str, set[str]], dict[str, Record]]:
    """User id → the user and the groups that hold the user, and user id → the user, over all that are assigned before
    or after.
    """
    assigned = before.assigned | after.assigned
    kinds = (
        {assignment["principalId"]: assignment.get("principalType") for assignment in current_state.app.assignments}
        if current_state.app
        else {}
    )
    groups = sorted(
        assignment
        for assignment in assigned
        if kinds.get(assignment) == "Group" or assignment in current_state.principals.ids["group"].values()
    )
    direct = sorted(assigned - set(groups))
    names = [claim_values.user_properties(door.policy, (claims.ROLE_SESSION_NAME,)) for door in (before, after)]
    fields = dict.fromkeys((*_SELECT, *names[0], *names[1]))
    requests_ = [
        read(f"/groups/{group}/members", "read whom an assigned group holds", select=fields, top=_PAGE)
        for group in groups
    ]
    for start in range(0, len(direct), VALUES):
        ids = ",".join(literal(user_id) for user_id in direct[start : start + VALUES])
        requests_.append(
            read("/users", "read the users who are assigned", filter=f"id in ({ids})", select=fields, top=_PAGE)
        )
    holders: dict[str, set[str]] = {}
    users: dict[str, Record] = {}
    for number, (request, outcome) in enumerate(zip(requests_, graph.batch(requests_), strict=True)):
        for member in graph.rest(outcome.get_or_none() or {}, request.what):
            if str(member.get("@odata.type", ".user")).endswith(".user"):
                users[member["id"]] = member
                holders.setdefault(member["id"], {member["id"]}).update(groups[number : number + 1])
    return holders, users


def _same_session_name(before: ClaimsPolicy, after: ClaimsPolicy) -> bool:
    """Whether two policies send the same session name of everybody, as far as their texts show."""
    old, new = (
        ClaimsPolicy(tuple(policy.of_type(claims.ROLE_SESSION_NAME)), policy.transformations)
        for policy in (before, after)
    )
    return claims.same_meaning(old, new)
