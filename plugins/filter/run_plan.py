# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_plan
short_description: Combine the predictions of several roles in one plan
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Combines the steps that the roles of a playbook would perform for a federation in both clouds, before anything is
    changed.
  - Determines who would lose access, for any reason, and whether the number exceeds the limit.
positional: parts
options:
  _input:
    description: The facts that the roles set in check mode, by role, each with its C(steps).
    type: dict
    required: true
  parts:
    description: A description of what each role manages, by role, in the order of the plan.
    type: dict
    required: true
  usernames:
    description:
      - The usernames of all agents of the instance. Only these can lose access.
      - If omitted, everybody who can sign in to the application counts as an agent.
    type: list
    elements: str
  max_removals:
    description:
      - The maximum number of agents who can lose access. Same as
        O(openccp.federation.connect_users#module:max_removals).
      - The same limit applies to the people of each user pool.
      - If omitted or empty, V(5%) applies if O(variable) is set; otherwise, the loss of access is not counted.
    type: str
  variable:
    description:
      - The variable that sets O(max_removals), which messages name.
      - If omitted, they name C(connect_users_max_removals).
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
      description: The plan in sentences, with names. The same step for more than 20 objects is combined in one
        sentence.
      type: list
      elements: str
    steps:
      description: The steps, each with C(part) (the role), C(action), C(object), C(before), C(after) and C(reason).
      type: list
      elements: dict
    access_lost:
      description: The agents who lose access, each with C(username) and C(reason), and the people who lose access to a
        user pool, who have C(user_pool_id) as well.
      type: list
      elements: dict
    lockouts:
      description: The reasons why everybody would lose access, as clauses. Empty if this is not the case.
      type: list
      elements: str
    agents:
      description: The total number of agents.
      type: int
    kept:
      description: Sentences about objects that are kept although they are not listed.
      type: list
      elements: str
    looked_at:
      description: The parts that the run includes.
      type: list
      elements: str
    not_looked_at:
      description: The parts that the run skips.
      type: list
      elements: str
    unusable:
      description: The members of groups who cannot be agents, as returned by
        M(openccp.federation.azure_group_member_info).
      type: list
      elements: dict
    unusable_members:
      description: A sentence that names these members, the reasons and the fixes. Empty if there are none.
      type: str
    unusable_fails:
      description: Whether the run fails because of these members. See
        O(openccp.federation.connect_users#role:main:connect_users_unusable_members).
      type: bool
    refusal:
      description: Why the plan must not be executed. Empty if it can be executed.
      type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.openccp.federation.plugins.module_utils import _run_plan
from ansible_collections.openccp.federation.plugins.module_utils._access import DEFAULT_LIMIT, OF_AGENTS, Losses
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput


def run_plan(
    results: dict[str, t.Any],
    parts: dict[str, str],
    usernames: list[str] | str | None = None,
    max_removals: str | int | None = "",
    variable: str = "",
) -> dict[str, t.Any]:
    """The plan as plain values."""
    known = usernames if isinstance(usernames, list) else None  # ansible-core 2.18 makes an empty text of none
    unset = DEFAULT_LIMIT if variable else ""
    limit = unset if max_removals in (None, "") else str(max_removals)
    try:
        plan = _run_plan.run_plan(parts, results, known, limit, variable or OF_AGENTS)
    except InvalidInput as error:
        raise AnsibleFilterError(str(error)) from error
    return {
        "lines": _run_plan.sentences(plan),
        "steps": [dict(step) for step in plan.steps],
        "access_lost": [record for losses in plan.losses for record in _lost(losses)],
        "lockouts": [clause for losses in plan.losses for clause in losses.everybody],
        "agents": plan.losses[0].total,
        "kept": list(plan.kept),
        "looked_at": list(plan.parts),
        "not_looked_at": list(plan.missing),
        "unusable": [dict(person) for person in plan.unusable],
        "unusable_members": plan.unusable_members,
        "unusable_fails": plan.unusable_fails,
        "refusal": plan.refusal,
    }


def _lost(losses: Losses) -> list[dict[str, str]]:
    """Who loses access, as plain values."""
    pool = {"user_pool_id": losses.pool} if losses.pool else {}
    return [{"username": name, "reason": reason, **pool} for name, reason in sorted(losses.names.items())]


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"run_plan": run_plan}
