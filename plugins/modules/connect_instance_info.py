#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_instance_info
short_description: Get information about Amazon Connect instances
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns one or all instances of a Region, regardless of their identity management type.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  alias:
    description: The alias of an instance.
    type: str
  instance_id:
    description: The ID or ARN of an instance.
    type: str
    aliases: [arn]
  attributes:
    description: Whether to also return the additional settings, which takes two more requests for each instance.
    type: bool
    default: false
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: openccp.federation.connect_instance
"""

EXAMPLES = r"""
- name: Get all instances of a Region
  openccp.federation.connect_instance_info:
    region: eu-central-1

- name: Get one instance with its settings
  openccp.federation.connect_instance_info:
    region: eu-central-1
    alias: example-service
    attributes: true
"""

RETURN = r"""
instances:
  description: The instances. Empty if there are none.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ID.
      returned: always
      type: str
      sample: 11111111-2222-3333-4444-555555555555
    arn:
      description: The ARN.
      returned: always
      type: str
      sample: arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555
    alias:
      description: The alias.
      returned: always
      type: str
      sample: example-service
    account_id:
      description: The ID of the AWS account, taken from the ARN.
      returned: always
      type: str
      sample: "123456789012"
    partition:
      description: The AWS partition, taken from the ARN.
      returned: always
      type: str
      sample: aws
    region:
      description: The Region.
      returned: always
      type: str
      sample: eu-central-1
    identity_management_type:
      description: The identity management type.
      returned: always
      type: str
      sample: SAML
    status:
      description: The status.
      returned: always
      type: str
      sample: ACTIVE
    inbound_calls:
      description: Whether inbound calls are enabled.
      returned: always
      type: bool
    outbound_calls:
      description: Whether outbound calls are enabled.
      returned: always
      type: bool
    attributes:
      description: The additional settings.
      returned: always
      type: dict
    access_url:
      description: The URL of the instance.
      returned: always
      type: str
      sample: https://example-service.my.connect.aws
    ccp_url:
      description: The URL of the Contact Control Panel. Without a prior sign-in, it shows "Session expired".
      returned: always
      type: str
      sample: https://example-service.my.connect.aws/ccp-v2/
    agent_workspace_url:
      description: The URL of the agent workspace.
      returned: always
      type: str
      sample: https://example-service.my.connect.aws/agent-app-v2/
    relay_state:
      description: The relay state that redirects to the home page of the instance.
      returned: always
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555
    ccp_relay_state:
      description: The relay state that redirects to the Contact Control Panel.
      returned: always
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555?destination=%2Fccp-v2
    global_sign_in_endpoint:
      description: The sign-in URL of an instance with Amazon Connect Global Resiliency.
      returned: always
      type: str
    service_role:
      description: The service-linked role.
      returned: always
      type: str
    tags:
      description: The tags.
      returned: always
      type: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._connect import instances
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import check_alias
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform


def read(module: AwsModule) -> list[dict[str, t.Any]]:
    connect = instances.connect_client(module)
    described = (instances.describe(connect, instance_id) for instance_id in _ids(module, connect))
    return [_view(module, connect, instance) for instance in described if instance]


def _ids(module: AwsModule, connect: t.Any) -> list[str]:
    reference, alias = module.params["instance_id"], module.params["alias"]
    if reference:
        return [instances.id_of_reference(connect, instances.check_reference(reference))]
    listed = instances.list_instances(connect)
    if alias:
        listed = instances.with_alias(listed, check_alias(alias))
    return [instance["Id"] for instance in listed]


def _view(module: AwsModule, connect: t.Any, instance: instances.Instance) -> dict[str, t.Any]:
    view = instances.view(instance, connect.meta.region_name)
    if module.params["attributes"]:
        view["attributes"] = instances.read_attributes(connect, instance["Id"])
    return view


MODULE: t.Final = AwsDefinition(
    options={
        "alias": {"type": "str"},
        "instance_id": {"type": "str", "aliases": ["arn"]},
        "attributes": {"type": "bool", "default": False},
    },
    rules={"mutually_exclusive": [("alias", "instance_id")]},
    libraries=("boto3", "botocore"),
    work=lambda module: inform(module, lambda: read(module), "instances"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
