# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._domain.clouds import CLOUDS
from ansible_collections.openccp.federation.plugins.module_utils._entra import errors, graph, retries
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import Endpoint
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    Denied,
    FederationError,
    NotFound,
    Throttled,
)
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

BASE: t.Final = "https://graph.microsoft.com/v1.0"


class Wire:
    """A session whose answers are functions of the request; it keeps what was asked and how long was slept."""

    def __init__(self, *answers: t.Callable[[str, str, t.Any], tuple[int, t.Any]]) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str, t.Any]] = []
        self.slept: list[float] = []

    def request(self, method: str, address: str, *, data: bytes | None, **_options: t.Any) -> t.Any:
        body = json.loads(data) if data else None
        self.requests.append((method, address, body))
        status, content = self.answers.pop(0)(method, address, body)
        text = json.dumps(content).encode()
        return SimpleNamespace(status_code=status, content=text, headers={}, json=lambda: json.loads(text))

    def graph(self) -> graph.Graph:
        sign_in: t.Any = SimpleNamespace(place=Endpoint(CLOUDS["public"], "tenant", "client"), token=lambda: "token")
        return graph.Graph(sign_in, t.cast("t.Any", self), self.slept.append)


def _batch_answer(statuses: dict[str, int], retry_after: str = "3") -> t.Callable[[str, str, t.Any], tuple[int, t.Any]]:
    """Answers a batch, out of order, with a status per path, 200 for the others."""

    def answer(_method: str, _address: str, body: t.Any) -> tuple[int, t.Any]:
        responses = []
        for item in reversed(body["requests"]):
            status = statuses.get(item["url"], 200)
            content = {"path": item["url"]} if status < 400 else {"error": {"code": f"Code{status}", "message": "no"}}
            headers = {"retry-after": retry_after} if status == 429 else {}
            responses.append({"id": item["id"], "status": status, "headers": headers, "body": content})
        return 200, {"responses": responses}

    return answer


def _asks(*paths: str, method: str = "GET") -> list[graph.Request]:
    return [graph.Request(method, path, f"read {path}") for path in paths]


def test_url() -> None:
    path = graph.url(
        "/users",
        filter=f"userPrincipalName eq {graph.literal(chr(39).join(('o', 'neil+x&y@contoso.com')))}",
        select=("id", "mail"),
        top=5,
    )
    assert (
        path == "/users?$filter=userPrincipalName%20eq%20%27o%27%27neil%2Bx%26y%40contoso.com%27&$select=id,mail&$top=5"
    )


def test_batch_keeps_the_order_and_each_outcome() -> None:
    graph = Wire(_batch_answer({"/b": 404, "/c": 403})).graph()
    a, b, c = graph.batch(_asks("/a", "/b", "/c"))
    assert a.get() == {"path": "/a"}
    assert b.get_or_none() is None
    with pytest.raises(Denied, match="Could not read /c"):
        c.get_or_none()


def test_batch_of_twenty() -> None:
    wire = Wire(_batch_answer({}), _batch_answer({}), _batch_answer({}))
    paths = [f"/{number}" for number in range(45)]
    assert [outcome.get()["path"] for outcome in wire.graph().batch(_asks(*paths))] == paths
    assert [len(body["requests"]) for dummy, dummy, body in wire.requests] == [20, 20, 5]
    assert wire.graph().batch([]) == []


def test_batch_repeats_what_was_throttled() -> None:
    wire = Wire(_batch_answer({"/b": 429}), _batch_answer({}))
    assert [outcome.get()["path"] for outcome in wire.graph().batch(_asks("/a", "/b", "/c"))] == ["/a", "/b", "/c"]
    assert [item["url"] for item in wire.requests[1][2]["requests"]] == ["/b"]
    assert wire.slept == [3.0]


def test_batch_gives_up_in_the_end() -> None:
    wire = Wire(*[_batch_answer({"/a": 429})] * retries.TRIES)
    with pytest.raises(Throttled):
        wire.graph().batch(_asks("/a"))[0].get()
    assert len(wire.requests) == retries.TRIES


def test_batch_repeats_no_post_that_may_have_been_done() -> None:
    wire = Wire(_batch_answer({"/a": 503}))
    (outcome,) = wire.graph().batch(_asks("/a", method="POST"))
    assert outcome.error is not None
    assert len(wire.requests) == 1


def test_pages() -> None:
    following = f"{BASE}/users?$skiptoken=A%2Bb"
    wire = Wire(
        lambda *_: (200, {"value": [{"id": 1}], "@odata.nextLink": following}), lambda *_: (200, {"value": [{"id": 2}]})
    )
    assert [user["id"] for user in wire.graph().pages("/users", "list users")] == [1, 2]
    assert wire.requests[1][1] == following, "the link is followed as it is"


def test_no_token_leaves_for_another_host() -> None:
    wire = Wire(
        lambda *_: (200, {"value": [], "@odata.nextLink": "https://graph.microsoft.com.example.com/v1.0/users"})
    )
    with pytest.raises(FederationError, match="not Microsoft Graph"):
        list(wire.graph().pages("/users", "list users"))
    assert len(wire.requests) == 1


def test_claims_of_a_token() -> None:
    payload = (
        base64.urlsafe_b64encode(json.dumps({"tid": "t", "roles": ["Policy.Read.All"]}).encode()).decode().rstrip("=")
    )
    assert graph.token_claims(f"x.{payload}.y")["roles"] == ["Policy.Read.All"]
    assert [graph.token_claims(token) for token in ("opaque", "a.b.c", "")] == [{}, {}, {}]


def _error(status: int, code: str, message: str = "no", detail: str | None = None) -> FederationError:
    body = {
        "error": {
            "code": code,
            "message": message,
            "details": [{"code": detail}] if detail else [],
            "innerError": {"request-id": "r"},
        }
    }
    return errors.translated(status, body, {}, "change it")


@pytest.mark.parametrize(
    ("error", "kind", "code", "passes"),
    [
        (_error(404, "Request_ResourceNotFound"), NotFound, "Request_ResourceNotFound", True),
        (_error(409, "Directory_ConcurrencyViolation"), Conflict, "Directory_ConcurrencyViolation", True),
        (
            _error(409, "Request_MultipleObjectsWithSameKeyValue"),
            Conflict,
            "Request_MultipleObjectsWithSameKeyValue",
            False,
        ),
        (_error(400, "Request_BadRequest", "Another object …", "ObjectConflict"), Conflict, "ObjectConflict", False),
        (
            _error(400, "Request_BadRequest", "…", "HostNameNotOnVerifiedDomain"),
            FederationError,
            "HostNameNotOnVerifiedDomain",
            True,
        ),
        (
            _error(400, "Request_BadRequest", "Not a valid reference update"),
            FederationError,
            "Request_BadRequest",
            True,
        ),
        (_error(400, "Request_BadRequest", "Property x is invalid"), FederationError, "Request_BadRequest", False),
        (
            _error(403, "Authorization_RequestDenied", "Insufficient privileges"),
            Denied,
            "Authorization_RequestDenied",
            False,
        ),
        (
            _error(
                403,
                "Authorization_RequestDenied",
                "the backing application of the service principal being created must in the local tenant",
            ),
            Denied,
            "Authorization_RequestDenied",
            True,
        ),
        (
            _error(400, "Request_BadRequest", "Property appId is invalid.", "DeletingSamlSpNotAllowed"),
            FederationError,
            "DeletingSamlSpNotAllowed",
            False,
        ),
        (_error(429, "TooManyRequests"), Throttled, "TooManyRequests", False),
        (errors.translated(502, None, {"Request-Id": "r"}, "change it"), FederationError, "HTTP 502", False),
    ],
)
def test_errors(error: FederationError, kind: type[FederationError], code: str, passes: bool) -> None:
    """facts/entra.md 9.5."""
    assert error.__class__ is kind
    assert (error.code, error.request_id, errors.is_replication(error)) == (code, "r", passes)
    assert error.message.startswith("Could not change it: Microsoft Graph answered")


def test_retry_until_replicated_raises_the_last_error() -> None:
    time = SimpleNamespace(now=0.0)
    waiter = Waiter(timeout=5, clock=lambda: time.now, sleep=lambda seconds: setattr(time, "now", time.now + seconds))
    tries: list[int] = []

    def attempt() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise _error(404, "Request_ResourceNotFound")
        return "done"

    assert errors.retry_until_replicated(waiter, "it to be there", attempt) == "done"

    def in_vain() -> None:
        raise _error(404, "Request_ResourceNotFound")

    with pytest.raises(NotFound, match="Timed out after 5 seconds waiting for it to be there"):
        errors.retry_until_replicated(waiter, "it to be there", in_vain)

    def real() -> None:
        raise _error(400, "Request_BadRequest", "no")

    with pytest.raises(FederationError, match="400"):
        errors.retry_until_replicated(waiter, "it to be there", real)


@pytest.mark.parametrize(
    ("kind", "method", "status", "repeated"),
    [
        (retries.GraphRetry, "GET", 503, True),
        (retries.GraphRetry, "PATCH", 504, True),
        (retries.GraphRetry, "POST", 429, True),
        (retries.GraphRetry, "POST", 503, False),
        (retries.GraphRetry, "GET", 404, False),
        (retries.RepeatablePosts, "POST", 503, True),
    ],
)
def test_what_is_repeated(kind: type[retries.GraphRetry], method: str, status: int, repeated: bool) -> None:
    assert retries._patience(kind).is_retry(method, status) is repeated


def test_retry_after_is_bounded() -> None:
    response: t.Any = SimpleNamespace(headers={"Retry-After": "86400"})
    assert retries._patience(retries.GraphRetry).get_retry_after(response) == retries.LONGEST_PAUSE
