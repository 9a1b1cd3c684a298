# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Agents who sign in over and over, each in a browser of their own, while something happens to the federation."""

from __future__ import annotations

import collections.abc
import contextlib
import datetime as dt
import threading
import time
import typing as t

from federation_sandbox import http_sign_in
from federation_sandbox.testing import Sandbox
from support import HANGS

#: browsers, and the seconds from one sign-in of each to the next, where the machine is fast enough
BROWSERS: t.Final = 6
EVERY: t.Final = 0.45


class Agents:
    """Sign-ins through the whole path, from the user access URL to the Contact Control Panel; log: when each began, and
    what came of it.
    """

    def __init__(self, sandbox: Sandbox, url: str, users: collections.abc.Sequence[str]) -> None:
        self.log: list[tuple[dt.datetime, str, http_sign_in.SignIn]] = []
        self._sandbox = sandbox
        self._url = url
        self._over = threading.Event()
        self._locks = [threading.Lock() for _turn in range(BROWSERS)]
        self._threads = [
            threading.Thread(target=self._work, args=(number, users[number % len(users)])) for number in range(BROWSERS)
        ]
        self._begun = threading.Condition()
        self._turns = [0] * BROWSERS

    def __enter__(self) -> t.Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @contextlib.contextmanager
    def paused(self) -> collections.abc.Iterator[None]:
        """Nobody is in the middle of a sign-in: for moving the clock, since a response is only valid for minutes."""
        with contextlib.ExitStack() as stack:
            for lock in self._locks:
                stack.enter_context(lock)
            yield

    def one_more_turn(self) -> list[http_sign_in.SignIn]:
        """What came of the sign-ins that began from now on, at least one of each browser."""
        since = self._sandbox.world.clock.now()
        with self._begun:
            awaited = [turn + 2 for turn in self._turns]
            assert self._begun.wait_for(
                lambda: all(turn >= least for turn, least in zip(self._turns, awaited, strict=True)), HANGS
            )
        return [outcome for moment, _user, outcome in list(self.log) if moment >= since]

    def __str__(self) -> str:
        return f"{len(self.log)} sign-ins, {len(self.failed())} failed"

    def failed(self) -> list[str]:
        """The sign-ins that did not reach the Contact Control Panel."""
        return [
            f"{moment:%H:%M:%S.%f} {user}: {outcome.hop}: {outcome.text}"
            for moment, user, outcome in self.log
            if not outcome.ok
        ]

    def _work(self, number: int, user: str) -> None:
        with http_sign_in.new_browser(self._sandbox.environment) as browser:
            while not self._over.is_set():
                begun = time.monotonic()
                with self._begun:
                    self._turns[number] += 1
                    self._begun.notify_all()
                with self._locks[number]:
                    moment = self._sandbox.world.clock.now()
                    self.log.append((moment, user, http_sign_in.sign_in(browser, self._url, user)))
                self._over.wait(max(0.0, EVERY - (time.monotonic() - begun)))
