# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table at the end of a playbook, from the variables of the hosts."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.filter.run_table import run_table

PLAN: t.Final = {"steps": [], "looked_at": ["the instance"], "not_looked_at": [], "kept": []}
CHANGING: t.Final = {**PLAN, "steps": [{"action": "Create"}]}
CHECK: t.Final = {"ok": True, "findings": [], "changed": False}
#: the first one is unknown on every federation
UNKNOWN: t.Final = [
    {"status": "unknown", "hop": "tenant", "subject": "Agents", "reason": "No permission shows it."},
    {"status": "unknown", "hop": "role", "subject": "Federation", "reason": "It may not be read."},
    {"status": "unknown", "hop": "user", "subject": "jane", "reason": "The session name is not known."},
]


@pytest.mark.parametrize(
    ("variables", "row"),
    [
        ({}, ("failed", "not run", "Read its error above.")),
        ({"federation_result": {"plan": PLAN}}, ("no", "not run", "Nothing.")),
        ({"federation_result": {"plan": PLAN}, "federation_check_result": CHECK}, ("no", "passed", "Nothing.")),
        (
            {"federation_result": {"plan": PLAN}, "federation_check_result": {**CHECK, "findings": UNKNOWN}},
            ("no", "unknown", "Not known: role, user. Federation: It may not be read."),
        ),
        (
            {"federation_result": {"plan": PLAN}, "federation_check_result": {**CHECK, "findings": UNKNOWN[:1]}},
            ("no", "passed", "Nothing."),
        ),
        (
            {"federation_result": {"plan": PLAN}, "federation_check_result": {"skipped": True}},
            ("no", "not run", "Nothing."),
        ),
        (
            {"federation_result": {"plan": PLAN}, "federation_check_result": {"failed": True, "msg": "no"}},
            ("no", "not run", "Nothing."),
        ),
        ({"federation_result": {"error": "It broke."}}, ("failed", "not run", "It broke.")),
        ({"federation_result": {"plan": PLAN, "error": "It broke."}}, ("failed", "not run", "It broke.")),
        (
            {"federation_result": {"plan": PLAN}, "handover_result": {"waits_for": "x.json"}},
            ("waits", "not run", "Wait for x.json"),
        ),
        ({"federation_result": {"plan": PLAN}, "handover_result": {"waits_for": None}}, ("no", "not run", "Nothing.")),
        (
            {"federation_result": {"plan": PLAN}, "certificate_rotation_result": {"message": "Comes back."}},
            ("no", "not run", "Comes back."),
        ),
    ],
)
def test_a_row_follows_from_what_the_roles_left(variables: dict[str, t.Any], row: tuple[str, str, str]) -> None:
    assert tuple(run_table({"a": variables})["rows"]["a"].values()) == row


@pytest.mark.parametrize(
    ("check_mode", "changed"),
    [(False, "yes"), (True, "planned")],
)
def test_a_plan_with_steps_is_planned_or_carried_out(check_mode: bool, changed: str) -> None:
    asking = {"federation_planned_status": 10}
    hosts = {"a": {"federation_result": {"plan": CHANGING}, **asking}, "b": {"federation_planned_status": 20}}
    table = run_table(hosts, check_mode=check_mode)
    assert table["rows"]["a"]["changed"] == changed
    assert table["planned_status"] == 10
    assert [record["host"] for record in table["records"]] == ["a", "b"]


def test_nothing_is_planned_without_a_step() -> None:
    hosts: dict[str, dict[str, t.Any]] = {
        "a": {"federation_result": {"plan": PLAN}, "federation_planned_status": 10},
        "b": {},
    }
    assert run_table(hosts)["planned_status"] == 0


def test_the_status_of_a_check_is_the_highest_that_a_changing_host_asks_for() -> None:
    changing = {"federation_result": {"plan": CHANGING}}
    hosts: dict[str, dict[str, t.Any]] = {
        "a": {**changing},
        "b": {**changing, "federation_planned_status": "11"},
        "c": {**changing, "federation_planned_status": 10},
    }
    assert run_table(hosts)["planned_status"] == 11


def test_where_agents_sign_in() -> None:
    hosts = {
        "b": {"azure_saml_app_result": {"user_access_url": "https://launcher.example/b"}},
        "a": {"azure_saml_app_result": {"user_access_url": None}},
        "agents alone": {},
    }
    assert run_table(hosts)["sign_in_addresses"] == [
        "a: The user access URL is known once the application exists.",
        "b: https://launcher.example/b",
    ]
