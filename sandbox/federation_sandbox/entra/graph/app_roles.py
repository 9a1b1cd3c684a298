# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""App roles: their rules. Only a disabled role may be changed or removed."""

from __future__ import annotations

import re
import typing as t

from federation_sandbox.entra.graph.errors import bad_request, invalid_value

_VALUE = re.compile(r"[0-9A-Za-z:!#$%&'()*+,\-./;<=>?@\[\]^_`{|}~]{1,120}")
_LIMIT: t.Final[int] = 700


def checked_roles(
    resource: str, current: list[dict[str, t.Any]], desired: list[dict[str, t.Any]]
) -> list[dict[str, t.Any]]:
    """The new list of roles; 400 when one of them is invalid. resource: "Application" or "ServicePrincipal"."""
    if len({role.get("id") for role in desired}) != len(desired) or len(desired) > _LIMIT:
        raise invalid_value("appRoles", resource)
    values = [role["value"] for role in desired if role.get("value")]
    if len(set(values)) != len(values):
        raise bad_request(
            "It contains duplicate value. Please provide a unique value.", target="appRoles", detail="DuplicateValue"
        )
    known = {role["id"]: role for role in current}
    roles = [_checked(resource, role, known.get(role.get("id"))) for role in desired]
    for role in current:
        if role["isEnabled"] and role["id"] not in {each["id"] for each in roles}:
            raise _disable_first()
    return roles


def _checked(resource: str, role: dict[str, t.Any], before: dict[str, t.Any] | None) -> dict[str, t.Any]:
    if not role.get("id") or not role.get("displayName") or not role.get("allowedMemberTypes"):
        raise invalid_value("appRoles", resource)
    members = {"User", "Application"} if resource == "Application" else {"User"}
    if (
        not set(role["allowedMemberTypes"]) <= members
        and (before or {}).get("allowedMemberTypes") != role["allowedMemberTypes"]
    ):
        raise invalid_value("appRoles", resource)
    # An empty value means no value: Terraform's provider sends it for roles without one.
    value = role.get("value") or None
    if value is not None and (not _VALUE.fullmatch(value) or value.startswith(".")):
        raise invalid_value("appRoles", resource)
    after = {
        "description": None,
        "isEnabled": True,
        **role,
        "value": value,
        "origin": (before or {}).get("origin", resource),
    }
    if before is None:
        if not after["isEnabled"]:
            raise bad_request(
                "A new permission (scope or role) must be enabled.", target="appRoles", detail="InvalidValue"
            )
    elif before["isEnabled"] and {**before, "isEnabled": None} != {**after, "isEnabled": None}:
        raise _disable_first()
    return after


def _disable_first() -> Exception:
    return bad_request(
        "Permission (scope or role) cannot be deleted or updated unless disabled first.",
        target="appRoles",
        detail="CannotDeleteOrUpdateEnabledEntitlement",
    )
