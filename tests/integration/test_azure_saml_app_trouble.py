# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_app when the cloud is slow, breaks off or refuses, and when the options cannot work."""

from __future__ import annotations

import datetime as dt
import typing as t
from pathlib import Path

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra.preflight import IMAGES

from entra_factory import APP, MODULE, ROLE, SECRET, SMALL, Tenant
from federation_sandbox import clouds
from federation_sandbox.entra.graph.applications import LOGOS
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox
from processes import wait_for
from support import ModuleResult, start_module


def _whole(tenant: Tenant) -> None:
    """One application, one service principal, one active certificate, one policy: nothing was made twice."""
    (application,), (principal,) = tenant.all("applications"), tenant.all("servicePrincipals")
    assert application["displayName"] == "Contact centre"
    assert principal["preferredTokenSigningKeyThumbprint"]
    assert sorted(key["usage"] for key in principal["keyCredentials"]) == ["Sign", "Verify"]
    assert len(principal["passwordCredentials"]) == 1
    assert len(tenant.all("claimsMappingPolicies")) == 1


def _steady_run(tenant: Tenant) -> ModuleResult:
    result = tenant.run(MODULE, APP)
    assert not result.failed, result["msg"]
    _whole(tenant)
    assert not tenant.run(MODULE, APP)["changed"]
    return result


# --- slow -----------------------------------------------------------------------------------------------------------


def test_replication(tenant: Tenant) -> None:
    """facts/entra.md 9.5: what was just written is unknown for a while; the next run finds all of it."""
    tenant.world.settings.change({"graph_replication": 1.5, "graph_index_lag": 2.0, "metadata_lag": 2.0})
    _steady_run(tenant)
    change = {**APP, "relay_state": "", "assignments": {"users": {"set": []}, "groups": {"set": []}}}
    assert tenant.run(MODULE, change)["changed"]
    assert not tenant.run(MODULE, change)["changed"]
    assert tenant.run(MODULE, {**SMALL, "state": "absent", "purge": True})["changed"]
    tenant.world.settings.change({"graph_replication": 0.0, "graph_index_lag": 0.0})
    assert tenant.all("applications") == tenant.all("deletedItems") == []


def test_wait_that_times_out_is_named(tenant: Tenant) -> None:
    tenant.world.settings.change({"metadata_lag": 600.0})
    failed = tenant.run(MODULE, {**SMALL, "wait_timeout": 1})
    assert failed.failed
    assert "metadata of 'Contact centre' to hold the active signing certificate" in failed["msg"]
    assert failed["changed"]
    tenant.world.settings.change({"metadata_lag": 0.0})
    assert not tenant.run(MODULE, SMALL)["changed"]


# --- broken off -------------------------------------------------------------------------------------------------------

STOPS: t.Final = (
    "servicePrincipals.update",
    "applications.update",
    "servicePrincipal.addTokenSigningCertificate",
    "policies.claimsMappingPolicies.create",
    "servicePrincipal.AddClaimsMappingPolicyRef",
    "servicePrincipal.CreateAppRoleAssignedTo",
)


@pytest.mark.parametrize("operation", STOPS)
def test_continued_after_a_refusal(tenant: Tenant, operation: str) -> None:
    """The run stops before an operation; the next one finishes what is half made."""
    tenant.world.faults.add(Fault("graph", operation, times=50, status=403, code="Authorization_RequestDenied"))
    stopped = tenant.run(MODULE, APP)
    assert stopped.failed
    assert stopped["failed_action"] not in stopped["actions"]
    assert stopped["changed"]
    tenant.world.faults.clear()
    _steady_run(tenant)


@pytest.mark.parametrize(
    "operation", ["servicePrincipals.update", "policies.claimsMappingPolicies.create", "federation-metadata"]
)
def test_killed(tenant: Tenant, operation: str) -> None:
    """Killed right after instantiate, after the certificate, and before the end: one application, one active
    certificate.
    """
    service = "login" if operation == "federation-metadata" else "graph"
    tenant.world.faults.add(Fault(service, operation, kind="silence", times=50))
    process = start_module(MODULE, APP, tenant.environment)
    wait_for(lambda: tenant.world.traffic.entries(service, operation), operation)
    process.kill()
    process.communicate()
    tenant.world.faults.clear()
    _steady_run(tenant)


@pytest.mark.parametrize(
    "operation", ["applicationTemplate.instantiate", "servicePrincipal.addTokenSigningCertificate"]
)
def test_killed_and_repeated_before_the_lists_show_what_was_made(tenant: Tenant, operation: str) -> None:
    """facts/entra.md 1.8 and 1.15: nothing but a list finds it again. What the second run makes, it takes back; the
    first is finished.
    """
    tenant.world.settings.change({"latency": 0.2})
    tenant.world.clock.hold()
    process = start_module(MODULE, APP, tenant.environment)
    wait_for(
        lambda: any(entry["status"] < 400 for entry in tenant.world.traffic.entries("graph", operation)), operation
    )
    process.kill()
    process.communicate()
    tenant.world.settings.change({"graph_index_lag": 20.0, "latency": 0.0})
    tenant.world.clock.hold(step=2.0)
    tenant.world.clock.advance(dt.timedelta(seconds=1))  # by which time of creation is told
    (first,) = tenant.all("applications")
    repeated = _steady_run(tenant)
    assert repeated["application"]["app_id"] == first["appId"]
    assert [f"({first['appId']}) already existed" in warning for warning in repeated.warnings] == [True]
    assert {record["displayName"] for record in tenant.all("deletedItems")} == {
        "Contact centre (openccp.federation: being made)"
    }


@pytest.mark.parametrize("kind", ["masked", "lost"])
def test_instantiate_that_hides_what_it_made(tenant: Tenant, kind: t.Literal["masked", "lost"]) -> None:
    """facts/entra.md 1.8: 404, or no answer at all, from an instantiate that created the application."""
    fault = Fault(
        "graph",
        "applicationTemplate.instantiate",
        kind=kind,
        status=404,
        code="Request_ResourceNotFound",
        message="Not there.",
    )
    tenant.world.faults.add(fault)
    _steady_run(tenant)


@pytest.mark.parametrize("kind", ["masked", "lost"])
def test_certificate_that_was_made_unseen(tenant: Tenant, kind: t.Literal["masked", "lost"]) -> None:
    tenant.world.faults.add(Fault("graph", "servicePrincipal.addTokenSigningCertificate", kind=kind, status=503))
    _steady_run(tenant)


@pytest.mark.parametrize(
    ("status", "code"), [(429, "TooManyRequests"), (503, "ServiceUnavailable"), (409, "Directory_ConcurrencyViolation")]
)
@pytest.mark.parametrize(
    "operation", ["applications.list", "applications.update", "servicePrincipals.update", "batch.post"]
)
def test_busy_cloud(tenant: Tenant, operation: str, status: int, code: str) -> None:
    if status == 409 and not operation.endswith(".update"):
        pytest.skip("only writes run into each other")
    tenant.world.faults.add(Fault("graph", operation, status=status, code=code, headers={"Retry-After": "1"}))
    assert not tenant.run(MODULE, APP).failed
    _whole(tenant)


# --- refused ----------------------------------------------------------------------------------------------------------

SIGN_INS: t.Final[dict[str, tuple[dict[str, str], str]]] = {
    "wrong secret": ({"AZURE_CLIENT_SECRET": "wrong-" + SECRET[::-1]}, "AADSTS7000215"),
    "wrong client": ({"AZURE_CLIENT_ID": "11111111-2222-3333-4444-555555555555"}, "AADSTS700016"),
    "wrong tenant": ({"AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555"}, "AADSTS90002"),
}


@pytest.mark.parametrize("case", SIGN_INS)
def test_refused_sign_in(tenant: Tenant, case: str) -> None:
    environment, code = SIGN_INS[case]
    refused = tenant.run(MODULE, SMALL, environment)
    assert refused.failed
    assert code in refused["msg"]
    assert refused["hint"] in refused["msg"]
    assert environment.get("AZURE_CLIENT_SECRET", "nothing") not in refused.raw
    assert "graph" not in {call["service"] for call in tenant.world.traffic}


def test_expired_secret(sandbox: Sandbox) -> None:
    tenant = Tenant(sandbox, client={"secrets": [{"text": SECRET, "end": "2020-01-01T00:00:00Z"}]})
    refused = tenant.run(MODULE, SMALL)
    assert refused["error_code"] == "AADSTS7000222"
    assert "expired" in refused["msg"]


def test_no_credentials(tenant: Tenant) -> None:
    refused = tenant.run(MODULE, SMALL, {"AZURE_CLIENT_SECRET": ""})
    assert "No credentials for Entra ID were given" in refused["msg"]
    assert tenant.requests() == []


PERMISSIONS: t.Final = {
    "Application.ReadWrite.All": [
        "Application.ReadWrite.OwnedBy",
        "AppRoleAssignment.ReadWrite.All",
        "Application.Read.All",
        "Policy.ReadWrite.ApplicationConfiguration",
        "User.Read.All",
        "GroupMember.Read.All",
    ],
    "Policy.ReadWrite.ApplicationConfiguration": [
        "Application.ReadWrite.All",
        "Policy.Read.All",
        "User.Read.All",
        "GroupMember.Read.All",
    ],
    "User.ReadBasic.All": [
        "Application.ReadWrite.All",
        "Policy.ReadWrite.ApplicationConfiguration",
        "GroupMember.Read.All",
    ],
    "GroupMember.Read.All": ["Application.ReadWrite.All", "Policy.ReadWrite.ApplicationConfiguration", "User.Read.All"],
}


@pytest.mark.parametrize("lacking", PERMISSIONS)
def test_missing_permission_is_named(sandbox: Sandbox, lacking: str) -> None:
    """facts/entra.md 8.4: before the first write, and in check mode too."""
    tenant = Tenant(sandbox, client={"permissions": PERMISSIONS[lacking]})
    for check in (True, False):
        refused = tenant.run(MODULE, APP, check=check)
        assert refused.failed
        assert lacking in refused["msg"]
        assert refused["error_code"] == "MissingGraphPermission"
        assert tenant.written() == []


def test_least_permissions(sandbox: Sandbox) -> None:
    """The set that the documentation names is enough."""
    rest = [
        "Policy.ReadWrite.ApplicationConfiguration",
        "Policy.Read.All",
        "User.ReadBasic.All",
        "GroupMember.Read.All",
    ]
    tenant = Tenant(sandbox, client={"permissions": ["Application.ReadWrite.All", *rest]})
    _steady_run(tenant)
    assert not tenant.run(MODULE, {**SMALL, "state": "absent", "purge": True}).failed


def _policy(name: str, **rule: t.Any) -> dict[str, t.Any]:
    return {"isEnabled": True, "applicationRestrictions": {"identifierUris": {name: {"state": "enabled", **rule}}}}


@pytest.mark.parametrize("name", ["nonDefaultUriAddition", "uriAdditionWithoutUniqueTenantIdentifier"])
def test_tenant_policy(sandbox: Sandbox, name: str) -> None:
    """facts/entra.md 2.8c."""
    strict = Tenant(sandbox, app_management_policy=_policy(name, excludeSaml=False))
    refused = strict.run(MODULE, SMALL)
    assert refused.failed
    assert name in refused["msg"]
    assert strict.written() == []
    assert not Tenant(sandbox, app_management_policy=_policy(name, excludeSaml=True)).run(MODULE, SMALL).failed


ACTORS: t.Final = {
    "excludeActors": {
        "customSecurityAttributes": [
            {
                "@odata.type": "#microsoft.graph.customSecurityAttributeStringValueExemption",
                "id": "Automation_exempt",
                "operator": "equals",
                "value": "yes",
            }
        ]
    }
}
LENIENT: t.Final = "uriAdditionWithoutUniqueTenantIdentifier"


def _lifetimes(longest: str) -> dict[str, t.Any]:
    return {
        "keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": longest}]
    }


def _assign(tenant: Tenant, **restrictions: t.Any) -> None:
    """A policy of the application's own, as an administrator assigns it."""
    policy = {"displayName": "Own", "isEnabled": True, "restrictions": restrictions, "applies_to": [SMALL["name"]]}
    clouds.seed(tenant.world, {"entra": {"tenants": [{"id": tenant.id, "app_management_policies": [policy]}]}})


@pytest.mark.parametrize(("exempt", "failed"), [("yes", False), ("no", True)])
def test_exemption_that_cannot_be_read(sandbox: Sandbox, exempt: str, failed: bool) -> None:
    """facts/entra.md E8: a caller may be exempt by attributes that it cannot read; a warning, and Entra ID decides."""
    client = {"custom_security_attributes": {"Automation": {"exempt": exempt}}}
    tenant = Tenant(sandbox, client=client, app_management_policy=_policy(LENIENT, **ACTORS))
    done = tenant.run(MODULE, SMALL)
    assert "custom security attributes" in done.warnings[0]
    assert done.failed is failed


def test_policy_of_the_applications_own(sandbox: Sandbox) -> None:
    """facts/entra.md E8: it comes before the tenant's; a refusal is told before anything is written."""
    tenant = Tenant(sandbox)
    assert not tenant.run(MODULE, SMALL).failed
    tenant.directory.app_management_policy.update(_policy(LENIENT))
    options = {**SMALL, "identifiers": [*SMALL["identifiers"], "https://signin.aws.amazon.com/saml#2"]}
    refused = tenant.run(MODULE, options)
    assert "The tenant's policy" in refused["msg"]
    assert tenant.written() == []
    _assign(tenant, applicationRestrictions={"identifierUris": {LENIENT: {"state": "disabled"}}})
    assert not tenant.run(MODULE, options).failed


def test_lifetime_of_keys_is_checked_before_the_first_write(sandbox: Sandbox) -> None:
    """facts/entra.md E8; and a shorter certificate is made."""
    policy = {"isEnabled": True, "applicationRestrictions": _lifetimes("P365D")}
    tenant = Tenant(sandbox, app_management_policy=policy)
    for check in (True, False):
        refused = tenant.run(MODULE, SMALL, check=check)
        assert "at most 365 days" in refused["msg"]
        assert "azure_saml_app_signing_certificate" in refused["msg"]
        assert tenant.written() == []
    created = tenant.run(MODULE, {**SMALL, "signing_certificate": {"validity_days": 365}})
    assert not created.failed
    staging = {"app_id": created["application"]["app_id"]}
    refused = tenant.run("azure_saml_certificate", staging)
    assert "certificate_rotation_validity_days" in refused["msg"]
    assert tenant.written() == []
    _assign(tenant, **_lifetimes("P4Y"))
    assert not tenant.run("azure_saml_certificate", staging).failed


def test_identifier_on_a_domain_that_is_not_verified(tenant: Tenant) -> None:
    """facts/entra.md 2.8b: Entra takes it from an application that is set up for SAML, so the order of the steps
    matters.
    """
    assert not tenant.run(MODULE, {**SMALL, "identifiers": ["https://signin.aws.amazon.com/saml"]}).failed


INPUTS: t.Final[dict[str, tuple[dict[str, t.Any], str]]] = {
    "session too long": ({"session_duration": 43201}, "A session of 43201 seconds is not possible"),
    "pair of two accounts": (
        {"role_claims": [{**ROLE, "role_arn": "arn:aws:iam::210987654321:role/ConnectAgent"}]},
        "are not in the same account",
    ),
    "role in another account": (
        {"account_id": "210987654321"},
        "the account 123456789012, but the federation's is 210987654321",
    ),
    "no account": ({"account_id": "21"}, "'21' is not the id of an AWS account"),
    "role in another partition": (
        {"role_claims": [{key: arn.replace("arn:aws:", "arn:aws-us-gov:") for key, arn in ROLE.items()}]},
        "belongs to AWS, but the federation is in the partition aws-us-gov",
    ),
    "provider that is a role": (
        {"role_claims": [{**ROLE, "provider_arn": ROLE["role_arn"]}]},
        "is not the ARN of an IAM SAML provider",
    ),
    "51 claims": (
        {"extra_claims": [{"name": f"https://example.com/{number}", "value": "x"} for number in range(47)]},
        "would have 51 claims",
    ),
    "claim with two origins": (
        {"extra_claims": [{"name": "https://example.com/1", "value": "x", "id": "mail"}]},
        "exactly one of value, id",
    ),
    "four years": ({"signing_certificate": {"validity_days": 1461}}, "1 to 1095 days (three years)"),
    "common name": ({"signing_certificate": {"common_name": "CN=Sign-in"}}, "without CN="),
    "six e-mails": (
        {"notification_emails": [f"{number}@contoso.com" for number in range(6)]},
        "Entra ID accepts at most 5",
    ),
    "no e-mail": ({"notification_emails": ["operations"]}, "'operations' is not an e-mail address"),
    "long notes": ({"notes": "x" * 1025}, "Entra ID accepts at most 1024"),
    "identifier": ({"identifiers": ["amazon"]}, "'amazon' is not a URI"),
    "reply URL": ({"reply_urls": ["http://signin.aws.amazon.com/saml"]}, "is not an https address"),
    "reply URL behind a blank": (
        {"reply_urls": [" https://signin.aws.amazon.com/saml"], "role_claims": None},
        "is not an https address",
    ),
    "relay state behind a blank": ({"relay_state": " https://example.com/"}, "holds white space"),
    "template": ({"template": "aws"}, "'aws' is no template"),
    "relay state": (
        {"relay_state": "https://example.com/connect/federate/11111111-2222-3333-4444-555555555555"},
        "does not lead to",
    ),
    "add and set": ({"assignments": {"users": {"add": ["jane@contoso.com"], "set": []}}}, "cannot be combined"),
    "no logo": ({"logo": "/nowhere/logo.png"}, "cannot be read"),
    "unknown user": ({"assignments": {"users": {"add": ["jane@contso.com"]}}}, "did you mean jane@contoso.com"),
    "unknown group": ({"assignments": {"groups": {"set": ["Agnts"]}}}, "The tenant has no group 'Agnts'"),
    "unknown app_id": ({"app_id": "11111111-2222-3333-4444-555555555555"}, "no application with the ID"),
}


@pytest.mark.parametrize("case", INPUTS)
def test_input_that_cannot_work(tenant: Tenant, case: str) -> None:
    """One clear message before the first write."""
    change, message = INPUTS[case]
    refused = tenant.run(MODULE, {**APP, **change})
    assert refused.failed
    assert message in refused["msg"]
    assert tenant.written() == []


def test_logo_that_is_none(tenant: Tenant, tmp_path: Path) -> None:
    """facts/entra.md 2.16: what is known to be taken, and nothing else."""
    bitmap, large = b"BM" + bytes(100), b"\x89PNG\r\n\x1a\n" + bytes(200_000)
    for content, message in (
        (b"%PDF-1.7", "not an image"),
        (bitmap, "Use PNG, JPEG or GIF"),
        (large, "bytes; Entra ID accepts at most"),
    ):
        (tmp_path / "logo").write_bytes(content)
        assert message in tenant.run(MODULE, {**SMALL, "logo": str(tmp_path / "logo")})["msg"]
        assert tenant.written() == []


def test_the_sandbox_takes_the_pictures_that_the_module_takes() -> None:
    assert {(kind, start) for start, kind in IMAGES.items()} == {
        (kind, start) for kind, starts in LOGOS.items() for start in starts
    }


def test_new_application_needs_its_identifiers(tenant: Tenant) -> None:
    assert "identifiers is required to create it" in tenant.run(MODULE, {"name": "Contact centre"})["msg"]
    assert tenant.written() == []


def test_groups_of_one_name(sandbox: Sandbox) -> None:
    tenant = Tenant(sandbox, groups=[{"displayName": "Agents"}, {"displayName": "agents"}])
    refused = tenant.run(MODULE, APP)
    assert all(group["id"] in refused["msg"] for group in tenant.all("groups"))
    assert tenant.written() == []
