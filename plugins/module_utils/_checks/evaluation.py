# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What IAM policies say of one request. What they depend on and is not known here makes the answer "unknown", never a
guess.

Evaluated: statements, Principal, Action, Resource and their negations, wildcards, policy variables, and the conditions
on strings, ARNs, booleans, numbers, dates and Null. Addresses, bytes, keys whose value is not known, and what has no
form of IAM stay unknown.
"""

from __future__ import annotations

import operator
import re
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ansible_collections.openccp.federation.plugins.module_utils._domain.policies import Policy

Truth: t.TypeAlias = "bool | str"
"""True, False, or the reason why it is unknown."""

_VARIABLES_SINCE: t.Final = "2012-10-17"
_VARIABLE: t.Final = re.compile(r"\$\{([^}]*)\}")
_KNOWN_ELEMENTS: t.Final = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


@dataclass(frozen=True)
class Request:
    """What is asked for.

    facts: condition keys in lower case → their values; an empty tuple is a key that the request does not have, None one
    whose value is not known. Keys that are not in it are not known either, unless they begin as one of `complete`: of
    those the request has no others. principal: by whom, for a trust policy.
    """

    action: str
    resource: str = ""
    facts: t.Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    principal: str | None = None
    complete: tuple[str, ...] = ()

    def values(self, key: str) -> tuple[str, ...] | None:
        """The values of a condition key; None when they are not known."""
        name = key.strip().lower()
        absent = () if name.startswith(self.complete) else None
        return self.facts.get(name, absent)


@dataclass(frozen=True)
class Verdict:
    """effect: deny when a statement says so, silent when none allows. why: which statement, or what is not known."""

    effect: t.Literal["allow", "deny", "silent", "unknown"]
    why: str = ""


def evaluate(policies: t.Mapping[str, Policy], request: Request) -> Verdict:
    """What the policies, by their names, say together."""
    matched: dict[str, list[str]] = {"Allow": [], "Deny": []}
    doubtful: dict[str, list[str]] = {"Allow": [], "Deny": []}
    for name, policy in policies.items():
        for number, statement in enumerate(_listed(policy.get("Statement", [])), 1):
            if not isinstance(statement, t.Mapping):
                doubtful["Deny"].append(f"{name}, statement {number} is not an object")
                continue
            where = f"{name}, {statement.get('Sid') or f'statement {number}'}"
            effect = str(statement.get("Effect"))
            truth = _applies(statement, request, policy.get("Version") == _VARIABLES_SINCE)
            if isinstance(truth, str):
                doubtful.setdefault(effect, []).append(f"{where}: {truth}")
            elif truth:
                matched.setdefault(effect, []).append(where)
    if matched["Deny"]:
        return Verdict("deny", matched["Deny"][0])
    if doubtful["Deny"]:
        return Verdict("unknown", doubtful["Deny"][0])
    if matched["Allow"]:
        return Verdict("allow", matched["Allow"][0])
    if doubtful["Allow"]:
        return Verdict("unknown", doubtful["Allow"][0])
    return Verdict("silent")


def _applies(statement: t.Mapping[str, t.Any], request: Request, variables: bool) -> Truth:
    strange = sorted(set(statement) - _KNOWN_ELEMENTS)
    if strange:
        return f"the element {strange[0]} is not known here"
    parts = [_element(statement, "Action", request.action.lower(), _Pattern(request, variables, fold=True))]
    if request.principal is None:
        parts.append(_element(statement, "Resource", request.resource, _Pattern(request, variables)))
    else:
        parts.append(_principal(statement, request.principal))
    parts += _conditions(statement.get("Condition") or {}, _Pattern(request, variables))
    return _all(parts)


def _conditions(condition: t.Any, pattern: _Pattern) -> list[Truth]:
    if not isinstance(condition, t.Mapping) or not all(isinstance(tests, t.Mapping) for tests in condition.values()):
        return ["its Condition is not an object of objects"]
    return [
        _condition(name, str(key), _listed(values), pattern)
        for name, tests in condition.items()
        for key, values in tests.items()
    ]


def _principal(statement: t.Mapping[str, t.Any], principal: str) -> Truth:
    if "NotPrincipal" in statement:
        return _not(_names(statement["NotPrincipal"], principal))
    return _names(statement.get("Principal", {}), principal)


def _names(named: t.Any, principal: str) -> Truth:
    kinds = {"AWS": "*"} if named == "*" else named
    if not isinstance(kinds, t.Mapping):
        return "its principal is neither '*' nor an object"
    return principal in _listed(kinds.get("Federated", [])) or "*" in _listed(kinds.get("AWS", []))


def _element(statement: t.Mapping[str, t.Any], element: str, text: str, pattern: _Pattern) -> Truth:
    if f"Not{element}" in statement:
        return _not(_any([pattern.matches(str(value), text) for value in _listed(statement[f"Not{element}"])]))
    return _any([pattern.matches(str(value), text) for value in _listed(statement.get(element, []))])


@dataclass(frozen=True)
class _Pattern:
    """Compares texts with patterns of `*` and `?` in which variables stand for what the request says."""

    request: Request
    variables: bool
    fold: bool = False

    def matches(self, pattern: str, text: str, *, wild: bool = True) -> Truth:
        parts: list[str] = []
        end = 0
        for variable in _VARIABLE.finditer(pattern) if self.variables else ():
            values = self._variable(variable[1])
            if values is None:
                return f"the value of {variable[0]} is not known"
            if len(values) != 1:
                return False
            parts += [_expression(pattern[end : variable.start()], wild), re.escape(values[0])]
            end = variable.end()
        parts.append(_expression(pattern[end:], wild))
        return re.fullmatch("".join(parts), text, re.DOTALL | (re.IGNORECASE if self.fold else 0)) is not None

    def _variable(self, name: str) -> tuple[str, ...] | None:
        """What a variable stands for, such as aws:userid, or aws:PrincipalTag/Team, 'none' with a default."""
        if name in ("*", "?", "$"):
            return (name,)
        key, comma, default = name.partition(",")
        values = self.request.values(key)
        return (default.strip().strip("'"),) if comma and values == () else values


def _expression(text: str, wild: bool) -> str:
    escaped = re.escape(text)
    return escaped.replace(r"\*", ".*").replace(r"\?", ".") if wild else escaped


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else None


def _moment(text: str) -> datetime | None:
    """A date in IAM's forms: ISO 8601, or seconds since 1970."""
    if re.fullmatch(r"[0-9]{1,11}", text):
        return datetime.fromtimestamp(int(text), UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_ORDERS: t.Final[t.Mapping[str, t.Callable[[t.Any, t.Any], bool]]] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}
_READ: t.Final[t.Mapping[str, t.Callable[[str], t.Any]]] = {"numeric": _number, "date": _moment}
_EQUAL: t.Final = frozenset({"stringequals", "stringequalsignorecase", "bool"})
_LIKE: t.Final = frozenset({"stringlike", "arnlike", "arnequals"})


@dataclass(frozen=True)
class _Operator:
    """An operator of a condition in parts, such as ForAnyValue:StringNotLikeIfExists. Its case means nothing."""

    quantity: str
    test: str
    negative: bool
    optional: bool

    @classmethod
    def parse(cls, text: str) -> _Operator:
        quantity, name = text.lower().rpartition(":")[::2]
        test = name.removesuffix("ifexists")
        return cls(quantity, test.replace("not", "", 1), "not" in test, name != test)

    @property
    def kind(self) -> str:
        """numeric or date; empty for those that compare texts."""
        kinds = (kind for kind in _READ if self.test.startswith(kind))
        return next((kind for kind in kinds if self.test.removeprefix(kind) in _ORDERS), "")

    def holds(self, expected: str, actual: str, pattern: _Pattern) -> Truth:
        """Whether one value compares with one that is asked for, before any negation."""
        if not self.kind:
            folded = _Pattern(pattern.request, pattern.variables, fold=self.test in ("stringequalsignorecase", "bool"))
            return folded.matches(expected, actual, wild=self.test in _LIKE)
        read = _READ[self.kind]
        values = read(actual), read(expected)
        if None in values:
            return f"{expected if values[1] is None else actual!r} is no value of a condition {self.test}"
        return _ORDERS[self.test.removeprefix(self.kind)](*values)


def _condition(name: str, key: str, expected: list[t.Any], pattern: _Pattern) -> Truth:
    """One key of one condition, as IAM combines its values: any of the expected values, or none of them if the operator
    is negated.
    """
    how = _Operator.parse(name)
    if how.test not in _EQUAL | _LIKE | {"null"} and not how.kind:
        return f"conditions {name} are not evaluated here"
    values = pattern.request.values(key)
    if values is None:
        return f"the value of {key} is not known"
    if how.test == "null":
        return _any([(_text(value).lower() == "true") == (not values) for value in expected])
    if not values:
        return how.quantity != "foranyvalue" and (how.optional or how.negative or how.quantity == "forallvalues")
    hits = []
    for value in values:
        hits.append(_any([how.holds(_text(text), value, pattern) for text in expected]))
    hits = [_not(hit) for hit in hits] if how.negative else hits
    return _any(hits) if how.quantity == "foranyvalue" else _all(hits)


def _text(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _all(truths: t.Sequence[Truth]) -> Truth:
    if any(truth is False for truth in truths):
        return False
    return next((truth for truth in truths if isinstance(truth, str)), True)


def _any(truths: t.Sequence[Truth]) -> Truth:
    if any(truth is True for truth in truths):
        return True
    return next((truth for truth in truths if isinstance(truth, str)), False)


def _not(truth: Truth) -> Truth:
    return truth if isinstance(truth, str) else not truth


def _listed(value: t.Any) -> list[t.Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
