# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signs a person in without a browser: follows redirects, fills in and submits forms, and returns the last page."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import functools
import typing as t
import urllib.parse

import lxml.html
import requests

#: what each kind of page is called in its body, and the hop of the sign-in path that shows it
_HOPS: t.Final[dict[str, str]] = {
    "entra-sign-in": "entra",
    "entra-error": "entra",
    "saml-post": "entra",
    "cognito-login": "cognito",
    "cognito-error": "cognito",
    "aws-error": "aws",
    "role-picker": "aws",
    "console-home": "aws",
    "connect-message": "connect",
    "agent-home": "connect",
    "ccp": "connect",
}
_MOST_STEPS: t.Final = 20
_SECONDS: t.Final = 300


@dataclasses.dataclass(frozen=True)
class SignIn:
    """Where a sign-in ended.

    outcome: the kind of the last page: ccp, agent-home, console-home, role-picker, entra-sign-in, or entra-error,
    aws-error and connect-message for the messages of each hop; elsewhere for a page that the sandbox does not make.
    text: the message on the page, else its whole text. agent, routing_profile: as the Contact Control Panel or the home
    page shows them.
    """

    outcome: str
    hop: str
    title: str
    text: str
    url: str
    status: int
    agent: str = ""
    routing_profile: str = ""

    @property
    def ok(self) -> bool:
        """Whether the agent has reached the Contact Control Panel."""
        return self.outcome == "ccp"


def sign_in(
    client: requests.Session | collections.abc.Mapping[str, str], url: str, user: str, role: str = ""
) -> SignIn:
    """Open a user access URL as a user. client: a session with its cookies, or the environment of a sandbox for a new
    browser each time. role: the ARN to choose when AWS offers several roles; without one, the sign-in ends at that
    page.
    """
    with _browser(client) as session:
        for response, form in _steps(session, url, user, role):
            if form is None:
                return read(response)
    raise RuntimeError(f"the sign-in is still under way after {_MOST_STEPS} pages")


def saml_response(client: requests.Session | collections.abc.Mapping[str, str], url: str, user: str) -> str:
    """The SAMLResponse of a sign-in, as a person would copy it from the browser; LookupError when there is none."""
    with _browser(client) as session:
        for response, form in _steps(session, url, user, ""):
            if form is None:
                raise LookupError(f"no response, but {read(response)}")
            if "SAMLResponse" in form[2]:
                return form[2]["SAMLResponse"]
    raise RuntimeError(f"the sign-in is still under way after {_MOST_STEPS} pages")


def visit(client: requests.Session | collections.abc.Mapping[str, str], url: str) -> SignIn:
    """Open a page of the sandbox, without submitting its form."""
    with _browser(client) as session:
        return read(_request(session, "GET", url))


def form_of(content: str, user: str) -> tuple[str, dict[str, str]] | None:
    """The form of a page as a person would submit it: address and fields; None when there is none."""
    form = _form(_parsed(content), user, "")
    return form[1:] if form else None


def links_of(content: str) -> dict[str, str]:
    """The links of a page, by their text."""
    return {_words(link.text_content()): str(link.get("href")) for link in _parsed(content).iter("a")}


def frame(client: requests.Session | collections.abc.Mapping[str, str], url: str, origin: str) -> SignIn:
    """The page in a frame of another origin. The outcome is not-signed-in if X-Frame-Options blocks it, and
    not-approved if frame-ancestors does (facts/aws.md 7).
    """
    with _browser(client) as session:
        response = _request(session, "GET", url)
        seen = read(response)
        if "X-Frame-Options" in response.headers:
            return dataclasses.replace(seen, outcome="not-signed-in")
        directive, *sources = response.headers.get("Content-Security-Policy", f"frame-ancestors {origin}").split()
        if directive == "frame-ancestors" and origin.lower() not in map(str.lower, sources):
            return dataclasses.replace(seen, outcome="not-approved")
        return seen


def new_browser(environment: collections.abc.Mapping[str, str]) -> requests.Session:
    """A client for the sandbox of an environment only, with its own cookies."""
    session = requests.Session()
    session.trust_env = False
    session.proxies = {"https": environment["HTTPS_PROXY"]}
    session.verify = environment["REQUESTS_CA_BUNDLE"]
    session.mount("https://", _connections(environment["HTTPS_PROXY"], environment["REQUESTS_CA_BUNDLE"]))
    return session


class _Connections(requests.adapters.HTTPAdapter):
    """Connections that all browsers share and that are kept open, because opening one costs more than a request."""

    def close(self) -> None:
        """Keep the connections open."""


@functools.lru_cache(maxsize=4)
def _connections(_proxy: str, _authority: str) -> _Connections:
    """The connections to one sandbox."""
    return _Connections(pool_maxsize=32)


@contextlib.contextmanager
def _browser(
    client: requests.Session | collections.abc.Mapping[str, str],
) -> collections.abc.Iterator[requests.Session]:
    """The given session, or a new one."""
    if isinstance(client, requests.Session):
        yield client
        return
    with new_browser(client) as session:
        yield session


def read(response: requests.Response) -> SignIn:
    """The outcome that the page of a response shows."""
    return read_page(response.text, response.url, response.status_code)


def read_page(content: str, url: str, status: int = 200) -> SignIn:
    """The outcome that a page shows."""
    page = _parsed(content)
    kind = str(page.xpath("string(//body/@data-page)")) or "elsewhere"
    return SignIn(
        outcome=kind,
        hop=_HOPS.get(kind, ""),
        title=_words(page.xpath("string(//title)")),
        text=_text(page, "message") or _words(page.xpath("string(//body)")),
        url=url,
        status=status,
        agent=_text(page, "agent"),
        routing_profile=_text(page, "routing-profile"),
    )


_Form = tuple[str, str, dict[str, str]]


def _steps(
    session: requests.Session, url: str, user: str, role: str
) -> collections.abc.Iterator[tuple[requests.Response, _Form | None]]:
    """The pages of a sign-in, each with the form that is submitted when the next page is requested."""
    response = _request(session, "GET", url)
    for _ in range(_MOST_STEPS):
        form = _form(_parsed(response.text), user, role)
        yield response, form
        if form is None:
            return
        method, action, fields = form
        target = urllib.parse.urljoin(response.url, action)
        response = _request(session, method, target, **{"data" if method == "POST" else "params": fields})


def _request(session: requests.Session, method: str, url: str, **more: t.Any) -> requests.Response:
    """Send a request. For an unknown host the response is empty, where a browser would report that the page was not
    found.
    """
    try:
        return session.request(method, url, timeout=_SECONDS, **more)
    except requests.exceptions.ProxyError as error:
        if error.request is None or "502" not in str(error):
            raise
        nothing = requests.Response()
        nothing.status_code, nothing.url = 502, str(error.request.url)
        return nothing


def _parsed(content: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(content or "<html><body></body></html>")


def _text(page: lxml.html.HtmlElement, identifier: str) -> str:
    return _words(page.xpath("string(//*[@id=$id])", id=identifier))


def _words(text: t.Any) -> str:
    return " ".join(str(text).split())


def _form(page: lxml.html.HtmlElement, user: str, role: str) -> _Form | None:
    """The form of a page as a person would submit it: method, address and fields; None when there is none."""
    if not page.forms:
        return None
    form = page.forms[0]
    fields = {name: value for name, value in form.form_values() if value is not None}
    if "login" in form.fields:
        fields["login"] = user
    if "roleIndex" in form.fields:
        if not role:
            return None
        fields["roleIndex"] = role
    return form.method.upper(), form.action or "", fields
