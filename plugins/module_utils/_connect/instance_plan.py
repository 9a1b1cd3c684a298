# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""An instance as defined by the options, and the steps that lead there. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._attributes import change_steps, differences, initial
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import (
    CALLS,
    FEATURES,
    Instance,
    InstanceWriter,
    check_saml,
    view,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, tag_changes, tag_steps
from ansible_collections.openccp.federation.plugins.module_utils._saml.tags import check_tags
from ansible_collections.openccp.federation.plugins.module_utils._words import setting


def plan(params: t.Mapping[str, t.Any], actual: Instance | None, region: str) -> Plan[InstanceWriter]:
    """The steps that bring an instance to the desired settings. Pure."""
    if params["state"] == "absent":
        return _plan_absent(params, actual, region)
    check_tags(params["tags"], any_value=True)
    if actual is None:
        return _plan_create(params, region)
    check_saml(actual)
    before = view(actual, region)
    after = before | differences(CALLS, params, before)
    name = before["alias"] or before["id"]
    steps: list[Step[InstanceWriter]] = change_steps(CALLS, name, before, after)
    if params.get("attributes"):
        after["attributes"] = _given_options(params["attributes"])
        before["attributes"] = {option: actual.get("Attributes", {}).get(option) for option in after["attributes"]}
        steps += change_steps(FEATURES, name, before["attributes"], after["attributes"])
    to_set, to_remove, after["tags"] = tag_changes(before["tags"], params["tags"], params["purge_tags"])
    label, tag, untag = f"the Amazon Connect instance {name!r}", InstanceWriter.tag, InstanceWriter.untag
    steps += tag_steps(label, to_set, to_remove, tag=tag, untag=untag)
    return Plan(before, after, tuple(steps))


def _plan_create(params: t.Mapping[str, t.Any], region: str) -> Plan[InstanceWriter]:
    alias = params["alias"]
    calls = initial(CALLS)
    calls |= differences(CALLS, params, calls)
    tags = dict(params["tags"] or {})
    after = {"alias": alias, "region": region, "identity_management_type": "SAML", **calls, "tags": tags}
    text = f"Create the Amazon Connect instance {alias!r}"
    steps: list[Step[InstanceWriter]] = [Step(InstanceWriter.create, text, alias=alias, tags=tags, **calls)]
    if params.get("attributes"):
        after["attributes"] = _given_options(params["attributes"])
        steps += change_steps(FEATURES, alias, {}, after["attributes"])
    return Plan({}, after, tuple(steps))


def _plan_absent(params: t.Mapping[str, t.Any], actual: Instance | None, region: str) -> Plan[InstanceWriter]:
    if actual is None:
        return Plan()
    alias = actual.get("InstanceAlias") or actual["Id"]
    if params["confirm_alias"] != alias:
        raise InvalidInput(
            (
                f"The Amazon Connect instance {alias!r} is not deleted, because its alias is not confirmed: "
                f"{params['confirm_alias']!r} was given."
            ),
            hint=(
                "Deletion removes all agents, flows and phone numbers for good. To confirm it, set "
                f"{setting('connect_instance.confirm_alias')} to {alias}."
            ),
        )
    step = Step(InstanceWriter.delete, f"Delete the Amazon Connect instance {alias!r}")
    return Plan(view(actual, region), {}, (step,))


def _given_options(attributes: t.Mapping[str, bool | None]) -> dict[str, bool]:
    return {option: value for option, value in attributes.items() if value is not None}
