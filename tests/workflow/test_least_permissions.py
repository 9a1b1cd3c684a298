# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run says that lacks one permission of those that are documented for its job.

That nothing in them is unneeded is proven on the recording (tests/unit/test_least_permissions.py). The run of each job
without each permission is part of `make soak`; with --sample a part of these removals is tried.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import typing as t

import pytest
from least_permissions import FOLDER, every_action, read_recording, without
from permission_jobs import JOBS, Granted
from permission_recorder import JobRecorder
from permission_scenarios import record
from rotations import INVENTORY, PEOPLE, Federation
from seeds import ACCOUNTS, SECRET

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox

NIA: t.Final = {"username": "nia.poe@example.com", "first_name": "Nia", "last_name": "Poe"}
#: job → an action of its policy, the variables of a run that needs it, and whether the run fails
LACKING: t.Final[dict[str, tuple[str, dict[str, t.Any], bool]]] = {
    "rotate-certificate": ("iam:UpdateSAMLProvider", {"certificate_rotation_now": True}, True),
    "users": ("connect:CreateUser", {"federation_agents": [*PEOPLE, NIA], "connect_users_mode": "add"}, True),
    "check": ("iam:GetRolePolicy", {"federation_check_overview": False}, False),
}


def policy_of(job: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads((FOLDER / "jobs" / f"{job}.json").read_text(encoding="utf-8")))


def lacking(policy: dict[str, t.Any], action: str) -> dict[str, t.Any]:
    """The policy without an action, whatever it is for."""
    numbers = [number for number, each in every_action(policy) if each == action]
    for number in reversed(numbers):
        policy = without(policy, number, action)
    return policy


def own_actions(job: str) -> list[tuple[int, str]]:
    """Each action that the job's own scenario needs, with the number of its statement in the policy."""
    needed = {need["action"] for need in RECORDING[job]["aws"]}
    return [(number, action) for number, action in every_action(policy_of(job)) if action in needed]


RECORDING: t.Final = read_recording()
PERMISSIONS: t.Final[dict[str, list[str]]] = json.loads((FOLDER / "graph.json").read_text(encoding="utf-8"))
ACTIONS: t.Final = [(job, number, action) for job in JOBS for number, action in own_actions(job)]
GRAPH: t.Final = [(job, permission) for job in JOBS for permission in PERMISSIONS[job]]


@pytest.mark.parametrize("job", LACKING)
def test_a_run_names_the_permission_that_it_lacks(federation: Federation, job: str) -> None:
    action, variables, fails = LACKING[job]
    key = {"id": "AKIALACKINGONE000000", "secret": SECRET, "policy": lacking(policy_of(job), action)}
    clouds.seed(federation.world, {"aws": {"accounts": [{"id": ACCOUNTS["aws"], "access_keys": [key]}]}})
    federation.playbooks.environment |= {"AWS_ACCESS_KEY_ID": key["id"]}
    run = federation.playbooks.run(job.replace("-", "_"), INVENTORY, variables={**federation.variables, **variables})
    assert (run.returncode != 0) is fails, run.output
    # A check that may not read something passes, prints what it does not know, and has the permission in its findings.
    assert action in run.output + json.dumps(run.events)


def test_all_reads_that_a_run_lacks_are_reported_at_once(federation: Federation) -> None:
    """The plan stops at the first; each that is named is one that the plan makes, and nothing is written."""
    denied = ["connect:ListUsers", "connect:SearchUsers", "iam:GetRole", "iam:GetRolePolicy", "iam:GetSAMLProvider"]
    policy = policy_of("site-existing-instance")
    for action in denied:
        policy = lacking(policy, action)
    key = {"id": "AKIALACKINGMANY00000", "secret": SECRET, "policy": policy}
    clouds.seed(federation.world, {"aws": {"accounts": [{"id": ACCOUNTS["aws"], "access_keys": [key]}]}})
    federation.world.traffic.clear()
    federation.playbooks.environment |= {"AWS_ACCESS_KEY_ID": key["id"]}
    run = federation.playbooks.fail("site", INVENTORY, variables=federation.variables)
    message = run.table()["demo"][2]
    assert [action for action in denied if action not in message] == []
    assert "Add to the caller's policy: [{" in message
    assert "connect:ListInstances" not in message
    assert federation.world.traffic.writes() == []


@dataclasses.dataclass(frozen=True)
class Lived:
    """Every job, done with what is documented. moments: job → the way back to the moment before it."""

    recorder: JobRecorder
    moments: dict[str, collections.abc.Callable[[], None]]

    def again(self, job: str) -> JobRecorder:
        """The clouds as they were before a job, with its credentials at hand."""
        self.moments[job]()
        self.recorder.act_as(job)
        return self.recorder


@pytest.fixture(scope="module")
def lived(_one_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    moments: dict[str, collections.abc.Callable[[], None]] = {}
    recorder = JobRecorder(
        _one_sandbox,
        tmp_path_factory.mktemp("scenarios"),
        lambda job: Granted(PERMISSIONS[job], policy_of(job)),
        lambda job: moments.update({job: _one_sandbox.world.snapshot()}),
    )
    record(recorder)
    return Lived(recorder, moments)


@pytest.mark.soak
@pytest.mark.parametrize(("job", "number", "action"), ACTIONS)
def test_each_action_is_missed_by_name(lived: Lived, job: str, number: int, action: str) -> None:
    """The run that lacks one action of its policy names it"""
    recorder = lived.again(job)
    recorder.take(job, without(policy_of(job), number, action))
    assert action not in recorder.printed[job], "is printed anyway"
    assert action in output_of(recorder, job)


@pytest.mark.soak
@pytest.mark.parametrize(("job", "permission"), GRAPH)
def test_each_permission_of_microsoft_graph_is_missed_by_name(lived: Lived, job: str, permission: str) -> None:
    recorder = lived.again(job)
    recorder.revoke(job, permission)
    assert permission not in recorder.printed[job], "is printed anyway"
    assert permission in output_of(recorder, job)


def output_of(recorder: JobRecorder, job: str) -> str:
    """All that the runs of a job print, up to the first that fails."""
    output = ""
    try:
        for step in recorder.steps[job]:
            output += str(step() or "")
    except AssertionError as failure:
        output += str(failure)
    return output
