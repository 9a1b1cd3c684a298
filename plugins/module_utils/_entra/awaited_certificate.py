# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""An application once it shows a signing certificate that was just made, which old replicas do not know yet."""

from __future__ import annotations

from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import (
    PRINCIPAL_TIMEOUT,
    Application,
    read_without_keys,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import KeyMaterial
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import is_replication
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import named
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter


def showing(graph: Graph, waiter: Waiter, app: Application, thumbprint: str) -> Application:
    """The application, as it was read or as it is read until it shows the certificate; NotFound when it never does.

    Of the keys, which Graph limits, those alone are read again that are new.
    """
    keys = KeyMaterial()
    keys.learn(app.principal)
    read_already = [app]

    def probe() -> Application | None:
        current = read_already.pop() if read_already else read_without_keys(graph, app.application, keys)
        if current is not None:
            named(current.certificates, thumbprint)
        return current

    def passes(error: FederationError) -> bool:
        return isinstance(error, NotFound) or is_replication(error)

    what = f"'{app.label}' to show the signing certificate {thumbprint}"
    return waiter.until(what, probe, passes=passes, timeout=min(PRINCIPAL_TIMEOUT, waiter.timeout))
