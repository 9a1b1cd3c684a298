# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""azure_saml_certificate against the sandbox: one, two and three certificates, and foreign ones."""

from __future__ import annotations

import base64
import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import from_der
from lxml import etree

from entra_factory import MODULE, SECRET, SMALL, Tenant
from federation_sandbox.testing import Sandbox
from saml_factory import make_certificate

CERTIFICATE: t.Final = "azure_saml_certificate"
NAME: t.Final = {"name": SMALL["name"]}
LISTED: t.Final = (
    "{urn:oasis:names:tc:SAML:2.0:metadata}IDPSSODescriptor//{http://www.w3.org/2000/09/xmldsig#}X509Certificate"
)
KINDS: t.Final = ("keyCredentials", "passwordCredentials")


@pytest.fixture
def first(tenant: Tenant) -> str:
    """The thumbprint of the active certificate of an application that has one, made a minute ago."""
    thumbprint = str(tenant.run(MODULE, SMALL)["application"]["active_thumbprint"])
    tenant.world.clock.advance(dt.timedelta(minutes=1))
    return thumbprint


def credentials(tenant: Tenant) -> dict[str, list[str]]:
    """The service principal's credentials as they were last written: customKeyIdentifier → what there is of it."""
    (principal,) = tenant.all("servicePrincipals")
    kinds_of: dict[str, list[str]] = {}
    for credential in principal["keyCredentials"]:
        kinds_of.setdefault(credential["customKeyIdentifier"], []).append(credential["usage"])
    for credential in principal["passwordCredentials"]:
        kinds_of.setdefault(credential["customKeyIdentifier"], []).append("password")
    return {identifier: sorted(kinds) for identifier, kinds in kinds_of.items()}


def identifier_of(thumbprint: str) -> str:
    return base64.b64encode(bytes.fromhex(thumbprint)).decode()


def listed_in(result: t.Mapping[str, t.Any]) -> list[str | None]:
    """The certificates in the metadata that a result holds."""
    metadata = etree.fromstring(result["certificate"]["metadata_xml"].encode())
    return [element.text for element in metadata.iterfind(LISTED)]


def active(tenant: Tenant) -> str:
    (principal,) = tenant.all("servicePrincipals")
    return str(principal["preferredTokenSigningKeyThumbprint"]).upper()


def test_the_whole_life_of_a_second_certificate(tenant: Tenant, first: str) -> None:
    predicted = tenant.check(CERTIFICATE, NAME)
    staged = tenant.run(CERTIFICATE, NAME)
    assert predicted["actions"] == staged["actions"]
    assert staged["changed"]
    second = staged["certificate"]["thumbprint"]
    assert second != first
    assert staged["certificate"]["active"] is False
    assert active(tenant) == first
    assert len(credentials(tenant)) == 2
    again = tenant.run(CERTIFICATE, NAME)
    assert not again["changed"]
    assert again["certificate"]["thumbprint"] == second
    assert again["certificate"]["metadata_xml"].count("<X509Certificate>") >= 2

    options = {**NAME, "state": "active", "thumbprint": second, "trusted_thumbprints": [first, second]}
    assert tenant.check(CERTIFICATE, options)["actions"] == [
        f"Activate the signing certificate {second} of 'Contact centre'"
    ]
    assert tenant.run(CERTIFICATE, options)["changed"]
    assert active(tenant) == second
    assert not tenant.run(CERTIFICATE, options)["changed"]
    assert not tenant.run(CERTIFICATE, {**NAME, "state": "active"})["changed"]

    absent = {**NAME, "state": "absent", "thumbprint": first}
    predicted_removal = tenant.check(CERTIFICATE, absent)
    assert predicted_removal["actions"] == [f"Remove the signing certificate {first} of 'Contact centre'"]
    removed = tenant.run(CERTIFICATE, absent)
    assert removed["actions"] == predicted_removal["actions"]
    (listed,) = listed_in(removed)
    assert listed_in(predicted_removal) == [listed]
    assert credentials(tenant) == {identifier_of(second): ["Sign", "Verify", "password"]}
    assert not tenant.run(CERTIFICATE, absent)["changed"]


def test_one_of_three_goes_and_the_others_keep_every_byte(tenant: Tenant, first: str) -> None:
    """facts/pains.md 1: removing one certificate deletes its sibling."""
    second = tenant.run(CERTIFICATE, NAME)["certificate"]["thumbprint"]
    tenant.run(CERTIFICATE, {**NAME, "state": "active", "force": True})
    tenant.world.clock.advance(dt.timedelta(days=1))
    third = tenant.run(CERTIFICATE, NAME)["certificate"]["thumbprint"]
    assert len(credentials(tenant)) == 3
    (before,) = tenant.all("servicePrincipals")
    removed = tenant.run(CERTIFICATE, {**NAME, "state": "absent", "which": "oldest"})
    assert removed["actions"] == [f"Remove the signing certificate {first} of 'Contact centre'"]
    (after,) = tenant.all("servicePrincipals")
    removed_id = identifier_of(first)
    for kind in KINDS:
        assert after[kind] == [
            credential for credential in before[kind] if credential["customKeyIdentifier"] != removed_id
        ]
    assert {certificate["thumbprint"] for certificate in removed["certificate"]["certificates"]} == {second, third}
    assert active(tenant) == second


def test_foreign_credentials_keep_every_byte(tenant: Tenant, first: str) -> None:
    """facts/pains.md 4-6, facts/entra.md 3.4, 3.10: a PFX, certificates without identifier, a key that is none, and a
    secret.
    """
    (principal,) = tenant.all("servicePrincipals")
    other = base64.b64encode(b"of my own making").decode()
    signs = next(credential for credential in principal["keyCredentials"] if credential["usage"] == "Sign")
    verifies = next(credential for credential in principal["keyCredentials"] if credential["usage"] == "Verify")
    foreign_keys = [
        {
            **verifies,
            "keyId": "0a0a0a0a-0000-4000-8000-000000000001",
            "customKeyIdentifier": other,
            "key": base64.b64encode(make_certificate()).decode(),
        },
        {**signs, "keyId": "0a0a0a0a-0000-4000-8000-000000000002", "customKeyIdentifier": other},
        {
            **verifies,
            "keyId": "0a0a0a0a-0000-4000-8000-000000000003",
            "customKeyIdentifier": None,
            "key": "bm8gY2VydGlmaWNhdGU=",
        },
    ]
    for number, lone in enumerate((make_certificate("One"), make_certificate("Two")), start=5):
        named = {"keyId": f"0a0a0a0a-0000-4000-8000-00000000000{number}", "customKeyIdentifier": None}
        foreign_keys.append({**verifies, **named, "key": base64.b64encode(lone).decode()})
    foreign_passwords = [
        {
            **principal["passwordCredentials"][0],
            "keyId": "0a0a0a0a-0000-4000-8000-000000000002",
            "customKeyIdentifier": other,
        },
        {
            **principal["passwordCredentials"][0],
            "keyId": "0a0a0a0a-0000-4000-8000-000000000004",
            "customKeyIdentifier": None,
        },
    ]
    keys, passwords = (
        [*principal[kind], *foreign] for kind, foreign in zip(KINDS, (foreign_keys, foreign_passwords), strict=True)
    )
    tenant.directory["servicePrincipals"].put(
        {**principal, "keyCredentials": keys, "passwordCredentials": passwords}, settled=True
    )
    second = tenant.run(CERTIFICATE, NAME)["certificate"]
    assert len(second["certificates"]) == 5
    refused = tenant.run(CERTIFICATE, {**NAME, "state": "absent", "thumbprint": from_der(lone).thumbprint})
    assert "has no customKeyIdentifier" in refused["msg"]
    assert tenant.written() == []
    tenant.run(CERTIFICATE, {**NAME, "state": "active", "thumbprint": second["thumbprint"], "force": True})
    tenant.run(CERTIFICATE, {**NAME, "state": "absent", "thumbprint": first})
    (after,) = tenant.all("servicePrincipals")
    own = identifier_of(second["thumbprint"])
    assert [
        credential for credential in after["keyCredentials"] if credential["customKeyIdentifier"] != own
    ] == foreign_keys
    assert [
        credential for credential in after["passwordCredentials"] if credential["customKeyIdentifier"] != own
    ] == foreign_passwords
    assert credentials(tenant)[own] == ["Sign", "Verify", "password"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"state": "absent", "which": "active"}, "without it no agent could sign in"),
        ({"state": "absent", "which": "oldest"}, "without it no agent could sign in"),
        ({"state": "absent"}, "select it"),
        ({"state": "staged", "which": "active"}, "is active, so it cannot be staged"),
        ({"state": "active", "thumbprint": "0" * 40, "force": True}, "has no signing certificate 0000"),
        ({"state": "staged", "thumbprint": "not a thumbprint"}, "thumbprint"),
        ({"state": "staged", "validity_days": 1096}, "1 to 1095 days"),
        ({"name": "Nobody's"}, "no application 'Nobody's'"),
    ],
)
def test_what_is_refused_before_the_first_write(
    tenant: Tenant, first: str, options: dict[str, t.Any], message: str
) -> None:
    tenant.world.settings.refuse_writes = True
    result = tenant.run(CERTIFICATE, {**NAME, **options})
    assert result["failed"]
    assert message in result["msg"]
    assert tenant.written() == []


def test_a_certificate_that_aws_does_not_trust_is_not_activated(tenant: Tenant, first: str) -> None:
    second = tenant.run(CERTIFICATE, NAME)["certificate"]["thumbprint"]
    for trusted, message in ((None, "Give trusted_thumbprints"), ([first], "not in the IAM SAML provider")):
        result = tenant.run(CERTIFICATE, {**NAME, "state": "active", "trusted_thumbprints": trusted})
        assert message in result["msg"]
        assert tenant.written() == []
        assert active(tenant) == first
    colons = ":".join(second[index : index + 2] for index in range(0, 40, 2)).lower()
    assert tenant.run(CERTIFICATE, {**NAME, "state": "active", "trusted_thumbprints": [colons]})["changed"]


def test_a_certificate_that_has_ended_is_not_activated(tenant: Tenant, first: str) -> None:
    short = tenant.run(CERTIFICATE, {**NAME, "validity_days": 30, "thumbprint": None})
    # It ends before the active one, so it is not what `staged` means; it is named by its thumbprint.
    second = short["certificate"]["thumbprint"]
    tenant.world.clock.advance(dt.timedelta(days=31))
    result = tenant.run(CERTIFICATE, {**NAME, "state": "active", "thumbprint": second, "force": True})
    assert result["failed"]
    assert "expired at" in result["msg"]
    assert active(tenant) == first


def test_an_expired_active_certificate_is_warned_of(sandbox: Sandbox) -> None:
    """facts/entra.md 3.7: a new certificate signs at once when the active one has ended."""
    tenant = Tenant(sandbox, client={"secrets": [{"text": SECRET, "end": "2099-01-01T00:00:00Z"}]})
    tenant.run(MODULE, SMALL)
    tenant.world.clock.advance(dt.timedelta(days=1100))
    result = tenant.run(CERTIFICATE, NAME)
    assert result["changed"], result.get("msg")
    assert any("signs with the new one at once" in warning for warning in result.warnings)
    assert not tenant.run(CERTIFICATE, NAME)["changed"]
    tenant.world.clock.advance(dt.timedelta(days=1100))
    again = tenant.run(CERTIFICATE, NAME)
    assert again["changed"], "the one that was staged has ended too"
    assert again["certificate"]["usable"]


def test_replication_and_metadata_lag_are_waited_for(tenant: Tenant, first: str) -> None:
    tenant.world.settings.change({"graph_replication": 1.0, "graph_index_lag": 1.0, "metadata_lag": 2.0})
    tenant.world.clock.advance(dt.timedelta(seconds=5))
    staged = tenant.run(CERTIFICATE, NAME)["certificate"]
    assert staged["metadata_xml"].count("<X509Certificate>") >= 2
    assert not tenant.run(CERTIFICATE, NAME)["changed"]
    assert tenant.run(CERTIFICATE, {**NAME, "state": "active", "force": True})["certificate"]["active"]
    tenant.run(CERTIFICATE, {**NAME, "state": "absent", "thumbprint": first})
    assert list(credentials(tenant)) == [identifier_of(staged["thumbprint"])]
