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
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

from ansible_collections.openccp.federation.plugins.module_utils._entra import errors
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import Place, SignIn, credential_of, place_of
from ansible_collections.openccp.federation.plugins.module_utils._entra.retries import BUSY, LONGEST_PAUSE, TRIES, new_session
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, NotFound

try:
    import requests
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

if t.TYPE_CHECKING:
    import collections.abc

#: The most requests that one batch takes.
BATCH: t.Final = 20


def literal(text: str) -> str:
    """A string in a filter."""
    return "'" + text.replace("'", "''") + "'"


def url(path: str, **query: str | int | t.Iterable[str]) -> str:
    """A path with OData options, named without their dollar sign; a list is joined by commas."""
    options = {f"${name}": ",".join(value) if not isinstance(value, (str, int)) else value for name, value in query.items()}
    return path + (f"?{urlencode(options, quote_via=quote, safe='$,()/:')}" if options else "")


@dataclass(frozen=True)
class Ask:
    """One request. what: the attempt with its object, such as "create the application 'Agents'", for the error.

    body: sent as JSON; bytes are sent as they are and need content_type.
    """

    method: str
    path: str
    what: str
    body: t.Any = None
    content_type: str = "application/json"


@dataclass(frozen=True)
class Outcome:
    """What became of one request of a batch."""

    body: t.Any = None
    error: FederationError | None = None

    def get(self) -> t.Any:
        """The answer; raises the error when it is one."""
        if self.error is not None:
            raise self.error
        return self.body

    def found(self) -> t.Any:
        """The answer, or None when there is no such object; raises any other error."""
        return None if isinstance(self.error, NotFound) else self.get()


def read(path: str, what: str, **query: str | int | t.Iterable[str]) -> Ask:
    """A GET for a batch."""
    return Ask("GET", url(path, **query), what)


class Graph:
    """Microsoft Graph as one caller sees it."""

    def __init__(self, sign_in: SignIn, session: requests.Session, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self._sign_in = sign_in
        self._session = session
        self._sleep = sleep
        self._base = f"{sign_in.place.cloud.graph_url}/v1.0"
        self._date: datetime | None = None

    @property
    def place(self) -> Place:
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
        return self.ask(Ask("GET", path, what))

    def ask(self, ask: Ask) -> t.Any:
        """Make one request; the answer's content, or None without any."""
        return self._answer(self._send(ask), ask.what)

    def batch(self, asks: t.Sequence[Ask]) -> list[Outcome]:
        """Make many requests, twenty at a time; what became of each, in order. A request that was throttled is made again."""
        outcomes: dict[int, Outcome] = {}
        waiting = list(range(len(asks)))
        tries = 0
        while waiting:
            now, later = waiting[:BATCH], waiting[BATCH:]
            answers = self._post_batch([asks[number] for number in now])
            busy = [number for number, answer in zip(now, answers, strict=True) if _may_repeat(asks[number], answer["status"])]
            pause = max((_retry_after(answers[now.index(number)]) for number in busy), default=0.0)
            tries = tries + 1 if busy else 0
            if tries >= TRIES:
                busy = []
            for number, answer in zip(now, answers, strict=True):
                if number not in busy:
                    outcomes[number] = _outcome(asks[number], answer)
            if busy:
                self._sleep(pause)
            waiting = busy + later
        return [outcomes[number] for number in range(len(asks))]

    def rest(self, page: t.Mapping[str, t.Any], what: str) -> collections.abc.Iterator[dict[str, t.Any]]:
        """All items of a list whose first page is at hand."""
        while True:
            yield from page.get("value", ())
            following = page.get("@odata.nextLink")
            if not following:
                return
            page = self.get(following, what)

    def pages(self, path: str, what: str) -> collections.abc.Iterator[dict[str, t.Any]]:
        """All items of a list."""
        return self.rest(self.get(path, what), what)

    def public(self, address: str, what: str) -> bytes:
        """A document that anybody may read; no token is sent."""
        try:
            response = self._session.get(address, allow_redirects=False)
        except requests.RequestException as exc:
            raise errors.no_answer(exc, what) from None
        if response.status_code != 200:
            raise FederationError(f"Could not {what}: {address} answered {response.status_code}.", http_status=response.status_code)
        return response.content

    def _send(self, ask: Ask) -> requests.Response:
        address = ask.path if ask.path.startswith("https://") else self._base + ask.path
        if not address.startswith(self._base.rsplit("/", 1)[0] + "/"):
            raise FederationError(
                f"Could not {ask.what}: Microsoft Graph pointed to {address}, which is not Microsoft Graph; no token is sent there."
            )
        headers = {"Authorization": f"Bearer {self._sign_in.token()}", "Content-Type": ask.content_type}
        body = ask.body if ask.body is None or isinstance(ask.body, bytes) else json.dumps(ask.body).encode()
        try:
            response = self._session.request(ask.method, address, headers=headers, data=body, allow_redirects=False)
        except requests.RequestException as exc:
            raise errors.no_answer(exc, ask.what) from None
        if "Date" in response.headers:
            self._date = parsedate_to_datetime(response.headers["Date"])
        return response

    def _answer(self, response: requests.Response, what: str) -> t.Any:
        try:
            body = response.json() if response.content else None
        except ValueError:
            body = None
        if response.status_code >= 400:
            raise errors.translated(response.status_code, body, dict(response.headers), what)
        return body

    def _post_batch(self, asks: t.Sequence[Ask]) -> list[dict[str, t.Any]]:
        items = []
        for number, ask in enumerate(asks):
            item: dict[str, t.Any] = {"id": str(number), "method": ask.method, "url": ask.path}
            if ask.body is not None:
                item |= {"body": ask.body, "headers": {"Content-Type": "application/json"}}
            items.append(item)
        answer = self.ask(Ask("POST", "/$batch", asks[0].what, {"requests": items}))
        by_id = {response["id"]: response for response in answer["responses"]}
        return [by_id[item["id"]] for item in items]


def connect(params: t.Mapping[str, t.Any]) -> Graph:
    """Microsoft Graph for the options of a module. No request is made yet."""
    place = place_of(params)
    session = new_session(place.cloud.authority_url, f"{place.cloud.graph_url}/v1.0/$batch")
    return Graph(SignIn(place, credential_of(params), session), session)


def token_claims(token: str) -> dict[str, t.Any]:
    """The content of a JWT, unverified: it was made for Graph, not for us, so it only serves for better messages."""
    try:
        payload = token.split(".")[1]
        content = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return content if isinstance(content, dict) else {}


def _may_repeat(ask: Ask, status: int) -> bool:
    return status == 429 or (status in BUSY and ask.method != "POST")


def _retry_after(answer: t.Mapping[str, t.Any]) -> float:
    headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
    try:
        return min(float(headers["retry-after"]), LONGEST_PAUSE)
    except (KeyError, ValueError):
        return 1.0


def _outcome(ask: Ask, answer: t.Mapping[str, t.Any]) -> Outcome:
    if answer["status"] >= 400:
        return Outcome(error=errors.translated(answer["status"], answer.get("body"), answer.get("headers") or {}, ask.what))
    return Outcome(body=answer.get("body"))
