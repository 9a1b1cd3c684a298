# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a census to a plan, and from what was done of it to the report."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect import leavers as leaving
from ansible_collections.openccp.federation.plugins.module_utils._connect.agents import Snapshot
from ansible_collections.openccp.federation.plugins.module_utils._connect.roster import Roster, validated
from ansible_collections.openccp.federation.plugins.module_utils._connect.sync_plan import (
    Census,
    SyncPlan,
    configured_agents,
    plan_sync,
    report,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_plan import plan_agent
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import Summary, User
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan

NOW: t.Final = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
DELETE: t.Final = leaving.Rules(is_whole=True, leavers="delete", max_removals="100%")


def user(name: str, *, profile: str = "Agent", person_id: str = "") -> User:
    settings = {
        "username": name,
        "security_profiles": [profile],
        "person_id": person_id,
        "tags": {"managed-by": "openccp.federation"},
    }
    return User(f"id-{name}", f"arn-{name}", settings, complete=True)


def census(agents: list[dict[str, t.Any]], *users: User, rules: leaving.Rules = DELETE, **changes: t.Any) -> Census:
    everybody = {user.username: user for user in users}
    names = {agent["username"] for agent in agents}
    existing = {name: user for name, user in everybody.items() if name in names}
    listed = {name: Summary(user.id, user.arn) for name, user in everybody.items()}
    departures = leaving.departures(agents, everybody, rules)
    return Census(Roster(agents, rules), Snapshot(agents, existing, listed), departures, everybody=everybody, **changes)


def planned(of: Census, *, guarded: bool = True) -> SyncPlan:
    plans = [
        plan_agent(agent, of.snapshot.existing.get(agent["username"]), True, NOW, own=True)
        for agent in configured_agents(of)
    ]
    steps = tuple(step for plan in plans for step in plan.steps)
    return plan_sync(of, Plan(steps=steps), lambda profile: profile == "Agent", guarded=guarded)


def agent(name: str, profile: str = "Agent", person_id: str | None = None) -> dict[str, t.Any]:
    return {"username": name, "security_profiles": [profile], "person_id": person_id}


def counts(plan: SyncPlan) -> dict[str, t.Any]:
    result = report(plan, lambda name, user: {"id": user.id} if user else {})
    return {name: value for name, value in result.items() if isinstance(value, int) and value}


def test_agents_come_before_others_go() -> None:
    plan = planned(census([agent("new"), agent("ann")], user("ann"), user("bob")))
    assert [step.operation for step in plan.arrivals] == ["create"]
    assert [step.operation for step in plan.removals] == ["delete"]
    assert plan.steps == plan.planned == plan.arrivals + plan.removals
    assert plan.before["bob"]
    assert plan.after["bob"] == {}
    assert counts(plan) == {"created": 1, "unchanged": 1, "removed": 1}


def test_what_was_not_done_is_no_success() -> None:
    plan = planned(census([agent("new"), agent("ann", "Other"), agent("cid", "Other")], user("ann"), user("cid")))
    done = dataclasses.replace(plan, steps=plan.steps[:2])
    assert counts(done) == {"created": 1, "updated": 1, "failed": 1}
    assert [change["username"] for change in report(done, lambda *dummy: {})["changes"]] == ["new", "ann"]


def test_an_agent_that_is_skipped_has_failed() -> None:
    skipped = {"bad": InvalidInput("Its name is too long.")}
    plan = planned(dataclasses.replace(census([agent("ann"), agent("bad")], user("ann"), user("bad")), skipped=skipped))
    assert plan.skipped == skipped
    assert counts(plan) == {"unchanged": 1, "failed": 1}


def test_a_profile_without_the_panel_is_lost_access() -> None:
    of = census([agent("ann", "Closed")], user("ann"), rules=dataclasses.replace(DELETE, max_removals="0"))
    with pytest.raises(Conflict, match="1 of 1 agents would lose access"):
        planned(of)
    lost = report(planned(of, guarded=False), lambda *dummy: {})["access"]["lost"]
    assert [loss["username"] for loss in lost] == ["ann"]


def test_who_only_has_a_new_name_stays_until_that_is_wanted() -> None:
    of = census([agent("anna", person_id="1")], user("ann", person_id="1"))
    assert list(configured_agents(of)) == []
    plan = planned(of)
    assert plan.steps == ()
    assert any("is called 'anna' now" in warning for warning in plan.warnings)
    assert report(plan, lambda *dummy: {})["renamed"] == [{"old": "ann", "new": "anna"}]
    recreated = census([agent("anna", person_id="1")], user("ann", person_id="1"), rules=RECREATE)
    assert [step.operation for step in planned(recreated).steps] == ["create", "delete"]


RECREATE: t.Final = dataclasses.replace(DELETE, renames="recreate")


def test_nobody_leaves_whose_options_are_malformed() -> None:
    roster = validated(Roster([agent("ann"), {"username": "bob", "auto_accept": "perhaps"}], DELETE), "users")
    assert roster.names == {"ann"}
    assert [problem.username for problem in roster.malformed] == ["bob"]
    assert "bob" in roster.rules.protected
    with pytest.raises(InvalidInput, match="an agent without username"):
        validated(Roster([{"first_name": "Ann"}], DELETE), "users")
