# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests held to botocore's service model on the server's side, where botocore itself checks little (facts/aws.md
1.0).
"""

from __future__ import annotations

import collections.abc
import functools
import re
import typing as t

from moto.core.model import Shape

_KINDS: t.Final[dict[str, tuple[type, ...]]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}

Problems = collections.abc.Iterator[str]


def misfits(shape: t.Any, value: t.Any, where: str = "") -> Problems:
    """What of a JSON document does not fit a shape: members that do not exist, values of another type."""
    kinds = _KINDS.get(shape.type_name)
    if value is None or kinds is None:
        return
    if not _fits(value, kinds):
        yield f"{where or 'the body'} must be a {shape.type_name}"
    elif shape.type_name == "structure":
        members = _body_members(shape)
        for name, inner in value.items():
            if name in members:
                yield from misfits(members[name], inner, f"{where}.{name}" if where else name)
            else:
                yield f"{where + '.' if where else ''}{name} is not a member of {shape.name}"
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            yield from misfits(shape.member, inner, f"{where}[{number}]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from misfits(shape.value, inner, f"{where}.{key}")


def _fits(value: t.Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


@functools.cache
def _body_members(shape: Shape) -> dict[str, t.Any]:
    members = shape.members  # type: ignore[attr-defined]
    return {
        inner.serialization.get("name", name): inner
        for name, inner in members.items()
        if "location" not in inner.serialization
    }


def violations(shape: t.Any, value: t.Any, where: str = "") -> Problems:
    """What of a request breaks the model's constraints, in the words of AWS."""
    if value is None:
        return
    if shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"Value null at '{_path(where, name)}' failed to satisfy constraint: Member must not be null"
        for name, inner in value.items():
            yield from violations(shape.members[name], inner, _path(where, name))
        return
    for problem in _own(shape, value):
        yield f"Value '{_printable(shape, value)}' at '{where}' failed to satisfy constraint: Member must {problem}"
    if shape.type_name == "list":
        for number, inner in enumerate(value, 1):
            yield from violations(shape.member, inner, f"{where}.{number}.member")
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from violations(shape.key, key, f"{where}.key")
            yield from violations(shape.value, inner, f"{where}.{key}")


def _own(shape: t.Any, value: t.Any) -> Problems:
    limits = shape.metadata
    if shape.type_name in ("string", "list", "map", "blob"):
        if "min" in limits and len(value) < limits["min"]:
            yield f"have length greater than or equal to {limits['min']}"
        if "max" in limits and len(value) > limits["max"]:
            yield f"have length less than or equal to {limits['max']}"
    elif shape.type_name in ("integer", "long", "float", "double"):
        if "min" in limits and value < limits["min"]:
            yield f"have value greater than or equal to {limits['min']}"
        if "max" in limits and value > limits["max"]:
            yield f"have value less than or equal to {limits['max']}"
    if shape.type_name == "string":
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
        pattern = _pattern(limits["pattern"]) if "pattern" in limits else None
        if pattern and not pattern.fullmatch(value):
            yield f"satisfy regular expression pattern: {limits['pattern']}"


#: Patterns that are wrong as written: that of the domain of a user pool, which has no place for the dots of a custom
#: domain, which its own documentation has; and that of Amazon Connect's telephone numbers, whose backslashes are twice
#: in the model (facts/aws.md 1.0).
_WRONG: t.Final = frozenset({r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$", r"\\+[1-9]\\d{1,14}$"})


@functools.cache
def _pattern(text: str) -> re.Pattern[str] | None:
    r"""A pattern of the model; None for those that Python cannot read (\p) and those that are wrong as written
    (/…/).
    """
    if r"\p" in text or (text.startswith(("/[", "/^")) and text.endswith("/")) or text in _WRONG:
        return None
    # A "\\u10000" stands for five digits in the model, of which every reader sees four.
    return re.compile(text.replace(r"\u10000-\u10FFFF", "\U00010000-\U0010ffff"), re.ASCII)


def _path(where: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{where}.{name}" if where else name


def _printable(shape: t.Any, value: t.Any) -> str:
    return "***" if shape.metadata.get("sensitive") else str(value)[:200]
