# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances, their attributes and approved origins (facts/aws.md 1.4, 1.5)."""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import urllib.parse

from federation_sandbox.aws import tags
from federation_sandbox.aws.accounts import Accounts
from federation_sandbox.aws.connect import defaults
from federation_sandbox.aws.connect.store import (
    Connect,
    Instance,
    Item,
    active_instance,
    any_instance,
    connect_error,
    new_id,
    require,
)
from federation_sandbox.aws.paging import page
from federation_sandbox.aws.protocol import Context, Params

_ALIAS: t.Final = re.compile(r"(?!d-)([\da-zA-Z]+)([-]*[\da-zA-Z])*")
_DIRECTORY: t.Final = re.compile(r"d-[0-9a-f]{10}")
_THIRTY_DAYS: t.Final = dt.timedelta(days=30)
#: a new instance's attributes beside INBOUND_CALLS and OUTBOUND_CALLS
_ATTRIBUTES: t.Final = {
    "CONTACTFLOW_LOGS": "false",
    "CONTACT_LENS": "true",
    "AUTO_RESOLVE_BEST_VOICES": "true",
    "USE_CUSTOM_TTS_VOICES": "false",
    "EARLY_MEDIA": "true",
    "MULTI_PARTY_CONFERENCE": "false",
    "AUTO_MUTE_AGENT_ON_HOLD": "false",
    "HIGH_VOLUME_OUTBOUND": "false",
    "ENHANCED_CONTACT_MONITORING": "false",
    "ENHANCED_CHAT_MONITORING": "false",
    "MULTI_PARTY_CHAT_CONFERENCE": "false",
    "MESSAGE_STREAMING": "false",
}


def create_instance(at: Context, wanted: Params) -> Item:
    """Start to create an instance. A repeated ClientToken returns the same result."""
    connect = at.world.state(Connect)
    token = (at.account, at.region, wanted.get("ClientToken", ""))
    request = {name: value for name, value in wanted.items() if name != "ClientToken"}
    known = _remembered(at, connect.tokens.get(token) if token[2] else None)
    if known:
        if known["request"] != request:
            raise connect_error("InvalidRequestException", "The ClientToken was used with other parameters.")
        if known["answer"]["Id"] not in connect.instances:
            at.call.note = "the ClientToken is that of a deleted instance"
        return t.cast("Item", known["answer"])
    _check_new(at, wanted)
    now = at.world.clock.now()
    _count_change(at, "ServiceQuotaExceededException")
    instance = build(
        connect,
        {
            "INBOUND_CALLS": _text(wanted["InboundCallsEnabled"]),
            "OUTBOUND_CALLS": _text(wanted["OutboundCallsEnabled"]),
        },
        account=at.account,
        region=at.region,
        partition=at.partition,
        id=new_id(),
        alias=wanted.get("InstanceAlias", ""),
        identity_management_type=wanted["IdentityManagementType"],
        created=now,
        shown_from=now,
        active_at=now + dt.timedelta(seconds=at.world.settings.instance_creation),
        tags=tags.connect_tags({}, wanted.get("Tags") or {}),
    )
    connect.instances[instance.id] = instance
    answer = {"Id": instance.id, "Arn": instance.arn}
    connect.tokens[token] = {"request": request, "answer": answer, "made": now}
    return answer


def _remembered(at: Context, known: Item | None) -> Item | None:
    """The result for a ClientToken, as long as it is remembered."""
    memory = at.world.settings.client_token_memory
    if known and memory and at.world.clock.now() - known["made"] > dt.timedelta(seconds=memory):
        return None
    return known


def build(connect: Connect, attributes: t.Mapping[str, str], **members: t.Any) -> Instance:
    """An instance with the objects that AWS adds, before it is stored in its Region. members: of the class Instance."""
    attributes = {"INBOUND_CALLS": "true", "OUTBOUND_CALLS": "true", **_ATTRIBUTES, **attributes}
    instance = Instance(attributes=attributes, users=connect.new_users(), **members)
    defaults.furnish(instance, instance.created)
    return instance


def describe_instance(at: Context, wanted: Params) -> Item:
    """One instance, with its tags."""
    instance = require(at.world.state(Connect).as_read(at.account, at.region), wanted["InstanceId"])
    description = _summary(at, instance)
    if instance.failure:
        description["StatusReason"] = {"Message": instance.failure}
    if instance.tags:
        description["Tags"] = instance.tags
    return {"Instance": description}


def list_instances(at: Context, wanted: Params) -> Item:
    """The instances of the Region, ten per page, without tags."""
    instances = at.world.state(Connect).as_read(at.account, at.region).values()
    items, more = page(at, wanted, instances, 10, "InvalidRequestException")
    return {"InstanceSummaryList": [_summary(at, instance) for instance in items], **more}


def delete_instance(at: Context, wanted: Params) -> None:
    """Delete an instance. The deletion counts towards the quota of changes in thirty days."""
    instance = any_instance(at, wanted)
    _count_change(at, "InvalidRequestException")
    at.world.state(Connect).delete(instance)


def list_instance_attributes(at: Context, wanted: Params) -> Item:
    """The attributes, seven per page."""
    attributes = active_instance(at, wanted).attributes.items()
    items, more = page(at, wanted, attributes, 7)
    return {"Attributes": [{"AttributeType": name, "Value": value} for name, value in items], **more}


def describe_instance_attribute(at: Context, wanted: Params) -> Item:
    """One attribute."""
    name = wanted["AttributeType"]
    return {"Attribute": {"AttributeType": name, "Value": active_instance(at, wanted).attributes[name]}}


def update_instance_attribute(at: Context, wanted: Params) -> None:
    """Change an attribute. Each is a boolean, written as text."""
    instance = active_instance(at, wanted)
    if wanted["Value"].lower() not in ("true", "false"):
        raise connect_error(
            "InvalidParameterException", f"{wanted['AttributeType']} is true or false, not {wanted['Value']!r}."
        )
    instance.attributes[wanted["AttributeType"]] = wanted["Value"].lower()


def associate_approved_origin(at: Context, wanted: Params) -> None:
    """Approve an origin. It must use HTTPS and consist of scheme, host and port only."""
    instance, origin = active_instance(at, wanted), wanted["Origin"]
    parts = urllib.parse.urlsplit(origin)
    if (
        parts.scheme != "https"
        or not parts.hostname
        or origin.lower() != f"https://{parts.netloc.lower()}"
        or "@" in parts.netloc
    ):
        raise connect_error(
            "InvalidParameterException", f"{origin} is not an origin: https://host or https://host:port."
        )
    if origin in instance.origins:
        raise connect_error(
            "ResourceConflictException", f"The origin {origin} is associated with the instance already."
        )
    instance.origins.append(origin)


def disassociate_approved_origin(at: Context, wanted: Params) -> None:
    """Remove an approved origin."""
    instance = active_instance(at, wanted)
    if wanted["Origin"] not in instance.origins:
        raise connect_error(
            "ResourceNotFoundException", f"The origin {wanted['Origin']} is not associated with the instance."
        )
    instance.origins.remove(wanted["Origin"])


def list_approved_origins(at: Context, wanted: Params) -> Item:
    """The approved origins, 25 per page."""
    origins, more = page(at, wanted, active_instance(at, wanted).origins, 25)
    return {"Origins": origins, **more}


def alias_taken(connect: Connect, alias: str, partition: str) -> bool:
    """Whether an instance in the partition has the alias. Aliases are parts of host names, so they are unique in a
    partition.
    """
    return any(
        (instance.alias.lower(), instance.partition) == (alias.lower(), partition)
        for instance in connect.instances.values()
    )


def _check_new(at: Context, wanted: Params) -> None:
    connect = at.world.state(Connect)
    alias, directory = wanted.get("InstanceAlias"), wanted.get("DirectoryId")
    if wanted["IdentityManagementType"] == "EXISTING_DIRECTORY":
        if not directory or not _DIRECTORY.fullmatch(directory):
            raise connect_error(
                "InvalidRequestException", "Invalid Input. An existing directory needs its DirectoryId."
            )
    elif directory:
        raise connect_error("InvalidRequestException", "Invalid Input. DirectoryId is for EXISTING_DIRECTORY.")
    elif not alias:
        raise connect_error("InvalidRequestException", "Invalid Input. InstanceAlias is required.")
    if alias and not _ALIAS.fullmatch(alias):
        raise connect_error("InvalidRequestException", "Invalid Input. Instance alias is not valid.")
    if alias and alias_taken(connect, alias, at.partition):
        raise connect_error("InvalidRequestException", "Invalid Input. Instance alias is already used.")
    most = at.world.state(Accounts).quotas_of(at.account).instances
    if len(connect.of(at.account, at.region)) >= most:
        raise connect_error(
            "ServiceQuotaExceededException", f"The quota of {most} instances in this Region is reached."
        )


def _count_change(at: Context, code: str) -> None:
    now = at.world.clock.now()
    changes = at.world.state(Connect).changes.setdefault(at.account, [])
    changes[:] = [change for change in changes if change > now - _THIRTY_DAYS]
    if len(changes) >= at.world.state(Accounts).quotas_of(at.account).instance_changes:
        raise connect_error(code, "There has been an excessive number of attempts at creating or deleting instances.")
    changes.append(now)


def _summary(at: Context, instance: Instance) -> Item:
    summary: Item = {
        "Id": instance.id,
        "Arn": instance.arn,
        "IdentityManagementType": instance.identity_management_type,
        "CreatedTime": instance.created,
        "ServiceRole": instance.service_role,
        "InstanceStatus": instance.status(at.world.clock.now()),
        "InboundCallsEnabled": instance.attributes["INBOUND_CALLS"] == "true",
        "OutboundCallsEnabled": instance.attributes["OUTBOUND_CALLS"] == "true",
        "InstanceAccessUrl": instance.access_url,
    }
    return summary | ({"InstanceAlias": instance.alias} if instance.alias else {})


def _text(value: bool) -> str:
    return "true" if value else "false"
