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


def create_user(context: Context, params: Params) -> Item:
    """Create an agent. Lists and searches return it once they have caught up."""
    instance = active_instance(context, params)
    rules.check_new(instance, params)
    if params["Username"] in instance.usernames:
        raise connect_error("DuplicateResourceException", f"The user name {params['Username']} is already in use.")
    most = context.world.state(Accounts).quotas_of(context.account).users
    if len(instance.usernames) >= most:
        raise connect_error("LimitExceededException", f"The quota of {most} users for the instance is reached.")
    user = build(instance, params, context.world.clock.now())
    instance.users.put(user["Id"], user)
    instance.usernames[user["Username"]] = user["Id"]
    return {"UserId": user["Id"], "UserArn": user["Arn"]}


def build(instance: Instance, params: Params, now: dt.datetime) -> Item:
    """An agent in the shape of DescribeUser, with the proficiencies, which DescribeUser does not return."""
    user_id = new_id()
    user: Item = {
        "Id": user_id,
        "Arn": instance.arn_of("agent", user_id),
        "Username": params["Username"],
        "IdentityInfo": params.get("IdentityInfo") or {},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0},
        "SecurityProfileIds": params["SecurityProfileIds"],
        "RoutingProfileId": params["RoutingProfileId"],
        "Tags": tags.connect_tags({}, params.get("Tags") or {}),
        "Proficiencies": [],
        "LastModifiedTime": now,
        "LastModifiedRegion": instance.region,
    }
    for member in ("HierarchyGroupId", "DirectoryUserId"):
        if params.get(member):
            user[member] = params[member]
    user = _with_configs(user, params)
    return _with_phone(user, params["PhoneConfig"]) if params.get("PhoneConfig") else user


def describe_user(context: Context, params: Params) -> Item:
    """One agent as reads return it now."""
    user = _seen(context, active_instance(context, params), params)
    return {"User": {name: value for name, value in user.items() if value not in ({}, [])}}


def list_users(context: Context, params: Params) -> Item:
    """Username, ID and time of the last change of every agent."""
    instance = active_instance(context, params)
    users = instance.users.peek_all(reading_lag(context.world))
    items, more = page(context, params, users, 100)
    return {"UserSummaryList": items, **more}


def delete_user(context: Context, params: Params) -> None:
    """Delete an agent. Quick connects to the agent remain."""
    instance = active_instance(context, params)
    user = latest(instance, params["UserId"])
    instance.users.delete(user["Id"])
    del instance.usernames[user["Username"]]


def update_user_identity_info(context: Context, params: Params) -> None:
    """Replace the identity. What the request omits is removed."""
    instance, identity = active_instance(context, params), params["IdentityInfo"]
    rules.check_identity(instance, identity)
    if instance.identity_management_type != "EXISTING_DIRECTORY" and not (
        identity.get("FirstName") and identity.get("LastName")
    ):
        raise connect_error("InvalidParameterException", "FirstName and LastName are required.")
    kept = {} if context.world.settings.identity_updates_clear else latest(instance, params["UserId"])["IdentityInfo"]
    _change(context, instance, params, {"IdentityInfo": {**kept, **identity}})


def update_user_phone_config(context: Context, params: Params) -> None:
    """Set the phone settings in the old form, with the same after contact work for every channel."""
    instance = active_instance(context, params)
    rules.check_phone(params["PhoneConfig"])
    _change(context, instance, params, _with_phone(latest(instance, params["UserId"]), params["PhoneConfig"]))


def update_user_config(context: Context, params: Params) -> None:
    """Replace the lists of settings by channel that the request contains."""
    instance = active_instance(context, params)
    rules.check_configs(params)
    _change(context, instance, params, _with_configs(latest(instance, params["UserId"]), params))


def update_user_routing_profile(context: Context, params: Params) -> None:
    """Change the routing profile."""
    instance = active_instance(context, params)
    require(instance.routing_profiles, params["RoutingProfileId"])
    _change(context, instance, params, {"RoutingProfileId": params["RoutingProfileId"]})


def update_user_security_profiles(context: Context, params: Params) -> None:
    """Replace the security profiles."""
    instance = active_instance(context, params)
    rules.check_profiles(instance, params["SecurityProfileIds"])
    _change(context, instance, params, {"SecurityProfileIds": params["SecurityProfileIds"]})


def update_user_hierarchy(context: Context, params: Params) -> None:
    """Move the agent to another group, or out of the hierarchy when the request names no group."""
    instance, group = active_instance(context, params), params.get("HierarchyGroupId")
    if group:
        require(instance.groups, group)
    elif not context.world.settings.hierarchy_without_group:
        raise connect_error("InvalidParameterException", "HierarchyGroupId is required.")
    _change(context, instance, params, {"HierarchyGroupId": group})


def list_user_proficiencies(context: Context, params: Params) -> Item:
    """The proficiencies of one agent, which neither SearchUsers nor DescribeUser returns."""
    user = _seen(context, active_instance(context, params), params)
    items, more = page(context, params, user["Proficiencies"], 100)
    stamp = {name: user[name] for name in ("LastModifiedTime", "LastModifiedRegion")}
    return {"UserProficiencyList": items, **stamp, **more}


def associate_user_proficiencies(context: Context, params: Params) -> None:
    """Add proficiencies."""
    instance = active_instance(context, params)
    known = _proficiencies(instance, params)
    for proficiency in params["UserProficiencies"]:
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
    _change(context, instance, params, {"Proficiencies": list(known.values())})


def update_user_proficiencies(context: Context, params: Params) -> None:
    """Change the level of associated proficiencies."""
    instance = active_instance(context, params)
    known = _proficiencies(instance, params)
    for proficiency in params["UserProficiencies"]:
        if _key(proficiency) not in known:
            raise connect_error("ResourceNotFoundException", "The proficiency is not associated with the user.")
        known[_key(proficiency)] = proficiency
    _change(context, instance, params, {"Proficiencies": list(known.values())})


def disassociate_user_proficiencies(context: Context, params: Params) -> None:
    """Remove proficiencies."""
    instance = active_instance(context, params)
    known = _proficiencies(instance, params)
    for proficiency in params["UserProficiencies"]:
        if known.pop(_key(proficiency), None) is None:
            raise connect_error("ResourceNotFoundException", "The proficiency is not associated with the user.")
    _change(context, instance, params, {"Proficiencies": list(known.values())})


def latest(instance: Instance, user_id: str) -> Item:
    """The agent as last written."""
    user = instance.users.latest(user_id)
    if user is None:
        raise connect_error("ResourceNotFoundException", "The specified resource was not found.")
    return user


def _seen(context: Context, instance: Instance, params: Params) -> Item:
    user = instance.users.get(params["UserId"], reading_lag(context.world))
    if user is None:
        raise connect_error("ResourceNotFoundException", "The specified resource was not found.")
    return user


def _change(context: Context, instance: Instance, params: Params, change: Item) -> None:
    user = {**latest(instance, params["UserId"]), **change, **modified(context)}
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


def _with_configs(user: Item, params: Params) -> Item:
    """The agent with settings by channel. Those for voice are copied to PhoneConfig."""
    changed: Item = {**user, **{name: params[name] for name in rules.CONFIGS if name in params}}
    phone = dict(user["PhoneConfig"])
    voice = {name: config for name in rules.CONFIGS for config in params.get(name, []) if config["Channel"] == "VOICE"}
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


def _proficiencies(instance: Instance, params: Params) -> dict[tuple[str, str], Item]:
    return {_key(item): item for item in latest(instance, params["UserId"])["Proficiencies"]}


def _key(proficiency: Item) -> tuple[str, str]:
    return proficiency["AttributeName"], proficiency["AttributeValue"]
