# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every playbook has in common, whatever it does."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from support import CHECKOUT

PLAYBOOKS: t.Final = sorted(path.stem for path in CHECKOUT.glob("playbooks/*.yml"))
#: change nothing in the clouds, or only what they make themselves
UNPLANNED: t.Final = {"certificates", "check", "live_probe", "report"}


def plays(playbook: str) -> list[dict[str, t.Any]]:
    """The plays of a playbook, also those of another file that it ends with."""
    loaded = yaml.safe_load((CHECKOUT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    imported = [play["ansible.builtin.import_playbook"] for play in loaded if "ansible.builtin.import_playbook" in play]
    more = [play for name in imported for play in plays(name.removesuffix(".yml"))]
    return [play for play in loaded if "ansible.builtin.import_playbook" not in play] + more


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_the_inventory_s_way_to_a_host_means_nothing(playbook: str) -> None:
    for play in plays(playbook):
        settings = {name: play["vars"].get(name) for name in ("ansible_connection", "ansible_become")}
        assert settings == {"ansible_connection": "local", "ansible_become": False}
        assert play["vars"]["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"


@pytest.mark.parametrize("playbook", sorted(set(PLAYBOOKS) - UNPLANNED))
def test_what_writes_plans_first_and_ends_with_the_table(playbook: str) -> None:
    """So federation_plan_file and federation_planned_status work for each."""
    text = (CHECKOUT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8")
    assert "import_tasks: includes/plan_first.yml" in text
    assert "import_playbook: includes/summary.yml" in text
    assert plays(playbook)[0]["vars"]["__plan_first"]["playbook"] == playbook
    assert f"__summary_playbook: {playbook}" in text


#: end in no failure of one host's making: they show or keep what a filter has made of all hosts
SAFE_ONCE: t.Final = {
    "ansible.builtin.debug",
    "ansible.builtin.set_fact",
    "ansible.builtin.set_stats",
    "openccp.federation.check_variable_names",
}
#: refuse the run as a whole, where nothing comes after it
REFUSALS: t.Final = {"Check that exactly one host is selected"}


def _tasks(content: t.Any) -> t.Iterator[dict[str, t.Any]]:
    """The tasks of a file, also those in blocks and plays."""
    for entry in content or ():
        yield entry
        for part in ("tasks", "block", "rescue", "always"):
            yield from _tasks(entry.get(part))


FILES: t.Final = sorted(
    file
    for pattern in ("playbooks/*.yml", "playbooks/includes/*.yml", "roles/*/tasks/*.yml")
    for file in CHECKOUT.glob(pattern)
)
ONCE: t.Final = [
    (f"{file.relative_to(CHECKOUT)}: {task['name']}", task)
    for file in FILES
    for task in _tasks(yaml.safe_load(file.read_text(encoding="utf-8")))
    if task.get("run_once")
]


@pytest.mark.parametrize("task", [task for _name, task in ONCE], ids=[name for name, _task in ONCE])
def test_a_task_that_runs_once_cannot_fail_for_all_hosts(task: dict[str, t.Any]) -> None:
    """Ansible marks every host as failed when a task with run_once fails, and leaves them out of later plays."""
    assert task.get("ignore_errors") is True or task["name"] in REFUSALS or not SAFE_ONCE.isdisjoint(task), (
        "a host that fails must fail in a task of its own"
    )
