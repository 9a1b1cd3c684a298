# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Published examples are recordings, too: the sandbox answers as Microsoft's reference pages and AWS's SDK show it."""

from __future__ import annotations

import collections.abc
import json
import re
import typing as t
from pathlib import Path

import boto3
import botocore.session
import pytest
import requests
import yaml
from azure.identity import ClientSecretCredential
from botocore.exceptions import ClientError
from published_permissions import calls

from entra_factory import MODULE, SECRET, SMALL, Tenant
from federation_sandbox import clouds
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
    elif value is not None and not isinstance(value, KINDS[shape]):
        yield f"{where} is no {shape}: {value!r}"


@pytest.fixture(scope="module")
def answers(_one_sandbox: Sandbox) -> dict[str, tuple[int, t.Any]]:
    """What the sandbox answers to the call of each example."""
    _one_sandbox.world.reset()
    restrictions: dict[str, t.Any] = {"passwordCredentials": [], "keyCredentials": []}
    policy = {"applicationRestrictions": restrictions, "servicePrincipalRestrictions": restrictions}
    tenant = Tenant(_one_sandbox, app_management_policy=policy)
    made = tenant.run(MODULE, SMALL)["application"]
    own = {"displayName": "Own", "isEnabled": True, "restrictions": {}, "applies_to": [made["app_id"]]}
    clouds.seed(tenant.world, {"entra": {"tenants": [{"id": tenant.id, "app_management_policies": [own]}]}})
    credential = ClientSecretCredential(tenant.id, tenant.client["client_id"], SECRET)
    headers = {"Authorization": f"Bearer {credential.get_token('https://graph.microsoft.com/.default').token}"}
    principal = made["service_principal_id"]
    role = next(each["id"] for each in tenant.directory["servicePrincipals"].latest(principal)["appRoles"])
    (management,) = [each["id"] for each in tenant.directory["appManagementPolicies"].current()]
    assignment = {"principalId": tenant.groups["Agents"], "resourceId": principal, "appRoleId": role}
    sent: dict[str, tuple[str, dict[str, t.Any] | None]] = {
        "POST /applicationTemplates/{id}/instantiate": (
            "/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate",
            {"displayName": "Another"},
        ),
        "POST /servicePrincipals/{id}/addTokenSigningCertificate": (
            f"/servicePrincipals/{principal}/addTokenSigningCertificate",
            {"displayName": "CN=Another", "endDateTime": "2027-01-25T00:00:00Z"},
        ),
        "POST /servicePrincipals/{id}/appRoleAssignedTo": (
            f"/servicePrincipals/{principal}/appRoleAssignedTo",
            assignment,
        ),
        "POST /policies/claimsMappingPolicies": (
            "/policies/claimsMappingPolicies",
            {"definition": ['{"ClaimsMappingPolicy":{"Version":1}}'], "displayName": "Another"},
        ),
        "GET /policies/defaultAppManagementPolicy": ("/policies/defaultAppManagementPolicy", None),
        "GET /policies/appManagementPolicies/{id}/appliesTo": (
            f"/policies/appManagementPolicies/{management}/appliesTo",
            None,
        ),
    }
    assert set(sent) == set(CALLS)
    found = {}
    for call, (path, body) in sent.items():
        assert set(body or {}) == set(CALLS[call].get("body", {}))
        answer = requests.request(call.partition(" ")[0], GRAPH + path, headers=headers, json=body, timeout=300)
        found[call] = (answer.status_code, answer.json())
    return found


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_has_what_the_example_shows(answers: dict[str, tuple[int, t.Any]], call: str) -> None:
    example = CALLS[call]
    status, answer = answers[call]
    assert status == example["status"], answer
    assert list(differences(example["answer"], answer)) == []
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
    given = {
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
            arguments = {name: {**given, **documents}[name] for name in example.get("input", {})}
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
