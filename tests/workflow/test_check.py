# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check.yml tells in a terminal why somebody does not get in; site.yml ends with the same check."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path
from urllib.parse import urlencode

from playbooks import Playbooks, Run
from seeds import ACCOUNTS, SECRET, TENANTS

import schemas
from federation_sandbox import clouds, http_sign_in
from federation_sandbox.testing import Sandbox
from support import CHECKOUT, run_examples

INVENTORY: t.Final = "sandbox/hosts.yml"
JANE: t.Final = "jane.doe@example.com"
JOHN: t.Final = "john.roe@example.com"
#: a terminal as narrow as they come
COLUMNS: t.Final = 80


def test_the_cause_and_the_fix_are_printed_and_the_examples_run_as_they_stand(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    """One federation for all of it, because site.yml takes longest."""
    names = {JANE: ("Jane", "Doe"), JOHN: ("John", "Roe")}
    users = [{"username": name, "first_name": first, "last_name": last} for name, (first, last) in names.items()]
    variables: dict[str, t.Any] = {"federation_instance_alias": "example-service", "federation_agents": users}
    created = playbooks.succeed("site", INVENTORY, variables=variables)
    healthy = created.result("federation_check")
    assert healthy["counts"] | {"pass": 0} == {"fail": 0, "warning": 0, "unknown": 2, "pass": 0}
    _run_the_examples(sandbox, playbooks, created, tmp_path)

    group = {"displayName": "Contact centre agents", "members": [JOHN]}
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], "groups": [group]}]}})
    site = tmp_path / "site"
    site.mkdir()
    published = {
        "ccp_url": created.result("connect_instance")["ccp_url"],
        "login_url": created.result("azure_saml_app")["user_access_url"],
    }
    (site / "config.json").write_text(json.dumps(published), encoding="utf-8")
    variables["federation_pages"] = [{"url": "https://desk.example.com/", "folder": str(site), "language": "de"}]
    sandbox.world.settings.refuse_writes = True
    sandbox.world.traffic.clear()
    people = ("-e", f"federation_check_people={JANE}", "-e", "federation_check_file=report.json")
    run = playbooks.fail("check", INVENTORY, *people, variables=variables)
    assert sandbox.world.traffic.writes() == []
    output = run.output
    assert f"\n  fail: {JANE} (assignment)\n" in output
    assert "\n      seen: AADSTS50105:" in output
    assert "\n      fix: Add the person to Contact centre agents" in output
    assert f" --limit demo -e federation_check_people={JANE}\n" in output
    assert "assignment" in run.message()
    assert SECRET not in run.output
    # Where the user stands, and not in the folder of the collection.
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert schemas.violations("federation-checks", written) == []
    (content,) = written["checks"]
    assert (content["host"], content["checked"]) == ("demo", True)
    assert [finding["hop"] for finding in content["findings"] if finding["status"] == "fail"] == [
        "assignment",
        "embedding",
    ]
    (page,) = (finding for finding in content["findings"] if finding["hop"] == "embedding")
    assert page["evidence"] == {"approved": [], **published, "signs_in_at": "example-service.my.connect.aws"}
    assert page["reason"] == "The origin https://desk.example.com is not approved."

    reported = playbooks.succeed(
        "check", INVENTORY, *people, "-e", "federation_check_fail_on=never", variables=variables
    )
    (details,) = reported.tasks("show_check")
    assert max(len(line) for line in details["lines"] if "ansible-playbook" not in line) <= COLUMNS
    assert reported.result("federation_check")["table"] == content["table"]


def test_one_file_holds_every_host_and_those_that_were_not_checked(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    """In check mode and in a folder that is no playbook's; the playbook's own folder may be read-only."""
    instances = [
        {"account": ACCOUNTS["aws"], "region": "eu-central-1", "alias": f"example-{name}"}
        for name in ("sales", "support")
    ]
    clouds.seed(sandbox.world, {"aws": {"instances": instances}})
    hosts: dict[str, dict[str, t.Any]] = {
        name: {"federation_instance_alias": f"example-{name}"} for name in ("sales", "support")
    }
    hosts["lost"] = {"federation_instance_alias": "example-lost", "federation_aws_options": {"profile": "nowhere"}}
    hosts["wrong"] = {"federation_instance_alias": "example-wrong", "federation_check_warn_days": "soon"}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(
        json.dumps({"all": {"vars": {"federation_region": "eu-central-1"}, "hosts": hosts}}), encoding="utf-8"
    )
    playbooks.fail("check", inventory, "--check", "-e", "federation_check_file=report.json")
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert schemas.violations("federation-checks", written) == []
    records = {record["host"]: record for record in written["checks"]}
    assert {host: record["checked"] for host, record in records.items()} == {
        "lost": False,
        "sales": True,
        "support": True,
        "wrong": False,
    }
    assert "profile" in records["lost"]["msg"]
    assert records["wrong"]["msg"] == "It failed before it could be checked."
    assert list(CHECKOUT.joinpath("playbooks").glob("*.json")) == []


def _run_the_examples(sandbox: Sandbox, playbooks: Playbooks, created: Run, folder: Path) -> None:
    application, role = created.result("azure_saml_app"), created.result("aws_federation")["role"]
    response = http_sign_in.saml_response(sandbox.environment, application["user_access_url"], JANE)
    posted = {"url": application["reply_urls"][0], "postData": {"text": urlencode({"SAMLResponse": response})}}
    content = {
        "response.txt": response,
        "session.har": json.dumps({"log": {"entries": [{"request": posted}]}}),
        "federationmetadata.xml": application["metadata_xml"],
        "trust-policy.json": json.dumps(role["trust_policy"]),
    }
    for name, text in content.items():
        (folder / name).write_text(text, encoding="utf-8")
    for module in ("federation_check", "saml_response_info"):
        run = run_examples(module, playbooks.environment, folder)
        assert run.returncode == 0, run.stdout
        assert "unreachable=0    failed=0" in run.stdout
        assert response[:60] not in run.stdout
