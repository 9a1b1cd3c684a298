# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies: claims mapping and token issuance, where they are assigned, and the tenant's app management policy."""

from __future__ import annotations

import collections.abc
import typing as t
import urllib.parse

from werkzeug import Response

from federation_sandbox.entra.graph.bodies import checked
from federation_sandbox.entra.graph.context import Context
from federation_sandbox.entra.graph.definitions import check_definition
from federation_sandbox.entra.graph.errors import bad_request, not_found
from federation_sandbox.entra.graph.odata import Query
from federation_sandbox.entra.graph.permissions import APPLICATION_POLICIES, APPLICATION_POLICIES_READ, POLICY_READ, POLICY_WRITE
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.state import COLLECTIONS, Record, Tenant, new_id

#: policy collection → the collection of what it is assigned to
_HOLDERS: t.Final[dict[str, str]] = {"claimsMappingPolicies": "servicePrincipals", "tokenIssuancePolicies": "applications"}


def shown_policies(tenant: Tenant, keys: collections.abc.Iterable[str], collection: str = "claimsMappingPolicies") -> list[dict[str, t.Any]]:
    """Policies as an expanded property shows them."""
    found = (tenant[collection].visible(key) for key in keys)
    return [Query(COLLECTIONS[collection]).project(each) for each in found if each is not None]


def _reference(context: Context, collection: str) -> Record:
    """The policy that a body's @odata.id names, by an address in this very cloud."""
    address = context.body().get("@odata.id")
    if not isinstance(address, str):
        raise bad_request("A reference needs an '@odata.id'.", code="BadRequest")
    parts = urllib.parse.urlsplit(address)
    expected = urllib.parse.urlsplit(context.root)
    places = tuple(f"{expected.path}/{each}/" for each in (f"policies/{collection}", "directoryObjects"))
    if (parts.scheme, parts.hostname) != (expected.scheme, expected.hostname) or not parts.path.startswith(places):
        raise bad_request(f"Invalid URL format specified in @odata.id for reference update: '{address}'.", code="BadRequest")
    return context.find(collection, parts.path.rpartition("/")[2])


def _policy_routes(collection: str) -> tuple[Route, ...]:
    kind = COLLECTIONS[collection]
    definition_key = kind[0].upper() + kind[1:]
    holders, held = _HOLDERS[collection], f"_{collection}"
    holder = COLLECTIONS[holders]

    def listed(context: Context) -> Response:
        return context.page(collection, context.tenant[collection].all_indexed())

    def get(context: Context) -> Response:
        return context.entity(collection, context.find(collection, context.keys[0]))

    def create(context: Context) -> Response:
        content = checked(kind, context.body())
        for name in ("displayName", "definition"):
            if not content.get(name):
                raise bad_request(f"A value is required for property '{name}' of resource '{definition_key}'.", target=name, detail="MissingValue")
        check_definition(definition_key, content["definition"])
        record = {"id": new_id(), "isOrganizationDefault": False, **content}
        context.save(collection, record)
        return context.entity(collection, record, 201)

    def update(context: Context) -> Response:
        content = checked(kind, context.body())
        record = context.find(collection, context.keys[0])
        if "definition" in content:
            check_definition(definition_key, content["definition"])
        context.save(collection, {**(context.tenant[collection].latest(record["id"]) or record), **content})
        return context.nothing()

    def delete(context: Context) -> Response:
        record = context.find(collection, context.keys[0])
        context.tenant[collection].delete(record["id"])
        for each in list(context.tenant[holders].current()):
            if record["id"] in each[held]:
                context.save(holders, {**each, held: [key for key in each[held] if key != record["id"]]})
        return context.nothing()

    def applies_to(context: Context) -> Response:
        record = context.find(collection, context.keys[0])
        found = ({**each, "_kind": holder} for each in context.tenant[holders].all_indexed() if record["id"] in each[held])
        return context.page("directoryObjects", found, holder, typed=True)

    def assigned(context: Context) -> Response:
        record = context.find(holders, context.keys[0])
        found = (context.tenant[collection].visible(key) for key in record[held])
        return context.page(collection, [each for each in found if each is not None])

    def assigned_references(context: Context) -> Response:
        record = context.find(holders, context.keys[0])
        links = [f"{context.root}/policies/{collection}/{key}" for key in record[held]]
        return context.json({"@odata.context": context.annotation("Collection($ref)"), "value": links})

    def assign(context: Context) -> Response:
        policy = _reference(context, collection)
        record = context.changing(holders, context.keys[0])
        if policy["id"] in record[held]:
            raise bad_request(f"One or more added object references already exist for the following modified properties: '{collection}'.")
        if record[held]:
            raise bad_request(f"The {holder} already has a policy in '{collection}'; it takes at most one.")
        context.save(holders, {**record, held: [policy["id"]]})
        return context.nothing()

    def unassign(context: Context) -> Response:
        record = context.changing(holders, context.keys[0])
        if context.keys[1] not in record[held]:
            raise not_found(str(context.keys[1]))
        context.save(holders, {**record, held: [key for key in record[held] if key != context.keys[1]]})
        return context.nothing()

    name = f"{kind[0].upper()}{kind[1:-1]}ies"
    policies, on_holder = f"/policies/{collection}", f"/{holders}/{{key}}/{collection}"
    return (
        Route("GET", policies, f"policies.{collection}.list", listed, POLICY_READ),
        Route("POST", policies, f"policies.{collection}.create", create, POLICY_WRITE),
        Route("GET", f"{policies}/{{key}}", f"policies.{collection}.get", get, POLICY_READ),
        Route("PATCH", f"{policies}/{{key}}", f"policies.{collection}.update", update, POLICY_WRITE),
        Route("DELETE", f"{policies}/{{key}}", f"policies.{collection}.delete", delete, POLICY_WRITE),
        Route("GET", f"{policies}/{{key}}/appliesTo", f"policies.{kind}.ListAppliesTo", applies_to, APPLICATION_POLICIES_READ),
        Route("GET", on_holder, f"{holder}.List{name}", assigned, APPLICATION_POLICIES_READ),
        Route("GET", f"{on_holder}/$ref", f"{holder}.List{name}Ref", assigned_references, APPLICATION_POLICIES_READ),
        Route("POST", f"{on_holder}/$ref", f"{holder}.Add{name[:-3]}yRef", assign, APPLICATION_POLICIES),
        Route("DELETE", f"{on_holder}/{{key}}/$ref", f"{holder}.Remove{name[:-3]}yRef", unassign, APPLICATION_POLICIES),
    )


def _app_management_policy(context: Context) -> Response:
    policy = Query("tenantAppManagementPolicy").project(context.tenant.app_management_policy)
    return context.json({"@odata.context": context.annotation("policies/defaultAppManagementPolicy/$entity"), **policy})


ROUTES: t.Final[tuple[Route, ...]] = (
    *_policy_routes("claimsMappingPolicies"),
    *_policy_routes("tokenIssuancePolicies"),
    Route("GET", "/policies/defaultAppManagementPolicy", "policies.GetDefaultAppManagementPolicy", _app_management_policy, POLICY_READ),
)
