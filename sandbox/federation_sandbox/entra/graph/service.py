# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Graph v1.0, and reads of beta. Each request is routed, authenticated, throttled, authorized, and then
answered.
"""

from __future__ import annotations

import json
import re
import typing as t

from werkzeug import Request, Response

from federation_sandbox.entra.graph import (
    application_templates,
    applications,
    assignments,
    deleted_items,
    directory,
    owners,
    policies,
    service_principals,
)
from federation_sandbox.entra.graph.batch import answer_batch
from federation_sandbox.entra.graph.context import Context
from federation_sandbox.entra.graph.errors import no_segment, odata_error
from federation_sandbox.entra.graph.permissions import only_owned
from federation_sandbox.entra.graph.routes import Route, Segments, split
from federation_sandbox.entra.graph.throttling import selects_keys, throttle, units
from federation_sandbox.entra.hosts import GRAPH_HOSTS
from federation_sandbox.entra.state import Tenant, clouds_of, new_id, timestamp
from federation_sandbox.entra.state import directory as entra
from federation_sandbox.entra.tokens import Caller, InvalidToken, machine_now, verify
from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.world import World

ROUTES: t.Final[tuple[Route, ...]] = (
    *application_templates.ROUTES,
    *applications.ROUTES,
    *service_principals.ROUTES,
    *assignments.ROUTES,
    *policies.ROUTES,
    *directory.ROUTES,
    *owners.ROUTES,
    *deleted_items.ROUTES,
)
_VERSIONS: t.Final[frozenset[str]] = frozenset({"v1.0", "beta"})
_DELTA: t.Final[frozenset[str]] = frozenset({"delta", "delta()", "microsoft.graph.delta()"})


def _handle(request: Request, call: Call) -> Response:
    version, path = _split(request)
    if version not in _VERSIONS:
        raise CloudError(400, "BadRequest", f"Invalid version: {version}")
    return _batch(request, call) if path == "$batch" else _answer(request, call)


def _split(request: Request) -> tuple[str, str]:
    """The version of Graph that a request is for, and the path below it."""
    version, _slash, path = request.path.lstrip("/").partition("/")
    return version, path


def _batch(request: Request, call: Call) -> Response:
    call.operation = "batch.post"
    if request.method != "POST":
        raise CloudError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    tenant, caller = _identify(request, call)
    call.admit()
    content = answer_batch(request, call, _answer_part)
    return Context(request, call, entra(call.world), tenant, caller, _split(request)[0], []).json(content)


def _answer_part(request: Request, call: Call) -> Response:
    """Answer one request of a batch. Errors are returned as responses."""
    try:
        response = _answer(request, call)
        call.settle()
    except CloudError as error:
        call.error = error.code
        return _render(request, error)
    return response


def _answer(request: Request, call: Call) -> Response:
    version, path = _split(request)
    segments = split(path)
    if segments[-1] in _DELTA:
        raise CloudError(501, "NotImplemented", "The sandbox has no delta queries.")
    route, keys = _route(request.method, segments)
    call.operation, call.write = route.operation, route.write
    call.key_material = selects_keys(request.method, request.args)
    if version == "beta" and route.write:
        message = (
            "The sandbox answers reads below /beta, as v1.0 answers them; what is written there may mean "
            "something else. Use /v1.0."
        )
        raise CloudError(501, "NotImplemented", message)
    tenant, caller = _identify(request, call)
    call.admit()
    cost = units(route, request.args)
    with call.world.lock:
        throttle(call, tenant, caller.app_id, cost)
        deleted_items.purge_expired(tenant)
        owned = only_owned(caller, route.needs)
        response = route.answer(Context(request, call, entra(call.world), tenant, caller, version, keys, owned))
    response.headers["x-ms-resource-unit"] = str(cost)
    return _identified(request, response)


def _route(method: str, segments: Segments) -> tuple[Route, Segments]:
    allowed = False
    for route in ROUTES:
        keys = route.keys(segments)
        if keys is None:
            continue
        if route.method == method:
            return route, keys
        allowed = True
    if allowed:
        raise CloudError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    raise no_segment(_unknown(segments))


def _unknown(segments: Segments) -> str:
    """The first path segment that no route has at its position."""
    for end in range(1, len(segments) + 1):
        shorter = segments[:end]
        if not any(route.keys(shorter) or _begins(route, shorter) for route in ROUTES):
            return str(shorter[-1])
    return str(segments[-1])


def _begins(route: Route, segments: Segments) -> bool:
    pattern = route.template.strip("/").split("/")
    return len(pattern) >= len(segments) and all(
        part in ("{key}", segment) for part, segment in zip(pattern, segments, strict=False)
    )


def _identify(request: Request, call: Call) -> tuple[Tenant, Caller]:
    scheme, _separator, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise CloudError(401, "InvalidAuthenticationToken", "Access token is empty.")
    (cloud,) = clouds_of(request.host)
    try:
        with call.world.lock:
            tenant, caller = verify(call.world, entra(call.world), cloud, token)
    except InvalidToken as reason:
        raise CloudError(401, "InvalidAuthenticationToken", str(reason), {"WWW-Authenticate": "Bearer"}) from reason
    call.caller = caller.app_id
    return tenant, caller


def _identified(request: Request, response: Response) -> Response:
    response.headers["request-id"] = new_id()
    response.headers["client-request-id"] = request.headers.get("client-request-id") or response.headers["request-id"]
    return response


def _render(request: Request, error: CloudError) -> Response:
    response = _identified(request, Response(status=error.status, headers=error.headers))
    body = odata_error(
        error,
        response.headers["request-id"],
        response.headers["client-request-id"],
        timestamp(machine_now()).rstrip("Z"),
    )
    response.set_data(json.dumps(body))
    response.content_type = "application/json"
    return response


SERVICE: t.Final[Service] = Service("graph", "|".join(map(re.escape, GRAPH_HOSTS)), _handle, _render, World.entra_now)
