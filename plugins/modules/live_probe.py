#!/usr/bin/python
# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: live_probe
short_description: Answer open questions about the live clouds by experiment
version_added: 1.0.0
author:
  - openccp.federation contributors (@openccp)
description:
  - Answers questions about Microsoft Entra ID, AWS IAM and Amazon Connect that no documentation answers. Each
    experiment creates its own objects and removes them afterwards. No other objects are changed.
  - The role P(openccp.federation.live_probe#role) runs all experiments, always cleans up, and writes a report.
  - Use this module only with a test tenant and a test account.
requirements:
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
  - lxml >= 5.0.0
options:
  state:
    description:
      - V(answered) runs the experiments for O(questions) and removes the objects that they created.
      - V(clean) removes objects that earlier, interrupted runs left behind. Only objects with names of the form that
        the probe uses are removed, which is C(openccp-live-probe-) followed by twelve hexadecimal digits and a number.
    type: str
    choices: [answered, clean]
    default: answered
  questions:
    description:
      - The IDs of the questions.
      - L(The list of open questions, https://github.com/openccp/federation/blob/main/docs/not-verified.md) shows which
        questions can be answered by experiment.
    type: list
    elements: str
    default: []
  clouds:
    description: The clouds to clean with O(state=clean).
    type: list
    elements: str
    choices: [entra, iam, connect]
    default: [entra, iam, connect]
  mark:
    description:
      - Twelve hexadecimal digits that distinguish the names of one run from those of other runs. If omitted,
        O(state=answered) generates them.
      - With O(state=clean), only objects with this mark are removed. If omitted, the objects of all runs are removed.
    type: str
  confirm:
    description:
      - The ID of the tenant and the ID of the AWS account, separated by a slash. Nothing is created unless they match
        the tenant and the account of the credentials.
      - Not required in check mode, which returns both.
    type: str
  instance_id:
    description:
      - The ID of an Amazon Connect instance in which users can be created.
      - If omitted, questions that require a user are not answered.
    type: str
  repetitions:
    description:
      - How many times each delay is measured, each time with new objects. RV(answers[].spread) then shows the
        distribution of the durations. All objects exist until the end of the run.
      - All other experiments run once.
    type: int
    default: 1
  wait_timeout:
    description: The maximum time, in seconds, to wait until a cloud returns the written values.
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
    description: Reports where the experiments would run or what would be removed, without changing anything.
  diff_mode:
    support: none
    description: All created objects are removed at the end.
  idempotent:
    support: none
    description: Each run repeats the experiments.
"""

EXAMPLES = r"""
- name: Show where the experiments would run
  openccp.federation.live_probe:
    questions: [identifier_suffix]
  check_mode: true
  register: probe

- name: Find out whether an identifier can have any suffix
  openccp.federation.live_probe:
    questions: [identifier_suffix]
    confirm: 11111111-1111-1111-1111-111111111111/111122223333

- name: Remove the objects of an interrupted run
  openccp.federation.live_probe:
    state: clean
"""

RETURN = r"""
places:
  description: Where the experiments run.
  returned: always
  type: dict
  contains:
    tenant_id:
      description: The ID of the tenant. Null if no question concerns it.
      type: str
      returned: always
    account_id:
      description: The ID of the AWS account. Null if no question concerns it.
      type: str
      returned: always
    partition:
      description: The AWS partition.
      type: str
      returned: always
      sample: aws
mark:
  description: The part of the object names that distinguishes this run from others.
  returned: with O(state=answered)
  type: str
answers:
  description: The answers, without names, IDs and secrets.
  returned: with O(state=answered)
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the question.
      type: str
      returned: always
    answer:
      description: The answer. V(not_told) if the question cannot be answered here.
      type: str
      returned: always
    why:
      description: Why the question cannot be answered here.
      type: str
      returned: when the question cannot be answered
    evidence:
      description: The requests, each with C(request), C(status), C(seconds) and, for an error, C(code) and C(message).
      type: list
      elements: dict
      returned: always
    measured:
      description: The measured durations in seconds, by the corresponding setting of the sandbox.
      type: dict
      returned: always
    spread:
      description:
        - The distribution of the durations, by the corresponding setting of the sandbox.
        - C(seconds) is a histogram, with the upper bound of each class in seconds as its key. C(later_reads) is the
          number of reads after the first read that showed the object, and C(backwards) the number of these that did not
          show it.
      type: dict
      returned: always
    seconds:
      description: The duration of the experiment in seconds.
      type: float
      returned: always
removed:
  description: The objects that were removed or, in check mode, would be removed.
  returned: with O(state=clean)
  type: list
  elements: str
"""

import functools
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import AWS, partition_of_region
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC, entra_rules
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import entra_waiter
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform
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

    def __init__(self, module: AwsModule) -> None:
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
        """Where the experiments run. Signs in to each cloud that is needed."""
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


OPTIONS: t.Final[dict[str, t.Any]] = {
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


def work(module: AwsModule) -> t.NoReturn:
    tasks = {"answered": lambda: Probe(module).answer(), "clean": lambda: Probe(module).clean()}
    inform(module, tasks[module.params["state"]])


MODULE: t.Final = AwsDefinition(
    options=OPTIONS | ENTRA_ARGUMENT_SPEC,
    rules=entra_rules(),
    libraries=("boto3", "botocore", "msal", "requests", "cryptography", "lxml"),
    work=work,
)


def main() -> None:
    MODULE.main()


if __name__ == "__main__":
    main()
