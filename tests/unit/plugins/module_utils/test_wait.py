# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import TimedOut
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


def test_several_answers_running_may_be_asked_for(time: FakeTime) -> None:
    answers = iter([True, None, True, True, True])
    assert waiter(time).until("it", lambda: next(answers), consecutive=3) is True
    assert len(time.pauses) == 4


def test_the_deadline_names_the_wait_and_says_that_nothing_is_lost(time: FakeTime) -> None:
    with pytest.raises(TimedOut, match="Waited 7 seconds for the thing to appear") as raised:
        waiter(time).until("the thing to appear", lambda: None, timeout=7)
    assert time.now == pytest.approx(7)
    assert "run the task again" in str(raised.value)
