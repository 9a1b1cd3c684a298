# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A parser for $filter, as far as the directory of Microsoft Graph supports it. Anything else is refused with Graph's
error.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import re
import typing as t

from federation_sandbox.entra.graph.errors import bad_request, unsupported_query
from federation_sandbox.entra.graph.model import TYPES, Property
from federation_sandbox.entra.state import Record

Predicate = t.Callable[[Record], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?(?![\w:-]))|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z?)"
    r"|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})|(?P<word>[A-Za-z_$@#][\w.$@#]*)|(?P<mark>[(),:/]))"
)
_COMPARISONS: t.Final[dict[str, str]] = {"eq": "e", "ne": "n", "ge": "g", "le": "l", "in": "i"}
_FUNCTIONS: t.Final[dict[str, str]] = {"startswith": "s", "endswith": "w", "contains": "c"}
#: operators that only the advanced query engine evaluates
_ADVANCED: t.Final[frozenset[str]] = frozenset("nw")
_LONGEST_LIST: t.Final[int] = 15
#: how many parentheses and negations a filter may have, one in another
_DEEPEST: t.Final[int] = 100
_LITERALS: t.Final[dict[str, t.Any]] = {"true": True, "false": False, "null": None}
#: how a literal of a kind is written; every other kind is a string
_CATEGORIES: t.Final[dict[str, tuple[str, ...]]] = {
    "bool": ("word",),
    "int": ("number",),
    "guid": ("guid",),
    "time": ("time",),
}


@dataclasses.dataclass(frozen=True)
class Filter:
    """A parsed filter."""

    accepts: Predicate

    @classmethod
    def parse(cls, kind: str, text: str, advanced: bool, exact: collections.abc.Collection[str] = ()) -> Filter:
        """Parse a filter on a type. advanced: the query has ConsistencyLevel: eventual and $count=true. exact: the
        lists whose values are compared case-sensitively.
        """
        return cls(_Parser(kind, text, advanced, exact).everything())


class _Parser:
    """A recursive descent parser for or, and, not and comparisons."""

    def __init__(self, kind: str, text: str, advanced: bool, exact: collections.abc.Collection[str]) -> None:
        self._kind = kind
        self._exact = exact
        self._text = text
        self._advanced = advanced
        self._position = 0
        self._tokens = self._split(text)
        if sum(word in ("(", "not", "NOT") for _category, word in self._tokens) > _DEEPEST:
            raise bad_request(f"The node count limit of '{_DEEPEST}' has been exceeded.", code="BadRequest")

    def everything(self) -> Predicate:
        """The complete filter."""
        predicate = self._or()
        if self._position < len(self._tokens):
            raise self._invalid()
        return predicate

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens, position = [], 0
        while text[position:].strip():
            token = _TOKEN.match(text, position)
            if token is None:
                raise self._invalid()
            tokens.append((str(token.lastgroup), token[str(token.lastgroup)]))
            position = token.end()
        return tokens

    def _invalid(self) -> Exception:
        return bad_request(
            f"Invalid filter clause: Syntax error at position {self._position} in '{self._text}'.", code="BadRequest"
        )

    def _peek(self) -> str:
        return self._tokens[self._position][1] if self._position < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._position >= len(self._tokens):
            raise self._invalid()
        self._position += 1
        return self._tokens[self._position - 1]

    def _expect(self, mark: str) -> None:
        if self._next()[1] != mark:
            raise self._invalid()

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._peek() == "or":
            self._next()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def _and(self) -> Predicate:
        parts = [self._unary()]
        while self._peek() == "and":
            self._next()
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _unary(self) -> Predicate:
        if self._peek() in ("not", "NOT"):
            self._next()
            if not self._advanced:
                raise unsupported_query("Operator 'Not' specified in filter clause is not supported.")
            inner = self._unary()
            return lambda record: not inner(record)
        if self._peek() == "(":
            self._next()
            inner = self._or()
            self._expect(")")
            return inner
        return self._comparison(None)

    def _comparison(self, variable: tuple[str, Property] | None) -> Predicate:
        """A comparison. variable: the name and the property of the lambda that contains it."""
        category, word = self._next()
        if category != "word":
            raise self._invalid()
        if word.lower() in _FUNCTIONS and self._peek() == "(":
            return self._function(word.lower(), variable)
        operand, property_type = self._operand(word, variable)
        if variable is None and self._peek() == "/":
            return self._lambda(word, property_type)
        self._check_single(property_type, variable)
        operator = self._next()[1]
        if operator not in _COMPARISONS:
            raise self._invalid()
        self._check(_COMPARISONS[operator], property_type)
        value: t.Any = self._list(property_type) if operator == "in" else self._literal(property_type)
        if property_type.name in self._exact and operator == "eq":
            return lambda record: bool(operand(record) == value)
        return lambda record: _compare(operator, operand(record), value)

    def _function(self, name: str, variable: tuple[str, Property] | None) -> Predicate:
        self._expect("(")
        operand, property_type = self._operand(self._next()[1], variable)
        self._check_single(property_type, variable)
        self._check(_FUNCTIONS[name], property_type)
        self._expect(",")
        part = str(self._literal(property_type)).lower()
        self._expect(")")
        tests: dict[str, t.Callable[[str], bool]] = {
            "startswith": lambda text: text.startswith(part),
            "endswith": lambda text: text.endswith(part),
            "contains": lambda text: part in text,
        }
        return lambda record: any(tests[name](str(value).lower()) for value in _values(operand(record)))

    def _lambda(self, name: str, property_type: Property) -> Predicate:
        self._expect("/")
        if self._next()[1] != "any" or not property_type.many:
            raise self._unsupported(name)
        self._expect("(")
        variable = self._next()[1]
        self._expect(":")
        inner = self._comparison((variable, property_type))
        self._expect(")")
        return lambda record: any(inner({variable: item}) for item in record.get(name) or ())

    def _operand(
        self, word: str, variable: tuple[str, Property] | None
    ) -> tuple[t.Callable[[Record], t.Any], Property]:
        if variable is not None:
            if word != variable[0]:
                raise self._invalid()
            return (lambda record: record[word]), variable[1]
        if word not in TYPES[self._kind]:
            raise bad_request(
                (
                    f"Invalid filter clause: Could not find a property named '{word}' on type "
                    f"'microsoft.graph.{self._kind}'."
                ),
                code="BadRequest",
            )
        return (lambda record: record.get(word)), TYPES[self._kind][word]

    def _unsupported(self, name: str) -> Exception:
        resource = self._kind[0].upper() + self._kind[1:]
        return unsupported_query(
            f"Unsupported or invalid query filter clause specified for property '{name}' of resource '{resource}'."
        )

    def _check(self, letter: str, property_type: Property) -> None:
        if letter not in property_type.operators:
            raise self._unsupported(property_type.name)
        if letter in _ADVANCED and not self._advanced:
            raise unsupported_query(
                f"Operator specified in filter clause for property '{property_type.name}' is not supported."
            )

    def _check_single(self, property_type: Property, variable: tuple[str, Property] | None) -> None:
        """Refuse to compare a list, for which there is any(), or an object."""
        is_list = property_type.many and variable is None
        if is_list or property_type.kind in TYPES or property_type.kind == "object":
            raise self._unsupported(property_type.name)

    def _list(self, property_type: Property) -> list[t.Any]:
        self._expect("(")
        values = [self._literal(property_type)]
        while self._peek() == ",":
            self._next()
            values.append(self._literal(property_type))
        self._expect(")")
        if len(values) > _LONGEST_LIST:
            message = (
                f"Too many child clauses specified in search filter expression containing 'OR' operators: "
                f"{len(values)}."
            )
            raise bad_request(f"{message} Max allowed: {_LONGEST_LIST}.")
        return values

    def _literal(self, property_type: Property) -> t.Any:
        category, text = self._next()
        if category == "string":
            value: t.Any = text[1:-1].replace("''", "'")
        elif category == "word" and text in _LITERALS:
            value = _LITERALS[text]
        elif category in ("guid", "time"):
            value = text
        elif category == "number":
            value = float(text) if "." in text else int(text)
        else:
            raise self._invalid()
        if value is not None and category not in _CATEGORIES.get(property_type.kind, ("string",)):
            raise bad_request(
                "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types "
                "for the property "
                f"'{property_type.name}' and the value '{text}'.",
                code="BadRequest",
            )
        return value


def _values(value: t.Any) -> collections.abc.Iterable[t.Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _compare(operator: str, actual: t.Any, operand: t.Any) -> bool:
    """Compare two values. Like the directory, this ignores the case of strings."""
    left = actual.lower() if isinstance(actual, str) else actual
    if operator == "in":
        return any(_compare("eq", actual, each) for each in operand)
    right = operand.lower() if isinstance(operand, str) else operand
    if operator in ("eq", "ne"):
        return bool(left == right) == (operator == "eq")
    if left is None or right is None:
        return False
    return bool(left >= right) if operator == "ge" else bool(left <= right)
