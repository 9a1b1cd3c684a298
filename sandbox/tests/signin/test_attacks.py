# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody may do with a real response of Entra's on its way through the browser, and how far that gets at AWS."""

from __future__ import annotations

import base64
import collections.abc

import pytest
import requests
from federation import REPLY_URL, Federation
from forge import evil_twin, part_of, text_of
from lxml import etree

from federation_sandbox import http_sign_in

CONSOLE = "https://us-east-1.console.aws.amazon.com/console/home"
INVALID = "Your request included an invalid SAML response. To logout, click here."


def response_of(federation: Federation) -> bytes:
    """The document of a real response."""
    return base64.b64decode(federation.saml_response())


def wrapped(document: bytes) -> bytes:
    """The same with an assertion for somebody else before the signed one."""
    root = etree.fromstring(document)
    assertion = part_of(root, "a:Assertion")
    assertion.addprevious(evil_twin(assertion))
    return text_of(root)


def without_signature(document: bytes) -> bytes:
    """The same, signed by nobody."""
    root = etree.fromstring(document)
    signature = part_of(root, "//ds:Signature")
    part_of(root, "a:Assertion").remove(signature)
    return text_of(root)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (wrapped, INVALID),
        (lambda document: b'<!DOCTYPE x [<!ENTITY e "x">]>' + document, INVALID),
        (lambda document: document.replace(b"jane@", b"ann@"), "Response signature invalid"),
        (
            lambda document: document.replace(REPLY_URL.encode(), b"https://signin.aws.amazon.com/static/saml"),
            "Response signature invalid",
        ),
        (without_signature, "Response signature invalid"),
    ],
    ids=["wrapped", "document type", "another name", "another recipient", "unsigned"],
)
def test_nobody_gets_in(
    change: collections.abc.Callable[[bytes], bytes], answer: str, federation: Federation, browser: requests.Session
) -> None:
    changed = change(response_of(federation))
    seen = federation.post(changed, federation.relay_state(), browser)
    assert (seen.outcome, seen.ok) == ("aws-error", False)
    assert seen.text.startswith(answer)
    assert http_sign_in.visit(browser, CONSOLE).outcome == "aws-error"


def test_a_comment_in_a_name_makes_nobody_of_it_somebody_else(
    federation: Federation, browser: requests.Session
) -> None:
    """A person of another domain would be Jane if what is behind a comment were lost."""
    federation.set_claims(*federation.claims(RoleSessionName={"Value": "jane@contoso.com.evil.com"}))
    changed = response_of(federation).replace(b">jane@contoso.com.evil.com<", b">jane@contoso.com<!-- -->.evil.com<")
    assert b"<!-- -->" in changed
    seen = federation.post(changed, federation.relay_state(), browser)
    assert (seen.outcome, seen.agent) == ("connect-message", "")
    assert "/Federation/jane@contoso.com.evil.com" in http_sign_in.visit(browser, CONSOLE).text


def test_a_response_that_was_used_opens_nothing_in_another_browser(
    federation: Federation, browser: requests.Session
) -> None:
    document = response_of(federation)
    assert federation.post(document, federation.relay_state(), browser).ok
    with http_sign_in.new_browser(federation.sandbox.environment) as thief:
        assert federation.post(document, federation.relay_state(), thief).text == INVALID
        assert http_sign_in.visit(thief, CONSOLE).outcome == "aws-error"
