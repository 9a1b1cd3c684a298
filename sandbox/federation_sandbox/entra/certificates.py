# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates: self-signed ones as Entra ID creates them, thumbprints, and the active signing certificate of an
application.
"""

from __future__ import annotations

import base64
import binascii
import collections.abc
import dataclasses
import datetime as dt
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def new_key() -> rsa.RSAPrivateKey:
    """A new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def self_signed(
    common_name: str, start: dt.datetime, end: dt.datetime, key: rsa.RSAPrivateKey | None = None
) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """An RSA key and a self-signed certificate for it. The key is generated unless it is given."""
    key = key or new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def der(certificate: x509.Certificate) -> bytes:
    """A certificate's bytes."""
    return certificate.public_bytes(serialization.Encoding.DER)


def thumbprint(certificate: x509.Certificate) -> str:
    """The SHA-1 thumbprint in hexadecimal, as Entra ID writes it."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - an identifier, not a proof


@dataclasses.dataclass(frozen=True)
class SigningCertificate:
    """A certificate of an application, with its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    start: dt.datetime
    end: dt.datetime

    def valid(self, now: dt.datetime) -> bool:
        """Whether a time is within the certificate's validity period."""
        return self.start <= now < self.end


def load_certificate(key: str) -> x509.Certificate:
    """The certificate in the key of a key credential: base64 of DER; ValueError when there is none."""
    try:
        return x509.load_der_x509_certificate(base64.b64decode(key, validate=True))
    except binascii.Error as reason:
        raise ValueError(str(reason)) from reason


def signing_certificates(
    record: collections.abc.Mapping[str, t.Any], keys: collections.abc.Mapping[str, rsa.RSAPrivateKey]
) -> list[SigningCertificate]:
    """The signing certificates of a service principal: those with both a Verify and a Sign key."""
    credentials = record.get("keyCredentials") or []
    signers = {each["customKeyIdentifier"] for each in credentials if each["usage"] == "Sign"}
    pairs = [
        each
        for each in credentials
        if each["usage"] == "Verify" and each["customKeyIdentifier"] in signers & keys.keys()
    ]
    loaded = ((load_certificate(each["key"]), keys[each["customKeyIdentifier"]]) for each in pairs)
    return [
        SigningCertificate(certificate, key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        for certificate, key in loaded
    ]


def active_signing_certificate(
    record: collections.abc.Mapping[str, t.Any], keys: collections.abc.Mapping[str, rsa.RSAPrivateKey], now: dt.datetime
) -> SigningCertificate | None:
    """The certificate that currently signs for a service principal. It may be expired; None when no certificate is
    active. keys: the tenant's signing_keys.

    Once a certificate of the service principal has expired, a valid one signs although it was never activated.
    """
    certificates = signing_certificates(record, keys)
    preferred = (record.get("preferredTokenSigningKeyThumbprint") or "").upper()
    active = next((each for each in certificates if thumbprint(each.certificate) == preferred), None)
    if active and active.valid(now):
        return active
    valid = [each for each in certificates if each.valid(now)]
    if valid and any(each.end <= now for each in certificates):
        return max(valid, key=lambda each: each.start)
    return active
