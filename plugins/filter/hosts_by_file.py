# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts_by_file
short_description: Group the hosts of a play by the file that their records go to
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Hosts for which a variable names the same file share that file.
  - A host that failed before its path was saved belongs to the file that its variable names, if another host writes
    that file. If it does not set the variable, it belongs to the file of the other hosts that do not set it.
options:
  _input:
    description: The variables of each host, by host, as the role P(openccp.federation.federation#role) leaves them.
    type: dict
    required: true
  variable:
    description: The name of the variable that holds the path.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show which hosts write their plan to which file
  ansible.builtin.debug:
    msg: "{{ hosts | openccp.federation.hosts_by_file('federation_plan_file') }}"
  vars:
    hosts: "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars))) }}"
"""

RETURN = r"""
_value:
  description: The files, each with its absolute C(path) and its C(hosts).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleError
from ansible_collections.openccp.federation.plugins.filter.user_path import user_path

#: a fact of each host: the absolute path of its file, or none, by variable
SAVED: t.Final = "federation_file_result"


def hosts_by_file(hosts: t.Mapping[str, t.Mapping[str, t.Any]], variable: str) -> list[dict[str, t.Any]]:
    """One entry a file, in the order of the hosts."""
    saved = {host: (variables.get(SAVED) or {}) for host, variables in hosts.items()}
    paths = dict.fromkeys(files[variable] for files in saved.values() if files.get(variable))
    by_default = (files[variable] for host, files in saved.items() if variable in files and variable not in hosts[host])
    default = next(by_default, None)
    own = {
        host: files[variable] if variable in files else _named_path(hosts[host], variable, default)
        for host, files in saved.items()
    }
    return [{"path": path, "hosts": [host for host in own if own[host] == path]} for path in paths]


def _named_path(variables: t.Mapping[str, t.Any], variable: str, default: str | None) -> str | None:
    """The path that a host's variable names; None for a value that cannot be a path, for which the host has failed."""
    if variable not in variables:
        return default
    try:
        value = variables.get(variable)
    except AnsibleError:
        return None
    return user_path(value) if isinstance(value, str) else None


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"hosts_by_file": hosts_by_file}
