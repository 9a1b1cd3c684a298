# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service principals: created for an application, changed, listed, and soft-deleted; their policies and signing
certificates.
"""

from __future__ import annotations

import typing as t

from werkzeug import Response

from federation_sandbox.entra.graph.app_roles import checked_roles
from federation_sandbox.entra.graph.assignments import project_assignment
from federation_sandbox.entra.graph.bodies import check_length, check_tags, checked
from federation_sandbox.entra.graph.context import Context, Expansions
from federation_sandbox.entra.graph.credentials import add_token_signing_certificate, changed_credentials
from federation_sandbox.entra.graph.deleted_items import check_principal_deletable, delete_softly
from federation_sandbox.entra.graph.errors import bad_request, denied, invalid_value, missing_value
from federation_sandbox.entra.graph.owners import bound_owners, shown_owners
from federation_sandbox.entra.graph.permissions import (
    APPLICATION_POLICIES,
    APPLICATION_READ,
    APPLICATION_WRITE,
    only_owned,
)
from federation_sandbox.entra.graph.policies import shown_policies
from federation_sandbox.entra.graph.principals import blank_principal
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.graph.urls import split_url
from federation_sandbox.entra.state import Record, Tenant, match
from federation_sandbox.service import CloudError

_MODES: t.Final[frozenset[str | None]] = frozenset({"password", "saml", "notSupported", "oidc", None})
_NOTIFIED_AT_MOST: t.Final[int] = 5


def update_principal(tenant: Tenant, record: Record, content: dict[str, t.Any]) -> None:
    """Apply validated properties to a service principal."""
    _check_values(record, content)
    if content.get("preferredSingleSignOnMode", "") is None and not tenant.world.settings.sign_on_mode_clearable:
        raise invalid_value("preferredSingleSignOnMode", "ServicePrincipal")
    for name, value in content.items():
        if name == "appRoles":
            record[name] = checked_roles("ServicePrincipal", record["appRoles"], value)
        elif name == "samlSingleSignOnSettings" and value is not None:
            record[name] = {**(record.get(name) or {}), **value}
        elif name == "tags":
            application = tenant.current("applications", appId=record["appId"]) or {"tags": []}
            record[name] = list(dict.fromkeys([*application["tags"], *value]))
        elif name == "preferredTokenSigningKeyThumbprint":
            record[name] = value and value.lower()  # facts/entra.md E9
        elif name not in ("keyCredentials", "passwordCredentials"):
            record[name] = value
    changed_credentials(tenant, record, content)


def _check_values(record: Record, content: dict[str, t.Any]) -> None:
    resource = "ServicePrincipal"
    if content.get("preferredSingleSignOnMode") not in _MODES:
        raise invalid_value("preferredSingleSignOnMode", resource)
    check_length(resource, content, displayName=256, description=1024, notes=1024)
    if "displayName" in content and not (content["displayName"] or "").strip():
        raise invalid_value("displayName", resource)
    for name in ("accountEnabled", "appRoleAssignmentRequired"):
        if name in content and content[name] is None:
            raise invalid_value(name, resource)
    addresses = content.get("notificationEmailAddresses", [])
    if len(addresses) > _NOTIFIED_AT_MOST or any("@" not in address for address in addresses):
        raise invalid_value("notificationEmailAddresses", resource)
    if not set(content.get("servicePrincipalNames", ())) <= set(record["servicePrincipalNames"]):
        raise invalid_value("servicePrincipalNames", resource)
    for name in ("loginUrl", "logoutUrl", "homepage"):
        if content.get(name) and split_url(content[name]).scheme not in ("http", "https"):
            raise invalid_value(name, resource)
    check_tags(resource, content.get("tags", []))


def _expansions(context: Context) -> Expansions:
    def assigned(record: Record) -> list[dict[str, t.Any]]:
        every = context.tenant["appRoleAssignments"].all_indexed()
        return [project_assignment(each) for each in every if each["resourceId"] == record["id"]][:20]

    def policies(record: Record) -> list[dict[str, t.Any]]:
        only_owned(context.caller, APPLICATION_POLICIES)
        return shown_policies(context.tenant, record["_claimsMappingPolicies"])

    return {
        "owners": lambda record: shown_owners(context, record),
        "claimsMappingPolicies": policies,
        "appRoleAssignedTo": assigned,
    }


def _list(context: Context) -> Response:
    return context.page(
        "servicePrincipals", context.tenant["servicePrincipals"].all_indexed(), expand=_expansions(context)
    )


def _get(context: Context) -> Response:
    record = context.find("servicePrincipals", context.keys[0])
    return context.entity("servicePrincipals", record, expand=_expansions(context))


def _create(context: Context) -> Response:
    body = context.body()
    owners = bound_owners(context, body)
    content = checked("servicePrincipal", body, also=("appId",))
    app_id = content.pop("appId", None)
    if not app_id:
        raise missing_value("appId", "ServicePrincipal")
    application = context.tenant.current("applications", appId=app_id)
    visible = match(context.tenant["applications"].all_visible(), appId=app_id)
    if application is not None and visible is None and context.only_owned:
        raise denied(
            "When using this permission, the backing application of the service principal being created must in "
            "the local tenant"
        )
    if application is None or visible is None:
        raise bad_request(
            f"The appId '{app_id}' of the service principal does not reference a valid application object.",
            target="appId",
            detail="NoBackingApplicationObject",
        )
    if context.tenant.current("servicePrincipals", appId=app_id):
        raise CloudError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            (
                f"The service principal cannot be created, updated, or restored because the service principal name "
                f"{app_id} is already in use."
            ),
        )
    context.check_owner(application)
    record = blank_principal(context.tenant, application, *owners)
    update_principal(context.tenant, record, content)
    context.save("servicePrincipals", record)
    return context.entity("servicePrincipals", record, 201)


def _update(context: Context) -> Response:
    record = context.changing("servicePrincipals", context.keys[0])
    content = checked("servicePrincipal", context.body(), own_id=record["id"])
    update_principal(context.tenant, record, content)
    context.save("servicePrincipals", record)
    return context.nothing()


def _delete(context: Context) -> Response:
    record = context.changing("servicePrincipals", context.keys[0])
    check_principal_deletable(context.tenant, record)
    delete_softly(context.tenant, "servicePrincipals", record)
    return context.nothing()


def _add_certificate(context: Context) -> Response:
    body = context.body()
    record = context.changing("servicePrincipals", context.keys[0])
    certificate = add_token_signing_certificate(context.tenant, record, body, context.caller.principal_id)
    context.save("servicePrincipals", record)
    return context.json({"@odata.context": context.annotation("microsoft.graph.selfSignedCertificate"), **certificate})


def _key_proof(context: Context) -> Response:
    context.changing("servicePrincipals", context.keys[0])
    raise denied("The proof of possession of an existing key is missing or invalid.")


ROUTES: t.Final[tuple[Route, ...]] = (
    Route("GET", "/servicePrincipals", "servicePrincipals.list", _list, APPLICATION_READ),
    Route("POST", "/servicePrincipals", "servicePrincipals.create", _create, APPLICATION_WRITE),
    Route("GET", "/servicePrincipals/{key}", "servicePrincipals.get", _get, APPLICATION_READ),
    Route("PATCH", "/servicePrincipals/{key}", "servicePrincipals.update", _update, APPLICATION_WRITE),
    Route("DELETE", "/servicePrincipals/{key}", "servicePrincipals.delete", _delete, APPLICATION_WRITE),
    Route("POST", "/servicePrincipals/{key}/addKey", "servicePrincipal.addKey", _key_proof, APPLICATION_WRITE),
    Route("POST", "/servicePrincipals/{key}/removeKey", "servicePrincipal.removeKey", _key_proof, APPLICATION_WRITE),
    Route(
        "POST",
        "/servicePrincipals/{key}/addTokenSigningCertificate",
        "servicePrincipal.addTokenSigningCertificate",
        _add_certificate,
        APPLICATION_WRITE,
    ),
)
