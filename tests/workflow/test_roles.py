# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written of roles, playbooks and permissions in two places says the same in both."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
import yaml
from seeds import PERMISSIONS

from support import CHECKOUT

ROLES: t.Final = sorted(path.name for path in (CHECKOUT / "roles").iterdir())
README: t.Final = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def load(*path: str) -> t.Any:
    """A YAML file of the checkout."""
    return yaml.safe_load(CHECKOUT.joinpath(*path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("role", ROLES)
def test_defaults_equal_the_specification(role: str) -> None:
    """A computed default may be missing in the specification, where its type forbids a template; the description then
    tells it.
    """
    options = load("roles", role, "meta", "argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = load("roles", role, "defaults", "main.yml")
    computed = {name for name, value in defaults.items() if "{{" in str(value)}
    required = {name for name, option in options.items() if option.get("required")}
    assert set(defaults) == set(options)
    assert {name: defaults[name] for name in set(defaults) - computed - required} == {
        name: option.get("default") for name, option in options.items() if name not in computed | required
    }
    for name in computed:
        statement = re.search(r"[Bb]y default|[Dd]efaults to|The default is", str(options[name]["description"]))
        assert options[name].get("default") == defaults[name] or ("default" not in options[name] and statement), name


@pytest.mark.parametrize("role", ROLES)
def test_variables_bear_the_name_of_their_role(role: str) -> None:
    names = load("roles", role, "defaults", "main.yml")
    assert all(name.startswith(f"{role}_") for name in names)


def test_every_variable_that_the_guides_name_exists() -> None:
    known = {name for role in ROLES for name in load("roles", role, "defaults", "main.yml")}
    known |= {f"{role}_result" for role in ROLES} | {
        "federation_certificates_report",  # artifacts of AWX
        "federation_confirm_instance_alias",
        "federation_remove_agents",
        "federation_run_report",
        "federation_sandbox",
    }
    folders = {"docs": ("*.md", "*.rst"), "inventories": ("*.yml",)}
    pages = [
        page
        for folder, patterns in folders.items()
        for pattern in patterns
        for page in (CHECKOUT / folder).rglob(pattern)
    ]
    pages.append(CHECKOUT / "README.md")
    pages.remove(CHECKOUT / "docs" / "upgrading.md")  # which names those of before
    named = re.compile(rf"\b(?:{'|'.join(ROLES)})_[a-z_]+\b")
    plugins = {path.stem for kind in ("modules", "filter") for path in (CHECKOUT / "plugins" / kind).glob("*.py")}
    for page in pages:
        unknown = set(named.findall(page.read_text(encoding="utf-8"))) - known - plugins - set(ROLES)
        assert not unknown, f"{page.name} names {unknown}"


def test_the_pages_show_the_policy_and_the_permissions() -> None:
    policy = json.loads((CHECKOUT / "docs" / "permissions" / "aws-policy.json").read_text(encoding="utf-8"))
    table = (CHECKOUT / "docs" / "permissions.md").read_text(encoding="utf-8")
    block = re.search(r"```json\n(.*?)```", table, re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == policy
    for permission in PERMISSIONS:
        assert f"`{permission}`" in README
        assert f"| `{permission}` |" in table


def test_a_new_user_fills_in_six_values() -> None:
    example = load("inventories", "example", "hosts.yml")["all"]
    assert len({**example["vars"], **example["hosts"]["support"]}) == 6
