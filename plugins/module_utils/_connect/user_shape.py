# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""A Connect user in the options' words and in the API's. Pure.

Settings are a dictionary in option names: what a user takes in `connect_users`, and what is compared. Profiles and
hierarchy groups are names; every time limit is in seconds.
"""

from __future__ import annotations

import datetime as dt
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import MANAGED_BY, OURS
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import (
    CHANNELS,
    IDENTITY,
    PHONE,
    lower,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.contact_digest import MARK
from ansible_collections.openccp.federation.plugins.module_utils._plan import unordered

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._connect.directory import Directory

#: The tag with the object id of the person in Entra, by which a rename is recognised.
PERSON_ID: t.Final = "openccp.federation/entra-id"
#: The tag of an agent that `connect_users` made, and may therefore take away.
OWNER: t.Final = (MANAGED_BY, OURS)


def object_id(value: str) -> str:
    """The object id of a person in Entra, in which letters' case means nothing."""
    return value.strip().lower()


@dataclass(frozen=True)
class User:
    """A user as it is. complete: whether contact details and modification time are known, which SearchUsers does not
    tell.
    """

    id: str
    arn: str
    settings: Settings
    complete: bool
    mark: str | None = None
    modified: dt.datetime | None = None

    @property
    def username(self) -> str:
        """The name, exact in case."""
        return str(self.settings["username"])

    @property
    def is_managed(self) -> bool:
        """Whether `connect_users` made it."""
        return bool(self.settings["tags"].get(OWNER[0]) == OWNER[1])


@dataclass(frozen=True)
class Summary:
    """A user as ListUsers shows it."""

    id: str
    arn: str
    modified: dt.datetime | None = field(default=None)


def user_of(described: t.Mapping[str, t.Any], directory: Directory, *, resolve_hierarchy: bool) -> User:
    """A user as DescribeUser returns it. resolve_hierarchy: show the hierarchy group by its path and not by its id."""
    return _user(described, directory, resolve_hierarchy, complete=True)


def user_of_search(record: t.Mapping[str, t.Any], directory: Directory, *, resolve_hierarchy: bool) -> User:
    """A user as SearchUsers returns it: without contact details, and with time limits in milliseconds."""
    phone = dict(record.get("PhoneConfig") or {})
    limit = phone.get("AfterContactWorkTimeLimit")
    per_channel = record.get("AfterContactWorkConfigs") or []
    if limit:
        phone["AfterContactWorkTimeLimit"] = limit // 1000
    if not _in_seconds(per_channel, limit):
        per_channel = [_from_milliseconds(entry) for entry in per_channel]
    return _user(
        {**record, "PhoneConfig": phone, "AfterContactWorkConfigs": per_channel},
        directory,
        resolve_hierarchy,
        complete=False,
    )


def _in_seconds(entries: t.Iterable[t.Mapping[str, t.Any]], phone_milliseconds: int | None) -> bool:
    """Whether per-channel limits are in seconds: AWS documents milliseconds of PhoneConfig alone, so the voice entry is
    held against it.

    A wrong guess costs a DescribeUser, nothing else: no user is changed on the word of SearchUsers.
    """
    voice = [
        entry.get("AfterContactWorkConfig", {}).get("AfterContactWorkTimeLimit")
        for entry in entries
        if entry.get("Channel") == "VOICE"
    ]
    return bool(phone_milliseconds and voice and voice[0] and voice[0] * 1000 == phone_milliseconds)


def _from_milliseconds(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        key: {"AfterContactWorkTimeLimit": value.get("AfterContactWorkTimeLimit", 0) // 1000}
        if isinstance(value, dict)
        else value
        for key, value in entry.items()
    }


def _user(user: t.Mapping[str, t.Any], directory: Directory, resolve_hierarchy: bool, complete: bool) -> User:
    tags = {
        key: value for key, value in (user.get("Tags") or {}).items() if not key.startswith("aws:")
    }  # those are AWS's own to change
    group = user.get("HierarchyGroupId") or ""
    mark, person_id = tags.pop(MARK, None), object_id(tags.pop(PERSON_ID, ""))
    settings: Settings = {
        "username": user["Username"],
        **{attr.option: attr.read(user) for attr in IDENTITY if complete or not attr.is_contact},
        "security_profiles": unordered(
            directory.security_profiles.name(profile) for profile in user.get("SecurityProfileIds") or ()
        ),
        "routing_profile": directory.routing_profiles.name(user.get("RoutingProfileId") or ""),
        "hierarchy_group": directory.hierarchy_groups.name(group) if group and resolve_hierarchy else group,
        **{attr.option: attr.read(user) for attr in PHONE},
        "channels": channels_of(user),
        "person_id": person_id,
        "tags": tags,
    }
    return User(user["Id"], user["Arn"], settings, complete, mark, user.get("LastModifiedTime"))


def exported(user: User, lacking: t.Collection[str] = ()) -> Settings:
    """A user in the shape that `connect_users` takes: settings by channel where they are known, else those of all
    channels.

    lacking: the options that the installed botocore does not know, and so cannot have read.
    """
    left_out = {attr.option for attr in PHONE} if user.settings["channels"] else {"channels"}
    left_out |= set(lacking)
    return {option: value for option, value in user.settings.items() if option not in left_out}


def channels_of(user: t.Mapping[str, t.Any]) -> dict[str, Settings]:
    """The settings by channel."""
    channels: dict[str, Settings] = {}
    for attr in CHANNELS:
        for entry in user.get(attr.configs) or ():
            value = entry
            for key in attr.path:
                value = (value or {}).get(key)
            if value is not None:
                setting = lower(value) if attr.is_enumerated else value
                channels.setdefault(entry["Channel"].lower(), {})[attr.option] = setting
    return channels


def channel_configs(
    channels: t.Mapping[str, Settings], lists: t.Container[str] | None = None
) -> dict[str, list[dict[str, t.Any]]]:
    """The API's lists that hold these settings. lists: only these of them."""
    configs: dict[str, dict[str, dict[str, t.Any]]] = {}
    for channel, settings in channels.items():
        for attr in CHANNELS:
            value = settings.get(attr.option)
            if value is None or (lists is not None and attr.configs not in lists):
                continue
            entry = configs.setdefault(attr.configs, {}).setdefault(channel, {"Channel": channel.upper()})
            for key in attr.path[:-1]:
                entry = entry.setdefault(key, {})
            entry[attr.path[-1]] = value.upper() if attr.is_enumerated else value
    return {name: list(entries.values()) for name, entries in configs.items()}


def identity_info(settings: Settings) -> dict[str, str]:
    """IdentityInfo, whole: the API replaces all of it. Email is never part of it on a SAML instance."""
    return {attr.api: settings[attr.option] for attr in IDENTITY if settings.get(attr.option)}


def phone_config(settings: Settings, options: t.Container[str]) -> dict[str, t.Any]:
    """PhoneConfig, whole: the API replaces all of it.

    given: the options that the task sets; an older botocore does not have PersistentConnection, so it is not sent for
    its default alone.
    """
    config = {attr.api: settings[attr.option] for attr in PHONE if settings.get(attr.option) not in (None, "")}
    if not settings.get("persistent_connection") and "persistent_connection" not in options:
        config.pop("PersistentConnection", None)
    return config | {"PhoneType": config.get("PhoneType", "soft_phone").upper()}
