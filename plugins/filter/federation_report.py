# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: federation_report
short_description: Create a report on one or more federations
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
positional: now
description:
  - Combines the results of M(openccp.federation.federation_check) for several federations, with the worst first, and
    determines the changes since the last report.
options:
  _input:
    description:
      - The checks, each with C(host) and either C(result), the result of M(openccp.federation.federation_check) with
        O(openccp.federation.federation_check#module:overview=true), or C(not_readable), the reason why the host could
        not be checked.
    type: list
    elements: dict
    required: true
  now:
    description: The time of the report, in ISO 8601 format and UTC.
    type: str
    required: true
  hosts:
    description: The hosts in the report. A host without a check is reported as one that could not be checked.
    type: list
    elements: str
    default: []
  previous:
    description: The last report, as it was written. If omitted, no changes are reported.
    type: dict
  inventories:
    description: The inventories to use in the commands.
    type: list
    elements: str
    default: []
seealso:
  - plugin: openccp.federation.federation_report_page
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the people who cannot sign in
  ansible.builtin.debug:
    msg: "{{ (checks | openccp.federation.federation_report('2026-01-31T12:00:00Z')).federations[0].people }}"
  vars:
    checks:
      - {host: support, result: "{{ check }}"}
"""

RETURN = r"""
_value:
  description: The report, in the format that C(docs/schemas/federation-report.schema.json) of the collection describes.
  type: dict
  contains:
    kind:
      description: Always C(openccp.federation.report).
      type: str
    version:
      description: The version of the report format.
      type: int
    generated:
      description: When the report was created.
      type: str
    previous:
      description: When the previous report was created. Null if there is none.
      type: str
    counts:
      description: The number of federations in each state, and the number that could not be checked (C(not_readable)).
      type: dict
    federations:
      description: The federations, with the worst first.
      type: list
      elements: dict
    not_readable:
      description: The federations that could not be checked, each with C(host) and C(reason).
      type: list
      elements: dict
    changes:
      description: The changes since the previous report, each with C(host), C(direction) (V(better), V(worse) or
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
