# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""References to other objects by their URL, which must be of the same cloud."""

from __future__ import annotations

import collections.abc
import typing as t

from federation_sandbox.entra.graph.context import Context
from federation_sandbox.entra.graph.errors import bad_request, unknown_parameter
from federation_sandbox.entra.graph.urls import split_url


def referenced(context: Context, places: collections.abc.Iterable[str]) -> str:
    """The ID to which the reference in a request's body leads."""
    body = context.body()
    for name in body:
        if not name.startswith("@odata."):
            raise unknown_parameter(name, "$ref")
    return referenced_id(context, body.get("@odata.id"), places)


def referenced_id(context: Context, address: t.Any, places: collections.abc.Iterable[str]) -> str:
    """The ID at the end of a URL. places: the paths below which objects of the expected kind are."""
    if not isinstance(address, str):
        raise bad_request("A reference needs an '@odata.id'.", code="BadRequest")
    parts, root = split_url(address), split_url(context.root)
    prefixes = tuple(f"{root.path}/{place}/" for place in places)
    if (parts.scheme, parts.hostname) != (root.scheme, root.hostname) or not parts.path.startswith(prefixes):
        raise bad_request(
            f"Invalid URL format specified in @odata.id for reference update: '{address}'.", code="BadRequest"
        )
    return parts.path.rpartition("/")[2].lower()
