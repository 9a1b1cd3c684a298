# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""App role assignments: who may use an application, and in which role."""

from __future__ import annotations

import base64
import collections.abc
import typing as t
import uuid

from werkzeug import Response

from federation_sandbox.entra.graph.bodies import checked
from federation_sandbox.entra.graph.context import Context
from federation_sandbox.entra.graph.errors import bad_request, denied, missing_value, not_found
from federation_sandbox.entra.graph.odata import Query
from federation_sandbox.entra.graph.permissions import (
    APPLICATION_READ,
    ASSIGNMENT_CREATE,
    ASSIGNMENT_DELETE,
    PRINCIPAL_ASSIGNMENT_READ,
    PRINCIPAL_ASSIGNMENT_WRITE,
)
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.state import MICROSOFT_GRAPH, Record, Tenant, new_id

DEFAULT_ACCESS: t.Final[str] = "00000000-0000-0000-0000-000000000000"
_PRINCIPALS: t.Final[dict[str, str]] = {"users": "User", "groups": "Group", "servicePrincipals": "ServicePrincipal"}


def new_assignment(tenant: Tenant, principal: Record, kind: str, resource: Record, role_id: str) -> Record:
    """The record of an assignment. kind: User, Group or ServicePrincipal."""
    return {
        "id": base64.urlsafe_b64encode(uuid.UUID(new_id()).bytes + uuid.UUID(principal["id"]).bytes)
        .decode()
        .rstrip("="),
        "appRoleId": role_id,
        "createdDateTime": tenant.now(),
        "principalDisplayName": principal.get("displayName"),
        "principalId": principal["id"],
        "principalType": kind,
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
    }


def project_assignment(record: Record) -> dict[str, t.Any]:
    """An assignment as an expanded property contains it."""
    return Query("appRoleAssignment").project(record)


def _principal(tenant: Tenant, key: str) -> tuple[str, Record]:
    for collection, kind in _PRINCIPALS.items():
        record = tenant[collection].visible(key)
        if record is not None:
            return kind, record
    raise not_found(key)


def _check_role(kind: str, resource: Record, role_id: str) -> None:
    """Check the role of an assignment. Default access is for applications without roles only; any other role must be
    declared, enabled and allow the type of the principal.
    """
    enabled = [role for role in resource["appRoles"] if role["isEnabled"]]
    if role_id == DEFAULT_ACCESS and not resource["appRoles"]:
        return
    members = "Application" if kind == "ServicePrincipal" else "User"
    if not any(role["id"] == role_id and members in role["allowedMemberTypes"] for role in enabled):
        raise bad_request(f"Permission being assigned was not found on application '{resource['appId']}'.")


def _check_assigner(context: Context, resource: Record) -> None:
    """403 when the permission to write applications is not enough."""
    enough = context.settings.assignments_with_application_permission and resource["appId"] != MICROSOFT_GRAPH
    if not enough and "AppRoleAssignment.ReadWrite.All" not in context.caller.roles:
        raise denied()


def _create(context: Context, resource: Record, body: dict[str, t.Any]) -> Response:
    tenant = context.tenant
    content = checked("appRoleAssignment", body)
    for name in ("principalId", "resourceId", "appRoleId"):
        if not content.get(name):
            raise missing_value(name, "AppRoleAssignment")
    role_id, principal_id = content["appRoleId"].lower(), content["principalId"].lower()
    if content["resourceId"].lower() != resource["id"]:
        raise bad_request("The resourceId in the request body does not match the service principal in the request URL.")
    _check_assigner(context, resource)
    if tenant["servicePrincipals"].indexed(resource["id"]) is None:
        raise bad_request("Not a valid reference update.")
    kind, principal = _principal(tenant, principal_id)
    _check_role(kind, resource, role_id)
    if tenant.current("appRoleAssignments", principalId=principal_id, resourceId=resource["id"], appRoleId=role_id):
        raise bad_request(
            "Permission being assigned already exists on the object",
            target="appRoleAssignments",
            detail="InvalidUpdate",
        )
    record = new_assignment(tenant, principal, kind, resource, role_id)
    context.save("appRoleAssignments", record)
    return context.entity("appRoleAssignments", record, 201)


def _assigned_to(context: Context) -> t.Iterator[Record]:
    resource = context.find("servicePrincipals", context.keys[0])
    return (each for each in context.tenant["appRoleAssignments"].all_indexed() if each["resourceId"] == resource["id"])


def _list_assigned_to(context: Context) -> Response:
    return context.page("appRoleAssignments", _assigned_to(context))


def _create_assigned_to(context: Context) -> Response:
    return _create(context, context.find("servicePrincipals", context.keys[0]), context.body())


def _require_assignment(context: Context, name: str, owner: Record) -> Record:
    """The assignment that a path names below its resource or its principal."""
    record = context.tenant["appRoleAssignments"].visible(str(context.keys[1]))
    if record is None or record[name] != owner["id"]:
        raise not_found(str(context.keys[1]))
    return record


def _get_assigned_to(context: Context) -> Response:
    resource = context.find("servicePrincipals", context.keys[0])
    return context.entity("appRoleAssignments", _require_assignment(context, "resourceId", resource))


def _delete_assigned_to(context: Context) -> Response:
    resource = context.find("servicePrincipals", context.keys[0])
    return _delete(context, resource, _require_assignment(context, "resourceId", resource))


def _delete(context: Context, resource: Record | None, record: Record) -> Response:
    if resource:
        _check_assigner(context, resource)
    context.tenant["appRoleAssignments"].delete(record["id"])
    return context.nothing()


def _of(collection: str) -> tuple[Route, ...]:
    """The routes below a user, a group or a service principal with assignments."""

    def listed(context: Context) -> Response:
        principal = context.find(collection, context.keys[0])
        every = context.tenant["appRoleAssignments"].all_indexed()
        return context.page("appRoleAssignments", (each for each in every if each["principalId"] == principal["id"]))

    def create(context: Context) -> Response:
        principal, body = context.find(collection, context.keys[0]), context.body()
        if str(body.get("principalId", "")).lower() != principal["id"]:
            raise bad_request("The principalId in the request body does not match the object in the request URL.")
        return _create(context, context.find("servicePrincipals", str(body.get("resourceId", ""))), body)

    def delete(context: Context) -> Response:
        principal = context.find(collection, context.keys[0])
        return _delete(context, None, _require_assignment(context, "principalId", principal))

    name = collection.removesuffix("s")
    path = f"/{collection}/{{key}}/appRoleAssignments"
    applications = collection == "servicePrincipals"
    units = 2 if applications else 1
    routes = (
        Route(
            "GET",
            path,
            f"{name}.ListAppRoleAssignments",
            listed,
            APPLICATION_READ if applications else PRINCIPAL_ASSIGNMENT_READ,
            units,
        ),
        Route(
            "POST",
            path,
            f"{name}.CreateAppRoleAssignments",
            create,
            ASSIGNMENT_CREATE if applications else PRINCIPAL_ASSIGNMENT_WRITE,
        ),
    )
    if applications:
        return routes
    removal = Route("DELETE", f"{path}/{{key}}", f"{name}.DeleteAppRoleAssignments", delete, PRINCIPAL_ASSIGNMENT_WRITE)
    return (*routes, removal)


def _beneath_principals() -> collections.abc.Iterator[Route]:
    for collection in _PRINCIPALS:
        yield from _of(collection)


_PATH: t.Final[str] = "/servicePrincipals/{key}/appRoleAssignedTo"

ROUTES: t.Final[tuple[Route, ...]] = (
    Route("GET", _PATH, "servicePrincipal.ListAppRoleAssignedTo", _list_assigned_to, APPLICATION_READ),
    Route("POST", _PATH, "servicePrincipal.CreateAppRoleAssignedTo", _create_assigned_to, ASSIGNMENT_CREATE),
    Route("GET", f"{_PATH}/{{key}}", "servicePrincipal.GetAppRoleAssignedTo", _get_assigned_to, APPLICATION_READ),
    Route(
        "DELETE", f"{_PATH}/{{key}}", "servicePrincipal.DeleteAppRoleAssignedTo", _delete_assigned_to, ASSIGNMENT_DELETE
    ),
    *_beneath_principals(),
)
