# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Published examples are recordings, too: the sandbox answers as Microsoft's reference pages and AWS's SDK show it."""

from __future__ import annotations

import collections.abc
import datetime as dt
import json
import re
import typing as t
from pathlib import Path

import boto3
import botocore.session
import pytest
import requests
import yaml
from ansible_collections.openccp.federation.plugins.module_utils._probe.metadata import metadata
from azure.identity import ClientSecretCredential
from botocore import xform_name
from botocore.exceptions import ClientError
from published_permissions import calls

from entra_factory import GROUPS, MODULE, SECRET, SMALL, USERS, Tenant
from federation_sandbox import clouds
from federation_sandbox.entra.seeding import PERMISSIONS
from federation_sandbox.testing import Sandbox

GRAPH: t.Final = "https://graph.microsoft.com/v1.0"
EXAMPLES: t.Final = yaml.safe_load(Path(__file__).with_name("published_examples.yml").read_text(encoding="utf-8"))
CALLS: t.Final[dict[str, dict[str, t.Any]]] = EXAMPLES["calls"]
KINDS: t.Final[dict[str, type | tuple[type, ...]]] = {
    "text": str,
    "boolean": bool,
    "number": (int, float),
    "list": list,
    "object": dict,
    "time": dt.datetime,
}


def differences(shape: t.Any, value: t.Any, where: str = "") -> collections.abc.Iterator[str]:
    """Where an answer lacks a member of an example, or has it in another type; null is a value of each type."""
    if isinstance(shape, dict):
        if value is None:
            return
        for name, inner in shape.items():
            if name not in value:
                yield f"{where}.{name} is missing"
            else:
                yield from differences(inner, value[name], f"{where}.{name}")
    elif isinstance(shape, list):
        if not isinstance(value, list) or not value:
            yield f"{where} is no list with an element: {value!r}"
            return
        for element in value:
            yield from differences(shape[0], element, f"{where}[]")
    elif value is not None and not isinstance(value, KINDS[shape]):
        yield f"{where} is no {shape}: {value!r}"


@pytest.fixture(scope="module")
def answers(_one_sandbox: Sandbox) -> dict[str, tuple[int, t.Any]]:
    """What the sandbox answers to the call of each example."""
    _one_sandbox.world.reset()
    restrictions: dict[str, t.Any] = {"passwordCredentials": [], "keyCredentials": []}
    policy = {"applicationRestrictions": restrictions, "servicePrincipalRestrictions": restrictions}
    groups = [{"displayName": name, "members": [USERS[0]]} for name in GROUPS]
    caller = {"permissions": [*PERMISSIONS, "Organization.Read.All"]}
    tenant = Tenant(_one_sandbox, app_management_policy=policy, groups=groups, client=caller)
    created = tenant.run(MODULE, SMALL)["application"]
    own = {"displayName": "Own", "isEnabled": True, "restrictions": restrictions, "applies_to": [created["app_id"]]}
    clouds.seed(tenant.world, {"entra": {"tenants": [{"id": tenant.id, "app_management_policies": [own]}]}})
    credential = ClientSecretCredential(tenant.id, tenant.client["client_id"], SECRET)
    headers = {"Authorization": f"Bearer {credential.get_token('https://graph.microsoft.com/.default').token}"}
    principal = created["service_principal_id"]
    role = next(each["id"] for each in tenant.directory["servicePrincipals"].latest(principal)["appRoles"])
    (management,) = [each["id"] for each in tenant.directory["appManagementPolicies"].current()]
    assignment = {"principalId": tenant.groups["Agents"], "resourceId": principal, "appRoleId": role}
    by_call: dict[str, tuple[int, t.Any]] = {}

    def ask(call: str, path: str, body: dict[str, t.Any] | None = None) -> t.Any:
        assert set(body or {}) == set(CALLS[call].get("body", {}))
        answer = requests.request(call.partition(" ")[0], GRAPH + path, headers=headers, json=body, timeout=300)
        by_call[call] = (answer.status_code, answer.json() if answer.content else {})
        return by_call[call][1]

    _create(ask, principal, assignment)
    principal_path = f"/servicePrincipals/{principal}"
    ask("GET /applications", "/applications")
    ask("GET /servicePrincipals", "/servicePrincipals")
    ask("GET /servicePrincipals/{id}", principal_path)
    ask("GET /servicePrincipals/{id}/appRoleAssignedTo", f"{principal_path}/appRoleAssignedTo")
    ask("GET /policies/claimsMappingPolicies", "/policies/claimsMappingPolicies")
    ask("GET /policies/defaultAppManagementPolicy", "/policies/defaultAppManagementPolicy")
    ask("GET /policies/appManagementPolicies", "/policies/appManagementPolicies")
    applies_to = f"/policies/appManagementPolicies/{management}/appliesTo"
    ask("GET /policies/appManagementPolicies/{id}/appliesTo", applies_to)
    ask("GET /groups", "/groups")
    ask("GET /groups/{id}/members", f"/groups/{tenant.groups['Agents']}/members")
    ask("GET /users", "/users")
    ask("GET /organization", "/organization")
    _change(ask, by_call, principal)
    return by_call


Ask = t.Callable[..., t.Any]


def _create(ask: Ask, principal: str, assignment: dict[str, t.Any]) -> None:
    """The calls that make something."""
    template = "/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate"
    ask("POST /applicationTemplates/{id}/instantiate", template, {"displayName": "Another"})
    certificate = {"displayName": "CN=Another", "endDateTime": "2027-01-25T00:00:00Z"}
    path = f"/servicePrincipals/{principal}/addTokenSigningCertificate"
    ask("POST /servicePrincipals/{id}/addTokenSigningCertificate", path, certificate)
    path = f"/servicePrincipals/{principal}/appRoleAssignedTo"
    ask("POST /servicePrincipals/{id}/appRoleAssignedTo", path, assignment)
    policy = {"definition": ['{"ClaimsMappingPolicy":{"Version":1}}'], "displayName": "Another"}
    ask("POST /policies/claimsMappingPolicies", "/policies/claimsMappingPolicies", policy)


def _change(ask: Ask, by_call: dict[str, tuple[int, t.Any]], principal: str) -> None:
    """The calls that change what those made, and remove it."""
    another = by_call["POST /applicationTemplates/{id}/instantiate"][1]
    policy = by_call["POST /policies/claimsMappingPolicies"][1]["id"]
    assignment = by_call["POST /servicePrincipals/{id}/appRoleAssignedTo"][1]["id"]
    application, other = (f"/{kind}s/{another[kind]['id']}" for kind in ("application", "servicePrincipal"))
    ask("PATCH /applications/{id}", application, {"displayName": "New display name"})
    ask("PATCH /servicePrincipals/{id}", other, {"appRoleAssignmentRequired": True})
    path = f"/policies/claimsMappingPolicies/{policy}"
    ask("PATCH /policies/claimsMappingPolicies/{id}", path, {"displayName": "Updated"})
    reference = f"{other}/claimsMappingPolicies/$ref"
    ask("POST /servicePrincipals/{id}/claimsMappingPolicies", reference, {"@odata.id": GRAPH + path})
    ask("GET /servicePrincipals/{id}/claimsMappingPolicies", f"{other}/claimsMappingPolicies")
    ask("DELETE /policies/claimsMappingPolicies/{id}", path)
    removed = f"/servicePrincipals/{principal}/appRoleAssignedTo/{assignment}"
    ask("DELETE /servicePrincipals/{id}/appRoleAssignedTo/{id}", removed)
    ask("DELETE /servicePrincipals/{id}", other)
    ask("DELETE /applications/{id}", application)


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_has_what_the_example_shows(answers: dict[str, tuple[int, t.Any]], call: str) -> None:
    example = CALLS[call]
    status, answer = answers[call]
    assert status == example["status"], answer
    assert list(differences(example.get("answer", {}), answer)) == []
    assert answer["value"] if "elements" in example else True
    for element in answer["value"] if "elements" in example else ():
        assert list(differences(example["elements"], element)) == []


def test_each_call_has_an_example_or_is_named() -> None:
    """Calls of the sandbox: those with an example and those without are not the same ones."""
    assert not set(CALLS) & set(EXAMPLES["not_here"])
    assert {*CALLS, *EXAMPLES["not_here"]} <= set(calls())


# --- AWS: the examples that its SDK brings ---

#: of the operations that the modules call, and for which the SDK brings an example
OPERATIONS: t.Final = {
    "iam": ("CreateRole", "GetRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "DeleteRolePolicy", "DeleteRole"),
    "sts": ("GetCallerIdentity",),
}
ACCOUNT: t.Final = "123456789012"
NOTHING: t.Final = {"Action": "*", "Resource": "*"}


#: what Amazon Connect asks for when an instance is made, and no module calls
DEPENDENT: t.Final = {"iam:AttachRolePolicy", "iam:CreateServiceLinkedRole", "connect:CreateQuickConnect"}
TAGS: t.Final = [{"Key": "team", "Value": "voice"}]


def examples(service: str) -> dict[str, list[dict[str, t.Any]]]:
    """The examples of a service, by operation."""
    return t.cast(
        "dict[str, list[dict[str, t.Any]]]",
        botocore.session.get_session()
        .get_component("data_loader")
        .load_service_model(service, "examples-1")["examples"],
    )


def test_the_answers_of_iam_and_sts_have_what_the_sdks_examples_show(sandbox: Sandbox) -> None:
    key = {"id": "AKIAEXAMPLES00000001", "secret": "s3cret"}
    clouds.seed(sandbox.world, {"aws": {"accounts": [{"id": ACCOUNT, "access_keys": [key]}]}})
    session = boto3.Session(key["id"], key["secret"], region_name="eu-central-1")
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    allowed = json.dumps({**json.loads(trust), "Statement": [{**NOTHING, "Effect": "Deny"}]})
    values = {
        "AssumeRolePolicyDocument": trust,
        "PolicyDocument": allowed,
        "RoleName": "Example",
        "PolicyName": "Example",
        "Path": "/",
    }
    for service, operations in OPERATIONS.items():
        client = session.client(service)
        for operation in operations:
            example = examples(service)[operation][0]
            documents = {"PolicyDocument": trust} if operation == "UpdateAssumeRolePolicy" else {}
            arguments = {name: {**values, **documents}[name] for name in example.get("input", {})}
            method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
            try:
                answer = getattr(client, method)(**arguments)
            except ClientError as error:
                pytest.fail(f"{operation}: {error}")
            lacking = [name for name in _members(example.get("output", {})) if not _has(answer, name)]
            assert lacking == [], operation


def _members(output: t.Any, where: tuple[str, ...] = ()) -> collections.abc.Iterator[tuple[str, ...]]:
    """The members of an example's output, each with the way to it; what is below a policy is no member, and the role of
    an example was used, which one that was just made was not.
    """
    for name, inner in output.items() if isinstance(output, dict) else ():
        yield (*where, name)
        if not name.endswith("Document") and name != "RoleLastUsed":
            yield from _members(inner, (*where, name))


def _has(answer: t.Any, way: tuple[str, ...]) -> bool:
    for name in way:
        if not isinstance(answer, dict) or name not in answer:
            return False
        answer = answer[name]
    return True


# --- AWS: the examples of its CLI ---

REGION: t.Final = "us-west-2"
USERNAME: t.Final = "jane.doe@example.com"


@pytest.fixture(scope="module")
def amazon(_one_sandbox: Sandbox) -> dict[str, dict[str, t.Any]]:
    """What the sandbox answers to the calls of the AWS CLI's examples."""
    _one_sandbox.world.reset()
    key = {"id": "AKIAEXAMPLES00000002", "secret": "s3cret"}
    instance = {
        "account": ACCOUNT,
        "region": REGION,
        "alias": "examples",
        "hierarchy": {"levels": ["Site"], "groups": ["Berlin"]},
    }
    clouds.seed(
        _one_sandbox.world, {"aws": {"accounts": [{"id": ACCOUNT, "access_keys": [key]}], "instances": [instance]}}
    )
    session = boto3.Session(key["id"], key["secret"], region_name=REGION)
    by_operation: dict[str, dict[str, t.Any]] = {}

    def ask(operation: str, **params: t.Any) -> dict[str, t.Any]:
        service, name = operation.split(":")
        answer = getattr(session.client(service), xform_name(name))(**params)
        return by_operation.setdefault(
            operation, {key: value for key, value in answer.items() if key != "ResponseMetadata"}
        )

    listed = session.client("connect").list_instances()["InstanceSummaryList"]
    _connect(ask, listed[0]["Id"])
    _iam(ask)
    _cognito(ask, session.client("cognito-idp"))
    return by_operation


def _connect(ask: Ask, instance: str) -> None:
    place = {"InstanceId": instance}
    security = ask("connect:ListSecurityProfiles", **place)["SecurityProfileSummaryList"][0]["Id"]
    routing = ask("connect:ListRoutingProfiles", **place)["RoutingProfileSummaryList"][0]["Id"]
    names, phone = {"FirstName": "Jane", "LastName": "Doe"}, {"PhoneType": "SOFT_PHONE", "AutoAccept": False}
    phone["AfterContactWorkTimeLimit"] = 60
    profiles = {"SecurityProfileIds": [security], "RoutingProfileId": routing}
    response = ask("connect:CreateUser", Username=USERNAME, IdentityInfo=names, PhoneConfig=phone, **profiles, **place)
    user = {**place, "UserId": response["UserId"]}
    ask("connect:DescribeUser", **user)
    ask("connect:ListUsers", **place)
    ask("connect:UpdateUserIdentityInfo", IdentityInfo=names, **user)
    ask("connect:UpdateUserPhoneConfig", PhoneConfig=phone, **user)
    ask("connect:UpdateUserRoutingProfile", RoutingProfileId=routing, **user)
    ask("connect:UpdateUserSecurityProfiles", SecurityProfileIds=[security], **user)
    group = _group_of(ask, place)
    ask("connect:UpdateUserHierarchy", HierarchyGroupId=group, **user)
    ask("connect:DescribeUserHierarchyGroup", HierarchyGroupId=group, **place)
    ask("connect:DeleteUser", **user)


def _group_of(ask: Ask, place: dict[str, str]) -> str:
    """The id of the one group of the hierarchy."""
    listed = ask("connect:ListUserHierarchyGroups", **place)["UserHierarchyGroupSummaryList"]
    return str(listed[0]["Id"])


def _iam(ask: Ask) -> None:
    provider = ask("iam:CreateSAMLProvider", Name="Entra", SAMLMetadataDocument=metadata(1), Tags=TAGS)
    arn = {"SAMLProviderArn": provider["SAMLProviderArn"]}
    ask("iam:GetSAMLProvider", **arn)
    ask("iam:UpdateSAMLProvider", SAMLMetadataDocument=metadata(1), **arn)
    ask("iam:ListSAMLProviders")
    ask("iam:TagSAMLProvider", Tags=TAGS, **arn)
    policy = {"Version": "2012-10-17", "Statement": [{**NOTHING, "Effect": "Deny"}]}
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    role, document = {"RoleName": "Example"}, json.dumps(policy)
    trust = json.dumps({**policy, "Statement": [statement]})
    ask("iam:CreateRole", AssumeRolePolicyDocument=trust, **role)
    ask("iam:PutRolePolicy", PolicyName="Example", PolicyDocument=document, **role)
    managed = {"PolicyArn": "arn:aws:iam::aws:policy/SecurityAudit"}
    ask("iam:AttachRolePolicy", **managed, **role)
    ask("iam:GetRolePolicy", PolicyName="Example", **role)
    ask("iam:ListRolePolicies", **role)
    ask("iam:ListAttachedRolePolicies", **role)
    ask("iam:TagRole", Tags=TAGS, **role)
    ask("iam:UpdateRole", Description="Example", **role)
    ask("iam:PutRolePermissionsBoundary", PermissionsBoundary=managed["PolicyArn"], **role)
    version = ask("iam:GetPolicy", **managed)["Policy"]["DefaultVersionId"]
    ask("iam:GetPolicyVersion", VersionId=version, **managed)
    ask("iam:DeleteSAMLProvider", **arn)


def _cognito(ask: Ask, cognito: t.Any) -> None:
    user_pool = cognito.create_user_pool(PoolName="Desk")["UserPool"]
    pool = {"UserPoolId": user_pool["Id"]}
    provider = {**pool, "ProviderName": "Entra"}
    details = {"ProviderDetails": {"MetadataFile": metadata(1)}, "AttributeMapping": {"email": "mail"}}
    ask("cognito-idp:CreateIdentityProvider", ProviderType="SAML", IdpIdentifiers=["corp"], **details, **provider)
    ask("cognito-idp:DescribeIdentityProvider", **provider)
    ask("cognito-idp:UpdateIdentityProvider", **details, **provider)
    ask("cognito-idp:ListIdentityProviders", **pool)
    ask("cognito-idp:DescribeUserPool", **pool)
    ask("cognito-idp:ListUserPools", MaxResults=10)
    client = {
        **pool,
        "ClientId": cognito.create_user_pool_client(ClientName="Desk", **pool)["UserPoolClient"]["ClientId"],
    }
    ask("cognito-idp:DescribeUserPoolClient", **client)
    ask("cognito-idp:UpdateUserPoolClient", ClientName="Desk", **client)
    ask("cognito-idp:ListUserPoolClients", **pool)
    ask("cognito-idp:GetSigningCertificate", **pool)
    arn = {"ResourceArn": user_pool["Arn"]}
    ask("cognito-idp:TagResource", Tags={"team": "voice"}, **arn)
    ask("cognito-idp:UntagResource", TagKeys=["team"], **arn)
    ask("cognito-idp:DeleteIdentityProvider", **provider)


@pytest.mark.parametrize("operation", EXAMPLES["aws"])
def test_an_answer_has_what_the_example_of_the_cli_shows(amazon: dict[str, dict[str, t.Any]], operation: str) -> None:
    shape, answer = EXAMPLES["aws"][operation], amazon[operation]
    assert list(differences(shape, answer)) == []
    assert shape or answer == {}


def test_each_call_of_aws_has_an_example_or_is_named() -> None:
    recorded = json.loads(Path(__file__).with_name("recorded_permissions.json").read_text(encoding="utf-8"))
    actions = {need["action"] for job in recorded.values() for need in job["aws"]}
    called_actions = {
        action for action in actions if action.split(":")[0] in ("connect", "iam", "cognito-idp")
    } - DEPENDENT
    exemplified = {*EXAMPLES["aws"], *(f"{service}:{name}" for service, names in OPERATIONS.items() for name in names)}
    assert called_actions - exemplified == set(EXAMPLES["aws_not_here"])
