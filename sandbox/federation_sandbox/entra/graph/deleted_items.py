# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleted applications and service principals: kept for thirty days, restored or purged; and the rules for deletion."""

from __future__ import annotations

import typing as t

from werkzeug import Response

from federation_sandbox.entra.graph.context import Context
from federation_sandbox.entra.graph.errors import bad_request, denied, not_found
from federation_sandbox.entra.graph.permissions import APPLICATION_WRITE, DELETED_READ, only_owned, union
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.graph.templates import GALLERY
from federation_sandbox.entra.state import COLLECTIONS, SOFT_DELETED_FOR, Record, Tenant, moment

#: what makes deleting a gallery SAML application possible, which Microsoft does not document: either of both ways, or
#: one of them
SAML_DELETION: t.Final[tuple[str, ...]] = ("either", "service_principal_first", "reset_mode_first")


def check_deletable(tenant: Tenant, application: Record) -> None:
    """400 for a gallery application whose service principal still uses SAML."""
    if application.get("applicationTemplateId") not in GALLERY or tenant.world.settings.saml_applications_deletable:
        return
    principal = tenant.current("servicePrincipals", appId=application["appId"])
    if principal is None:
        return
    if tenant.saml_deletion == "service_principal_first" or principal.get("preferredSingleSignOnMode") == "saml":
        raise _not_allowed()


def check_principal_deletable(tenant: Tenant, principal: Record) -> None:
    """400 for the service principal of such an application in a tenant in which the single sign-on mode must be reset
    first.
    """
    gallery = (
        principal.get("applicationTemplateId") in GALLERY and not tenant.world.settings.saml_applications_deletable
    )
    if gallery and tenant.saml_deletion == "reset_mode_first" and principal.get("preferredSingleSignOnMode") == "saml":
        raise _not_allowed()


def _not_allowed() -> Exception:
    return bad_request(
        "Property appId is invalid.", code="DeletingSamlSpNotAllowed", target="appId", detail="InvalidValue"
    )


def delete_softly(tenant: Tenant, collection: str, record: Record, together_with: str | None = None) -> None:
    """Move an object with its assignments to the deleted items. together_with: the application whose deletion caused
    this.
    """
    assignments = [
        assignment
        for assignment in tenant["appRoleAssignments"].current()
        if record["id"] in (assignment["resourceId"], assignment["principalId"])
    ]
    kind = COLLECTIONS[collection]
    kept = {
        **record,
        "deletedDateTime": tenant.now(),
        "_kind": kind,
        "_assignments": assignments,
        "_together_with": together_with,
    }
    tenant["deletedItems"].put(kept)
    tenant[collection].delete(record["id"])
    for assignment in assignments:
        tenant["appRoleAssignments"].delete(assignment["id"])


def purge_expired(tenant: Tenant) -> None:
    """Purge what was deleted more than thirty days ago."""
    limit = tenant.world.entra_now() - SOFT_DELETED_FOR
    for record in list(tenant["deletedItems"].current()):
        if moment(record["deletedDateTime"]) < limit:
            tenant["deletedItems"].delete(record["id"])


def _lister(kind: str) -> t.Callable[[Context], Response]:
    def answer(context: Context) -> Response:
        records = (each for each in context.tenant["deletedItems"].all_indexed() if each["_kind"] == kind)
        return context.page("directoryObjects", records, kind)

    return answer


def _get(context: Context) -> Response:
    record = context.find("deletedItems", context.keys[0])
    only_owned(context.caller, DELETED_READ[record["_kind"]])
    query = context.query_of_object(record["_kind"])
    about = {
        "@odata.context": context.annotation("directoryObjects/$entity"),
        "@odata.type": f"#microsoft.graph.{record['_kind']}",
    }
    return context.json({**about, **query.project(record)})


def _purge(context: Context) -> Response:
    record = context.changing("deletedItems", context.keys[0])
    if context.only_owned and not context.settings.owners_may_purge:
        raise denied()
    context.tenant["deletedItems"].delete(record["id"])
    return context.nothing()


def _restore(context: Context) -> Response:
    if context.request.get_data() and set(context.body()) - {"autoReconcileProxyConflict", "newUserPrincipalName"}:
        raise bad_request("The request body holds a parameter that restore does not take.", code="BadRequest")
    record = context.changing("deletedItems", context.keys[0])
    restored = [
        record,
        *(
            restored_record
            for restored_record in context.tenant["deletedItems"].current()
            if restored_record["_together_with"] == record["id"]
        ),
    ]
    for restored_record in restored:
        _put_back(context.tenant, restored_record)
    kind = record["_kind"]
    about = {
        "@odata.context": context.annotation("directoryObjects/$entity"),
        "@odata.type": f"#microsoft.graph.{kind}",
    }
    return context.json({**about, **context.query_of_object(kind).project({**record, "deletedDateTime": None})})


def _put_back(tenant: Tenant, record: Record) -> None:
    collection = next(name for name, kind in COLLECTIONS.items() if kind == record["_kind"])
    if collection == "servicePrincipals" and tenant.current("applications", appId=record["appId"]) is None:
        raise not_found(record["appId"])
    live = {
        name: value
        for name, value in record.items()
        if name not in ("deletedDateTime", "_kind", "_assignments", "_together_with")
    }
    tenant["deletedItems"].delete(record["id"])
    tenant[collection].put(live)
    for assignment in record["_assignments"]:
        tenant["appRoleAssignments"].put(assignment)


def _lists() -> t.Iterator[Route]:
    for kind, name in (
        ("application", "Application"),
        ("servicePrincipal", "ServicePrincipal"),
        ("user", "User"),
        ("group", "Group"),
    ):
        for prefix in ("microsoft.graph", "graph"):
            path = f"/directory/deletedItems/{prefix}.{kind}"
            yield Route("GET", path, f"directory.ListDeletedItemsAs{name}", _lister(kind), DELETED_READ[kind])


ROUTES: t.Final[tuple[Route, ...]] = (
    *_lists(),
    Route("GET", "/directory/deletedItems/{key}", "directory.GetDeletedItems", _get, union(DELETED_READ.values())),
    Route("DELETE", "/directory/deletedItems/{key}", "directory.DeleteDeletedItems", _purge, APPLICATION_WRITE),
    Route(
        "POST", "/directory/deletedItems/{key}/restore", "directory.deletedItems.restore", _restore, APPLICATION_WRITE
    ),
)
