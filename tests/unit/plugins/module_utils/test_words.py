# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that messages name are those by which the roles set the modules' options."""

from __future__ import annotations

import functools
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.openccp.federation.plugins.module_utils._words import EVERYWHERE, VARIABLES, setting

from support import CHECKOUT

ROWS: t.Final = [(option, role, name) for option, roles in VARIABLES.items() for role, name in roles.items()]


@functools.cache
def _specs() -> dict[str, set[str]]:
    """Role → its options."""
    files = CHECKOUT.glob("roles/*/meta/argument_specs.yml")
    loaded = {path.parents[1].name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in files}
    return {role: set(spec["argument_specs"]["main"]["options"]) for role, spec in loaded.items()}


def _values(role: str, module: str, option: str) -> str:
    """What a role's tasks give for an option of a module, as text."""
    given = []
    for path in sorted(Path(CHECKOUT, "roles", role, "tasks").glob("*.yml")):
        for call in re.split(r"\n\s*(?=openccp\.federation\.)", path.read_text(encoding="utf-8")):
            if call.startswith(f"openccp.federation.{module}:"):
                given += re.findall(rf"^\s+{option}: (.*)$", call, re.MULTILINE)
    return "\n".join(given)


@pytest.mark.parametrize(("option", "role", "variable"), ROWS)
def test_a_variable_sets_the_option(option: str, role: str, variable: str) -> None:
    module, name = option.split(".")
    values = _values(role, module, name)
    if variable.startswith("federation_"):
        assert variable in _specs()["federation"]
        assert values, f"{role} does not set {option}"
    else:
        assert variable in _specs()[role]
        assert variable in values


@pytest.mark.parametrize("variable", EVERYWHERE.values())
def test_a_variable_of_every_role(variable: str) -> None:
    assert variable in _specs()["federation"]


def test_every_row_is_used() -> None:
    sources = [path.read_text(encoding="utf-8") for path in CHECKOUT.glob("plugins/**/*.py")]
    named = {name for source in sources for name in re.findall(r"[\"']([a-z_]+\.[a-z_]+)[\"']", source)}
    assert set(VARIABLES) <= named


def test_setting() -> None:
    assert setting("wait_timeout") == "wait_timeout (in the roles: federation_wait_timeout)"
    assert setting("azure_saml_app.adopt") == (
        "adopt (in the role azure_saml_app: azure_saml_app_adopt; in the role cognito_federation: "
        "cognito_federation_adopt)"
    )
