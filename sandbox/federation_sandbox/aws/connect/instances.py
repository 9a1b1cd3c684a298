# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances, their attributes and approved origins (facts/aws.md 1.4, 1.5)."""

from __future__ import annotations

import datetime as dt
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


def create_instance(context: Context, params: Params) -> Item:
    """Start to create an instance. A repeated ClientToken returns the same result."""
    connect = context.world.state(Connect)
    token = (context.account, context.region, params.get("ClientToken", ""))
    request = {name: value for name, value in params.items() if name != "ClientToken"}
    known = _remembered(context, connect.tokens.get(token) if token[2] else None)
    if known:
        if known["request"] != request:
            raise connect_error("InvalidRequestException", "The ClientToken was used with other parameters.")
        if known["answer"]["Id"] not in connect.instances:
            context.call.note = "the ClientToken is that of a deleted instance"
        return t.cast("Item", known["answer"])
    _check_new(context, params)
    now = context.world.clock.now()
    own_tags = tags.connect_tags({}, params.get("Tags") or {}, "InvalidRequestException")
    _count_change(context, "ServiceQuotaExceededException")
    instance = build(
        connect,
        {
            "INBOUND_CALLS": _text(params["InboundCallsEnabled"]),
            "OUTBOUND_CALLS": _text(params["OutboundCallsEnabled"]),
        },
        account=context.account,
        region=context.region,
        partition=context.partition,
        id=new_id(),
        alias=params.get("InstanceAlias", ""),
        identity_management_type=params["IdentityManagementType"],
        created=now,
        shown_from=now,
        active_at=now + dt.timedelta(seconds=context.world.settings.instance_creation),
        tags=own_tags,
    )
    connect.instances[instance.id] = instance
    answer = {"Id": instance.id, "Arn": instance.arn}
    connect.tokens[token] = {"request": request, "answer": answer, "made": now}
    return answer


def _remembered(context: Context, known: Item | None) -> Item | None:
    """The result for a ClientToken, as long as it is remembered."""
    memory = context.world.settings.client_token_memory
    if known and memory and context.world.clock.now() - known["made"] > dt.timedelta(seconds=memory):
        return None
    return known


def build(connect: Connect, attributes: t.Mapping[str, str], **members: t.Any) -> Instance:
    """An instance with the objects that AWS adds, before it is stored in its Region. members: of the class Instance."""
    attributes = {"INBOUND_CALLS": "true", "OUTBOUND_CALLS": "true", **_ATTRIBUTES, **attributes}
    instance = Instance(attributes=attributes, users=connect.new_users(), **members)
    defaults.furnish(instance, instance.created)
    return instance


def describe_instance(context: Context, params: Params) -> Item:
    """One instance, with its tags."""
    instance = require(context.world.state(Connect).as_read(context.account, context.region), params["InstanceId"])
    description = _summary(context, instance)
    if instance.failure:
        description["StatusReason"] = {"Message": instance.failure}
    if instance.tags:
        description["Tags"] = instance.tags
    return {"Instance": description}


def list_instances(context: Context, params: Params) -> Item:
    """The instances of the Region, ten per page, without tags."""
    instances = context.world.state(Connect).as_read(context.account, context.region).values()
    items, more = page(context, params, instances, 10, "InvalidRequestException")
    return {"InstanceSummaryList": [_summary(context, instance) for instance in items], **more}


def delete_instance(context: Context, params: Params) -> None:
    """Delete an instance. The deletion counts towards the quota of changes in thirty days."""
    instance = any_instance(context, params)
    _count_change(context, "InvalidRequestException")
    context.world.state(Connect).delete(instance)


def list_instance_attributes(context: Context, params: Params) -> Item:
    """The attributes, seven per page."""
    attributes = active_instance(context, params).attributes.items()
    items, more = page(context, params, attributes, 7)
    return {"Attributes": [{"AttributeType": name, "Value": value} for name, value in items], **more}


def describe_instance_attribute(context: Context, params: Params) -> Item:
    """One attribute."""
    name = params["AttributeType"]
    return {"Attribute": {"AttributeType": name, "Value": active_instance(context, params).attributes[name]}}


def update_instance_attribute(context: Context, params: Params) -> None:
    """Change an attribute. Each is a boolean, written as text."""
    instance = active_instance(context, params)
    if params["Value"].lower() not in ("true", "false"):
        raise connect_error(
            "InvalidParameterException", f"{params['AttributeType']} is true or false, not {params['Value']!r}."
        )
    instance.attributes[params["AttributeType"]] = params["Value"].lower()


def associate_approved_origin(context: Context, params: Params) -> None:
    """Approve an origin. It must use HTTPS and consist of scheme, host and port only."""
    instance, origin = active_instance(context, params), params["Origin"]
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


def disassociate_approved_origin(context: Context, params: Params) -> None:
    """Remove an approved origin."""
    instance = active_instance(context, params)
    if params["Origin"] not in instance.origins:
        raise connect_error(
            "ResourceNotFoundException", f"The origin {params['Origin']} is not associated with the instance."
        )
    instance.origins.remove(params["Origin"])


def list_approved_origins(context: Context, params: Params) -> Item:
    """The approved origins, 25 per page."""
    origins, more = page(context, params, active_instance(context, params).origins, 25)
    return {"Origins": origins, **more}


def alias_taken(connect: Connect, alias: str, partition: str) -> bool:
    """Whether an instance in the partition has the alias. Aliases are parts of host names, so they are unique in a
    partition.
    """
    return any(
        (instance.alias.lower(), instance.partition) == (alias.lower(), partition)
        for instance in connect.instances.values()
    )


def _check_new(context: Context, params: Params) -> None:
    connect = context.world.state(Connect)
    alias, directory = params.get("InstanceAlias"), params.get("DirectoryId")
    if params["IdentityManagementType"] == "EXISTING_DIRECTORY":
        if not directory:
            raise connect_error(
                "InvalidRequestException", "Invalid Input. An existing directory needs its DirectoryId."
            )
    elif directory:
        raise connect_error("InvalidRequestException", "Invalid Input. DirectoryId is for EXISTING_DIRECTORY.")
    elif not alias:
        raise connect_error("InvalidRequestException", "Invalid Input. InstanceAlias is required.")
    if alias and alias_taken(connect, alias, context.partition):
        raise connect_error("InvalidRequestException", "Invalid Input. Instance alias is already used.")
    most = context.world.state(Accounts).quotas_of(context.account).instances
    if len(connect.of(context.account, context.region)) >= most:
        raise connect_error(
            "ServiceQuotaExceededException", f"The quota of {most} instances in this Region is reached."
        )


def _count_change(context: Context, code: str) -> None:
    now = context.world.clock.now()
    changes = context.world.state(Connect).changes.setdefault(context.account, [])
    changes[:] = [change for change in changes if change > now - _THIRTY_DAYS]
    if len(changes) >= context.world.state(Accounts).quotas_of(context.account).instance_changes:
        raise connect_error(code, "There has been an excessive number of attempts at creating or deleting instances.")
    changes.append(now)


def _summary(context: Context, instance: Instance) -> Item:
    summary: Item = {
        "Id": instance.id,
        "Arn": instance.arn,
        "IdentityManagementType": instance.identity_management_type,
        "CreatedTime": instance.created,
        "ServiceRole": instance.service_role,
        "InstanceStatus": instance.status(context.world.clock.now()),
        "InboundCallsEnabled": instance.attributes["INBOUND_CALLS"] == "true",
        "OutboundCallsEnabled": instance.attributes["OUTBOUND_CALLS"] == "true",
        "InstanceAccessUrl": instance.access_url,
    }
    return summary | ({"InstanceAlias": instance.alias} if instance.alias else {})


def _text(value: bool) -> str:
    return "true" if value else "false"
