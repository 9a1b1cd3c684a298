# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON batches: up to twenty requests in one. Each is authorized, throttled and logged as if it were sent alone."""

from __future__ import annotations

import json
import time
import typing as t
import urllib.parse

from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from federation_sandbox.entra.graph.errors import bad_request
from federation_sandbox.entra.graph.urls import split_url
from federation_sandbox.service import Call

_LIMIT: t.Final[int] = 20
_METHODS: t.Final[frozenset[str]] = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})

#: answers one request as if it had come alone
Answerer = t.Callable[[Request, Call], Response]
Item = dict[str, t.Any]


def answer_batch(request: Request, call: Call, answer: Answerer) -> dict[str, t.Any]:
    """The body of the answer to a batch."""
    statuses: dict[str, int] = {}
    responses = []
    for item in _items(request):
        if any(statuses[each] >= 400 for each in item.get("dependsOn") or ()):
            response = _failed_dependency()
        else:
            response = _answer_item(request, call, item, answer)
        statuses[item["id"]] = response.status_code
        responses.append(_batch_item(item["id"], response))
    return {"responses": responses}


def _items(request: Request) -> list[Item]:
    try:
        content = json.loads(request.get_data())
        items = content["requests"]
    except (ValueError, KeyError, TypeError) as reason:
        raise bad_request("Invalid batch payload format.", code="BadRequest") from reason
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise bad_request("Invalid batch payload format.", code="BadRequest")
    if len(items) > _LIMIT:
        raise bad_request(
            f"Number of batch request steps exceeds the maximum value of {_LIMIT}.", code="MaximumValueExceeded"
        )
    seen: set[str] = set()
    for item in items:
        _check(item)
        if item["id"] in seen:
            raise bad_request(f"Request Id {item['id']} has to be unique in a batch.", code="BadRequest")
        if not set(item.get("dependsOn") or ()) <= seen:
            raise bad_request(
                f"Invalid dependency for request Id {item['id']}: it may depend on earlier requests alone.",
                code="BadRequest",
            )
        seen.add(item["id"])
    return items


def _check(item: Item) -> None:
    for name in ("id", "method", "url"):
        if not isinstance(item.get(name), str) or not item[name]:
            raise bad_request(f"Batch request has a step without '{name}'.", code="BadRequest")
    if item["method"].upper() not in _METHODS:
        raise bad_request(f"Invalid method '{item['method']}' in batch request.", code="BadRequest")
    headers, earlier = item.get("headers") or {}, item.get("dependsOn") or []
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise bad_request(f"Invalid headers in the batch request step '{item['id']}'.", code="BadRequest")
    if not isinstance(earlier, list) or not all(isinstance(each, str) for each in earlier):
        raise bad_request(f"Invalid dependency for request Id {item['id']}.", code="BadRequest")
    if not split_url(item["url"]).path:
        raise bad_request(f"Invalid URL in the batch request step '{item['id']}': {item['url']}.", code="BadRequest")
    if item.get("body") is not None and "content-type" not in map(str.lower, headers):
        raise bad_request(
            f"Write request id : {item['id']} does not contain Content-Type header or body.", code="BadRequest"
        )


def _answer_item(request: Request, call: Call, item: Item, answer: Answerer) -> Response:
    started = time.perf_counter()
    part, inner = _part(request, item), Call(call.world, call.service)
    status = 0
    try:
        response = answer(part, inner)
        status = response.status_code
        return response
    finally:
        call.world.traffic.add(
            {
                "time": call.world.clock.now().isoformat(),
                "service": inner.service,
                "operation": inner.operation,
                "write": inner.write,
                "method": part.method,
                "host": part.host,
                "path": part.path,
                "status": status,
                "duration": round(time.perf_counter() - started, 6),
                "caller": inner.caller,
                "error": inner.error,
                "key_material": inner.key_material,
                "batched": True,
            }
        )


def _part(request: Request, item: Item) -> Request:
    url = split_url(item["url"])
    version = request.path.removesuffix("/$batch")
    headers = {**(item.get("headers") or {}), "Authorization": request.headers.get("Authorization", "")}
    builder = EnvironBuilder(
        method=item["method"].upper(),
        base_url=f"https://{request.host}/",
        path=f"{version}/{urllib.parse.unquote(url.path).lstrip('/')}",
        query_string=url.query,
        headers=headers,
        data=json.dumps(item["body"]).encode() if item.get("body") is not None else b"",
    )
    return Request(builder.get_environ())


def _failed_dependency() -> Response:
    body = {"error": {"code": "FailedDependency", "message": "A request that this one depends on failed."}}
    return Response(json.dumps(body), 424, content_type="application/json")


def _batch_item(key: str, response: Response) -> Item:
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    item: Item = {"id": key, "status": response.status_code, "headers": headers}
    data = response.get_data()
    if data:
        item["body"] = json.loads(data) if response.mimetype == "application/json" else data.decode()
    return item
