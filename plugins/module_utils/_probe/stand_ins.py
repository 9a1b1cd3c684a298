# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Stand-ins for names, ids and secrets in what a cloud answers: the same stand-in for the same value throughout a
report.
"""

from __future__ import annotations

import re
import typing as t

#: What looks like a value that somebody gave or a cloud made, the longer kinds first.
_PATTERNS: t.Final = (
    ("arn", re.compile(r"arn:[\w-]*:[^\s,'\"<>]*")),
    ("address", re.compile(r"[\w.+#~-]+@[\w-]+(?:\.[\w-]+)+")),
    ("url", re.compile(r"[a-z][a-z0-9+.-]*://[^\s,'\"<>]+", re.IGNORECASE)),
    ("id", re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")),
    ("host", re.compile(r"(?:[\w-]+\.)+(?:com|net|org|de|cn|us|aws|io|eu|local|example|test)\b", re.IGNORECASE)),
    ("account", re.compile(r"(?<!\d)\d{12}(?!\d)")),
    ("token", re.compile(r"[A-Za-z0-9+/_=-]{24,}")),
)
_QUOTED: t.Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")
#: The words that error messages are made of. Any other word may be somebody's name.
_COMMON_WORDS: t.Final = """
    a access account active add added address alias allowed already an and another any api app application applications
    are argument as assertion assigned assume at attribute authentication authorization authorized bad be because been
    body but by call caller cannot certificate certificates change changed check claim claims client code conflict
    connection connections contact could create created creating creation credential credentials default delete deleted
    deleting denied deny deployed directory disabled document does domain duplicate empty enabled encountered entity
    error exceed exceeded exist existing exists expected expired explicit fail failed field filter first for forbidden
    format found from given group has have header identifier identifiers identity if in information input instance
    insufficient internal into invalid is issue it its key keys length level limit list long longer look lower made make
    manifest many match maximum may member members message metadata method minimum missing mode model must name named
    names neither new no nor not null number object objects of old on once one only operation operator or organization
    other owner parameter parameters parse perform performed permission permissions please policies policy present
    principal privileges profile propagated property provided provider query quota range rate reached read reason
    reference references registered removed request requested require required requires reset resource response result
    retry role roles same saml schema search section segment sent server service session set should sign single size
    specified state status string such support supported syntax tag tags take taken takes template temporarily tenant
    than that the their there these they this throttled throttling time to token too try type unable unauthorized
    undefined unexpected unique unknown unsupported until update updated upgrade uri url us use used user users using
    valid value values version was when where which while will with without write you your
"""
_COMMON: t.Final = frozenset(_COMMON_WORDS.split())
_WORD: t.Final = re.compile(r"<[a-z]+-\d+>|microsoft\.graph\.\w+|[^\W\d_]\w*")
_TYPE: t.Final = re.compile(r"microsoft\.graph\.\w+")
_SHOWN: t.Final = re.compile(r"<[a-z]+-\d+>")
#: Shorter values, such as a group named "a", would tear words apart.
_SHORTEST: t.Final = 3


class StandIns:
    """Hides values. Words of the interfaces themselves, such as the names of properties, stay as they are."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._everywhere: set[str] = set()
        self._counts: dict[str, int] = {}
        self._words: set[str] = set()

    def learn(self, kind: str, *values: t.Any) -> None:
        """Hide these values wherever they appear."""
        for value in values:
            if isinstance(value, str) and len(value) >= _SHORTEST:
                self._of(kind, value)
                self._everywhere.add(value.lower())

    def allow(self, *words: str) -> None:
        """Words of an interface, which may be shown where they are quoted."""
        self._words.update(words)

    def hide(self, text: str) -> str:
        """A text without names, ids and secrets."""
        for value in sorted(self._everywhere, key=len, reverse=True):
            text = re.sub(re.escape(value), self._of("", value), text, flags=re.IGNORECASE)
        for kind, pattern in _PATTERNS:
            text = pattern.sub(lambda match, kind=kind: self._of(kind, match[0]), text)  # type: ignore[misc]
        return _WORD.sub(self._word, _QUOTED.sub(self._quoted, text))

    def _quoted(self, match: re.Match[str]) -> str:
        inner = match[1] if match[1] is not None else match[2]
        if not inner or inner in self._words or _TYPE.fullmatch(inner) or _SHOWN.fullmatch(inner):
            return match[0]
        return f"'{self._of('text', inner)}'"

    def _word(self, match: re.Match[str]) -> str:
        word = match[0]
        known = _SHOWN.fullmatch(word) or _TYPE.fullmatch(word) or word in self._words or word.lower() in _COMMON
        return word if known else self._of("word", word)

    def _of(self, kind: str, value: str) -> str:
        key = value.lower()
        if key not in self._values:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._values[key] = f"<{kind}-{self._counts[kind]}>"
        return self._values[key]
