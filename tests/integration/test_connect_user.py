# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest

from contact_centre import Centre, centre, person
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from installed import CHANNELS, needs_channels
from support import start_module

JANE: t.Final = "jane.doe@example.com"


@pytest.fixture
def here(sandbox: Sandbox) -> Centre:
    return centre(
        sandbox,
        security_profiles={"Supervisor": ["BasicAgentAccess"]},
        routing_profiles=["Sales", "Support"],
        hierarchy={"levels": ["Region", "Team"], "groups": ["Europe", "Europe/Sales", "Asia", "Asia/Sales"]},
    )


def jane(here: Centre, **settings: t.Any) -> dict[str, t.Any]:
    return {"instance_id": here.id, "username": JANE, **settings}


def test_a_life_of_an_agent(here: Centre) -> None:
    wanted = jane(
        here,
        **person(
            {
                "secondary_email": "jd@example.com",
                "hierarchy_group": "Europe/Sales",
                "after_contact_work_time_limit": 30,
            }
        ),
        tags={"team": "sales"},
    )
    predicted = here.run("connect_user", wanted, check=True)
    assert predicted["changed"]
    assert here.user(JANE) is None

    made = here.run("connect_user", wanted)
    assert made["actions"] == predicted["actions"] == [f"Create the agent '{JANE}'"]
    assert made["diff"] == predicted["diff"]
    assert made["diff"]["before"] == {}
    user = here.user(JANE)
    assert user is not None
    assert (made["user"]["id"], made["user"]["arn"]) == (user["Id"], user["Arn"])
    assert user["IdentityInfo"] == {"FirstName": "Jane", "LastName": "Doe", "SecondaryEmail": "jd@example.com"}
    assert user["PhoneConfig"]["AfterContactWorkTimeLimit"] == 30
    assert user["SecurityProfileIds"] == [here.seeded["security_profiles"]["Agent"]]
    assert user["HierarchyGroupId"] == here.seeded["hierarchy_groups"]["Europe/Sales"]
    assert user["Tags"]["team"] == "sales"

    again = here.run("connect_user", wanted)
    assert not again["changed"]
    assert again["user"] == made["user"] | {"channels": again["user"]["channels"]}
    reads = ["ListUsers", "ListSecurityProfiles", "ListRoutingProfiles", "SearchUserHierarchyGroups", "DescribeUser"]
    assert sorted(here.requests()) == sorted(reads)

    change = wanted | {
        "security_profiles": ["Supervisor", "Agent"],
        "hierarchy_group": "Asia/Sales",
        "tags": {},
        "routing_profile": "Sales",
    }
    predicted = here.run("connect_user", change, check=True)
    changed = here.run("connect_user", change)
    assert changed["actions"] == predicted["actions"]
    assert here.writes() == [
        "UpdateUserRoutingProfile",
        "UpdateUserHierarchy",
        "UpdateUserSecurityProfiles",
        "TagResource",
        "UntagResource",
    ]
    user = here.user(JANE)
    assert user is not None
    assert user["HierarchyGroupId"] == here.seeded["hierarchy_groups"]["Asia/Sales"]
    assert "team" not in user["Tags"]
    assert not here.run("connect_user", change)["changed"]

    gone = jane(here, state="absent")
    assert here.run("connect_user", gone, check=True)["actions"] == [f"Delete the agent '{JANE}'"]
    assert here.run("connect_user", gone)["diff"]["after"] == {}
    assert here.user(JANE) is None
    assert not here.run("connect_user", gone)["changed"]


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
    here = centre(
        sandbox,
        users=[user],
        security_profiles={"Supervisor": []},
        routing_profiles=["Sales"],
        hierarchy={"levels": ["Region"], "groups": ["Europe"]},
    )
    before = here.user(JANE)
    result = here.run("connect_user", jane(here, **settings))
    assert result["changed"], result
    assert [write for write in here.writes() if write != "TagResource"] == [operation]
    after = here.user(JANE)
    assert before is not None
    assert after is not None
    if member:
        assert after.get(member) == value
    assert not here.run("connect_user", jane(here, **settings))["changed"]


@pytest.mark.skipif(CHANNELS, reason="needs a botocore older than 1.42.46")
def test_an_older_botocore_is_named_before_the_first_write(here: Centre) -> None:
    result = here.run("connect_user", jane(here, **person({"channels": {"chat": {"auto_accept": True}}})))
    assert "channels needs a newer botocore" in result["msg"]
    assert here.writes() == []


@pytest.mark.parametrize(
    "name", ["ann#EXT#@x.example", "ann+b@example.com", "ann doe", "a" * 65, "a", "ann@example", "änn@example.com"]
)
def test_a_username_that_cannot_sign_in_is_refused_with_the_reason(here: Centre, name: str) -> None:
    result = here.run("connect_user", {**jane(here), **person({}), "username": name})
    assert result.failed
    assert "the username cannot sign in" in result["msg"]
    assert here.writes() == []


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
def test_bad_input_is_refused_before_the_first_write(here: Centre, settings: dict[str, t.Any], message: str) -> None:
    result = here.run("connect_user", jane(here, **(person({}) | settings)))
    assert result.failed
    assert message in result["msg"]
    assert result["problems"][0]["usernames"] == [JANE]
    assert here.writes() == []


def test_every_problem_is_told_at_once(here: Centre) -> None:
    result = here.run(
        "connect_user", jane(here, **person({"routing_profile": "Nowhere", "mobile": "1", "email": "j@example.com"}))
    )
    assert len(result["problems"]) == 3


def test_a_look_alike_is_reported_and_not_duplicated(sandbox: Sandbox) -> None:
    here = centre(sandbox, users=[{"username": "Jane.Doe@Example.com"}])
    result = here.run("connect_user", jane(here, **person({})))
    assert result.failed
    assert "the user 'Jane.Doe@Example.com' exists, which differs in upper and lower case only" in result["msg"]
    assert here.writes() == []


def test_of_a_leaver_the_quick_connects_are_reported(sandbox: Sandbox) -> None:
    here = centre(
        sandbox, users=[{"username": JANE}, {"username": "joe"}], quick_connects={"Ask Jane": JANE, "Ask Joe": "joe"}
    )
    result = here.run("connect_user", jane(here, state="absent"))
    assert result["user"]["quick_connects"] == [{"id": here.seeded["quick_connects"]["Ask Jane"], "name": "Ask Jane"}]
    assert any("Ask Jane" in str(warning) for warning in result["warnings"])
    assert here.user(JANE) is None


def test_to_delete_a_name_in_another_case_deletes_nobody_and_says_so(sandbox: Sandbox) -> None:
    here = centre(sandbox, users=[{"username": "JANE.doe@example.com"}])
    result = here.run("connect_user", jane(here, state="absent"))
    assert not result["changed"]
    assert any("JANE.doe@example.com" in str(warning) for warning in result["warnings"])


def test_a_user_that_is_not_shown_yet_is_waited_for_and_finished(here: Centre) -> None:
    world = here.sandbox.world
    world.settings.change({"connect_replication": 3600.0})
    here.run("connect_user", jane(here, **person({})))
    process = start_module("connect_user", jane(here, **person({"routing_profile": "Sales"})), here.environment)
    while len(world.traffic.entries("connect", "CreateUser")) < 2:
        assert process.poll() is None
    world.clock.advance(dt.timedelta(hours=2))
    result = json.loads(process.communicate()[0])
    assert not result.get("failed"), result
    world.clock.advance(dt.timedelta(hours=2))
    user = here.user(JANE)
    assert user is not None
    assert user["Id"] == result["user"]["id"]
    assert user["RoutingProfileId"] == here.seeded["routing_profiles"]["Sales"]


def test_throttling_is_outlasted(here: Centre) -> None:
    throttled = {"status": 429, "code": "TooManyRequestsException", "message": "Too many requests"}
    here.sandbox.world.faults.add(Fault("connect", "CreateUser", times=3, **throttled))
    result = here.run("connect_user", jane(here, **person({})))
    assert not result.failed
    assert here.writes() == ["CreateUser"] * 4


def test_what_aws_refuses_is_told_with_code_and_request(here: Centre) -> None:
    here.sandbox.world.faults.add(
        Fault("connect", "CreateUser", status=400, code="InvalidRequestException", message="No.")
    )
    result = here.run("connect_user", jane(here, **person({})))
    assert result.failed
    assert f"Could not create the agent '{JANE}': AWS answered InvalidRequestException: No." in result["msg"]
    assert result["error_code"] == "InvalidRequestException"
    assert result["failed_action"] == f"Create the agent '{JANE}'"
    assert not result["changed"]


def test_a_full_instance_is_told_as_that(sandbox: Sandbox) -> None:
    here = centre(sandbox, users=[{"username": "joe"}], quotas={"users": 1})
    result = here.run("connect_user", jane(here, **person({})))
    assert "as many users as its quota allows" in result["msg"]
    assert here.requests().count("CreateUser") == 1


def test_an_instance_that_is_not_saml_gets_no_user(sandbox: Sandbox) -> None:
    here = centre(sandbox, identity_management_type="CONNECT_MANAGED")
    result = here.run("connect_user", jane(here, **person({})))
    assert "by CONNECT_MANAGED, not by SAML" in result["msg"]
    assert here.writes() == []


def test_govcloud(sandbox: Sandbox) -> None:
    here = centre(sandbox, region="us-gov-west-1", partition="aws-us-gov")
    result = here.run("connect_user", jane(here, **person({})) | {"instance_id": here.seeded["arn"]})
    assert result["user"]["arn"].startswith("arn:aws-us-gov:connect:us-gov-west-1:")


def test_an_instance_that_check_mode_would_create_takes_no_request(here: Centre) -> None:
    missing = {
        **jane(here, **person({"routing_profile": "To be made"})),
        "instance_id": "00000000-0000-0000-0000-000000000000",
    }
    assert here.run("connect_user", missing, check=True)["actions"] == [f"Create the agent '{JANE}'"]
    assert here.requests() == []
    assert here.run("connect_user", missing).failed
