# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who can be an agent: facts/entra.md 5.4, 5.7, 5.9, 5.10."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._saml import claims

from entra_factory import SMALL, Tenant
from federation_sandbox.testing import Sandbox
from support import ModuleResult, run_module

MODULE: t.Final = "azure_group_member_info"


def user(name: str, **properties: t.Any) -> dict[str, t.Any]:
    return {
        "userPrincipalName": name,
        "displayName": name,
        "givenName": "Given",
        "surname": "Family",
        "mail": name,
        **properties,
    }


def read(tenant: Tenant, *groups: str, **options: t.Any) -> ModuleResult:
    tenant.world.traffic.clear()
    return run_module(MODULE, {"groups": list(groups), **options}, tenant.environment)


def test_everybody_is_either_usable_or_reported_with_the_reason(sandbox: Sandbox) -> None:
    guest = "eve_fabrikam.com#EXT#@contoso.com"
    people = [
        user("ann@contoso.com"),
        user("bob@contoso.com", accountEnabled=False),
        user(guest, userType="Guest", mail="eve@fabrikam.com"),
        user("nameless@contoso.com", givenName=None, surname=None),
        user("o'brien@contoso.com"),
        user("nested@contoso.com"),
    ]
    groups = [
        {"displayName": "Inner", "members": ["nested@contoso.com"]},
        {"displayName": "Agents", "members": [person["userPrincipalName"] for person in people[:5]] + ["Inner"]},
        {"displayName": "Leads", "members": ["ann@contoso.com"]},
    ]
    tenant = Tenant(sandbox, users=people, groups=groups)
    result = read(tenant, "Agents", "Leads")
    assert [(member["username"], member["groups"]) for member in result["members"]] == [
        ("ann@contoso.com", ["Agents", "Leads"])
    ]
    assert result["members"][0]["person_id"] == tenant.users["ann@contoso.com"]
    reasons = {person["user_principal_name"]: " ".join(person["reasons"]) for person in result["unusable"]}
    assert set(reasons) == {person["userPrincipalName"] for person in people[1:]}
    assert "only in Inner" in reasons["nested@contoso.com"]
    assert "disabled" in reasons["bob@contoso.com"]
    assert "a guest's" in reasons[guest]
    assert "#EXT#" in reasons[guest]
    assert reasons["nameless@contoso.com"] == "There is no given name. There is no surname."
    assert "cannot sign in" in reasons["o'brien@contoso.com"]
    assert [(group["name"], group["users"], group["nested"]) for group in result["groups"]] == [
        ("Agents", 5, ["Inner"]),
        ("Leads", 1, []),
    ]
    messages = " ".join(result.warnings)
    assert "'Agents' holds the group 'Inner'" in messages
    assert all(name in messages for name in reasons if name != "nested@contoso.com")

    by_mail = read(tenant, tenant.groups["Agents"], session_name_source="mail", guests=True)
    assert [member["username"] for member in by_mail["members"]] == ["ann@contoso.com", "eve@fabrikam.com"]


def test_names_that_are_missing_have_a_way_in(sandbox: Sandbox) -> None:
    people = [
        user("cher@contoso.com", displayName="Cher", surname=None),
        user(
            "eve_fabrikam.com#EXT#@contoso.com",
            userType="Guest",
            mail="eve@fabrikam.com",
            displayName="Eve S.",
            givenName=None,
            surname=None,
        ),
    ]
    tenant = Tenant(
        sandbox,
        users=people,
        groups=[{"displayName": "Agents", "members": [person["userPrincipalName"] for person in people]}],
    )
    result = read(tenant, "Agents", session_name_source="mail", guests=True, name_fallbacks=["display_name"])
    names = {
        member["username"]: (member["first_name"], member["last_name"], member["substituted_names"])
        for member in result["members"]
    }
    assert names == {
        "cher@contoso.com": ("Given", "Cher", ["last_name"]),
        "eve@fabrikam.com": ("Eve", "S.", ["first_name", "last_name"]),
    }
    without = read(tenant, "Agents", session_name_source="mail", guests=True)
    assert {fix for person in without["unusable"] for fix in person["fixes"] if "connect_users_name_fallbacks" in fix}


def test_the_claims_policy_decides_the_session_name(sandbox: Sandbox) -> None:
    """The application sends the name in lower case, and so it is the username."""
    tenant = Tenant(
        sandbox,
        users=[user("Jane.Doe@contoso.com")],
        groups=[{"displayName": "Agents", "members": ["Jane.Doe@contoso.com"]}],
    )
    tenant.run("azure_saml_app", {**SMALL, "session_name_source": "userprincipalname"})
    (app,) = tenant.all("applications")
    entries = [
        {"Source": "user", "ID": "userprincipalname"},
        {
            "Source": "transformation",
            "ID": "name",
            "TransformationId": "Lower",
            "SamlClaimType": claims.ROLE_SESSION_NAME,
        },
    ]
    lower = {
        "ID": "Lower",
        "TransformationMethod": "ToLowercase()",
        "InputClaims": [{"ClaimTypeReferenceId": "userprincipalname", "TransformationClaimType": "sourceClaim"}],
        "OutputClaims": [{"ClaimTypeReferenceId": "name", "TransformationClaimType": "outputClaim"}],
    }
    assert [member["username"] for member in read(tenant, "Agents", app_id=app["appId"])["members"]] == [
        "Jane.Doe@contoso.com"
    ]
    (policy,) = tenant.directory["claimsMappingPolicies"].current()
    definition = claims.ClaimsPolicy(tuple(entries), (lower,)).definition()
    tenant.directory["claimsMappingPolicies"].put({**policy, "definition": definition}, settled=True)
    for named in ({"app_id": app["appId"]}, {"identifier": SMALL["identifiers"][0]}):
        assert [member["username"] for member in read(tenant, "Agents", **named)["members"]] == ["jane.doe@contoso.com"]
    assert "no application with the identifier urn:other" in read(tenant, "Agents", identifier="urn:other")["msg"]


def test_a_session_name_that_two_people_share_or_nobody_has(sandbox: Sandbox) -> None:
    people = [
        user("ann@contoso.com", employeeId="1000"),
        user("bob@contoso.com", employeeId="1000"),
        user("cid@contoso.com"),
        user("dan@contoso.com", employeeId="1001", onPremisesExtensionAttributes={"extensionAttribute3": "d.an"}),
        user("dan.before@contoso.com", employeeId="1001", accountEnabled=False),
    ]
    tenant = Tenant(
        sandbox,
        users=people,
        groups=[{"displayName": "Agents", "members": [person["userPrincipalName"] for person in people]}],
    )
    result = read(tenant, "Agents", session_name_source="employeeid")
    assert [member["username"] for member in result["members"]] == ["1001"]
    reasons = {person["user_principal_name"]: " ".join(person["reasons"]) for person in result["unusable"]}
    assert "belongs to 2 people: ann@contoso.com, bob@contoso.com" in reasons["bob@contoso.com"]
    assert reasons["dan.before@contoso.com"] == "The account is disabled."
    assert "employeeid, which is the session name, is empty" in reasons["cid@contoso.com"]
    extension = read(tenant, "Agents", session_name_source="extensionattribute3")
    assert [member["username"] for member in extension["members"]] == ["d.an"]


def test_pages_of_999_with_the_least_that_is_needed(sandbox: Sandbox) -> None:
    people = [user(f"agent{number:04}@contoso.com") for number in range(2000)]
    tenant = Tenant(
        sandbox,
        users=people,
        groups=[{"displayName": "Agents", "members": [person["userPrincipalName"] for person in people]}],
    )
    result = read(tenant, "Agents")
    assert len(result["members"]) == 2000
    assert (
        len([request for request in tenant.world.traffic.requests() if request["service"] == "graph"]) == 4
    )  # two batches, and two more pages


def test_an_unknown_group_and_missing_permissions_are_reported(sandbox: Sandbox) -> None:
    tenant = Tenant(sandbox, client={"permissions": ["GroupMember.Read.All", "User.Read.All"]})
    assert "did you mean Agents?" in read(tenant, "Agentz")["msg"]
    poor = Tenant(sandbox, client={"permissions": ["GroupMember.Read.All", "User.ReadBasic.All"]})
    result = read(poor, "Agents")
    assert result["error_code"] == "MissingGraphPermission"
    assert "User.Read.All" in result["msg"]
