# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Published examples are recordings, too: the sandbox answers as Microsoft's reference pages show it."""

from __future__ import annotations

import collections.abc
import typing as t
from pathlib import Path

import pytest
import requests
import yaml
from azure.identity import ClientSecretCredential
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
