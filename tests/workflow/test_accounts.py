# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federations in several accounts, each entered by a role, and one that is broken among good ones."""

from __future__ import annotations

import collections
import json
import sys
import typing as t
from pathlib import Path

import yaml
from playbooks import Playbooks
from seeds import CLIENT, POLICY, SECRET, TENANTS

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
            "federation_tenant_id": TENANTS["public"],
            "federation_client_id": CLIENT,
            "federation_entra_options": {"client_secret": SECRET},
        }
        for name, arn in {**roles, "closed": CLOSED}.items()
    }
    return written(folder, hosts)


def written(folder: Path, hosts: dict[str, dict[str, t.Any]]) -> Path:
    """An inventory of hosts with what they have in common."""
    file = folder / "hosts.yml"
    common = {"federation_region": "eu-central-1", "federation_assigned_groups": ["Contact centre agents"]}
    file.write_text(yaml.safe_dump({"all": {"vars": common, "hosts": hosts}}), encoding="utf-8")
    return file


def fill(sandbox: Sandbox) -> dict[str, str]:
    """Two more accounts with a role, and an operator in a third who may do nothing but assume roles. The answer: the
    operator's keys.
    """
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "fleet"}},
    }
    may_assume = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
    }
    key = {"id": "AKIAHUB", "secret": SECRET, "policy": may_assume}
    entered = {
        "name": "Automation",
        "trust": {"Version": "2012-10-17", "Statement": [trust]},
        "policies": {"all": POLICY},
    }
    seed = {
        "accounts": [{"id": HUB, "access_keys": [key]}, *({"id": account} for account in OTHERS.values())],
        "roles": [{"account": account, **entered} for account in OTHERS.values()],
    }
    clouds.seed(sandbox.world, {"aws": seed})
    return {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": SECRET}


def test_a_closed_account_stops_nobody_else(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    """Each federation brings its tenant's credentials with it; the environment knows none."""
    playbooks.environment = {
        name: value for name, value in playbooks.environment.items() if not name.startswith("AZURE_")
    } | fill(sandbox)
    run = playbooks.fail("site", inventory(tmp_path), "-vvvv")
    stats = run.events[-1]["stats"]
    assert {name: entry["failures"] for name, entry in stats.items()} == {"sales": 0, "support": 0, "closed": 1}, (
        run.output
    )
    for name, account in OTHERS.items():
        assert f"::{account}:" in run.result("aws_federation", name)["role"]["arn"]
    assumed = [entry for entry in sandbox.world.traffic.requests() if entry["operation"] == "AssumeRole"]
    assert sorted(entry["status"] for entry in assumed) == [200, 200, 403]
    assert f"Could not assume the role {CLOSED}: AccessDenied" in run.message()
    assert SECRET not in run.output
    assert len(sessions(sandbox)) == len(OTHERS)
    assert not [secret for pair in sessions(sandbox) for secret in pair if secret in run.output]
    table = run.table()
    assert {name: row[:2] for name, row in table.items()} == {
        "closed": ["failed", "not run"],
        "sales": ["yes", "passed"],
        "support": ["yes", "passed"],
    }
    assert table["closed"][2].startswith(f"Could not assume the role {CLOSED}: AccessDenied")
    assert table["sales"][2] == "Nothing."


def sessions(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Secret key and token of every session that was opened."""
    return [(key.secret, key.token) for key in sandbox.world.state(Accounts)._keys.values() if key.token]


FIND: t.Final = {
    "hosts": "all",
    "connection": "local",
    "gather_facts": False,
    "vars": {"ansible_python_interpreter": sys.executable},
    "tasks": [
        {"ansible.builtin.import_role": {"name": "openccp.federation.connect_instance", "tasks_from": "find"}},
        {"ansible.builtin.set_fact": {"found": "{{ connect_instance_result }}", "cacheable": True}},
    ],
}


def test_hosts_that_name_a_role_share_one_session_which_nobody_sees(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    playbooks.environment |= fill(sandbox)
    cache = tmp_path / "facts"
    playbooks.environment |= {
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(cache),
    }
    roles = {name: f"arn:aws:iam::{account}:role/Automation" for name, account in OTHERS.items()} | {"closed": CLOSED}
    hosts = {
        f"{name}-{number}": {
            "federation_instance_alias": f"{name}-{number}",
            "federation_assume_role_arn": arn,
            "federation_assume_role_external_id": "fleet",
        }
        for name, arn in roles.items()
        for number in range(2)
    }
    playbook = tmp_path / "find.yml"
    playbook.write_text(json.dumps([FIND, {**FIND, "name": "again"}]), encoding="utf-8")
    run = playbooks.fail(str(playbook), written(tmp_path, hosts), "-vvvv")
    failed = {host for host, entry in run.events[-1]["stats"].items() if entry["failures"]}
    assert failed == {"closed-0", "closed-1"}, run.output
    looked = collections.Counter(
        entry["caller"].split(":")[4] for entry in sandbox.world.traffic.entries("connect", "ListInstances")
    )
    assert looked == dict.fromkeys(OTHERS.values(), 4)
    assert len(sessions(sandbox)) == len(OTHERS)
    facts = {file.name: file.read_text(encoding="utf-8") for file in cache.iterdir()}
    assert {name.removeprefix("s1_") for name in facts} >= set(hosts) - failed
    kept = run.output + "".join(facts.values())
    assert not [secret for pair in sessions(sandbox) for secret in pair if secret in kept]


def test_the_table_comes_when_every_federation_fails(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    """It says what mends each: one stops half-way, the other is there, but its agent does not get in."""
    agents = [{"username": "nobody@example.com", "first_name": "No", "last_name": "Body"}]
    hosts = {
        "closed": {"federation_instance_alias": "closed", "federation_assume_role_arn": CLOSED},
        "open": {"federation_instance_alias": "example-open", "federation_agents": agents},
    }
    run = playbooks.fail("site", written(tmp_path, hosts), variables={"federation_check_wait_timeout": 0})
    table = run.table()
    assert {name: row[:2] for name, row in table.items()} == {
        "closed": ["failed", "not run"],
        "open": ["yes", "failed"],
    }
    assert table["open"][2].startswith("nobody@example.com: ")
    assert {host: entry["failures"] for host, entry in run.events[-1]["stats"].items()} == {"closed": 1, "open": 1}
