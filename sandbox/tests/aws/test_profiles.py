# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security profiles, routing profiles, queues and the hierarchy: facts/aws.md 1.3, 1.5."""

from __future__ import annotations


def test_every_instance_begins_with_these(connect, instance):
    where = {"InstanceId": instance["id"]}
    profiles = connect.list_security_profiles(**where)["SecurityProfileSummaryList"]
    assert [profile["Name"] for profile in profiles] == ["Admin", "Agent", "CallCenterManager", "QualityAnalyst"]
    assert {profile["Type"] for profile in profiles} == {"CUSTOMER_MANAGED"}
    agent = instance["security_profiles"]["Agent"]
    assert connect.list_security_profile_permissions(**where, SecurityProfileId=agent)["Permissions"] == [
        "BasicAgentAccess",
        "OutboundCallAccess",
    ]
    assert (
        connect.describe_security_profile(**where, SecurityProfileId=agent)["SecurityProfile"]["SecurityProfileName"]
        == "Agent"
    )
    (routing,) = connect.list_routing_profiles(**where)["RoutingProfileSummaryList"]
    assert (routing["Name"], routing["Id"]) == (
        "Basic Routing Profile",
        instance["routing_profiles"]["Basic Routing Profile"],
    )
    described = connect.describe_routing_profile(**where, RoutingProfileId=routing["Id"])["RoutingProfile"]
    assert described["RoutingProfileArn"] == routing["Arn"] == f"{instance['arn']}/routing-profile/{routing['Id']}"
    (queue,) = connect.list_queues(**where, QueueTypes=["STANDARD"])["QueueSummaryList"]
    assert connect.describe_queue(**where, QueueId=queue["Id"])["Queue"]["Name"] == "BasicQueue"


def test_security_profiles_of_ones_own(connect, instance, refused):
    where = {"InstanceId": instance["id"]}
    options = {**where, "SecurityProfileName": "Leavers", "Description": "No CCP"}
    response = connect.create_security_profile(**options, Permissions=[], Tags={"team": "voice"})
    assert response["SecurityProfileArn"] == f"{instance['arn']}/security-profile/{response['SecurityProfileId']}"
    refused(connect.create_security_profile, "DuplicateResourceException", "", 409, **options)
    refused(connect.create_security_profile, "InvalidParameterException", "", **where, SecurityProfileName="a;b")
    profile = {**where, "SecurityProfileId": response["SecurityProfileId"]}
    connect.update_security_profile(**profile, Permissions=["BasicAgentAccess"])
    assert connect.list_security_profile_permissions(**profile)["Permissions"] == ["BasicAgentAccess"]
    criteria = {"StringCondition": {"FieldName": "name", "Value": "Leavers", "ComparisonType": "EXACT"}}
    (hit,) = connect.search_security_profiles(**where, SearchCriteria=criteria)["SecurityProfiles"]
    assert (hit["Id"], hit["Tags"]) == (response["SecurityProfileId"], {"team": "voice"})
    user = {
        "IdentityInfo": {"FirstName": "A", "LastName": "B"},
        "RoutingProfileId": instance["routing_profiles"]["Basic Routing Profile"],
    }
    created = connect.create_user(**where, **user, Username="jane", SecurityProfileIds=[response["SecurityProfileId"]])
    refused(connect.delete_security_profile, "ResourceInUseException", "", 409, **profile)
    connect.delete_user(**where, UserId=created["UserId"])
    connect.delete_security_profile(**profile)
    refused(connect.describe_security_profile, "ResourceNotFoundException", "", 404, **profile)


def test_the_hierarchy(connect, instance):
    """facts/aws.md 1.5: lists have neither level nor parent, names repeat, searches show a group with the level 0."""
    where = {"InstanceId": instance["id"]}
    levels = connect.describe_user_hierarchy_structure(**where)["HierarchyStructure"]
    assert {level: each["Name"] for level, each in levels.items()} == {
        "LevelOne": "Site",
        "LevelTwo": "Team",
    }
    listed = connect.list_user_hierarchy_groups(**where)["UserHierarchyGroupSummaryList"]
    assert [group["Name"] for group in listed] == ["Berlin", "Sales", "Munich", "Sales"]
    assert all(set(group) == {"Id", "Arn", "Name", "LastModifiedTime", "LastModifiedRegion"} for group in listed)
    sales = connect.describe_user_hierarchy_group(
        **where, HierarchyGroupId=instance["hierarchy_groups"]["Munich/Sales"]
    )["HierarchyGroup"]
    assert sales["LevelId"] == levels["LevelTwo"]["Id"]
    assert [step["Name"] for step in sales["HierarchyPath"].values()] == ["Munich", "Sales"]
    criteria = {"StringCondition": {"FieldName": "name", "Value": "Sales", "ComparisonType": "EXACT"}}
    assert len(connect.search_user_hierarchy_groups(**where, SearchCriteria=criteria)["UserHierarchyGroups"]) == 2
    groups = connect.search_user_hierarchy_groups(**where)["UserHierarchyGroups"]
    assert [group["LevelId"] for group in groups].count("0") == 1
    assert len(groups) == 5


def test_routing_profiles_are_searched(connect, instance):
    criteria = {"StringCondition": {"FieldName": "name", "Value": "Basic", "ComparisonType": "STARTS_WITH"}}
    answer = connect.search_routing_profiles(InstanceId=instance["id"], SearchCriteria=criteria)
    assert answer["ApproximateTotalCount"] == 1
    assert answer["RoutingProfiles"][0]["RoutingProfileId"] == instance["routing_profiles"]["Basic Routing Profile"]
