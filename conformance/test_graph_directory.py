# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, groups, their members, pages and batches, read by Microsoft's SDK (facts/entra.md 5 and 9.3)."""

from __future__ import annotations

import collections.abc
import typing as t

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.groups.item.transitive_members.graph_user.graph_user_request_builder import (
    GraphUserRequestBuilder,
)
from msgraph.generated.models.application import Application
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.user import User
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.page_iterator import PageIterator

from entra_factory import USERS, Tenant
from federation_sandbox import clouds

pytestmark = pytest.mark.anyio

COLLEAGUES: t.Final = [f"agent{number:03}@contoso.com" for number in range(130)]


def asking(parameters: t.Any, *, eventual: bool = False) -> RequestConfiguration[t.Any]:
    """Query options, with the advanced query engine if told."""
    headers = HeadersCollection()
    if eventual:
        headers.add("ConsistencyLevel", "eventual")
    return RequestConfiguration(query_parameters=parameters, headers=headers)


async def every(
    graph: GraphServiceClient, first: t.Any, headers: collections.abc.Mapping[str, str] | None = None
) -> list[t.Any]:
    """All pages of a list, as the SDK turns them."""
    items: list[t.Any] = []
    pages = PageIterator(first, graph.request_adapter)
    for name, value in (headers or {}).items():
        pages.headers.add(name, value)

    def take(item: t.Any) -> bool:
        items.append(item)
        return True

    await pages.iterate(take)
    return items


@pytest.fixture
def crowd(tenant: Tenant) -> Tenant:
    """The tenant with a hundred and thirty colleagues more, in a group within a group."""
    clouds.seed(
        tenant.world,
        {
            "entra": {
                "tenants": [
                    {
                        "id": tenant.id,
                        "users": [{"userPrincipalName": name, "displayName": name[:8]} for name in COLLEAGUES],
                        "groups": [
                            {"displayName": "Everybody", "members": [*COLLEAGUES, "Agents"]},
                            {"displayName": "Agents", "members": ["jane@contoso.com"]},
                        ],
                    }
                ]
            }
        },
    )
    return tenant


async def test_users_in_pages(graph: GraphServiceClient, crowd: Tenant) -> None:
    """A page holds a hundred unless told; each next page is asked for as the last one says."""
    first = await graph.users.get()
    assert len(first.value) == 100
    assert {each.user_principal_name for each in await every(graph, first)} == {*COLLEAGUES, *USERS}
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        top=40, select=["id", "userPrincipalName", "accountEnabled"]
    )
    crowd.world.traffic.clear()
    users = await every(graph, await graph.users.get(asking(query)))
    assert len(users) == len(COLLEAGUES) + len(USERS)
    assert crowd.requests() == ["users.list"] * 4
    assert {(each.account_enabled, each.display_name) for each in users} == {(True, None)}


async def test_one_user(graph: GraphServiceClient, tenant: Tenant) -> None:
    """5.6: by id and by name; what is returned only when it is selected is not there else"""
    by_name = await graph.users.by_user_id("jane@contoso.com").get()
    by_id = await graph.users.by_user_id(tenant.users["jane@contoso.com"]).get()
    assert by_name.id == by_id.id == tenant.users["jane@contoso.com"]
    assert (by_id.display_name, by_id.account_enabled, by_id.user_type) == ("Jane", None, None)


async def test_filters(graph: GraphServiceClient, crowd: Tenant) -> None:
    """The ordinary engine and, with its header and count, the advanced one."""
    query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(filter="displayName eq 'Agents'")
    assert [each.id for each in (await graph.groups.get(asking(query))).value] == [crowd.groups["Agents"]]
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter="startswith(userPrincipalName,'agent01')", orderby=["displayName desc"]
    )
    with pytest.raises(ODataError) as refused:
        await graph.users.get(asking(query))
    assert refused.value.error.code == "Request_UnsupportedQuery"
    query.count = True
    page = await graph.users.get(asking(query, eventual=True))
    assert page.odata_count == 10
    assert [each.display_name for each in page.value][:2] == ["agent019", "agent018"]


async def test_members(graph: GraphServiceClient, crowd: Tenant) -> None:
    """5.4, 5.5: direct members are users and groups; transitive ones are found by the cast, with header and count"""
    (everybody,) = [each for each in (await graph.groups.get()).value if each.display_name == "Everybody"]
    group = graph.groups.by_group_id(everybody.id)
    members = await every(graph, await group.members.get())
    assert {type(each) for each in members} == {User, Group}
    assert len(members) == len(COLLEAGUES) + 1
    cast = group.transitive_members.graph_user
    with pytest.raises(ODataError):
        await cast.get()
    query = GraphUserRequestBuilder.GraphUserRequestBuilderGetQueryParameters(
        count=True, top=50, select=["userPrincipalName"]
    )
    first = await cast.get(asking(query, eventual=True))
    assert first.odata_count == len(COLLEAGUES) + 1
    people = await every(graph, first, {"ConsistencyLevel": "eventual"})
    assert {each.user_principal_name for each in people} == {*COLLEAGUES, "jane@contoso.com"}
    headers = HeadersCollection()
    headers.add("ConsistencyLevel", "eventual")
    assert await group.members.count.get(RequestConfiguration(headers=headers)) == len(members)


async def test_a_batch(graph: GraphServiceClient, tenant: Tenant) -> None:
    """9.3: a status for each; the SDK itself misspells dependsOn and loses the bodies, so neither is looked at here"""
    create = graph.applications.to_post_request_information(Application(display_name="From a batch"))
    missing = graph.applications.by_application_id("99999999-9999-4999-8999-999999999999").to_get_request_information()
    batch = BatchRequestContent()
    batch.add_request("create", BatchRequestItem(create, "create"))
    batch.add_request("missing", BatchRequestItem(missing, "missing"))
    batch.add_request("groups", BatchRequestItem(graph.groups.to_get_request_information(), "groups"))
    answers = await graph.batch.post(batch)
    assert answers.get_response_status_codes() == {"create": 201, "missing": 404, "groups": 200}
    assert {answers.get_response_by_id(key).content_type.partition(";")[0] for key in answers.responses} == {
        "application/json"
    }
    query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters(
        filter="displayName eq 'From a batch'"
    )
    assert len((await graph.applications.get(asking(query))).value) == 1
