# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run in this process, in a world whose time passes only while all of them wait."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import functools
import heapq
import threading
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

from federation_sandbox.world import World
from support import documented_options


class VirtualTime:
    """The time of a world and of everybody who waits in it; it jumps to the next moment at which somebody goes on."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch, workers: int = 1) -> None:
        self._began = world.clock.now()
        self._seconds = 0.0
        self._busy = workers
        self._waking: list[float] = []
        self._condition = threading.Condition()
        monkeypatch.setattr(world.clock, "now", lambda: self._began + dt.timedelta(seconds=self._seconds))

    def now(self) -> float:
        """The seconds that have passed."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Wait; nobody's request is under way while time passes."""
        with self._condition:
            wakes = self._seconds + seconds
            heapq.heappush(self._waking, wakes)
            self._leave()
            self._condition.wait_for(lambda: self._seconds >= wakes)

    def leave(self) -> None:
        """Say that one of the workers is done."""
        with self._condition:
            self._leave()

    def join(self) -> None:
        """Say that one goes on when all workers are done."""
        with self._condition:
            self._busy += 1

    def _leave(self) -> None:
        self._busy -= 1
        while not self._busy and self._waking:
            self._seconds = max(self._seconds, heapq.heappop(self._waking))
            self._busy += 1
            while self._waking and self._waking[0] <= self._seconds:
                heapq.heappop(self._waking)
                self._busy += 1
        self._condition.notify_all()


R = t.TypeVar("R")


def at_once(time: VirtualTime, work: t.Sequence[t.Callable[[], R]]) -> list[R]:
    """What each of the workers returns, one thread each; time goes on for the last ones when the others are done."""

    def whole(work_item: t.Callable[[], R]) -> R:
        try:
            return work_item()
        finally:
            time.leave()

    with concurrent.futures.ThreadPoolExecutor(len(work)) as pool:
        results = list(pool.map(whole, work))
    time.join()
    return results


class Ended(Exception):
    """A module ended."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(result.get("msg", "done"))
        self.result = result


class StandIn:
    """What a module's class needs of AnsibleModule."""

    check_mode = False
    _diff = False

    def __init__(self, params: dict[str, t.Any]) -> None:
        self.params = params
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        """Keep a warning."""
        self.warnings.append(text)

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        """End well."""
        raise Ended({**result, "warnings": self.warnings})

    def fail_json(self, **result: t.Any) -> t.NoReturn:
        """End badly."""
        raise Ended({**result, "failed": True})


@functools.cache
def defaults_of(module: t.Any) -> dict[str, t.Any]:
    """The options of a module as they are when none is given; asked for first before threads are, since parsing needs a
    stack.
    """
    return {
        option: about.get("default") for option, about in documented_options(module.__name__.rpartition(".")[2]).items()
    }


def run_here(module: t.Any, kind: str, key: str, params: t.Mapping[str, t.Any], time: VirtualTime) -> dict[str, t.Any]:
    """What a module of Entra ID returns that runs in this process. kind: its class. key: under which it returns its
    object.
    """
    stand_in = StandIn({**defaults_of(module), **params})
    resource = getattr(module, kind)(stand_in)
    resource.waiter.clock, resource.waiter.sleep = time.now, time.sleep
    try:
        converge(t.cast("t.Any", stand_in), resource, key)
    except Ended as end:
        return end.result


def connecting(time: VirtualTime) -> t.Callable[[t.Mapping[str, t.Any]], Graph]:
    """What a module connects by, with pauses in virtual time."""

    def connected(params: t.Mapping[str, t.Any]) -> Graph:
        graph = connect(params)
        graph._sleep = time.sleep
        return graph

    return connected
