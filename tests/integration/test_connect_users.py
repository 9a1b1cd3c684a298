# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest

from contact_centre import Centre, person, seed_centre
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from processes import wait_for
from support import ModuleResult, start_module

READS: t.Final = ["ListRoutingProfiles", "ListSecurityProfiles", "ListUsers", "SearchUsers"]


def agents(count: int, **settings: t.Any) -> list[dict[str, t.Any]]:
    return [person({"username": f"agent{number:03}@example.com", **settings}) for number in range(count)]


def task_options(centre: Centre, users: list[dict[str, t.Any]], **options: t.Any) -> dict[str, t.Any]:
    unpaced = {} if centre.sandbox.world.settings.limits else {"rate": 1000.0, "burst": 1000.0}
    return {"instance_id": centre.id, "users": users, **unpaced, **options}


def counts(result: ModuleResult) -> dict[str, int]:
    return {key: value for key, value in result["users"].items() if isinstance(value, int) and value}


def names(centre: Centre) -> list[str]:
    listed = (
        centre.connect()
        .get_paginator("list_users")
        .paginate(InstanceId=centre.id)
        .build_full_result()["UserSummaryList"]
    )
    return sorted(user["Username"] for user in listed)


def test_many_agents_check_real_again_change(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, users=[{"username": "somebody.else"}], routing_profiles=["Sales"])
    team = agents(3, secondary_email="team@example.com", after_contact_work_time_limit=30)
    predicted = centre.run("connect_users", task_options(centre, team), check=True)
    assert counts(predicted) == {"created": 3}
    assert names(centre) == ["somebody.else"]

    created = centre.run("connect_users", task_options(centre, team))
    assert created["actions"] == predicted["actions"]
    assert created["diff"] == predicted["diff"]
    assert centre.writes() == ["CreateUser"] * 3
    assert names(centre) == [*(agent["username"] for agent in team), "somebody.else"]
    assert {change["username"]: change["id"] for change in created["users"]["changes"]} == {
        agent["username"]: (centre.user(agent["username"]) or {})["Id"] for agent in team
    }

    again = centre.run("connect_users", task_options(centre, list(reversed(team))))
    assert not again["changed"]
    assert again["users"]["unchanged"] == 3
    assert again["diff"] == {"before": {}, "after": {}}
    assert sorted(centre.requests()) == READS

    team[1]["routing_profile"] = "Sales"
    team[2]["secondary_email"] = "other@example.com"
    changed = centre.run("connect_users", task_options(centre, team))
    assert counts(changed) == {"updated": 2, "unchanged": 1}
    assert sorted(centre.requests()) == sorted(
        [
            *READS,
            "DescribeUser",
            "DescribeUser",
            "UpdateUserRoutingProfile",
            "TagResource",
            "UpdateUserIdentityInfo",
            "TagResource",
        ]
    )
    assert (centre.user(team[2]["username"]) or {})["IdentityInfo"]["SecondaryEmail"] == "other@example.com"
    assert (centre.user(team[1]["username"]) or {})["PhoneConfig"]["AfterContactWorkTimeLimit"] == 30
    assert set(changed["diff"]["after"]) == {team[1]["username"], team[2]["username"]}
    assert not centre.run("connect_users", task_options(centre, team))["changed"]


def test_five_hundred_agents_unchanged_take_four_requests(sandbox: Sandbox) -> None:
    contact = {"secondary_email": "team@example.com", "mobile": "+4930123456"}
    centre = seed_centre(sandbox)
    team = agents(500, **contact)
    created = centre.run("connect_users", task_options(centre, team))
    assert created["users"]["created"] == 500, created.get("msg")
    sandbox.world.settings.change({"limits": True})
    again = centre.run("connect_users", task_options(centre, team))
    assert not again["changed"]
    assert sorted(centre.requests()) == READS


def test_contact_details_that_somebody_changed_later_are_set_right(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    team = agents(3, secondary_email="team@example.com")
    centre.run("connect_users", task_options(centre, team))
    user = centre.user(team[1]["username"]) or {}
    sandbox.world.clock.advance(dt.timedelta(hours=1))
    centre.connect().update_user_identity_info(
        InstanceId=centre.id,
        UserId=user["Id"],
        IdentityInfo={"FirstName": "Jane", "LastName": "Doe", "SecondaryEmail": "wrong@example.com"},
    )
    result = centre.run("connect_users", task_options(centre, team))
    assert result["actions"][0] == f"Update secondary email of the agent '{team[1]['username']}'"
    assert centre.requests().count("DescribeUser") == 1
    assert (centre.user(team[1]["username"]) or {})["IdentityInfo"]["SecondaryEmail"] == "team@example.com"


def test_agents_without_the_mark_are_read_and_left_as_they_are(sandbox: Sandbox) -> None:
    team = agents(3, secondary_email="team@example.com")
    centre = seed_centre(sandbox, users=team)
    result = centre.run("connect_users", task_options(centre, team))
    assert not result["changed"]
    assert centre.requests().count("DescribeUser") == 3


def test_agents_of_ours_are_read_once_and_not_each_time(sandbox: Sandbox) -> None:
    """Their mark is missing, as after an import, or stale, as after a change by somebody else."""
    team = agents(3, secondary_email="team@example.com")
    centre = seed_centre(sandbox, users=[{**agent, "tags": {"managed-by": "openccp.federation"}} for agent in team])
    first = centre.run("connect_users", task_options(centre, team))
    assert first["actions"] == [
        f"Set the tags openccp.federation/contact of the agent {agent['username']!r}" for agent in team
    ]
    assert centre.requests().count("DescribeUser") == 3
    again = centre.run("connect_users", task_options(centre, team))
    assert not again["changed"]
    assert centre.requests().count("DescribeUser") == 0


def test_one_agents_failure_stops_none_of_the_others(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    centre.sandbox.world.faults.add(
        Fault("connect", "CreateUser", at=2, status=400, code="InvalidParameterException", message="Not him.")
    )
    result = centre.run("connect_users", task_options(centre, agents(3)))
    assert result.failed
    assert result["users"]["created"] == 2
    assert result["users"]["failed"] == 1
    failure = result["failures"][0]
    assert (failure["failed_action"], failure["error_code"]) == (
        f"Create the agent {failure['name']!r}",
        "InvalidParameterException",
    )
    assert "Not him." in failure["msg"]
    assert result["changed"]
    assert names(centre) == sorted({agent["username"] for agent in agents(3)} - {failure["name"]})
    healed = centre.run("connect_users", task_options(centre, agents(3)))
    assert healed["users"]["created"] == 1
    assert len(healed["users"]["changes"]) == 1


def test_a_full_instance_is_asked_once_more_only(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, quotas={"users": 1})
    result = centre.run("connect_users", task_options(centre, agents(4)))
    assert result["users"]["created"] == 1
    assert result["users"]["failed"] == 3
    assert "as many users as its quota allows" in result["failures"][2]["msg"]
    assert centre.requests().count("CreateUser") < 5, (
        "those that were under way when the first was refused, and none again"
    )


def test_every_problem_of_every_agent_is_reported_before_the_first_write(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, users=[{"username": "Joe"}])
    users = [
        *agents(2),
        person({"username": "ann#EXT#@example.com"}),
        person({"username": "joe"}),
        person({"username": "bob", "routing_profile": "Basic Routing Profil"}),
        person({"username": "eve", "email": "eve@example.com"}),
        person({"username": "twin"}),
        person({"username": "Twin"}),
        person({"username": "twice"}),
        person({"username": "twice"}),
    ]
    result = centre.run("connect_users", task_options(centre, users))
    assert result.failed
    usernames = {name for problem in result["problems"] for name in problem["usernames"]}
    assert usernames == {"ann#EXT#@example.com", "joe", "bob", "eve", "twin", "Twin", "twice"}
    assert "Did you mean 'Basic Routing Profile'?" in result["msg"]
    assert "7 agents cannot be configured as requested" in result["msg"]
    assert centre.writes() == []


def test_a_search_that_lags_behind_changes_nothing_twice(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, routing_profiles=["Sales"])
    team = agents(4)
    centre.run("connect_users", task_options(centre, team))
    sandbox.world.settings.change({"connect_search_lag": 600.0})
    again = centre.run("connect_users", task_options(centre, team))
    assert not again["changed"]
    assert centre.requests().count("DescribeUser") == 4
    sandbox.world.clock.advance(dt.timedelta(hours=1))
    team[0]["routing_profile"] = "Sales"
    assert centre.run("connect_users", task_options(centre, team))["users"]["updated"] == 1
    assert not centre.run("connect_users", task_options(centre, team))["changed"]


def test_reads_that_lag_behind_a_stopped_run_are_no_obstacle(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    centre.run("connect_users", task_options(centre, agents(1)))
    sandbox.world.settings.change({"connect_replication": 3.0, "connect_search_lag": 3.0})
    result = centre.run("connect_users", task_options(centre, agents(3)))
    assert not result.failed, result["msg"]
    sandbox.world.settings.change({"connect_replication": 0.0})
    assert names(centre) == [agent["username"] for agent in agents(3)]


def test_a_user_whom_somebody_else_makes_meanwhile_is_not_taken_over(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    profile = centre.connect().list_security_profiles(InstanceId=centre.id)["SecurityProfileSummaryList"][0]["Id"]
    routing = centre.connect().list_routing_profiles(InstanceId=centre.id)["RoutingProfileSummaryList"][0]["Id"]
    sandbox.world.settings.change({"connect_replication": 3.0})
    sandbox.world.clock.hold(step=0.3)
    (agent,) = agents(1)
    names = {"Username": agent["username"], "IdentityInfo": {"FirstName": "By", "LastName": "Hand"}}
    by_hand = {**names, "PhoneConfig": {"PhoneType": "SOFT_PHONE"}}  # which an older botocore demands
    centre.connect().create_user(
        InstanceId=centre.id, **by_hand, SecurityProfileIds=[profile], RoutingProfileId=routing
    )
    result = centre.run("connect_users", task_options(centre, [agent]))
    assert "Somebody else created that user in the meantime" in result["failures"][0]["msg"]
    assert centre.writes() == ["CreateUser"]


def test_limits_are_kept_and_nobody_fails_for_them(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, limits=True)
    result = centre.run("connect_users", task_options(centre, agents(16)))
    assert not result.failed, result.get("failures")
    assert result["users"]["created"] == 16


def test_a_run_that_is_killed_is_continued(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    sandbox.world.faults.add(Fault("connect", "CreateUser", kind="silence", at=5, times=100))
    process = start_module("connect_users", task_options(centre, agents(12)), centre.environment)
    wait_for(lambda: len(names(centre)) == 4, "four agents", process)
    process.kill()
    process.communicate()
    sandbox.world.faults.clear()
    result = centre.run("connect_users", task_options(centre, agents(12)))
    assert result["users"]["created"] == 8
    assert len(names(centre)) == 12


def test_export_and_import_is_no_change(sandbox: Sandbox) -> None:
    centre = seed_centre(
        sandbox,
        users=[
            {
                "username": "ann",
                "secondary_email": "ann@example.com",
                "hierarchy_group": "Europe",
                "tags": {"team": "x"},
            },
            {
                "username": "bob",
                "phone": {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+4930123456", "AfterContactWorkTimeLimit": 45},
            },
            {"username": "cid", "configs": {"AutoAcceptConfigs": [{"Channel": "CHAT", "AutoAccept": True}]}},
        ],
        hierarchy={"levels": ["Region"], "groups": ["Europe"]},
    )
    exported = centre.run("connect_user_info", {"instance_id": centre.id, "contact_details": True})
    assert [user["username"] for user in exported["users"]] == ["ann", "bob", "cid"]
    assert exported["users"][0]["secondary_email"] == "ann@example.com"
    result = centre.run("connect_users", task_options(centre, json.loads(json.dumps(exported["users"]))))
    assert not result.failed, result["msg"]
    assert result["users"]["unchanged"] == 3
    assert not result["changed"]

    brief = centre.run("connect_user_info", {"instance_id": centre.id})
    assert "DescribeUser" not in centre.requests()
    assert "secondary_email" not in brief["users"][0]
    by_username = centre.run("connect_user_info", {"instance_id": "example-service", "username": "bob"})
    assert [user["username"] for user in by_username["users"]] == ["bob"]
    assert by_username["ids"]["bob"]["id"] == centre.seeded["users"]["bob"]
    by_arn = centre.run("connect_user_info", {"instance_id": centre.id, "user_id": by_username["ids"]["bob"]["arn"]})
    assert by_arn["users"] == by_username["users"]
    assert centre.run("connect_user_info", {"instance_id": centre.id, "username": "Bob"})["users"] == []


@pytest.mark.parametrize("reference", ["example-service", "EXAMPLE-SERVICE", "arn"])
def test_the_instance_by_alias_or_arn(sandbox: Sandbox, reference: str) -> None:
    centre = seed_centre(sandbox)
    instance = centre.seeded["arn"] if reference == "arn" else reference
    assert centre.run("connect_users", {"instance_id": instance, "users": agents(1)})["users"]["created"] == 1


def test_an_instance_of_another_region_and_an_unknown_alias_are_reported(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    other = centre.seeded["arn"].replace("us-west-2", "eu-central-1")
    assert (
        "names the Region eu-central-1"
        in centre.run("connect_users", {"instance_id": other, "users": agents(1)})["msg"]
    )
    assert centre.requests() == []
    assert (
        "Did you mean example-service?"
        in centre.run("connect_users", {"instance_id": "example-servise", "users": agents(1)})["msg"]
    )


def test_a_missing_permission_is_named(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    centre.sandbox.world.faults.add(
        Fault(
            "connect",
            "SearchUsers",
            status=403,
            code="AccessDeniedException",
            message="not authorized to perform connect:SearchUsers",
        )
    )
    centre.run("connect_users", task_options(centre, agents(2)))
    result = centre.run("connect_users", task_options(centre, agents(2)))
    assert "connect:SearchUsers" in result["msg"]
    assert result["error_code"] == "AccessDeniedException"
