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
  - Returns the direct members of groups with the session name that Entra sends of each, which is to be their Amazon Connect username.
  - Whoever cannot sign in is returned with the reason and never left out silently. Disabled accounts, guests, people without a given name
    or surname, and session names that AWS or Amazon Connect refuse are such.
  - Groups within groups are named in a warning. Entra ID does not sign in their members, since assignments do not reach into nested groups.
options:
  groups:
    description: The display names or object IDs of the groups.
    type: list
    elements: str
    required: true
  session_name_source:
    description:
      - The attribute that Entra sends as the session name, the same as O(openccp.federation.azure_saml_app#module:session_name_source).
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
    default: userprincipalname
  guests:
    description:
      - Whether guests can be agents. Their user principal name cannot be a session name, so that another attribute is needed.
    type: bool
    default: false
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
notes:
  - Needs the application permissions C(GroupMember.Read.All) and C(User.Read.All).
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
    entra_id:
      description: The object ID of the person.
      returned: always
      type: str
    first_name:
      description: The given name.
      returned: always
      type: str
    last_name:
      description: The surname.
      returned: always
      type: str
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
unusable:
  description: The people who cannot be agents, with the same keys and the C(reasons).
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
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC, ENTRA_CONSTRAINTS
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import connect
from ansible_collections.openccp.federation.plugins.module_utils._module import inform, require
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import SESSION_NAME_SOURCES

#: More are told by their number.
TOLD = 20


def read(module: AnsibleModule) -> dict[str, t.Any]:
    graph = connect(module.params)
    permissions.check(graph.roles, {"read members", "read people"}, graph.place.client_id)
    source = module.params["session_name_source"]
    groups = group_members.read_groups(graph, module.params["groups"], source)
    members, unusable = group_members.sorted_out(groups, source, guests=module.params["guests"])
    warnings = group_members.warnings(groups, unusable)
    for warning in warnings[:TOLD]:
        module.warn(warning)
    if len(warnings) > TOLD:
        module.warn(f"{len(warnings) - TOLD} more people cannot be agents; they are returned in unusable.")
    shown = [
        {
            "id": one.id,
            "name": one.name,
            "users": len(one.of_kind("user")),
            "nested": [str(g.get("displayName")) for g in one.of_kind("group")],
        }
        for one in groups
    ]
    return {"members": members, "unusable": unusable, "groups": shown}


def main() -> None:
    spec = {
        "groups": {"type": "list", "elements": "str", "required": True},
        "session_name_source": {"type": "str", "choices": list(SESSION_NAME_SOURCES), "default": "userprincipalname"},
        "guests": {"type": "bool", "default": False},
    }
    module = AnsibleModule(argument_spec=spec | ENTRA_ARGUMENT_SPEC, supports_check_mode=True, **ENTRA_CONSTRAINTS)
    require(module, "msal", "requests", "cryptography")
    inform(module, lambda: read(module))


if __name__ == "__main__":
    main()
