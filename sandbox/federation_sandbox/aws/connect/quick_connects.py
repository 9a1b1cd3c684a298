# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quick connects. Those to an agent remain when the agent is deleted (facts/aws.md 1.5, DeleteUser)."""

from __future__ import annotations

from federation_sandbox.aws import tags
from federation_sandbox.aws.connect.store import (
    Instance,
    Item,
    active_instance,
    connect_error,
    modified,
    new_id,
    require,
)
from federation_sandbox.aws.connect.users import latest
from federation_sandbox.aws.paging import page
from federation_sandbox.aws.protocol import Context, Params

_MEMBERS = {"USER": "UserConfig", "QUEUE": "QueueConfig", "PHONE_NUMBER": "PhoneConfig", "FLOW": "FlowConfig"}


def create_quick_connect(context: Context, params: Params) -> Item:
    """Create a quick connect. Its target must exist."""
    instance = active_instance(context, params)
    _check_target(instance, params["QuickConnectConfig"])
    if any(item["Name"] == params["Name"] for item in instance.quick_connects.values()):
        raise connect_error("DuplicateResourceException", f"The quick connect {params['Name']} exists already.")
    own = tags.connect_tags({}, params.get("Tags") or {})
    item = add(instance, params["Name"], params["QuickConnectConfig"], modified(context))
    item["Tags"] = own
    if params.get("Description"):
        item["Description"] = params["Description"]
    return {"QuickConnectARN": item["QuickConnectARN"], "QuickConnectId": item["QuickConnectId"]}


def add(instance: Instance, name: str, config: Item, stamp: Item) -> Item:
    """Add a quick connect without checks."""
    item_id = new_id()
    item: Item = {
        "QuickConnectId": item_id,
        "QuickConnectARN": instance.arn_of("transfer-destination", item_id),
        "Name": name,
        "QuickConnectConfig": config,
        "Tags": {},
        **stamp,
    }
    instance.quick_connects[item_id] = item
    return item


def describe_quick_connect(context: Context, params: Params) -> Item:
    """One quick connect."""
    item = require(active_instance(context, params).quick_connects, params["QuickConnectId"])
    return {"QuickConnect": {name: value for name, value in item.items() if value != {}}}


def list_quick_connects(context: Context, params: Params) -> Item:
    """All quick connects of the requested types by name."""
    types = params.get("QuickConnectTypes") or list(_MEMBERS)
    items = [item for item in active_instance(context, params).quick_connects.values() if _type(item) in types]
    page_items, more = page(context, params, items, 100)
    summaries = [
        {**item, "Id": item["QuickConnectId"], "Arn": item["QuickConnectARN"], "QuickConnectType": _type(item)}
        for item in page_items
    ]
    return {"QuickConnectSummaryList": summaries, **more}


def delete_quick_connect(context: Context, params: Params) -> None:
    """Remove a quick connect."""
    items = active_instance(context, params).quick_connects
    del items[require(items, params["QuickConnectId"])["QuickConnectId"]]


def _type(item: Item) -> str:
    return str(item["QuickConnectConfig"]["QuickConnectType"])


def _check_target(instance: Instance, config: Item) -> None:
    kind = config["QuickConnectType"]
    member = _MEMBERS[kind]
    if set(config) != {"QuickConnectType", member}:
        raise connect_error("InvalidParameterException", f"A quick connect of the type {kind} has its {member} alone.")
    target = config[member]
    if "UserId" in target:
        latest(instance, target["UserId"])
    if "QueueId" in target:
        require(instance.queues, target["QueueId"])
    if "ContactFlowId" in target and target["ContactFlowId"] not in instance.contact_flows:
        raise connect_error("ResourceNotFoundException", "The specified resource was not found.")
