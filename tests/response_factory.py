# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML responses as Entra makes them, for tests that read them."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import methods
from signxml.signer import XMLSigner

from saml_factory import ENTITY_ID

AWS: t.Final = "https://aws.amazon.com/SAML/Attributes/"
RECIPIENT: t.Final = "https://eu-central-1.signin.aws.amazon.com/saml"
ROLE: t.Final = "arn:aws:iam::111122223333:role/Federation"
PROVIDER: t.Final = "arn:aws:iam::111122223333:saml-provider/Entra"
#: as seconds are all that is written, so that tests can compare
NOW: t.Final = datetime.now(UTC).replace(microsecond=0)

_ASSERTION: t.Final = """<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" IssueInstant="{issued}"
 Version="2.0">
<Issuer>{issuer}</Issuer>
<Subject><NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{name_id}</NameID>
<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData NotOnOrAfter="{end}"
 Recipient="{recipient}"/>
</SubjectConfirmation></Subject>
<Conditions NotBefore="{start}"
 NotOnOrAfter="{end}"><AudienceRestriction><Audience>{audience}</Audience></AudienceRestriction></Conditions>
<AttributeStatement>{attributes}</AttributeStatement></Assertion>"""
_RESPONSE: t.Final = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response" Version="2.0"
 IssueInstant="{issued}" Destination="{recipient}"><Issuer
 xmlns="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}</Issuer>
<samlp:Status><samlp:StatusCode
 Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertions}</samlp:Response>"""


def make_response(
    *,
    issuer: str = ENTITY_ID,
    name_id: str = "jane.doe@example.com",
    recipient: str = RECIPIENT,
    audience: str = "https://signin.aws.amazon.com/saml",
    issued: datetime = NOW,
    minutes: int = 70,
    assertions: int = 1,
    **claims: str | None,
) -> bytes:
    """A response without a signature. claims: AWS's, other than the healthy ones; None for not at all."""
    claim_values = {"RoleSessionName": name_id, "Role": f"{ROLE},{PROVIDER}", "SessionDuration": "3600", **claims}
    values = {name: value for name, value in claim_values.items() if value is not None}
    attributes = "".join(
        f'<Attribute Name="{AWS}{name}"><AttributeValue>{value}</AttributeValue></Attribute>'
        for name, value in values.items()
    )
    known = {
        "issuer": issuer,
        "name_id": name_id,
        "recipient": recipient,
        "audience": audience,
        "issued": f"{issued:%Y-%m-%dT%H:%M:%SZ}",
        "start": f"{issued - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{issued + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}",
        "attributes": attributes,
    }
    assertion_texts = (_ASSERTION.format(id="_assertion" + "x" * number, **known) for number in range(assertions))
    return _RESPONSE.format(assertions="".join(assertion_texts), **known).encode()


def signed_response(
    part: t.Literal["assertion", "response", "both"] = "assertion", *, ended: bool = False, **content: t.Any
) -> tuple[bytes, bytes]:
    """A response with a signature of one part or of both, and the DER of the certificate that made it."""
    key, certificate = _certificate(ended)
    root = etree.fromstring(make_response(**content))
    for name in ("assertion", "response") if part == "both" else (part,):
        root = _signed(root, name, key, certificate)
    return etree.tostring(root), certificate.public_bytes(serialization.Encoding.DER)


def _signed(root: etree._Element, part: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> etree._Element:
    target = root if part == "response" else next(root.iter("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"))
    target.insert(1, etree.Element("{http://www.w3.org/2000/09/xmldsig#}Signature", Id="placeholder"))
    signer = XMLSigner(method=methods.enveloped, c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#")
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    signed = signer.sign(root, key=key, cert=pem, reference_uri=f"_{part}", id_attribute="ID")
    return etree.fromstring(etree.tostring(signed))


def _certificate(ended: bool) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Microsoft Azure Federated SSO Certificate")])
    end = NOW + timedelta(days=-1 if ended else 1000)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=100))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return key, certificate
