# SPDX-FileCopyrightText: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends a run with the status that federation_planned_status asks for. Ansible loads it with the playbooks beside it."""

from __future__ import annotations

import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: federation_status
type: aggregate
short_description: End a check that plans changes with a status of its own
description:
  - Does nothing unless the playbook has left C(federation_planned_status) in the run's custom statistics.
  - A run in which a host failed or could not be reached ends as Ansible ends it.
"""


class CallbackModule(CallbackBase):
    """Reads the statistics of a run at its end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "federation_status"
    CALLBACK_NEEDS_ENABLED = False

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """End the run."""
        status = int(stats.custom.get("_run", {}).get("federation_planned_status", 0))
        if status and not stats.failures and not stats.dark:
            raise SystemExit(status)
