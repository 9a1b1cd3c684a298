#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_user_info
short_description: Get information about users of an Amazon Connect instance
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Returns one or all users of an instance, in the format that M(openccp.federation.connect_users) accepts.
  - Settings are returned for each channel if Amazon Connect and botocore (1.42.46 or newer) provide them in this form,
    otherwise for all channels together.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  username:
    description: The username of a user. Usernames are case-sensitive.
    type: str
  user_id:
    description: The ID or ARN of a user.
    type: str
  contact_details:
    description:
      - Whether to also return the secondary e-mail address and the mobile number of all users.
      - This takes one request for each user, so a thousand users take several minutes. A single user is always returned
        with all details.
    type: bool
    default: false
  csv:
    description:
      - Whether to also return the users as CSV text, in the format that O(openccp.federation.connect_users#module:csv)
        accepts.
      - Cells that a spreadsheet would interpret as a formula are prefixed with an apostrophe.
    type: bool
    default: false
extends_documentation_fragment:
  - openccp.federation.agent.instance
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: openccp.federation.connect_users
"""

EXAMPLES = r"""
- name: Get all users
  openccp.federation.connect_user_info:
    region: eu-central-1
    instance_id: example-service
  register: agents

- name: Manage the users with their current settings
  openccp.federation.connect_users:
    region: eu-central-1
    instance_id: example-service
    users: "{{ agents.users }}"

- name: Get all users as CSV
  openccp.federation.connect_user_info:
    region: eu-central-1
    instance_id: example-service
    contact_details: true
    csv: true
  register: export

- name: Write the CSV file
  ansible.builtin.copy:
    content: "{{ export.csv }}"
    dest: agents.csv
    mode: "0600"

- name: Manage the users with the CSV file, which changes nothing yet
  openccp.federation.connect_users:
    region: eu-central-1
    instance_id: example-service
    csv: agents.csv

- name: Get one user
  openccp.federation.connect_user_info:
    region: eu-central-1
    instance_id: example-service
    username: jane.doe@example.com
"""

RETURN = r"""
users:
  description: The users, sorted by username. Empty if the requested user does not exist.
  returned: success
  type: list
  elements: dict
  contains:
    username:
      description: The username.
      returned: always
      type: str
      sample: jane.doe@example.com
    first_name:
      description: The first name.
      returned: always
      type: str
      sample: Jane
    last_name:
      description: The last name.
      returned: always
      type: str
      sample: Doe
    secondary_email:
      description: The e-mail address for notifications.
      returned: when O(contact_details=true) or a single user is requested
      type: str
      sample: jane.doe@example.com
    mobile:
      description: The mobile number.
      returned: when O(contact_details=true) or a single user is requested
      type: str
      sample: "+4930123456"
    security_profiles:
      description: The names of the security profiles.
      returned: always
      type: list
      elements: str
      sample: [Agent]
    routing_profile:
      description: The name of the routing profile.
      returned: always
      type: str
      sample: Basic Routing Profile
    hierarchy_group:
      description: The path of the hierarchy group.
      returned: always
      type: str
      sample: Europe/Support
    phone_type:
      description: The type of phone.
      returned: when C(channels) is not returned
      type: str
      sample: soft_phone
    desk_phone_number:
      description: The number of the desk phone.
      returned: when C(channels) is not returned
      type: str
    auto_accept:
      description: Whether contacts are accepted automatically.
      returned: when C(channels) is not returned
      type: bool
    after_contact_work_time_limit:
      description: The time limit for after contact work, in seconds.
      returned: when C(channels) is not returned
      type: int
      sample: 30
    persistent_connection:
      description: Whether the connection stays open between calls.
      returned: when C(channels) is not returned
      type: bool
    channels:
      description: The settings for each channel.
      returned: when the settings are available for each channel
      type: dict
    person_id:
      description: The object ID of the person in Entra ID, if it is known.
      returned: always
      type: str
    tags:
      description: The tags, without those that the collection uses internally.
      returned: always
      type: dict
csv:
  description: The users as CSV text.
  returned: when O(csv=true)
  type: str
ids:
  description: The ID and the ARN of each user, by username.
  returned: success
  type: dict
  sample:
    jane.doe@example.com:
      id: 66666666-7777-8888-9999-000000000000
      arn: arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555/agent/66666666
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._connect import agents_csv as connect_csv
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import (
    connect_client,
    id_of_reference,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import User, exported
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import ConnectUsers
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform


def read(module: AwsModule) -> dict[str, t.Any]:
    connect = connect_client(module)
    users = ConnectUsers(connect, id_of_reference(connect, module.params["instance_id"]), resolve_hierarchy=True)
    matches = sorted(_find(users, module.params), key=lambda user: user.username)
    views = [exported(user, users.lacking()) for user in matches]
    return {
        "users": views,
        **({"csv": connect_csv.render(views)} if module.params["csv"] else {}),
        "ids": {user.username: {"id": user.id, "arn": user.arn} for user in matches},
    }


def _find(users: ConnectUsers, params: t.Mapping[str, t.Any]) -> list[User]:
    username, user_id = params["username"], params["user_id"]
    if username:
        summary = users.summaries().get(username)
        user_id = summary.id if summary else None
    if username or user_id:
        user = users.describe(user_id.rpartition("/")[2]) if user_id else None
        return [user] if user else []
    return users.read_all(contact_details=params["contact_details"])


MODULE: t.Final = AwsDefinition(
    options={
        "instance_id": {"type": "str", "required": True, "aliases": ["instance_arn"]},
        "username": {"type": "str"},
        "user_id": {"type": "str"},
        "contact_details": {"type": "bool", "default": False},
        "csv": {"type": "bool", "default": False},
    },
    rules={"mutually_exclusive": [("username", "user_id")]},
    libraries=("boto3", "botocore"),
    work=lambda module: inform(module, lambda: read(module)),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
