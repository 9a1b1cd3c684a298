# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Reads what AWS would hold a SAML response against: providers and roles, from IAM or from files."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_providers import SamlProviders
from ansible_collections.openccp.federation.plugins.module_utils._checks import response as response_check
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Role
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_arn
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._facts import aws
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import RolePair
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


def read_bytes(path: str, what: str) -> bytes:
    """The content of a file."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput(f"The {what} {path} cannot be read: {error.strerror}.") from None


def _content_of(path: str, what: str) -> str:
    """The text of a file in UTF-8."""
    try:
        return read_bytes(path, what).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"The {what} {path} is not text.") from None


def from_files(module: AwsModule, pairs: list[RolePair]) -> response_check.TrustConfig:
    """SamlProvider and role as files describe them, whatever the response calls them."""
    params = module.params
    providers: dict[str, SamlProvider | None] = {}
    roles: dict[str, Role | None] = {}
    not_readable: dict[str, str] = {}
    known = metadata.parse(_content_of(params["metadata_file"], "metadata file")) if params["metadata_file"] else None
    trust = (
        policies.parse(_content_of(params["trust_policy_file"], "trust policy"), "trust policy")
        if params["trust_policy_file"]
        else None
    )
    for pair in pairs:
        if known:
            providers[pair.provider_arn] = SamlProvider(pair.provider_arn, known)
        else:
            not_readable[pair.provider_arn] = "No metadata_file was given to compare it with."
        if trust:
            roles[pair.role_arn] = Role(pair.role_arn, "", trust, max_session_duration=params["max_session_duration"])
        else:
            not_readable[pair.role_arn] = "No trust_policy_file was given to compare it with."
    return response_check.TrustConfig(datetime.now(UTC), providers, roles, not_readable)


def from_iam(module: AwsModule, pairs: list[RolePair]) -> response_check.TrustConfig:
    """SamlProvider and role as IAM has them; those of another account are not looked for."""
    not_readable: dict[str, str] = {}
    own = account_of(module).id if pairs else ""
    for pair in pairs:
        for arn in pair:
            if parse_arn(arn).account != own:
                not_readable[arn] = f"It is in the account {parse_arn(arn).account}; the credentials are of {own}."
    iam = client(module, "iam")
    saml_providers = SamlProviders(iam)
    providers = aws.read_providers(
        iam, [pair.provider_arn for pair in pairs if pair.provider_arn not in not_readable], not_readable
    )
    roles = aws.read_roles(iam, [pair.role_arn for pair in pairs if pair.role_arn not in not_readable], not_readable)
    return response_check.TrustConfig(saml_providers.now, providers, roles, not_readable)
