# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security profiles, routing profiles and queues."""

from __future__ import annotations

from federation_sandbox.aws import tags
from federation_sandbox.aws.connect import defaults
from federation_sandbox.aws.connect.store import Item, active_instance, connect_error, furnished, modified, require
from federation_sandbox.aws.paging import page
from federation_sandbox.aws.protocol import Context, Params

_MOST_SECURITY_PROFILES = 100


def list_security_profiles(context: Context, params: Params) -> Item:
    """Every security profile by name."""
    instance = active_instance(context, params)
    profiles, more = page(context, params, furnished(context, instance, instance.security_profiles), 100)
    return {
        "SecurityProfileSummaryList": [{**profile, "Name": profile["SecurityProfileName"]} for profile in profiles],
        **more,
    }


def describe_security_profile(context: Context, params: Params) -> Item:
    """One security profile, without its permissions."""
    return {
        "SecurityProfile": _without_empty(
            require(active_instance(context, params).security_profiles, params["SecurityProfileId"])
        )
    }


def list_security_profile_permissions(context: Context, params: Params) -> Item:
    """What a security profile allows."""
    profile = require(active_instance(context, params).security_profiles, params["SecurityProfileId"])
    permissions, more = page(context, params, profile["Permissions"], 100)
    return {
        "Permissions": permissions,
        "LastModifiedTime": profile["LastModifiedTime"],
        "LastModifiedRegion": profile["LastModifiedRegion"],
        **more,
    }


def create_security_profile(context: Context, params: Params) -> Item:
    """Create a security profile."""
    instance, name = active_instance(context, params), params["SecurityProfileName"]
    if any(profile["SecurityProfileName"] == name for profile in instance.security_profiles.values()):
        raise connect_error("DuplicateResourceException", f"The security profile {name} exists already.")
    if len(instance.security_profiles) >= _MOST_SECURITY_PROFILES:
        raise connect_error(
            "LimitExceededException", f"The quota of {_MOST_SECURITY_PROFILES} security profiles is reached."
        )
    more: Item = {"Description": params["Description"]} if params.get("Description") else {}
    more["Tags"] = tags.connect_tags({}, params.get("Tags") or {})
    granted = params.get("Permissions") or []
    profile = defaults.add_security_profile(instance, name, granted, context.world.clock.now(), **more)
    return {"SecurityProfileId": profile["Id"], "SecurityProfileArn": profile["Arn"]}


def update_security_profile(context: Context, params: Params) -> None:
    """Change description and permissions."""
    profile = require(active_instance(context, params).security_profiles, params["SecurityProfileId"])
    profile.update(
        {name: params[name] for name in ("Description", "Permissions") if name in params}, **modified(context)
    )


def delete_security_profile(context: Context, params: Params) -> None:
    """Remove a security profile that no agent has."""
    instance, profile = active_instance(context, params), params["SecurityProfileId"]
    require(instance.security_profiles, profile)
    if any(profile in user["SecurityProfileIds"] for user in instance.users.peek_all(0)):
        named = {"ResourceType": "SECURITY_PROFILE", "ResourceId": profile}
        raise connect_error("ResourceInUseException", "The security profile is in use.", **named)
    del instance.security_profiles[profile]


def list_routing_profiles(context: Context, params: Params) -> Item:
    """Every routing profile by name."""
    instance = active_instance(context, params)
    profiles, more = page(context, params, furnished(context, instance, instance.routing_profiles), 100)
    summaries = [
        {**profile, "Id": profile["RoutingProfileId"], "Arn": profile["RoutingProfileArn"]} for profile in profiles
    ]
    return {"RoutingProfileSummaryList": summaries, **more}


def describe_routing_profile(context: Context, params: Params) -> Item:
    """One routing profile."""
    instance, profile_id = active_instance(context, params), params["RoutingProfileId"]
    users = sum(user["RoutingProfileId"] == profile_id for user in instance.users.peek_all(0))
    profile = require(instance.routing_profiles, profile_id)
    return {
        "RoutingProfile": {**_without_empty(profile), "NumberOfAssociatedUsers": users, "NumberOfAssociatedQueues": 1}
    }


def list_queues(context: Context, params: Params) -> Item:
    """The standard queues; the sandbox has no queues of agents."""
    queues = (
        active_instance(context, params).queues.values()
        if "STANDARD" in (params.get("QueueTypes") or ["STANDARD"])
        else []
    )
    items, more = page(context, params, queues, 100)
    summaries = [
        {**queue, "Id": queue["QueueId"], "Arn": queue["QueueArn"], "QueueType": "STANDARD"} for queue in items
    ]
    return {"QueueSummaryList": summaries, **more}


def describe_queue(context: Context, params: Params) -> Item:
    """One queue."""
    return {"Queue": _without_empty(require(active_instance(context, params).queues, params["QueueId"]))}


def _without_empty(item: Item) -> Item:
    return {name: value for name, value in item.items() if value != {}}
