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

from federation_sandbox import walk
from federation_sandbox.testing import Sandbox

#: browsers, and the seconds from one sign-in of each to the next: 13 a second together, so that a busy machine still makes ten
BROWSERS: t.Final = 6
EVERY: t.Final = 0.45


class Agents:
    """Sign-ins through the whole path, from the user access URL to the Contact Control Panel; log: what came of each."""

    def __init__(self, sandbox: Sandbox, url: str, users: collections.abc.Sequence[str]) -> None:
        self.log: list[tuple[dt.datetime, str, walk.SignIn]] = []
        self._sandbox = sandbox
        self._url = url
        self._over = threading.Event()
        self._locks = [threading.Lock() for _turn in range(BROWSERS)]
        self._threads = [
            threading.Thread(target=self._work, args=(users[number % len(users)], lock)) for number, lock in enumerate(self._locks)
        ]
        self._busy = 0.0

    def __enter__(self) -> t.Self:
        self._since = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._busy += time.monotonic() - self._since
        self._over.set()
        for thread in self._threads:
            thread.join()

    @contextlib.contextmanager
    def paused(self) -> collections.abc.Iterator[None]:
        """Nobody is in the middle of a sign-in: for moving the clock, since a response is only valid for minutes."""
        with contextlib.ExitStack() as stack:
            for lock in self._locks:
                stack.enter_context(lock)
            self._busy += time.monotonic() - self._since
            yield
            self._since = time.monotonic()

    def rate(self) -> float:
        """Sign-ins a second, over the time in which they were not paused."""
        return len(self.log) / self._busy

    def __str__(self) -> str:
        return f"{len(self.log)} sign-ins, {self.rate():.1f} a second, {len(self.failed())} failed"

    def failed(self) -> list[str]:
        """The sign-ins that did not reach the Contact Control Panel."""
        return [f"{moment:%H:%M:%S.%f} {user}: {found.hop}: {found.text}" for moment, user, found in self.log if not found.ok]

    def _work(self, user: str, lock: threading.Lock) -> None:
        with walk.new_browser(self._sandbox.environment) as browser:
            while not self._over.is_set():
                begun = time.monotonic()
                with lock:
                    found = walk.sign_in(browser, self._url, user)
                    self.log.append((self._sandbox.world.clock.now(), user, found))
                self._over.wait(max(0.0, EVERY - (time.monotonic() - begun)))
