# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""Tells a module where to record its requests, in the environment of its task."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible_collections.openccp.federation.plugins.plugin_utils import _filters

_filters.load()

#: The variable of the roles, and what the modules read.
OPTION: t.Final = "federation_record"
VARIABLE: t.Final = "FEDERATION_RECORD"


class RecordedAction(NormalAction):
    """Ansible's own way to run a module, with the file for the recording, if there is to be one."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module."""
        file = self._templar.template((task_vars or {}).get(OPTION))
        if file:
            given = self._task.environment or []
            path = str(Path(str(file)).expanduser().absolute())
            self._task.environment = [*(given if isinstance(given, list) else [given]), {VARIABLE: path}]
        return dict(super().run(tmp, task_vars))
