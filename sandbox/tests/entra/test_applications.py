# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications and templates (facts/entra.md 1 and 2)."""

from __future__ import annotations

import typing as t

import pytest

from federation_sandbox.entra.graph.templates import AWS_IDENTITY_CENTER, AWS_SINGLE_ACCOUNT, NON_GALLERY
from federation_sandbox.faults import Fault


def test_templates(graph: t.Any) -> None:
    """1.1, 1.2, 1.3"""
    templates = graph.every("/applicationTemplates")
    assert {each["id"] for each in templates} == {NON_GALLERY, AWS_SINGLE_ACCOUNT, AWS_IDENTITY_CENTER}
    (template,) = graph.every("/applicationTemplates?$filter=displayName eq 'AWS Single-Account Access'")
    assert (template["id"], template["publisher"], template["supportedSingleSignOnModes"]) == (
        AWS_SINGLE_ACCOUNT,
        "Amazon",
        ["password", "saml", "external"],
    )
    assert (
        graph.every("/applicationTemplates?$filter=contains(displayName, 'identity center')")[0]["id"]
        == AWS_IDENTITY_CENTER
    )
    assert graph("GET", f"/applicationTemplates/{AWS_SINGLE_ACCOUNT}", 200)["homePageUrl"].startswith(
        "https://signin.aws.amazon.com/saml"
    )


@pytest.mark.parametrize(
    ("cloud", "host", "template"),
    [
        ("usgov", "graph.microsoft.us", "4602d0b4-76bb-404b-bca9-2652e1a39c6d"),
        ("usgov_dod", "dod-graph.microsoft.us", "4602d0b4-76bb-404b-bca9-2652e1a39c6d"),
        ("china", "microsoftgraph.chinacloudapi.cn", "5a532e38-1581-4918-9658-008dc27c1d68"),
    ],
)
def test_templates_of_national_clouds(graph_in: t.Any, sandbox: t.Any, cloud: str, host: str, template: str) -> None:
    """facts/entra.md E4: the template of custom applications has another id in each cloud; an unknown id is 404 and
    makes nothing
    """
    sandbox.world.settings.change({"aws_template_in_the_cloud": False})
    graph = graph_in(cloud, host)
    assert {each["id"] for each in graph.every("/applicationTemplates")} == {template, AWS_IDENTITY_CENTER}
    for unknown in (NON_GALLERY, AWS_SINGLE_ACCOUNT):
        graph.refused("GET", f"/applicationTemplates/{unknown}", 404)
        graph.refused("POST", f"/applicationTemplates/{unknown}/instantiate", 404, json={"displayName": "Nothing"})
    assert graph.every("/applications?$filter=displayName eq 'Nothing'") == []
    application, principal = graph.instantiate("Contact centre", template)
    assert application["applicationTemplateId"] == template
    assert "WindowsAzureActiveDirectoryCustomSingleSignOnApplication" in principal["tags"]


@pytest.mark.parametrize(
    ("template", "replies"), [(NON_GALLERY, []), (AWS_SINGLE_ACCOUNT, ["https://signin.aws.amazon.com/saml"])]
)
def test_instantiate(graph: t.Any, template: str, replies: list[str]) -> None:
    """1.2, 1.4, 1.5"""
    application, principal = graph.instantiate("Contact centre", template)
    assert application["identifierUris"] == []
    assert application["tags"] == []
    assert application["web"]["redirectUris"] == principal["replyUrls"] == replies
    assert [scope["value"] for scope in application["api"]["oauth2PermissionScopes"]] == ["user_impersonation"]
    assert {role["displayName"] for role in principal["appRoles"]} == {"User", "msiam_access"}
    assert all(role["value"] is None and role["origin"] == "Application" for role in principal["appRoles"])
    assert principal["appRoleAssignmentRequired"] is True
    assert principal["preferredSingleSignOnMode"] is None
    assert principal["samlSingleSignOnSettings"] is None
    assert principal["keyCredentials"] == []
    assert "WindowsAzureActiveDirectoryIntegratedApp" in principal["tags"]
    assert ("WindowsAzureActiveDirectoryCustomSingleSignOnApplication" in principal["tags"]) == (
        template == NON_GALLERY
    )
    assert application["applicationTemplateId"] == principal["applicationTemplateId"] == template
    assert application["appId"] == principal["appId"]


def test_role_ids_are_made_for_each_instance(graph: t.Any) -> None:
    """1.6"""
    first, second = (graph.instantiate()[1]["appRoles"] for _time in range(2))
    ids = [role["id"] for role in (*first, *second)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("body", [{}, {"displayName": ""}, {"displayName": 7}, {"displayName": "x", "tags": []}])
def test_instantiate_refuses(graph: t.Any, body: dict[str, t.Any]) -> None:
    """1.4: displayName and serviceManagementReference, nothing else"""
    graph.refused("POST", f"/applicationTemplates/{NON_GALLERY}/instantiate", 400, json=body)
    assert graph.every("/applications?$filter=startswith(displayName, 'x')") == []


def test_instantiate_again_makes_another(graph: t.Any) -> None:
    """1.8, 1.15: names are not unique; the half-made one is found by template and name"""
    graph.instantiate("Same")
    graph.instantiate("Same")
    applications = graph.every(
        f"/applications?$filter=applicationTemplateId eq '{NON_GALLERY}' and displayName eq 'Same'"
    )
    assert len(applications) == 2


def test_instantiate_that_answers_404_yet_creates(graph: t.Any, sandbox: t.Any) -> None:
    """1.8"""
    sandbox.world.faults.add(
        Fault("graph", "applicationTemplate.instantiate", "masked", status=404, code="Request_ResourceNotFound")
    )
    graph.refused("POST", f"/applicationTemplates/{NON_GALLERY}/instantiate", 404, json={"displayName": "Hidden"})
    assert len(graph.every("/applications?$filter=displayName eq 'Hidden'")) == 1


def test_create_without_a_template(graph: t.Any) -> None:
    """1.13: no template, no roles, no service principal; and nobody adds a template later"""
    application = graph("POST", "/applications", 201, json={"displayName": "Plain", "tags": ["HideApp"]})
    assert (
        application["applicationTemplateId"],
        application["appRoles"],
        application["api"]["oauth2PermissionScopes"],
    ) == (None, [], [])
    principal = graph(
        "POST",
        "/servicePrincipals",
        201,
        json={"appId": application["appId"], "tags": ["WindowsAzureActiveDirectoryIntegratedApp"]},
    )
    assert principal["appRoleAssignmentRequired"] is False
    assert set(principal["tags"]) == {"HideApp", "WindowsAzureActiveDirectoryIntegratedApp"}
    graph.refused("PATCH", f"/applications/{application['id']}", 400, json={"applicationTemplateId": NON_GALLERY})
    error = graph.refused("POST", "/servicePrincipals", 409, json={"appId": application["appId"]})
    assert error["code"] == "Request_MultipleObjectsWithSameKeyValue"


def test_unique_name(graph: t.Any) -> None:
    """1.14"""
    body = {"displayName": "Upserted"}
    graph.refused("PATCH", "/applications(uniqueName='managed')", 404, json=body)
    header = {"Prefer": "create-if-missing"}
    application = graph("PATCH", "/applications(uniqueName='managed')", 201, json=body, headers=header)
    assert application["uniqueName"] == "managed"
    graph("PATCH", "/applications(uniqueName='managed')", 204, json={"displayName": "Again"}, headers=header)
    assert graph("GET", "/applications(uniqueName='managed')", 200)["displayName"] == "Again"
    graph.refused("PATCH", f"/applications/{application['id']}", 400, json={"uniqueName": "other"})
    graph("DELETE", f"/applications/{application['id']}", 204)
    error = graph.refused("PATCH", "/applications(uniqueName='managed')", 400, json=body, headers=header)
    assert (error["code"], error["details"][0]["code"]) == ("Request_BadRequest", "ObjectConflict")


def test_alternate_keys(graph: t.Any) -> None:
    """2.19"""
    application, principal = graph.instantiate()
    assert graph("GET", f"/applications(appId='{application['appId']}')", 200)["id"] == application["id"]
    assert graph("GET", f"/servicePrincipals(appId='{application['appId']}')", 200)["id"] == principal["id"]
    graph("PATCH", f"/servicePrincipals(appId='{application['appId']}')", 204, json={"notes": "managed"})
    assert graph("GET", f"/servicePrincipals/{principal['id']}", 200)["notes"] == "managed"


def test_the_service_principal_follows_its_application(graph: t.Any) -> None:
    """2.8, 2.10, 2.17, 1.13"""
    application, principal = graph.saml_application()
    web = {
        "redirectUris": ["https://signin.aws.amazon.com/saml"],
        "redirectUriSettings": [{"uri": "https://signin.aws.amazon.com/saml", "index": 0}],
    }
    identifiers = ["https://signin.aws.amazon.com/saml#one"]
    body = {"displayName": "Renamed", "web": web, "identifierUris": identifiers, "tags": ["HideApp"]}
    graph("PATCH", f"/applications/{application['id']}", 204, json=body)
    after = graph("GET", f"/servicePrincipals/{principal['id']}", 200)
    assert after["displayName"] == after["appDisplayName"] == "Renamed"
    assert after["replyUrls"] == web["redirectUris"]
    assert set(after["servicePrincipalNames"]) == {*identifiers, application["appId"]}
    assert "HideApp" in after["tags"]
    assert "WindowsAzureActiveDirectoryIntegratedApp" in after["tags"]
    graph("PATCH", f"/applications/{application['id']}", 204, json={"tags": []})
    assert "HideApp" not in graph("GET", f"/servicePrincipals/{principal['id']}", 200)["tags"]


def test_web_keeps_the_members_that_are_not_sent(graph: t.Any) -> None:
    """2.10"""
    application, _principal = graph.instantiate()
    graph("PATCH", f"/applications/{application['id']}", 204, json={"web": {"redirectUris": ["https://a.example.com"]}})
    graph("PATCH", f"/applications/{application['id']}", 204, json={"web": {"logoutUrl": "https://b.example.com"}})
    web = graph("GET", f"/applications/{application['id']}?$select=web", 200)["web"]
    assert (web["redirectUris"], web["logoutUrl"]) == (["https://a.example.com"], "https://b.example.com")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"nonsense": 1}, "Invalid property"),
        ({"appId": "x"}, "read-only"),
        ({"id": "x"}, "read-only"),
        ({"publisherDomain": "x"}, "read-only"),
        ({"displayName": 7}, "Cannot convert"),
        ({"displayName": ""}, "Invalid value"),
        ({"tags": "x"}, "Cannot convert"),
        ({"web": {"nonsense": 1}}, "Invalid property"),
        ({"signInAudience": "Everyone"}, "Invalid value"),
        ({"api": {"requestedAccessTokenVersion": 3}}, "Invalid value"),
        ({"notes": "x" * 1025}, "Invalid value"),
        ({"web": {"redirectUriSettings": [{"nonsense": 1}]}}, "Invalid property"),
        ({"web": {"implicitGrantSettings": {"nonsense": True}}}, "Invalid property"),
        ({"requiredResourceAccess": [{"resourceAccess": [{"nonsense": 1}]}]}, "Invalid property"),
        ({"optionalClaims": {"saml2Token": [{"nonsense": 1}]}}, "Invalid property"),
        ({"api": {"preAuthorizedApplications": [{"nonsense": 1}]}}, "Invalid property"),
        ({"addIns": [{"properties": [{"nonsense": 1}]}]}, "Invalid property"),
        ({"nativeAuthenticationApisEnabled": {}}, "Cannot convert"),
        ({"keyCredentials": [{"customKeyIdentifier": "no base64!"}]}, "Cannot convert"),
        ({"keyCredentials": [{"startDateTime": "2026-01-01"}]}, "Cannot convert"),
        ({"web": None}, "Invalid value"),
        ({"info": None}, "Invalid value"),
        ({"uniqueName": ""}, "Invalid value"),
        ({"web": {"redirectUris": ["https://["]}}, "Invalid value"),
        ({"identifierUris": ["https://["]}, "Invalid value"),
        ({"groupMembershipClaims": "Everything"}, "Invalid value"),
        ({"passwordCredentials": [{"displayName": "x"}]}, "must be generated with service actions"),
    ],
)
def test_patch_refuses(graph: t.Any, body: dict[str, t.Any], text: str) -> None:
    """2, 11: what the published type does not hold, or may not be set; nothing of a refused request is kept"""
    application, principal = graph.instantiate()
    paths = [f"/applications/{application['id']}", f"/servicePrincipals/{principal['id']}"]
    before = [graph("GET", path, 200) for path in paths]
    assert text in graph.refused("PATCH", paths[0], 400, json={"description": "Ours", **body})["message"]
    assert [graph("GET", path, 200) for path in paths] == before


def role(value: str | None = "agent", **more: t.Any) -> dict[str, t.Any]:
    return {
        "id": "5d7a5b6e-0000-4000-8000-000000000001",
        "displayName": "Agent",
        "allowedMemberTypes": ["User"],
        "value": value,
        **more,
    }


def test_app_roles(graph: t.Any) -> None:
    """2.11: appended, disabled first, then removed"""
    application, principal = graph.instantiate()
    path = f"/applications/{application['id']}"
    kept = application["appRoles"]
    for app_role in kept:
        del app_role["origin"]
    ours = role(
        "arn:aws:iam::111122223333:role/Agent,arn:aws:iam::111122223333:saml-provider/Entra", description="Agents"
    )
    graph("PATCH", path, 204, json={"appRoles": [*kept, ours]})
    assert len(graph("GET", f"/servicePrincipals/{principal['id']}", 200)["appRoles"]) == 3
    assert "disabled first" in graph.refused("PATCH", path, 400, json={"appRoles": kept})["message"]
    assert (
        "disabled first"
        in graph.refused("PATCH", path, 400, json={"appRoles": [*kept, {**ours, "value": "other"}]})["message"]
    )
    graph("PATCH", path, 204, json={"appRoles": [*kept, {**ours, "isEnabled": False}]})
    graph("PATCH", path, 204, json={"appRoles": kept})
    assert len(graph("GET", path, 200)["appRoles"]) == 2


@pytest.mark.parametrize(
    "app_role",
    [
        role("x" * 121),
        role("with space"),
        role(".dot"),
        role(origin="Application"),
        role(allowedMemberTypes=["Everyone"]),
        role(isEnabled=False),
    ],
)
def test_app_role_refused(graph: t.Any, app_role: dict[str, t.Any]) -> None:
    """2.11: at most 120 characters, no spaces, no leading dot; origin is never sent"""
    application = graph("POST", "/applications", 201, json={"displayName": "Plain"})
    graph.refused("PATCH", f"/applications/{application['id']}", 400, json={"appRoles": [app_role]})


def test_logo(graph: t.Any) -> None:
    """2.16"""
    application, _principal = graph.instantiate()
    path = f"/applications/{application['id']}/logo"
    png = b"\x89PNG\r\n\x1a\n"
    graph("PUT", path, 204, data=png, headers={"Content-Type": "image/png"})
    assert graph("GET", path, 200) == png
    for kind, content in (
        ("text/plain", b"text"),
        ("image/bmp", b"BM"),
        ("image/png", b"BM"),
        ("image/jpeg", png),
        ("image/png", b""),
    ):
        graph.refused("PUT", path, 400, data=content, headers={"Content-Type": kind})


def test_owners(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """8.5: what an application registers, it owns; facts/entra.md E5: what it instantiates, nobody does"""
    registered = graph("POST", "/applications", 201, json={"displayName": "Registered"})
    assert [each["id"] for each in graph("GET", f"/applications/{registered['id']}/owners", 200)["value"]] == [
        seeded["clients"]["automation"]["service_principal_id"]
    ]
    application, principal = graph.instantiate()
    for path in (f"/applications/{application['id']}", f"/servicePrincipals/{principal['id']}"):
        assert graph("GET", f"{path}/owners", 200)["value"] == []
