# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

r"""The SAML response in whatever a person copied from a browser or a tool, and what came with it.

A value may stand alone, in base64 or as XML; in a form's body, a request that was copied as a command, or the page of a
form; in JSON, such as a HAR file or an export of SAML-tracer. Copying damages it in known ways (quotes, line breaks,
percent signs, missing padding), which are undone. What the response itself says is left as it is. A response is a live
credential: no message repeats a part of it.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import collections.abc
import html.parser
import json
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, unquote_plus, urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import PARTITIONS
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

HINT: t.Final = "Copy the value of the form field SAMLResponse, or save the browser's network log as a HAR file."

_BYTE_ORDER_MARK: t.Final = "\ufeff"
_QUOTES: t.Final = "\"'`\u201c\u201d\u2018\u2019"
#: How often base64 or percent encoding is undone: more is nobody's copy.
_LAYERS: t.Final = 3
_BASE64: t.Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}", re.ASCII)
#: The name of the field with what may stand between it and its value: = or :, the end of a heading or of a multipart
#: header, quotes.
_FIELD: t.Final = re.compile(r"""SAMLResponse["']?\s*(?:\]|,)?\s*(?:=|:|%3D|%3A|,|\s)\s*[\\^`]*["']?""", re.IGNORECASE)
#: A value in base64, also percent-encoded, wrapped, or with the escapes of a shell or of JSON.
_VALUE: t.Final = re.compile(r"(?:[A-Za-z0-9+/=_\-%\s^]|\\u00[0-9A-Fa-f]{2}|\\[/rn])+")
#: The relay state in a form's body, and under a heading.
_RELAY_STATE: t.Final = re.compile(r"""RelayState(?:=|%3D)([^\s"'&`]+)""", re.IGNORECASE)
_RELAY_STATE_SHOWN: t.Final = re.compile(r"""RelayState["']?\s*[:\s,]\s*["']?([^\s"']+)""", re.IGNORECASE)
_NEXT_FIELD: t.Final = re.compile(r"\s(?:RelayState|SigAlg|Signature|-{2,}\S*)(?:\s|:|=|$)")
_COMMAND: t.Final = re.compile(r"""(?:\bcurl|\bfetch\(|-Uri|--url)\s*\^?["'$]*(https?://[^\s"'^]+)""", re.IGNORECASE)
_REQUEST_LINE: t.Final = re.compile(r"^(?:POST|GET) (\S+) HTTP/[\d.]+\s*$", re.MULTILINE)
_HOST: t.Final = re.compile(r"^host:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Copied:
    """What was copied: the document, and what came with it, when that was copied too."""

    document: bytes
    relay_state: str | None = None
    posted_to: str | None = None


@dataclass(frozen=True)
class _Post:
    """A request that carries a response, before the response is decoded."""

    value: str
    relay_state: str | None = None
    url: str | None = None

    def to_aws(self) -> bool:
        """Whether it goes to AWS's sign-in."""
        host = (_host_of(self.url) or "").lower()
        return any(host == each.signin_host or host.endswith("." + each.signin_host) for each in PARTITIONS.values())

    def decoded(self) -> Copied:
        """What it carries; InvalidInput when that is no response."""
        return Copied(decoded(self.value), self.relay_state, self.url)


def text_of(content: bytes, what: str) -> str:
    """The text of a file, in UTF-8 or UTF-16, with or without a byte order mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif content[1:2] == b"\0":
        encoding = "utf-16-le"
    elif content[:1] == b"\0":
        encoding = "utf-16-be"
    else:
        encoding = "utf-8"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidInput(f"The {what} is not text in UTF-8 or UTF-16.", hint=HINT) from None


def response_in(text: str) -> Copied:
    """The response in what was copied; of several the last one that goes to AWS, else the last one."""
    text = _bare(text)
    if not text:
        raise InvalidInput("Nothing was copied.", hint=HINT)
    posts = list(_posts(text))
    if not posts and "samlresponse" not in text.lower():
        return Copied(decoded(text))
    if not posts:
        raise InvalidInput("The field SAMLResponse was copied without its value.", hint=HINT)
    problem: InvalidInput | None = None
    for post in sorted(posts, key=_Post.to_aws)[::-1]:
        try:
            return post.decoded()
        except InvalidInput as error:
            problem = problem or error
    raise problem or InvalidInput("Nothing was copied.", hint=HINT)


def decoded(text: str) -> bytes:
    """The document behind a value: XML as it is, base64 decoded, also when it was encoded more than once or lost its
    padding.
    """
    if text.lstrip(_BYTE_ORDER_MARK).startswith("<"):
        return _document(text.lstrip(_BYTE_ORDER_MARK))
    for _layer in range(_LAYERS):
        text = unquote(text) if "%" in text else text
    readings = [content for spelling in _spellings(text) if (content := _unwrapped(spelling)) is not None]
    if not readings:
        raise InvalidInput("The copied text is neither base64 nor XML; a part may be missing.", hint=HINT)
    return next((content for content in readings if _is_whole(content)), readings[0])


def _unwrapped(text: str) -> bytes | None:
    """The document behind base64, also when it was encoded more than once; None when there is none."""
    content: bytes | None = text.encode("ascii", "replace")
    for _layer in range(_LAYERS):
        content = _from_base64(content or b"")
        if content is None or _is_xml(content):
            return content
    return None


def _posts(text: str) -> collections.abc.Iterator[_Post]:
    if text[0] in "{[":
        yield from _in_json(text)
    elif text.startswith("<"):
        if "samlresponse" in text.lower() and re.search(r"<(?:input|textarea|form|html)\b", text, re.IGNORECASE):
            yield from _in_page(text)
    else:
        yield from _in_text(text)


def _in_json(text: str) -> collections.abc.Iterator[_Post]:
    """Every request of a HAR file, of an export of SAML-tracer, or of whatever else tells requests as JSON."""
    try:
        content = json.loads(text)
    except RecursionError:
        raise InvalidInput("The copied text is JSON that is nested too deeply.", hint=HINT) from None
    except ValueError:
        posts = list(_in_text(text))
        if not posts:
            raise InvalidInput("The copied text begins like JSON, but is not a HAR file.", hint=HINT) from None
        yield from posts
        return
    posts, requests = [], 0
    for node, url in _nodes(content):
        requests += "url" in node
        post = _of_fields(node, url)
        posts += [post] if post else []
    if not posts:
        what = (
            f"None of the {requests} requests posts a SAMLResponse."
            if requests
            else "The copied text is JSON, but not a HAR file."
        )
        raise InvalidInput(
            what, hint="Record the network log from before the sign-in, with the log preserved over page loads."
        )
    yield from posts


def _nodes(content: t.Any) -> collections.abc.Iterator[tuple[dict[str, t.Any], str | None]]:
    """Every object in JSON, in its order, with the address of the request that it is in."""
    waiting: list[tuple[t.Any, str | None]] = [(content, None)]
    while waiting:
        node, url = waiting.pop()
        if isinstance(node, dict):
            own = node.get("url")
            url = own if isinstance(own, str) else url
            yield node, url
            waiting += [(value, url) for value in reversed(node.values())]
        elif isinstance(node, list):
            waiting += [(value, url) for value in reversed(node)]


def _of_fields(node: dict[str, t.Any], url: str | None) -> _Post | None:
    """The response in one object: as a body's text, as parameters of a HAR file, as pairs, or as a member."""
    text = node.get("text", node.get("body"))
    if isinstance(text, str):
        if node.get("encoding") == "base64":
            text = (_from_base64(text.encode("ascii", "replace")) or b"").decode("utf-8", "replace")
        if "SAMLResponse" in text:
            post = next(_in_text(text), None)
            return _Post(post.value, post.relay_state, url) if post else None
    if isinstance(node.get("postData"), str) and "SAMLResponse" in node["postData"]:
        post = next(_in_text(node["postData"]), None)
        return _Post(post.value, post.relay_state, url) if post else None
    if isinstance(node.get("SAMLResponse"), str | list):
        return _of_values(node, url)
    for name in ("params", "post", "parameters", "formData"):
        values = _values(node.get(name))
        if "SAMLResponse" in values:
            return _of_values(values, url)
    return None


def _of_values(values: dict[str, t.Any], url: str | None) -> _Post | None:
    """Values that stand alone: percent-encoded or not, which that of the response tells."""
    fields = {name: _last(values.get(name)) for name in ("SAMLResponse", "RelayState")}
    value, relay_state = fields["SAMLResponse"], fields["RelayState"]
    if value is None:
        return None
    if relay_state is not None and "%" in value:
        relay_state = unquote(relay_state)
    return _Post(value, relay_state, url)


def _values(pairs: t.Any) -> dict[str, t.Any]:
    """Parameters by name, from objects with name and value, from pairs, or from one object."""
    if isinstance(pairs, dict):
        return pairs
    values: dict[str, t.Any] = {}
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, dict) and isinstance(pair.get("name"), str):
            values[pair["name"]] = pair.get("value")
        elif isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):
            values[pair[0]] = pair[1]
    return values


def _last(value: t.Any) -> str | None:
    if isinstance(value, list):
        value = value[-1] if value else None
    return value if isinstance(value, str) else None


class _Inputs(html.parser.HTMLParser):
    """The hidden fields of a page, and where its form goes to."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form" and "SAMLResponse" not in self.values:
            self.action = attributes.get("action")
        elif tag == "input" and attributes.get("name"):
            self.values[str(attributes["name"])] = attributes.get("value") or ""


def _in_page(text: str) -> collections.abc.Iterator[_Post]:
    page = _Inputs()
    page.feed(text)
    if page.values.get("SAMLResponse"):
        yield _Post(page.values["SAMLResponse"], page.values.get("RelayState"), page.action)


def _in_text(text: str) -> collections.abc.Iterator[_Post]:
    """A form's body, an address, a request that was copied as a command or as it was sent, or a heading with its
    value.
    """
    url = _url_in(text)
    form = _form(text)
    if form is not None:
        yield _Post(form["SAMLResponse"][-1], next(iter(form.get("RelayState", ())), None), url)
        return
    for field in _FIELD.finditer(text):
        rest = text[field.end() :]
        value = _VALUE.match(_NEXT_FIELD.split(rest, maxsplit=1)[0])
        if value is None or not value[0].strip():
            continue
        yield _Post(_without_escapes(value[0]), _relay_state(text), url)
    if "&" in text and not _FIELD.search(text):
        yield _Post(text.partition("&")[0], _relay_state(text))


def _relay_state(text: str) -> str | None:
    """The relay state beside a response: percent-encoded in a body, as it is under a heading."""
    encoded = _RELAY_STATE.search(text)
    if encoded:
        return unquote_plus(_without_escapes(encoded[1]))
    match = _RELAY_STATE_SHOWN.search(text)
    return match[1] if match else None


def _form(text: str) -> dict[str, list[str]] | None:
    """The fields of a form's body or of an address that stands alone; None when the text is something else."""
    body = text.partition("?")[2] if re.match(r"https?://\S+$", text) else text
    if re.search(r"[\s\"'^\\]", body) or not re.search(r"(?:^|&)SAMLResponse=[^&]", body):
        return None
    return parse_qs(body)


def _url_in(text: str) -> str | None:
    """Where a copied request goes to."""
    command = _COMMAND.search(text)
    if command:
        return _without_escapes(command[1])
    line, host = _REQUEST_LINE.search(text), _HOST.search(text)
    if line is None:
        return None
    return line[1] if line[1].startswith("http") or host is None else f"https://{host[1]}{line[1]}"


def _without_escapes(text: str) -> str:
    """Without the escapes of a command line or of JSON, of which base64 and percent encoding have none."""
    text = re.sub(r"\\u00([0-9A-Fa-f]{2})", lambda escape: chr(int(escape[1], 16)), text)
    return re.sub(r"\\[rn]|\^", "", text).replace("\\/", "/")


def _bare(text: str) -> str:
    """Without what surrounds a value by accident: white space, byte order marks, quotes, a comma or a semicolon at the
    end.
    """
    before = None
    while before != text:
        before = text
        text = text.strip().strip(_BYTE_ORDER_MARK + "\u200b\0").strip()
        if text[:1] in _QUOTES or text[-1:] in _QUOTES:
            text = text.strip(_QUOTES)
        text = text.rstrip(",;")
    return text


def _spellings(text: str) -> collections.abc.Iterator[str]:
    """Ways to read white space in base64: as what wrapped it, or as the plus signs that a form's decoding took away."""
    lines = re.sub(r"[\r\n\t\f\v]+ *", "", _bare(text))
    yield "".join(lines.split())
    yield lines.replace(" ", "+")
    yield lines.replace(" ", "+") + "+"  # the last character of "…>" may be one, too, which is cut off as white space


def _from_base64(text: bytes) -> bytes | None:
    """The bytes behind base64 of either alphabet, padded or not; None when it is something else."""
    spelled = b"".join(text.split()).decode("ascii", "replace")
    if not _BASE64.fullmatch(spelled):
        return None
    spelled = spelled.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(spelled + "=" * (-len(spelled) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_xml(content: bytes) -> bool:
    """Whether bytes begin as a document does, in UTF-8 or UTF-16."""
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        content = content.removeprefix(mark)
    return content.lstrip(b" \t\r\n\0").startswith(b"<")


def _is_whole(content: bytes) -> bool:
    """Whether bytes that begin like a document are text and end like one."""
    try:
        return text_of(content, "document").rstrip().endswith(">")
    except InvalidInput:
        return False


def _document(text: str) -> bytes:
    """XML that was copied as text. It is text already, so an encoding that it names for its bytes does not count."""
    return re.sub(r"""^(<\?xml[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')""", r"\1", text).encode(
        "utf-8", "surrogatepass"
    )


def _host_of(url: str | None) -> str | None:
    try:
        return urlsplit(url or "").hostname
    except ValueError:
        return None
