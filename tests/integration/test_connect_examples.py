# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the Amazon Connect modules, run by ansible-playbook as they stand."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from contact_centre import ACCOUNT, Centre, centre
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from support import CHECKOUT, COLLECTIONS, module_environment

JANE: t.Final = {"username": "jane.doe@example.com", "secondary_email": "jane.doe@example.com"}


def play(here: Centre, module: str, folder: Path) -> dict[str, t.Any]:
    source = ast.parse((CHECKOUT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8"))
    values = {ast.unparse(node.targets[0]): node.value for node in source.body if isinstance(node, ast.Assign)}
    examples = ast.literal_eval(values["EXAMPLES"])
    playbook = folder / "examples.yml"
    variables = {"ansible_python_interpreter": sys.executable}
    playbook.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": yaml.safe_load(examples)}]), encoding="utf-8"
    )
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "--inventory", "localhost,", "--connection", "local", playbook],
        env={
            **module_environment(here.environment),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_HOME": str(folder / "home"),
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return {"code": done.returncode, "out": done.stdout + done.stderr}


@pytest.mark.parametrize(
    "module", ["connect_approved_origin", "connect_instance_info", "connect_user", "connect_user_info", "connect_users", "connect_instance"]
)
def test_the_examples_run_as_they_stand(sandbox: Sandbox, tmp_path: Path, module: str) -> None:
    here = centre(sandbox, region="eu-central-1", users=[] if module == "connect_users" else [JANE])
    if module == "connect_instance":
        sandbox.world.reset()
        account = {"id": ACCOUNT, "access_keys": [{"id": "AKIACONTACTCENTRE", "secret": "a-secret-of-the-sandbox"}]}
        clouds.seed(sandbox.world, {"aws": {"accounts": [account]}})
    played = play(here, module, tmp_path)
    assert played["code"] == 0, played["out"]
    assert "failed=0" in played["out"]
