# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect import agent_attributes
from ansible_collections.openccp.federation.plugins.module_utils._connect import user_shape as shape
from ansible_collections.openccp.federation.plugins.module_utils._connect.directory import DirectoryToBe

CHANNELS: t.Final = {
    "voice": {
        "auto_accept": True,
        "agent_first_callback_auto_accept": False,
        "after_contact_work_time_limit": 30,
        "agent_first_callback_after_contact_work_time_limit": 40,
        "phone_type": "desk_phone",
        "phone_number": "+4930123456",
        "persistent_connection": True,
        "voice_enhancement_mode": "noise_suppression",
    },
    "chat": {"auto_accept": False, "after_contact_work_time_limit": 0},
}


def user(**members: t.Any) -> dict[str, t.Any]:
    return {
        "Id": "1",
        "Arn": "arn",
        "Username": "jane",
        "SecurityProfileIds": ["b", "a"],
        "RoutingProfileId": "r",
        **members,
    }


def seen(answer: dict[str, t.Any]) -> shape.Settings:
    return shape.user_of_search(answer, DirectoryToBe(), resolve_hierarchy=True).settings


def test_channels_there_and_back() -> None:
    configs = shape.channel_configs(CHANNELS)
    assert configs["PhoneNumberConfigs"] == [
        {"Channel": "VOICE", "PhoneType": "DESK_PHONE", "PhoneNumber": "+4930123456"}
    ]
    assert configs["AfterContactWorkConfigs"][0] == {
        "Channel": "VOICE",
        "AfterContactWorkConfig": {"AfterContactWorkTimeLimit": 30},
        "AgentFirstCallbackAfterContactWorkConfig": {"AfterContactWorkTimeLimit": 40},
    }
    assert shape.channels_of(configs) == CHANNELS
    assert set(shape.channel_configs(CHANNELS, {"AutoAcceptConfigs"})) == {"AutoAcceptConfigs"}


@pytest.mark.parametrize(
    ("phone", "voice", "seconds"),
    [
        pytest.param(30_000, 30_000, 30, id="both in milliseconds"),
        pytest.param(30_000, 30, 30, id="per channel in seconds"),
        pytest.param(0, 0, 0, id="no limit"),
        pytest.param(None, 45_000, 45, id="nothing to hold it against"),
    ],
)
def test_a_search_tells_milliseconds(phone: int | None, voice: int, seconds: int) -> None:
    config = {} if phone is None else {"PhoneType": "SOFT_PHONE", "AfterContactWorkTimeLimit": phone}
    entry = {"Channel": "VOICE", "AfterContactWorkConfig": {"AfterContactWorkTimeLimit": voice}}
    settings = seen(user(PhoneConfig=config, AfterContactWorkConfigs=[entry]))
    assert settings["channels"]["voice"]["after_contact_work_time_limit"] == seconds
    assert settings["after_contact_work_time_limit"] == (phone or 0) // 1000


def test_a_description_tells_seconds() -> None:
    described = shape.user_of(
        user(PhoneConfig={"AfterContactWorkTimeLimit": 30}), DirectoryToBe(), resolve_hierarchy=True
    )
    assert described.settings["after_contact_work_time_limit"] == 30
    assert described.complete


def test_a_search_knows_no_contact_details_and_hides_the_mark() -> None:
    tags = {shape.MARK: "m", "team": "x", "aws:cloudformation:stack-name": "s"}
    agent = shape.user_of_search(user(Tags=tags), DirectoryToBe(), resolve_hierarchy=True)
    assert "secondary_email" not in agent.settings
    assert agent.settings["tags"] == {"team": "x"}
    assert agent.mark == "m"
    assert agent.settings["security_profiles"] == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "info"),
    [
        (
            {"first_name": "Jane", "last_name": "Doe", "mobile": "", "secondary_email": None},
            {"FirstName": "Jane", "LastName": "Doe"},
        ),
        ({"first_name": "J", "last_name": "D", "email": "never@example.com"}, {"FirstName": "J", "LastName": "D"}),
    ],
)
def test_identity_is_sent_whole_and_never_with_email(settings: shape.Settings, info: dict[str, str]) -> None:
    assert shape.identity_info(settings) == info


def test_phone_settings_are_sent_whole() -> None:
    assert shape.phone_config({"persistent_connection": False}, ()) == {"PhoneType": "SOFT_PHONE"}
    assert shape.phone_config({"phone_type": "desk_phone", "desk_phone_number": "+49", "auto_accept": False}, ()) == {
        "PhoneType": "DESK_PHONE",
        "DeskPhoneNumber": "+49",
        "AutoAccept": False,
    }
    off = shape.phone_config({"persistent_connection": False}, {"persistent_connection"})
    assert off == {"PhoneType": "SOFT_PHONE", "PersistentConnection": False}


def test_text_is_composed() -> None:
    assert agent_attributes.text("Jose\u0301") == "Jos\u00e9"
