# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""From an agent as it is to the agent as desired: one step an aspect, and only what differs. Pure."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings, differences
from ansible_collections.openccp.federation.plugins.module_utils._connect import contact_digest
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import (
    COMPARED,
    CONTACT,
    IDENTITY,
    INITIAL,
    PHONE,
    merged_channels,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import (
    OWNER,
    PERSON_ID,
    Summary,
    User,
    channel_configs,
    identity_info,
    phone_config,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import ConnectUsers
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, tag_changes, tag_steps

_IDENTITY_OPTIONS: t.Final = tuple(attr.option for attr in IDENTITY)
_PHONE_OPTIONS: t.Final = tuple(attr.option for attr in PHONE)
_PROFILE_OPTIONS: t.Final = ("security_profiles", "routing_profile", "hierarchy_group")
_OPTIONS: t.Final = (*_IDENTITY_OPTIONS, *_PROFILE_OPTIONS, *_PHONE_OPTIONS)
#: After this time SearchUsers shows a change for sure. AWS speaks of "several minutes" at the worst.
SEARCH_LAG: t.Final = dt.timedelta(minutes=15)


def manages_contact(desired: Settings) -> bool:
    """Whether details are managed that SearchUsers does not tell."""
    return any(desired.get(option) is not None for option in CONTACT)


def needs_reading(desired: Settings, user: User, listed: Summary, purge_tags: bool, now: dt.datetime) -> bool:
    """Whether a user from SearchUsers has to be read whole before anything is decided.

    So is each whose contact details its mark does not vouch for, and each that differs, when it was modified so lately
    that the search may lag behind, or when the change replaces what the search does not tell (names go with contact
    details; channels' units are unsure).
    """
    if manages_contact(desired) and not contact_digest.vouches(user.mark, user.username, desired, listed.modified):
        return True
    changes = differences(COMPARED, desired, user.settings)
    if not changes and tags_after(desired, user.settings["tags"], purge_tags)[2] == user.settings["tags"]:
        return False
    lately = listed.modified is None or now - listed.modified < SEARCH_LAG
    unsure = any(option in changes for option in (*_IDENTITY_OPTIONS, "channels"))
    return lately or unsure or (manages_contact(desired) and any(desired.get(option) is None for option in CONTACT))


def tags_after(
    desired: Settings, current: t.Mapping[str, str], purge_tags: bool
) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Tags to set, keys to remove and the tags afterwards; the mark of who made the agent always stays."""
    tags = desired.get("tags")
    key = OWNER[0]
    if tags is not None and key in current and key not in tags:
        tags = {**tags, key: current[key]}
    return tag_changes(current, tags, purge_tags)


def plan_agent(
    desired: Settings, actual: User | None, purge_tags: bool, now: dt.datetime, *, own: bool = False
) -> Plan[ConnectUsers]:
    """One agent: create it, or change each aspect that differs.

    own: a new one carries the mark of `connect_users`, and one of its own that had to be read whole gets its mark
    again, so that it need not be read again.
    """
    return _plan_create(desired, now, own) if actual is None else _plan_update(desired, actual, purge_tags, now, own)


def plan_removal(actual: User | None) -> Plan[ConnectUsers]:
    """One agent less."""
    if actual is None:
        return Plan()
    name = actual.username
    step = Step(ConnectUsers.delete, f"Delete the agent {name!r}", user_id=actual.id, username=name)
    return Plan(actual.settings, {}, (step.about(target=name),))


def _plan_create(desired: Settings, now: dt.datetime, own: bool) -> Plan[ConnectUsers]:
    name = desired["username"]
    settings = {option: desired[option] for option in _OPTIONS if desired.get(option) is not None}
    channels = merged_channels(None, desired.get("channels"))
    standing = {option: value for option, value in INITIAL.items() if not (channels and option in _PHONE_OPTIONS)}
    after = {"username": name, **standing, **settings, "channels": channels, "tags": dict(desired.get("tags") or {})}
    if own:
        after["tags"] = {**after["tags"], OWNER[0]: OWNER[1]}
    if desired.get("person_id"):
        after["person_id"] = desired["person_id"]
    tags = dict(after["tags"]) | ({PERSON_ID: after["person_id"]} if after["person_id"] else {})
    if manages_contact(desired):
        tags[contact_digest.MARK] = contact_digest.mark(name, after, now)
    phones: Settings = channel_configs(channels) if channels else {"PhoneConfig": phone_config(after, settings)}
    step = Step(
        ConnectUsers.create,
        f"Create the agent {name!r}",
        agent=after,
        identity=identity_info(after),
        phones=phones,
        tags=tags,
    )
    return Plan({}, after, (step.about(target=name),))


def _plan_update(desired: Settings, actual: User, purge_tags: bool, now: dt.datetime, own: bool) -> Plan[ConnectUsers]:
    changes = differences(COMPARED, desired, actual.settings)
    to_set, to_remove, tags = tags_after(desired, actual.settings["tags"], purge_tags)
    stale = own and actual.is_managed and _is_unvouched(desired, actual)
    if not (changes or to_set or to_remove or stale):
        return Plan(actual.settings, actual.settings)
    vouched = (
        {} if actual.complete else {option: desired[option] for option in CONTACT if desired.get(option) is not None}
    )
    before = actual.settings | vouched
    after = before | changes | {"tags": tags}
    steps = _aspects(actual, changes, after)
    to_set = dict(to_set) | ({PERSON_ID: after["person_id"]} if "person_id" in changes else {})
    if (steps or to_set or to_remove or stale) and manages_contact(desired):
        to_set[contact_digest.MARK] = contact_digest.mark(actual.username, after, now)
    steps.extend(_tag_steps(actual, to_set, to_remove))
    return Plan(before, after, tuple(steps))


def _is_unvouched(desired: Settings, actual: User) -> bool:
    """Whether it took a request for this user alone to see that its contact details are right."""
    return (
        actual.complete
        and manages_contact(desired)
        and not contact_digest.vouches(actual.mark, actual.username, desired, actual.modified)
    )


def _aspects(actual: User, changes: Settings, after: Settings) -> list[Step[ConnectUsers]]:
    who, name = actual.username, repr(actual.username)
    steps: list[Step[ConnectUsers]] = []
    identity = [option for option in _IDENTITY_OPTIONS if option in changes]
    if identity:
        text = f"Update {_words(identity)} of the agent {name}"
        steps.append(
            Step(ConnectUsers.update_identity, text, user_id=actual.id, username=who, identity=identity_info(after))
        )
    if "routing_profile" in changes:
        profile = after["routing_profile"]
        text = f"Set the routing profile of the agent {name} to {profile!r}"
        steps.append(
            Step(ConnectUsers.update_routing_profile, text, user_id=actual.id, username=who, routing_profile=profile)
        )
    if "hierarchy_group" in changes:
        group = after["hierarchy_group"]
        text = f"Remove the agent {name} from the agent hierarchy"
        if group:
            text = f"Move the agent {name} to the hierarchy group {group!r}"
        steps.append(Step(ConnectUsers.update_hierarchy, text, user_id=actual.id, username=who, hierarchy_group=group))
    if "security_profiles" in changes:
        profiles = after["security_profiles"]
        text = f"Set the security profiles of the agent {name} to {', '.join(map(repr, profiles))}"
        steps.append(
            Step(
                ConnectUsers.update_security_profiles, text, user_id=actual.id, username=who, security_profiles=profiles
            )
        )
    steps += _voice_and_channels(actual, changes, after)
    return [step.about(target=who) for step in steps]


def _voice_and_channels(actual: User, changes: Settings, after: Settings) -> list[Step[ConnectUsers]]:
    who, name = actual.username, repr(actual.username)
    steps: list[Step[ConnectUsers]] = []
    phone = [option for option in _PHONE_OPTIONS if option in changes]
    if phone:
        text = f"Update {_words(phone)} of the agent {name}"
        config = phone_config(after, changes)
        steps.append(Step(ConnectUsers.update_phone, text, user_id=actual.id, username=who, phone_config=config))
    if "channels" in changes:
        changed = _changed_lists(actual.settings.get("channels") or {}, after["channels"])
        text = f"Update the channel settings of the agent {name}"
        configs = channel_configs(after["channels"], changed)
        steps.append(Step(ConnectUsers.update_channels, text, user_id=actual.id, username=who, configs=configs))
    return steps


def _tag_steps(actual: User, to_set: t.Mapping[str, str], to_remove: list[str]) -> list[Step[ConnectUsers]]:
    who = actual.username
    tag, untag = ConnectUsers.tag, ConnectUsers.untag
    args = {"user_arn": actual.arn, "username": who}
    steps = tag_steps(f"the agent {who!r}", to_set, to_remove, tag=tag, untag=untag, **args)
    return [step.about(target=who) for step in steps]


def _changed_lists(before: t.Mapping[str, Settings], after: t.Mapping[str, Settings]) -> set[str]:
    old, new = channel_configs(before), channel_configs(after)
    return {name for name, entries in new.items() if entries != old.get(name)}


def _words(options: t.Iterable[str]) -> str:
    return ", ".join(option.replace("_", " ") for option in options)
