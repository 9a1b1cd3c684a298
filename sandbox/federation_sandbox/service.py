# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of the sandbox: each has a host pattern, and a function from request to response."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import time
import typing as t

from werkzeug import Request, Response
from werkzeug.http import http_date

from federation_sandbox.faults import Fault, Interlude, Kind
from federation_sandbox.world import World


class CloudError(Exception):
    """An error response. Each service renders it in the format of its cloud."""

    def __init__(
        self, status: int, code: str, message: str, headers: t.Mapping[str, str] | None = None, **more: t.Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.more = more


class Dropped(Exception):
    """The connection is closed without a response."""


class Silent(Dropped):
    """No response is sent; the client times out."""


@dataclasses.dataclass
class Call:
    """A call to a service, which records what the call is and then admits it."""

    world: World
    service: str
    operation: str = "unknown"
    write: bool = False
    caller: str = ""
    error: str = ""
    #: what is unusual about a response without an error
    note: str = ""
    #: whether the request reads keys, which Graph throttles more than other reads
    key_material: bool = False
    fault: Fault | None = None
    #: the permissions that AWS asks the caller for
    needs: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)

    def admit(self) -> None:
        """Admit the call, or raise CloudError or Dropped: this applies faults, refused writes and latency. A service
        calls it when operation and write are known, before it changes anything.
        """
        settings = self.world.settings
        self.fault = self.world.faults.meet(self.service, self.operation)
        if isinstance(self.fault, Interlude):
            self.fault.action()
            self.fault = None
        self.world.replicas.reach(settings.flapping_seed, oldest=self._meets("stale"))
        if self._meets("silence"):
            raise Silent
        if self.fault and self.fault.kind == "error":
            raise CloudError(self.fault.status, self.fault.code, self.fault.message, self.fault.headers)
        if self.write and settings.refuse_writes:
            raise CloudError(403, "WriteRefused", f"The sandbox refuses writes, and {self.operation} is one.")
        if settings.latency:
            time.sleep(settings.latency)

    def limit(self, key: t.Hashable, rate: float, burst: float, cost: float = 1.0) -> float:
        """Take from the token bucket of a key; returns the seconds to wait when it is empty, else 0."""
        settings = self.world.settings
        if not settings.limits:
            return 0.0
        return self.world.limiter.take(
            (self.service, key), rate * settings.limit_scale, burst * settings.limit_scale, cost
        )

    def settle(self) -> None:
        """Apply a fault that hides the response. Called when the work is done."""
        if self._meets("unanswered"):
            raise Silent
        if self._meets("lost"):
            raise Dropped
        if self.fault and self.fault.kind == "masked":
            raise CloudError(self.fault.status, self.fault.code, self.fault.message, self.fault.headers)

    def _meets(self, kind: Kind) -> bool:
        return self.fault is not None and self.fault.kind == kind


Handler = t.Callable[[Request, Call], Response]


def _now(world: World) -> dt.datetime:
    return world.clock.now()


@dataclasses.dataclass(frozen=True)
class Service:
    """A service: its name in the traffic log, its hosts (a pattern for the whole name), and its function. render:
    writes a CloudError that the function did not handle. now: the time by the clock of the service.
    """

    name: str
    hosts: str
    handle: Handler
    render: t.Callable[[Request, CloudError], Response]
    now: t.Callable[[World], dt.datetime] = _now

    def answers_for(self, host: str) -> bool:
        """Whether the service has a host."""
        return re.fullmatch(self.hosts, host) is not None

    def serve(self, request: Request, world: World) -> Response:
        """Answer a request and record it in the traffic log. Raises Dropped when there is no response."""
        call = Call(world, self.name)
        world.clock.tick()
        started = time.perf_counter()
        status = 0
        try:
            try:
                response = self.handle(request, call)
                status = response.status_code
                call.settle()
            except CloudError as error:
                call.error = error.code
                response = self.render(request, error)
                status = response.status_code
            response.headers.setdefault("Date", http_date(self.now(world)))
            return response
        finally:
            world.traffic.add(
                {
                    "time": world.clock.now().isoformat(),
                    "service": call.service,
                    "operation": call.operation,
                    "write": call.write,
                    "method": request.method,
                    "host": request.host,
                    "path": request.path,
                    "status": status,
                    "duration": round(time.perf_counter() - started, 6),
                    "caller": call.caller,
                    "error": call.error,
                    "note": call.note,
                    "key_material": call.key_material,
                    "needs": call.needs,
                }
            )
