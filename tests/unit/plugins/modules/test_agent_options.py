# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One agent has the same options in both modules, in code as in documentation."""

from __future__ import annotations

import typing as t

import yaml
from ansible_collections.openccp.federation.plugins.module_utils._aws.connect_agents import AGENT_OPTIONS
from ansible_collections.openccp.federation.plugins.modules import connect_user, connect_users


def documented(module: t.Any) -> dict[str, t.Any]:
    return dict(yaml.safe_load(module.DOCUMENTATION)["options"])


def test_both_modules_say_the_same_of_an_agent() -> None:
    alone = {option: text for option, text in documented(connect_user).items() if option in AGENT_OPTIONS}
    assert documented(connect_users)["users"]["suboptions"] == alone
    assert set(alone) == set(AGENT_OPTIONS)
