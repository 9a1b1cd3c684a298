# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the collection's playbooks as a user does, in a process of their own, and reads back what each task returned."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import typing as t
from pathlib import Path

from support import CHECKOUT, ansible_command, ansible_environment, run_ansible

INVENTORIES: t.Final = CHECKOUT / "inventories"


@dataclasses.dataclass(frozen=True)
class Run:
    """One finished run. output: all that it printed. events: what each task returned, in order."""

    returncode: int
    output: str
    events: list[dict[str, t.Any]]

    def changed(self) -> int:
        """The number of changed tasks in the recap, over all hosts."""
        return sum(host["changed"] for host in self.events[-1]["stats"].values())

    def failed_hosts(self) -> list[str]:
        """The hosts that failed, by the recap."""
        return sorted(
            host for host, counts in self.events[-1]["stats"].items() if counts["failures"] or counts["unreachable"]
        )

    def tasks(self, module: str) -> list[dict[str, t.Any]]:
        """What each run of a module of the collection returned."""
        return [event["result"] for event in self.events if event.get("action") == f"openccp.federation.{module}"]

    def planned(self) -> list[str]:
        """The sentences of all steps that the run foretold, in the order of each host."""
        return self._sentences(check=True)

    def done(self) -> list[str]:
        """The sentences of all steps that the run took, in the order of each host."""
        return self._sentences(check=False)

    def _sentences(self, check: bool) -> list[str]:
        by_host = sorted(
            (event for event in self.events if event.get("check") is check), key=lambda event: str(event["host"])
        )
        return [sentence for event in by_host for result in _ours(event) for sentence in result.get("actions", [])]

    def diffs(self) -> list[t.Any]:
        """The diff of every task of the collection that had something to do."""
        return [result["diff"] for event in self.events for result in _ours(event) if result.get("actions")]

    def result(self, role: str, host: str | None = None) -> dict[str, t.Any]:
        """What a role leaves behind, as set last: a fact, or what the module of its name returned."""
        events = [event for event in self.events if host in (None, event.get("host")) and "result" in event]
        name, module = f"{role}_result", f"openccp.federation.{role}"
        all_facts = [event["result"].get("ansible_facts", {}) for event in events]
        results = [facts[name] for facts in all_facts if name in facts]
        results = results or [event["result"] for event in events if event["action"] == module]
        assert results, f"the role {role} left no {name} behind:\n{self.output}"
        return t.cast("dict[str, t.Any]", results[-1])

    def table(self) -> dict[str, list[str]]:
        """The table at the end of a playbook: changed, check and what to do, by federation."""
        lines = [
            event["result"]["msg"]
            for event in self.events
            if event.get("task") == "Federation, changed, check, what to do"
        ][-1]
        head, *rows = [re.split(r"  +", line, maxsplit=3) for line in lines]
        assert head == ["federation", "changed", "check", "what to do"]
        return {row[0]: row[1:] for row in rows}

    def plan(self, host: str | None = None) -> list[str]:
        """The plan as it was shown."""
        events = [
            event for event in self.events if event.get("task") == "The plan" and host in (None, event.get("host"))
        ]
        return t.cast("list[str]", events[-1]["result"]["msg"])

    def message(self, host: str | None = None) -> str:
        """The message of the one task that failed, of all hosts or of one; the playbook repeats it at its end."""
        events = [
            event for event in self.events if event.get("status") == "failed" and host in (None, event.get("host"))
        ]
        failed = {str(event["result"].get("msg")) for event in events}
        assert len(failed) == 1, f"{len(failed)} messages of tasks that failed:\n{self.output}"
        return failed.pop()


def _ours(event: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """What a module of the collection returned, in a loop each time that it ran."""
    if not str(event.get("action", "")).startswith("openccp.federation."):
        return []
    return t.cast("list[dict[str, t.Any]]", event["result"].get("results", [event["result"]]))


class Playbooks:
    """A user's terminal: one environment, one folder for the events."""

    def __init__(self, environment: t.Mapping[str, str], folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.environment = ansible_environment(environment)

    def _command(
        self, playbook: str, inventory: str | Path, arguments: t.Sequence[str], variables: t.Mapping[str, t.Any] | None
    ) -> tuple[list[str], Path]:
        """The words of a run, and the file that its events go to."""
        self._count += 1
        name = playbook if playbook.endswith(".yml") else f"openccp.federation.{playbook}"
        more = ["--extra-vars", json.dumps(variables)] if variables else []
        command = ansible_command("ansible-playbook", name, "--inventory", INVENTORIES / inventory, *arguments, *more)
        return command, self._folder / f"events-{self._count}.jsonl"

    def start(
        self, playbook: str, inventory: str | Path, *arguments: str, variables: t.Mapping[str, t.Any] | None = None
    ) -> tuple[subprocess.Popen[str], Path]:
        """A run that has begun, and the file that its events go to; for tests that stop it."""
        command, events = self._command(playbook, inventory, arguments, variables)
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._folder,
            env={**self.environment, "EVENTS_FILE": str(events)},
            start_new_session=True,
        )
        return process, events

    def run(
        self, playbook: str, inventory: str | Path, *arguments: str, variables: t.Mapping[str, t.Any] | None = None
    ) -> Run:
        """Run a playbook of the collection to its end."""
        command, events = self._command(playbook, inventory, arguments, variables)
        done = run_ansible(command, {**self.environment, "EVENTS_FILE": str(events)}, self._folder, merged=True)
        lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
        assert "Traceback (most recent call last)" not in done.stdout, done.stdout
        return Run(done.returncode, done.stdout, [json.loads(line) for line in lines])

    def succeed(
        self, playbook: str, inventory: str | Path, *arguments: str, variables: t.Mapping[str, t.Any] | None = None
    ) -> Run:
        """Run a playbook that must succeed."""
        run = self.run(playbook, inventory, *arguments, variables=variables)
        assert run.returncode == 0, run.output
        return run

    def fail(
        self, playbook: str, inventory: str | Path, *arguments: str, variables: t.Mapping[str, t.Any] | None = None
    ) -> Run:
        """Run a playbook that must fail."""
        run = self.run(playbook, inventory, *arguments, variables=variables)
        assert run.returncode != 0, run.output
        return run
