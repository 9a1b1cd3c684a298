# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Tags of a SAML provider. Amazon Cognito has none, so they are kept as tags of its pool, each key with the provider's
name behind a slash.
"""

from __future__ import annotations

import typing as t

#: the tag that notes which certificates an address served when Amazon Cognito was last made to fetch it
FETCHED_TAG: t.Final = "certificates-fetched"


def provider_tags(tags: t.Mapping[str, str], name: str) -> dict[str, str]:
    """The tags of a provider, from those of its pool."""
    return {key.removesuffix(f"/{name}"): value for key, value in tags.items() if key.endswith(f"/{name}")}


def pool_tags(tags: t.Mapping[str, str], name: str) -> dict[str, str]:
    """The tags of a provider as those of its pool."""
    return {f"{key}/{name}": value for key, value in tags.items()}


def noted_certificates(tags: t.Mapping[str, str]) -> set[str]:
    """The thumbprints that an address served when Amazon Cognito was last made to fetch it."""
    return set(tags.get(FETCHED_TAG, "").partition("@")[0].split())
