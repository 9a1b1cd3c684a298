# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._aws import connect_csv
from ansible_collections.openccp.federation.plugins.module_utils._aws.connect_agents import AGENT_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

CONSOLE = (
    "first name,last name,user login,routing profile name,security_profile_name_1|security_profile_name_2,phone type (soft/desk),"
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
        {"username": "jane", "first_name": 'O\'Neill, "Jane"', "last_name": "''=two", "hierarchy_group": "Europe/Support"},
        {"username": "jane", "security_profiles": ["A", "B"], "tags": {"team": "a|b=c"}, "channels": {"voice": {"auto_accept": True}}},
    ],
)
def test_there_and_back_without_a_formula(agent: dict[str, object]) -> None:
    text = connect_csv.render([agent])
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert connect_csv.parse(text, "agents.csv") == [agent]


def test_values_are_written_as_people_write_them() -> None:
    text = connect_csv.render([{"username": "jane", "auto_accept": False, "after_contact_work_time_limit": 30, "mobile": ""}])
    assert connect_csv.parse(text, "x") == [{"username": "jane", "auto_accept": "no", "after_contact_work_time_limit": "30"}]


def test_tags_as_pairs_and_empty_rows() -> None:
    assert connect_csv.parse("username,tags\njane,team=a|cost = b=c\n,\n\n", "x") == [
        {"username": "jane", "tags": {"team": "a", "cost": "b=c"}}
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("first_name\nJane\n", "no column username"),
        ("username,colour\njane,red\n", "'colour', which is not known"),
        ("username,password\njane,x\n", "have no password"),
        ("username\njane,doe\n", "row 2: it has 2 cells for 1"),
        ("username,channels\njane,{oops\n", "row 2: channels is not JSON"),
    ],
)
def test_what_is_wrong_with_a_file(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        connect_csv.parse(text, "agents.csv")
