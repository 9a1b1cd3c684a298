# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app where each request may reach another replica (facts/corrections.md E1 to E3), in the sandbox's time."""

from __future__ import annotations

import collections.abc
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.modules import azure_saml_app, azure_saml_certificate

from entra_material import APP, SECRET, Tenant
from virtual_time import VirtualTime, connecting, run_here

#: Replication takes 15 seconds, in which three of ten reads reach an old replica; lists lag as long, those of assignments longer.
REPLICAS: t.Final = {"graph_replication": 15.0, "graph_flapping": 0.3, "metadata_lag": 15.0, "graph_assignments_lag": 45.0}
SEEDS: t.Final = [pytest.param(seed, marks=[pytest.mark.soak] if seed >= 5 else []) for seed in range(50)]
#: Reads that select keyCredentials which a new federation may make; the tenant has 150 a minute.
KEY_READS: t.Final = 30


@pytest.fixture
def here(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> collections.abc.Callable[..., VirtualTime]:
    """Begin virtual time, for so many workers, in a process whose clients reach the sandbox."""
    for name, value in tenant.sandbox.environment.items():
        monkeypatch.setenv(name, value)

    def begin(workers: int = 1) -> VirtualTime:
        time = VirtualTime(tenant.world, monkeypatch, workers)
        for module in (azure_saml_app, azure_saml_certificate):
            monkeypatch.setattr(module, "connect", connecting(time))
        return time

    return begin


def _credentials(tenant: Tenant) -> dict[str, t.Any]:
    return {"tenant_id": tenant.id, "client_id": tenant.client["client_id"], "client_secret": SECRET}


def _app(tenant: Tenant, time: VirtualTime, **change: t.Any) -> dict[str, t.Any]:
    certificate = {"common_name": "Microsoft Azure Federated SSO Certificate", "validity_days": 1095}
    params = {**APP, "signing_certificate": certificate, **change, **_credentials(tenant)}
    return run_here(azure_saml_app, "SamlApp", "application", params, time)


def _key_reads(tenant: Tenant) -> int:
    return sum(entry["key_material"] for entry in tenant.world.traffic.entries("graph"))


def _whole(tenant: Tenant) -> None:
    (application,), (principal,) = tenant.all("applications"), tenant.all("servicePrincipals")
    assert application["displayName"] == "Contact centre"
    assert sorted(key["usage"] for key in principal["keyCredentials"]) == ["Sign", "Verify"]
    assert len(tenant.all("claimsMappingPolicies")) == 1
    assert len([one for one in tenant.all("appRoleAssignments") if one["resourceId"] == principal["id"]]) == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_no_first_run_fails(tenant: Tenant, here: t.Callable[..., VirtualTime], seed: int) -> None:
    tenant.world.settings.change({**REPLICAS, "flapping_seed": seed})
    time = here()
    made = _app(tenant, time)
    assert not made.get("failed"), made["msg"]
    assert _key_reads(tenant) <= KEY_READS
    _whole(tenant)
    time.sleep(1)
    again = _app(tenant, time)
    assert not again.get("failed"), again["msg"]
    assert not again["changed"], again["actions"]
