# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sign-in hosts and the console: a response becomes the browser's one console session, and that leads into Amazon Connect."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import secrets
import typing as t
import urllib.parse
import uuid

from werkzeug import Request, Response

from federation_sandbox.aws.accounts import Caller
from federation_sandbox.aws.connect import desk
from federation_sandbox.aws.signin import hosts
from federation_sandbox.aws.signin.admission import INVALID, Admitted, Presented, admit, console_seconds, present, refusal
from federation_sandbox.pages import page
from federation_sandbox.service import Call, CloudError, Service
from federation_sandbox.world import World

_COOKIE: t.Final = "aws-creds"


@dataclasses.dataclass(frozen=True)
class ConsoleSession:
    """Who a browser is in the console, and until when."""

    caller: Caller
    expires: dt.datetime


class ConsoleSessions:
    """The console's sessions by cookie, and the assertions that were redeemed for one.

    A browser has one session a partition: signing in to Amazon Connect replaces the one that was there before.
    """

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._sessions: dict[str, ConsoleSession] = {}
        self._redeemed: dict[tuple[str, str], dt.datetime] = {}

    def redeem(self, presented: Presented) -> None:
        """Take an assertion for a session; the same one again is refused while it would still be valid."""
        now = self._clock.now()
        self._redeemed = {key: end for key, end in self._redeemed.items() if end > now}
        key = presented.assertion.issuer, presented.assertion.id
        if key in self._redeemed:
            raise refusal(INVALID, service="")
        self._redeemed[key] = presented.assertion.end

    def open(self, admitted: Admitted, seconds: int, end: dt.datetime | None) -> str:
        """Begin a session; its cookie."""
        expires = self._clock.now() + dt.timedelta(seconds=seconds)
        cookie = secrets.token_urlsafe(32)
        self._sessions[cookie] = ConsoleSession(admitted.caller, min(expires, end) if end else expires)
        return cookie

    def get(self, cookie: str) -> ConsoleSession | None:
        """The session of a browser, while it lasts."""
        session = self._sessions.get(cookie)
        return session if session and session.expires > self._clock.now() else None

    def close(self, cookie: str) -> None:
        """Sign out."""
        self._sessions.pop(cookie, None)


def _sign_in(request: Request, call: Call) -> Response:
    """Take a response, let its bearer choose when there are several roles, and send the browser where the relay state says."""
    site, region = hosts.site_of("signin", request.host)
    if request.path == "/oauth" and "logout" in request.args:
        return _sign_out(request, call, site)
    call.operation = "saml"
    call.admit()
    if not re.fullmatch(r"/saml|/static/saml|/saml/acs/[A-Z0-9]+", request.path):
        return Response("Not found.\n", 404)
    with call.world.lock:
        presented = present(call.world, site, request.form.get("SAMLResponse", ""))
        roles = list(dict.fromkeys(pair.role for pair in presented.pairs))
        chosen = request.form.get("roleIndex") or (roles[0] if len(roles) == 1 else "")
        relay_state = request.form.get("RelayState", "")
        if not chosen:
            values = {"response": request.form["SAMLResponse"], "relay_state": relay_state}
            return page("role_picker", action=request.path, roles=roles, **values)
        pair = next((pair for pair in presented.pairs if pair.role == chosen), None)
        if pair is None:
            raise refusal(INVALID, service="")
        admitted = admit(call.world, presented, pair)
        seconds = console_seconds(presented, admitted.role)
        call.caller = admitted.caller.arn
        sessions = call.world.state(ConsoleSessions)
        sessions.redeem(presented)
        cookie = sessions.open(admitted, seconds, presented.assertion.session_end)
    answer = Response(status=302, headers={"Location": _destination(site, region, relay_state)})
    answer.set_cookie(_COOKIE, cookie, domain=site.cookies, secure=True, httponly=True)
    return answer


def _destination(site: hosts.Site, region: str, relay_state: str) -> str:
    """The relay state when it is in this partition's console, else the console's home (facts 4.4)."""
    parts = urllib.parse.urlsplit(relay_state)
    if parts.scheme == "https" and parts.hostname and site.host("console", parts.hostname):
        return relay_state
    return f"https://{region}.{site.console}/console/home?region={region}"


def _sign_out(request: Request, call: Call, site: hosts.Site) -> Response:
    call.operation = "sign-out"
    call.admit()
    call.world.state(ConsoleSessions).close(request.cookies.get(_COOKIE, ""))
    answer = page("aws_error", text="You have successfully signed out.", request_id="")
    answer.delete_cookie(_COOKIE, domain=site.cookies, secure=True, httponly=True)
    return answer


def _console(request: Request, call: Call) -> Response:
    """The console: its home, and the door into Amazon Connect."""
    site, region = hosts.site_of("console", request.host)
    found = re.fullmatch(r"/connect/federate/([^/]+)", request.path)
    call.operation = "federate" if found else "home"
    call.admit()
    with call.world.lock:
        session = call.world.state(ConsoleSessions).get(request.cookies.get(_COOKIE, ""))
        if session is None or session.caller.partition != site.partition:
            return page("aws_error", 401, text="Your session has expired. Please sign in again.", request_id="")
        call.caller = session.caller.arn
        if found:
            return desk.federate(call, session.caller, region, found[1], request.args.get("destination", ""))
    name = session.caller.arn.partition("assumed-role/")[2]
    until = session.expires.strftime("%Y-%m-%d %H:%M UTC")
    return page("console_home", identity=name, account=session.caller.account, arn=session.caller.arn, until=until)


def _render(_request: Request, error: CloudError) -> Response:
    text, request_id = error.message, str(uuid.uuid4())
    if error.more.get("service"):
        text += f" (service: {error.more['service']}; status code: {error.status}; error code: {error.code})"
    return page("aws_error", error.status, text=text, request_id=request_id)


SERVICES: t.Final[tuple[Service, ...]] = (
    Service("aws-signin", hosts.pattern("signin"), _sign_in, _render),
    Service("aws-console", hosts.pattern("console"), _console, _render),
    desk.SERVICE,
)
