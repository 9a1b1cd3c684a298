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
  - Creates, updates and deletes the IAM role that people assume through SAML providers to sign in to Amazon Connect
    instances.
  - The trust policy lists exactly the given SAML providers and reply URLs, and one inline policy allows
    C(connect:GetFederationToken). Both are compared semantically. Other policies of the role are left unchanged.
  - Amazon Connect binds each user to the role of the user's first sign-in. The module therefore updates a role only in
    place and never recreates it. Changes that IAM cannot make in place are rejected, and deletion requires
    O(confirm_name).
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  name:
    description: The name of the role.
    type: str
    required: true
    aliases: [role_name]
  state:
    description:
      - V(present) creates the role or updates it in place.
      - V(absent) permanently deletes the role. Requires O(confirm_name), and fails if the role has policies that this
        module does not manage.
    type: str
    choices: [present, absent]
    default: present
  saml_provider_arns:
    description:
      - The ARNs of the SAML providers through which the role can be assumed. Required if O(state=present).
      - The providers must be visible to IAM when the role is written. The module waits for this, because it takes some
        seconds after their creation.
    type: list
    elements: str
  reply_urls:
    description:
      - The reply URLs to which responses can be posted, compared with C(SAML:aud). Required if O(state=present).
      - A URL that ends with V(*), as used with Amazon Connect Global Resiliency, is compared as a pattern.
    type: list
    elements: str
  tag_session:
    description: Whether to also allow C(sts:TagSession), which is required for claims that set session tags.
    type: bool
    default: false
  set_source_identity:
    description: Whether to also allow C(sts:SetSourceIdentity), which is required for a claim that sets the source
      identity.
    type: bool
    default: false
  instance_arns:
    description: The ARNs of the Amazon Connect instances to which the role gives access. Required if O(state=present).
    type: list
    elements: str
  permission_form:
    description:
      - V(user_arn) restricts each session to its own user of each instance, C(INSTANCE_ARN/user/${aws:userid}), as
        documented by AWS.
      - V(instance_id) restricts access to the instances with the condition C(connect:InstanceId), which also applies to
        replicas in other Regions.
    type: str
    choices: [user_arn, instance_id]
    default: user_arn
  policy_name:
    description: The name of the inline policy that the module manages.
    type: str
    default: AmazonConnectFederation
  path:
    description: The path of the role. Defaults to C(/) for a new role. The path of an existing role cannot be changed,
      and a different path is an error.
    type: str
    aliases: [path_prefix]
  description:
    description: The description of the role. If omitted, the current description is left unchanged.
    type: str
  max_session_duration:
    description: The maximum session duration in seconds, from 3600 to 43200. If omitted, the current value is left
      unchanged. The default of IAM for a new role is 3600.
    type: int
  boundary:
    description: The ARN of the policy to use as the permissions boundary. Set to V("") to remove it. If omitted, the
      current permissions boundary is left unchanged.
    type: str
    aliases: [boundary_policy_arn]
  adopt:
    description:
      - Whether to take over an existing role whose trust policy contains principals other than SAML providers. These
        principals are removed from the trust policy.
      - Also takes over an existing role whose tag C(managed-by) differs from the one in O(tags). This check applies
        only if O(tags) contains C(managed-by).
    type: bool
    default: false
  only_managed:
    description:
      - Whether O(state=absent) deletes the role only if it carries the tag C(managed-by=openccp.federation), which the
        Ansible roles of this collection set. A role without this tag is left unchanged.
    type: bool
    default: false
  confirm_name:
    description: The name of the role, repeated to confirm its deletion. Required to delete the role.
    type: str
  trust_policy_quota:
    description: The maximum length of the trust policy in characters. Increase it only if the quota of the account was
      increased.
    type: int
    default: 2048
  account_id:
    description:
      - The ID of the AWS account. If omitted, the module requests it from STS when it creates a role.
    type: str
  wait_timeout:
    description: The maximum time, in seconds, to wait until IAM accepts and returns the written values.
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
- name: Create a role with which agents of one identity provider sign in to one instance
  openccp.federation.connect_federation_role:
    name: ConnectAgents
    saml_provider_arns:
      - arn:aws:iam::123456789012:saml-provider/Entra
    reply_urls:
      - https://signin.aws.amazon.com/saml
    instance_arns:
      - arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555

- name: Also allow the regional reply URL, and sessions of twelve hours
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

- name: Delete the role, so that its users can no longer sign in
  openccp.federation.connect_federation_role:
    name: ConnectAgents
    state: absent
    confirm_name: ConnectAgents
"""

RETURN = r"""
actions:
  description: The actions that were performed or, in check mode, would be performed, one sentence per action.
  returned: always
  type: list
  elements: str
  sample: ["Update the trust policy of the role 'ConnectAgents'"]
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
role:
  description: The role. Empty if it does not exist.
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
      description: The unique ID, which is part of each session's C(aws:userid). It changes if the role is deleted and
        recreated.
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
      description: The maximum session duration in seconds.
      returned: when O(state=present)
      type: int
      sample: 3600
    boundary:
      description: The ARN of the permissions boundary. Empty if the role has none.
      returned: when O(state=present)
      type: str
    trust_policy:
      description: The trust policy as stored in IAM.
      returned: when O(state=present)
      type: dict
    permission_policy:
      description: The inline policy O(policy_name) as stored in IAM.
      returned: when O(state=present)
      type: dict
    role_claims:
      description: The values of the claim C(https://aws.amazon.com/SAML/Attributes/Role) for each SAML provider.
      returned: when O(state=present)
      type: list
      elements: str
      sample: ["arn:aws:iam::123456789012:role/ConnectAgents,arn:aws:iam::123456789012:saml-provider/Entra"]
    tags:
      description: The tags.
      returned: when O(state=present)
      type: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._aws.role_resource import FederationRoleResource
from ansible_collections.openccp.federation.plugins.module_utils._aws.roles import ROLE_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

MODULE: t.Final = AwsDefinition(
    options={
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
        **ROLE_OPTIONS,
        "adopt": {"type": "bool", "default": False},
        "only_managed": {"type": "bool", "default": False},
        "confirm_name": {"type": "str"},
        "trust_policy_quota": {"type": "int", "default": 2048},
        "account_id": {"type": "str"},
        "tags": {"type": "dict", "aliases": ["resource_tags"]},
        "purge_tags": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 120},
    },
    rules={"required_if": [("state", "present", ("saml_provider_arns", "reply_urls", "instance_arns"))]},
    libraries=("boto3", "botocore"),
    work=lambda module: converge(module, FederationRoleResource(module), "role"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
