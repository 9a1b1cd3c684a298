# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hundred federations in ten forks: the memory and the files that a run takes, and what a kill leaves behind."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import threading
import typing as t
from pathlib import Path

import pytest
from playbooks import Playbooks

from federation_sandbox.testing import Sandbox
from fleet_factory import SECRET, Fleet, make_fleet
from processes import kill_whole, wait_for

HOSTS: t.Final = 100
FORKS: t.Final = 10
#: MiB that the run may take with all its workers, pages that they share counted once, and files that a process may have
#: open
MEMORY: t.Final = 150 + 60 * FORKS
FILES: t.Final = 128


class Watch:
    """Looks at a process and all that it starts, over and over, and keeps the most that it sees."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.memory, self.files = 0.0, 0
        self._pid = process.pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            processes = list(_tree(self._pid))
            self.memory = max(self.memory, sum(map(_memory, processes)))
            self.files = max(self.files, *map(_files, processes))


def _tree(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").glob("*/children")
            for child in task.read_text("ascii").split()
        ]
        return [pid, *(each for child in children for each in _tree(child))]
    return []


def _memory(pid: int) -> float:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return 0.0


def _files(pid: int) -> int:
    with contextlib.suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


class Terminal:
    """A terminal whose temporary folders are its own."""

    def __init__(self, sandbox: Sandbox, fleet: Fleet, folder: Path) -> None:
        self._inventory = folder / "hosts.json"
        self._inventory.write_text(json.dumps({"all": {"hosts": fleet.hosts}}), encoding="utf-8")
        self.temporary, self.ansible = folder / "temporary", folder / "ansible"
        self.temporary.mkdir()
        self._playbooks = Playbooks({**sandbox.environment, **fleet.environment}, folder)
        self._playbooks.environment |= {"TMPDIR": str(self.temporary), "ANSIBLE_LOCAL_TEMP": str(self.ansible)}

    def start(self) -> subprocess.Popen[str]:
        return self._playbooks.start("site", self._inventory, "--forks", str(FORKS), "--skip-tags", "check")[0]

    def left(self) -> list[str]:
        """What is in the temporary folder; of Ansible's own, what holds a secret."""
        files = [path for path in self.ansible.rglob("*") if path.is_file()]
        temporary = [str(path.relative_to(self.temporary)) for path in self.temporary.rglob("*")]
        return temporary + [str(path) for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.soak
def test_a_fleet_keeps_within_its_means_and_a_kill_leaves_nothing(
    sandbox: Sandbox, tmp_path: Path, note: t.Callable[..., None]
) -> None:
    sandbox.world.reset()
    sandbox.world.settings.limits = False
    terminal = Terminal(sandbox, make_fleet(sandbox, HOSTS), tmp_path)
    process = terminal.start()
    printed: list[str] = []
    reader = threading.Thread(target=lambda: printed.extend(process.stdout or ()))
    reader.start()
    wait_for(
        lambda: process.poll() is not None or len(_successes(sandbox, "CreateUser")) >= HOSTS // 2, "half of the agents"
    )
    kill_whole(process)
    reader.join()
    assert process.returncode == -signal.SIGKILL, "".join(printed)
    assert terminal.left() == []

    process = terminal.start()
    with Watch(process) as watch:
        output = process.communicate()[0]
    assert process.returncode == 0, output
    assert "Traceback" not in "".join([*printed, output])
    note("a fleet's memory in MiB", round(watch.memory))
    note("a fleet's open files in one process", watch.files)
    assert watch.memory <= MEMORY
    assert watch.files <= FILES
    assert terminal.left() == []
    for operation in (
        "applicationTemplate.instantiate",
        "CreateSAMLProvider",
        "CreateRole",
        "CreateInstance",
        "CreateUser",
    ):
        assert len(_successes(sandbox, operation)) == HOSTS, operation


def _successes(sandbox: Sandbox, operation: str) -> list[dict[str, t.Any]]:
    return [entry for entry in sandbox.world.traffic.entries(operation=operation) if entry["status"] < 400]
