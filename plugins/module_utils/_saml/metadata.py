# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""SAML federation metadata of an identity provider: read safely, compared by meaning, merged for AWS IAM.

Only IDPSSODescriptor counts: Entra's documents also hold WS-Federation's RoleDescriptors, which strict validators
refuse. A fresh ID and signature at each download mean nothing. No DTD, no entity and no network is ever used to read a
document.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import (
    Certificate,
    canonical_thumbprint,
    from_text,
)

try:
    from lxml import etree
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

MIN_LENGTH = 1000
MAX_LENGTH = 10_000_000
"""The characters that IAM takes as SAMLMetadataDocument."""
MAX_KEYS = 10
"""The signing keys that one IAM SAML provider holds."""

_MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_BYTE_ORDER_MARKS = ("\ufeff", "\u00ef\u00bb\u00bf")
"""As UTF-8, and as UTF-8 that was read as Latin-1."""
_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_ENCODING = re.compile(r"""<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")


class Endpoint(t.NamedTuple):
    """Where the identity provider answers one binding."""

    binding: str
    location: str


@dataclass(frozen=True)
class Metadata:
    """What a metadata document says of one identity provider.

    certificates: those it may sign with, each once, in the document's order.
    document: the text to upload, without a byte order mark.
    """

    entity_id: str
    certificates: tuple[Certificate, ...]
    sso_locations: tuple[Endpoint, ...]
    slo_locations: tuple[Endpoint, ...]
    document: str = field(repr=False)

    @property
    def thumbprints(self) -> tuple[str, ...]:
        """The certificates' SHA-1 thumbprints, in the document's order."""
        return tuple(certificate.thumbprint for certificate in self.certificates)

    def as_dict(self, now: datetime) -> dict[str, t.Any]:
        """The return value of modules for metadata, the document itself left out."""
        return {
            "entity_id": self.entity_id,
            "certificates": [certificate.as_dict(now) for certificate in self.certificates],
            "sso_locations": [endpoint._asdict() for endpoint in self.sso_locations],
            "slo_locations": [endpoint._asdict() for endpoint in self.slo_locations],
        }


def parse(document: bytes | str, what: str = "metadata") -> Metadata:
    """What the document says, when AWS IAM would take it; else InvalidInput with the one reason.

    what: names the document in the message, such as its file or address.
    """
    text = _text(document, what)
    if text.lstrip().startswith("{"):
        raise InvalidInput(
            f"The {what} is JSON, not XML.",
            hint=(
                "Of an answer of AWS's command line give the document alone: --query SAMLMetadataDocument --output "
                "text."
            ),
        )
    entity = _identity_provider(_root(text, what), what)
    idp_roles = entity.findall(f"{_MD}IDPSSODescriptor")
    metadata = Metadata(
        entity_id=entity.get("entityID", "").strip(),
        certificates=_signing_certificates(idp_roles, what),
        sso_locations=_endpoints(idp_roles, "SingleSignOnService"),
        slo_locations=_endpoints(idp_roles, "SingleLogoutService"),
        document=text,
    )
    if not metadata.entity_id:
        raise InvalidInput(f"The {what} names no entity id (the attribute entityID of its EntityDescriptor).")
    _check_key_count(metadata, what)
    if len(text) < MIN_LENGTH:
        raise InvalidInput(f"The {what} has {len(text)} characters; AWS IAM requires at least {MIN_LENGTH:,}.")
    if not metadata.sso_locations:
        raise InvalidInput(f"The {what} has no SingleSignOnService in its IDPSSODescriptor, which SAML requires.")
    return metadata


def same_meaning(metadata: Metadata, other: Metadata) -> bool:
    """Whether two documents describe the same identity provider with the same signing certificates and endpoints."""
    return _meaning(metadata) == _meaning(other)


def merge(old: Metadata, new: Metadata) -> Metadata:
    """The new metadata, with the old one's signing certificates added behind its own.

    The new document is returned as it is when it has them all. Otherwise its signature is removed, because it no longer
    holds.
    """
    if old.entity_id != new.entity_id:
        raise InvalidInput(
            f"Metadata of {new.entity_id} cannot be merged into metadata of {old.entity_id}.",
            hint="Merge only metadata of the same directory.",
        )
    missing = [certificate for certificate in old.certificates if certificate not in new.certificates]
    if not missing:
        return new
    root, role = _unsigned(new)
    place = max((role.index(element) for element in role.findall(f"{_MD}KeyDescriptor")), default=-1) + 1
    for offset, certificate in enumerate(missing):
        role.insert(place + offset, _key_descriptor(certificate))
    return parse(etree.tostring(root, encoding="unicode"), "merged metadata")


def without(metadata: Metadata, thumbprint: str) -> Metadata:
    """The metadata as it will be once a signing certificate is gone, without its signature; as it is when it has none
    such.
    """
    if thumbprint not in metadata.thumbprints:
        return metadata
    root, first = _unsigned(metadata)
    for role in [first, *first.itersiblings(f"{_MD}IDPSSODescriptor")]:
        for key in role.findall(f"{_MD}KeyDescriptor"):
            texts = key.findall(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
            if any(from_text(element.text or "").thumbprint == thumbprint for element in texts):
                role.remove(key)
    return parse(etree.tostring(root, encoding="unicode"), "metadata without a certificate")


def renamed(metadata: Metadata, entity_id: str) -> Metadata:
    """The metadata under another entity id, without its signature; as it is when it has that one."""
    if metadata.entity_id == entity_id:
        return metadata
    root = _unsigned(metadata)[0]
    _identity_provider(root, "metadata").set("entityID", entity_id)
    return parse(etree.tostring(root, encoding="unicode"), "metadata under another entity id")


def check_expected(
    metadata: Metadata,
    *,
    now: datetime,
    entity_id: str | None = None,
    thumbprints: t.Iterable[str] = (),
    warn_days: int = 30,
) -> list[str]:
    """Warnings about certificates; InvalidInput when the metadata is not the expected one or has no usable certificate.

    thumbprints: SHA-1, in any spelling; all must be among the certificates. warn_days: how near an end deserves a
    warning.
    """
    if entity_id is not None and metadata.entity_id != entity_id:
        raise InvalidInput(
            f"The metadata is of {metadata.entity_id}, not of {entity_id}.",
            hint="It comes from another directory; check the tenant in its address.",
        )
    absent = [
        thumbprint for thumbprint in map(canonical_thumbprint, thumbprints) if thumbprint not in metadata.thumbprints
    ]
    if absent:
        raise InvalidInput(
            (
                f"The metadata lacks the signing certificate {', '.join(absent)}; it has "
                f"{', '.join(metadata.thumbprints)}."
            ),
            hint="Entra's metadata follows a new certificate only after some minutes; read it again.",
        )
    if not any(certificate.usable(now) for certificate in metadata.certificates):
        dates = ", ".join(
            f"{certificate.thumbprint} from {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"
            for certificate in metadata.certificates
        )
        raise InvalidInput(
            f"No signing certificate of the metadata is valid now: {dates}.",
            hint="Create a new signing certificate in Entra ID.",
        )
    template = [
        f"The metadata is of {metadata.entity_id}, a template and no tenant: no response can name it as its "
        f"issuer, so nobody can sign in. "
        "Read the metadata from an address with the tenant's id in it."
    ]
    return [*(template if "{" in metadata.entity_id else []), *_ending(metadata, now, warn_days)]


def _ending(metadata: Metadata, now: datetime, warn_days: int) -> list[str]:
    return [
        (
            f"The signing certificate {certificate.thumbprint} {'expired' if left < 0 else 'expires'} on "
            f"{certificate.not_after:%Y-%m-%d}."
        )
        for certificate in metadata.certificates
        if (left := certificate.days_left(now)) < warn_days
    ]


def _text(document: bytes | str, what: str) -> str:
    if len(document) > 4 * MAX_LENGTH:
        raise InvalidInput(f"The {what} is too large; AWS IAM accepts at most {MAX_LENGTH:,} characters.")
    if isinstance(document, bytes):
        try:
            document = document.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise InvalidInput(
                f"The {what} is not UTF-8 text (byte {exc.start}).", hint="AWS IAM accepts only UTF-8."
            ) from None
    while document.startswith(_BYTE_ORDER_MARKS):
        for mark in _BYTE_ORDER_MARKS:
            document = document.removeprefix(mark)
    text = document.strip()
    if len(text) > MAX_LENGTH:
        raise InvalidInput(f"The {what} has {len(text):,} characters; AWS IAM accepts at most {MAX_LENGTH:,}.")
    return text


def _root(text: str, what: str) -> etree._Element:
    """The root element. The text's own idea of its encoding is checked and then never used."""
    if not text:
        raise InvalidInput(f"The {what} is empty.")
    if _HTML.match(text):
        raise InvalidInput(
            f"The {what} is an HTML page, not SAML metadata.",
            hint="A sign-in or error page was probably saved; check the address.",
        )
    if "<!DOCTYPE" in text:
        raise InvalidInput(
            f"The {what} has a document type declaration (DTD), which SAML metadata must not have.",
            hint="It may be an attack.",
        )
    declared = _ENCODING.match(text)
    if declared and declared[1].lower() not in ("utf-8", "us-ascii"):
        raise InvalidInput(f"The {what} declares the encoding {declared[1]!r}.", hint="AWS IAM accepts only UTF-8.")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as exc:
        raise InvalidInput(
            f"The {what} is not complete, well-formed XML: {str(exc)[:200]}.",
            hint="It may have been cut off; read it again.",
        ) from None


def _identity_provider(root: etree._Element, what: str) -> etree._Element:
    """The one EntityDescriptor that has an IDPSSODescriptor."""
    if root.tag == f"{_MD}EntityDescriptor":
        entities = [root]
    elif root.tag == f"{_MD}EntitiesDescriptor":
        entities = root.findall(f"{_MD}EntityDescriptor")
    else:
        raise InvalidInput(
            f"The {what} is not SAML metadata: its root element is {etree.QName(root).localname}, not EntityDescriptor."
        )
    providers = [entity for entity in entities if entity.find(f"{_MD}IDPSSODescriptor") is not None]
    if len(providers) == 1:
        return providers[0]
    if providers:
        raise InvalidInput(f"The {what} describes {len(providers)} identity providers; one is expected.")
    hint = (
        "It describes a service provider."
        if any(e.find(f"{_MD}SPSSODescriptor") is not None for e in entities)
        else None
    )
    raise InvalidInput(f"The {what} describes no SAML identity provider: it has no IDPSSODescriptor.", hint=hint)


def _unsigned(metadata: Metadata) -> tuple[etree._Element, etree._Element]:
    """The root element without signatures, for what changes it, and the IDPSSODescriptor that holds the
    certificates.
    """
    root = _root(metadata.document, "metadata")
    entity = _identity_provider(root, "metadata")
    role = entity.findall(f"{_MD}IDPSSODescriptor")[0]
    for element in (root, entity, role):
        for signature in element.findall(f"{_DS}Signature"):
            element.remove(signature)
    return root, role


def _signing_certificates(roles: t.Sequence[etree._Element], what: str) -> tuple[Certificate, ...]:
    certificates: dict[Certificate, None] = {}
    for role in roles:
        for key in role.findall(f"{_MD}KeyDescriptor"):
            if key.get("use", "signing") == "signing":
                for element in key.findall(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate"):
                    try:
                        certificates[from_text(element.text or "")] = None
                    except InvalidInput:
                        raise InvalidInput(
                            f"The {what} has a signing certificate that cannot be read, after {len(certificates)} "
                            f"that can."
                        ) from None
    if not certificates:
        raise InvalidInput(f"The {what} has no signing certificate in its IDPSSODescriptor.")
    for certificate in certificates:
        certificate.check_for_iam()
    return tuple(certificates)


def _endpoints(roles: t.Sequence[etree._Element], name: str) -> tuple[Endpoint, ...]:
    endpoints = {
        Endpoint(e.get("Binding", ""), e.get("Location", "")): None
        for role in roles
        for e in role.findall(f"{_MD}{name}")
    }
    return tuple(endpoints)


def _check_key_count(metadata: Metadata, what: str) -> None:
    count = len(metadata.certificates)
    if count > MAX_KEYS:
        raise InvalidInput(
            f"The {what} has {count} signing certificates; one AWS IAM SAML provider holds {MAX_KEYS}.",
            hint="Remove certificates that are no longer used from the application in Entra.",
        )


def _meaning(metadata: Metadata) -> tuple[t.Any, ...]:
    return metadata.entity_id, set(metadata.certificates), set(metadata.sso_locations), set(metadata.slo_locations)


def _key_descriptor(certificate: Certificate) -> etree._Element:
    key = etree.Element(f"{_MD}KeyDescriptor", {"use": "signing"})
    info = etree.SubElement(key, f"{_DS}KeyInfo")
    etree.SubElement(etree.SubElement(info, f"{_DS}X509Data"), f"{_DS}X509Certificate").text = certificate.base64
    return key
