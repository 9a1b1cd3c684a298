# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Altered copies of a really signed response: module and sandbox give one answer, and neither of them a traceback.

The module verifies with signxml, the sandbox with xmlsec, and each reads by itself.
"""

from __future__ import annotations

import base64
import copy
import functools
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import certificates
from ansible_collections.openccp.federation.plugins.module_utils._saml.responses import read, verify
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from federation_sandbox.aws.iam.metadata import Metadata
from federation_sandbox.aws.signin.assertions import BadSignature, Malformed, decode, verified
from response_factory import signed_response
from saml_factory import ENTITY_ID

DS: t.Final = "{http://www.w3.org/2000/09/xmldsig#}"
SAML: t.Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PARTS: t.Final[tuple[t.Literal["assertion", "response", "both"], ...]] = ("assertion", "response", "both")
Answer = t.Optional[tuple[str, str, str, tuple[str, ...], dict[str, tuple[str, ...]]]]  # noqa: UP045 - an operand of pylint's


@functools.cache
def signed(part: t.Literal["assertion", "response", "both"]) -> tuple[bytes, bytes]:
    return signed_response(part)


def module_says(document: bytes, der: bytes) -> Answer:
    """What the module takes for signed, or nothing."""
    try:
        response = read(document)
    except InvalidInput:
        return None
    assertion = response.assertion
    if assertion.problems or verify(response, [certificates.from_der(der)]).signer is None:
        return None
    return assertion.issuer, assertion.name_id, assertion.recipient, assertion.audiences, dict(assertion.attributes)


def sandbox_says(document: bytes, der: bytes) -> Answer:
    """What the sandbox takes for signed, or nothing."""
    metadata = Metadata(ENTITY_ID, (x509.load_der_x509_certificate(der),))
    try:
        assertion = verified(decode(base64.b64encode(document).decode()), metadata)
    except (BadSignature, Malformed):
        return None
    return assertion.issuer, assertion.name_id, assertion.recipient, assertion.audiences, dict(assertion.attributes)


def one_answer(document: bytes, der: bytes, original: bytes) -> Answer:
    """The answer that both give. What is accepted says what was signed, and nothing else."""
    answer = module_says(document, der)
    assert answer == sandbox_says(document, der)
    assert answer is None or answer == module_says(original, der)
    return answer


@pytest.mark.parametrize("part", PARTS)
def test_an_unaltered_response_is_accepted(part: t.Literal["assertion", "response", "both"]) -> None:
    document, der = signed(part)
    assert one_answer(document, der, document) is not None


def elements(root: etree._Element) -> list[etree._Element]:
    return list(root.iter(etree.Element))


def delete(root: etree._Element, place: int, _other: int, _text: str) -> None:
    element = elements(root)[place % len(elements(root))]
    if element.getparent() is not None:
        element.getparent().remove(element)


def duplicate(root: etree._Element, place: int, _other: int, _text: str) -> None:
    element = elements(root)[place % len(elements(root))]
    if element.getparent() is not None:
        element.addnext(copy.deepcopy(element))


def move(root: etree._Element, place: int, other: int, _text: str) -> None:
    every = elements(root)
    element, target = every[place % len(every)], every[other % len(every)]
    if element is not root and element not in target.iterancestors() and element is not target:
        target.insert(other % (len(target) + 1), element)


def wrap(root: etree._Element, place: int, _other: int, _text: str) -> None:
    """The assertion is put elsewhere, and one for somebody else where it was."""
    assertion = root.find(f"{SAML}Assertion")
    if assertion is None:
        return
    twin = copy.deepcopy(assertion)
    for signature in twin.findall(f"{DS}Signature"):
        twin.remove(signature)
    for name_id in twin.iter(f"{SAML}NameID"):
        name_id.text = "admin@example.com"
    if place % 2:
        twin.set("ID", "_evil")
    every = elements(root)
    target = every[place % len(every)]
    root.replace(assertion, twin)
    target.append(assertion) if target is not assertion and target not in assertion.iter() else twin.append(assertion)


def change_text(root: etree._Element, place: int, other: int, text: str) -> None:
    element = elements(root)[place % len(elements(root))]
    element.text = [text, (element.text or "") + text, text + (element.text or ""), None][other % 4]


def space(root: etree._Element, place: int, other: int, _text: str) -> None:
    element = elements(root)[place % len(elements(root))]
    blank = [" ", "\n", "\t", "\u00a0"][other % 4]
    if other % 3:
        element.text = blank + (element.text or "")
    else:
        element.tail = (element.tail or "") + blank


def attribute(root: etree._Element, place: int, other: int, text: str) -> None:
    element = elements(root)[place % len(elements(root))]
    names = [*element.attrib, "ID", "Id", "{urn:x}ID", "{http://www.w3.org/XML/1998/namespace}id", "Algorithm", "URI"]
    name = names[other % len(names)]
    values = [text, "_assertion", "_response", "#_assertion", "http://www.w3.org/2000/09/xmldsig#hmac-sha1", ""]
    if other % 7 == 0 and name in element.attrib:
        del element.attrib[name]
    else:
        element.set(name, values[place % len(values)])


def rename(root: etree._Element, place: int, other: int, _text: str) -> None:
    element = elements(root)[place % len(elements(root))]
    local = etree.QName(element).localname
    element.tag = [local, f"{{urn:other}}{local}", f"{SAML}{local}", f"{DS}{local}"][other % 4]


def comment(root: etree._Element, place: int, _other: int, text: str) -> None:
    element = elements(root)[place % len(elements(root))]
    inserted = etree.Comment(text.replace("-", ""))
    inserted.tail, element.text = (element.text or "")[3:], (element.text or "")[:3]
    element.insert(0, inserted)


def instruction(root: etree._Element, place: int, _other: int, _text: str) -> None:
    element = elements(root)[place % len(elements(root))]
    inserted = etree.ProcessingInstruction("x", "y")
    inserted.tail, element.text = (element.text or "")[3:], (element.text or "")[:3]
    element.insert(0, inserted)


ALTERATIONS: t.Final = (delete, duplicate, move, wrap, change_text, space, attribute, rename, comment, instruction)
TEXT: t.Final = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=12),
    st.sampled_from(
        ["AAAA", "A", "=", "2026-01-01T00:00:00Z", "yesterday", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00Z"]
    ),
)
STEP: t.Final = st.tuples(st.sampled_from(ALTERATIONS), st.integers(0, 200), st.integers(0, 200), TEXT)
SPELLINGS: t.Final = (
    "as it is",
    "prefix",
    "utf-16",
    "latin-1",
    "declaration",
    "pretty",
    "c14n",
    "doctype",
    "cdata",
    "behind",
)
GENERATED: t.Final = settings(
    max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def spelled(root: etree._Element, how: str) -> bytes:
    """The document in another spelling; but for its white space and a document type, it says the same."""
    document = etree.tostring(root)
    if how == "prefix":
        return document.replace(b"samlp:", b"p2:").replace(b"xmlns:samlp", b"xmlns:p2")
    if how == "utf-16":
        return t.cast("bytes", etree.tostring(root, encoding="UTF-16", xml_declaration=True))
    if how == "latin-1":
        return t.cast("bytes", etree.tostring(root, encoding="ISO-8859-1", xml_declaration=True))
    if how == "declaration":
        return b'<?xml version="1.0"?>\n<!-- x --><?x y?>' + document
    if how == "pretty":
        etree.indent(root)
        return etree.tostring(root)
    if how == "c14n":
        return t.cast("bytes", etree.tostring(root, method="c14n"))
    if how == "doctype":
        return b'<!DOCTYPE x [<!ENTITY e "jane">]>' + document
    if how == "cdata":
        return document.replace(b">jane.doe@example.com<", b"><![CDATA[jane.doe@example.com]]><")
    return document + b"\n<!-- behind -->" if how == "behind" else document


@GENERATED
@given(st.sampled_from(PARTS), st.lists(STEP, min_size=1, max_size=3), st.sampled_from(SPELLINGS))
def test_altered_in_structure(part: t.Any, steps: list[tuple[t.Callable[..., None], int, int, str]], how: str) -> None:
    document, der = signed(part)
    root = etree.fromstring(document)
    for alter, place, other, text in steps:
        try:
            alter(root, place, other, text)
        except ValueError:  # What XML itself cannot hold is no alteration.
            return
    one_answer(spelled(root, how), der, document)


@GENERATED
@given(
    st.sampled_from(PARTS),
    st.integers(0, 10_000),
    st.sampled_from([b"", b"<", b">", b"&", b"A", b"\0", b"\xff", b" ", b'"', b"]]>"]),
)
def test_altered_in_its_bytes(part: t.Any, place: int, inserted: bytes) -> None:
    document, der = signed(part)
    place %= len(document)
    one_answer(document[:place] + inserted + document[place + 1 :], der, document)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("how", SPELLINGS)
def test_spelled_otherwise(part: t.Any, how: str) -> None:
    """What says the same is accepted, in whatever encoding; a document type is refused, and so is white space within
    what is signed.
    """
    document, der = signed(part)
    answer = one_answer(spelled(etree.fromstring(document), how), der, document)
    assert (answer is None) is (how in ("doctype", "pretty") or (how == "prefix" and part != "assertion"))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("alter", ALTERATIONS, ids=lambda alter: alter.__name__)
def test_each_place_altered_once(part: t.Any, alter: t.Callable[..., None]) -> None:
    """Every element of the response in turn."""
    document, der = signed(part)
    for place in range(len(elements(etree.fromstring(document)))):
        root = etree.fromstring(document)
        alter(root, place, place + 1, "x")
        one_answer(etree.tostring(root), der, document)
