# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect import agents_csv as connect_csv
from ansible_collections.openccp.federation.plugins.module_utils._connect import csv_table
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import AGENT_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from hypothesis import example, given, settings
from hypothesis import strategies as st

CONSOLE = (
    "first name,last name,user login,routing profile "
    "name,security_profile_name_1|security_profile_name_2,phone type (soft/desk),"
    "phone number,soft phone auto accept (yes/no),ACW timeout (seconds)\n"
    "Jane,Doe,jane.doe@example.com,Basic Routing Profile,Agent|CallCenterManager,soft,,yes,30\n"
    "John,Roe,john.roe,Basic Routing Profile,Agent,desk,+4930123456,no,0\n"
)


def test_every_option_of_an_agent_has_its_column() -> None:
    assert set(connect_csv.COLUMNS) == set(AGENT_OPTIONS) - {"email"}


def test_the_console_s_template() -> None:
    jane, john = connect_csv.parse("\ufeff" + CONSOLE, "agents.csv")
    assert jane == {
        "first_name": "Jane",
        "last_name": "Doe",
        "username": "jane.doe@example.com",
        "routing_profile": "Basic Routing Profile",
        "security_profiles": ["Agent", "CallCenterManager"],
        "phone_type": "soft_phone",
        "auto_accept": "yes",
        "after_contact_work_time_limit": "30",
    }
    assert (john["phone_type"], john["desk_phone_number"]) == ("desk_phone", "+4930123456")


@pytest.mark.parametrize(
    "agent",
    [
        {"username": "jane", "first_name": "=HYPERLINK(1)", "last_name": "'+x", "mobile": "+4930123456"},
        {"username": "jane", "first_name": "@cmd", "last_name": "-1", "secondary_email": "a@b.c"},
        {
            "username": "jane",
            "first_name": 'O\'Neill, "Jane"',
            "last_name": "''=two",
            "hierarchy_group": "Europe/Support",
        },
        {
            "username": "jane",
            "security_profiles": ["A", "B"],
            "tags": {"team": "a|b=c"},
            "channels": {"voice": {"auto_accept": True}},
        },
    ],
)
def test_there_and_back_without_a_formula(agent: dict[str, object]) -> None:
    text = connect_csv.render([agent])
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert connect_csv.parse(text, "agents.csv") == [agent]


def test_values_are_written_as_people_write_them() -> None:
    text = connect_csv.render(
        [{"username": "jane", "auto_accept": False, "after_contact_work_time_limit": 30, "mobile": ""}]
    )
    assert connect_csv.parse(text, "x") == [
        {"username": "jane", "auto_accept": "no", "after_contact_work_time_limit": "30"}
    ]


def test_tags_as_pairs_and_empty_rows() -> None:
    assert connect_csv.parse("username,tags\njane,team=a|cost = b=c\n,\n\n", "x") == [
        {"username": "jane", "tags": {"team": "a", "cost": "b=c"}}
    ]


#: Every character that UTF-8 can hold; Amazon Connect's models restrict neither names nor profiles.
TEXTS: t.Final = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8) | st.text(
    "'\"=+-@|[]{},; \t\r\n\0ab", min_size=1, max_size=8
)
TAGS: t.Final = st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3)
AGENTS: t.Final = st.fixed_dictionaries(
    {"username": TEXTS},
    optional={
        **dict.fromkeys(
            ("first_name", "last_name", "secondary_email", "routing_profile", "hierarchy_group", "person_id"), TEXTS
        ),
        "security_profiles": st.lists(TEXTS, min_size=1, max_size=3),
        "tags": TAGS,
        "channels": st.fixed_dictionaries({"voice": st.fixed_dictionaries({"auto_accept": st.booleans()})}),
    },
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(AGENTS, max_size=3))
@example([{"username": "jane", "security_profiles": ["Team A|B", " Lead", "Sales "], "hierarchy_group": " Spaced "}])
@example(
    [
        {"username": '"'},
        {"username": "'="},
        {"username": '"x"', "last_name": "a\nb"},
        {"username": "[", "security_profiles": ["["]},
    ]
)
def test_what_is_written_is_read_back_as_it_was(agents: list[dict[str, t.Any]]) -> None:
    text = connect_csv.render(agents)
    assert connect_csv.parse(text, "x") == agents
    rows = csv.reader(io.StringIO(text))
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r"))]


@settings(max_examples=1000, deadline=None)
@given(
    st.binary(max_size=80) | st.text('username,;\t"\n\r=|{}[]\0', max_size=60).map(str.encode),
    st.sampled_from(["", "username,last_name\n"]),
)
def test_any_bytes_are_read_or_refused(data: bytes, header: str) -> None:
    with contextlib.suppress(InvalidInput):
        for agent in connect_csv.parse(csv_table.decode(header.encode() + data, "x")[0], "x"):
            assert not [value for value in agent.values() if value in ("", [])]


PLAIN: t.Final = "username,first_name,security_profiles\njane,Jörg,Agent|Lead\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("lines", ["{0}", "\n{0}", "{0}\n\n"])
def test_as_spreadsheets_write_it(delimiter: str, declared: bool, encoding: str, lines: str) -> None:
    text = lines.format(PLAIN.replace(",", delimiter)).replace("\n", "\r\n")
    data = (f"sep={delimiter}\r\n{text}" if declared else text).encode(encoding)
    decoded, warning = csv_table.decode(data, "agents.csv")
    assert connect_csv.parse(decoded, "agents.csv") == [
        {"username": "jane", "first_name": "Jörg", "security_profiles": ["Agent", "Lead"]}
    ]
    assert (warning is not None) == (encoding == "cp1252")


def test_columns_at_the_end_may_be_empty() -> None:
    assert connect_csv.parse("username,last_name,,\njane,Doe,,\njohn,Roe\nann,Lee,\n", "x") == [
        {"username": name, "last_name": last} for name, last in (("jane", "Doe"), ("john", "Roe"), ("ann", "Lee"))
    ]


def test_several_columns_of_a_list_are_joined() -> None:
    text = "user login;security profile 1;Security Profile 2\njane;Agent;Lead|Admin\njohn;;Agent\n"
    assert connect_csv.parse(text, "x") == [
        {"username": "jane", "security_profiles": ["Agent", "Lead", "Admin"]},
        {"username": "john", "security_profiles": ["Agent"]},
    ]


def test_a_quotation_mark_that_opens_and_closes_rows_later_loses_nobody() -> None:
    rows = [f"agent{number},First,Last{number}" for number in range(120)]
    rows[10] = 'agent10,First,"Last10'
    rows[13] = 'agent13,First,Last13"'
    text = "\n".join(itertools.chain(["username,first_name,last_name"], rows))
    with pytest.raises(InvalidInput, match=r"agents.csv, row 12, cell 3: a quotation mark .* not closed in its row"):
        connect_csv.parse(text, "agents.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("first_name\nJane\n", "no column username"),
        ("username,colour\njane,red\n", "'colour', which is not known"),
        ("username,password\njane,x\n", "have no password"),
        ("username\njane,doe\n", "row 2: it has 2 cells for 1"),
        ("username,last_name\njane,doe\njohn\n", "row 3: it has 1 cell for 2"),
        ("username,last_name\njane,Roe\x00\n", "row 2: it holds a NUL"),
        ("username,last_name\njane,Roe\x07x\n", "row 2, column last_name: it holds a control character"),
        ('username,last_name\njane,O"Neil\n', "row 2, cell 2: a quotation mark"),
        ('username,last_name\njane,"Roe" x\n', "row 2, cell 2: a quotation mark"),
        ('username,last_name\n"jane\nX",Roe\n', "row 2, cell 1: a quotation mark"),
        ("username,last_name,username\njane,Roe,john\n", "username twice, in the columns 1 and 3"),
        ("user login,username\njane,john\n", "username twice"),
        ("username,,last_name\njane,x,Roe\n", "does not say what it is"),
        ("username,channels\njane,{oops\n", "row 2, column channels: it looks like JSON"),
        ("username,tags\njane,team\n", "row 2, column tags: the tag 'team' has no value"),
        ("username,tags\njane,a=1|a=2\n", "row 2, column tags: a is given more than once"),
        ('username,tags\njane,"{""a"": 1, ""a"": 2}"\n', "a is given more than once"),
    ],
)
def test_what_is_wrong_with_a_file(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        connect_csv.parse(text, "agents.csv")
