# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions of Microsoft Graph that each call requires. One of the alternatives is sufficient."""

from __future__ import annotations

import typing as t

from federation_sandbox.entra.graph.errors import denied
from federation_sandbox.entra.tokens import Caller

#: alternatives, each the permissions that are needed together
Needs = tuple[frozenset[str], ...]

OWNED_BY: t.Final[str] = "Application.ReadWrite.OwnedBy"


def _any(*alternatives: str) -> Needs:
    return tuple(frozenset(each.split(" + ")) for each in alternatives)


_READ = ("Application.Read.All", OWNED_BY, "Application.ReadWrite.All", "Directory.Read.All")
_POLICY_READ = ("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration")

NOTHING: t.Final[Needs] = (frozenset(),)
APPLICATION_READ: t.Final[Needs] = _any(*_READ)
APPLICATION_WRITE: t.Final[Needs] = _any("Application.ReadWrite.All", OWNED_BY)
ASSIGNMENT_CREATE: t.Final[Needs] = _any(
    "Application.ReadWrite.All",
    *(f"AppRoleAssignment.ReadWrite.All + {read}" for read in ("Application.Read.All", "Directory.Read.All")),
)
ASSIGNMENT_DELETE: t.Final[Needs] = _any("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All")
PRINCIPAL_ASSIGNMENT_WRITE: t.Final[Needs] = _any("AppRoleAssignment.ReadWrite.All")
PRINCIPAL_ASSIGNMENT_READ: t.Final[Needs] = _any("AppRoleAssignment.ReadWrite.All", "Directory.Read.All")
#: policies where they are assigned, read as well as written: Application.Read.All does not do (facts/entra.md E6)
APPLICATION_POLICIES: t.Final[Needs] = _any(
    *(f"{write} + {read}" for write in ("Application.ReadWrite.All", OWNED_BY) for read in _POLICY_READ)
)
#: to what a policy is assigned: any one of these (facts/entra.md E6)
POLICY_APPLIES_TO: t.Final[Needs] = _any(*_POLICY_READ, "Application.Read.All", "Directory.Read.All")
#: the same of an app management policy
MANAGEMENT_APPLIES_TO: t.Final[Needs] = _any(*_POLICY_READ, "Application.Read.All")
#: policies by themselves, the tenant's default app management policy among them
POLICY_READ: t.Final[Needs] = _any(*_POLICY_READ)
POLICY_WRITE: t.Final[Needs] = _any("Policy.ReadWrite.ApplicationConfiguration")
_GROUP = ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All")
GROUP_READ: t.Final[Needs] = _any("Group.ReadBasic.All", *_GROUP)
MEMBER_READ: t.Final[Needs] = _any("GroupMember.ReadBasic.All", "Group.ReadBasic.All", *_GROUP)
GROUP_OWNER_READ: t.Final[Needs] = _any(*_GROUP)
GROUP_WRITE: t.Final[Needs] = _any("Group.ReadWrite.All")
OWNER_ADD: t.Final[Needs] = _any(
    *(f"{write} + Directory.Read.All" for write in ("Application.ReadWrite.All", OWNED_BY))
)
MANAGER_READ: t.Final[Needs] = _any("User.Read.All", "Directory.Read.All")
USER_READ: t.Final[Needs] = _any("User.ReadBasic.All", "User.Read.All", "Directory.Read.All")
#: what was deleted: OwnedBy does not do (facts/entra.md E6), nor does the right to applications show users and groups
DELETED_READ: t.Final[dict[str, Needs]] = {
    "application": _any("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"),
    "servicePrincipal": _any("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"),
    "user": _any("User.Read.All", "Directory.Read.All"),
    "group": _any("Group.Read.All", "Directory.Read.All"),
}
ORGANIZATION_READ: t.Final[Needs] = _any("Organization.Read.All", "Directory.Read.All")
DOMAIN_READ: t.Final[Needs] = _any("Domain.Read.All", "Directory.Read.All")

#: reads whole user objects; with less, members come back with little more than their ids
FULL_USER: t.Final[frozenset[str]] = frozenset({"User.Read.All", "Directory.Read.All"})


def union(needs: t.Iterable[Needs]) -> Needs:
    """The permissions that meet any of several requirements."""
    return tuple(dict.fromkeys(alternative for each in needs for alternative in each))


def only_owned(caller: Caller, needs: Needs) -> bool:
    """403 when the caller has no sufficient permission; True when it may only access applications that it owns."""
    granted = [alternative for alternative in needs if alternative <= caller.roles]
    if not granted:
        raise denied()
    return all(OWNED_BY in alternative for alternative in granted)
