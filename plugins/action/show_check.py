# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints a check as plain text in the terminal's width and colours."""

from __future__ import annotations

import shutil
import typing as t

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.color import stringc
from ansible.utils.display import Display
from ansible_collections.openccp.federation.plugins.module_utils._report import terminal

display = Display()

#: as Ansible itself colours what failed, what it warns of and what is well
SETTINGS: t.Final = {"fail": "COLOR_ERROR", "warning": "COLOR_WARN", "unknown": "COLOR_WARN", "pass": "COLOR_OK"}
COLOURS: t.Final = {status: str(C.config.get_config_value(name)) for status, name in SETTINGS.items()}


class ActionModule(ActionBase):
    """Runs on the controller, and changes nothing."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("check", "inventories", "fail_if_not_ok"))

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Print it at once, so that the lines of several hosts are not mixed."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        options = {
            "check": {"type": "dict", "required": True},
            "inventories": {"type": "list", "elements": "str", "default": []},
            "fail_if_not_ok": {"type": "bool", "default": False},
        }
        arguments = self.validate_argument_spec(options)[1]
        width = shutil.get_terminal_size(((display.columns or 79) + 1, 24)).columns
        host = str((task_vars or {}).get("inventory_hostname", "localhost"))
        printed = terminal.lines(arguments["check"], host, arguments["inventories"], width)
        display.display(
            "\n".join(stringc(line.text, COLOURS[line.status]) if line.status else line.text for line in printed)
        )
        if arguments["fail_if_not_ok"] and not arguments["check"]["ok"]:
            return {**result, "failed": True, "msg": arguments["check"]["summary"]}
        return {**result, "changed": False, "lines": [line.text for line in printed]}
