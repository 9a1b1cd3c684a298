# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Names and error texts as they are shown: in one line, and without what a terminal or a browser would obey. Pure.

Anyone who may name a group or an application in one of the clouds controls such a text.
"""

from __future__ import annotations

import typing as t

_REPLACEMENT: t.Final = "\ufffd"
#: So much of a name is shown in a column of a table, where one long name would widen every row.
LONGEST_NAME: t.Final = 80
#: So much of a sentence is shown.
LONGEST_SENTENCE: t.Final = 4000


def printable(text: str) -> str:
    """The text with U+FFFD for every character that is not seen: controls, line breaks, and marks that turn the
    direction of writing.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _REPLACEMENT for character in text)


def message_text(text: str) -> str:
    """A message or a warning of any length: a line break in a name is a space, and nothing of it obeys a terminal."""
    return printable(" ".join(text.splitlines()).replace("\t", " "))


def one_line(text: str, longest: int = LONGEST_SENTENCE) -> str:
    """The text in one line: white space is one space each, and what is too long ends in an ellipsis."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= longest else line[: longest - 1] + "…"
