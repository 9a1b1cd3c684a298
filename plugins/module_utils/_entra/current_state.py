# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Reads what the plan of azure_saml_app depends on: two batches when nothing is to change, three when identifiers are
new.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    app_management,
    application_search,
    assignments,
    claims_policies,
    directory,
    permissions,
    preflight,
    templates,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra import applications as apps
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_settings import (
    added_identifiers,
    selector_of,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import KeyMaterial
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request, Result
from ansible_collections.openccp.federation.plugins.module_utils._entra.saml_app import (
    CurrentState,
    changing_works,
    reading_works,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import must_make
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, Denied, TimedOut
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter
from ansible_collections.openccp.federation.plugins.module_utils._words import setting


def read_current_state(graph: Graph, waiter: Waiter, params: t.Mapping[str, t.Any]) -> CurrentState:
    """Check the options, then read the application, the people that the options name, and what stands against them.

    Raises, before anything is written, whatever can be known to make the desired settings impossible.
    """
    absent = params["state"] == "absent"
    warnings = [] if absent else preflight.check_options(params)
    logo = preflight.logo_of(params["logo"])[0] if params.get("logo") and not absent else None
    permissions.check(graph.roles, reading_works(params), graph.place.client_id, also=changing_works(params))
    if absent:
        state = read_before_removal(graph, params)
        return state if state.app else dataclasses.replace(state, abandoned_policies=_abandoned(graph, params))
    state, candidates = look(graph, waiter, params)
    if state.app is None:
        removed = state.interrupted.app_id if state.interrupted else None
        application_search.check_free(dataclasses.replace(selector_of(params), removed=removed), candidates)
    _refuse_strangers(graph, params, state)
    listing = None if state.app else claims_policies.abandoned_request(params)
    predicted, listed = _expected_refusals(graph, params, state.app, listing)
    warnings += predicted
    _refuse_shared_claims(graph, params, state.app)
    abandoned = claims_policies.abandoned(graph, params, listed)
    return dataclasses.replace(
        state, logo=logo, now=graph.now(), warnings=tuple(warnings), abandoned_policies=abandoned
    )


def _expected_refusals(
    graph: Graph, params: t.Mapping[str, t.Any], app: apps.Application | None, listing: Request | None
) -> tuple[list[str], t.Iterable[t.Mapping[str, t.Any]]]:
    """Warnings about identifiers and certificates that Entra ID may refuse, and what listing lists, which is read in
    the same batch; raises for what it is sure to refuse.
    """
    warnings, policies, listed = [], None, None
    added = added_identifiers(params, app)
    if added:
        cloud = graph.place.cloud.name
        template = None if app else templates.template_ask(params["template"], cloud)
        obstacles = preflight.read_obstacles(graph, added, app, template, listing)
        listed = obstacles.claims_policies
        if obstacles.template_missing:
            templates.refuse_template(params["template"], cloud)
        policies, name = obstacles.policies, params.get("name") or ""
        warnings += preflight.check_identifiers(
            added, obstacles, app=app, name=name, tenant_id=graph.tenant_id, now=graph.now()
        )
    if must_make(app.certificates if app else (), graph.now()):
        days = params["signing_certificate"]["validity_days"]
        policies = policies or app_management.read_policies(graph, app)
        warnings += app_management.lifetime_warnings(
            days, setting("azure_saml_app.signing_certificate"), policies, app=app, now=graph.now()
        )
    if listing and listed is None:
        (listed_alone,) = graph.batch([listing])
        listed = tuple(graph.rest(listed_alone.get(), listing.what))
    return warnings, listed or ()


def look(
    graph: Graph, waiter: Waiter, params: t.Mapping[str, t.Any]
) -> tuple[CurrentState, application_search.Candidates]:
    """The application and the people that the options name, in two batches; and whatever else the application might
    have been.
    """
    people, candidates = _read_with_candidates(graph, params)[:2]
    chosen = application_search.choose(selector_of(params), candidates)
    app, interrupted = None, None
    if chosen is not None:
        try:
            app = apps.read_with_principal(graph, waiter, chosen)
        except TimedOut:
            if not _is_replaceable(params, chosen):
                raise
            interrupted = apps.Application(chosen, {})
    return CurrentState(app, people, now=graph.now(), interrupted=interrupted), candidates


def _is_replaceable(params: t.Mapping[str, t.Any], chosen: t.Mapping[str, t.Any]) -> bool:
    """Whether an application without a service principal can be replaced by another one: its removal was interrupted,
    and it is not selected by its ID.
    """
    selector = selector_of(params)
    return not selector.app_id and bool(selector.identifiers) and apps.is_removal_interrupted(chosen)


def look_again(
    graph: Graph, params: t.Mapping[str, t.Any], written: apps.Application, keys: KeyMaterial
) -> CurrentState | None:
    """The same after a write, in one batch and without the keys that are known; None when the application is not shown
    whole yet.

    written: the application that was written; it is found as the next run will find it.
    """
    part_requests = apps.part_requests(written.application, keys=False)
    people, candidates, parts = _read_with_candidates(graph, params, part_requests)
    chosen = application_search.choose(selector_of(params), candidates)
    if chosen is None:
        return None
    if chosen["appId"] == written.app_id:
        app = apps.assembled_without_keys(graph, chosen, parts, keys)
    else:
        app = apps.read_without_keys(graph, chosen, keys)
    return CurrentState(app, people, now=graph.now()) if app else None


def _read_with_candidates(
    graph: Graph, params: t.Mapping[str, t.Any], more: t.Sequence[Request] = ()
) -> tuple[directory.Principals, application_search.Candidates, list[Result]]:
    """The people and the candidates, and the answers to further requests of the same batch."""
    selector = selector_of(params)
    references = assignments.references(params.get("assignments"))
    candidate_requests, people_requests = (
        application_search.candidate_requests(selector),
        directory.principal_requests(references),
    )
    outcomes = graph.batch([*more, *candidate_requests, *(pair[1] for pair in people_requests)])
    answers, outcomes = outcomes[: len(more)], outcomes[len(more) :]
    candidates = application_search.candidates(selector, outcomes[: len(candidate_requests)])
    return (
        directory.principals(graph, references, people_requests, outcomes[len(candidate_requests) :]),
        candidates,
        answers,
    )


def read_before_removal(graph: Graph, params: t.Mapping[str, t.Any], *, keys: bool = True) -> CurrentState:
    """The application, and with purge also what the recycle bin keeps of it. keys: with the public keys, which Graph
    limits.
    """
    selector = selector_of(params)
    candidates = application_search.candidates(selector, graph.batch(application_search.candidate_requests(selector)))
    chosen = application_search.choose(selector, candidates)
    app = apps.read_applications(graph, [chosen], keys=keys)[0] if chosen else None
    deleted = application_search.list_deleted(graph, selector) if params["purge"] else ()
    return CurrentState(app, deleted=deleted, stray_policies=_stray_policies(graph, app, deleted), now=graph.now())


def _stray_policies(
    graph: Graph, app: apps.Application | None, deleted: t.Iterable[application_search.Deleted]
) -> tuple[t.Mapping[str, t.Any], ...]:
    """The claims policies that an interrupted run made for an application, or took from it, and that are not
    assigned.
    """
    app_ids = [deleted_policy.app_id for deleted_policy in deleted] + ([app.app_id] if app else [])
    if not app_ids or (app and "policies" in app.not_readable):
        return ()
    assigned = {policy["id"] for policy in app.policies} if app else set()
    try:
        return tuple(policy for policy in claims_policies.listed_for(graph, app_ids) if policy["id"] not in assigned)
    except Denied:
        return ()  # an identity that may not read policies has created none


def _abandoned(graph: Graph, params: t.Mapping[str, t.Any]) -> tuple[t.Mapping[str, t.Any], ...]:
    """The claims policies of an application that somebody has deleted for good, by the role that they name."""
    listing = claims_policies.abandoned_request(params)
    if listing is None:
        return ()
    try:
        return claims_policies.abandoned(graph, params, graph.rest(graph.request(listing), listing.what))
    except Denied:
        return ()  # an identity that may not read policies has created none


def _refuse_strangers(graph: Graph, params: t.Mapping[str, t.Any], state: CurrentState) -> None:
    needed = assignments.needed(params.get("assignments"))
    for kind in directory.KINDS:
        unknown = state.principals.unknown(kind, needed[kind])
        if unknown:
            directory.refuse_unknown(graph, kind, unknown)


def _refuse_shared_claims(graph: Graph, params: t.Mapping[str, t.Any], app: apps.Application | None) -> None:
    if app is None or not app.policies or not claims_policies.is_managed(params):
        return
    existing, actual = claims_policies.policy_of(app)
    if existing is None or actual is None:
        raise Conflict(f"The claims policy of '{app.label}' cannot be read.")
    if not claims.same_meaning(claims_policies.desired_policy(params, actual), actual):
        claims_policies.refuse_shared(graph, app, existing["id"])
