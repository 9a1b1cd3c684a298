# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications: created by registration or from a template, changed, listed, and soft-deleted."""

from __future__ import annotations

import typing as t

from werkzeug import Response

from federation_sandbox.entra.graph.app_roles import checked_roles
from federation_sandbox.entra.graph.bodies import check_length, check_tags, checked
from federation_sandbox.entra.graph.context import Context, Expansions, Key
from federation_sandbox.entra.graph.credentials import changed_application_keys, changed_application_passwords
from federation_sandbox.entra.graph.deleted_items import check_deletable, delete_softly
from federation_sandbox.entra.graph.errors import bad_request, conflict, invalid_value, missing_value, not_found
from federation_sandbox.entra.graph.identifiers import check_identifiers
from federation_sandbox.entra.graph.owners import bound_owners, shown_owners
from federation_sandbox.entra.graph.permissions import APPLICATION_READ, APPLICATION_WRITE
from federation_sandbox.entra.graph.principals import copy_to_principal
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.graph.urls import split_url
from federation_sandbox.entra.state import Record, Tenant, match, new_id

_AUDIENCES: t.Final[frozenset[str]] = frozenset(
    {"AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"}
)
_MERGED: t.Final[frozenset[str]] = frozenset({"web", "api", "spa", "publicClient", "info", "parentalControlSettings"})
#: facts/entra.md 2.14, and what else Graph's description of the property has
_GROUP_CLAIMS: t.Final[frozenset[str]] = frozenset(
    {"None", "SecurityGroup", "DirectoryRole", "ApplicationGroup", "All"}
)
_LOGO_LIMIT: t.Final[int] = 100 * 1024
#: the kinds of picture that clients are known to upload (facts/entra.md 2.16), and how each begins
LOGOS: t.Final[dict[str, tuple[bytes, ...]]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
}


def blank_application(tenant: Tenant, display_name: str, *owners: str) -> Record:
    """An application after registration. owners: their IDs."""
    return {
        "id": new_id(),
        "appId": new_id(),
        "createdDateTime": tenant.now(),
        "displayName": display_name,
        "publisherDomain": tenant.domains[-1],
        "signInAudience": "AzureADMyOrg",
        "oauth2RequirePostResponse": False,
        "isFallbackPublicClient": None,
        "web": {
            "homePageUrl": None,
            "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
            "logoutUrl": None,
            "redirectUris": [],
            "redirectUriSettings": [],
        },
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
            "requestedAccessTokenVersion": None,
        },
        "info": {
            "logoUrl": None,
            "marketingUrl": None,
            "privacyStatementUrl": None,
            "supportUrl": None,
            "termsOfServiceUrl": None,
        },
        "spa": {"redirectUris": []},
        "publicClient": {"redirectUris": []},
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "identifierUris": [],
        "appRoles": [],
        "tags": [],
        "_owners": list(owners),
        "_tokenIssuancePolicies": [],
        "_appManagementPolicies": [],
    }


def update_application(tenant: Tenant, record: Record, content: dict[str, t.Any], caller_id: str) -> None:
    """Apply validated properties to an application. Rules that depend on other objects are checked last."""
    _check_values(content)
    for name, value in content.items():
        if name == "appRoles":
            record[name] = checked_roles("Application", record["appRoles"], value)
        elif name in _MERGED:
            record[name] = {**(record.get(name) or {}), **value}
        elif name == "uniqueName" and value != record.get("uniqueName"):
            _check_unique_name(tenant, record, value)
            record[name] = value
        elif name == "keyCredentials":
            record[name] = changed_application_keys(tenant, record, value)
        elif name == "passwordCredentials":
            record[name] = changed_application_passwords(record, value)
        elif name != "identifierUris":
            record[name] = value
    if "identifierUris" in content:
        check_identifiers(tenant, record, content["identifierUris"], caller_id)
        record["identifierUris"] = content["identifierUris"]


def _check_values(content: dict[str, t.Any]) -> None:
    for name in _MERGED & content.keys():
        if content[name] is None:
            raise invalid_value(name, "Application")
    if "displayName" in content and not (content["displayName"] or "").strip():
        raise invalid_value("displayName", "Application")
    check_length("Application", content, displayName=256, description=1024, notes=1024, uniqueName=255)
    if content.get("signInAudience", "AzureADMyOrg") not in _AUDIENCES:
        raise invalid_value("signInAudience", "Application")
    check_tags("Application", content.get("tags", []))
    addresses = (content.get("web") or {}).get("redirectUris") or []
    if not all(map(_is_address, addresses)) or len(set(addresses)) != len(addresses):
        raise invalid_value("redirectUris", "Application")
    claims = (content.get("groupMembershipClaims") or "None").split(",")
    if not _GROUP_CLAIMS.issuperset(claim.strip() for claim in claims):
        raise invalid_value("groupMembershipClaims", "Application")
    if (content.get("api") or {}).get("requestedAccessTokenVersion") not in (None, 1, 2):
        raise invalid_value("requestedAccessTokenVersion", "Application")


def _is_address(text: str) -> bool:
    return "://" in text and "*" not in text and bool(split_url(text).scheme)


def _check_unique_name(tenant: Tenant, record: Record, name: str) -> None:
    if record.get("uniqueName"):
        raise bad_request(
            "Property 'uniqueName' is read-only and cannot be set.", target="uniqueName", detail="ReadOnlyProperty"
        )
    if not name:
        raise invalid_value("uniqueName", "Application")
    held = (*tenant["applications"].current(), *tenant["deletedItems"].current())
    if match(held, uniqueName=name):
        raise conflict("uniqueName")


def _expansions(context: Context) -> Expansions:
    return {"owners": lambda record: shown_owners(context, record)}


def _list(context: Context) -> Response:
    return context.page("applications", context.tenant["applications"].all_indexed(), expand=_expansions(context))


def _get(context: Context) -> Response:
    return context.entity("applications", context.find("applications", context.keys[0]), expand=_expansions(context))


def _create(context: Context) -> Response:
    body = context.body()
    owners = bound_owners(context, body)
    content = checked("application", body)
    if not content.get("displayName"):
        raise missing_value("displayName", "Application")
    return _created(context, content, *owners)


def _created(context: Context, content: dict[str, t.Any], *owners: str) -> Response:
    if context.only_owned and (content.get("api") or {}).get("acceptMappedClaims") is not None:
        raise invalid_value("acceptMappedClaims", "Application")
    record = blank_application(context.tenant, content["displayName"], *owners)
    record["createdByAppId"] = context.caller.app_id
    update_application(context.tenant, record, content, context.caller.principal_id)
    context.save("applications", record)
    return context.entity("applications", record, 201)


def _update(context: Context) -> Response:
    key = context.keys[0]
    if isinstance(key, Key) and key.name == "uniqueName":
        return _upsert(context, key)
    return _patch(context, key)


def _upsert(context: Context, key: Key) -> Response:
    may_create = "create-if-missing" in context.request.headers.get("Prefer", "")
    if match(context.tenant["applications"].all_visible(), uniqueName=key.value):
        return _patch(context, key)
    if not may_create:
        raise not_found(key.value)
    content = checked("application", context.body())
    if not content.get("displayName"):
        raise missing_value("displayName", "Application")
    return _created(context, {**content, "uniqueName": key.value}, context.caller.principal_id)


def _patch(context: Context, key: str | Key) -> Response:
    record = context.changing("applications", key)
    content = checked("application", context.body(), own_id=record["id"])
    before = dict(record)
    update_application(context.tenant, record, content, context.caller.principal_id)
    context.save("applications", record)
    copy_to_principal(context.tenant, before, record)
    return context.nothing()


def _delete(context: Context) -> Response:
    record = context.changing("applications", context.keys[0])
    check_deletable(context.tenant, record)
    delete_softly(context.tenant, "applications", record)
    principal = context.tenant.current("servicePrincipals", appId=record["appId"])
    if principal:
        delete_softly(context.tenant, "servicePrincipals", principal, together_with=record["id"])
    return context.nothing()


def _put_logo(context: Context) -> Response:
    record = context.changing("applications", context.keys[0])
    content, kind = context.request.get_data(), context.request.mimetype
    if not content.startswith(LOGOS.get(kind, ())) or len(content) > _LOGO_LIMIT:
        raise invalid_value("logo", "Application")
    context.tenant.logos[record["id"]] = (kind, content)
    return context.nothing()


def _get_logo(context: Context) -> Response:
    record = context.find("applications", context.keys[0])
    if record["id"] not in context.tenant.logos:
        raise not_found("logo")
    kind, content = context.tenant.logos[record["id"]]
    return Response(content, content_type=kind)


def _delete_logo(context: Context) -> Response:
    record = context.changing("applications", context.keys[0])
    context.tenant.logos.pop(record["id"], None)
    return context.nothing()


ROUTES: t.Final[tuple[Route, ...]] = (
    Route("GET", "/applications", "applications.list", _list, APPLICATION_READ, 2),
    Route("POST", "/applications", "applications.create", _create, APPLICATION_WRITE),
    Route("GET", "/applications/{key}", "applications.get", _get, APPLICATION_READ, 2),
    Route("PATCH", "/applications/{key}", "applications.update", _update, APPLICATION_WRITE),
    Route("DELETE", "/applications/{key}", "applications.delete", _delete, APPLICATION_WRITE),
    Route("GET", "/applications/{key}/logo", "application.GetLogo", _get_logo, APPLICATION_READ),
    Route("PUT", "/applications/{key}/logo", "application.UpdateLogo", _put_logo, APPLICATION_WRITE),
    Route("DELETE", "/applications/{key}/logo", "application.DeleteLogo", _delete_logo, APPLICATION_WRITE),
)
