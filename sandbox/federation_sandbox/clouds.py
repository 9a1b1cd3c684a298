# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every service of the sandbox, and what a seed fills."""

from __future__ import annotations

import functools
import typing as t

from federation_sandbox import aws, entra, sites
from federation_sandbox.service import Service
from federation_sandbox.world import World

SERVICES: t.Final[tuple[Service, ...]] = (*entra.SERVICES, *aws.SERVICES, sites.SERVICE)

#: seed section → the function that fills that cloud and returns what it made
SEEDS: t.Final[dict[str, t.Callable[[World, t.Mapping[str, t.Any]], dict[str, t.Any]]]] = {
    "entra": entra.seed,
    "aws": aws.seed,
    "sites": sites.seed,
}


@functools.lru_cache(maxsize=256)
def service_for(host: str) -> Service | None:
    """The service that answers for a host name, if any does."""
    return next((service for service in SERVICES if service.answers_for(host)), None)


def seed(world: World, sections: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """Fill both clouds, and serve sites; ValueError names a section or key that does not exist."""
    unknown = sorted(set(sections) - set(SEEDS))
    if unknown:
        raise ValueError(f"a seed has the sections {', '.join(SEEDS)}, not {', '.join(unknown)}")
    with world.lock:
        return {name: SEEDS[name](world, content) for name, content in sections.items()}
