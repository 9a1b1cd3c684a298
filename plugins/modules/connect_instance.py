#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connect_instance
short_description: Manage an Amazon Connect instance that signs agents in by SAML
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Finds an Amazon Connect instance by its alias, ID or ARN, or creates one that manages identities by SAML, and keeps
    its settings.
  - An instance that manages identities in another way is refused, since Amazon Connect never changes that.
  - Amazon Connect limits an account to 100 creations and deletions of instances in 30 days together.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
options:
  alias:
    description:
      - The alias, which is part of the instance's address. It cannot be changed.
      - It finds the instance, and with O(state=present) an instance that does not exist is created with it.
    type: str
  instance_id:
    description:
      - The ID or the ARN of an existing instance.
      - With O(alias) as well, the instance must have that alias.
    type: str
    aliases: [arn]
  state:
    description:
      - V(present) finds or creates the instance and keeps its settings.
      - V(absent) deletes it with all that is in it, and needs O(confirm_alias).
    type: str
    choices: [present, absent]
    default: present
  confirm_alias:
    description: The alias once more, without which an instance is never deleted.
    type: str
  inbound_calls:
    description: Whether contacts may call. When omitted, it is V(true) on a new instance and left as it is on an
      existing one.
    type: bool
  outbound_calls:
    description: Whether agents may call. When omitted, it is V(true) on a new instance and left as it is on an existing
      one.
    type: bool
  attributes:
    description: Further settings of the instance. What is omitted is left as it is.
    type: dict
    suboptions:
      auto_mute_agent_on_hold:
        description: Mute the agent while the contact is on hold.
        type: bool
      auto_resolve_best_voices:
        description: Choose the best available Amazon Polly voice.
        type: bool
      contact_lens:
        description: Contact Lens, the analysis of conversations.
        type: bool
      contactflow_logs:
        description: Logs of flows in Amazon CloudWatch.
        type: bool
      early_media:
        description: Early media for outbound calls.
        type: bool
      enhanced_chat_monitoring:
        description: Let supervisors join chats.
        type: bool
      enhanced_contact_monitoring:
        description: Let supervisors join calls.
        type: bool
      high_volume_outbound:
        description: High-volume outbound campaigns.
        type: bool
      message_streaming:
        description: Streaming of chat messages.
        type: bool
      multi_party_chat_conference:
        description: Chats with several parties.
        type: bool
      multi_party_conference:
        description: Calls with several parties.
        type: bool
      use_custom_tts_voices:
        description: Voices that Amazon made for this account.
        type: bool
  account_id:
    description:
      - The ID of the AWS account. An instance in another one is refused.
      - In check mode it saves the request that otherwise asks STS for the account of an instance that would be created.
    type: str
  wait_timeout:
    description: How many seconds to wait until the instance is active or, when deleted, gone.
    type: int
    default: 600
extends_documentation_fragment:
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
notes:
  - To create an instance takes the permissions C(connect:CreateInstance), C(ds:CheckAlias), C(ds:CreateAlias),
    C(ds:AuthorizeApplication), C(ds:CreateIdentityPoolDirectory), C(ds:CreateDirectory), C(ds:DescribeDirectories) and
    C(iam:CreateServiceLinkedRole) beside the reading ones.
  - A new instance has no users. Give the first administrator the security profile C(Admin) with
    M(openccp.federation.connect_user).
seealso:
  - module: openccp.federation.connect_instance_info
  - module: openccp.federation.connect_approved_origin
  - module: openccp.federation.connect_user
"""

EXAMPLES = r"""
- name: Have a contact centre whose agents sign in by SAML
  openccp.federation.connect_instance:
    region: eu-central-1
    alias: example-service
    tags:
      service: contact-centre
  register: centre

- name: Show where an enterprise application has to send agents
  ansible.builtin.debug:
    msg: "{{ centre.instance.ccp_relay_state }}"

- name: Keep settings of an instance that is known by its ID
  openccp.federation.connect_instance:
    region: eu-central-1
    instance_id: "{{ centre.instance.id }}"
    outbound_calls: false
    attributes:
      contactflow_logs: true
      contact_lens: true

- name: Delete the contact centre with all that is in it
  openccp.federation.connect_instance:
    region: eu-central-1
    alias: example-service
    confirm_alias: example-service
    state: absent
"""

RETURN = r"""
actions:
  description: What was done or, in check mode, would be done, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["Create the Amazon Connect instance 'example-service'"]
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
instance:
  description: The instance; empty when it does not exist. In check mode, what is given of an instance that would be
    created.
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
      description: The account, taken from the ARN. Of an instance that would be created, that of the credentials.
      returned: when O(state=present)
      type: str
      sample: "123456789012"
    partition:
      description: The AWS partition, taken from the ARN. Of an instance that would be created, that of the credentials.
      returned: when O(state=present)
      type: str
      sample: aws
    region:
      description: The Region.
      returned: when O(state=present)
      type: str
      sample: eu-central-1
    identity_management_type:
      description: How the instance manages identities.
      returned: when O(state=present)
      type: str
      sample: SAML
    status:
      description: The status.
      returned: when the instance exists
      type: str
      sample: ACTIVE
    inbound_calls:
      description: Whether contacts may call.
      returned: when O(state=present)
      type: bool
    outbound_calls:
      description: Whether agents may call.
      returned: when O(state=present)
      type: bool
    attributes:
      description: Those of the further settings that O(attributes) gives.
      returned: when O(attributes) is given
      type: dict
    access_url:
      description: The instance's address.
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws
    ccp_url:
      description: The address of the Contact Control Panel. Opened without signing in first, it shows "Session
        expired".
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws/ccp-v2/
    agent_workspace_url:
      description: The address of the agent workspace.
      returned: when the instance exists
      type: str
      sample: https://example-service.my.connect.aws/agent-app-v2/
    relay_state:
      description: The relay state that leads to the instance's home page.
      returned: when the instance exists
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555
    ccp_relay_state:
      description: The relay state that leads to the Contact Control Panel.
      returned: when the instance exists
      type: str
      sample: https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-3333-4444-555555555555?destination=%2Fccp-v2
    global_sign_in_endpoint:
      description: The sign-in address of an instance with Global Resiliency.
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

import dataclasses
import typing as t
import uuid

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._connect import alias_search, instances
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    check_account,
    check_alias,
    check_home,
    parse_connect_instance_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    FederationError,
    InvalidInput,
    NotFound,
    TimedOut,
)
from ansible_collections.openccp.federation.plugins.module_utils._module import converge, require
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: seconds in which a new instance is listed; the alias of one that is not by then is somebody else's
LISTED_WITHIN: t.Final = 10.0


class InstanceResource:
    """One instance, as the options want it."""

    def __init__(self, module: AnsibleAWSModule) -> None:
        self.module = module
        self.params = module.params
        self.waiter = Waiter(timeout=module.params["wait_timeout"])
        self.doubts: list[str] = []
        self.id: str | None = None
        self.arn: str | None = None
        self.home: dict[str, str] = {}
        self.made: instances.Instance | None = None

    def read(self) -> instances.Instance | None:
        if self.params["alias"]:
            check_alias(self.params["alias"])
        if self.params["account_id"]:
            check_account(self.params["account_id"])
        self.connect = instances.connect_client(self.module)
        self.region = self.connect.meta.region_name
        self.id = self._find()
        if self.id is None:
            if self.params["state"] == "present" and self.module.check_mode:
                account = account_of(self.module)
                self.home = {"account_id": account.id, "partition": account.partition}
                self.doubts += alias_search.check_elsewhere(self.module, self.params["alias"], self.region)
            return None
        actual = self._named_by_id() if self.params["instance_id"] else self._ready()
        if actual and self.params["attributes"]:
            actual = actual | {"Attributes": instances.read_attributes(self.connect, self.id)}
        return actual

    def plan(self, actual: instances.Instance | None) -> Plan:
        if actual and self.params["account_id"]:
            check_home(parse_connect_instance_arn(actual["Arn"]), account=self.params["account_id"])
        self.arn = actual["Arn"] if actual else None
        return dataclasses.replace(instances.plan(self.params, actual, self.region), warnings=tuple(self.doubts))

    def result(self, plan: Plan) -> dict[str, t.Any]:
        if self.params["state"] == "absent" or self.module.check_mode or self.id is None:
            return plan.after | self.home
        found = self.made or (self._describe() if plan.steps else None)
        if found is None:
            return plan.after
        shown = instances.view(found, self.region)
        # Reads lag behind writes: what was just written is known better from the plan.
        return shown | {option: value for option, value in plan.after.items() if value is not None}

    def create(self, alias: str, inbound_calls: bool, outbound_calls: bool, tags: dict[str, str]) -> None:
        try:
            with attempt(f"create the Amazon Connect instance {alias!r}"):
                made = self.connect.create_instance(
                    ClientToken=str(uuid.uuid4()),
                    IdentityManagementType="SAML",
                    InstanceAlias=alias,
                    InboundCallsEnabled=inbound_calls,
                    OutboundCallsEnabled=outbound_calls,
                    **({"Tags": tags} if tags else {}),
                )
        except FederationError as error:
            made = self._made_before(alias, error)
        self.id, self.arn = made["Id"], made["Arn"]
        self.made = self._ready()

    def _made_before(self, alias: str, error: FederationError) -> instances.Instance:
        """The instance that holds the alias, where an earlier run of ours was stopped before the lists showed it; else
        the error.
        """
        refused = instances.alias_taken(error, alias)
        if refused is error:
            raise error
        try:
            return self.waiter.until(
                f"the instance {alias!r} to be listed",
                lambda: instances.only(instances.with_alias(instances.list_instances(self.connect), alias), alias),
                timeout=LISTED_WITHIN,
            )
        except TimedOut:
            raise refused from error

    def update_attribute(self, attribute: str, value: bool) -> None:
        with attempt(f"change {attribute} of the instance {self.id}"):
            self.connect.update_instance_attribute(
                InstanceId=self.id, AttributeType=attribute, Value=str(value).lower()
            )

    def tag(self, tags: dict[str, str]) -> None:
        with attempt(f"tag the instance {self.id}"):
            self.connect.tag_resource(resourceArn=self.arn, tags=tags)

    def untag(self, keys: list[str]) -> None:
        with attempt(f"remove tags of the instance {self.id}"):
            self.connect.untag_resource(resourceArn=self.arn, tagKeys=keys)

    def delete(self) -> None:
        with attempt(f"delete the Amazon Connect instance {self.id}"):
            self.connect.delete_instance(InstanceId=self.id)
        self.waiter.until(f"the instance {self.id} to be gone", lambda: None if self._describe() else True)

    def _find(self) -> str | None:
        reference, alias = self.params["instance_id"], self.params["alias"]
        if reference:
            return instances.id_of_reference(self.connect, instances.check_reference(reference))
        listed = instances.list_instances(self.connect)
        found = instances.only(instances.with_alias(listed, alias), alias)
        if found is None and self.params["state"] == "present":
            self.doubts = alias_search.misspelt(
                alias, [str(one["InstanceAlias"]) for one in listed if one.get("InstanceAlias")]
            )
        return found["Id"] if found else None

    def _describe(self) -> instances.Instance | None:
        return instances.describe(self.connect, str(self.id))

    def _ready(self) -> instances.Instance:
        """The instance, once it is no longer being created."""
        return self.waiter.until(
            f"the instance {self.id} to be active", lambda: instances.once_active(self._describe())
        )

    def _named_by_id(self) -> instances.Instance | None:
        found = self._describe()
        if found is None and self.params["state"] == "present":
            raise NotFound(
                f"There is no Amazon Connect instance {self.id} in {self.region}.",
                hint="Check the Region and the account.",
            )
        alias = (found or {}).get("InstanceAlias") or ""
        if found and self.params["alias"] and alias.lower() != self.params["alias"].lower():
            raise InvalidInput(f"The instance {self.id} has the alias {alias!r}, not {self.params['alias']!r}.")
        if found and self.params["state"] == "present":
            return instances.once_active(found) or self._ready()
        return found


def main() -> None:
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec={
            "alias": {"type": "str"},
            "instance_id": {"type": "str", "aliases": ["arn"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "confirm_alias": {"type": "str"},
            "inbound_calls": {"type": "bool"},
            "outbound_calls": {"type": "bool"},
            "attributes": {"type": "dict", "options": {option: {"type": "bool"} for option in instances.ATTRIBUTES}},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "account_id": {"type": "str"},
            "wait_timeout": {"type": "int", "default": 600},
        },
        required_one_of=[("alias", "instance_id")],
        supports_check_mode=True,
    )
    require(module, "boto3", "botocore")
    converge(module, InstanceResource(module), "instance")


if __name__ == "__main__":
    main()
