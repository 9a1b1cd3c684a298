#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: live_probe
short_description: Ask the live clouds by experiment what no documentation says
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Answers open questions on Microsoft Entra ID, AWS IAM and Amazon Connect, each by an experiment with objects that it
    makes and removes again. It changes nothing that it did not make.
  - The role C(live_probe) asks all of them, cleans up in any case, and makes the report.
  - For a test tenant and a test account.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - lxml >= 5.0.0
options:
  state:
    description:
      - V(answered) makes the experiments of O(questions), and removes what they made.
      - V(clean) removes what earlier runs left, such as one that was killed. Only objects are removed whose names have
        the form that the probe gives, C(openccp-live-probe-) with twelve hexadecimal digits and a number.
    type: str
    choices: [answered, clean]
    default: answered
  questions:
    description:
      - The ids of the questions.
      - L(The list, https://github.com/openccp/federation/blob/main/docs/not-verified.md) says which ones can be asked.
    type: list
    elements: str
    default: []
  clouds:
    description: Which clouds are cleaned with O(state=clean).
    type: list
    elements: str
    choices: [entra, iam, connect]
    default: [entra, iam, connect]
  mark:
    description:
      - Twelve hexadecimal digits, which tell the names of one run from those of others. When omitted, O(state=answered)
        draws them.
      - With O(state=clean) only what bears it is removed. When omitted, what any run made.
    type: str
  confirm:
    description:
      - The id of the tenant and the number of the account, joined by a slash. Nothing is made unless those are named
        where it is made.
      - Not needed in check mode, which shows both.
    type: str
  instance_id:
    description:
      - The id of an Amazon Connect instance in which users may be made.
      - Without it, the questions that need a user are not asked.
    type: str
  repetitions:
    description:
      - How often each lag is measured, every time on new objects. RV(answers[].spread) then shows how the durations are
        spread. All objects are there until the end of the run.
      - The other experiments are made once.
    type: int
    default: 1
  wait_timeout:
    description: How many seconds to wait for a cloud to show what was written.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - openccp.federation.attributes
  - openccp.federation.attributes.actiongroup_aws
  - openccp.federation.attributes.actiongroup_entra
  - openccp.federation.entra
attributes:
  check_mode:
    support: full
    description: Says where the experiments would be made or what would be removed, and makes no write.
  diff_mode:
    support: none
    description: What is made is gone in the end.
  idempotent:
    support: none
    description: Each run makes the experiments anew.
"""

EXAMPLES = r"""
- name: See where the experiments would be made
  openccp.federation.live_probe:
    questions: [identifier_suffix]
  check_mode: true
  register: probe

- name: Find out whether an identifier may have any suffix
  openccp.federation.live_probe:
    questions: [identifier_suffix]
    confirm: 11111111-1111-1111-1111-111111111111/111122223333

- name: Remove what a killed run left
  openccp.federation.live_probe:
    state: clean
"""

RETURN = r"""
places:
  description: Where the experiments are made.
  returned: always
  type: dict
  contains:
    tenant_id:
      description: The tenant, null when no question is about it.
      type: str
      returned: always
    account_id:
      description: The account, null when no question is about it.
      type: str
      returned: always
    partition:
      description: The partition of AWS.
      type: str
      returned: always
      sample: aws
mark:
  description: The part of all names of this run that tells it from others.
  returned: with O(state=answered)
  type: str
answers:
  description: The answers, without names, ids and secrets.
  returned: with O(state=answered)
  type: list
  elements: dict
  contains:
    id:
      description: The question.
      type: str
      returned: always
    answer:
      description: The answer, V(not_told) where the question cannot be asked here.
      type: str
      returned: always
    why:
      description: Why it cannot be asked here.
      type: str
      returned: when it cannot
    evidence:
      description: The requests, each with C(request), C(status), C(seconds), and of an error C(code) and C(message).
      type: list
      elements: dict
      returned: always
    measured:
      description: Seconds that were measured, by the sandbox's setting for them.
      type: dict
      returned: always
    spread:
      description:
        - How the durations are spread, by the sandbox's setting for them.
        - C(seconds) counts them by classes, each named by its upper end in seconds. C(later_reads) followed one
          that showed the object, and C(backwards) of these did not show it.
      type: dict
      returned: always
    seconds:
      description: How long the experiment took.
      type: float
      returned: always
removed:
  description: What was removed, or would be.
  returned: with O(state=clean)
  type: list
  elements: str
"""

import functools
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import AWS, partition_of_region
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import (
    ENTRA_ARGUMENT_SPEC,
    ENTRA_CONSTRAINTS,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import entra_waiter
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._module import inform, require
from ansible_collections.openccp.federation.plugins.module_utils._probe import (
    aws_experiments,
    entra_bench,
    entra_experiments,
    probe,
)
from ansible_collections.openccp.federation.plugins.module_utils._probe.aws_experiments import AwsBench
from ansible_collections.openccp.federation.plugins.module_utils._probe.bench import Bench
from ansible_collections.openccp.federation.plugins.module_utils._probe.entra_bench import EntraBench
from ansible_collections.openccp.federation.plugins.module_utils._probe.stand_ins import StandIns
from ansible_collections.openccp.federation.plugins.module_utils._probe.surroundings import learn_aws, learn_entra


class Probe:
    """The probe with the options of a module."""

    def __init__(self, module: AnsibleAWSModule) -> None:
        self.module = module
        self.params = module.params
        probe.check_mark(self.params["mark"])
        probe.check_repetitions(self.params["repetitions"])
        self.mark = self.params["mark"] or probe.new_mark()
        self.waiter = entra_waiter(self.params["wait_timeout"])
        self.clients = functools.cache(functools.partial(client, module))
        self.stand_ins = StandIns()

    @functools.cached_property
    def graph(self) -> Graph:
        """Microsoft Graph."""
        return connect(self.params)

    @functools.cached_property
    def entra(self) -> EntraBench:
        """Where experiments in Entra ID are made."""
        bench = EntraBench(self.mark, self.waiter, self.stand_ins, self.params["repetitions"], graph=self.graph)
        learn_entra(bench)
        return bench

    @functools.cached_property
    def aws(self) -> AwsBench:
        """Where experiments in AWS are made."""
        bench = AwsBench(
            self.mark,
            self.waiter,
            self.stand_ins,
            self.params["repetitions"],
            clients=self.clients,
            instance_id=self.params["instance_id"],
        )
        learn_aws(bench, self.module.region)
        return bench

    def bench(self, question: str) -> Bench:
        """Where a question's experiment is made."""
        return self.entra if question in entra_experiments.EXPERIMENTS else self.aws

    def places(self, entra: bool, aws: bool) -> dict[str, t.Any]:
        """Where the experiments are made. Signs in to each cloud that is needed."""
        account = account_of(self.module) if aws else None
        region = self.module.region
        partition = account.partition if account else _partition(region)
        return {
            "tenant_id": self.graph.tenant_id if entra else None,
            "account_id": account.id if account else None,
            "partition": partition,
        }

    def answer(self) -> dict[str, t.Any]:
        """The answers to the questions of the options."""
        questions = probe.known(self.params["questions"])
        entra = any(question in entra_experiments.EXPERIMENTS for question in questions)
        places = self.places(entra, any(question in aws_experiments.IN_AN_ACCOUNT for question in questions))
        result: dict[str, t.Any] = {"changed": bool(questions), "places": places, "mark": self.mark, "answers": []}
        if self.module.check_mode or not questions:
            return result
        probe.check_confirmed(self.params["confirm"], places)
        try:
            result["answers"] = probe.ask(questions, self.bench)
        finally:
            for bench in (vars(self).get("entra"), vars(self).get("aws")):
                if bench is not None:
                    bench.clear()
        return result

    def clean(self) -> dict[str, t.Any]:
        """Remove what earlier runs left."""
        clouds = self.params["clouds"]
        finders: dict[str, probe.Finder] = {
            "entra": lambda is_marked: entra_bench.sweep_entra(self.graph, self.waiter, is_marked),
            "iam": functools.partial(aws_experiments.sweep_iam, self.clients),
            "connect": functools.partial(aws_experiments.sweep_connect, self.clients, self.params["instance_id"]),
        }
        chosen = [finder for cloud, finder in finders.items() if cloud in clouds]
        removed = probe.sweep(chosen, self.params["mark"], self.waiter.sleep, remove=not self.module.check_mode)
        return {
            "changed": bool(removed),
            "places": self.places("entra" in clouds, clouds != ["entra"]),
            "removed": removed,
        }


def _partition(region: str | None) -> str:
    return partition_of_region(region).name if region else AWS.name


def main() -> None:
    spec = {
        "state": {"type": "str", "choices": ["answered", "clean"], "default": "answered"},
        "questions": {"type": "list", "elements": "str", "default": []},
        "clouds": {
            "type": "list",
            "elements": "str",
            "choices": ["entra", "iam", "connect"],
            "default": ["entra", "iam", "connect"],
        },
        "mark": {"type": "str"},
        "confirm": {"type": "str"},
        "instance_id": {"type": "str"},
        "repetitions": {"type": "int", "default": 1},
        "wait_timeout": {"type": "int", "default": 300},
    }
    module = AnsibleAWSModule(
        check_boto3=False,  # require names all that is missing at once
        argument_spec=spec | ENTRA_ARGUMENT_SPEC,
        supports_check_mode=True,
        **ENTRA_CONSTRAINTS,
    )
    require(module, "boto3", "botocore", "msal", "requests", "cryptography", "lxml")
    work = {"answered": lambda: Probe(module).answer(), "clean": lambda: Probe(module).clean()}
    inform(module, work[module.params["state"]])


if __name__ == "__main__":
    main()
