# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: missing_permissions
short_description: Get all Microsoft Graph permissions that a playbook lacks
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - A module that lacks Microsoft Graph permissions fails and reports only the permissions that it needs itself. This
    filter returns the permissions that the whole playbook needs, so that all of them can be granted at once.
positional: playbook
options:
  _input:
    description: The result of the failed task.
    type: dict
    required: true
  playbook:
    description: The name of the playbook.
    type: str
    required: true
  agent_groups:
    description: The groups whose members are agents.
    type: list
    elements: dict
    default: []
  people:
    description: The assigned users and groups, and the listed agents.
    type: list
    elements: raw
    default: []
"""

EXAMPLES = r"""
- name: Show the permissions to grant for the whole playbook
  ansible.builtin.debug:
    msg: "{{ ansible_failed_result | openccp.federation.missing_permissions('site', agent_groups=groups) }}"
"""

RETURN = r"""
_value:
  description: The permissions to grant. Empty if the task failed for another reason, or if its message already contains
    all of them.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra.permissions import lacking_for_playbook


def missing_permissions(
    failed: t.Mapping[str, t.Any],
    playbook: str,
    agent_groups: t.Sequence[t.Any] | None = None,
    people: t.Sequence[t.Any] | None = None,
) -> list[str]:
    """The permissions that a whole playbook lacks."""
    granted = failed.get("granted_permissions")
    if granted is None:
        return []
    lacking = lacking_for_playbook(granted, playbook, groups_decide=bool(agent_groups), names_people=bool(people))
    return lacking if set(lacking) - set(failed.get("missing_permissions") or ()) else []


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"missing_permissions": missing_permissions}
