# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""SAML responses that were copied from a browser: found in what was copied, read safely, and their signature verified.

A response is a live credential: no message and no result of anything here repeats it.
"""

from __future__ import annotations

import base64
import binascii
import collections
import collections.abc
import json
import re
import typing as t
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate

try:
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
_IDS = ("ID", "Id", "id", "AssertionID", "{http://www.w3.org/XML/1998/namespace}id")
_HASHES = ("SHA1", "SHA256", "SHA384", "SHA512")
_HINT = "Copy the value of the form field SAMLResponse, or save the browser's network log as a HAR file."


@dataclass(frozen=True)
class Copied:
    """What was copied: the document, and what came with it, when that was copied too."""

    document: bytes
    relay_state: str | None = None
    posted_to: str | None = None


@dataclass(frozen=True)
class Assertion:
    """What an assertion says; empty where it says nothing. problems: why AWS would not take it for a response to sign in with."""

    issuer: str = ""
    issued: datetime | None = None
    name_id: str = ""
    name_id_format: str = ""
    recipient: str = ""
    audiences: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_on_or_after: datetime | None = None
    attributes: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Response:
    """A response. problems: why AWS would not take it at all. algorithms: of its signatures."""

    root: etree._Element
    destination: str
    assertion: Assertion
    problems: tuple[str, ...]
    encrypted: bool
    signed: tuple[str, ...]
    algorithms: tuple[str, ...]


def found_in(text: str) -> Copied:
    """The response in what was copied: base64, XML, a form's body, or a HAR file; of several the last one."""
    text = text.removeprefix("\ufeff").strip()
    if not text:
        raise InvalidInput("Nothing was copied.", hint=_HINT)
    if text.startswith("{"):
        return _in_har(text)
    if text.startswith("<"):
        return Copied(text.encode())
    if "SAMLResponse=" in text:
        form = parse_qs(text.partition("?")[2] if text.startswith("http") else text)
        return Copied(_decoded(form["SAMLResponse"][-1]), next(iter(form.get("RelayState", ())), None))
    return Copied(_decoded(text))


def _in_har(text: str) -> Copied:
    try:
        entries = json.loads(text)["log"]["entries"]
        found = [copied for entry in entries if (copied := _in_entry(entry["request"]))]
    except (ValueError, KeyError, TypeError):
        raise InvalidInput("What was copied begins like JSON, but is not a HAR file.", hint=_HINT) from None
    if not found:
        raise InvalidInput(
            f"None of the {len(entries)} requests of the HAR file posts a SAMLResponse.",
            hint="Record the network log from before the sign-in, with the log preserved over page loads.",
        )
    return found[-1]


def _in_entry(request: t.Mapping[str, t.Any]) -> Copied | None:
    data = request.get("postData") or {}
    form = {one["name"]: unquote(one.get("value", "")) for one in data.get("params") or ()}
    form = form or {name: values[-1] for name, values in parse_qs(data.get("text") or "").items()}
    if "SAMLResponse" not in form:
        return None
    return Copied(_decoded(form["SAMLResponse"]), form.get("RelayState"), request.get("url"))


def _decoded(text: str) -> bytes:
    encoded = "".join((unquote(text) if "%" in text else text.replace(" ", "+")).split())
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("What was copied is neither base64 nor XML; a part may be missing.", hint=_HINT) from None


def read(document: bytes) -> Response:
    """What a document says, before its signature is verified. InvalidInput when it is not XML, or XML that nobody should read on."""
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise InvalidInput("The response has a document type declaration (DTD), which AWS refuses.", hint="It may be an attack.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise InvalidInput("What was copied is not a complete XML document.", hint=_HINT) from None
    if root.tag != f"{_SAMLP}Response":
        raise InvalidInput(f"It is not a SAML response but {etree.QName(root).localname}.", hint=_HINT)
    assertions = root.findall(f"{_SAML}Assertion")
    parts = [("response", root), *(("assertion", one) for one in assertions)]
    signed = [name for name, element in parts if element.find(f"{_DS}Signature") is not None]
    methods = (element.get("Algorithm", "") for element in root.iter(f"{_DS}SignatureMethod"))
    return Response(
        root=root,
        destination=root.get("Destination", ""),
        assertion=_assertion(assertions[0]) if assertions else Assertion(),
        problems=tuple(_problems(root)),
        encrypted=root.find(f"{_SAML}EncryptedAssertion") is not None,
        signed=tuple(signed),
        algorithms=tuple(dict.fromkeys(method.rpartition("#")[2] for method in methods)),
    )


def verified_by(response: Response, certificates: t.Iterable[Certificate]) -> Certificate | None:
    """The certificate that made a signature which covers the assertion that read() has read; None when none of these did."""
    if response.problems:
        return None
    for certificate in certificates:
        pem = f"-----BEGIN CERTIFICATE-----\n{certificate.base64}\n-----END CERTIFICATE-----\n"
        for location in ("./", f"./{_SAML}Assertion/"):
            if _covers(response.root, location, pem, certificate.not_before):
                return certificate
    return None


def _covers(root: etree._Element, location: str, pem: str, moment: datetime) -> bool:
    """Whether a signature at this place holds, and what it covers is the response or its one assertion, as it was read.

    moment: one at which the certificate is within its dates, since AWS does not look at them. Older releases of signxml do not either.
    """
    timed: dict[str, t.Any] = {"verification_time": moment} if _knows_time() else {}
    # SHA-1 is old, but Entra ID still offers it and AWS takes it.
    configuration = SignatureConfiguration(
        location=location,
        expect_references=1,
        signature_methods=frozenset(SignatureMethod[f"RSA_{name}"] for name in _HASHES),
        digest_algorithms=frozenset(DigestAlgorithm[name] for name in _HASHES),
        **timed,
    )
    try:
        result = XMLVerifier().verify(root, x509_cert=pem, id_attribute="ID", expect_config=configuration)
    except (InvalidSignature, NotVerifiable, ValueError):
        return False
    covered = (result[0] if isinstance(result, list) else result).signed_xml
    if covered is None or covered.tag not in (f"{_SAMLP}Response", f"{_SAML}Assertion"):
        return False
    whole = root if covered.tag == root.tag else root.find(f"{_SAML}Assertion")
    return whole is not None and covered.get("ID") == whole.get("ID")


def _knows_time() -> bool:
    return any(one.name == "verification_time" for one in fields(SignatureConfiguration))


def _problems(root: etree._Element) -> collections.abc.Iterator[str]:
    status = root.find(f"{_SAMLP}Status/{_SAMLP}StatusCode")
    if status is None or status.get("Value") != SUCCESS:
        yield f"Its status is {(status.get('Value', '') if status is not None else '').rpartition(':')[2] or 'missing'}, not Success."
    everywhere = list(root.iter(f"{_SAML}Assertion", f"{_SAML}EncryptedAssertion"))
    if len(everywhere) != 1 or everywhere[0].getparent() is not root:
        yield f"It has {len(everywhere)} assertions; exactly one, directly in the response, is allowed."
    if len(list(root.iter(f"{_SAMLP}Response"))) != 1:
        yield "It has a response within the response."
    ids = [value for element in root.iter(etree.Element) for name in _IDS if (value := element.get(name))]
    repeated = sorted(one for one, count in collections.Counter(ids).items() if count > 1)
    if repeated:
        yield f"The ID {repeated[0]} is there more than once."


def _assertion(element: etree._Element) -> Assertion:
    subject, conditions = element.find(f"{_SAML}Subject"), element.find(f"{_SAML}Conditions")
    confirmations = subject.findall(f"{_SAML}SubjectConfirmation") if subject is not None else []
    confirmation = confirmations[0].find(f"{_SAML}SubjectConfirmationData") if confirmations else None
    name_id = subject.find(f"{_SAML}NameID") if subject is not None else None
    names = [one.get("Name", "") for one in element.iterfind(f"{_SAML}AttributeStatement/{_SAML}Attribute")]
    problems = []
    if len(confirmations) != 1 or confirmation is None or confirmations[0].get("Method") != _BEARER:
        problems.append(f"It has {len(confirmations)} SubjectConfirmations; exactly one, of a bearer and with data, is allowed.")
    if len(set(names)) < len(names):
        problems.append("It has an attribute twice.")
    ends = [_instant(confirmation, "NotOnOrAfter"), _instant(conditions, "NotOnOrAfter")]
    starts = [_instant(confirmation, "NotBefore"), _instant(conditions, "NotBefore")]
    return Assertion(
        issuer=_text(element.find(f"{_SAML}Issuer")),
        issued=_instant(element, "IssueInstant"),
        name_id=_text(name_id),
        name_id_format=(name_id.get("Format", "") if name_id is not None else "").rpartition(":")[2],
        recipient=(confirmation.get("Recipient", "") if confirmation is not None else ""),
        audiences=tuple(_text(one) for one in element.iterfind(f"{_SAML}Conditions/{_SAML}AudienceRestriction/{_SAML}Audience")),
        not_before=max((one for one in starts if one), default=None),
        not_on_or_after=min((one for one in ends if one), default=None),
        attributes={
            one.get("Name", ""): tuple(_text(value) for value in one.iterfind(f"{_SAML}AttributeValue"))
            for one in element.iterfind(f"{_SAML}AttributeStatement/{_SAML}Attribute")
        },
        problems=tuple(problems),
    )


def _text(element: etree._Element | None) -> str:
    """All of an element's text; comments were removed, so that no name is cut in two."""
    return "" if element is None else re.sub(r"\s+", " ", str(element.xpath("string()"))).strip()


def _instant(element: etree._Element | None, name: str) -> datetime | None:
    text = element.get(name) if element is not None else None
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
