# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What all experiments share: the mark of what they make, the evidence that they keep, and the form of an answer."""

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._probe.stand_ins import StandIns
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

T = t.TypeVar("T")

#: Everything that the probe makes carries a name of this form: prefix, the run's mark, and a number.
PREFIX: t.Final = "openccp-live-probe-"
MARK: t.Final = re.compile(r"[0-9a-f]{12}")
_NAME: t.Final = re.compile(rf"{PREFIX}{MARK.pattern}-\d+")

#: The upper ends of the classes in which durations are counted, in seconds.
CLASSES: t.Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)

#: The answer to a question that could not be asked here.
NOT_TOLD: t.Final = "not_told"


def is_managed(name: t.Any) -> bool:
    """Whether a name is one that the probe gave."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


class Untold(Exception):
    """The question cannot be asked here; why."""


@dataclass(frozen=True)
class Result(t.Generic[T]):
    """The result of one request. content: the content of the response."""

    content: T | None = None
    error: FederationError | None = None

    @property
    def ok(self) -> bool:
        """Whether it was carried out."""
        return self.error is None

    @property
    def status(self) -> int:
        """The HTTP status of an error, 0 where there is none."""
        return int(self.error.details.get("http_status") or 0) if self.error else 0

    def get(self) -> T:
        """The content; Untold when the request, which only prepares the experiment, was refused."""
        if self.error is not None or self.content is None:
            raise Untold("a request that prepares the experiment was refused")
        return self.content


def histogram(durations: t.Iterable[float]) -> dict[str, int]:
    """How many durations lie in each class, named by its upper end in seconds; classes without any are left out."""
    ends = [_class_of(seconds) for seconds in durations]
    return {end: ends.count(end) for end in (*map(str, CLASSES), "more") if end in ends}


def _class_of(seconds: float) -> str:
    return next((str(end) for end in CLASSES if seconds <= end), "more")


class Removal(t.NamedTuple):
    """How something that the probe made is removed. what: it, for a person."""

    what: str
    do: t.Callable[[], None]


@dataclass
class Bench:
    """Where experiments of one cloud are made. repetitions: how often a lag is measured, each time on a new object."""

    mark: str
    waiter: Waiter
    stand_ins: StandIns
    repetitions: int = 1
    evidence: list[dict[str, t.Any]] = field(default_factory=list)
    measured: dict[str, float] = field(default_factory=dict)
    #: by setting, every duration that was measured, and the reads that followed one which showed the object
    durations: dict[str, list[float]] = field(default_factory=dict)
    later_reads: dict[str, list[bool]] = field(default_factory=dict)
    #: what was made and is still there, in the order in which it was made
    removals: dict[str, Removal] = field(default_factory=dict)
    _number: int = 0

    def name(self) -> str:
        """A name for a new object."""
        self._number += 1
        name = f"{PREFIX}{self.mark}-{self._number}"
        self.stand_ins.learn("probe", name)
        return name

    def clear(self) -> None:
        """Remove what was made, the last first."""
        for key in reversed(list(self.removals)):
            self.removals.pop(key).do()

    def note(self, what: str, began: float, error: FederationError | None = None) -> None:
        """Save the result of a request. what: the attempt without names."""
        seen: dict[str, t.Any] = {"request": what, "seconds": round(time.monotonic() - began, 2)}
        if error is None:
            seen["status"] = "done"
        else:
            code = error.code or type(error).__name__
            message = error.message.partition(f"{code}: ")[2] or error.message
            seen |= {
                "status": error.details.get("http_status", "refused"),
                "code": code,
                "message": self.stand_ins.hide(message),
            }
        self.evidence.append(seen)

    def measure(
        self, setting: str, what: str, look: t.Callable[[], t.Any], passes: t.Callable[[FederationError], bool] | None
    ) -> bool:
        """Measure how long a cloud takes to show something; False when it takes longer than is waited. setting: the
        sandbox's for it.
        """
        began, reads = time.monotonic(), list[bool]()

        def watched() -> t.Any:
            reads.append(False)
            answer = look()
            reads[-1] = answer is not None
            return answer

        try:
            self.waiter.until(what, watched, steady=1, passes=passes)
        except FederationError as error:
            self.note(what, began, error)
            return False
        seconds = round(time.monotonic() - began, 2)
        self.note(what, began)
        self.measured[setting] = max(self.measured.get(setting, 0.0), seconds)
        self.durations.setdefault(setting, []).append(seconds)
        self.later_reads.setdefault(setting, []).extend(reads[reads.index(True) + 1 :])
        return True

    def repeatedly(self, measure_once: t.Callable[[], bool]) -> bool:
        """Measure a lag so many times; whether the cloud showed everything in time."""
        measurements = [measure_once() for dummy in range(self.repetitions)]
        return all(measurements)

    def spread(self) -> dict[str, dict[str, t.Any]]:
        """How the durations are spread, by setting: how many lie in each class, and how many reads went backwards."""
        return {
            setting: {
                "seconds": histogram(durations),
                "later_reads": len(self.later_reads[setting]),
                "backwards": self.later_reads[setting].count(False),
            }
            for setting, durations in self.durations.items()
        }
