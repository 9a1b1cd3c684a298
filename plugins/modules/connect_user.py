#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_user
short_description: Manage one agent of an Amazon Connect instance that signs in by SAML
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates, updates and deletes one user. Only what differs is changed, each aspect by its own call.
  - For more than a few agents M(openccp.federation.connect_users) does the same with far fewer requests.
options:
  state:
    description:
      - V(present) creates the user or changes what differs.
      - V(absent) deletes the user for good; past metrics stay.
      - The quick connects that lead to the deleted user stay and no longer work; they are returned and warned about.
    type: str
    choices: [present, absent]
    default: present
  username:
    description:
      - The username, exact in upper and lower case. It must equal the role session name that Entra sends, and cannot be changed later.
      - It has 2 to 64 letters, digits and C(_.-), and C(@) only as in an e-mail address.
      - That is what both AWS STS and Amazon Connect accept.
      - A user whose name differs in case only is reported, not duplicated.
    type: str
    required: true
  first_name:
    description: The first name. Needed for a new user.
    type: str
  last_name:
    description: The last name. Needed for a new user.
    type: str
  email:
    description:
      - Always refused, because Amazon Connect takes no e-mail address for users of a SAML instance.
      - Use the secondary e-mail address, where notifications go.
    type: str
  secondary_email:
    description: The e-mail address for notifications. An empty text removes it.
    type: str
  mobile:
    description: The mobile number in E.164 form. An empty text removes it.
    type: str
  security_profiles:
    description: The names or IDs of one to ten security profiles, exactly those that the user is to have. Needed for a new user.
    type: list
    elements: str
  routing_profile:
    description: The name or ID of the routing profile. Needed for a new user.
    type: str
  hierarchy_group:
    description:
      - The hierarchy group by its path such as C(Europe/Support), or by its ID.
      - An empty text takes the user out of the hierarchy.
    type: str
  phone_type:
    description: Where calls ring. A new user gets V(soft_phone) when nothing is said.
    type: str
    choices: [soft_phone, desk_phone]
  desk_phone_number:
    description: The number of the desk phone in E.164 form.
    type: str
  auto_accept:
    description: Whether contacts of every channel are taken without a click.
    type: bool
  after_contact_work_time_limit:
    description: Seconds for work after a contact of any channel, up to 2000000; V(0) is no limit.
    type: int
  persistent_connection:
    description: Whether the connection stays open between calls.
    type: bool
  channels:
    description:
      - The same settings channel by channel, in place of the five above. What is omitted is left as it is.
      - Needs botocore 1.42.46 or newer.
    type: dict
    suboptions:
      voice:
        description: Calls.
        type: dict
        suboptions:
          auto_accept:
            description: Whether contacts are taken without a click.
            type: bool
          agent_first_callback_auto_accept:
            description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
            type: bool
          after_contact_work_time_limit:
            description: Seconds for work after a contact; V(0) is no limit.
            type: int
          agent_first_callback_after_contact_work_time_limit:
            description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
            type: int
          phone_type:
            description: Where calls ring.
            type: str
            choices: [soft_phone, desk_phone]
          phone_number:
            description: The desk phone's number in E.164 form. Needs C(phone_type) beside it.
            type: str
          persistent_connection:
            description: Whether the connection stays open between calls.
            type: bool
          voice_enhancement_mode:
            description: How the agent's voice is cleaned of noise.
            type: str
            choices: [voice_isolation, noise_suppression, none]
      chat:
        description: Chats.
        type: dict
        suboptions:
          auto_accept:
            description: Whether contacts are taken without a click.
            type: bool
          agent_first_callback_auto_accept:
            description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
            type: bool
          after_contact_work_time_limit:
            description: Seconds for work after a contact; V(0) is no limit.
            type: int
          agent_first_callback_after_contact_work_time_limit:
            description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
            type: int
      task:
        description: Tasks.
        type: dict
        suboptions:
          auto_accept:
            description: Whether contacts are taken without a click.
            type: bool
          agent_first_callback_auto_accept:
            description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
            type: bool
          after_contact_work_time_limit:
            description: Seconds for work after a contact; V(0) is no limit.
            type: int
          agent_first_callback_after_contact_work_time_limit:
            description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
            type: int
      email:
        description: E-mail.
        type: dict
        suboptions:
          auto_accept:
            description: Whether contacts are taken without a click.
            type: bool
          agent_first_callback_auto_accept:
            description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
            type: bool
          after_contact_work_time_limit:
            description: Seconds for work after a contact; V(0) is no limit.
            type: int
          agent_first_callback_after_contact_work_time_limit:
            description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
            type: int
  entra_id:
    description:
      - The object ID of the person in Entra. It is kept in the tag C(openccp.federation/entra-id).
      - By it M(openccp.federation.connect_users) recognises a person whose username has changed.
    type: str
  tags:
    description: The tags. When omitted, they are left as they are.
    type: dict
    aliases: [resource_tags]
  instance_id:
    description: The instance's ID, ARN or alias. Only an alias takes a request to resolve.
    type: str
    required: true
    aliases: [instance_arn]
  purge_tags:
    description: Whether tags that are not among the given C(tags) are removed. The collection's own tag and those of AWS stay.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait for a user who exists, but is not shown yet.
    type: int
    default: 300
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
notes:
  - A write of secondary e-mail address or mobile number leaves the tag C(openccp.federation/contact) on the user, with a digest of both
    and the time. By it a later run knows without a request for each user that they are as wanted, unless somebody modified the user since.
seealso:
  - module: openccp.federation.connect_users
  - module: openccp.federation.connect_user_info
"""

EXAMPLES = r"""
- name: Have an agent
  openccp.federation.connect_user:
    region: eu-central-1
    instance_id: example-service
    username: jane.doe@example.com
    first_name: Jane
    last_name: Doe
    secondary_email: jane.doe@example.com
    security_profiles: [Agent]
    routing_profile: Basic Routing Profile
    after_contact_work_time_limit: 30

- name: Let the agent answer calls at once, but chats by a click
  openccp.federation.connect_user:
    region: eu-central-1
    instance_id: example-service
    username: jane.doe@example.com
    channels:
      voice:
        auto_accept: true
        after_contact_work_time_limit: 60
      chat:
        auto_accept: false

- name: Delete the agent
  openccp.federation.connect_user:
    region: eu-central-1
    instance_id: example-service
    username: jane.doe@example.com
    state: absent
"""

RETURN = r"""
actions:
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Create the agent 'jane.doe@example.com'"]
user:
  description: The user; empty when it does not exist.
  returned: success
  type: dict
  contains:
    id:
      description: The ID.
      returned: when the user exists
      type: str
      sample: 11111111-2222-3333-4444-555555555555
    arn:
      description: The ARN.
      returned: when the user exists
      type: str
      sample: arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555/agent/66666666
    username:
      description: The username.
      returned: when O(state=present)
      type: str
      sample: jane.doe@example.com
    first_name:
      description: The first name.
      returned: when O(state=present)
      type: str
      sample: Jane
    last_name:
      description: The last name.
      returned: when O(state=present)
      type: str
      sample: Doe
    secondary_email:
      description: The e-mail address for notifications.
      returned: when O(state=present)
      type: str
      sample: jane.doe@example.com
    mobile:
      description: The mobile number.
      returned: when O(state=present)
      type: str
      sample: "+4930123456"
    security_profiles:
      description: The names of the security profiles.
      returned: when O(state=present)
      type: list
      elements: str
      sample: [Agent]
    routing_profile:
      description: The name of the routing profile.
      returned: when O(state=present)
      type: str
      sample: Basic Routing Profile
    hierarchy_group:
      description: The hierarchy group's path; its ID when O(hierarchy_group) is not given.
      returned: when O(state=present)
      type: str
      sample: Europe/Support
    phone_type:
      description: Where calls ring.
      returned: when O(state=present)
      type: str
      sample: soft_phone
    desk_phone_number:
      description: The number of the desk phone.
      returned: when O(state=present)
      type: str
    auto_accept:
      description: Whether contacts are taken without a click.
      returned: when O(state=present)
      type: bool
    after_contact_work_time_limit:
      description: Seconds for work after a contact.
      returned: when O(state=present)
      type: int
      sample: 30
    persistent_connection:
      description: Whether the connection stays open.
      returned: when O(state=present)
      type: bool
    channels:
      description: The settings channel by channel.
      returned: when O(state=present)
      type: dict
    entra_id:
      description: The object ID of the person in Entra, when it is known.
      returned: when O(state=present)
      type: str
    tags:
      description: The tags, without the collection's own.
      returned: when O(state=present)
      type: dict
    quick_connects:
      description: The quick connects that lead to the deleted user, by C(id) and C(name).
      returned: when O(state=absent) and the user existed
      type: list
      elements: dict
"""

import dataclasses
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.connect_agents import (
    AGENT_OPTIONS,
    TASK_OPTIONS,
    AgentsResource,
    Snapshot,
)
from ansible_collections.openccp.federation.plugins.module_utils._aws.connect_user_plan import plan_agent, plan_removal
from ansible_collections.openccp.federation.plugins.module_utils._module import converge
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan


class UserResource(AgentsResource):
    """One agent: the same as many, but alone, and it can be deleted."""

    def __init__(self, module: AnsibleAWSModule) -> None:
        super().__init__(module, [{option: module.params[option] for option in AGENT_OPTIONS}])
        self.name = module.params["username"]
        self.quick_connects: list[dict[str, str]] = []

    def read(self) -> Snapshot:
        if self.module.params["state"] == "present":
            return super().read()
        snapshot = self.read_leavers()
        for user in snapshot.existing.values():
            self.quick_connects = self.users.quick_connects(user.id)
        return snapshot

    def plan(self, actual: Snapshot) -> Plan:
        self.user = actual.existing.get(self.name)
        warnings = self.warnings(actual)
        if self.module.params["state"] == "present":
            plan = plan_agent(actual.wanted[0], self.user, self.purge_tags, self.now)
        else:
            plan = plan_removal(self.user)
            warnings += [
                f"The quick connect {one['name']!r} ({one['id']}) leads to {self.name!r}, who is deleted." for one in self.quick_connects
            ]
        # Alone, an agent that fails is a task that fails.
        steps = tuple(dataclasses.replace(step, of=None) for step in plan.steps)
        return dataclasses.replace(plan, steps=steps, warnings=tuple(warnings))

    def result(self, plan: Plan) -> dict[str, t.Any]:
        if self.module.params["state"] == "absent":
            return {"quick_connects": self.quick_connects} if self.user else {}
        return {**plan.after, **self.identity_of(self.name, self.user)}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            **AGENT_OPTIONS,
            **TASK_OPTIONS,
        },
        supports_check_mode=True,
    )
    converge(module, UserResource(module), "user")


if __name__ == "__main__":
    main()
