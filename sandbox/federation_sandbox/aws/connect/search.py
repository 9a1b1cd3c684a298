# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The search operations: criteria and filters over an index that lags behind writes (facts/aws.md 1.5)."""

from __future__ import annotations

import typing as t

from federation_sandbox.aws.connect import hierarchy
from federation_sandbox.aws.connect.store import Instance, Item, active_instance, connect_error, furnished
from federation_sandbox.aws.paging import page
from federation_sandbox.aws.protocol import Context, Params

#: the values of a field of an item
Reader = t.Callable[[Item], t.Sequence[str]]
Test = t.Callable[[Item], bool]
Leaf = t.Callable[[Params], Test]

_MILLISECONDS: t.Final = 1000

_USER_FIELDS: t.Final[dict[str, Reader]] = {
    "Username": lambda user: [user["Username"]],
    "FirstName": lambda user: [user["IdentityInfo"].get("FirstName", "")],
    "LastName": lambda user: [user["IdentityInfo"].get("LastName", "")],
    "RoutingProfileId": lambda user: [user["RoutingProfileId"]],
    "SecurityProfileId": lambda user: user["SecurityProfileIds"],
    "resourceId": lambda user: [user["Id"]],
}
_PROFILE_FIELDS: t.Final[dict[str, Reader]] = {
    "name": lambda profile: [profile.get("SecurityProfileName") or profile["Name"]],
    "description": lambda profile: [profile.get("Description", "")],
    "resourceID": lambda profile: [profile.get("Id") or profile["RoutingProfileId"]],
}
_GROUP_FIELDS: t.Final[dict[str, Reader]] = {
    "name": lambda group: [group["Name"]],
    "parentId": lambda group: [hierarchy.parent_of(group)],
    "levelId": lambda group: [group["LevelId"]],
    "resourceID": lambda group: [group["Id"]],
}
_QUICK_CONNECT_FIELDS: t.Final[dict[str, Reader]] = {
    "name": lambda item: [item["Name"]],
    "description": lambda item: [item.get("Description", "")],
    "resourceID": lambda item: [item["QuickConnectId"]],
}


def search_users(context: Context, params: Params) -> Item:
    """Search agents. A result contains first and last name only, and the after contact work time limit in
    milliseconds.
    """
    instance = active_instance(context, params)
    leaves: dict[str, Leaf] = {"HierarchyGroupCondition": lambda condition: _in_group(instance, condition)}
    criteria = _criteria(params.get("SearchCriteria") or {}, _USER_FIELDS, leaves)
    filters = _user_filter(instance, params.get("SearchFilter") or {})
    settings = context.world.settings
    everybody = instance.users.peek_all(context.world.lag(settings.connect_search_lag, settings.connect_flapping))
    by_nothing = not params.get("SearchCriteria") and not params.get("SearchFilter")
    users = list(everybody) if by_nothing else [user for user in everybody if criteria(user) and filters(user)]
    items, more = page(context, params, users, 100)
    return {
        "Users": [_lite(user, settings.channel_limits_in_milliseconds) for user in items],
        "ApproximateTotalCount": len(users),
        **more,
    }


def search_security_profiles(context: Context, params: Params) -> Item:
    """Security profiles."""
    instance = active_instance(context, params)
    return _search(
        context, params, "SecurityProfiles", furnished(context, instance, instance.security_profiles), _PROFILE_FIELDS
    )


def search_routing_profiles(context: Context, params: Params) -> Item:
    """Routing profiles."""
    instance = active_instance(context, params)
    return _search(
        context, params, "RoutingProfiles", furnished(context, instance, instance.routing_profiles), _PROFILE_FIELDS
    )


def search_quick_connects(context: Context, params: Params) -> Item:
    """Quick connects."""
    items = active_instance(context, params).quick_connects.values()
    return _search(context, params, "QuickConnects", items, _QUICK_CONNECT_FIELDS)


def search_user_hierarchy_groups(context: Context, params: Params) -> Item:
    """Search groups. A result contains the path; the root group with LevelId 0 is included."""
    instance = active_instance(context, params)
    groups = [hierarchy.foundation(instance), *instance.groups.values()]
    return _search(context, params, "UserHierarchyGroups", groups, _GROUP_FIELDS)


def _search(context: Context, params: Params, member: str, items: t.Iterable[Item], fields: dict[str, Reader]) -> Item:
    criteria = _criteria(params.get("SearchCriteria") or {}, fields, {})
    search_filter = params.get("SearchFilter") or {}
    filters = _any_of(
        search_filter.get("TagFilter") or search_filter.get("AttributeFilter") or {}, {"TagCondition": _tagged}
    )
    hits = [item for item in items if criteria(item) and filters(item)]
    page_items, more = page(context, params, hits, 100)
    return {member: page_items, "ApproximateTotalCount": len(hits), **more}


def _criteria(criteria: Params, fields: dict[str, Reader], leaves: dict[str, Leaf]) -> Test:
    tests: list[Test] = []
    for name, params in criteria.items():
        if name == "StringCondition":
            tests.append(_string(params, fields))
        elif name in leaves:
            tests.append(leaves[name](params))
        elif name in ("OrConditions", "AndConditions"):
            inner = [_criteria(part, fields, leaves) for part in params]
            tests.append(_combined(any if name == "OrConditions" else all, inner))
        else:
            raise connect_error("InvalidRequestException", f"The sandbox does not search by {name}.")
    return _combined(all, tests)


def _combined(how: t.Callable[[t.Iterable[bool]], bool], tests: list[Test]) -> Test:
    return lambda item: how(test(item) for test in tests)


def _string(condition: Params, fields: dict[str, Reader]) -> Test:
    name, value = condition.get("FieldName", ""), condition.get("Value", "").casefold()
    if name not in fields:
        raise connect_error("InvalidParameterException", f"A search has the fields {', '.join(fields)}, not {name}.")
    kind = condition.get("ComparisonType")
    if kind == "CONTAINS" and not 2 <= len(value) <= 25:
        raise connect_error("InvalidParameterException", "CONTAINS takes 2 to 25 characters.")
    compare: dict[str | None, t.Callable[[str], bool]] = {
        "EXACT": lambda text: text.casefold() == value,
        "STARTS_WITH": lambda text: text.casefold().startswith(value),
        "CONTAINS": lambda text: value in text.casefold(),
    }
    if kind not in compare:
        raise connect_error("InvalidParameterException", "A StringCondition needs its ComparisonType.")
    return lambda item: any(compare[kind](text) for text in fields[name](item))


def _user_filter(instance: Instance, search_filter: Params) -> Test:
    if {"TagFilter", "UserAttributeFilter"} <= search_filter.keys():
        raise connect_error("AccessDeniedException", "A SearchFilter has either a TagFilter or a UserAttributeFilter.")
    leaves: dict[str, Leaf] = {
        "TagCondition": _tagged,
        "HierarchyGroupCondition": lambda condition: _in_group(instance, condition),
    }
    return _any_of(search_filter.get("TagFilter") or search_filter.get("UserAttributeFilter") or {}, leaves)


def _any_of(search_filter: Params, leaves: dict[str, Leaf]) -> Test:
    """The test of a filter: a list of conditions that must all hold, or several such lists, one of which must hold."""
    if len(search_filter) > 1:
        raise connect_error("InvalidParameterException", "A filter has one condition, or one list of them.")
    for name, params in search_filter.items():
        if name in leaves:
            return leaves[name](params)
        if name == "OrConditions":
            return _combined(any, [_all_of(alternative, leaves) for alternative in params])
        return _all_of(params, leaves)
    return lambda _item: True


def _all_of(conditions: list[Params] | Params, leaves: dict[str, Leaf]) -> Test:
    if isinstance(conditions, list):
        return _combined(all, [_tagged(condition) for condition in conditions])
    tests = [_tagged(condition) for condition in conditions.get("TagConditions") or []]
    tests += [leaves[name](condition) for name, condition in conditions.items() if name in leaves]
    return _combined(all, tests)


def _tagged(condition: Params) -> Test:
    key, value = condition.get("TagKey"), condition.get("TagValue")
    return lambda item: key in item.get("Tags", {}) and value in (None, item["Tags"][key])


def _in_group(instance: Instance, condition: Params) -> Test:
    params = condition.get("Value", "")
    groups = {params}
    if condition.get("HierarchyGroupMatchType") == "WITH_CHILD_GROUPS":
        groups |= {group["Id"] for group in instance.groups.values() if params in hierarchy.path_ids(group)}
    return lambda user: user.get("HierarchyGroupId") in groups


def _lite(user: Item, by_channel: bool) -> Item:
    """The attributes of an agent that a search returns. by_channel: whether time limits by channel are in milliseconds
    as well.
    """
    summary = {name: value for name, value in user.items() if value not in ({}, [])}
    summary["IdentityInfo"] = {
        name: user["IdentityInfo"][name] for name in ("FirstName", "LastName") if name in user["IdentityInfo"]
    }
    summary["PhoneConfig"] = _in_milliseconds(user["PhoneConfig"])
    if "AfterContactWorkConfigs" in summary and by_channel:
        summary["AfterContactWorkConfigs"] = list(map(_members_in_milliseconds, summary["AfterContactWorkConfigs"]))
    return summary


def _members_in_milliseconds(config: Item) -> Item:
    return {name: _in_milliseconds(value) if isinstance(value, dict) else value for name, value in config.items()}


def _in_milliseconds(config: Item) -> Item:
    if "AfterContactWorkTimeLimit" not in config:
        return config
    return {**config, "AfterContactWorkTimeLimit": config["AfterContactWorkTimeLimit"] * _MILLISECONDS}
