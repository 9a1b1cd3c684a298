#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_instance
short_description: Manage an Amazon Connect instance that signs agents in by SAML
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Finds an Amazon Connect instance by its alias, ID or ARN, or creates one that manages identities by SAML, and keeps
    its settings.
  - An instance that manages identities in another way is refused, since Amazon Connect never changes that.
  - Amazon Connect limits an account to 100 creations and deletions of instances in 30 days together.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  alias:
    description:
      - The alias, which is part of the instance's address. It cannot be changed.
      - It finds the instance, and with O(state=present) an instance that does not exist is created with it.
    type: str
  instance_id:
    description:
      - The ID or the ARN of an existing instance.
      - With O(alias) as well, the instance must have that alias.
    type: str
    aliases: [arn]
  state:
    description:
      - V(present) finds or creates the instance and keeps its settings.
      - V(absent) deletes it with all that is in it, and needs O(confirm_alias).
    type: str
    choices: [present, absent]
    default: present
  confirm_alias:
    description: The alias once more, without which an instance is never deleted.
    type: str
  inbound_calls:
    description: Whether contacts may call. When omitted, it is V(true) on a new instance and left as it is on an
      existing one.
    type: bool
  outbound_calls:
    description: Whether agents may call. When omitted, it is V(true) on a new instance and left as it is on an existing
      one.
    type: bool
  attributes:
    description: Further settings of the instance. What is omitted is left as it is.
    type: dict
    suboptions:
      auto_mute_agent_on_hold:
        description: Mute the agent while the contact is on hold.
        type: bool
      auto_resolve_best_voices:
        description: Choose the best available Amazon Polly voice.
        type: bool
      contact_lens:
        description: Contact Lens, the analysis of conversations.
        type: bool
      contactflow_logs:
        description: Logs of flows in Amazon CloudWatch.
        type: bool
      early_media:
        description: Early media for outbound calls.
        type: bool
      enhanced_chat_monitoring:
        description: Let supervisors join chats.
        type: bool
      enhanced_contact_monitoring:
        description: Let supervisors join calls.
        type: bool
      high_volume_outbound:
        description: High-volume outbound campaigns.
        type: bool
      message_streaming:
        description: Streaming of chat messages.
        type: bool
      multi_party_chat_conference:
        description: Chats with several parties.
        type: bool
      multi_party_conference:
        description: Calls with several parties.
        type: bool
      use_custom_tts_voices:
        description: Voices that Amazon made for this account.
        type: bool
  account_id:
    description:
      - The ID of the AWS account. An instance in another one is refused.
      - In check mode it saves the request that otherwise asks STS for the account of an instance that would be created.
    type: str
  wait_timeout:
    description: How many seconds to wait until the instance is active or, when deleted, gone.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
notes:
  - To create an instance takes the permissions C(connect:CreateInstance), C(ds:CheckAlias), C(ds:CreateAlias),
    C(ds:AuthorizeApplication), C(ds:CreateIdentityPoolDirectory), C(ds:CreateDirectory), C(ds:DescribeDirectories) and
    C(iam:CreateServiceLinkedRole) beside the reading ones.
  - An alias is unique in all of AWS. One that an instance of the account has, in any Region, is told in the plan. One
    that an instance of another account has shows only when the instance is to be made.
  - A new instance has no users. Give the first administrator the security profile C(Admin) with
    M(openccp.federation.connect_user).
seealso:
  - module: openccp.federation.connect_instance_info
  - module: openccp.federation.connect_approved_origin
  - module: openccp.federation.connect_user
"""

EXAMPLES = r"""
- name: Have a contact centre whose agents sign in by SAML
  openccp.federation.connect_instance:
    region: eu-central-1
    alias: example-service
    tags:
      service: contact-centre
  register: centre

- name: Show where an enterprise application has to send agents
  ansible.builtin.debug:
    msg: "{{ centre.instance.ccp_relay_state }}"

- name: Keep settings of an instance that is known by its ID
  openccp.federation.connect_instance:
    region: eu-central-1
    instance_id: "{{ centre.instance.id }}"
    outbound_calls: false
    attributes:
      contactflow_logs: true
      contact_lens: true

- name: Delete the contact centre with all that is in it
  openccp.federation.connect_instance:
    region: eu-central-1
    alias: example-service
    confirm_alias: example-service
    state: absent
"""

RETURN = r"""
actions:
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Create the Amazon Connect instance 'example-service'"]
steps:
  description: The same as data, one entry for each action.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The action, as in RV(actions).
      returned: always
      type: str
    object:
      description: The object that it changes.
      returned: always
      type: str
    before:
      description: What differs, as it was. Empty for an object that did not exist.
      returned: always
      type: dict
    after:
      description: The same as it is then. Empty for an object that is gone.
      returned: always
      type: dict
    reason:
      description: Why it is done; empty where RV(steps[].before) and RV(steps[].after) say it all.
      returned: always
      type: str
instance:
  description: The instance; empty when it does not exist. In check mode, what is given of an instance that would be
    created.
  returned: success
  type: dict
  contains:
    id:
      description: The ID.
      returned: when the instance exists
      type: str
      sample: 11111111-2222-3333-4444-555555555555
    arn:
      description: The ARN.
      returned: when the instance exists
      type: str
      sample: arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555
    alias:
      description: The alias.
      returned: when O(state=present)
      type: str
      sample: example-service
    account_id:
      description: The account, taken from the ARN. Of an instance that would be created, that of the credentials.
      returned: when O(state=present)
      type: str
      sample: "123456789012"
    partition:
      description: The AWS partition, taken from the ARN. Of an instance that would be created, that of the credentials.
      returned: when O(state=present)
      type: str
      sample: aws
    region:
      description: The Region.
      returned: when O(state=present)
      type: str
      sample: eu-central-1
    identity_management_type:
      description: How the instance manages identities.
      returned: when O(state=present)
      type: str
      sample: SAML
    status:
      description: The status.
      returned: when the instance exists
      type: str
      sample: ACTIVE
    inbound_calls:
      description: Whether contacts may call.
      returned: when O(state=present)
      type: bool
    outbound_calls:
      description: Whether agents may call.
      returned: when O(state=present)
      type: bool
    attributes:
      description: Those of the further settings that O(attributes) gives.
      returned: when O(attributes) is given
      type: dict
    access_url:
      description: The instance's address.
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws
    ccp_url:
      description: The address of the Contact Control Panel. Opened without signing in first, it shows "Session
        expired".
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws/ccp-v2/
    agent_workspace_url:
      description: The address of the agent workspace.
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws/agent-app-v2/
    relay_state:
      description: The relay state that leads to the instance's home page.
      returned: when the instance exists
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555
    ccp_relay_state:
      description: The relay state that leads to the Contact Control Panel.
      returned: when the instance exists
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555?destination=%2Fccp-v2
    global_sign_in_endpoint:
      description: The sign-in address of an instance with Global Resiliency.
      returned: when the instance exists
      type: str
    service_role:
      description: The service-linked role.
      returned: when the instance exists
      type: str
    tags:
      description: The tags.
      returned: when O(state=present)
      type: dict
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._connect.instance_resource import InstanceResource
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import ATTRIBUTES
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require


def main() -> None:
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec={
            "alias": {"type": "str"},
            "instance_id": {"type": "str", "aliases": ["arn"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "confirm_alias": {"type": "str"},
            "inbound_calls": {"type": "bool"},
            "outbound_calls": {"type": "bool"},
            "attributes": {"type": "dict", "options": {option: {"type": "bool"} for option in ATTRIBUTES}},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "account_id": {"type": "str"},
            "wait_timeout": {"type": "int", "default": 600},
        },
        required_one_of=[("alias", "instance_id")],
        supports_check_mode=True,
    )
    require(module, "boto3", "botocore")
    converge(module, InstanceResource(module), "instance")


if __name__ == "__main__":
    main()
