# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an application registration proves itself with instead of a secret."""

from __future__ import annotations

import datetime as dt
import typing as t

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

#: What a federated credential trusts, beside the key.
IDENTITY: t.Final = {
    "issuer": "https://cluster.example.com",
    "subject": "system:serviceaccount:awx:awx",
    "audience": "api://AzureADTokenExchange",
}


class Pair(t.NamedTuple):
    """A private key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def public_pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def pem(self, password: bytes | None = None) -> bytes:
        """Key and certificate in one file."""
        protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        key = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        return key + self.public_pem().encode()

    def pfx(self, password: bytes) -> bytes:
        """The same as PKCS #12."""
        protection = serialization.BestAvailableEncryption(password)
        return pkcs12.serialize_key_and_certificates(b"automation", self.key, self.certificate, None, protection)

    def federated_credential(self) -> dict[str, str]:
        """Trust in tokens that are signed with the key."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {**IDENTITY, "public_key": public.decode()}

    def token(self, subject: str = IDENTITY["subject"]) -> str:
        """A token of the identity that is trusted, or of another."""
        now = dt.datetime.now(dt.UTC)
        times = {"iat": now, "nbf": now, "exp": now + dt.timedelta(minutes=10)}
        return jwt.encode(
            {"iss": IDENTITY["issuer"], "aud": IDENTITY["audience"], "sub": subject, "jti": "1", **times},
            self.key,
            "RS256",
        )


def make_pair() -> Pair:
    """A new one."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "automation")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=30)
    )
    return Pair(key, builder.sign(key, hashes.SHA256()))
