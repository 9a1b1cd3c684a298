#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_check
short_description: Find out why agents cannot sign in to Amazon Connect through Microsoft Entra ID
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Follows the sign-in path of a federation hop by hop, from the application in Entra ID to the security profile in
    Amazon Connect. For each hop, the module reports whether agents can pass, what an agent sees if not, and how to fix
    it.
  - The module only reads, and checks a whole contact centre without a request for each agent.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - lxml >= 5.0.0
options:
  app_id:
    description: The (client) ID of the application.
    type: str
  name:
    description: The display name of the application, no matter how it was created.
    type: str
  identifier:
    description: The identifier (entity ID) of the application, no matter how it was created.
    type: str
  instance_id:
    description: The Amazon Connect instance's ID, ARN or alias. Resolving an alias takes one more request.
    type: str
    required: true
    aliases: [instance_arn]
  role:
    description:
      - The expected IAM role of the federation, by ARN, or by name with its path, if any, as a prefix.
      - If omitted, the role in the claims of the application is used.
    type: str
  saml_provider:
    description:
      - The expected SAML provider of the federation, by ARN or name.
      - If omitted, the SAML provider in the claims of the application is used.
    type: str
  people:
    description:
      - The people to check, each by user principal name, object ID, e-mail address, unique display name or, if assigned
        to the application, session name. Only session names are case-sensitive.
      - If O(people) and O(everyone_assigned) are omitted, the path is checked without any particular person.
    type: list
    elements: str
  everyone_assigned:
    description:
      - Whether to check everyone who is assigned to the application, directly or as a direct member of an assigned
        group.
      - Disabled accounts are then reported as warnings, and their other hops are not checked.
    type: bool
    default: false
  destination:
    description:
      - The page to which agents are expected to be redirected, not URL-encoded, such as V(/ccp-v2). An empty string is
        the home page.
      - If omitted, any page is accepted.
    type: str
  embedding_origins:
    description: The origins of the pages that embed the Contact Control Panel. Each must be an approved origin of the
      Amazon Connect instance.
    type: list
    elements: str
  pages:
    description:
      - The pages that embed the Contact Control Panel.
      - For each page, the hop C(embedding) reports whether the origin is approved, whether the page shows the panel of
        this instance on the domain to which the sign-in redirects, and whether its sign-in window opens the
        application.
    type: list
    elements: dict
    suboptions:
      url:
        description: The URL at which agents open the page.
        type: str
        required: true
      ccp_url:
        description: The URL of the panel that the page passes to Amazon Connect Streams.
        type: str
      login_url:
        description: The URL that the sign-in window of the page opens.
        type: str
      folder:
        description:
          - The folder of a page that the role P(openccp.federation.ccp_page#role) published, on the host that runs the
            module. Its C(config.json) then provides O(pages[].ccp_url) and O(pages[].login_url).
        type: path
  warn_days:
    description: Warn about certificates that expire within this number of days.
    type: int
    default: 30
  fail_on:
    description:
      - The task fails if any finding has this status or a worse one. V(never) makes the task succeed regardless of the
        findings.
      - Findings with the status V(unknown) never make the task fail.
    type: str
    choices: [fail, warning, never]
    default: fail
  wait_timeout:
    description:
      - The maximum time, in seconds, for which the check is repeated while any finding fails.
      - Recent changes take some time to become visible in both clouds. V(0) checks only once.
    type: int
    default: 0
  overview:
    description:
      - Whether to also return RV(overview), with the certificates in both clouds and the agents by security profile and
        state.
      - This reads the security profiles of all users of the instance, in pages of 500, and the names of the security
        profiles with one more request.
    type: bool
    default: false
attributes:
  action_group:
    support: full
    description: >-
      Use C(group/openccp.federation.aws) and C(group/openccp.federation.entra) in C(module_defaults) to give the
      credentials of both clouds once.
    membership:
      - openccp.federation.aws
      - openccp.federation.entra
extends_documentation_fragment:
  - openccp.federation.attributes.info_module
  - openccp.federation.attributes.actiongroup_aws
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
  - amazon.aws.common.modules
  - amazon.aws.region.modules
notes:
  - Requires the Microsoft Graph application permissions C(Application.Read.All), C(Policy.Read.All),
    C(GroupMember.Read.All) and C(User.Read.All), and in AWS the read actions of the policy in the collection's
    documentation. A hop is V(unknown) if the permissions do not allow reading it.
  - The module cannot read licences, Conditional Access policies, claims that were configured in the portal without a
    claims policy, and the role to which an Amazon Connect user is bound. It never reports these as failing. It does not
    read service control policies and resource control policies of the organization either. The hop C(organization) is
    therefore always V(unknown), and explains how to check them.
  - Claims that come from a user attribute or a transformation of Entra ID are computed for each person who is checked.
    Policy conditions are evaluated where the claims, the time or the type of the request determine the result.
seealso:
  - module: openccp.federation.saml_response_info
"""

EXAMPLES = r"""
- name: Find out why Jane cannot sign in
  openccp.federation.federation_check:
    name: Amazon Connect example-service
    region: eu-central-1
    instance_id: example-service
    people: [jane.doe@example.com]
    fail_on: never
  register: check

- name: Show the findings
  ansible.builtin.debug:
    var: check.table

- name: Check that everyone who is assigned can sign in
  openccp.federation.federation_check:
    identifier: https://signin.aws.amazon.com/saml#example-service
    region: eu-central-1
    instance_id: example-service
    role: ConnectFederation-example-service
    saml_provider: Entra-example-service
    destination: /ccp-v2
    everyone_assigned: true
"""

RETURN = r"""
version:
  description: The version of the result format, which is described by C(docs/schemas/federation-check.schema.json) of
    the collection.
  returned: always
  type: int
  sample: 1
ok:
  description: Whether no finding has the status O(fail_on) or a worse one. With O(fail_on=never), whether no finding
    fails.
  returned: always
  type: bool
summary:
  description: A summary in one or two sentences.
  returned: always
  type: str
  sample: Agents can sign in, as far as can be read.
counts:
  description: The number of findings of each status.
  returned: always
  type: dict
  sample: {fail: 0, warning: 0, unknown: 2, pass: 19}
findings:
  description:
    - One finding for each hop and subject, in the order of the sign-in path.
    - If more than 20 people pass a hop, they are combined in one finding with their number.
  returned: always
  type: list
  elements: dict
  contains:
    hop:
      description: The hop of the sign-in path.
      returned: always
      type: str
      sample: certificate
    subject:
      description: What or who was checked.
      returned: always
      type: str
    person:
      description: Whether the subject is a person or, in a combined finding, several people.
      returned: always
      type: bool
    status:
      description: V(pass), V(warning), V(fail) or V(unknown).
      returned: always
      type: str
    reason:
      description: The reason for the status. For V(unknown), why the status cannot be determined. Empty for V(pass).
      returned: always
      type: str
    evidence:
      description: The values that were compared.
      returned: always
      type: dict
    symptom:
      description: The text that an agent sees, or the point at which the sign-in stops. Errors of Entra ID are given by
        their code.
      returned: always
      type: str
      sample: Response signature invalid
    fix:
      description: The option or command that fixes the problem.
      returned: always
      type: str
overview:
  description: The state of the federation in both clouds, for a report.
  returned: when O(overview=true)
  type: dict
  contains:
    time:
      description: The time, according to the clouds, at which they were read.
      returned: always
      type: str
      sample: "2026-01-31T12:00:00Z"
    application:
      description: The C(name) and C(app_id) of the application. Null if there is none.
      returned: always
      type: dict
    instance:
      description: The C(arn) and C(alias) of the instance.
      returned: always
      type: dict
    everyone_assigned:
      description: Whether everyone who is assigned was checked.
      returned: always
      type: bool
    certificates:
      description:
        - The certificates of the application and of the SAML providers, sorted by expiry date with the earliest first.
        - Each has C(thumbprint), C(sha256), C(subject), C(not_before), C(not_after), C(days_left), C(usable) (whether
          it is within its validity period), C(key_bits), C(in_entra) (whether the application has it), C(active),
          C(can_sign) (whether Entra ID has its private key), C(signs) (whether Entra ID signs with it now) and
          C(providers).
        - C(providers) tells for each SAML provider, by ARN, whether it trusts the certificate. Null if this could not
          be read.
      returned: always
      type: list
      elements: dict
    agents:
      description:
        - The number of C(people) who were checked and the number of C(users) of the instance. Null if the users could
          not be read, in which case C(not_readable) gives the reason.
        - The number of agents by C(states), in total and for each of C(profiles). An agent with two security profiles
          is counted for both.
        - The states are C(refused), C(unknown), C(disabled) (the account is disabled, if everyone who is assigned was
          checked), C(unobstructed) (no problem was found), C(unassigned) (users of the instance to whom no assigned
          person corresponds) and C(unchecked) (users who were not checked).
        - The profile with an empty name contains agents without a user, and users whose security profiles could not be
          read.
      returned: always
      type: dict
table:
  description: The findings as text lines for a terminal.
  returned: always
  type: list
  elements: str
"""

import contextlib
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._checks import findings as report
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Facts
from ansible_collections.openccp.federation.plugins.module_utils._checks.overview import overview
from ansible_collections.openccp.federation.plugins.module_utils._checks.sign_in_path import every_finding
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC, entra_rules
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, TimedOut
from ansible_collections.openccp.federation.plugins.module_utils._facts.federation import read_facts
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

PAGE_OPTIONS: t.Final[dict[str, t.Any]] = {
    "url": {"type": "str", "required": True},
    "ccp_url": {"type": "str"},
    "login_url": {"type": "str"},
    "folder": {"type": "path"},
}

CHECK_OPTIONS: t.Final[dict[str, t.Any]] = {
    "app_id": {"type": "str"},
    "name": {"type": "str"},
    "identifier": {"type": "str"},
    "instance_id": {"type": "str", "required": True, "aliases": ["instance_arn"]},
    "role": {"type": "str"},
    "saml_provider": {"type": "str"},
    "people": {"type": "list", "elements": "str"},
    "everyone_assigned": {"type": "bool", "default": False},
    "destination": {"type": "str"},
    "embedding_origins": {"type": "list", "elements": "str"},
    "pages": {"type": "list", "elements": "dict", "options": PAGE_OPTIONS},
    "warn_days": {"type": "int", "default": 30},
    "fail_on": {"type": "str", "choices": list(report.FAIL_ON), "default": "fail"},
    "wait_timeout": {"type": "int", "default": 0},
    "overview": {"type": "bool", "default": False},
}


def last_check(module: AwsModule) -> tuple[Facts, list[report.Finding]]:
    """The facts and every finding, those of the last check when there are several."""
    checks: list[tuple[Facts, list[report.Finding]]] = []

    def probe() -> bool | None:
        facts = read_facts(module)
        findings = every_finding(facts)
        checks.append((facts, findings))
        return True if report.is_ok(findings, "fail") else None

    with contextlib.suppress(TimedOut):
        waiter = Waiter(timeout=module.params["wait_timeout"], first_pause=1.0, longest_pause=10.0)
        waiter.until("the clouds to show a federation without a failure", probe)
    return checks[-1]


def checked(module: AwsModule) -> dict[str, t.Any]:
    """What the module returns; FederationError with all of it when the findings are as bad as fail_on says."""
    facts, every = last_check(module)
    findings = report.in_order(every)
    fail_on = module.params["fail_on"]
    result: dict[str, t.Any] = {
        "version": report.VERSION,
        "ok": report.is_ok(findings, fail_on),
        "summary": report.summary(findings),
        "counts": report.counts(findings),
        "findings": [finding.as_dict() for finding in findings],
        "table": report.table(findings),
    }
    if module.params["overview"]:
        result["overview"] = overview(facts, every)
    if not result["ok"] and fail_on != "never":
        raise FederationError(str(result["summary"]), **result)
    return result


NAMED: t.Final = ("app_id", "name", "identifier")
MODULE: t.Final = AwsDefinition(
    options=CHECK_OPTIONS | ENTRA_ARGUMENT_SPEC,
    rules=entra_rules(mutually_exclusive=[NAMED, ("people", "everyone_assigned")], required_one_of=[NAMED]),
    libraries=("boto3", "botocore", "msal", "requests", "cryptography", "lxml"),
    work=lambda module: inform(module, lambda: checked(module)),
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
