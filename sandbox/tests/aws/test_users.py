# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Agents of Amazon Connect: facts/aws.md 1.0, 1.3, 1.5, 2.2, 3.1."""

from __future__ import annotations

import datetime as dt

import pytest
from aws_client import ACCOUNT, REGION, client, loose, seed


@pytest.fixture
def new_user(instance):
    return {
        "InstanceId": instance["id"],
        "Username": "jane@example.com",
        "IdentityInfo": {
            "FirstName": "Jane",
            "LastName": "Doe",
            "SecondaryEmail": "jane@example.com",
            "Mobile": "+4930123456",
        },
        "SecurityProfileIds": [instance["security_profiles"]["Agent"]],
        "RoutingProfileId": instance["routing_profiles"]["Basic Routing Profile"],
    }


@pytest.fixture
def jane(connect, new_user):
    user = connect.create_user(**new_user, Tags={"team": "voice"})
    return {"InstanceId": new_user["InstanceId"], "UserId": user["UserId"]}


def described_user(connect, user):
    return connect.describe_user(**user)["User"]


def test_create_describe_delete(connect, new_user, instance, refused):
    response = connect.create_user(
        **new_user, Tags={"team": "voice"}, HierarchyGroupId=instance["hierarchy_groups"]["Berlin/Sales"]
    )
    assert response["UserArn"] == f"{instance['arn']}/agent/{response['UserId']}"
    where = {"InstanceId": instance["id"], "UserId": response["UserId"]}
    user = described_user(connect, where)
    assert {key: user[key] for key in new_user if key in user} == {
        key: value for key, value in new_user.items() if key != "InstanceId"
    }
    assert user["PhoneConfig"] == {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0}
    assert (user["Tags"], user["LastModifiedRegion"]) == ({"team": "voice"}, REGION)
    connect.delete_user(**where)
    refused(connect.describe_user, "ResourceNotFoundException", "", 404, **where)
    refused(connect.delete_user, "ResourceNotFoundException", "", 404, **where)


def test_names_are_case_sensitive(connect, new_user, refused):
    """facts/aws.md 3.1; 1.5: DuplicateResourceException 409."""
    connect.create_user(**new_user)
    refused(connect.create_user, "DuplicateResourceException", "", 409, **new_user)
    connect.create_user(**{**new_user, "Username": "Jane@example.com"})


@pytest.mark.parametrize(
    "name",
    [
        "jane doe",
        "jane#EXT#@x.example.com",
        "jane+ccp@example.com",
        "jané@example.com",
        "o'brien",
        "jane@example",
        "a@b@c.de",
        "x" * 65,
    ],
)
def test_names_that_are_refused(sandbox, new_user, refused, name):
    """facts/aws.md 3.1, 3.2."""
    refused(loose("connect").create_user, "InvalidParameterException", "Username", **{**new_user, "Username": name})


@pytest.mark.parametrize("name", ["jane", "jane.doe@example.com", "DOMAIN\\jane", "j_-.9", "x" * 64])
def test_names_that_are_taken(connect, new_user, name):
    """facts/aws.md 3.1."""
    connect.create_user(**{**new_user, "Username": name})


@pytest.mark.parametrize(
    "change",
    [
        {"Password": "Secret123!"},
        {"DirectoryUserId": "1234"},
        {"IdentityInfo": {"FirstName": "Jane", "LastName": "Doe", "Email": "jane@example.com"}},
        {"IdentityInfo": {"FirstName": "Jane"}},
        {"IdentityInfo": {"FirstName": "", "LastName": "Doe"}},
        {"IdentityInfo": {"FirstName": "Ja\u0301ne", "LastName": "Doe"}},
        {"IdentityInfo": {"FirstName": "Jane", "LastName": "Doe", "SecondaryEmail": "jane"}},
        {"IdentityInfo": {"FirstName": "Jane", "LastName": "Doe", "Mobile": "030 123"}},
        {"IdentityInfo": {"FirstName": "x" * 256, "LastName": "Doe"}},
        {"SecurityProfileIds": []},
        {"SecurityProfileIds": [str(number) for number in range(11)]},
        {"PhoneConfig": {"PhoneType": "SOFT_PHONE", "AfterContactWorkTimeLimit": 2_000_001}},
        {"PhoneConfig": {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "030 123"}},
        {"PhoneConfig": {"PhoneType": "HEADSET"}},
        {"PhoneConfig": {"AutoAccept": True}, "AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": True}]},
        {"PhoneNumberConfigs": [{"Channel": "CHAT", "PhoneType": "SOFT_PHONE"}]},
        {"AutoAcceptConfigs": [{"Channel": "CHAT", "AutoAccept": True}, {"Channel": "CHAT", "AutoAccept": False}]},
        {"Tags": {"aws:mine": "x"}},
        {"Username": ""},
    ],
)
def test_what_saml_instances_refuse(sandbox, new_user, refused, change):
    """facts/aws.md 1.0, 1.5."""
    refused(loose("connect").create_user, "InvalidParameterException", **{**new_user, **change})
    assert client("connect").list_users(InstanceId=new_user["InstanceId"])["UserSummaryList"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"SecurityProfileIds": ["missing"]},
        {"RoutingProfileId": "missing"},
        {"HierarchyGroupId": "missing"},
        {"InstanceId": "missing"},
    ],
)
def test_what_must_exist(connect, new_user, refused, change):
    refused(connect.create_user, "ResourceNotFoundException", "", 404, **{**new_user, **change})


def test_the_quota_of_users(sandbox, refused):
    """facts/aws.md 1.0, 2.2: LimitExceededException with 429."""
    key = {"id": "AKIAFEW0000000000001", "secret": "s"}
    where = {"account": "777766665555", "region": REGION, "alias": "small"}
    accounts = [{"id": "777766665555", "access_keys": [key], "quotas": {"users": 2}}]
    small = seed(sandbox, accounts=accounts, instances=[{**where, "users": [{"username": "one"}]}])["instances"][0]
    connect = client("connect", key=key["id"], secret="s")
    user = {
        "InstanceId": small["id"],
        "IdentityInfo": {"FirstName": "A", "LastName": "B"},
        "SecurityProfileIds": [small["security_profiles"]["Agent"]],
        "RoutingProfileId": small["routing_profiles"]["Basic Routing Profile"],
    }
    connect.create_user(Username="two", **user)
    refused(connect.create_user, "LimitExceededException", "2", 429, Username="three", **user)


def test_updates(sandbox, connect, jane, instance, refused):
    """facts/aws.md 1.5: one operation an aspect, each without an answer."""
    before = described_user(connect, jane)
    sandbox.world.clock.advance(dt.timedelta(seconds=1))
    supervisors = instance["security_profiles"]["CallCenterManager"]
    connect.update_user_security_profiles(**jane, SecurityProfileIds=[supervisors])
    connect.update_user_identity_info(**jane, IdentityInfo={"FirstName": "Jane", "LastName": "Roe"})
    connect.update_user_hierarchy(**jane, HierarchyGroupId=instance["hierarchy_groups"]["Munich"])
    connect.update_user_routing_profile(**jane, RoutingProfileId=before["RoutingProfileId"])
    after = described_user(connect, jane)
    assert after["SecurityProfileIds"] == [supervisors]
    assert after["IdentityInfo"] == {"FirstName": "Jane", "LastName": "Roe"}
    assert after["HierarchyGroupId"] == instance["hierarchy_groups"]["Munich"]
    assert after["LastModifiedTime"] > before["LastModifiedTime"]
    assert after["Username"] == before["Username"]
    connect.update_user_hierarchy(**jane)
    assert "HierarchyGroupId" not in described_user(connect, jane)
    identity = {"FirstName": "Jane", "LastName": "Roe", "Email": "jane@example.com"}
    refused(connect.update_user_identity_info, "InvalidParameterException", "Email", **jane, IdentityInfo=identity)
    refused(
        connect.update_user_routing_profile, "ResourceNotFoundException", "", 404, **jane, RoutingProfileId="missing"
    )
    refused(
        connect.update_user_security_profiles,
        "ResourceNotFoundException",
        "",
        404,
        **jane,
        SecurityProfileIds=["missing"],
    )


def test_phone_settings(connect, jane):
    """facts/aws.md 1.5: PhoneConfig sets the same after contact work for every channel; UpdateUserConfig tells them
    apart.
    """
    connect.update_user_phone_config(
        **jane,
        PhoneConfig={"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+4930123456", "AfterContactWorkTimeLimit": 30},
    )
    user = described_user(connect, jane)
    assert user["PhoneConfig"] == {
        "PhoneType": "DESK_PHONE",
        "AutoAccept": False,
        "AfterContactWorkTimeLimit": 30,
        "DeskPhoneNumber": "+4930123456",
    }
    assert {
        config["AfterContactWorkConfig"]["AfterContactWorkTimeLimit"] for config in user["AfterContactWorkConfigs"]
    } == {30}
    operations = [
        {"Channel": channel, "AfterContactWorkConfig": {"AfterContactWorkTimeLimit": seconds}}
        for channel, seconds in (("VOICE", 10), ("CHAT", 20))
    ]
    connect.update_user_config(
        **jane,
        AfterContactWorkConfigs=operations,
        VoiceEnhancementConfigs=[{"Channel": "VOICE", "VoiceEnhancementMode": "NOISE_SUPPRESSION"}],
    )
    user = described_user(connect, jane)
    assert user["AfterContactWorkConfigs"] == operations
    assert user["PhoneConfig"]["AfterContactWorkTimeLimit"] == 10
    assert user["VoiceEnhancementConfigs"] == [{"Channel": "VOICE", "VoiceEnhancementMode": "NOISE_SUPPRESSION"}]


def test_seconds_and_milliseconds(connect, jane):
    """facts/aws.md 1.5: a search answers in milliseconds, everything else is in seconds."""
    connect.update_user_phone_config(**jane, PhoneConfig={"AfterContactWorkTimeLimit": 30})
    (user,) = connect.search_users(InstanceId=jane["InstanceId"])["Users"]
    assert user["PhoneConfig"]["AfterContactWorkTimeLimit"] == 30_000
    assert described_user(connect, jane)["PhoneConfig"]["AfterContactWorkTimeLimit"] == 30


def test_what_a_search_returns(connect, jane):
    """facts/aws.md 1.5: no e-mail addresses, no mobile, no time of change, no proficiencies."""
    described = described_user(connect, jane)
    answer = connect.search_users(InstanceId=jane["InstanceId"])
    (user,) = answer["Users"]
    assert answer["ApproximateTotalCount"] == 1
    assert user["IdentityInfo"] == {"FirstName": "Jane", "LastName": "Doe"}
    assert set(described) - set(user) == {"LastModifiedTime", "LastModifiedRegion"}
    (listed,) = connect.list_users(InstanceId=jane["InstanceId"])["UserSummaryList"]
    assert set(listed) == {"Id", "Arn", "Username", "LastModifiedTime", "LastModifiedRegion"}


def test_lags(sandbox, connect, new_user, refused):
    """facts/aws.md 1.5: DescribeUser may miss what CreateUser made; SearchUsers is an index."""
    sandbox.world.settings.connect_replication = 5
    sandbox.world.settings.connect_search_lag = 60
    user = connect.create_user(**new_user)
    where = {"InstanceId": new_user["InstanceId"], "UserId": user["UserId"]}
    refused(connect.describe_user, "ResourceNotFoundException", "", 404, **where)
    refused(connect.create_user, "DuplicateResourceException", "", 409, **new_user)
    assert connect.list_users(InstanceId=new_user["InstanceId"])["UserSummaryList"] == []
    sandbox.world.clock.advance(dt.timedelta(seconds=6))
    assert described_user(connect, where)["Username"] == new_user["Username"]
    assert connect.search_users(InstanceId=new_user["InstanceId"])["Users"] == []
    sandbox.world.clock.advance(dt.timedelta(seconds=60))
    assert len(connect.search_users(InstanceId=new_user["InstanceId"])["Users"]) == 1
    connect.update_user_identity_info(**where, IdentityInfo={"FirstName": "New", "LastName": "Name"})
    sandbox.world.clock.advance(dt.timedelta(seconds=6))
    assert described_user(connect, where)["IdentityInfo"]["FirstName"] == "New"
    assert connect.search_users(InstanceId=new_user["InstanceId"])["Users"][0]["IdentityInfo"]["FirstName"] == "Jane"


def test_reads_go_backwards(sandbox, connect, new_user):
    """facts/entra.md E3, for Amazon Connect: a user who was shown is not there in a later read."""
    sandbox.world.settings.change({"connect_replication": 60, "connect_search_lag": 60, "connect_flapping": 0.3})
    connect.create_user(**new_user)
    for operation, key in ((connect.list_users, "UserSummaryList"), (connect.search_users, "Users")):
        counts = [len(operation(InstanceId=new_user["InstanceId"])[key]) for _number in range(40)]
        assert 0 in counts[counts.index(1) :]
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert {len(connect.list_users(InstanceId=new_user["InstanceId"])["UserSummaryList"]) for _number in range(20)} == {
        1
    }


def string(field, value, kind="EXACT"):
    return {"StringCondition": {"FieldName": field, "Value": value, "ComparisonType": kind}}


VOICE, SITE = {"TagKey": "team", "TagValue": "voice"}, {"TagKey": "site", "TagValue": "1"}


@pytest.fixture
def searched(sandbox):
    """An instance with three users to search for."""
    users = [
        {
            "username": "jane@example.com",
            "first_name": "Jane",
            "hierarchy_group": "Berlin/Sales",
            "tags": {"team": "voice"},
        },
        {
            "username": "john@example.com",
            "first_name": "John",
            "hierarchy_group": "Berlin",
            "security_profiles": ["Admin"],
        },
        {"username": "ann@example.com", "first_name": "Ann", "tags": {"team": "chat", "site": "1"}},
    ]
    instance = {
        "account": ACCOUNT,
        "region": REGION,
        "alias": "searched",
        "hierarchy": {"levels": ["Site", "Team"], "groups": ["Berlin", "Berlin/Sales"]},
        "users": users,
    }
    return seed(sandbox, instances=[instance])["instances"][0]


@pytest.fixture
def names(connect, searched):
    """The names of the users that a search returns."""

    def search(**criteria):
        users = connect.search_users(InstanceId=searched["id"], **criteria)["Users"]
        return [user["Username"].partition("@")[0] for user in users]

    return search


def test_search_criteria(names, searched):
    """facts/aws.md 1.5: fields and comparisons."""
    assert names(SearchCriteria=string("Username", "jane@example.com")) == ["jane"]
    assert names(SearchCriteria=string("FirstName", "J", "STARTS_WITH")) == ["jane", "john"]
    assert names(SearchCriteria=string("Username", "example", "CONTAINS")) == ["jane", "john", "ann"]
    assert names(SearchCriteria=string("SecurityProfileId", searched["security_profiles"]["Admin"])) == ["john"]
    assert names(SearchCriteria=string("resourceId", searched["users"]["ann@example.com"])) == ["ann"]
    assert names(SearchCriteria={"OrConditions": [string("FirstName", "Ann"), string("FirstName", "John")]}) == [
        "john",
        "ann",
    ]
    assert names(SearchCriteria={"AndConditions": [string("FirstName", "Ann"), string("FirstName", "John")]}) == []
    berlin = {"Value": searched["hierarchy_groups"]["Berlin"], "HierarchyGroupMatchType": "WITH_CHILD_GROUPS"}
    assert names(SearchCriteria={"HierarchyGroupCondition": berlin}) == ["jane", "john"]
    assert names(SearchCriteria={"HierarchyGroupCondition": {**berlin, "HierarchyGroupMatchType": "EXACT"}}) == ["john"]


def test_search_filters(names, searched):
    """facts/aws.md 1.5: filters by tags and by hierarchy group."""
    assert names(SearchFilter={"TagFilter": {"TagCondition": VOICE}}) == ["jane"]
    assert names(SearchFilter={"TagFilter": {"OrConditions": [[VOICE], [SITE]]}}) == ["jane", "ann"]
    assert names(SearchFilter={"TagFilter": {"AndConditions": [VOICE, SITE]}}) == []
    berlin = {"Value": searched["hierarchy_groups"]["Berlin"], "HierarchyGroupMatchType": "WITH_CHILD_GROUPS"}
    group = {"AndCondition": {"TagConditions": [VOICE], "HierarchyGroupCondition": berlin}}
    assert names(SearchFilter={"UserAttributeFilter": group}) == ["jane"]


def test_searches_that_are_refused(connect, refused, searched):
    """facts/aws.md 1.5"""
    where = {"InstanceId": searched["id"]}
    both = {"TagFilter": {"TagCondition": VOICE}, "UserAttributeFilter": {"TagCondition": VOICE}}
    refused(connect.search_users, "AccessDeniedException", "", 403, **where, SearchFilter=both)
    for criteria in (
        string("Email", "x"),
        string("Username", "x", "CONTAINS"),
        string("Username", "x" * 26, "CONTAINS"),
    ):
        refused(connect.search_users, "InvalidParameterException", "", **where, SearchCriteria=criteria)
    refused(connect.search_users, "InvalidParameterException", "'maxResults'", **where, MaxResults=501)


def test_proficiencies(connect, jane, refused):
    """facts/aws.md 1.5, 2.2: associate before update; ten an agent; shown by their own list alone."""
    german = {"AttributeName": "Language", "AttributeValue": "German"}
    refused(
        connect.update_user_proficiencies,
        "ResourceNotFoundException",
        "",
        404,
        **jane,
        UserProficiencies=[{**german, "Level": 3}],
    )
    connect.associate_user_proficiencies(**jane, UserProficiencies=[{**german, "Level": 3}])
    connect.update_user_proficiencies(**jane, UserProficiencies=[{**german, "Level": 5}])
    assert connect.list_user_proficiencies(**jane)["UserProficiencyList"] == [{**german, "Level": 5.0}]
    refused(
        connect.associate_user_proficiencies,
        "InvalidParameterException",
        "",
        **jane,
        UserProficiencies=[{**german, "Level": 6}],
    )
    unknown = {"AttributeName": "Shoe", "AttributeValue": "44", "Level": 1}
    refused(
        connect.associate_user_proficiencies, "ResourceNotFoundException", "", 404, **jane, UserProficiencies=[unknown]
    )
    connect.disassociate_user_proficiencies(**jane, UserProficiencies=[german])
    assert connect.list_user_proficiencies(**jane)["UserProficiencyList"] == []


def test_tags(connect, jane):
    arn = described_user(connect, jane)["Arn"]
    connect.tag_resource(resourceArn=arn, tags={"site": "1"})
    connect.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert connect.list_tags_for_resource(resourceArn=arn)["tags"] == {"site": "1"}
    assert described_user(connect, jane)["Tags"] == {"site": "1"}


def test_quick_connects_outlive_their_agent(sandbox, connect):
    """facts/aws.md 1.5: after DeleteUser, call DeleteQuickConnect."""
    users = [{"username": "jane"}, {"username": "john"}]
    where = {"account": ACCOUNT, "region": REGION, "alias": "transfers"}
    seeded = seed(sandbox, instances=[{**where, "users": users, "quick_connects": {"Jane": "jane", "John": "john"}}])[
        "instances"
    ][0]
    connect.delete_user(InstanceId=seeded["id"], UserId=seeded["users"]["jane"])
    (jane, john) = connect.search_quick_connects(InstanceId=seeded["id"])["QuickConnects"]
    assert jane["QuickConnectConfig"]["UserConfig"]["UserId"] == seeded["users"]["jane"]
    connect.delete_quick_connect(InstanceId=seeded["id"], QuickConnectId=jane["QuickConnectId"])
    listed = connect.list_quick_connects(InstanceId=seeded["id"], QuickConnectTypes=["USER"])["QuickConnectSummaryList"]
    assert [item["Id"] for item in listed] == [john["QuickConnectId"]]


def test_instances_that_manage_their_own_users(sandbox, connect, refused):
    """facts/aws.md 1.5, 3.1: a password, and twenty characters."""
    where = {"account": ACCOUNT, "region": REGION, "alias": "own", "identity_management_type": "CONNECT_MANAGED"}
    seeded = seed(sandbox, instances=[where])["instances"][0]
    user = {
        "InstanceId": seeded["id"],
        "IdentityInfo": {"FirstName": "A", "LastName": "B", "Email": "a@example.com"},
        "SecurityProfileIds": [seeded["security_profiles"]["Agent"]],
        "RoutingProfileId": seeded["routing_profiles"]["Basic Routing Profile"],
    }
    refused(connect.create_user, "InvalidParameterException", "Password", **user, Username="jane")
    refused(connect.create_user, "InvalidParameterException", "20", **user, Username="x" * 21, Password="Secret123!")
    connect.create_user(**user, Username="jane", Password="Secret123!")


def test_ten_thousand_agents(sandbox, connect):
    """facts/aws.md 1.3: 500 and 1000 a page."""
    users = [{"username": f"agent{number}@example.com"} for number in range(10_000)]
    seeded = seed(sandbox, instances=[{"account": ACCOUNT, "region": REGION, "alias": "large", "users": users}])[
        "instances"
    ][0]
    searched = (
        connect.get_paginator("search_users")
        .paginate(InstanceId=seeded["id"], PaginationConfig={"PageSize": 500})
        .build_full_result()
    )
    listed = (
        connect.get_paginator("list_users")
        .paginate(InstanceId=seeded["id"], PaginationConfig={"PageSize": 1000})
        .build_full_result()
    )
    assert len(searched["Users"]) == len(listed["UserSummaryList"]) == 10_000
    assert [len(sandbox.world.traffic.entries("connect", name)) for name in ("SearchUsers", "ListUsers")] == [20, 10]
    assert len({user["Id"] for user in searched["Users"]}) == 10_000
    first = connect.list_users(InstanceId=seeded["id"])
    assert len(first["UserSummaryList"]) == 100
