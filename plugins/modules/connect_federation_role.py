#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_federation_role
short_description: Manage the IAM role that Amazon Connect agents sign in with
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates and updates the IAM role that people take through SAML providers to sign in to Amazon Connect instances.
  - The trust policy names exactly the given SAML providers and reply URLs; one inline policy allows
    C(connect:GetFederationToken). Both are compared by meaning. Other policies of the role are left alone.
  - Amazon Connect binds each user to the role that it first signed in with. The module therefore changes a role only in
    place. What IAM cannot change in place is refused, and deletion needs O(confirm_name).
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  name:
    description: The role's name, by which it is found.
    type: str
    required: true
    aliases: [role_name]
  state:
    description:
      - V(present) creates the role or updates it in place.
      - V(absent) deletes it, for good. Needs O(confirm_name), and that the role has no policies that the module does
        not manage.
    type: str
    choices: [present, absent]
    default: present
  saml_provider_arns:
    description:
      - The ARNs of the SAML providers whose sessions may take the role. Needed when O(state=present).
      - IAM must know them when the role is written, which after their creation takes some seconds that the module waits
        for.
    type: list
    elements: str
  reply_urls:
    description:
      - The reply URLs, compared with C(SAML:aud), that responses may be posted to. Needed when O(state=present).
      - An address that ends in V(*), as Amazon Connect Global Resiliency has it, is compared as a pattern.
    type: list
    elements: str
  tag_session:
    description: Also allow C(sts:TagSession), which claims for session tags need.
    type: bool
    default: false
  set_source_identity:
    description: Also allow C(sts:SetSourceIdentity), which a claim for the source identity needs.
    type: bool
    default: false
  instance_arns:
    description: The ARNs of the Amazon Connect instances to sign in to. Needed when O(state=present).
    type: list
    elements: str
  permission_form:
    description:
      - V(user_arn) allows each session its own user of each instance, C(INSTANCE_ARN/user/${aws:userid}), as AWS
        documents it.
      - V(instance_id) allows the instances by the condition C(connect:InstanceId), which also holds for replicas in
        another Region.
    type: str
    choices: [user_arn, instance_id]
    default: user_arn
  policy_name:
    description: The name of the inline policy that the module manages.
    type: str
    default: AmazonConnectFederation
  path:
    description: The role's path. It counts when the role is created (C(/) when omitted); on an existing role another
      path is an error.
    type: str
    aliases: [path_prefix]
  description:
    description: A description. When omitted, it is left as it is.
    type: str
  max_session_duration:
    description: How many seconds a session of the role may last, 3600 to 43200. When omitted, it is left as it is; IAM
      begins with 3600.
    type: int
  boundary:
    description: The ARN of the policy that is the permissions boundary; an empty string removes it. When omitted, it is
      left as it is.
    type: str
    aliases: [boundary_policy_arn]
  adopt:
    description:
      - Take over an existing role whose trust policy names others than SAML providers. They lose it.
      - Take over an existing role that does not carry the tag C(managed-by) as O(tags) has it, if that has one.
    type: bool
    default: false
  only_managed:
    description:
      - Whether O(state=absent) removes the role only when it carries the tag C(managed-by=openccp.federation). The
        roles of this collection set this tag. A role without it is left as it is.
    type: bool
    default: false
  confirm_name:
    description: The role's name once more, without which it is not deleted.
    type: str
  trust_policy_quota:
    description: How many characters a trust policy may have; greater than 2048 only where the account's quota was
      raised.
    type: int
    default: 2048
  account_id:
    description:
      - The ID of the AWS account. When omitted, it is asked for when a role is created.
    type: str
  wait_timeout:
    description: How many seconds to wait until IAM takes and shows what is written.
    type: int
    default: 120
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
seealso:
  - module: openccp.federation.iam_saml_provider
  - module: openccp.federation.connect_instance
"""

EXAMPLES = r"""
- name: Let agents of one identity provider sign in to one instance
  openccp.federation.connect_federation_role:
    name: ConnectAgents
    saml_provider_arns:
      - arn:aws:iam::123456789012:saml-provider/Entra
    reply_urls:
      - https://signin.aws.amazon.com/saml
    instance_arns:
      - arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555

- name: Allow the regional reply URL as well, and sessions of twelve hours
  openccp.federation.connect_federation_role:
    name: ConnectAgents
    saml_provider_arns:
      - arn:aws:iam::123456789012:saml-provider/Entra
    reply_urls:
      - https://eu-central-1.signin.aws.amazon.com/saml
      - https://signin.aws.amazon.com/saml
    instance_arns:
      - arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555
    max_session_duration: 43200

- name: Delete the role, after which its users can no longer sign in
  openccp.federation.connect_federation_role:
    name: ConnectAgents
    state: absent
    confirm_name: ConnectAgents
"""

RETURN = r"""
actions:
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Update the trust policy of the role 'ConnectAgents'"]
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
role:
  description: The role; empty when it does not exist.
  returned: success
  type: dict
  contains:
    arn:
      description: The ARN.
      returned: when O(state=present)
      type: str
      sample: arn:aws:iam::123456789012:role/ConnectAgents
    name:
      description: The name.
      returned: when O(state=present)
      type: str
      sample: ConnectAgents
    path:
      description: The path.
      returned: when O(state=present)
      type: str
      sample: /
    role_id:
      description: The unique ID, which is part of each session's C(aws:userid). A role that is made anew has another.
      returned: when the role exists
      type: str
      sample: AROAABCDEFGHIJKLMNOPQ
    create_date:
      description: When the role was created.
      returned: when the role exists
      type: str
      sample: "2026-01-31T12:00:00Z"
    description:
      description: The description.
      returned: when O(state=present)
      type: str
    max_session_duration:
      description: How many seconds a session may last.
      returned: when O(state=present)
      type: int
      sample: 3600
    boundary:
      description: The ARN of the permissions boundary; empty without one.
      returned: when O(state=present)
      type: str
    trust_policy:
      description: Who may take the role, as IAM has it.
      returned: when O(state=present)
      type: dict
    permission_policy:
      description: The inline policy O(policy_name), as IAM has it.
      returned: when O(state=present)
      type: dict
    role_claims:
      description: The value of the claim C(https://aws.amazon.com/SAML/Attributes/Role) for each SAML provider.
      returned: when O(state=present)
      type: list
      elements: str
      sample: ["arn:aws:iam::123456789012:role/ConnectAgents,arn:aws:iam::123456789012:saml-provider/Entra"]
    tags:
      description: The tags.
      returned: when O(state=present)
      type: dict
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.role_resource import FederationRoleResource
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require


def main() -> None:
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec={
            "name": {"type": "str", "required": True, "aliases": ["role_name"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "saml_provider_arns": {"type": "list", "elements": "str"},
            "reply_urls": {"type": "list", "elements": "str"},
            "tag_session": {"type": "bool", "default": False},
            "set_source_identity": {"type": "bool", "default": False},
            "instance_arns": {"type": "list", "elements": "str"},
            "permission_form": {"type": "str", "choices": ["user_arn", "instance_id"], "default": "user_arn"},
            "policy_name": {"type": "str", "default": "AmazonConnectFederation"},
            "path": {"type": "str", "aliases": ["path_prefix"]},
            "description": {"type": "str"},
            "max_session_duration": {"type": "int"},
            "boundary": {"type": "str", "aliases": ["boundary_policy_arn"]},
            "adopt": {"type": "bool", "default": False},
            "only_managed": {"type": "bool", "default": False},
            "confirm_name": {"type": "str"},
            "trust_policy_quota": {"type": "int", "default": 2048},
            "account_id": {"type": "str"},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
        required_if=[("state", "present", ("saml_provider_arns", "reply_urls", "instance_arns"))],
    )
    require(module, "boto3", "botocore")
    converge(module, FederationRoleResource(module), "role")


if __name__ == "__main__":
    main()
