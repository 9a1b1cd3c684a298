# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""teardown.yml removes what site.yml made, and nothing else."""

from __future__ import annotations

import typing as t

import boto3
import pytest
from federation_sandbox.testing import Sandbox
from playbooks import Playbooks

INVENTORY: t.Final = "sandbox/hosts.yml"


def left(playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What AWS still holds, read with boto3."""
    for name, value in playbooks.environment.items():
        if name.startswith("AWS_") or name in ("HTTPS_PROXY", "NO_PROXY"):
            monkeypatch.setenv(name, value)
    connect = boto3.client("connect", region_name="eu-central-1")
    instances = connect.list_instances()["InstanceSummaryList"]
    users = [user["Username"] for instance in instances for user in connect.list_users(InstanceId=instance["Id"])["UserSummaryList"]]
    return {"instances": [instance["InstanceAlias"] for instance in instances], "users": users}


def test_it_foretells_and_removes_application_role_and_provider(
    sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    playbooks.succeed("site", INVENTORY)
    sandbox.world.traffic.clear()
    sandbox.world.settings.refuse_writes = True
    foretold = playbooks.succeed("teardown", INVENTORY, "--check", "--diff")
    assert sandbox.world.traffic.writes() == []
    sandbox.world.settings.refuse_writes = False
    done = playbooks.succeed("teardown", INVENTORY)
    assert done.changed() == foretold.changed() > 0
    assert left(playbooks, monkeypatch) == {"instances": ["example-demo"], "users": ["jane.doe@example.com"]}
    assert playbooks.succeed("teardown", INVENTORY).changed() == 0
    removed = {entry["operation"] for entry in sandbox.world.traffic.writes() if entry["status"] < 400}
    assert {"DeleteRole", "DeleteSAMLProvider"} <= removed
    assert "DeleteInstance" not in removed
    # Everything can be set up again.
    playbooks.succeed("site", INVENTORY)


def test_agents_and_instance_go_only_when_told(sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> None:
    playbooks.succeed("site", INVENTORY)
    playbooks.succeed("teardown", INVENTORY, variables={"federation_remove_agents": True})
    assert left(playbooks, monkeypatch) == {"instances": ["example-demo"], "users": []}
    playbooks.fail("teardown", INVENTORY, variables={"federation_confirm_instance_alias": "example-other"})
    assert left(playbooks, monkeypatch)["instances"] == ["example-demo"]
    playbooks.succeed("teardown", INVENTORY, variables={"federation_confirm_instance_alias": "example-demo"})
    assert left(playbooks, monkeypatch)["instances"] == []


def test_what_somebody_else_made_stays(sandbox: Sandbox, playbooks: Playbooks) -> None:
    playbooks.succeed("site", INVENTORY)
    playbooks.succeed("teardown", INVENTORY, variables={"federation_provider_name": "Entra-theirs", "federation_role_name": "Theirs"})
    assert not [entry for entry in sandbox.world.traffic.writes() if entry["operation"] in ("DeleteRole", "DeleteSAMLProvider")]
