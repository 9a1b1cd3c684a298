# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that are run together: what is wrong with one is its own result, and its files are its own."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from playbooks import Playbooks

from federation_sandbox.testing import Sandbox

#: a tag that no task has, so that a run plans nothing and makes no request
NOTHING_TO_DO: t.Final = ("--tags", "nightly")


def inventory_of(folder: Path, **hosts: dict[str, t.Any]) -> Path:
    """An inventory in which each host has an alias of its own name."""
    shared = {"federation_region": "eu-central-1", "federation_more_tags": ["nightly"]}
    named = {host: {"federation_instance_alias": f"example-{host}", **variables} for host, variables in hosts.items()}
    file = folder / "hosts.json"
    file.write_text(json.dumps({"all": {"vars": shared, "hosts": named}}), encoding="utf-8")
    return file


def hosts_in(file: Path) -> list[str]:
    """The hosts whose records are in the file of a plan."""
    return [record["host"] for record in json.loads(file.read_text(encoding="utf-8"))["federations"]]


def test_words_that_belong_to_no_variable_are_reported_for_every_host(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    inventory = inventory_of(tmp_path, sales={}, support={})
    run = playbooks.fail("site", inventory, "-e", "federation_application_name=Amazon Connect")
    assert {host: row[0] for host, row in run.table().items()} == {"sales": "failed", "support": "failed"}
    assert run.failed_hosts() == ["sales", "support"]
    assert "(1 word) belongs to no variable" in run.message()
    assert sandbox.world.traffic.requests() == []


def test_each_host_s_plan_goes_to_its_own_file(playbooks: Playbooks, tmp_path: Path) -> None:
    """Also where the first host has none, and where the file of another cannot be written."""
    inventory = inventory_of(
        tmp_path,
        none={},
        own={"federation_plan_file": "{{ inventory_hostname }}.json"},
        one={"federation_plan_file": "shared.json"},
        nowhere={"federation_plan_file": "nowhere/plan.json"},
        two={"federation_plan_file": str(tmp_path / "shared.json")},
        early={"federation_plan_file": "{{ federation_role_name }}.json", "federation_tags": "wrong"},
    )
    run = playbooks.fail("site", inventory, *NOTHING_TO_DO)
    assert run.failed_hosts() == ["early", "nowhere"], run.output
    assert {host: row[0] for host, row in run.table().items()} == {
        "none": "-",
        "own": "-",
        "one": "-",
        "nowhere": "failed",
        "two": "-",
        "early": "failed",
    }
    assert str(tmp_path / "nowhere") in run.message("nowhere")
    assert hosts_in(tmp_path / "own.json") == ["own"]
    assert hosts_in(tmp_path / "ConnectFederation-example-early.json") == ["early"]
    assert hosts_in(tmp_path / "shared.json") == ["one", "two"]
    assert not (tmp_path / "nowhere").exists()
