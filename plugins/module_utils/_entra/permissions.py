# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Which Microsoft Graph permissions each kind of work takes, so that a missing one is named before the first write."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied

Work = t.Literal[
    "read applications",
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

#: Work → the permissions of which one is enough, the least one first.
NEEDS: t.Final[dict[Work, tuple[str, ...]]] = {
    "read applications": ("Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", *_DIRECTORY),
    # Application.ReadWrite.OwnedBy is not enough: an application made from a template has no owner, so its maker cannot change it.
    "change applications": ("Application.ReadWrite.All", "Directory.ReadWrite.All"),
    "read claims policies": ("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"),
    "change claims policies": ("Policy.ReadWrite.ApplicationConfiguration",),
    "assign": ("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"),
    "read users": ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY),
    "read groups": ("GroupMember.Read.All", "Group.ReadBasic.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY),
    "read members": ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY),
    "read people": ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY),
}


def missing(roles: t.Collection[str], works: t.Iterable[Work]) -> dict[Work, tuple[str, ...]]:
    """The works that these permissions do not allow, with what would."""
    return {work: NEEDS[work] for work in sorted(set(works)) if not set(NEEDS[work]) & set(roles)}


def check(roles: t.Collection[str] | None, works: t.Iterable[Work], client_id: str | None) -> None:
    """Denied when a permission is missing. roles: None when the token does not tell, which is no reason to stop."""
    if roles is None:
        return
    lacking = missing(roles, works)
    if not lacking:
        return
    told = "; ".join(f"to {work}: {' or '.join(enough[:3])}" for work, enough in lacking.items())
    raise Denied(
        f"The application {client_id or 'of the managed identity'} lacks Microsoft Graph permissions. It needs, {told}.",
        code="MissingGraphPermission",
        hint="Add them as application permissions and grant admin consent; a new token shows them within minutes.",
        missing_permissions=[enough[0] for enough in lacking.values()],
    )
