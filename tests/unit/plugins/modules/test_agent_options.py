# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One agent has the same options in both modules, and they are documented as they are: no linter sees those of a list
of agents.
"""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import AGENT_OPTIONS

from support import documented_options

RULES: t.Final = ("type", "elements", "choices", "required", "default", "aliases")


def rules(options: t.Mapping[str, t.Any], inner: str) -> dict[str, t.Any]:
    """What of each option the code and the documentation both say."""
    known = {}
    for name, option in options.items():
        known[name] = {rule: option[rule] for rule in RULES if rule in option}
        known[name]["inner"] = rules(option.get(inner, {}), inner)
    return known


def test_both_modules_document_the_options_of_an_agent() -> None:
    alone = documented_options("connect_user")
    listed = documented_options("connect_users")["users"]["suboptions"]
    assert listed == {name: alone[name] for name in listed}
    assert rules(listed, "suboptions") == rules(AGENT_OPTIONS, "options")
