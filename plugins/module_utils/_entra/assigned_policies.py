# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Policies of a tenant by what they are assigned to, for those who may read policies but not where they are
assigned.
"""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, read

#: The largest page of what a policy applies to.
_PAGE: t.Final = 999


def assigned_policies(graph: Graph, kind: str) -> dict[str, list[dict[str, t.Any]]]:
    """Object id → the policies that are assigned to it. kind: claimsMappingPolicies or tokenIssuancePolicies.

    One request for the list, and one for every twenty policies of the tenant. Denied when we may not read policies.
    """
    policies = list(graph.pages(f"/policies/{kind}", f"list the {kind} of the tenant"))
    what = "see what the policy {} applies to"
    requests_ = [
        read(f"/policies/{kind}/{policy['id']}/appliesTo", what.format(policy["id"]), select=("id",), top=_PAGE)
        for policy in policies
    ]
    assigned: dict[str, list[dict[str, t.Any]]] = {}
    for policy, request, outcome in zip(policies, requests_, graph.batch(requests_), strict=True):
        for holder in graph.rest(outcome.get_or_none() or {}, request.what):
            assigned.setdefault(str(holder["id"]), []).append(policy)
    return assigned
