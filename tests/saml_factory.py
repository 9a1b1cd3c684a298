# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates and metadata documents made for a test, shaped as Entra's are."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

TENANT = "aaaaaaaa-0000-0000-0000-000000000001"
ENTITY_ID = f"https://sts.windows.net/{TENANT}/"
NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)

# A key of 512 bits, which cryptography reads but no longer makes.
_WEAK = (
    "MIIBdzCCASGgAwIBAgIUYE0FjdmiEvy955gEVa6hQixhMJQwDQYJKoZIhvcNAQELBQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjExMjMxMzEyMDlaGA8yMTI2MTAzMDEzMTIwOVowDzENMAsGA1UEAw"
    "wEd2VhazBcMA0GCSqGSIb3DQEBAQUAA0sAMEgCQQDyydbH3aVWxPB0ha4ezPhps4Wz8EUM7zm4ldoq7mw/zo/T0BeW+4QQT1tM9dToDbyeHeUbKc4et10XuP4PK1gpAgMBAAGjUzBRMB0GA1UdDgQW"
    "BBRyTxUeP27Y0OUj8OJbyQCOBZTf7jAfBgNVHSMEGDAWgBRyTxUeP27Y0OUj8OJbyQCOBZTf7jAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA0EA4yAG2+iNcmdbKfvepxHrtEqBG2kse7"
    "VLQK5CDve9Iq9liKsVU7fa4pQlML7xWP/CmmCccXim0fQ5WhcXu6J53w=="
)


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def make_certificate(
    name: str = "Microsoft Azure Federated SSO Certificate",
    begins: int = -10,
    ends: int = 1085,
    extensions: tuple[str, ...] = (),
) -> bytes:
    """DER of a self-signed certificate; begins and ends in days from NOW, extensions by object identifier."""
    return _signed(name, _key(), begins, ends, extensions)


def _signed(
    name: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    begins: int,
    ends: int,
    extensions: tuple[str, ...] = (),
) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=begins))
        .not_valid_after(NOW + timedelta(days=ends))
    )
    for identifier in extensions:
        builder = builder.add_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier(identifier), b"\x05\x00"), critical=False
        )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def make_repeated_extension() -> bytes:
    """A certificate whose two extensions have the same identifier: no library makes one, so the bytes are changed."""
    return make_certificate(extensions=("1.2.3.4", "1.2.3.5")).replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04")


def make_weak() -> bytes:
    return base64.b64decode(_WEAK)


@cache
def make_small() -> bytes:
    """A certificate with a key on an elliptic curve, a quarter of RSA's size."""
    return _signed("small", ec.generate_private_key(ec.SECP256R1()), -10, 1085)


def key_descriptor(der: bytes, use: str | None = "signing") -> str:
    attribute = f' use="{use}"' if use else ""
    certificate = base64.b64encode(der).decode("ascii")
    return (
        f'<KeyDescriptor{attribute}><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
    )


def make_metadata(
    *ders: bytes,
    entity_id: str = ENTITY_ID,
    identifier: str = "_1",
    keys: str | None = None,
    location: str = f"https://login.microsoftonline.com/{TENANT}/saml2",
    head: str = '<?xml version="1.0" encoding="utf-8"?>',
) -> str:
    """A document of Entra's shape: a signature, a RoleDescriptor that repeats the certificates, one
    IDPSSODescriptor.
    """
    descriptors = "".join(key_descriptor(der) for der in ders) if keys is None else keys
    redirect, post = (f"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{binding}" for binding in ("Redirect", "POST"))
    return (
        f'{head}<EntityDescriptor ID="{identifier}" entityID="{entity_id}" '
        f'xmlns="urn:oasis:names:tc:SAML:2.0:metadata">'
        f"<Signature "
        f'xmlns="http://www.w3.org/2000/09/xmldsig#"><SignatureValue>{identifier}</SignatureValue></Signature>'
        '<RoleDescriptor xsi:type="fed:SecurityTokenServiceType" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" '
        'protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706">'
        f"{descriptors}</RoleDescriptor>"
        f'<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{descriptors}'
        f'<SingleLogoutService Binding="{redirect}" Location="{location}"/>'
        f'<SingleSignOnService Binding="{redirect}" Location="{location}"/>'
        f'<SingleSignOnService Binding="{post}" Location="{location}"/>'
        "</IDPSSODescriptor></EntityDescriptor>"
    )


@pytest.fixture(scope="session")
def saml() -> SimpleNamespace:
    """What the tests make their material with."""
    return SimpleNamespace(
        certificate=make_certificate,
        weak=make_weak,
        small=make_small,
        repeated_extension=make_repeated_extension,
        key=key_descriptor,
        metadata=make_metadata,
        entity_id=ENTITY_ID,
        now=NOW,
    )
