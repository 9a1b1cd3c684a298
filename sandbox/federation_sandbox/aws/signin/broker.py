# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS's federation endpoint, which opens a console session for the credentials of a role session."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import typing as t

from werkzeug import Request, Response

from federation_sandbox.aws.accounts import Accounts, Credentials
from federation_sandbox.aws.signin.console_sessions import ConsoleSession, begin
from federation_sandbox.aws.signin.hosts import Site
from federation_sandbox.service import Call, CloudError
from federation_sandbox.world import World

PATH: t.Final = "/federation"
#: how long a token may be used
_LASTS: t.Final = dt.timedelta(minutes=15)


class SigninTokens:
    """The sign-in tokens and the console session that each opens."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._offers: dict[str, tuple[dt.datetime, ConsoleSession]] = {}

    def make(self, session: ConsoleSession) -> str:
        """Create a token for a session."""
        token = secrets.token_urlsafe(64)
        self._offers[token] = self._clock.now() + _LASTS, session
        return token

    def take(self, token: str) -> ConsoleSession | None:
        """The session of a token, until the token expires."""
        until, session = self._offers.get(token, (self._clock.now(), None))
        return session if until > self._clock.now() else None


def answer(request: Request, call: Call, site: Site) -> Response:
    """Exchange credentials for a token, or a token for a session in the browser."""
    actions = {"getSigninToken": _token, "login": _login}
    action = request.values.get("Action", "")
    if action not in actions:
        raise CloudError(400, "InvalidAction", "Action must be getSigninToken or login.", service="")
    call.operation = action
    call.admit()
    return actions[action](request, call.world, site)


def _token(request: Request, world: World, site: Site) -> Response:
    credentials = _credentials(request, world)
    if (
        credentials is None
        or credentials.caller.partition != site.partition
        or credentials.expires is None
        or credentials.expires <= world.clock.now()
    ):
        raise CloudError(400, "InvalidSession", "Session holds no valid temporary credentials.", service="")
    expires = credentials.expires
    duration = request.values.get("SessionDuration")
    if duration is not None:
        if not re.fullmatch(r"\d{3,5}", duration, re.ASCII) or not 900 <= int(duration) <= 43200:
            raise CloudError(400, "InvalidDuration", "SessionDuration must be between 900 and 43200.", service="")
        expires = world.clock.now() + dt.timedelta(seconds=int(duration))
    token = world.state(SigninTokens).make(ConsoleSession(credentials.caller, expires))
    return Response(json.dumps({"SigninToken": token}), content_type="application/json")


def _credentials(request: Request, world: World) -> Credentials | None:
    try:
        session = json.loads(request.values.get("Session", ""))
        credentials = world.state(Accounts).key(session["sessionId"])
        stated = session["sessionKey"], session["sessionToken"]
    except (ValueError, KeyError, TypeError):
        return None
    return credentials if credentials and (credentials.secret, credentials.token) == stated else None


def _login(request: Request, world: World, site: Site) -> Response:
    session = world.state(SigninTokens).take(request.values.get("SigninToken", ""))
    if session is None:
        raise CloudError(400, "InvalidToken", "The sign-in token is not valid or has expired.", service="")
    destination = request.values.get("Destination", "")
    if not site.in_console(destination):
        raise CloudError(400, "InvalidDestination", "Destination is no address of the console.", service="")
    return begin(world, site, session, destination)
