# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Microsoft's SDK makes of refusals, limits and delays (facts/entra.md 1 and 9)."""

from __future__ import annotations

import collections.abc
import datetime as dt
import time

import pytest
from azure.core.credentials import AccessToken
from msgraph.generated.application_templates.item.instantiate.instantiate_post_request_body import (
    InstantiatePostRequestBody,
)
from msgraph.generated.models.application import Application
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.graph_service_client import GraphServiceClient

from entra_factory import Tenant
from federation_sandbox.faults import Fault

pytestmark = pytest.mark.anyio

NOBODY = "99999999-9999-4999-8999-999999999999"


async def refusal(call: collections.abc.Awaitable[object]) -> ODataError:
    """The error of a call, with what every error of Microsoft Graph carries."""
    with pytest.raises(ODataError) as refused:
        await call
    error = refused.value
    assert error.error.message
    assert error.error.inner_error.request_id == error.response_headers["request-id"]
    assert error.error.inner_error.client_request_id == error.response_headers["client-request-id"]
    assert isinstance(error.error.inner_error.date, dt.datetime)
    return error


async def test_what_is_not_there(graph: GraphServiceClient) -> None:
    """9.4"""
    error = await refusal(graph.applications.by_application_id(NOBODY).get())
    assert (error.response_status_code, error.error.code) == (404, "Request_ResourceNotFound")
    assert NOBODY in error.error.message


async def test_a_body_that_is_refused(graph: GraphServiceClient) -> None:
    """9.4"""
    for application, target in (
        (Application(), "displayName"),
        (Application(display_name="x", notes="x" * 1025), "notes"),
    ):
        error = await refusal(graph.applications.post(application))
        assert (error.response_status_code, error.error.code) == (400, "Request_BadRequest")
        assert [each.target for each in error.error.details] == [target]


async def test_a_call_without_the_permission(graph: GraphServiceClient) -> None:
    """9.5: the organization is not among what the modules ask for"""
    error = await refusal(graph.organization.get())
    assert (error.response_status_code, error.error.code) == (403, "Authorization_RequestDenied")


async def test_a_token_that_nobody_issued(tenant: Tenant) -> None:
    class Forger:
        def get_token(self, *scopes: str, **_options: object) -> AccessToken:
            return AccessToken("nonsense", int(time.time()) + 3600)

    error = await refusal(GraphServiceClient(Forger()).applications.get())
    assert (error.response_status_code, error.error.code) == (401, "InvalidAuthenticationToken")


async def test_the_sdk_waits_as_long_as_the_limit_says(graph: GraphServiceClient, tenant: Tenant) -> None:
    """9.1, 9.2: 429 with Retry-After, which the SDK's own middleware obeys"""
    await graph.applications.get()
    tenant.world.settings.change({"limit_scale": 0.002})
    # A read takes two of seven units, and a call's time gives 0.3 back: the fourth is refused, the fifth is not.
    tenant.world.clock.hold(step=0.43)
    tenant.world.traffic.clear()
    started = time.monotonic()
    for _ in range(4):
        assert (await graph.applications.get()).value is not None
    statuses = [entry["status"] for entry in tenant.world.traffic.entries("graph")]
    assert statuses == [200, 200, 200, 429, 200]
    assert time.monotonic() - started >= 1


async def test_the_sdk_repeats_what_the_service_asks_to_repeat(graph: GraphServiceClient, tenant: Tenant) -> None:
    """9.5: 503 and 504, for reads and writes"""
    headers = {"Retry-After": "1"}
    for operation, status in (("applications.list", 503), ("applications.create", 504)):
        fault = Fault("graph", operation, status=status, code="UnknownError", message="Try again.", headers=headers)
        tenant.world.faults.add(fault)
    assert (await graph.applications.post(Application(display_name="x"))).id
    assert "x" in [each.display_name for each in (await graph.applications.get()).value]
    assert [entry["status"] for entry in tenant.world.traffic.entries("graph")] == [504, 201, 503, 200]


async def test_a_new_object_is_not_there_at_once(graph: GraphServiceClient, tenant: Tenant) -> None:
    """1.7, 1.9: 404 until it has been replicated; lists later still"""
    tenant.world.settings.change({"graph_replication": 60, "graph_index_lag": 120})
    application = await graph.applications.post(Application(display_name="Late"))
    assert (await refusal(graph.applications.by_application_id(application.id).get())).response_status_code == 404
    tenant.world.clock.advance(dt.timedelta(seconds=61))
    assert (await graph.applications.by_application_id(application.id).get()).display_name == "Late"
    assert "Late" not in [each.display_name for each in (await graph.applications.get()).value]
    tenant.world.clock.advance(dt.timedelta(seconds=60))
    assert "Late" in [each.display_name for each in (await graph.applications.get()).value]


async def test_instantiate_that_answers_404_made_the_application(graph: GraphServiceClient, tenant: Tenant) -> None:
    """1.8"""
    fault = Fault("graph", "applicationTemplate.instantiate", "masked", status=404, code="Request_ResourceNotFound")
    tenant.world.faults.add(fault)
    template = graph.application_templates.by_application_template_id("8adf8e6e-67b2-4cf2-a259-e3dc5476c621")
    error = await refusal(template.instantiate.post(InstantiatePostRequestBody(display_name="Hidden")))
    assert error.response_status_code == 404
    assert "Hidden" in [each.display_name for each in (await graph.applications.get()).value]
