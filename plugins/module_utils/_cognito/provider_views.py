# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The return value of modules for a user pool, its SAML providers and its app clients."""

from __future__ import annotations

import typing as t
import urllib.parse
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._cognito.saml_providers import (
    CognitoProvider,
    timestamp,
    view,
)
from ansible_collections.openccp.federation.plugins.module_utils._cognito.user_pools import (
    STANDARD,
    AppClient,
    UserPool,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata


def describe(provider: CognitoProvider, pool: UserPool, served: Metadata | None, now: datetime) -> dict[str, t.Any]:
    """The return value of the modules for a provider. served: what the address of one that has one serves."""
    metadata = served if provider.url else provider.metadata
    trusted = provider.trusted(served, now)
    last = max(metadata.certificates, key=lambda certificate: certificate.not_after, default=None) if metadata else None
    known = {
        "create_date": timestamp(provider.created),
        "last_modified_date": timestamp(provider.modified),
        "expires_at": timestamp(last.not_after) if last else None,
        "days_left": last.days_left(now) if last else None,
    }
    if provider.encryption_certificate and view(provider)["encrypted_responses"]:
        known["encryption_certificate"] = provider.encryption_certificate
    content = metadata.as_dict(now) if metadata else {"certificates": []}
    return {
        "id": f"{pool.id}/{provider.name}",
        "user_pool_id": pool.id,
        "user_pool_name": pool.name,
        **{key: value for key, value in view(provider).items() if key not in ("certificates", "entity_id")},
        **content,
        **{key: value for key, value in known.items() if value is not None},
        "trusted_thumbprints": trusted,
    }


def describe_client(client: AppClient, pool: UserPool, name: str) -> dict[str, t.Any]:
    """The return value of the modules for a client, with the address of a sign-in that leads past the choice of
    providers.
    """
    settings, callbacks = client.settings, list(client.settings.get("CallbackURLs") or ())
    view = {
        "id": client.id,
        "name": client.name,
        "callback_urls": callbacks,
        "oauth": bool(settings.get("AllowedOAuthFlowsUserPoolClient"))
        and "code" in (settings.get("AllowedOAuthFlows") or ()),
        "write_attributes": sorted(settings.get("WriteAttributes") or STANDARD),
    }
    if not pool.hosts or not callbacks:
        return view
    query = {
        "identity_provider": name,
        "client_id": client.id,
        "response_type": "code",
        "redirect_uri": settings.get("DefaultRedirectURI") or callbacks[0],
        "scope": " ".join(settings.get("AllowedOAuthScopes") or ()),
    }
    return {**view, "sign_in_url": f"https://{pool.hosts[0]}/oauth2/authorize?{urllib.parse.urlencode(query)}"}


def pool_facts(pool: UserPool) -> dict[str, t.Any]:
    """What the application in Entra ID needs to know of a pool."""
    first = {"reply_url": pool.reply_urls[0], "logout_url": pool.logout_urls[0]} if pool.hosts else {}
    return {
        "sp_entity_id": pool.entity_id,
        "reply_urls": pool.reply_urls,
        "logout_urls": pool.logout_urls,
        "domains": pool.hosts,
        **first,
    }
