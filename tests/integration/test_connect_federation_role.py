# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config

from federation_sandbox import clouds
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from processes import wait_for
from support import ModuleResult, run_module, start_module

ACCOUNT = "123456789012"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra"
INSTANCE = f"arn:aws:connect:eu-central-1:{ACCOUNT}:instance/11111111-2222-3333-4444-555555555555"
OTHER_INSTANCE = INSTANCE[:-1] + "6"
GLOBAL = "https://signin.aws.amazon.com/saml"
REGIONAL = "https://eu-central-1.signin.aws.amazon.com/saml"
OPTIONS = {
    "name": "ConnectAgents",
    "saml_provider_arns": [PROVIDER],
    "reply_urls": [GLOBAL],
    "instance_arns": [INSTANCE],
}
READ = ["GetRole", "GetRolePolicy"]

Run = t.Callable[..., ModuleResult]


@pytest.fixture
def role(sandbox: Sandbox, aws: dict[str, str], saml: SimpleNamespace) -> Run:
    """Run the module on the role ConnectAgents, which trusts a provider that exists."""
    provider = {"account": ACCOUNT, "name": "Entra", "metadata": saml.metadata(saml.certificate())}
    clouds.seed(sandbox.world, {"aws": {"providers": [provider]}})

    def run(_check: bool = False, **params: t.Any) -> ModuleResult:
        options = {"name": "ConnectAgents"} if params.get("state") == "absent" else OPTIONS
        return run_module("connect_federation_role", options | params, aws, check=_check)

    return run


@pytest.fixture
def iam(aws: dict[str, str]) -> t.Any:
    """What somebody else does in the account."""
    return boto3.client(
        "iam",
        region_name="eu-central-1",
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        verify=aws["AWS_CA_BUNDLE"],
        config=Config(proxies={"https": aws["HTTPS_PROXY"]}),
    )


def operations(sandbox: Sandbox) -> list[str]:
    """The operations since the last time that this was asked."""
    seen = [entry["operation"] for entry in sandbox.world.traffic]
    sandbox.world.traffic.clear()
    return seen


def test_the_whole_life(sandbox: Sandbox, role: Run) -> None:
    sandbox.world.settings.refuse_writes = True
    predicted = role(_check=True)
    assert operations(sandbox) == ["GetRole", "GetCallerIdentity"]
    sandbox.world.settings.refuse_writes = False
    created = role()
    assert created["changed"]
    assert (created["actions"], created["diff"]) == (predicted["actions"], predicted["diff"])
    assert operations(sandbox) == ["GetRole", "GetCallerIdentity", "CreateRole", "PutRolePolicy", *READ]
    details = created["role"]
    assert details["arn"] == predicted["role"]["arn"] == f"arn:aws:iam::{ACCOUNT}:role/ConnectAgents"
    assert details["role_claims"] == [f"{details['arn']},{PROVIDER}"]
    assert details["trust_policy"]["Statement"][0]["Condition"] == {"StringEquals": {"SAML:aud": GLOBAL}}
    assert details["permission_policy"]["Statement"][0]["Resource"] == INSTANCE + "/user/${aws:userid}"

    again = role()
    assert not again["changed"]
    assert again["role"] == details
    assert again["diff"]["before"] == again["diff"]["after"]
    assert operations(sandbox) == READ

    change = {
        "reply_urls": [REGIONAL, GLOBAL],
        "tag_session": True,
        "instance_arns": [INSTANCE, OTHER_INSTANCE],
        "permission_form": "instance_id",
        "max_session_duration": 43200,
        "description": "Agents",
        "tags": {"team": "voice"},
    }
    sandbox.world.settings.refuse_writes = True
    expected = role(_check=True, **change)
    assert operations(sandbox) == READ
    sandbox.world.settings.refuse_writes = False
    changed = role(**change)
    assert (changed["actions"], changed["diff"]) == (expected["actions"], expected["diff"])
    writes = ["PutRolePolicy", "UpdateRole", "UpdateAssumeRolePolicy", "TagRole"]
    assert operations(sandbox) == [*READ, *writes, *READ]
    assert changed["role"]["role_id"] == details["role_id"]
    assert changed["role"]["max_session_duration"] == 43200
    assert not role(**(change | {"reply_urls": [GLOBAL, REGIONAL], "instance_arns": [OTHER_INSTANCE, INSTANCE]}))[
        "changed"
    ]

    operations(sandbox)
    sandbox.world.settings.refuse_writes = True
    assert role(state="absent", confirm_name="ConnectAgents", _check=True)["changed"]
    assert operations(sandbox) == [*READ, "ListRolePolicies", "ListAttachedRolePolicies"]
    sandbox.world.settings.refuse_writes = False
    deleted = role(state="absent", confirm_name="ConnectAgents")
    assert deleted["actions"] == [
        "Delete the policy 'AmazonConnectFederation' of the role 'ConnectAgents'",
        "Delete the role 'ConnectAgents'",
    ]
    assert deleted["role"] == deleted["diff"]["after"] == {}
    assert not role(state="absent", confirm_name="ConnectAgents")["changed"]


def test_what_others_wrote_stays(sandbox: Sandbox, role: Run, iam: t.Any) -> None:
    role(tags={"managed": "1"})
    other = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    iam.put_role_policy(RoleName="ConnectAgents", PolicyName="Other", PolicyDocument=json.dumps(other))
    iam.attach_role_policy(RoleName="ConnectAgents", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.tag_role(RoleName="ConnectAgents", Tags=[{"Key": "theirs", "Value": "1"}])
    iam.update_role(RoleName="ConnectAgents", Description="theirs", MaxSessionDuration=7200)
    assert not role()["changed"]
    assert not role(tags={"managed": "1"}, purge_tags=False)["changed"]
    changed = role(description="managed")
    assert changed["role"]["max_session_duration"] == 7200
    assert set(iam.list_role_policies(RoleName="ConnectAgents")["PolicyNames"]) == {"Other", "AmazonConnectFederation"}
    refused = role(state="absent", confirm_name="ConnectAgents")
    assert "does not manage: Other, arn:aws:iam::aws:policy/ReadOnlyAccess" in refused["msg"]
    assert not refused.get("changed")


def test_a_boundary(role: Run, iam: t.Any) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "connect:*", "Resource": "*"}]}
    arn = iam.create_policy(PolicyName="Boundary", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    assert role(boundary=arn)["role"]["boundary"] == arn
    assert not role()["changed"]
    assert not role(boundary=arn)["changed"]
    assert role(boundary="")["role"]["boundary"] == ""
    assert not role(boundary="")["changed"]


def test_what_is_refused_before_the_first_write(sandbox: Sandbox, role: Run) -> None:
    role()
    operations(sandbox)
    cases: list[tuple[dict[str, t.Any], str]] = [
        ({"path": "/agents/"}, "Amazon Connect binds each user to the role"),
        ({"max_session_duration": 900}, "3600 to 43200"),
        ({"saml_provider_arns": [PROVIDER.replace(ACCOUNT, "210987654321")]}, "names the account"),
        ({"saml_provider_arns": [PROVIDER.replace("aws:", "aws-us-gov:")]}, "names the partition"),
        ({"instance_arns": [INSTANCE.replace(ACCOUNT, "210987654321")]}, "names the account 210987654321"),
        ({"reply_urls": ["https://signin.amazonaws-us-gov.com/saml"]}, "belongs to AWS GovCloud"),
        ({"name": "x" * 65}, "not a name for an IAM role"),
        ({"state": "absent"}, "not deleted without a confirmation"),
        ({"state": "absent", "confirm_name": "connectagents"}, "binds each user"),
        ({"saml_provider_arns": None}, "at least one SAML provider"),
        ({"reply_urls": None}, "one reply URL"),
        ({"instance_arns": []}, "at least one Amazon Connect instance"),
    ]
    for params, message in cases:
        result = role(**params)
        assert result.failed, params
        assert message in result["msg"], (params, result["msg"])
        assert sandbox.world.traffic.writes() == [], params


def test_a_role_that_others_use(sandbox: Sandbox, role: Run) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    clouds.seed(sandbox.world, {"aws": {"roles": [{"account": ACCOUNT, "name": "ConnectAgents", "trust": trust}]}})
    sandbox.world.traffic.clear()
    assert "names ec2.amazonaws.com, which would lose it" in role()["msg"]
    assert sandbox.world.traffic.writes() == []
    assert role(adopt=True)["changed"]
    assert not role()["changed"]


def meet(sandbox: Sandbox, operation: str) -> None:
    """Return once a module that runs has called an operation."""
    wait_for(lambda: sandbox.world.traffic.entries("iam", operation), operation)


def test_a_provider_that_iam_does_not_know_yet(
    sandbox: Sandbox, role: Run, aws: dict[str, str], iam: t.Any, saml: SimpleNamespace
) -> None:  # facts/pains.md 28
    sandbox.world.settings.iam_replication = 3600.0
    new = iam.create_saml_provider(Name="New", SAMLMetadataDocument=saml.metadata(saml.certificate()))[
        "SAMLProviderArn"
    ]
    process = start_module("connect_federation_role", OPTIONS | {"saml_provider_arns": [new]}, aws)
    meet(sandbox, "CreateRole")
    sandbox.world.settings.iam_replication = 0.0
    output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, output + errors
    assert json.loads(output)["role"]["trust_policy"]["Statement"][0]["Principal"] == {"Federated": new}
    answers = [entry["error"] for entry in sandbox.world.traffic.entries("iam", "CreateRole")]
    assert set(answers[:-1]) == {"MalformedPolicyDocument"}
    assert answers[-1] == ""


def test_a_provider_that_does_not_exist(sandbox: Sandbox, role: Run) -> None:
    absent = {"saml_provider_arns": [PROVIDER + "2"]}
    result = role(wait_timeout=1, **absent)
    assert "AWS answered MalformedPolicyDocument: Invalid principal" in result["msg"]
    assert "Create the SAML providers first" in result["msg"]
    assert role(_check=True, **absent)["changed"]


def test_a_stopped_run_is_finished_by_the_next(sandbox: Sandbox, role: Run, aws: dict[str, str], iam: t.Any) -> None:
    sandbox.world.faults.add(Fault("iam", "PutRolePolicy", kind="silence", times=20))
    process = start_module("connect_federation_role", OPTIONS, aws)
    meet(sandbox, "CreateRole")
    process.kill()
    process.communicate()
    sandbox.world.faults.clear()
    before = iam.get_role(RoleName="ConnectAgents")["Role"]["RoleId"]
    result = role()
    assert result["actions"] == ["Write the policy 'AmazonConnectFederation' of the role 'ConnectAgents'"]
    assert result["role"]["role_id"] == before
    assert not role()["changed"]


def test_a_lost_answer_makes_no_second_role(sandbox: Sandbox, role: Run) -> None:
    sandbox.world.faults.add(Fault("iam", "CreateRole", kind="lost"))
    assert role()["role"]["permission_policy"]
    assert not role()["changed"]


def test_replication_is_waited_for(sandbox: Sandbox, role: Run) -> None:
    sandbox.world.settings.iam_replication = 2.0
    created = role()
    assert created["role"]["permission_policy"]
    assert role(description="x")["role"]["role_id"] == created["role"]["role_id"]
    assert not role(description="x")["changed"]
    assert role(state="absent", confirm_name="ConnectAgents")["changed"]
    assert not role(state="absent", confirm_name="ConnectAgents")["changed"]


@pytest.mark.parametrize("seed", range(3))
def test_an_older_version_is_read(sandbox: Sandbox, role: Run, seed: int) -> None:
    """A replica that is behind shows the role as it was, or none: it is neither made anew nor set back."""
    sandbox.world.settings.change({"iam_replication": 1.0, "iam_flapping": 0.5, "flapping_seed": seed})
    created = role()["role"]["role_id"]
    urls = ["https://signin.aws.amazon.com/saml", "https://eu-west-1.signin.aws.amazon.com/saml"]
    changed = role(reply_urls=urls, description="x")
    assert not changed.failed, changed["msg"]
    again = role(reply_urls=urls, description="x", max_session_duration=7200)
    assert not again.failed, again["msg"]
    sandbox.world.settings.iam_replication = 0.0
    settled = role(reply_urls=urls, description="x", max_session_duration=7200)
    assert not settled["changed"]
    assert settled["role"]["role_id"] == created


def test_govcloud(sandbox: Sandbox, govcloud: dict[str, str], saml: SimpleNamespace) -> None:
    account = "210987654321"
    provider = {"account": account, "name": "Entra", "metadata": saml.metadata(saml.certificate())}
    clouds.seed(sandbox.world, {"aws": {"providers": [provider]}})
    params = {
        "name": "ConnectAgents",
        "saml_provider_arns": [f"arn:aws-us-gov:iam::{account}:saml-provider/Entra"],
        "reply_urls": ["https://signin.amazonaws-us-gov.com/saml"],
        "instance_arns": [
            f"arn:aws-us-gov:connect:us-gov-west-1:{account}:instance/11111111-2222-3333-4444-555555555555"
        ],
    }
    created = run_module("connect_federation_role", params, govcloud)
    assert created["role"]["arn"] == f"arn:aws-us-gov:iam::{account}:role/ConnectAgents"
    assert not run_module("connect_federation_role", params, govcloud)["changed"]


def test_only_what_this_collection_made_is_removed(sandbox: Sandbox, role: Run, iam: t.Any) -> None:
    """A role of others stays as it is, whatever policies it has; it is not even asked which."""
    goes = {"state": "absent", "confirm_name": "ConnectAgents", "only_managed": True}
    role()
    iam.attach_role_policy(RoleName="ConnectAgents", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    operations(sandbox)
    assert not role(**goes)["changed"]
    assert operations(sandbox) == ["GetRole", "GetRolePolicy"]
    iam.detach_role_policy(RoleName="ConnectAgents", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    role(tags={"managed-by": "openccp.federation"}, adopt=True)
    assert role(**goes, _check=True)["changed"]
    assert role(**goes)["changed"]
    assert not role(**goes)["changed"]
