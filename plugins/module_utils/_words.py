# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""How messages count, and how they name an option to those who set it by a role's variable."""

from __future__ import annotations

import typing as t

_APPLICATION: t.Final = "azure_saml_app"
_POOLS: t.Final = "cognito_federation"
_ROTATION: t.Final = "certificate_rotation"
_USERS: t.Final = "connect_users"

#: MODULE.OPTION → role → the variable by which the role sets the option. A role that sets it otherwise is not listed.
VARIABLES: t.Final[t.Mapping[str, t.Mapping[str, str]]] = {
    "azure_saml_app.adopt": {_APPLICATION: "azure_saml_app_adopt", _POOLS: "cognito_federation_adopt"},
    "azure_saml_app.app_id": {_APPLICATION: "azure_saml_app_app_id"},
    "azure_saml_app.default_reply_url": {_APPLICATION: "azure_saml_app_default_reply_url"},
    "azure_saml_app.extra_claims": {_APPLICATION: "azure_saml_app_extra_claims"},
    "azure_saml_app.identifiers": {_APPLICATION: "federation_identifier"},
    "azure_saml_app.name": {_APPLICATION: "federation_application_name"},
    "azure_saml_app.purge": {_APPLICATION: "azure_saml_app_purge"},
    "azure_saml_app.session_duration": {_APPLICATION: "federation_session_duration"},
    "azure_saml_app.session_name_source": {_APPLICATION: "federation_session_name_source"},
    "azure_saml_app.signing_certificate": {_APPLICATION: "azure_saml_app_signing_certificate"},
    "azure_saml_app.template": {_APPLICATION: "federation_template"},
    "azure_saml_certificate.adopt": {_ROTATION: "certificate_rotation_adopt_unmanaged"},
    "azure_saml_certificate.validity_days": {_ROTATION: "certificate_rotation_validity_days"},
    "cognito_saml_provider.adopt": {_POOLS: "cognito_federation_adopt"},
    "connect_federation_role.adopt": {"aws_federation": "aws_federation_adopt"},
    "connect_federation_role.name": {"aws_federation": "federation_role_name"},
    "connect_federation_role.max_session_duration": {"aws_federation": "aws_federation_session_duration"},
    "connect_federation_role.permission_form": {"aws_federation": "aws_federation_permission_form"},
    "connect_federation_role.path": {"aws_federation": "federation_role_path"},
    "connect_instance.confirm_alias": {"connect_instance": "connect_instance_confirm_alias"},
    "connect_users.leavers": {_USERS: "connect_users_leavers"},
    "connect_users.manage_unowned": {_USERS: "connect_users_manage_unowned"},
    "connect_users.max_removals": {_USERS: "connect_users_max_removals"},
    "connect_users.mode": {_USERS: "connect_users_mode"},
    "connect_users.renames": {_USERS: "connect_users_renames"},
    "connect_users.restricted_security_profile": {_USERS: "connect_users_restricted_security_profile"},
    "azure_group_member_info.guests": {_USERS: "connect_users_guests"},
    "azure_group_member_info.name_fallbacks": {_USERS: "connect_users_name_fallbacks"},
    "azure_group_member_info.session_name_source": {_USERS: "federation_session_name_source"},
    "iam_saml_provider.adopt": {"aws_federation": "aws_federation_adopt"},
    "iam_saml_provider.expected_entity_id": {"aws_federation": "aws_federation_entity_id"},
}

#: Options that every module has which waits or signs in, with what sets them wherever a role runs one.
EVERYWHERE: t.Final[t.Mapping[str, str]] = {"wait_timeout": "federation_wait_timeout"}


def counted(number: int, singular: str, several: str = "") -> str:
    """A number with its noun. several: the noun's plural, unless an s makes it."""
    return f"{number:,} {singular if number == 1 else several or singular + 's'}"


def aligned(rows: t.Sequence[t.Sequence[str]]) -> list[str]:
    """The rows of a table as lines of equal columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def setting(option: str) -> str:
    """An option with the variables that set it where roles run the module. option: MODULE.OPTION, or an option that
    every module has.
    """
    if option in EVERYWHERE:
        return f"{option} (in the roles: {EVERYWHERE[option]})"
    variables = "; ".join(f"in the role {role}: {variable}" for role, variable in VARIABLES[option].items())
    return f"{option.partition('.')[2]} ({variables})"
