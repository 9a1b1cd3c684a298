# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""A certificate with which Entra signs an application's SAML responses, as everything here sees it. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate


@dataclass(frozen=True)
class SigningCertificate:
    """One certificate of a service principal. can_sign: whether its private key is there too. activated_at: as far as
    it was recorded.

    key_identifier: what its credentials share; None for a foreign one, of which it is not known which others belong to
    it. managed: whether this collection made it.
    """

    certificate: Certificate
    key_identifier: str | None
    active: bool
    can_sign: bool
    activated_at: datetime | None = None
    managed: bool = False

    @property
    def thumbprint(self) -> str:
        """SHA-1 in upper-case hexadecimal digits."""
        return self.certificate.thumbprint

    def usable(self, now: datetime) -> bool:
        """Whether responses can be signed with it at this time."""
        return self.can_sign and self.certificate.usable(now)

    def as_dict(self, now: datetime) -> dict[str, t.Any]:
        """The return value of modules for it."""
        return {
            **self.certificate.as_dict(now),
            "active": self.active,
            "can_sign": self.can_sign,
            "activated_at": second(self.activated_at) if self.activated_at else None,
            "managed": self.managed,
        }


def second(moment: datetime) -> str:
    """A time to the second, as Graph and the tags of an application have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
