#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_denied_read_info
short_description: Find out which AWS reads of a playbook are denied
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Tries the AWS requests with which a playbook of this collection makes its plan, and returns those that AWS denies,
    together with the policy statements that would allow them. AWS denies one action at a time, so that a playbook
    stops at the first one.
  - The playbooks of the collection run this module after AWS has denied a request, and add the result to the error.
  - The module only reads. It cannot tell which writes AWS would deny, because AWS says so only when a write is tried.
    The policy simulator of IAM requires permissions of its own, cannot evaluate session policies and resource control
    policies, and does not know the values of all condition keys.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  playbook:
    description: The name of the playbook.
    type: str
    required: true
    choices: [site, users, rotate_certificate, cognito, teardown, ccp_page]
  instance_id:
    description: The ID of the Amazon Connect instance. If omitted, the requests for the instance are not tried.
    type: str
  provider_name:
    description: The name of the SAML provider in IAM. If omitted, the requests for the provider are not tried.
    type: str
  role_name:
    description: The name of the federation role. If omitted, the requests for the role are not tried.
    type: str
  role_path:
    description: The path of the federation role.
    type: str
    default: /
  user_pool_ids:
    description: The IDs of the user pools. Without any, the requests for user pools are not tried.
    type: list
    elements: str
    default: []
  account_id:
    description:
      - The ID of the AWS account. It saves a request to STS for the account of the credentials.
    type: str
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
"""

EXAMPLES = r"""
- name: See whether everything that site.yml reads is allowed
  openccp.federation.aws_denied_read_info:
    playbook: site
    instance_id: 11111111-2222-3333-4444-555555555555
    provider_name: Entra-support
    role_name: ConnectFederation-support
  register: result

- name: Say what to allow
  ansible.builtin.assert:
    that: result.denied_reads.denied | length == 0
    fail_msg: "{{ result.denied_reads.message }}"
"""

RETURN = r"""
denied_reads:
  description: What AWS denies.
  returned: success
  type: dict
  contains:
    denied:
      description: The requests that AWS denied.
      returned: always
      type: list
      elements: dict
      contains:
        action:
          description: The action, as policies name it.
          returned: always
          type: str
          sample: iam:GetRole
        resource:
          description: The resource on which the caller needs the action.
          returned: always
          type: str
          sample: arn:aws:iam::123456789012:role/ConnectFederation-support
        message:
          description: The error.
          returned: always
          type: str
        by:
          description:
            - V(caller) if a policy of the caller can allow it.
            - V(above) if AWS says that a service control policy, a resource control policy or the permissions boundary
              denies it.
          returned: always
          type: str
          sample: caller
    untried:
      description: The actions that could not be tried, because the object is not known or the request failed for
        another reason.
      returned: always
      type: list
      elements: str
      sample: [connect:DescribeInstance]
    statements:
      description: Policy statements that allow what a policy of the caller can allow.
      returned: always
      type: list
      elements: dict
    message:
      description: All of this in sentences. Empty if nothing is denied.
      returned: always
      type: str
"""

import functools
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws import denied_reads
from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform


def read(module: AwsModule) -> dict[str, t.Any]:
    """What is denied of the playbook's reads."""
    params, account = module.params, account_of(module)
    known = {name: params[name] for name in ("instance_id", "provider_name", "role_name", "role_path")}
    place = {"partition": account.partition, "account": account.id, "region": module.region}
    clients = functools.cache(functools.partial(client, module))
    return denied_reads.find(params["playbook"], clients, {**place, **known}, params["user_pool_ids"])


MODULE: t.Final = AwsDefinition(
    options={
        "playbook": {"type": "str", "required": True, "choices": list(denied_reads.READS)},
        "instance_id": {"type": "str"},
        "provider_name": {"type": "str"},
        "role_name": {"type": "str"},
        "role_path": {"type": "str", "default": "/"},
        "user_pool_ids": {"type": "list", "elements": "str", "default": []},
        "account_id": {"type": "str"},
    },
    libraries=("boto3", "botocore"),
    work=lambda module: inform(module, lambda: read(module), "denied_reads"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
