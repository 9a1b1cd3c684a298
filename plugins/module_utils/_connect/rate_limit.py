# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""No operation is called more often than the account may: one token bucket an operation, slower after a refusal.

Amazon Connect counts by account, Region and operation. Other callers of the same operation draw from the same
bucket, so a refusal (429) halves our rate, and each answer afterwards gives a little of it back.
"""

from __future__ import annotations

import threading
import time
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import THROTTLED

#: The seconds by which one call may take longer on its way than another: what fills the bucket in so long is left in
#: it.
JITTER: t.Final = 0.2
SLOWEST: t.Final = 0.05
REGAIN: t.Final = 0.05


class TokenBucket:
    """The calls of one operation. clock and sleep are injected."""

    def __init__(
        self,
        rate: float,
        burst: float,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._full_rate = self.rate = rate
        self._size = max(1.0, burst - rate * JITTER)
        self._tokens = self._size
        self._clock = clock
        self._sleep = sleep
        self._filled = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Return once a call may be made. Those who wait are let in one after the other, in the order in which they
        came.
        """
        with self._lock:
            self._fill()
            self._tokens -= 1
            wait = -self._tokens / self.rate
        if wait > 0:
            self._sleep(wait)

    def refused(self) -> None:
        """A call came too soon after all: the bucket is empty, and from now on it fills half as fast."""
        with self._lock:
            self._fill()
            self._tokens = min(self._tokens, 0.0)
            self.rate = max(self._full_rate * SLOWEST, self.rate / 2)

    def accepted(self) -> None:
        """A call was let in: a little of the lost rate is given back."""
        with self._lock:
            self._fill()
            self.rate = min(self._full_rate, self.rate + self._full_rate * REGAIN)

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._size, self._tokens + (now - self._filled) * self.rate)
        self._filled = now


class RateLimiter:
    """The buckets of one client, one an operation. make: a new bucket."""

    def __init__(self, make: t.Callable[[], TokenBucket]) -> None:
        self._make = make
        self._buckets: dict[str, TokenBucket] = {}
        self._lock = threading.Lock()

    def of(self, operation: str) -> TokenBucket:
        """The bucket of an operation."""
        with self._lock:
            if operation not in self._buckets:
                self._buckets[operation] = self._make()
            return self._buckets[operation]

    def attach(self, client: t.Any) -> None:
        """Pace every attempt of a boto3 client, those included that botocore repeats by itself; a request is signed
        after its wait.
        """
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"request-created.{service}", self._before)
        client.meta.events.register(f"response-received.{service}", self._after)

    def _before(self, operation_name: str, **dummy: t.Any) -> None:  # noqa: ARG002 (botocore gives more by name)
        self.of(operation_name).take()

    def _after(self, event_name: str, response_dict: t.Any, parsed_response: t.Any, **dummy: t.Any) -> None:  # noqa: ARG002
        if response_dict is None:
            return
        bucket = self.of(event_name.rpartition(".")[2])
        code = ((parsed_response or {}).get("Error") or {}).get("Code")
        if code in THROTTLED:
            bucket.refused()
        else:
            bucket.accepted()
