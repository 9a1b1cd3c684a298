# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federations in several accounts, each entered by a role, and one that is broken among good ones."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml
from playbooks import Playbooks
from seeds import POLICY, SECRET

from federation_sandbox import clouds
from federation_sandbox.aws.accounts import Accounts
from federation_sandbox.testing import Sandbox

OTHERS: t.Final = {"sales": "555566667777", "support": "666677778888"}
HUB: t.Final = "888899990000"
CLOSED: t.Final = "arn:aws:iam::777788889999:role/Automation"


def inventory(folder: Path) -> Path:
    """Three federations; the account of the last lets nobody in."""
    roles = {name: f"arn:aws:iam::{account}:role/Automation" for name, account in OTHERS.items()}
    hosts = {
        name: {
            "federation_instance_alias": f"example-{name}",
            "federation_assume_role_arn": arn,
            "federation_assume_role_external_id": "fleet",
        }
        for name, arn in {**roles, "closed": CLOSED}.items()
    }
    file = folder / "hosts.yml"
    common = {"federation_region": "eu-central-1", "federation_assigned_groups": ["Contact centre agents"]}
    file.write_text(yaml.safe_dump({"all": {"vars": common, "hosts": hosts}}), encoding="utf-8")
    return file


def fill(sandbox: Sandbox) -> dict[str, str]:
    """Two more accounts with a role, and an operator in a third who may do nothing but assume roles. The answer: the operator's keys."""
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "fleet"}},
    }
    may_assume = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}
    key = {"id": "AKIAHUB", "secret": SECRET, "policy": may_assume}
    entered = {"name": "Automation", "trust": {"Version": "2012-10-17", "Statement": [trust]}, "policies": {"all": POLICY}}
    seed = {
        "accounts": [{"id": HUB, "access_keys": [key]}, *({"id": account} for account in OTHERS.values())],
        "roles": [{"account": account, **entered} for account in OTHERS.values()],
    }
    clouds.seed(sandbox.world, {"aws": seed})
    return {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": SECRET}


def test_each_account_is_entered_once_and_a_closed_one_stops_nobody_else(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    playbooks.environment |= fill(sandbox)
    run = playbooks.fail("site", inventory(tmp_path), "-vvvv")
    stats = run.events[-1]["stats"]
    assert {name: entry["failures"] for name, entry in stats.items()} == {"sales": 0, "support": 0, "closed": 1}, run.output
    for name, account in OTHERS.items():
        assert f"::{account}:" in run.result("aws_federation", name)["role"]["arn"]
    assumed = [entry for entry in sandbox.world.traffic.requests() if entry["operation"] == "AssumeRole"]
    assert sorted(entry["status"] for entry in assumed) == [200, 200, 403]
    assert f"Could not assume the role {CLOSED}: AccessDenied" in run.message()
    assert SECRET not in run.output
    sessions = [key for key in sandbox.world.state(Accounts)._keys.values() if key.token]
    assert len(sessions) >= len(OTHERS)
    assert not [key for key in sessions if key.secret in run.output or str(key.token) in run.output]
    table = [line.split() for line in run.events[-2]["result"]["msg"]]
    assert [row[:2] for row in table] == [["federation", "changed"], ["closed", "failed"], ["sales", "yes"], ["support", "yes"]]
