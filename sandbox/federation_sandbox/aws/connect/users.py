# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Agents. As in Amazon Connect, each call changes one aspect of one agent (facts/aws.md 1.5)."""

from __future__ import annotations

import datetime as dt
import typing as t

from federation_sandbox.aws import tags
from federation_sandbox.aws.accounts import Accounts
from federation_sandbox.aws.connect import user_rules as rules
from federation_sandbox.aws.connect.store import (
    Instance,
    Item,
    active_instance,
    connect_error,
    modified,
    new_id,
    reading_lag,
    require,
)
from federation_sandbox.aws.paging import page
from federation_sandbox.aws.protocol import Context, Params

CHANNELS: t.Final = ("VOICE", "CHAT", "TASK", "EMAIL")
_MOST_PROFICIENCIES: t.Final = 10


def create_user(at: Context, wanted: Params) -> Item:
    """Create an agent. Lists and searches return it once they have caught up."""
    instance = active_instance(at, wanted)
    rules.check_new(instance, wanted)
    if wanted["Username"] in instance.usernames:
        raise connect_error("DuplicateResourceException", f"The user name {wanted['Username']} is already in use.")
    most = at.world.state(Accounts).quotas_of(at.account).users
    if len(instance.usernames) >= most:
        raise connect_error("LimitExceededException", f"The quota of {most} users for the instance is reached.")
    user = build(instance, wanted, at.world.clock.now())
    instance.users.put(user["Id"], user)
    instance.usernames[user["Username"]] = user["Id"]
    return {"UserId": user["Id"], "UserArn": user["Arn"]}


def build(instance: Instance, wanted: Params, now: dt.datetime) -> Item:
    """An agent in the shape of DescribeUser, with the proficiencies, which DescribeUser does not return."""
    user_id = new_id()
    user: Item = {
        "Id": user_id,
        "Arn": instance.arn_of("agent", user_id),
        "Username": wanted["Username"],
        "IdentityInfo": wanted.get("IdentityInfo") or {},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0},
        "SecurityProfileIds": wanted["SecurityProfileIds"],
        "RoutingProfileId": wanted["RoutingProfileId"],
        "Tags": tags.connect_tags({}, wanted.get("Tags") or {}),
        "Proficiencies": [],
        "LastModifiedTime": now,
        "LastModifiedRegion": instance.region,
    }
    for member in ("HierarchyGroupId", "DirectoryUserId"):
        if wanted.get(member):
            user[member] = wanted[member]
    user = _with_configs(user, wanted)
    return _with_phone(user, wanted["PhoneConfig"]) if wanted.get("PhoneConfig") else user


def describe_user(at: Context, wanted: Params) -> Item:
    """One agent as reads return it now."""
    user = _seen(at, active_instance(at, wanted), wanted)
    return {"User": {name: value for name, value in user.items() if value not in ({}, [])}}


def list_users(at: Context, wanted: Params) -> Item:
    """Username, ID and time of the last change of every agent."""
    instance = active_instance(at, wanted)
    users = instance.users.peek_all(reading_lag(at.world))
    items, more = page(at, wanted, users, 100)
    return {"UserSummaryList": items, **more}


def delete_user(at: Context, wanted: Params) -> None:
    """Delete an agent. Quick connects to the agent remain."""
    instance = active_instance(at, wanted)
    user = latest(instance, wanted["UserId"])
    instance.users.delete(user["Id"])
    del instance.usernames[user["Username"]]


def update_user_identity_info(at: Context, wanted: Params) -> None:
    """Replace the identity. What the request omits is removed."""
    instance, identity = active_instance(at, wanted), wanted["IdentityInfo"]
    rules.check_identity(instance, identity)
    if instance.identity_management_type != "EXISTING_DIRECTORY" and not (
        identity.get("FirstName") and identity.get("LastName")
    ):
        raise connect_error("InvalidParameterException", "FirstName and LastName are required.")
    kept = {} if at.world.settings.identity_updates_clear else latest(instance, wanted["UserId"])["IdentityInfo"]
    _change(at, instance, wanted, {"IdentityInfo": {**kept, **identity}})


def update_user_phone_config(at: Context, wanted: Params) -> None:
    """Set the phone settings in the old form, with the same after contact work for every channel."""
    instance = active_instance(at, wanted)
    rules.check_phone(wanted["PhoneConfig"])
    _change(at, instance, wanted, _with_phone(latest(instance, wanted["UserId"]), wanted["PhoneConfig"]))


def update_user_config(at: Context, wanted: Params) -> None:
    """Replace the lists of settings by channel that the request contains."""
    instance = active_instance(at, wanted)
    rules.check_configs(wanted)
    _change(at, instance, wanted, _with_configs(latest(instance, wanted["UserId"]), wanted))


def update_user_routing_profile(at: Context, wanted: Params) -> None:
    """Change the routing profile."""
    instance = active_instance(at, wanted)
    require(instance.routing_profiles, wanted["RoutingProfileId"])
    _change(at, instance, wanted, {"RoutingProfileId": wanted["RoutingProfileId"]})


def update_user_security_profiles(at: Context, wanted: Params) -> None:
    """Replace the security profiles."""
    instance = active_instance(at, wanted)
    rules.check_profiles(instance, wanted["SecurityProfileIds"])
    _change(at, instance, wanted, {"SecurityProfileIds": wanted["SecurityProfileIds"]})


def update_user_hierarchy(at: Context, wanted: Params) -> None:
    """Move the agent to another group, or out of the hierarchy when the request names no group."""
    instance, group = active_instance(at, wanted), wanted.get("HierarchyGroupId")
    if group:
        require(instance.groups, group)
    elif not at.world.settings.hierarchy_without_group:
        raise connect_error("InvalidParameterException", "HierarchyGroupId is required.")
    _change(at, instance, wanted, {"HierarchyGroupId": group})


def list_user_proficiencies(at: Context, wanted: Params) -> Item:
    """The proficiencies of one agent, which neither SearchUsers nor DescribeUser returns."""
    user = _seen(at, active_instance(at, wanted), wanted)
    items, more = page(at, wanted, user["Proficiencies"], 100)
    stamp = {name: user[name] for name in ("LastModifiedTime", "LastModifiedRegion")}
    return {"UserProficiencyList": items, **stamp, **more}


def associate_user_proficiencies(at: Context, wanted: Params) -> None:
    """Add proficiencies."""
    instance = active_instance(at, wanted)
    known = _proficiencies(instance, wanted)
    for proficiency in wanted["UserProficiencies"]:
        name, value = key = _key(proficiency)
        if value not in instance.predefined_attributes.get(name, ()):
            raise connect_error(
                "ResourceNotFoundException", f"There is no predefined attribute {name} with the value {value}."
            )
        if key in known:
            raise connect_error("InvalidParameterException", f"The user has the proficiency {name}: {value} already.")
        known[key] = proficiency
    if len(known) > _MOST_PROFICIENCIES:
        raise connect_error("InvalidParameterException", f"A user has at most {_MOST_PROFICIENCIES} proficiencies.")
    _change(at, instance, wanted, {"Proficiencies": list(known.values())})


def update_user_proficiencies(at: Context, wanted: Params) -> None:
    """Change the level of associated proficiencies."""
    instance = active_instance(at, wanted)
    known = _proficiencies(instance, wanted)
    for proficiency in wanted["UserProficiencies"]:
        if _key(proficiency) not in known:
            raise connect_error("ResourceNotFoundException", "The proficiency is not associated with the user.")
        known[_key(proficiency)] = proficiency
    _change(at, instance, wanted, {"Proficiencies": list(known.values())})


def disassociate_user_proficiencies(at: Context, wanted: Params) -> None:
    """Remove proficiencies."""
    instance = active_instance(at, wanted)
    known = _proficiencies(instance, wanted)
    for proficiency in wanted["UserProficiencies"]:
        if known.pop(_key(proficiency), None) is None:
            raise connect_error("ResourceNotFoundException", "The proficiency is not associated with the user.")
    _change(at, instance, wanted, {"Proficiencies": list(known.values())})


def latest(instance: Instance, user_id: str) -> Item:
    """The agent as last written."""
    user = instance.users.latest(user_id)
    if user is None:
        raise connect_error("ResourceNotFoundException", "The specified resource was not found.")
    return user


def _seen(at: Context, instance: Instance, wanted: Params) -> Item:
    user = instance.users.get(wanted["UserId"], reading_lag(at.world))
    if user is None:
        raise connect_error("ResourceNotFoundException", "The specified resource was not found.")
    return user


def _change(at: Context, instance: Instance, wanted: Params, change: Item) -> None:
    user = {**latest(instance, wanted["UserId"]), **change, **modified(at)}
    instance.users.put(user["Id"], {name: value for name, value in user.items() if value is not None})


def _with_phone(user: Item, phone: Params) -> Item:
    """The agent with phone settings in the old form, copied to the settings by channel."""
    changed = {**user, "PhoneConfig": {**user["PhoneConfig"], **phone}}
    if "AfterContactWorkTimeLimit" in phone:
        limit = {"AfterContactWorkTimeLimit": phone["AfterContactWorkTimeLimit"]}
        changed["AfterContactWorkConfigs"] = [
            {"Channel": channel, "AfterContactWorkConfig": limit} for channel in CHANNELS
        ]
    if "AutoAccept" in phone:
        others = [config for config in user.get("AutoAcceptConfigs", []) if config["Channel"] != "VOICE"]
        changed["AutoAcceptConfigs"] = [{"Channel": "VOICE", "AutoAccept": phone["AutoAccept"]}, *others]
    if {"PhoneType", "DeskPhoneNumber"} & phone.keys():
        whole = changed["PhoneConfig"]
        number = {"PhoneNumber": whole["DeskPhoneNumber"]} if whole.get("DeskPhoneNumber") else {}
        changed["PhoneNumberConfigs"] = [{"Channel": "VOICE", "PhoneType": whole["PhoneType"], **number}]
    if "PersistentConnection" in phone:
        changed["PersistentConnectionConfigs"] = [
            {"Channel": "VOICE", "PersistentConnection": phone["PersistentConnection"]}
        ]
    return changed


def _with_configs(user: Item, wanted: Params) -> Item:
    """The agent with settings by channel. Those for voice are copied to PhoneConfig."""
    changed: Item = {**user, **{name: wanted[name] for name in rules.CONFIGS if name in wanted}}
    phone = dict(user["PhoneConfig"])
    voice = {name: config for name in rules.CONFIGS for config in wanted.get(name, []) if config["Channel"] == "VOICE"}
    if "AutoAcceptConfigs" in voice:
        phone["AutoAccept"] = voice["AutoAcceptConfigs"]["AutoAccept"]
    if "AfterContactWorkConfigs" in voice:
        phone |= voice["AfterContactWorkConfigs"]["AfterContactWorkConfig"]
    if "PersistentConnectionConfigs" in voice:
        phone["PersistentConnection"] = voice["PersistentConnectionConfigs"]["PersistentConnection"]
    if "PhoneNumberConfigs" in voice:
        phone["PhoneType"] = voice["PhoneNumberConfigs"]["PhoneType"]
        phone.pop("DeskPhoneNumber", None)
        if voice["PhoneNumberConfigs"].get("PhoneNumber"):
            phone["DeskPhoneNumber"] = voice["PhoneNumberConfigs"]["PhoneNumber"]
    return {**changed, "PhoneConfig": phone}


def _proficiencies(instance: Instance, wanted: Params) -> dict[tuple[str, str], Item]:
    return {_key(item): item for item in latest(instance, wanted["UserId"])["Proficiencies"]}


def _key(proficiency: Item) -> tuple[str, str]:
    return proficiency["AttributeName"], proficiency["AttributeValue"]
