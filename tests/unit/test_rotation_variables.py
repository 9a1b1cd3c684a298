# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role certificate_rotation works out of its variables, without a cloud."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from support import CHECKOUT, module_environment

VARIABLES: t.Final = CHECKOUT / "roles/certificate_rotation/vars/main.yml"
KEYS: t.Final = {"access_key": "AKIA", "secret_key": "secret"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    """Each variable in its situation, templated by Ansible in one run."""
    session = {"region": "eu-central-1", "endpoint_url": "https://aws", "profile": "", **KEYS, "session_token": "of the role"}
    given = {
        "ansible_python_interpreter": sys.executable,
        "federation_region": "eu-central-1",
        "federation_aws_options": {"endpoint_url": "https://aws", "profile": "hub"},
        "__federation_aws": session,
        "certificate_rotation_aws_options": {"1": {"profile": "sales"}, "2": {"profile": "", **KEYS}},
    }
    aws = {f"account {number}": {"item": f"arn:aws:iam::{number}:saml-provider/Entra"} for number in (1, 2, 3)}
    situations = {
        **{
            name: ("__certificate_rotation_aws", more)
            for name, more in {**aws, "no provider": {}, "a thumbprint": {"item": "AB12"}}.items()
        },
        **{
            f"read {ago} seconds ago": (
                "__certificate_rotation_wait_left",
                {"__certificate_rotation_next": {"wait_seconds": 290}, "__certificate_rotation_read_at": str(time.time() - ago)},
            )
            for ago in (0, 200, 400)
        },
    }
    folder = tmp_path_factory.mktemp("variables")
    tasks = [
        {
            "ansible.builtin.copy": {"content": f"{{{{ {{'found': {variable}}} | to_json }}}}", "dest": str(folder / name), "mode": "0600"},
            "vars": more,
        }
        for name, (variable, more) in situations.items()
    ]
    play = {"hosts": "localhost", "gather_facts": False, "vars_files": [str(VARIABLES)], "vars": given, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", "localhost,", "--connection", "local", "play.yml"]
    environment = {**module_environment({}), "ANSIBLE_HOME": str(folder)}
    run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    return {name: json.loads((folder / name).read_text(encoding="utf-8"))["found"] for name in situations}


@pytest.mark.parametrize("situation", ["account 3", "no provider", "a thumbprint"])
def test_the_role_that_was_assumed_is_for_its_own_account(told: dict[str, t.Any], situation: str) -> None:
    assert told[situation]["session_token"] == "of the role"


def test_an_account_with_options_of_its_own_gets_no_part_of_the_session(told: dict[str, t.Any]) -> None:
    common = {"region": "eu-central-1", "endpoint_url": "https://aws"}
    assert told["account 1"] == {**common, "profile": "sales"}
    assert told["account 2"] == {**common, "profile": "", **KEYS}


@pytest.mark.parametrize(("ago", "least"), [(0, 230), (200, 30), (400, 0)])
def test_what_has_gone_by_since_the_last_look_is_not_waited_for(told: dict[str, t.Any], ago: int, least: int) -> None:
    """The difference is what a busy machine may take."""
    assert least <= int(told[f"read {ago} seconds ago"]) <= max(0, 290 - ago)
