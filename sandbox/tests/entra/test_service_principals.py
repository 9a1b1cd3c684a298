# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service principals and their signing certificates (facts/entra.md 2 and 3)."""

from __future__ import annotations

import base64
import datetime as dt
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from federation_sandbox.entra.certificates import active_signing_certificate, der, self_signed, thumbprint

CERTIFICATE = {"displayName": "CN=Microsoft Azure Federated SSO Certificate"}


def path(principal: dict[str, t.Any]) -> str:
    return f"/servicePrincipals/{principal['id']}"


def add(graph: t.Any, principal: dict[str, t.Any], **body: t.Any) -> dict[str, t.Any]:
    return t.cast(
        "dict[str, t.Any]",
        graph("POST", f"{path(principal)}/addTokenSigningCertificate", 200, json={**CERTIFICATE, **body}),
    )


def credentials(graph: t.Any, principal: dict[str, t.Any]) -> tuple[list[dict[str, t.Any]], list[dict[str, t.Any]]]:
    record = graph("GET", f"{path(principal)}?$select=keyCredentials,passwordCredentials", 200)
    return record["keyCredentials"], record["passwordCredentials"]


def active(tenant: t.Any, principal: dict[str, t.Any]) -> str | None:
    record = tenant["servicePrincipals"].visible(principal["id"])
    certificate = active_signing_certificate(record, tenant.signing_keys, tenant.world.clock.now())
    return thumbprint(certificate.certificate) if certificate else None


def test_add_token_signing_certificate(graph: t.Any) -> None:
    """3.1, 3.2, 3.3, 3.4"""
    _application, principal = graph.saml_application()
    response = add(graph, principal)
    certificate = x509.load_der_x509_certificate(base64.b64decode(response["key"]))
    assert response["usage"] == "Verify"
    assert response["type"] == "AsymmetricX509Cert"
    assert (
        thumbprint(certificate)
        == response["thumbprint"]
        == base64.b64decode(response["customKeyIdentifier"]).hex().upper()
    )
    assert certificate.subject.rfc4514_string() == CERTIFICATE["displayName"]
    assert abs(
        certificate.not_valid_after_utc - certificate.not_valid_before_utc - dt.timedelta(days=3 * 365.25)
    ) < dt.timedelta(days=2)
    keys, passwords = credentials(graph, principal)
    by_usage = {key["usage"]: key for key in keys}
    sign, verify = by_usage["Sign"], by_usage["Verify"]
    assert (sign["type"], verify["type"]) == ("X509CertAndPassword", "AsymmetricX509Cert")
    assert {each["customKeyIdentifier"] for each in (sign, verify, *passwords)} == {response["customKeyIdentifier"]}
    assert response["keyId"] == sign["keyId"] == passwords[0]["keyId"] != verify["keyId"]
    assert (verify["key"], sign["key"]) == (response["key"], None)


def test_keys_are_shown_only_when_one_object_is_asked_for_them(graph: t.Any) -> None:
    """2.12"""
    _application, principal = graph.saml_application()
    add(graph, principal)
    whole = graph("GET", path(principal), 200)["keyCredentials"]
    (listed,) = graph.every(f"/servicePrincipals?$filter=id eq '{principal['id']}'&$select=keyCredentials")
    assert len(whole) == len(listed["keyCredentials"]) == 2
    assert {each["key"] for each in (*whole, *listed["keyCredentials"])} == {None}


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "No prefix"},
        {"displayName": "CN="},
        {"displayName": "CN=" + "x" * 90},
        {**CERTIFICATE, "endDateTime": "2020-01-01T00:00:00Z"},
        {**CERTIFICATE, "endDateTime": (dt.datetime.now(dt.UTC) + dt.timedelta(days=3 * 366 + 1)).isoformat()},
        {**CERTIFICATE, "endDateTime": "soon"},
        {**CERTIFICATE, "startDateTime": "2020-01-01T00:00:00Z"},
    ],
)
def test_certificate_refused(graph: t.Any, body: dict[str, t.Any]) -> None:
    """3.1: CN=, at most three years; 2.12: 90 characters"""
    _application, principal = graph.saml_application()
    graph.refused("POST", f"{path(principal)}/addTokenSigningCertificate", 400, json=body)
    assert credentials(graph, principal) == ([], [])


def test_a_new_certificate_is_not_active(graph: t.Any, tenant: t.Any) -> None:
    """3.6"""
    _application, principal = graph.saml_application()
    first = add(graph, principal)
    assert active(tenant, principal) is None
    graph("PATCH", path(principal), 204, json={"preferredTokenSigningKeyThumbprint": first["thumbprint"]})
    add(graph, principal)
    assert active(tenant, principal) == first["thumbprint"]


def test_any_thumbprint_is_taken(graph: t.Any, tenant: t.Any) -> None:
    """facts/pains.md 3"""
    _application, principal = graph.saml_application()
    add(graph, principal)
    graph("PATCH", path(principal), 204, json={"preferredTokenSigningKeyThumbprint": "00" * 20})
    assert active(tenant, principal) is None


def test_thumbprints_are_stored_in_lower_case(graph: t.Any, tenant: t.Any) -> None:
    """E9"""
    _application, principal = graph.saml_application()
    thumbprint_in_capitals = add(graph, principal)["thumbprint"]
    graph("PATCH", path(principal), 204, json={"preferredTokenSigningKeyThumbprint": thumbprint_in_capitals})
    assert thumbprint_in_capitals == thumbprint_in_capitals.upper()
    stored = graph("GET", path(principal), 200)["preferredTokenSigningKeyThumbprint"]
    assert stored == thumbprint_in_capitals.lower()
    assert active(tenant, principal) == thumbprint_in_capitals


def test_an_expired_certificate_gives_way_to_any_valid_one(
    graph: t.Any, tenant: t.Any, sandbox: t.Any, graph_as: t.Any
) -> None:
    """3.7: the trap"""
    _application, principal = graph.saml_application()
    short = add(graph, principal, endDateTime=(dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat())
    graph("PATCH", path(principal), 204, json={"preferredTokenSigningKeyThumbprint": short["thumbprint"]})
    sandbox.world.clock.advance(dt.timedelta(days=2))
    assert active(tenant, principal) == short["thumbprint"], "expired, and nothing else is there"
    new = add(graph_as("automation"), principal)
    assert active(tenant, principal) == new["thumbprint"], "although nobody activated it"


def kept(credential: dict[str, t.Any]) -> dict[str, t.Any]:
    """A credential as it has to come back."""
    return {**credential, **({"secretText": None} if "secretText" in credential else {"key": None})}


def test_removing_a_certificate(graph: t.Any) -> None:
    """facts/entra.md E1: the lists without its three credentials, the others with null for what is secret."""
    _application, principal = graph.saml_application()
    certificates = [add(graph, principal) for _number in range(3)]
    keys, passwords = credentials(graph, principal)
    removed = certificates[1]["customKeyIdentifier"]
    body = {
        "keyCredentials": [kept(each) for each in keys if each["customKeyIdentifier"] != removed],
        "passwordCredentials": [kept(each) for each in passwords if each["customKeyIdentifier"] != removed],
    }
    graph("PATCH", path(principal), 204, json=body)
    kept_keys, kept_passwords = credentials(graph, principal)
    assert kept_keys == [each for each in keys if each["customKeyIdentifier"] != removed], (
        "and their public keys are still there"
    )
    assert len(kept_passwords) == 2


@pytest.mark.parametrize(
    ("name", "change", "code", "message"),
    [
        ("keyCredentials", {"key": "eA=="}, "KeyValueMustBeNull", "must be sent back with null value"),
        ("keyCredentials", {"key": ...}, "KeyValueMustBeNull", "must be sent back with null value"),
        ("passwordCredentials", {"secretText": "x"}, "KeyValueMustBeNull", "must be sent back with null value"),
        ("keyCredentials", {"displayName": "CN=other"}, "KeyNotUpdatable", "is not allowed"),
        ("keyCredentials", {"endDateTime": "2099-01-01T00:00:00.1Z"}, "KeyNotUpdatable", "is not allowed"),
        ("passwordCredentials", {"hint": "abc"}, "KeyNotUpdatable", "is not allowed"),
    ],
)
def test_what_stays_comes_back_unchanged_and_without_its_secret(
    graph: t.Any, name: str, change: dict[str, t.Any], code: str, message: str
) -> None:
    """facts/entra.md E1"""
    _application, principal = graph.saml_application()
    add(graph, principal)
    before = credentials(graph, principal)
    entries = [kept(each) for each in dict(zip(("keyCredentials", "passwordCredentials"), before, strict=True))[name]]
    entries[0] = {member: value for member, value in {**entries[0], **change}.items() if value is not ...}
    error = graph.refused("PATCH", path(principal), 400, json={name: entries})
    assert error["code"] == "Request_BadRequest"
    assert f"'{entries[0]['keyId']}' {message}" in error["message"]
    assert [(each["target"], each["code"]) for each in error["details"]] == [(name, code)]
    assert credentials(graph, principal) == before


@pytest.mark.parametrize("usages", [("Sign",), ("Verify",), ("password",), ("Sign", "Verify"), ("Sign", "password")])
def test_removing_a_part_of_a_certificate_changes_nothing(graph: t.Any, usages: tuple[str, ...]) -> None:
    """facts/entra.md E1: it is answered with success all the same."""
    _application, principal = graph.saml_application()
    removed, _other = (add(graph, principal)["customKeyIdentifier"] for _number in range(2))
    before = credentials(graph, principal)
    body = {
        "keyCredentials": [
            kept(each) for each in before[0] if each["customKeyIdentifier"] != removed or each["usage"] not in usages
        ],
        "passwordCredentials": [
            kept(each) for each in before[1] if each["customKeyIdentifier"] != removed or "password" not in usages
        ],
    }
    graph("PATCH", path(principal), 204, json=body)
    assert credentials(graph, principal) == before


def test_own_certificate(graph: t.Any, tenant: t.Any) -> None:
    """3.10; 3.4: any customKeyIdentifier"""
    now = dt.datetime.now(dt.UTC)
    key, certificate = self_signed("own", now - dt.timedelta(days=1), now + dt.timedelta(days=100))
    pfx = pkcs12.serialize_key_and_certificates(b"own", key, certificate, None, BestAvailableEncryption(b"open"))
    identifier, public = (base64.b64encode(each).decode() for each in (b"any identifier", der(certificate)))
    common = {"customKeyIdentifier": identifier, "keyId": "5d7a5b6e-0000-4000-8000-000000000001"}
    body = {
        "keyCredentials": [
            {**common, "usage": "Sign", "type": "X509CertAndPassword", "key": base64.b64encode(pfx).decode()},
            {"customKeyIdentifier": identifier, "usage": "Verify", "type": "AsymmetricX509Cert", "key": public},
        ],
        "passwordCredentials": [{**common, "secretText": "open"}],
        "preferredTokenSigningKeyThumbprint": thumbprint(certificate),
    }
    _application, principal = graph.saml_application()
    wrong = {**body, "passwordCredentials": [{**common, "secretText": "closed"}]}
    graph.refused("PATCH", path(principal), 400, json=wrong)
    graph("PATCH", path(principal), 204, json=body)
    assert active(tenant, principal) == thumbprint(certificate)
    assert "open" not in str(graph("GET", path(principal), 200)["passwordCredentials"])


def test_keys_of_an_application(graph: t.Any) -> None:
    """facts/entra.md E1, of an application, whose key may be one to encrypt for."""
    now = dt.datetime.now(dt.UTC)
    _private, certificate = self_signed("desk", now - dt.timedelta(days=1), now + dt.timedelta(days=100))
    new = {"type": "AsymmetricX509Cert", "usage": "Encrypt", "key": base64.b64encode(der(certificate)).decode()}
    application, _principal = graph.saml_application()
    where = f"/applications/{application['id']}"
    graph.refused("PATCH", where, 400, json={"keyCredentials": [{**new, "key": "eA=="}]})
    graph("PATCH", where, 204, json={"keyCredentials": [new]})
    (key,) = graph("GET", f"{where}?$select=keyCredentials", 200)["keyCredentials"]
    assert base64.b64decode(key["customKeyIdentifier"]).hex().upper() == thumbprint(certificate)
    graph.refused("PATCH", where, 400, json={"keyCredentials": [key]})
    graph("PATCH", where, 204, json={"keyCredentials": [kept(key)], "tokenEncryptionKeyId": key["keyId"]})
    assert graph("GET", f"{where}?$select=keyCredentials", 200)["keyCredentials"] == [key]


def test_remove_key_needs_a_proof(graph: t.Any) -> None:
    """3.9, facts/pains.md 5"""
    _application, principal = graph.saml_application()
    certificate = add(graph, principal)
    graph.refused("POST", f"{path(principal)}/removeKey", 403, json={"keyId": certificate["keyId"], "proof": "x"})


def test_settings_of_single_sign_on(graph: t.Any) -> None:
    """2.1, 2.2, 2.3, 2.5, 2.6, 2.18"""
    _application, principal = graph.saml_application()
    relay = "https://eu-west-2.console.aws.amazon.com/connect/federate/x?destination=%2Fconnect%2Fccp-v2"
    body = {
        "samlSingleSignOnSettings": {"relayState": relay},
        "appRoleAssignmentRequired": False,
        "notificationEmailAddresses": ["a@contoso.com"],
        "loginUrl": "https://a.example.com",
        "notes": "managed",
    }
    graph("PATCH", path(principal), 204, json=body)
    after = graph("GET", path(principal), 200)
    assert {name: after[name] for name in body} == body
    graph("PATCH", path(principal), 204, json={"loginUrl": None, "notes": None})
    assert graph("GET", path(principal), 200)["loginUrl"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"preferredSingleSignOnMode": "SAML"},
        {"samlSingleSignOnSettings": {"relay": "x"}},
        {"notificationEmailAddresses": [f"{number}@contoso.com" for number in range(6)]},
        {"accountEnabled": "yes"},
        {"appRoleAssignmentRequired": None},
        {"appDisplayName": "x"},
        {"applicationTemplateId": "x"},
        {"appOwnerOrganizationId": "x"},
        {"servicePrincipalNames": ["https://elsewhere.example.com"]},
        {"loginUrl": "nowhere"},
        {"loginUrl": "https://["},
        {"tags": ["x" * 257]},
        {
            "keyCredentials": [
                {"usage": "Verify", "type": "AsymmetricX509Cert", "customKeyIdentifier": "eA==", "key": "eA=="}
            ]
        },
        {"claimsMappingPolicies": []},
    ],
)
def test_patch_refuses(graph: t.Any, body: dict[str, t.Any]) -> None:
    """2, 11"""
    _application, principal = graph.instantiate()
    graph.refused("PATCH", path(principal), 400, json=body)
