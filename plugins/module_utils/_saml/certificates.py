# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""X.509 signing certificates: names, dates and the rules of AWS IAM.

IAM never looks at a certificate's dates (its ValidUntil is not the certificate's), so the dates are read here.
"""

from __future__ import annotations

import base64
import binascii
import re
import typing as t
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, rsa
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

MIN_KEY_BITS = 1024

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of the two clouds and of this machine may be apart, as both clouds allow in what is signed.

Without it, a certificate that Entra ID made a second ago has not begun by a clock that is two seconds slow.
"""

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)

#: of no meaning but that nobody else makes ids of it
_NAMESPACE: t.Final = uuid.UUID("b0a5b3a4-3f0c-5f0e-9d57-0f6c1c1f8d6b")


@dataclass(frozen=True)
class Certificate:
    """A certificate; two are equal when their bytes are."""

    der: bytes = field(repr=False)
    thumbprint: str = field(compare=False)
    """SHA-1 in upper-case hexadecimal digits, as Entra names it."""
    sha256: str = field(compare=False)
    subject: str = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    key_bits: int | None = field(compare=False)
    """None for kinds of keys that have one size only."""

    @property
    def base64(self) -> str:
        """The DER bytes in base64 without line breaks, as metadata and Microsoft Graph have them."""
        return base64.b64encode(self.der).decode("ascii")

    def days_left(self, now: datetime) -> int:
        """Whole days until the certificate expires, rounded down; negative once it has expired."""
        return (self.not_after - now).days

    def usable(self, now: datetime) -> bool:
        """Whether the certificate is valid, by any of the clocks."""
        return within_dates(self.not_before, self.not_after, now)

    def as_dict(self, now: datetime) -> dict[str, t.Any]:
        """The return value of modules for a certificate; times in ISO 8601 and UTC."""
        return {
            "thumbprint": self.thumbprint,
            "sha256": self.sha256,
            "subject": self.subject,
            "not_before": _iso(self.not_before),
            "not_after": _iso(self.not_after),
            "days_left": self.days_left(now),
            "usable": self.usable(now),
            "key_bits": self.key_bits,
        }

    def check_for_iam(self) -> None:
        """InvalidInput when IAM would refuse metadata with this certificate: a key under 1,024 bits, repeated
        extensions.
        """
        certificate = x509.load_der_x509_certificate(self.der)
        key = certificate.public_key()
        if isinstance(key, (rsa.RSAPublicKey, dsa.DSAPublicKey)) and key.key_size < MIN_KEY_BITS:
            raise InvalidInput(
                f"The signing certificate {self.thumbprint} ({self.subject}) has a weak key of {key.key_size} bits.",
                hint=f"AWS IAM accepts keys of at least {MIN_KEY_BITS} bits.",
            )
        try:
            tuple(certificate.extensions)
        except x509.DuplicateExtension:
            raise InvalidInput(
                f"The signing certificate {self.thumbprint} ({self.subject}) repeats an X.509 extension.",
                hint="AWS IAM refuses such a certificate.",
            ) from None
        except ValueError as exc:
            raise InvalidInput(
                f"The signing certificate {self.thumbprint} ({self.subject}) has a broken X.509 extension: {exc}."
            ) from None


def within_dates(not_before: datetime, not_after: datetime, now: datetime) -> bool:
    """Whether a certificate with these dates is valid, by any of the clocks."""
    return not_before - CLOCK_SKEW <= now < not_after


def from_der(der: bytes) -> Certificate:
    """The certificate in these bytes; InvalidInput when they hold none."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return Certificate(
            der=der,
            thumbprint=certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 (a name, not a proof)
            sha256=certificate.fingerprint(hashes.SHA256()).hex().upper(),
            subject=certificate.subject.rfc4514_string(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            key_bits=getattr(certificate.public_key(), "key_size", None),
        )
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidInput("The data is not an X.509 certificate that can be read.") from None


def from_text(text: str) -> Certificate:
    """The certificate in PEM or in base64 with or without white space."""
    pem = _PEM.search(text)
    try:
        der = base64.b64decode("".join((pem.group(1) if pem else text).split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("The text is not an X.509 certificate in PEM or base64.") from None
    return from_der(der)


def canonical_thumbprint(text: str) -> str:
    """A SHA-1 thumbprint as a user writes it (any case, with colons or spaces) in the one form used here."""
    canonical = re.sub(r"[\s:]", "", text).upper()
    if not re.fullmatch(r"[0-9A-F]{40}", canonical):
        raise InvalidInput(
            f"{text!r} is not a certificate's thumbprint.",
            hint="It is the SHA-1 of the certificate: 40 hexadecimal digits.",
        )
    return canonical


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def key_id_of(certificate: Certificate) -> str:
    """The id of the key with which Entra ID encrypts for a certificate."""
    return str(uuid.uuid5(_NAMESPACE, certificate.sha256))
