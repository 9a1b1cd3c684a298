# SPDX-FileCopyrightText: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends a run with the status that federation_planned_status asks for, and one without hosts with a failure. Ansible
loads it with the playbooks beside it.
"""

from __future__ import annotations

import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: federation_status
type: aggregate
short_description: End a check that plans changes with a status of its own, and fail if there was nothing to look at
description:
  - Ends a run with C(federation_planned_status), if the playbook has left it in the run's custom statistics.
  - Ends a run in which no host took part with status 1, for which Ansible prints a warning and reports success.
  - A run in which a host failed or could not be reached ends as Ansible ends it.
"""

NO_HOSTS = 1
MESSAGE = (
    "No federation was looked at, because the inventory has no hosts. Name your inventory with --inventory. To see "
    "what an inventory contains, run ansible-inventory --graph."
)


class CallbackModule(CallbackBase):
    """Reads the statistics of a run at its end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "federation_status"
    CALLBACK_NEEDS_ENABLED = False

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """End the run."""
        if not stats.processed:
            self._display.error(MESSAGE)
            raise SystemExit(NO_HOSTS)
        status = int(stats.custom.get("_run", {}).get("federation_planned_status", 0))
        if status and not stats.failures and not stats.dark:
            raise SystemExit(status)
