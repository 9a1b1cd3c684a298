# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Agents as a CSV file: our columns are the options' names, and those of the console's bulk template are understood, too. Pure.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, which is removed when it is read. An empty
cell is an option that is not given.
"""

from __future__ import annotations

import csv
import io
import json
import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.connect_user_shape import Settings
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

COLUMNS: t.Final = (
    "username",
    "first_name",
    "last_name",
    "secondary_email",
    "mobile",
    "security_profiles",
    "routing_profile",
    "hierarchy_group",
    "phone_type",
    "desk_phone_number",
    "auto_accept",
    "after_contact_work_time_limit",
    "persistent_connection",
    "channels",
    "entra_id",
    "tags",
)
#: The columns of the console's template, by the way they begin.
CONSOLE: t.Final = {
    "user login": "username",
    "first name": "first_name",
    "last name": "last_name",
    "email address": "email",
    "secondary email": "secondary_email",
    "mobile": "mobile",
    "routing profile": "routing_profile",
    "security_profile": "security_profiles",
    "security profile": "security_profiles",
    "user hierarchy": "hierarchy_group",
    "userhierarchy": "hierarchy_group",
    "phone type": "phone_type",
    "phone number": "desk_phone_number",
    "soft phone auto accept": "auto_accept",
    "acw timeout": "after_contact_work_time_limit",
    "tags": "tags",
}
_LISTS: t.Final = ("security_profiles",)
_PHONE_TYPES: t.Final = {"soft": "soft_phone", "desk": "desk_phone"}
_FORMULA: t.Final = re.compile(r"'*[=+\-@\t\r]")
_GUARDED: t.Final = re.compile(r"'+[=+\-@\t\r]")


def parse(text: str, what: str) -> list[Settings]:
    """The agents of a file, one a row. what: the file, for the error."""
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    if not rows:
        raise InvalidInput(f"{what} is empty: its first line names the columns.")
    options = [_option(name, what) for name in rows[0]]
    if "username" not in options:
        raise InvalidInput(f"{what} has no column username (nor 'user login', as the console names it).")
    agents = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(options):
            raise InvalidInput(f"{what}, row {number}: it has {len(row)} cells for {len(options)} columns.")
        cells = {option: _unguarded(cell.strip()) for option, cell in zip(options, row, strict=False) if option and cell.strip()}
        agents.append({option: _value(option, cell, f"{what}, row {number}") for option, cell in cells.items()})
    return agents


def render(agents: t.Iterable[Settings]) -> str:
    """The file that holds the agents."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for agent in agents:
        writer.writerow([_guarded(_cell(agent.get(option))) for option in COLUMNS])
    return out.getvalue()


def _option(column: str, what: str) -> str:
    name = column.strip().lower()
    if name in COLUMNS or name == "email":
        return name
    if name == "password":
        raise InvalidInput(f"{what} has a column {column!r}: agents who sign in by SAML have no password. Remove the column.")
    for begin, option in CONSOLE.items():
        if name.startswith(begin):
            return option
    raise InvalidInput(
        f"{what} has a column {column!r}, which is not known. There are {', '.join(COLUMNS)}, and the console's names of them."
    )


def _value(option: str, cell: str, where: str) -> t.Any:
    if option in _LISTS:
        return [one.strip() for one in cell.split("|") if one.strip()]
    if option == "phone_type":
        return _PHONE_TYPES.get(cell.lower(), cell.lower())
    if option in ("tags", "channels") and cell.startswith("{"):
        try:
            return json.loads(cell)
        except ValueError as error:
            raise InvalidInput(f"{where}: {option} is not JSON: {error}.") from None
    if option == "tags":
        pairs = [one.partition("=") for one in cell.split("|")]
        return {key.strip(): value.strip() for key, dummy, value in pairs}
    return cell


def _cell(value: t.Any) -> str:
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return "|".join(value) if isinstance(value, list) else str(value)


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if _GUARDED.match(cell) else cell
