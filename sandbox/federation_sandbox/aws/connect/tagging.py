# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags of instances and of their objects, by ARN."""

from __future__ import annotations

import re
import typing as t

from federation_sandbox.aws import tags
from federation_sandbox.aws.connect.store import Connect, Instance, Item, connect_error
from federation_sandbox.aws.protocol import Context, Params
from federation_sandbox.service import CloudError

_ARN: t.Final = re.compile(
    r"arn:[^:]+:connect:[^:]+:\d{12}:instance/(?P<instance>[^/]+)(/(?P<kind>[^/]+)/(?P<id>[^/]+))?"
)


def tag_resource(context: Context, params: Params) -> None:
    """Add or change tags."""
    instance, kind, item_id = _resource(context, params)
    _put(instance, kind, item_id, tags.connect_tags(_tags(instance, kind, item_id), params["tags"]))


def untag_resource(context: Context, params: Params) -> None:
    """Remove tags."""
    instance, kind, item_id = _resource(context, params)
    current = _tags(instance, kind, item_id)
    _put(instance, kind, item_id, {key: value for key, value in current.items() if key not in params["tagKeys"]})


def list_tags_for_resource(context: Context, params: Params) -> Item:
    """The tags."""
    return {"tags": _tags(*_resource(context, params))}


def tags_of(context: Context, arn: str) -> dict[str, str]:
    """The tags of an ARN, empty when nothing has that ARN."""
    try:
        return _tags(*_locate(context, arn))
    except CloudError:
        return {}


def _resource(context: Context, params: Params) -> tuple[Instance, str, str]:
    return _locate(context, params["resourceArn"])


def _locate(context: Context, arn: str) -> tuple[Instance, str, str]:
    named = _ARN.fullmatch(arn)
    if named is None:
        raise connect_error("InvalidParameterException", f"{arn} is not the ARN of anything in Amazon Connect.")
    instance = context.world.state(Connect).instances.get(named["instance"])
    if (
        instance is None
        or (context.account, context.region) != (instance.account, instance.region)
        or not arn.startswith(instance.arn)
    ):
        raise _missing()
    return instance, named["kind"] or "", named["id"] or ""


def _tags(instance: Instance, kind: str, item_id: str) -> dict[str, str]:
    if not kind:
        return instance.tags
    item = instance.users.latest(item_id) if kind == "agent" else _items(instance, kind).get(item_id)
    if item is None:
        raise _missing()
    return t.cast("dict[str, str]", item["Tags"])


def _put(instance: Instance, kind: str, item_id: str, new: dict[str, str]) -> None:
    if not kind:
        instance.tags = new
    elif kind == "agent":
        user = instance.users.latest(item_id)
        instance.users.put(item_id, {**(user or {}), "Tags": new})
    else:
        _items(instance, kind)[item_id]["Tags"] = new


def _items(instance: Instance, kind: str) -> dict[str, Item]:
    kinds = {
        "security-profile": instance.security_profiles,
        "routing-profile": instance.routing_profiles,
        "queue": instance.queues,
        "agent-group": instance.groups,
        "transfer-destination": instance.quick_connects,
    }
    if kind not in kinds:
        raise _missing()
    return kinds[kind]


def _missing() -> Exception:
    return connect_error("ResourceNotFoundException", "The specified resource was not found.")
