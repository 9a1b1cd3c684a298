# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as a federation of ours, and what as a place that may not be looked at."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect import discovery
from ansible_collections.openccp.federation.plugins.module_utils._connect.discovery import (
    Account,
    Discovered,
    Discovery,
    is_managed,
)
from botocore.exceptions import ClientError, NoCredentialsError

NUMBER = "123456789012"
OURS = [{"Key": "team", "Value": "voice"}, {"Key": "managed-by", "Value": "openccp.federation"}]
THEIRS = [{"Key": "managed-by", "Value": "terraform"}]
SAML = {"Principal": {"Federated": f"arn:aws:iam::{NUMBER}:saml-provider/Entra"}}
SERVICE = {"Principal": {"Service": "connect.amazonaws.com"}}
ANYONE = {"Principal": "*"}


@pytest.mark.parametrize(
    ("tags", "statements", "managed"),
    [
        (OURS, SAML, True),
        (OURS, [ANYONE, SERVICE, SAML], True),
        (OURS, [ANYONE, SERVICE], False),
        (OURS, [], False),
        (THEIRS, SAML, False),
        ([], SAML, False),
        (None, SAML, False),
    ],
)
def test_only_a_role_that_bears_our_tag_is_a_federation(tags: t.Any, statements: t.Any, managed: bool) -> None:
    role = {"AssumeRolePolicyDocument": {"Statement": statements}} | ({} if tags is None else {"Tags": tags})
    assert is_managed(role) is managed


class Cloud:
    """boto3's session. refusals: AWS's error codes by operation, those of ListInstances by Region; None where no
    credentials are found.
    """

    def __init__(self, refusals: t.Mapping[str, str | None]) -> None:
        self.refusals = refusals
        self.entered: list[str] = []

    def __call__(self, **dummy: t.Any) -> Cloud:
        return self

    def client(self, service: str, region_name: str, **dummy: t.Any) -> t.Any:
        return Client(self, service, region_name)

    def answer(self, operation: str, content: t.Any) -> t.Any:
        if operation not in self.refusals:
            return content
        code = self.refusals[operation]
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation) if code else NoCredentialsError()


class Client:
    """One instance in each Region, whose role is ours."""

    def __init__(self, cloud: Cloud, service: str, region: str) -> None:
        self.cloud, self.service, self.region = cloud, service, region

    def get_paginator(self, operation: str) -> t.Any:
        return self

    def paginate(self) -> list[t.Any]:
        return [self.cloud.answer(self.region, {"InstanceSummaryList": [{"Id": "1"}]})]

    def describe_instance(self, InstanceId: str) -> t.Any:
        arn = f"arn:aws:connect:{self.region}:{NUMBER}:instance/{InstanceId}"
        return {
            "Instance": {"Arn": arn, "Id": InstanceId, "IdentityManagementType": "SAML", "InstanceStatus": "ACTIVE"}
        }

    def get_role(self, **dummy: t.Any) -> t.Any:
        return self.cloud.answer("GetRole", {"Role": {"Tags": OURS, "AssumeRolePolicyDocument": {"Statement": SAML}}})

    def assume_role(self, **dummy: t.Any) -> t.Any:
        self.cloud.entered.append(self.region)
        return self.cloud.answer(
            "AssumeRole", {"Credentials": dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), "x")}
        )


def discover(monkeypatch: pytest.MonkeyPatch, cloud: Cloud, *regions: str, role_arn: str | None = None) -> Discovered:
    monkeypatch.setattr(discovery.boto3.session, "Session", cloud)
    monkeypatch.setattr(discovery, "check_responses", lambda client: client)  # which hooks into clients of botocore
    return Discovery({}, role_name=lambda alias: f"Federation-{alias}").run([Account(role_arn)], regions)


PERMISSION = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OptInRequired")
TROUBLE = (
    None,
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)


@pytest.mark.parametrize("code", [*PERMISSION, *TROUBLE])
@pytest.mark.parametrize(
    ("operation", "role_arn"), [("us-east-1", None), ("AssumeRole", f"arn:aws:iam::{NUMBER}:role/Automation")]
)
def test_only_a_missing_permission_is_a_denied_place(
    monkeypatch: pytest.MonkeyPatch, operation: str, role_arn: str | None, code: str | None
) -> None:
    gaps = discover(monkeypatch, Cloud({operation: code}), "us-east-1", role_arn=role_arn).gaps
    assert [gap.denied for gap in gaps] == [code in PERMISSION]


@pytest.mark.parametrize("code", [*PERMISSION, *TROUBLE])
def test_only_a_missing_permission_leaves_a_federation_unknown(
    monkeypatch: pytest.MonkeyPatch, code: str | None
) -> None:
    got = discover(monkeypatch, Cloud({"GetRole": code}), "us-east-1")
    if code in PERMISSION:
        assert [instance["federated"] for instance in got.instances] == [None]
        assert got.gaps == []
    else:
        assert got.instances == []
        assert [gap.denied for gap in got.gaps] == [False]


@pytest.mark.parametrize(
    ("refusals", "denied"),
    [
        ({"af-south-1": "UnrecognizedClientException"}, {"af-south-1": True}),
        ({"af-south-1": "ExpiredTokenException"}, {"af-south-1": False}),
        ({"us-east-1": "UnrecognizedClientException"}, {"us-east-1": False}),
        (
            {"af-south-1": "UnrecognizedClientException", "us-east-1": "AccessDeniedException"},
            {"af-south-1": True, "us-east-1": True},
        ),
        (
            {"af-south-1": "UnrecognizedClientException", "us-east-1": "UnrecognizedClientException"},
            {"af-south-1": False, "us-east-1": False},
        ),
    ],
    ids=["not-enabled", "expired", "always-enabled", "good-but-denied", "wrong-everywhere"],
)
def test_a_region_that_is_not_enabled_is_denied_where_the_credentials_are_good(
    monkeypatch: pytest.MonkeyPatch, refusals: dict[str, str], denied: dict[str, bool]
) -> None:
    gaps = discover(monkeypatch, Cloud(refusals), "af-south-1", "us-east-1").gaps
    assert {gap.where.rpartition(" ")[2]: gap.denied for gap in gaps} == denied
    assert denied.get("af-south-1", False) is any("not enabled for the account" in gap.reason for gap in gaps)


@pytest.mark.parametrize(
    ("regions", "entered"),
    [(("af-south-1", "eu-central-1"), "eu-central-1"), (("af-south-1",), "af-south-1"), (("us-east-1",), "us-east-1")],
)
def test_an_account_is_entered_where_no_region_must_be_enabled(
    monkeypatch: pytest.MonkeyPatch, regions: tuple[str, ...], entered: str
) -> None:
    cloud = Cloud({})
    discover(monkeypatch, cloud, *regions, role_arn=f"arn:aws:iam::{NUMBER}:role/Automation")
    assert cloud.entered == [entered]
