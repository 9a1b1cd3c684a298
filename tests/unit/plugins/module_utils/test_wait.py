# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import entra_waiter
from ansible_collections.openccp.federation.plugins.module_utils._errors import NotFound, TimedOut
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter


class FakeTime:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def waiter(time: FakeTime, timeout: float = 60) -> Waiter:
    return Waiter(timeout=timeout, clock=lambda: time.now, sleep=time.sleep)


def test_no_pause_when_it_is_there(time: FakeTime) -> None:
    assert waiter(time).until("it", lambda: "here") == "here"
    assert time.pauses == []


@pytest.mark.parametrize("ready_at", [0.1, 1, 3, 10, 30])
def test_the_pauses_grow_but_the_end_is_noticed_soon(time: FakeTime, ready_at: float) -> None:
    waiter(time).until("it", lambda: True if time.now >= ready_at else None)
    assert time.pauses == sorted(time.pauses)
    assert time.now - ready_at <= max(0.25, ready_at / 2)


def test_an_empty_answer_counts_as_an_answer(time: FakeTime) -> None:
    assert waiter(time).until("it", list) == []


def _probe(*answers: bool | None) -> t.Callable[[], bool | None]:
    left = iter(answers)
    return lambda: next(left)


def test_a_steady_wait_of_a_cloud_that_is_up_to_date(time: FakeTime) -> None:
    assert waiter(time).until("it", _probe(True, True), steady=2)
    assert time.now <= 0.25


def test_a_steady_wait_of_a_cloud_that_is_behind_makes_surer(time: FakeTime) -> None:
    assert waiter(time).until("it", _probe(None, None, *[True] * 4), steady=2)


def test_once_answers_go_backwards_a_run_asks_for_many_spaced_ones(time: FakeTime) -> None:
    """facts/entra.md E3"""
    waits = waiter(time)
    assert waits.until("it", _probe(True, None, *[True] * 8), steady=2)
    assert time.pauses[-7:] == [1.0] * 7
    assert waits.until("another", _probe(*[True] * 8), steady=2)


def test_what_was_there_and_is_not_found_went_backwards(time: FakeTime) -> None:
    waits = waiter(time)
    waits.until("it", _probe(True, True), steady=2)
    answers = iter([NotFound("not there"), None])

    def attempt() -> bool:
        error = next(answers)
        if error:
            raise error
        return True

    waits.until("it to be taken", attempt, passes=lambda error: isinstance(error, NotFound))
    assert waits.until("it", _probe(*[True] * 8), steady=2)


def test_errors_that_do_not_pass_end_the_wait(time: FakeTime) -> None:
    def attempt() -> None:
        raise NotFound("not there")

    with pytest.raises(NotFound):
        waiter(time).until("it", attempt)
    with pytest.raises(NotFound, match=r"not there Timed out after 60 seconds waiting for it\."):
        waiter(time).until("it", attempt, passes=lambda dummy: True)
    assert time.now == 60


def test_pauses_of_entra_grow_from_one_second_to_ten(time: FakeTime) -> None:
    """facts/entra.md 1.7: Microsoft's guide reads every five to ten seconds."""
    waits = entra_waiter(600)
    waits.clock, waits.sleep = lambda: time.now, time.sleep
    with pytest.raises(TimedOut):
        waits.until("it", lambda: None)
    assert time.pauses[:10] == [1.0] * 10
    assert max(time.pauses) == 10.0
    assert time.pauses[:-1] == sorted(time.pauses[:-1])
    assert len(time.pauses) < 90


def test_the_deadline_names_the_wait_and_says_that_nothing_is_lost(time: FakeTime) -> None:
    with pytest.raises(TimedOut, match="Timed out after 7 seconds waiting for the thing to appear") as raised:
        waiter(time).until("the thing to appear", lambda: None, timeout=7)
    assert time.now == pytest.approx(7)
    assert "Run the task again" in str(raised.value)


def test_a_wait_that_times_out_names_the_variable_of_the_roles() -> None:
    with pytest.raises(TimedOut) as waited:
        Waiter(timeout=0).until("it", lambda: None)
    assert "To wait longer, increase wait_timeout (in the roles: federation_wait_timeout)" in str(waited.value)
