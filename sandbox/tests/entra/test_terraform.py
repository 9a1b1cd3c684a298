# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HashiCorp's azuread provider, which is known to work on Microsoft's Graph, sends beyond what the modules need.

Read in github.com/hashicorp/terraform-provider-azuread @f0169e0 and the SDK that it vendors; error texts as reported in
public threads.
"""

from __future__ import annotations

import typing as t

import pytest

BETA = "https://graph.microsoft.com/beta"
TEMPLATE = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"


@pytest.fixture
def terraform(graph_as: t.Any) -> t.Any:
    """A client with every permission."""
    return graph_as("everything")


@pytest.fixture
def ids(terraform: t.Any, seeded: dict[str, t.Any]) -> dict[str, str]:
    """What the tables name in braces."""
    application, principal = terraform.saml_application()
    return {
        "application": application["id"],
        "app_id": application["appId"],
        "principal": principal["id"],
        "caller": seeded["clients"]["everything"]["service_principal_id"],
        "other": seeded["clients"]["owner"]["service_principal_id"],
        "jane": seeded["users"]["jane@contoso.com"],
        "ravi": seeded["users"]["ravi@contoso.com"],
        "group": seeded["groups"]["Agents"],
        "leads": seeded["groups"]["Leads"],
        "graph": "https://graph.microsoft.com/v1.0",
    }


def filled(content: t.Any, ids: dict[str, str]) -> t.Any:
    """A table's entry with the ids in it."""
    if isinstance(content, str):
        for name, value in ids.items():
            content = content.replace(f"{{{name}}}", value)
        return content
    if isinstance(content, dict):
        return {key: filled(value, ids) for key, value in content.items()}
    return [filled(each, ids) for each in content] if isinstance(content, list) else content


READS = [
    "/applications/{application}",
    "/applications/{application}?$select=oauth2RequirePostResponse",
    "/applications?$filter=appId eq '{app_id}'",
    "/applications/{application}/owners",
    "/servicePrincipals/{principal}",
    "/servicePrincipals/{principal}/owners",
    "/servicePrincipals?$filter=appId eq '{app_id}'",
    "/servicePrincipals/{principal}/claimsMappingPolicies",
    "/groups/{group}",
    "/groups/{group}/members",
    "/groups/{group}/transitiveMembers",
    "/groups/{group}/owners",
    "/users/{jane}",
]


@pytest.mark.parametrize("path", READS)
def test_beta_reads_as_the_other_version(terraform: t.Any, ids: dict[str, str], path: str) -> None:
    """Objects that both versions have are the same in both, but for the context"""
    expected = terraform("GET", filled(path, ids), 200)
    answer = terraform("GET", filled(BETA + path, ids), 200)
    assert answer.pop("@odata.context").startswith(f"{BETA}/$metadata#")
    for record in answer.get("value", [answer]):
        record.pop("samlMetadataUrl", None)
    for record in expected.get("value", [expected]):
        record.pop("samlMetadataUrl", None)
    assert answer == {key: value for key, value in expected.items() if key != "@odata.context"}


def test_saml_metadata_url_is_beta(terraform: t.Any, ids: dict[str, str]) -> None:
    """internal/services/serviceprincipals: "Needed because v1.0 API doesn't return `samlMetadataUrl`" """
    path = filled("/servicePrincipals/{principal}?$select=samlMetadataUrl", ids)
    assert terraform("GET", BETA + path, 200)["samlMetadataUrl"] is None
    assert "samlMetadataUrl" in terraform.refused("GET", path, 400)["message"]


def test_pages_of_beta_lead_on_in_beta(terraform: t.Any) -> None:
    """The next page is one of the same version"""
    page = terraform("GET", f"{BETA}/users?$top=1", 200)
    assert page["@odata.nextLink"].startswith(f"{BETA}/users?")
    assert terraform("GET", page["@odata.nextLink"], 200)["value"] != page["value"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/applications"),
        ("PATCH", "/applications/{application}"),
        ("DELETE", "/servicePrincipals/{principal}"),
        ("POST", "/groups/{group}/owners/$ref"),
    ],
)
def test_beta_takes_no_writes(terraform: t.Any, ids: dict[str, str], method: str, path: str) -> None:
    """What beta would make of them is not documented as stable; the sandbox says so"""
    error = terraform.refused(method, filled(BETA + path, ids), 501, json={"displayName": "x"})
    assert (error["code"], "Use /v1.0." in error["message"]) == ("NotImplemented", True)
    items = [
        {
            "id": "1",
            "method": "POST",
            "url": "/applications",
            "body": {},
            "headers": {"Content-Type": "application/json"},
        }
    ]
    assert [
        each["status"] for each in terraform("POST", f"{BETA}/$batch", 200, json={"requests": items})["responses"]
    ] == [501]


@pytest.mark.parametrize("path", ["/applications/{application}", "/servicePrincipals/{principal}", "/groups/{group}"])
def test_owners(terraform: t.Any, ids: dict[str, str], path: str) -> None:
    """Users and service principals own; both are shown, and each may be taken away again"""
    owners = filled(f"{path}/owners", ids)

    def listed() -> set[str]:
        return {each["id"] for each in terraform.every(owners)}

    assert listed() == set()
    for name in ("jane", "other"):
        body = {"@odata.id": filled(f"{{graph}}/directoryObjects/{{{name}}}", ids)}
        terraform("POST", f"{owners}/$ref", 204, json=body)
        assert "already exist" in terraform.refused("POST", f"{owners}/$ref", 400, json=body)["message"]
    assert listed() == {ids["jane"], ids["other"]}
    by_id = {each["id"]: each for each in terraform.every(owners)}
    assert (by_id[ids["jane"]]["@odata.type"], by_id[ids["jane"]]["userPrincipalName"]) == (
        "#microsoft.graph.user",
        "jane@contoso.com",
    )
    assert by_id[ids["other"]]["@odata.type"] == "#microsoft.graph.servicePrincipal"
    terraform("DELETE", f"{owners}/{ids['other']}/$ref", 204)
    terraform.refused("DELETE", f"{owners}/{ids['other']}/$ref", 404)
    assert listed() == {ids["jane"]}


@pytest.mark.parametrize("path", ["/applications/{application}", "/servicePrincipals/{principal}"])
def test_owners_are_expanded(terraform: t.Any, ids: dict[str, str], path: str) -> None:
    """Users as well, with what a plain read shows of them"""
    terraform(
        "POST",
        filled(f"{path}/owners/$ref", ids),
        204,
        json=filled({"@odata.id": "{graph}/directoryObjects/{jane}"}, ids),
    )
    owners = {each["id"]: each for each in terraform("GET", filled(f"{path}?$expand=owners", ids), 200)["owners"]}
    assert set(owners) == {ids["jane"]}
    assert owners[ids["jane"]]["mail"] == "jane@contoso.com"


REFERENCES = [
    ({}, 400, "A reference needs"),
    ({"@odata.id": "{jane}"}, 400, "Invalid URL format"),
    ({"@odata.id": "https://graph.microsoft.us/v1.0/directoryObjects/{jane}"}, 400, "Invalid URL format"),
    ({"@odata.id": "{graph}/applications/{application}"}, 400, "Invalid URL format"),
    # github.com/Azure/azure-cli/issues/11924
    (
        {"@odata.id": "{graph}/directoryObjects/{group}"},
        400,
        "'Group_{group}' of type 'Group' is invalid for the 'owners' reference.",
    ),
    (
        {"@odata.id": "{graph}/directoryObjects/{application}"},
        400,
        "of type 'Application' is invalid for the 'owners' reference.",
    ),
    ({"@odata.id": "{graph}/directoryObjects/00000000-0000-0000-0000-000000000001"}, 404, "does not exist"),
]


@pytest.mark.parametrize(("body", "status", "message"), REFERENCES)
def test_owners_refused(terraform: t.Any, ids: dict[str, str], body: dict[str, str], status: int, message: str) -> None:
    """What is no user and no service principal owns nothing"""
    path = filled("/applications/{application}/owners/$ref", ids)
    assert filled(message, ids) in terraform.refused("POST", path, status, json=filled(body, ids))["message"]
    if body:
        application = {"displayName": "Owned", "owners@odata.bind": [filled(body["@odata.id"], ids)]}
        terraform.refused("POST", "/applications", status, json=application)
    assert terraform.every("/applications?$filter=displayName eq 'Owned'") == []


def test_the_last_user_remains_the_owner_of_a_group(terraform: t.Any, ids: dict[str, str]) -> None:
    """Microsoft's page "Remove group owner": the last owner that is a user cannot be removed; other owners make no
    difference
    """
    owners = filled("/groups/{group}/owners", ids)
    for name in ("jane", "other"):
        terraform("POST", f"{owners}/$ref", 204, json={"@odata.id": filled(f"{{graph}}/users/{{{name}}}", ids)})
    refused = terraform.refused("DELETE", f"{owners}/{ids['jane']}/$ref", 400)
    assert refused["message"] == "The group must have at least one owner, hence this owner cannot be removed."
    terraform("POST", f"{owners}/$ref", 204, json={"@odata.id": filled("{graph}/users/{ravi}", ids)})
    terraform("DELETE", f"{owners}/{ids['jane']}/$ref", 204)


@pytest.mark.parametrize("names", [["caller"], ["caller", "jane"], ["jane"]])
def test_owners_at_creation(terraform: t.Any, ids: dict[str, str], names: list[str]) -> None:
    """owners@odata.bind: the provider names itself and up to 19 others, and takes itself away afterwards"""
    bound = {"owners@odata.bind": [filled(f"{{graph}}/directoryObjects/{{{name}}}", ids) for name in names]}
    application = terraform("POST", "/applications", 201, json={"displayName": "Owned", **bound})
    principal = terraform("POST", "/servicePrincipals", 201, json={"appId": application["appId"], **bound})
    for path in (f"/applications/{application['id']}", f"/servicePrincipals/{principal['id']}"):
        assert [each["id"] for each in terraform.every(f"{path}/owners")] == [ids[name] for name in names]
    terraform("DELETE", f"/applications/{application['id']}/owners/{ids[names[0]]}/$ref", 204)
    terraform.refused("PATCH", f"/applications/{application['id']}", 400, json=bound)


def test_an_owner_of_its_own_account(graph_as: t.Any, terraform: t.Any, ids: dict[str, str]) -> None:
    """facts/entra.md 8.5: who is made the owner of an application may change it with OwnedBy"""
    limited, path = graph_as("owner"), filled("/applications/{application}", ids)
    limited.refused("PATCH", path, 403, json={"notes": "x"})
    terraform("POST", f"{path}/owners/$ref", 204, json=filled({"@odata.id": "{graph}/servicePrincipals/{other}"}, ids))
    limited("PATCH", path, 204, json={"notes": "x"})


def test_managers(terraform: t.Any, ids: dict[str, str]) -> None:
    """A user's manager; 404 for none"""
    manager = terraform("GET", filled("/users/{jane}/manager", ids), 200)
    assert (manager["@odata.type"], manager["id"]) == ("#microsoft.graph.user", ids["ravi"])
    assert terraform("GET", "/users/jane@contoso.com/manager?$select=displayName", 200)["displayName"] == "ravi"
    error = terraform.refused("GET", filled("/users/{ravi}/manager", ids), 404)
    assert (error["code"], "'manager'" in error["message"]) == ("Request_ResourceNotFound", True)


@pytest.mark.parametrize("body", [{}, {"displayName": None}, {"endDateTime": None}])
def test_a_certificate_without_a_name(terraform: t.Any, ids: dict[str, str], body: dict[str, t.Any]) -> None:
    """docs/resources/service_principal_token_signing_certificate.md: the name that it has then"""
    certificate = terraform(
        "POST", filled("/servicePrincipals/{principal}/addTokenSigningCertificate", ids), 200, json=body
    )
    assert certificate["displayName"] == "CN=Microsoft Azure Federated SSO Certificate"


@pytest.mark.parametrize("path", ["/applications/{application}", "/servicePrincipals/{principal}"])
def test_a_body_may_repeat_its_own_id(terraform: t.Any, ids: dict[str, str], path: str) -> None:
    """The SDK's models carry the id of what they change; another's is refused"""
    own = ids["application" if "applications" in path else "principal"]
    terraform("PATCH", filled(path, ids), 204, json={"id": own, "notes": "x"})
    assert terraform("GET", filled(path, ids), 200)["notes"] == "x"
    assert (
        terraform.refused("PATCH", filled(path, ids), 400, json={"id": ids["jane"]})["details"][0]["code"]
        == "ReadOnlyProperty"
    )


def test_a_role_with_an_empty_value(terraform: t.Any, ids: dict[str, str]) -> None:
    """The provider sends roles without a value so, also those that it read as null"""
    path = filled("/applications/{application}", ids)
    roles = [{**role, "value": ""} for role in terraform("GET", path, 200)["appRoles"]]
    more = {
        "id": ids["jane"],
        "allowedMemberTypes": ["User"],
        "displayName": "More",
        "description": "More",
        "isEnabled": True,
        "value": "",
    }
    for app_role in roles:
        app_role.pop("origin")
    terraform("PATCH", path, 204, json={"appRoles": [*roles, more]})
    assert {role["value"] for role in terraform("GET", path, 200)["appRoles"]} == {None}
