#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_group_member_info
short_description: Get the members of Microsoft Entra ID groups who can be agents
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns the direct members of groups, each with the session name that Entra ID sends. The Amazon Connect username
    must equal this session name.
  - Members who cannot sign in are returned separately, with the reasons and the fixes. They include disabled accounts,
    guests, people without a given name or surname, members of nested groups, and people whose session name AWS or
    Amazon Connect rejects.
  - A warning names each nested group. Entra ID does not sign in members of nested groups, because application
    assignments do not apply to them.
options:
  groups:
    description: The display names or object IDs of the groups.
    type: list
    elements: str
    required: true
  session_name_source:
    description:
      - The user attribute that Entra ID sends as the session name. Same as
        O(openccp.federation.azure_saml_app#module:session_name_source).
      - If O(session_name_source), O(app_id) and O(identifier) are all omitted, V(userprincipalname) is used.
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
      - The (client) ID of the application whose claims policy defines the session name.
      - The session name is computed as Entra ID computes it, including transformations such as C(ToLowercase),
        C(ExtractMailPrefix) and C(Join).
    type: str
  identifier:
    description: The identifier (entity ID) of the application. Alternative to O(app_id).
    type: str
  guests:
    description:
      - Whether guests can be agents. The user principal name of a guest is not a valid session name, so another
        attribute must be used.
    type: bool
    default: false
  name_fallbacks:
    description:
      - The attributes from which a missing first or last name is derived, in order of preference. Amazon Connect
        requires both names.
      - The first attribute that has a value is split into two names. V(display_name) is split at its first space, or at
        the comma if the last name comes first. V(mail) and V(username) (the session name) are split at the first dot of
        the part before the C(@).
      - A value that cannot be split is used for both names.
      - If the list is empty, people without a first or last name cannot be agents.
    type: list
    elements: str
    choices: [display_name, mail, username]
    default: []
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
notes:
  - Requires the Microsoft Graph application permissions C(GroupMember.Read.All) and C(User.Read.All). With O(app_id) or
    O(identifier), also requires C(Policy.Read.All) and a permission to read applications, such as
    C(Application.Read.All).
seealso:
  - module: openccp.federation.connect_users
  - plugin: openccp.federation.agents
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Get the people who can be agents
  openccp.federation.azure_group_member_info:
    groups: [Agents, Supervisors]
    session_name_source: mail
    guests: true
    name_fallbacks: [display_name, mail]
  register: people

- name: Show who cannot be an agent and why
  ansible.builtin.debug:
    msg: "{{ people.unusable | items2dict(key_name='user_principal_name', value_name='reasons') }}"
"""

RETURN = r"""
members:
  description: The people who can be agents, without duplicates and sorted by username.
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
      description: The given name, or the name derived through O(name_fallbacks).
      returned: always
      type: str
    last_name:
      description: The surname, or the name derived through O(name_fallbacks).
      returned: always
      type: str
    substituted_names:
      description: Which of C(first_name) and C(last_name) were derived through O(name_fallbacks).
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
      description: The e-mail address. Empty if the person has none.
      returned: always
      type: str
    enabled:
      description: Whether the account is enabled.
      returned: always
      type: bool
    guest:
      description: Whether the account is a guest account.
      returned: always
      type: bool
    groups:
      description: The groups of which the person is a direct member, as named in O(groups).
      returned: always
      type: list
      elements: str
    nested:
      description: The nested groups through which the person is a member. Membership in them does not allow signing in.
      returned: always
      type: list
      elements: str
unusable:
  description: The people who cannot be agents, with the same keys, the C(reasons), and the C(fixes) for them.
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
      description: The number of direct members that are users.
      returned: always
      type: int
    nested:
      description: The names of the nested groups.
      returned: always
      type: list
      elements: str
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._definition import Definition
from ansible_collections.openccp.federation.plugins.module_utils._entra import group_members, permissions
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC, entra_rules
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import connect
from ansible_collections.openccp.federation.plugins.module_utils._module import Module, inform
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text
from ansible_collections.openccp.federation.plugins.module_utils._saml import person_names
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import SESSION_NAME_SOURCES

#: If there are more, only their number is shown.
TOLD = 20


def read(module: Module) -> dict[str, t.Any]:
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
        module.warn(message_text(warning))
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


OPTIONS: t.Final[dict[str, t.Any]] = {
    "groups": {"type": "list", "elements": "str", "required": True},
    "session_name_source": {"type": "str", "choices": list(SESSION_NAME_SOURCES)},
    "app_id": {"type": "str"},
    "identifier": {"type": "str"},
    "guests": {"type": "bool", "default": False},
    "name_fallbacks": {"type": "list", "elements": "str", "choices": list(person_names.FALLBACKS), "default": []},
}

MODULE: t.Final = Definition(
    options=OPTIONS | ENTRA_ARGUMENT_SPEC,
    rules=entra_rules(mutually_exclusive=[("session_name_source", "app_id", "identifier")]),
    libraries=("msal", "requests", "cryptography"),
    work=lambda module: inform(module, lambda: read(module)),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
