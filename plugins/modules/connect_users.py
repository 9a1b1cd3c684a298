#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_users
short_description: Manage the users of an Amazon Connect instance with SAML identity management
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates, updates and deletes a whole list of agents in one task.
  - With O(mode=set), the list is the complete list of agents.
  - Existing users are read in pages of 500, regardless of the number of agents.
  - No operation is called more often than O(rate) allows, different operations run in parallel, and agents are removed
    only after all others have been created and updated. If the task runs on the controller, it prints its progress
    every few seconds.
  - All agents are validated before the first change, and all problems are reported in one error. After that, a failure
    of one agent does not stop the others. The task then fails at the end and returns all failures.
  - If a run is interrupted, the next run completes it.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  users:
    description:
      - The agents. Settings that are omitted for an existing agent are left unchanged.
      - Exactly one of O(users) and O(csv) is required.
    type: list
    elements: dict
    aliases: [agents]
  csv:
    description:
      - The path to a CSV file with the agents, on the host that runs the module. Exactly one of O(users) and O(csv) is
        required.
      - The columns are the options of O(users) in any order. C(security_profiles) are separated by C(|), spread over
        several columns, or given as a JSON list. C(tags) are C(key=value) pairs that are separated by C(|), or JSON.
        C(channels) are JSON. An empty cell is the same as an omitted option.
      - The columns of the CSV template for SAML in the Amazon Connect console, such as C(user login) and C(ACW timeout
        (seconds)), are also accepted.
      - Cells are separated by commas, semicolons or tabs. The file must be encoded in UTF-8 or UTF-16. A file in any
        other encoding is read as Windows-1252, with a warning.
      - Every row is a single line with a cell for each column. An ambiguous file is rejected with the row and column of
        the problem, such as a file with a quotation mark that is not closed in the same row.
      - An apostrophe that protects a cell from being interpreted as a formula is removed. If a cell is a JSON string,
        such as C(" Lead"), the value of the string is used, including leading and trailing spaces.
    type: path
  state:
    description:
      - V(absent) deletes the listed agents and then the quick connects to them. Only the usernames are used. Agents
        that were not created by this module are kept unless O(manage_unowned=true), and the agents in O(protected) are
        always kept.
      - O(mode), O(leavers), O(renames), O(on_invalid) and O(max_removals) are ignored with O(state=absent).
    type: str
    choices: [present, absent]
    default: present
  mode:
    description:
      - V(add) leaves agents that are not listed unchanged.
      - V(set) treats agents that are not listed as leavers if they were created by this module (see O(manage_unowned)).
    type: str
    choices: [add, set]
    default: add
  leavers:
    description:
      - What to do with leavers.
      - V(report) only reports them.
      - V(restrict) replaces their security profiles with O(restricted_security_profile).
      - V(delete) permanently deletes them and then the quick connects to them, as AWS recommends.
      - V(delete) also deletes quick connects to users who no longer exist, which an interrupted run can leave behind.
    type: str
    choices: [report, restrict, delete]
    default: report
  restricted_security_profile:
    description:
      - The name or ID of a security profile without access to the Contact Control Panel. Required if
        O(leavers=restrict).
      - A security profile that gives this access is rejected before the first write.
    type: str
  max_removals:
    description:
      - The maximum number of agents who can lose their access in one run, as a count such as V(20), or as a percentage
        of the agents that this module manages. A percentage above 0 always allows at least one.
      - This limit includes deletions, restrictions, and changes of security profiles that remove access to the Contact
        Control Panel.
      - If the limit is exceeded, or if no agent is listed at all, the task fails before the first write and reports the
        agents that it would have removed.
    type: str
    default: 5%
  manage_unowned:
    description:
      - Whether agents that were not created by this module can be leavers.
      - The module identifies its own agents by the tag C(managed-by=openccp.federation), which it sets when it creates
        them.
    type: bool
    default: false
  protected:
    description: The usernames, or object IDs in Entra ID, of agents that are never leavers even if they are not listed.
    type: list
    elements: str
    default: []
  renames:
    description:
      - What to do if a C(person_id) belongs to an existing agent with a different username that is not listed. Amazon
        Connect cannot rename users.
      - V(report) only reports this and changes neither agent.
      - V(recreate) creates an agent with the new username and then deletes the old agent. The history stays with the
        old agent. These deletions count towards O(max_removals). An old agent that was not created by this module is
        deleted only if O(manage_unowned=true), and no old agent is deleted if its successor is skipped or fails.
    type: str
    choices: [report, recreate]
    default: report
  on_invalid:
    description:
      - What to do if the settings of an agent are invalid, such as an illegal username or an unknown routing profile.
      - V(fail) fails before the first write.
      - V(skip) continues with the other agents. The skipped agents are returned in RV(failures) and are never leavers.
    type: str
    choices: [fail, skip]
    default: fail
  rate:
    description:
      - The maximum number of calls per second for each operation. The default quota of an account is 2, shared by all
        instances and callers in a Region.
      - If calls are throttled nevertheless, the module slows the operation down and later speeds it up again.
    type: float
    default: 2.0
  burst:
    description: The maximum number of calls of an operation in a burst.
    type: float
    default: 5.0
  progress_file:
    description:
      - The path to a file to which progress lines are appended.
      - By default, the task prints these lines if the module runs on the controller and has at least 50 steps to
        perform.
    type: path
  progress_interval:
    description:
      - The time, in seconds, between two progress lines. If given, progress lines are written regardless of the number
        of steps.
      - By default, a line is written every 5 seconds, and only if there are at least 50 steps.
    type: float
extends_documentation_fragment:
  - openccp.federation.agent.listed
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
seealso:
  - module: openccp.federation.connect_user
  - module: openccp.federation.connect_user_info
"""

EXAMPLES = r"""
- name: Create or update agents
  openccp.federation.connect_users:
    region: eu-central-1
    instance_id: example-service
    users:
      - username: jane.doe@example.com
        first_name: Jane
        last_name: Doe
        secondary_email: jane.doe@example.com
        security_profiles: [Agent]
        routing_profile: Basic Routing Profile
      - username: joe.bloggs@example.com
        first_name: Joe
        last_name: Bloggs
        security_profiles: [Agent, CallCenterManager]
        routing_profile: Basic Routing Profile
        after_contact_work_time_limit: 30

- name: Manage the complete list of agents, and restrict those who left
  openccp.federation.connect_users:
    region: eu-central-1
    instance_id: example-service
    csv: agents.csv
    mode: set
    leavers: restrict
    restricted_security_profile: No access

- name: Delete agents
  openccp.federation.connect_users:
    region: eu-central-1
    instance_id: example-service
    users:
      - username: joe.bloggs@example.com
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
users:
  description: The result for the agents.
  returned: when the agents could be read
  type: dict
  contains:
    created:
      description: The number of agents that were created.
      returned: always
      type: int
      sample: 1
    updated:
      description: The number of agents that were updated.
      returned: always
      type: int
      sample: 0
    unchanged:
      description: The number of agents that did not need to change.
      returned: always
      type: int
      sample: 499
    failed:
      description: The number of agents that failed.
      returned: always
      type: int
      sample: 0
    removed:
      description: The number of agents that were deleted.
      returned: always
      type: int
      sample: 0
    restricted:
      description: The number of leavers that were restricted.
      returned: always
      type: int
      sample: 0
    leavers:
      description: The usernames of all leavers, regardless of O(leavers).
      returned: always
      type: list
      elements: str
    access:
      description: The loss of access that O(max_removals) limits.
      returned: always
      type: dict
      contains:
        agents:
          description: The number of agents to which a percentage in O(max_removals) refers.
          returned: always
          type: int
          sample: 500
        lost:
          description: The agents who lose their access, each with C(username) and C(reason).
          returned: always
          type: list
          elements: dict
    renamed:
      description: The agents whose username has changed, each with the C(old) and the C(new) username.
      returned: always
      type: list
      elements: dict
    changes:
      description: The agents that were created or updated.
      returned: always
      type: list
      elements: dict
      contains:
        username:
          description: The username.
          returned: always
          type: str
          sample: jane.doe@example.com
        id:
          description: The ID.
          returned: when the user exists
          type: str
        arn:
          description: The ARN.
          returned: when the user exists
          type: str
        actions:
          description: The actions that were performed or, in check mode, would be performed.
          returned: always
          type: list
          elements: str
failures:
  description: The agents that failed.
  returned: when an agent failed
  type: list
  elements: dict
  contains:
    name:
      description: The username.
      returned: always
      type: str
      sample: jane.doe@example.com
    msg:
      description: What was attempted, what AWS answered, and what to do.
      returned: always
      type: str
    error_code:
      description: The error code that AWS returned, or C(InvalidAgent) if the settings of the agent are invalid.
      returned: when there is an error code
      type: str
      sample: InvalidRequestException
    failed_action:
      description: The action that failed. The remaining actions for this agent were skipped.
      returned: when a request failed
      type: str
      sample: "Create the agent 'jane.doe@example.com'"
    hint:
      description: What to do, which is also the end of C(msg).
      returned: when there is something to do
      type: str
    request_id:
      description: The AWS request ID.
      returned: when AWS answered
      type: str
would_remove:
  description: The agents that would have lost their access.
  returned: when O(max_removals) or an empty list stopped the task
  type: list
  elements: str
problems:
  description: The reasons why nothing was changed, each with the C(reason) and the C(usernames) of the affected agents.
  returned: when the settings of an agent are invalid
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._connect.agents import TASK_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._connect.sync import SYNC_OPTIONS, SyncResource
from ansible_collections.openccp.federation.plugins.module_utils._module import converge

MODULE: t.Final = AwsDefinition(
    options={
        "users": {
            "type": "list",
            "elements": "dict",
            "aliases": ["agents"],
        },  # validated while the first pages are being read
        **SYNC_OPTIONS,
        **TASK_OPTIONS,
    },
    rules={
        "required_one_of": [("users", "csv")],
        "mutually_exclusive": [("users", "csv")],
        "required_if": [("leavers", "restrict", ("restricted_security_profile",))],
    },
    libraries=("boto3", "botocore"),
    work=lambda module: converge(module, SyncResource(module), "users"),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
