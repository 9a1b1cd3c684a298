# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from contact_centre import ACCOUNT, Centre, seed_centre
from federation_sandbox import clouds
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from support import start_module

#: those of AWS's commercial partition with Amazon Connect, where the plan of a creation looks for the alias
OTHER_REGIONS: t.Final = 9
NEW: t.Final = {"alias": "new-service", "tags": {"service": "contact-centre"}}


def described(centre: Centre, alias: str) -> dict[str, t.Any] | None:
    connect = centre.connect()
    listed = connect.get_paginator("list_instances").paginate().build_full_result()["InstanceSummaryList"]
    ids = [instance["Id"] for instance in listed if instance["InstanceAlias"] == alias]
    return connect.describe_instance(InstanceId=ids[0])["Instance"] if ids else None


def test_a_life_of_an_instance(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    sandbox.world.settings.change({"instance_creation": 1.5})
    options = NEW | {"outbound_calls": False, "attributes": {"contact_lens": True}}
    predicted = centre.run("connect_instance", options, check=True)
    assert centre.requests() == ["ListInstances", "GetCallerIdentity", *["ListInstances"] * OTHER_REGIONS]
    assert described(centre, "new-service") is None
    assert "id" not in predicted["instance"]
    assert (predicted["instance"]["account_id"], predicted["instance"]["partition"]) == (ACCOUNT, "aws")
    assert (
        centre.run("connect_instance", options | {"account_id": ACCOUNT}, check=True)["instance"]
        == predicted["instance"]
    )
    assert centre.requests() == ["ListInstances"] * (1 + OTHER_REGIONS)

    created = centre.run("connect_instance", options)
    assert created["actions"] == predicted["actions"]
    assert created["diff"] == predicted["diff"]
    assert created["actions"][0] == "Create the Amazon Connect instance 'new-service'"
    instance = described(centre, "new-service")
    assert instance is not None
    assert instance["IdentityManagementType"] == "SAML"
    assert (instance["InboundCallsEnabled"], instance["OutboundCallsEnabled"]) == (True, False)
    assert instance["Tags"] == {"service": "contact-centre"}
    details = created["instance"]
    assert details["id"] == instance["Id"]
    assert details["account_id"] == ACCOUNT
    assert details["status"] == "ACTIVE"
    assert details["ccp_url"] == "https://new-service.my.connect.aws/ccp-v2/"
    assert details["ccp_relay_state"] == (
        f"https://us-west-2.console.aws.amazon.com/connect/federate/{instance['Id']}?destination=%2Fccp-v2"
    )

    again = centre.run("connect_instance", options)
    assert not again["changed"]
    assert again["instance"] == details
    assert centre.requests() == [
        "ListInstances",
        "DescribeInstance",
        "ListInstanceAttributes",
        "ListInstanceAttributes",
    ]
    assert centre.run("connect_instance", {"instance_id": instance["Arn"]})["instance"]["id"] == instance["Id"]
    assert centre.requests() == ["DescribeInstance"]

    change = options | {"outbound_calls": True, "tags": {"stage": "live"}, "attributes": {"contact_lens": False}}
    predicted = centre.run("connect_instance", change, check=True)
    changed = centre.run("connect_instance", change)
    assert changed["actions"] == predicted["actions"]
    assert centre.writes() == ["UpdateInstanceAttribute", "UpdateInstanceAttribute", "TagResource", "UntagResource"]
    instance = described(centre, "new-service")
    assert instance is not None
    assert instance["OutboundCallsEnabled"] is True
    assert instance["Tags"] == {"stage": "live"}
    attribute = centre.connect().describe_instance_attribute(InstanceId=instance["Id"], AttributeType="CONTACT_LENS")
    assert attribute["Attribute"]["Value"] == "false"
    assert not centre.run("connect_instance", change)["changed"]

    for account, message in (
        ("999988887777", f"the account {ACCOUNT}, but the federation's is 999988887777"),
        ("9", "twelve digits"),
    ):
        assert message in centre.run("connect_instance", change | {"account_id": account})["msg"]
    assert centre.writes() == []

    unconfirmed = centre.run("connect_instance", {"alias": "new-service", "state": "absent"})
    assert (
        "set confirm_alias (in the role connect_instance: connect_instance_confirm_alias) to new-service"
        in (unconfirmed["msg"])
    )
    assert centre.writes() == []
    absent = {"alias": "new-service", "state": "absent", "confirm_alias": "new-service"}
    assert centre.run("connect_instance", absent, check=True)["changed"]
    assert centre.run("connect_instance", absent)["instance"] == {}
    assert described(centre, "new-service") is None
    assert not centre.run("connect_instance", absent)["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_region_without_amazon_connect_is_refused_before_any_request(sandbox: Sandbox, state: str) -> None:
    centre = seed_centre(sandbox)
    for region, message in {
        "us-east-2": "not offered in the Region us-east-2",
        "cn-north-1": "AWS China",
        "ap-northeast-3": "replicas",
    }.items():
        assert message in centre.run("connect_instance", NEW | {"region": region, "state": state})["msg"]
        assert centre.requests() == []


@pytest.mark.parametrize("reference", [{"alias": "example-service"}, {"instance_id": ""}])
def test_an_instance_that_is_not_saml_is_refused(sandbox: Sandbox, reference: dict[str, str]) -> None:
    centre = seed_centre(sandbox, identity_management_type="CONNECT_MANAGED")
    options = {"instance_id": centre.id} if "instance_id" in reference else reference
    result = centre.run("connect_instance", {**options, "outbound_calls": False})
    assert "manages identities by CONNECT_MANAGED, not by SAML" in result["msg"]
    assert "never changes that" in result["hint"]
    assert centre.writes() == []


def test_an_alias_of_another_account_is_reported_as_such(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    other = {"id": "999988887777"}
    place = {"account": "999988887777", "region": "us-east-1", "alias": "new-service"}
    clouds.seed(sandbox.world, {"aws": {"accounts": [other], "instances": [place]}})
    result = centre.run("connect_instance", NEW)
    assert "The alias 'new-service' is taken by an instance of another account or Region." in result["msg"]
    assert result["error_code"] == "InvalidRequestException"


@pytest.mark.parametrize("alias", ["d-bad", "under_score", "a" * 46, "-x"])
def test_an_alias_that_aws_refuses_is_refused_before_any_request(sandbox: Sandbox, alias: str) -> None:
    centre = seed_centre(sandbox)
    assert "is not an alias" in centre.run("connect_instance", {"alias": alias})["msg"]
    assert centre.requests() == []


def test_what_does_not_exist_or_does_not_fit_is_reported(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    missing = "99999999-9999-4999-8999-999999999999"
    assert (
        f"There is no Amazon Connect instance {missing}"
        in centre.run("connect_instance", {"instance_id": missing})["msg"]
    )
    assert "'nonsense' is not the id" in centre.run("connect_instance", {"instance_id": "nonsense"})["msg"]
    assert (
        "has the alias 'example-service', not 'other'"
        in centre.run("connect_instance", {"instance_id": centre.id, "alias": "other"})["msg"]
    )
    other = centre.seeded["arn"].replace("us-west-2", "us-east-1")
    assert "names the Region us-east-1" in centre.run("connect_instance", {"instance_id": other})["msg"]


def test_a_creation_that_fails_is_reported_with_the_reason(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, failure="The directory could not be made")
    assert "The directory could not be made" in centre.run("connect_instance", {"instance_id": centre.id})["msg"]


def test_a_creation_that_was_killed_is_found_and_finished(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    sandbox.world.settings.change({"instance_creation": 3.0})
    process = start_module("connect_instance", NEW, centre.environment)
    while not sandbox.world.traffic.entries("connect", "CreateInstance"):
        assert process.poll() is None
    process.kill()
    process.communicate()
    result = centre.run("connect_instance", NEW)
    assert not result["changed"], result
    assert result["instance"]["status"] == "ACTIVE"
    assert "CreateInstance" not in centre.requests()


def test_an_answer_that_is_lost_makes_no_second_instance(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    sandbox.world.faults.add(Fault("connect", "CreateInstance", kind="lost"))
    result = centre.run("connect_instance", NEW)
    assert not result.failed, result
    assert centre.writes() == ["CreateInstance", "CreateInstance"]
    listed = centre.connect().get_paginator("list_instances").paginate().build_full_result()["InstanceSummaryList"]
    assert [instance["InstanceAlias"] for instance in listed].count("new-service") == 1


def test_a_deadline_is_reported(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    sandbox.world.settings.change({"instance_creation": 3600.0})
    result = centre.run("connect_instance", NEW | {"wait_timeout": 1})
    assert "Timed out after 1 seconds waiting for the instance" in result["msg"]
    assert result["failed_action"] == "Create the Amazon Connect instance 'new-service'"


def test_govcloud(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, region="us-gov-west-1", partition="aws-us-gov")
    details = centre.run("connect_instance", NEW)["instance"]
    assert details["partition"] == "aws-us-gov"
    assert (
        details["relay_state"].startswith("https://console.amazonaws-us-gov.com/connect/federate/")
        or "us-gov" in details["relay_state"]
    )
    assert details["ccp_url"] == "https://new-service.govcloud.connect.aws/ccp-v2/"


def test_info_shows_one_or_all_whatever_their_identity_management(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox, tags={"a": "b"}, attributes={"CONTACT_LENS": "true"})
    places = [{"account": ACCOUNT, "region": "us-west-2", "alias": f"more-{number}"} for number in range(11)]
    places[0]["identity_management_type"] = "CONNECT_MANAGED"
    clouds.seed(sandbox.world, {"aws": {"instances": places}})
    instances = centre.run("connect_instance_info", {})["instances"]
    assert len(instances) == 12
    assert {instance["identity_management_type"] for instance in instances} == {"SAML", "CONNECT_MANAGED"}
    assert centre.requests().count("ListInstances") == 2
    by_alias = centre.run("connect_instance_info", {"alias": "example-service", "attributes": True})["instances"]
    assert by_alias[0]["tags"] == {"a": "b"}
    assert by_alias[0]["attributes"]["contact_lens"] is True
    assert centre.run("connect_instance_info", {"instance_id": centre.id})["instances"][0]["id"] == centre.id
    assert centre.run("connect_instance_info", {"alias": "nowhere"})["instances"] == []


def test_the_plan_tells_an_alias_that_is_misspelt_or_in_another_region(sandbox: Sandbox) -> None:
    centre = seed_centre(sandbox)
    misspelt = centre.run("connect_instance", {"alias": "example-servcie"}, check=True)
    assert misspelt["changed"]
    assert misspelt.warnings == [
        (
            "There is no Amazon Connect instance 'example-servcie' yet, so it is to be created. Did you mean "
            "'example-service'?"
        )
    ]
    assert centre.run("connect_instance", {"alias": "example-service2"}, check=True).warnings == []
    clouds.seed(
        sandbox.world, {"aws": {"instances": [{"account": ACCOUNT, "region": "eu-central-1", "alias": "elsewhere"}]}}
    )
    for check in (True, False):
        wrong = centre.run("connect_instance", {"alias": "elsewhere"}, check=check)
        assert wrong.failed
        assert ("is not in us-west-2 but in eu-central-1" in wrong["msg"]) is check, (
            "a run that nobody planned learns it from AWS"
        )
        assert not wrong["changed"]


@pytest.mark.parametrize("seed", range(4))
def test_reads_that_go_backwards(sandbox: Sandbox, seed: int) -> None:
    """facts/entra.md E3, for Amazon Connect: made, deleted, asked for again and made again, while old replicas answer
    a share of reads.
    """
    centre = seed_centre(sandbox)
    replicas = {"connect_replication": 1.5, "connect_flapping": 0.5, "flapping_seed": seed}
    sandbox.world.settings.change({**replicas, "instance_creation": 0.2})
    options = NEW | {"attributes": {"contact_lens": False}, "wait_timeout": 20}
    absent = {"alias": NEW["alias"], "state": "absent", "confirm_alias": NEW["alias"], "wait_timeout": 20}
    created = [centre.run("connect_instance", each) for each in (options, absent, absent, options)]
    assert [each.get("msg") for each in created] == [None] * 4
    assert created[0]["instance"]["id"] != created[3]["instance"]["id"]
    sandbox.world.settings.change({"connect_replication": 0.0})
    instance = described(centre, NEW["alias"])
    assert instance is not None
    assert instance["Id"] == created[3]["instance"]["id"]
