# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""live_probe.yml as a user runs it: it says what it makes, asks, reports without names, and leaves nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playbooks import Playbooks

import probe_factory
from federation_sandbox.answers import read_answers
from federation_sandbox.testing import Sandbox

#: the questions that the permissions of this caller do not let it ask
NOT_HERE = {"purge_with_owned_by"}


@pytest.fixture
def terminal(sandbox: Sandbox, tmp_path: Path) -> Playbooks:
    """A terminal of whoever probes."""
    sandbox.world.reset()
    probe_factory.fill(sandbox)
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"test": probe_factory.HOST}}}), encoding="utf-8")
    return Playbooks({**sandbox.environment, **probe_factory.credentials()}, tmp_path)


def test_a_check_says_what_would_be_made_and_what_to_confirm(
    sandbox: Sandbox, terminal: Playbooks, tmp_path: Path
) -> None:
    run = terminal.succeed("live_probe", tmp_path / "hosts.yml", "--check", "--tags", "identifier_suffix,iam")
    assert f"live_probe_confirm: {probe_factory.TENANT}/{probe_factory.ACCOUNT}" in run.output
    assert "identifier_suffix" in run.output
    assert sandbox.world.traffic.writes() == []


def test_it_asks_everything_and_leaves_nothing(sandbox: Sandbox, terminal: Playbooks, tmp_path: Path) -> None:
    confirm = f"{probe_factory.TENANT}/{probe_factory.ACCOUNT}"
    record = tmp_path / "recording.jsonl"
    variables = {"live_probe_confirm": confirm, "federation_record": str(record)}
    run = terminal.succeed("live_probe", tmp_path / "hosts.yml", variables=variables)
    written = (tmp_path / "live-probe.json").read_text(encoding="utf-8")
    report = json.loads(written)
    named = {"client_token_memory", "profiles_of_a_new_instance"}
    assert {each["id"] for each in report["answers"] if each["answer"] == "not_told"} <= NOT_HERE | set(
        probe_factory.RECENT
    )
    assert named & {each["id"] for each in report["answers"]} == set()
    assert [each["id"] for each in report["answers"] if each["answer"] not in (each["assumed"], "not_told")] == []
    assert probe_factory.left_behind(sandbox) == []
    recorded = record.read_text(encoding="utf-8")
    assert {json.loads(line)["service"] for line in recorded.splitlines()} >= {"sign-in", "graph", "iam", "connect"}
    for text in (written, recorded):
        assert [tale for tale in probe_factory.TELLTALES if tale.lower() in text.lower()] == []
    assert read_answers(tmp_path / "live-probe.json")["member_identities"] is True
    start = run.output.index("Questions | Show what is created, and where")
    assert "openccp-live-probe-" in run.output[start : run.output.index("Questions | Run the experiments", start)]
