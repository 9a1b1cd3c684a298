# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.openccp.federation.plugins.module_utils import _module
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource


class Exit(Exception):
    def __init__(self, failed: bool, result: dict[str, t.Any]) -> None:
        self.failed = failed
        self.result = result


class FakeModule:
    def __init__(self, check_mode: bool = False, diff: bool = False) -> None:
        self.check_mode = check_mode
        self._diff = diff
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        raise Exit(False, result)

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        raise Exit(True, {"msg": msg, **result})


class Counter(Resource[int, "Counter"]):
    """A resource: a number that is raised one by one."""

    def __init__(self, value: int, target: int, breaks_at: int | None = None) -> None:
        self.value, self.target, self.breaks_at = value, target, breaks_at
        self.api = self

    def read(self) -> int:
        if self.target < 0:
            raise InvalidInput("The target is negative.", hint="Give one that is not.")
        return self.value

    def plan(self, actual: int) -> Plan[Counter]:
        steps = tuple(Step(Counter.raise_to, f"Raise to {n}", to=n) for n in range(actual + 1, self.target + 1))
        return Plan({"value": actual}, {"value": self.target}, steps, ("high",) if self.target > 9 else ())

    def raise_to(self, to: int) -> None:
        if to == self.breaks_at:
            raise Conflict(f"Could not raise to {to}.", code="Taken", request_id="r-1", holder="somebody")
        self.value = to

    def result(self, plan: Plan[Counter]) -> dict[str, t.Any]:
        return plan.after


def raised_to(*numbers: int, end: int) -> list[dict[str, t.Any]]:
    """The steps as data."""
    views = {"before": {"value": 1}, "after": {"value": end}}
    return [{"action": f"Raise to {n}", "object": "counter", **views, "reason": "Different: value."} for n in numbers]


def run(counter: Counter, **how: bool) -> Exit:
    with pytest.raises(Exit) as raised:
        _module.converge(t.cast("t.Any", FakeModule(**how)), counter, "counter")
    return raised.value


def test_the_steps_are_carried_out_in_order_and_reported() -> None:
    counter = Counter(1, 3)
    exit_ = run(counter, diff=True)
    assert counter.value == 3
    assert exit_.result == {
        "changed": True,
        "actions": ["Raise to 2", "Raise to 3"],
        "steps": raised_to(2, 3, end=3),
        "counter": {"value": 3},
        "diff": {"before": {"value": 1}, "after": {"value": 3}},
    }


def test_check_mode_reports_the_same_and_does_nothing() -> None:
    counter = Counter(1, 3)
    assert run(counter, check_mode=True, diff=True).result == run(Counter(1, 3), diff=True).result
    assert counter.value == 1


def test_nothing_to_do_is_no_change_and_no_diff_unless_asked_for() -> None:
    assert run(Counter(3, 3)).result == {"changed": False, "actions": [], "steps": [], "counter": {"value": 3}}


def test_a_step_may_put_another_plan_in_the_place_of_what_is_left() -> None:
    class Falling(Counter):
        def carry_out(self, step: Step[Counter]) -> Plan[Counter] | None:
            super().carry_out(step)
            return Plan({}, {}, (Step(Counter.raise_to, "Fall to 0", to=0),)) if self.value == 2 else None

    counter = Falling(1, 3)
    assert run(counter).result["actions"] == ["Raise to 2", "Fall to 0"]
    assert counter.value == 0


def test_a_failure_tells_what_was_done_what_failed_and_what_the_cloud_said() -> None:
    exit_ = run(Counter(1, 4, breaks_at=3))
    assert exit_.failed
    assert exit_.result == {
        "msg": "Could not raise to 3.",
        "changed": True,
        "actions": ["Raise to 2"],
        "failed_action": "Raise to 3",
        "error_code": "Taken",
        "request_id": "r-1",
        "holder": "somebody",
    }


def test_bad_input_fails_before_the_first_step_with_advice() -> None:
    exit_ = run(Counter(1, -1))
    assert exit_.failed
    assert exit_.result == {
        "msg": "The target is negative. Give one that is not.",
        "changed": False,
        "actions": [],
        "hint": "Give one that is not.",
    }


def test_warnings_reach_the_user() -> None:
    module = FakeModule()
    with pytest.raises(Exit):
        _module.converge(t.cast("t.Any", module), Counter(1, 10), "counter")
    assert module.warnings == ["high"]


def test_inform_returns_what_was_read_or_the_error() -> None:
    with pytest.raises(Exit) as ended:
        _module.inform(t.cast("t.Any", FakeModule()), lambda: [1, 2], "numbers")
    assert ended.value.result == {"changed": False, "numbers": [1, 2]}

    def broken() -> None:
        raise FederationError("Could not read.", code="Gone")

    with pytest.raises(Exit) as failed:
        _module.inform(t.cast("t.Any", FakeModule()), broken, "numbers")
    assert failed.value.failed
    assert failed.value.result["error_code"] == "Gone"


def test_a_missing_or_old_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    module = t.cast("t.Any", FakeModule())
    monkeypatch.setitem(_module.FLOORS, "no_such_library", "1.0")
    with pytest.raises(Exit) as missing:
        _module.require(module, "no_such_library")
    assert "no_such_library>=1.0" in missing.value.result["msg"]
    monkeypatch.setitem(_module.FLOORS, "nor_this", "2.0")
    with pytest.raises(Exit) as both:
        _module.require(module, "no_such_library", "lxml", "nor_this")
    assert "no_such_library 1.0 or newer (missing), nor_this 2.0 or newer (missing)" in both.value.result["msg"]
    assert both.value.result["msg"].endswith("-m pip install 'no_such_library>=1.0' 'nor_this>=2.0'")
    monkeypatch.setitem(_module.FLOORS, "requests", "999")
    with pytest.raises(Exit) as old:
        _module.require(module, "requests")
    assert "requests 999 or newer" in old.value.result["msg"]
    _module.require(module, "lxml", "msal")


def test_a_library_that_another_one_needs_is_named_by_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """requests is missing, and so msal cannot be imported."""
    (tmp_path / "needy.py").write_text("import nor_this", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(_module.importlib.metadata, "version", lambda library: "9.0")
    for library in ("needy", "nor_this"):
        monkeypatch.setitem(_module.FLOORS, library, "1.0")
    with pytest.raises(Exit) as missing:
        _module.require(t.cast("t.Any", FakeModule()), "needy", "nor_this")
    assert "nor_this 1.0 or newer (missing)" in missing.value.result["msg"]
    assert "needy" not in missing.value.result["msg"]
    (tmp_path / "needy.py").write_text("raise ImportError('no libffi')", encoding="utf-8")
    with pytest.raises(Exit) as broken:
        _module.require(t.cast("t.Any", FakeModule()), "needy")
    assert "needy 1.0 or newer (cannot be imported: no libffi)" in broken.value.result["msg"]


class Crowd(Resource[list[str], "Crowd"]):
    """A resource of several objects, each of which is greeted and seated."""

    def __init__(self, *rude: str) -> None:
        self.rude = rude
        self.seated: list[str] = []
        self.api = self

    def read(self) -> list[str]:
        return ["ann", "bob", "cid"]

    def plan(self, actual: list[str]) -> Plan[Crowd]:
        steps = []
        for name in actual:
            steps += [Step(Crowd.greet, f"greet {name}", name=name), Step(Crowd.seat, f"seat {name}", name=name)]
        return Plan(steps=tuple(step.about(target=step.args["name"]) for step in steps))

    def greet(self, name: str) -> None:
        if name in self.rude:
            raise Conflict(f"{name} does not answer.", code="Rude")

    def seat(self, name: str) -> None:
        self.seated.append(name)

    def result(self, plan: Plan[Crowd]) -> dict[str, t.Any]:
        return {"steps": len(plan.steps)}


def test_one_objects_failure_skips_the_rest_of_that_object_only() -> None:
    crowd = Crowd("bob")
    with pytest.raises(Exit) as raised:
        _module.converge(t.cast("t.Any", FakeModule()), crowd, "crowd")
    assert raised.value.failed
    assert raised.value.result == {
        "msg": "bob does not answer.",
        "changed": True,
        "actions": ["greet ann", "seat ann", "greet cid", "seat cid"],
        "steps": [
            {"action": f"{do} {name}", "object": name, "before": {}, "after": {}, "reason": ""}
            for name in ("ann", "cid")
            for do in ("greet", "seat")
        ],
        "crowd": {"steps": 4},
        "failures": [
            {"name": "bob", "msg": "bob does not answer.", "error_code": "Rude", "failed_action": "greet bob"}
        ],
    }
    assert crowd.seated == ["ann", "cid"]


def test_several_failures_are_reported_in_one_message() -> None:
    with pytest.raises(Exit) as raised:
        _module.converge(t.cast("t.Any", FakeModule()), Crowd("ann", "cid"), "crowd")
    assert (
        raised.value.result["msg"]
        == "2 objects failed. The others succeeded. ann: ann does not answer.; cid: cid does not answer."
    )
