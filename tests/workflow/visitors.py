# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""People who sign in over and over, at a pace that the world's clock sets: how fast the machine is changes nothing."""

from __future__ import annotations

import collections
import collections.abc
import concurrent.futures
import contextlib
import datetime as dt
import itertools
import threading
import time
import typing as t

import requests

from federation_sandbox import http_sign_in
from federation_sandbox.testing import Sandbox

#: browsers, and the sign-ins of all of them together in a second of the world
BROWSERS: t.Final = 4
A_SECOND: t.Final = 10

#: A sign-in of one kind: why it failed, empty when it did not.
SignIn = collections.abc.Callable[[requests.Session, str], str]


class Visitors:
    """Sign-ins of several kinds by turns, each browser with one session of Entra ID for all of them.

    The world's clock is held, and each sign-in moves it by its share of a second. So a state of the clouds that lasts
    is met by as many sign-ins as its seconds allow, on a slow machine as well. On a fast one they wait, so that the
    world is never ahead of the machine's clock, and what they share the machine with has its part of it.
    """

    def __init__(self, sandbox: Sandbox, users: collections.abc.Sequence[str], kinds: dict[str, SignIn]) -> None:
        #: when each began, its kind, and why it failed
        self.log: list[tuple[dt.datetime, str, str]] = []
        self._sandbox, self._users, self._kinds = sandbox, users, kinds
        self._over = threading.Event()
        self._pace = threading.Lock()
        self._due = 0.0
        self._turns = [threading.Lock() for _browser in range(BROWSERS)]
        self._threads = concurrent.futures.ThreadPoolExecutor(BROWSERS)

    def __enter__(self) -> t.Self:
        self._sandbox.world.clock.hold()
        self._work_done = [self._threads.submit(self._work, number) for number in range(BROWSERS)]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._threads.shutdown()
        self._sandbox.world.clock.release()
        for work in self._work_done:
            work.result()

    @contextlib.contextmanager
    def paused(self) -> collections.abc.Iterator[None]:
        """Nobody is in the middle of a sign-in: for moving the clock, since a response is only valid for minutes."""
        with contextlib.ExitStack() as stack:
            for turn in self._turns:
                stack.enter_context(turn)
            yield

    def failed(self) -> list[str]:
        """The sign-ins that failed, and why."""
        return [f"{moment:%H:%M:%S.%f} {kind}: {failure}" for moment, kind, failure in self.log if failure]

    def counted(self) -> collections.Counter[str]:
        """How many sign-ins there were of each kind."""
        return collections.Counter(kind for _moment, kind, _failure in self.log)

    def __str__(self) -> str:
        return ", ".join(f"{count} through {kind}" for kind, count in sorted(self.counted().items()))

    def _work(self, number: int) -> None:
        user = self._users[number % len(self._users)]
        kinds = itertools.cycle(sorted(self._kinds, reverse=bool(number % 2)))
        with http_sign_in.new_browser(self._sandbox.environment) as browser:
            while not self._over.is_set():
                kind = next(kinds)
                with self._turns[number]:
                    moment = self._begin()
                    self.log.append((moment, kind, self._kinds[kind](browser, user)))

    def _begin(self) -> dt.datetime:
        """The moment at which the next sign-in begins."""
        clock = self._sandbox.world.clock
        with self._pace:
            now = time.monotonic()
            self._due = max(self._due + 1 / A_SECOND, now)
            self._over.wait(self._due - now)
            clock.advance(dt.timedelta(seconds=1 / A_SECOND))
            return clock.now()
