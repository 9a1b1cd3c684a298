# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of a virtual machine's instance metadata service that issues tokens of its managed identity: plain HTTP,
without a secret.
"""

from __future__ import annotations

import json
import re
import typing as t

from werkzeug import Request, Response

from federation_sandbox.entra.hosts import METADATA_SERVICE
from federation_sandbox.entra.state import Client, Directory, Record, Tenant, directory
from federation_sandbox.entra.tokens import LIFETIME, issue
from federation_sandbox.service import Call, CloudError, Service


def _identity(entra: Directory, request: Request) -> tuple[Tenant, Client, Record]:
    wanted_app, wanted_object = request.args.get("client_id"), request.args.get("object_id")
    for tenant in entra.tenants.values():
        for client in tenant.clients.values():
            principal = tenant.current("servicePrincipals", appId=client.app_id)
            if not client.managed_identity or principal is None:
                continue
            if wanted_app in (None, client.app_id) and wanted_object in (None, principal["id"]):
                return tenant, client, principal
    raise CloudError(400, "invalid_request", "Identity not found")


def _handle(request: Request, call: Call) -> Response:
    call.operation = "token"
    call.admit()
    if request.path != "/metadata/identity/oauth2/token" or request.method != "GET":
        raise CloudError(404, "not_found", "The sandbox's metadata service has tokens only")
    if request.headers.get("Metadata") != "true":
        raise CloudError(400, "invalid_request", "Required metadata header not specified")
    if not request.args.get("api-version"):
        raise CloudError(400, "bad_request_101", "Required parameter api-version is missing")
    with call.world.lock:
        entra = directory(call.world)
        tenant, client, principal = _identity(entra, request)
        call.caller = client.app_id
        resource = request.args.get("resource", "").rstrip("/")
        if resource != f"https://{tenant.cloud.graph}":
            raise CloudError(
                400,
                "invalid_resource",
                f"AADSTS500011: The resource principal named {resource} was not found in the tenant.",
            )
        token = issue(call.world, entra, tenant, client, principal)
        answer = {
            "access_token": token,
            "client_id": client.app_id,
            "expires_in": str(LIFETIME),
            "expires_on": str(int(call.world.entra_now().timestamp()) + LIFETIME),
            "not_before": str(int(call.world.entra_now().timestamp())),
            "resource": resource,
            "token_type": "Bearer",
        }
    return Response(json.dumps(answer), content_type="application/json; charset=utf-8")


def _render(_request: Request, error: CloudError) -> Response:
    body = json.dumps({"error": error.code, "error_description": error.message})
    return Response(body, error.status, error.headers, content_type="application/json; charset=utf-8")


SERVICE: t.Final[Service] = Service("managed-identity", re.escape(METADATA_SERVICE), _handle, _render)
