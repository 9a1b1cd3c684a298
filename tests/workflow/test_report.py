# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.yml: a page and a JSON file on a whole inventory, from reads alone."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.openccp.federation.plugins.module_utils._printable import printable
from lxml import html
from playbooks import Playbooks
from seeds import SECRET, TENANTS

import schemas
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox

JANE: t.Final = "jane.doe@example.com"
JOHN: t.Final = "john.roe@example.com"
#: a group of this name is a template to Ansible, markup to a browser, a command to a terminal and a formula to a
#: spreadsheet
HOSTILE: t.Final = "=1+1 {{ 7 * 7 }} <script>alert(1)</script> \u202e\x1b[31m\nnext \\\"'" + "x" * 150
#: a host whose name leads to another folder and turns the direction of writing
WRONG: t.Final = "../wr\u202eong"
#: HTTP requests for one federation whose agents are listed: those of the check, the profiles' names, and a token of
#: each cloud
BUDGET: t.Final = 20


def inventory_of(folder: Path, **hosts: dict[str, t.Any]) -> Path:
    """An inventory with agents Jane and John on each host."""
    agents = [{"username": name, "first_name": "A", "last_name": "B"} for name in (JANE, JOHN)]
    shared = {
        "federation_region": "eu-central-1",
        "federation_agents": agents,
        "federation_assigned_groups": ["Contact centre agents"],
    }
    file = folder / "hosts.json"
    file.write_text(json.dumps({"all": {"vars": shared, "hosts": hosts}}), encoding="utf-8")
    return file


def test_the_report_of_a_fleet(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    """One federation for all of it, because site.yml takes longest."""
    hosts: dict[str, dict[str, t.Any]] = {
        name: {"federation_instance_alias": f"example-{name}"} for name in ("demo", "lost")
    }
    hosts[WRONG] = {"federation_instance_alias": "example-wrong", "federation_check_warn_days": "soon"}
    hosts["invalid"] = {"federation_instance_alias": ["no", "text"]}
    inventory = inventory_of(tmp_path, **hosts)
    playbooks.succeed("site", inventory, "--limit", "demo")
    page, content = tmp_path / "federation-report.html", tmp_path / "federation-report.json"

    sandbox.world.settings.refuse_writes = True
    sandbox.world.traffic.clear()
    well = playbooks.succeed("report", inventory, "--limit", "demo")
    requests = len(sandbox.world.traffic.requests())
    assert sandbox.world.traffic.writes() == []
    assert requests <= BUDGET, requests
    first = json.loads(content.read_text(encoding="utf-8"))
    assert schemas.violations("federation-report", first) == []
    (demo,) = first["federations"]
    assert (demo["state"], demo["people"], demo["agents"]["states"]["unobstructed"]) == ("pass", [], 2)
    assert [row["profile"] for row in demo["agents"]["profiles"]] == ["Agent"]
    assert [(row["signs"], *row["providers"].values()) for row in demo["certificates"]] == [(True, True)]
    assert first["previous"] is None
    assert f"The report: {page}" in well.output

    _break(sandbox)
    sandbox.world.traffic.clear()
    ill = playbooks.fail("report", inventory)
    assert ill.failed_hosts() == sorted(hosts)
    assert '"msg": "demo: 1 person cannot sign in.' in ill.output, ill.output
    assert sandbox.world.traffic.writes() == []
    second = json.loads(content.read_text(encoding="utf-8"))
    assert schemas.violations("federation-report", second) == []
    assert second["previous"] == first["generated"]
    assert second["counts"] == {"fail": 1, "warning": 0, "unknown": 0, "pass": 0, "not_readable": 3}
    (john,) = [person for host in second["federations"] if host["host"] == "demo" for person in host["people"]]
    assert (john["subject"], john["hop"]) == (JOHN, "assignment")
    assert john["command"].endswith(f"--limit demo -e federation_check_people={JOHN}")
    reasons = {federation["host"]: federation["reason"] for federation in second["not_readable"]}
    assert sorted(reasons) == [WRONG, "invalid", "lost"]
    assert "example-lost" in reasons["lost"]
    assert "soon" in reasons[WRONG]
    changes = [(change["host"], change["direction"], change["text"]) for change in second["changes"]]
    assert ("demo", "worse", f"{JOHN} can no longer sign in (assignment).") in changes
    assert HOSTILE in john["reason"]
    document = html.document_fromstring(page.read_text(encoding="utf-8"))
    assert document.xpath("//script") == []
    assert printable(HOSTILE) in document.text_content()
    assert document.text_content().replace("\n", "").isprintable()
    assert SECRET not in well.output + ill.output + page.read_text(encoding="utf-8") + content.read_text(
        encoding="utf-8"
    )


def _break(sandbox: Sandbox) -> None:
    """John leaves the group that is assigned for one within it, whose name is hostile."""
    groups = [
        {"displayName": HOSTILE, "members": [JOHN]},
        {"displayName": "Contact centre agents", "members": [JANE, HOSTILE]},
    ]
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], "groups": groups}]}})


def test_files_are_written_to_the_configured_paths_and_a_damaged_last_report_is_refused(
    playbooks: Playbooks, tmp_path: Path
) -> None:
    inventory = inventory_of(tmp_path, lost={"federation_instance_alias": "example-lost"})
    files = {"federation_report_html": "", "federation_report_json": "reports/today.json"}
    (tmp_path / "reports").mkdir()
    playbooks.succeed("report", inventory, variables={**files, "federation_report_fail_on": "never"})
    assert json.loads((tmp_path / "reports" / "today.json").read_text(encoding="utf-8"))["counts"]["not_readable"] == 1
    assert not (tmp_path / "federation-report.html").exists()

    (tmp_path / "other.json").write_text('{"findings": []}', encoding="utf-8")
    before = (tmp_path / "reports" / "today.json").read_bytes()
    run = playbooks.fail(
        "report", inventory, variables={**files, "federation_report_previous": str(tmp_path / "other.json")}
    )
    assert "The previous report is not a report of this collection: its kind is None" in run.output
    assert (tmp_path / "reports" / "today.json").read_bytes() == before


def test_each_host_has_its_own_files_and_its_own_result(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    """Hosts that are named for a report that cannot be written are the only ones that fail for it."""
    hosts: dict[str, dict[str, t.Any]] = {
        name: {"federation_instance_alias": f"example-{name}", "federation_report_fail_on": "never"}
        for name in ("damaged", "one", "own", "two")
    }
    (tmp_path / "other.json").write_text('{"findings": []}', encoding="utf-8")
    hosts["damaged"] |= {
        "federation_report_html": "damaged.html",
        "federation_report_json": "damaged.json",
        "federation_report_previous": "other.json",
    }
    hosts["own"] |= {"federation_report_json": "own.json", "federation_report_html": "", "federation_artifacts": True}
    hosts["two"] |= {"federation_report_fail_on": "fail"}
    run = playbooks.fail("report", inventory_of(tmp_path, **hosts))
    assert run.failed_hosts() == ["damaged", "two"]
    assert '"msg": "two: could not be checked.' in run.output
    assert f"The report: {tmp_path / 'own.json'}" in run.output
    assert "damaged.html" not in run.output.partition("Write | Show the summary")[2]
    assert run.result("federation_report", "own")["counts"]["not_readable"] == len(hosts)
    written = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in tmp_path.glob("*.json")}
    assert [record["host"] for record in written["federation-report.json"]["not_readable"]] == ["one", "two"]
    assert [record["host"] for record in written["own.json"]["not_readable"]] == ["own"]
    assert sorted(file.name for file in tmp_path.glob("*.html")) == ["federation-report.html"]
    assert "damaged.json" not in written
    assert sandbox.world.traffic.writes() == []
