#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_instance
short_description: Manage an Amazon Connect instance that uses SAML identity management
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates, updates and deletes an Amazon Connect instance with SAML identity management. An existing instance is found
    by its alias, ID or ARN.
  - The module fails for an instance with a different identity management type, because the type of an existing instance
    cannot be changed.
  - Amazon Connect limits an account to a total of 100 creations and deletions of instances in 30 days.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  alias:
    description:
      - The alias, which is part of the URL of the instance. It cannot be changed.
      - The instance is found by this alias. If it does not exist and O(state=present), it is created.
    type: str
  instance_id:
    description:
      - The ID or ARN of an existing instance.
      - If O(alias) is also given, the instance must have this alias.
    type: str
    aliases: [arn]
  state:
    description:
      - V(present) creates the instance if it does not exist, and updates its settings.
      - V(absent) deletes the instance with everything in it. Requires O(confirm_alias).
    type: str
    choices: [present, absent]
    default: present
  confirm_alias:
    description: The alias of the instance, repeated to confirm its deletion. Required to delete the instance.
    type: str
  inbound_calls:
    description: Whether inbound calls are enabled. If omitted, they are enabled on a new instance, and the setting of
      an existing instance is left unchanged.
    type: bool
  outbound_calls:
    description: Whether outbound calls are enabled. If omitted, they are enabled on a new instance, and the setting of
      an existing instance is left unchanged.
    type: bool
  attributes:
    description: Additional settings of the instance. Settings that are omitted are left unchanged.
    type: dict
    suboptions:
      auto_mute_agent_on_hold:
        description: Whether the agent is muted while the contact is on hold.
        type: bool
      auto_resolve_best_voices:
        description: Whether the best available Amazon Polly voice is used.
        type: bool
      contact_lens:
        description: Whether Contact Lens conversational analytics is enabled.
        type: bool
      contactflow_logs:
        description: Whether flow logs are written to Amazon CloudWatch.
        type: bool
      early_media:
        description: Whether early media is enabled for outbound calls.
        type: bool
      enhanced_chat_monitoring:
        description: Whether supervisors can join chats.
        type: bool
      enhanced_contact_monitoring:
        description: Whether supervisors can join calls.
        type: bool
      high_volume_outbound:
        description: Whether high-volume outbound campaigns are enabled.
        type: bool
      message_streaming:
        description: Whether streaming of chat messages is enabled.
        type: bool
      multi_party_chat_conference:
        description: Whether multi-party chats are enabled.
        type: bool
      multi_party_conference:
        description: Whether multi-party calls are enabled.
        type: bool
      use_custom_tts_voices:
        description: Whether custom text-to-speech voices are used.
        type: bool
  account_id:
    description:
      - The ID of the AWS account. The module fails if the instance is in a different account.
      - In check mode, this saves a request to STS for the account of an instance that would be created.
    type: str
  wait_timeout:
    description: The maximum time, in seconds, to wait until the instance is active or, with O(state=absent), deleted.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
notes:
  - Creating an instance requires the permissions C(connect:CreateInstance), C(ds:CheckAlias), C(ds:CreateAlias),
    C(ds:AuthorizeApplication), C(ds:CreateIdentityPoolDirectory), C(ds:CreateDirectory), C(ds:DescribeDirectories) and
    C(iam:CreateServiceLinkedRole) in addition to read permissions.
  - An alias is unique across all of AWS. If another instance of the account uses the alias in any Region, the module
    reports this in check mode as well. If an instance of another account uses it, this is detected only when the
    instance is created.
  - A new instance has no users. Create the first administrator with the security profile C(Admin) using
    M(openccp.federation.connect_user).
seealso:
  - module: openccp.federation.connect_instance_info
  - module: openccp.federation.connect_approved_origin
  - module: openccp.federation.connect_user
"""

EXAMPLES = r"""
- name: Create an instance with SAML identity management
  openccp.federation.connect_instance:
    region: eu-central-1
    alias: example-service
    tags:
      service: contact-centre
  register: centre

- name: Show the relay state for the enterprise application
  ansible.builtin.debug:
    msg: "{{ centre.instance.ccp_relay_state }}"

- name: Update settings of an instance by its ID
  openccp.federation.connect_instance:
    region: eu-central-1
    instance_id: "{{ centre.instance.id }}"
    outbound_calls: false
    attributes:
      contactflow_logs: true
      contact_lens: true

- name: Delete the instance with everything in it
  openccp.federation.connect_instance:
    region: eu-central-1
    alias: example-service
    confirm_alias: example-service
    state: absent
"""

RETURN = r"""
actions:
  description: The actions that were performed or, in check mode, would be performed, one sentence per action.
  returned: always
  type: list
  elements: str
  sample: ["Create the Amazon Connect instance 'example-service'"]
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
instance:
  description: The instance. Empty if it does not exist. In check mode, an instance that would be created has only the
    given values.
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
      description: The ID of the AWS account, taken from the ARN. For an instance that would be created, the account of
        the credentials.
      returned: when O(state=present)
      type: str
      sample: "123456789012"
    partition:
      description: The AWS partition, taken from the ARN. For an instance that would be created, the partition of the
        credentials.
      returned: when O(state=present)
      type: str
      sample: aws
    region:
      description: The Region.
      returned: when O(state=present)
      type: str
      sample: eu-central-1
    identity_management_type:
      description: The identity management type.
      returned: when O(state=present)
      type: str
      sample: SAML
    status:
      description: The status.
      returned: when the instance exists
      type: str
      sample: ACTIVE
    inbound_calls:
      description: Whether inbound calls are enabled.
      returned: when O(state=present)
      type: bool
    outbound_calls:
      description: Whether outbound calls are enabled.
      returned: when O(state=present)
      type: bool
    attributes:
      description: The additional settings that are listed in O(attributes).
      returned: when O(attributes) is given
      type: dict
    access_url:
      description: The URL of the instance.
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws
    ccp_url:
      description: The URL of the Contact Control Panel. Without a prior sign-in, it shows "Session expired".
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws/ccp-v2/
    agent_workspace_url:
      description: The URL of the agent workspace.
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws/agent-app-v2/
    relay_state:
      description: The relay state that redirects to the home page of the instance.
      returned: when the instance exists
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555
    ccp_relay_state:
      description: The relay state that redirects to the Contact Control Panel.
      returned: when the instance exists
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555?destination=%2Fccp-v2
    global_sign_in_endpoint:
      description: The sign-in URL of an instance with Amazon Connect Global Resiliency.
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

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._attributes import options_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._connect.instance_resource import InstanceResource
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import CALLS, FEATURES
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

MODULE: t.Final = AwsDefinition(
    options={
        "alias": {"type": "str"},
        "instance_id": {"type": "str", "aliases": ["arn"]},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "confirm_alias": {"type": "str"},
        **options_of(CALLS),
        "attributes": {"type": "dict", "options": options_of(FEATURES)},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": True},
        "account_id": {"type": "str"},
        "wait_timeout": {"type": "int", "default": 600},
    },
    rules={"required_one_of": [("alias", "instance_id")]},
    libraries=("boto3", "botocore"),
    work=lambda module: converge(module, InstanceResource(module), "instance"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
