# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is called in the names of files: no two hosts share a file, whatever they are called."""

from __future__ import annotations

import json
import re
import sys
import typing as t
from pathlib import Path

import pytest

from support import CHECKOUT, ansible_command, ansible_environment, run_ansible

VARIABLES: t.Final = CHECKOUT / "roles/federation/vars/main.yml"
LONG: t.Final = "a" * 10_000
#: host → its name in files; None where it ends in a checksum
NAMES: t.Final[dict[str, str | None]] = {
    "demo": "demo",
    "sales_emea": "sales_emea",
    "sales/emea": "sales%2Femea",
    "sales\\emea": "sales%5Cemea",
    "sales:emea": "sales%3Aemea",
    "sales emea": "sales%20emea",
    "sales\temea": "sales%09emea",
    "sales*emea": "sales%2Aemea",
    "sales?emea": "sales%3Femea",
    "sales<emea": "sales%3Cemea",
    'sales"emea': "sales%22emea",
    "sales|emea": "sales%7Cemea",
    "sales%2Femea": "sales%252Femea",
    "sales\nemea": "sales%0Aemea",
    "sales\x00emea": "sales%00emea",
    "sales\u202eemea": "sales%E2%80%AEemea",
    "..": "..",
    "../demo": "..%2Fdemo",
    "/etc/passwd": "%2Fetc%2Fpasswd",
    "büro": "b%C3%BCro",
    "bu\u0308ro": "bu%CC%88ro",
    "{{ lookup('pipe', 'id') }}": "%7B%7B%20lookup%28%27pipe%27%2C%20%27id%27%29%20%7D%7D",
    LONG: None,
    f"{LONG}b": None,
    "/" * 40: None,
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The name of each host, as the role's variable has it."""
    folder: Path = tmp_path_factory.mktemp("names")
    tasks = [
        {
            "name": "The name of a file",
            "ansible.builtin.debug": {"msg": "{{ [inventory_hostname, federation_host_file_name] | to_json }}"},
            # As the variable of the host would be: a template in it is none.
            "vars": {"inventory_hostname": {"__ansible_unsafe": host}},
        }
        for host in NAMES
    ]
    play = {"hosts": "localhost", "gather_facts": False, "vars_files": [str(VARIABLES)], "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    command = ansible_command("ansible-playbook", "--inventory", "localhost,", "--connection", "local", "play.yml")
    settings = {"EVENTS_FILE": str(folder / "events.jsonl"), "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    run = run_ansible(command, ansible_environment(settings), folder)
    assert run.returncode == 0, run.stdout + run.stderr
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    return dict(json.loads(event["result"]["msg"]) for event in events if "task" in event)


@pytest.mark.parametrize("host", NAMES, ids=lambda host: ascii(host)[:40])
def test_a_host_has_a_name_that_any_file_can_have(names: dict[str, str], host: str) -> None:
    name = names[host]
    assert re.fullmatch(r"[\w.~%-]{1,100}", name, re.ASCII)
    assert name == NAMES[host] if NAMES[host] is not None else re.fullmatch(r".{80}-[0-9a-f]{16}", name)


def test_no_two_hosts_share_one(names: dict[str, str]) -> None:
    assert len(set(names.values())) == len(names) == len(NAMES)
