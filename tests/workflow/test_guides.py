# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every command of the guides that runs a playbook succeeds on a healthy federation, in check mode where it would
change something. What the commands do is tested by the playbooks' own tests.
"""

from __future__ import annotations

import collections.abc
import json
import typing as t
from pathlib import Path

import pytest
import yaml
from playbooks import INVENTORIES
from pools import KEY, add_pool
from rotations import VARIABLES, Federation
from seeds import ACCOUNTS

from documented import PAGES, mappings, playbook_commands
from federation_sandbox import clouds
from support import CHECKOUT, ansible_command, run_ansible

DOCS: t.Final = CHECKOUT / "docs"
#: playbooks that change nothing, so that they run as they stand
READING: t.Final = {"check", "certificates", "report"}
#: folders of an operator's machine, each of which is one of the test here
FOLDERS: t.Final = ("/srv/handover", "/var/lib/federation", "/var/lib/node_exporter")
#: run to their end elsewhere, in the order of their page: docs/first-federation.md, docs/embed.md
ELSEWHERE: t.Final = (".sandbox/hosts.yml", "inventories/sandbox")


def commands() -> list[list[str]]:
    """Each command of the guides once, with its words in their order; a preview and the run after it are one."""
    every = [command for page in PAGES for command in playbook_commands(page)]
    local = [command for command in every if not set(command) & set(ELSEWHERE)]
    return [list(command) for command in sorted(set(map(without_preview, local)))]


def without_preview(command: collections.abc.Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in command if word not in ("--check", "--diff"))


COMMANDS: t.Final = commands()


def additions(federation: Federation) -> dict[str, dict[str, t.Any]]:
    """What the guides add to an inventory for a playbook, with the sandbox's objects in the place of the examples."""
    page = {
        "url": "https://crm.example.com/agents",
        "ccp_url": "https://example-demo.my.connect.aws/ccp-v2/",
        "login_url": federation.url,
    }
    pool = add_pool(federation.sandbox)
    return {"ccp_page": {"federation_pages": [page]}, "cognito": {"federation_user_pools": [pool.variables()]}}


def write_inventories(federation: Federation, folder: Path, playbook: str) -> None:
    """The files that the commands name."""
    demo = yaml.safe_load((INVENTORIES / "sandbox" / "hosts.yml").read_text(encoding="utf-8"))["all"]["hosts"]["demo"]
    host = {**demo, **VARIABLES, **additions(federation).get(playbook, {})}
    inventory = json.dumps({"all": {"hosts": {"demo": host}}})
    for name in ("hosts.yml", "probe.yml", "inventory"):
        (folder / name).write_text(inventory, encoding="utf-8")
    (discovery,) = (data for data in mappings(DOCS / "fleets.md") if "plugin" in data)
    instance = {"account": ACCOUNTS["aws"], "region": "eu-central-1", "alias": "example-new"}
    clouds.seed(federation.world, {"aws": {"instances": [instance]}})
    own = {name: value for name, value in discovery.items() if name != "accounts"}
    (folder / "connect_instances.yml").write_text(json.dumps(own), encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_of_the_guides(command: list[str], federation: Federation, tmp_path: Path) -> None:
    words = command[1:] if "--inventory" in command or "-i" in command else [*command[1:], "--inventory", "hosts.yml"]
    for folder in FOLDERS:
        words = [word.replace(folder, str(tmp_path)) for word in words]
    (playbook,) = (word.rpartition(".")[2] for word in words if word.startswith("openccp.federation."))
    write_inventories(federation, tmp_path, playbook)
    federation.world.settings.refuse_writes = True
    federation.world.traffic.clear()
    check = [] if playbook in READING else ["--check"]
    environment = {**federation.playbooks.environment, "AWS_ACCESS_KEY_ID": KEY}
    run = run_ansible(ansible_command("ansible-playbook", *words, *check), environment, tmp_path, merged=True)
    assert run.returncode == 0, run.stdout
    assert federation.world.traffic.writes() == []
