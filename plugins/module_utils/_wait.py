# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Named waits: a probe, a deadline, and pauses that grow; clock and sleep are injected."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, NotFound, TimedOut
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

T = t.TypeVar("T")

#: How many good answers in a row a steady wait asks for, and the seconds between two of them: of a cloud that was up to
#: date all the time, of one that was behind, and of one whose answers went backwards, as they do where each request may
#: reach another replica.
PROMPT: t.Final = (1, 0.25)
BEHIND: t.Final = (4, 0.25)
BACKWARDS: t.Final = (8, 1.0)

#: The pause grows to this share of the time that was waited.
GROWTH: t.Final = 0.1


@dataclass
class Waiter:
    """Waits until a cloud shows what was written to it. One for a run: what it learns of the cloud decides how sure it
    makes.

    timeout: seconds until the wait is given up. first_pause, longest_pause: seconds between two probes that find
    nothing yet; the pause is a tenth of the time that was waited, within these bounds, so that a wait ends soon after
    the cloud becomes consistent.
    """

    timeout: float = 600.0
    first_pause: float = 0.25
    longest_pause: float = 5.0
    clock: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep
    _sureness: tuple[int, float] = PROMPT
    _was_steady: bool = False

    def until(
        self,
        what: str,
        probe: t.Callable[[], T | None],
        *,
        steady: int = 0,
        passes: t.Callable[[FederationError], bool] | None = None,
        timeout: float | None = None,
    ) -> T:
        """Return what the probe returns once it is not None.

        what: a clause for the error, such as "the signing certificate to appear in the metadata".
        steady: how many good answers in a row to ask for, at least, for what the next write depends on; of a cloud that
        was seen to be behind in this run, more. passes: which errors of the probe only mean "not yet"; without it,
        none does. Raises at the deadline the last such error, else TimedOut, which names the wait.
        """
        budget = self.timeout if timeout is None else timeout
        began = self.clock()
        good = 0
        while True:
            answer, error = _tried(probe, passes)
            if answer is None:
                self._learn(good > 0 or (self._was_steady and isinstance(error, NotFound)))
            good = good + 1 if answer is not None else 0
            if answer is not None and (not steady or good >= max(steady, self._sureness[0])):
                self._was_steady |= steady > 0
                return answer
            waited = self.clock() - began
            if waited >= budget:
                raise _in_vain(what, budget, error)
            pause = self._sureness[1] if good else min(max(self.first_pause, waited * GROWTH), self.longest_pause)
            self.sleep(min(pause, budget - waited))

    def _learn(self, went_back: bool) -> None:
        self._sureness = max(self._sureness, BACKWARDS if went_back else BEHIND)


def _tried(
    probe: t.Callable[[], T | None], passes: t.Callable[[FederationError], bool] | None
) -> tuple[T | None, FederationError | None]:
    try:
        return probe(), None
    except FederationError as error:
        if passes is None or not passes(error):
            raise
        return None, error


def _in_vain(what: str, budget: float, error: FederationError | None) -> FederationError:
    deadline = TimedOut(
        f"Timed out after {budget:.0f} seconds waiting for {what}.",
        hint=(
            "Run the task again: it continues where this run stopped. "
            f"To wait longer, increase {setting('wait_timeout')}."
        ),
    )
    if error is None:
        return deadline
    error.message += f" {deadline.message}"
    return error
