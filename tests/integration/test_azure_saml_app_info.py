# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app_info against the sandbox."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from entra_material import APP, MODULE, SMALL, Tenant, steady
from federation_sandbox.testing import Sandbox

INFO: t.Final = "azure_saml_app_info"
SECOND: t.Final = {**SMALL, "name": "Back office", "identifiers": ["https://signin.aws.amazon.com/saml#2"]}


@pytest.fixture
def two(tenant: Tenant) -> Tenant:
    """A tenant with an application of ours, and one that is no longer tagged as such."""
    tenant.run(MODULE, APP)
    tenant.run(MODULE, SECOND)
    record = next(one for one in tenant.all("applications") if one["displayName"] == "Back office")
    tenant.directory["applications"].put({**record, "tags": []}, settled=True)
    return tenant


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, ["Contact centre"]),
        ({"scope": "all"}, ["Back office", "Contact centre"]),
        ({"name": "Back office"}, ["Back office"]),
        ({"identifier": "urn:amazon:webservices"}, ["Contact centre"]),
        ({"identifier": "urn:nobody"}, []),
        ({"name": "Nobody"}, []),
        ({"app_id": "11111111-2222-3333-4444-555555555555"}, []),
    ],
)
def test_what_is_shown(two: Tenant, params: dict[str, t.Any], names: list[str]) -> None:
    shown = two.check(INFO, params)
    assert [one["name"] for one in shown["applications"]] == names
    assert not shown["changed"]


def test_everything_of_one(tenant: Tenant) -> None:
    made = tenant.run(MODULE, APP)["application"]
    (shown,) = tenant.run(INFO, {"app_id": made["app_id"], "metadata": True})["applications"]
    assert steady(shown) == steady(made)
    assert shown["metadata_xml"]
    tenant.world.clock.advance(dt.timedelta(days=100))
    (later,) = tenant.run(INFO, {})["applications"]
    assert (later["days_left"], later["certificates"][0]["days_left"]) in ((994, 994), (995, 995))
    assert "metadata_xml" not in later


def test_requests_of_many(sandbox: Sandbox) -> None:
    """Twelve applications are read in two batches of parts, not one by one."""
    tenant = Tenant(sandbox)
    for number in range(12):
        tenant.run(MODULE, {**SMALL, "name": f"Centre {number:02}", "identifiers": [f"https://signin.aws.amazon.com/saml#{number}"]})
    assert len(tenant.run(INFO, {})["applications"]) == 12
    assert tenant.requests() == ["token", "applications.list", "batch.post", "batch.post"]


def test_what_the_permissions_do_not_show(sandbox: Sandbox) -> None:
    tenant = Tenant(sandbox)
    tenant.run(MODULE, APP)
    entra = tenant.directory
    graph = next(one for one in entra["servicePrincipals"].current() if one.get("appId") == "00000003-0000-0000-c000-000000000000")
    keep = {role["id"] for role in graph["appRoles"] if role["value"] == "Application.ReadWrite.All"}
    for each in list(entra["appRoleAssignments"].current()):
        if each["principalId"] == tenant.client["service_principal_id"] and each["appRoleId"] not in keep:
            entra["appRoleAssignments"].delete(each["id"])
    (shown,) = tenant.run(INFO, {})["applications"]
    assert shown["unread"] == ["policies"]
    assert "claims" not in shown
    assert shown["certificates"]
    unchanged = tenant.run(MODULE, SMALL)
    assert not unchanged.failed
    refused = tenant.run(MODULE, APP)
    assert "Policy.Read.All" in refused["msg"]
