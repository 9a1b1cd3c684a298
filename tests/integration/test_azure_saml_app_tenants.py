# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app where clouds and tenants differ: their templates, policies and permissions."""

from __future__ import annotations

import typing as t

import pytest

from entra_factory import APP, MODULE, PERMISSIONS, SMALL, Tenant
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox

# --- templates ------------------------------------------------------------------------------------------------------

AWS_TEMPLATE: t.Final = "8b1025e4-1dd2-430b-a150-2ef79cd700f5"
PUBLIC_TEMPLATE: t.Final = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"


@pytest.mark.parametrize(
    ("cloud", "template"),
    [("usgov", "4602d0b4-76bb-404b-bca9-2652e1a39c6d"), ("china", "5a532e38-1581-4918-9658-008dc27c1d68")],
)
def test_template_of_a_national_cloud(sandbox: Sandbox, cloud: str, template: str) -> None:
    """facts/entra.md E4: the template of custom applications has another id in each cloud."""
    tenant = Tenant(sandbox, cloud=cloud)
    created = tenant.run(MODULE, {**SMALL, "cloud": cloud})
    assert not created.failed, created["msg"]
    assert created["application"]["template_id"] == template
    assert not tenant.run(MODULE, {**SMALL, "cloud": cloud})["changed"]
    assert not tenant.world.traffic.entries("graph", "applicationTemplates.get"), (
        "looked for where nothing is to be made"
    )


@pytest.mark.parametrize(
    ("template", "named"),
    [("aws_single_account", f"aws_single_account ({AWS_TEMPLATE})"), (PUBLIC_TEMPLATE, PUBLIC_TEMPLATE)],
)
def test_template_that_the_cloud_does_not_have(sandbox: Sandbox, template: str, named: str) -> None:
    """facts/entra.md E4: 404 of GET /applicationTemplates/{id}; told before anything is made, also in check mode."""
    tenant = Tenant(sandbox, cloud="usgov")
    tenant.world.settings.change({"aws_template_in_the_cloud": False})
    for check in (True, False):
        refused = tenant.run(MODULE, {**SMALL, "cloud": "usgov", "template": template}, check=check)
        assert refused.failed
        assert f"The Microsoft cloud 'usgov' has no application template {named}" in refused["msg"]
        assert tenant.written() == []


# --- permissions ----------------------------------------------------------------------------------------------------

OWNED: t.Final = "Application.ReadWrite.OwnedBy"


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        (
            (),
            [
                "Application.ReadWrite.All",
                "Policy.ReadWrite.ApplicationConfiguration",
                "User.ReadBasic.All",
                "GroupMember.Read.All",
            ],
        ),
        (
            ("Application.ReadWrite.All",),
            ["Policy.ReadWrite.ApplicationConfiguration", "User.ReadBasic.All", "GroupMember.Read.All"],
        ),
        (("Application.Read.All", "User.Read.All", "GroupMember.Read.All", "Policy.Read.All"), None),
        ((OWNED, "Policy.Read.All", "User.Read.All", "GroupMember.Read.All"), None),
    ],
    ids=["none", "one", "those for reading", "OwnedBy"],
)
def test_all_missing_permissions_are_reported_at_once(
    sandbox: Sandbox, granted: tuple[str, ...], missing: list[str] | None
) -> None:
    """facts/entra.md E5: OwnedBy is not enough either. Before anything is made, also in check mode, and in one
    message.
    """
    tenant = Tenant(sandbox, client={"permissions": list(granted)})
    needed = missing or ["Application.ReadWrite.All", "Policy.ReadWrite.ApplicationConfiguration"]
    for check in (True, False):
        refused = tenant.run(MODULE, APP, check=check)
        assert refused["missing_permissions"] == needed
        assert all(permission in refused["msg"] for permission in needed)
        assert tenant.written() == []
    tenant.grant(*granted, *needed)
    created = tenant.run(MODULE, APP)
    assert not created.failed, created["msg"]


def test_all_missing_permissions_of_a_removal_and_a_change(tenant: Tenant) -> None:
    tenant.run(MODULE, APP)
    changed = {**APP, "session_duration": 900, "notes": "Other"}
    for params in (changed, {**SMALL, "state": "absent", "purge": True}):
        tenant.grant(OWNED, "Policy.Read.All", "User.Read.All", "GroupMember.Read.All")
        refused = tenant.run(MODULE, params)
        assert refused["missing_permissions"] == [
            "Application.ReadWrite.All",
            "Policy.ReadWrite.ApplicationConfiguration",
        ]
        assert tenant.written() == []
        tenant.grant(*PERMISSIONS)
        assert not tenant.run(MODULE, params).failed


def test_refused_assignment_names_the_other_permission(tenant: Tenant) -> None:
    """facts/entra.md E11: the sources differ on what an assignment takes."""
    operation = "servicePrincipal.CreateAppRoleAssignedTo"
    tenant.world.faults.add(Fault("graph", operation, times=50, status=403, code="Authorization_RequestDenied"))
    refused = tenant.run(MODULE, APP)
    assert refused["error_code"] == "Authorization_RequestDenied"
    assert "Grant AppRoleAssignment.ReadWrite.All and Application.Read.All" in refused["msg"]
    tenant.world.faults.clear()
    assert not tenant.run(MODULE, APP).failed


def test_removal_without_the_permission_for_claims_policies(tenant: Tenant) -> None:
    """The policy may stay behind, and the warning names what is missing"""
    tenant.run(MODULE, APP)
    tenant.grant("Application.ReadWrite.All")
    removed = tenant.run(MODULE, {key: APP[key] for key in ("name", "identifiers")} | {"state": "absent"})
    assert removed["changed"]
    assert any("Policy.ReadWrite.ApplicationConfiguration" in warning for warning in removed.warnings)
    assert len(tenant.all("claimsMappingPolicies")) == 1
