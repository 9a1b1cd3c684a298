# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._aws import role_plan
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._aws.role_plan import DesiredRole
from ansible_collections.openccp.federation.plugins.module_utils._aws.roles import Role, Roles
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter
from botocore.exceptions import ClientError

from sleep_clock import SleepClock

ACCOUNT = "123456789012"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra"
INSTANCE = f"arn:aws:connect:eu-central-1:{ACCOUNT}:instance/11111111-2222-3333-4444-555555555555"
REPLICA = INSTANCE.replace("eu-central-1", "eu-west-2")
GLOBAL = "https://signin.aws.amazon.com/saml"
ARN = f"arn:aws:iam::{ACCOUNT}:role/ConnectAgents"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/Boundary"

PARAMS: dict[str, t.Any] = {
    "name": "ConnectAgents",
    "saml_provider_arns": [PROVIDER],
    "reply_urls": [GLOBAL],
    "tag_session": False,
    "set_source_identity": False,
    "instance_arns": [INSTANCE],
    "permission_form": "user_arn",
    "policy_name": "AmazonConnectFederation",
    "path": None,
    "description": None,
    "max_session_duration": None,
    "boundary": None,
    "adopt": False,
    "trust_policy_quota": 2048,
    "account_id": None,
    "tags": None,
    "purge_tags": True,
}


def desired_role(**params: t.Any) -> DesiredRole:
    return role_plan.desired_role(PARAMS | params)


def existing(**changes: t.Any) -> Role:
    role = role_plan.target(desired_role(), None, changes.pop("arn", ARN))
    return replace(role, settings=role.settings | changes, role_id="AROAX", tags={"a": "1"})


def steps(desired: DesiredRole, actual: Role | None) -> list[str]:
    return [step.operation for step in role_plan.plan(desired, actual, ARN).steps]


def test_create() -> None:
    plan = role_plan.plan(desired_role(path="/agents/"), None, f"arn:aws:iam::{ACCOUNT}:role/agents/ConnectAgents")
    assert [step.text for step in plan.steps] == [
        "Create the role 'ConnectAgents'",
        "Write the policy 'AmazonConnectFederation' of the role 'ConnectAgents'",
    ]
    assert plan.steps[0].args["role"].path == "/agents/"
    assert plan.before == {}


def test_unchanged_whatever_the_spelling() -> None:
    trust = desired_role().settings["trust_policy"]
    statement = trust["Statement"][0] | {
        "Sid": "Other",
        "Action": ["sts:AssumeRoleWithSAML"],
        "Condition": {"StringEquals": {"saml:aud": [GLOBAL]}},
    }
    other_spelling = {"Version": "2012-10-17", "Statement": statement}
    actual = existing(trust_policy=other_spelling, description="theirs", boundary=BOUNDARY)
    plan = role_plan.plan(desired_role(), actual, ARN)
    assert plan.steps == ()
    assert plan.before == plan.after


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"description": "agents"}, ["update"]),
        ({"max_session_duration": 43200}, ["update"]),
        ({"description": "agents", "max_session_duration": 43200}, ["update"]),
        ({"boundary": BOUNDARY}, ["set_boundary"]),
        ({"boundary": ""}, []),
        ({"tag_session": True}, ["set_trust"]),
        ({"set_source_identity": True}, ["set_trust"]),
        ({"reply_urls": ["https://eu-central-1.signin.aws.amazon.com/saml"]}, ["set_trust"]),
        ({"saml_provider_arns": [PROVIDER, PROVIDER + "2"]}, ["set_trust"]),
        ({"permission_form": "instance_id"}, ["put_policy"]),
        ({"tags": {"a": "2"}}, ["tag"]),
        ({"tags": {}}, ["untag"]),
        ({"tags": {}, "purge_tags": False}, []),
        ({"path": "/"}, []),
    ],
)
def test_changes_are_made_in_place(params: dict[str, t.Any], expected: list[str]) -> None:
    assert steps(desired_role(**params), existing()) == expected


def test_a_change_of_the_description_keeps_the_session_duration() -> None:
    step = role_plan.plan(desired_role(description="new"), existing(max_session_duration=7200), ARN).steps[0]
    assert step.args == {"name": "ConnectAgents", "description": "new", "max_session_duration": 7200}


def test_a_new_policy_is_limited_from_the_start() -> None:
    desired = desired_role(boundary=BOUNDARY, permission_form="instance_id", description="agents", tag_session=True)
    assert steps(desired, existing()) == ["set_boundary", "put_policy", "update", "set_trust"]


def test_a_boundary_is_removed() -> None:
    plan = role_plan.plan(desired_role(boundary=""), existing(boundary=BOUNDARY), ARN)
    assert [step.text for step in plan.steps] == ["Set the permissions boundary of the role 'ConnectAgents' to none"]


def test_a_missing_permission_is_written() -> None:
    assert steps(desired_role(), existing(permission_policy=None)) == ["put_policy"]


def test_one_instance_in_two_regions_is_one_id() -> None:
    desired = desired_role(instance_arns=[INSTANCE, REPLICA], permission_form="instance_id").settings
    condition = desired["permission_policy"]["Statement"][0]["Condition"]
    assert condition == {"StringEquals": {"connect:InstanceId": "11111111-2222-3333-4444-555555555555"}}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"name": "a" * 65}, "not a name for an IAM role"),
        ({"name": "a/b"}, "not a name for an IAM role"),
        ({"path": "agents"}, "not the path of an IAM role"),
        ({"policy_name": "a b"}, "not a name for an inline policy"),
        ({"max_session_duration": 3599}, "3600 to 43200"),
        ({"max_session_duration": 43201}, "3600 to 43200"),
        ({"description": "\u4e00"}, "description"),
        ({"boundary": ARN}, "not the ARN of an IAM policy"),
        ({"boundary": "Boundary"}, "not an ARN"),
        ({"saml_provider_arns": []}, "at least one SAML provider"),
        ({"saml_provider_arns": [ARN]}, "not the ARN of an IAM SAML provider"),
        (
            {"saml_provider_arns": [PROVIDER, PROVIDER.replace(ACCOUNT, "210987654321")]},
            "names the account 210987654321",
        ),
        ({"saml_provider_arns": [PROVIDER, PROVIDER.replace("aws:", "aws-us-gov:")]}, "names the partition aws-us-gov"),
        ({"instance_arns": [INSTANCE.replace(ACCOUNT, "210987654321")]}, "names the account 210987654321"),
        ({"instance_arns": []}, "at least one Amazon Connect instance"),
        ({"account_id": "210987654321"}, f"names the account {ACCOUNT}, but the federation's is 210987654321"),
        ({"reply_urls": []}, "one reply URL"),
        ({"reply_urls": ["https://signin.amazonaws-us-gov.com/saml"]}, "belongs to AWS GovCloud"),
        ({"reply_urls": ["http://signin.aws.amazon.com/saml"]}, "not a plain https address"),
        ({"saml_provider_arns": [f"{PROVIDER}{number:0>40}" for number in range(30)]}, "IAM allows 2048"),
        ({"instance_arns": [INSTANCE[:-3] + f"{number:0>3}" for number in range(120)]}, "IAM allows 10240"),
    ],
)
def test_what_iam_would_refuse(params: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        desired_role(**params)


def test_a_raised_quota() -> None:
    assert desired_role(
        saml_provider_arns=[f"{PROVIDER}{number:0>40}" for number in range(30)], trust_policy_quota=4096
    )


@pytest.mark.parametrize(
    ("desired", "actual", "message"),
    [
        ({"path": "/other/"}, {}, "Amazon Connect binds each user to the role"),
        (
            {},
            {"arn": ARN.replace(ACCOUNT, "210987654321")},
            f"names the account {ACCOUNT}, but the federation's is 210987654321",
        ),
        (
            {},
            {
                "trust_policy": {
                    "Statement": [
                        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                    ]
                }
            },
            "names ec2.amazonaws.com, which would lose it",
        ),
        (
            {},
            {"trust_policy": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}},
            r"names \*",
        ),
    ],
)
def test_a_role_that_would_have_to_be_another(
    desired: dict[str, t.Any], actual: dict[str, t.Any], message: str
) -> None:
    with pytest.raises((Conflict, InvalidInput), match=message):
        role_plan.plan(desired_role(**desired), existing(**actual), ARN)


def test_adoption() -> None:
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    assert steps(desired_role(adopt=True), existing(trust_policy=trust)) == ["set_trust"]


def test_delete() -> None:
    assert [step.operation for step in role_plan.plan_absent("ConnectAgents", "P", existing(), []).steps] == [
        "delete_policy",
        "delete",
    ]
    assert [
        step.operation
        for step in role_plan.plan_absent("ConnectAgents", "P", existing(permission_policy=None), []).steps
    ] == ["delete"]
    assert role_plan.plan_absent("ConnectAgents", "P", None, []).steps == ()
    with pytest.raises(Conflict, match="does not manage: ReadOnly"):
        role_plan.plan_absent("ConnectAgents", "P", existing(), ["ReadOnly"])


def test_what_is_returned() -> None:
    view = role_plan.describe(existing())
    assert view["role_claims"] == [f"{ARN},{PROVIDER}"]
    assert view["role_id"] == "AROAX"
    assert "create_date" not in view


def test_the_account_of_a_new_role() -> None:
    assert (
        role_plan.new_arn(desired_role(path="/agents/"), "aws", ACCOUNT)
        == f"arn:aws:iam::{ACCOUNT}:role/agents/ConnectAgents"
    )
    with pytest.raises(InvalidInput, match="the federation's is 210987654321"):
        role_plan.new_arn(desired_role(), "aws", "210987654321")


class Refusing:
    """An IAM that refuses so many trust policies before it takes one."""

    def __init__(
        self, times: int, code: str = "MalformedPolicyDocument", message: str = "Invalid principal in policy: SAML"
    ) -> None:
        self.times, self.code, self.message = times, code, message
        self.calls = 0

    def update_assume_role_policy(self, **dummy: t.Any) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise ClientError({"Error": {"Code": self.code, "Message": self.message}}, "UpdateAssumeRolePolicy")


def set_trust(iam: Refusing) -> SleepClock:
    clock = SleepClock()
    Roles(iam, Waiter(timeout=600, clock=clock, sleep=clock.sleep)).set_trust(
        "ConnectAgents", desired_role().settings["trust_policy"]
    )
    return clock


def test_a_provider_that_iam_does_not_know_yet_is_waited_for() -> None:  # facts/pains.md 28
    iam = Refusing(5)
    clock = set_trust(iam)
    assert iam.calls == 6
    assert 0 < clock.now < 60


def test_a_provider_that_never_comes() -> None:
    with pytest.raises(FederationError, match=r"Invalid principal.*Create the SAML providers first") as error:
        set_trust(Refusing(1000))
    assert error.value.code == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("code", "message"), [("MalformedPolicyDocument", "Syntax errors in policy."), ("AccessDenied", "principal")]
)
def test_other_refusals_are_not_repeated(code: str, message: str) -> None:
    iam = Refusing(1, code, message)
    with pytest.raises(FederationError, match=code):
        set_trust(iam)
    assert iam.calls == 1


def test_attempt_says_what_was_tried() -> None:
    with (
        pytest.raises(Conflict, match="Could not create the role 'X': AWS answered EntityAlreadyExists: there is one"),
        attempt("create the role 'X'"),
    ):
        raise ClientError({"Error": {"Code": "EntityAlreadyExists", "Message": "there is one"}}, "CreateRole")
