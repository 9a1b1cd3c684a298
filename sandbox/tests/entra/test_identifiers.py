# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identifier URIs (facts/entra.md 2.8 and 2.9)."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

AWS = "https://signin.aws.amazon.com/saml"
URN = "urn:amazon:webservices"


def refusal(graph: t.Any, application: dict[str, t.Any], *uris: str) -> str:
    error = graph.refused("PATCH", f"/applications/{application['id']}", 400, json={"identifierUris": list(uris)})
    assert (error["code"], error["details"][0]["target"]) == ("Request_BadRequest", "identifierUris")
    return str(error["details"][0]["code"])


def accepts(graph: t.Any, application: dict[str, t.Any], *uris: str) -> None:
    graph("PATCH", f"/applications/{application['id']}", 204, json={"identifierUris": list(uris)})


def test_an_https_identifier_needs_a_verified_domain(graph: t.Any) -> None:
    """2.8a"""
    application, _principal = graph.instantiate()
    assert refusal(graph, application, AWS) == "HostNameNotOnVerifiedDomain"
    accepts(
        graph, application, "https://contoso.com/connect", "https://sso.contoso.com/a", f"api://{application['appId']}"
    )


def test_saml_first_then_identifiers(graph: t.Any) -> None:
    """2.8b; and 2.8a: only newly added values are looked at"""
    application, principal = graph.saml_application()
    accepts(graph, application, AWS)
    graph("PATCH", f"/servicePrincipals/{principal['id']}", 204, json={"preferredSingleSignOnMode": None})
    accepts(graph, application, AWS, "https://contoso.com/more")
    assert refusal(graph, application, AWS, f"{AWS}#2") == "HostNameNotOnVerifiedDomain"


def test_the_mode_needs_time_to_be_known(graph: t.Any, sandbox: t.Any) -> None:
    """2.8b: HostNameNotOnVerifiedDomain for a while after the mode was set"""
    application, principal = graph.instantiate()
    sandbox.world.settings.change({"graph_replication": 30})
    sandbox.world.clock.advance(dt.timedelta(seconds=31))
    graph("PATCH", f"/servicePrincipals/{principal['id']}", 204, json={"preferredSingleSignOnMode": "saml"})
    assert refusal(graph, application, AWS) == "HostNameNotOnVerifiedDomain"
    sandbox.world.clock.advance(dt.timedelta(seconds=31))
    accepts(graph, application, AWS)


def test_urn(graph: t.Any) -> None:
    """2.8d: a urn is not held to domains, but only single-tenant applications take one"""
    application, _principal = graph.instantiate()
    accepts(graph, application, URN)
    other, _principal = graph.instantiate()
    graph("PATCH", f"/applications/{other['id']}", 204, json={"signInAudience": "AzureADMultipleOrgs"})
    assert refusal(graph, other, "urn:amazon:cognito:sp:x") == "InvalidValue"


def test_an_identifier_is_one_applications_alone(graph: t.Any) -> None:
    """2.8e; and 2.9: what stands behind # makes another identifier"""
    (first, _), (second, _two) = graph.saml_application(), graph.saml_application()
    accepts(graph, first, AWS, URN)
    assert refusal(graph, second, AWS) == "ObjectConflict"
    assert refusal(graph, second, URN.upper()) == "ObjectConflict"
    accepts(graph, second, f"{AWS}#2")
    accepts(graph, first, AWS)
    accepts(graph, second, f"{AWS}#2", URN)


def test_a_deleted_application_keeps_its_identifiers(graph: t.Any) -> None:
    """9.7 leaves it open; the sandbox is strict"""
    (first, principal), (second, _two) = graph.saml_application(), graph.saml_application()
    accepts(graph, first, AWS)
    graph("DELETE", f"/applications/{first['id']}", 204)
    assert refusal(graph, second, AWS) == "ObjectConflict"
    graph("DELETE", f"/directory/deletedItems/{first['id']}", 204)
    assert refusal(graph, second, AWS) == "ObjectConflict", "its service principal is still among the deleted ones"
    graph("DELETE", f"/directory/deletedItems/{principal['id']}", 204)
    accepts(graph, second, AWS)


@pytest.mark.parametrize("uri", ["", "no-scheme", "https://contoso.com/", "https://contoso.com/a b"])
def test_form(graph: t.Any, uri: str) -> None:
    """2.8f: not even a slash without a path"""
    application, _principal = graph.saml_application()
    assert refusal(graph, application, uri) == "InvalidValue"


def restrict(tenant: t.Any, name: str, **rule: t.Any) -> None:
    """Switch one restriction on."""
    rules = {"identifierUris": {name: {"state": "enabled", **rule}}}
    tenant.app_management_policy.update(isEnabled=True, applicationRestrictions=rules)


def test_unique_tenant_identifier(graph: t.Any, tenant: t.Any) -> None:
    """2.8c: a verified domain, the tenant's id or the app's; a fragment does not count"""
    application, _principal = graph.saml_application()
    restrict(tenant, "uriAdditionWithoutUniqueTenantIdentifier")
    restrictions = graph("GET", "/policies/defaultAppManagementPolicy", 200)["applicationRestrictions"][
        "identifierUris"
    ]
    assert restrictions["uriAdditionWithoutUniqueTenantIdentifier"]["state"] == "enabled"
    for refused in (AWS, URN, f"{AWS}#{application['appId']}"):
        assert refusal(graph, application, refused) == "IdentifierUriRestrictedByPolicy"
    accepts(graph, application, "https://contoso.com/x", f"urn:connect:{tenant.id}", f"{AWS}/{application['appId']}")


@pytest.mark.parametrize(
    "rule",
    [
        {"excludeSaml": True},
        {"state": "disabled"},
        {"restrictForAppsCreatedAfterDateTime": "2099-01-01T00:00:00Z"},
    ],
)
def test_unique_tenant_identifier_does_not_reach(graph: t.Any, tenant: t.Any, rule: dict[str, t.Any]) -> None:
    """2.8c: excludeSaml, a disabled rule, older applications"""
    restrict(tenant, "uriAdditionWithoutUniqueTenantIdentifier", **rule)
    application, _principal = graph.saml_application()
    accepts(graph, application, AWS)


def test_applications_with_v2_tokens(graph: t.Any, tenant: t.Any) -> None:
    """2.8c: the escape by requestedAccessTokenVersion"""
    restrict(tenant, "uriAdditionWithoutUniqueTenantIdentifier", excludeAppsReceivingV2Tokens=True)
    application, _principal = graph.saml_application()
    assert refusal(graph, application, AWS) == "IdentifierUriRestrictedByPolicy"
    graph(
        "PATCH",
        f"/applications/{application['id']}",
        204,
        json={"api": {"requestedAccessTokenVersion": 2}, "identifierUris": [AWS]},
    )


def test_non_default_identifier(graph: t.Any, tenant: t.Any) -> None:
    """2.8c: the strict rule, from which SAML applications are exempt unless it says that they are not"""
    restrict(tenant, "nonDefaultUriAddition")
    application, principal = graph.instantiate()
    assert refusal(graph, application, "https://contoso.com/x") == "IdentifierUriRestrictedByPolicy"
    accepts(graph, application, f"api://{application['appId']}")
    graph("PATCH", f"/servicePrincipals/{principal['id']}", 204, json={"preferredSingleSignOnMode": "saml"})
    accepts(graph, application, f"api://{application['appId']}", AWS)
    restrict(tenant, "nonDefaultUriAddition", excludeSaml=False)
    assert refusal(graph, application, f"{AWS}#2") == "IdentifierUriRestrictedByPolicy"
