# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""A CSV file as spreadsheets write it, read strictly: a file of which a row could mean two things is refused as a
whole. Pure.

Understood are commas, semicolons and tabs, Excel's line C(sep=;), UTF-8, UTF-16 and Windows-1252, blank lines, and
columns at the right end that are empty. Every row is one line: a line break in a cell cannot be distinguished from a
quotation mark that was never closed.
"""

from __future__ import annotations

import codecs
import itertools
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

DELIMITERS: t.Final = (",", ";", "\t")

_BOMS: t.Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LINE_BREAK: t.Final = re.compile(r"\r\n|\r|\n")
_CELL: t.Final = r' *(?:"(?P<quoted>(?:[^"]|"")*)" *|(?P<plain>[^"{delimiter}]*))(?={delimiter}|\Z)'
_DECLARED: t.Final = re.compile(r'"?sep=(?P<delimiter>[,;\t])"?[,;\t]*', re.IGNORECASE)


@dataclass(frozen=True)
class Cell:
    """A text of the file, with the place where it stands for messages."""

    text: str
    where: str


@dataclass(frozen=True)
class Table:
    """columns: the names in the first row. rows: the others, each with as many cells as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def decode(data: bytes, source: str) -> tuple[str, str | None]:
    """The text of a file's bytes, and a warning where its encoding had to be assumed."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(data.removeprefix(bom), encoding, source), None
    if b"\0" in data[:2]:  # the first character of a header is ASCII
        return _decoded(data, "utf-16-be" if data[:1] == b"\0" else "utf-16-le", source), None
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        assumed = f"{source} is not UTF-8 and was read as Windows-1252. If names look wrong, save it as 'CSV UTF-8'."
        return _decoded(data, "cp1252", source), assumed


def read(text: str, source: str, is_column: t.Callable[[str], bool]) -> Table:
    """The rows of a file.

    source: the file, for messages. is_column: whether a name is one of a known column; it tells the delimiter of the
    file. InvalidInput names the row and the column of what cannot be understood.
    """
    lines = list(enumerate(_LINE_BREAK.split(text.removeprefix("\ufeff")), start=1))
    for number, line in lines:
        if "\0" in line:
            raise InvalidInput(f"{source}, row {number}: it holds a NUL character, so the file is damaged or no text.")
    delimiter, lines = _delimiter(lines, is_column)
    parsed = [(number, _cells(line, delimiter, f"{source}, row {number}")) for number, line in lines]
    filled = [(number, cells) for number, cells in parsed if "".join(cells).strip()]
    if not filled:
        raise InvalidInput(f"{source} is empty: its first line names the columns.")
    columns = [column.strip() for column in filled[0][1]]
    while columns and not columns[-1]:
        columns.pop()
    rows = tuple(_row(columns, cells, f"{source}, row {number}") for number, cells in filled[1:])
    return Table(tuple(columns), rows)


def _decoded(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            (
                f"{source} is neither UTF-8 nor UTF-16 nor Windows-1252 text: byte {error.start} cannot be read as "
                f"{encoding}."
            ),
            hint="Save it as 'CSV UTF-8'.",
        ) from None


def _delimiter(lines: list[tuple[int, str]], is_column: t.Callable[[str], bool]) -> tuple[str, list[tuple[int, str]]]:
    """What separates the cells, as the file declares or as makes most columns known, and the lines from the header
    on.
    """
    lines = list(itertools.dropwhile(lambda numbered: not numbered[1].strip(f"{''.join(DELIMITERS)} "), lines))
    if not lines:
        return DELIMITERS[0], []
    header = lines[0][1]
    declared = _DECLARED.fullmatch(header.strip(" "))
    if declared:
        return declared["delimiter"], lines[1:]

    def known(delimiter: str) -> int:
        return sum(is_column(name.strip(' "')) for name in header.split(delimiter))

    return max(DELIMITERS, key=known), lines


def _cells(line: str, delimiter: str, where: str) -> list[str]:
    """The cells of one line, which are quoted as a whole or hold no quotation mark at all."""
    cell = re.compile(_CELL.format(delimiter=re.escape(delimiter)))
    cells: list[str] = []
    position = 0
    while position <= len(line):
        match = cell.match(line, position)
        if not match:
            raise InvalidInput(
                f"{where}, cell {len(cells) + 1}: a quotation mark stands within the cell or is not closed in its row.",
                hint="A cell that holds quotation marks stands in quotation marks as a whole, with those within "
                "doubled; "
                "a row is one line of the file.",
            )
        cells.append(match["plain"] if match["quoted"] is None else match["quoted"].replace('""', '"'))
        position = match.end() + 1
    return cells


def _row(columns: t.Sequence[str], cells: list[str], where: str) -> tuple[Cell, ...]:
    filled = len(cells)
    while filled > len(columns) and not cells[filled - 1].strip():
        filled -= 1
    if filled != len(columns):
        counts = f"it has {filled} {'cell' if filled == 1 else 'cells'} for {len(columns)} columns"
        raise InvalidInput(
            f"{where}: {counts}.", hint="Each row has a cell, empty or not, for each column of the first row."
        )
    row = []
    for column, text in zip(columns, cells, strict=False):
        place = f"{where}, column {column or '(without a name)'}"
        if any(character < " " for character in text.strip()):
            raise InvalidInput(f"{place}: it holds a control character.")
        if text.strip() and not column:
            raise InvalidInput(f"{place}: it has a value, but the first row does not say what it is.")
        row.append(Cell(text, place))
    return tuple(row)
