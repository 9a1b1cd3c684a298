# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""awx/apply.yml makes in AWX what the data says, by awx.awx, and makes it once."""

from __future__ import annotations

import re
import subprocess
import textwrap
import typing as t
from pathlib import Path

import pytest

from awx_rules import EDGES, OBJECTS
from fake_awx import AWX, TOKEN, running
from support import CHECKOUT, ansible_command, ansible_environment, run_ansible

AWX_PAGE: t.Final = CHECKOUT / "docs" / "awx.md"

pytest.importorskip("ansible_collections.awx.awx", reason="awx.awx comes with the ansible package")


class Terminal(t.NamedTuple):
    """Somebody who sets AWX up."""

    environment: t.Mapping[str, str]
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the playbook."""
        command = ansible_command("ansible-playbook", CHECKOUT / "awx" / "apply.yml", *arguments)
        done = run_ansible(command, ansible_environment({**self.environment, "NO_PROXY": "127.0.0.1"}), self.folder)
        assert TOKEN not in done.stdout
        return done

    def apply(self, *arguments: str) -> str:
        """Run the playbook, which succeeds; the answer is its recap."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()[-2]


def given(fields: t.Mapping[str, t.Any], *apart: str) -> dict[str, t.Any]:
    """The fields of an entry that AWX keeps as they are."""
    return {name: value for name, value in fields.items() if name not in apart}


def check(awx: AWX) -> None:
    """Everything of the data is there, and nothing else."""
    kinds = {"credential_types": [], "job_templates": ["survey_spec"], "schedules": ["unified_job_template"]}
    for kind, apart in kinds.items():
        made = awx.all(kind)
        assert set(made) == {entry["name"] for entry in OBJECTS[f"awx_{kind}"]}
        for entry in OBJECTS[f"awx_{kind}"]:
            assert given(entry, *apart).items() <= made[entry["name"]].items()
    for entry in OBJECTS["awx_job_templates"]:
        template = awx.all("job_templates")[entry["name"]]
        assert awx.surveys.get(template["id"], {}) == entry.get("survey_spec", {})
        assert awx.named(template["id"], "credentials") == sorted(OBJECTS["awx_credentials"])
        assert awx.named(template["id"], "labels") == OBJECTS["awx_labels"]
        for field in ("project", "inventory", "execution_environment"):
            assert awx.objects[template[field]]["name"] == OBJECTS[f"awx_{field}"]
    for entry in OBJECTS["awx_schedules"]:
        assert (
            awx.objects[awx.all("schedules")[entry["name"]]["unified_job_template"]]["name"]
            == entry["unified_job_template"]
        )
    nodes = awx.all("workflow_job_template_nodes")
    for node in OBJECTS["awx_workflows"][0]["workflow_nodes"]:
        made = nodes[node["identifier"]]
        assert awx.objects[made["unified_job_template"]]["name"] == node["unified_job_template"]["name"]
        for kind in EDGES:
            assert awx.named(made["id"], kind) == [one["identifier"] for one in node.get("related", {}).get(kind, [])]
    for node in OBJECTS["awx_workflow_nodes"]:
        made = nodes[node["identifier"]]
        runs = awx.objects[made["unified_job_template"]]
        assert runs["name"] == node.get("unified_job_template", node.get("approval_node", {}).get("name"))
        assert given(node.get("approval_node", {})).items() <= runs.items()
        assert awx.objects[made["workflow_job_template"]]["name"] == node["workflow_job_template"]
        assert made.get("job_type") == node.get("job_type")
        assert awx.named(made["id"], "success_nodes") == node.get("success_nodes", [])


def test_everything_is_made_once(tmp_path: Path) -> None:
    with running() as (awx, environment):
        terminal = Terminal(environment, tmp_path)
        assert "changed=1 " in terminal.apply("--tags", "credential_type")
        for name in OBJECTS["awx_credentials"]:
            awx.make("credentials", {"name": name})
        terminal.apply("-e", "awx_image=registry.example.com/federation-ee:1")
        check(awx)
        assert awx.all("execution_environments")["Federation"]["image"] == "registry.example.com/federation-ee:1"
        assert not any(schedule["enabled"] for schedule in awx.all("schedules").values()), "nothing is federated yet"
        before = {number: dict(one) for number, one in awx.objects.items()}
        awx.writes.clear()
        again = terminal.apply("-e", "awx_image=registry.example.com/federation-ee:1")
        assert "changed=0 " in again
        assert awx.objects == before
        assert [write for write in awx.writes if not write.endswith("/update/")] == []
        assert "changed=0 " in terminal.apply("--check", "-e", "awx_image=registry.example.com/federation-ee:1")


def test_the_inventory_s_sources_are_updated_before_each_job(tmp_path: Path) -> None:
    """The example of the documentation."""
    example = re.search(r"```yaml\n( +awx_inventory_sources:\n.*?)```", AWX_PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    sources = tmp_path / "sources.yml"
    sources.write_text(textwrap.dedent(example[1]), encoding="utf-8")
    with running() as (awx, environment):
        terminal = Terminal(environment, tmp_path)
        for name in OBJECTS["awx_credentials"]:
            awx.make("credentials", {"name": name})
        awx.make("projects", {"name": "Contact centres", "organization": 1})
        for changed in (True, False):
            recap = terminal.apply("--skip-tags", "credential_type", "-e", f"@{sources}")
            assert ("changed=0 " not in recap) == changed
        (source,) = awx.all("inventory_sources").values()
        assert (source["source"], source["update_on_launch"]) == ("scm", True)
        assert awx.objects[source["source_project"]]["name"] == "Contact centres"


def test_what_stops_the_first_run_is_mended_by_the_next(tmp_path: Path) -> None:
    """A credential type that an administrator of the organization may not make, and a first sync that fails: AWX never
    repeats it.
    """
    with running() as (awx, environment):
        terminal = Terminal(environment, tmp_path)
        awx.administrator = False
        refused = terminal.run("--tags", "credential_type")
        assert refused.returncode != 0
        assert "Only a system administrator of AWX" in refused.stdout
        assert "You don't have permission" in refused.stdout
        for name in OBJECTS["awx_credentials"]:
            awx.make("credentials", {"name": name})
        awx.commit = ""
        assert "Project update failed" in terminal.run("--skip-tags", "credential_type").stdout
        awx.commit = "2e1d"
        terminal.apply("--skip-tags", "credential_type")
        assert set(awx.all("job_templates")) == {entry["name"] for entry in OBJECTS["awx_job_templates"]}
