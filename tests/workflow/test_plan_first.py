# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks say before they write, what they say at the end, and to whom: people, programs, and the shell."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from playbooks import INVENTORIES, Playbooks
from seeds import PERMISSIONS, SECRET, TENANTS, fill

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox

INVENTORY: t.Final = "sandbox/hosts.yml"
PARTS: t.Final = "the instance, the application, the provider and the role, the agents"


def plan_of(file: Path) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("playbook", ["check", "certificates", "report"])
def test_a_playbook_that_reads_knows_no_other_tag_either(playbook: str, sandbox: Sandbox, playbooks: Playbooks) -> None:
    run = playbooks.fail(playbook, INVENTORY, "--tags", "azure")
    assert f"{playbook}.yml has no tag azure" in run.message()
    assert sandbox.world.traffic.requests() == []


@pytest.mark.parametrize(
    ("playbook", "arguments"),
    [
        ("site", ["--tags", "azure"]),
        ("site", ["--skip-tags", "agent"]),
        ("users", ["--tags", "agents"]),
        ("teardown", ["--tags", "Entra"]),
    ],
)
def test_an_unknown_tag_does_nothing_and_fails(
    playbook: str, arguments: list[str], sandbox: Sandbox, playbooks: Playbooks
) -> None:
    run = playbooks.fail(playbook, INVENTORY, *arguments)
    assert f"{playbook}.yml has no tag {arguments[1]}" in run.message()
    assert run.table()["demo"][0] == "failed"
    assert sandbox.world.traffic.requests() == []


def test_a_tag_of_the_users_own_playbook_is_named_once(playbooks: Playbooks) -> None:
    run = playbooks.succeed("site", INVENTORY, "--tags", "nightly", variables={"federation_more_tags": ["nightly"]})
    assert run.plan() == [f"Everything was skipped: {PARTS}."]
    assert run.table()["demo"] == ["-", "not run", f"Skipped: {PARTS}."]


@pytest.mark.parametrize("playbook", ["users", "check"])
def test_a_run_without_hosts_is_no_success(playbook: str, playbooks: Playbooks, tmp_path: Path) -> None:
    (tmp_path / "empty.yml").write_text("all: {hosts: {}}\n", encoding="utf-8")
    run = playbooks.run(playbook, tmp_path / "empty.yml")
    assert run.returncode == 1, run.output
    assert "No federation was looked at" in run.output


def test_all_permissions_that_a_run_lacks_are_reported_at_once(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """Those of the first module that is refused, and those of the later ones, which are not reached."""
    sandbox.world.reset()
    fill(sandbox, ["Application.Read.All"])
    groups = {"federation_agents": [], "federation_agent_groups": [{"group": "Contact centre agents"}]}
    run = playbooks.fail("site", INVENTORY, variables=groups)
    message = run.table()["demo"][2]
    assert [name for name in PERMISSIONS if name not in message] == []
    assert "For the whole of openccp.federation.site, grant" in message
    assert sandbox.world.traffic.writes() == []


def test_the_plan_is_a_file_and_a_status(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    """One file for all hosts, where the user stands; one host that cannot be planned does not stop the other."""
    demo = yaml.safe_load((INVENTORIES / INVENTORY).read_text(encoding="utf-8"))["all"]["hosts"]["demo"]
    hosts = {
        "good": demo,
        "bad": {**demo, "federation_instance_alias": "example-bad", "federation_region": "eu-north-1"},
    }
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    # the path is made of what only roles say
    variables = {"federation_plan_file": "plans/{{ connect_users_leavers }}.json", "federation_planned_status": 10}
    file = tmp_path / "plans" / "report.json"
    (tmp_path / "plans").mkdir()
    both = playbooks.fail("site", tmp_path / "hosts.json", "--check", variables=variables)
    assert both.returncode == 2, "a failure is Ansible's own status"
    content = plan_of(file)
    assert (content["playbook"], content["check_mode"]) == ("site", True)
    bad, good = content["federations"]
    assert (bad["host"], bad["changed"], "eu-north-1" in bad["error"]) == ("bad", "failed", True)
    assert (good["host"], good["changed"]) == ("good", "planned")
    assert [step["action"] for step in good["steps"]] == both.planned()
    agent = next(step for step in good["steps"] if step["object"] == "jane.doe@example.com")
    assert (agent["part"], agent["before"], agent["reason"]) == ("connect_users", {}, "It does not exist.")
    assert agent["after"]["security_profiles"] == ["Agent"]
    assert SECRET not in json.dumps(content)
    assert file.stat().st_mode & 0o077 == 0

    check = playbooks.run("site", INVENTORY, "--check", variables=variables)
    assert (check.returncode, check.table()["demo"][0]) == (10, "planned")
    assert sandbox.world.traffic.writes() == []
    done = playbooks.succeed("site", INVENTORY, variables=variables)
    assert done.changed() > 0
    (record,) = plan_of(file)["federations"]
    assert (record["changed"], record["check"], [step["action"] for step in record["steps"]]) == (
        "yes",
        "passed",
        done.done(),
    )
    playbooks.succeed("site", INVENTORY, "--check", variables=variables)  # nothing is planned

    teardown = playbooks.run(
        "teardown", INVENTORY, "--check", variables={**variables, "federation_remove_agents": True}
    )
    assert teardown.returncode == 10
    text = "\n".join(teardown.plan())
    for name in (
        "Delete the application 'Amazon Connect example-demo'",
        "ConnectFederation-example-demo",
        "Entra-example-demo",
    ):
        assert name in text
    assert "Delete the agent 'jane.doe@example.com'" in text
    removal = playbooks.succeed("teardown", INVENTORY, variables={"federation_remove_agents": True})
    assert removal.plan()[: len(removal.done())] == removal.done() != []
    assert removal.table()["demo"] == ["yes", "not run", "Nothing."]


def test_many_agents_are_one_line_each_in_a_diff_and_one_sentence_in_the_plan(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    names = [f"agent.{number}@example.com" for number in range(300)]
    people = [{"userPrincipalName": name, "givenName": "A", "surname": "B"} for name in names]
    groups = [{"displayName": "Crowd", "members": names}]
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], "users": people, "groups": groups}]}})
    variables = {
        "federation_agents": [],
        "federation_agent_groups": [{"group": "Crowd"}],
        "federation_plan_file": "plan.json",
    }
    run = playbooks.succeed("site", INVENTORY, "--check", "--diff", variables=variables)
    (sentence,) = [line for line in run.plan() if line.startswith("Create the agent")]
    assert sentence.startswith("Create the agent, 300 times: agent.0@example.com, ")
    assert sentence.endswith("and 280 more (federation_plan_file names them all).")
    assert len(run.output.splitlines()) < 700
    assert sum(line.startswith("+ agent.") for line in run.output.splitlines()) == 300
    (record,) = plan_of(tmp_path / "plan.json")["federations"]
    assert sum(step["action"].startswith("Create the agent") for step in record["steps"]) == 300


def test_a_half_that_waits_says_so_and_ends_as_configured(playbooks: Playbooks, tmp_path: Path) -> None:
    variables = {"handover_folder": str(tmp_path)}
    waits = ["waits", "not run", f"Wait for {tmp_path}/demo.aws.json"]
    assert playbooks.succeed("site", INVENTORY, "--tags", "entra", variables=variables).table()["demo"] == waits
    failed = playbooks.fail(
        "site", INVENTORY, "--tags", "entra", variables={**variables, "handover_when_waiting": "fail"}
    )
    assert failed.table()["demo"] == waits
    assert "This half waits for" in failed.message()
