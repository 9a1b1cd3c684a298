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
  - Creates users and changes what differs, for a whole list of agents in one task. Users that are not listed are left alone.
  - What exists is read 500 users a request, whatever the number of agents.
  - Whatever is wrong with any agent is told in one error before the first change. After that, an agent that fails does not stop the others;
    the task then fails at its end and returns each failure.
  - A run that was stopped is continued by the next one.
options:
  users:
    description: The agents. An option of an agent that is omitted is left as it is.
    type: list
    elements: dict
    required: true
    aliases: [agents]
    suboptions:
      username:
        description:
          - The username, exact in upper and lower case. It must equal the role session name that Entra sends, and cannot be changed later.
          - It has 2 to 64 letters, digits and C(_.-), and C(@) only as in an e-mail address.
          - That is what both AWS STS and Amazon Connect accept.
          - A user whose name differs in case only is reported, not duplicated.
        type: str
        required: true
      first_name:
        description: The first name. Needed for a new user.
        type: str
      last_name:
        description: The last name. Needed for a new user.
        type: str
      email:
        description:
          - Always refused, because Amazon Connect takes no e-mail address for users of a SAML instance.
          - Use the secondary e-mail address, where notifications go.
        type: str
      secondary_email:
        description: The e-mail address for notifications. An empty text removes it.
        type: str
      mobile:
        description: The mobile number in E.164 form. An empty text removes it.
        type: str
      security_profiles:
        description: The names or IDs of one to ten security profiles, exactly those that the user is to have. Needed for a new user.
        type: list
        elements: str
      routing_profile:
        description: The name or ID of the routing profile. Needed for a new user.
        type: str
      hierarchy_group:
        description:
          - The hierarchy group by its path such as C(Europe/Support), or by its ID.
          - An empty text takes the user out of the hierarchy.
        type: str
      phone_type:
        description: Where calls ring. A new user gets V(soft_phone) when nothing is said.
        type: str
        choices: [soft_phone, desk_phone]
      desk_phone_number:
        description: The number of the desk phone in E.164 form.
        type: str
      auto_accept:
        description: Whether contacts of every channel are taken without a click.
        type: bool
      after_contact_work_time_limit:
        description: Seconds for work after a contact of any channel, up to 2000000; V(0) is no limit.
        type: int
      persistent_connection:
        description: Whether the connection stays open between calls.
        type: bool
      channels:
        description:
          - The same settings channel by channel, in place of the five above. What is omitted is left as it is.
          - Needs botocore 1.42.46 or newer.
        type: dict
        suboptions:
          voice:
            description: Calls.
            type: dict
            suboptions:
              auto_accept:
                description: Whether contacts are taken without a click.
                type: bool
              agent_first_callback_auto_accept:
                description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
                type: bool
              after_contact_work_time_limit:
                description: Seconds for work after a contact; V(0) is no limit.
                type: int
              agent_first_callback_after_contact_work_time_limit:
                description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
                type: int
              phone_type:
                description: Where calls ring.
                type: str
                choices: [soft_phone, desk_phone]
              phone_number:
                description: The desk phone's number in E.164 form. Needs C(phone_type) beside it.
                type: str
              persistent_connection:
                description: Whether the connection stays open between calls.
                type: bool
              voice_enhancement_mode:
                description: How the agent's voice is cleaned of noise.
                type: str
                choices: [voice_isolation, noise_suppression, none]
          chat:
            description: Chats.
            type: dict
            suboptions:
              auto_accept:
                description: Whether contacts are taken without a click.
                type: bool
              agent_first_callback_auto_accept:
                description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
                type: bool
              after_contact_work_time_limit:
                description: Seconds for work after a contact; V(0) is no limit.
                type: int
              agent_first_callback_after_contact_work_time_limit:
                description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
                type: int
          task:
            description: Tasks.
            type: dict
            suboptions:
              auto_accept:
                description: Whether contacts are taken without a click.
                type: bool
              agent_first_callback_auto_accept:
                description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
                type: bool
              after_contact_work_time_limit:
                description: Seconds for work after a contact; V(0) is no limit.
                type: int
              agent_first_callback_after_contact_work_time_limit:
                description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
                type: int
          email:
            description: E-mail.
            type: dict
            suboptions:
              auto_accept:
                description: Whether contacts are taken without a click.
                type: bool
              agent_first_callback_auto_accept:
                description: The same for agent-first callbacks. Needs C(auto_accept) beside it.
                type: bool
              after_contact_work_time_limit:
                description: Seconds for work after a contact; V(0) is no limit.
                type: int
              agent_first_callback_after_contact_work_time_limit:
                description: The same for agent-first callbacks. Needs C(after_contact_work_time_limit) beside it.
                type: int
      tags:
        description: The tags. When omitted, they are left as they are.
        type: dict
        aliases: [resource_tags]
  instance_id:
    description: The instance's ID, ARN or alias. Only an alias takes a request to resolve.
    type: str
    required: true
    aliases: [instance_arn]
  purge_tags:
    description: Whether tags that are not among the given C(tags) are removed. The collection's own tag and those of AWS stay.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait for a user who exists, but is not shown yet.
    type: int
    default: 300
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
notes:
  - A write of secondary e-mail address or mobile number leaves the tag C(openccp.federation/contact) on the user, with a digest of both
    and the time. By it a later run knows without a request for each user that they are as wanted, unless somebody modified the user since.
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
"""

RETURN = r"""
actions:
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Create the agent 'jane.doe@example.com'"]
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
    name:
      description: The username.
      returned: always
      type: str
      sample: jane.doe@example.com
    msg:
      description: What was tried, what AWS answered, and what to do.
      returned: always
      type: str
    failed_action:
      description: The action that failed. What remained of this agent was skipped.
      returned: always
      type: str
      sample: "Create the agent 'jane.doe@example.com'"
    error_code:
      description: The code of AWS's answer.
      returned: when AWS answered
      type: str
      sample: InvalidRequestException
    request_id:
      description: AWS's ID of the request.
      returned: when AWS answered
      type: str
problems:
  description: Why nothing was begun, by C(username) and C(reason).
  returned: when an agent cannot be as wanted
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.connect_agents import (
    AGENT_OPTIONS,
    TASK_OPTIONS,
    AgentsResource,
    Snapshot,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step


class UsersResource(AgentsResource):
    """The agents of a list."""

    def plan(self, actual: Snapshot) -> Plan:
        self.actual = actual
        self.planned = super().plan(actual)
        return self.planned

    def result(self, plan: Plan) -> dict[str, t.Any]:
        wanted, done = _by_agent(self.planned.steps), _by_agent(plan.steps)
        failed = [name for name, steps in wanted.items() if len(done.get(name, ())) < len(steps)]
        succeeded = [name for name in done if name not in failed]
        created = [name for name in succeeded if name not in self.actual.existing]
        return {
            "created": len(created),
            "updated": len(succeeded) - len(created),
            "unchanged": len(self.agents) - len(wanted),
            "failed": len(failed),
            "changes": [self._change(name, steps) for name, steps in done.items()],
        }

    def _change(self, name: str, steps: list[Step]) -> dict[str, t.Any]:
        known = self.identity_of(name, self.actual.existing.get(name))
        return {"username": name, **known, "actions": [step.says for step in steps]}


def _by_agent(steps: t.Iterable[Step]) -> dict[str, list[Step]]:
    agents: dict[str, list[Step]] = {}
    for step in steps:
        agents.setdefault(str(step.of), []).append(step)
    return agents


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "users": {"type": "list", "elements": "dict", "required": True, "aliases": ["agents"], "options": AGENT_OPTIONS},
            **TASK_OPTIONS,
        },
        supports_check_mode=True,
    )
    converge(module, UsersResource(module, module.params["users"]), "users")


if __name__ == "__main__":
    main()
