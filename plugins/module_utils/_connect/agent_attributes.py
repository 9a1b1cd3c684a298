# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The attributes of an agent, a row each.

From these tables follow the options of the modules, the columns of files, what is read, compared and sent, and what a
test holds against the members of CreateUser. Pure.
"""

from __future__ import annotations

import typing as t
import unicodedata
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._attributes import TEXT, Attr, Settings, options_of

_FLAG: t.Final[dict[str, t.Any]] = {"type": "bool"}
_LIMIT: t.Final[dict[str, t.Any]] = {"type": "int"}
_PHONE_TYPE: t.Final[dict[str, t.Any]] = {"type": "str", "choices": ["soft_phone", "desk_phone"]}
_ENHANCEMENT: t.Final[dict[str, t.Any]] = {"type": "str", "choices": ["voice_isolation", "noise_suppression", "none"]}


def text(value: str | None) -> str:
    """Composed characters, as Amazon Connect demands; nothing is the same as an empty text."""
    return unicodedata.normalize("NFC", value or "")


def lower(value: str | None) -> str | None:
    """The API's enumerations in the options' spelling."""
    return value.lower() if value else None


def _seconds(limit: int | None) -> int:
    return limit or 0


@dataclass(frozen=True)
class ChannelAttr:
    """One setting of a channel: the option, the API's list that holds it, and where in an entry of that list."""

    option: str
    configs: str
    path: tuple[str, ...]
    spec: t.Mapping[str, t.Any] = field(default_factory=lambda: _FLAG)
    voice_only: bool = False
    required_in_entry: bool = False

    @property
    def is_enumerated(self) -> bool:
        """Whether the API has a fixed set of values, which it writes in capitals."""
        return "choices" in self.spec


CHANNEL_NAMES: t.Final = ("voice", "chat", "task", "email")
CHANNELS: t.Final = (
    ChannelAttr("auto_accept", "AutoAcceptConfigs", ("AutoAccept",), required_in_entry=True),
    ChannelAttr("agent_first_callback_auto_accept", "AutoAcceptConfigs", ("AgentFirstCallbackAutoAccept",)),
    ChannelAttr(
        "after_contact_work_time_limit",
        "AfterContactWorkConfigs",
        ("AfterContactWorkConfig", "AfterContactWorkTimeLimit"),
        _LIMIT,
        required_in_entry=True,
    ),
    ChannelAttr(
        "agent_first_callback_after_contact_work_time_limit",
        "AfterContactWorkConfigs",
        ("AgentFirstCallbackAfterContactWorkConfig", "AfterContactWorkTimeLimit"),
        _LIMIT,
    ),
    ChannelAttr(
        "phone_type", "PhoneNumberConfigs", ("PhoneType",), _PHONE_TYPE, voice_only=True, required_in_entry=True
    ),
    ChannelAttr("phone_number", "PhoneNumberConfigs", ("PhoneNumber",), TEXT, voice_only=True),
    ChannelAttr(
        "persistent_connection",
        "PersistentConnectionConfigs",
        ("PersistentConnection",),
        voice_only=True,
        required_in_entry=True,
    ),
    ChannelAttr(
        "voice_enhancement_mode",
        "VoiceEnhancementConfigs",
        ("VoiceEnhancementMode",),
        _ENHANCEMENT,
        voice_only=True,
        required_in_entry=True,
    ),
)


def _channel_options(channel: str) -> dict[str, t.Any]:
    return {attr.option: attr.spec for attr in CHANNELS if channel == "voice" or not attr.voice_only}


_CHANNELS: t.Final[dict[str, t.Any]] = {
    "type": "dict",
    "options": {channel: {"type": "dict", "options": _channel_options(channel)} for channel in CHANNEL_NAMES},
}


@dataclass(frozen=True)
class AgentAttr(Attr):
    """One attribute of an agent. The option is also the column of a file.

    console: what its column is called in the console's template for files, by how that begins. is_contact: a detail
    that SearchUsers does not tell. is_refused: an option that is there to be refused with its reason.
    """

    console: tuple[str, ...] = ()
    is_contact: bool = False
    is_refused: bool = False


def merged_channels(
    current: t.Mapping[str, Settings] | None, desired: t.Mapping[str, Settings | None] | None
) -> dict[str, Settings]:
    """The settings by channel as they are to be; what is not given stays."""
    merged = {channel: dict(settings) for channel, settings in (current or {}).items()}
    for channel, settings in (desired or {}).items():
        options = {option: value for option, value in (settings or {}).items() if value is not None}
        if options:
            merged[channel] = merged.get(channel, {}) | options
    return merged


def _person_after(current: str, desired: str) -> str:
    return desired or current


ATTRIBUTES: t.Final = (
    AgentAttr("username", "Username", {"type": "str", "required": True}, console=("user login",)),
    AgentAttr("first_name", "IdentityInfo.FirstName", normalize=text, console=("first name",)),
    AgentAttr("last_name", "IdentityInfo.LastName", normalize=text, console=("last name",)),
    AgentAttr("email", "IdentityInfo.Email", console=("email address",), is_refused=True),
    AgentAttr(
        "secondary_email",
        "IdentityInfo.SecondaryEmail",
        normalize=text,
        initial="",
        console=("secondary email",),
        is_contact=True,
    ),
    AgentAttr("mobile", "IdentityInfo.Mobile", normalize=text, initial="", console=("mobile",), is_contact=True),
    AgentAttr(
        "security_profiles",
        "SecurityProfileIds",
        {"type": "list", "elements": "str"},
        console=("security_profile", "security profile"),
    ),
    AgentAttr("routing_profile", "RoutingProfileId", console=("routing profile",)),
    AgentAttr("hierarchy_group", "HierarchyGroupId", initial="", console=("user hierarchy", "userhierarchy")),
    AgentAttr("phone_type", "PhoneConfig.PhoneType", _PHONE_TYPE, lower, "soft_phone", console=("phone type",)),
    AgentAttr(
        "desk_phone_number", "PhoneConfig.DeskPhoneNumber", normalize=text, initial="", console=("phone number",)
    ),
    AgentAttr("auto_accept", "PhoneConfig.AutoAccept", _FLAG, bool, initial=False, console=("soft phone auto accept",)),
    AgentAttr(
        "after_contact_work_time_limit",
        "PhoneConfig.AfterContactWorkTimeLimit",
        _LIMIT,
        _seconds,
        initial=0,
        console=("acw timeout",),
    ),
    AgentAttr("persistent_connection", "PhoneConfig.PersistentConnection", _FLAG, bool, initial=False),
    AgentAttr("channels", spec=_CHANNELS, settle=merged_channels),
    AgentAttr("person_id", initial="", settle=_person_after),
    AgentAttr("tags", "Tags", {"type": "dict", "aliases": ["resource_tags"]}, console=("tags",)),
)


def _members_of(structure: str) -> tuple[AgentAttr, ...]:
    return tuple(attr for attr in ATTRIBUTES if attr.member.startswith(f"{structure}.") and not attr.is_refused)


IDENTITY: t.Final = _members_of("IdentityInfo")
PHONE: t.Final = _members_of("PhoneConfig")
#: What is compared by value: all but the name, which is the identity, and the tags, which are kept or purged.
COMPARED: t.Final = tuple(attr for attr in ATTRIBUTES if attr.option not in ("username", "tags"))
CONTACT: t.Final = tuple(attr.option for attr in ATTRIBUTES if attr.is_contact)
#: The attributes that are free text, which Amazon Connect takes with composed characters only.
TEXTS: t.Final = tuple(attr.option for attr in ATTRIBUTES if attr.normalize is text and not attr.is_refused)
#: What an agent has for whom no more is given.
INITIAL: t.Final = {attr.option: attr.initial for attr in ATTRIBUTES if attr.initial is not None}
#: The options of one agent, in `connect_user` and in each element of `connect_users`.
AGENT_OPTIONS: t.Final = options_of(ATTRIBUTES)
