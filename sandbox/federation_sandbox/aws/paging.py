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
    context: Context, params: Params, items: t.Iterable[V], size: int, error: str = "InvalidParameterException"
) -> tuple[list[V], dict[str, str]]:
    """The items of the requested page, and the token of the next page, to be merged into the answer. size: the default
    page size. error: the error code for an invalid token.
    """
    start = _start(context, params, error)
    size = params.get("MaxResults") or size
    rest = list(itertools.islice(items, start, start + size + 1))
    if len(rest) <= size:
        return rest, {}
    return rest[:size], {"NextToken": _token(context, params, start + size)}


def _token(context: Context, params: Params, start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([context.operation, params.get("InstanceId"), start]).encode()).decode()


def _start(context: Context, params: Params, error: str) -> int:
    token = params.get("NextToken")
    if not token:
        return 0
    try:
        operation, instance, start = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        operation = instance = start = None
    if (
        (operation, instance) != (context.operation, params.get("InstanceId"))
        or not isinstance(start, int)
        or start < 1
    ):
        raise CloudError(400, error, "Invalid NextToken.")
    return start
