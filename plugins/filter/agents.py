# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: agents
short_description: Convert members of groups to agents
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Combines each member with the settings of the member's groups, in the format that
    M(openccp.federation.connect_users) accepts.
positional: groups
options:
  _input:
    description: The members, as returned by M(openccp.federation.azure_group_member_info).
    type: list
    elements: dict
    required: true
  groups:
    description:
      - The groups in order of precedence. Each has C(group), the name that was passed to the module, and settings of
        agents.
    type: list
    elements: dict
    required: true
  match:
    description:
      - How the settings of a member of several groups are determined.
      - V(first) uses the settings of the first group.
      - V(merge) combines the security profiles and tags of all groups, and uses every other setting from the first
        group that has it.
    type: str
    choices: [first, merge]
    default: first
  defaults:
    description: The default settings, for settings that the groups omit.
    type: dict
"""

EXAMPLES = r"""
- name: Manage the members of two groups as agents
  openccp.federation.connect_users:
    region: eu-central-1
    instance_id: example-service
    mode: set
    users: >-
      {{ people.members
      | openccp.federation.agents(groups, defaults={'routing_profile': 'Basic Routing Profile'}) }}
  vars:
    groups:
      - {group: Supervisors, security_profiles: [CallCenterManager]}
      - {group: Agents, security_profiles: [Agent]}
"""

RETURN = r"""
_value:
  description: The agents.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

Settings = dict[str, t.Any]

_PERSON: t.Final = ("username", "first_name", "last_name", "person_id")


def agents(
    members: t.Iterable[t.Mapping[str, t.Any]],
    groups: t.Sequence[t.Mapping[str, t.Any]],
    match: str = "first",
    defaults: t.Mapping[str, t.Any] | None = None,
) -> list[Settings]:
    """The agents that the members are."""
    if match not in ("first", "merge"):
        raise AnsibleFilterError(f"match is first or merge, and not {match!r}")
    for entry in groups:
        if "group" not in entry:
            raise AnsibleFilterError(f"an entry of groups has no group: {dict(entry)!r}")
    return [
        {**(defaults or {}), **_settings(member, groups, match), **{key: member[key] for key in _PERSON}}
        for member in members
    ]


def _settings(member: t.Mapping[str, t.Any], groups: t.Iterable[t.Mapping[str, t.Any]], match: str) -> Settings:
    held = [dict(entry) for entry in groups if entry["group"] in member["groups"]]
    for entry in held:
        del entry["group"]
    if match == "first":
        return held[0] if held else {}
    settings: Settings = {}
    for entry in reversed(held):
        settings |= {key: value for key, value in entry.items() if value is not None}
    profiles = dict.fromkeys(profile for entry in held for profile in entry.get("security_profiles") or ())
    tags: Settings = {}
    for entry in reversed(held):
        tags |= entry.get("tags") or {}
    return settings | ({"security_profiles": list(profiles)} if profiles else {}) | ({"tags": tags} if tags else {})


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Its name."""
        return {"agents": agents}
