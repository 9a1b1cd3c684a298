# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed login: the pages on which people sign in to a user pool, and the token endpoint for clients."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
import secrets
import typing as t
import urllib.parse

from werkzeug import Request, Response

from federation_sandbox.aws.cognito import admission, messages, tokens
from federation_sandbox.aws.cognito.identity_providers import current_metadata
from federation_sandbox.aws.cognito.store import Cognito, Item, Person, Pool, Provider
from federation_sandbox.aws.signin.assertions import Malformed, decode, unverified
from federation_sandbox.pages import page
from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.world import World

#: prefix domains, and custom ones: in the sandbox those of the reserved domain `example` whose name begins with auth
_HOSTS: t.Final = r"[a-z0-9-]+\.auth(?:-fips)?\.[a-z0-9-]+\.amazoncognito\.com|auth\.(?:[a-z0-9-]+\.)*example"
_COOKIE: t.Final = "cognito"
#: how long the session of a browser lasts
_SESSION: t.Final = dt.timedelta(hours=1)
#: how long a sign-in waits for the response of the identity provider
_PENDING: t.Final = dt.timedelta(minutes=5)


class Refused(Exception):
    """A request that managed login answers with an error page, because it does not trust the redirect URI."""


class BackToClient(Exception):
    """An error that is sent to the client at its redirect URI."""

    def __init__(self, error: str, text: str) -> None:
        super().__init__(text)
        self.error = error


@dataclasses.dataclass(frozen=True)
class SignInRequest:
    """What a client requests."""

    client: Item
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    nonce: str = ""
    challenge: str = ""


@dataclasses.dataclass(frozen=True)
class Pending:
    """A sign-in that waits for the response of the identity provider."""

    sign_in: SignInRequest
    provider: str
    request_id: str
    until: dt.datetime


@dataclasses.dataclass(frozen=True)
class Session:
    """The signed-in person of a browser in a pool."""

    pool_id: str
    username: str
    index: str
    until: dt.datetime


class Browsers:
    """The sign-ins in progress, and the sessions of browsers."""

    def __init__(self, _world: World) -> None:
        self.pending: dict[str, Pending] = {}
        self.sessions: dict[str, Session] = {}


def _authorize(request: Request, call: Call, pool: Pool) -> Response:
    """Send the browser to the identity provider that the request names, or show a page on which the person
    chooses one.
    """
    client, redirect_uri = _requested_client(pool, request.args)
    try:
        sign_in = _sign_in_request(client, redirect_uri, request.args)
        provider = _requested_provider(pool, client, request.args)
        if provider is not None:
            return _to_identity_provider(request, call, pool, provider, sign_in)
        session = call.world.state(Browsers).sessions.get(request.cookies.get(_COOKIE, ""))
        if session and session.pool_id == pool.id and session.until > call.world.clock.now():
            return _back(call.world, pool, sign_in, pool.people[session.username])
        offered = [
            pool.providers[name] for name in client.get("SupportedIdentityProviders", []) if name in pool.providers
        ]
        if len(offered) == 1 and "COGNITO" not in client["SupportedIdentityProviders"]:
            return _to_identity_provider(request, call, pool, offered[0], sign_in)
        return Response(status=302, headers={"Location": f"/login?{request.query_string.decode()}"})
    except BackToClient as failure:
        return _failed(redirect_uri, request.args.get("state", ""), failure)


def _login(request: Request, _call: Call, pool: Pool) -> Response:
    """The page with the identity providers of the client."""
    client = _requested_client(pool, request.args)[0]
    names = [name for name in client.get("SupportedIdentityProviders", []) if name in pool.providers]
    query = [(key, value) for key, value in request.args.items(multi=True) if key != "identity_provider"]
    links = {
        name: f"/oauth2/authorize?{urllib.parse.urlencode([*query, ('identity_provider', name)])}" for name in names
    }
    return page("cognito_login", links=links, local="COGNITO" in client.get("SupportedIdentityProviders", []))


def _requested_client(pool: Pool, values: t.Mapping[str, str]) -> tuple[Item, str]:
    client = pool.clients.get(values.get("client_id", ""))
    if client is None:
        raise Refused("Client does not exist.")
    if not client["AllowedOAuthFlowsUserPoolClient"]:
        raise Refused("unauthorized_client: The client is not enabled for OAuth2.0 flows.")
    redirect_uri = values.get("redirect_uri") or client.get("DefaultRedirectURI", "")
    if redirect_uri not in client.get("CallbackURLs", []):
        raise Refused("An error was encountered with the requested page: redirect_mismatch.")
    return client, redirect_uri


def _sign_in_request(client: Item, redirect_uri: str, values: t.Mapping[str, str]) -> SignInRequest:
    if values.get("response_type") != "code" or "code" not in client.get("AllowedOAuthFlows", []):
        raise BackToClient("unauthorized_client", "The client may not use this response_type.")
    allowed = client.get("AllowedOAuthScopes", [])
    scopes = tuple(values["scope"].split()) if values.get("scope") else tuple(allowed)
    if set(scopes) - set(allowed):
        raise BackToClient("invalid_request", "invalid_scope")
    challenge, method = values.get("code_challenge", ""), values.get("code_challenge_method", "")
    if bool(challenge) != (method == "S256"):
        raise BackToClient("invalid_request", "code_challenge_method must be S256.")
    return SignInRequest(client, redirect_uri, scopes, values.get("state", ""), values.get("nonce", ""), challenge)


def _requested_provider(pool: Pool, client: Item, values: t.Mapping[str, str]) -> Provider | None:
    name, identifier = values.get("identity_provider"), values.get("idp_identifier")
    if not name and identifier:
        sought = {identifier.lower(), identifier.rpartition("@")[2].lower()}
        providers = pool.providers.values()
        name = next((each.name for each in providers if sought & set(map(str.lower, each.identifiers))), identifier)
    if not name:
        return None
    if name not in pool.providers or name not in client.get("SupportedIdentityProviders", []):
        raise BackToClient("invalid_request", "The identity provider is not enabled for this client.")
    return pool.providers[name]


def _to_identity_provider(
    request: Request, call: Call, pool: Pool, provider: Provider, sign_in: SignInRequest
) -> Response:
    now, relay_state, request_id = call.world.clock.now(), secrets.token_urlsafe(48), messages.new_id()
    location = current_metadata(call.world, provider).sign_in
    call.world.state(Browsers).pending[relay_state] = Pending(sign_in, provider.name, request_id, now + _PENDING)
    message = messages.sign_in_request(pool, request_id, request.host, location, now)
    signer = pool if provider.details.get("RequestSigningAlgorithm") else None
    return Response(status=302, headers={"Location": messages.redirect(location, message, relay_state, signer)})


def _answered(request: Request, call: Call, pool: Pool) -> Response:
    """Receive the response of the identity provider, and send the browser back to the client with a code or an
    error.
    """
    response, relay_state = request.form.get("SAMLResponse", ""), request.form.get("RelayState", "")
    browsers, world = call.world.state(Browsers), call.world
    pending = browsers.pending.pop(relay_state, None)
    if pending is not None and pending.until > world.clock.now() and pending.provider in pool.providers:
        provider, sign_in, request_id = pool.providers[pending.provider], pending.sign_in, pending.request_id
    else:
        provider, sign_in = _unrequested(pool, response, relay_state)
        request_id = ""
    try:
        assertion = admission.admit(world, pool, provider, response, request_id)
        person = admission.enrol(world, pool, provider, sign_in.client, assertion)
    except admission.NotAdmitted as reason:
        call.note = str(reason)
        return _failed(sign_in.redirect_uri, sign_in.state, BackToClient("server_error", str(reason)))
    call.caller = person.username
    answer = _back(world, pool, sign_in, person)
    cookie = secrets.token_urlsafe(32)
    browsers.sessions[cookie] = Session(pool.id, person.username, assertion.session_index, world.clock.now() + _SESSION)
    answer.set_cookie(_COOKIE, cookie, secure=True, httponly=True)
    return answer


def _unrequested(pool: Pool, response: str, relay_state: str) -> tuple[Provider, SignInRequest]:
    """The provider and the sign-in request of a response that nobody requested. It is accepted from providers with
    IDPInit only; the relay state contains what a request would.
    """
    invalid = Refused("Invalid samlResponse or relayState from identity provider")
    values = dict(urllib.parse.parse_qsl(relay_state))
    try:
        issuer = unverified(decode(response)).issuer
    except Malformed:
        raise invalid from None
    named = pool.providers.get(values.get("identity_provider", ""))
    if named is None or not named.has("IDPInit") or named.metadata.signing.entity_id != issuer:
        raise invalid
    try:
        client, redirect_uri = _requested_client(pool, values)
        sign_in = _sign_in_request(client, redirect_uri, values)
        _requested_provider(pool, client, values)
    except BackToClient:
        raise invalid from None
    return named, sign_in


def _back(world: World, pool: Pool, sign_in: SignInRequest, person: Person) -> Response:
    now = world.clock.now()
    grant = tokens.Grant(
        pool.id,
        sign_in.client["ClientId"],
        person.username,
        sign_in.redirect_uri,
        sign_in.scopes,
        sign_in.nonce,
        sign_in.challenge,
        now,
    )
    query = {"code": world.state(tokens.Grants).offer(grant), **({"state": sign_in.state} if sign_in.state else {})}
    return _redirect(sign_in.redirect_uri, query)


def _failed(redirect_uri: str, state: str, failure: BackToClient) -> Response:
    query = {"error_description": str(failure), "error": failure.error, **({"state": state} if state else {})}
    return _redirect(redirect_uri, query)


def _redirect(url: str, query: t.Mapping[str, str]) -> Response:
    return Response(
        status=302, headers={"Location": f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(query)}"}
    )


def _token(request: Request, call: Call, pool: Pool) -> Response:
    """Exchange a code or a refresh token for tokens."""
    form, grants = request.form, call.world.state(tokens.Grants)
    client = _client_that_calls(request, pool)
    kind = form.get("grant_type")
    if kind == "authorization_code":
        grant = grants.exchange(form.get("code", ""))
        known = grant and (grant.pool_id, grant.client_id, grant.redirect_uri) == (
            pool.id,
            client["ClientId"],
            form.get("redirect_uri"),
        )
        if grant is None or not known or not tokens.proves(grant, form.get("code_verifier", "")):
            return _json({"error": "invalid_grant"}, 400)
    elif kind == "refresh_token":
        grant = grants.refresh.get(form.get("refresh_token", ""))
        if grant is None or (grant.pool_id, grant.client_id) != (pool.id, client["ClientId"]):
            return _json({"error": "invalid_grant"}, 400)
    else:
        return _json({"error": "unsupported_grant_type"}, 400)
    person = pool.people.get(grant.username)
    if person is None:
        return _json({"error": "invalid_grant"}, 400)
    call.caller = person.username
    answer = tokens.issue(call.world, pool, client, grant, person)
    if kind == "authorization_code":
        refresh = secrets.token_urlsafe(200)
        grants.refresh[refresh] = grant
        answer["refresh_token"] = refresh
    return _json(answer)


def _client_that_calls(request: Request, pool: Pool) -> Item:
    """The calling client. A client with a secret must prove its identity with it."""
    name, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    kind, _, basic = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        decoded = base64.b64decode(basic).decode().split(":", 1)
        name, secret = map(urllib.parse.unquote_plus, (*decoded, "")[:2])
    client = pool.clients.get(name)
    if client is None or not secrets.compare_digest(client.get("ClientSecret", ""), secret):
        raise CloudError(400, "invalid_client", "invalid_client")
    return client


def _user_info(request: Request, call: Call, pool: Pool) -> Response:
    """The attributes of the person to whom an access token with the scope openid was issued."""
    claims = tokens.claims_of(call.world, pool, request.headers.get("Authorization", "").partition(" ")[2])
    person = pool.people.get(claims["username"]) if claims and "openid" in claims["scope"].split() else None
    if claims is None or person is None:
        return _json(
            {"error": "invalid_token", "error_description": "Access token is expired, disabled, or deleted."}, 401
        )
    attributes = tokens.shown_attributes(pool.clients[claims["client_id"]], claims["scope"].split(), person)
    attributes.pop("identities", None)
    return _json({**attributes, "username": person.username})


def _logout(request: Request, call: Call, pool: Pool) -> Response:
    """End the session of the browser and, if the provider is configured for it, the session at the identity provider.
    Then redirect to the client's logout URL.
    """
    client = pool.clients.get(request.args.get("client_id", ""))
    target = request.args.get("logout_uri", "")
    if client is None or target not in client.get("LogoutURLs", []):
        raise Refused(
            "Required String parameter 'redirect_uri' is not present, or logout_uri is not one of the client's."
        )
    session = call.world.state(Browsers).sessions.pop(request.cookies.get(_COOKIE, ""), None)
    person = pool.people.get(session.username) if session else None
    provider = pool.providers.get(person.provider) if person else None
    answer = Response(status=302, headers={"Location": target})
    if session and person and provider and provider.has("IDPSignout") and provider.metadata.sign_out:
        location = provider.metadata.sign_out
        message = messages.sign_out_request(pool, person.name_id, session.index, location, call.world.clock.now())
        answer.headers["Location"] = messages.redirect(location, message, target, pool)
    answer.delete_cookie(_COOKIE, secure=True, httponly=True)
    return answer


def _signed_out(request: Request, _call: Call, pool: Pool) -> Response:
    """Receive the identity provider's confirmation that the person is signed out."""
    target = request.form.get("RelayState", "")
    if not any(target in client.get("LogoutURLs", []) for client in pool.clients.values()):
        raise Refused("Invalid relayState from identity provider")
    return Response(status=302, headers={"Location": target})


def _json(content: t.Any, status: int = 200) -> Response:
    return Response(
        json.dumps(content), status, {"Cache-Control": "no-store"}, content_type="application/json;charset=UTF-8"
    )


_ROUTES: t.Final[tuple[tuple[str, str, str, t.Callable[[Request, Call, Pool], Response]], ...]] = (
    ("GET", "/oauth2/authorize", "authorize", _authorize),
    ("GET", "/login", "login", _login),
    ("POST", "/saml2/idpresponse", "idpresponse", _answered),
    ("POST", "/oauth2/token", "token", _token),
    ("GET", "/oauth2/userInfo", "userInfo", _user_info),
    ("GET", "/logout", "logout", _logout),
    ("POST", "/saml2/logout", "saml2-logout", _signed_out),
)


def _handle(request: Request, call: Call) -> Response:
    for method, path, operation, answer in _ROUTES:
        if (method, path) == (request.method, request.path):
            call.operation = operation
            call.admit()
            with call.world.lock:
                pool = call.world.state(Cognito).at_host(request.host)
                if pool is None:
                    return Response("There is no such host.\n", 404)
                try:
                    return answer(request, call, pool)
                except Refused as refused:
                    call.error = str(refused)
                    return page("cognito_error", 400, text=str(refused))
    return Response("Not found.\n", 404)


def _render(_request: Request, error: CloudError) -> Response:
    return _json({"error": error.code}, error.status)


SERVICE: t.Final = Service("cognito-login", _HOSTS, _handle, _render)
