# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The return value of modules for a SAML application, and its federation metadata."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import metadata_url, user_access_url
from ansible_collections.openccp.federation.plugins.module_utils._entra import claims_policies
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_settings import (
    APPLICATION,
    INTERNAL,
    PRINCIPAL,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import KINDS
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    active_of,
    managed_thumbprints,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.token_encryption import actual_key_id
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata, parse, renamed
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: Stands for the id of an application that a plan makes.
NEW_APP_ID: t.Final = "<application id>"


def describe(app: Application, graph: Graph) -> dict[str, t.Any]:
    """An application as modules return it, without its metadata."""
    now = graph.now()
    cloud, tenant_id = graph.place.cloud, graph.tenant_id
    identifiers = list(app.application.get("identifierUris") or ())
    active = active_of(app.certificates)
    settings = {
        property_.option: property_.read(app)
        for property_ in (*APPLICATION, *PRINCIPAL)
        if property_.option not in INTERNAL
    }
    result = {
        **settings,
        "app_id": app.app_id,
        "object_id": app.id,
        "service_principal_id": app.principal.get("id"),
        "tenant_id": tenant_id,
        "template_id": app.application.get("applicationTemplateId"),
        "managed": app.managed,
        "enabled": app.principal.get("accountEnabled"),
        "token_encryption_key_id": actual_key_id(app),
        "metadata_url": metadata_url(cloud.authority_url, tenant_id, app.app_id),
        "user_access_url": user_access_url(cloud, tenant_id, app.app_id),
        "certificates": [certificate.as_dict(now) for certificate in app.certificates],
        "managed_thumbprints": list(managed_thumbprints(app.principal)),
        "active_thumbprint": active.thumbprint if active else None,
        "days_left": active.certificate.days_left(now) if active else None,
        "not_readable": sorted(app.not_readable),
    }
    if len(identifiers) > 1:
        result["user_access_url_with_audience"] = user_access_url(cloud, tenant_id, app.app_id, audience=identifiers[0])
    if "policies" not in app.not_readable:
        policy = claims_policies.policy_of(app)[1] or claims.ClaimsPolicy()
        result["claims"] = policy.as_sent()
        result |= claims_policies.settings_of(policy)
    if "assignments" not in app.not_readable:
        result["assignments"] = {f"{kind}s": _assigned(app, kind) for kind in KINDS}
    return result


def read_metadata(app: Application, graph: Graph, policy: claims.ClaimsPolicy | None = None) -> Metadata | None:
    """The application's federation metadata, once it holds the active certificate; None until then.

    Where the claims policy puts the application's id into the issuer, the entity id has it too, which in Entra's own
    document it has not: AWS compares the two. policy: the one that is to be, instead of the one that is.
    """
    active = active_of(app.certificates)
    try:
        document = graph.public(
            metadata_url(graph.place.cloud.authority_url, graph.tenant_id, app.app_id),
            f"read the metadata of '{app.label}'",
        )
    except FederationError as error:
        if error.details.get("http_status") not in (400, 404):
            raise
        return None
    metadata = parse(document, f"metadata of '{app.label}'")
    if active is not None and active.thumbprint not in metadata.thumbprints:
        return None
    if policy is None and "policies" not in app.not_readable:
        policy = claims_policies.policy_of(app)[1]
    return renamed(metadata, policy.issuer(metadata.entity_id, app.app_id)) if policy else metadata


def issuer(graph: Graph, policy: claims.ClaimsPolicy | None, app: Application) -> str:
    """The issuer of an application whose metadata is yet to be made. app: without an application object when that is to
    be made as well.
    """
    document = graph.public(
        metadata_url(graph.place.cloud.authority_url, graph.tenant_id), "read the metadata of the tenant"
    )
    entity_id = parse(document, "metadata of the tenant").entity_id
    app_id = app.app_id if app.application else NEW_APP_ID
    return policy.issuer(entity_id, app_id) if policy else entity_id


def wait_for_metadata(app: Application, graph: Graph, waiter: Waiter) -> Metadata:
    """The metadata, waiting until it holds the active certificate, which takes Entra up to some minutes."""
    return waiter.until(
        f"the metadata of '{app.label}' to hold the active signing certificate", lambda: read_metadata(app, graph)
    )


def wait_for_listing(
    app: Application, graph: Graph, waiter: Waiter, thumbprint: str, *, listed: bool = True
) -> Metadata:
    """The metadata, once it lists a signing certificate, or once it lists it no longer."""

    def probe() -> Metadata | None:
        metadata = read_metadata(app, graph)
        return metadata if metadata and (thumbprint in metadata.thumbprints) is listed else None

    what = f"to list the signing certificate {thumbprint}{'' if listed else ' no longer'}"
    return waiter.until(f"the metadata of '{app.label}' {what}", probe)


def with_metadata(described: dict[str, t.Any], metadata: Metadata | None) -> dict[str, t.Any]:
    """The return value of modules for an application, with its metadata when it is there."""
    if metadata is None:
        return described
    return described | {"entity_id": metadata.entity_id, "metadata_xml": metadata.document}


def _assigned(app: Application, kind: str) -> list[dict[str, t.Any]]:
    assignments = [assignment for assignment in app.assignments if assignment.get("principalType") == kind.title()]
    listed = [
        {
            "id": assignment["principalId"],
            "display_name": assignment.get("principalDisplayName"),
            "role_id": assignment.get("appRoleId"),
        }
        for assignment in assignments
    ]
    return sorted(listed, key=lambda assignment: (str(assignment["display_name"]), assignment["id"]))
