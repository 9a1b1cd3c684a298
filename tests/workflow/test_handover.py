# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two teams, each with one half of the federation: what they hand over, and what each still waits for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playbooks import Playbooks, Run
from seeds import SECRET, TENANTS

from federation_sandbox.testing import Sandbox
from saml_factory import make_certificate, make_metadata
from support import run_module

ONE = "sandbox/hosts.yml"
ENTRA, AWS = {"graph", "login"}, {"iam", "sts", "connect"}


class Teams:
    """A folder that both teams reach."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, folder: Path) -> None:
        self.sandbox = sandbox
        self.playbooks = playbooks
        self.folder = folder
        self.variables = {"handover_folder": str(folder)}

    def run(self, half: str) -> Run:
        """One team's half, which never touches the other's cloud."""
        self.sandbox.world.traffic.clear()
        run = self.playbooks.succeed("site", ONE, "--tags", half, variables=self.variables)
        touched = {str(entry["service"]) for entry in self.sandbox.world.traffic.entries()}
        assert touched <= (ENTRA if half == "entra" else AWS)
        return run

    def handed(self, half: str) -> Path:
        """The file that a half writes."""
        return self.folder / f"demo.{half}.json"


def test_each_half_takes_what_the_other_hands_over(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    teams = Teams(sandbox, playbooks, tmp_path)
    waiting = teams.run("aws")
    assert f"waits for {teams.handed('entra')}" in waiting.output
    assert waiting.table()["demo"][2] == f"Wait for {teams.handed('entra')}"
    assert not any("role" in sentence for sentence in waiting.done())
    assert (
        json.loads(teams.handed("aws").read_text(encoding="utf-8"))["result"]["id"]
        == waiting.result("connect_instance")["id"]
    )

    entra = teams.run("entra")
    assert entra.result("azure_saml_app")["user_access_url"] in teams.handed("entra").read_text(encoding="utf-8")
    assert "It is not a signature" in json.loads(teams.handed("entra").read_text(encoding="utf-8"))["digest_is"]
    assert "waits for" not in entra.output
    missing = "Skipped: the instance, the provider and the role, the agents."
    assert entra.table()["demo"] == ["yes", "not run", missing]

    aws = teams.run("aws")
    assert (
        aws.result("aws_federation")["role"]["arn"]
        == json.loads(teams.handed("entra").read_text(encoding="utf-8"))["role_arn"]
    )
    # Meanwhile a rotation published a certificate that the file of the other half does not hold yet.
    handed_over = json.loads(teams.handed("entra").read_text(encoding="utf-8"))["result"]
    address = f"https://login.microsoftonline.com/{TENANTS['public']}/saml2"
    metadata = make_metadata(make_certificate(), entity_id=handed_over["entity_id"], location=address)
    newer = {"metadata": metadata, "certificates": "merge", "purge_tags": False}
    name = aws.result("aws_federation")["saml_provider"]["name"]
    published = run_module("iam_saml_provider", {"name": name, **newer}, playbooks.environment)
    assert len(published["saml_provider"]["certificates"]) == 2
    again = teams.run("aws")
    assert again.changed() == 0
    assert len(again.result("aws_federation")["saml_provider"]["certificates"]) == 2

    # The agents alone need no file.
    agents = playbooks.succeed("site", ONE, "--tags", "agents", variables=teams.variables)
    assert agents.result("connect_users")["unchanged"] == 1
    assert all(SECRET not in teams.handed(half).read_text(encoding="utf-8") for half in ("entra", "aws"))


def test_a_half_that_knows_no_instance_waits_and_believes_no_file_that_was_changed(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    teams = Teams(sandbox, playbooks, tmp_path)
    waiting = teams.run("entra")
    assert waiting.done() == []
    assert f"waits for {teams.handed('aws')}" in waiting.output
    assert waiting.table()["demo"] == ["waits", "not run", f"Wait for {teams.handed('aws')}"]

    teams.handed("aws").write_text(json.dumps({"half": "aws", "result": {}, "digest": "0" * 64}), encoding="utf-8")
    refused = playbooks.fail("site", ONE, "--tags", "entra", variables=teams.variables)
    assert "was modified" in refused.message()
    elsewhere = {"handover_folder": str(tmp_path / "nowhere")}
    for half in ("entra", "aws"):
        nowhere = playbooks.fail("site", ONE, "--tags", half, variables=elsewhere)
        assert f"The folder {tmp_path / 'nowhere'}" in nowhere.message()
    assert sandbox.world.traffic.requests() == []


@pytest.mark.soak
def test_hosts_that_differ_in_what_a_file_name_cannot_hold_share_no_file(playbooks: Playbooks, tmp_path: Path) -> None:
    aliases = {"sales/emea": "example-slash", "sales_emea": "example-underscore"}
    hosts = {
        name: {"federation_region": "eu-central-1", "federation_instance_alias": alias}
        for name, alias in aliases.items()
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    playbooks.succeed("site", inventory, "--tags", "aws", variables={"handover_folder": str(tmp_path)})
    files = {"sales%2Femea.aws.json": "example-slash", "sales_emea.aws.json": "example-underscore"}
    assert {file.name for file in tmp_path.glob("*.aws.json")} == files.keys()
    for name, alias in files.items():
        assert json.loads((tmp_path / name).read_text(encoding="utf-8"))["instance_alias"] == alias
