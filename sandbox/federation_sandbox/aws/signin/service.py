# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sign-in hosts and the console: a response opens the console session of the browser, from which the person reaches
Amazon Connect.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import uuid

from werkzeug import Request, Response

from federation_sandbox.aws.connect import pages
from federation_sandbox.aws.signin import broker, hosts
from federation_sandbox.aws.signin.admission import INVALID, admit, console_seconds, present, refusal
from federation_sandbox.aws.signin.console_sessions import ConsoleSession, ConsoleSessions, begin, current, end
from federation_sandbox.pages import page
from federation_sandbox.service import Call, CloudError, Service


def _sign_in(request: Request, call: Call) -> Response:
    """Accept a response, show a page to choose a role when there are several, and redirect the browser to the relay
    state.
    """
    if request.host == hosts.UNDOCUMENTED and not call.world.settings.undocumented_signin_host:
        return Response("There is no such host.\n", 404)
    site, region = hosts.site_of("signin", request.host)
    if request.path == broker.PATH:
        return broker.answer(request, call, site)
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
        call.world.state(ConsoleSessions).redeem(presented)
        expires = call.world.clock.now() + dt.timedelta(seconds=seconds)
        session = ConsoleSession(admitted.caller, min(expires, presented.assertion.session_end or expires))
        return begin(call.world, site, session, _destination(site, region, relay_state))


def _destination(site: hosts.Site, region: str, relay_state: str) -> str:
    """The relay state if it is an address of this partition's console, else the home page of the console (facts/aws.md
    4.4).
    """
    if site.in_console(relay_state):
        return relay_state
    return f"https://{region}.{site.console}/console/home?region={region}"


def _sign_out(request: Request, call: Call, site: hosts.Site) -> Response:
    call.operation = "sign-out"
    call.admit()
    return end(call.world, site, request, page("aws_error", text="You have successfully signed out.", request_id=""))


def _console(request: Request, call: Call) -> Response:
    """The console: its home page, and the federation page of Amazon Connect."""
    site, region = hosts.site_of("console", request.host)
    match = re.fullmatch(r"/connect/federate/([^/]+)", request.path)
    call.operation = "federate" if match else "home"
    call.admit()
    with call.world.lock:
        session = current(call.world, request)
        if session is None or session.caller.partition != site.partition:
            return page("aws_error", 401, text="Your session has expired. Please sign in again.", request_id="")
        call.caller = session.caller.arn
        if match:
            return pages.federate(call, session.caller, region, match[1], request.args)
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
    pages.SERVICE,
)
