# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documented permissions of each job are what its scenarios were seen to need, all of it and nothing more.

By the sandbox's own evaluation of what was recorded; `make conformance` plays the scenarios with these permissions.
"""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from least_permissions import (
    FOLDER,
    LONGEST,
    PAGE,
    actions_of,
    aws_needs,
    bounded,
    denied,
    documents,
    every_action,
    graph_calls,
    page,
    policy_of,
    read_recording,
    refused,
    without,
)
from permission_jobs import JOBS, READING

from awx_rules import OBJECTS
from federation_sandbox.aws.protocol import READS
from support import CHECKOUT

RECORDING: t.Final = read_recording()
DOCUMENTS: t.Final = documents(RECORDING)
by_job = pytest.mark.parametrize("job", JOBS)


def policy(job: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads((FOLDER / "jobs" / f"{job}.json").read_text(encoding="utf-8")))


def graph(job: str) -> list[str]:
    return t.cast("list[str]", json.loads((FOLDER / "graph.json").read_text(encoding="utf-8"))[job])


def test_the_files_are_made_of_the_recording() -> None:
    """`make permissions` writes them"""
    kept = {
        str(file.relative_to(FOLDER)): json.loads(file.read_text(encoding="utf-8"))
        for file in FOLDER.rglob("*.json")
        if file.name != "aws-boundary.json"
    }
    assert kept == DOCUMENTS
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, RECORDING, JOBS) == text


@by_job
def test_exactly_these_are_enough(job: str) -> None:
    assert denied(policy(job), aws_needs(RECORDING, job)) == []
    assert refused(graph(job), graph_calls(RECORDING, job)) == []


@by_job
def test_none_of_these_is_unneeded(job: str) -> None:
    """Without any one of them something is denied that the job does, and the denial names it"""
    needs = aws_needs(RECORDING, job)
    for number, action in every_action(policy(job)):
        lost = denied(without(policy(job), number, action), needs)
        assert {need["action"] for need in lost} == {action}
    for permission in graph(job):
        left = [other for other in graph(job) if other != permission]
        assert refused(left, graph_calls(RECORDING, job)), permission


@pytest.mark.parametrize("job", READING)
def test_who_reads_may_not_write(job: str) -> None:
    actions = [action.partition(":")[2] for dummy, action in every_action(policy(job))]
    assert [action for action in actions if not READS.match(action)] == []
    assert [permission for permission in graph(job) if "Write" in permission] == []


@by_job
def test_no_action_and_no_resource_is_open(job: str) -> None:
    """Wildcards stand for ids and for the end of a name, and removals are of what this collection made"""
    for statement in policy(job)["Statement"]:
        assert not [action for action in actions_of(statement) if "*" in action]
        assert statement["Resource"] != "arn:aws:*"
        removals = {action for action in actions_of(statement) if re.match(r"iam:Delete(?!RolePerm)", action)}
        condition = statement.get("Condition", {}).get("StringEquals", {})
        assert not removals or condition == {"aws:ResourceTag/managed-by": "openccp.federation"} or job == "live-probe"


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "graph.json"])
def test_iam_takes_it_as_a_managed_policy(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert len(re.sub(r"\s", "", text)) <= LONGEST
    names = [statement["Sid"] for statement in json.loads(text)["Statement"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", each) for each in names)


def test_the_bounded_policy_loses_nothing_but_the_boundary() -> None:
    """With the boundary in each request it allows the same, but to take the boundary away"""
    needs = aws_needs(RECORDING, "site") + aws_needs(RECORDING, "teardown")
    arn = "arn:aws:iam::111122223333:policy/ConnectFederationBoundary"
    limited = [{**need, "conditions": {**need["conditions"], "iam:permissionsboundary": [arn]}} for need in needs]
    assert denied(bounded(policy_of(needs)), limited) == []
    unlimited = list(map(_unlimited, needs))
    writes = {need["action"] for need in denied(bounded(policy_of(needs)), unlimited)}
    assert {"iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"} <= writes
    assert all(action.startswith("iam:") for action in writes)


def _unlimited(need: dict[str, t.Any]) -> dict[str, t.Any]:
    conditions = {key: values for key, values in need["conditions"].items() if key != "iam:permissionsboundary"}
    return {**need, "conditions": conditions}


def test_every_template_of_awx_names_its_permissions() -> None:
    for template in OBJECTS["awx_job_templates"]:
        (named,) = re.findall(r"docs/permissions/jobs/([\w-]+)\.json", template["description"])
        playbook = template["playbook"].removeprefix("playbooks/").removesuffix(".yml").replace("_", "-")
        assert (named in JOBS, named.startswith(playbook)) == (True, True), template["name"]
        assert (CHECKOUT / "docs" / "permissions" / "jobs" / f"{named}.json").exists()
