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

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.definition import AwsDefinition
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC, entra_rules
from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule, inform
from ansible_collections.openccp.federation.plugins.module_utils._probe.task import Probe

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
    """Answer the questions, or remove what earlier runs left."""
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
