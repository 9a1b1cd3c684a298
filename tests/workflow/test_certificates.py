# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of all certificates: table, JSON, Prometheus, and an exit status for monitoring."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
from pathlib import Path

import pytest
from playbooks import Playbooks
from test_accounts import CLOSED

from federation_sandbox.testing import Sandbox


def test_the_report_of_an_inventory(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    inventory, as_json, prometheus = (
        tmp_path / name for name in ("hosts.json", "certificates.json", "certificates.prom")
    )
    hosts: dict[str, dict[str, t.Any]] = {
        name: {"federation_instance_alias": f"example-{name}"} for name in ("aaa-new", "demo", "closed", "wrong")
    }
    hosts["closed"]["federation_assume_role_arn"] = CLOSED
    hosts["wrong"]["certificate_rotation_report_warn_days"] = "soon"
    inventory.write_text(
        json.dumps({"all": {"vars": {"federation_region": "eu-central-1"}, "hosts": hosts}}), encoding="utf-8"
    )
    # Where the user stands, and not in the folder of the collection.
    files = {
        "certificate_rotation_report_json": as_json.name,
        "certificate_rotation_report_prometheus": prometheus.name,
    }
    created = playbooks.succeed("site", inventory, "--limit", "demo", "--tags", "entra,aws").result("azure_saml_app")
    sandbox.world.traffic.clear()

    well = playbooks.succeed("certificates", inventory, "--limit", "demo", variables=files)
    assert sandbox.world.traffic.writes() == []
    assert created["active_thumbprint"] in well.output
    written = json.loads(as_json.read_text(encoding="utf-8"))
    (row,) = written["certificates"]
    assert (written["not_readable"], written["problems"]) == ({}, [])
    assert (row["thumbprint"], row["active"], row["trusted"], row["days_left"]) == (
        created["active_thumbprint"],
        True,
        True,
        1094,
    )
    assert f'thumbprint="{created["active_thumbprint"]}"}} 1094\n' in prometheus.read_text(encoding="utf-8")

    sandbox.world.clock.advance(dt.timedelta(days=1066))
    ill = playbooks.fail("certificates", inventory, variables=files)
    assert ill.failed_hosts() == ["closed", "demo", "wrong"], (
        "each host has its own result, and one that is not federated is no failure"
    )
    assert "demo: the active certificate" in ill.message("demo")
    assert "closed" not in ill.message("demo")
    assert "[]" not in ill.output
    metrics = prometheus.read_text(encoding="utf-8")
    assert f'thumbprint="{created["active_thumbprint"]}"}} 28\n' in metrics
    written = json.loads(as_json.read_text(encoding="utf-8"))
    not_readable, hosts_told = written["not_readable"], written["hosts"]
    assert sorted(not_readable) == ["closed", "wrong"]
    assert {host: each["state"] for host, each in hosts_told.items()} == {
        "aaa-new": "not_federated",
        "closed": "not_readable",
        "demo": "endangered",
        "wrong": "not_readable",
    }
    assert written["not_federated"]["aaa-new"].startswith(
        "It is not federated: no application that was created by openccp.federation has the name"
    )
    assert 'federation_certificates_federated{federation="aaa-new"} 0\n' in metrics
    assert not_readable["closed"].startswith(f"Could not assume the role {CLOSED}")
    assert all(f'federation_certificates_read{{federation="{host}"}} 0\n' in metrics for host in not_readable)

    strict = playbooks.fail(
        "certificates",
        inventory,
        "--limit",
        "aaa-new",
        variables={"certificate_rotation_report_fail_on_not_federated": True},
    )
    assert "It is not federated" in strict.message()


@pytest.mark.soak
def test_a_recording_is_the_same_whichever_way_modules_run(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    """federation_record, with the modules in Ansible's own process and in interpreters of their own."""
    recorded = []
    for direct in ("true", "false"):
        playbooks.environment |= {"FEDERATION_DIRECT": direct}
        file = tmp_path / f"{direct}.jsonl"
        sandbox.world.traffic.clear()
        playbooks.run("certificates", "sandbox/hosts.yml", variables={"federation_record": str(file)})
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        seen = [call for call in sandbox.world.traffic.entries(None, None) if call["service"] == "graph"]
        assert len([line for line in lines if line["service"] == "graph"]) == len(seen) > 0
        recorded.append(sorted((line["service"], line["operation"], str(line["status"])) for line in lines))
    assert recorded[0] == recorded[1]
