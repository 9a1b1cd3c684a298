# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sign-in of people: from the launch URL or a request of an application, through the sign-in page, to the response
for the application. There are no passwords: a person who enters the name of a user is signed in as that user.
"""

from __future__ import annotations

import base64
import dataclasses
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

from federation_sandbox.entra import saml_requests
from federation_sandbox.entra.access import (
    Refused,
    application_of,
    application_that_asks,
    check_application,
    check_assigned,
    check_user,
    user_named,
)
from federation_sandbox.entra.certificates import SigningCertificate, active_signing_certificate, load_certificate
from federation_sandbox.entra.claims import assigned_policy, claims_for
from federation_sandbox.entra.hosts import CLOUDS
from federation_sandbox.entra.responses import RSA_SHA256, Addressed, Signing, logout_response, response
from federation_sandbox.entra.saml_requests import SamlRequest
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
    """The users that are signed in to each tenant, by the cookie of the browser."""

    def __init__(self, _world: World) -> None:
        self.users: dict[str, tuple[str, str]] = {}


def _launch(request: Request, call: Call) -> Response:
    """Redirect the browser to the tenant, or to the address at which the application starts (facts/entra.md
    2.3, 7.2).
    """
    match = re.fullmatch(r"/api/signin/([^/]+)", request.path)
    if not match:
        return Response("Not found.\n", 404)
    call.operation = "launch"
    call.admit()
    app_id, tenant_id = match[1], request.args.get("tenantId", "")
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


@dataclasses.dataclass(frozen=True)
class SignIn:
    """A sign-in to an application. request: that of the application, None for a sign-in from the launch URL."""

    tenant: Tenant
    application: Record
    principal: Record
    request: SamlRequest | None = None
    relay_state: str = ""


def show(request: Request, call: Call, tenant: str) -> Response:
    """The sign-in page, or the response for a browser that is already signed in."""
    try:
        directory = _tenant(request, call, tenant)
        return _begin(request, call, SignIn(directory, *application_of(directory, request.args.get("appid", ""))))
    except Refused as refused:
        return _error(call, refused)


def sign_in(request: Request, call: Call, tenant: str) -> Response:
    """Sign a user in, and answer with the response for the application."""
    try:
        directory = _tenant(request, call, tenant)
        return _finish(request, call, SignIn(directory, *application_of(directory, request.args.get("appid", ""))))
    except Refused as refused:
        return _error(call, refused)


def _requested(request: Request, call: Call, tenant: str) -> Response:
    """Answer a request of an application: with the sign-in page or the response, or with a sign-out (facts/entra.md
    10.2).
    """
    try:
        directory = _tenant(request, call, tenant)
        message = saml_requests.parse(request)
        application, principal = application_that_asks(directory, message.issuer)
        saml_requests.check_signature(request, application, principal)
        if message.kind == "LogoutRequest":
            return _sign_out_asked(request, call, principal, message)
        sign_in = SignIn(directory, application, principal, message, request.values.get("RelayState", ""))
        _reply_url(sign_in)
        return _finish(request, call, sign_in) if "login" in request.form else _begin(request, call, sign_in)
    except Refused as refused:
        return _error(call, refused)


def _begin(request: Request, call: Call, sign_in: SignIn) -> Response:
    tenant, message = sign_in.tenant, sign_in.request
    known = call.world.state(SignIns).users.get(request.cookies.get(_COOKIE, ""))
    user = tenant["users"].visible(known[1]) if known and known[0] == tenant.id else None
    if user is not None and not (message and message.force):
        call.caller = user["userPrincipalName"]
        return _issue(sign_in, user)
    if message and message.passive:
        raise Refused(50058, "A silent sign-in request was sent but no user is signed in.")
    names = (each["userPrincipalName"] for each in tenant["users"].all_visible())
    return page(
        "entra_sign_in",
        tenant=tenant.display_name,
        application=sign_in.principal["displayName"],
        action=request.full_path,
        carried={name: value for name, value in request.form.items() if name in ("SAMLRequest", "RelayState")},
        people=list(itertools.islice(names, _LISTED)),
    )


def _finish(request: Request, call: Call, sign_in: SignIn) -> Response:
    user = user_named(sign_in.tenant, request.form.get("login", ""))
    call.caller = user["userPrincipalName"]
    check_user(user)
    cookie = secrets.token_urlsafe(24)
    call.world.state(SignIns).users[cookie] = (sign_in.tenant.id, user["id"])
    try:
        answer = _issue(sign_in, user)
    except Refused as refused:
        answer = _error(call, refused)
    answer.set_cookie(_COOKIE, cookie, secure=True, httponly=True)
    return answer


def _sign_out_asked(request: Request, call: Call, principal: Record, message: SamlRequest) -> Response:
    """End the session of the browser, and send the response to the application's logout URL. Without one, the sign-out
    ends here.
    """
    call.world.state(SignIns).users.pop(request.cookies.get(_COOKIE, ""), None)
    where = principal.get("logoutUrl")
    if not where:
        return Response("You signed out of your account.\n")
    content = logout_response(message.id, where, call.world.entra_now())
    answer = page(
        "saml_post",
        action=where,
        response=base64.b64encode(content).decode(),
        relay_state=request.values.get("RelayState"),
    )
    answer.delete_cookie(_COOKIE, secure=True, httponly=True)
    return answer


def sign_out(request: Request, call: Call, tenant: str) -> Response:
    """End the session of the browser with the tenant. The sessions at AWS and in Amazon Connect stay open."""
    _tenant(request, call, tenant)
    call.world.state(SignIns).users.pop(request.cookies.get(_COOKIE, ""), None)
    answer = Response("You signed out of your account.\n")
    answer.delete_cookie(_COOKIE, secure=True, httponly=True)
    return answer


def _tenant(request: Request, call: Call, name: str) -> Tenant:
    tenant = directory(call.world).tenant(name, request.host)
    if tenant is None:
        text = (
            f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into "
            f"the correct cloud."
        )
        raise Refused(90002, text)
    return tenant


def _issue(sign_in: SignIn, user: Record) -> Response:
    """The form that posts the response to the application's reply URL."""
    tenant, application, principal, message = sign_in.tenant, sign_in.application, sign_in.principal, sign_in.request
    check_user(user)
    check_application(application, principal)
    check_assigned(tenant, principal, user)
    reply_url = _reply_url(sign_in)
    signing = _signing(tenant, application, principal)
    policy = assigned_policy(tenant, principal) or {}
    audience = _audience(application, principal, policy)
    if message is not None and not policy.get("audienceOverride"):
        audience = message.issuer if ":" in message.issuer else f"spn:{message.issuer}"
    to = Addressed(_issuer(tenant, principal, policy), audience, reply_url, message.id if message else "")
    claims = claims_for(tenant, application, principal, user)
    if message is not None and message.name_id_format:
        claims = dataclasses.replace(claims, name_id_format=message.name_id_format)
    content = response(to, claims, signing, tenant.world.entra_now())
    relay_state = (
        sign_in.relay_state if message else (principal.get("samlSingleSignOnSettings") or {}).get("relayState")
    )
    return page("saml_post", action=reply_url, response=base64.b64encode(content).decode(), relay_state=relay_state)


def _reply_url(sign_in: SignIn) -> str:
    """The requested reply URL, which must be one of the application's; else the first one with an index, else the first
    (facts/entra.md 2.10).
    """
    principal, message = sign_in.principal, sign_in.request
    urls = principal.get("replyUrls") or []
    if not urls:
        raise Refused(900971, "No reply address provided.")
    settings = sign_in.application["web"].get("redirectUriSettings") or ()
    indexed = [each for each in settings if each.get("index") is not None and each["uri"] in urls]
    if message is not None and message.reply_url:
        if message.reply_url not in urls:
            text = (
                f"The redirect URI '{message.reply_url}' specified in the request does not match the redirect "
                f"URIs configured for the "
            )
            raise Refused(50011, f"{text}application '{message.issuer}'.")
        return message.reply_url
    if message is not None and message.index is not None:
        chosen = next((each["uri"] for each in indexed if each["index"] == message.index), None)
        if chosen is None:
            raise Refused(
                50011, f"The application '{message.issuer}' has no reply address with the index {message.index}."
            )
        return str(chosen)
    return str(min(indexed, key=lambda each: each["index"])["uri"] if indexed else urls[0])


def _issuer(tenant: Tenant, principal: Record, policy: dict[str, t.Any]) -> str:
    """The issuer of the tenant. With issuerWithApplicationId, the application's ID is appended (facts/entra.md E7)."""
    issuer = f"https://sts.windows.net/{tenant.id}/"
    return (
        f"{issuer}{principal['appId']}"
        if str(policy.get("issuerWithApplicationId", False)).lower() == "true"
        else issuer
    )


def _audience(application: Record, principal: Record, policy: dict[str, t.Any]) -> str:
    """The audienceOverride of the policy (facts/entra.md E7), else the default identifier up to its # (facts/entra.md
    2.9, 10.2).
    """
    if policy.get("audienceOverride"):
        return str(policy["audienceOverride"])
    identifier = next(iter(application.get("identifierUris") or ()), "")
    return identifier.partition("#")[0] or f"spn:{principal['appId']}"


def _signer(tenant: Tenant, principal: Record) -> SigningCertificate:
    now = tenant.world.entra_now()
    active = active_signing_certificate(principal, tenant.signing_keys, now)
    if assigned_policy(tenant, principal) is not None:
        if active is None or not active.valid(now):
            raise Refused(
                50146,
                "This application is required to be configured with an application-specific signing key. It is "
                "either not configured with "
                "one, or the key has expired or is not yet valid.",
            )
    elif active is None:
        raise Refused(
            50003,
            "Sign-in failed because of a missing signing key or certificate. This might be because there was no "
            "signing key configured in "
            "the app.",
        )
    return active


def _signing(tenant: Tenant, application: Record, principal: Record) -> Signing:
    """The active certificate, and the signing options of the token issuance policy."""
    policies = (tenant["tokenIssuancePolicies"].visible(key) for key in application["_tokenIssuancePolicies"])
    assigned = next((each for each in policies if each is not None), None)
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
    """The certificate that tokenEncryptionKeyId selects; all assertions are encrypted with it."""
    for record in (principal, application):
        key_id = record.get("tokenEncryptionKeyId")
        keys = (
            each
            for each in record.get("keyCredentials") or ()
            if each["keyId"] == key_id and each["usage"] == "Encrypt"
        )
        if key_id and (key := next(keys, None)):
            return load_certificate(key["key"])
    return None


def _error(call: Call, refused: Refused) -> Response:
    call.error = f"AADSTS{refused.number}"
    now = call.world.entra_now().astimezone(dt.UTC)
    return page(
        "entra_error",
        200,
        number=refused.number,
        text=refused.text,
        correlation=str(uuid.uuid4()),
        now=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _render(_request: Request, error: CloudError) -> Response:
    return Response(f"{error.code}: {error.message}\n", error.status, error.headers)


#: what the login hosts serve to people, in the form of their table of routes
ROUTES: t.Final[tuple[tuple[str, str, str, t.Callable[..., Response]], ...]] = (
    ("GET", r"/(?P<tenant>[^/]+)/signin", "sign-in-page", show),
    ("POST", r"/(?P<tenant>[^/]+)/signin", "sign-in", sign_in),
    ("GET", r"/(?P<tenant>[^/]+)/saml2", "saml2", _requested),
    ("POST", r"/(?P<tenant>[^/]+)/saml2", "saml2", _requested),
    ("GET", r"/(?P<tenant>[^/]+)/oauth2/v2\.0/logout", "sign-out", sign_out),
)

LAUNCHER: t.Final[Service] = Service("launcher", "|".join(map(re.escape, LAUNCHERS)), _launch, _render)
