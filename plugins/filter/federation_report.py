# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: federation_report
short_description: The report on one federation or many
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
positional: now
description:
  - Brings what M(openccp.federation.federation_check) found of several federations together, the worst first, and says
    what changed since the last report.
options:
  _input:
    description:
      - The checks, each with C(host) and either C(result), what M(openccp.federation.federation_check) returned with
        O(openccp.federation.federation_check#module:overview=true), or C(not_readable), why the host could not be
        checked.
    type: list
    elements: dict
    required: true
  now:
    description: When the report is made, in ISO 8601 and UTC.
    type: str
    required: true
  hosts:
    description: The hosts that the report is about. One without a check is reported as one that could not be checked.
    type: list
    elements: str
    default: []
  previous:
    description: The last report, as it was written. When omitted, no changes are reported.
    type: dict
  inventories:
    description: The inventories that the commands name.
    type: list
    elements: str
    default: []
seealso:
  - plugin: openccp.federation.federation_report_page
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what keeps people out
  ansible.builtin.debug:
    msg: "{{ (checks | openccp.federation.federation_report('2026-01-31T12:00:00Z')).federations[0].people }}"
  vars:
    checks:
      - {host: support, result: "{{ check }}"}
"""

RETURN = r"""
_value:
  description: The report, as C(docs/schemas/federation-report.schema.json) of the collection describes it.
  type: dict
  contains:
    kind:
      description: Always C(openccp.federation.report).
      type: str
    version:
      description: The version of the report's shape.
      type: int
    generated:
      description: When it was made.
      type: str
    previous:
      description: When the previous report was made, null without one.
      type: str
    counts:
      description: How many federations there are of each state, and how many could not be checked (C(not_readable)).
      type: dict
    federations:
      description: The federations, the worst first.
      type: list
      elements: dict
    not_readable:
      description: The federations that could not be checked, each with C(host) and C(reason).
      type: list
      elements: dict
    changes:
      description: What changed since the previous report, each with C(host), C(direction) (V(better), V(worse) or
        V(neutral)) and C(text).
      type: list
      elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._report import report


def federation_report(
    checks: t.Iterable[t.Mapping[str, t.Any]],
    now: str,
    hosts: t.Iterable[str] = (),
    previous: t.Any = None,
    inventories: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """The report as plain values."""
    try:
        return report.build(list(checks), now=now, hosts=hosts, previous=previous, inventories=inventories)
    except InvalidInput as error:
        raise AnsibleFilterError(f"{error.message} {error.hint or ''}".strip()) from error


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"federation_report": federation_report}
