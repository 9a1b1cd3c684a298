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
from installed import CHANNELS, needs_channels
from support import start_module

JANE: t.Final = "jane.doe@example.com"


@pytest.fixture
def centre(sandbox: Sandbox) -> Centre:
    return seed_centre(
        sandbox,
        security_profiles={"Supervisor": ["BasicAgentAccess"]},
        routing_profiles=["Sales", "Support"],
        hierarchy={"levels": ["Region", "Team"], "groups": ["Europe", "Europe/Sales", "Asia", "Asia/Sales"]},
    )


def jane(centre: Centre, **settings: t.Any) -> dict[str, t.Any]:
    return {"instance_id": centre.id, "username": JANE, **settings}


def test_a_life_of_an_agent(centre: Centre) -> None:
    options = jane(
        centre,
        **person(
            {
                "secondary_email": "jd@example.com",
                "hierarchy_group": "Europe/Sales",
                "after_contact_work_time_limit": 30,
            }
        ),
        tags={"team": "sales"},
    )
    predicted = centre.run("connect_user", options, check=True)
    assert predicted["changed"]
    assert centre.user(JANE) is None

    created = centre.run("connect_user", options)
    assert created["actions"] == predicted["actions"] == [f"Create the agent '{JANE}'"]
    assert created["diff"] == predicted["diff"]
    assert created["diff"]["before"] == {}
    user = centre.user(JANE)
    assert user is not None
    assert (created["user"]["id"], created["user"]["arn"]) == (user["Id"], user["Arn"])
    assert user["IdentityInfo"] == {"FirstName": "Jane", "LastName": "Doe", "SecondaryEmail": "jd@example.com"}
    assert user["PhoneConfig"]["AfterContactWorkTimeLimit"] == 30
    assert user["SecurityProfileIds"] == [centre.seeded["security_profiles"]["Agent"]]
    assert user["HierarchyGroupId"] == centre.seeded["hierarchy_groups"]["Europe/Sales"]
    assert user["Tags"]["team"] == "sales"

    again = centre.run("connect_user", options)
    assert not again["changed"]
    assert again["user"] == created["user"] | {"channels": again["user"]["channels"]}
    reads = ["ListUsers", "ListSecurityProfiles", "ListRoutingProfiles", "SearchUserHierarchyGroups", "DescribeUser"]
    assert sorted(centre.requests()) == sorted(reads)

    change = options | {
        "security_profiles": ["Supervisor", "Agent"],
        "hierarchy_group": "Asia/Sales",
        "tags": {},
        "routing_profile": "Sales",
    }
    predicted = centre.run("connect_user", change, check=True)
    changed = centre.run("connect_user", change)
    assert changed["actions"] == predicted["actions"]
    assert centre.writes() == [
        "UpdateUserRoutingProfile",
        "UpdateUserHierarchy",
        "UpdateUserSecurityProfiles",
        "TagResource",
        "UntagResource",
    ]
    user = centre.user(JANE)
    assert user is not None
    assert user["HierarchyGroupId"] == centre.seeded["hierarchy_groups"]["Asia/Sales"]
    assert "team" not in user["Tags"]
    assert not centre.run("connect_user", change)["changed"]

    absent = jane(centre, state="absent")
    assert centre.run("connect_user", absent, check=True)["actions"] == [f"Delete the agent '{JANE}'"]
    assert centre.run("connect_user", absent)["diff"]["after"] == {}
    assert centre.user(JANE) is None
    assert not centre.run("connect_user", absent)["changed"]


@pytest.mark.parametrize(
    ("settings", "operation", "member", "value"),
    [
        (
            {"first_name": "Joan"},
            "UpdateUserIdentityInfo",
            "IdentityInfo",
            {"FirstName": "Joan", "LastName": "Doe", "Mobile": "+4930123456"},
        ),
        ({"mobile": ""}, "UpdateUserIdentityInfo", "IdentityInfo", {"FirstName": "Jane", "LastName": "Doe"}),
        ({"routing_profile": "Sales"}, "UpdateUserRoutingProfile", None, None),
        ({"security_profiles": ["Supervisor"]}, "UpdateUserSecurityProfiles", None, None),
        ({"hierarchy_group": ""}, "UpdateUserHierarchy", "HierarchyGroupId", None),
        (
            {"after_contact_work_time_limit": 90},
            "UpdateUserPhoneConfig",
            "PhoneConfig",
            {"PhoneType": "SOFT_PHONE", "AutoAccept": True, "AfterContactWorkTimeLimit": 90},
        ),
        pytest.param(
            {"channels": {"chat": {"after_contact_work_time_limit": 10}, "voice": {"auto_accept": False}}},
            "UpdateUserConfig",
            "AutoAcceptConfigs",
            [{"Channel": "VOICE", "AutoAccept": False}],
            marks=needs_channels,
        ),
    ],
)
def test_each_aspect_is_its_own_call_and_keeps_the_rest(
    sandbox: Sandbox, settings: dict[str, t.Any], operation: str, member: str | None, value: t.Any
) -> None:
    phone = {"PhoneType": "SOFT_PHONE", "AutoAccept": True, "AfterContactWorkTimeLimit": 30}
    user = {
        "username": JANE,
        "mobile": "+4930123456",
        "hierarchy_group": "Europe",
        "phone": phone,
        "first_name": "Jane",
        "last_name": "Doe",
    }
    centre = seed_centre(
        sandbox,
        users=[user],
        security_profiles={"Supervisor": []},
        routing_profiles=["Sales"],
        hierarchy={"levels": ["Region"], "groups": ["Europe"]},
    )
    before = centre.user(JANE)
    result = centre.run("connect_user", jane(centre, **settings))
    assert result["changed"], result
    assert [write for write in centre.writes() if write != "TagResource"] == [operation]
    after = centre.user(JANE)
    assert before is not None
    assert after is not None
    if member:
        assert after.get(member) == value
    assert not centre.run("connect_user", jane(centre, **settings))["changed"]


@pytest.mark.skipif(CHANNELS, reason="needs a botocore older than 1.42.46")
def test_an_older_botocore_is_named_before_the_first_write(centre: Centre) -> None:
    result = centre.run("connect_user", jane(centre, **person({"channels": {"chat": {"auto_accept": True}}})))
    assert "channels needs a newer botocore" in result["msg"]
    assert centre.writes() == []


@pytest.mark.parametrize(
    "name", ["ann#EXT#@x.example", "ann+b@example.com", "ann doe", "a" * 65, "a", "ann@example", "änn@example.com"]
)
def test_a_username_that_cannot_sign_in_is_refused_with_the_reason(centre: Centre, name: str) -> None:
    result = centre.run("connect_user", {**jane(centre), **person({}), "username": name})
    assert result.failed
    assert "the username cannot sign in" in result["msg"]
    assert centre.writes() == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"security_profiles": ["Supervizor"]},
            "There is no security profile 'Supervizor'. Did you mean 'Supervisor'?",
        ),
        ({"routing_profile": "sales"}, "There is no routing profile 'sales'. Did you mean 'Sales'"),
        ({"hierarchy_group": "Europe/Sale"}, "There is no hierarchy group 'Europe/Sale'. Did you mean 'Europe/Sales'"),
        ({"email": "jane@example.com"}, "give secondary_email"),
        ({"mobile": "030 123456"}, "E.164"),
        ({"phone_type": "desk_phone"}, "needs desk_phone_number"),
        ({"after_contact_work_time_limit": 2_000_001}, "in seconds, from 0"),
        ({"security_profiles": []}, "security_profiles is required to create it"),
        ({"first_name": None}, "first_name is required to create it"),
        ({"auto_accept": True, "channels": {"voice": {"auto_accept": True}}}, "channels excludes auto_accept"),
        ({"channels": {"chat": {"agent_first_callback_auto_accept": True}}}, "needs channels.chat.auto_accept"),
        ({"tags": {"aws:team": "x"}}, "is not a key for a tag"),
    ],
)
def test_bad_input_is_refused_before_the_first_write(centre: Centre, settings: dict[str, t.Any], message: str) -> None:
    result = centre.run("connect_user", jane(centre, **(person({}) | settings)))
    assert result.failed
    assert message in result["msg"]
    assert result["problems"][0]["usernames"] == [JANE]
    assert centre.writes() == []


def test_every_problem_is_reported_at_once(centre: Centre) -> None:
    result = centre.run(
        "connect_user", jane(centre, **person({"routing_profile": "Nowhere", "mobile": "1", "email": "j@example.com"}))
    )
    assert len(result["problems"]) == 3


def test_a_look_alike_is_reported_and_not_duplicated(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, users=[{"username": "Jane.Doe@Example.com"}])
    result = centre.run("connect_user", jane(centre, **person({})))
    assert result.failed
    assert "the user 'Jane.Doe@Example.com' exists, which differs in upper and lower case only" in result["msg"]
    assert centre.writes() == []


def test_of_a_leaver_the_quick_connects_are_reported(sandbox: Sandbox) -> None:
    centre = seed_centre(
        sandbox, users=[{"username": JANE}, {"username": "joe"}], quick_connects={"Ask Jane": JANE, "Ask Joe": "joe"}
    )
    result = centre.run("connect_user", jane(centre, state="absent"))
    assert result["user"]["quick_connects"] == [{"id": centre.seeded["quick_connects"]["Ask Jane"], "name": "Ask Jane"}]
    assert any("Ask Jane" in str(warning) for warning in result["warnings"])
    assert centre.user(JANE) is None


def test_to_delete_a_name_in_another_case_deletes_nobody_and_says_so(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, users=[{"username": "JANE.doe@example.com"}])
    result = centre.run("connect_user", jane(centre, state="absent"))
    assert not result["changed"]
    assert any("JANE.doe@example.com" in str(warning) for warning in result["warnings"])


def test_a_user_that_is_not_shown_yet_is_waited_for_and_finished(centre: Centre) -> None:
    world = centre.sandbox.world
    world.settings.change({"connect_replication": 3600.0})
    centre.run("connect_user", jane(centre, **person({})))
    process = start_module("connect_user", jane(centre, **person({"routing_profile": "Sales"})), centre.environment)
    while len(world.traffic.entries("connect", "CreateUser")) < 2:
        assert process.poll() is None
    world.clock.advance(dt.timedelta(hours=2))
    result = json.loads(process.communicate()[0])
    assert not result.get("failed"), result
    world.clock.advance(dt.timedelta(hours=2))
    user = centre.user(JANE)
    assert user is not None
    assert user["Id"] == result["user"]["id"]
    assert user["RoutingProfileId"] == centre.seeded["routing_profiles"]["Sales"]


def test_throttling_is_outlasted(centre: Centre) -> None:
    throttled = {"status": 429, "code": "TooManyRequestsException", "message": "Too many requests"}
    centre.sandbox.world.faults.add(Fault("connect", "CreateUser", times=3, **throttled))
    result = centre.run("connect_user", jane(centre, **person({})))
    assert not result.failed
    assert centre.writes() == ["CreateUser"] * 4


def test_what_aws_refuses_is_reported_with_code_and_request(centre: Centre) -> None:
    centre.sandbox.world.faults.add(
        Fault("connect", "CreateUser", status=400, code="InvalidRequestException", message="No.")
    )
    result = centre.run("connect_user", jane(centre, **person({})))
    assert result.failed
    assert f"Could not create the agent '{JANE}': AWS answered InvalidRequestException: No." in result["msg"]
    assert result["error_code"] == "InvalidRequestException"
    assert result["failed_action"] == f"Create the agent '{JANE}'"
    assert not result["changed"]


def test_a_full_instance_is_reported_as_such(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, users=[{"username": "joe"}], quotas={"users": 1})
    result = centre.run("connect_user", jane(centre, **person({})))
    assert "as many users as its quota allows" in result["msg"]
    assert centre.requests().count("CreateUser") == 1


def test_an_instance_that_is_not_saml_gets_no_user(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, identity_management_type="CONNECT_MANAGED")
    result = centre.run("connect_user", jane(centre, **person({})))
    assert "by CONNECT_MANAGED, not by SAML" in result["msg"]
    assert centre.writes() == []


def test_govcloud(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, region="us-gov-west-1", partition="aws-us-gov")
    result = centre.run("connect_user", jane(centre, **person({})) | {"instance_id": centre.seeded["arn"]})
    assert result["user"]["arn"].startswith("arn:aws-us-gov:connect:us-gov-west-1:")


def test_an_instance_that_check_mode_would_create_takes_no_request(centre: Centre) -> None:
    missing = {
        **jane(centre, **person({"routing_profile": "To be made"})),
        "instance_id": "00000000-0000-0000-0000-000000000000",
    }
    assert centre.run("connect_user", missing, check=True)["actions"] == [f"Create the agent '{JANE}'"]
    assert centre.requests() == []
    assert centre.run("connect_user", missing).failed
