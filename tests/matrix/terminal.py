# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A terminal whose runs are forks of one process and wait by their own clock, so that a case costs what it computes."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from playbooks import Playbooks, Run

from support import ForkedRun, ForkServer

#: seconds for which a run waits for an answer
PATIENCE: t.Final = 60.0


class Terminal(Playbooks):
    """A user's terminal. patience: seconds for which its runs wait for an answer."""

    patience: float = PATIENCE

    def begin(
        self, playbook: str, inventory: str | Path, *arguments: str, variables: t.Mapping[str, t.Any] | None = None
    ) -> ForkedRun:
        """A run that has begun."""
        return self._begin(playbook, inventory, arguments, variables)[0]

    def run(
        self, playbook: str, inventory: str | Path, *arguments: str, variables: t.Mapping[str, t.Any] | None = None
    ) -> Run:
        """Run a playbook of the collection to its end."""
        run, events = self._begin(playbook, inventory, arguments, variables)
        status, output, _complaints = run.outcome()
        lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
        assert "Traceback (most recent call last)" not in output, output
        return Run(status, output, [json.loads(line) for line in lines])

    def _begin(
        self, playbook: str, inventory: str | Path, arguments: t.Sequence[str], variables: t.Mapping[str, t.Any] | None
    ) -> tuple[ForkedRun, Path]:
        command, events = self._command(playbook, inventory, arguments, variables)
        request = {
            "command": command[0],
            "arguments": command[1:],
            "environment": {**self.environment, "EVENTS_FILE": str(events)},
            "working": str(self._folder),
            "merged": True,
            "patience": self.patience,
        }
        return ForkServer.start("--commands", request), events
