# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect.rate_limit import (
    JITTER,
    RateLimiter,
    TokenBucket,
)

from sleep_clock import SleepClock


def bucket(clock: SleepClock, rate: float = 2.0, burst: float = 5.0) -> TokenBucket:
    return TokenBucket(rate, burst, clock, clock.sleep)


def call_times(limiter: TokenBucket, clock: SleepClock, count: int) -> list[float]:
    times = []
    for _turn in range(count):
        limiter.take()
        times.append(clock.now)
    return times


@pytest.mark.parametrize(("rate", "burst"), [(2.0, 5.0), (0.1, 2.0), (100.0, 250.0), (2.0, 1.0)])
def test_a_server_that_counts_the_same_way_never_refuses(rate: float, burst: float) -> None:
    clock = SleepClock()
    times = call_times(bucket(clock, rate, burst), clock, 400)
    for first in range(0, 400, 7):
        for last in range(first, 400, 13):
            assert last - first + 1 <= burst + (times[last] - times[first]) * rate + 1e-6


def test_all_of_the_rate_is_used() -> None:
    clock = SleepClock()
    times = call_times(bucket(clock), clock, 1000)
    assert times[-1] == pytest.approx((1000 - 5.0) / 2.0 + JITTER)


def test_a_pause_fills_the_bucket_no_further_than_its_size() -> None:
    clock = SleepClock()
    limiter = bucket(clock)
    call_times(limiter, clock, 20)
    clock.now += 3600
    before = clock.now
    assert [time - before for time in call_times(limiter, clock, 6)] == pytest.approx(
        [0, 0, 0, 0, JITTER, JITTER + 0.5]
    )


def test_a_refusal_halves_the_rate_and_answers_give_it_back() -> None:
    clock = SleepClock()
    limiter = bucket(clock)
    limiter.refused()
    assert limiter.rate == 1.0
    assert call_times(limiter, clock, 2) == [1.0, 2.0]
    for _turn in range(9):
        limiter.accepted()
    assert limiter.rate == pytest.approx(1.9)
    for _turn in range(9):
        limiter.accepted()
    assert limiter.rate == 2.0


def test_a_storm_of_refusals_never_stops_the_work_for_good() -> None:
    clock = SleepClock()
    limiter = bucket(clock)
    for _turn in range(100):
        limiter.refused()
    assert limiter.rate == pytest.approx(0.1)
    assert call_times(limiter, clock, 1) == pytest.approx([10.0])


def test_operations_have_buckets_of_their_own() -> None:
    clock = SleepClock()
    pace = RateLimiter(lambda: bucket(clock))
    call_times(pace.of("CreateUser"), clock, 5)
    assert clock.now == pytest.approx(JITTER)
    call_times(pace.of("TagResource"), clock, 4)
    assert clock.now == pytest.approx(JITTER)
    assert pace.of("CreateUser") is pace.of("CreateUser")
