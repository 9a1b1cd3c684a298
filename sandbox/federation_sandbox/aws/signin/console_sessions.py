# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Console sessions: one for each browser and partition, identified by a cookie."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import typing as t

from werkzeug import Request, Response

from federation_sandbox.aws.accounts import Caller
from federation_sandbox.aws.signin.admission import INVALID, Presented, refusal
from federation_sandbox.aws.signin.hosts import Site
from federation_sandbox.world import World

_COOKIE: t.Final = "aws-creds"


@dataclasses.dataclass(frozen=True)
class ConsoleSession:
    """The identity of a browser in the console, and when its session ends."""

    caller: Caller
    expires: dt.datetime


class ConsoleSessions:
    """The console sessions by cookie, and the assertions that have been redeemed for one. A browser has one session per
    partition: signing in to Amazon Connect replaces the existing session.
    """

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._sessions: dict[str, ConsoleSession] = {}
        self._redeemed: dict[tuple[str, str], dt.datetime] = {}

    def redeem(self, presented: Presented) -> None:
        """Redeem an assertion for a session. An assertion can be redeemed once; it is refused again until it
        expires.
        """
        now = self._clock.now()
        self._redeemed = {key: end for key, end in self._redeemed.items() if end > now}
        key = presented.assertion.issuer, presented.assertion.id
        if key in self._redeemed:
            raise refusal(INVALID, service="")
        self._redeemed[key] = presented.assertion.end

    def open(self, session: ConsoleSession) -> str:
        """Open a session, and return its cookie."""
        cookie = secrets.token_urlsafe(32)
        self._sessions[cookie] = session
        return cookie

    def get(self, cookie: str) -> ConsoleSession | None:
        """The session of a browser, until it ends."""
        session = self._sessions.get(cookie)
        return session if session and session.expires > self._clock.now() else None

    def close(self, cookie: str) -> None:
        """Sign out."""
        self._sessions.pop(cookie, None)


def begin(world: World, site: Site, session: ConsoleSession, where: str) -> Response:
    """Replace the session of the browser, and redirect it."""
    answer = Response(status=302, headers={"Location": where})
    answer.set_cookie(
        _COOKIE, world.state(ConsoleSessions).open(session), domain=site.cookies, secure=True, httponly=True
    )
    return answer


def current(world: World, request: Request) -> ConsoleSession | None:
    """The session of the requesting browser."""
    return world.state(ConsoleSessions).get(request.cookies.get(_COOKIE, ""))


def end(world: World, site: Site, request: Request, answer: Response) -> Response:
    """Sign the browser out, and return the given answer."""
    world.state(ConsoleSessions).close(request.cookies.get(_COOKIE, ""))
    answer.delete_cookie(_COOKIE, domain=site.cookies, secure=True, httponly=True)
    return answer
