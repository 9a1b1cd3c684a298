# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what each task returned to a file, one JSON line each, so that a test need not read the printed output."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: events
type: aggregate
short_description: Task results as JSON lines
description: Appends to the file that E(EVENTS_FILE) names, if it is set.
"""


class CallbackModule(CallbackBase):
    """One line a task and host: host, role, task, action, check, status, result; and one at the end: stats."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "events"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, entry: dict[str, t.Any]) -> None:
        if "EVENTS_FILE" not in os.environ:
            return
        with pathlib.Path(os.environ["EVENTS_FILE"]).open("a", encoding="utf-8") as out:
            out.write(json.dumps(entry, cls=AnsibleJSONEncoder) + "\n")

    def _note(self, status: str, result: t.Any) -> None:
        task, host = (result.task, result.host) if hasattr(result, "task") else (result._task, result._host)
        role = task._role.get_name() if task._role else None
        content = result.result if hasattr(result, "result") else result._result
        place = {
            "host": host.get_name(),
            "role": role,
            "task": task.get_name(),
            "action": task.action,
            "check": bool(task.check_mode),
        }
        self._write({**place, "status": status, "result": content})

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._note("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._note("failed", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._note("unreachable", result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._write({"stats": {host: stats.summarize(host) for host in stats.processed}})
