# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect import instance_plan, instances
from ansible_collections.openccp.federation.plugins.module_utils._domain import arns
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, FederationError, InvalidInput

ID: t.Final = "11111111-2222-3333-4444-555555555555"
ACTUAL: t.Final = {
    "Id": ID,
    "Arn": f"arn:aws:connect:us-east-1:123456789012:instance/{ID}",
    "IdentityManagementType": "SAML",
    "InstanceAlias": "acme",
    "InstanceStatus": "ACTIVE",
    "InboundCallsEnabled": True,
    "OutboundCallsEnabled": True,
    "InstanceAccessUrl": "https://acme.my.connect.aws",
    "Tags": {"team": "x"},
    "Attributes": {"contact_lens": False},
}
OPTIONS: t.Final = {
    "state": "present",
    "alias": "acme",
    "inbound_calls": None,
    "outbound_calls": None,
    "tags": None,
    "purge_tags": True,
}


def plan(actual: dict[str, t.Any] | None, **options: t.Any) -> list[str]:
    params = {**OPTIONS, "attributes": None, "confirm_alias": None, **options}
    return [step.operation for step in instance_plan.plan(params, actual, "us-east-1").steps]


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, []),
        (
            {"inbound_calls": True, "tags": {"team": "x"}, "attributes": {"contact_lens": False, "early_media": None}},
            [],
        ),
        ({"inbound_calls": False}, ["update_attribute"]),
        ({"attributes": {"contact_lens": True}}, ["update_attribute"]),
        ({"tags": {}}, ["untag"]),
        ({"tags": {}, "purge_tags": False}, []),
        ({"tags": {"team": "y"}}, ["tag"]),
        ({"state": "absent", "confirm_alias": "acme"}, ["delete"]),
    ],
)
def test_only_what_differs_is_a_step(options: dict[str, t.Any], steps: list[str]) -> None:
    assert plan(dict(ACTUAL), **options) == steps


def test_what_does_not_exist_is_created_or_stays_away() -> None:
    assert plan(None, attributes={"contact_lens": True}) == ["create", "update_attribute"]
    assert plan(None, state="absent") == []


@pytest.mark.parametrize("confirmed", [None, "", "ACME", "other"])
def test_a_deletion_takes_the_exact_alias(confirmed: str | None) -> None:
    with pytest.raises(InvalidInput, match="is not deleted"):
        plan(dict(ACTUAL), state="absent", confirm_alias=confirmed)


@pytest.mark.parametrize("kind", ["CONNECT_MANAGED", "EXISTING_DIRECTORY"])
def test_other_identity_management_is_refused(kind: str) -> None:
    with pytest.raises(Conflict, match=kind):
        plan({**ACTUAL, "IdentityManagementType": kind})


def listed(*entries: tuple[str, str, str]) -> list[dict[str, str]]:
    return [{"Id": number, "InstanceAlias": alias, "InstanceStatus": status} for number, alias, status in entries]


def test_failed_creations_do_not_count() -> None:
    summaries = listed(("1", "Acme", "CREATION_FAILED"), ("2", "acme", "ACTIVE"), ("3", "other", "ACTIVE"))
    assert [summary["Id"] for summary in instances.with_alias(summaries, "ACME")] == ["2"]


def test_an_ambiguous_alias_names_the_ids() -> None:
    summaries = instances.with_alias(listed(("1", "acme", "ACTIVE"), ("2", "acme", "CREATION_IN_PROGRESS")), "acme")
    with pytest.raises(Conflict, match="1, 2"):
        instances.only(summaries, "acme")


def test_only_an_active_instance_ends_the_wait() -> None:
    assert instances.once_active(None) is None
    assert instances.once_active({**ACTUAL, "InstanceStatus": "CREATION_IN_PROGRESS"}) is None
    assert instances.once_active(dict(ACTUAL)) == ACTUAL
    with pytest.raises(FederationError, match="No directory"):
        instances.once_active(
            {**ACTUAL, "InstanceStatus": "CREATION_FAILED", "StatusReason": {"Message": "No directory"}}
        )


@pytest.mark.parametrize(
    ("access", "region", "ccp", "relay"),
    [
        ("https://acme.my.connect.aws", "us-east-1", "https://acme.my.connect.aws/ccp-v2/", "%2Fccp-v2"),
        (
            "https://acme.awsapps.com/connect/login",
            "us-east-1",
            "https://acme.awsapps.com/connect/ccp-v2/",
            "%2Fconnect%2Fccp-v2",
        ),
        (None, "us-east-1", "https://acme.my.connect.aws/ccp-v2/", "%2Fccp-v2"),
        (None, "us-gov-west-1", "https://acme.govcloud.connect.aws/ccp-v2/", "%2Fccp-v2"),
    ],
)
def test_addresses(access: str | None, region: str, ccp: str, relay: str) -> None:
    view = instances.view({**ACTUAL, "InstanceAccessUrl": access}, region)
    assert view["ccp_url"] == ccp
    assert view["ccp_relay_state"].endswith(f"?destination={relay}")
    assert view["account_id"] == "123456789012"


@pytest.mark.parametrize("alias", ["acme", "a", "Acme-1", "a" * 45, "a--b"])
def test_an_alias_that_aws_takes(alias: str) -> None:
    assert arns.check_alias(alias) == alias


@pytest.mark.parametrize("alias", ["", "-a", "a-", "d-x", "a b", "a_b", "a" * 46])
def test_an_alias_that_aws_refuses(alias: str) -> None:
    with pytest.raises(InvalidInput):
        arns.check_alias(alias)
