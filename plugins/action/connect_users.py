# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module connect_users and prints its progress, while it works on the controller."""

from __future__ import annotations

import tempfile
import threading
import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.utils.display import Display
from ansible_collections.openccp.federation.plugins.plugin_utils._direct import DirectAction, load

display = Display()


class Tail:
    """Prints each line that comes to a file, with the host's name before it."""

    def __init__(self, path: Path, host: str) -> None:
        self._path = path
        self._host = host
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *dummy: object) -> None:
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        with self._path.open(encoding="utf-8") as lines:
            rest = ""
            while True:
                last = self._over.wait(0.5)
                rest += lines.read()
                *whole, rest = rest.split("\n")
                for line in whole:
                    display.display(f"progress: [{self._host}] => {line}")
                if last:
                    return


class ActionModule(DirectAction):
    """connect_users, with progress when the module's files are at hand."""

    definition = load("connect_users")

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module; in the background, elsewhere, as another user or in check mode it prints nothing."""
        elsewhere = self._connection.transport != "local" or self._task.become
        arguments = self._task.args
        if self._task.async_val or self._task.check_mode or "progress_file" in arguments or elsewhere:
            return super().run(tmp, task_vars)
        host = str((task_vars or {}).get("inventory_hostname", "localhost"))
        # In Ansible's own folder: where a run is killed, nothing is left beside what Ansible leaves.
        with (
            tempfile.NamedTemporaryFile(prefix="connect-users-", dir=t.cast("t.Any", C).DEFAULT_LOCAL_TMP) as file,
            Tail(Path(file.name), host),
        ):
            self._task.args = {**arguments, "progress_file": file.name}
            try:
                result = super().run(tmp, task_vars)
            finally:
                self._task.args = arguments
        result.get("invocation", {}).get("module_args", {}).pop("progress_file", None)
        return result
