# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Entra ID: the login service, Microsoft Graph and the federation metadata document, in every cloud."""

from __future__ import annotations

import typing as t

from federation_sandbox.entra import login, managed_identity, signin
from federation_sandbox.entra.graph import service as graph
from federation_sandbox.entra.seeding import seed
from federation_sandbox.service import Service

SERVICES: t.Final[tuple[Service, ...]] = (login.SERVICE, graph.SERVICE, managed_identity.SERVICE, signin.LAUNCHER)

__all__ = ["SERVICES", "seed"]
