# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Microsoft Graph v1.0: single requests, batches, pages, and the translation of its errors."""

from __future__ import annotations

import base64
import binascii
import functools
import json
import time
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

from ansible_collections.openccp.federation.plugins.module_utils._entra import errors
from ansible_collections.openccp.federation.plugins.module_utils._entra.answers import Answer, GraphObject, object_of
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import (
    Endpoint,
    SignIn,
    SignInSession,
    credential_of,
    place_of,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.retries import (
    BROKEN,
    BROKEN_TRIES,
    BUSY,
    LONGEST_PAUSE,
    TRIES,
    new_session,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._http import TROUBLE, download, seconds_of

try:
    import requests
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

if t.TYPE_CHECKING:
    import collections.abc

#: The most requests that one batch takes.
BATCH: t.Final = 20

#: The most pages of one list that are read: a list without end would keep the task for ever.
MOST_PAGES: t.Final = 1000

#: A public document, such as metadata: no more bytes, and no more seconds, than this.
MOST_BYTES: t.Final = 10_000_000
MOST_SECONDS: t.Final = 120.0


def literal(text: str) -> str:
    """A string in a filter."""
    return "'" + text.replace("'", "''") + "'"


def url(path: str, **query: str | int | t.Iterable[str]) -> str:
    """A path with OData options, named without their dollar sign; a list is joined by commas."""
    options = {
        f"${name}": ",".join(value) if not isinstance(value, (str, int)) else value for name, value in query.items()
    }
    return path + (f"?{urlencode(options, quote_via=quote, safe='$,()/:')}" if options else "")


@dataclass(frozen=True)
class Request:
    """One request. what: the attempt with its object, such as "create the application 'Agents'", for the error.

    body: sent as JSON; bytes are sent as they are and need content_type.
    """

    method: str
    path: str
    what: str
    body: t.Any = None
    content_type: str = "application/json"


@dataclass(frozen=True)
class Result:
    """The result of one request of a batch."""

    body: t.Any = None
    error: FederationError | None = None

    def get(self) -> t.Any:
        """The answer; raises the error when it is one."""
        if self.error is not None:
            raise self.error
        return self.body

    def get_or_none(self) -> t.Any:
        """The answer, or None when there is no such object; raises any other error."""
        return None if isinstance(self.error, NotFound) else self.get()


def read(path: str, what: str, **query: str | int | t.Iterable[str]) -> Request:
    """A GET for a batch."""
    return Request("GET", url(path, **query), what)


@dataclass
class PlainReads:
    """What a run has learned of reads without $select. show_credentials: whether they show those of a service
    principal; None as long as no read has shown any.
    """

    show_credentials: bool | None = None
    _selected_at: datetime | None = None

    def is_due(self, now: datetime, interval: timedelta) -> bool:
        """Whether so much time has passed since the answer was last yes."""
        if self._selected_at is not None and now - self._selected_at < interval:
            return False
        self._selected_at = now
        return True


class Graph:
    """Microsoft Graph as one caller sees it."""

    def __init__(
        self, sign_in: SignIn, session: requests.Session, sleep: t.Callable[[float], None] = time.sleep
    ) -> None:
        self._sign_in = sign_in
        self._session = session
        self._sleep = sleep
        self._base = f"{sign_in.place.cloud.graph_url}/v1.0"
        self._date: datetime | None = None
        self.plain_reads = PlainReads()

    @property
    def place(self) -> Endpoint:
        """The cloud, tenant and client that were asked for."""
        return self._sign_in.place

    @property
    def base(self) -> str:
        """The address that paths are appended to."""
        return self._base

    @functools.cached_property
    def claims(self) -> dict[str, t.Any]:
        """What our own access token says of us; empty when it cannot be read."""
        return token_claims(self._sign_in.token())

    @property
    def roles(self) -> frozenset[str] | None:
        """The Graph permissions that we were granted; None when the token does not say."""
        return frozenset(self.claims.get("roles", ())) if self.claims else None

    @property
    def tenant_id(self) -> str:
        """The tenant's id, also when the option named it by a domain."""
        return str(self.claims.get("tid") or self.place.tenant_id or "")

    def now(self) -> datetime:
        """The cloud's time as of the last answer: a certificate's dates are judged by the clock that enforces them."""
        return self._date or datetime.now(UTC)

    def get(self, path: str, what: str) -> t.Any:
        """One object."""
        return self.request(Request("GET", path, what))

    def request(self, request: Request) -> t.Any:
        """Make one request; the answer's content, or None without any."""
        return self._answer(self._send(request), request.what)

    def batch(self, requests_: t.Sequence[Request]) -> list[Result]:
        """Make many requests, twenty at a time; the result of each, in order. A request that was throttled is made
        again.
        """
        outcomes: dict[int, Result] = {}
        waiting = list(range(len(requests_)))
        tries = 0
        while waiting:
            now, later = waiting[:BATCH], waiting[BATCH:]
            answers = self._post_batch([requests_[number] for number in now])
            busy = [
                number
                for number, answer in zip(now, answers, strict=True)
                if _may_repeat(requests_[number], answer, tries)
            ]
            pause = max((_retry_after(answers[now.index(number)]) for number in busy), default=0.0)
            tries = tries + 1 if busy else 0
            if tries >= TRIES:
                busy = []
            for number, answer in zip(now, answers, strict=True):
                if number not in busy:
                    outcomes[number] = _outcome(requests_[number], answer)
            if busy:
                self._sleep(pause)
            waiting = busy + later
        return [outcomes[number] for number in range(len(requests_))]

    def rest(self, page: t.Mapping[str, t.Any], what: str) -> collections.abc.Iterator[dict[str, t.Any]]:
        """All items of a list whose first page is at hand."""
        links: set[str] = set()
        while True:
            yield from _items(page, what)
            following = page.get("@odata.nextLink")
            if not following:
                return
            self._check_link(following, links, what)
            links.add(following)
            page = self.get(following, what)

    def pages(self, path: str, what: str) -> collections.abc.Iterator[dict[str, t.Any]]:
        """All items of a list."""
        return self.rest(self.get(path, what), what)

    def public(self, address: str, what: str) -> bytes:
        """A document that anybody may read; no token is sent."""
        try:
            return download(self._session, address, what, most=MOST_BYTES, seconds=MOST_SECONDS)
        except TROUBLE as exc:
            raise errors.no_answer(exc, what, address) from None

    def _check_link(self, link: t.Any, read_already: t.Collection[str], what: str) -> None:
        """Refuse a next page that is not Microsoft Graph's, was read already, or belongs to a list without end."""
        if not isinstance(link, str) or not self._is_ours(link):
            raise FederationError(
                f"Could not {what}: Microsoft Graph pointed to {link}, which is not Microsoft Graph; no token is "
                f"sent there."
            )
        if link in read_already:
            raise FederationError(
                f"Could not {what}: Microsoft Graph names a page of the list as the next one a second time: {link}."
            )
        if len(read_already) >= MOST_PAGES:
            raise FederationError(f"Could not {what}: the list does not end within {MOST_PAGES} pages.")

    def _is_ours(self, address: str) -> bool:
        return address.startswith(self._base.rsplit("/", 1)[0] + "/")

    def _send(self, request: Request) -> requests.Response:
        address = request.path if request.path.startswith("https://") else self._base + request.path
        if not self._is_ours(address):
            raise FederationError(
                f"Could not {request.what}: {address} is not Microsoft Graph; no token is sent there."
            )
        headers = {"Authorization": f"Bearer {self._sign_in.token()}", "Content-Type": request.content_type}
        body = (
            request.body
            if request.body is None or isinstance(request.body, bytes)
            else json.dumps(request.body).encode()
        )
        try:
            response = self._session.request(request.method, address, headers=headers, data=body, allow_redirects=False)
        except TROUBLE as exc:
            raise errors.no_answer(exc, request.what, address) from None
        self._date = _date_of(response.headers.get("Date")) or self._date
        return response

    def _answer(self, response: requests.Response, what: str) -> t.Any:
        answer = Answer(response.status_code, response.content, dict(response.headers))
        if answer.status >= 400:
            raise errors.translated(answer.status, answer.body, answer.headers, what, answer.kind)
        return object_of(answer, what)

    def _post_batch(self, requests_: t.Sequence[Request]) -> list[Answer | None]:
        items = []
        for number, request in enumerate(requests_):
            item: dict[str, t.Any] = {"id": str(number), "method": request.method, "url": request.path}
            if request.body is not None:
                item |= {"body": request.body, "headers": {"Content-Type": "application/json"}}
            items.append(item)
        answer = self.request(Request("POST", "/$batch", requests_[0].what, {"requests": items}))
        responses = answer.get("responses")
        if not isinstance(responses, list):
            raise errors.NoAnswer(
                f"Could not {requests_[0].what}: Microsoft Graph answered a batch without its responses."
            )
        by_id = {response.get("id"): response for response in responses if isinstance(response, dict)}
        return [_part(by_id.get(item["id"])) for item in items]


def connect(params: t.Mapping[str, t.Any]) -> Graph:
    """Microsoft Graph for the options of a module. No request is made yet."""
    place = place_of(params)
    session = new_session(f"{place.cloud.graph_url}/v1.0/$batch")
    return Graph(SignIn(place, credential_of(params), SignInSession(place.cloud.authority_url)), session)


def token_claims(token: str) -> dict[str, t.Any]:
    """The content of a JWT, unverified: it was made for Graph, not for us, so it only serves for better messages."""
    try:
        payload = token.split(".")[1]
        content = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return content if isinstance(content, dict) else {}


def _date_of(header: str | None) -> datetime | None:
    """The time of an answer; None where the header is missing or no date."""
    try:
        date = parsedate_to_datetime(header or "")
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _items(page: t.Mapping[str, t.Any], what: str) -> list[dict[str, t.Any]]:
    items = page.get("value", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise errors.NoAnswer(f"Could not {what}: Microsoft Graph answered with a page that is not a list of objects.")
    return [GraphObject(item, what) for item in items]


def _part(response: t.Any) -> Answer | None:
    """One response of a batch; None for what is none."""
    status = response.get("status") if isinstance(response, dict) else None
    if not isinstance(status, int):
        return None
    headers = response.get("headers")
    return Answer(status, response.get("body"), headers if isinstance(headers, dict) else {})


def _may_repeat(request: Request, answer: Answer | None, tries: int) -> bool:
    if answer is None or answer.status == 429:
        return answer is not None
    return request.method != "POST" and (answer.status in BUSY or (answer.status == BROKEN and tries < BROKEN_TRIES))


def _retry_after(answer: Answer | None) -> float:
    seconds = seconds_of(answer.header("retry-after")) if answer else None
    return 1.0 if seconds is None else min(seconds, LONGEST_PAUSE)


def _outcome(request: Request, answer: Answer | None) -> Result:
    if answer is None:
        return Result(
            error=errors.NoAnswer(f"Could not {request.what}: Microsoft Graph's answer to a batch says nothing of it.")
        )
    if answer.status >= 400:
        return Result(error=errors.translated(answer.status, answer.body, answer.headers, request.what, answer.kind))
    try:
        return Result(body=object_of(answer, request.what))
    except FederationError as error:
        return Result(error=error)
