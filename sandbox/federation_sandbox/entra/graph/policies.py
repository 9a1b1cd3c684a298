# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies: claims mapping, token issuance and app management policies, and their assignments."""

from __future__ import annotations

import collections.abc
import typing as t

from werkzeug import Response

from federation_sandbox.entra.graph.bodies import checked
from federation_sandbox.entra.graph.context import Context
from federation_sandbox.entra.graph.definitions import check_definition
from federation_sandbox.entra.graph.errors import (
    already_referenced,
    bad_request,
    invalid_value,
    missing_value,
    not_found,
)
from federation_sandbox.entra.graph.odata import Query, check_options
from federation_sandbox.entra.graph.permissions import (
    APPLICATION_POLICIES,
    MANAGEMENT_APPLIES_TO,
    POLICY_APPLIES_TO,
    POLICY_READ,
    POLICY_WRITE,
    Needs,
)
from federation_sandbox.entra.graph.references import referenced
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.state import COLLECTIONS, Record, Tenant, new_id


class _Policies:
    """The calls for one kind of policy and its assignments."""

    def __init__(self, collection: str, holders: str, applies_to: Needs = POLICY_APPLIES_TO) -> None:
        self._collection = collection
        self._applies_to_needs = applies_to
        self._kind = COLLECTIONS[collection]
        self._title = self._kind[0].upper() + self._kind[1:]
        self._holders = holders
        #: where a holder keeps the ids of its policies
        self._held = f"_{collection}"

    def every(self, context: Context) -> Response:
        return context.page(self._collection, context.tenant[self._collection].all_indexed())

    def get(self, context: Context) -> Response:
        return context.entity(self._collection, context.find(self._collection, context.keys[0]))

    def create(self, context: Context) -> Response:
        content = checked(self._kind, context.body())
        for name in ("displayName", "definition"):
            if not content.get(name):
                raise missing_value(name, self._title)
        check_definition(self._title, content["definition"])
        record = {"id": new_id(), "isOrganizationDefault": False, **content}
        context.save(self._collection, record)
        return context.entity(self._collection, record, 201)

    def update(self, context: Context) -> Response:
        record = context.changing(self._collection, context.keys[0])
        content = checked(self._kind, context.body(), own_id=record["id"])
        if not content.get("displayName", record["displayName"]):
            raise invalid_value("displayName", self._title)
        if "definition" in content:
            check_definition(self._title, content["definition"])
        context.save(self._collection, {**record, **content})
        return context.nothing()

    def delete(self, context: Context) -> Response:
        record = context.changing(self._collection, context.keys[0])
        holders = [each for each in context.tenant[self._holders].current() if record["id"] in each[self._held]]
        if holders and not context.settings.assigned_policies_deletable:
            raise bad_request(f"The {self._kind} is assigned and cannot be deleted.")
        context.tenant[self._collection].delete(record["id"])
        for holder in holders:
            self._take_from(context, holder, record["id"])
        return context.nothing()

    def applies_to(self, context: Context) -> Response:
        record = context.find(self._collection, context.keys[0])
        kind = COLLECTIONS[self._holders]
        holders = context.tenant[self._holders].all_indexed()
        records = ({**each, "_kind": kind} for each in holders if record["id"] in each[self._held])
        return context.page("directoryObjects", records, kind, typed=True)

    def assigned(self, context: Context) -> Response:
        holder = context.find(self._holders, context.keys[0])
        policies = (context.tenant[self._collection].visible(key) for key in holder[self._held])
        return context.page(self._collection, (each for each in policies if each is not None))

    def references(self, context: Context) -> Response:
        check_options(context.request.args)
        holder = context.find(self._holders, context.keys[0])
        links = [f"{context.root}/policies/{self._collection}/{key}" for key in holder[self._held]]
        return context.json({"@odata.context": context.annotation("Collection($ref)"), "value": links})

    def assign(self, context: Context) -> Response:
        places = (f"policies/{self._collection}", "directoryObjects")
        policy = context.find(self._collection, referenced(context, places))
        holder = context.changing(self._holders, context.keys[0])
        if policy["id"] in holder[self._held]:
            raise already_referenced(self._collection)
        if holder[self._held] and not context.settings.several_claims_policies:
            raise bad_request(
                f"The {COLLECTIONS[self._holders]} already has a policy in '{self._collection}'; it takes at most one."
            )
        context.save(self._holders, {**holder, self._held: [*holder[self._held], policy["id"]]})
        return context.nothing()

    def unassign(self, context: Context) -> Response:
        holder, key = context.changing(self._holders, context.keys[0]), str(context.keys[1])
        if key not in holder[self._held]:
            raise not_found(key)
        self._take_from(context, holder, key)
        return context.nothing()

    def _take_from(self, context: Context, holder: Record, key: str) -> None:
        if key in holder[self._held]:
            context.save(self._holders, {**holder, self._held: [each for each in holder[self._held] if each != key]})

    def read_routes(self) -> tuple[Route, ...]:
        """The calls that read policies, whatever they are assigned to."""
        policies, prefix = f"/policies/{self._collection}", f"policies.{self._collection}"
        applies_to = f"policies.{self._kind}.ListAppliesTo"
        return (
            Route("GET", policies, f"{prefix}.list", self.every, POLICY_READ),
            Route("GET", f"{policies}/{{key}}", f"{prefix}.get", self.get, POLICY_READ),
            Route("GET", f"{policies}/{{key}}/appliesTo", applies_to, self.applies_to, self._applies_to_needs),
        )

    def routes(self) -> tuple[Route, ...]:
        """Every call, named as the published description names it."""
        holder, many = COLLECTIONS[self._holders], self._collection[0].upper() + self._collection[1:]
        policies, on_holder = f"/policies/{self._collection}", f"/{self._holders}/{{key}}/{self._collection}"
        prefix = f"policies.{self._collection}"
        return (
            *self.read_routes(),
            Route("POST", policies, f"{prefix}.create", self.create, POLICY_WRITE),
            Route("PATCH", f"{policies}/{{key}}", f"{prefix}.update", self.update, POLICY_WRITE),
            Route("DELETE", f"{policies}/{{key}}", f"{prefix}.delete", self.delete, POLICY_WRITE),
            Route("GET", on_holder, f"{holder}.List{many}", self.assigned, APPLICATION_POLICIES),
            Route("POST", f"{on_holder}/$ref", f"{holder}.Add{self._title}Ref", self.assign, APPLICATION_POLICIES),
            Route(
                "DELETE",
                f"{on_holder}/{{key}}/$ref",
                f"{holder}.Remove{self._title}Ref",
                self.unassign,
                APPLICATION_POLICIES,
            ),
        )


_CLAIMS_MAPPING: t.Final[_Policies] = _Policies("claimsMappingPolicies", "servicePrincipals")
_TOKEN_ISSUANCE: t.Final[_Policies] = _Policies("tokenIssuancePolicies", "applications")
#: administrators make and assign them (the seed); which one an application has shows from the policy alone
_APP_MANAGEMENT: t.Final[_Policies] = _Policies("appManagementPolicies", "applications", MANAGEMENT_APPLIES_TO)


def shown_policies(tenant: Tenant, keys: collections.abc.Iterable[str]) -> list[dict[str, t.Any]]:
    """Claims mapping policies as an expanded property contains them."""
    policies = (tenant["claimsMappingPolicies"].visible(key) for key in keys)
    return [Query("claimsMappingPolicy").project(each) for each in policies if each is not None]


def _app_management_policy(context: Context) -> Response:
    policy = context.query_of_object("tenantAppManagementPolicy").project(context.tenant.app_management_policy)
    return context.json({"@odata.context": context.annotation("policies/defaultAppManagementPolicy/$entity"), **policy})


ROUTES: t.Final[tuple[Route, ...]] = (
    *_CLAIMS_MAPPING.routes(),
    Route(
        "GET",
        "/servicePrincipals/{key}/claimsMappingPolicies/$ref",
        "servicePrincipal.ListClaimsMappingPoliciesRef",
        _CLAIMS_MAPPING.references,
        APPLICATION_POLICIES,
    ),
    *_TOKEN_ISSUANCE.routes(),
    *_APP_MANAGEMENT.read_routes(),
    Route(
        "GET",
        "/policies/defaultAppManagementPolicy",
        "policies.GetDefaultAppManagementPolicy",
        _app_management_policy,
        POLICY_READ,
    ),
)
