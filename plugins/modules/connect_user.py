#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_user
short_description: Manage a user of an Amazon Connect instance with SAML identity management
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates, updates and deletes a single user. Only settings that differ are updated.
  - To manage more than a few users, use M(openccp.federation.connect_users), which needs far fewer requests.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  state:
    description:
      - V(present) creates or updates the user.
      - V(absent) permanently deletes the user. Historical metrics are kept.
      - Quick connects to a deleted user are kept but no longer work. They are returned and reported in a warning.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - openccp.federation.agent
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: openccp.federation.connect_users
  - module: openccp.federation.connect_user_info
"""

EXAMPLES = r"""
- name: Create an agent
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

- name: Accept calls automatically, but not chats
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
  description: The actions that were performed or, in check mode, would be performed, one sentence per action.
  returned: always
  type: list
  elements: str
  sample: ["Create the agent 'jane.doe@example.com'"]
steps:
  description: The actions as structured data, one entry per action.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The action, as in RV(actions).
      returned: always
      type: str
    object:
      description: The object that the action changes.
      returned: always
      type: str
    before:
      description: The values that change, before the action. Empty if the object did not exist.
      returned: always
      type: dict
    after:
      description: The same values after the action. Empty if the object was deleted.
      returned: always
      type: dict
    reason:
      description: The reason for the action. Empty if RV(steps[].before) and RV(steps[].after) are self-explanatory.
      returned: always
      type: str
user:
  description: The user. Empty if it does not exist.
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
      description: The path of the hierarchy group. If O(hierarchy_group) is omitted, its ID.
      returned: when O(state=present)
      type: str
      sample: Europe/Support
    phone_type:
      description: The type of phone.
      returned: when O(state=present)
      type: str
      sample: soft_phone
    desk_phone_number:
      description: The number of the desk phone.
      returned: when O(state=present)
      type: str
    auto_accept:
      description: Whether contacts are accepted automatically.
      returned: when O(state=present)
      type: bool
    after_contact_work_time_limit:
      description: The time limit for after contact work, in seconds.
      returned: when O(state=present)
      type: int
      sample: 30
    persistent_connection:
      description: Whether the connection stays open between calls.
      returned: when O(state=present)
      type: bool
    channels:
      description: The settings for each channel.
      returned: when O(state=present)
      type: dict
    person_id:
      description: The object ID of the person in Entra ID, if it is known.
      returned: when O(state=present)
      type: str
    tags:
      description: The tags, without those that the collection uses internally.
      returned: when O(state=present)
      type: dict
    quick_connects:
      description: The quick connects to the deleted user, each with C(id) and C(name).
      returned: when O(state=absent) and the user existed
      type: list
      elements: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import AGENT_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._connect.agents import TASK_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_resource import UserResource
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

MODULE: t.Final = AwsDefinition(
    options={
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **AGENT_OPTIONS,
        **TASK_OPTIONS,
    },
    libraries=("boto3", "botocore"),
    work=lambda module: converge(module, UserResource(module), "user"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
