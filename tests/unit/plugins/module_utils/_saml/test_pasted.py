# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a person may paste gets an answer: the response that is in it, or a sentence, and never a part of what was
pasted.
"""

from __future__ import annotations

import base64
import html
import json
import typing as t
from urllib.parse import quote, urlencode

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.pasted import response_in, text_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from response_factory import RECIPIENT, make_response

XML: t.Final = make_response()
#: Two characters more than a multiple of three, so that there is padding, and with both characters that URLs spell
#: otherwise.
BASE64: t.Final = base64.b64encode(XML).decode()
RELAY: t.Final = "https://console.aws.amazon.com/connect/home?a=b&c=d%20e"
BODY: t.Final = urlencode({"SAMLResponse": BASE64, "RelayState": RELAY})
OTHER: t.Final = base64.b64encode(make_response(issuer="https://other.example/")).decode()


def har(*requests: dict[str, t.Any]) -> str:
    return json.dumps({"log": {"entries": [{"request": request} for request in requests]}})


def posted(text: t.Any, url: str = RECIPIENT, **more: t.Any) -> dict[str, t.Any]:
    return {
        "method": "POST",
        "url": url,
        "postData": {"mimeType": "application/x-www-form-urlencoded", "text": text, **more},
    }


def params(value: str, relay_state: str) -> dict[str, t.Any]:
    fields = [{"name": "SAMLResponse", "value": value}, {"name": "RelayState", "value": relay_state}]
    return {"url": RECIPIENT, "postData": {"params": fields}}


def caret(text: str) -> str:
    """As cmd.exe wants it."""
    return "".join(f"^{character}" if character in '%&"' else character for character in text)


PAGE: t.Final = f"""<!DOCTYPE html><html><body><form method="post" action="{RECIPIENT}">
<input type="hidden" name="SAMLResponse" value="{BASE64}"/><input
type='hidden' name='RelayState' value='{html.escape(RELAY)}'>
</form></body></html>"""
TRACER: t.Final = {
    "requests": [
        {"method": "GET", "url": "https://login.microsoftonline.com/", "get": [["a", "b"]]},
        {
            "method": "POST",
            "url": RECIPIENT,
            "post": [["SAMLResponse", BASE64], ["RelayState", RELAY]],
            "saml": XML.decode(),
        },
    ],
    "timestamp": "2026-01-15T12:00:00.000Z",
}

#: what was pasted → its relay state, and where it was posted to
COPIES: t.Final[dict[str, tuple[str, str | None, str | None]]] = {
    "value": (BASE64, None, None),
    "value, wrapped": ("\ufeff " + BASE64[:70] + "\n" + BASE64[70:] + "\n", None, None),
    "value, wrapped and indented": (
        "\r\n  ".join(BASE64[place : place + 76] for place in range(0, len(BASE64), 76)),
        None,
        None,
    ),
    "value, percent-encoded": (quote(BASE64, safe=""), None, None),
    "value, percent-encoded twice": (quote(quote(BASE64, safe=""), safe=""), None, None),
    "value, base64 twice": (base64.b64encode(BASE64.encode()).decode(), None, None),
    "value, URL-safe": (base64.urlsafe_b64encode(XML).decode(), None, None),
    "value, without padding": (BASE64.rstrip("="), None, None),
    "value, quoted": (f'"{BASE64}"', None, None),
    "value, quoted by a word processor, with a comma": (f"\u201c{BASE64}\u201d,", None, None),
    "value, plus signs lost": (BASE64.replace("+", " "), None, None),
    "value with the relay state behind it": (
        f"{quote(BASE64, safe='')}&RelayState={quote(RELAY, safe='')}",
        RELAY,
        None,
    ),
    "XML": (XML.decode(), None, None),
    "a form's body": (BODY, RELAY, None),
    "a form's body, in another order": (urlencode({"RelayState": RELAY, "SAMLResponse": BASE64}), RELAY, None),
    "an address": (f"{RECIPIENT}?{urlencode({'SAMLResponse': BASE64})}", None, None),
    "a heading": (f"SAMLResponse: {BASE64}", None, None),
    "a heading and a line": (f"SAMLResponse\n{BASE64}", None, None),
    "headings": (f"SAMLResponse: {BASE64}\nRelayState: {RELAY}", RELAY, None),
    "a table": (f"SAMLResponse\t{BASE64}\nRelayState\t{RELAY}\n", RELAY, None),
    "cURL": (
        f"curl '{RECIPIENT}' \\\n  -H 'origin: https://login.microsoftonline.com' \\\n  --data-raw '{BODY}'",
        RELAY,
        RECIPIENT,
    ),
    "cURL for cmd": (f'curl ^"{RECIPIENT}^" ^\r\n  --data-raw ^"{caret(BODY)}^"', RELAY, RECIPIENT),
    "cURL with fields": (f"curl --data-urlencode 'SAMLResponse={BASE64}' --url {RECIPIENT}", None, RECIPIENT),
    "fetch": (
        f'fetch("{RECIPIENT}", {{\n  "headers": {{}},\n  "body": "{BODY}",\n  "method": "POST"\n}});',
        RELAY,
        RECIPIENT,
    ),
    "fetch, escaped": (
        f'fetch("{RECIPIENT}", {{"body": "{BODY.replace("%", chr(92) + "u0025")}"}});',
        RELAY,
        RECIPIENT,
    ),
    "PowerShell": (
        f'Invoke-WebRequest -UseBasicParsing -Uri "{RECIPIENT}" `\n-Method "POST" `\n-Body "{BODY}"',
        RELAY,
        RECIPIENT,
    ),
    "a raw request": (
        f"POST /saml HTTP/1.1\r\nHost: {RECIPIENT[8:-5]}\r\nContent-Length: 9\r\n\r\n{BODY}",
        RELAY,
        RECIPIENT,
    ),
    "multipart": (f'--x\r\nContent-Disposition: form-data; name="SAMLResponse"\r\n\r\n{BASE64}\r\n--x--', None, None),
    "a form's page": (PAGE, RELAY, RECIPIENT),
    "SAML-tracer": (json.dumps(TRACER), RELAY, RECIPIENT),
    "an object": (json.dumps({"SAMLResponse": BASE64, "RelayState": RELAY}), RELAY, None),
    "HAR, encoded parameters": (
        har({"url": "https://x"}, params(quote(BASE64, safe=""), quote(RELAY, safe=""))),
        RELAY,
        RECIPIENT,
    ),
    "HAR, decoded parameters": (har(params(BASE64, RELAY)), RELAY, RECIPIENT),
    "HAR, text": (har(posted(BODY), {"url": "https://x", "postData": {"text": "a=b"}}), RELAY, RECIPIENT),
    "HAR, text and parameters": (
        har(posted(BODY, params=params(BASE64, RELAY)["postData"]["params"])),
        RELAY,
        RECIPIENT,
    ),
    "HAR, text in base64": (har(posted(base64.b64encode(BODY.encode()).decode(), encoding="base64")), RELAY, RECIPIENT),
    "HAR, body alone": (har({"url": RECIPIENT, "postData": BODY}), RELAY, RECIPIENT),
    "HAR, another site's comes last": (
        har(posted(BODY), posted(urlencode({"SAMLResponse": OTHER}), "https://other.example/acs")),
        RELAY,
        RECIPIENT,
    ),
    "HAR, odd neighbours": (
        har({"url": 5, "postData": {"text": 7}}, {"url": None, "postData": "x"}, posted(BODY)),
        RELAY,
        RECIPIENT,
    ),
}


@pytest.mark.parametrize("name", COPIES)
def test_the_response_in_what_was_copied(name: str) -> None:
    text, relay_state, posted_to = COPIES[name]
    response = response_in(text)
    assert response.document == XML
    assert (response.relay_state, response.posted_to) == (relay_state, posted_to)


def test_of_several_responses_to_aws_the_last_counts() -> None:
    other = posted(urlencode({"SAMLResponse": OTHER}), "https://signin.aws.amazon.com/saml")
    assert response_in(har(posted(BODY), other)).posted_to == "https://signin.aws.amazon.com/saml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["value", "XML", "HAR, text", "cURL", "SAML-tracer"])
def test_files_as_editors_save_them(name: str, encoding: str) -> None:
    assert response_in(text_of(COPIES[name][0].encode(encoding), "file")).document == XML


def test_an_encoding_that_text_names_does_not_count() -> None:
    document = '<?xml version="1.0" encoding="UTF-16"?>' + XML.decode()
    assert response_in(text_of(document.encode("utf-16"), "file")).document == b'<?xml version="1.0"?>' + XML


def test_a_file_that_is_no_text() -> None:
    with pytest.raises(InvalidInput, match="not text"):
        text_of(b"\xff\xd8\xff\xe0", "file")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" ", "Nothing was copied"),
        ('""', "Nothing was copied"),
        ("not base64!", "neither base64 nor XML"),
        (base64.b64encode(b"hello").decode(), "neither base64 nor XML"),
        ("{", "not a HAR file"),
        ("[" * 100_000, "nested too deeply"),
        ('{"log": {}}', "not a HAR file"),
        ('{"log": {"entries": [1]}}', "not a HAR file"),
        (har({"url": "https://x"}), "None of the 1 requests"),
        (har({"url": RECIPIENT, "postData": "x"}), "None of the 1 requests"),
        (har(posted(5)), "None of the 1 requests"),
        ("SAMLResponse=", "without its value"),
        ("SAMLResponse", "without its value"),
        ("SAMLResponse=&RelayState=x", "without its value"),
        (f"curl '{RECIPIENT}' --data-raw 'SAMLResponse='", "without its value"),
        ("SAMLResponse=%%%", "neither base64 nor XML"),
    ],
)
def test_what_holds_no_response(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        response_in(text)


def test_no_message_repeats_what_was_pasted() -> None:
    for text in ('{"x": "' + BASE64[20:], f"secret!{BASE64[20:]}", json.dumps({"SAMLResponse": "!" + BASE64[20:]})):
        with pytest.raises(InvalidInput) as refused:
            response_in(text)
        assert BASE64[20:40] not in f"{refused.value}{refused.value.hint}"


#: Pieces that pasted text is made of, so that what is generated is nearer to what people have than noise is.
PIECES: t.Final = st.sampled_from(
    [
        *(
            BASE64,
            BASE64[:97],
            quote(BASE64, safe=""),
            BODY,
            XML.decode(),
            PAGE,
            RECIPIENT,
            "SAMLResponse",
            "RelayState=",
        ),
        *(
            "curl ",
            "fetch(",
            "POST / HTTP/1.1",
            "\\u00",
            "%2",
            "=",
            ":",
            "&",
            '"',
            "'",
            "\\",
            "^",
            "{",
            "}",
            "[",
            "]",
            ",",
            "<",
            ">",
        ),
        *("\n", " ", "\ufeff", "%", "\0", "\ud800"),
    ]
)
TEXTS: t.Final = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=8).map("".join)
LEAVES: t.Final = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
NAMES: t.Final = st.sampled_from(
    [
        "log",
        "entries",
        "request",
        "url",
        "postData",
        "params",
        "text",
        "encoding",
        "name",
        "value",
        "post",
        "SAMLResponse",
        "RelayState",
    ]
)
DOCUMENTS: t.Final = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)
GENERATED: t.Final = settings(
    max_examples=800, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def answered(text: str) -> None:
    """A response, or a sentence."""
    try:
        response_in(text)
    except InvalidInput as refused:
        if not refused.message.endswith(".") or "None" in (refused.hint or "").split():
            pytest.fail(f"That is no sentence: {refused}")


@GENERATED
@given(TEXTS)
def test_any_text_is_answered(text: str) -> None:
    answered(text)


@GENERATED
@given(DOCUMENTS)
def test_any_json_is_answered(document: t.Any) -> None:
    answered(json.dumps(document))


@GENERATED
@given(st.binary(max_size=200))
def test_any_file_is_answered(content: bytes) -> None:
    try:
        text = text_of(content, "file")
    except InvalidInput:
        return
    answered(text)
