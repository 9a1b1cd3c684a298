# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules for identifier URIs: those of the directory, of the tenant's domains and of the app management policy."""

from __future__ import annotations

import typing as t
import urllib.parse

from federation_sandbox.entra.graph.errors import bad_request, conflict, invalid_value
from federation_sandbox.entra.graph.management import applies, identifier_rule
from federation_sandbox.entra.graph.templates import GALLERY
from federation_sandbox.entra.graph.urls import split_url
from federation_sandbox.entra.state import Record, Tenant, match

#: the identifier that AWS answers to in every partition
AWS_URN: t.Final[str] = "urn:amazon:webservices"


def check_identifiers(tenant: Tenant, application: Record, desired: list[str], caller_id: str) -> None:
    """Refuse identifiers that the application may not have. Existing ones are not checked again. caller_id: the calling
    service principal, which a policy of the tenant may exempt.
    """
    if len({uri.lower() for uri in desired}) != len(desired):
        raise invalid_value("identifierUris", "Application")
    new = [uri for uri in desired if uri not in application.get("identifierUris", ())]
    for uri in new:
        _check_form(tenant, application, uri)
        if not _is_saml(tenant, application):
            _check_domain(tenant, uri)
        _check_policy(tenant, application, uri, caller_id)
        _check_unique(tenant, application, uri)


def _is_saml(tenant: Tenant, application: Record) -> bool:
    """Whether the directory has replicated that the application uses SAML."""
    principal = match(tenant["servicePrincipals"].all_visible(), appId=application["appId"])
    return principal is not None and principal.get("preferredSingleSignOnMode") == "saml"


def _check_form(tenant: Tenant, application: Record, uri: str) -> None:
    parts, settings = split_url(uri), tenant.world.settings
    if not parts.scheme or any(character.isspace() for character in uri) or len(uri) > 255:
        raise invalid_value("identifierUris", "Application")
    if parts.scheme in ("http", "https") and parts.path == "/" and not parts.query and not parts.fragment:
        raise invalid_value("identifierUris", "Application")
    if parts.scheme == "urn" and application.get("signInAudience") != "AzureADMyOrg":
        raise _unsupported()
    if (
        uri == AWS_URN
        and application.get("applicationTemplateId") not in GALLERY
        and not settings.urn_identifiers_on_custom_applications
    ):
        raise _unsupported()
    if parts.fragment and not parts.fragment.isdigit() and not settings.identifier_suffixes:
        raise invalid_value("identifierUris", "Application")


def _unsupported() -> Exception:
    return bad_request("The URI scheme is invalid or unsupported.", target="identifierUris", detail="InvalidValue")


def _check_domain(tenant: Tenant, uri: str) -> None:
    parts = urllib.parse.urlsplit(uri)
    if parts.scheme == "https" and not tenant.verifies(parts.hostname or ""):
        raise bad_request(
            (
                f"Values of identifierUris property must use a verified domain of the organization or its subdomain: "
                f"'{uri}'"
            ),
            target="identifierUris",
            detail="HostNameNotOnVerifiedDomain",
        )


def _check_policy(tenant: Tenant, application: Record, uri: str, caller_id: str) -> None:
    saml = _is_saml(tenant, application)
    unique = identifier_rule(tenant, application, "uriAdditionWithoutUniqueTenantIdentifier")
    if (
        applies(tenant, unique, application, caller_id)
        and not (saml and unique.get("excludeSaml"))
        and not _names_tenant(tenant, application, uri)
    ):
        raise _against_policy(
            f"Failed to add identifier URI {uri}. All newly added URIs must contain a tenant verified domain, "
            f"tenant ID, or app ID, as per "
            "the default tenant policy of your organization. See https://aka.ms/identifier-uri-addition-error "
            "for more information."
        )
    default = identifier_rule(tenant, application, "nonDefaultUriAddition")
    exempt = saml and default.get("excludeSaml") is not False
    if applies(tenant, default, application, caller_id) and not exempt and not _is_default(tenant, application, uri):
        raise _against_policy(
            f"Failed to add identifier URI {uri}. The newly added URI must comply with the format 'api://{{appId}}' or "
            "'api://{tenantId}/{appId}' as per the default app management policy of your organization. See "
            "https://aka.ms/identifier-uri-formatting-error for more information."
        )


def _names_tenant(tenant: Tenant, application: Record, uri: str) -> bool:
    """Whether a URI contains the tenant's ID, the application's ID or a verified domain. A fragment behind # is
    ignored.
    """
    parts = urllib.parse.urlsplit(uri)
    text = urllib.parse.urldefrag(uri).url.lower()
    return tenant.verifies(parts.hostname or "") or tenant.id in text or application["appId"] in text


def _is_default(tenant: Tenant, application: Record, uri: str) -> bool:
    return uri.lower() in (f"api://{application['appId']}", f"api://{tenant.id}/{application['appId']}")


def _against_policy(message: str) -> Exception:
    return bad_request(message, target="identifierUris", detail="IdentifierUriRestrictedByPolicy")


def _check_unique(tenant: Tenant, application: Record, uri: str) -> None:
    """Refuse an identifier that another application has. Deleted applications keep their identifiers until they are
    purged.
    """
    deleted = ("deletedItems",) if tenant.world.settings.deleted_hold_identifiers else ()
    every = (each for name in ("applications", "servicePrincipals", *deleted) for each in tenant[name].current())
    for other in every:
        taken = (*other.get("identifierUris", ()), *other.get("servicePrincipalNames", ()))
        if other.get("appId") != application["appId"] and uri.lower() in map(str.lower, taken):
            raise conflict("identifierUris")
