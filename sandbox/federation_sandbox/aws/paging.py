# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages: the caller may lower the page size, and a token marks where the next page begins."""

from __future__ import annotations

import base64
import itertools
import json
import typing as t

from federation_sandbox.aws.protocol import Context, Params
from federation_sandbox.service import CloudError

V = t.TypeVar("V")


def page(
    at: Context, wanted: Params, items: t.Iterable[V], size: int, error: str = "InvalidParameterException"
) -> tuple[list[V], dict[str, str]]:
    """The items of the requested page, and the token of the next page, to be merged into the answer. size: the default
    page size. error: the error code for an invalid token.
    """
    start = _start(at, wanted, error)
    size = wanted.get("MaxResults") or size
    rest = list(itertools.islice(items, start, start + size + 1))
    if len(rest) <= size:
        return rest, {}
    return rest[:size], {"NextToken": _token(at, wanted, start + size)}


def _token(at: Context, wanted: Params, start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.operation, wanted.get("InstanceId"), start]).encode()).decode()


def _start(at: Context, wanted: Params, error: str) -> int:
    token = wanted.get("NextToken")
    if not token:
        return 0
    try:
        operation, instance, start = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        operation = instance = start = None
    if (operation, instance) != (at.operation, wanted.get("InstanceId")):
        raise CloudError(400, error, "Invalid NextToken.")
    return int(start)
