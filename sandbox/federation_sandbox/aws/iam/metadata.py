# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides which metadata documents IAM accepts (facts/aws.md 5.2)."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

_MD: t.Final = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_DS: t.Final = "{http://www.w3.org/2000/09/xmldsig#}"
_SMALLEST_KEY: t.Final = 1024
_MOST_KEYS: t.Final = 10


class Unusable(ValueError):
    """The reason why IAM does not accept a document."""


@dataclasses.dataclass(frozen=True)
class Metadata:
    """The parts of a document that IAM reads."""

    entity_id: str
    certificates: tuple[x509.Certificate, ...]


def read(document: str) -> Metadata:
    """Read a document as IAM does, or raise Unusable."""
    root = _root(document)
    entity_id = root.get("entityID")
    if root.tag != f"{_MD}EntityDescriptor" or not entity_id:
        raise Unusable("not an EntityDescriptor with an entityID")
    descriptor = root.find(f"{_MD}IDPSSODescriptor")
    if descriptor is None or descriptor.find(f"{_MD}SingleSignOnService") is None:
        raise Unusable("no IDPSSODescriptor with a SingleSignOnService")
    keys = [key for key in descriptor.findall(f"{_MD}KeyDescriptor") if key.get("use", "signing") == "signing"]
    certificates = tuple(_certificate(node.text or "") for key in keys for node in key.iter(f"{_DS}X509Certificate"))
    if not 1 <= len(certificates) <= _MOST_KEYS:
        raise Unusable(f"{len(certificates)} signing certificates, not 1 to {_MOST_KEYS}")
    return Metadata(entity_id, certificates)


def _root(document: str) -> etree._Element:
    if document.startswith("\ufeff"):
        raise Unusable("a byte order mark")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(document.encode(), parser)
    except etree.XMLSyntaxError as reason:
        raise Unusable(str(reason)) from None
    if t.cast("t.Any", root.getroottree().docinfo).doctype:
        raise Unusable("a document type declaration")
    return root


def _certificate(text: str) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
        certificate.extensions  # noqa: B018 (repeated extensions are found when they are read)
    except (binascii.Error, ValueError, x509.DuplicateExtension) as reason:
        raise Unusable(f"a certificate cannot be read: {reason}") from None
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SMALLEST_KEY:
        raise Unusable(f"a key of {key.key_size} bits")
    return certificate
