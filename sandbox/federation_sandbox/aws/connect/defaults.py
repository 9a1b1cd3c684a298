# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of every new instance: four security profiles, a routing profile, a queue and flows for transfers."""

from __future__ import annotations

import datetime as dt
import typing as t

from federation_sandbox.aws.connect.store import Instance, Item, new_id

#: the permission without which the Contact Control Panel does not open
CCP_PERMISSION: t.Final = "BasicAgentAccess"

_AGENT: t.Final = (CCP_PERMISSION, "OutboundCallAccess")
_MANAGER: t.Final = (
    "AccessMetrics",
    "RoutingPolicies.View",
    "Queues.View",
    "Users.View",
    "Users.Edit",
    "HoursOfOperation.View",
)
_QUALITY: t.Final = ("AccessMetrics", "ContactSearch.View", "ListenCallRecordings")

_ADMIN: t.Final = ("SecurityProfiles.View", "SecurityProfiles.Edit", "Users.Create", "Users.Delete")

SECURITY_PROFILES: t.Final[dict[str, tuple[str, ...]]] = {
    "Admin": tuple(dict.fromkeys((*_AGENT, *_MANAGER, *_QUALITY, *_ADMIN))),
    "Agent": _AGENT,
    "CallCenterManager": (*_AGENT, *_MANAGER),
    "QualityAnalyst": _QUALITY,
}
ROUTING_PROFILE: t.Final = "Basic Routing Profile"
QUEUE: t.Final = "BasicQueue"
AGENT_TRANSFER: t.Final = "Default agent transfer"


def furnish(instance: Instance, now: dt.datetime) -> None:
    """Add the objects that AWS adds to a new instance."""
    for name, permissions in SECURITY_PROFILES.items():
        add_security_profile(instance, name, permissions, now)
    queue = new_id()
    instance.queues[queue] = {
        "QueueId": queue,
        "QueueArn": instance.arn_of("queue", queue),
        "Name": QUEUE,
        "Status": "ENABLED",
        "Tags": {},
        **_modified(instance, now),
    }
    add_routing_profile(instance, ROUTING_PROFILE, now, default=True)
    instance.contact_flows[new_id()] = AGENT_TRANSFER


def add_security_profile(
    instance: Instance, name: str, permissions: t.Iterable[str], now: dt.datetime, **more: t.Any
) -> Item:
    """One security profile; Permissions is kept beside what DescribeSecurityProfile shows."""
    profile_id = new_id()
    profile: Item = {
        "Id": profile_id,
        "OrganizationResourceId": instance.id,
        "Arn": instance.arn_of("security-profile", profile_id),
        "SecurityProfileName": name,
        "Permissions": list(permissions),
        "Tags": {},
        "Type": "CUSTOMER_MANAGED",
        **_modified(instance, now),
        **more,
    }
    instance.security_profiles[profile_id] = profile
    return profile


def add_routing_profile(instance: Instance, name: str, now: dt.datetime, default: bool = False) -> Item:
    """One routing profile."""
    profile_id = new_id()
    queue = next(iter(instance.queues))
    profile: Item = {
        "InstanceId": instance.id,
        "Name": name,
        "RoutingProfileArn": instance.arn_of("routing-profile", profile_id),
        "RoutingProfileId": profile_id,
        "Description": name,
        "MediaConcurrencies": [{"Channel": "VOICE", "Concurrency": 1}],
        "DefaultOutboundQueueId": queue,
        "Tags": {},
        "IsDefault": default,
        "AssociatedQueueIds": [queue],
        **_modified(instance, now),
    }
    instance.routing_profiles[profile_id] = profile
    return profile


def _modified(instance: Instance, now: dt.datetime) -> Item:
    return {"LastModifiedTime": now, "LastModifiedRegion": instance.region}
