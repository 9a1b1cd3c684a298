# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login hosts: discovery, the token endpoint for client credentials, and the federation metadata document."""

from __future__ import annotations

import datetime as dt
import json
import re
import typing as t
import uuid

from werkzeug import Request, Response

from federation_sandbox.entra import signin
from federation_sandbox.entra.clients import authenticate, refusal
from federation_sandbox.entra.hosts import LOGIN_HOSTS
from federation_sandbox.entra.metadata import federation_metadata
from federation_sandbox.entra.state import Directory, Record, Tenant, clouds_of, directory
from federation_sandbox.entra.tokens import LIFETIME, issue, public_keys
from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.world import World

_NO_TENANT: t.Final[frozenset[str]] = frozenset({"common", "organizations", "consumers"})


def _tenant(entra: Directory, name: str, host: str) -> Tenant:
    tenant = entra.tenant(name, host)
    if tenant is None:
        raise refusal(
            90002,
            f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into "
            f"the correct cloud. Check "
            "with your subscription administrator, this may happen if there are no active subscriptions for the "
            "tenant.",
            "invalid_tenant",
            400,
        )
    return tenant


def _openid_configuration(request: Request, call: Call, tenant: str) -> Response:
    entra = directory(call.world)
    directory_tenant = None if tenant in _NO_TENANT else _tenant(entra, tenant, request.host)
    name, host = directory_tenant.id if directory_tenant else tenant, request.host
    base = f"https://{host}/{name}"
    token_endpoint = f"{base}/oauth2/v2.0/token"
    if directory_tenant:
        token_endpoint = _token_endpoints(call, directory_tenant, host)[0]
    return _json(
        {
            "issuer": f"https://{host}/{name if name not in _NO_TENANT else '{tenantid}'}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": token_endpoint,
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "tenant_region_scope": None,
            "cloud_instance_name": clouds_of(host)[0].authority,
            "msgraph_host": clouds_of(host)[0].graph,
        }
    )


def _instance_discovery(request: Request, _call: Call) -> Response:
    endpoint = request.args.get("authorization_endpoint", "")
    host = (re.match(r"https://([^/]+)/", endpoint) or ["", ""])[1]
    if host not in LOGIN_HOSTS:
        raise refusal(50049, "Unknown or invalid instance.", "invalid_instance", 400)
    clouds = {cloud.authority: cloud for cloud in clouds_of(request.host)}.values()
    return _json(
        {
            "tenant_discovery_endpoint": endpoint.replace(
                "/oauth2/v2.0/authorize", "/v2.0/.well-known/openid-configuration"
            ),
            "api-version": "1.1",
            "metadata": [
                {"preferred_network": cloud.authority, "preferred_cache": cloud.authority, "aliases": list(cloud.login)}
                for cloud in clouds
            ],
        }
    )


def _keys(request: Request, call: Call, **_tenant: str) -> Response:
    return _json(public_keys(directory(call.world), clouds_of(request.host)))


def _token(request: Request, call: Call, tenant: str) -> Response:
    if tenant in _NO_TENANT:
        raise refusal(
            50059,
            "No tenant-identifying information found in either the request or implied by any provided credentials.",
        )
    entra = directory(call.world)
    form = request.form
    directory_tenant = _tenant(entra, tenant, request.host)
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            raise refusal(
                900144, f"The request body must contain the following parameter: '{name}'.", "invalid_request", 400
            )
    if form["grant_type"] != "client_credentials":
        raise refusal(
            70003, f"The app requested an unsupported grant type '{form['grant_type']}'.", "unsupported_grant_type", 400
        )
    call.caller = form["client_id"]
    client = directory_tenant.clients.get(form["client_id"])
    principal = directory_tenant.current("servicePrincipals", appId=form["client_id"])
    if client is None or principal is None or client.managed_identity:
        raise refusal(
            700016,
            f"Application with identifier '{form['client_id']}' was not found in the directory "
            f"'{directory_tenant.display_name}'. This can happen if "
            "the application has not been installed by the administrator of the tenant or consented to by any "
            "user in the tenant. You may "
            "have sent your authentication request to the wrong tenant.",
            "unauthorized_client",
            400,
        )
    authenticate(directory_tenant, client, form, _audiences(call, directory_tenant))
    _check_enabled(principal)
    _check_scope(directory_tenant, form["scope"])
    token = issue(call.world, entra, directory_tenant, client, principal)
    return _json({"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token})


def _audiences(call: Call, tenant: Tenant) -> set[str]:
    """The accepted audiences of a client's assertion: the token endpoint or the issuer."""
    ends = ("/oauth2/token", "/v2.0", "/")
    issuers = (f"https://{host}/{name}" for host in tenant.cloud.login for name in (tenant.id, *tenant.domains))
    endpoints = (name for host in tenant.cloud.login for name in _token_endpoints(call, tenant, host))
    return {*endpoints, *(issuer + end for issuer in issuers for end in ends)}


def _token_endpoints(call: Call, tenant: Tenant, host: str) -> list[str]:
    """The addresses of a tenant's token endpoint. The first is that of its OpenID configuration."""
    has_id = call.world.settings.token_endpoint_has_tenant_id
    names = [*([tenant.id] if has_id else []), *tenant.domains]
    return [f"https://{host}/{name}/oauth2/v2.0/token" for name in names]


def _check_enabled(principal: Record) -> None:
    if principal.get("accountEnabled") is False:
        raise refusal(
            7000112,
            f"Application '{principal['appId']}'({principal['displayName']}) is disabled.",
            "unauthorized_client",
            400,
        )


def _check_scope(tenant: Tenant, scope: str) -> None:
    if not scope.endswith("/.default"):
        raise refusal(
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value "
            f"with /.default suffixed "
            "to the resource identifier (application ID URI).",
            "invalid_scope",
            400,
        )
    resource = scope.removesuffix("/.default").rstrip("/")
    if resource not in (f"https://{tenant.cloud.graph}", "00000003-0000-0000-c000-000000000000"):
        raise refusal(
            500011,
            f"The resource principal named {resource} was not found in the tenant named {tenant.display_name}. "
            f"This can happen if the "
            "application has not been installed by the administrator of the tenant or consented to by any user "
            "in the tenant.",
            "invalid_resource",
            400,
        )


def _federation_metadata(request: Request, call: Call, tenant: str) -> Response:
    entra = directory(call.world)
    directory_tenant = _tenant(entra, tenant, request.host)
    document = federation_metadata(entra, directory_tenant, request.host, request.args.get("appid"))
    return Response(document, content_type="application/samlmetadata+xml; charset=utf-8")


_ROUTES: t.Final[tuple[tuple[str, str, str, t.Callable[..., Response]], ...]] = (
    ("POST", r"/(?P<tenant>[^/]+)/oauth2/v2\.0/token", "token", _token),
    (
        "GET",
        r"/(?P<tenant>[^/]+)/v2\.0/\.well-known/openid-configuration",
        "openid-configuration",
        _openid_configuration,
    ),
    ("GET", r"/(?P<tenant>[^/]+)/discovery/v2\.0/keys", "keys", _keys),
    ("GET", r"/common/discovery/instance", "instance-discovery", _instance_discovery),
    (
        "GET",
        r"/(?P<tenant>[^/]+)/federationmetadata/2007-06/federationmetadata\.xml",
        "federation-metadata",
        _federation_metadata,
    ),
    *signin.ROUTES,
)


def _handle(request: Request, call: Call) -> Response:
    for method, pattern, operation, answer in _ROUTES:
        match = re.fullmatch(pattern, request.path, re.IGNORECASE)
        if match and method == request.method:
            call.operation = operation
            call.admit()
            with call.world.lock:
                return answer(request, call, **match.groupdict())
    raise refusal(900561, "The endpoint does not answer this request.", "invalid_request", 404)


def _render(request: Request, error: CloudError) -> Response:
    trace, correlation = str(uuid.uuid4()), request.headers.get("client-request-id") or str(uuid.uuid4())
    number = error.more.get("number")
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    body = {
        "error": error.code,
        "error_description": f"{error.message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
        "error_codes": [number] if number else [],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    if number:
        body["error_uri"] = f"https://{request.host}/error?code={number}"
    return _json(body, error.status, error.headers)


def _json(content: t.Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    identified = {"x-ms-request-id": str(uuid.uuid4()), **(headers or {})}
    return Response(json.dumps(content), status, identified, content_type="application/json; charset=utf-8")


SERVICE: t.Final[Service] = Service("login", "|".join(map(re.escape, LOGIN_HOSTS)), _handle, _render, World.entra_now)
