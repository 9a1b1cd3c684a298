# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's requests are recorded by their shapes: a line for each that the clouds saw, and none of the values that
were given.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import probe_factory
from federation_sandbox.testing import Sandbox
from support import run_module


def lines_of(file: Path) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_each_request_of_both_clouds_is_a_line_without_values(sandbox: Sandbox, tmp_path: Path) -> None:
    probe_factory.fill(sandbox)
    file = tmp_path / "recording.jsonl"
    environment = {**sandbox.environment, **probe_factory.credentials(), "FEDERATION_RECORD": str(file)}
    application = {
        "name": "Telltale application",
        "identifiers": ["https://signin.aws.amazon.com/saml#1"],
        "reply_urls": ["https://telltale.signin.aws.amazon.com/saml"],
        "assignments": {"groups": {"set": ["Telltale agents"]}},
    }
    created = run_module("azure_saml_app", application, environment)
    assert not created.failed, created["msg"]
    assert not run_module("connect_user_info", {"instance_id": probe_factory.INSTANCE}, environment).failed
    lines, written = lines_of(file), file.read_text(encoding="utf-8").lower()
    seen = [call for call in sandbox.world.traffic.entries(None, None) if call["service"] in ("graph", "connect")]
    recorded = [line for line in lines if line["service"] in ("graph", "connect")]
    inner = [line for line in recorded if line.get("in_batch")]
    assert len(recorded) == len(seen)
    assert inner != []
    assert {line["operation"] for line in recorded if line["service"] == "connect"} == {
        call["operation"] for call in seen if call["service"] == "connect"
    }
    assert {line["service"] for line in lines} >= {"sign-in", "graph", "metadata", "connect"}
    assert [tale for tale in probe_factory.TELLTALES if tale.lower() in written] == []


def test_nothing_is_recorded_unless_it_is_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    probe_factory.fill(sandbox)
    environment = {**sandbox.environment, **probe_factory.credentials(), "FEDERATION_RECORD": ""}
    assert not run_module("connect_user_info", {"instance_id": probe_factory.INSTANCE}, environment).failed
    assert list(tmp_path.iterdir()) == []
