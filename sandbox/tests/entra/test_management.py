# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""App management policies: exemptions, an application's own policy, and lifetimes of keys (facts/entra.md E8)."""

from __future__ import annotations

import typing as t

import pytest

from federation_sandbox.clouds import seed
from federation_sandbox.testing import Sandbox

URN: t.Final = "urn:amazon:webservices"
UNIQUE: t.Final = "uriAdditionWithoutUniqueTenantIdentifier"
RESTRICTED: t.Final = {"identifierUris": {UNIQUE: {"state": "enabled"}}}
EXEMPTION: t.Final = {
    "@odata.type": "#microsoft.graph.customSecurityAttributeStringValueExemption",
    "id": "Automation_exempt",
    "operator": "equals",
    "value": "yes",
}


def restrict(tenant: t.Any, **parts: t.Any) -> None:
    """The tenant's default policy."""
    tenant.app_management_policy.update(isEnabled=True, **parts)


def assign(
    sandbox: Sandbox, tenant: t.Any, application: dict[str, t.Any], enabled: bool = True, **parts: t.Any
) -> None:
    """A policy of the application's own, as an administrator makes it."""
    policy = {"displayName": "Own", "isEnabled": enabled, "restrictions": parts, "applies_to": [application["appId"]]}
    seed(sandbox.world, {"entra": {"tenants": [{"id": tenant.id, "app_management_policies": [policy]}]}})


def takes(graph: t.Any, application: dict[str, t.Any]) -> bool:
    """Whether the application takes AWS's identifier; it has none afterwards."""
    answer = graph.call("PATCH", f"/applications/{application['id']}", json={"identifierUris": [URN]})
    if answer.status_code == 204:
        graph("PATCH", f"/applications/{application['id']}", 204, json={"identifierUris": []})
    return bool(answer.status_code == 204)


def lifetime(longest: str, **more: t.Any) -> dict[str, t.Any]:
    return {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "maxLifetime": longest, **more}]}


def makes(graph: t.Any, principal: dict[str, t.Any]) -> bool:
    """Whether a certificate of three years is made."""
    path = f"/servicePrincipals/{principal['id']}/addTokenSigningCertificate"
    answer = graph.call("POST", path, json={"displayName": "CN=x"})
    if answer.status_code == 400:
        assert answer.json()["error"]["details"][0]["code"] == "CredentialInvalidLifetimeAsPerAppPolicy"
    return bool(answer.status_code == 200)


@pytest.mark.parametrize(
    ("attributes", "exempt"),
    [
        (None, False),
        ({"Automation": {"exempt": "no"}}, False),
        ({"Automation": {"exempt": "Yes"}}, False),
        ({"Other": {"exempt": "yes"}}, False),
        ({"Automation": {"exempt": "yes"}}, True),
    ],
)
def test_a_caller_may_be_exempt(graph: t.Any, tenant: t.Any, attributes: t.Any, exempt: bool) -> None:
    """E8: excludeActors names custom security attributes of those who call; case counts"""
    application, principal = graph.saml_application()
    actors = {"excludeActors": {"customSecurityAttributes": [EXEMPTION]}}
    identifiers = {"identifierUris": {UNIQUE: {"state": "enabled", **actors}}}
    restrict(tenant, applicationRestrictions={**identifiers, **lifetime("P1Y", **actors)})
    assert graph("GET", "/policies/defaultAppManagementPolicy", 200)["isEnabled"]
    caller = tenant.current("servicePrincipals", displayName="automation")
    tenant["servicePrincipals"].put({**caller, "customSecurityAttributes": attributes})
    assert takes(graph, application) is exempt
    assert makes(graph, principal) is exempt


@pytest.mark.parametrize(
    ("own", "enabled", "taken"),
    [
        ({"identifierUris": {UNIQUE: {"state": "disabled"}}}, True, True),
        ({"identifierUris": {UNIQUE: {"state": "disabled"}}}, False, False),
        ({"identifierUris": {UNIQUE: {"state": "enabled", "excludeSaml": True}}}, True, True),
        ({"identifierUris": {"nonDefaultUriAddition": {"state": "disabled"}}}, True, False),
        ({}, True, False),
    ],
)
def test_an_applications_own_policy(
    graph: t.Any, sandbox: Sandbox, tenant: t.Any, own: dict[str, t.Any], enabled: bool, taken: bool
) -> None:
    """E8: it takes precedence, restriction by restriction, where it is enabled"""
    application, _principal = graph.saml_application()
    other, _principal = graph.saml_application("Other")
    restrict(tenant, applicationRestrictions=RESTRICTED)
    assign(sandbox, tenant, application, enabled, applicationRestrictions=own)
    assert takes(graph, application) is taken
    assert not takes(graph, other)


def test_an_own_policy_is_found_from_the_policy(graph: t.Any, sandbox: Sandbox, tenant: t.Any) -> None:
    """E8: the list of policies, and to what each applies; not the application"""
    application, _principal = graph.saml_application()
    assign(sandbox, tenant, application, applicationRestrictions=RESTRICTED)
    (policy,) = graph("GET", "/policies/appManagementPolicies", 200)["value"]
    assert policy["restrictions"]["applicationRestrictions"] == RESTRICTED
    assert graph("GET", f"/policies/appManagementPolicies/{policy['id']}", 200)["displayName"] == "Own"
    (holder,) = graph("GET", f"/policies/appManagementPolicies/{policy['id']}/appliesTo?$select=id,appId", 200)["value"]
    assert holder["appId"] == application["appId"]
    assert not takes(graph, application)


@pytest.mark.parametrize("part", ["applicationRestrictions", "servicePrincipalRestrictions"])
@pytest.mark.parametrize(
    ("rule", "can_create"),
    [
        (lifetime("P1Y"), False),
        (lifetime("P1095DT23H"), False),
        (lifetime("P3Y2D"), True),
        (lifetime("P1Y", state="disabled"), True),
        (lifetime("P1Y", restrictForAppsCreatedAfterDateTime="2099-01-01T00:00:00Z"), True),
        ({"keyCredentials": []}, True),
    ],
)
def test_lifetime_of_keys(graph: t.Any, tenant: t.Any, part: str, rule: dict[str, t.Any], can_create: bool) -> None:
    """E8; that it holds for certificates that Entra ID makes itself is an assumption: the sandbox is strict"""
    _application, principal = graph.saml_application()
    restrict(tenant, **{part: rule})
    assert makes(graph, principal) is can_create


def test_own_lifetime_of_keys(graph: t.Any, sandbox: Sandbox, tenant: t.Any) -> None:
    """E8: the application's own comes first, longer as well as shorter"""
    application, principal = graph.saml_application()
    restrict(tenant, applicationRestrictions=lifetime("P1Y"))
    assign(sandbox, tenant, application, **lifetime("P4Y"))
    assert makes(graph, principal)
    assign(sandbox, tenant, application, **lifetime("P90D"))
    assert not makes(graph, principal)
