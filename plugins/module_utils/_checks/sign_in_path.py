# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The whole sign-in path, hop by hop: facts in, findings out."""

from __future__ import annotations

import collections.abc
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import (
    address_hops,
    aws_hops,
    embedding_hop,
    entra_hops,
    people_hops,
    role_claim_hop,
)
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Facts
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, in_order
from ansible_collections.openccp.federation.plugins.module_utils._checks.hops import OF_APPLICATION
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path, unknown

Hop = t.Callable[[Path], collections.abc.Iterator[Finding]]

_OF_APPLICATION: t.Final[tuple[Hop, ...]] = (
    entra_hops.tenant,
    people_hops.of_groups,
    entra_hops.token,
    entra_hops.claims_policy,
    role_claim_hop.role_claim,
    entra_hops.certificate,
    address_hops.identifier,
    address_hops.where_posted,
    address_hops.landing,
)
_IN_AWS: t.Final[tuple[Hop, ...]] = (
    aws_hops.provider,
    aws_hops.role,
    aws_hops.session_duration,
    aws_hops.permissions,
    aws_hops.organization,
    aws_hops.instance,
    aws_hops.approved_origins,
    embedding_hop.embedding,
)


def check(facts: Facts) -> list[Finding]:
    """The findings along the path, where many people pass a hop as one."""
    return in_order(every_finding(facts))


def every_finding(facts: Facts) -> list[Finding]:
    """The findings, one for each person, in no particular order."""
    return list(_findings(Path(facts)))


def _findings(path: Path) -> collections.abc.Iterator[Finding]:
    yield from entra_hops.application(path)
    if path.facts.application is not None:
        for hop in _OF_APPLICATION:
            yield from hop(path)
        for person in path.facts.people:
            yield from people_hops.of_person(path, person)
            if person.id is not None and not (path.desired.everyone and person.enabled is False):
                yield from role_claim_hop.role_of_person(path, person)
                yield from aws_hops.duration_of_person(path, person)
    else:
        for name in OF_APPLICATION:
            yield unknown(name, path.desired.label or "application", "There is no application to read it from.")
    for hop in _IN_AWS:
        yield from hop(path)
