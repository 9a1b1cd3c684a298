# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""An IAM SAML provider, as it is read, planned and checked. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_saml_provider_arn
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata


@dataclass(frozen=True)
class PrivateKey:
    """A key that decrypts assertions, as IAM shows it; a key that is still to be added has no id."""

    key_id: str | None = None
    added: datetime | None = None


@dataclass(frozen=True)
class SamlProvider:
    """A SAML provider. metadata: None when its document is not one that can be read; `unreadable` then says why."""

    arn: str
    metadata: Metadata | None = None
    unreadable: str | None = None
    uuid: str | None = None
    create_date: datetime | None = None
    tags: t.Mapping[str, str] = field(default_factory=dict)
    encryption_mode: str | None = None
    private_keys: tuple[PrivateKey, ...] = ()

    @property
    def name(self) -> str:
        """The name, by which IAM identifies it within the account."""
        return parse_saml_provider_arn(self.arn).name

    @property
    def requires_encryption(self) -> bool:
        """Whether it refuses assertions that are not encrypted."""
        return self.encryption_mode == "Required"
