# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect import user_checks as checks
from ansible_collections.openccp.federation.plugins.module_utils._connect.directory import (
    Directory,
    DirectoryToBe,
    Names,
    Paths,
    hierarchy_path,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput, NotFound

NEW: t.Final = {
    "username": "jane",
    "first_name": "Jane",
    "last_name": "Doe",
    "security_profiles": ["Agent"],
    "routing_profile": "Basic",
}


def check(*args: t.Any, **kwargs: t.Any) -> None:
    checks.refuse(checks.problems(*args, **kwargs))


@pytest.mark.parametrize(
    ("agent", "usernames", "message"),
    [
        (NEW | {"username": "jane+x"}, [], "cannot sign in"),
        (NEW | {"last_name": None}, [], "last_name is required"),
        (NEW | {"last_name": ""}, ["jane"], "last_name may not be empty"),
        (NEW | {"first_name": "J" * 256}, [], "more than 255"),
        (NEW | {"secondary_email": "jane@"}, [], "is not an e-mail address"),
        (NEW | {"security_profiles": []}, ["jane"], "1 to 10 security profiles, not 0"),
        (NEW | {"security_profiles": list("abcdefghijk")}, [], "not 11"),
        (NEW | {"routing_profile": ""}, ["jane"], "always has a routing profile"),
        (NEW | {"after_contact_work_time_limit": -1}, [], "not -1"),
        (NEW | {"channels": {"chat": {"phone_type": "soft_phone"}}}, [], "only voice has"),
        (NEW | {"channels": {"voice": {"phone_number": "+49301"}}}, [], "needs channels.voice.phone_type"),
        (NEW | {"channels": {"voice": {"phone_type": "desk_phone"}}}, [], "needs phone_number"),
        (NEW | {"channels": {"voice": {"phone_type": "desk_phone", "phone_number": "030"}}}, [], "E.164"),
        (NEW | {"channels": {"task": {"after_contact_work_time_limit": 2_000_001}}}, [], "not 2000001"),
        (NEW | {"tags": {"a": "b" * 257}}, [], "more than 256"),
        (NEW | {"tags": {str(number): "" for number in range(48)}}, [], "at most 47 tags"),
    ],
)
def test_what_cannot_be(agent: dict[str, t.Any], usernames: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        check([agent], usernames)


@pytest.mark.parametrize(
    "agent",
    [
        NEW,
        {"username": "jane", "mobile": ""},
        NEW | {"channels": {"voice": {"phone_type": "soft_phone"}, "chat": None}},
        NEW | {"mobile": "+4930123456", "secondary_email": "jane@example.com", "tags": {"a b": "c"}},
        {"username": "jane"},
    ],
)
def test_what_can_be(agent: dict[str, t.Any]) -> None:
    check([agent], [] if "first_name" in agent else ["jane"])


def test_one_fault_of_many_agents_is_one_sentence() -> None:
    mistyped = [checks.Problem(f"agent{number:03}", "There is no security profile 'Agnet'.") for number in range(300)]
    with pytest.raises(InvalidInput) as raised:
        checks.refuse([*mistyped, checks.Problem("jane", "it is listed more than once.")])
    assert str(raised.value) == (
        "301 agents cannot be configured as requested. 300 agents ('agent000', 'agent001', 'agent002', 'agent003', "
        "'agent004' and 295 more): "
        "There is no security profile 'Agnet'. 'jane': it is listed more than once. Nothing was changed."
    )
    faults = raised.value.details["problems"]
    assert [(fault["reason"], len(fault["usernames"])) for fault in faults] == [
        ("There is no security profile 'Agnet'.", 300),
        ("it is listed more than once.", 1),
    ]


def test_channels_need_a_botocore_that_has_them() -> None:
    with pytest.raises(InvalidInput, match=r"channels needs a newer botocore .*1\.42\.46"):
        check([NEW | {"channels": {"chat": {"auto_accept": True}}}], [], lacking=("channels",))


def test_a_look_alike_alone_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="'Jane' exists"):
        check([NEW], ["Jane"])
    check([NEW], ["jane", "Jane"])


def test_warnings_of_users_that_exist() -> None:
    messages = checks.warnings(["jane", "ann+x", "joe"], ["jane", "JANE", "ann+x"])
    assert "'jane' differs from 'JANE'" in messages[0]
    assert "'ann+x' exists, but cannot sign in" in messages[1]
    assert len(messages) == 2


def test_names_and_ids_lead_to_the_same() -> None:
    names = Names("routing profile", [("Basic", "1"), ("Sales", "2")])
    assert names.id("Basic") == names.id("1") == "1"
    assert names.name("1") == "Basic"
    assert names.name("9") == "9"
    with pytest.raises(NotFound, match="Did you mean 'Sales'"):
        names.id("sale")
    with pytest.raises(NotFound, match="The instance has Basic, Sales"):
        names.id("entirely different")


def test_what_is_wanted_becomes_canonical() -> None:
    directory = Directory(None, "")
    directory.security_profiles = Names("security profile", [("Agent", "1"), ("Admin", "2")])
    directory.routing_profiles = Names("routing profile", [("Basic", "3")])
    directory.hierarchy_groups = Paths("hierarchy group", [("Europe/Sales", "4")])
    agent = {
        **NEW,
        "security_profiles": ["1", "Agent", "Admin"],
        "routing_profile": "3",
        "hierarchy_group": "/Europe/Sales/",
        "tags": {"n": 1},
    }
    settings, problems = checks.canonical({**agent, "first_name": "Jose\u0301"}, directory)
    assert problems == []
    assert settings["security_profiles"] == ["Admin", "Agent"]
    assert settings["routing_profile"] == "Basic"
    assert settings["hierarchy_group"] == "Europe/Sales"
    assert settings["first_name"] == "Jos\u00e9"
    assert settings["tags"] == {"n": "1"}
    problems = checks.canonical({**NEW, "routing_profile": "Nowhere"}, directory)[1]
    assert [problem.username for problem in problems] == ["jane"]
    assert checks.canonical(NEW, DirectoryToBe())[1] == []


def test_one_path_of_two_groups_is_a_conflict_and_an_id_always_works() -> None:
    groups = Paths(
        "hierarchy group",
        [("Sales/EMEA", "top"), ("Sales", "sales"), ("Sales/EMEA", "below"), ("/Lead", "lead"), ("T/", "t")],
    )
    with pytest.raises(Conflict, match="2 hierarchy groups '/Sales/EMEA': below and top") as raised:
        groups.id("/Sales/EMEA")
    assert "Give the ID" in str(raised.value)
    assert [groups.id(reference) for reference in ("top", "below", "/Lead", "T/", "/Sales/")] == [
        "top",
        "below",
        "lead",
        "t",
        "sales",
    ]
    assert [groups.name(object_id) for object_id in ("top", "below", "lead", "t")] == ["top", "below", "/Lead", "T/"]


def test_an_ambiguous_reference_is_a_problem_of_the_agent() -> None:
    directory = DirectoryToBe()
    directory.hierarchy_groups = Paths("hierarchy group", [("Sales/EMEA", "1"), ("Sales/EMEA", "2")])
    (problem,) = checks.canonical(NEW | {"hierarchy_group": "Sales/EMEA"}, directory)[1]
    assert "1 and 2" in problem.reason
    settings, problems = checks.canonical(NEW | {"hierarchy_group": "2"}, directory)
    assert (settings["hierarchy_group"], problems) == ("2", [])


@pytest.mark.parametrize(
    ("group", "path"),
    [
        ({"LevelId": "0", "Name": "Any"}, None),
        ({"LevelId": "1", "Name": "Europe", "HierarchyPath": {"LevelOne": {"Name": "Europe"}}}, "Europe"),
        (
            {
                "LevelId": "2",
                "Name": "Sales",
                "HierarchyPath": {"LevelOne": {"Name": "Europe"}, "LevelTwo": {"Name": "Sales"}},
            },
            "Europe/Sales",
        ),
        ({"LevelId": "1", "Name": "Europe"}, "Europe"),
    ],
)
def test_hierarchy_paths(group: dict[str, t.Any], path: str | None) -> None:
    assert hierarchy_path(group) == path
