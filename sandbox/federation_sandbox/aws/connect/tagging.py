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


def tag_resource(at: Context, wanted: Params) -> None:
    """Add or change tags."""
    instance, kind, item_id = _resource(at, wanted)
    _put(instance, kind, item_id, tags.connect_tags(_tags(instance, kind, item_id), wanted["tags"]))


def untag_resource(at: Context, wanted: Params) -> None:
    """Remove tags."""
    instance, kind, item_id = _resource(at, wanted)
    current = _tags(instance, kind, item_id)
    _put(instance, kind, item_id, {key: value for key, value in current.items() if key not in wanted["tagKeys"]})


def list_tags_for_resource(at: Context, wanted: Params) -> Item:
    """The tags."""
    return {"tags": _tags(*_resource(at, wanted))}


def tags_of(at: Context, arn: str) -> dict[str, str]:
    """The tags of an ARN, empty when nothing has that ARN."""
    try:
        return _tags(*_at(at, arn))
    except CloudError:
        return {}


def _resource(at: Context, wanted: Params) -> tuple[Instance, str, str]:
    return _at(at, wanted["resourceArn"])


def _at(at: Context, arn: str) -> tuple[Instance, str, str]:
    named = _ARN.fullmatch(arn)
    if named is None:
        raise connect_error("InvalidParameterException", f"{arn} is not the ARN of anything in Amazon Connect.")
    instance = at.world.state(Connect).instances.get(named["instance"])
    if (
        instance is None
        or (at.account, at.region) != (instance.account, instance.region)
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
