# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples for estates that have a part of it already, run as they stand."""

from __future__ import annotations

import json
import shutil
import typing as t
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config
from playbooks import Playbooks
from seeds import ACCOUNTS, CLIENT, SECRET, TENANTS

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from saml_factory import make_certificate, make_metadata
from support import CHECKOUT, ansible_command, run_ansible

EXAMPLES: t.Final = CHECKOUT / "docs" / "examples"
ALIAS: t.Final = "example-legacy"
NON_GALLERY: t.Final = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"


def aws(sandbox: Sandbox, service: str) -> t.Any:
    """boto3's own client."""
    return boto3.client(
        service,
        region_name="eu-central-1",
        aws_access_key_id=f"AKIA{ACCOUNTS['aws']}0000",
        aws_secret_access_key=SECRET,
        verify=sandbox.environment["AWS_CA_BUNDLE"],
        config=Config(proxies={"https": sandbox.url}),
    )


def made_by_hand(sandbox: Sandbox) -> str:
    """An instance, a role that trusts somebody else, and an application. The answer: the application's client ID."""
    account = ACCOUNTS["aws"]
    anyone = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    role = {
        "account": account,
        "name": "ConnectFederation-by-hand",
        "trust": {"Version": "2012-10-17", "Statement": [anyone]},
    }
    instance = {"account": account, "region": "eu-central-1", "alias": ALIAS}
    clouds.seed(sandbox.world, {"aws": {"roles": [role], "instances": [instance]}})
    session = requests.Session()
    session.trust_env = False
    session.proxies, session.verify = {"https": sandbox.url}, sandbox.environment["REQUESTS_CA_BUNDLE"]
    scope = {"scope": "https://graph.microsoft.com/.default", "grant_type": "client_credentials"}
    url = f"https://login.microsoftonline.com/{TENANTS['public']}/oauth2/v2.0/token"
    token = session.post(url, {**scope, "client_id": CLIENT, "client_secret": SECRET}, timeout=300).json()[
        "access_token"
    ]
    url = f"https://graph.microsoft.com/v1.0/applicationTemplates/{NON_GALLERY}/instantiate"
    response = session.post(
        url, json={"displayName": "By hand"}, headers={"Authorization": f"Bearer {token}"}, timeout=300
    )
    response.raise_for_status()
    return str(response.json()["application"]["appId"])


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yml")), ids=lambda path: path.stem)
def test_an_example_has_a_dozen_lines(example: Path) -> None:
    lines = example.read_text(encoding="utf-8").partition("---\n")[2].splitlines()
    assert len([line for line in lines if not line.startswith("#")]) <= 13


def test_the_examples_run_as_they_stand_and_again_without_a_change(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    application = made_by_hand(sandbox)
    names = [
        shutil.copy(EXAMPLES / f"{name}.yml", tmp_path)
        for name in ("users_only", "existing_role", "existing_application")
    ]
    (tmp_path / "metadata.xml").write_text(make_metadata(make_certificate()), encoding="utf-8")
    command = ansible_command(
        "ansible-playbook", *names, "--extra-vars", json.dumps({"existing_application": application})
    )
    runs = [run_ansible(command, playbooks.environment, tmp_path) for dummy in range(2)]
    assert [run.returncode for run in runs] == [0, 0], runs[-1].stdout
    assert "changed=0" in runs[1].stdout
    iam, connect = aws(sandbox, "iam"), aws(sandbox, "connect")
    trust = iam.get_role(RoleName="ConnectFederation-by-hand")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Principal"]["Federated"].endswith(":saml-provider/Entra-by-hand")
    assert application in runs[0].stdout + str(sandbox.world.traffic.entries("graph"))
    users = connect.list_users(InstanceId=connect.list_instances()["InstanceSummaryList"][0]["Id"])["UserSummaryList"]
    assert [user["Username"] for user in users] == ["jane.doe@example.com"]
