# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may call: signatures, keys, hosts, sessions."""

from __future__ import annotations

import datetime as dt
import json

import botocore.exceptions
import pytest
import requests
from aws_client import ACCOUNT, GOVERNMENT, GOVERNMENT_KEY, KEY, SECRET, client, seed
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def test_identity(sandbox):
    identity = client("sts").get_caller_identity()
    assert identity["Account"] == ACCOUNT
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/operator"
    assert identity["UserId"].startswith("AIDA")


@pytest.mark.parametrize(
    ("service", "operation", "codes"),
    [
        ("sts", "get_caller_identity", ("InvalidClientTokenId", "SignatureDoesNotMatch")),
        ("iam", "list_saml_providers", ("InvalidClientTokenId", "SignatureDoesNotMatch")),
        ("connect", "list_instances", ("UnrecognizedClientException", "InvalidSignatureException")),
    ],
)
def test_wrong_keys(sandbox, refused, service, operation, codes):
    refused(getattr(client(service, key="AKIANOTSEEDED0000000"), operation), codes[0], "security token", 403)
    refused(getattr(client(service, secret="wrong"), operation), codes[1], "signature", 403)


def test_every_signed_part_counts(sandbox, refused):
    """GET with a query, PUT with a body, a path with encoded slashes: facts/aws.md 6.4 says where moto's check
    fails.
    """
    connect = client("connect")
    connect.list_instances(MaxResults=3)
    instance = seed(sandbox, instances=[{"account": ACCOUNT, "region": "us-west-2", "alias": "signed"}])["instances"][0]
    assert connect.list_tags_for_resource(resourceArn=instance["arn"])["tags"] == {}
    connect.associate_approved_origin(InstanceId=instance["id"], Origin="https://a.example.com")
    connect.disassociate_approved_origin(InstanceId=instance["id"], Origin="https://a.example.com")


def test_unsigned(sandbox):
    answer = requests.post(
        "https://sts.amazonaws.com/", data="Action=GetCallerIdentity&Version=2011-06-15", timeout=300
    )
    assert answer.status_code == 403
    assert "<Code>MissingAuthenticationToken</Code>" in answer.text
    answer = requests.get("https://connect.us-west-2.amazonaws.com/instance", timeout=300)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")


class _Late(SigV4Auth):
    """Signs as a machine does whose clock is twenty minutes late."""

    def add_auth(self, request):
        moment = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=20)
        request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


def test_clock_skew(sandbox):
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    signed = AWSRequest("POST", "https://sts.us-west-2.amazonaws.com/", data=body)
    _Late(Credentials(KEY, SECRET), "sts", "us-west-2").add_auth(signed)
    answer = requests.post(signed.url, data=body, headers=dict(signed.headers), timeout=300)
    assert answer.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code><Message>Signature expired" in answer.text


def test_the_worlds_clock_is_not_the_clients(sandbox):
    sandbox.world.clock.advance(dt.timedelta(days=1000))
    assert client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_partitions(sandbox, refused):
    gov = {"region": "us-gov-west-1", "key": GOVERNMENT_KEY}
    assert client("sts", **gov).get_caller_identity()["Arn"] == f"arn:aws-us-gov:iam::{GOVERNMENT}:user/operator"
    assert client("iam", **gov).list_saml_providers()["SAMLProviderList"] == []
    refused(client("iam", region="us-gov-west-1").list_saml_providers, "InvalidClientTokenId", status=403)
    refused(
        client("sts", region="us-east-1", key=GOVERNMENT_KEY).get_caller_identity, "InvalidClientTokenId", status=403
    )


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "eu-central-1", "ap-northeast-2", "af-south-1"])
def test_regions_with_connect(sandbox, region):
    """facts/aws.md 1.4: the Regions that endpoints.json lists."""
    assert client("connect", region=region).list_instances()["InstanceSummaryList"] == []


@pytest.mark.parametrize("region", ["eu-north-1", "ap-northeast-3", "cn-north-1", "us-gov-east-1", "us-east-2"])
def test_regions_without_connect(sandbox, region):
    """facts/aws.md 1.4: boto3 builds the host name all the same, but there is none."""
    with pytest.raises((botocore.exceptions.EndpointConnectionError, botocore.exceptions.ProxyConnectionError)):
        client("connect", region=region).list_instances()


def test_fips_and_global_hosts(sandbox):
    assert client("sts", config={"use_fips_endpoint": True}).get_caller_identity()["Account"] == ACCOUNT
    assert client("connect", config={"use_fips_endpoint": True}).list_instances()["InstanceSummaryList"] == []
    assert (
        client("iam", region="us-east-1", config={"use_dualstack_endpoint": True}).list_saml_providers()[
            "SAMLProviderList"
        ]
        == []
    )


def trust(principal: object, **condition: object) -> dict:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_assumed_role(sandbox, refused):
    root = f"arn:aws:iam::{ACCOUNT}:root"
    reading = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:List*", "Resource": "*"}]}
    role = seed(
        sandbox,
        roles=[{"account": ACCOUNT, "name": "Reader", "trust": trust({"AWS": root}), "policies": {"read": reading}}],
    )["roles"][0]
    sts = client("sts")
    assumed = sts.assume_role(RoleArn=role["arn"], RoleSessionName="jane@example.com")
    assert assumed["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role['id']}:jane@example.com",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/jane@example.com",
    }
    keys = assumed["Credentials"]
    session = {"key": keys["AccessKeyId"], "secret": keys["SecretAccessKey"], "token": keys["SessionToken"]}
    assert client("sts", **session).get_caller_identity()["UserId"] == f"{role['id']}:jane@example.com"
    assert client("iam", **session).list_roles()["Roles"]
    refused(client("iam", **session).get_role, "AccessDenied", "iam:GetRole", 403, RoleName="Reader")
    refused(client("iam", **{**session, "token": "wrong"}).list_roles, "InvalidClientTokenId", status=403)
    sandbox.world.clock.advance(dt.timedelta(hours=2))
    refused(client("iam", **session).list_roles, "ExpiredToken", status=403)


def test_assume_role_refusals(sandbox, refused):
    """facts/aws.md 3.1 (session names), 5.1 (durations), 5.5 (texts)."""
    conditional = trust(
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Condition={"StringEquals": {"sts:ExternalId": "right"}}
    )
    trusting_other = trust({"AWS": "arn:aws:iam::999988887777:root"})
    roles = [
        {"account": ACCOUNT, "name": "Other", "trust": trusting_other},
        {"account": ACCOUNT, "name": "Conditional", "trust": conditional},
    ]
    other, limited = seed(sandbox, roles=roles)["roles"]
    assume = client("sts").assume_role
    refused(assume, "AccessDenied", "sts:AssumeRole", 403, RoleArn=other["arn"], RoleSessionName="jane")
    refused(assume, "AccessDenied", "", 403, RoleArn=other["arn"] + "Missing", RoleSessionName="jane")
    refused(assume, "AccessDenied", "", 403, RoleArn=limited["arn"], RoleSessionName="jane", ExternalId="wrong")
    assume(RoleArn=limited["arn"], RoleSessionName="jane", ExternalId="right")
    for name in ("a#EXT#b", "with space", "o'brien", "x" * 65):
        refused(
            assume,
            "ValidationError",
            "roleSessionName",
            RoleArn=limited["arn"],
            RoleSessionName=name,
            ExternalId="right",
        )
    too_long = {"RoleArn": limited["arn"], "RoleSessionName": "jane", "ExternalId": "right", "DurationSeconds": 7200}
    refused(assume, "ValidationError", "MaxSessionDuration", **too_long)


def test_a_user_with_a_policy(sandbox, refused):
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["connect:List*", "ds:DescribeDirectories"], "Resource": "*"}],
    }
    limited = {"id": "AKIALIMITED000000001", "secret": "s", "user": "limited", "policy": policy}
    seed(sandbox, accounts=[{"id": "777766665555", "access_keys": [limited]}])
    keys = {"key": limited["id"], "secret": "s"}
    assert client("connect", **keys).list_instances()["InstanceSummaryList"] == []
    create = client("connect", **keys).create_instance
    options = {
        "IdentityManagementType": "SAML",
        "InstanceAlias": "x",
        "InboundCallsEnabled": True,
        "OutboundCallsEnabled": True,
    }
    refused(create, "AccessDeniedException", "connect:CreateInstance", 403, **options)
    refused(client("iam", **keys).list_roles, "AccessDenied", "iam:ListRoles", 403)


def test_traffic_tells_writes_from_reads(sandbox, instance):
    client("connect").describe_instance(InstanceId=instance["id"])
    client("iam").list_roles()
    client("connect").associate_approved_origin(InstanceId=instance["id"], Origin="https://a.example.com")
    seen = [(entry["service"], entry["operation"], entry["write"]) for entry in sandbox.world.traffic]
    assert seen == [
        ("connect", "DescribeInstance", False),
        ("iam", "ListRoles", False),
        ("connect", "AssociateApprovedOrigin", True),
    ]
    assert all(KEY not in json.dumps(entry) for entry in sandbox.world.traffic)
