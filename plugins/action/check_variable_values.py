# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rejects invalid values of the roles' variables before any role or module uses them."""

from __future__ import annotations

import functools
import typing as t
from pathlib import Path

import yaml
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.openccp.federation.plugins.module_utils import _variables
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text
from ansible_collections.openccp.federation.plugins.module_utils._words import counted

ROLES: t.Final = Path(__file__).resolve().parents[2] / "roles"
#: where Ansible puts the words of --extra-vars that follow a space, and so belong to no variable
_STRAY: t.Final = "_raw_params"


@functools.cache
def options_of(role: str) -> dict[str, t.Any]:
    """The variables of a role, as its argument specification has them."""
    entries = _read(ROLES / role / "meta" / "argument_specs.yml")["argument_specs"].values()
    return {name: option for entry in entries for name, option in (entry.get("options") or {}).items()}


@functools.cache
def defaults_of(role: str) -> dict[str, t.Any]:
    """The defaults of a role, not templated; each of its variables has one."""
    return dict(_read(ROLES / role / "defaults" / "main.yml") or {})


@functools.cache
def roles() -> tuple[str, ...]:
    """The roles, longer names first, since one may begin like another."""
    return tuple(sorted((role.name for role in ROLES.iterdir()), key=len, reverse=True))


def role_of(name: str) -> str | None:
    """The role that a variable belongs to, by its name alone."""
    return next((role for role in roles() if name.startswith(f"{role}_") and name in defaults_of(role)), None)


def _stray_words(words: t.Any) -> list[str]:
    """The problem of words in --extra-vars that belong to no variable. They are not repeated: they may be part of a
    password.
    """
    number = len(str(words or "").split())
    if not number:
        return []
    return [
        f"In --extra-vars, a value ends at the first space. What follows it here ({counted(number, 'word')}) "
        "belongs to no variable. "
        """Quote the value twice: -e 'name="Jane Doe"', or give JSON: -e '{"name": "Jane Doe"}'."""
    ]


def _read(file: Path) -> t.Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(file.read_text(encoding="utf-8"), Loader=loader) if file.exists() else None  # noqa: S506  as safe, and faster


class ActionModule(ActionBase):
    """Runs on the controller, and changes nothing."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(())

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Fail with all invalid values."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        values: dict[str, t.Any] = {}
        options: dict[str, t.Any] = {}
        for name, raw in (task_vars or {}).items():
            role = role_of(name)
            if role is None or raw == defaults_of(role)[name]:
                continue
            value = self._value(raw)
            if value is not None:
                values[name], options[name] = value, options_of(role)[name]
        problems = [*_stray_words((task_vars or {}).get(_STRAY)), *_variables.problems(values, options)]
        if problems:
            message = message_text(f"{' '.join(problems)} Nothing was changed.")
            return {**result, "failed": True, "msg": message, "problems": problems}
        return {**result, "changed": False, "problems": []}

    def _value(self, raw: t.Any) -> t.Any:
        """A variable's value; None while it depends on what is not there yet, of which the role that takes it
        judges.
        """
        try:
            value = self._templar.template(raw)
        except AnsibleError:
            return None
        return None if isinstance(value, str) and "{{" in value else value
