#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_group_member_info
short_description: Read who can be an agent from groups of Microsoft Entra ID
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns the direct members of groups with the session name that Entra sends of each, which is to be their Amazon
    Connect username.
  - Whoever cannot sign in is returned with the reason and what changes it, and never left out silently. Disabled
    accounts, guests, people without a given name or surname, members of groups within the groups, and session names
    that AWS or Amazon Connect refuse are such.
  - Groups within groups are named in a warning. Entra ID does not sign in their members, since assignments do not reach
    into nested groups.
options:
  groups:
    description: The display names or object IDs of the groups.
    type: list
    elements: str
    required: true
  session_name_source:
    description:
      - The attribute that Entra sends as the session name, the same as
        O(openccp.federation.azure_saml_app#module:session_name_source).
      - When this, O(app_id) and O(identifier) are omitted, it is V(userprincipalname).
    type: str
    choices:
      - userprincipalname
      - mail
      - employeeid
      - mailnickname
      - onpremisessamaccountname
      - onpremisesuserprincipalname
      - extensionattribute1
      - extensionattribute2
      - extensionattribute3
      - extensionattribute4
      - extensionattribute5
      - extensionattribute6
      - extensionattribute7
      - extensionattribute8
      - extensionattribute9
      - extensionattribute10
      - extensionattribute11
      - extensionattribute12
      - extensionattribute13
      - extensionattribute14
      - extensionattribute15
  app_id:
    description:
      - The (client) ID of the application whose claims policy says what the session name is.
      - It is computed as Entra does, also where transformations make it, such as C(ToLowercase), C(ExtractMailPrefix)
        and C(Join).
    type: str
  identifier:
    description: The identifier (entity ID) of that application, in place of O(app_id).
    type: str
  guests:
    description:
      - Whether guests can be agents. Their user principal name cannot be a session name, so that another attribute is
        needed.
    type: bool
    default: false
  name_fallbacks:
    description:
      - What stands in for a first or last name that somebody does not have in Entra. Amazon Connect needs both.
      - The first of these that the person has is split, V(display_name) at its first space, or at its comma where the
        last name is in front, and the part of V(mail) or V(username) (the session name) before the C(@) at its first
        dot.
      - What cannot be split is both names.
      - With an empty list, whoever lacks a name cannot be an agent.
    type: list
    elements: str
    choices: [display_name, mail, username]
    default: []
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
notes:
  - Needs the application permissions C(GroupMember.Read.All) and C(User.Read.All), with O(app_id) or O(identifier) also
    C(Policy.Read.All) and one that reads applications.
seealso:
  - module: openccp.federation.connect_users
  - plugin: openccp.federation.agents
    plugin_type: filter
"""

EXAMPLES = r"""
- name: See who can be an agent
  openccp.federation.azure_group_member_info:
    groups: [Agents, Supervisors]
    session_name_source: mail
    guests: true
    name_fallbacks: [display_name, mail]
  register: people

- name: See who cannot, and why
  ansible.builtin.debug:
    msg: "{{ people.unusable | items2dict(key_name='user_principal_name', value_name='reasons') }}"
"""

RETURN = r"""
members:
  description: The people who can be agents, each once, by username.
  returned: success
  type: list
  elements: dict
  contains:
    username:
      description: The session name.
      returned: always
      type: str
      sample: jane.doe@example.com
    person_id:
      description: The object ID of the person.
      returned: always
      type: str
    first_name:
      description: The given name, or what stands in for it.
      returned: always
      type: str
    last_name:
      description: The surname, or what stands in for it.
      returned: always
      type: str
    substituted_names:
      description: Which of C(first_name) and C(last_name) O(name_fallbacks) has filled.
      returned: always
      type: list
      elements: str
    display_name:
      description: The display name.
      returned: always
      type: str
    user_principal_name:
      description: The user principal name.
      returned: always
      type: str
    mail:
      description: The e-mail address; empty without one.
      returned: always
      type: str
    enabled:
      description: Whether the account is enabled.
      returned: always
      type: bool
    guest:
      description: Whether the account is a guest's.
      returned: always
      type: bool
    groups:
      description: The groups of which the person is a direct member, as O(groups) names them.
      returned: always
      type: list
      elements: str
    nested:
      description: The groups within those that hold the person. They do not let anybody sign in.
      returned: always
      type: list
      elements: str
unusable:
  description: The people who cannot be agents, with the same keys, the C(reasons), and the C(fixes) that change that.
  returned: success
  type: list
  elements: dict
groups:
  description: The groups.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The object ID.
      returned: always
      type: str
    name:
      description: The display name.
      returned: always
      type: str
    users:
      description: How many direct members are users.
      returned: always
      type: int
    nested:
      description: The names of the groups that are members.
      returned: always
      type: list
      elements: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.openccp.federation.plugins.module_utils._entra import group_members, permissions
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import (
    ENTRA_ARGUMENT_SPEC,
    ENTRA_CONSTRAINTS,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import connect
from ansible_collections.openccp.federation.plugins.module_utils._module import inform, require
from ansible_collections.openccp.federation.plugins.module_utils._saml import person_names
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import SESSION_NAME_SOURCES

#: More are told by their number.
TOLD = 20


def read(module: AnsibleModule) -> dict[str, t.Any]:
    params = module.params
    graph = connect(params)
    operations: set[permissions.Operation] = {"read members", "read people"}
    if params["app_id"] or params["identifier"]:
        operations |= {"read applications", "read claims policies"}
    permissions.check(graph.roles, operations, graph.place.client_id)
    policy = group_members.read_claims(graph, params)
    membership = group_members.read_groups(graph, params["groups"], policy)
    rules = group_members.Rules(policy, guests=params["guests"], name_fallbacks=tuple(params["name_fallbacks"]))
    members, unusable = group_members.sorted_out(membership, rules)
    warnings = group_members.warnings(membership.groups, unusable)
    for warning in warnings[:TOLD]:
        module.warn(warning)
    if len(warnings) > TOLD:
        module.warn(f"{len(warnings) - TOLD} more people cannot be agents; they are returned in unusable.")
    groups = [
        {
            "id": group.id,
            "name": group.name,
            "users": len(group.of_kind("user")),
            "nested": [str(nested.get("displayName")) for nested in group.of_kind("group")],
        }
        for group in membership.groups
    ]
    return {"members": members, "unusable": unusable, "groups": groups}


def main() -> None:
    spec = {
        "groups": {"type": "list", "elements": "str", "required": True},
        "session_name_source": {"type": "str", "choices": list(SESSION_NAME_SOURCES)},
        "app_id": {"type": "str"},
        "identifier": {"type": "str"},
        "guests": {"type": "bool", "default": False},
        "name_fallbacks": {"type": "list", "elements": "str", "choices": list(person_names.FALLBACKS), "default": []},
    }
    exclusive = [*ENTRA_CONSTRAINTS["mutually_exclusive"], ("session_name_source", "app_id", "identifier")]
    constraints = {**ENTRA_CONSTRAINTS, "mutually_exclusive": exclusive}
    module = AnsibleModule(argument_spec=spec | ENTRA_ARGUMENT_SPEC, supports_check_mode=True, **constraints)
    require(module, "msal", "requests", "cryptography")
    inform(module, lambda: read(module))


if __name__ == "__main__":
    main()
