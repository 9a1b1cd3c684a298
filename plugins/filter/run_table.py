# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_table
short_description: What came of a run, one line a federation
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Makes the table with which every playbook of the collection ends.
options:
  _input:
    description:
      - What came of each federation, by host.
      - C(plan) is the plan as P(openccp.federation.run_plan#filter) returns it, C(error) the message of what failed,
        C(check) what M(openccp.federation.federation_check) returned, C(waits_for) what a half waits for, C(note) a
        sentence on what comes next, and C(check_mode) whether the run only foretold. Each may be missing.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what came of each federation
  ansible.builtin.debug:
    msg: "{{ ({'support': {'plan': plan}} | openccp.federation.run_table).lines }}"
"""

RETURN = r"""
_value:
  description: The table.
  type: dict
  contains:
    lines:
      description: Lines of equal columns, a head and one for each federation.
      type: list
      elements: str
    rows:
      description: The same by host, each with C(changed), C(check) and C(to_do).
      type: dict
    records:
      description:
        - The same for a file, each with C(host), C(changed), C(check), C(to_do), C(error), and the plan as
          P(openccp.federation.run_plan#filter) returns it, without C(lines).
      type: list
      elements: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils import _run_table


def run_table(runs: dict[str, dict[str, t.Any]]) -> dict[str, t.Any]:
    """The table as plain values."""
    rows = {host: _run_table.outcome(run) if run else dict(_run_table.UNKNOWN) for host, run in runs.items()}
    records = [_run_table.record(host, run) for host, run in sorted(runs.items())]
    return {"lines": _run_table.table(rows), "rows": rows, "records": records}


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"run_table": run_table}
