# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_table
short_description: Summarize a run with one line per federation
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates the table that every playbook of the collection prints at the end.
options:
  _input:
    description:
      - The variables of each host, by host, after the playbook.
      - The table is made of C(federation_result), C(federation_check_result), C(handover_result),
        C(certificate_rotation_result) and C(azure_saml_app_result). Each may be missing.
    type: dict
    required: true
  check_mode:
    description: Whether the plans are still to be carried out.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the result for each federation
  ansible.builtin.debug:
    msg: "{{ (dict(ansible_play_hosts_all | zip(variables)) | openccp.federation.run_table).lines }}"
  vars:
    variables: "{{ ansible_play_hosts_all | map('extract', hostvars) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The table.
  type: dict
  contains:
    lines:
      description: The lines of the table, a header and one line for each federation.
      type: list
      elements: str
    rows:
      description: The rows by host, each with C(changed), C(check) and C(to_do).
      type: dict
    records:
      description:
        - The rows for a file, each with C(host), C(changed), C(check), C(to_do), C(error), and the plan as returned by
          P(openccp.federation.run_plan#filter), without C(lines).
      type: list
      elements: dict
    sign_in_addresses:
      description: The user access URL of each federation whose application was looked at, a line each.
      type: list
      elements: str
    planned_status:
      description:
        - The exit status of a check, which is the highest C(federation_planned_status) of the hosts whose plans have a
          step, and 0 if there is none.
      type: int
"""

import typing as t

from ansible.errors import AnsibleError
from ansible_collections.openccp.federation.plugins.module_utils import _run_table


def run_table(hosts: t.Mapping[str, t.Mapping[str, t.Any]], *, check_mode: bool = False) -> dict[str, t.Any]:
    """The table as plain values."""
    runs = {host: _run_table.run_of(variables, check_mode) for host, variables in hosts.items()}
    rows = {host: _run_table.outcome(run) if run else dict(_run_table.UNKNOWN) for host, run in runs.items()}
    planned = [host for host, run in runs.items() if run and run["plan"].get("steps")]
    records = [_run_table.record(host, run) for host, run in sorted(runs.items())]
    return {
        "lines": _run_table.table(rows),
        "rows": rows,
        "records": records,
        "sign_in_addresses": _run_table.sign_in_addresses(hosts),
        "planned_status": max((_planned_status(hosts[host]) for host in planned), default=0),
    }


def _planned_status(variables: t.Mapping[str, t.Any]) -> int:
    """The status that one host asks for; none where its value depends on what only a role knows."""
    try:
        return int(variables.get("federation_planned_status") or 0)
    except AnsibleError:
        return 0


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"run_table": run_table}
