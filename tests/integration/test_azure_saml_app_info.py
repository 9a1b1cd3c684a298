# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app_info against the sandbox."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest

from entra_factory import APP, MODULE, SMALL, Tenant, steady
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox

INFO: t.Final = "azure_saml_app_info"
SECOND: t.Final = {**SMALL, "name": "Back office", "identifiers": ["https://signin.aws.amazon.com/saml#2"]}


@pytest.fixture
def two(tenant: Tenant) -> Tenant:
    """A tenant with an application of ours, and one that is no longer tagged as such."""
    tenant.run(MODULE, APP)
    tenant.run(MODULE, SECOND)
    record = next(record for record in tenant.all("applications") if record["displayName"] == "Back office")
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
    result = two.check(INFO, params)
    assert [application["name"] for application in result["applications"]] == names
    assert not result["changed"]


def test_everything_of_one(tenant: Tenant) -> None:
    created = tenant.run(MODULE, APP)["application"]
    (application,) = tenant.run(INFO, {"app_id": created["app_id"], "metadata": True})["applications"]
    assert steady(application) == steady(created)
    assert application["metadata_xml"]
    tenant.world.clock.advance(dt.timedelta(days=100))
    (later,) = tenant.run(INFO, {})["applications"]
    assert (later["days_left"], later["certificates"][0]["days_left"]) in ((994, 994), (995, 995))
    assert "metadata_xml" not in later


def test_requests_of_many(sandbox: Sandbox) -> None:
    """Twelve applications are read in two batches of parts, not one by one."""
    tenant = Tenant(sandbox)
    for number in range(12):
        tenant.run(
            MODULE,
            {**SMALL, "name": f"Centre {number:02}", "identifiers": [f"https://signin.aws.amazon.com/saml#{number}"]},
        )
    assert len(tenant.run(INFO, {})["applications"]) == 12
    assert tenant.requests() == ["token", "applications.list", "batch.post", "batch.post"]


def test_what_the_permissions_do_not_show(sandbox: Sandbox) -> None:
    tenant = Tenant(sandbox)
    tenant.run(MODULE, APP)
    tenant.grant("Application.ReadWrite.All")
    (application,) = tenant.run(INFO, {})["applications"]
    assert application["not_readable"] == ["policies"]
    assert "claims" not in application
    assert application["certificates"]
    unchanged = tenant.run(MODULE, SMALL)
    assert not unchanged.failed
    refused = tenant.run(MODULE, APP)
    assert "Policy.Read.All" in refused["msg"]


def test_claims_are_shown_to_those_who_may_only_read(sandbox: Sandbox) -> None:
    """facts/entra.md E6: not where they are assigned, but in the list of policies and by what each applies to."""
    tenant = Tenant(sandbox)
    for number in range(3):
        role = {**APP["role_claims"][0], "role_arn": f"arn:aws:iam::123456789012:role/Agent{number}"}
        identifier = f"https://signin.aws.amazon.com/saml#{number}"
        tenant.run(MODULE, {**APP, "name": f"Centre {number}", "identifiers": [identifier], "role_claims": [role]})
    whole = tenant.run(INFO, {})["applications"]
    tenant.grant("Application.Read.All", "Policy.Read.All")
    assert [steady(application) for application in tenant.run(INFO, {})["applications"]] == [
        steady(application) for application in whole
    ]
    assert len({json.dumps(application["claims"]) for application in whole}) == 3
    tenant.grant("Application.Read.All")
    assert {tuple(application["not_readable"]) for application in tenant.run(INFO, {})["applications"]} == {
        ("policies",)
    }


def test_a_certificate_is_waited_for(two: Tenant) -> None:
    centre = {
        "app_id": next(
            record["appId"] for record in two.all("applications") if record["displayName"] == "Contact centre"
        )
    }
    certificate = two.run("azure_saml_certificate", centre)["certificate"]
    two.world.settings.change({"metadata_lag": 2.0})
    (application,) = two.run(INFO, {**centre, "wait_for_thumbprint": certificate["thumbprint"].lower()})["applications"]
    assert application["metadata_xml"].count("<X509Certificate>") >= 2
    assert certificate["thumbprint"] in [certificate["thumbprint"] for certificate in application["certificates"]]
    unknown = two.run(INFO, {**centre, "wait_for_thumbprint": "0" * 40, "wait_timeout": 1})
    assert unknown["failed"]
    assert "0" * 40 in unknown["msg"]
    several = two.run(INFO, {"scope": "all", "wait_for_thumbprint": certificate["thumbprint"]})
    assert several["failed"]
    assert "2 are meant" in several["msg"]


def test_a_certificate_that_a_replica_does_not_know_yet(two: Tenant) -> None:
    """Right after it was made; reads that wait for it do not select the keys, of which a tenant allows 150 a minute"""
    centre = {
        "app_id": next(
            record["appId"] for record in two.all("applications") if record["displayName"] == "Contact centre"
        )
    }
    two.world.clock.advance(dt.timedelta(minutes=5))
    # Which replica is old is decided by faults alone.
    two.world.settings.change({"graph_replication": 240.0, "graph_flapping": 1e-9})
    thumbprint = two.run("azure_saml_certificate", centre)["certificate"]["thumbprint"]
    trusted = {"thumbprint": thumbprint, "state": "active", "trusted_thumbprints": [thumbprint]}
    for module, params in ((INFO, {"wait_for_thumbprint": thumbprint}), ("azure_saml_certificate", trusted)):
        old = Fault("graph", "*", kind="stale", times=16)
        two.world.faults.add(old)
        result = two.run(module, {**centre, **params})
        assert not result.failed, result["msg"]
        assert old.met >= old.times, "the old replica was not asked"
        assert sum(entry["key_material"] for entry in two.world.traffic.entries("graph")) <= 3
