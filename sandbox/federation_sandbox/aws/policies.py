# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What policies say about one action: statements, wildcards, variables and conditions, as IAM evaluates them.

This is our own because none on PyPI decides a request offline: principalmapper does, but has not been released since
2022, iam-ape lists what a live account's policies add up to, aws-why asks AWS's simulator; the maintained iam-simulate
is for Node.
"""

from __future__ import annotations

import datetime as dt
import functools
import operator
import re
import typing as t

Document = t.Mapping[str, t.Any]
#: condition keys of a request, in lower case, each with its values
Facts = t.Mapping[str, t.Sequence[str]]
Verdict = t.Literal["allow", "deny", "silent"]
Fill = t.Callable[[str], str]

#: The only version of the policy language that has variables; in others they are plain text.
VARIABLES_SINCE: t.Final = "2012-10-17"


def moment(now: dt.datetime) -> dict[str, tuple[str, ...]]:
    """The condition keys of every request: its time, and that it is encrypted."""
    return {
        "aws:currenttime": (now.isoformat(),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:securetransport": ("true",),
    }


def verdict(
    documents: t.Iterable[Document],
    action: str,
    resource: str,
    facts: Facts,
    principals: t.Collection[str] | None = None,
) -> Verdict:
    """Whether the documents together allow or deny an action, or neither. principals: the names under which a trust
    policy can name the caller; None for identity policies.
    """
    effects = {
        statement["Effect"].lower()
        for document in documents
        for statement in _list(document.get("Statement", []))
        if _applies(statement, action, resource, facts, _fill(document, facts), principals=principals)
    }
    if "deny" in effects:
        return "deny"
    return "allow" if "allow" in effects else "silent"


def _fill(document: Document, facts: Facts) -> Fill:
    return functools.partial(_filled, facts=facts) if document.get("Version") == VARIABLES_SINCE else str


def _applies(
    statement: Document, action: str, resource: str, facts: Facts, fill: Fill, *, principals: t.Collection[str] | None
) -> bool:
    if principals is not None and not _names(statement, principals):
        return False
    if not _covers(statement, "Action", action.lower(), lambda value: fill(value).lower()):
        return False
    if principals is None and not _covers(statement, "Resource", resource, fill):
        return False
    return all(
        _holds(name, key.lower(), list(map(fill, map(str, _list(values)))), facts)
        for name, condition in statement.get("Condition", {}).items()
        for key, values in condition.items()
    )


def _names(statement: Document, principals: t.Collection[str]) -> bool:
    principal = statement.get("Principal")
    if principal is None:
        return False
    values = ["*"] if principal == "*" else [value for named in principal.values() for value in _list(named)]
    return "*" in values or any(value in principals for value in values)


def _covers(statement: Document, element: str, text: str, fill: Fill) -> bool:
    if f"Not{element}" in statement:
        return not any(_like(fill(value), text) for value in _list(statement[f"Not{element}"]))
    return any(_like(fill(value), text) for value in _list(statement.get(element, [])))


def _filled(text: str, facts: Facts) -> str:
    """The text with its policy variables replaced. A text with a variable without a value matches nothing."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in ("*", "?", "$"):
            return "\\" + name
        values = facts.get(name.lower(), ())
        return re.sub(r"([*?\\])", r"\\\1", values[0]) if len(values) == 1 else "\0"

    return re.sub(r"\$\{([^}]+)\}", value, text)


@functools.lru_cache(maxsize=4096)
def _wildcards(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    signs = re.findall(r"\\.|.", pattern, re.DOTALL)
    return re.compile(
        "".join(wild.get(sign) or re.escape(sign.removeprefix("\\") or sign) for sign in signs), re.DOTALL
    )


def _like(pattern: str, text: str) -> bool:
    return _wildcards(pattern).fullmatch(text) is not None


def _literally(expected: str, actual: str) -> bool:
    return re.sub(r"\\(.)", r"\1", expected) == actual


def _number(compare: t.Callable[[t.Any, t.Any], bool]) -> t.Callable[[str, str], bool]:
    return lambda expected, actual: compare(float(actual), float(expected))


def _instant(text: str) -> dt.datetime:
    if text.isdigit():
        return dt.datetime.fromtimestamp(int(text), dt.UTC)
    read = dt.datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


def _date(compare: t.Callable[[t.Any, t.Any], bool]) -> t.Callable[[str, str], bool]:
    return lambda expected, actual: compare(_instant(actual), _instant(expected))


_COMPARISONS: t.Final[dict[str, t.Callable[[str, str], bool]]] = {
    "StringEquals": _literally,
    "StringEqualsIgnoreCase": lambda expected, actual: _literally(expected.lower(), actual.lower()),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda expected, actual: expected.lower() == actual.lower(),
    "NumericEquals": _number(operator.eq),
    "NumericLessThan": _number(operator.lt),
    "NumericLessThanEquals": _number(operator.le),
    "NumericGreaterThan": _number(operator.gt),
    "NumericGreaterThanEquals": _number(operator.ge),
    "DateEquals": _date(operator.eq),
    "DateLessThan": _date(operator.lt),
    "DateLessThanEquals": _date(operator.le),
    "DateGreaterThan": _date(operator.gt),
    "DateGreaterThanEquals": _date(operator.ge),
}


def _holds(name: str, key: str, expected: list[str], facts: Facts) -> bool:
    """Whether a condition holds. A condition with an unknown operator never holds."""
    quantity, _, name = name.rpartition(":")
    actual = list(facts.get(key, ()))
    if name == "Null":
        return (expected[0].lower() == "true") == (not actual)
    if name.endswith("IfExists"):
        name = name.removesuffix("IfExists")
        if not actual:
            return quantity != "ForAnyValue"
    negative = "Not" in name
    compare = _COMPARISONS.get(name.replace("Not", ""))
    if compare is None:
        return False
    if not actual:
        return quantity != "ForAnyValue" and (negative or quantity == "ForAllValues")

    def is_hit(fact: str) -> bool:
        return any(compare(value, fact) for value in expected) != negative

    hits = map(is_hit, actual)
    return any(hits) if quantity == "ForAnyValue" else all(hits)


def _list(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else [value]
