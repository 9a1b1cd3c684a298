# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Permissions of the calling application (facts/entra.md 8.4 and 8.5)."""

from __future__ import annotations

import json
import typing as t

import pytest

from federation_sandbox.clouds import seed
from federation_sandbox.entra.graph.permissions import only_owned
from federation_sandbox.entra.graph.service import ROUTES
from federation_sandbox.entra.seeding import PERMISSIONS
from federation_sandbox.entra.tokens import Caller
from federation_sandbox.service import CloudError
from graph_contract import contract

READ, OWNED, WRITE = "Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"
ASSIGN, POLICY_READ, POLICY_WRITE = (
    "AppRoleAssignment.ReadWrite.All",
    "Policy.Read.All",
    "Policy.ReadWrite.ApplicationConfiguration",
)

#: operation, permissions, and what becomes of the call: refused, allowed, or allowed to the owner alone
TABLE = [
    ("applicationTemplates.list", "", "allowed"),
    ("applicationTemplate.instantiate", OWNED, "owner"),
    ("applicationTemplate.instantiate", WRITE, "allowed"),
    ("applicationTemplate.instantiate", READ, "refused"),
    ("applications.update", f"{OWNED} {READ}", "owner"),
    ("applications.update", READ, "refused"),
    ("servicePrincipals.create", OWNED, "owner"),
    ("servicePrincipals.delete", WRITE, "allowed"),
    ("application.UpdateLogo", OWNED, "owner"),
    ("servicePrincipal.addTokenSigningCertificate", OWNED, "owner"),
    ("servicePrincipal.addTokenSigningCertificate", "", "refused"),
    ("applications.list", OWNED, "owner"),
    ("applications.list", READ, "allowed"),
    ("servicePrincipals.get", "User.Read.All", "refused"),
    ("servicePrincipal.ListAppRoleAssignedTo", READ, "allowed"),
    ("servicePrincipal.CreateAppRoleAssignedTo", WRITE, "allowed"),
    ("servicePrincipal.CreateAppRoleAssignedTo", f"{ASSIGN} {READ}", "allowed"),
    ("servicePrincipal.CreateAppRoleAssignedTo", ASSIGN, "refused"),
    ("servicePrincipal.CreateAppRoleAssignedTo", f"{OWNED} {READ}", "refused"),
    ("servicePrincipal.DeleteAppRoleAssignedTo", ASSIGN, "allowed"),
    ("servicePrincipal.DeleteAppRoleAssignedTo", OWNED, "refused"),
    ("user.CreateAppRoleAssignments", WRITE, "refused"),
    ("group.CreateAppRoleAssignments", ASSIGN, "allowed"),
    ("servicePrincipal.AddClaimsMappingPolicyRef", WRITE, "refused"),
    ("servicePrincipal.AddClaimsMappingPolicyRef", f"{WRITE} {POLICY_READ}", "allowed"),
    ("servicePrincipal.AddClaimsMappingPolicyRef", f"{OWNED} {POLICY_WRITE}", "owner"),
    # facts/entra.md E6
    ("servicePrincipal.ListClaimsMappingPolicies", READ, "refused"),
    ("servicePrincipal.ListClaimsMappingPolicies", f"{READ} {POLICY_READ}", "refused"),
    ("servicePrincipal.ListClaimsMappingPolicies", f"{OWNED} {POLICY_READ}", "owner"),
    ("servicePrincipal.ListClaimsMappingPolicies", f"{WRITE} {POLICY_WRITE}", "allowed"),
    ("servicePrincipal.ListClaimsMappingPoliciesRef", f"{READ} {POLICY_READ}", "refused"),
    ("application.ListTokenIssuancePolicies", f"{READ} {POLICY_READ}", "refused"),
    ("policies.claimsMappingPolicy.ListAppliesTo", POLICY_READ, "allowed"),
    ("policies.claimsMappingPolicy.ListAppliesTo", READ, "allowed"),
    ("policies.claimsMappingPolicy.ListAppliesTo", WRITE, "refused"),
    ("policies.tokenIssuancePolicy.ListAppliesTo", POLICY_READ, "allowed"),
    ("policies.claimsMappingPolicies.list", READ, "refused"),
    ("policies.claimsMappingPolicies.get", WRITE, "refused"),
    ("policies.tokenIssuancePolicies.list", POLICY_READ, "allowed"),
    ("directory.ListDeletedItemsAsApplication", READ, "allowed"),
    ("directory.ListDeletedItemsAsApplication", WRITE, "allowed"),
    ("directory.ListDeletedItemsAsApplication", OWNED, "refused"),
    ("directory.ListDeletedItemsAsServicePrincipal", OWNED, "refused"),
    ("directory.ListDeletedItemsAsUser", READ, "refused"),
    ("directory.ListDeletedItemsAsGroup", "Group.Read.All", "allowed"),
    ("directory.GetDeletedItems", OWNED, "refused"),
    ("policies.claimsMappingPolicies.create", POLICY_WRITE, "allowed"),
    ("policies.claimsMappingPolicies.create", POLICY_READ, "refused"),
    ("policies.claimsMappingPolicies.list", POLICY_READ, "allowed"),
    ("policies.GetDefaultAppManagementPolicy", POLICY_WRITE, "allowed"),
    ("policies.GetDefaultAppManagementPolicy", POLICY_READ, "allowed"),
    ("policies.GetDefaultAppManagementPolicy", f"{WRITE} {READ}", "refused"),
    ("group.ListMembers", "GroupMember.ReadBasic.All", "allowed"),
    ("group.ListtransitiveMembersAsUser", "User.Read.All", "refused"),
    ("groups.list", "GroupMember.Read.All", "allowed"),
    ("users.get", "User.ReadBasic.All", "allowed"),
    ("users.get", "GroupMember.Read.All", "refused"),
    ("directory.DeleteDeletedItems", OWNED, "owner"),
]


@pytest.mark.parametrize(("operation", "permissions", "expected"), TABLE)
def test_needs(operation: str, permissions: str, expected: str) -> None:
    """8.4"""
    needs = next(route for route in ROUTES if route.operation == operation).needs
    caller = Caller("a", "b", frozenset(permissions.split()))
    if expected == "refused":
        with pytest.raises(CloudError, match="Insufficient privileges"):
            only_owned(caller, needs)
    else:
        assert only_owned(caller, needs) is (expected == "owner")


def test_policies_are_not_expanded_for_those_who_may_not_read_them(
    graph: t.Any, sandbox: t.Any, graph_of: t.Any
) -> None:
    """facts/entra.md E6 holds for $expand as well"""
    client = {"name": "reader", "secrets": ["s3cret"], "permissions": [READ, POLICY_READ]}
    seeded = seed(sandbox.world, {"entra": {"tenants": [{"clients": [client]}]}})["entra"]["tenants"][0]
    path = f"/servicePrincipals/{seeded['clients']['reader']['service_principal_id']}"
    reader = graph_of(seeded, "reader")
    reader("GET", path, 200)
    reader.refused("GET", f"{path}?$expand=claimsMappingPolicies", 403)


def test_every_route_is_a_published_operation() -> None:
    """Methods and paths are those of the published description."""
    for route in ROUTES:
        path = route.template.replace("{key}", "x")
        assert route.method in contract().operations(path), f"{route.method} {path}"


def test_owned_by_reaches_what_the_caller_made(graph: t.Any, graph_as: t.Any) -> None:
    """8.5, 9.5: Authorization_RequestDenied for others' applications, and no assignments at all"""
    limited = graph_as("owner")
    mine = limited("POST", "/applications", 201, json={"displayName": "Mine"})
    my_principal = limited("POST", "/servicePrincipals", 201, json={"appId": mine["appId"]})
    limited("PATCH", f"/applications/{mine['id']}", 204, json={"displayName": "Still mine"})
    limited(
        "POST", f"/servicePrincipals/{my_principal['id']}/addTokenSigningCertificate", 200, json={"displayName": "CN=x"}
    )
    other, other_principal = graph.saml_application("Other")
    assert limited("GET", f"/applications/{other['id']}", 200)["displayName"] == "Other"
    for method, path, body in (
        ("PATCH", f"/applications/{other['id']}", {"displayName": "x"}),
        ("DELETE", f"/applications/{other['id']}", None),
        ("PATCH", f"/servicePrincipals/{other_principal['id']}", {"notes": "x"}),
        ("POST", f"/servicePrincipals/{other_principal['id']}/addTokenSigningCertificate", {"displayName": "CN=x"}),
        ("POST", f"/servicePrincipals/{my_principal['id']}/appRoleAssignedTo", {}),
    ):
        assert limited.refused(method, path, 403, json=body)["code"] == "Authorization_RequestDenied"
    limited("DELETE", f"/applications/{mine['id']}", 204)
    limited("DELETE", f"/directory/deletedItems/{mine['id']}", 204)


def test_instantiate_with_owned_by_makes_nobody_the_owner(graph_as: t.Any) -> None:
    """facts/entra.md E5: the caller can then change neither object, nor delete it"""
    limited = graph_as("owner")
    template = "/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate"
    created = limited("POST", template, 201, json={"displayName": "Orphan"})
    application, principal = (
        f"/applications/{created['application']['id']}",
        f"/servicePrincipals/{created['servicePrincipal']['id']}",
    )
    for method, path, body in (
        ("PATCH", application, {"displayName": "x"}),
        ("DELETE", application, None),
        ("PATCH", principal, {"preferredSingleSignOnMode": "saml"}),
    ):
        assert limited.refused(method, path, 403, json=body)["code"] == "Authorization_RequestDenied"


def test_accept_mapped_claims_with_owned_by(graph_as: t.Any) -> None:
    """2.13: not at creation, only by a later PATCH"""
    limited = graph_as("owner")
    limited.refused("POST", "/applications", 400, json={"displayName": "x", "api": {"acceptMappedClaims": True}})
    application = limited("POST", "/applications", 201, json={"displayName": "x"})
    limited("PATCH", f"/applications/{application['id']}", 204, json={"api": {"acceptMappedClaims": True}})


def test_nobody_grants_graphs_own_permissions_with_application_readwrite_all(
    graph: t.Any, graph_as: t.Any, seeded: dict[str, t.Any]
) -> None:
    """8.5: not with Application.ReadWrite.All"""
    (resource,) = graph.every("/servicePrincipals?$filter=appId eq '00000003-0000-0000-c000-000000000000'")
    body = {
        "principalId": seeded["clients"]["automation"]["service_principal_id"],
        "resourceId": resource["id"],
        "appRoleId": PERMISSIONS["Application.Read.All"],
    }
    graph.refused("POST", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", 403, json=body)
    graph_as("everything")("POST", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", 201, json=body)


@pytest.mark.parametrize(("more", "mail"), [([], None), (["User.ReadBasic.All"], "jane@contoso.com")])
def test_members_without_permission_to_read_users(
    sandbox: t.Any, graph_of: t.Any, more: list[str], mail: str | None
) -> None:
    """5.7: ids and nothing else; with User.ReadBasic.All no accountEnabled"""
    content = {
        "clients": [{"secrets": ["s3cret"], "permissions": ["GroupMember.Read.All", *more]}],
        "users": [{"userPrincipalName": "jane@contoso.com", "mail": "jane@contoso.com"}],
        "groups": [{"displayName": "Agents", "members": ["jane@contoso.com"]}],
    }
    seeded = seed(sandbox.world, {"entra": {"tenants": [content]}})["entra"]["tenants"][0]
    path = f"/groups/{seeded['groups']['Agents']}/members?$select=id,mail,accountEnabled"
    (jane,) = graph_of(seeded, "automation").every(path)
    assert (jane["id"], jane["mail"], jane["accountEnabled"]) == (seeded["users"]["jane@contoso.com"], mail, None)


def test_refused_writes(graph: t.Any, sandbox: t.Any) -> None:
    """A write is refused and noted; reads, tokens and the batch itself are none"""
    sandbox.world.settings.change({"refuse_writes": True})
    items = [
        {"id": "1", "method": "GET", "url": "/applications"},
        {
            "id": "2",
            "method": "POST",
            "url": "/applications",
            "body": {"displayName": "x"},
            "headers": {"Content-Type": "application/json"},
        },
    ]
    answer = graph("POST", "/$batch", 200, json={"requests": items})
    assert {each["id"]: each["status"] for each in answer["responses"]} == {"1": 200, "2": 403}
    graph.refused("POST", "/applications", 403, json={"displayName": "x"})
    assert [(each["operation"], each["status"]) for each in sandbox.world.traffic.writes()] == [
        ("applications.create", 403)
    ] * 2
    assert "s3cret" not in json.dumps(sandbox.world.traffic.entries())
