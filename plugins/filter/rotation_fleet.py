# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_fleet
short_description: How the hosts of a play share the rotation of a signing certificate
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Of hosts whose federations share one application, one does the work for all.
  - Brings together what the role P(openccp.federation.certificate_rotation#role) has left with each host.
options:
  _input:
    description: The variables of all hosts of the play, by host, in its order.
    type: dict
    required: true
  playing:
    description: The hosts that have not failed.
    type: list
    elements: str
    required: true
  app_id:
    description: The ID of the application of the host that asks. Without it, no host leads.
    type: str
"""

EXAMPLES = r"""
- name: Show which host does the work
  ansible.builtin.debug:
    msg: "{{ (hosts | openccp.federation.rotation_fleet(ansible_play_hosts, app_id=app_id)).leader }}"
  vars:
    hosts: "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars))) }}"
    app_id: "{{ certificate_rotation_result.app_id }}"
"""

RETURN = r"""
_value:
  description: How they share it.
  type: dict
  contains:
    leader:
      description: The host that does the work; empty without any.
      type: str
    failed:
      description: The hosts of that application where a new certificate is not proven.
      type: list
      elements: str
    seen:
      description: What both clouds show, each with C(host), C(application) and C(providers).
      type: list
      elements: dict
    not_readable:
      description: Why a host could not be looked at, by host.
      type: dict
    not_federated:
      description: Why a host has no application, by host.
      type: dict
    limits:
      description: What the report of a host's certificates finds a problem, by host.
      type: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._rotation import state


def rotation_fleet(
    hosts: t.Mapping[str, t.Mapping[str, t.Any]], playing: t.Sequence[str], *, app_id: str | None = None
) -> dict[str, t.Any]:
    """How they share it, as plain values."""
    return state.fleet(hosts, playing, app_id or None)


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"rotation_fleet": rotation_fleet}
