# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Claims mapping policies (facts/entra.md 4)."""

from __future__ import annotations

import json
import typing as t

import pytest

ROLE = {
    "Value": "arn:aws:iam::111122223333:role/A,arn:aws:iam::111122223333:saml-provider/E",
    "SamlClaimType": "https://aws.amazon.com/SAML/Attributes/Role",
}
NAME = {
    "Source": "user",
    "ID": "userprincipalname",
    "SamlClaimType": "https://aws.amazon.com/SAML/Attributes/RoleSessionName",
}


def definition(*schema: dict[str, t.Any], **members: t.Any) -> str:
    content = {"Version": 1, "IncludeBasicClaimSet": "true", "ClaimsSchema": list(schema or (NAME, ROLE)), **members}
    return json.dumps({"ClaimsMappingPolicy": content})


def create(graph: t.Any, text: str | None = None, **body: t.Any) -> dict[str, t.Any]:
    content = {"displayName": "claims", "definition": [text or definition()], **body}
    return t.cast("dict[str, t.Any]", graph("POST", "/policies/claimsMappingPolicies", 201, json=content))


def reference(
    policy: dict[str, t.Any], place: str = "policies/claimsMappingPolicies", host: str = "graph.microsoft.com"
) -> dict[str, str]:
    return {"@odata.id": f"https://{host}/v1.0/{place}/{policy['id']}"}


def test_crud(graph: t.Any) -> None:
    """4.1"""
    policy = create(graph)
    path = f"/policies/claimsMappingPolicies/{policy['id']}"
    assert policy["isOrganizationDefault"] is False
    assert graph("GET", path, 200)["definition"] == [definition()]
    graph("PATCH", path, 204, json={"definition": [definition(NAME)]})
    assert graph("GET", path, 200)["definition"] == [definition(NAME)]
    assert [each["id"] for each in graph.every("/policies/claimsMappingPolicies")] == [policy["id"]]
    graph("DELETE", path, 204)
    graph.refused("GET", path, 404)


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        json.dumps({"claimsMappingPolicy": {"Version": 1}}),
        json.dumps({"ClaimsMappingPolicy": {"version": 1}}),
        json.dumps({"ClaimsMappingPolicy": {"Version": "1"}}),
        definition(IncludeBasicClaimSet=True),
        definition(Claimsschema=[]),
        definition({**NAME, "Id": "x"}),
        definition({"source": "user", "ID": "mail", "SamlClaimType": "x"}),
        definition({"Source": "user", "ID": "localuserprincipalname", "SamlClaimType": "x"}),
        definition({"Source": "User", "ID": "mail", "SamlClaimType": "x"}),
        definition({"Source": "company", "ID": "displayname", "SamlClaimType": "x"}),
        definition({"Source": "application", "ID": "tenantcountry", "SamlClaimType": "x"}),
        definition(audienceOverride="signin.aws.amazon.com/saml"),
        definition(audienceOverride="urn:amazon: webservices"),
        definition(audienceOverride=["urn:x"]),
        definition(issuerWithApplicationId="maybe"),
        definition(issuerWithApplicationId=1),
        definition(GroupFilter={"MatchOn": "name", "Type": "prefix", "Value": "x"}),
        definition(GroupFilter={"MatchOn": "displayname", "Type": "equals", "Value": "x"}),
        definition(GroupFilter={"MatchOn": "displayname", "Type": "prefix"}),
        definition({"Value": "x", "Source": "user", "ID": "mail", "SamlClaimType": "x"}),
        definition({"Value": "x"}),
        definition({"Source": "user", "SamlClaimType": "x"}),
        definition(ClaimsTransformation=[{"Id": "x", "TransformationMethod": "Join"}]),
        definition(ClaimsTransformation="x"),
    ],
)
def test_definition_refused(graph: t.Any, text: str) -> None:
    """4.1, 4.3, 4.4: keys and sources as documented, case and all"""
    error = graph.refused(
        "POST", "/policies/claimsMappingPolicies", 400, json={"displayName": "x", "definition": [text]}
    )
    assert error["message"] == "Property has an invalid value."


@pytest.mark.parametrize(
    "members",
    [
        {"audienceOverride": "urn:amazon:webservices"},
        {"audienceOverride": "https://signin.aws.amazon.com/saml"},
        {"issuerWithApplicationId": True},
        {"issuerWithApplicationId": "false"},
        {"GroupFilter": {"MatchOn": "samaccountname", "Type": "suffix", "Value": "_agents"}},
    ],
)
def test_settings_of_a_policy(graph: t.Any, members: dict[str, t.Any]) -> None:
    """facts/entra.md E7"""
    policy = create(graph, definition(**members))
    assert graph("GET", f"/policies/claimsMappingPolicies/{policy['id']}", 200)["definition"] == [definition(**members)]


@pytest.mark.parametrize(
    "source",
    [
        "user.mobilephone",
        "user.officelocation",
        "user.createddatetime",
        "user.accountEnabled",
        "user.proxyaddresses",
        "user.consentprovidedforminor",
        "user.creationtype",
        "user.lastpasswordchangedatetime",
        "user.onpremisesdomainname",
        "user.onpremisesimmutableid",
        "user.onpremisessyncenabled",
        "user.preferreddatalocation",
        "user.netbiosname",
        "company.tenantcountry",
        "application.tags",
        "audience.objectid",
    ],
)
def test_documented_sources(graph: t.Any, source: str) -> None:
    """facts/entra.md E12"""
    kind, name = source.split(".")
    create(graph, definition({"Source": kind, "ID": name, "SamlClaimType": "x"}))


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "x"},
        {"definition": [definition()]},
        {"displayName": "x", "definition": [definition()] * 2},
        {"displayName": "x", "definition": definition()},
    ],
)
def test_body_refused(graph: t.Any, body: dict[str, t.Any]) -> None:
    """4.1: a collection that holds one string"""
    graph.refused("POST", "/policies/claimsMappingPolicies", 400, json=body)


def test_transformations(graph: t.Any) -> None:
    """4.5"""
    join = {
        "ID": "JoinTheData",
        "TransformationMethod": "Join",
        "InputClaims": [{"ClaimTypeReferenceId": "extensionattribute1", "TransformationClaimType": "string1"}],
        "InputParameters": [{"ID": "string2", "Value": "sandbox"}, {"ID": "separator", "Value": "."}],
        "OutputClaims": [{"ClaimTypeReferenceId": "DataJoin", "TransformationClaimType": "outputClaim"}],
    }
    entry = {"Source": "transformation", "ID": "DataJoin", "TransformationId": "JoinTheData", "SamlClaimType": "x"}
    create(graph, definition({"Source": "user", "ID": "extensionattribute1"}, entry, ClaimsTransformation=[join]))


def test_more_than_fifty_claims_are_taken(graph: t.Any) -> None:
    """4.6: they are ignored at sign-in, without a word here"""
    create(graph, definition(*({"Value": "x", "SamlClaimType": f"urn:{number}"} for number in range(60))))


def test_assignment(graph: t.Any) -> None:
    """4.2"""
    _application, principal = graph.saml_application()
    path = f"/servicePrincipals/{principal['id']}/claimsMappingPolicies"
    policy = create(graph)
    graph("POST", f"{path}/$ref", 204, json=reference(policy))
    assert [each["id"] for each in graph.every(path)] == [policy["id"]]
    assert graph("GET", f"{path}/$ref", 200)["value"] == [reference(policy)["@odata.id"]]
    (applied,) = graph.every(f"/policies/claimsMappingPolicies/{policy['id']}/appliesTo")
    assert (applied["id"], applied["@odata.type"]) == (principal["id"], "#microsoft.graph.servicePrincipal")
    graph("DELETE", f"{path}/{policy['id']}/$ref", 204)
    assert graph.every(path) == []
    graph.refused("DELETE", f"{path}/{policy['id']}/$ref", 404)


def test_expanded(graph: t.Any) -> None:
    """2.19, 9.2: one read for a service principal with its policy"""
    application, principal = graph.saml_application()
    policy = create(graph)
    graph(
        "POST",
        f"/servicePrincipals/{principal['id']}/claimsMappingPolicies/$ref",
        204,
        json=reference(policy, "directoryObjects"),
    )
    answer = graph("GET", f"/servicePrincipals(appId='{application['appId']}')?$expand=claimsMappingPolicies", 200)
    assert answer["claimsMappingPolicies"][0]["definition"] == [definition()]
    graph.refused("GET", f"/servicePrincipals/{principal['id']}?$expand=claimsMappingPolicies,owners", 400)
    graph.refused("GET", f"/servicePrincipals/{principal['id']}?$expand=nonsense", 400)


def test_assignment_refused(graph: t.Any) -> None:
    """4.2: this cloud's host; 4.6: one policy at most"""
    _application, principal = graph.saml_application()
    path = f"/servicePrincipals/{principal['id']}/claimsMappingPolicies/$ref"
    first, second = create(graph), create(graph)
    graph.refused("POST", path, 400, json=reference(first, host="graph.microsoft.us"))
    graph.refused("POST", path, 400, json={"@odata.id": "nonsense"})
    graph.refused("POST", path, 400, json={"@odata.id": "https://["})
    graph.refused("POST", path, 400, json={**reference(first), "nonsense": True})
    graph.refused("POST", path, 400, json={})
    graph.refused("POST", path, 404, json=reference({"id": "5d7a5b6e-0000-4000-8000-000000000001"}))
    graph("POST", path, 204, json=reference(first))
    assert "already exist" in graph.refused("POST", path, 400, json=reference(first))["message"]
    graph.refused("POST", path, 400, json=reference(second))


def test_one_policy_on_many(graph: t.Any) -> None:
    """4.6"""
    policy = create(graph)
    for _number in range(2):
        _application, principal = graph.saml_application()
        graph("POST", f"/servicePrincipals/{principal['id']}/claimsMappingPolicies/$ref", 204, json=reference(policy))
    assert len(graph.every(f"/policies/claimsMappingPolicies/{policy['id']}/appliesTo")) == 2


def test_token_issuance_policy_is_assigned_to_an_application(graph: t.Any) -> None:
    """3.12"""
    application, _principal = graph.saml_application()
    content = {
        "TokenIssuancePolicy": {
            "Version": 1,
            "TokenResponseSigningPolicy": "ResponseAndToken",
            "SamlTokenVersion": "2.0",
        }
    }
    policy = graph(
        "POST", "/policies/tokenIssuancePolicies", 201, json={"displayName": "x", "definition": [json.dumps(content)]}
    )
    path = f"/applications/{application['id']}/tokenIssuancePolicies"
    graph("POST", f"{path}/$ref", 204, json=reference(policy, "policies/tokenIssuancePolicies"))
    assert [each["id"] for each in graph.every(path)] == [policy["id"]]
    content["TokenIssuancePolicy"]["TokenResponseSigningPolicy"] = "Nothing"
    graph.refused(
        "POST", "/policies/tokenIssuancePolicies", 400, json={"displayName": "x", "definition": [json.dumps(content)]}
    )
