# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""SAML responses: read safely, exactly as they were sent, and their signatures verified.

A response is a live credential: no message and no result of anything here repeats it.
"""

from __future__ import annotations

import base64
import binascii
import collections
import collections.abc
import copy
import re
import typing as t
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate, from_text
from ansible_collections.openccp.federation.plugins.module_utils._saml.pasted import HINT

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature as DoesNotHold
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from lxml import etree
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.exceptions import InvalidInput as NotVerifiable
    from signxml.exceptions import InvalidSignature
    from signxml.verifier import SignatureConfiguration, XMLVerifier
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

LONGEST: t.Final = 100_000
"""The characters of a response in base64 that AWS takes."""
SUCCESS: t.Final = "urn:oasis:names:tc:SAML:2.0:status:Success"

_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_HASHES = ("SHA1", "SHA256", "SHA384", "SHA512")
_RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
#: The algorithms of signatures of SAML. SHA-1 is old, but Entra ID still offers it and AWS takes it.
_METHODS: t.Final = {_RSA_SHA1: "SHA1"} | {
    f"http://www.w3.org/2001/04/xmldsig-more#rsa-sha{bits}": f"SHA{bits}" for bits in (256, 384, 512)
}
_DIGESTS: t.Final = frozenset(
    {
        "http://www.w3.org/2000/09/xmldsig#sha1",
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
_CANONICAL: t.Final = frozenset({_EXCLUSIVE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"})
_TRANSFORMS: t.Final = frozenset({"http://www.w3.org/2000/09/xmldsig#enveloped-signature", _EXCLUSIVE})
#: What else is copied instead of a response, by the name of its outermost element.
_OTHERS: t.Final = {
    "AuthnRequest": "a SAML request, which goes to Entra ID",
    "LogoutRequest": "a request to sign out",
    "LogoutResponse": "the answer to a request to sign out",
    "Assertion": "an assertion without the response around it",
    "EncryptedAssertion": "an encrypted assertion without the response around it",
    "EntityDescriptor": "metadata",
    "EntitiesDescriptor": "metadata",
    "Envelope": "a SOAP message",
    "RequestSecurityTokenResponse": "an answer of WS-Federation",
    "RequestSecurityTokenResponseCollection": "an answer of WS-Federation",
    "html": "a page",
}


@dataclass(frozen=True)
class Assertion:
    """What an assertion says; empty where it says nothing. name_id_type: the whole format of NameID, as conditions of
    policies have it.

    problems: why AWS would not accept it as a response for a sign-in.
    """

    issuer: str = ""
    issued: datetime | None = None
    name_id: str = ""
    name_id_format: str = ""
    name_id_type: str = ""
    recipient: str = ""
    audiences: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_on_or_after: datetime | None = None
    attributes: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Response:
    """A response. problems: why AWS would not take it at all. algorithms: of its signatures.

    status: empty when it is a success. status_message: what Entra says of any other.
    """

    root: etree._Element
    destination: str
    assertion: Assertion
    problems: tuple[str, ...]
    encrypted: bool
    signed: tuple[str, ...]
    algorithms: tuple[str, ...]
    status: str = ""
    status_message: str = ""


@dataclass(frozen=True)
class Verdict:
    """What is known of the signatures of a response.

    signer: the certificate that made them. Without one, the reason: the signature is malformed; the content was altered
    after a known certificate had signed it; another certificate made it, which is reported; or nothing but that it
    does not hold (unknown).
    """

    signer: Certificate | None = None
    reason: t.Literal["", "malformed", "altered", "another certificate", "unknown"] = ""
    other: str = ""


def read(document: bytes) -> Response:
    """What a document says, before its signature is verified. InvalidInput when it is not XML, or XML that nobody
    should read on.
    """
    # Comments are no part of what is signed; without them no text is cut in two. Processing instructions are.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise InvalidInput("The copied text is not a complete XML document.", hint=HINT) from None
    if t.cast("t.Any", root.getroottree().docinfo).doctype:
        raise InvalidInput(
            "The response has a document type declaration (DTD), which AWS refuses.", hint="It may be an attack."
        )
    if root.tag != f"{_SAMLP}Response":
        raise InvalidInput(f"The copied text is {_what_else(root)}, not a SAML 2.0 response.", hint=HINT)
    assertions = root.findall(f"{_SAML}Assertion")
    parts = [("response", root), *(("assertion", assertion) for assertion in assertions)]
    signed = [name for name, element in parts if element.find(f"{_DS}Signature") is not None]
    methods = (element.get("Algorithm", "") for element in root.iter(f"{_DS}SignatureMethod"))
    status, status_message = _status(root)
    problems = [*_length_problems(document), *([] if status else _problems(root))]
    return Response(
        root=root,
        destination=root.get("Destination", ""),
        assertion=_assertion(assertions[0]) if assertions else Assertion(),
        problems=tuple([f"Its status is {status}, not Success."] if status else problems),
        encrypted=root.find(f"{_SAML}EncryptedAssertion") is not None,
        signed=tuple(signed),
        algorithms=tuple(
            dict.fromkeys(f"rsa-{_METHODS[method].lower()}" if method in _METHODS else "another" for method in methods)
        ),
        status=status,
        status_message=status_message,
    )


def verified_by(response: Response, certificates: t.Iterable[Certificate]) -> Certificate | None:
    """The certificate that made the signatures of what read() has read; None when none of these did."""
    return verify(response, certificates).signer


def verify(response: Response, certificates: t.Iterable[Certificate]) -> Verdict:
    """Whether every signature holds, and each is of the element that it is in, the response or its one assertion."""
    root, certificates = response.root, list(certificates)
    assertion = root.find(f"{_SAML}Assertion")
    if response.problems or assertion is None:
        return Verdict(reason="malformed")
    signatures = [
        (location, element, element.findall(f"{_DS}Signature"))
        for location, element in (("./", root), (f"./{_SAML}Assertion/", assertion))
        if element.find(f"{_DS}Signature") is not None
    ]
    all_signatures = list(root.iter(f"{_DS}Signature"))
    if not signatures or len(all_signatures) != len(signatures):
        return Verdict(reason="malformed")
    signers = []
    for location, element, enveloped in signatures:
        if len(enveloped) != 1 or not _is_well_formed(enveloped[0], element):
            return Verdict(reason="malformed")
        signer = next((each for each in certificates if _holds(root, location, each)), None)
        if signer is None:
            return _why(enveloped[0], certificates)
        signers.append(signer)
    return Verdict(signers[0])


def _what_else(root: etree._Element) -> str:
    """What was copied instead of a response. An unknown name is not repeated: it may be a part of a secret."""
    name = etree.QName(root)
    if name.localname == "Response":
        return "a response of another protocol" if name.namespace else "a Response without the namespace of SAML"
    return _OTHERS.get(name.localname, "some other XML")


def _status(root: etree._Element) -> tuple[str, str]:
    """The status when it is not Success, and what Entra says of it."""
    code = root.find(f"{_SAMLP}Status/{_SAMLP}StatusCode")
    value = code.get("Value", "") if code is not None else ""
    if value == SUCCESS:
        return "", ""
    reason = re.search(r"AADSTS\d+[^\r\n]*", _text(root.find(f"{_SAMLP}Status/{_SAMLP}StatusMessage")))
    status = value.rpartition(":")[2] if value else "missing"
    if not re.fullmatch(r"[A-Za-z]{1,40}", status):
        status = "unknown"
    return status, reason[0][:300].strip() if reason else ""


def _length_problems(document: bytes) -> collections.abc.Iterator[str]:
    length = -(-len(document) // 3) * 4
    if length > LONGEST:
        yield f"It has {length:,} characters in base64; AWS accepts at most {LONGEST:,}."


def _is_well_formed(signature: etree._Element, signed: etree._Element) -> bool:
    """Whether a signature is one of SAML, and of the element that it is in."""
    tags = [child.tag for child in signature]
    if tags[:2] != [f"{_DS}SignedInfo", f"{_DS}SignatureValue"] or tags[2:] not in ([], [f"{_DS}KeyInfo"]):
        return False
    info, value = signature[0], signature[1]
    if [child.tag for child in info] != [f"{_DS}CanonicalizationMethod", f"{_DS}SignatureMethod", f"{_DS}Reference"]:
        return False
    canonical, method, reference = info
    transforms = reference.find(f"{_DS}Transforms")
    parts = [child.tag for child in reference]
    if transforms is None or parts != [f"{_DS}Transforms", f"{_DS}DigestMethod", f"{_DS}DigestValue"]:
        return False
    return (
        bool(signed.get("ID"))
        and reference.get("URI") == f"#{signed.get('ID')}"
        and canonical.get("Algorithm") in _CANONICAL
        and method.get("Algorithm") in _METHODS
        and all(child.tag == f"{_DS}Transform" and child.get("Algorithm") in _TRANSFORMS for child in transforms)
        and reference[1].get("Algorithm") in _DIGESTS
        and _octets(reference[2]) is not None
        and _octets(value) is not None
    )


def _octets(element: etree._Element) -> bytes | None:
    """What an element holds in base64; None when it is something else."""
    if len(element):
        return None
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _holds(root: etree._Element, location: str, certificate: Certificate) -> bool:
    """Whether a certificate made the signature at this place, and it is of the content that is there now.

    What its KeyInfo says does not matter, and neither do the dates of the certificate.
    """
    root = copy.deepcopy(root)
    for key_info in root.findall(f"{location}{_DS}Signature/{_DS}KeyInfo"):
        _remove(key_info)
    timed: dict[str, t.Any] = {"verification_time": certificate.not_before} if _knows_time() else {}
    configuration = SignatureConfiguration(
        location=location,
        expect_references=1,
        signature_methods=frozenset(SignatureMethod[f"RSA_{name}"] for name in _HASHES),
        digest_algorithms=frozenset(DigestAlgorithm[name] for name in _HASHES),
        **timed,
    )
    pem = f"-----BEGIN CERTIFICATE-----\n{certificate.base64}\n-----END CERTIFICATE-----\n"
    try:
        # The schema is not asked: _is_well_formed is stricter where it matters.
        XMLVerifier().verify(root, x509_cert=pem, id_attribute="ID", expect_config=configuration, validate_schema=False)
    except (InvalidSignature, NotVerifiable, etree.LxmlError, ValueError):
        return False
    return True


def _remove(element: etree._Element) -> None:
    """Take an element away, but not the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    parent.remove(element)


def _why(signature: etree._Element, certificates: list[Certificate]) -> Verdict:
    """Why a signature does not hold, as far as it can be proven: by whose key its SignedInfo is signed."""
    if any(_sealed(signature, certificate) for certificate in certificates):
        return Verdict(reason="altered")
    for element in signature.iterfind(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate"):
        try:
            named = from_text(element.text or "")
        except InvalidInput:
            continue
        if _sealed(signature, named):
            return Verdict(reason="another certificate", other=named.thumbprint)
    return Verdict(reason="unknown")


def _sealed(signature: etree._Element, certificate: Certificate) -> bool:
    """Whether the key of a certificate signed the SignedInfo, whatever became of the content."""
    info, value = signature[0], _octets(signature[1])
    exclusive = info[0].get("Algorithm") == _EXCLUSIVE
    listed = info[0].find(f"{{{_EXCLUSIVE}}}InclusiveNamespaces")
    prefixes = (listed.get("PrefixList") or "").split() if listed is not None else None
    content = etree.tostring(
        info, method="c14n", exclusive=exclusive, with_comments=False, inclusive_ns_prefixes=prefixes
    )
    key = x509.load_der_x509_certificate(certificate.der).public_key()
    if not isinstance(key, RSAPublicKey) or value is None:
        return False
    algorithms: dict[str, t.Callable[[], hashes.HashAlgorithm]] = {
        "SHA1": hashes.SHA1,
        "SHA256": hashes.SHA256,
        "SHA384": hashes.SHA384,
        "SHA512": hashes.SHA512,
    }
    algorithm = algorithms[_METHODS[info[1].get("Algorithm", "")]]()
    try:
        key.verify(value, content, PKCS1v15(), algorithm)
    except DoesNotHold:
        return False
    return True


def _knows_time() -> bool:
    """Whether this release of signxml looks at a certificate's dates."""
    return any(field.name == "verification_time" for field in fields(SignatureConfiguration))


def _problems(root: etree._Element) -> collections.abc.Iterator[str]:
    everywhere = list(root.iter(f"{_SAML}Assertion", f"{_SAML}EncryptedAssertion"))
    if len(everywhere) != 1 or everywhere[0].getparent() is not root:
        yield f"It has {len(everywhere)} assertions; exactly one, directly in the response, is allowed."
    if len(list(root.iter(f"{_SAMLP}Response"))) != 1:
        yield "It has a response within the response."
    ids = collections.Counter(
        value
        for element in root.iter(etree.Element)
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() in ("id", "assertionid")
    )
    if any(count > 1 for count in ids.values()):
        yield "It has an ID more than once."


def _format(name_id: t.Any) -> str:
    return str(name_id.get("Format", "")) if name_id is not None else ""


def _subject_type(form: str) -> str:
    """What IAM makes of a format: a word for two of them, and the URI itself of the others."""
    word = form.removeprefix("urn:oasis:names:tc:SAML:2.0:nameid-format:")
    return word if word in ("persistent", "transient") else form


def _assertion(element: etree._Element) -> Assertion:
    subject, conditions = element.find(f"{_SAML}Subject"), element.find(f"{_SAML}Conditions")
    confirmations = subject.findall(f"{_SAML}SubjectConfirmation") if subject is not None else []
    confirmation = confirmations[0].find(f"{_SAML}SubjectConfirmationData") if confirmations else None
    name_id = subject.find(f"{_SAML}NameID") if subject is not None else None
    statement = element.find(f"{_SAML}AuthnStatement")
    names = [attribute.get("Name", "") for attribute in element.iterfind(f"{_SAML}AttributeStatement/{_SAML}Attribute")]
    problems = []
    if len(confirmations) != 1 or confirmation is None or confirmations[0].get("Method") != _BEARER:
        problems.append(
            f"It has {len(confirmations)} SubjectConfirmations; exactly one, of a bearer and with data, is allowed."
        )
    elif confirmation.get("NotOnOrAfter") is None:
        problems.append("Its SubjectConfirmationData does not say when it ends (NotOnOrAfter).")
    if len(set(names)) < len(names):
        problems.append("It has an attribute twice.")
    if element.get("IssueInstant") is None:
        problems.append("It does not say when it was issued (IssueInstant).")
    times = [
        *((place, name) for place in (confirmation, conditions) for name in ("NotBefore", "NotOnOrAfter")),
        (element, "IssueInstant"),
        (statement, "SessionNotOnOrAfter"),
    ]
    problems += [
        f"Its {name} is not a valid time."
        for place, name in times
        if place is not None and place.get(name) is not None and _instant(place, name) is None
    ]
    ends = [_instant(confirmation, "NotOnOrAfter"), _instant(conditions, "NotOnOrAfter")]
    starts = [_instant(confirmation, "NotBefore"), _instant(conditions, "NotBefore")]
    return Assertion(
        issuer=_text(element.find(f"{_SAML}Issuer")),
        issued=_instant(element, "IssueInstant"),
        name_id=_text(name_id),
        name_id_format=_format(name_id).rpartition(":")[2],
        name_id_type=_subject_type(_format(name_id)),
        recipient=(confirmation.get("Recipient", "") if confirmation is not None else ""),
        audiences=tuple(
            _text(audience)
            for audience in element.iterfind(f"{_SAML}Conditions/{_SAML}AudienceRestriction/{_SAML}Audience")
        ),
        not_before=max((start for start in starts if start), default=None),
        not_on_or_after=min((end for end in ends if end), default=None),
        attributes=dict(map(_attribute, element.iterfind(f"{_SAML}AttributeStatement/{_SAML}Attribute"))),
        problems=tuple(problems),
    )


def _attribute(element: etree._Element) -> tuple[str, tuple[str, ...]]:
    return element.get("Name", ""), tuple(_text(value) for value in element.iterfind(f"{_SAML}AttributeValue"))


def _text(element: etree._Element | None) -> str:
    """All of an element's text, as it is; comments were removed, so that no name is cut in two."""
    return "" if element is None else str(element.xpath("string()"))


def _instant(element: etree._Element | None, name: str) -> datetime | None:
    text = element.get(name) if element is not None else None
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
