# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What IAM policies say of one request. What they depend on and is not known here makes the answer "unknown", never a guess.

Evaluated: statements, Principal, Action, Resource and their negations, wildcards, policy variables, and the conditions on strings,
ARNs, booleans and Null. Dates, numbers, addresses and keys whose value is not known stay unknown.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._saml.policies import Policy

Truth: t.TypeAlias = "bool | str"
"""True, False, or the reason why it cannot be told."""

_VARIABLES_SINCE: t.Final = "2012-10-17"
_VARIABLE: t.Final = re.compile(r"\$\{([^}]*)\}")
_KNOWN_ELEMENTS: t.Final = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


@dataclass(frozen=True)
class Request:
    """What is asked for.

    facts: condition keys in lower case → their values; an empty tuple is a key that the request does not have. Keys that are not in it
    are not known. principal: by whom, for a trust policy.
    """

    action: str
    resource: str = ""
    facts: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    principal: str | None = None


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
    for operator, tests in (statement.get("Condition") or {}).items():
        parts += [_condition(operator, key, _listed(values), _Pattern(request, variables)) for key, values in tests.items()]
    return _all(parts)


def _principal(statement: t.Mapping[str, t.Any], principal: str) -> Truth:
    if "NotPrincipal" in statement:
        return not _names(statement["NotPrincipal"], principal)
    return _names(statement.get("Principal", {}), principal)


def _names(named: t.Any, principal: str) -> bool:
    kinds = {"AWS": "*"} if named == "*" else named
    return principal in _listed(kinds.get("Federated", [])) or "*" in _listed(kinds.get("AWS", []))


def _element(statement: t.Mapping[str, t.Any], element: str, text: str, pattern: _Pattern) -> Truth:
    if f"Not{element}" in statement:
        return _not(_any([pattern.matches(value, text) for value in _listed(statement[f"Not{element}"])]))
    return _any([pattern.matches(value, text) for value in _listed(statement.get(element, []))])


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
            values = (variable[1],) if variable[1] in ("*", "?", "$") else self.request.facts.get(variable[1].strip().lower())
            if values is None:
                return f"the value of {variable[0]} is not known"
            if len(values) != 1:
                return False
            parts += [_expression(pattern[end : variable.start()], wild), re.escape(values[0])]
            end = variable.end()
        parts.append(_expression(pattern[end:], wild))
        return re.fullmatch("".join(parts), text, re.DOTALL | (re.IGNORECASE if self.fold else 0)) is not None


def _expression(text: str, wild: bool) -> str:
    escaped = re.escape(text)
    return escaped.replace(r"\*", ".*").replace(r"\?", ".") if wild else escaped


_EQUAL: t.Final = frozenset({"StringEquals", "StringEqualsIgnoreCase", "Bool"})
_LIKE: t.Final = frozenset({"StringLike", "ArnLike", "ArnEquals"})


def _condition(operator: str, key: str, wanted: list[t.Any], pattern: _Pattern) -> Truth:
    """One key of one condition, as IAM combines its values: any of the wanted ones, none of them when the operator is negated."""
    name = operator.rpartition(":")[2]
    optional = name.endswith("IfExists")
    positive = name.removesuffix("IfExists").replace("Not", "", 1)
    negative = "Not" in name
    if positive != "Null" and positive not in _EQUAL | _LIKE:
        return f"conditions {operator} are not evaluated here"
    given = pattern.request.facts.get(key.lower())
    if given is None:
        return f"the value of {key} is not known"
    if positive == "Null":
        return (str(wanted[0]).lower() == "true") == (not given)
    if not given:
        return optional or negative or operator.startswith("ForAllValues:")
    compare = _Pattern(pattern.request, pattern.variables, fold=positive in ("StringEqualsIgnoreCase", "Bool"))
    hits = [_any([compare.matches(_text(value), one, wild=positive in _LIKE) for value in wanted]) for one in given]
    hits = [_not(hit) for hit in hits] if negative else hits
    return _any(hits) if operator.startswith("ForAnyValue:") else _all(hits)


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
