# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that messages name are those by which the roles set the modules' options."""

from __future__ import annotations

import ast
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
    values = []
    for path in sorted(Path(CHECKOUT, "roles", role, "tasks").glob("*.yml")):
        for call in re.split(r"\n\s*(?=openccp\.federation\.)", path.read_text(encoding="utf-8")):
            if call.startswith(f"openccp.federation.{module}:"):
                values += re.findall(rf"^\s+{option}: (.*)$", call, re.MULTILINE)
    return "\n".join(values)


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


def _set_by_roles() -> set[str]:
    """The options that a role sets to one of its variables, of those whose names are no words of a sentence."""
    pattern = re.compile(r"^\s+([a-z]+_[a-z_]+): \"\{\{ (\w+)", re.MULTILINE)
    options = set()
    for path in CHECKOUT.glob("roles/*/tasks/*.yml"):
        variables = _specs()[path.parents[1].name]
        options |= {option for option, value in pattern.findall(path.read_text(encoding="utf-8")) if value in variables}
    return options


def _messages(path: Path) -> t.Iterator[str]:
    """The sentences of a file: its strings with a space that are neither docstrings nor a module's documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        or (
            isinstance(node, ast.Assign)
            and getattr(node.targets[0], "id", "") in ("DOCUMENTATION", "EXAMPLES", "RETURN")
        )
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in documentation else None
        if isinstance(text, str) and " " in text:
            yield text


#: What a role's reader never sees, or what is a key or a value of an option that the message names.
EXCEPT: t.Final = (
    "Give app_id, or a name or an identifier that only one application has.",
    "Give its app_id.",
    "Give metadata, metadata_file or metadata_url.",
    "To confirm the deletion, set confirm_name to ",
    "It is shorter with instance_id as ",
    "No metadata_file was given to compare it with.",
    "Restore it, or delete it for good: state: absent, with app_id: ",
    " cannot be the common_name of ",
    " cannot be the validity_days of ",
)


def test_messages_name_the_variables_of_roles() -> None:
    """Somebody who runs a playbook has set no option. The check gives modules with their options, to be run as such."""
    files = [*CHECKOUT.glob("plugins/modules/*.py"), *CHECKOUT.glob("plugins/module_utils/**/*.py")]
    words = re.compile(rf"(?<![\w.])({'|'.join(sorted(_set_by_roles()))}|mode=|leavers=|renames=)(?![\w])")
    bare = [
        (str(path.relative_to(CHECKOUT)), message)
        for path in files
        if path.parent.name != "_checks"
        for message in _messages(path)
        if words.search(message) and message not in EXCEPT
    ]
    assert bare == []


def test_setting() -> None:
    assert setting("wait_timeout") == "wait_timeout (in the roles: federation_wait_timeout)"
    assert setting("azure_saml_app.adopt") == (
        "adopt (in the role azure_saml_app: azure_saml_app_adopt; in the role cognito_federation: "
        "cognito_federation_adopt)"
    )
