# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from federation_sandbox.service import Service
from federation_sandbox.world import World

SERVICES: t.Final[tuple[Service, ...]] = ()


def seed(world: World, content: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Fill this cloud."""
    return {}
