# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Encryption of the responses of an application, for the certificate of the service that reads them.

Entra ID encrypts with the key whose id the application names. The id is made of the certificate, so that it tells which
one that is, and no key material has to be read to compare it.
"""

from __future__ import annotations

import base64

from ansible_collections.openccp.federation.plugins.module_utils._entra import application_changes
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, read
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import (
    Certificate,
    key_id_of,
)
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter


def actual_key_id(app: Application) -> str:
    """The id of the key with which Entra ID encrypts; empty when it does not."""
    return str(app.application.get("tokenEncryptionKeyId") or "")


def encrypt(graph: Graph, waiter: Waiter, app: Application, certificate: Certificate) -> None:
    """Add the certificate to the application's keys, unless it is there, and name it as the one to encrypt with."""
    key_id = key_id_of(certificate)
    path = f"/applications/{app.id}"
    keys = graph.request(read(path, f"read the keys of '{app.label}'", select=("id", "keyCredentials")))
    kept = [{**key, "key": None} for key in keys.get("keyCredentials") or ()]
    if key_id not in [key["keyId"] for key in kept]:
        key = {
            "customKeyIdentifier": base64.b64encode(bytes.fromhex(certificate.thumbprint)).decode("ascii"),
            "keyId": key_id,
            "type": "AsymmetricX509Cert",
            "usage": "Encrypt",
            "key": base64.b64encode(certificate.der).decode("ascii"),
        }
        application_changes.update_application(graph, waiter, app, {"keyCredentials": [*kept, key]})
    application_changes.update_application(graph, waiter, app, {"tokenEncryptionKeyId": key_id})


def stop_encrypting(graph: Graph, waiter: Waiter, app: Application) -> None:
    """Encrypt no longer. The certificate stays among the application's keys."""
    application_changes.update_application(graph, waiter, app, {"tokenEncryptionKeyId": None})
