# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Steps of many objects, executed in parallel: those of one object in their order, those of one kind at their own
pace.
"""

from __future__ import annotations

import math
import threading
import time
import typing as t
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, Throttled
from ansible_collections.openccp.federation.plugins.module_utils._plan import Step

#: How often a step is put to the end of its queue because the account's limit outlasted the retries of the client.
ROUNDS: t.Final = 5
#: Calls in flight for each call a second, since an answer takes time, too.
_FLIGHT: t.Final = 0.5
_MOST: t.Final = 8

Watch = t.Callable[["ProgressCounter"], None]


class ProgressCounter:
    """How far the work is."""

    def __init__(self, total: int, clock: t.Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = 0
        self.failed = 0
        self._clock = clock
        self._start = clock()
        self._marks: deque[tuple[float, int]] = deque([(self._start, 0)], maxlen=7)

    def line(self) -> str:
        """Done of total, rate, failures and time left, over the last few lines."""
        now, finished = self._clock(), self.done + self.failed
        then, before = self._marks[0]
        self._marks.append((now, finished))
        rate = (finished - before) / (now - then) if now > then else 0.0
        left = f"{_duration((self.total - finished) / rate)} left" if rate else "time left unknown"
        return f"{self.done} of {self.total} steps done, {rate:.1f} a second, {self.failed} failed, {left}"


class Parallel:
    """One queue and its workers for each kind of step."""

    def __init__(self, carry_out: t.Callable[[Step[t.Any]], object], rate: float) -> None:
        self._carry_out = carry_out
        self._workers = min(_MOST, max(2, math.ceil(rate * _FLIGHT)))
        self._lock = threading.Lock()
        self._queues: dict[str, ThreadPoolExecutor] = {}
        self.done: list[Step[t.Any]] = []
        self.failures: dict[str, FederationError] = {}

    def run(self, steps: t.Sequence[Step[t.Any]], progress: ProgressCounter) -> None:
        """Carry out the steps; those of an object that failed are skipped from there on, and left to the next run."""
        chains: dict[str, deque[Step[t.Any]]] = {}
        for step in steps:
            if step.target not in self.failures:
                chains.setdefault(str(step.target), deque()).append(step)
            else:
                progress.failed += 1
        ends: list[Future[None]] = []
        try:
            for chain in chains.values():
                end: Future[None] = Future()
                ends.append(end)
                self._submit(chain, end, progress, ROUNDS)
            for end in wait(ends).done:
                end.result()
        finally:
            for queue in self._queues.values():
                queue.shutdown(cancel_futures=True)
            self._queues.clear()

    def _submit(self, chain: deque[Step[t.Any]], end: Future[None], progress: ProgressCounter, rounds: int) -> None:
        kind = chain[0].operation
        with self._lock:
            queue = self._queues.get(kind)
            if queue is None:
                queue = self._queues[kind] = ThreadPoolExecutor(self._workers, thread_name_prefix=kind)
        queue.submit(self._advance, chain, end, progress, rounds)

    def _advance(self, chain: deque[Step[t.Any]], end: Future[None], progress: ProgressCounter, rounds: int) -> None:
        step = chain[0]
        try:
            self._carry_out(step)
        except Throttled as error:
            if rounds:
                self._submit(chain, end, progress, rounds - 1)
            else:
                self._fail(chain, end, progress, error)
        except FederationError as error:
            self._fail(chain, end, progress, error)
        except BaseException as bug:  # noqa: BLE001 (it is raised again where the work was begun)
            end.set_exception(bug)
        else:
            chain.popleft()
            with self._lock:
                self.done.append(step)
                progress.done += 1
            if chain:
                self._submit(chain, end, progress, ROUNDS)
            else:
                end.set_result(None)

    def _fail(
        self, chain: deque[Step[t.Any]], end: Future[None], progress: ProgressCounter, error: FederationError
    ) -> None:
        error.details["failed_action"] = chain[0].text
        with self._lock:
            self.failures[str(chain[0].target)] = error
            progress.failed += len(chain)
        end.set_result(None)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
