# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agent hierarchy: up to five levels of groups. Names of groups are not unique (facts/aws.md 1.5)."""

from __future__ import annotations

import datetime as dt
import typing as t

from federation_sandbox.aws.connect.store import LEVELS, Instance, Item, active_instance, new_id, require
from federation_sandbox.aws.paging import page
from federation_sandbox.aws.protocol import Context, Params

#: from the documentation; the service model has no pattern for names
_LONGEST_NAME: t.Final = 100
_SUMMARY: t.Final = ("Id", "Arn", "Name", "LastModifiedTime", "LastModifiedRegion")


def describe_user_hierarchy_structure(context: Context, params: Params) -> Item:
    """The levels."""
    return {"HierarchyStructure": dict(zip(LEVELS, active_instance(context, params).levels, strict=False))}


def list_user_hierarchy_groups(context: Context, params: Params) -> Item:
    """All groups by name. The list contains neither levels nor parents."""
    groups, more = page(context, params, active_instance(context, params).groups.values(), 100)
    return {"UserHierarchyGroupSummaryList": [_summary(group) for group in groups], **more}


def describe_user_hierarchy_group(context: Context, params: Params) -> Item:
    """One group, with its path."""
    return {"HierarchyGroup": require(active_instance(context, params).groups, params["HierarchyGroupId"])}


def add_level(instance: Instance, name: str, now: dt.datetime) -> None:
    """Add a level."""
    level = new_id()
    instance.levels.append(
        {**_stamped(instance, now), "Id": level, "Arn": instance.arn_of("agent-group-level", level), "Name": name}
    )


def add_group(instance: Instance, path: str | list[str], now: dt.datetime) -> Item:
    """Add a group by its path, such as Berlin/Sales, or by the list of names on the path, which may contain slashes.
    Its parents must exist.
    """
    *above, name = _names(path)
    parent = by_path(instance, above) if above else None
    depth = len(above) + 1
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise ValueError(f"the name of a group has 1 to {_LONGEST_NAME} characters, not {name!r}")
    if depth > len(instance.levels):
        raise ValueError(f"the hierarchy has {len(instance.levels)} levels, too few for {path}")
    group_id = new_id()
    group: Item = {
        **_stamped(instance, now),
        "Id": group_id,
        "Arn": instance.arn_of("agent-group", group_id),
        "Name": name,
    }
    higher = parent["HierarchyPath"] if parent else {}
    group["LevelId"] = instance.levels[depth - 1]["Id"]
    group["HierarchyPath"] = {**higher, LEVELS[depth - 1]: _summary(group)}
    group["Tags"] = {}
    instance.groups[group_id] = group
    return group


def _names(path: str | list[str]) -> list[str]:
    return path.split("/") if isinstance(path, str) else path


def by_path(instance: Instance, path: str | list[str]) -> Item:
    """The group at a path."""
    names = _names(path)
    for group in instance.groups.values():
        if [step["Name"] for step in group["HierarchyPath"].values()] == names:
            return group
    raise ValueError(f"there is no group {path} in the hierarchy of {instance.alias}")


def foundation(instance: Instance) -> Item:
    """The root group, which nobody defined but searches return."""
    return {
        "Id": instance.id,
        "Arn": instance.arn_of("agent-group", instance.id),
        "Name": "root",
        "LevelId": "0",
        "HierarchyPath": {},
    }


def path_ids(group: Item) -> list[str]:
    """The IDs of the groups from the top level down to the group."""
    return [step["Id"] for step in group["HierarchyPath"].values()]


def parent_of(group: Item) -> str:
    """The ID of the parent group, or an empty string."""
    return path_ids(group)[-2] if len(path_ids(group)) > 1 else ""


def _summary(group: Item) -> Item:
    return {name: group[name] for name in _SUMMARY}


def _stamped(instance: Instance, now: dt.datetime) -> Item:
    return {"LastModifiedTime": now, "LastModifiedRegion": instance.region}
