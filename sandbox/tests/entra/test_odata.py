# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What $filter, $select, $top, $count, $orderby and $expand do, and what Graph refuses (facts/entra.md 5.5, 5.6,
9.2).
"""

from __future__ import annotations

import typing as t

import pytest

from federation_sandbox.clouds import seed
from federation_sandbox.entra.graph.filters import Filter
from federation_sandbox.entra.graph.odata import Query
from federation_sandbox.service import CloudError

EVENTUAL = {"ConsistencyLevel": "eventual"}
RECORD = {
    "displayName": "Amazon Connect",
    "appId": "a",
    "tags": ["HideApp", "openccp"],
    "identifierUris": ["urn:amazon:webservices"],
    "description": None,
    "createdDateTime": "2025-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("displayName eq 'amazon connect'", True),
        ("displayName eq 'O''Brien'", False),
        ("startswith(displayName, 'Amazon')", True),
        ("startswith(displayName,'x') or appId eq 'a'", True),
        ("displayName eq 'x' and appId eq 'a'", False),
        ("(displayName eq 'x' or appId eq 'a') and startswith(displayName,'am')", True),
        ("displayName in ('x', 'Amazon Connect')", True),
        ("tags/any(t:t eq 'openccp')", True),
        ("tags/any(x:startswith(x,'Hide'))", True),
        ("tags/any(t:t eq 'other')", False),
        ("identifierUris/any(u:u eq 'urn:amazon:webservices')", True),
        ("description eq null", True),
        ("createdDateTime ge 2024-12-31T00:00:00Z", True),
        ("createdDateTime le 2024-12-31T00:00:00Z", False),
        ("not(displayName eq 'x')", True),
        ("displayName ne 'x'", True),
    ],
)
def test_filter(text: str, accepted: bool) -> None:
    assert Filter.parse("application", text, advanced=True).accepts(RECORD) is accepted


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("application", "displayName eq"),
        ("application", "displayName eq 'x' and"),
        ("application", "displayName eq 'x"),
        ("application", "displayName = 'x'"),
        ("application", "nonsense eq 'x'"),
        ("application", "displayName eq 7"),
        ("application", "displayName eq x"),
        ("application", "notes eq 'x'"),
        ("application", "uniqueName eq 'x'"),
        ("application", "contains(displayName,'x')"),
        ("application", "displayName/any(t:t eq 'x')"),
        ("application", "tags/all(t:t eq 'x')"),
        ("application", "tags eq 'x'"),
        ("application", "tags ge 'x'"),
        ("application", "startswith(tags,'x')"),
        ("application", "tags in ('x')"),
        ("application", "info eq 'x'"),
        ("application", "info ge 'x'"),
        ("application", "keyCredentials/any(k:k ge 'x')"),
        ("application", "(" * 2000 + "displayName eq 'x'" + ")" * 2000),
        ("application", "not " * 2000 + "displayName eq 'x'"),
        ("application", "displayName eq 'x' displayName eq 'y'"),
        ("application", "tolower(displayName) eq 'x'"),
        ("servicePrincipal", "preferredSingleSignOnMode eq 'saml'"),
        ("appRoleAssignment", "principalId eq 5d7a5b6e-0000-4000-8000-000000000001"),
        ("appRoleAssignment", "resourceId eq '5d7a5b6e-0000-4000-8000-000000000001'"),
        ("user", "accountEnabled eq 'true'"),
        ("user", "displayName in (" + ",".join(f"'{number}'" for number in range(16)) + ")"),
    ],
)
def test_filter_refused(kind: str, text: str) -> None:
    """Only what the published descriptions say, in the form that OData wants."""
    with pytest.raises(CloudError) as refused:
        Filter.parse(kind, text, advanced=True)
    assert refused.value.status == 400


@pytest.mark.parametrize("text", ["displayName ne 'x'", "not(displayName eq 'x')", "endswith(mail,'x')"])
def test_advanced_operators(graph: t.Any, text: str) -> None:
    """5.5: header and $count"""
    assert graph.refused("GET", f"/users?$filter={text}", 400)["code"] == "Request_UnsupportedQuery"
    graph("GET", f"/users?$filter={text}&$count=true", 200, headers=EVENTUAL)


@pytest.mark.parametrize(
    "options",
    [
        "$select=nonsense",
        "$filter=nonsense eq 'x'",
        "$top=0",
        "$top=1000",
        "$top=x",
        "$count=maybe",
        "$count=true",
        "$skip=1",
        "$format=json",
        "$orderby=nonsense",
        "$orderby=displayName&$filter=startswith(displayName,'x')",
        "$expand=nonsense",
        "$skiptoken=nonsense",
        "$skiptoken=eyJza2lwIjogLTF9",  # {"skip": -1}
        "$skiptoken=eyJza2lwIjogMWU0MDB9",  # {"skip": 1e400}
        "$search=x",
        "$top=1&$top=2",
        "$filter=displayName eq 'x'&$filter=displayName eq 'y'",
        "filter=displayName eq 'x'",
        "top=1",
    ],
)
def test_options_refused(graph: t.Any, options: str) -> None:
    graph.refused("GET", f"/applications?{options}", 400)


@pytest.mark.parametrize(
    "options",
    ["$filter=displayName eq 'x'", "$top=1", "$count=true", "$orderby=displayName", "$skiptoken=x", "$search=x"],
)
def test_options_of_lists_are_refused_for_one_object(graph: t.Any, tenant: t.Any, options: str) -> None:
    application, _principal = graph.instantiate()
    graph.session.headers.update(EVENTUAL)
    paths = [f"/applications/{application['id']}", "/policies/defaultAppManagementPolicy"]
    group = next(tenant["groups"].current())
    paths.append(f"/groups/{group['id']}/members/$count")
    for path in paths:
        graph.refused("GET", f"{path}?{options}", 400)


def test_one_object_shows_what_is_selected(graph: t.Any) -> None:
    assert set(graph("GET", "/policies/defaultAppManagementPolicy?$select=isEnabled", 200)) == {
        "@odata.context",
        "id",
        "isEnabled",
    }
    graph.refused("GET", "/policies/defaultAppManagementPolicy?$select=nonsense", 400)


@pytest.mark.parametrize("key", ["displayName='Amazon Connect'", "nonsense='x'"])
def test_only_alternate_keys_address_an_object(graph: t.Any, key: str) -> None:
    """2.19"""
    graph.instantiate()
    graph.refused("GET", f"/applications({key})", 400)
    graph.refused("GET", "/users(displayName='jane')", 400)


def test_select_and_order(graph: t.Any) -> None:
    for name in ("b", "A", "c"):
        graph("POST", "/applications", 201, json={"displayName": name})
    applications = graph.every("/applications?$select=displayName&$orderby=displayName desc")
    assert [each["displayName"] for each in applications[:3]] == ["owner", "everything", "c"]
    assert all(set(each) <= {"id", "displayName"} for each in applications)


@pytest.mark.parametrize(
    "path", ["/nonsense", "/applications/x/nonsense", "/policies/nonsense", "/servicePrincipals/x/y/z"]
)
def test_unknown_segment(graph: t.Any, path: str) -> None:
    assert "Resource not found for the segment" in graph.refused("GET", path, 400)["message"]


def test_method_and_body(graph: t.Any) -> None:
    graph.refused("PUT", "/applications", 405)
    graph.refused("POST", "/applications", 400, data="{", headers={"Content-Type": "application/json"})
    graph.refused("POST", "/applications", 400, data="displayName=x")
    graph.refused("POST", "/applications", 400, json=[])


def test_a_page_of_ten_thousand_users_renders_its_own_users_only(
    sandbox: t.Any, graph_of: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5.5: $top up to 999, nextLink followed as it is; a page may not cost as much as the whole list"""
    users = [{"userPrincipalName": f"u{number}@contoso.com"} for number in range(10_000)]
    group = {"displayName": "All", "members": [each["userPrincipalName"] for each in users]}
    content = {"clients": [{"secrets": ["s3cret"]}], "users": users, "groups": [group]}
    seeded = seed(sandbox.world, {"entra": {"tenants": [content]}})["entra"]["tenants"][0]
    graph = graph_of(seeded, "automation")
    graph.contract = None
    graph.session.headers.update(EVENTUAL)
    options = "$count=true&$select=id,userPrincipalName&$top=999"
    sandbox.world.traffic.clear()
    rendered: list[str] = []
    project = Query.project

    def counted_project(query: Query, record: t.Any, everything: bool = False) -> dict[str, t.Any]:
        rendered.append(record["id"])
        return project(query, record, everything)

    monkeypatch.setattr(Query, "project", counted_project)
    members = graph.every(f"/groups/{seeded['groups']['All']}/transitiveMembers/microsoft.graph.user?{options}")
    assert len({each["userPrincipalName"] for each in members}) == 10_000
    assert len(sandbox.world.traffic.requests()) == 11
    assert len(rendered) == 10_000
