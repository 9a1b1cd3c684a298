# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""awx/apply.yml makes in AWX what the data says, by awx.awx, and makes it once."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml

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


def plain_fields(fields: t.Mapping[str, t.Any], *apart: str) -> dict[str, t.Any]:
    """The fields of an entry that AWX keeps as they are."""
    return {name: value for name, value in fields.items() if name not in apart}


def check(awx: AWX, own: t.Mapping[str, list[str]]) -> None:
    """Everything of the data is there, and nothing else. own: the credentials of templates that have their own."""
    kinds = {"credential_types": [], "job_templates": ["survey_spec"], "schedules": ["unified_job_template"]}
    for kind, apart in kinds.items():
        created_objects = awx.all(kind)
        assert set(created_objects) == {entry["name"] for entry in OBJECTS[f"awx_{kind}"]}
        for entry in OBJECTS[f"awx_{kind}"]:
            assert plain_fields(entry, *apart).items() <= created_objects[entry["name"]].items()
    for entry in OBJECTS["awx_job_templates"]:
        template = awx.all("job_templates")[entry["name"]]
        assert awx.surveys.get(template["id"], {}) == entry.get("survey_spec", {})
        assert awx.named(template["id"], "credentials") == sorted(own.get(entry["name"], OBJECTS["awx_credentials"]))
        assert awx.named(template["id"], "labels") == OBJECTS["awx_labels"]
        for field in ("project", "inventory", "execution_environment"):
            assert awx.objects[template[field]]["name"] == OBJECTS[f"awx_{field}"]
        assert json.loads(template["extra_vars"]) == OBJECTS["awx_extra_vars"]
    check_roles(awx)
    for entry in OBJECTS["awx_schedules"]:
        assert (
            awx.objects[awx.all("schedules")[entry["name"]]["unified_job_template"]]["name"]
            == entry["unified_job_template"]
        )
    nodes = awx.all("workflow_job_template_nodes")
    for node in OBJECTS["awx_workflows"][0]["workflow_nodes"]:
        created_objects = nodes[node["identifier"]]
        assert awx.objects[created_objects["unified_job_template"]]["name"] == node["unified_job_template"]["name"]
        for kind in EDGES:
            assert awx.named(created_objects["id"], kind) == [
                linked["identifier"] for linked in node.get("related", {}).get(kind, [])
            ]
    for node in OBJECTS["awx_workflow_nodes"]:
        created_objects = nodes[node["identifier"]]
        runs = awx.objects[created_objects["unified_job_template"]]
        assert runs["name"] == node.get("unified_job_template", node.get("approval_node", {}).get("name"))
        assert plain_fields(node.get("approval_node", {})).items() <= runs.items()
        assert awx.objects[created_objects["workflow_job_template"]]["name"] == node["workflow_job_template"]
        assert created_objects.get("job_type") == node.get("job_type")
        assert awx.named(created_objects["id"], "success_nodes") == node.get("success_nodes", [])


def check_roles(awx: AWX) -> None:
    """Who launches everything cannot remove anything alone, and who approves launches nothing."""
    assert set(awx.all("teams")) == {entry["name"] for entry in OBJECTS["awx_teams"]}
    operators, approvers = (entry["name"] for entry in OBJECTS["awx_teams"])
    for name in awx.all("job_templates"):
        assert awx.granted("job_templates", name, "execute") == ([] if name.endswith("Teardown") else [operators])
    for name in awx.all("workflow_job_templates"):
        assert awx.granted("workflow_job_templates", name, "execute") == [operators]
    assert awx.granted("workflow_job_templates", "Federation | Teardown, approved", "approval") == [approvers]


def check_options(awx: AWX) -> None:
    """The examples of the documentation: who is told of failed jobs and approvals, and credentials of a template."""
    templates, workflows = awx.all("job_templates"), awx.all("workflow_job_templates")
    name = "Contact centre on call"
    assert awx.named(templates["Federation | Site"]["id"], "notification_templates_error") == [name]
    approved = workflows["Federation | Teardown, approved"]["id"]
    assert awx.named(approved, "notification_templates_approvals") == [name]


def example(first: str) -> str:
    """The block of data of the documentation that begins with a name."""
    match = re.search(rf"```yaml\n( *{first}:.*?)```", AWX_PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert match
    return textwrap.dedent(match[1])


def test_everything_is_made_once(tmp_path: Path) -> None:
    """With the options of the documentation's examples."""
    more = tmp_path / "more.yml"
    more.write_text(example("awx_notification_templates") + example("awx_template_credentials"), encoding="utf-8")
    own = yaml.safe_load(example("awx_template_credentials"))["awx_template_credentials"]
    image = ("-e", "awx_image=registry.example.com/federation-ee:1", "-e", f"@{more}")
    with running() as (awx, environment):
        terminal = Terminal(environment, tmp_path)
        assert "changed=1 " in terminal.apply("--tags", "credential_type")
        for name in {*OBJECTS["awx_credentials"], *(name for names in own.values() for name in names)}:
            awx.make("credentials", {"name": name})
        terminal.apply(*image)
        check(awx, own)
        check_options(awx)
        assert awx.all("execution_environments")["Federation"]["image"] == "registry.example.com/federation-ee:1"
        assert not any(schedule["enabled"] for schedule in awx.all("schedules").values()), "nothing is federated yet"
        before = {number: dict(fields) for number, fields in awx.objects.items()}
        awx.writes.clear()
        again = terminal.apply(*image)
        assert "changed=0 " in again
        assert awx.objects == before
        assert [write for write in awx.writes if not write.endswith("/update/")] == []
        assert "changed=0 " in terminal.apply("--check", *image)


def test_the_inventory_s_sources_are_updated_before_each_job(tmp_path: Path) -> None:
    """The example of the documentation."""
    sources = tmp_path / "sources.yml"
    sources.write_text(example("awx_inventory_sources"), encoding="utf-8")
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


def test_the_api_behind_the_gateway_of_automation_platform(tmp_path: Path) -> None:
    with running("/api/controller/") as (awx, environment):
        variables = {**environment, "CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX": "/api/controller/"}
        assert "changed=1 " in Terminal(variables, tmp_path).apply("--tags", "credential_type")
        assert "changed=0 " in Terminal(variables, tmp_path).apply("--tags", "credential_type")
        assert list(awx.all("credential_types")) == [OBJECTS["awx_credential_types"][0]["name"]]


def test_the_example_for_infra_aap_configuration(tmp_path: Path) -> None:
    """Its lists hold what is in objects.yml, under the names of that collection."""
    lists = yaml.safe_load(example("controller_credential_types"))
    templated = {name: f"{{{{ {name} }}}}" for name in lists if name != "federation"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(CHECKOUT / "awx" / "objects.yml")],
        "vars": {**lists, "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": [{"ansible.builtin.copy": {"content": "{{ shown | to_json }}", "dest": str(tmp_path / "lists.json")}}],
    }
    play["tasks"][0]["vars"] = {"shown": templated}
    (tmp_path / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    command = ansible_command("ansible-playbook", tmp_path / "play.yml", "--inventory", "localhost,")
    done = run_ansible([*command, "--connection", "local"], ansible_environment({}), tmp_path)
    assert done.returncode == 0, done.stdout
    rendered = json.loads((tmp_path / "lists.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in rendered["controller_templates"]] == [
        entry["name"] for entry in OBJECTS["awx_job_templates"]
    ]
    for entry in rendered["controller_templates"]:
        assert entry["credentials"] == OBJECTS["awx_credentials"]
        assert entry["extra_vars"] == OBJECTS["awx_extra_vars"]
    assert (
        rendered["controller_workflows"][0]["workflow_nodes"][0]["unified_job_template"]["organization"]["name"]
        == "Default"
    )
    for ours, theirs in (("schedules", "controller_schedules"), ("teams", "aap_teams")):
        assert rendered[theirs] == OBJECTS[f"awx_{ours}"]
