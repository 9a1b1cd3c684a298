# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Warns of variables that look like the collection's and are not: Ansible ignores a misspelt one in silence."""

from __future__ import annotations

import functools
import re
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.openccp.federation.plugins.module_utils._plan import close_matches
from ansible_collections.openccp.federation.plugins.plugin_utils import _filters

_filters.load()

ROLES: t.Final = Path(__file__).resolve().parents[2] / "roles"
#: those of the playbooks, which belong to no role
OF_PLAYBOOKS: t.Final = frozenset({"federation_confirm_instance_alias", "federation_remove_agents"})
_VARIABLE: t.Final = re.compile(r"^([a-z][a-z0-9_]*):", re.MULTILINE)
#: what a role, module or filter leaves behind
_LEFT_BEHIND: t.Final = re.compile(r"\w+_(result|report|info)")
_ALIKE: t.Final = 0.75


@functools.cache
def known_names() -> frozenset[str]:
    """The variables of all roles and playbooks."""
    files = [role / "defaults" / "main.yml" for role in ROLES.iterdir()]
    named = {name for file in files if file.exists() for name in _VARIABLE.findall(file.read_text(encoding="utf-8"))}
    return frozenset(named | OF_PLAYBOOKS)


def unknown_names(names: t.Iterable[str]) -> list[str]:
    """The names that begin with a role's name but are not variables of the collection."""
    prefixes = tuple(f"{role.name}_" for role in ROLES.iterdir())
    return sorted(
        {name for name in names if name.startswith(prefixes) and not _LEFT_BEHIND.fullmatch(name)} - known_names()
    )


def warning(name: str) -> str:
    """The warning about an unknown name."""
    close = close_matches(name, known_names(), count=2, cutoff=_ALIKE)
    guess = f"Did you mean {' or '.join(close)}?" if close else "It is misspelt or belongs to another release."
    return f"No role or playbook of openccp.federation has a variable {name}, so it has no effect. {guess}"


class ActionModule(ActionBase):
    """Runs on the controller, and changes nothing."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("names",))

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Warn of names. It runs once for all hosts, so it never fails."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        names = self.validate_argument_spec({"names": {"type": "list", "elements": "str", "required": True}})[1][
            "names"
        ]
        unknown = unknown_names(names)
        return {**result, "changed": False, "unknown": unknown, "warnings": [warning(name) for name in unknown]}
