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
