# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect.parallel import (
    ROUNDS,
    Parallel,
    ProgressCounter,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, Throttled
from ansible_collections.openccp.federation.plugins.module_utils._plan import Step


class Agents:
    """What the steps of the test run on; each is told by its name."""

    def create(self) -> None:
        """Create the agent."""

    def identity(self) -> None:
        """Change who it is."""

    def tag(self) -> None:
        """Set its tags."""

    def delete(self) -> None:
        """Delete it."""


def step(run: t.Callable[[Agents], None], who: str) -> Step[Agents]:
    return Step(run, f"{run.__name__} {who}").about(target=who)


STEPS = [step(Agents.create, f"agent{number}") for number in range(20)] + [
    step(Agents.identity, "jane"),
    step(Agents.tag, "jane"),
]


def test_every_step_is_done_and_those_of_one_object_in_their_order() -> None:
    seen: list[str] = []
    work, progress = Parallel(lambda step: seen.append(step.text), 2.0), ProgressCounter(len(STEPS))
    work.run(STEPS, progress)
    assert sorted(seen) == sorted(step.text for step in STEPS)
    assert seen.index("identity jane") < seen.index("tag jane")
    assert (progress.done, progress.failed, work.failures) == (22, 0, {})


def test_different_kinds_run_at_the_same_time() -> None:
    together = threading.Barrier(2, timeout=600)
    Parallel(lambda step: together.wait(), 1.0).run(
        [step(Agents.create, "a"), step(Agents.identity, "b")], ProgressCounter(2)
    )


def test_a_failure_skips_what_remains_of_its_object_also_later() -> None:
    def carry_out(step: Step[Agents]) -> None:
        if step.text == "identity jane":
            raise FederationError("No.", code="X")

    work, progress = Parallel(carry_out, 2.0), ProgressCounter(len(STEPS) + 1)
    work.run(STEPS, progress)
    work.run([step(Agents.delete, "jane")], progress)
    assert set(work.failures) == {"jane"}
    assert work.failures["jane"].details == {"failed_action": "identity jane"}
    assert (progress.done, progress.failed) == (20, 3)
    assert {step.target for step in work.done} == {f"agent{number}" for number in range(20)}


@pytest.mark.parametrize(("refusals", "fails"), [(ROUNDS, False), (ROUNDS + 1, True)])
def test_what_was_throttled_is_tried_again_at_the_end_of_the_queue(refusals: int, fails: bool) -> None:
    left = [refusals]

    def carry_out(step: Step[Agents]) -> None:
        if step.target == "jane" and left[0]:
            left[0] -= 1
            raise Throttled("Too fast.")

    work = Parallel(carry_out, 2.0)
    work.run(STEPS, ProgressCounter(len(STEPS)))
    assert bool(work.failures) is fails


def test_a_bug_is_not_swallowed() -> None:
    def carry_out(step: Step[Agents]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Parallel(carry_out, 2.0).run(STEPS, ProgressCounter(len(STEPS)))


def test_the_line() -> None:
    now = [0.0]
    progress = ProgressCounter(100, lambda: now[0])
    assert progress.line() == "0 of 100 steps done, 0.0 a second, 0 failed, time left unknown"
    now[0], progress.done, progress.failed = 10.0, 18, 2
    assert progress.line() == "18 of 100 steps done, 2.0 a second, 2 failed, 40 seconds left"
    progress.total = 20_000
    assert progress.line().endswith("2.8 hours left")
