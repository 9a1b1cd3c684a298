# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which responses are verified: of all that somebody may make of a signed assertion, only what the provider signed is
read.

Responses are signed with signxml and verified with xmlsec.
"""

from __future__ import annotations

import base64
import copy
import datetime as dt
import typing as t

import pytest
from forge import NAMES, SAML, WRAPPINGS, attribute, build, new_signer, part_of, sign, text_of, wrapped
from lxml import etree

from federation_sandbox.aws.iam.metadata import Metadata
from federation_sandbox.aws.signin.assertions import Assertion, BadSignature, Malformed, decode, unverified, verified

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
SIGNER = new_signer()
METADATA = Metadata("https://sts.windows.net/tenant/", (SIGNER.certificate,))
ROLE = attribute("urn:role", "agent")


def signed(what: str = "Assertion", attributes: str = ROLE, **values: t.Any) -> etree._Element:
    return sign(build(NOW, attributes, **values), SIGNER, what)


def check(root: etree._Element | bytes) -> Assertion:
    return verified(root if isinstance(root, bytes) else text_of(root), METADATA)


@pytest.mark.parametrize("what", ["Assertion", "Response"])
def test_what_was_signed_is_read(what: str) -> None:
    assertion = check(signed(what))
    assert assertion.name_id == "jane@contoso.com"
    assert assertion.issuer == METADATA.entity_id
    assert assertion.attributes == {"urn:role": ("agent",)}
    assert assertion.recipient == "https://signin.aws.amazon.com/saml"
    assert assertion.audiences == ("https://signin.aws.amazon.com/saml",)
    assert assertion.end == NOW + dt.timedelta(minutes=70)


def test_both_signatures_are_verified() -> None:
    both = sign(signed(), SIGNER, "Response")
    assert check(both).name_id == "jane@contoso.com"
    part_of(both, "/p:Response/ds:Signature/ds:SignatureValue").text = "AAAA"
    with pytest.raises(BadSignature):
        check(both)


def test_any_certificate_of_the_metadata_will_do() -> None:
    """facts/aws.md 5.2: that is what makes a rotation possible"""
    other = new_signer()
    assert verified(text_of(signed()), Metadata("", (other.certificate, SIGNER.certificate))).name_id
    with pytest.raises(BadSignature):
        verified(text_of(signed()), Metadata("", (other.certificate,)))


def test_the_dates_of_the_certificate_do_not_matter() -> None:
    """facts/aws.md 5.2"""
    assert SIGNER.certificate.not_valid_before_utc.year != NOW.year or SIGNER.certificate.not_valid_before_utc > NOW
    assert check(signed()).name_id


@pytest.mark.parametrize("algorithm", ["rsa-sha384", "rsa-sha512"])
def test_stronger_algorithms(algorithm: str) -> None:
    assert check(sign(build(NOW, ROLE), SIGNER, signature_algorithm=algorithm)).name_id


def test_unsigned() -> None:
    with pytest.raises(BadSignature, match="no signature"):
        check(build(NOW, ROLE))


def test_signed_by_another_key() -> None:
    with pytest.raises(BadSignature):
        check(sign(build(NOW, ROLE), new_signer()))


def test_signed_by_another_key_that_calls_itself_by_the_right_certificate() -> None:
    root = sign(build(NOW, ROLE), new_signer())
    part_of(root, "//ds:X509Certificate").text = part_of(signed(), "//ds:X509Certificate").text
    with pytest.raises(BadSignature):
        check(root)


@pytest.mark.parametrize(
    "path",
    ["//a:NameID", "//a:Audience", "//a:AttributeValue", "//a:Assertion/a:Issuer"],
    ids=["name", "audience", "attribute", "issuer"],
)
def test_changed_after_it_was_signed(path: str) -> None:
    root = signed()
    part_of(root, path).text = "something else"
    with pytest.raises(BadSignature):
        check(root)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY e "jane@contoso.com">]>',
        "<!DOCTYPE samlp:Response>",
        '<!DOCTYPE x SYSTEM "https://evil.example.com/x.dtd">',
    ],
)
def test_a_document_type(text: str) -> None:
    with pytest.raises(Malformed, match="document type"):
        check(text.encode() + text_of(signed()))


def test_entities_do_not_grow() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with pytest.raises(Malformed):
        check((bomb + text_of(build(NOW, ROLE)).decode().replace("jane@", "&b;")).encode())


@pytest.mark.parametrize(
    "place",
    ["jane@contoso.com<!-- -->.evil.com", "<!-- -->jane@contoso.com.evil.com", "jane@<!---->contoso.com.evil.com"],
)
def test_a_comment_in_a_name_cuts_nothing_off(place: str) -> None:
    """Comments are not signed: whoever is signed as …@contoso.com.evil.com stays that."""
    name = "jane@contoso.com.evil.com"
    attributes = attribute("urn:session", name)
    text = text_of(signed(attributes=attributes, name_id=f"<NameID>{name}</NameID>")).decode()
    assertion = check(text.replace(f">{name}<", f">{place}<").encode())
    assert assertion.name_id == name
    assert assertion.attributes["urn:session"] == (name,)


def test_an_instruction_in_a_name_is_a_change() -> None:
    text = text_of(signed()).decode().replace(">jane@contoso.com<", ">jane@<?x y?>contoso.com<")
    with pytest.raises(BadSignature):
        check(text.encode())


# Signature wrapping: the signed assertion is somewhere in the document, and another one is where it should be.


@pytest.mark.parametrize("how", WRAPPINGS)
def test_a_wrapped_assertion(how: str) -> None:
    root = wrapped(signed(), how)
    assert b"admin@contoso.com" in text_of(root)
    with pytest.raises((Malformed, BadSignature)):
        check(root)


def test_the_signed_response_in_a_response() -> None:
    inner = signed("Response")
    outer = build(NOW, ROLE, id="_evil", name_id="<NameID>admin@contoso.com</NameID>")
    outer.set("ID", "_outer")
    signature = part_of(inner, "ds:Signature")
    part_of(outer, "a:Issuer").addnext(signature)
    etree.SubElement(signature, f"{{{NAMES['ds']}}}Object").append(inner)
    with pytest.raises((Malformed, BadSignature)):
        check(outer)


def test_a_signature_of_something_else_in_the_document() -> None:
    """The reference names another element than the one that the signature is in."""
    root = signed()
    part_of(root, "a:Assertion").set("ID", "_other")
    with pytest.raises(BadSignature, match="not of the element"):
        check(root)


def test_two_references() -> None:
    root = signed()
    reference = part_of(root, "//ds:Reference")
    reference.addnext(copy.deepcopy(reference))
    with pytest.raises(BadSignature):
        check(root)


@pytest.mark.parametrize(
    "algorithm", ["http://www.w3.org/2000/09/xmldsig#hmac-sha1", "http://www.w3.org/2000/09/xmldsig#dsa-sha1", "none"]
)
def test_an_algorithm_that_is_not_for_saml(algorithm: str) -> None:
    root = signed()
    part_of(root, "//ds:SignatureMethod").set("Algorithm", algorithm)
    with pytest.raises(BadSignature, match="algorithm"):
        check(root)


@pytest.mark.parametrize(
    "algorithm", ["http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/TR/1999/REC-xpath-19991116"]
)
def test_a_transform_that_could_change_what_is_signed(algorithm: str) -> None:
    root = signed()
    part_of(root, "//ds:Transform").set("Algorithm", algorithm)
    with pytest.raises(BadSignature, match="algorithm"):
        check(root)


# What is signed, and still no assertion to go by.


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"attributes": ROLE * 2}, "twice"),
        ({"status": "Responder"}, "not a successful Response"),
        ({"confirmations": ""}, "SubjectConfirmation"),
        (
            {"confirmations": "<SubjectConfirmation Method='urn:oasis:names:tc:SAML:2.0:cm:holder-of-key'/>"},
            "SubjectConfirmation",
        ),
        (
            {"confirmations": "<SubjectConfirmation Method='urn:oasis:names:tc:SAML:2.0:cm:bearer'/>"},
            "SubjectConfirmation",
        ),
        ({"issued": "yesterday"}, "no time"),
    ],
)
def test_a_signed_response_that_is_incomplete(values: dict[str, t.Any], reason: str) -> None:
    """facts/aws.md 5.4"""
    with pytest.raises(Malformed, match=reason):
        check(signed(**values))


def test_two_confirmations() -> None:
    """facts/aws.md 5.4: exactly one"""
    root = build(NOW, ROLE)
    confirmation = part_of(root, "//a:SubjectConfirmation")
    confirmation.addnext(copy.deepcopy(confirmation))
    with pytest.raises(Malformed, match="SubjectConfirmation"):
        check(sign(root, SIGNER))


def test_two_assertions_that_are_both_signed() -> None:
    root = signed()
    assertion = part_of(root, "a:Assertion")
    other = part_of(signed(id="_second"), "a:Assertion")
    assertion.addnext(other)
    with pytest.raises(Malformed, match="2 assertions"):
        check(root)


def test_an_assertion_without_a_response() -> None:
    with pytest.raises(Malformed):
        check(etree.tostring(part_of(signed(), "a:Assertion")))


def test_no_name_identifier_is_for_the_reader_to_notice() -> None:
    assert check(signed(name_id="")).name_id == ""


def test_what_is_unverified_is_read_by_the_same_rules() -> None:
    assert unverified(text_of(build(NOW, ROLE))).name_id == "jane@contoso.com"
    with pytest.raises(Malformed):
        unverified(text_of(wrapped(signed(), "sibling before")))


@pytest.mark.parametrize("text", ["", "<x/>", "not base64!", "QUJD*", "A" * 100_001])
def test_what_is_no_response_at_all(text: str) -> None:
    """facts/aws.md 5.1: at most 100000 characters"""
    with pytest.raises(Malformed):
        unverified(decode(text))


def test_line_breaks_in_base64_do_not_matter() -> None:
    assert decode(base64.encodebytes(b"<x/>" * 40).decode()) == b"<x/>" * 40


def test_only_the_namespace_of_saml_counts() -> None:
    root = etree.fromstring(text_of(signed()).replace(SAML.encode(), b"urn:other"))
    with pytest.raises(Malformed):
        check(root)
