# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Named waits: a probe, a deadline, and pauses that grow; clock and sleep are injected."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._errors import TimedOut

T = t.TypeVar("T")


@dataclass(frozen=True)
class Waiter:
    """Waits until a cloud shows what was written to it.

    timeout: seconds until the wait is given up. first_pause, longest_pause: seconds between two probes;
    the pause grows by half each time, so that a wait ends soon after the cloud becomes consistent.
    """

    timeout: float = 600.0
    first_pause: float = 0.25
    longest_pause: float = 5.0
    clock: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep

    def until(self, what: str, probe: t.Callable[[], T | None], *, consecutive: int = 1, timeout: float | None = None) -> T:
        """Return what the probe returns once it is not None `consecutive` times running.

        what: a clause for the error, such as "the signing certificate to appear in the metadata".
        Raises TimedOut at the deadline, which names the wait.
        """
        budget = self.timeout if timeout is None else timeout
        deadline = self.clock() + budget
        pause = self.first_pause
        seen = 0
        while True:
            answer = probe()
            seen = seen + 1 if answer is not None else 0
            if answer is not None and seen >= consecutive:
                return answer
            left = deadline - self.clock()
            if left <= 0:
                raise TimedOut(
                    f"Waited {budget:.0f} seconds for {what}, in vain.",
                    hint="Nothing is lost: run the task again, it continues where this run stopped; a longer wait_timeout waits longer.",
                )
            self.sleep(min(pause, left))
            pause = min(pause * 1.5, self.longest_pause)
