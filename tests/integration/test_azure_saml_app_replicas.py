# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app where each request may reach another replica (facts/entra.md E1 to E3), in the sandbox's time."""

from __future__ import annotations

import base64
import collections.abc
import functools
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra import certificate_resource, saml_app_resource
from ansible_collections.openccp.federation.plugins.modules import azure_saml_app, azure_saml_certificate

from entra_factory import APP, SECRET, Tenant
from federation_sandbox.entra.graph.deleted_items import SAML_DELETION
from federation_sandbox.faults import Fault
from virtual_time import VirtualTime, at_once, connecting, defaults_of, run_here

#: Replication takes 15 seconds, in which three of ten reads reach an old replica; lists lag as long, those of
#: assignments longer.
REPLICAS: t.Final = {
    "graph_replication": 15.0,
    "graph_flapping": 0.3,
    "metadata_lag": 15.0,
    "graph_assignments_lag": 45.0,
}
SEEDS: t.Final = [pytest.param(seed, marks=[pytest.mark.soak] if seed >= 5 else []) for seed in range(50)]
#: Reads that select keyCredentials which a new federation may make; the tenant has 150 a minute.
KEY_READS: t.Final = 30


@pytest.fixture
def begin_time(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> collections.abc.Callable[..., VirtualTime]:
    """Begin virtual time, for so many workers, in a process whose clients reach the sandbox."""
    for name, value in tenant.sandbox.environment.items():
        monkeypatch.setenv(name, value)

    def begin(workers: int = 1) -> VirtualTime:
        time = VirtualTime(tenant.world, monkeypatch, workers)
        for module, resource in (
            (azure_saml_app, saml_app_resource),
            (azure_saml_certificate, certificate_resource),
        ):
            defaults_of(module)
            monkeypatch.setattr(resource, "connect", connecting(time))
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
    assert (
        len(
            [
                assignment
                for assignment in tenant.all("appRoleAssignments")
                if assignment["resourceId"] == principal["id"]
            ]
        )
        == 2
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_no_first_run_fails(tenant: Tenant, begin_time: t.Callable[..., VirtualTime], seed: int) -> None:
    tenant.world.settings.change({**REPLICAS, "flapping_seed": seed})
    time = begin_time()
    created = _app(tenant, time)
    assert not created.get("failed"), created["msg"]
    assert _key_reads(tenant) <= KEY_READS
    _whole(tenant)
    time.sleep(1)
    again = _app(tenant, time)
    assert not again.get("failed"), again["msg"]
    assert not again["changed"], again["actions"]


def test_a_cloud_that_is_up_to_date_is_asked_no_more_than_needed(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime]
) -> None:
    time = begin_time()
    assert not _app(tenant, time).get("failed")
    assert len(tenant.world.traffic.requests()) <= 25
    assert (_key_reads(tenant), time.now()) == (0, 0.5)


@pytest.mark.parametrize(
    "lags", [{}, {"graph_index_lag": 5.0, "graph_replication": 5.0}, REPLICAS], ids=["prompt", "late", "replicas"]
)
def test_two_first_runs_at_once(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime], lags: dict[str, float]
) -> None:
    """Both end well, with one application, one signing certificate and one claims policy."""
    tenant.world.settings.change(lags)
    time = begin_time(2)
    results = at_once(time, [lambda: _app(tenant, time)] * 2)
    assert [result.get("msg") for result in results] == [None, None]
    assert len({result["application"]["app_id"] for result in results}) == 1
    time.sleep(60)
    assert len(tenant.all("applications")) == 1
    _whole(tenant)
    assert not _app(tenant, time)["changed"]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_rotations_at_once(tenant: Tenant, begin_time: t.Callable[..., VirtualTime], seed: int) -> None:
    """Both go on with the same certificate"""
    tenant.world.settings.change({**REPLICAS, "flapping_seed": seed})
    time = begin_time(1)
    short = {"common_name": "Microsoft Azure Federated SSO Certificate", "validity_days": 30}
    app_id = _app(tenant, time, signing_certificate=short)["application"]["app_id"]
    time.sleep(60)
    params = {"app_id": app_id, "state": "staged", "validity_days": 365, **_credentials(tenant)}

    def stage() -> dict[str, t.Any]:
        return run_here(azure_saml_certificate, "SamlCertificate", "certificate", params, time)

    time.join()
    results = at_once(time, [stage] * 2)
    assert [result.get("msg") for result in results] == [None, None]
    assert len({result["certificate"]["thumbprint"] for result in results}) == 1
    time.sleep(60)
    (principal,) = tenant.all("servicePrincipals")
    assert sorted(key["usage"] for key in principal["keyCredentials"]) == ["Sign", "Sign", "Verify", "Verify"]
    assert not stage()["changed"]


def _certificate(tenant: Tenant, time: VirtualTime, **change: t.Any) -> dict[str, t.Any]:
    """What azure_saml_certificate returns for the only application."""
    (application,) = tenant.all("applications")
    params = {"app_id": application["appId"], "common_name": "Sign-in", "validity_days": 1095, **_credentials(tenant)}
    result = run_here(azure_saml_certificate, "SamlCertificate", "certificate", {**params, **change}, time)
    assert not result.get("failed"), result["msg"]
    return result


#: In which clouds the credentials are waited for: up to date, behind, going backwards.
CLOUDS: t.Final = {"prompt": {}, "late": {"graph_index_lag": 5.0, "graph_replication": 20.0}, "replicas": REPLICAS}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_life_of_certificates_where_plain_reads_show_no_credentials(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime], cloud: str
) -> None:
    """They are selected then, and nothing is taken for missing or gone that is only not shown."""
    tenant.world.settings.change({**CLOUDS[cloud], "plain_reads_show_credentials": False})
    time = begin_time()
    created = _app(tenant, time)
    assert not created.get("failed"), created["msg"]
    assert created["application"]["active_thumbprint"]
    _whole(tenant)
    time.sleep(60)
    assert not _app(tenant, time)["changed"]
    first = created["application"]["active_thumbprint"]
    second = _certificate(tenant, time, state="staged")["certificate"]["thumbprint"]
    assert not _certificate(tenant, time, state="staged")["changed"]
    _certificate(tenant, time, state="active", thumbprint=second, trusted_thumbprints=[first, second])
    _certificate(tenant, time, state="absent", thumbprint=first)
    (principal,) = tenant.all("servicePrincipals")
    assert {base64.b64decode(key["customKeyIdentifier"]).hex().upper() for key in principal["keyCredentials"]} == {
        second
    }
    assert (principal["preferredTokenSigningKeyThumbprint"].upper(), len(tenant.all("applications"))) == (second, 1)
    assert 429 not in {entry["status"] for entry in tenant.world.traffic.entries("graph")}


def test_a_certificate_that_ends_at_another_time_has_a_successor_the_same_day(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime]
) -> None:
    """The end that was noted is forgotten, so that the next certificate does not end with the active one."""
    tenant.world.settings.change({"certificate_end_drift": 1.0})
    time = begin_time()
    assert not _app(tenant, time).get("failed")
    time.sleep(5)
    assert _certificate(tenant, time, state="staged")["changed"]
    assert not _certificate(tenant, time, state="staged")["changed"]


def test_a_cloud_that_shows_credentials_late_is_rarely_asked_for_them(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime]
) -> None:
    """facts/entra.md E2: while a plain read shows none, they are selected every few seconds, not by every look."""
    tenant.world.settings.change(CLOUDS["late"])
    assert not _app(tenant, begin_time()).get("failed")
    assert _key_reads(tenant) <= KEY_READS


@pytest.mark.parametrize("plainly", [True, False])
def test_the_last_certificate_is_gone_when_it_is_shown_no_longer(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime], plainly: bool
) -> None:
    tenant.world.settings.change({"plain_reads_show_credentials": plainly})
    time = begin_time()
    first = _app(tenant, time)["application"]["active_thumbprint"]
    (principal,) = tenant.all("servicePrincipals")
    principal["preferredTokenSigningKeyThumbprint"] = None
    tenant.directory["servicePrincipals"].put(principal, settled=True)
    time.sleep(60)
    tenant.world.settings.change({"graph_replication": 15.0})
    _certificate(tenant, time, state="absent", thumbprint=first)
    assert time.now() >= 75
    assert tenant.all("servicePrincipals")[0]["keyCredentials"] == []


def test_ten_federations_with_five_forks_stay_under_the_limit(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime]
) -> None:
    """facts/entra.md E2: the limit is enforced, and nobody runs into it."""
    tenant.world.settings.change(REPLICAS)
    time = begin_time(5)

    def federations(fork: int) -> list[dict[str, t.Any]]:
        return [
            _app(
                tenant,
                time,
                name=f"Contact centre {number}",
                identifiers=[f"https://signin.aws.amazon.com/saml#{number}"],
                template="aws_single_account",
            )
            for number in (fork, fork + 5)
        ]

    pairs = at_once(time, [functools.partial(federations, fork) for fork in range(5)])
    results = [result for pair in pairs for result in pair]
    assert [result.get("msg") for result in results] == [None] * 10
    assert len(tenant.all("applications")) == len(tenant.all("claimsMappingPolicies")) == 10
    assert 429 not in {entry["status"] for entry in tenant.world.traffic.entries("graph")}
    assert _key_reads(tenant) <= 10 * KEY_READS


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.soak] if seed >= 2 else []) for seed in range(20)]
)
def test_a_certificate_goes_while_reads_go_backwards(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime], seed: int
) -> None:
    """No credential is lost that an old replica does not show, and none is sent that is gone."""
    time = begin_time()
    first = _app(tenant, time)["application"]["active_thumbprint"]
    time.sleep(60)
    tenant.world.settings.change({**REPLICAS, "flapping_seed": seed})
    params = {
        "app_id": tenant.all("applications")[0]["appId"],
        "common_name": "Sign-in",
        "validity_days": 1095,
        **_credentials(tenant),
    }

    def certificate(**change: t.Any) -> dict[str, t.Any]:
        result = run_here(azure_saml_certificate, "SamlCertificate", "certificate", {**params, **change}, time)
        assert not result.get("failed"), result["msg"]
        return result

    second = certificate(state="staged")["certificate"]["thumbprint"]
    certificate(state="active", thumbprint=second, trusted_thumbprints=[first, second])
    time.sleep(60)
    third = certificate(state="staged")["certificate"]["thumbprint"]
    assert third != second
    certificate(state="absent", thumbprint=first)
    (principal,) = tenant.all("servicePrincipals")
    left = {base64.b64decode(key["customKeyIdentifier"]).hex().upper() for key in principal["keyCredentials"]}
    assert left == {second, third}
    assert len(principal["passwordCredentials"]) == 2
    assert principal["preferredTokenSigningKeyThumbprint"].upper() == second


# --- refused, or hidden -----------------------------------------------------------------------------------------------

MADE: t.Final = (
    "applicationTemplate.instantiate",
    "servicePrincipal.addTokenSigningCertificate",
    "policies.claimsMappingPolicies.create",
)
ASSIGNED: t.Final = ("servicePrincipal.AddClaimsMappingPolicyRef", "servicePrincipal.CreateAppRoleAssignedTo")
SOON: t.Final = 120.0


@pytest.mark.parametrize("kind", ["error", "masked", "lost"])
@pytest.mark.parametrize("operation", [*MADE, *ASSIGNED])
def test_a_busy_answer_may_hide_a_success(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime], operation: str, kind: t.Any
) -> None:
    """What was made is looked for; what was not is asked for once more, except where the answer was lost."""
    if kind == "lost" and operation in ASSIGNED:
        kind = "masked"  # an item of a batch has no connection of its own
    time = begin_time()
    tenant.world.faults.add(Fault("graph", operation, kind=kind, status=503, code="ServiceUnavailable"))
    result = _app(tenant, time)
    assert not result.get("failed"), result["msg"]
    assert time.now() < SOON
    _whole(tenant)


@pytest.mark.parametrize("operation", MADE)
@pytest.mark.parametrize(
    ("status", "code", "soon"), [(400, "Request_BadRequest", 5.0), (500, "InternalServerError", SOON)]
)
def test_what_is_refused_is_reported_and_not_waited_for(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime], operation: str, status: int, code: str, soon: float
) -> None:
    time = begin_time()
    tenant.world.faults.add(Fault("graph", operation, status=status, code=code, message="Not today.", times=100))
    result = _app(tenant, time)
    assert result["failed"]
    assert f"{status} {code}: Not today." in result["msg"]
    assert time.now() <= soon
    tenant.world.faults.clear()
    assert not _app(tenant, time).get("failed")
    _whole(tenant)


def test_instantiate_that_runs_into_another_is_repeated(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime]
) -> None:
    time = begin_time()
    collision = {"status": 409, "code": "Directory_ConcurrencyViolation", "message": "Please wait briefly and retry."}
    tenant.world.faults.add(Fault("graph", MADE[0], times=3, **collision))
    assert not _app(tenant, time).get("failed")
    _whole(tenant)


@pytest.mark.parametrize(
    "operation", ["policies.claimsMappingPolicies.delete", "servicePrincipal.RemoveClaimsMappingPolicyRef"]
)
def test_no_claims_policy_is_orphaned(tenant: Tenant, begin_time: t.Callable[..., VirtualTime], operation: str) -> None:
    """facts/entra.md E15: its name is all that ties to its application a policy that is not assigned."""
    time = begin_time()
    _app(tenant, time)
    tenant.world.faults.add(Fault("graph", operation, status=400, code="Request_BadRequest", message="Not today."))
    assert _app(tenant, time, state="absent")["failed"]
    removed = _app(tenant, time, state="absent")
    assert not removed.get("failed"), removed["msg"]
    assert tenant.all("claimsMappingPolicies") == tenant.all("applications") == []


def test_a_policy_that_was_made_and_never_assigned(tenant: Tenant, begin_time: t.Callable[..., VirtualTime]) -> None:
    """It goes with the application, and the next run for the same application uses it."""
    time = begin_time()
    for state in ("present", "absent"):
        operation = "servicePrincipal.AddClaimsMappingPolicyRef"
        tenant.world.faults.add(
            Fault("graph", operation, status=403, code="Authorization_RequestDenied", message="Not today.")
        )
        assert _app(tenant, time)["failed"]
        assert len(tenant.all("claimsMappingPolicies")) == 1
        result = _app(tenant, time, state=state)
        assert not result.get("failed"), result["msg"]
        assert len(tenant.all("claimsMappingPolicies")) == (1 if state == "present" else 0)
        _app(tenant, time, state="absent")


@pytest.mark.parametrize("way", SAML_DELETION)
def test_an_application_whose_sign_on_mode_stays_is_deleted_where_that_is_allowed(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime], way: str
) -> None:
    """No source says that the mode can be set back to null; where it cannot, the deletion itself decides."""
    tenant.directory.saml_deletion = way
    tenant.world.settings.change({"sign_on_mode_clearable": False})
    time = begin_time()
    assert not _app(tenant, time, template="aws_single_account").get("failed")
    removed = _app(tenant, time, state="absent")
    if way == "reset_mode_first":
        assert "DeletingSamlSpNotAllowed" in removed["msg"]
        assert "Delete it in the portal" in removed["hint"]
        assert len(tenant.all("applications")) == 1
    else:
        assert not removed.get("failed"), removed["msg"]
        assert tenant.all("applications") == tenant.all("servicePrincipals") == []
        assert "'preferredSingleSignOnMode'" in " ".join(removed["warnings"])


@pytest.mark.parametrize("seed", SEEDS)
def test_an_interrupted_removal_is_completed_before_the_application_is_recreated(
    tenant: Tenant, begin_time: t.Callable[..., VirtualTime], seed: int
) -> None:
    """facts/entra.md 9.8: the service principal is gone, and the application is not"""
    tenant.directory.saml_deletion = "service_principal_first"
    time = begin_time()
    run_app = functools.partial(_app, tenant, time, template="aws_single_account")
    assert not run_app().get("failed")
    tenant.world.faults.add(Fault("graph", "applications.delete", at=2, status=403, code="Authorization_RequestDenied"))
    assert run_app(state="absent")["failed"]
    assert (len(tenant.all("applications")), tenant.all("servicePrincipals")) == (1, [])
    time.sleep(60)
    tenant.world.settings.change({**REPLICAS, "flapping_seed": seed})
    again = run_app()
    assert not again.get("failed"), again["msg"]
    assert again["actions"][0].startswith("Complete the interrupted removal of 'Contact centre'")
    _whole(tenant)
    time.sleep(1)
    settled = run_app()
    assert not settled.get("failed"), settled["msg"]
    assert not settled["changed"], settled["actions"]
