# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What Entra ID sends of the people of an application, one by one: the claims of its policy and the basic ones."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import Claimed
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Person
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Selector
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph
from ansible_collections.openccp.federation.plugins.module_utils._facts.entra import (
    policy_of,
    read_application,
    read_people,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import BASIC_CLAIMS
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy


def read_sent_claims(
    graph: Graph, app_id: str, names: t.Sequence[str], *, everyone: bool
) -> list[dict[str, t.Any]] | None:
    """The people who are named, or everyone who is assigned, each with the claims; None when the claims are not
    readable.
    """
    application, assignments = read_application(graph, Selector(app_id=app_id))
    if application is None or {"policies", "assignments"} & set(application.not_readable):
        return None
    people = read_people(graph, application, assignments, names, everyone=everyone)[1]
    return [_describe(person, policy_of(application)) for person in sorted(people, key=lambda person: person.name)]


def _describe(person: Person, policy: ClaimsPolicy) -> dict[str, t.Any]:
    known = {
        "name": person.name,
        "id": person.id,
        "enabled": person.enabled is not False,
        "assigned": bool(person.through),
    }
    if person.id is None:
        return known | {"claims": {}}
    claimed = Claimed(policy, person)
    sent: dict[str, list[str] | None] = {}
    if policy.include_basic:
        sent |= {claim: _basic(person, attribute) for claim, attribute in BASIC_CLAIMS.items() if attribute is not None}
    for name in dict.fromkeys(claim["name"] for claim in policy.as_sent()):
        values = claimed.value(name).values
        sent[name] = None if values is None else list(values)
    return known | {"claims": sent}


def _basic(person: Person, attribute: str) -> list[str]:
    value = person.attributes.get(attribute)
    return [value] if value else []
