# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Agents as a CSV file: our columns are the options' names, and those of the console's bulk template are understood,
too. Pure.

What is written is read back as it was. A value that a spreadsheet would take for a formula gets an apostrophe before
it, and one that a cell cannot hold as it is (blanks at its ends, a line break, a quotation mark at its beginning) is
written as a JSON string; a list with such a value, or with C(|) in one, is a JSON list. An empty cell is an option that
is not given.
"""

from __future__ import annotations

import csv
import io
import json
import re
import typing as t
from collections import Counter

from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._connect import csv_table
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import (
    AGENT_OPTIONS,
    ATTRIBUTES,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

COLUMNS: t.Final = tuple(attr.option for attr in ATTRIBUTES if not attr.is_refused)
#: The columns of the console's template, by the way they begin.
CONSOLE: t.Final = {begin: attr.option for attr in ATTRIBUTES for begin in attr.console}
_LISTS: t.Final = tuple(attr.option for attr in ATTRIBUTES if attr.spec["type"] == "list")
_TABLES: t.Final = tuple(attr.option for attr in ATTRIBUTES if attr.spec["type"] == "dict")
_PHONE_TYPES: t.Final = {"soft": "soft_phone", "desk": "desk_phone"}
#: A spreadsheet takes these for the beginning of a formula, the wide forms of them too.
_FORMULA: t.Final = re.compile(r"'*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def parse(text: str, source: str) -> list[Settings]:
    """The agents of a file, one a row. source: the file, for the error."""
    table = csv_table.read(text, source, lambda name: _option(name) is not None)
    options = _options(table.columns, source)
    return [_agent(options, row) for row in table.rows]


def render(agents: t.Iterable[Settings]) -> str:
    """The file that holds the agents."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for agent in agents:
        writer.writerow([_cell(agent.get(option)) for option in COLUMNS])
    return out.getvalue()


def _options(columns: t.Sequence[str], source: str) -> list[str]:
    """The option of each column; a list alone may have several."""
    options: list[str] = []
    for number, column in enumerate(columns, start=1):
        option = _option(column) if column else ""
        if option is None:
            raise InvalidInput(
                f"{source} has a column {column!r}, which is not known. There are {', '.join(COLUMNS)}, and the "
                f"console's names of them."
            )
        if option == "password":
            raise InvalidInput(
                f"{source} has a column {column!r}: agents who sign in by SAML have no password. Remove the column."
            )
        if option and option in options and option not in _LISTS:
            raise InvalidInput(
                f"{source} has {option} twice, in the columns {options.index(option) + 1} and {number}. Remove one "
                f"of them."
            )
        options.append(option)
    if "username" not in options:
        raise InvalidInput(f"{source} has no column username (nor 'user login', as the console names it).")
    return options


def _option(column: str) -> str | None:
    name = column.strip().lower()
    if name in (*AGENT_OPTIONS, "password"):
        return name
    for begin, option in CONSOLE.items():
        if name.startswith(begin) and not name[len(begin) : len(begin) + 1].isalpha():
            return option
    return None


def _agent(options: t.Iterable[str], row: t.Iterable[csv_table.Cell]) -> Settings:
    agent: Settings = {}
    for option, cell in zip(options, row, strict=True):
        text = _text(cell)
        if text:
            value = _value(option, text, cell.where)
            agent[option] = agent[option] + value if option in agent else value
    return agent


def _text(cell: csv_table.Cell) -> str:
    """What a cell says, without the blanks around it and without what guarded it against a spreadsheet."""
    text = cell.text.strip()
    if text.startswith('"'):
        try:
            decoded = json.loads(text)
        except ValueError:
            return text
        return decoded if isinstance(decoded, str) else text
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def _value(option: str, text: str, where: str) -> t.Any:
    if option in _LISTS:
        return (
            _json(text, where) if text.startswith("[") else [part.strip() for part in text.split("|") if part.strip()]
        )
    if option == "phone_type":
        return _PHONE_TYPES.get(text.lower(), text.lower())
    if option in _TABLES and text.startswith("{"):
        return _json(text, where)
    return _pairs(text, where) if option == "tags" else text


def _json(text: str, where: str) -> t.Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _without_repetition(pairs, where))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where}: it looks like JSON, but is invalid: {error}.") from None


def _pairs(text: str, where: str) -> dict[str, str]:
    """Tags as people write them: C(team=sales|cost centre=4711)."""
    pairs = [part.partition("=") for part in text.split("|")]
    bare = [key.strip() for key, sign, dummy in pairs if not sign]
    if bare:
        raise InvalidInput(
            f"{where}: the tag {bare[0]!r} has no value. Tags are written as key=value, with | between them."
        )
    return _without_repetition([(key.strip(), value.strip()) for key, dummy, value in pairs], where)


def _without_repetition(pairs: t.Sequence[tuple[str, t.Any]], where: str) -> dict[str, t.Any]:
    counts = Counter(key for key, dummy in pairs)
    repeated = sorted(key for key, count in counts.items() if count > 1)
    if repeated:
        raise InvalidInput(f"{where}: {', '.join(repeated)} is given more than once.")
    return dict(pairs)


def _cell(value: t.Any) -> str:
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    if isinstance(value, list):
        return _guarded("|".join(value)) if all(map(_is_plain, value)) else json.dumps(value, ensure_ascii=False)
    return _guarded(str(value)) if _is_one_line(str(value)) else json.dumps(str(value), ensure_ascii=False)


def _is_plain(name: str) -> bool:
    """Whether a name can stand in a list with | between its values."""
    return bool(name) and "|" not in name and not name.startswith("[") and _is_one_line(name)


def _is_one_line(text: str) -> bool:
    is_bare = text == text.strip() and not text.startswith('"')
    return is_bare and not any(character < " " for character in text)


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text
