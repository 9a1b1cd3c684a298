# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import typing as t
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import certificates
from ansible_collections.openccp.federation.plugins.module_utils._saml.responses import found_in, read, verified_by

from response_material import AWS, RECIPIENT, make_response, signed_response

SAMPLES = Path(__file__).resolve().parents[6] / "shared" / "samples"
XML = make_response()
BASE64 = base64.b64encode(XML).decode()
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of other projects are not beside the checkout")


def har(*requests: dict[str, t.Any]) -> str:
    return json.dumps({"log": {"entries": [{"request": request} for request in requests]}})


POSTED = {
    "url": RECIPIENT,
    "postData": {"params": [{"name": "SAMLResponse", "value": quote(BASE64)}, {"name": "RelayState", "value": "https%3A%2F%2Fx"}]},
}
TEXT = {"url": RECIPIENT, "postData": {"text": urlencode({"SAMLResponse": BASE64, "RelayState": "https://x"})}}


@pytest.mark.parametrize(
    ("copied", "relay_state", "posted_to"),
    [
        (BASE64, None, None),
        ("\ufeff " + BASE64[:70] + "\n" + BASE64[70:] + "\n", None, None),
        (quote(BASE64), None, None),
        (XML.decode(), None, None),
        (urlencode({"SAMLResponse": BASE64, "RelayState": "https://x"}), "https://x", None),
        (f"{RECIPIENT}?{urlencode({'SAMLResponse': BASE64})}", None, None),
        (har({"url": "https://x"}, POSTED), "https://x", RECIPIENT),
        (har(TEXT, {"url": "https://x", "postData": {"text": "a=b"}}), "https://x", RECIPIENT),
    ],
)
def test_what_was_copied(copied: str, relay_state: str | None, posted_to: str | None) -> None:
    found = found_in(copied)
    assert found.document == XML
    assert (found.relay_state, found.posted_to) == (relay_state, posted_to)


def test_of_several_responses_the_last_counts() -> None:
    other = base64.b64encode(make_response(issuer="other")).decode()
    later = {"url": "https://later", "postData": {"text": urlencode({"SAMLResponse": other})}}
    assert found_in(har(POSTED, later)).posted_to == "https://later"


@pytest.mark.parametrize(
    ("copied", "words"),
    [
        (" ", "Nothing was copied"),
        ("not base64!", "neither base64 nor XML"),
        (BASE64[:-3], "neither base64 nor XML"),
        ("{", "not a HAR file"),
        ('{"log": {}}', "not a HAR file"),
        ('{"log": {"entries": [1]}}', "not a HAR file"),
        (har({"url": "https://x"}), "None of the 1 requests"),
    ],
)
def test_what_holds_no_response(copied: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        found_in(copied)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<!DOCTYPE x>" + XML, "DTD"),
        (XML[:-9], "not a complete XML document"),
        (b"<html/>", "not a SAML response but html"),
        (b"\x00", "not a complete XML document"),
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


def test_comments_cut_no_name_in_two() -> None:
    response = read(XML.replace(b"jane.doe@example.com</NameID>", b"jane.doe<!-- x -->@example.com</NameID>"))
    assert response.assertion.name_id == "jane.doe@example.com"


ODD: t.Final[dict[str, tuple[bytes, str]]] = {
    "status": (XML.replace(b"status:Success", b"status:Requester"), "status is Requester"),
    "no status": (XML.replace(b"StatusCode", b"Code"), "status is missing"),
    "two assertions": (make_response(assertions=2), "2 assertions"),
    "none": (make_response(assertions=0), "0 assertions"),
    "twice the ID": (XML.replace(b'ID="_assertion"', b'ID="_response"'), "_response is there more than once"),
    "a response within": (XML.replace(b"</samlp:Response>", b"<samlp:Response/></samlp:Response>"), "within the response"),
    "no confirmation": (
        XML.replace(b"SubjectConfirmation ", b"Other ").replace(b"</SubjectConfirmation>", b"</Other>"),
        "0 SubjectConfirmations",
    ),
    "another method": (XML.replace(b"cm:bearer", b"cm:holder-of-key"), "1 SubjectConfirmations"),
    "an attribute twice": (XML.replace(b"Attributes/SessionDuration", b"Attributes/RoleSessionName"), "an attribute twice"),
}


@pytest.mark.parametrize("name", ODD)
def test_why_aws_would_not_take_it(name: str) -> None:
    document, words = ODD[name]
    response = read(document)
    assert words in " ".join((*response.problems, *response.assertion.problems))


def test_an_encrypted_assertion() -> None:
    response = read(
        make_response(assertions=0).replace(
            b"</samlp:Response>", b'<EncryptedAssertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/></samlp:Response>'
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


def test_a_certificate_s_end_means_nothing() -> None:
    document, der = signed_response("assertion", ended=True)
    assert verified_by(read(document), [certificates.from_der(der)]) is not None


def test_a_signature_of_something_else_is_none() -> None:
    document, der = signed_response("assertion")
    wrapped = document.replace(b'ID="_assertion"', b'ID="_other"', 1)
    assert verified_by(read(wrapped), [certificates.from_der(der)]) is None


def certificates_in(response: t.Any) -> list[certificates.Certificate]:
    texts = (element.text for element in response.root.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate"))
    return [certificates.from_text(text) for text in texts if text and text.strip() and len(text) > 100]


GOOD = ("valid_response", "double_signed_response", "signed_message_response", "signed_assertion_response")


@needs_samples
@pytest.mark.parametrize("name", GOOD)
def test_responses_of_another_project_verify(name: str) -> None:
    response = read(found_in((SAMPLES / f"python3saml-{name}.xml.base64").read_text(encoding="utf-8")).document)
    assert verified_by(response, certificates_in(response)) is not None
    assert response.assertion.problems == ()


@needs_samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.xml.base64")) + sorted(SAMPLES.glob("*xsw*.xml")), ids=lambda path: path.name)
def test_attacks_of_other_projects_do_not(path: Path) -> None:
    if any(path.name == f"python3saml-{name}.xml.base64" for name in GOOD):
        return
    try:
        response = read(found_in(path.read_text(encoding="utf-8")).document)
        made_by = verified_by(response, certificates_in(response))
    except InvalidInput:
        return
    assert made_by is None or response.assertion.problems
