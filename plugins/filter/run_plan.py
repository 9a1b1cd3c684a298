# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_plan
short_description: One plan of what several roles foretell
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Brings together what the roles of a playbook would do to a federation, over both clouds, before anything is written.
  - Says who would lose access, in whatever way, and whether that is more than is allowed.
positional: parts
options:
  _input:
    description: The facts that the roles left behind in check mode, by role, each with its C(steps).
    type: dict
    required: true
  parts:
    description: What each role looks at, by role, in the order of the plan.
    type: dict
    required: true
  usernames:
    description:
      - The usernames of all agents of the instance. Those alone can lose access.
      - When omitted, everybody who may sign in to the application counts as an agent.
    type: list
    elements: str
  max_removals:
    description:
      - How many may lose their access, as O(openccp.federation.connect_users#module:max_removals).
      - When omitted, nobody is counted.
    type: str
"""

EXAMPLES = r"""
- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ (results | openccp.federation.run_plan({'connect_users': 'the agents'}, max_removals='5%')).lines }}"
  vars:
    results: {connect_users: "{{ connect_users_result }}"}
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    lines:
      description: The plan in sentences, with names. More than 20 objects of which the same is said are one sentence.
      type: list
      elements: str
    steps:
      description: Every step, with C(part) (the role), C(action), C(object), C(before), C(after) and C(reason).
      type: list
      elements: dict
    access_lost:
      description: Who loses access, each with C(username) and C(reason).
      type: list
      elements: dict
    lockouts:
      description: Why everybody would lose access, in clauses; empty when they would not.
      type: list
      elements: str
    agents:
      description: Of how many.
      type: int
    kept:
      description: What stays as it is although it is not listed, in sentences.
      type: list
      elements: str
    looked_at:
      description: The parts that the run looks at.
      type: list
      elements: str
    not_looked_at:
      description: The other parts.
      type: list
      elements: str
    unusable:
      description: The members of groups who cannot be agents, as M(openccp.federation.azure_group_member_info) returns
        them.
      type: list
      elements: dict
    unusable_members:
      description: Who they are, why, and what changes that, in a sentence; empty without any.
      type: str
    unusable_fails:
      description: Whether the run fails for them, as
        O(openccp.federation.connect_users#role:main:connect_users_unusable_members) says.
      type: bool
    refusal:
      description: Why the plan must not be carried out; empty when it may be.
      type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils import _run_plan
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput


def run_plan(
    results: dict[str, t.Any],
    parts: dict[str, str],
    usernames: list[str] | str | None = None,
    max_removals: str | int = "",
) -> dict[str, t.Any]:
    """The plan as plain values."""
    known = usernames if isinstance(usernames, list) else None  # ansible-core 2.18 makes an empty text of none
    try:
        plan = _run_plan.run_plan(parts, results, known, str(max_removals))
    except InvalidInput as error:
        raise AnsibleFilterError(str(error)) from error
    return {
        "lines": _run_plan.sentences(plan),
        "steps": [dict(step) for step in plan.steps],
        "access_lost": [{"username": name, "reason": reason} for name, reason in sorted(plan.losses.names.items())],
        "lockouts": list(plan.losses.everybody),
        "agents": plan.losses.total,
        "kept": list(plan.kept),
        "looked_at": list(plan.parts),
        "not_looked_at": list(plan.missing),
        "unusable": [dict(person) for person in plan.unusable],
        "unusable_members": plan.unusable_members,
        "unusable_fails": plan.unusable_fails,
        "refusal": plan.refusal,
    }


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"run_plan": run_plan}
