# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a SAML response whose signature has been verified against a provider's metadata. It depends on the metadata and
the response only. After the verification, nothing but the signed element is read, so wrapping that element in another
document has no effect.
"""

from __future__ import annotations

import base64
import binascii
import collections.abc
import dataclasses
import datetime as dt
import typing as t

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from federation_sandbox.aws.iam.metadata import Metadata

_SAML: t.Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_SAMLP: t.Final = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_DS: t.Final = "{http://www.w3.org/2000/09/xmldsig#}"
_SUCCESS: t.Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
_BEARER: t.Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_LONGEST: t.Final = 100_000
_IDS: t.Final = ("id", "assertionid")
#: RSA-SHA1 is old but what some identity providers still sign with
_SIGNATURES: t.Final = frozenset(
    {"http://www.w3.org/2000/09/xmldsig#rsa-sha1"}
    | {f"http://www.w3.org/2001/04/xmldsig-more#rsa-sha{bits}" for bits in (256, 384, 512)}
)
_EXCLUSIVE: t.Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_CANONICAL: t.Final = frozenset({_EXCLUSIVE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"})
_TRANSFORMS: t.Final = frozenset({"http://www.w3.org/2000/09/xmldsig#enveloped-signature", _EXCLUSIVE})
_DIGESTS: t.Final = frozenset(
    {
        "http://www.w3.org/2000/09/xmldsig#sha1",
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
#: what a signature is made of, in this order, but for a KeyInfo behind it
_PARTS: t.Final = {
    f"{_DS}Signature": [f"{_DS}SignedInfo", f"{_DS}SignatureValue"],
    f"{_DS}SignedInfo": [f"{_DS}CanonicalizationMethod", f"{_DS}SignatureMethod", f"{_DS}Reference"],
    f"{_DS}Reference": [f"{_DS}Transforms", f"{_DS}DigestMethod", f"{_DS}DigestValue"],
}


class Malformed(ValueError):
    """The document is not a SAML response that can be processed."""


class BadSignature(ValueError):
    """The signature is missing, or was not made with a certificate of the provider."""


@dataclasses.dataclass(frozen=True)
class Assertion:
    """The content of an assertion, empty where it has none. end: the earliest NotOnOrAfter of its conditions."""

    id: str
    issuer: str
    issued: dt.datetime
    name_id: str
    name_id_format: str
    recipient: str
    audiences: tuple[str, ...]
    start: dt.datetime | None
    end: dt.datetime
    session_end: dt.datetime | None
    #: the request that it answers; empty when nobody asked
    in_response_to: str
    session_index: str
    attributes: t.Mapping[str, tuple[str, ...]]


def decode(text: str) -> bytes:
    """The document in a form or an API call."""
    if len(text) > _LONGEST:
        raise Malformed("longer than 100000 characters")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("not base64") from None


def unverified(document: bytes) -> Assertion:
    """The content of a response before verification. It may only be used to look up the provider that it names."""
    return _read(_only_assertion(_root(document)))


def verified(document: bytes, metadata: Metadata) -> Assertion:
    """The content of a response that was signed with one of the metadata's certificates."""
    root = _root(document)
    assertion = _only_assertion(root)
    signed = [element for element in (root, assertion) if element.find(f"{_DS}Signature") is not None]
    if not signed:
        raise BadSignature("no signature of the response or of its assertion")
    if len(list(root.iter(f"{_DS}Signature"))) != len(signed):
        raise BadSignature("a signature of something else")
    for element in signed:
        _check_signature(root, element, metadata.certificates)
    return _read(assertion)


def _root(document: bytes) -> etree._Element:
    # Comments are no part of what is signed; without them no text is cut in two. Entities would need a DTD, which is
    # refused.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as reason:
        raise Malformed(str(reason)) from None
    if t.cast("t.Any", root.getroottree().docinfo).doctype:
        raise Malformed("a document type declaration")
    status = root.find(f"{_SAMLP}Status/{_SAMLP}StatusCode")
    if root.tag != f"{_SAMLP}Response" or status is None or status.get("Value") != _SUCCESS:
        raise Malformed("not a successful Response")
    ids = [
        value
        for element in root.iter(etree.Element)
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() in _IDS
    ]
    if len(set(ids)) < len(ids):
        raise Malformed("an ID twice")
    return root


def _only_assertion(root: etree._Element) -> etree._Element:
    everywhere = list(root.iter(f"{_SAML}Assertion", f"{_SAML}EncryptedAssertion"))
    if len(everywhere) != 1 or everywhere[0].getparent() is not root or everywhere[0].tag != f"{_SAML}Assertion":
        raise Malformed(f"{len(everywhere)} assertions, not one in the Response itself")
    if len(list(root.iter(f"{_SAMLP}Response"))) != 1:
        raise Malformed("a Response in a Response")
    return everywhere[0]


def _check_signature(
    root: etree._Element, signed: etree._Element, certificates: collections.abc.Iterable[x509.Certificate]
) -> None:
    signatures = signed.findall(f"{_DS}Signature")
    references = signed.findall(f"{_DS}Signature/{_DS}SignedInfo/{_DS}Reference")
    if (
        len(signatures) != 1
        or len(references) != 1
        or not signed.get("ID")
        or references[0].get("URI") != f"#{signed.get('ID')}"
    ):
        raise BadSignature("a signature that is not of the element it is in")
    for element in (signatures[0], signatures[0][0], references[0]):
        parts = [child.tag for child in element]
        if parts[-1:] == [f"{_DS}KeyInfo"] and element is signatures[0]:
            parts.pop()
        if parts != _PARTS[element.tag]:
            raise BadSignature("a signature of other parts")
    if len(signatures[0][1]) or len(references[0][2]):
        raise BadSignature("a value that is not text alone")
    for name, known in (
        ("CanonicalizationMethod", _CANONICAL),
        ("SignatureMethod", _SIGNATURES),
        ("DigestMethod", _DIGESTS),
    ):
        if not known.issuperset(element.get("Algorithm") for element in signatures[0][0].iter(f"{_DS}{name}")):
            raise BadSignature("an algorithm that is not for SAML")
    transforms = references[0][0]
    if any(child.tag != f"{_DS}Transform" or child.get("Algorithm") not in _TRANSFORMS for child in transforms):
        raise BadSignature("an algorithm that is not for SAML")
    if not any(_is_signed_by(root, signatures[0], certificate) for certificate in certificates):
        raise BadSignature("not made by a certificate of the provider")


def _is_signed_by(root: etree._Element, signature: etree._Element, certificate: x509.Certificate) -> bool:
    """Whether a certificate made a signature. The KeyInfo and the dates of the certificate are ignored (facts/aws.md
    5.2).
    """
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.public_bytes(Encoding.DER), xmlsec.constants.KeyDataFormatCertDer)
    xmlsec.tree.add_ids(root, ["ID"])
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def _read(assertion: etree._Element) -> Assertion:
    subject, conditions = assertion.find(f"{_SAML}Subject"), assertion.find(f"{_SAML}Conditions")
    name_id = subject.find(f"{_SAML}NameID") if subject is not None else None
    confirmation = _confirmation(subject)
    limits = [_instant(confirmation, "NotOnOrAfter"), _instant(conditions, "NotOnOrAfter")]
    starts = [_instant(confirmation, "NotBefore"), _instant(conditions, "NotBefore")]
    issued = _instant(assertion, "IssueInstant")
    statement = assertion.find(f"{_SAML}AuthnStatement")
    if limits[0] is None or issued is None:
        raise Malformed("no NotOnOrAfter or no IssueInstant")
    return Assertion(
        id=assertion.get("ID") or "",
        issuer=_text(assertion.find(f"{_SAML}Issuer")),
        issued=issued,
        name_id=_text(name_id),
        name_id_format=(name_id.get("Format") or "") if name_id is not None else "",
        recipient=confirmation.get("Recipient") or "",
        audiences=tuple(
            map(_text, assertion.iterfind(f"{_SAML}Conditions/{_SAML}AudienceRestriction/{_SAML}Audience"))
        ),
        start=max((each for each in starts if each), default=None),
        end=min(each for each in limits if each),
        session_end=_instant(statement, "SessionNotOnOrAfter"),
        in_response_to=confirmation.get("InResponseTo") or "",
        session_index=(statement.get("SessionIndex") or "") if statement is not None else "",
        attributes=_attributes(assertion),
    )


def _confirmation(subject: etree._Element | None) -> etree._Element:
    """The data of the bearer confirmation, of which there must be exactly one (facts/aws.md 5.4)."""
    confirmations = subject.findall(f"{_SAML}SubjectConfirmation") if subject is not None else []
    data = (
        confirmations[0].find(f"{_SAML}SubjectConfirmationData")
        if len(confirmations) == 1 and confirmations[0].get("Method") == _BEARER
        else None
    )
    if data is None:
        raise Malformed("not exactly one bearer SubjectConfirmation with data")
    return data


def _attributes(assertion: etree._Element) -> dict[str, tuple[str, ...]]:
    attributes: dict[str, tuple[str, ...]] = {}
    for attribute in assertion.iterfind(f"{_SAML}AttributeStatement/{_SAML}Attribute"):
        name = attribute.get("Name") or ""
        if name in attributes:
            raise Malformed(f"the attribute {name} twice")
        attributes[name] = tuple(map(_text, attribute.iterfind(f"{_SAML}AttributeValue")))
    return attributes


def _text(element: etree._Element | None) -> str:
    """The complete text of an element, with that of its children."""
    return "" if element is None else str(element.xpath("string()"))


def _instant(element: etree._Element | None, name: str) -> dt.datetime | None:
    text = element.get(name) if element is not None else None
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{name} is no time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
