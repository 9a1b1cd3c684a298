# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances, attributes, origins and tags of Amazon Connect: facts/aws.md 1.3 to 1.5, 2.1, 2.2, 6.1."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid

import pytest
from aws_client import ACCOUNT, GOVERNMENT, GOVERNMENT_KEY, REGION, client, loose, seed

from federation_sandbox.aws.accounts import Accounts

WANTED = {"IdentityManagementType": "SAML", "InboundCallsEnabled": True, "OutboundCallsEnabled": False}


def create(connect, alias="acme", **more):
    return connect.create_instance(**{**WANTED, "InstanceAlias": alias, **more})


def test_create_describe_list_delete(connect, refused):
    instance = create(connect, Tags={"team": "voice"})
    assert instance["Arn"] == f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{instance['Id']}"
    described = connect.describe_instance(InstanceId=instance["Id"])["Instance"]
    assert described["InstanceStatus"] == "ACTIVE"
    assert described["InstanceAccessUrl"] == "https://acme.my.connect.aws"
    assert (described["InboundCallsEnabled"], described["OutboundCallsEnabled"]) == (True, False)
    assert described["Tags"] == {"team": "voice"}
    (listed,) = connect.list_instances()["InstanceSummaryList"]
    assert listed == {key: value for key, value in described.items() if key != "Tags"}
    connect.delete_instance(InstanceId=instance["Id"])
    refused(connect.describe_instance, "ResourceNotFoundException", "", 404, InstanceId=instance["Id"])
    assert connect.list_instances()["InstanceSummaryList"] == []


def test_creation_takes_time(sandbox, connect, refused):
    """facts/aws.md 1.4, 6.1: CREATION_IN_PROGRESS, which moto has not."""
    sandbox.world.settings.instance_creation = 60
    instance = create(connect)
    assert connect.describe_instance(InstanceId=instance["Id"])["Instance"]["InstanceStatus"] == "CREATION_IN_PROGRESS"
    refused(
        connect.list_security_profiles, "InvalidRequestException", "CREATION_IN_PROGRESS", InstanceId=instance["Id"]
    )
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert connect.describe_instance(InstanceId=instance["Id"])["Instance"]["InstanceStatus"] == "ACTIVE"


def test_a_failed_creation(sandbox, connect):
    failed = seed(
        sandbox, instances=[{"account": ACCOUNT, "region": REGION, "alias": "broken", "failure": "No directory."}]
    )["instances"][0]
    described = connect.describe_instance(InstanceId=failed["id"])["Instance"]
    assert (described["InstanceStatus"], described["StatusReason"]) == ("CREATION_FAILED", {"Message": "No directory."})


def test_an_alias_is_taken_once(sandbox, connect, refused):
    """facts/aws.md 1.4: InvalidRequestException, not DuplicateResourceException; an alias is a host name, whoever's
    account.
    """
    create(connect)
    elsewhere = client("connect", region="eu-central-1")
    refused(create, "InvalidRequestException", "Invalid Input. Instance alias is already used.", connect=connect)
    refused(create, "InvalidRequestException", "Instance alias is already used.", connect=elsewhere, alias="ACME")


@pytest.mark.parametrize("alias", ["d-acme", "acme_x", "-acme", "acme-", "ac me", "a" * 46])
def test_aliases(sandbox, refused, alias):
    """facts/aws.md 1.0, 1.4: botocore checks neither pattern nor length."""
    code = "InvalidRequestException"
    refused(create, code, connect=loose("connect"), alias=alias)


def test_identity_management(sandbox, connect, refused):
    """facts/aws.md 1.0, 1.4: an enum that botocore does not check."""
    refused(create, "InvalidRequestException", "enum", connect=connect, IdentityManagementType="NOPE")
    refused(
        create, "InvalidRequestException", "DirectoryId", connect=connect, IdentityManagementType="EXISTING_DIRECTORY"
    )


def test_idempotency(connect, refused):
    """facts/aws.md 1.4: ClientToken."""
    token = str(uuid.uuid4())
    first = create(connect, ClientToken=token)
    again = create(connect, ClientToken=token)
    assert first["Id"] == again["Id"]
    assert len(connect.list_instances()["InstanceSummaryList"]) == 1
    refused(create, "InvalidRequestException", "ClientToken", connect=connect, alias="other", ClientToken=token)


def test_quotas(sandbox, connect, refused):
    """facts/aws.md 2.2: two instances a Region; 1.4: 100 creations and deletions in thirty days."""
    create(connect, "one")
    create(connect, "two")
    refused(create, "ServiceQuotaExceededException", "2", 402, connect=connect, alias="three")
    create(client("connect", region="us-east-1"), "three")
    few = {"id": "AKIAFEW0000000000001", "secret": "s"}
    seed(sandbox, accounts=[{"id": "777766665555", "access_keys": [few], "quotas": {"instance_changes": 2}}])
    other = client("connect", key=few["id"], secret="s")
    other.delete_instance(InstanceId=create(other, "four")["Id"])
    refused(create, "ServiceQuotaExceededException", "excessive number of attempts", 402, connect=other, alias="five")
    sandbox.world.clock.advance(dt.timedelta(days=31))
    create(other, "five")


def test_pages_of_ten(sandbox, connect):
    """facts/aws.md 1.3: ten instances, seven attributes, 25 origins a page."""
    seed(sandbox, instances=[{"account": ACCOUNT, "region": REGION, "alias": f"i{number}"} for number in range(12)])
    first = connect.list_instances()
    assert len(first["InstanceSummaryList"]) == 10
    second = connect.list_instances(NextToken=first["NextToken"])
    assert len(second["InstanceSummaryList"]) == 2
    assert "NextToken" not in second
    instance = first["InstanceSummaryList"][0]["Id"]
    attributes = [
        len(page["Attributes"])
        for page in connect.get_paginator("list_instance_attributes").paginate(InstanceId=instance)
    ]
    assert attributes == [7, 7]
    for number in range(30):
        connect.associate_approved_origin(InstanceId=instance, Origin=f"https://{number}.example.com")
    assert [
        len(page["Origins"]) for page in connect.get_paginator("list_approved_origins").paginate(InstanceId=instance)
    ] == [25, 5]


@pytest.mark.parametrize("size", [0, 11])
def test_page_sizes(sandbox, refused, size):
    """facts/aws.md 1.0: botocore does not check the largest size."""
    refused(loose("connect").list_instances, "InvalidRequestException", "'maxResults'", MaxResults=size)


def test_foreign_tokens(connect, instance, refused):
    refused(
        connect.list_users, "InvalidParameterException", "NextToken", InstanceId=instance["id"], NextToken="bm9wZQ=="
    )


@pytest.mark.parametrize("content", [5, ["ListUsers", "INSTANCE", -1], ["ListUsers", "INSTANCE", "1"], {}])
def test_forged_tokens(connect, instance, refused, content):
    text = json.dumps(content).replace("INSTANCE", instance["id"])
    token = base64.urlsafe_b64encode(text.encode()).decode()
    refused(connect.list_users, "InvalidParameterException", "NextToken", InstanceId=instance["id"], NextToken=token)


def test_a_refused_request_leaves_nothing(sandbox, connect, instance, refused):
    """Among them what is found only when most of the request has been looked at: tags."""
    wrong = {"aws:x": "y"}
    sandbox.world.state(Accounts).quotas[ACCOUNT].instance_changes = 1
    saml = {"IdentityManagementType": "SAML", "InboundCallsEnabled": True, "OutboundCallsEnabled": True}
    strict = loose("connect")
    refused(strict.create_instance, "InvalidRequestException", InstanceAlias="other", Tags=wrong, **saml)
    connect.create_instance(InstanceAlias="other", **saml)
    own = {"InstanceId": instance["id"], "Tags": wrong}
    before = connect.list_security_profiles(InstanceId=instance["id"])["SecurityProfileSummaryList"]
    refused(strict.create_security_profile, "InvalidParameterException", SecurityProfileName="Mine", **own)
    assert connect.list_security_profiles(InstanceId=instance["id"])["SecurityProfileSummaryList"] == before
    number = {"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+4930123456"}}
    refused(strict.create_quick_connect, "InvalidParameterException", Name="Desk", QuickConnectConfig=number, **own)
    assert connect.list_quick_connects(InstanceId=instance["id"])["QuickConnectSummaryList"] == []


def test_attributes(connect, instance, refused):
    """facts/aws.md 1.4: true or false, as text."""
    where = {"InstanceId": instance["id"]}
    connect.update_instance_attribute(**where, AttributeType="OUTBOUND_CALLS", Value="false")
    attribute = connect.describe_instance_attribute(**where, AttributeType="OUTBOUND_CALLS")["Attribute"]
    assert attribute == {"AttributeType": "OUTBOUND_CALLS", "Value": "false"}
    assert connect.describe_instance(**where)["Instance"]["OutboundCallsEnabled"] is False
    refused(
        connect.update_instance_attribute,
        "InvalidParameterException",
        "",
        **where,
        AttributeType="EARLY_MEDIA",
        Value="on",
    )
    refused(
        connect.update_instance_attribute,
        "InvalidParameterException",
        "enum",
        **where,
        AttributeType="SAML",
        Value="true",
    )


def test_approved_origins(connect, instance, refused):
    """facts/aws.md 1.5, 7: HTTPS, exact, once."""
    where = {"InstanceId": instance["id"]}
    connect.associate_approved_origin(**where, Origin="https://agents.example.com:8443")
    again = {**where, "Origin": "https://agents.example.com:8443"}
    refused(connect.associate_approved_origin, "ResourceConflictException", "", 409, **again)
    for origin in (
        "http://a.example.com",
        "a.example.com",
        "https://a.example.com/ccp",
        "https://u@a.example.com",
        "https://" + "a" * 260,
    ):
        refused(connect.associate_approved_origin, "InvalidParameterException", "", **where, Origin=origin)
    connect.disassociate_approved_origin(**again)
    refused(connect.disassociate_approved_origin, "ResourceNotFoundException", "", 404, **again)
    assert connect.list_approved_origins(**where)["Origins"] == []


def test_tags(connect, instance, refused):
    """facts/aws.md 1.5; 6.1: moto's DescribeInstance does not see later tags."""
    connect.tag_resource(resourceArn=instance["arn"], tags={"team": "voice", "größe": "ä b"})
    assert connect.describe_instance(InstanceId=instance["id"])["Instance"]["Tags"] == {"team": "voice", "größe": "ä b"}
    connect.untag_resource(resourceArn=instance["arn"], tagKeys=["größe"])
    assert connect.list_tags_for_resource(resourceArn=instance["arn"])["tags"] == {"team": "voice"}
    for key in ("aws:mine", "semi;colon"):
        refused(connect.tag_resource, "InvalidParameterException", key, resourceArn=instance["arn"], tags={key: "x"})
    refused(
        connect.tag_resource, "ResourceNotFoundException", "", 404, resourceArn=instance["arn"] + "0", tags={"a": "b"}
    )
    refused(connect.tag_resource, "InvalidParameterException", "", resourceArn="arn:aws:s3:::bucket", tags={"a": "b"})


def test_government(sandbox):
    """facts/aws.md 1.4, 4.1: the partition in every ARN, which moto forgets (6.1), and the domain."""
    connect = client("connect", region="us-gov-west-1", key=GOVERNMENT_KEY)
    instance = create(connect, "agency")
    assert instance["Arn"] == f"arn:aws-us-gov:connect:us-gov-west-1:{GOVERNMENT}:instance/{instance['Id']}"
    assert (
        connect.describe_instance(InstanceId=instance["Id"])["Instance"]["InstanceAccessUrl"]
        == "https://agency.govcloud.connect.aws"
    )
    assert connect.list_security_profiles(InstanceId=instance["Id"])["SecurityProfileSummaryList"][0]["Arn"].startswith(
        "arn:aws-us-gov:"
    )


def test_accounts_and_regions_are_apart(connect, instance, refused):
    elsewhere = client("connect", region="us-east-1")
    refused(elsewhere.describe_instance, "ResourceNotFoundException", "", 404, InstanceId=instance["id"])


def test_limits(sandbox, connect, instance, refused):
    """facts/aws.md 2.1: two a second and five at once, each operation for itself, over all instances of account and
    Region.
    """
    sandbox.world.settings.limits = True
    for _ in range(5):
        connect.list_users(InstanceId=instance["id"])
    refused(connect.list_users, "ThrottlingException", "", 429, InstanceId=instance["id"])
    connect.list_security_profiles(InstanceId=instance["id"])
    for _ in range(5):
        connect.describe_instance(InstanceId=instance["id"])
    response = refused(connect.describe_instance, "TooManyRequestsException", "", 429, InstanceId=instance["id"])
    assert "retry-after" not in response["ResponseMetadata"]["HTTPHeaders"]
    sandbox.world.clock.advance(dt.timedelta(seconds=0.5))
    connect.list_users(InstanceId=instance["id"])


@pytest.mark.parametrize("body", [b'{"Origins": "x"}', b'{"Origin": 3}', b"{"])
def test_a_body_that_aws_does_not_have_is_refused(sandbox, instance, refused, body):
    """A member that does not exist, one of another type, and no JSON at all."""
    connect = loose("connect")
    connect.meta.events.register_last("before-sign.connect.AssociateApprovedOrigin", _with_body(body))
    refused(
        connect.associate_approved_origin,
        "SerializationException",
        InstanceId=instance["id"],
        Origin="https://a.example.com",
    )


def test_an_operation_that_the_sandbox_does_not_have(connect, instance, refused):
    refused(connect.list_prompts, "NotImplemented", "connect:ListPrompts", 501, InstanceId=instance["id"])


def _with_body(body):
    def change(request, **_):
        request.data = body

    return change


def test_contact_lens_is_on(connect, instance):
    """facts/aws.md A3: what a new instance has, as Terraform's provider verified"""
    attribute = connect.describe_instance_attribute(InstanceId=instance["id"], AttributeType="CONTACT_LENS")[
        "Attribute"
    ]
    assert attribute["Value"] == "true"


def test_a_client_token_outlives_its_instance(sandbox, connect):
    """facts/aws.md A4: for how long, no source says; the log tells an answer that is of no use"""
    first = create(connect, "fresh", ClientToken="mine")["Id"]
    connect.delete_instance(InstanceId=first)
    assert create(connect, "fresh", ClientToken="mine")["Id"] == first
    notes = [entry["note"] for entry in sandbox.world.traffic.entries("connect", "CreateInstance")]
    assert notes == ["", "the ClientToken is that of a deleted instance"]
    sandbox.world.settings.client_token_memory = 60
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert create(connect, "fresh", ClientToken="mine")["Id"] != first


def test_reads_go_backwards(sandbox, connect):
    """facts/entra.md E3, for Amazon Connect: an instance that was shown is not there in a later read, one that is gone
    is.
    """
    sandbox.world.settings.change({"connect_replication": 60, "connect_flapping": 0.3})
    instance = create(connect, "fresh")["Id"]

    def is_visible():
        listed = [each["Id"] for each in connect.list_instances()["InstanceSummaryList"]]
        try:
            return connect.describe_instance(InstanceId=instance)["Instance"]["Id"] in listed
        except connect.exceptions.ResourceNotFoundException:
            return False

    seen = [is_visible() for _number in range(40)]
    assert False in seen[seen.index(True) :]
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert {is_visible() for _number in range(20)} == {True}
    connect.delete_instance(InstanceId=instance)
    seen = [is_visible() for _number in range(40)]
    assert True in seen[seen.index(False) :]
    sandbox.world.clock.advance(dt.timedelta(seconds=61))
    assert {is_visible() for _number in range(20)} == {False}


def test_values_of_tags(connect, instance, refused):
    """facts/aws.md A5: Amazon Connect's model has a pattern for keys alone, IAM's has one for values"""
    connect.tag_resource(resourceArn=instance["arn"], tags={"team": "R&D, Käse (№1)"})
    assert connect.describe_instance(InstanceId=instance["id"])["Instance"]["Tags"]["team"] == "R&D, Käse (№1)"
    refused(connect.tag_resource, "InvalidParameterException", "", resourceArn=instance["arn"], tags={"R&D": "x"})


def test_the_old_domain(sandbox, connect):
    """facts/aws.md 4.1: instances made before April 2021 answer below /connect"""
    seeded = seed(sandbox, instances=[{"account": ACCOUNT, "region": REGION, "alias": "older", "old_domain": True}])[
        "instances"
    ][0]
    assert seeded["access_url"] == "https://older.awsapps.com/connect"
    assert connect.describe_instance(InstanceId=seeded["id"])["Instance"]["InstanceAccessUrl"] == seeded["access_url"]


def test_names_of_hierarchy_groups(sandbox, connect):
    """The model has no pattern for them: a slash, blanks at the ends, and the same name twice on different levels"""
    groups = ["Sales", ["Sales", "EMEA"], ["Sales/EMEA"], [" Spaced "], ["/Leading"], ["Trailing/"]]
    hierarchy = {"levels": ["Site", "Team"], "groups": groups}
    seeded = seed(
        sandbox, instances=[{"account": ACCOUNT, "region": REGION, "alias": "names", "hierarchy": hierarchy}]
    )["instances"][0]
    listed = connect.list_user_hierarchy_groups(InstanceId=seeded["id"])["UserHierarchyGroupSummaryList"]
    assert [group["Name"] for group in listed] == ["Sales", "EMEA", "Sales/EMEA", " Spaced ", "/Leading", "Trailing/"]
    with pytest.raises(ValueError, match="1 to 100 characters"):
        seed(
            sandbox,
            instances=[
                {
                    "account": ACCOUNT,
                    "region": REGION,
                    "alias": "long",
                    "hierarchy": {"levels": ["a"], "groups": ["x" * 101]},
                }
            ],
        )
