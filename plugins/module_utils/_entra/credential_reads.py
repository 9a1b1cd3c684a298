# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Reads of a service principal's credentials, with as few as possible of the requests that Microsoft Graph limits.

Graph shows the public keys only to a read that selects keyCredentials, and allows 150 such reads a minute in a tenant.
Microsoft's page says that a plain read, without $select, shows the credentials without their keys; where it shows none,
they are selected.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, url

KEY_FIELDS: t.Final = (
    "id",
    "appId",
    "keyCredentials",
    "passwordCredentials",
    "preferredTokenSigningKeyThumbprint",
    "tags",
)

#: The lists of credentials, and the member that must be null in what stays.
SECRETS: t.Final = {"keyCredentials": "key", "passwordCredentials": "secretText"}

#: How often credentials are selected that plain reads do not show, until it is known whether they ever show any.
SELECT_AGAIN: t.Final = timedelta(seconds=5)


class KeyMaterial:
    """The public keys of a service principal that were read before, so that reads that only wait need not select
    them.
    """

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def learn(self, principal: t.Mapping[str, t.Any]) -> None:
        """Keep the keys that a read shows."""
        self._keys |= {key_of(key): key["key"] for key in verifying(principal) if key.get("key")}

    def keep(self, identifier: str, key: str) -> None:
        """Keep the key of a certificate that was just made."""
        self._keys[identifier] = key

    def completed(self, graph: Graph, principal: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
        """A service principal, as a plain read shows it, with its credentials and their keys."""
        if not (self._keys or _has_certificate(principal)):
            return principal
        with_credentials = _with_credentials(graph, principal)
        self.learn(with_credentials)
        return self.filled(graph, with_credentials)

    def filled(self, graph: Graph, principal: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
        """A service principal that shows its credentials, with their keys; those that are not known yet are read."""
        if not all(key_of(key) in self._keys for key in verifying(principal)):
            self.learn(read_keys(graph, principal["id"]))
        keys = [
            {**key, "key": self._keys.get(key_of(key))} if key.get("usage") == "Verify" else key
            for key in principal.get("keyCredentials") or ()
        ]
        return {**principal, "keyCredentials": keys}


def verifying(principal: t.Mapping[str, t.Any]) -> list[t.Mapping[str, t.Any]]:
    return [key for key in principal.get("keyCredentials") or () if key.get("usage") == "Verify"]


def key_of(key: t.Mapping[str, t.Any]) -> str:
    """By what a certificate is known: its credentials' common identifier, or, of a foreign one without, the key's
    own.
    """
    return str(key.get("customKeyIdentifier") or key["keyId"])


def identifiers(principal: t.Mapping[str, t.Any], name: str = "keyCredentials") -> set[str]:
    """What the credentials of each certificate share."""
    return {key["customKeyIdentifier"] for key in principal.get(name) or () if key.get("customKeyIdentifier")}


def read_principal(graph: Graph, principal_id: str) -> t.Mapping[str, t.Any]:
    """A service principal with its credentials, as a rule without their keys."""
    what = f"read the credentials of the service principal {principal_id}"
    return _with_credentials(graph, graph.get(f"/servicePrincipals/{principal_id}", what))


def read_left(graph: Graph, principal_id: str) -> t.Mapping[str, t.Any]:
    """The same, for a caller to whom it means something that there are no credentials."""
    principal = read_principal(graph, principal_id)
    return read_keys(graph, principal_id) if graph.plain_reads.show_credentials is None else principal


def read_keys(graph: Graph, principal_id: str) -> dict[str, t.Any]:
    """A service principal's credentials; the keys are only shown to a request for one object that names them."""
    path = url(f"/servicePrincipals/{principal_id}", select=KEY_FIELDS)
    return t.cast(
        "dict[str, t.Any]", graph.get(path, f"read the signing certificates of the service principal {principal_id}")
    )


def _has_certificate(principal: t.Mapping[str, t.Any]) -> bool:
    """Whether anything says that a service principal has a signing certificate, also where it shows no keys."""
    return any(principal.get(name) for name in (*SECRETS, "preferredTokenSigningKeyThumbprint"))


def _with_credentials(graph: Graph, principal: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """A service principal, as a plain read shows it, with its credentials also where such reads show none.

    A plain read without credentials may as well be an old replica's: until either kind of read has shown some, they
    are selected once in a while.
    """
    habits = graph.plain_reads
    if principal.get("keyCredentials"):
        habits.show_credentials = True
    if habits.show_credentials or (habits.show_credentials is None and not habits.is_due(graph.now(), SELECT_AGAIN)):
        return principal
    selected = read_keys(graph, principal["id"])
    if selected.get("keyCredentials"):
        habits.show_credentials = False
    return {**principal, **{name: selected.get(name) or [] for name in SECRETS}}
