# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Graph's shape, from the table in graph_contract.yml: which answer an operation may give."""

from __future__ import annotations

import base64
import collections.abc
import dataclasses
import functools
import re
import typing as t
from pathlib import Path

import yaml

TABLE: t.Final = Path(__file__).with_suffix(".yml")
UUID: t.Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATE: t.Final = re.compile(r"\d{4}-\d\d-\d\d")
DATE_TIME: t.Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
#: in answers with a list
PAGE: t.Final = {"@odata.context": "string", "@odata.count": "integer", "@odata.nextLink": "string"}


def _is_base64(value: t.Any) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except ValueError:
        return False


def _matches(pattern: re.Pattern[str]) -> t.Callable[[t.Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


SCALARS: t.Final[dict[str, t.Callable[[t.Any], bool]]] = {
    "any": lambda value: True,
    "binary": _is_base64,
    "boolean": lambda value: isinstance(value, bool),
    "date": _matches(DATE),
    "dateTime": _matches(DATE_TIME),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
    "uuid": _matches(UUID),
}


@dataclasses.dataclass(frozen=True)
class Type:
    """A type: the kind of each property, its own and inherited ones, and the types it is derived from, itself first."""

    properties: dict[str, str]
    required: frozenset[str]
    lineage: tuple[str, ...]


class Contract:
    """The operations that are published, and what they answer with."""

    def __init__(self, table: dict[str, t.Any]) -> None:
        self._rows: dict[str, dict[str, str]] = table["types"]
        self.types = {name: self._type(name) for name in self._rows}
        operations: dict[str, dict[str, t.Any]] = table["operations"]
        patterns = [(_pattern(path), answers) for path, answers in operations.items()]
        self._operations = sorted(patterns, key=lambda each: each[0].pattern.count("[^/]+"))

    def operations(self, path: str) -> dict[str, t.Any]:
        """What each method of a path answers; empty for a path that is not published."""
        matching = (answers for pattern, answers in self._operations if pattern.fullmatch(path))
        return next(matching, {})

    def check(self, method: str, path: str, status: int, content: t.Any) -> None:
        """Fail when an answer is not what the table says. content: None when it is not JSON."""
        if status >= 400:
            self._check_value("ODataError", content, f"{method} {path}")
            return
        answers = dict(_answers(str(self.operations(path)[method])))
        assert status in answers, f"{method} {path} does not answer {status}"
        kind = answers[status]
        if content is None:
            assert kind in ("", "binary", "integer"), f"{method} {path} answers without JSON"
        elif kind.startswith("["):
            annotations = {name: value for name, value in content.items() if name != "value"}
            self._check_properties(PAGE, annotations, path)
            self._check_value(kind, content["value"], f"{path}.value")
        else:
            self._check_value(kind, content, path)

    def _type(self, name: str) -> Type:
        row = dict(self._rows[name])
        base = row.pop("extends", None)
        inherited = self._type(base) if base else Type({}, frozenset(), ())
        required = frozenset(row.pop("required", "").split())
        own = {prop: kind for kind, names in row.items() for prop in names.split()}
        return Type({**inherited.properties, **own}, required | inherited.required, (name, *inherited.lineage))

    def _check_value(self, kind: str, value: t.Any, where: str) -> None:
        if kind.endswith("?"):
            if value is None:
                return
            kind = kind.removesuffix("?")
        if kind.startswith("["):
            assert isinstance(value, list), f"{where} is no list: {value!r}"
            for index, item in enumerate(value):
                self._check_value(kind[1:-1], item, f"{where}[{index}]")
        elif kind in SCALARS:
            assert SCALARS[kind](value), f"{where} is no {kind}: {value!r}"
        else:
            self._check_object(kind, value, where)

    def _check_object(self, kind: str, value: t.Any, where: str) -> None:
        """An object that names its type is judged by that one."""
        assert isinstance(value, dict), f"{where} is no {kind}: {value!r}"
        named = value.get("@odata.type", "").removeprefix("#microsoft.graph.") or kind
        assert kind in self.types[named].lineage, f"{where} is a {named}, which is no {kind}"
        missing = self.types[named].required - set(value)
        assert not missing, f"{where} lacks {sorted(missing)}"
        self._check_properties(self.types[named].properties, value, where)

    def _check_properties(self, kinds: collections.abc.Mapping[str, str], value: dict[str, t.Any], where: str) -> None:
        for name, content in value.items():
            if name in kinds:
                self._check_value(kinds[name], content, f"{where}.{name}")
            else:
                assert "@" in name, f"{where} has the unknown property {name}"


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in path.split("{}")))


def _answers(text: str) -> collections.abc.Iterator[tuple[int, str]]:
    """Status and kind of each answer, of "201 application or 204"."""
    for answer in text.split(" or "):
        status, _separator, kind = answer.partition(" ")
        yield int(status), kind


@functools.cache
def contract() -> Contract:
    """The contract of the table."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Contract(yaml.load(TABLE.read_text(encoding="utf-8"), Loader=loader))
