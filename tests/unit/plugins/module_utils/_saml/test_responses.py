# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from datetime import UTC, datetime

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import certificates
from ansible_collections.openccp.federation.plugins.module_utils._saml.responses import (
    Verdict,
    read,
    verified_by,
    verify,
)
from cryptography.hazmat.primitives import serialization
from forge import WRAPPINGS, attribute, build, new_signer, sign, text_of, wrapped

from response_factory import AWS, RECIPIENT, make_response, signed_response

XML = make_response()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<!DOCTYPE x>" + XML, "DTD"),
        (XML[:-9], "not a complete XML document"),
        (b"<html/>", "a page, not a SAML 2.0 response"),
        (b"\x00", "not a complete XML document"),
        (b"", "not a complete XML document"),
        (
            ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "jane">]>' + XML.decode()).encode(
                "utf-16"
            ),
            "DTD",
        ),
        (XML.replace(b"2.0:protocol", b"1.0:protocol"), "a response of another protocol"),
        (
            XML.replace(b"samlp:", b"").replace(b' xmlns="urn:oasis:names:tc:SAML:2.0:assertion"', b""),
            "without the namespace of SAML",
        ),
        (b"<secret-Jane/>", "some other XML"),
        (
            b'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>',
            "a SAML request, which goes to Entra ID",
        ),
        (
            XML[XML.index(b"<Assertion") : XML.index(b"</samlp:Response>")],
            "an assertion without the response around it",
        ),
    ],
)
def test_what_nobody_should_read_on(document: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as error:
        read(document)
    assert "Jane" not in str(error.value)


def test_what_a_response_says() -> None:
    response = read(XML)
    assertion = response.assertion
    assert (response.destination, assertion.recipient, assertion.audiences) == (
        RECIPIENT,
        RECIPIENT,
        ("https://signin.aws.amazon.com/saml",),
    )
    assert (assertion.name_id, assertion.name_id_format) == ("jane.doe@example.com", "emailAddress")
    assert assertion.attributes[AWS + "RoleSessionName"] == ("jane.doe@example.com",)
    assert assertion.not_before is not None
    assert assertion.not_on_or_after is not None
    assert assertion.not_before < assertion.not_on_or_after
    assert (response.problems, assertion.problems, response.signed, response.encrypted) == ((), (), (), False)


def test_what_was_sent_is_read_down_to_each_blank() -> None:
    response = read(XML.replace(b">jane.doe@example.com</NameID>", b"> jane.doe@example.com\n</NameID>"))
    assert response.assertion.name_id == " jane.doe@example.com\n"


def test_what_entra_says_when_it_refuses() -> None:
    message = (
        b"<samlp:StatusMessage>AADSTS50105: The signed in user is not assigned.\nTrace ID: "
        b"x</samlp:StatusMessage></samlp:Status>"
    )
    response = read(
        make_response(assertions=0).replace(b"status:Success", b"status:Responder").replace(b"</samlp:Status>", message)
    )
    assert (response.status, response.status_message) == (
        "Responder",
        "AADSTS50105: The signed in user is not assigned.",
    )
    assert response.problems == ("Its status is Responder, not Success.",)


def test_a_response_that_is_too_long() -> None:
    response = read(XML.replace(b"><Issuer", b">" + b" " * 80_000 + b"<Issuer"))
    assert "AWS accepts at most 100,000" in response.problems[0]


def test_comments_cut_no_name_in_two() -> None:
    response = read(XML.replace(b"jane.doe@example.com</NameID>", b"jane.doe<!-- x -->@example.com</NameID>"))
    assert response.assertion.name_id == "jane.doe@example.com"


ODD: t.Final[dict[str, tuple[bytes, str]]] = {
    "status": (XML.replace(b"status:Success", b"status:Requester"), "status is Requester"),
    "no status": (XML.replace(b"StatusCode", b"Code"), "status is missing"),
    "two assertions": (make_response(assertions=2), "2 assertions"),
    "none": (make_response(assertions=0), "0 assertions"),
    "twice the ID": (XML.replace(b'ID="_assertion"', b'ID="_response"'), "an ID more than once"),
    "a response within": (
        XML.replace(b"</samlp:Response>", b"<samlp:Response/></samlp:Response>"),
        "within the response",
    ),
    "no confirmation": (
        XML.replace(b"SubjectConfirmation ", b"Other ").replace(b"</SubjectConfirmation>", b"</Other>"),
        "0 SubjectConfirmations",
    ),
    "another method": (XML.replace(b"cm:bearer", b"cm:holder-of-key"), "1 SubjectConfirmations"),
    "an attribute twice": (
        XML.replace(b"Attributes/SessionDuration", b"Attributes/RoleSessionName"),
        "an attribute twice",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_why_aws_would_not_take_it(name: str) -> None:
    document, words = ODD[name]
    response = read(document)
    assert words in " ".join((*response.problems, *response.assertion.problems))


def test_an_encrypted_assertion() -> None:
    response = read(
        make_response(assertions=0).replace(
            b"</samlp:Response>",
            b'<EncryptedAssertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/></samlp:Response>',
        )
    )
    assert response.encrypted
    assert response.problems == ()


def test_times_that_are_none() -> None:
    response = read(XML.replace(b"NotOnOrAfter", b"Later").replace(b'IssueInstant="', b'IssueInstant="yesterday '))
    assert response.assertion.not_on_or_after is response.assertion.issued is None


@pytest.mark.parametrize("part", ["assertion", "response"])
def test_who_signed(part: t.Literal["assertion", "response"]) -> None:
    document, der = signed_response(part)
    response, certificate = read(document), certificates.from_der(der)
    other = certificates.from_der(signed_response(part)[1])
    assert (response.signed, response.algorithms) == ((part,), ("rsa-sha256",))
    assert verified_by(response, [other, certificate]) == certificate
    assert verified_by(response, [other]) is None
    assert verified_by(read(document.replace(b"jane.doe", b"john.doe")), [certificate]) is None
    assert verified_by(read(XML), [certificate]) is None
    assert verified_by(read(document.replace(b"status:Success", b"status:Requester")), [certificate]) is None


def test_why_a_signature_does_not_hold() -> None:
    """Only what is proven is told: whose key signed, if that is in the response, and that the content was changed
    afterwards.
    """
    document, der = signed_response()
    certificate, other = certificates.from_der(der), certificates.from_der(signed_response()[1])
    altered = read(document.replace(b"jane.doe", b"john.doe"))
    assert verify(altered, [other, certificate]).reason == "altered"
    assert verify(altered, [other]) == Verdict(reason="another certificate", other=certificate.thumbprint)
    assert verify(read(document), [other]) == Verdict(reason="another certificate", other=certificate.thumbprint)
    nameless = re.sub(element("KeyInfo"), b"", document, flags=re.DOTALL)
    assert verify(read(nameless), [other]).reason == "unknown"
    assert verify(read(nameless), [certificate]).signer == certificate
    assert verify(read(XML), [certificate]).reason == "malformed"


def element(name: str) -> bytes:
    """A pattern for an element with its content, whatever prefix it has."""
    return rf"<(\w+:)?{name}\b[^>]*(?:/>|>.*?</(?:\w+:)?{name}>)".encode()


def content(name: str) -> bytes:
    """A pattern for the text of an element; its tag is the first group."""
    return rf"(<(?:\w+:)?{name}\b[^>]*>)[^<]*".encode()


DAMAGES: t.Final[dict[str, tuple[bytes, bytes]]] = {
    "a value that is no base64": (content("SignatureValue"), rb"\1Jane Doe!"),
    "a digest that is no base64": (content("DigestValue"), rb"\1Jane Doe!"),
    "an empty value": (content("SignatureValue"), rb"\1"),
    "no SignedInfo": (element("SignedInfo"), b""),
    "no SignatureMethod": (element("SignatureMethod"), b""),
    "no DigestMethod": (element("DigestMethod"), b""),
    "no Reference": (element("Reference"), b""),
    "two values": (element("SignatureValue"), rb"\g<0>\g<0>"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_signature(name: str) -> None:
    document, der = signed_response()
    damaged = re.sub(*DAMAGES[name], document, count=1, flags=re.DOTALL)
    assert damaged != document
    assert verify(read(damaged), [certificates.from_der(der)]) == Verdict(reason="malformed")


def test_what_a_signature_says_of_its_key_changes_nothing() -> None:
    document, der = signed_response()
    damaged = re.sub(content("X509Certificate"), rb"\1no base64!", document)
    assert damaged != document
    assert verified_by(read(damaged), [certificates.from_der(der)]) is not None


def test_both_signatures_count() -> None:
    document, der = signed_response("both")
    certificate = certificates.from_der(der)
    assert verified_by(read(document), [certificate]) == certificate
    place = document.rindex(b"SignatureValue>", 0, document.rindex(b"SignatureValue>"))
    broken = (
        document[: place + 20] + (b"A" if document[place + 20 : place + 21] != b"A" else b"B") + document[place + 21 :]
    )
    assert verified_by(read(broken), [certificate]) is None


def test_a_certificate_s_end_means_nothing() -> None:
    document, der = signed_response("assertion", ended=True)
    assert verified_by(read(document), [certificates.from_der(der)]) is not None


def test_a_signature_of_something_else_is_none() -> None:
    document, der = signed_response("assertion")
    wrapped = document.replace(b'ID="_assertion"', b'ID="_other"', 1)
    assert verified_by(read(wrapped), [certificates.from_der(der)]) is None


@pytest.mark.parametrize("how", WRAPPINGS)
def test_a_wrapped_assertion_is_not_verified(how: str) -> None:
    signer = new_signer()
    root = wrapped(sign(build(datetime.now(UTC), attribute(AWS + "Role", "agent")), signer), how)
    document = text_of(root)
    assert b"admin@contoso.com" in document
    try:
        response = read(document)
    except InvalidInput:
        return
    certificate = certificates.from_der(signer.certificate.public_bytes(serialization.Encoding.DER))
    assert verified_by(response, [certificate]) is None or response.assertion.problems
