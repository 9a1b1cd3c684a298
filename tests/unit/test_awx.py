# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX is given: data that its collection takes, playbooks and variables that exist, an image with our
requirements.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import checkout_image
import pytest
import yaml
from ansible_collections.openccp.federation.plugins.action.check_variable_names import OF_PLAYBOOKS

from awx_rules import EDGES, OBJECTS, answers, follow
from support import CHECKOUT, COLLECTIONS, module_environment

#: what apply.yml passes to which module
GIVEN: t.Final = {
    "credential_type": OBJECTS["awx_credential_types"],
    "job_template": OBJECTS["awx_job_templates"],
    "workflow_job_template": OBJECTS["awx_workflows"],
    "workflow_job_template_node": OBJECTS["awx_workflow_nodes"],
    "schedule": OBJECTS["awx_schedules"],
    "team": [{"organization": OBJECTS["awx_organization"], **entry} for entry in OBJECTS["awx_teams"]],
    "role": OBJECTS["awx_roles"],
}


def check(values: dict[str, t.Any], options: dict[str, t.Any], where: str) -> None:
    """Every key is an option, every required one is there, every choice exists, down through the suboptions."""
    assert set(values) <= set(options), where
    assert {name for name, option in options.items() if option.get("required")} <= set(values), where
    for name, value in values.items():
        option = options[name]
        if "choices" in option:
            assert value in option["choices"], f"{where}.{name}"
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict) and "suboptions" in option:
                check(entry, option["suboptions"], f"{where}.{name}")


@pytest.mark.parametrize("module", GIVEN)
def test_awx_awx_takes_the_data(module: str) -> None:
    pytest.importorskip("ansible_collections.awx.awx", reason="the ansible package has awx.awx up to 13")
    documented = importlib.import_module(f"ansible_collections.awx.awx.plugins.modules.{module}").DOCUMENTATION
    for entry in GIVEN[module]:
        named = {"name", "identifier", "team"} & set(entry)
        check(entry, yaml.safe_load(documented)["options"], entry[min(named)])


def test_each_template_runs_a_playbook_of_the_project() -> None:
    assert all((CHECKOUT / template["playbook"]).is_file() for template in OBJECTS["awx_job_templates"])


def test_what_schedules_and_workflows_run_exists() -> None:
    template_names = {entry["name"] for kind in ("awx_job_templates", "awx_workflows") for entry in OBJECTS[kind]}
    nodes = [node for workflow in OBJECTS["awx_workflows"] for node in workflow.get("workflow_nodes", ())]
    run = {schedule["unified_job_template"] for schedule in OBJECTS["awx_schedules"]}
    apart = [node["unified_job_template"] for node in OBJECTS["awx_workflow_nodes"] if "approval_node" not in node]
    assert run | {node["unified_job_template"]["name"] for node in nodes} | set(apart) <= template_names
    named = {node["identifier"] for node in nodes}
    assert {
        after["identifier"] for node in nodes for kind in EDGES for after in node.get("related", {}).get(kind, [])
    } <= named


@pytest.mark.parametrize("failing", ["plan", "approval"])
def test_nothing_is_removed_without_a_plan_and_an_approval(failing: str) -> None:
    teardown = [
        {
            "identifier": node["identifier"],
            "related": {"success_nodes": [{"identifier": name} for name in node.get("success_nodes", ())]},
        }
        for node in OBJECTS["awx_workflow_nodes"]
    ]
    assert follow(teardown, ()) == (["plan", "approval", "remove"], True)
    ran, successful = follow(teardown, (failing,))
    assert "remove" not in ran
    assert not successful


@pytest.mark.parametrize(
    ("failing", "successful"),
    [
        ((), True),
        (("before",), True),
        (("rotate",), True),
        (("before", "rotate"), True),
        (("after",), False),
        (("before", "after"), False),
    ],
)
def test_one_broken_federation_stops_no_rotation(failing: tuple[str, ...], successful: bool) -> None:
    """A check that fails is followed by the rotation, which mends it when the certificate is what is wrong; the last
    check counts.
    """
    nightly = OBJECTS["awx_workflows"][0]["workflow_nodes"]
    assert follow(nightly, failing) == (["before", "rotate", "after"], successful)


def test_a_survey_asks_for_options_of_the_roles() -> None:
    specs = [
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in CHECKOUT.glob("roles/*/meta/argument_specs.yml")
    ]
    options = {
        name: option
        for spec in specs
        for entry in spec["argument_specs"].values()
        for name, option in entry.get("options", {}).items()
    }
    options |= {name: {"type": "bool"} for name in OF_PLAYBOOKS}
    types = {"integer": ["int"], "multiplechoice": ["bool", "str"], "text": ["list", "str"]}
    for question in (
        question for template in OBJECTS["awx_job_templates"] for question in template["survey_spec"]["spec"]
    ):
        option = options[question["variable"]]
        assert option["type"] in types[question["type"]], question
        if question["type"] == "multiplechoice":
            assert question["choices"].split("\n") == option.get("choices", ["false", "true"])


@pytest.mark.parametrize("template", OBJECTS["awx_job_templates"], ids=lambda template: template["name"])
def test_where_nothing_is_answered_the_inventory_decides(template: dict[str, t.Any]) -> None:
    """Extra variables beat every inventory, and a schedule or a workflow answers nothing."""
    assert answers(template, {}) == {}
    for question in template["survey_spec"]["spec"]:
        with pytest.raises(ValueError, match="answers refused"):
            answers(template, {question["variable"]: ""})


def test_playbooks_and_image_are_of_this_release() -> None:
    release = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert OBJECTS["awx_project_branch"] == release
    assert OBJECTS["awx_image"].endswith(f":{release}")


@pytest.mark.parametrize("rule", [schedule["rrule"] for schedule in OBJECTS["awx_schedules"]])
def test_a_schedule_is_one_that_awx_takes(rule: str) -> None:
    """AWX wants one DTSTART in UTC and an interval."""
    assert re.fullmatch(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=(MINUTELY|DAILY|WEEKLY);INTERVAL=\d+(;BYDAY=[A-Z,]+)?", rule)


def builder(*arguments: str) -> str:
    """What ansible-builder prints."""
    command = [str(Path(sys.executable).with_name("ansible-builder")), *arguments]
    if not Path(command[0]).exists():
        pytest.skip("ansible-builder is part of the main environment alone")
    environment = module_environment({})
    return subprocess.run(
        command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=600
    ).stdout


def test_the_image_gets_exactly_our_requirements() -> None:
    lines = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    introspected = yaml.safe_load(builder("introspect", "--sanitize", str(COLLECTIONS)))
    ours = [line.partition("#")[0].strip() for line in introspected["python"] if "openccp.federation" in line]
    assert ours == [line for line in lines if line and not line.startswith("#")]


def test_the_image_can_be_built_from_a_checkout(tmp_path: Path) -> None:
    archive, definition = tmp_path / "openccp-federation-9.9.9.tar.gz", tmp_path / "execution-environment.yml"
    archive.write_bytes(b"stands for the archive")
    definition.write_text(yaml.safe_dump(checkout_image.definition(archive)), encoding="utf-8")
    context = tmp_path / "context"
    builder("create", "--file", str(definition), "--context", str(context), "--output-filename", "Containerfile")
    galaxy = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    local, *others = galaxy["collections"]
    assert local["type"] == "file"
    assert (context / "_build" / local["name"]).read_bytes() == archive.read_bytes()
    assert [entry["name"] for entry in others] == ["amazon.aws"]


def test_the_image_can_be_built(tmp_path: Path) -> None:
    builder(
        "create",
        "--output-filename",
        "Containerfile",
        "--file",
        "execution-environment.yml",
        "--context",
        str(tmp_path),
    )
    assert "FROM" in (tmp_path / "Containerfile").read_text(encoding="utf-8")
    galaxy = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    described = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
    release, dependencies = described["version"], described["dependencies"]
    assert {entry["name"]: entry.get("version") for entry in galaxy["collections"]} == {
        "openccp.federation": release,
        **dependencies,
    }
