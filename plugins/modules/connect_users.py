#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_users
short_description: Manage the agents of an Amazon Connect instance that sign in by SAML
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Creates users and changes what differs, for a whole list of agents in one task.
  - With O(mode=set) the list is all agents that there shall be.
  - What exists is read 500 users a request, whatever the number of agents.
  - No operation is called more often than O(rate) says, different operations run side by side, and nobody is removed
    before all others have come. While the task runs on the controller itself, it prints how far it is every few
    seconds.
  - Whatever is wrong with any agent is told in one error before the first change. After that, an agent that fails does
    not stop the others; the task then fails at its end and returns each failure.
  - A run that was stopped is continued by the next one.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  users:
    description:
      - The agents. An option of an agent that is omitted is left as it is.
      - Either this or O(csv) is needed.
    type: list
    elements: dict
    aliases: [agents]
  csv:
    description:
      - The path of a CSV file with the agents, on the host that runs the module. Either this or O(users) is needed.
      - The columns are the options of O(users) in any order. C(security_profiles) are separated by C(|), may have
        several columns, or are a JSON list; C(tags) are C(key=value) pairs separated by C(|) or JSON; C(channels) are
        JSON. An empty cell is an option that is omitted.
      - The columns of the console's template for SAML, such as C(user login) and C(ACW timeout (seconds)), are
        understood as well.
      - Cells are separated by commas, semicolons or tabs. The file is UTF-8 or UTF-16; what is neither is read as
        Windows-1252, with a warning.
      - Every row is one line with a cell for each column. A file that could be understood in two ways is refused as a
        whole, with row and column, such as one with a quotation mark that is not closed in its row.
      - An apostrophe that protects a cell from being taken for a formula is removed. A cell that is a JSON string, such
        as C(" Lead"), is what that string says, blanks at its ends included.
    type: path
  state:
    description:
      - With V(absent), the agents that are listed are deleted, and then the quick connects that lead to them. Of each
        agent, the username alone counts. Those that this module did not make stay, unless O(manage_unowned=true), and
        so do those of O(protected).
      - What O(mode), O(leavers), O(renames), O(on_invalid) and O(max_removals) say is then of no account.
    type: str
    choices: [present, absent]
    default: present
  mode:
    description:
      - V(add) leaves agents alone that are not listed.
      - With V(set), agents that are not listed are leavers, provided that this module made them (see
        O(manage_unowned)).
    type: str
    choices: [add, set]
    default: add
  leavers:
    description:
      - What is done with leavers.
      - V(report) names them, and does nothing.
      - V(restrict) gives them O(restricted_security_profile) and no other.
      - V(delete) deletes them, which cannot be undone, and then the quick connects that lead to them, as AWS asks.
      - Quick connects that lead to users who no longer exist, as a run leaves them that is stopped between the two, are
        then deleted, too.
    type: str
    choices: [report, restrict, delete]
    default: report
  restricted_security_profile:
    description:
      - The name or ID of a security profile without access to the Contact Control Panel. Needed with
        O(leavers=restrict).
      - A profile that has this access is refused before the first write.
    type: str
  max_removals:
    description:
      - How many agents may lose their access in one run, as a count such as V(20), or as a percentage of the agents
        that this module manages. A percentage above 0 always allows one.
      - Deletions count, restrictions, and security profiles that take the Contact Control Panel from somebody.
      - If more would, or if no agent is listed at all, the task fails before the first write and says whom it would
        have removed.
    type: str
    default: 5%
  manage_unowned:
    description:
      - Whether agents can be leavers that this module did not make.
      - It knows its own by the tag C(managed-by=openccp.federation), which it gives to those that it creates.
    type: bool
    default: false
  protected:
    description: Usernames, or object IDs of people in Entra, that are no leavers, though they are not listed.
    type: list
    elements: str
    default: []
  renames:
    description:
      - What is done when an C(person_id) belongs to an agent under another username, which the list does not hold.
        Amazon Connect cannot rename.
      - V(report) says so, and leaves both names alone.
      - V(recreate) creates the new one and then deletes the old one, whose history stays with it. Such deletions count
        for O(max_removals). An old one that was made by hand goes only with O(manage_unowned=true), and none goes whose
        successor is skipped or fails.
    type: str
    choices: [report, recreate]
    default: report
  on_invalid:
    description:
      - What is done when an agent cannot be as wanted, such as one with an illegal username or an unknown routing
        profile.
      - V(fail) fails before the first write.
      - V(skip) goes on with the others; such agents are among RV(failures), and are no leavers.
    type: str
    choices: [fail, skip]
    default: fail
  rate:
    description:
      - How often a second each operation may be called. Every account has 2 by default, shared by all instances and
        callers of a Region.
      - After a refusal all the same, the operation slows down by itself, and recovers.
    type: float
    default: 2.0
  burst:
    description: How many calls of an operation may come at once.
    type: float
    default: 5.0
  progress_file:
    description:
      - A file to which lines are added that say how far the work is.
      - By default the task prints these lines itself, when the module runs on the controller and is to take at least 50
        steps.
    type: path
  progress_interval:
    description:
      - Seconds between two such lines. When it is given, there are lines however few steps there are to take.
      - By default 5, and no lines for fewer than 50 steps.
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
- name: Have agents
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

- name: Have exactly these agents, and take access from those who left
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
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Create the agent 'jane.doe@example.com'"]
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
users:
  description: What came of the agents.
  returned: always, once the agents could be read
  type: dict
  contains:
    created:
      description: How many were created.
      returned: always
      type: int
      sample: 1
    updated:
      description: How many were changed.
      returned: always
      type: int
      sample: 0
    unchanged:
      description: How many were as wanted already.
      returned: always
      type: int
      sample: 499
    failed:
      description: How many failed.
      returned: always
      type: int
      sample: 0
    removed:
      description: How many were deleted.
      returned: always
      type: int
      sample: 0
    restricted:
      description: How many leavers were restricted.
      returned: always
      type: int
      sample: 0
    leavers:
      description: The usernames of all leavers, whatever was done with them.
      returned: always
      type: list
      elements: str
    access:
      description: Who loses access, for O(max_removals).
      returned: always
      type: dict
      contains:
        agents:
          description: Of how many agents.
          returned: always
          type: int
          sample: 500
        lost:
          description: Those who lose it, each with C(username) and C(reason).
          returned: always
          type: list
          elements: dict
    renamed:
      description: The agents that have another name now, each with C(old) and C(new).
      returned: always
      type: list
      elements: dict
    changes:
      description: The agents that were created or changed.
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
          description: What was done or, in check mode, would be done.
          returned: always
          type: list
          elements: str
failures:
  description: The agents that failed.
  returned: when an agent failed
  type: list
  elements: dict
  contains:
    username:
      description: The username.
      returned: always
      type: str
      sample: jane.doe@example.com
    operation:
      description: What was tried; V(check) for an agent that cannot be as wanted.
      returned: always
      type: str
      sample: create
    code:
      description: The code of AWS's answer.
      returned: when there is one
      type: str
      sample: InvalidRequestException
    reason:
      description: What was tried, what AWS answered, and what to do.
      returned: always
      type: str
    action:
      description: The action that failed. What remained of this agent was skipped.
      returned: when a request failed
      type: str
      sample: "Create the agent 'jane.doe@example.com'"
    request_id:
      description: AWS's ID of the request.
      returned: when AWS answered
      type: str
would_remove:
  description: The agents that would have lost their access.
  returned: when O(max_removals) or an empty list stopped the task
  type: list
  elements: str
problems:
  description: Why nothing was begun, each C(reason) with the C(usernames) of the agents.
  returned: when an agent cannot be as wanted
  type: list
  elements: dict
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._connect.agents import TASK_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._connect.sync import SYNC_OPTIONS, SyncResource
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require


def main() -> None:
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec={
            "users": {
                "type": "list",
                "elements": "dict",
                "aliases": ["agents"],
            },  # validated while the first pages are being read
            **SYNC_OPTIONS,
            **TASK_OPTIONS,
        },
        required_one_of=[("users", "csv")],
        mutually_exclusive=[("users", "csv")],
        required_if=[("leavers", "restrict", ("restricted_security_profile",))],
        supports_check_mode=True,
    )
    require(module, "boto3", "botocore")
    converge(module, SyncResource(module), "users")


if __name__ == "__main__":
    main()
