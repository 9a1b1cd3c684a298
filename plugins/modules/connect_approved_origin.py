#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_approved_origin
short_description: Manage the approved origins of an Amazon Connect instance
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Adds and removes approved origins of an Amazon Connect instance.
  - Pages of an approved origin can embed the Contact Control Panel in a frame, and a relay state can redirect to them.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  instance_id:
    description: The ID, ARN or alias of the instance. Resolving an alias takes one more request.
    type: str
    required: true
    aliases: [instance_arn]
  origins:
    description:
      - The origins to approve.
      - An origin consists of C(https://), a host and, unless it is 443, a port, as browsers send it.
      - Paths, queries and wildcards are rejected.
    type: dict
    required: true
    suboptions:
      add:
        description: Origins to approve in addition to the current ones.
        type: list
        elements: str
      remove:
        description: Origins whose approval is removed.
        type: list
        elements: str
      set:
        description: The complete list of approved origins. An empty list removes all of them.
        type: list
        elements: str
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: openccp.federation.connect_instance
"""

EXAMPLES = r"""
- name: Allow the intranet to embed the Contact Control Panel
  openccp.federation.connect_approved_origin:
    region: eu-central-1
    instance_id: example-service
    origins:
      add:
        - https://intranet.example.com

- name: Approve exactly these origins
  openccp.federation.connect_approved_origin:
    region: eu-central-1
    instance_id: example-service
    origins:
      set:
        - https://intranet.example.com
        - https://crm.example.com:8443
"""

RETURN = r"""
actions:
  description: The actions that were performed or, in check mode, would be performed, one sentence per action.
  returned: always
  type: list
  elements: str
  sample: ["Approve the origin https://intranet.example.com"]
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
approved_origins:
  description: The approved origins.
  returned: success
  type: dict
  contains:
    instance_id:
      description: The ID of the instance.
      returned: always
      type: str
      sample: 11111111-2222-3333-4444-555555555555
    origins:
      description: The approved origins.
      returned: always
      type: list
      elements: str
      sample: ["https://intranet.example.com"]
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._connect.origins import OriginsResource
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

MODULE: t.Final = AwsDefinition(
    options={
        "instance_id": {"type": "str", "required": True, "aliases": ["instance_arn"]},
        "origins": {
            "type": "dict",
            "required": True,
            "options": {change: {"type": "list", "elements": "str"} for change in ("add", "remove", "set")},
            "mutually_exclusive": [("set", "add"), ("set", "remove")],
            "required_one_of": [("add", "remove", "set")],
        },
    },
    libraries=("boto3", "botocore"),
    work=lambda module: converge(module, OriginsResource(module), "approved_origins"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
