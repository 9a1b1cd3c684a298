# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""People sign in: from the launch URL over the sign-in page to the response that the browser carries to the application.

A launch URL has no password behind it here: whoever names a user of the directory is that user.
"""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import re
import secrets
import typing as t
import urllib.parse
import uuid

from cryptography import x509
from werkzeug import Request, Response

from federation_sandbox.entra.access import Refused, application_of, check_application, check_assigned, check_user, user_named
from federation_sandbox.entra.certificates import SigningCertificate, active_signing_certificate, load_certificate
from federation_sandbox.entra.claims import claims_for, has_policy
from federation_sandbox.entra.hosts import CLOUDS
from federation_sandbox.entra.responses import RSA_SHA256, Addressed, Signing, response
from federation_sandbox.entra.state import Record, Tenant, directory
from federation_sandbox.pages import page
from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.world import World

#: launcher → the login host that it sends people to; those of the national clouds follow their My Apps portals
LAUNCHERS: t.Final[dict[str, str]] = {
    "launcher.myapps.microsoft.com": CLOUDS["public"].authority,
    "launcher.myapps.microsoft.us": CLOUDS["usgov"].authority,
    "launcher.myapps.windowsazure.cn": CLOUDS["china"].authority,
}
_COOKIE: t.Final = "ESTSAUTH"
_LISTED: t.Final = 25


class SignIns:
    """Who is signed in to which tenant, by the browser's cookie."""

    def __init__(self, _world: World) -> None:
        self.users: dict[str, tuple[str, str]] = {}


def _launch(request: Request, call: Call) -> Response:
    """Send the browser on to the tenant, or to the address that the application starts at (facts 2.3, 7.2)."""
    found = re.fullmatch(r"/api/signin/([^/]+)", request.path)
    if not found:
        return Response("Not found.\n", 404)
    call.operation = "launch"
    call.admit()
    app_id, tenant_id = found[1], request.args.get("tenantId", "")
    if not tenant_id:
        text = "No tenant-identifying information found in either the request or implied by any provided credentials."
        return _error(call, Refused(90019, text))
    host = LAUNCHERS[request.host]
    tenant = directory(call.world).tenant(tenant_id, host)
    principal = tenant.current("servicePrincipals", appId=app_id.lower()) if tenant else None
    if principal and principal.get("loginUrl"):
        return Response(status=302, headers={"Location": principal["loginUrl"]})
    where = f"https://{host}/{urllib.parse.quote(tenant_id)}/signin?{urllib.parse.urlencode({'appid': app_id})}"
    return Response(status=302, headers={"Location": where})


def show(request: Request, call: Call, tenant: str) -> Response:
    """The sign-in page, or at once the response for a browser that is signed in already."""
    try:
        at = _tenant(request, call, tenant)
        application, principal = application_of(at, request.args.get("appid", ""))
        known = call.world.state(SignIns).users.get(request.cookies.get(_COOKIE, ""))
        user = at["users"].visible(known[1]) if known and known[0] == at.id else None
        if user is not None:
            call.caller = user["userPrincipalName"]
            return _issue(at, application, principal, user)
        names = (each["userPrincipalName"] for each in at["users"].all_visible())
        return page(
            "entra_sign_in",
            tenant=at.display_name,
            application=principal["displayName"],
            action=request.full_path,
            people=list(itertools.islice(names, _LISTED)),
        )
    except Refused as refused:
        return _error(call, refused)


def sign_in(request: Request, call: Call, tenant: str) -> Response:
    """Sign a user in, remember that, and answer with the response for the application."""
    try:
        at = _tenant(request, call, tenant)
        application, principal = application_of(at, request.args.get("appid", ""))
        user = user_named(at, request.form.get("login", ""))
        call.caller = user["userPrincipalName"]
        check_user(user)
        cookie = secrets.token_urlsafe(24)
        call.world.state(SignIns).users[cookie] = (at.id, user["id"])
        try:
            answer = _issue(at, application, principal, user)
        except Refused as refused:
            answer = _error(call, refused)
        answer.set_cookie(_COOKIE, cookie, secure=True, httponly=True)
        return answer
    except Refused as refused:
        return _error(call, refused)


def sign_out(request: Request, call: Call, tenant: str) -> Response:
    """End the browser's session with the tenant; those at AWS and in Amazon Connect go on."""
    _tenant(request, call, tenant)
    call.world.state(SignIns).users.pop(request.cookies.get(_COOKIE, ""), None)
    answer = Response("You signed out of your account.\n")
    answer.delete_cookie(_COOKIE, secure=True, httponly=True)
    return answer


def _tenant(request: Request, call: Call, name: str) -> Tenant:
    found = directory(call.world).tenant(name, request.host)
    if found is None:
        text = f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        raise Refused(90002, text)
    return found


def _issue(tenant: Tenant, application: Record, principal: Record, user: Record) -> Response:
    """The form that carries the response to the application's default reply URL."""
    check_user(user)
    check_application(application, principal)
    check_assigned(tenant, principal, user)
    reply_url = _reply_url(application, principal)
    signing = _signing(tenant, application, principal)
    to = Addressed(f"https://sts.windows.net/{tenant.id}/", _audience(application, principal), reply_url)
    content = response(to, claims_for(tenant, principal, user), signing, tenant.world.clock.now())
    return page(
        "saml_post",
        action=reply_url,
        response=base64.b64encode(content).decode(),
        relay_state=(principal.get("samlSingleSignOnSettings") or {}).get("relayState"),
    )


def _reply_url(application: Record, principal: Record) -> str:
    """The default one: the first of those with an index, else the first (facts 2.10)."""
    urls = principal.get("replyUrls") or []
    if not urls:
        raise Refused(900971, "No reply address provided.")
    settings = application["web"].get("redirectUriSettings") or ()
    indexed = [each for each in settings if each.get("index") is not None and each["uri"] in urls]
    return str(min(indexed, key=lambda each: each["index"])["uri"] if indexed else urls[0])


def _audience(application: Record, principal: Record) -> str:
    """The default identifier without what follows its # (facts 2.9, 10.2)."""
    identifier = next(iter(application.get("identifierUris") or ()), "")
    return identifier.partition("#")[0] or f"spn:{principal['appId']}"


def _signer(tenant: Tenant, principal: Record) -> SigningCertificate:
    now = tenant.world.clock.now()
    active = active_signing_certificate(principal, tenant.signing_keys, now)
    if has_policy(tenant, principal):
        if active is None or not active.valid(now):
            raise Refused(
                50146,
                "This application is required to be configured with an application-specific signing key. It is either not configured with "
                "one, or the key has expired or is not yet valid.",
            )
    elif active is None:
        raise Refused(
            50003,
            "Sign-in failed because of a missing signing key or certificate. This might be because there was no signing key configured in "
            "the app.",
        )
    return active


def _signing(tenant: Tenant, application: Record, principal: Record) -> Signing:
    """The active certificate, and what a token issuance policy says about its use."""
    found = (tenant["tokenIssuancePolicies"].visible(key) for key in application["_tokenIssuancePolicies"])
    assigned = next((each for each in found if each is not None), None)
    policy = json.loads(assigned["definition"][0])["TokenIssuancePolicy"] if assigned else {}
    signer = _signer(tenant, principal)
    return Signing(
        signer,
        policy.get("TokenResponseSigningPolicy", "TokenOnly"),
        policy.get("SigningAlgorithm", RSA_SHA256),
        policy.get("SamlTokenVersion", "2.0"),
        _encrypted_for(application, principal),
    )


def _encrypted_for(application: Record, principal: Record) -> x509.Certificate | None:
    """The certificate that tokenEncryptionKeyId chooses: all tokens are encrypted with it."""
    for record in (principal, application):
        wanted = record.get("tokenEncryptionKeyId")
        keys = (each for each in record.get("keyCredentials") or () if each["keyId"] == wanted and each["usage"] == "Encrypt")
        if wanted and (key := next(keys, None)):
            return load_certificate(key["key"])
    return None


def _error(call: Call, refused: Refused) -> Response:
    call.error = f"AADSTS{refused.number}"
    now = call.world.clock.now().astimezone(dt.UTC)
    return page(
        "entra_error", 200, number=refused.number, text=refused.text, correlation=str(uuid.uuid4()), now=now.strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def _render(_request: Request, error: CloudError) -> Response:
    return Response(f"{error.code}: {error.message}\n", error.status, error.headers)


#: what the login hosts serve to people, in the form of their table of routes
ROUTES: t.Final[tuple[tuple[str, str, str, t.Callable[..., Response]], ...]] = (
    ("GET", r"/(?P<tenant>[^/]+)/signin", "sign-in-page", show),
    ("POST", r"/(?P<tenant>[^/]+)/signin", "sign-in", sign_in),
    ("GET", r"/(?P<tenant>[^/]+)/oauth2/v2\.0/logout", "sign-out", sign_out),
)

LAUNCHER: t.Final[Service] = Service("launcher", "|".join(map(re.escape, LAUNCHERS)), _launch, _render)
