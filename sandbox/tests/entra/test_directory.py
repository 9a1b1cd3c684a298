# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assignments, users and groups (facts/entra.md 5)."""

from __future__ import annotations

import typing as t

import pytest

EVENTUAL = {"ConsistencyLevel": "eventual"}
DEFAULT = "00000000-0000-0000-0000-000000000000"


def assign(graph: t.Any, principal: dict[str, t.Any], to: str, role: str | None = None) -> t.Any:
    body = {"principalId": to, "resourceId": principal["id"], "appRoleId": role or principal["appRoles"][0]["id"]}
    return graph.call("POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", json=body)


def test_assignment(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """5.1, 5.3"""
    _application, principal = graph.saml_application()
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    assignments = [
        assign(graph, principal, to).json() for to in (seeded["users"]["jane@contoso.com"], seeded["groups"]["Agents"])
    ]
    assert [each["principalType"] for each in assignments] == ["User", "Group"]
    assert assignments[1]["principalDisplayName"] == "Agents"
    assert {each["id"] for each in graph.every(path)} == {each["id"] for each in assignments}
    assert len(graph.every(f"{path}?$filter=startswith(principalDisplayName, 'Age')")) == 1
    assert graph("GET", f"{path}/{assignments[0]['id']}", 200) == assignments[0]
    graph("DELETE", f"{path}/{assignments[0]['id']}", 204)
    graph.refused("DELETE", f"{path}/{assignments[0]['id']}", 404)
    assert [each["id"] for each in graph.every(path)] == [assignments[1]["id"]]


def test_roles(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """5.2: default access only where no role is declared; an enabled role for users otherwise"""
    jane = seeded["users"]["jane@contoso.com"]
    _application, principal = graph.saml_application()
    assert "was not found" in assign(graph, principal, jane, DEFAULT).json()["error"]["message"]
    assert assign(graph, principal, jane, "5d7a5b6e-0000-4000-8000-000000000001").status_code == 400
    plain = graph("POST", "/applications", 201, json={"displayName": "Plain"})
    bare = graph("POST", "/servicePrincipals", 201, json={"appId": plain["appId"]})
    assert assign(graph, bare, jane, DEFAULT).status_code == 201


def test_duplicate(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """5.3"""
    _application, principal = graph.saml_application()
    jane = seeded["users"]["jane@contoso.com"]
    assert assign(graph, principal, jane).status_code == 201
    again = assign(graph, principal, jane)
    assert (again.status_code, again.json()["error"]["message"]) == (
        400,
        "Permission being assigned already exists on the object",
    )
    assert assign(graph, principal, jane, principal["appRoles"][1]["id"]).status_code == 201


@pytest.mark.parametrize("missing", ["principalId", "resourceId", "appRoleId"])
def test_incomplete(graph: t.Any, seeded: dict[str, t.Any], missing: str) -> None:
    """5.1; principalType is read-only"""
    _application, principal = graph.saml_application()
    body = {
        "principalId": seeded["groups"]["Agents"],
        "resourceId": principal["id"],
        "appRoleId": principal["appRoles"][0]["id"],
    }
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    graph.refused("POST", path, 400, json={name: value for name, value in body.items() if name != missing})
    graph.refused("POST", path, 400, json={**body, "principalType": "Group"})
    graph.refused("POST", path, 404, json={**body, "principalId": "5d7a5b6e-0000-4000-8000-000000000001"})


def test_beneath_the_principal(graph_as: t.Any, seeded: dict[str, t.Any]) -> None:
    """5.1"""
    graph = graph_as("everything")
    _application, principal = graph.saml_application()
    for path, key in (("users", seeded["users"]["jane@contoso.com"]), ("groups", seeded["groups"]["Agents"])):
        body = {"principalId": key, "resourceId": principal["id"], "appRoleId": principal["appRoles"][0]["id"]}
        assignment = graph("POST", f"/{path}/{key}/appRoleAssignments", 201, json=body)
        assert [each["id"] for each in graph.every(f"/{path}/{key}/appRoleAssignments")] == [assignment["id"]]
        graph("DELETE", f"/{path}/{key}/appRoleAssignments/{assignment['id']}", 204)


def names(objects: list[dict[str, t.Any]]) -> set[str]:
    return {each["displayName"] for each in objects}


def test_members(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """5.4: direct ones, groups among them, and those of nested groups"""
    path = f"/groups/{seeded['groups']['Agents']}"
    direct = graph.every(f"{path}/members")
    assert names(direct) == {"jane", "Leads"}
    assert {each["@odata.type"] for each in direct} == {"#microsoft.graph.user", "#microsoft.graph.group"}
    assert names(graph.every(f"{path}/transitiveMembers")) == {"jane", "Leads", "ravi"}


@pytest.mark.parametrize("cast", ["microsoft.graph.user", "graph.user"])
def test_cast_needs_the_advanced_engine(graph: t.Any, seeded: dict[str, t.Any], cast: str) -> None:
    """5.5"""
    path = f"/groups/{seeded['groups']['Agents']}/transitiveMembers/{cast}"
    assert graph.refused("GET", path, 400)["code"] == "Request_UnsupportedQuery"
    graph.refused("GET", f"{path}?$count=true", 400)
    graph.refused("GET", path, 400, headers=EVENTUAL)
    page = graph("GET", f"{path}?$count=true&$select=id,displayName,accountEnabled&$top=1", 200, headers=EVENTUAL)
    assert page["@odata.count"] == 2
    assert names(graph.every(f"{path}?$count=true&$top=1", headers=EVENTUAL)) == {"jane", "ravi"}
    only = graph.every(f"{path}?$count=true&$filter=accountEnabled eq false", headers=EVENTUAL)
    assert names(only) == {"ravi"}


def test_count_segment(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    path = f"/groups/{seeded['groups']['Agents']}/transitiveMembers/$count"
    assert graph.call("GET", path, headers=EVENTUAL).text == "3"
    graph.refused("GET", path, 400)


def test_user(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """5.6: the default set, and what is returned only when selected"""
    jane = graph("GET", f"/users/{seeded['users']['jane@contoso.com']}", 200)
    assert jane["mail"] == "jane@contoso.com"
    assert "accountEnabled" not in jane
    selected = graph("GET", "/users/jane@contoso.com?$select=accountEnabled,userType,employeeId", 200)
    assert (selected["accountEnabled"], selected["userType"], selected["employeeId"]) == (True, "Member", "7")
    graph.refused("GET", "/users/nobody@contoso.com", 404)


def test_guests(graph: t.Any) -> None:
    """5.9"""
    guests = graph.every("/users?$filter=userType eq 'Guest'&$select=id,userPrincipalName")
    assert [each["userPrincipalName"] for each in guests] == ["guest_fabrikam.com#EXT#@contoso.com"]


def test_groups(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """A group is found by its display name, in any case."""
    (group,) = graph.every("/groups?$filter=displayName eq 'agents'")
    assert group["id"] == seeded["groups"]["Agents"]
    assert graph("GET", f"/groups/{group['id']}", 200)["securityEnabled"] is True


def test_organization_and_domains(graph_as: t.Any, seeded: dict[str, t.Any]) -> None:
    """2.8a: the verified domains can be read"""
    graph = graph_as("everything")
    (organization,) = graph.every("/organization")
    assert organization["id"] == seeded["id"]
    assert {each["name"] for each in organization["verifiedDomains"]} == {
        each["id"] for each in graph.every("/domains")
    }
