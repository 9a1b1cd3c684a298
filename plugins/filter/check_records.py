# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: check_records
short_description: Combine the checks of several federations for one file
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Combines the results of M(openccp.federation.federation_check) for several hosts, each with its host.
  - Hosts that could not be checked are included with the reason.
options:
  _input:
    description: The result of M(openccp.federation.federation_check), successful or failed, by host.
    type: dict
    required: true
  hosts:
    description: All hosts of the play. Those without a result failed before they could be checked.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the checks of all hosts
  ansible.builtin.debug:
    msg: "{{ {inventory_hostname: checked} | openccp.federation.check_records(ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description: The checks, in the format that C(docs/schemas/federation-checks.schema.json) of the project describes.
  type: dict
  contains:
    version:
      description: The version of the format.
      type: int
    checks:
      description: A record for each host, with C(host), C(checked) and either the result of the module or C(msg), the
        reason why the host was not checked.
      type: list
      elements: dict
"""

import typing as t

VERSION: t.Final = 1
#: what the module returns of the federation, and not of the task
KEYS: t.Final = ("version", "ok", "summary", "counts", "findings", "table", "overview")


def check_records(results: t.Mapping[str, t.Mapping[str, t.Any]], hosts: t.Iterable[str]) -> dict[str, t.Any]:
    """One record for each host, in the order of the names."""
    return {"version": VERSION, "checks": [_record(host, results.get(host, {})) for host in sorted(hosts)]}


def _record(host: str, result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    if "findings" in result:
        return {"host": host, "checked": True, **{key: result[key] for key in KEYS if key in result}}
    return {"host": host, "checked": False, "msg": str(result.get("msg") or "It failed before it could be checked.")}


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"check_records": check_records}
