# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Metadata of an identity provider that does not exist, for SAML providers that nobody signs in through."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

_DOCUMENT = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://live-probe.invalid/">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://live-probe.invalid/saml2"/>
</IDPSSODescriptor></EntityDescriptor>"""
_KEY = (
    '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
    "<X509Certificate>{}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
)


def metadata(certificates: int) -> str:
    """A document with so many signing certificates, whose keys nobody has."""
    return _DOCUMENT.format(keys="".join(_KEY.format(certificate()) for dummy in range(certificates)))


def certificate() -> str:
    """A certificate of one day in base64, whose key nobody has."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "openccp-live-probe")])
    start = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), start, start + timedelta(days=1)
    )
    certificate = builder.sign(key, hashes.SHA256())
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
