# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses made by hand: right in every point but the ones that a test wants wrong."""

from __future__ import annotations

import copy
import datetime as dt
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml import methods
from signxml.signer import XMLSigner

from federation_sandbox.entra.certificates import SigningCertificate, self_signed

SAML, SAMLP = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
NAMES = {"a": SAML, "p": SAMLP, "ds": DS}

_RESPONSE = """
<samlp:Response xmlns:samlp="{samlp}" ID="_response" Version="2.0" IssueInstant="{issued}" Destination="{recipient}">
<Issuer xmlns="{saml}">{issuer}</Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>
<Assertion xmlns="{saml}" ID="{id}" IssueInstant="{issued}" Version="2.0">
<Issuer>{issuer}</Issuer>
<Subject>{name_id}{confirmations}</Subject>
<Conditions NotBefore="{start}"
 NotOnOrAfter="{end}"><AudienceRestriction><Audience>{audience}</Audience></AudienceRestriction></Conditions>
<AttributeStatement>{attributes}</AttributeStatement>
<AuthnStatement AuthnInstant="{issued}"{session}/>
</Assertion>
</samlp:Response>"""
_CONFIRMATION = (
    '<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
    '<SubjectConfirmationData NotOnOrAfter="{end}" Recipient="{recipient}"/></SubjectConfirmation>'
)


def instant(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def new_signer(name: str = "Somebody") -> SigningCertificate:
    """Another certificate."""
    now = dt.datetime.now(dt.UTC)
    key, certificate = self_signed(name, now - dt.timedelta(days=1), now + dt.timedelta(days=1))
    return signer_of(key, certificate)


def signer_of(key: t.Any, certificate: x509.Certificate) -> SigningCertificate:
    return SigningCertificate(certificate, key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def attribute(name: str, *values: str) -> str:
    return (
        f'<Attribute Name="{name}">'
        + "".join(f"<AttributeValue>{value}</AttributeValue>" for value in values)
        + "</Attribute>"
    )


def build(now: dt.datetime, attributes: str, **values: t.Any) -> etree._Element:
    """An unsigned response; values replace parts of it."""
    parts = {
        "saml": SAML,
        "samlp": SAMLP,
        "id": "_assertion",
        "status": "Success",
        "issuer": "https://sts.windows.net/tenant/",
        "audience": "https://signin.aws.amazon.com/saml",
        "recipient": "https://signin.aws.amazon.com/saml",
        "name_id": "<NameID>jane@contoso.com</NameID>",
        "issued": instant(now),
        "start": instant(now - dt.timedelta(minutes=5)),
        "end": instant(now + dt.timedelta(minutes=70)),
        "session": "",
        **values,
    }
    parts.setdefault("confirmations", _CONFIRMATION.format(**parts))
    text = _RESPONSE.format(attributes=attributes, **parts).replace("\n", "")
    return etree.fromstring(text)


def sign(
    root: etree._Element, signer: SigningCertificate, what: str = "Assertion", **settings: t.Any
) -> etree._Element:
    """The response with a signature of its assertion, or of itself."""
    part = root if what == "Response" else root.find(f"{{{SAML}}}Assertion")
    assert part is not None
    part.insert(1, etree.Element(f"{{{DS}}}Signature", {"Id": "placeholder"}, nsmap={None: DS}))
    xml = XMLSigner(
        method=methods.enveloped, **{"c14n_algorithm": "http://www.w3.org/2001/10/xml-exc-c14n#", **settings}
    )
    xml.namespaces = {None: DS}  # type: ignore[dict-item]
    pem = signer.certificate.public_bytes(serialization.Encoding.PEM).decode()
    signed = xml.sign(root, key=signer.key, cert=pem, reference_uri=part.get("ID"), id_attribute="ID")
    return etree.fromstring(etree.tostring(signed))


def text_of(root: etree._Element) -> bytes:
    return etree.tostring(root)


def part_of(root: etree._Element, path: str) -> etree._Element:
    return t.cast("etree._Element", root.xpath(path, namespaces=NAMES)[0])


def evil_twin(assertion: etree._Element, new_id: str | None = "_evil") -> etree._Element:
    """A copy of an assertion without its signature, for somebody else."""
    twin = copy.deepcopy(assertion)
    twin.remove(part_of(twin, "ds:Signature"))
    if new_id:
        twin.set("ID", new_id)
    part_of(twin, "a:Subject/a:NameID").text = "admin@contoso.com"
    return twin


#: how a signed assertion is wrapped into a response for somebody else
WRAPPINGS: t.Final = (
    "sibling before",
    "sibling after",
    "same id",
    "around",
    "around, signature outside",
    "in an object of the signature",
    "in the extensions",
    "in something unknown",
    "in a response",
)


def wrapped(root: etree._Element, how: str) -> etree._Element:
    """A response with the signed assertion somewhere, and an assertion for somebody else where it should be."""
    assertion = part_of(root, "a:Assertion")
    signature = part_of(assertion, "ds:Signature")
    if how == "sibling before":
        assertion.addprevious(evil_twin(assertion))
    elif how == "sibling after":
        assertion.addnext(evil_twin(assertion))
    elif how == "same id":
        assertion.addprevious(evil_twin(assertion, None))
    elif how in ("around", "around, signature outside"):
        twin = evil_twin(assertion)
        root.replace(assertion, twin)
        twin.append(assertion)
        if how.endswith("outside"):
            twin.insert(1, signature)
    elif how == "in an object of the signature":
        twin = evil_twin(assertion)
        twin.insert(1, signature)
        etree.SubElement(signature, f"{{{DS}}}Object").append(assertion)
        root.append(twin)
    elif how == "in the extensions":
        twin = evil_twin(assertion)
        root.replace(assertion, twin)
        twin.insert(1, signature)
        extensions = etree.Element(f"{{{SAMLP}}}Extensions")
        extensions.append(assertion)
        root.insert(1, extensions)
    elif how == "in something unknown":
        twin = evil_twin(assertion)
        root.replace(assertion, twin)
        twin.insert(1, signature)
        etree.SubElement(root, "Wrapper").append(assertion)
    elif how == "in a response":
        whole = copy.deepcopy(root)
        root.replace(assertion, evil_twin(assertion))
        root.append(whole)
    return root
