# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults that a test injects at the n-th call of an operation: an error, a lost answer, silence or an outdated
answer.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import threading
import typing as t

#: error: answered instead of being carried out. lost: carried out, but the connection breaks before the answer.
#: masked: carried out, but answered with the error. silence: not carried out and never answered. unanswered: carried
#: out and never answered. stale: answered by the replica that is furthest behind.
Kind = t.Literal["error", "lost", "masked", "silence", "unanswered", "stale"]


@dataclasses.dataclass
class Fault:
    """A fault. operation: as in the traffic log, or "*". at: 1 for the next call. times: the number of consecutive
    calls.
    """

    service: str
    operation: str
    kind: Kind = "error"
    at: int = 1
    times: int = 1
    status: int = 500
    code: str = "InternalServerError"
    message: str = "An error that a test asked for."
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    met: int = 0

    def __post_init__(self) -> None:
        if self.kind not in t.get_args(Kind):
            raise ValueError(f"kind is one of {', '.join(t.get_args(Kind))}, not {self.kind!r}")

    def meets(self, service: str, operation: str) -> bool:
        """Count a call, and return whether the fault applies to it."""
        if self.service != service or self.operation not in (operation, "*"):
            return False
        self.met += 1
        return self.at <= self.met < self.at + self.times


@dataclasses.dataclass
class Interlude(Fault):
    """An action that is inserted before a call, which is then carried out as usual."""

    action: collections.abc.Callable[[], None] = lambda: None


class Faults:
    """The faults that are pending."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        with self._lock:
            self._faults.append(fault)

    def waiting(self) -> list[Fault]:
        """The faults that still apply to a future call."""
        with self._lock:
            return list(self._faults)

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._faults.clear()

    def meet(self, service: str, operation: str) -> Fault | None:
        """The fault that applies to this call. Every pending fault counts the call."""
        with self._lock:
            hit = [fault for fault in self._faults if fault.meets(service, operation)]
            self._faults = [fault for fault in self._faults if fault.met < fault.at + fault.times - 1]
            return hit[0] if hit else None
