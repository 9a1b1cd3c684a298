# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Entra modules' examples, run by ansible-playbook as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from entra_factory import MODULE, SMALL, Tenant
from federation_sandbox.testing import Sandbox
from support import run_examples


@pytest.fixture
def centre(tenant: Tenant) -> Tenant:
    """A tenant with one application, whose certificate ends soon."""
    created = tenant.run(MODULE, {**SMALL, "signing_certificate": {"validity_days": 30}})
    assert not created.failed, created
    return tenant


def play(module: str, tenant: Tenant, aws: dict[str, str], folder: Path) -> str:
    """The output of a module's examples; each must succeed."""
    played = run_examples(module, {**aws, **tenant.environment}, folder)
    assert played.returncode == 0, played.stdout
    return played.stdout


def test_application(sandbox: Sandbox, aws: dict[str, str], tenant: Tenant, tmp_path: Path) -> None:
    output = play("azure_saml_app", tenant, aws, tmp_path)
    assert "<EntityDescriptor" in output
    identifiers = {
        application["displayName"]: application["identifierUris"] for application in tenant.all("applications")
    }
    assert identifiers == {
        "Contact centre": ["urn:amazon:webservices"],
        "Desk": ["urn:amazon:cognito:sp:eu-central-1_AbCdEfGhI"],
    }
    assert "HideApp" in tenant.all("servicePrincipals")[0]["tags"]
    assert tenant.all("deletedItems") == []


def test_information(sandbox: Sandbox, aws: dict[str, str], centre: Tenant, tmp_path: Path) -> None:
    output = play("azure_saml_app_info", centre, aws, tmp_path)
    assert "Contact centre: 29 days left" in output or "Contact centre: 30 days left" in output


def test_certificate(sandbox: Sandbox, aws: dict[str, str], centre: Tenant, tmp_path: Path) -> None:
    before = {credential["customKeyIdentifier"] for credential in centre.all("servicePrincipals")[0]["keyCredentials"]}
    play("azure_saml_certificate", centre, aws, tmp_path)
    after = {credential["customKeyIdentifier"] for credential in centre.all("servicePrincipals")[0]["keyCredentials"]}
    assert len(after) == 1
    assert not after & before


def test_group_members(sandbox: Sandbox, aws: dict[str, str], tmp_path: Path) -> None:
    people = [
        {
            "userPrincipalName": "jane@contoso.com",
            "displayName": "Jane",
            "mail": "jane@contoso.com",
            "givenName": "Jane",
            "surname": "Doe",
        },
        {
            "userPrincipalName": "mary@contoso.com",
            "displayName": "Mary",
            "mail": None,
            "givenName": "Mary",
            "surname": "Poe",
        },
    ]
    groups = [
        {"displayName": "Agents", "members": ["jane@contoso.com", "mary@contoso.com"]},
        {"displayName": "Supervisors", "members": []},
    ]
    tenant = Tenant(sandbox, users=people, groups=groups)
    output = play("azure_group_member_info", tenant, aws, tmp_path)
    assert "mary@contoso.com" in output
    assert "jane@contoso.com" not in output
