# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The agents that a task lists, as given and as validated, and its rules for those that it does not list."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible_collections.openccp.federation.plugins.module_utils._access import allowed
from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._connect import agents_csv, csv_table
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import AGENT_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._connect.leavers import Rules
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_checks import Problem
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import object_id
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


@dataclass(frozen=True)
class Roster:
    """The agents that a task lists, and its rules. malformed: those whose options are not what they should be."""

    agents: t.Sequence[Settings]
    rules: Rules
    malformed: t.Sequence[Problem] = ()

    @property
    def names(self) -> set[str]:
        """The usernames."""
        return {agent["username"] for agent in self.agents}

    @property
    def is_about_everybody(self) -> bool:
        """Whether every user matters: leavers are looked for, or people under another name."""
        return self.rules.is_whole or any(agent.get("person_id") for agent in self.agents)


def rules_of(params: t.Mapping[str, t.Any]) -> Rules:
    """The rules that the options set; InvalidInput for values that mean nothing."""
    allowed(params["max_removals"], 0)
    for option in ("rate", "burst"):
        if params[option] <= 0:
            raise InvalidInput(f"{option} is above 0, and not {params[option]:g}.")
    return Rules(
        is_whole=params["mode"] == "set",
        leavers=params["leavers"],
        restricted_profile=params["restricted_security_profile"] or "",
        max_removals=params["max_removals"],
        manage_unowned=params["manage_unowned"],
        renames=params["renames"],
        protected=frozenset((*params["protected"], *map(object_id, params["protected"]))),
    )


def rows_of(module: AwsModule) -> list[Settings]:
    """The agents that the options list, or those of the CSV file, as they are given."""
    path = module.params["csv"]
    if not path:
        return list(module.params["users"])
    try:
        text, warning = csv_table.decode(Path(path).read_bytes(), path)
    except OSError as error:
        raise InvalidInput(f"Could not read the agents from {path}: {error}") from None
    if warning:
        module.warn(warning)
    return agents_csv.parse(text, path)


def validated(roster: Roster, source: str) -> Roster:
    """The same with agents that have every option, each of its type. Nobody leaves whose options are malformed. source:
    what holds the agents, for the error.
    """
    validator = ArgumentSpecValidator(AGENT_OPTIONS)
    agents, malformed = [], []
    for row in roster.agents:
        result = validator.validate(row)
        if not result.error_messages:
            agents.append(result.validated_parameters)
            continue
        reasons = " ".join(
            f"Unsupported: {error.msg}" if isinstance(error, UnsupportedError) else error.msg for error in result.errors
        )
        if not isinstance(row.get("username"), str):
            raise InvalidInput(f"{source}, an agent without username: {reasons}")
        malformed.append(Problem(row["username"], reasons))
    return Roster(agents, protecting(roster.rules, (problem.username for problem in malformed)), malformed)


def protecting(rules: Rules, names: t.Iterable[str]) -> Rules:
    """The same rules, by which these agents stay as well."""
    return dataclasses.replace(rules, protected=rules.protected.union(names))


def username_of(row: Settings) -> str:
    """The username of an agent that is to be absent, of whom nothing else is needed."""
    if not isinstance(row.get("username"), str):
        raise InvalidInput(f"An agent is listed without username: {', '.join(map(str, row)) or 'nothing at all'}.")
    return str(row["username"])
