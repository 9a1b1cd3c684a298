# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check.yml tells in a terminal why somebody does not get in; site.yml ends with the same check."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path
from urllib.parse import urlencode

from playbooks import Playbooks
from seeds import SECRET, TENANTS

from federation_sandbox import clouds, walk
from federation_sandbox.testing import Sandbox
from support import run_examples

INVENTORY: t.Final = "sandbox/hosts.yml"
JANE: t.Final = "jane.doe@example.com"


def table(output: str) -> str:
    """What a run printed, without the frame that Ansible puts around each line."""
    lines = (line.strip().removeprefix("- ").strip("'\",") for line in output.splitlines())
    return "\n".join(line.strip() for line in lines)


def test_the_cause_and_the_fix_are_printed(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    healthy = playbooks.succeed("site", INVENTORY).result("federation_check")
    assert healthy["counts"] | {"pass": 0} == {"fail": 0, "warning": 0, "unknown": 1, "pass": 0}
    group = {"displayName": "Contact centre agents", "members": ["john.roe@example.com"]}
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], "groups": [group]}]}})
    sandbox.world.settings.refuse_writes = True
    sandbox.world.traffic.clear()
    report = tmp_path / "report.json"
    run = playbooks.fail("check", INVENTORY, "-e", f"federation_check_people={JANE}", "-e", f"federation_check_file={report}")
    assert sandbox.world.traffic.writes() == []
    printed = table(run.output)
    assert f"fail     assignment        {JANE}" in printed
    assert "seen: AADSTS50105:" in printed
    assert "fix: Add the person to Contact centre agents" in printed
    assert "assignment" in run.message()
    content = json.loads(report.read_text(encoding="utf-8"))
    assert [one["hop"] for one in content["findings"] if one["status"] == "fail"] == ["assignment"]
    assert max(len(line) for line in content["table"]) <= 69
    assert SECRET not in run.output
    mended = {"displayName": "Contact centre agents", "members": [JANE, "john.roe@example.com"]}
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], "groups": [mended]}]}})
    assert playbooks.succeed("check", INVENTORY).result("federation_check")["ok"]
    everyone = playbooks.run("check", INVENTORY, "-e", "federation_check_everyone_assigned=true", "-e", "federation_check_fail_on=never")
    assert everyone.returncode == 0, everyone.output
    failing = {(one["hop"], one["subject"]) for one in everyone.result("federation_check")["findings"] if one["status"] == "fail"}
    assert failing == {("user", "john.roe@example.com")}


def test_the_examples_run_as_they_stand(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    names = (("Jane", "Doe"), ("John", "Roe"))
    agents = [{"username": f"{first}.{last}@example.com".lower(), "first_name": first, "last_name": last} for first, last in names]
    variables = {"federation_instance_alias": "example-service", "federation_agents": agents}
    made = playbooks.succeed("site", INVENTORY, variables=variables)
    application, role = made.result("azure_saml_app"), made.result("aws_federation")["role"]
    response = walk.saml_response(sandbox.environment, application["user_access_url"], JANE)
    posted = {"url": application["reply_urls"][0], "postData": {"text": urlencode({"SAMLResponse": response})}}
    content = {
        "response.txt": response,
        "session.har": json.dumps({"log": {"entries": [{"request": posted}]}}),
        "federationmetadata.xml": application["metadata_xml"],
        "trust-policy.json": json.dumps(role["trust_policy"]),
    }
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for module in ("federation_check", "saml_response_info"):
        run = run_examples(module, playbooks.environment, tmp_path)
        assert run.returncode == 0, run.stdout
        assert "unreachable=0    failed=0" in run.stdout
        assert response[:60] not in run.stdout
