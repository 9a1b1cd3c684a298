# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Which Microsoft Graph permissions each kind of work takes, so that a missing one is named before the first write."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied

Work = t.Literal[
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

#: Work → the permissions of which one is enough, the least one first. Changes come first: what allows them allows reading as well.
NEEDS: t.Final[dict[Work, tuple[str, ...]]] = {
    # Application.ReadWrite.OwnedBy is not enough: an application made from a template has no owner, so its maker cannot change it.
    "change applications": ("Application.ReadWrite.All", "Directory.ReadWrite.All"),
    "change claims policies": ("Policy.ReadWrite.ApplicationConfiguration",),
    "read applications": ("Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", *_DIRECTORY),
    "read deleted applications": ("Application.Read.All", "Application.ReadWrite.All", *_DIRECTORY),
    "read claims policies": ("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"),
    "assign": ("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"),
    "read users": ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY),
    "read groups": ("GroupMember.Read.All", "Group.ReadBasic.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY),
    "read members": ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY),
    "read people": ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY),
}


def missing(roles: t.Collection[str], works: t.Iterable[Work]) -> dict[Work, tuple[str, ...]]:
    """The works that these permissions do not allow, with what would."""
    return {work: NEEDS[work] for work in sorted(set(works)) if not set(NEEDS[work]) & set(roles)}


def check(roles: t.Collection[str] | None, works: t.Iterable[Work], client_id: str | None, *, also: t.Iterable[Work] = ()) -> None:
    """Denied when a permission is missing. roles: None when the token does not tell, which is no reason to stop.

    also: what follows these works where something is to change. It is no reason to stop, but is named with the rest, so that one message
    tells everything that has to be granted.
    """
    if roles is None:
        return
    lacking = missing(roles, works)
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
    )


def _sentence(lacking: t.Mapping[Work, tuple[str, ...]]) -> str:
    return "; ".join(f"to {work}: {' or '.join(enough[:3])}" for work, enough in lacking.items())


def _least(works: t.Collection[Work]) -> list[str]:
    """The permissions to grant for works: none for a work that another one's permission allows as well."""
    granted: list[str] = []
    for work in NEEDS:
        if work in works and not set(NEEDS[work]) & set(granted):
            granted.append(NEEDS[work][0])
    return granted
