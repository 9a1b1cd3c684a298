# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Which Microsoft Graph permissions each kind of work takes, so that a missing one is named before the first write."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied

Operation = t.Literal[
    "read applications",
    "read deleted applications",
    "change applications",
    "read claims policies",
    "change claims policies",
    "assign",
    "read users",
    "read groups",
    "read members",
    "read people",
]

_DIRECTORY: t.Final = ("Directory.Read.All", "Directory.ReadWrite.All")

#: Work → the permissions of which one is enough, the least one first. Changes come first: what allows them allows
#: reading as well.
REQUIRED_PERMISSIONS: t.Final[dict[Operation, tuple[str, ...]]] = {
    # Application.ReadWrite.OwnedBy is not enough: an application made from a template has no owner, so its maker cannot
    # change it.
    "change applications": ("Application.ReadWrite.All", "Directory.ReadWrite.All"),
    "change claims policies": ("Policy.ReadWrite.ApplicationConfiguration",),
    "read applications": (
        "Application.Read.All",
        "Application.ReadWrite.OwnedBy",
        "Application.ReadWrite.All",
        *_DIRECTORY,
    ),
    "read deleted applications": ("Application.Read.All", "Application.ReadWrite.All", *_DIRECTORY),
    "read claims policies": ("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"),
    "assign": ("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"),
    "read users": ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY),
    "read groups": (
        "GroupMember.Read.All",
        "Group.ReadBasic.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        *_DIRECTORY,
    ),
    "read members": ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY),
    "read people": ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY),
}


#: Playbook → what it does in Microsoft Graph, whatever its variables say.
_PLAYBOOKS: t.Final[t.Mapping[str, frozenset[Operation]]] = {
    "site": frozenset({"change applications", "change claims policies", "read claims policies", "assign"}),
    "users": frozenset({"change applications", "read claims policies", "assign"}),
    "rotate_certificate": frozenset({"change applications"}),
    "cognito": frozenset({"change applications", "change claims policies", "read claims policies", "assign"}),
    "teardown": frozenset({"change applications", "change claims policies"}),
}

#: What groups that decide who is an agent add, and what groups and people that are assigned or checked add.
_MEMBERS: t.Final[frozenset[Operation]] = frozenset({"read groups", "read members", "read people"})
_PEOPLE: t.Final[frozenset[Operation]] = frozenset({"read users", "read groups"})


def lacking_for_playbook(
    roles: t.Collection[str], playbook: str, *, groups_decide: bool, names_people: bool
) -> list[str]:
    """All permissions to grant, so that a whole playbook can run, where one of its modules was refused.

    groups_decide: whether groups decide who is an agent. names_people: whether users or groups are assigned or checked.
    """
    operations = _PLAYBOOKS.get(playbook, frozenset())
    operations |= (_MEMBERS if groups_decide else frozenset()) | (_PEOPLE if names_people else frozenset())
    lacking = missing(roles, operations)
    candidates = _least(list(lacking))
    for candidate in list(candidates):
        others = {*roles, *candidates} - {candidate}
        if not missing(others, lacking):
            candidates.remove(candidate)
    return candidates


def needed(work: Operation) -> str:
    """A sentence with the permissions of which one allows it."""
    return f"To {work}, grant the application permission {' or '.join(REQUIRED_PERMISSIONS[work])}."


def missing(roles: t.Collection[str], operations: t.Iterable[Operation]) -> dict[Operation, tuple[str, ...]]:
    """The works that these permissions do not allow, with what would."""
    return {
        work: REQUIRED_PERMISSIONS[work]
        for work in sorted(set(operations))
        if not set(REQUIRED_PERMISSIONS[work]) & set(roles)
    }


def check(
    roles: t.Collection[str] | None,
    operations: t.Iterable[Operation],
    client_id: str | None,
    *,
    also: t.Iterable[Operation] = (),
) -> None:
    """Denied when a permission is missing. roles: None when the token does not tell, which is no reason to stop.

    also: what follows these works where something is to change. It is no reason to stop, but is named with the rest, so
    that one message tells everything that has to be granted.
    """
    if roles is None:
        return
    lacking = missing(roles, operations)
    if not lacking:
        return
    later = missing(roles, also)
    needs = f"It needs, {_sentence(lacking)}"
    if later:
        needs += f"; and where something is to change, {_sentence(later)}"
    raise Denied(
        f"The application {client_id or 'of the managed identity'} lacks Microsoft Graph permissions. {needs}.",
        code="MissingGraphPermission",
        hint="Add them as application permissions and grant admin consent; a new token shows them within minutes.",
        missing_permissions=_least([*lacking, *later]),
        granted_permissions=sorted(roles),
    )


def _sentence(lacking: t.Mapping[Operation, tuple[str, ...]]) -> str:
    return "; ".join(f"to {work}: {' or '.join(enough[:3])}" for work, enough in lacking.items())


def _least(operations: t.Collection[Operation]) -> list[str]:
    """The permissions to grant for works: none for a work that another one's permission allows as well."""
    granted: list[str] = []
    for work in REQUIRED_PERMISSIONS:
        if work in operations and not set(REQUIRED_PERMISSIONS[work]) & set(granted):
            granted.append(REQUIRED_PERMISSIONS[work][0])
    return granted
