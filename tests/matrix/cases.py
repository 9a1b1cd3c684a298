# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the calls of a recorded run to all that can go wrong at each."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import typing as t

from disturbances import DISTURBANCES

from federation_sandbox.faults import Fault, Kind
from federation_sandbox.traffic import Entry

#: how each service says that it is too busy, that the caller may not, that something is in the way or is not there
CODES: t.Final = {
    "graph": {
        429: "TooManyRequests",
        403: "Authorization_RequestDenied",
        409: "Conflict",
        404: "Request_ResourceNotFound",
    },
    "iam": {429: "Throttling", 403: "AccessDenied", 409: "ConcurrentModification", 404: "NoSuchEntity"},
    "connect": {
        429: "TooManyRequestsException",
        403: "AccessDeniedException",
        409: "ResourceConflictException",
        404: "ResourceNotFoundException",
    },
    "cognito-idp": {
        429: "TooManyRequestsException",
        403: "NotAuthorizedException",
        409: "ConcurrentModificationException",
        404: "ResourceNotFoundException",
    },
}
OTHER_CODES: t.Final = {500: "InternalServerError", 503: "ServiceUnavailable"}


@dataclasses.dataclass(frozen=True)
class Trouble:
    """What goes wrong. killed: the run and its workers are, once the call is under way. lagging: the clouds are behind
    all the while. again: the same job runs from beginning to end just before the call; beside: another job does.
    outside: what somebody else does just before the call.
    """

    name: str
    kind: Kind = "error"
    status: int = 503
    killed: bool = False
    lagging: bool = False
    again: bool = False
    beside: bool = False
    outside: str = ""

    @property
    def is_interlude(self) -> bool:
        """Whether something happens before the call, which is then carried out as ever."""
        return self.again or self.beside or bool(self.outside)

    def fault(self, call: Call) -> Fault:
        """The fault that a call meets."""
        code = {**OTHER_CODES, **CODES.get(call.service, {})}.get(self.status, "Failure")
        headers = {"Retry-After": "1"} if self.status == 429 else {}
        return Fault(
            call.service, call.operation, kind=self.kind, at=call.number, status=self.status, code=code, headers=headers
        )


#: at each write
WRITES: t.Final = (
    Trouble("killed before it took effect", "silence", killed=True),
    Trouble("killed after it took effect", "unanswered", killed=True),
    Trouble("answer lost", "lost"),
    Trouble("done but answered with 503", "masked"),
    Trouble("429 with Retry-After", status=429),
    Trouble("500", status=500),
    Trouble("503", status=503),
    Trouble("403 once", status=403),
    Trouble("409", status=409),
    Trouble("time-out", "silence"),
    Trouble("killed after it took effect, in clouds that lag", "unanswered", killed=True, lagging=True),
    Trouble("answer lost, in clouds that lag", "lost", lagging=True),
    Trouble("the same job at once", again=True),
)
#: at each read
READS: t.Final = (
    Trouble("404 once", status=404),
    Trouble("500", status=500),
    Trouble("503", status=503),
    Trouble("reset", "lost"),
    Trouble("stale", "stale"),
)


@dataclasses.dataclass(frozen=True)
class Call:
    """The number-th call of an operation, counted from 1."""

    service: str
    operation: str
    number: int
    write: bool

    def __str__(self) -> str:
        return f"{self.service} {self.operation} {self.number}"


@dataclasses.dataclass(frozen=True)
class Case:
    """One trouble at one call of one scenario."""

    scenario: str
    call: Call
    trouble: Trouble

    def __str__(self) -> str:
        return f"{self.scenario} | {self.call} | {self.trouble.name}"


def calls(recorded: collections.abc.Iterable[Entry]) -> list[Call]:
    """The calls of a clean run, each with its number among those of its operation."""
    counted: collections.Counter[tuple[str, str]] = collections.Counter()
    listed = []
    for entry in recorded:
        name = (entry["service"], entry["operation"])
        counted[name] += 1
        listed.append(Call(*name, counted[name], entry["write"]))
    return listed


def cases(scenario: str, recorded: collections.abc.Iterable[Entry], *, beside: bool = False) -> list[Case]:
    """Every case of a scenario, in the order of its calls. A token cannot be not found, and none is old.

    beside: whether another job is tried at once.
    """
    listed: list[Case] = []
    operations: set[str] = set()
    for call in calls(recorded):
        if call.write:
            troubles = [*WRITES, *(Trouble(name, outside=name) for name in _from_outside(scenario, call, operations))]
            troubles += [Trouble("another job at once", beside=True)] if beside else []
        else:
            troubles = [each for each in READS if call.service not in ("login", "sts") or not _needs_object(each)]
        listed += [Case(scenario, call, trouble) for trouble in troubles]
        operations.add(call.operation)
    return listed


def _from_outside(scenario: str, call: Call, operations: collections.abc.Collection[str]) -> list[str]:
    """What somebody else may do before a write. operations: those before it."""
    return [
        name
        for name, each in DISTURBANCES.items()
        if each.after in operations or each.before == call.operation or scenario in each.scenarios
    ]


def _needs_object(trouble: Trouble) -> bool:
    return trouble.status == 404 or trouble.kind == "stale"
