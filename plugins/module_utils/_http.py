# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""HTTP as every part of the collection uses it: sessions, which failures are permanent, what went wrong, limited
downloads.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import time
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils import _record
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError

try:
    import requests
    from requests import Session
    from urllib3.exceptions import HTTPError
    from urllib3.util.retry import Retry
    from urllib3.util.ssl_match_hostname import CertificateError

    #: All that requests and urllib3 raise: also the plain OSError of a missing file of authorities, which is no
    #: RequestException.
    TROUBLE: tuple[type[Exception], ...] = (OSError, HTTPError)
except ImportError:
    # The engine reports a missing library before anything here is called.
    Retry = Session = object  # type: ignore[assignment, misc]
    TROUBLE = (OSError,)

if t.TYPE_CHECKING:
    import collections.abc

#: The variables that define which authorities requests trusts, in its order.
AUTHORITIES: t.Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

_PIECE: t.Final = 65536
#: OpenSSL's name for a file of authorities that it cannot read, or for a server that does not speak TLS.
_UNREADABLE: t.Final = frozenset({"X509", "PEM", "ASN1"})
_NOT_TLS: t.Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST"})


class PlainSession(Session):
    """requests' session without ~/.netrc, whose entries would replace a bearer token and be sent to the hosts that they
    name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = _unchanged  # requests looks into ~/.netrc only for a request without an authentication of its own

    def send(self, request: requests.PreparedRequest, **kwargs: t.Any) -> requests.Response:
        """Send one request, and record it where a run is recorded."""
        if not _record.is_on():
            return super().send(request, **kwargs)
        began, response = time.monotonic(), None
        try:
            response = super().send(request, **kwargs)
        finally:
            _recorded(request, response, bool(kwargs.get("stream")), time.monotonic() - began)
        return response

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:  # noqa: ARG002
        """Take no credential along to where a redirect leads."""
        prepared_request.headers.pop("Authorization", None)


def _recorded(
    request: requests.PreparedRequest, response: requests.Response | None, is_stream: bool, seconds: float
) -> None:
    """Record a request. What is read as it arrives, such as metadata, is not read here."""
    answer = None
    if response is not None and not is_stream:
        with contextlib.suppress(ValueError):
            answer = response.json()
    status = None if response is None else response.status_code
    history = getattr(getattr(response, "raw", None), "retries", None)
    retries = len(history.history) if history is not None else 0
    _record.of_http(
        str(request.method),
        str(request.url),
        request.body,
        status=status,
        answer=answer,
        seconds=seconds,
        retries=retries,
    )


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class Persistence(Retry):
    """Repeats requests, but not those that would fail the same way again."""

    def increment(self, method: str | None = None, url: str | None = None, *args: t.Any, **kwargs: t.Any) -> t.Self:
        """Count a try; a certificate that is not trusted now is not trusted a minute later."""
        error = kwargs.get("error")
        if error is not None and is_lasting(error):
            raise error
        return super().increment(method, url, *args, **kwargs)

    def get_retry_after(self, response: t.Any) -> float | None:
        """The seconds that the service asks for; None where it says something that is no time."""
        return seconds_of(response.headers.get("Retry-After"))


def seconds_of(retry_after: t.Any) -> float | None:
    """A Retry-After header in seconds; None where it says nothing that can be waited for."""
    text = str(retry_after).strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return Retry(0).parse_retry_after(text)
    except (HTTPError, ValueError, OverflowError, TypeError):
        return None


def causes(error: BaseException) -> collections.abc.Iterator[BaseException]:
    """An error and all that led to it; requests and urllib3 wrap each other's."""
    waiting: list[t.Any] = [error]
    seen: list[int] = []
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.append(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


def is_lasting(error: BaseException) -> bool:
    """Whether another try is certain to fail as well: a certificate, a file of authorities, a server without TLS."""
    return any(_lasts(cause) for cause in causes(error))


def _lasts(cause: BaseException) -> bool:
    if isinstance(cause, (ssl.SSLCertVerificationError, CertificateError)):
        return True
    if isinstance(cause, ssl.SSLError):
        return cause.library in _UNREADABLE or cause.reason in _NOT_TLS
    return isinstance(cause, (FileNotFoundError, IsADirectoryError, PermissionError))


def what_failed(error: BaseException, address: str, variables: t.Sequence[str] = AUTHORITIES) -> tuple[str, str]:
    """A clause on why there was no answer, and a hint. The error's own text is left out: it may repeat what was sent.

    variables: those that name a file of authorities to the library that was used, in its order.
    """
    host = urlsplit(address).hostname or address
    for cause in causes(error):
        if isinstance(cause, (ssl.SSLCertVerificationError, CertificateError)):
            reason = getattr(cause, "verify_message", "") or "hostname mismatch"
            return f"the TLS certificate of {host} was refused: {reason}", _certificate_hint(reason, variables[0])
        if isinstance(cause, ssl.SSLError) and cause.reason in _NOT_TLS:
            return (
                f"{host}, or the proxy before it, does not speak TLS",
                "Check the address and the scheme of HTTPS_PROXY.",
            )
    bundle = _unusable_bundle(variables)
    if bundle:
        return bundle, "Name a file with the authorities to trust, in PEM format, or unset the variable."
    return (
        f"the connection to {host} failed ({_last_name(error)})",
        f"Check the network, HTTPS_PROXY and {variables[0]}.",
    )


def _unusable_bundle(variables: t.Sequence[str]) -> str | None:
    """What is wrong with the file of authorities that the environment names; None when it can be used or there is
    none.
    """
    variable = next((name for name in variables if os.environ.get(name)), None)
    if variable is None or Path(os.environ[variable]).is_dir():
        return None
    path = os.environ[variable]
    if not Path(path).exists():
        return f"{variable} names {path}, which does not exist"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as problem:
        reason = (
            "holds no certificate that can be read"
            if isinstance(problem, ssl.SSLError)
            else f"cannot be read: {problem.strerror}"
        )
        return f"{variable} names {path}, which {reason}"
    return None


def _certificate_hint(reason: str, variable: str) -> str:
    if "expired" in reason or "not yet valid" in reason:
        return (
            "Check this machine's clock. If it is right, who runs that host, or the proxy before it, must renew "
            "the certificate."
        )
    if "mismatch" in reason:
        return "Another host answers at that address; check the address, DNS and HTTPS_PROXY."
    return f"If a proxy inspects TLS here, name a file in {variable} that holds its authority."


def _last_name(error: BaseException) -> str:
    """The name of the innermost error of the HTTP library, which tells more than the outermost."""
    names = [
        type(cause).__name__ for cause in causes(error) if isinstance(cause, (requests.RequestException, HTTPError))
    ]
    return names[-1] if names else type(error).__name__


def download(
    session: requests.Session, address: str, what: str, *, most: int, seconds: float, timeout: t.Any = None
) -> bytes:
    """What an address answers with 200, read no longer than the seconds and no further than `most` bytes.

    what: the attempt with its object, for the error. Errors of the HTTP library go through.
    """
    ends, host = time.monotonic() + seconds, urlsplit(address).hostname
    with session.get(address, stream=True, timeout=timeout) as response:
        if response.status_code != 200:
            location = (
                f" and pointed to {_host_of(response.headers['Location'])}" if "Location" in response.headers else ""
            )
            raise FederationError(
                f"Could not {what}: {host} answered {response.status_code}{location}.",
                http_status=response.status_code,
                hint="Check the tenant and the application in the address.",
            )
        content = bytearray()
        for piece in _pieces(response):
            content += piece
            if len(content) > most:
                raise FederationError(f"Could not {what}: {host} answers with more than {most:,} bytes.")
            if time.monotonic() > ends:
                raise FederationError(
                    f"Could not {what}: {host} did not finish its answer within {seconds:.0f} seconds."
                )
    return bytes(content)


def _pieces(response: requests.Response) -> collections.abc.Iterator[bytes]:
    """The content as it arrives. A read of a fixed size would wait for its last byte, however slowly the bytes come."""
    if not hasattr(response.raw, "read1"):  # urllib3 before 2.1
        yield from response.iter_content(1)
        return
    while piece := response.raw.read1(_PIECE, decode_content=True):
        yield piece


def _host_of(location: str) -> str:
    """Where a redirect leads, without its path and query, which may hold what was sent."""
    return urlsplit(location).hostname or "another path"


def kind_of_content(content_type: str | None, content: bytes) -> str:
    """What an answer is that is not what was promised, for a message."""
    start = content[:200].lstrip().lower()
    if not start:
        return "an empty answer"
    if start.startswith((b"<!doctype html", b"<html")) or "html" in (content_type or ""):
        return "an HTML page"
    if start.startswith((b"{", b"[")):
        return "JSON that is cut off or not as promised"
    return f"content of the type {content_type}" if content_type else "something else"
