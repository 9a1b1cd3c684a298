# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Every write of azure_saml_certificate."""

from __future__ import annotations

from ansible_collections.openccp.federation.plugins.module_utils._entra import new_certificate, signing_certificates
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import KeyMaterial
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter


class CertificateWriter:
    """Changes the signing certificates of one application. staged: the thumbprint of the one that it made."""

    def __init__(self, graph: Graph, waiter: Waiter, keys: KeyMaterial, app: Application) -> None:
        self._graph = graph
        self._waiter = waiter
        self._keys = keys
        self._app = app
        self.staged: str | None = None

    def stage(self, common_name: str, validity_days: int) -> None:
        """Create a certificate that is not active."""
        credential = new_certificate.add(self._graph, self._waiter, self._app.principal, common_name, validity_days)[0]
        self._keys.keep(credential.identifier, credential.key)
        self.staged = credential.certificate.thumbprint

    def activate(self, thumbprint: str) -> None:
        """Make a certificate the active one."""
        signing_certificates.activate(self._graph, self._waiter, self._app.principal, thumbprint)

    def remove(self, thumbprint: str) -> None:
        """Remove a certificate that is not active."""
        certificate = signing_certificates.named(self._app.certificates, thumbprint)
        signing_certificates.remove(self._graph, self._waiter, self._app.principal, certificate)
