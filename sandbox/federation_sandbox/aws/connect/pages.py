# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of an instance: the Contact Control Panel, or the message that the agent sees (facts/aws.md 4.4)."""

from __future__ import annotations

import importlib.resources
import re
import typing as t
import urllib.parse

from moto.core.utils import get_service_model
from werkzeug import Request, Response

from federation_sandbox.aws import hosts, permissions
from federation_sandbox.aws.accounts import Caller
from federation_sandbox.aws.connect import rate_limits
from federation_sandbox.aws.connect.defaults import CCP_PERMISSION
from federation_sandbox.aws.connect.federation import Agents, get_federation_token
from federation_sandbox.aws.connect.store import Connect, Instance, Item
from federation_sandbox.aws.protocol import Context
from federation_sandbox.pages import page
from federation_sandbox.service import Call, CloudError, Service

#: where the panel's script is; the name is the sandbox's own
_PANEL: t.Final = "/ccp-v2/panel.js"
_PANEL_SCRIPT: t.Final = (
    importlib.resources.files("federation_sandbox").joinpath("pages/panel.js").read_text(encoding="utf-8")
)
_COOKIE: t.Final = "connect-session"
_CCP: t.Final = re.compile(r"(/connect)?/(ccp|ccp-v2|agent-app-v2)(/.*)?")
#: pages that administrators and agents know by their address; the documentation names no complete list
_PAGES: t.Final = re.compile(
    r"(/connect)?(/?|/(home|login|users|queues|routing-profiles|security-profiles|contact-flows|contact-search|real-time-metrics"
    r"|historical-metrics|dashboards|reports|quick-connects|agent-hierarchy|numbers|hours-of-operations)(/.*)?)"
)
_DENIED: t.Final = "Access denied, Please contact your AWS account administrator for assistance."
_NOT_ONBOARDED: t.Final = (
    "Access Denied. Your account has been authenticated, but has not been onboarded to this application."
)
_EXPIRED: t.Final = "Session expired"
#: no source has the text of these three messages; the wording is the sandbox's own
_NOT_GRANTED: t.Final = (
    "You do not have permission to view this page. Ask an administrator to change your security profile."
)
_NO_PAGE: t.Final = "The page that you are looking for does not exist."
_ELSEWHERE: t.Final = "The address that you are to be sent to is not among the approved origins."


def federate(call: Call, caller: Caller, region: str, instance_id: str, query: t.Mapping[str, str]) -> Response:
    """Sign the person in the console in to the instance, if GetFederationToken allows it. query: destination, and
    new_domain=true for an instance of the old domain whose agents are to use its new domain (facts/aws.md 4.1).
    """
    endpoint = hosts.endpoints("connect").get(f"connect.{region}.amazonaws.com")
    if endpoint is None:
        return _message(404, "Not found", f"Amazon Connect is not in the Region {region}.")
    inner = Call(call.world, "connect", "GetFederationToken")
    context, params = Context(call.world, inner, endpoint, caller, inner.operation), {"InstanceId": instance_id}
    try:
        inner.admit()
        rate_limits.check_rate(context, get_service_model("connect").operation_model(inner.operation))
        permissions.authorize_connect(context, params)
        url = get_federation_token(context, params)["SignInUrl"]
    except CloudError as error:
        call.error = error.code
        if error.status == 429:
            return _message(429, "Too many requests", error.message)
        return _message(403, "Access denied", _DENIED if error.code == "AccessDeniedException" else _NOT_ONBOARDED)
    if query.get("new_domain", "").lower() == "true":
        parts = urllib.parse.urlsplit(url)
        host = f"{(parts.hostname or '').partition('.')[0]}.{hosts.INSTANCE_DOMAINS[context.partition]}"
        url = parts._replace(netloc=host, path=parts.path.removeprefix("/connect")).geturl()
    destination = query.get("destination", "")
    onward = f"&{urllib.parse.urlencode({'destination': destination})}" if destination else ""
    return Response(status=302, headers={"Location": url + onward})


def _serve(request: Request, call: Call) -> Response:
    call.operation, answer = _page(request)
    call.admit()
    with call.world.lock:
        instance = _instance_at(call, request.host)
        if instance is None:
            return _message(404, "Not found", f"There is no instance at {request.host}.")
        response = answer(request, call, instance)
    _let_frame(response, instance)
    return response


def _page(request: Request) -> tuple[str, t.Callable[[Request, Call, Instance], Response]]:
    """The page at an address. On the old domain, all pages are below /connect. A path that does not exist is a missing
    page.
    """
    old, path = (
        bool(_base(request)),
        f"/{request.path.lstrip('/')}",
    )  # a page that was encoded twice comes with its own slash
    if old and path != "/connect" and not path.startswith("/connect/"):
        return "missing", _missing
    answers = {
        "/auth/sign-in": ("sign-in", _sign_in),
        "/logout": ("sign-out", _sign_out),
        _PANEL: ("panel-script", _panel),
    }
    known = answers.get(path.removeprefix("/connect") if old else path)
    if known:
        return known
    if _CCP.fullmatch(path):
        return "ccp", _ccp
    return ("home", _home) if _PAGES.fullmatch(path) else ("missing", _missing)


def _base(request: Request) -> str:
    """The path below which the pages are."""
    return "/connect" if request.host.lower().endswith(f".{hosts.OLD_DOMAIN}") else ""


def _missing(_request: Request, _call: Call, _instance: Instance) -> Response:
    return _message(404, "Page not found", _NO_PAGE)


def _let_frame(response: Response, instance: Instance) -> None:
    """Allow approved origins to frame the pages of a signed-in agent. The sign-in page cannot be framed by other
    origins (facts/aws.md 7).
    """
    if response.status_code in (200, 403):
        del response.headers["X-Frame-Options"]
        response.headers["Content-Security-Policy"] = " ".join(["frame-ancestors", "'self'", *instance.origins])
    else:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"


def _instance_at(call: Call, host: str) -> Instance | None:
    """The instance with a host. An instance of the old domain also answers at the new domain."""
    alias, _, domain = host.lower().partition(".")
    instances = call.world.state(Connect).instances.values()
    named = (each for each in instances if (each.alias or each.id).lower() == alias)
    return next(
        (
            each
            for each in named
            if domain == hosts.INSTANCE_DOMAINS[each.partition] or (each.old_domain and domain == hosts.OLD_DOMAIN)
        ),
        None,
    )


def _sign_in(request: Request, call: Call, instance: Instance) -> Response:
    """Accept a token, and redirect to the destination: a page of the instance, or a site among its approved origins
    (facts/aws.md 4.1).
    """
    home = "/connect/home" if request.host.lower().endswith(f".{hosts.OLD_DOMAIN}") else "/home"
    token, destination = request.args.get("code", ""), request.args.get("destination", home)
    session = call.world.state(Agents).get(token)
    if session is None or session.instance_id != instance.id:
        return _message(401, _EXPIRED, _EXPIRED)
    parts = urllib.parse.urlsplit(destination)
    outside = bool(parts.scheme or parts.netloc)
    if outside and f"{parts.scheme}://{parts.netloc}" not in instance.origins:
        return _message(403, "Access denied", _ELSEWHERE)
    where = destination if outside else "/" + destination.lstrip("/")
    answer = Response(status=302, headers={"Location": where})
    answer.set_cookie(_COOKIE, token, secure=True, httponly=True, samesite="None")
    return answer


def _sign_out(request: Request, call: Call, _instance: Instance) -> Response:
    """End the agent's session. The session at the identity provider stays open (facts/aws.md 4.1)."""
    call.world.state(Agents).close(request.cookies.get(_COOKIE, ""))
    answer = _message(200, "Signed out", "You have signed out.")
    answer.delete_cookie(_COOKIE, secure=True, httponly=True, samesite="None")
    return answer


def _ccp(request: Request, call: Call, instance: Instance) -> Response:
    """The Contact Control Panel, for agents whose security profiles permit it."""
    user = _agent(request, call, instance)
    if user is None:
        return _message(401, _EXPIRED, _EXPIRED)
    if not _granted(instance, user):
        return _message(403, "Access denied", _NOT_GRANTED)
    profile = instance.routing_profiles[user["RoutingProfileId"]]
    channels = [each["Channel"].capitalize() for each in profile["MediaConcurrencies"]]
    greeting = _greeting(instance, user)
    phone = {
        "SOFT_PHONE": "Soft phone",
        "DESK_PHONE": f"Desk phone {user['PhoneConfig'].get('DeskPhoneNumber', '')}".rstrip(),
    }
    values = {
        "channels": channels,
        "phone": phone[user["PhoneConfig"]["PhoneType"]],
        "script": f"{_base(request)}{_PANEL}",
    }
    return page("ccp", **values, **greeting, configuration=_configuration(instance, user, greeting["name"]))


def _panel(_request: Request, _call: Call, _instance: Instance) -> Response:
    """The messages that the panel sends to Amazon Connect Streams."""
    return Response(_PANEL_SCRIPT, content_type="text/javascript; charset=utf-8")


def _configuration(instance: Instance, user: Item, name: str) -> Item:
    """An agent as Streams' type AgentConfiguration has it (amazon-connect-streams 2.28.2, src/index.d.ts)."""
    profile = instance.routing_profiles[user["RoutingProfileId"]]
    states = [("Available", "routable"), ("Offline", "offline")]
    return {
        "name": name,
        "username": user["Username"],
        "softphoneEnabled": user["PhoneConfig"]["PhoneType"] == "SOFT_PHONE",
        "softphoneAutoAccept": user["PhoneConfig"].get("AutoAccept", False),
        "extension": user["PhoneConfig"].get("DeskPhoneNumber"),
        "agentStates": [
            {"agentStateARN": f"{instance.arn}/agent-state/{state}", "name": state, "type": kind}
            for state, kind in states
        ],
        "routingProfile": {
            "name": profile["Name"],
            "routingProfileARN": profile["RoutingProfileArn"],
            "routingProfileId": profile["RoutingProfileArn"],
            "queues": [],
        },
        "permissions": [],
        "dialableCountries": [],
    }


def _home(request: Request, call: Call, instance: Instance) -> Response:
    """The page for everybody without another destination."""
    user = _agent(request, call, instance)
    if user is None:
        return _message(401, _EXPIRED, _EXPIRED)
    names = [instance.security_profiles[each]["SecurityProfileName"] for each in user["SecurityProfileIds"]]
    return page("agent_home", agent=_granted(instance, user), security_profiles=names, **_greeting(instance, user))


def _agent(request: Request, call: Call, instance: Instance) -> Item | None:
    session = call.world.state(Agents).get(request.cookies.get(_COOKIE, ""))
    return instance.users.latest(session.user_id) if session and session.instance_id == instance.id else None


def _granted(instance: Instance, user: Item) -> bool:
    return any(CCP_PERMISSION in instance.security_profiles[each]["Permissions"] for each in user["SecurityProfileIds"])


def _greeting(instance: Instance, user: Item) -> dict[str, str]:
    identity = user["IdentityInfo"]
    name = " ".join(filter(None, (identity.get("FirstName"), identity.get("LastName")))) or user["Username"]
    routing_profile = instance.routing_profiles[user["RoutingProfileId"]]["Name"]
    return {
        "alias": instance.alias or instance.id,
        "username": user["Username"],
        "name": name,
        "routing_profile": routing_profile,
    }


def _message(status: int, title: str, text: str) -> Response:
    return page("connect_message", status, title=title, text=text)


def _render(_request: Request, error: CloudError) -> Response:
    return _message(error.status, error.code, error.message)


_DOMAINS: t.Final = "|".join(map(re.escape, (*hosts.INSTANCE_DOMAINS.values(), hosts.OLD_DOMAIN)))

SERVICE: t.Final = Service("connect-pages", rf"[A-Za-z0-9-]+\.(?:{_DOMAINS})", _serve, _render)
