# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validates request bodies: the type of each property, and that it exists and is writable."""

from __future__ import annotations

import re
import typing as t

from federation_sandbox.entra.graph.errors import bad_request, invalid_value
from federation_sandbox.entra.graph.model import TYPES, Property
from federation_sandbox.entra.state import moment

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_BINARY = re.compile(r"(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?", re.ASCII)
_PRIMITIVES: t.Final[dict[str, type]] = {"bool": bool, "int": int, "object": dict}


def checked(kind: str, body: dict[str, t.Any], also: t.Collection[str] = (), own_id: str = "") -> dict[str, t.Any]:
    """The properties that a body sets, without annotations. also: read-only properties that this call may set. own_id:
    the ID of the changed object, which the body may repeat.
    """
    content = {name: value for name, value in body.items() if not name.startswith("@")}
    if own_id and content.get("id") == own_id:
        del content["id"]
    for name, value in content.items():
        property_type = TYPES[kind].get(name)
        if property_type is None:
            raise bad_request(f"Invalid property '{name}'.", target=name, detail="InvalidProperty")
        if property_type.read_only and name not in also:
            raise bad_request(
                f"Property '{name}' is read-only and cannot be set.", target=name, detail="ReadOnlyProperty"
            )
        _check(kind, property_type, value)
    return content


def _check(kind: str, property_type: Property, value: t.Any) -> None:
    if value is None and not property_type.many:
        return
    if property_type.many != isinstance(value, list):
        raise _wrong(kind, property_type)
    for item in value if property_type.many else [value]:
        if property_type.kind in TYPES:
            if not isinstance(item, dict):
                raise _wrong(kind, property_type)
            checked(property_type.kind, item)
        else:
            _check_primitive(kind, property_type, item)


def _check_primitive(kind: str, property_type: Property, item: t.Any) -> None:
    primitive = _PRIMITIVES.get(property_type.kind, str)
    if not isinstance(item, primitive) or isinstance(item, bool) != (primitive is bool):
        raise _wrong(kind, property_type)
    if property_type.kind == "guid" and not _GUID.fullmatch(str(item)):
        raise _wrong(kind, property_type)
    if property_type.kind == "bytes" and not _BINARY.fullmatch(str(item)):
        raise _wrong(kind, property_type)
    if property_type.kind == "time" and not is_time(item):
        raise _wrong(kind, property_type)


def is_time(text: t.Any) -> bool:
    """Whether a value is a time with its zone, as Edm.DateTimeOffset is written."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return False
    try:
        moment(text)
    except ValueError:
        return False
    return True


def _wrong(kind: str, property_type: Property) -> Exception:
    expected = f"Collection({property_type.kind})" if property_type.many else property_type.kind
    return bad_request(
        (
            f"Cannot convert the value of property '{property_type.name}' of type "
            f"'microsoft.graph.{kind}' to the expected type '{expected}'."
        ),
        code="BadRequest",
    )


def check_length(kind: str, content: dict[str, t.Any], **limits: int) -> None:
    """400 for a text that is too long."""
    for name, limit in limits.items():
        if len(content.get(name) or "") > limit:
            raise invalid_value(name, kind)


def check_tags(kind: str, tags: list[str]) -> None:
    """400 for a tag that is there twice, empty or too long."""
    if len(set(tags)) != len(tags) or any(not 1 <= len(tag) <= 256 for tag in tags):
        raise invalid_value("tags", kind)
