# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._connect import contact_digest
from ansible_collections.openccp.federation.plugins.module_utils._connect import user_plan as planning
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import Summary, User

NOW: t.Final = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
ACTUAL: t.Final[Settings] = {
    "username": "jane",
    "first_name": "Jane",
    "last_name": "Doe",
    "secondary_email": "jd@example.com",
    "mobile": "",
    "security_profiles": ["Agent"],
    "routing_profile": "Basic",
    "hierarchy_group": "Europe",
    "phone_type": "soft_phone",
    "desk_phone_number": "",
    "auto_accept": False,
    "after_contact_work_time_limit": 30,
    "persistent_connection": False,
    "channels": {"voice": {"auto_accept": False, "after_contact_work_time_limit": 30}},
    "tags": {"team": "x"},
}
SEARCHED: t.Final = {option: value for option, value in ACTUAL.items() if option not in ("secondary_email", "mobile")}


def existing(**settings: t.Any) -> User:
    return User("1", "arn", {**ACTUAL, **settings}, complete=True)


@pytest.mark.parametrize(
    ("desired", "steps"),
    [
        ({}, []),
        ({"first_name": "Jane", "security_profiles": ["Agent"], "routing_profile": "Basic"}, []),
        ({"first_name": "Joan"}, ["update_identity"]),
        ({"secondary_email": "x@example.com"}, ["update_identity", "tag"]),
        ({"secondary_email": "jd@example.com"}, []),
        ({"routing_profile": "Sales"}, ["update_routing_profile"]),
        ({"routing_profile": "Sales", "mobile": ""}, ["update_routing_profile", "tag"]),
        ({"hierarchy_group": ""}, ["update_hierarchy"]),
        ({"security_profiles": ["Admin", "Agent"]}, ["update_security_profiles"]),
        ({"after_contact_work_time_limit": 0, "auto_accept": True}, ["update_phone"]),
        ({"channels": {"voice": {"auto_accept": False}}}, []),
        ({"channels": {"voice": {"auto_accept": None}, "chat": None}}, []),
        ({"channels": {"chat": {"auto_accept": True}}}, ["update_channels"]),
        ({"tags": {"team": "x"}}, []),
        ({"tags": {"team": "y"}}, ["tag"]),
        ({"tags": {}}, ["untag"]),
        (
            {
                "first_name": "J",
                "routing_profile": "S",
                "hierarchy_group": "A",
                "security_profiles": ["B"],
                "auto_accept": True,
                "tags": {"a": "b"},
            },
            [
                "update_identity",
                "update_routing_profile",
                "update_hierarchy",
                "update_security_profiles",
                "update_phone",
                "tag",
                "untag",
            ],
        ),
    ],
)
def test_only_what_differs_is_a_step(desired: Settings, steps: list[str]) -> None:
    plan = planning.plan_agent({"username": "jane", **desired}, existing(), True, NOW)
    assert [step.operation for step in plan.steps] == steps
    assert {step.target for step in plan.steps} <= {"jane"}
    again = planning.plan_agent({"username": "jane", **desired}, User("1", "arn", plan.after, complete=True), True, NOW)
    assert again.steps == ()


def test_a_change_of_one_channel_sends_the_whole_list_and_only_that() -> None:
    plan = planning.plan_agent({"username": "jane", "channels": {"chat": {"auto_accept": True}}}, existing(), True, NOW)
    assert plan.steps[0].args["configs"] == {
        "AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": False}, {"Channel": "CHAT", "AutoAccept": True}]
    }


def test_a_new_agent_has_all_in_one_request() -> None:
    desired = {
        "username": "jane",
        "first_name": "Jane",
        "last_name": "Doe",
        "mobile": "+49301",
        "routing_profile": "R",
        "security_profiles": ["A"],
    }
    plan = planning.plan_agent(desired, None, True, NOW)
    assert [step.operation for step in plan.steps] == ["create"]
    args = plan.steps[0].args
    assert args["identity"] == {"FirstName": "Jane", "LastName": "Doe", "Mobile": "+49301"}
    assert args["phones"]["PhoneConfig"]["PhoneType"] == "SOFT_PHONE"
    assert contact_digest.vouches(args["tags"][contact_digest.MARK], "jane", desired, NOW)
    assert plan.after["tags"] == {}


def test_a_new_agent_with_channels_sends_no_phone_config() -> None:
    desired = {"username": "jane", "channels": {"voice": {"auto_accept": True}}}
    args = planning.plan_agent(desired, None, True, NOW).steps[0].args
    assert args["phones"] == {"AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": True}]}


@pytest.mark.parametrize(
    ("desired", "mark_of", "modified", "needed"),
    [
        pytest.param({"first_name": "Jane"}, None, NOW, False, id="as wanted"),
        pytest.param({"first_name": "Joan"}, None, NOW, True, id="seems to differ"),
        pytest.param({"tags": {}}, None, NOW, True, id="tags seem to differ"),
        pytest.param({"secondary_email": "jd@example.com"}, None, NOW, True, id="contact details without a mark"),
        pytest.param({"secondary_email": "jd@example.com"}, "jd@example.com", NOW, False, id="marked"),
        pytest.param({"secondary_email": "jd@example.com"}, "x@example.com", NOW, True, id="marked otherwise"),
        pytest.param(
            {"secondary_email": "jd@example.com"},
            "jd@example.com",
            NOW + dt.timedelta(hours=1),
            True,
            id="modified since",
        ),
    ],
)
def test_who_has_to_be_read_whole(desired: Settings, mark_of: str | None, modified: dt.datetime, needed: bool) -> None:
    mark = contact_digest.mark("jane", {"secondary_email": mark_of}, NOW) if mark_of else None
    user = User("1", "arn", dict(SEARCHED), complete=False, mark=mark)
    assert (
        planning.needs_reading({"username": "jane", **desired}, user, Summary("1", "arn", modified), True, NOW)
        is needed
    )


LONG_AGO: t.Final = NOW - dt.timedelta(hours=1)
BOTH: t.Final = {"secondary_email": "jd@example.com", "mobile": ""}


@pytest.mark.parametrize(
    ("desired", "modified", "needed"),
    [
        pytest.param({"routing_profile": "Other"}, LONG_AGO, False, id="the search has caught up"),
        pytest.param({"routing_profile": "Other"}, NOW - planning.SEARCH_LAG / 2, True, id="modified lately"),
        pytest.param({"tags": {"new": "tag"}}, LONG_AGO, False, id="a tag"),
        pytest.param({"person_id": "1"}, LONG_AGO, False, id="an object id"),
        pytest.param({"first_name": "Joan"}, LONG_AGO, True, id="names go with contact details"),
        pytest.param({"channels": {"chat": {"auto_accept": True}}}, LONG_AGO, True, id="units are unsure"),
        pytest.param({"routing_profile": "Other", **BOTH}, LONG_AGO, False, id="all contact details are vouched for"),
        pytest.param({"routing_profile": "Other", "mobile": ""}, LONG_AGO, True, id="the mark would lose one"),
    ],
)
def test_who_is_changed_on_the_word_of_the_search(desired: Settings, modified: dt.datetime, needed: bool) -> None:
    mark = contact_digest.mark("jane", BOTH, NOW)
    user = User("1", "arn", {**SEARCHED, "person_id": ""}, complete=False, mark=mark)
    assert (
        planning.needs_reading({"username": "jane", **desired}, user, Summary("1", "arn", modified), False, NOW)
        is needed
    )


def test_the_mark_of_a_user_who_was_not_read_holds_what_was_vouched_for() -> None:
    user = User("1", "arn", {**SEARCHED, "person_id": ""}, complete=False, mark=contact_digest.mark("jane", BOTH, NOW))
    plan = planning.plan_agent({"username": "jane", "routing_profile": "Other", **BOTH}, user, False, NOW)
    assert [step.operation for step in plan.steps] == ["update_routing_profile", "tag"]
    assert contact_digest.vouches(plan.steps[1].args["tags"][contact_digest.MARK], "jane", BOTH, NOW)


def test_the_mark_of_who_made_an_agent_is_never_purged() -> None:
    current = {"managed-by": "openccp.federation", "old": "x"}
    to_set, to_remove, after = planning.tags_after({"tags": {"team": "a"}}, current, True)
    assert (to_set, to_remove) == ({"team": "a"}, ["old"])
    assert after == {"managed-by": "openccp.federation", "team": "a"}
    assert planning.tags_after({"tags": {"managed-by": "me"}}, current, True)[0] == {"managed-by": "me"}


def test_a_new_agent_bears_mark_and_object_id() -> None:
    desired = {"username": "jane", "person_id": "1", "tags": {"team": "a"}}
    plan = planning.plan_agent(desired, None, True, NOW, own=True)
    assert plan.steps[0].args["tags"] == {
        "team": "a",
        "managed-by": "openccp.federation",
        "openccp.federation/entra-id": "1",
    }
    assert plan.after["tags"] == {"team": "a", "managed-by": "openccp.federation"}


def test_a_removal() -> None:
    assert planning.plan_removal(None).steps == ()
    plan = planning.plan_removal(existing())
    assert [step.text for step in plan.steps] == ["Delete the agent 'jane'"]
    assert plan.after == {}
