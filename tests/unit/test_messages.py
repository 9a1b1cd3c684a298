# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of messages: made of the check, with every message that it knows and a cause for each."""

from __future__ import annotations

import runpy
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import symptoms

from support import CHECKOUT

TOOL: t.Final = runpy.run_path(str(CHECKOUT / "tools" / "messages.py"))


def test_the_page_is_made_from_the_check() -> None:
    assert TOOL["PAGE"].read_text(encoding="utf-8") == TOOL["page"](), "run tools/messages.py"


def test_every_message_is_on_the_page_once() -> None:
    placed = [name for part in TOOL["PARTS"] for name in part.names]
    assert sorted(placed) == sorted(name for name in vars(symptoms) if name.isupper())


def test_every_cause_says_what_mends_it() -> None:
    for message, causes in TOOL["causes"]().items():
        assert all(fix for _hop, _reason, fix in causes), message
