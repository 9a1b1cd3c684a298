# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tries one case after another: disturbs a job, runs it again, and holds what both clouds then hold against a clean
run.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import hashlib
import itertools
import json
import shutil
import time
import typing as t
from pathlib import Path

from cases import Call, Case, Trouble, cases
from disturbances import DISTURBANCES, Disturbance
from scenarios import Command, Place, Scenario
from seeds import TENANTS, credentials, fill
from terminal import PATIENCE, Terminal

from federation_sandbox import http_sign_in
from federation_sandbox.contents import contents, differences
from federation_sandbox.entra.state import directory
from federation_sandbox.faults import Fault, Interlude
from federation_sandbox.testing import Sandbox
from processes import kill_tree

#: A read that is stale is as old as this. Which replicas are old is decided by faults alone.
STALE: t.Final = 60.0
CLOUDS: t.Final[dict[str, t.Any]] = {
    "limits": False,
    **dict.fromkeys(("graph_replication", "iam_replication", "connect_replication"), STALE),
    **dict.fromkeys(("graph_flapping", "iam_flapping", "connect_flapping"), 1e-9),
}
#: seconds by which each call moves the time of the clouds: pauses between calls take none
STEP: t.Final = 0.25
#: seconds between two looks at whether a call has come
POLL: t.Final = 0.01
#: seconds for which a run waits for an answer that never comes
TIME_OUT: t.Final = 8.0
#: what clouds that lag take
LAGS: t.Final[dict[str, t.Any]] = {
    **dict.fromkeys(("graph_replication", "graph_index_lag", "iam_replication", "connect_replication"), 3.0),
    "connect_search_lag": 3.0,
    **dict.fromkeys(("graph_flapping", "iam_flapping", "connect_flapping"), 0.3),
}
#: what remains of objects that were removed and made anew
REMNANTS: t.Final = ("deletedItems", "certificates ever made")
#: what remains of a certificate that one of two runs made and removed again, since the other had made one
AT_ONCE: t.Final = ("certificates ever made",)
LAUNCHER: t.Final = "https://launcher.myapps.microsoft.com/api/signin"

State = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of a case. outcome: what the disturbed job did: went on, failed, or was killed."""

    case: str
    scenario: str
    trouble: str
    write: bool
    outcome: str
    problems: list[str]
    seconds: float

    @property
    def converged(self) -> bool:
        return not self.problems


class Bench:
    """One scenario in a sandbox: the clean run, and the way back to what was there before it."""

    def __init__(self, sandbox: Sandbox, scenario: Scenario, folder: Path) -> None:
        self._sandbox, self._world, self._scenario, self._folder = sandbox, sandbox.world, scenario, folder
        self._numbers = itertools.count()
        self._judged: dict[tuple[tuple[str, ...], str], list[str]] = {}
        self._steady: dict[str, list[str]] = {}
        self._world.reset()
        fill(sandbox)
        self._world.settings.limits = False
        self._before = folder / "before"
        self._before.mkdir()
        scenario.prepare(Place(sandbox, self._terminal(self._before), self._before))
        self._world.clock.advance(dt.timedelta(seconds=2 * STALE))
        self._world.settings.change(CLOUDS)
        self._world.clock.hold(STEP)
        self._restore = self._world.snapshot()
        self._record()

    def _record(self) -> None:
        """The clean run: its calls, and the state in which it ends."""
        terminal, folder = self._begin()
        self._succeed(self._scenario.commands, terminal, folder)
        recorded = self._world.traffic.entries()
        if self._scenario.recovery:
            self._succeed(self._scenario.recovery, terminal, folder)
        self.clean = self._state(folder)
        self.cases: list[Case] = cases(self._scenario.name, recorded, beside=bool(self._scenario.beside))
        assert self._sign_ins() == dict.fromkeys(self._scenario.agents, ""), "not all agents sign in after a clean run"

    def trial(self, case: Case) -> Result:
        """Try one case."""
        began = time.monotonic()
        terminal, folder = self._begin()
        problems: list[str] = []
        fault = self._fault(case, folder, problems)
        self._world.faults.add(fault)
        if case.trouble.lagging:
            self._world.settings.change(LAGS)
        try:
            if case.trouble.killed:
                outcome = self._kill(case, terminal, folder)
            else:
                terminal.patience = TIME_OUT if case.trouble.kind == "silence" else PATIENCE
                outcome = "went on" if self._run(self._scenario.commands, terminal, folder) == "" else "failed"
            if fault.met < fault.at and not case.trouble.lagging:  # where the clouds lag, a job may end before
                problems.append(f"{case.call} was never called")
            if not case.trouble.outside:
                problems += [f"{agent} could not sign in: {why}" for agent, why in self._sign_ins().items() if why]
            else:
                problems += self._undo(DISTURBANCES[case.trouble.outside], outcome, terminal, folder)
            problems += self._verdict(case, terminal, folder)
        except AssertionError as failure:
            outcome, problems = "failed", [*problems, str(failure)]
        finally:
            shutil.rmtree(folder)
        seconds = round(time.monotonic() - began, 1)
        return Result(str(case), case.scenario, case.trouble.name, case.call.write, outcome, problems, seconds)

    def _fault(self, case: Case, folder: Path, problems: list[str]) -> Fault:
        """What the call meets; what goes wrong meanwhile is put to the problems."""
        call, trouble = case.call, case.trouble
        if not trouble.is_interlude:
            return trouble.fault(call)

        def run_beside() -> None:
            elsewhere = self._folder / f"beside-{folder.name}"
            elsewhere.mkdir()
            try:
                self._run(self._commands_beside(trouble), self._terminal(elsewhere), folder)
            except AssertionError as failure:
                problems.append(str(failure))

        def disturb() -> None:
            with self._world.lock:
                DISTURBANCES[trouble.outside].act(self._world)

        action = disturb if trouble.outside else run_beside
        return Interlude(call.service, call.operation, at=call.number, action=action)

    def _commands_beside(self, trouble: Trouble) -> tuple[Command, ...]:
        return self._scenario.beside if trouble.beside else self._scenario.commands

    def _begin(self) -> tuple[Terminal, Path]:
        """The state before the job, and a terminal in a folder of its own."""
        self._restore()
        folder = self._folder / str(next(self._numbers))
        shutil.copytree(self._before, folder)
        return self._terminal(folder), folder

    def _terminal(self, folder: Path) -> Terminal:
        return Terminal({**self._sandbox.environment, **credentials(), **self._scenario.environment}, folder)

    def _run(self, commands: collections.abc.Iterable[Command], terminal: Terminal, folder: Path) -> str:
        """Run commands until one fails: what that one printed."""
        for command in commands:
            run = command.run(terminal, folder)
            if run.returncode:
                return run.output
        return ""

    def _succeed(self, commands: collections.abc.Iterable[Command], terminal: Terminal, folder: Path) -> None:
        output = self._run(commands, terminal, folder)
        assert not output, output

    def _kill(self, case: Case, terminal: Terminal, folder: Path) -> str:
        """Run the job until the call hangs, and kill it with its workers there."""
        call, printed = case.call, ""
        for command in self._scenario.commands:
            run = command.begin(terminal, folder)
            while not self._came(call) and not run.has_ended(POLL):
                pass
            if self._came(call):
                kill_tree(run.pid)
            printed = run.outcome()[1]
            assert "Traceback (most recent call last)" not in printed, printed
            if self._came(call):
                return "killed"
        assert case.trouble.lagging, f"{call} was never called: {printed}"
        return "failed"

    def _came(self, call: Call) -> bool:
        return len(self._world.traffic.entries(call.service, call.operation)) >= call.number

    def _verdict(self, case: Case, terminal: Terminal, folder: Path) -> list[str]:
        """What is wrong once the job has run again.

        A state that was judged before is not tried again: what the next run does depends on it alone. In clouds that
        lag it may take one run more, once they have caught up. Where somebody else or another job removed something,
        what was made anew for it is no remnant.
        """
        self._world.faults.clear()
        if case.trouble.lagging:
            self._run(self._scenario.again, terminal, folder)
            self._world.clock.advance(dt.timedelta(seconds=STALE))
            self._world.settings.change(CLOUDS)
        left_out: tuple[str, ...] = ()
        if case.trouble.is_interlude:
            left_out = AT_ONCE if case.trouble.again else REMNANTS
        key = (left_out, _key(self._state(folder)))
        if key not in self._judged:
            self._judged[key] = self._judge(terminal, folder, left_out)
        return self._judged[key]

    def _judge(self, terminal: Terminal, folder: Path, left_out: collections.abc.Sequence[str] = ()) -> list[str]:
        output = self._run(self._scenario.again, terminal, folder)
        if output:
            return [f"the next run failed: {output}"]
        problems = differences(*(_without(each, left_out) for each in (self.clean, self._state(folder))))
        problems += [f"{agent} cannot sign in: {why}" for agent, why in self._sign_ins().items() if why]
        key = _key(self._state(folder))
        if key not in self._steady:
            self._steady[key] = self._third_run(terminal, folder)
        return [*problems, *self._steady[key]]

    def _third_run(self, terminal: Terminal, folder: Path) -> list[str]:
        """What a further run does where it should do nothing."""
        self._world.traffic.clear()
        output = self._run(self._scenario.again, terminal, folder)
        problems = [f"the third run failed: {output}"] if output else []
        written = [f"{each['service']} {each['operation']}" for each in self._world.traffic.writes()]
        return [*problems, *(f"the third run wrote: {each}" for each in written)]

    def _undo(self, disturbance: Disturbance, outcome: str, terminal: Terminal, folder: Path) -> list[str]:
        """Remove what somebody else has made, if that is the disturbance: the job must have refused it until then, and
        whatever ran must have left it.
        """
        if disturbance.undo is None:
            return []
        again = self._run(self._scenario.again, terminal, folder)
        left = contents(self._world)
        with self._world.lock:
            disturbance.undo(self._world)
        if left == contents(self._world):
            return ["what somebody else has made was removed"]
        is_refused = outcome == "failed" and (again or self._scenario.recovery)
        return [] if is_refused else ["what somebody else has made was taken over"]

    def _state(self, folder: Path) -> State:
        """What both clouds and the folder hold. Of a job that is recovered from by another one, what is deleted does
        not count, nor do its files.
        """
        held = contents(self._world)
        files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
        if self._scenario.recovery:
            return _without(held, REMNANTS)
        return {**held, "files": sorted(str(path) for path in files if not path.name.startswith("events-"))}

    def _sign_ins(self) -> dict[str, str]:
        """Why an agent does not get in, empty for one who does."""
        tenant = directory(self._world).tenants[TENANTS["public"]]
        (app_id,) = {
            str(each["appId"])
            for each in tenant["servicePrincipals"].current()
            if self._scenario.agents and "openccp.federation" in (each.get("tags") or ())
        } or {""}
        url = f"{LAUNCHER}/{app_id}?tenantId={tenant.id}"
        outcomes = {
            agent: http_sign_in.sign_in(self._sandbox.environment, url, agent) for agent in self._scenario.agents
        }
        return {agent: "" if each.ok else f"{each.hop}: {each.text}" for agent, each in outcomes.items()}


def _key(state: State) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def _without(state: State, left_out: collections.abc.Sequence[str]) -> State:
    """A state without some of what its tenants hold."""

    def without(tenant: dict[str, t.Any]) -> dict[str, t.Any]:
        return {key: value for key, value in tenant.items() if key not in left_out}

    return {**state, "entra": {name: without(tenant) for name, tenant in state["entra"].items()}}
