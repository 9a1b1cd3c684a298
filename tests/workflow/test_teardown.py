# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""teardown.yml removes what site.yml made, and nothing else."""

from __future__ import annotations

import typing as t

import boto3
import pytest
import requests
from playbooks import Playbooks
from seeds import ACCOUNTS, TENANTS
from strangers import application

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.testing import Sandbox

INVENTORY: t.Final = "sandbox/hosts.yml"


def left(playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What AWS still holds, read with boto3."""
    for name, value in playbooks.environment.items():
        if name.startswith("AWS_") or name in ("HTTPS_PROXY", "NO_PROXY"):
            monkeypatch.setenv(name, value)
    connect = boto3.session.Session(region_name="eu-central-1").client("connect")
    instances = connect.list_instances()["InstanceSummaryList"]
    users = [
        user["Username"]
        for instance in instances
        for user in connect.list_users(InstanceId=instance["Id"])["UserSummaryList"]
    ]
    return {"instances": [instance["InstanceAlias"] for instance in instances], "users": users}


def test_it_predicts_and_removes_application_role_and_provider(
    sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    playbooks.succeed("site", INVENTORY)
    sandbox.world.traffic.clear()
    sandbox.world.settings.refuse_writes = True
    predicted = playbooks.succeed("teardown", INVENTORY, "--check", "--diff")
    assert sandbox.world.traffic.writes() == []
    sandbox.world.settings.refuse_writes = False
    done = playbooks.succeed("teardown", INVENTORY)
    assert done.changed() == predicted.changed() > 0
    assert left(playbooks, monkeypatch) == {"instances": ["example-demo"], "users": ["jane.doe@example.com"]}
    assert playbooks.succeed("teardown", INVENTORY).changed() == 0
    removed = {entry["operation"] for entry in sandbox.world.traffic.writes() if entry["status"] < 400}
    assert {"DeleteRole", "DeleteSAMLProvider"} <= removed
    assert "DeleteInstance" not in removed
    # Everything can be set up again.
    playbooks.succeed("site", INVENTORY)


def test_agents_and_instance_go_only_if_requested(
    sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    playbooks.succeed("site", INVENTORY)
    playbooks.succeed("teardown", INVENTORY, variables={"federation_remove_agents": True})
    assert left(playbooks, monkeypatch) == {"instances": ["example-demo"], "users": []}
    playbooks.fail("teardown", INVENTORY, variables={"federation_confirm_instance_alias": "example-other"})
    assert left(playbooks, monkeypatch)["instances"] == ["example-demo"]
    playbooks.succeed("teardown", INVENTORY, variables={"federation_confirm_instance_alias": "example-demo"})
    assert left(playbooks, monkeypatch)["instances"] == []
    # An instance of the same alias is another instance: AWS may still remember how the first one was asked for.
    again = playbooks.succeed("site", INVENTORY)
    assert left(playbooks, monkeypatch) == {"instances": ["example-demo"], "users": ["jane.doe@example.com"]}
    assert http_sign_in.sign_in(
        sandbox.environment, again.result("azure_saml_app")["user_access_url"], "jane.doe@example.com"
    ).ok


def test_an_application_or_role_that_was_taken_over_stays(
    sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inventory that takes them over never removes them, nor does one that only names an application of somebody
    else's.
    """
    app_id = application(sandbox, monkeypatch, "Theirs")
    adopting = {"azure_saml_app_app_id": app_id, "azure_saml_app_adopt": True, "aws_federation_adopt": True}
    for variables in ({"azure_saml_app_app_id": app_id}, adopting):
        sandbox.world.traffic.clear()
        playbooks.succeed("teardown", INVENTORY, variables=variables)
        assert sandbox.world.traffic.writes() == []
    playbooks.succeed("site", INVENTORY, "--tags", "entra,aws", variables=adopting)
    sandbox.world.traffic.clear()
    playbooks.succeed("teardown", INVENTORY, variables=adopting)
    assert sandbox.world.traffic.writes() == []


def test_what_somebody_else_made_stays(sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in sandbox.environment.items():
        monkeypatch.setenv(variable, value)
    url = f"https://login.microsoftonline.com/{TENANTS['public']}/federationmetadata/2007-06/federationmetadata.xml"
    provider = {
        "account": ACCOUNTS["aws"],
        "name": "Entra-example-demo",
        "metadata": requests.get(url, timeout=300).content.decode("utf-8-sig"),
    }
    arn = clouds.seed(sandbox.world, {"aws": {"providers": [provider]}})["aws"]["providers"][0]["arn"]
    trust = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithSAML"}
    role = {
        "account": ACCOUNTS["aws"],
        "name": "ConnectFederation-example-demo",
        "trust": {"Version": "2012-10-17", "Statement": [trust]},
    }
    clouds.seed(sandbox.world, {"aws": {"roles": [role]}})
    sandbox.world.traffic.clear()
    playbooks.succeed("teardown", INVENTORY)
    assert sandbox.world.traffic.writes() == []
