# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML responses as Entra ID issues them (facts 10.1 to 10.3), signed with signxml."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
import uuid

from cryptography.hazmat.primitives import serialization
from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]
from signxml import methods
from signxml.signer import XMLSigner

from federation_sandbox.entra.certificates import SigningCertificate
from federation_sandbox.entra.claims import Claims

SAML: t.Final = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP: t.Final = "urn:oasis:names:tc:SAML:2.0:protocol"
DS: t.Final = "http://www.w3.org/2000/09/xmldsig#"
RSA_SHA256: t.Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
EXCLUSIVE: t.Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SUCCESS: t.Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
_BEARER: t.Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_PASSWORD: t.Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"  # noqa: S105 - the name of a class

_BEFORE: t.Final = dt.timedelta(minutes=5)
_AFTER: t.Final = dt.timedelta(minutes=70)

_saml = ElementMaker(namespace=SAML, nsmap={None: SAML})
_samlp = ElementMaker(namespace=SAMLP, nsmap={"samlp": SAMLP})
_ds = ElementMaker(namespace=DS, nsmap={None: DS})


@dataclasses.dataclass(frozen=True)
class Addressed:
    """Who sends a response where: the issuer, the audience and the reply URL."""

    issuer: str
    audience: str
    reply_url: str


@dataclasses.dataclass(frozen=True)
class Signing:
    """How a response is signed, in the words of a token issuance policy (facts 3.12)."""

    signer: SigningCertificate
    parts: str = "TokenOnly"
    algorithm: str = RSA_SHA256


class _Signer(XMLSigner):
    """Signs with SHA-1 too, which Entra ID still offers."""

    def check_deprecated_methods(self) -> None:
        """Nothing is too old."""


def response(to: Addressed, claims: Claims, signing: Signing, now: dt.datetime) -> bytes:
    """A signed response."""
    whole = _samlp.Response(
        _saml.Issuer(to.issuer),
        _samlp.Status(_samlp.StatusCode(Value=_SUCCESS)),
        _assertion(to, claims, now),
        ID=_new_id(),
        Version="2.0",
        IssueInstant=_instant(now),
        Destination=to.reply_url,
    )
    if signing.parts in ("TokenOnly", "ResponseAndToken"):
        whole = _signed(whole, whole[2], signing)
    if signing.parts in ("ResponseOnly", "ResponseAndToken"):
        whole = _signed(whole, whole, signing)
    return etree.tostring(whole)


def _assertion(to: Addressed, claims: Claims, now: dt.datetime) -> etree._Element:
    end = _instant(now + _AFTER)
    confirmed = _saml.SubjectConfirmation(_saml.SubjectConfirmationData(NotOnOrAfter=end, Recipient=to.reply_url), Method=_BEARER)
    attributes = _saml.AttributeStatement()
    for claim in claims.attributes:
        attribute = _saml.Attribute(*map(_saml.AttributeValue, claim.values), Name=claim.name)
        if claim.form:
            attribute.set("NameFormat", claim.form)
        attributes.append(attribute)
    identifier = _new_id()
    assertion: etree._Element = _saml.Assertion(
        _saml.Issuer(to.issuer),
        _saml.Subject(_saml.NameID(claims.name_id, Format=claims.name_id_format), confirmed),
        _saml.Conditions(_saml.AudienceRestriction(_saml.Audience(to.audience)), NotBefore=_instant(now - _BEFORE), NotOnOrAfter=end),
        attributes,
        _saml.AuthnStatement(
            _saml.AuthnContext(_saml.AuthnContextClassRef(_PASSWORD)), AuthnInstant=_instant(now), SessionIndex=identifier
        ),
        ID=identifier,
        IssueInstant=_instant(now),
        Version="2.0",
    )
    return assertion


def _signed(whole: etree._Element, part: etree._Element, signing: Signing) -> etree._Element:
    """The whole with a signature of one part in that part, behind its issuer."""
    part.insert(1, _ds.Signature(Id="placeholder"))
    digest = "sha1" if signing.algorithm.endswith("sha1") else "sha256"
    xml = _Signer(methods.enveloped, signing.algorithm, digest, EXCLUSIVE)
    xml.namespaces = {None: DS}  # type: ignore[dict-item]
    pem = signing.signer.certificate.public_bytes(serialization.Encoding.PEM).decode()
    return xml.sign(whole, key=signing.signer.key, cert=pem, reference_uri=part.get("ID"), id_attribute="ID")


def _new_id() -> str:
    return f"_{uuid.uuid4()}"


def _instant(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
