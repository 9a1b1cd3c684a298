# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML responses as Entra ID issues them (facts/entra.md 10.1 to 10.3), signed with signxml."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
import uuid

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]
from signxml import methods
from signxml.signer import XMLSigner

from federation_sandbox.entra.certificates import SigningCertificate
from federation_sandbox.entra.claims import Claims

SAML: t.Final = "urn:oasis:names:tc:SAML:2.0:assertion"
SAML_1: t.Final = "urn:oasis:names:tc:SAML:1.0:assertion"
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
_saml_1 = ElementMaker(namespace=SAML_1, nsmap={None: SAML_1})
_samlp = ElementMaker(namespace=SAMLP, nsmap={"samlp": SAMLP})
_ds = ElementMaker(namespace=DS, nsmap={None: DS})


@dataclasses.dataclass(frozen=True)
class Addressed:
    """The sender and recipient of a response: issuer, audience and reply URL. in_response_to: the ID of the request,
    empty without one.
    """

    issuer: str
    audience: str
    reply_url: str
    in_response_to: str = ""


@dataclasses.dataclass(frozen=True)
class Signing:
    """How a response is signed, in the terms of a token issuance policy (facts/entra.md 3.12), and for whom it is
    encrypted.
    """

    signer: SigningCertificate
    parts: str = "TokenOnly"
    algorithm: str = RSA_SHA256
    version: str = "2.0"
    encrypted_for: x509.Certificate | None = None


class _Signer(XMLSigner):
    """A signer that also allows SHA-1, which Entra ID still offers."""

    def check_deprecated_methods(self) -> None:
        """Allow deprecated methods."""


def response(to: Addressed, claims: Claims, signing: Signing, now: dt.datetime) -> bytes:
    """A signed response. Its assertion is of SAML 1.1 or encrypted if the settings ask for it."""
    if signing.version == "1.1":
        return _of_saml_1(to, claims, now)
    whole = _samlp.Response(
        _saml.Issuer(to.issuer),
        _samlp.Status(_samlp.StatusCode(Value=_SUCCESS)),
        _assertion(to, claims, now),
        ID=_new_id(),
        Version="2.0",
        IssueInstant=_instant(now),
        Destination=to.reply_url,
        **_answering(to),
    )
    if signing.parts in ("TokenOnly", "ResponseAndToken"):
        whole = _signed(whole, whole[2], signing)
    if signing.encrypted_for is not None:
        whole = _encrypted(whole, signing.encrypted_for)
    if signing.parts in ("ResponseOnly", "ResponseAndToken"):
        whole = _signed(whole, whole, signing)
    return etree.tostring(whole)


def logout_response(in_response_to: str, destination: str, now: dt.datetime) -> bytes:
    """The response to an application that requested a sign-out, after the person was signed out."""
    answer = _samlp.LogoutResponse(
        _samlp.Status(_samlp.StatusCode(Value=_SUCCESS)),
        ID=_new_id(),
        Version="2.0",
        IssueInstant=_instant(now),
        Destination=destination,
        InResponseTo=in_response_to,
    )
    return etree.tostring(answer)


def _answering(to: Addressed) -> dict[str, str]:
    return {"InResponseTo": to.in_response_to} if to.in_response_to else {}


def _assertion(to: Addressed, claims: Claims, now: dt.datetime) -> etree._Element:
    end = _instant(now + _AFTER)
    data = _saml.SubjectConfirmationData(NotOnOrAfter=end, Recipient=to.reply_url, **_answering(to))
    confirmed = _saml.SubjectConfirmation(data, Method=_BEARER)
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
        _saml.Conditions(
            _saml.AudienceRestriction(_saml.Audience(to.audience)), NotBefore=_instant(now - _BEFORE), NotOnOrAfter=end
        ),
        attributes,
        _saml.AuthnStatement(
            _saml.AuthnContext(_saml.AuthnContextClassRef(_PASSWORD)),
            AuthnInstant=_instant(now),
            SessionIndex=identifier,
        ),
        ID=identifier,
        IssueInstant=_instant(now),
        Version="2.0",
    )
    return assertion


def _of_saml_1(to: Addressed, claims: Claims, now: dt.datetime) -> bytes:
    """A response with an assertion of SAML 1.1, as a token issuance policy can request. No source describes the
    envelope that Entra ID uses.
    """
    conditions = _saml_1.Conditions(
        _saml_1.AudienceRestrictionCondition(_saml_1.Audience(to.audience)), NotOnOrAfter=_instant(now + _AFTER)
    )
    subject = _saml_1.Subject(_saml_1.NameIdentifier(claims.name_id))
    attributes = _saml_1.AttributeStatement(subject)
    for claim in claims.attributes:
        space, _, name = claim.name.rpartition("/")
        values = map(_saml_1.AttributeValue, claim.values)
        attributes.append(_saml_1.Attribute(*values, AttributeName=name, AttributeNamespace=space))
    assertion = _saml_1.Assertion(
        conditions,
        attributes,
        MajorVersion="1",
        MinorVersion="1",
        AssertionID=_new_id(),
        Issuer=to.issuer,
        IssueInstant=_instant(now),
    )
    status = _samlp.Status(_samlp.StatusCode(Value=_SUCCESS))
    whole = _samlp.Response(
        _saml.Issuer(to.issuer), status, assertion, ID=_new_id(), Version="2.0", IssueInstant=_instant(now)
    )
    return etree.tostring(whole)


def _encrypted(whole: etree._Element, certificate: x509.Certificate) -> etree._Element:
    """The response with its assertion encrypted for the owner of the certificate's private key."""
    kind = xmlsec.constants
    place = _saml.EncryptedAssertion()
    assertion = whole[2]
    whole.replace(assertion, place)
    place.append(assertion)
    data = xmlsec.template.encrypted_data_create(whole, kind.TransformAes256Cbc, type=kind.TypeEncElement, ns="xenc")
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="dsig")
    wrapped = xmlsec.template.add_encrypted_key(info, kind.TransformRsaOaep)
    xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
    manager = xmlsec.KeysManager()
    public = certificate.public_bytes(serialization.Encoding.DER)
    manager.add_key(xmlsec.Key.from_memory(public, kind.KeyDataFormatCertDer))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(kind.KeyDataAes, 256, kind.KeyDataTypeSession)
    context.encrypt_xml(data, assertion)
    return whole


def _signed(whole: etree._Element, part: etree._Element, signing: Signing) -> etree._Element:
    """The response with a signature of one element, placed in that element after its issuer."""
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
