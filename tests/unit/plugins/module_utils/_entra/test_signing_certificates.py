# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra import signing_certificates as signing
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput, NotFound
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW: t.Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def _certificate(begins: int, ends: int) -> x509.Certificate:
    """From and until so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Sign-in")])
    dates = (NOW + dt.timedelta(days=begins), NOW + dt.timedelta(days=ends))
    return x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *dates).sign(
        key, hashes.SHA256()
    )


def _thumbprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA1()).hex().upper()


def _triple(certificate: x509.Certificate) -> tuple[list[dict[str, t.Any]], dict[str, t.Any]]:
    """The keys and the password of one certificate, as facts/entra.md 3.2 has them: the Verify key has an id of its
    own.
    """
    shared = {"customKeyIdentifier": base64.b64encode(certificate.fingerprint(hashes.SHA1())).decode()}
    der = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    sign = {**shared, "usage": "Sign", "type": "X509CertAndPassword", "keyId": "s", "key": None}
    verify = {**shared, "usage": "Verify", "type": "AsymmetricX509Cert", "keyId": "v", "key": der}
    return [sign, verify], {**shared, "keyId": "s", "displayName": "CN=Sign-in"}


def _principal(*certificates: x509.Certificate, active: x509.Certificate | None = None) -> dict[str, t.Any]:
    triples = [_triple(certificate) for certificate in certificates]
    foreign = {
        "customKeyIdentifier": "Zm9yZWlnbg==",
        "usage": "Verify",
        "type": "Symmetric",
        "keyId": "f",
        "key": "bm8gY2VydA==",
    }
    secret = {"customKeyIdentifier": None, "keyId": "secret", "displayName": "a client secret"}
    return {
        "keyCredentials": [*(key for keys, _password in triples for key in keys), foreign],
        "passwordCredentials": [*(password for _keys, password in triples), secret],
        "preferredTokenSigningKeyThumbprint": _thumbprint(active).lower() if active else None,
    }


OLD: t.Final = _certificate(-1000, 10)
NEW: t.Final = _certificate(-1, 1000)
EXPIRED: t.Final = _certificate(-1000, -1)
FUTURE: t.Final = _certificate(1, 2000)


def test_pairs() -> None:
    newest, older = signing.pairs(_principal(OLD, NEW, active=OLD))
    assert (newest.thumbprint, newest.active) == (_thumbprint(NEW), False)
    assert (older.thumbprint, older.active) == (_thumbprint(OLD), True)
    assert newest.usable(NOW)
    assert signing.pairs({}) == ()


@pytest.mark.parametrize("word", ["unused", "UNUSED"])
def test_unused_is_no_certificate(word: str) -> None:
    """facts/entra.md E9: nothing is active then, so the one that ends last is to be."""
    principal = {**_principal(OLD, NEW), "preferredTokenSigningKeyThumbprint": word}
    certificates = signing.pairs(principal)
    assert signing.active_of(certificates) is None
    assert not signing.must_make(certificates, NOW)
    chosen = signing.to_activate(certificates, NOW)
    assert chosen is not None
    assert chosen.thumbprint == _thumbprint(NEW)
    assert signing.managed_thumbprints(principal) == ()


def test_certificate_without_its_key_cannot_sign() -> None:
    principal = _principal(NEW)
    principal["keyCredentials"] = [key for key in principal["keyCredentials"] if key["usage"] == "Verify"]
    (lone,) = signing.pairs(principal)
    assert not lone.usable(NOW)
    assert signing.must_make([lone], NOW)


@pytest.mark.parametrize(
    ("certificates", "active", "make", "activate"),
    [
        ((), None, True, None),
        ((NEW,), None, False, NEW),
        ((NEW,), NEW, False, None),
        ((OLD, NEW), OLD, False, None),
        ((OLD, NEW), EXPIRED, False, NEW),
        ((EXPIRED, OLD, NEW), EXPIRED, False, NEW),
        ((EXPIRED,), EXPIRED, True, None),
        ((FUTURE,), FUTURE, True, None),
        ((FUTURE, OLD), EXPIRED, False, OLD),
    ],
)
def test_what_a_run_does(
    certificates: tuple[x509.Certificate, ...],
    active: x509.Certificate | None,
    make: bool,
    activate: x509.Certificate | None,
) -> None:
    """A rotation that is under way (two usable certificates) is left alone."""
    pairs = signing.pairs(_principal(*certificates, active=active))
    chosen = signing.to_activate(pairs, NOW)
    assert signing.must_make(pairs, NOW) is make
    assert (chosen.thumbprint if chosen else None) == (_thumbprint(activate) if activate else None)


@pytest.mark.parametrize("certificates", [(NEW,), (OLD, NEW), (EXPIRED, OLD, NEW)])
def test_removal_takes_one_triple_alone(certificates: tuple[x509.Certificate, ...]) -> None:
    """facts/pains.md 1, facts/entra.md E1: the sibling stays, byte for byte, but for nulls, and so do foreign keys and
    secrets.
    """
    principal = _principal(*certificates)
    for chosen in certificates:
        body = signing.without(principal, signing.named(signing.pairs(principal), _thumbprint(chosen)))
        left = _principal(*(certificate for certificate in certificates if certificate is not chosen))
        assert body == {
            "keyCredentials": [{**key, "key": None} for key in left["keyCredentials"]],
            "passwordCredentials": [{**password, "secretText": None} for password in left["passwordCredentials"]],
        }


def test_foreign_keys_without_an_identifier_are_kept_apart_and_never_removed() -> None:
    """Nothing tells which credentials belong to such a certificate."""
    principal = _principal(NEW)
    (verify,) = (key for key in principal["keyCredentials"] if key["keyId"] == "v")
    for number, certificate in enumerate((OLD, EXPIRED, NEW)):
        der = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
        principal["keyCredentials"].insert(
            0, {**verify, "customKeyIdentifier": None, "keyId": f"foreign {number}", "key": der}
        )
    principal["keyCredentials"].append({"customKeyIdentifier": None, "usage": "Sign", "keyId": "foreign too"})
    pairs = signing.pairs(principal)
    assert [(pair.thumbprint, pair.can_sign) for pair in pairs] == [
        (_thumbprint(NEW), True),
        (_thumbprint(NEW), False),
        (_thumbprint(OLD), False),
        (_thumbprint(EXPIRED), False),
    ]
    with pytest.raises(Conflict, match=f"{_thumbprint(OLD)} has no customKeyIdentifier"):
        signing.without(principal, signing.named(pairs, _thumbprint(OLD)))
    left = signing.without(principal, signing.named(pairs, _thumbprint(NEW)))
    assert [
        {**key, "key": None}
        for key in principal["keyCredentials"]
        if key["customKeyIdentifier"] in (None, "Zm9yZWlnbg==")
    ] == left["keyCredentials"]


def test_the_active_one_is_never_removed() -> None:
    principal = _principal(OLD, NEW, active=NEW)
    with pytest.raises(Conflict, match="is active"):
        signing.without(principal, signing.named(signing.pairs(principal), _thumbprint(NEW)))
    with pytest.raises(NotFound, match="no signing certificate AAAA"):
        signing.named(signing.pairs(principal), "AAAA")


@pytest.mark.parametrize(("name", "days"), [("", 10), ("CN=x", 10), ("a,b", 10), ("x" * 65, 10), ("x", 0), ("x", 1096)])
def test_options_that_entra_refuses(name: str, days: int) -> None:
    with pytest.raises(InvalidInput):
        signing.check_desired(name, days)
    signing.check_desired("Sign-in 2026", 1095)


def test_managed_objects_are_recognized_by_tags() -> None:
    """By thumbprint, or until it is first activated by the second in which it ends; one that is gone is still known by
    its thumbprint.
    """
    ends = f"{NEW.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    unknown = "A" * 40
    tags = [
        f"{signing.CERTIFICATE_TAG}{_thumbprint(OLD)}",
        f"{signing.CERTIFICATE_TAG}{ends}",
        f"{signing.CERTIFICATE_TAG}{unknown}",
    ]
    principal = {**_principal(OLD, NEW, FUTURE, active=OLD), "tags": tags}
    managed = {pair.thumbprint: pair.managed for pair in signing.pairs(principal)}
    assert managed == {_thumbprint(OLD): True, _thumbprint(NEW): True, _thumbprint(FUTURE): False}
    assert set(signing.managed_thumbprints(principal)) == {_thumbprint(OLD), _thumbprint(NEW), unknown}
    assert not any(pair.managed for pair in signing.pairs(_principal(OLD, NEW)))


def _noted(*ends: str) -> dict[str, t.Any]:
    return {**_principal(OLD), "tags": [f"{signing.CERTIFICATE_TAG}{end}" for end in ends]}


@pytest.mark.parametrize(
    ("noted", "end"),
    [
        ((), "2027-06-01T00:00:00Z"),
        (("2027-05-31T23:00:00Z",), "2027-05-31T23:00:00Z"),
        (("2027-05-31T23:00:00Z", "2027-05-31T23:30:00Z"), "2027-05-31T23:30:00Z"),
        (("2027-05-01T00:00:00Z", "2028-06-01T00:00:00Z"), "2027-06-01T00:00:00Z"),
        ((_thumbprint(OLD), "neither"), "2027-06-01T00:00:00Z"),
    ],
)
def test_the_end_that_a_stopped_run_noted_is_taken_again(noted: tuple[str, ...], end: str) -> None:
    """A run that is killed between its note and the certificate would else leave a note of nothing behind, each
    time.
    """
    assert signing.end_of(_noted(*noted), NOW, 365) == end


def test_the_end_of_a_certificate_that_is_there_is_not_taken_again() -> None:
    noted = {**_principal(NEW), "tags": [f"{signing.CERTIFICATE_TAG}2029-02-25T00:00:00Z"]}
    assert signing.pairs(noted)[0].managed
    assert signing.end_of(noted, NOW + dt.timedelta(hours=1), 1000) == "2029-02-25T01:00:00Z"
