# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role certificate_rotation works out of its variables, without a cloud."""

from __future__ import annotations

import json
import sys
import time
import typing as t
from pathlib import Path

from support import CHECKOUT, ansible_command, ansible_environment, run_ansible

VARIABLES: t.Final = CHECKOUT / "roles/certificate_rotation/vars/main.yml"
KEYS: t.Final = {"access_key": "AKIA", "secret_key": "secret"}


def templated(folder: Path) -> dict[str, t.Any]:
    """Each variable in its situation, templated by Ansible in one run."""
    session = {
        "region": "eu-central-1",
        "endpoint_url": "https://aws",
        "profile": "",
        **KEYS,
        "session_token": "of the role",
    }
    inputs = {
        "ansible_python_interpreter": sys.executable,
        "federation_region": "eu-central-1",
        "federation_aws_options": {"endpoint_url": "https://aws", "profile": "hub"},
        "federation_aws_connection": session,
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
                {
                    "__certificate_rotation_next": {"wait_seconds": 290},
                    "__certificate_rotation_read_at": str(time.time() - ago),
                },
            )
            for ago in (0, 200, 400)
        },
    }
    tasks = [
        {"name": name, "ansible.builtin.debug": {"msg": f"{{{{ {{'found': {variable}}} | to_json }}}}"}, "vars": more}
        for name, (variable, more) in situations.items()
    ]
    play = {"hosts": "localhost", "gather_facts": False, "vars_files": [str(VARIABLES)], "vars": inputs, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    command = ansible_command("ansible-playbook", "--inventory", "localhost,", "--connection", "local", "play.yml")
    run = run_ansible(command, ansible_environment({"EVENTS_FILE": str(folder / "events.jsonl")}), folder)
    assert run.returncode == 0, run.stdout + run.stderr
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    return {event["task"]: json.loads(event["result"]["msg"])["found"] for event in events if "task" in event}


def test_each_account_gets_its_own_credentials_and_each_wait_what_is_left(tmp_path: Path) -> None:
    results = templated(tmp_path)
    for current_state in ("account 3", "no provider", "a thumbprint"):
        assert results[current_state]["session_token"] == "of the role", current_state
    common = {"region": "eu-central-1", "endpoint_url": "https://aws"}
    assert results["account 1"] == {**common, "profile": "sales"}
    assert results["account 2"] == {**common, "profile": "", **KEYS}
    for ago, least in ((0, 230), (200, 30), (400, 0)):  # the difference is what a busy machine may take
        assert least <= int(results[f"read {ago} seconds ago"]) <= max(0, 290 - ago)
