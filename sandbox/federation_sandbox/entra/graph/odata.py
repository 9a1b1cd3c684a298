# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OData query options that the directory of Microsoft Graph supports: $filter, $select, $top, $count, $orderby and
$expand.
"""

from __future__ import annotations

import base64
import binascii
import collections.abc
import dataclasses
import json
import re
import sys
import typing as t

from werkzeug.datastructures import MultiDict

from federation_sandbox.entra.graph.errors import bad_request, unsupported_query
from federation_sandbox.entra.graph.filters import Filter
from federation_sandbox.entra.graph.model import BETA, TYPES, Property
from federation_sandbox.entra.state import Record

DEFAULT_PAGE: t.Final[int] = 100
LARGEST_PAGE: t.Final[int] = 999

_OF_OBJECTS: t.Final[frozenset[str]] = frozenset({"$select", "$expand"})
_OPTIONS: t.Final[frozenset[str]] = _OF_OBJECTS | {"$filter", "$top", "$count", "$orderby", "$skiptoken", "$search"}


@dataclasses.dataclass(frozen=True)
class Query:
    """The query options of a request on a type."""

    kind: str
    select: tuple[str, ...] = ()
    expand: str = ""
    filter: Filter | None = None
    order: tuple[str, bool] | None = None
    top: int | None = None
    skip: int = 0
    count: bool = False
    beta: bool = False

    @property
    def page(self) -> int:
        """The page size."""
        return self.top or DEFAULT_PAGE

    def project(self, record: Record, everything: bool = False) -> dict[str, t.Any]:
        """The properties of a record that a response contains."""
        properties = _properties(self.kind, self.beta)
        names = self.select or tuple(name for name, each in properties.items() if everything or not each.hidden)
        selected = (
            ["id", *(name for name in names if name != "id")] if "id" in record and "id" not in self.select else names
        )
        return {name: record.get(name, properties[name].empty) for name in selected if name in properties}


def parse(
    kind: str,
    arguments: MultiDict[str, str],
    eventual: bool,
    expandable: collections.abc.Collection[str] = (),
    beta: bool = False,
    *,
    exact: collections.abc.Collection[str] = (),
) -> Query:
    """Parse the options; 400 with Graph's error for options that it does not support. eventual: whether the request has
    ConsistencyLevel: eventual. beta: whether it may read the additional properties of the version beta. exact: the
    lists whose values are compared case-sensitively.
    """
    check_options(arguments, _OPTIONS)
    count = _boolean("$count", arguments.get("$count", "false"))
    if count and not eventual:
        raise bad_request("$count is not currently supported.")
    if "$search" in arguments:
        raise unsupported_query("The sandbox answers no $search.")
    advanced = eventual and count
    search_filter = Filter.parse(kind, arguments["$filter"], advanced, exact) if arguments.get("$filter") else None
    order = _order(kind, arguments.get("$orderby", ""))
    if search_filter and order and not advanced:
        raise unsupported_query("Sorting is not supported for the current query.")
    return Query(
        kind,
        _select(kind, arguments.get("$select", ""), beta),
        _expand(kind, arguments.get("$expand", ""), expandable),
        search_filter,
        order,
        _top(arguments.get("$top")),
        _skip(arguments.get("$skiptoken")),
        count,
        beta,
    )


def check_options(arguments: MultiDict[str, str], known: collections.abc.Collection[str] = frozenset()) -> None:
    """400 for a query option that is not among those that a resource takes, and for one that is given twice."""
    for name in arguments:
        if f"${name}" in _OPTIONS:
            raise bad_request(f"The sandbox takes query options with $ alone: ${name}, not {name}.", code="BadRequest")
        if name.startswith("$") and name not in _OPTIONS:
            raise bad_request(f"'{name}' is not supported by the service.")
        if name.startswith("$") and name not in known:
            raise bad_request(f"The query option '{name}' cannot be applied to the requested resource.")
        if name.startswith("$") and len(arguments.getlist(name)) > 1:
            raise bad_request(
                f"Query option '{name}' was specified more than once, but it must be specified at most once.",
                code="BadRequest",
            )


def parse_of_object(
    kind: str,
    arguments: MultiDict[str, str],
    expandable: collections.abc.Collection[str] = (),
    beta: bool = False,
) -> Query:
    """Parse the options of a request for one object, which take what belongs to lists neither."""
    check_options(arguments, _OF_OBJECTS)
    return Query(
        kind,
        _select(kind, arguments.get("$select", ""), beta),
        _expand(kind, arguments.get("$expand", ""), expandable),
        beta=beta,
    )


def skip_token(skip: int) -> str:
    """The token of the page that begins at an offset."""
    return base64.urlsafe_b64encode(json.dumps({"skip": skip}).encode()).decode()


def _skip(token: str | None) -> int:
    if token is None:
        return 0
    try:
        skip = json.loads(base64.urlsafe_b64decode(token))["skip"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        skip = None
    if not isinstance(skip, int) or not 0 < skip <= sys.maxsize:
        message = "The specified page token value has expired and can no longer be included in your request."
        raise bad_request(message, code="Directory_ExpiredPageToken")
    return skip


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"-?\d+", text):
        raise bad_request(f"Invalid value '{text}' for $top query option found.", code="BadRequest")
    if not 1 <= int(text) <= LARGEST_PAGE:
        raise bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_PAGE} inclusive.")
    return int(text)


def _boolean(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise bad_request(
            f"Invalid value '{text}' for {name} query option found. Valid values are 'true' or 'false'.",
            code="BadRequest",
        )
    return text == "true"


def _properties(kind: str, beta: bool) -> dict[str, Property]:
    return {**TYPES[kind], **(BETA.get(kind, {}) if beta else {})}


def _select(kind: str, text: str, beta: bool) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in _properties(kind, beta):
            raise bad_request(
                (
                    f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type "
                    f"'microsoft.graph.{kind}'."
                ),
                code="BadRequest",
            )
    return names


def _expand(kind: str, text: str, expandable: collections.abc.Collection[str]) -> str:
    if not text:
        return ""
    if "," in text:
        raise unsupported_query("Only one property may be expanded in a query.")
    if text not in expandable:
        raise bad_request(
            (
                f"Parsing OData Select and Expand failed: Could not find a property named '{text}' on type "
                f"'microsoft.graph.{kind}'."
            ),
            code="BadRequest",
        )
    return text


def _order(kind: str, text: str) -> tuple[str, bool] | None:
    if not text:
        return None
    match = re.fullmatch(r"(\w+)(?:\s+(asc|desc))?", text.strip())
    if (
        not match
        or match[1] not in ("displayName", "userPrincipalName", "createdDateTime")
        or match[1] not in TYPES[kind]
    ):
        raise unsupported_query("Sorting is not supported for the current query.")
    return match[1], match[2] == "desc"
