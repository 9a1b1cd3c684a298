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


def create_quick_connect(at: Context, wanted: Params) -> Item:
    """Create a quick connect. Its target must exist."""
    instance = active_instance(at, wanted)
    _check_target(instance, wanted["QuickConnectConfig"])
    if any(item["Name"] == wanted["Name"] for item in instance.quick_connects.values()):
        raise connect_error("DuplicateResourceException", f"The quick connect {wanted['Name']} exists already.")
    item = add(instance, wanted["Name"], wanted["QuickConnectConfig"], modified(at))
    item["Tags"] = tags.connect_tags({}, wanted.get("Tags") or {})
    if wanted.get("Description"):
        item["Description"] = wanted["Description"]
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


def describe_quick_connect(at: Context, wanted: Params) -> Item:
    """One quick connect."""
    item = require(active_instance(at, wanted).quick_connects, wanted["QuickConnectId"])
    return {"QuickConnect": {name: value for name, value in item.items() if value != {}}}


def list_quick_connects(at: Context, wanted: Params) -> Item:
    """All quick connects of the requested types by name."""
    types = wanted.get("QuickConnectTypes") or list(_MEMBERS)
    items = [item for item in active_instance(at, wanted).quick_connects.values() if _type(item) in types]
    page_items, more = page(at, wanted, items, 100)
    summaries = [
        {**item, "Id": item["QuickConnectId"], "Arn": item["QuickConnectARN"], "QuickConnectType": _type(item)}
        for item in page_items
    ]
    return {"QuickConnectSummaryList": summaries, **more}


def delete_quick_connect(at: Context, wanted: Params) -> None:
    """Remove a quick connect."""
    items = active_instance(at, wanted).quick_connects
    del items[require(items, wanted["QuickConnectId"])["QuickConnectId"]]


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
