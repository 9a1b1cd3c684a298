# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for what another process does, and ends a run of Ansible as the machine's end does: at once, and with whatever
it started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

from support import HANGS


def wait_for(event: t.Callable[[], object], what: str, process: subprocess.Popen[str] | None = None) -> None:
    """Return once something has happened. AssertionError when the process that should do it has ended, or when all
    hangs.
    """
    deadline = time.monotonic() + HANGS
    while not event():
        assert process is None or process.poll() is None, (
            f"the process ended before {what}: {process and process.communicate()[0]}"
        )
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.01)


def kill_whole(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Kill a process with all that it started, and take note of its end."""
    kill_tree(process.pid)
    process.wait()


def kill_tree(pid: int) -> None:
    """Kill a process with all that it started, whichever session they are in: Ansible's workers begin one of their own.

    Each is stopped before its children are looked for, so that none begins another meanwhile.
    """
    whole = _stop(pid)
    for member in whole:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    while any(_is_running(member) for member in whole):
        time.sleep(0.01)


def _stop(pid: int) -> list[int]:
    try:
        os.kill(pid, signal.SIGSTOP)
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").glob("*/children")
            for child in task.read_text("ascii").split()
        ]
    except (ProcessLookupError, FileNotFoundError):
        return []
    return [pid, *(descendant for child in children for descendant in _stop(child))]


def _is_running(pid: int) -> bool:
    """Whether a process is there, and not only its exit status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
