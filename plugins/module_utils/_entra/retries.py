# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The one HTTP session of a run: proxies and authorities from the environment, patience, and a time limit on every
request.
"""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._http import Persistence, PlainSession

try:
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    # Not ProxyError: urllib3 gives it also for an answer that was lost behind a proxy.
    NEVER_SENT: tuple[type[Exception], ...] = (ConnectTimeoutError, NewConnectionError)
except ImportError:
    # The engine reports a missing library before anything here is called.
    HTTPAdapter = object  # type: ignore[assignment, misc]

if t.TYPE_CHECKING:
    import requests

#: Seconds for the connection, and for each piece of an answer.
TIMEOUT: t.Final = (15.0, 90.0)

#: Answers that a service gives when it is busy; it did nothing, or the request can be repeated.
BUSY: t.Final = frozenset({429, 502, 503, 504})

#: An error within the service: it may pass, but one that comes again stays.
BROKEN: t.Final = 500
BROKEN_TRIES: t.Final = 2

#: The longest Retry-After that is waited out; it covers the window in which Entra counts writes.
LONGEST_PAUSE: t.Final = 150.0

TRIES: t.Final = 8


class GraphRetry(Persistence):
    """Repeats what a busy service refused. A POST is repeated after 429 alone, which says that nothing was done."""

    def increment(self, method: str | None = None, url: str | None = None, *args: t.Any, **kwargs: t.Any) -> t.Self:
        """Count a try; a POST whose answer was lost may have been carried out, so it is not repeated."""
        error = kwargs.get("error")
        if error is not None and (method or "").upper() == "POST" and not isinstance(error, NEVER_SENT):
            raise error
        return super().increment(method, url, *args, **kwargs)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether an answer is worth another try."""
        if method.upper() == "POST":
            return bool(self.total) and status_code == 429
        if status_code == BROKEN and [past.status for past in self.history].count(BROKEN) >= BROKEN_TRIES:
            return False
        return super().is_retry(method, status_code, has_retry_after)

    def get_retry_after(self, response: t.Any) -> float | None:
        """The seconds that the service asks for, up to a bound."""
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, LONGEST_PAUSE)


class RepeatablePosts(GraphRetry):
    """For addresses whose POST may be repeated: a token asked for twice, a batch of which nothing is created twice."""

    def increment(self, method: str | None = None, url: str | None = None, *args: t.Any, **kwargs: t.Any) -> t.Self:
        """Count a try."""
        return super().increment("PUT" if method == "POST" else method, url, *args, **kwargs)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: ARG002  urllib3's signature
        """Whether an answer is worth another try."""
        return bool(self.total) and status_code in BUSY


class RetryAdapter(HTTPAdapter):
    """An adapter whose requests end in time even when the caller, such as msal, names no limit."""

    def send(self, request: t.Any, *args: t.Any, **kwargs: t.Any) -> requests.Response:
        """Send one request."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = TIMEOUT
        return super().send(request, *args, **kwargs)


class CloudSession(PlainSession):
    """A session that goes where it is sent and nowhere else: it follows no redirect, and knows https alone."""

    def __init__(self) -> None:
        super().__init__()
        del self.adapters["http://"]
        self.mount("https://", retry_adapter(GraphRetry))

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002  requests' signature
        """Nowhere."""
        return None


def new_session(*repeatable: str) -> requests.Session:
    """A session for Microsoft Graph. repeatable: the addresses whose POST may be repeated."""
    session = CloudSession()
    for address in repeatable:
        session.mount(address, retry_adapter(RepeatablePosts))
    return session


def retry_adapter(kind: type[GraphRetry]) -> RetryAdapter:
    """An adapter of that patience."""
    return RetryAdapter(max_retries=_patience(kind))


def _patience(kind: type[GraphRetry]) -> GraphRetry:
    return kind(
        total=TRIES,
        status_forcelist=BUSY | {BROKEN},
        allowed_methods=frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"}),
        backoff_factor=0.5,
        raise_on_status=False,
        redirect=0,
        raise_on_redirect=False,
    )
