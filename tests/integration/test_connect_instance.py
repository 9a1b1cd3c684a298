# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from contact_centre import ACCOUNT, Centre, centre
from federation_sandbox import clouds
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from support import start_module

#: those of AWS's commercial partition with Amazon Connect, where the plan of a creation looks for the alias
OTHER_REGIONS: t.Final = 9
NEW: t.Final = {"alias": "new-service", "tags": {"service": "contact-centre"}}


def described(here: Centre, alias: str) -> dict[str, t.Any] | None:
    connect = here.connect()
    listed = connect.get_paginator("list_instances").paginate().build_full_result()["InstanceSummaryList"]
    ids = [instance["Id"] for instance in listed if instance["InstanceAlias"] == alias]
    return connect.describe_instance(InstanceId=ids[0])["Instance"] if ids else None


def test_a_life_of_an_instance(sandbox: Sandbox) -> None:
    here = centre(sandbox)
    sandbox.world.settings.change({"instance_creation": 1.5})
    wanted = NEW | {"outbound_calls": False, "attributes": {"contact_lens": True}}
    predicted = here.run("connect_instance", wanted, check=True)
    assert here.requests() == ["ListInstances", "GetCallerIdentity", *["ListInstances"] * OTHER_REGIONS]
    assert described(here, "new-service") is None
    assert "id" not in predicted["instance"]
    assert (predicted["instance"]["account_id"], predicted["instance"]["partition"]) == (ACCOUNT, "aws")
    assert (
        here.run("connect_instance", wanted | {"account_id": ACCOUNT}, check=True)["instance"] == predicted["instance"]
    )
    assert here.requests() == ["ListInstances"] * (1 + OTHER_REGIONS)

    made = here.run("connect_instance", wanted)
    assert made["actions"] == predicted["actions"]
    assert made["diff"] == predicted["diff"]
    assert made["actions"][0] == "Create the Amazon Connect instance 'new-service'"
    instance = described(here, "new-service")
    assert instance is not None
    assert instance["IdentityManagementType"] == "SAML"
    assert (instance["InboundCallsEnabled"], instance["OutboundCallsEnabled"]) == (True, False)
    assert instance["Tags"] == {"service": "contact-centre"}
    details = made["instance"]
    assert details["id"] == instance["Id"]
    assert details["account_id"] == ACCOUNT
    assert details["status"] == "ACTIVE"
    assert details["ccp_url"] == "https://new-service.my.connect.aws/ccp-v2/"
    assert details["ccp_relay_state"] == (
        f"https://us-west-2.console.aws.amazon.com/connect/federate/{instance['Id']}?destination=%2Fccp-v2"
    )

    again = here.run("connect_instance", wanted)
    assert not again["changed"]
    assert again["instance"] == details
    assert here.requests() == ["ListInstances", "DescribeInstance", "ListInstanceAttributes", "ListInstanceAttributes"]
    assert here.run("connect_instance", {"instance_id": instance["Arn"]})["instance"]["id"] == instance["Id"]
    assert here.requests() == ["DescribeInstance"]

    change = wanted | {"outbound_calls": True, "tags": {"stage": "live"}, "attributes": {"contact_lens": False}}
    predicted = here.run("connect_instance", change, check=True)
    changed = here.run("connect_instance", change)
    assert changed["actions"] == predicted["actions"]
    assert here.writes() == ["UpdateInstanceAttribute", "UpdateInstanceAttribute", "TagResource", "UntagResource"]
    instance = described(here, "new-service")
    assert instance is not None
    assert instance["OutboundCallsEnabled"] is True
    assert instance["Tags"] == {"stage": "live"}
    attribute = here.connect().describe_instance_attribute(InstanceId=instance["Id"], AttributeType="CONTACT_LENS")
    assert attribute["Attribute"]["Value"] == "false"
    assert not here.run("connect_instance", change)["changed"]

    for account, message in (
        ("999988887777", f"the account {ACCOUNT}, but the federation's is 999988887777"),
        ("9", "twelve digits"),
    ):
        assert message in here.run("connect_instance", change | {"account_id": account})["msg"]
    assert here.writes() == []

    unconfirmed = here.run("connect_instance", {"alias": "new-service", "state": "absent"})
    assert (
        "set confirm_alias (in the role connect_instance: connect_instance_confirm_alias) to new-service"
        in (unconfirmed["msg"])
    )
    assert here.writes() == []
    gone = {"alias": "new-service", "state": "absent", "confirm_alias": "new-service"}
    assert here.run("connect_instance", gone, check=True)["changed"]
    assert here.run("connect_instance", gone)["instance"] == {}
    assert described(here, "new-service") is None
    assert not here.run("connect_instance", gone)["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_region_without_amazon_connect_is_refused_before_any_request(sandbox: Sandbox, state: str) -> None:
    here = centre(sandbox)
    for region, message in {
        "us-east-2": "not offered in the Region us-east-2",
        "cn-north-1": "AWS China",
        "ap-northeast-3": "replicas",
    }.items():
        assert message in here.run("connect_instance", NEW | {"region": region, "state": state})["msg"]
        assert here.requests() == []


@pytest.mark.parametrize("reference", [{"alias": "example-service"}, {"instance_id": ""}])
def test_an_instance_that_is_not_saml_is_refused(sandbox: Sandbox, reference: dict[str, str]) -> None:
    here = centre(sandbox, identity_management_type="CONNECT_MANAGED")
    wanted = {"instance_id": here.id} if "instance_id" in reference else reference
    result = here.run("connect_instance", {**wanted, "outbound_calls": False})
    assert "manages identities by CONNECT_MANAGED, not by SAML" in result["msg"]
    assert "never changes that" in result["hint"]
    assert here.writes() == []


def test_an_alias_of_another_account_is_told_as_that(sandbox: Sandbox) -> None:
    here = centre(sandbox)
    other = {"id": "999988887777"}
    place = {"account": "999988887777", "region": "us-east-1", "alias": "new-service"}
    clouds.seed(sandbox.world, {"aws": {"accounts": [other], "instances": [place]}})
    result = here.run("connect_instance", NEW)
    assert "The alias 'new-service' is taken by an instance of another account or Region." in result["msg"]
    assert result["error_code"] == "InvalidRequestException"


@pytest.mark.parametrize("alias", ["d-bad", "under_score", "a" * 46, "-x"])
def test_an_alias_that_aws_refuses_is_refused_before_any_request(sandbox: Sandbox, alias: str) -> None:
    here = centre(sandbox)
    assert "is not an alias" in here.run("connect_instance", {"alias": alias})["msg"]
    assert here.requests() == []


def test_what_does_not_exist_or_does_not_fit_is_told(sandbox: Sandbox) -> None:
    here = centre(sandbox)
    missing = "99999999-9999-4999-8999-999999999999"
    assert (
        f"There is no Amazon Connect instance {missing}"
        in here.run("connect_instance", {"instance_id": missing})["msg"]
    )
    assert "'nonsense' is not the id" in here.run("connect_instance", {"instance_id": "nonsense"})["msg"]
    assert (
        "has the alias 'example-service', not 'other'"
        in here.run("connect_instance", {"instance_id": here.id, "alias": "other"})["msg"]
    )
    other = here.seeded["arn"].replace("us-west-2", "us-east-1")
    assert "names the Region us-east-1" in here.run("connect_instance", {"instance_id": other})["msg"]


def test_a_creation_that_fails_is_told_with_the_reason(sandbox: Sandbox) -> None:
    here = centre(sandbox, failure="The directory could not be made")
    assert "The directory could not be made" in here.run("connect_instance", {"instance_id": here.id})["msg"]


def test_a_creation_that_was_killed_is_found_and_finished(sandbox: Sandbox) -> None:
    here = centre(sandbox)
    sandbox.world.settings.change({"instance_creation": 3.0})
    process = start_module("connect_instance", NEW, here.environment)
    while not sandbox.world.traffic.entries("connect", "CreateInstance"):
        assert process.poll() is None
    process.kill()
    process.communicate()
    result = here.run("connect_instance", NEW)
    assert not result["changed"], result
    assert result["instance"]["status"] == "ACTIVE"
    assert "CreateInstance" not in here.requests()


def test_an_answer_that_is_lost_makes_no_second_instance(sandbox: Sandbox) -> None:
    here = centre(sandbox)
    sandbox.world.faults.add(Fault("connect", "CreateInstance", kind="lost"))
    result = here.run("connect_instance", NEW)
    assert not result.failed, result
    assert here.writes() == ["CreateInstance", "CreateInstance"]
    listed = here.connect().get_paginator("list_instances").paginate().build_full_result()["InstanceSummaryList"]
    assert [instance["InstanceAlias"] for instance in listed].count("new-service") == 1


def test_a_deadline_is_told(sandbox: Sandbox) -> None:
    here = centre(sandbox)
    sandbox.world.settings.change({"instance_creation": 3600.0})
    result = here.run("connect_instance", NEW | {"wait_timeout": 1})
    assert "Timed out after 1 seconds waiting for the instance" in result["msg"]
    assert result["failed_action"] == "Create the Amazon Connect instance 'new-service'"


def test_govcloud(sandbox: Sandbox) -> None:
    here = centre(sandbox, region="us-gov-west-1", partition="aws-us-gov")
    details = here.run("connect_instance", NEW)["instance"]
    assert details["partition"] == "aws-us-gov"
    assert (
        details["relay_state"].startswith("https://console.amazonaws-us-gov.com/connect/federate/")
        or "us-gov" in details["relay_state"]
    )
    assert details["ccp_url"] == "https://new-service.govcloud.connect.aws/ccp-v2/"


def test_info_shows_one_or_all_whatever_their_identity_management(sandbox: Sandbox) -> None:
    here = centre(sandbox, tags={"a": "b"}, attributes={"CONTACT_LENS": "true"})
    places = [{"account": ACCOUNT, "region": "us-west-2", "alias": f"more-{number}"} for number in range(11)]
    places[0]["identity_management_type"] = "CONNECT_MANAGED"
    clouds.seed(sandbox.world, {"aws": {"instances": places}})
    instances = here.run("connect_instance_info", {})["instances"]
    assert len(instances) == 12
    assert {instance["identity_management_type"] for instance in instances} == {"SAML", "CONNECT_MANAGED"}
    assert here.requests().count("ListInstances") == 2
    by_alias = here.run("connect_instance_info", {"alias": "example-service", "attributes": True})["instances"]
    assert by_alias[0]["tags"] == {"a": "b"}
    assert by_alias[0]["attributes"]["contact_lens"] is True
    assert here.run("connect_instance_info", {"instance_id": here.id})["instances"][0]["id"] == here.id
    assert here.run("connect_instance_info", {"alias": "nowhere"})["instances"] == []


def test_the_plan_tells_an_alias_that_is_misspelt_or_in_another_region(sandbox: Sandbox) -> None:
    here = centre(sandbox)
    misspelt = here.run("connect_instance", {"alias": "example-servcie"}, check=True)
    assert misspelt["changed"]
    assert misspelt.warnings == [
        (
            "There is no Amazon Connect instance 'example-servcie' yet, so it is to be created. Did you mean "
            "'example-service'?"
        )
    ]
    assert here.run("connect_instance", {"alias": "example-service2"}, check=True).warnings == []
    clouds.seed(
        sandbox.world, {"aws": {"instances": [{"account": ACCOUNT, "region": "eu-central-1", "alias": "elsewhere"}]}}
    )
    for check in (True, False):
        wrong = here.run("connect_instance", {"alias": "elsewhere"}, check=check)
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
    here = centre(sandbox)
    replicas = {"connect_replication": 1.5, "connect_flapping": 0.5, "flapping_seed": seed}
    sandbox.world.settings.change({**replicas, "instance_creation": 0.2})
    wanted = NEW | {"attributes": {"contact_lens": False}, "wait_timeout": 20}
    gone = {"alias": NEW["alias"], "state": "absent", "confirm_alias": NEW["alias"], "wait_timeout": 20}
    made = [here.run("connect_instance", each) for each in (wanted, gone, gone, wanted)]
    assert [each.get("msg") for each in made] == [None] * 4
    assert made[0]["instance"]["id"] != made[3]["instance"]["id"]
    sandbox.world.settings.change({"connect_replication": 0.0})
    instance = described(here, NEW["alias"])
    assert instance is not None
    assert instance["Id"] == made[3]["instance"]["id"]
