# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Assignments of users and groups to a role of an application."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import KINDS, Kind, Principals
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import (
    LOST_TIMEOUT,
    is_busy,
    is_replication,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied, FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import membership
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: The role of applications that declare none.
DEFAULT_ACCESS: t.Final = "00000000-0000-0000-0000-000000000000"

#: Roles that templates bring, the first one preferred.
TEMPLATE_ROLES: t.Final = ("msiam_access", "User")

#: Microsoft's sources differ on what an assignment takes.
DENIED_HINT: t.Final = (
    "Grant AppRoleAssignment.ReadWrite.All and Application.Read.All, which Microsoft's page of this call "
    "asks for; by its permission data, "
    "Application.ReadWrite.All alone is enough."
)

DesiredAssignments: t.TypeAlias = "t.Mapping[str, t.Any]"
"""The option: {users: {add, remove, set}, groups: {add, remove, set}, unlisted: remove or report}."""


@dataclass(frozen=True)
class Changes:
    """Ids of principals to assign and of those whose assignments go; kind → ids of those assigned before and
    afterwards.

    unlisted: those who are not in `set` and stay assigned.
    """

    add: dict[str, Kind]
    remove: dict[str, Kind]
    before: dict[Kind, tuple[str, ...]]
    after: dict[Kind, tuple[str, ...]]
    unlisted: dict[str, Kind]


def references(desired: DesiredAssignments | None) -> dict[Kind, set[str]]:
    """Every user and group that the option mentions."""
    return {kind: _mentioned(desired, kind, ("add", "remove", "set")) for kind in KINDS}


def needed(desired: DesiredAssignments | None) -> dict[Kind, set[str]]:
    """Those that must exist: a user or group that is only to be removed may not exist."""
    return {kind: _mentioned(desired, kind, ("add", "set")) for kind in KINDS}


def _mentioned(desired: DesiredAssignments | None, kind: Kind, keys: t.Iterable[str]) -> set[str]:
    return {name for key in keys for name in _desired_of(desired, kind).get(key) or ()}


def check_desired(desired: DesiredAssignments | None) -> None:
    """InvalidInput when the option contradicts itself."""
    for kind in KINDS:
        change = _desired_of(desired, kind)
        if change.get("set") is not None and (change.get("add") or change.get("remove")):
            raise InvalidInput(f"assignments.{kind}s.set cannot be combined with add or remove.")
        both = set(map(str.casefold, change.get("add") or ())) & set(map(str.casefold, change.get("remove") or ()))
        if both:
            raise InvalidInput(f"assignments.{kind}s both adds and removes {', '.join(sorted(both))}.")


def plan_changes(
    desired: DesiredAssignments | None, principals: Principals, assigned: t.Iterable[t.Mapping[str, t.Any]]
) -> Changes:
    """The changes that the option makes. A principal that has any role of the application is assigned."""
    current: dict[Kind, set[str]] = {kind: set() for kind in KINDS}
    for assignment in assigned:
        for kind in KINDS:
            if assignment.get("principalType") == kind.title():
                current[kind].add(assignment["principalId"])
    changes = Changes({}, {}, {}, {}, {})
    keeps = (desired or {}).get("unlisted") == "report"
    for kind in KINDS:
        ids = principals.ids[kind]
        named = {key: names for key, names in _desired_of(desired, kind).items() if names is not None}
        change = {}
        for key, names in named.items():
            change[key] = [ids[name] for name in names if name in ids]
        if keeps and "set" in change:
            changes.unlisted.update(dict.fromkeys(sorted(current[kind] - set(change["set"])), kind))
            change = {"add": change["set"]}
        members = membership(current[kind], change)
        changes.add.update(dict.fromkeys(members.add, kind))
        changes.remove.update(dict.fromkeys(members.remove, kind))
        changes.before[kind] = tuple(sorted(current[kind]))
        changes.after[kind] = members.result
    return changes


def names_of(principals: Principals, assigned: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, str]:
    """A name to show for every id that is assigned or was asked for."""
    return {
        assignment["principalId"]: str(assignment.get("principalDisplayName") or assignment["principalId"])
        for assignment in assigned
    } | dict(principals.names)


def list_for_sentence(references: t.Mapping[str, Kind], names: t.Mapping[str, str]) -> str:
    """Users and groups, formatted for a sentence."""
    return ", ".join(sorted(f"the {kind} {names.get(reference, reference)}" for reference, kind in references.items()))


def role_to_assign(app_roles: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """The id of the role that a user or group gets. InvalidInput when the application has roles, but none for users."""
    roles = list(app_roles)
    usable = [role for role in roles if role.get("isEnabled") and "User" in role.get("allowedMemberTypes", ())]
    if not roles:
        return DEFAULT_ACCESS
    if not usable:
        raise InvalidInput(
            "The application has roles, but none that is enabled and for users, so nobody can be assigned.",
            hint="Enable one in Entra ID.",
        )
    ranks = {name: rank for rank, name in enumerate(TEMPLATE_ROLES)}
    return str(min(usable, key=lambda role: ranks.get(str(role.get("displayName")), len(ranks)))["id"])


def assign(graph: Graph, waiter: Waiter, app: Application, ids: t.Sequence[str], names: t.Mapping[str, str]) -> None:
    """Assign users and groups; existing assignments are ignored."""
    role = role_to_assign(app.principal.get("appRoles") or ())
    path = f"/servicePrincipals/{app.principal_id}/appRoleAssignedTo"
    _all_of(
        graph,
        waiter,
        [
            Request(
                "POST",
                path,
                f"assign {names.get(principal_id, principal_id)} to '{app.label}'",
                {"principalId": principal_id, "resourceId": app.principal_id, "appRoleId": role},
            )
            for principal_id in ids
        ],
        lambda error: "already exist" in error.message,
    )


def unassign(graph: Graph, app: Application, ids: t.Collection[str], names: t.Mapping[str, str]) -> None:
    """Remove every assignment of users and groups; assignments that no longer exist are ignored."""
    path = f"/servicePrincipals/{app.principal_id}/appRoleAssignedTo"
    requests_ = [
        Request(
            "DELETE",
            f"{path}/{assignment['id']}",
            f"remove the assignment of {names.get(assignment['principalId'], assignment['principalId'])} to "
            f"'{app.label}'",
        )
        for assignment in app.assignments
        if assignment["principalId"] in ids
    ]
    for outcome in graph.batch(requests_):
        if outcome.error is not None:
            _explain(outcome.error)
        outcome.get_or_none()


def _explain(error: FederationError) -> None:
    """Add what to do where an assignment is refused although the token has a permission for it."""
    if isinstance(error, Denied):
        error.hint = DENIED_HINT


def _all_of(
    graph: Graph, waiter: Waiter, requests_: list[Request], done_already: t.Callable[[FederationError], bool]
) -> None:
    """Make requests in batches until each was taken; those that come too early for a recent write are made again.

    So are those that a busy service answered, for a while: what was done in spite of the answer is done already.
    """
    left = list(requests_)
    began = waiter.clock()

    def passes(error: FederationError) -> bool:
        return is_replication(error) or (is_busy(error) and waiter.clock() - began < LOST_TIMEOUT)

    def attempt() -> bool:
        outcomes = list(zip(left, graph.batch(left), strict=True))
        left.clear()
        errors = []
        for request, outcome in outcomes:
            if outcome.error is not None and not done_already(outcome.error):
                _explain(outcome.error)
                left.append(request)
                errors.append(outcome.error)
        if errors:
            raise min(errors, key=passes)
        return True

    waiter.until("the new application to take assignments", attempt, passes=passes)


def _desired_of(desired: DesiredAssignments | None, kind: Kind) -> t.Mapping[str, t.Sequence[str] | None]:
    membership_of_kind: t.Mapping[str, t.Sequence[str] | None] = (desired or {}).get(f"{kind}s") or {}
    return membership_of_kind
