# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What callers may: the documented policies, dependent actions, condition keys, boundaries and what an organization
forbids.

facts/aws.md A2: AWS's Service Authorization Reference lists the dependent actions and the condition keys of each
operation. A7: service and resource control policies.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import typing as t
from pathlib import Path

import pytest
from aws_client import ACCOUNT, SECRET, client, seed

from federation_sandbox.aws.dependent_actions import DEPENDENT
from federation_sandbox.testing import Sandbox

FOLDER: t.Final = Path(__file__).parents[3] / "docs" / "permissions"
OPERATOR: t.Final = "AKIASANDBOXOPERATOR1"
BOUNDARY: t.Final = f"arn:aws:iam::{ACCOUNT}:policy/ConnectFederationBoundary"
ADMINISTRATOR: t.Final = "arn:aws:iam::aws:policy/AdministratorAccess"
TRUST: t.Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
)
EVERYTHING: t.Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def document(name: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads((FOLDER / name).read_text(encoding="utf-8")))


def without(policy: dict[str, t.Any], action: str) -> dict[str, t.Any]:
    """The policy without one action."""
    kept = []
    for statement in policy["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        left = [each for each in actions if each != action]
        if left:
            kept.append({**statement, "Action": left})
    return {**policy, "Statement": kept}


def operate(sandbox: Sandbox, policy: dict[str, t.Any], service: str, **account: t.Any) -> t.Any:
    """A client of a user with one policy."""
    key = {"id": OPERATOR, "secret": SECRET, "policy": policy}
    seed(sandbox, accounts=[{"id": ACCOUNT, "partition": "aws", "access_keys": [key], **account}])
    return client(service, key=OPERATOR)


def create(connect: t.Any, **more: t.Any) -> t.Any:
    options = {
        "IdentityManagementType": "SAML",
        "InstanceAlias": "fresh",
        "InboundCallsEnabled": True,
        "OutboundCallsEnabled": True,
    }
    return connect.create_instance(**options, **more)


CALLS: t.Final[dict[str, t.Callable[[t.Any, str], t.Any]]] = {
    "CreateInstance": lambda connect, _instance: create(connect),
    "DeleteInstance": lambda connect, instance: connect.delete_instance(InstanceId=instance),
    "DescribeInstance": lambda connect, instance: connect.describe_instance(InstanceId=instance),
    "ListInstances": lambda connect, _instance: connect.list_instances(),
    "SearchQuickConnects": lambda connect, instance: connect.search_quick_connects(InstanceId=instance),
    "SearchUserHierarchyGroups": lambda connect, instance: connect.search_user_hierarchy_groups(InstanceId=instance),
    "SearchUsers": lambda connect, instance: connect.search_users(InstanceId=instance),
    "UpdateInstanceAttribute": lambda connect, instance: connect.update_instance_attribute(
        InstanceId=instance, AttributeType="EARLY_MEDIA", Value="false"
    ),
}


@pytest.mark.parametrize("operation", CALLS)
def test_the_documented_policy_names_what_others_depend_on(
    sandbox: Sandbox, instance: dict[str, t.Any], operation: str
) -> None:
    """A2: every dependent action is in the policy that the documentation gives to operators"""
    CALLS[operation](operate(sandbox, document("aws-policy.json"), "connect"), instance["id"])


@pytest.mark.parametrize(
    ("operation", "action"), [(operation, action) for operation in CALLS for action in DEPENDENT[operation]]
)
def test_an_action_that_another_depends_on(
    sandbox: Sandbox, instance: dict[str, t.Any], refused: t.Any, operation: str, action: str
) -> None:
    """A2: without it the operation is denied, and nothing is done"""
    connect = operate(sandbox, without(document("aws-policy.json"), action), "connect")
    message = f"is not authorized to perform: {action} on resource: "
    refused(lambda: CALLS[operation](connect, instance["id"]), "AccessDeniedException", message, 403)
    assert len(client("connect").list_instances()["InstanceSummaryList"]) == 1


@pytest.mark.parametrize(
    ("operation", "kinds"),
    [
        ("create_user", ["agent", "security-profile", "routing-profile"]),
        ("update_user_security_profiles", ["agent", "security-profile"]),
        ("update_user_routing_profile", ["agent", "routing-profile"]),
        ("delete_user", ["agent"]),
    ],
)
def test_a_request_is_authorized_for_all_that_it_names(
    sandbox: Sandbox, instance: dict[str, t.Any], refused: t.Any, operation: str, kinds: list[str]
) -> None:
    """A2: the agent and each profile are resources of their own; to be allowed for the instance alone does not do"""
    profiles = {"SecurityProfileIds": [instance["security_profiles"]["Agent"]]}
    routing = {"RoutingProfileId": instance["routing_profiles"]["Basic Routing Profile"]}
    user = {
        "Username": "nia",
        "IdentityInfo": {"FirstName": "N", "LastName": "P"},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE"},
    }
    response = client("connect").create_user(
        InstanceId=instance["id"], **{**user, "Username": "eve"}, **profiles, **routing
    )
    request = {
        "create_user": {**user, **profiles, **routing},
        "update_user_security_profiles": {"UserId": response["UserId"], **profiles},
        "update_user_routing_profile": {"UserId": response["UserId"], **routing},
        "delete_user": {"UserId": response["UserId"]},
    }[operation]
    action = "connect:" + "".join(word.title() for word in operation.split("_"))
    for number, missing in enumerate([*kinds, None]):
        resources = [f"arn:aws:connect:*:*:instance/*/{kind}/*" for kind in kinds if kind != missing]
        statement = {"Effect": "Allow", "Action": action, "Resource": [*resources, instance["arn"]]}
        key = {"id": f"AKIANARROW{number}", "secret": SECRET, "policy": {**EVERYTHING, "Statement": [statement]}}
        seed(sandbox, accounts=[{"id": ACCOUNT, "access_keys": [key]}])
        call = functools.partial(
            getattr(client("connect", key=key["id"]), operation), InstanceId=instance["id"], **request
        )
        if missing:
            refused(call, "AccessDeniedException", f"perform: {action} on resource: {instance['arn']}/{missing}/", 403)
        else:
            call()
    needs = sandbox.world.traffic.entries("connect")[-1]["needs"]
    assert [need["resource"].split("/")[2] for need in needs] == kinds
    assert {need["action"] for need in needs} == {action}


def test_the_service_linked_role_is_amazon_connects_alone(sandbox: Sandbox, refused: t.Any) -> None:
    """A2: iam:AWSServiceName is connect.amazonaws.com"""
    policy = json.loads(
        json.dumps(document("aws-policy.json")).replace('"connect.amazonaws.com"', '"lex.amazonaws.com"')
    )
    connect = operate(sandbox, policy, "connect")
    refused(lambda: create(connect), "AccessDeniedException", "iam:CreateServiceLinkedRole", 403)


def bounded(sandbox: Sandbox, **account: t.Any) -> t.Any:
    """IAM for an operator with the policy that demands a boundary."""
    policies = {"ConnectFederationBoundary": document("aws-boundary.json")}
    return operate(sandbox, document("aws-policy-bounded.json"), "iam", policies=policies, **account)


def test_a_role_with_the_boundary(sandbox: Sandbox) -> None:
    """The bounded policy is enough for the whole life of a role"""
    iam = bounded(sandbox)
    name = {"RoleName": "ConnectFederation-x"}
    tags = [{"Key": "team", "Value": "x"}]
    iam.create_role(**name, AssumeRolePolicyDocument=TRUST, PermissionsBoundary=BOUNDARY, Tags=tags)
    iam.put_role_policy(**name, PolicyName="sign-in", PolicyDocument=json.dumps(EVERYTHING))
    iam.update_assume_role_policy(**name, PolicyDocument=TRUST)
    iam.update_role(**name, MaxSessionDuration=7200)
    iam.put_role_permissions_boundary(**name, PermissionsBoundary=BOUNDARY)
    iam.tag_role(**name, Tags=tags)
    assert iam.get_role(**name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    iam.delete_role_policy(**name, PolicyName="sign-in")
    iam.delete_role(**name)


def test_no_way_out_of_the_boundary(sandbox: Sandbox, refused: t.Any) -> None:
    """A2: iam:PermissionsBoundary is what the request names, or what the role has; the holder makes nobody an
    administrator
    """
    iam = bounded(sandbox)
    name, other = {"RoleName": "ConnectFederation-x"}, {"RoleName": "ConnectFederation-older"}
    client("iam").create_role(**other, AssumeRolePolicyDocument=TRUST)
    new = {**name, "AssumeRolePolicyDocument": TRUST}
    refused(iam.create_role, "AccessDenied", "iam:CreateRole", 403, **new)
    refused(iam.create_role, "AccessDenied", "iam:CreateRole", 403, **new, PermissionsBoundary=ADMINISTRATOR)
    iam.create_role(**new, PermissionsBoundary=BOUNDARY)
    for operation, parameters in {
        "delete_role_permissions_boundary": name,
        "put_role_permissions_boundary": {**name, "PermissionsBoundary": ADMINISTRATOR},
        "attach_role_policy": {**name, "PolicyArn": ADMINISTRATOR},
        "put_role_policy": {**other, "PolicyName": "all", "PolicyDocument": json.dumps(EVERYTHING)},
        "update_assume_role_policy": {**other, "PolicyDocument": TRUST},
        "update_role": {**other, "MaxSessionDuration": 7200},
        "delete_role": other,
        "create_policy_version": {
            "PolicyArn": BOUNDARY,
            "PolicyDocument": json.dumps(EVERYTHING),
            "SetAsDefault": True,
        },
        "set_default_policy_version": {"PolicyArn": BOUNDARY, "VersionId": "v1"},
        "delete_policy": {"PolicyArn": BOUNDARY},
    }.items():
        refused(getattr(iam, operation), "AccessDenied", "is not authorized to perform: iam:", 403, **parameters)
    iam.put_role_permissions_boundary(**other, PermissionsBoundary=BOUNDARY)
    iam.put_role_policy(**other, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    sandbox.world.clock.advance(dt.timedelta(minutes=1))
    session = client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/ConnectFederation-older", RoleSessionName="jane"
    )["Credentials"]
    credentials = {
        "key": session["AccessKeyId"],
        "secret": session["SecretAccessKey"],
        "token": session["SessionToken"],
    }
    message = "because no permissions boundary allows the iam:ListRoles action"
    refused(client("iam", **credentials).list_roles, "AccessDenied", message, 403)


def test_a_boundary_that_does_not_exist(sandbox: Sandbox, refused: t.Any) -> None:
    """As public reports quote it"""
    missing = {"RoleName": "x", "AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": BOUNDARY}
    refused(client("iam").create_role, "NoSuchEntity", "does not exist or is not attachable", 404, **missing)


@pytest.mark.parametrize(
    ("condition", "tags", "allowed"),
    [
        ({"StringEquals": {"aws:RequestTag/team": "blue"}}, {"team": "blue"}, True),
        ({"StringEquals": {"aws:RequestTag/team": "blue"}}, {"team": "red"}, False),
        ({"StringEquals": {"aws:RequestTag/team": "blue"}}, {}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, {"team": "blue"}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, {"team": "blue", "cost": "1"}, False),
    ],
)
def test_tags_of_the_request(
    sandbox: Sandbox, refused: t.Any, condition: dict[str, t.Any], tags: dict[str, str], allowed: bool
) -> None:
    """A2: CreateRole has aws:RequestTag/… and aws:TagKeys, CreateInstance as well"""
    statement = {
        "Effect": "Allow",
        "Action": ["iam:CreateRole", "connect:CreateInstance"],
        "Resource": "*",
        "Condition": condition,
    }
    rest = {"Effect": "Allow", "NotAction": ["iam:CreateRole", "connect:CreateInstance"], "Resource": "*"}
    iam = operate(sandbox, {"Version": "2012-10-17", "Statement": [statement, rest]}, "iam")
    connect = client("connect", key=OPERATOR)
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    role = {"RoleName": "x", "AssumeRolePolicyDocument": TRUST, **({"Tags": listed} if listed else {})}
    if allowed:
        iam.create_role(**role)
        create(connect, Tags=tags)
    else:
        refused(iam.create_role, "AccessDenied", "iam:CreateRole", 403, **role)
        refused(
            lambda: create(connect, **({"Tags": tags} if tags else {})),
            "AccessDeniedException",
            "connect:CreateInstance",
            403,
        )


def test_tags_of_the_resource(sandbox: Sandbox, refused: t.Any) -> None:
    """A2: iam:ResourceTag/… is what the role has"""
    condition = {"StringEquals": {"iam:ResourceTag/team": "blue"}}
    statement = {"Effect": "Allow", "Action": "iam:DeleteRole", "Resource": "*", "Condition": condition}
    iam = operate(sandbox, {"Version": "2012-10-17", "Statement": [statement]}, "iam")
    for team in ("blue", "red"):
        tags = [{"Key": "team", "Value": team}]
        client("iam").create_role(RoleName=team, AssumeRolePolicyDocument=TRUST, Tags=tags)
    refused(iam.delete_role, "AccessDenied", "iam:DeleteRole", 403, RoleName="red")
    iam.delete_role(RoleName="blue")


def test_who_tags_what_it_makes_must_be_allowed_to_tag(sandbox: Sandbox, refused: t.Any) -> None:
    """IAM's reference: to tag a role at its creation takes iam:TagRole"""
    iam = operate(sandbox, without(document("aws-policy.json"), "iam:TagRole"), "iam")
    name = {"RoleName": "ConnectFederation-x", "AssumeRolePolicyDocument": TRUST}
    refused(iam.create_role, "AccessDenied", "iam:TagRole", 403, **name, Tags=[{"Key": "team", "Value": "x"}])
    iam.create_role(**name)


def test_a_service_control_policy(sandbox: Sandbox, refused: t.Any) -> None:
    """A7: it stands above whatever the account allows, and AWS names its kind"""
    forbidden = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:Create*", "Resource": "*"}]}
    iam = operate(sandbox, EVERYTHING, "iam", service_control_policies=[forbidden])
    message = "with an explicit deny in a service control policy"
    refused(iam.create_role, "AccessDenied", message, 403, RoleName="x", AssumeRolePolicyDocument=TRUST)
    iam.list_roles()


def test_a_resource_control_policy(sandbox: Sandbox, refused: t.Any) -> None:
    """A7: it may deny the roles of the account to everybody outside the organization, whatever they trust"""
    condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example"}}
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRole*",
        "Resource": "*",
        "Condition": condition,
    }
    forbidden = {"Version": "2012-10-17", "Statement": [statement]}
    operate(sandbox, EVERYTHING, "sts", resource_control_policies=[forbidden])
    client("iam").create_role(RoleName="x", AssumeRolePolicyDocument=TRUST)
    options = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x", "RoleSessionName": "jane"}
    refused(client("sts").assume_role, "AccessDenied", "sts:AssumeRole", 403, **options)
