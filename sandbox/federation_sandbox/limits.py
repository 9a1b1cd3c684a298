# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Token buckets, which limit the rate of each operation as the clouds do."""

from __future__ import annotations

import threading
import typing as t


class Limiter:
    """One token bucket for each key. clock: the time of the world in seconds, which may be moved in both directions."""

    def __init__(self, clock: t.Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[t.Hashable, tuple[float, float]] = {}

    def take(self, key: t.Hashable, rate: float, burst: float, cost: float = 1.0) -> float:
        """Take tokens; returns 0 when there were enough, else the seconds until there are. rate: tokens per second.
        burst: the capacity of the bucket.
        """
        with self._lock:
            now = self._clock()
            tokens, filled = self._buckets.get(key, (burst, now))
            tokens = min(burst, tokens + max(0.0, now - filled) * rate)
            if tokens >= cost:
                self._buckets[key] = (tokens - cost, now)
                return 0.0
            self._buckets[key] = (tokens, now)
            return (cost - tokens) / rate
