# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""An instance as defined by the options, and the steps that lead there. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import (
    ATTRIBUTES,
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
    after = dict(before)
    name = before["alias"] or before["id"]
    steps: list[Step[InstanceWriter]] = []
    for option, attribute in {"inbound_calls": "INBOUND_CALLS", "outbound_calls": "OUTBOUND_CALLS"}.items():
        if params[option] not in (None, before[option]):
            after[option] = params[option]
            steps.append(_attribute_step(option, attribute, params[option], name))
    if params.get("attributes"):
        after["attributes"] = _given(params["attributes"])
        before["attributes"] = {option: actual.get("Attributes", {}).get(option) for option in after["attributes"]}
        steps.extend(_attribute_steps(before["attributes"], params["attributes"], name))
    to_set, to_remove, after["tags"] = tag_changes(before["tags"], params["tags"], params["purge_tags"])
    label, tag, untag = f"the Amazon Connect instance {name!r}", InstanceWriter.tag, InstanceWriter.untag
    steps += tag_steps(label, to_set, to_remove, tag=tag, untag=untag)
    return Plan(before, after, tuple(steps))


def _plan_create(params: t.Mapping[str, t.Any], region: str) -> Plan[InstanceWriter]:
    alias = params["alias"]
    inbound, outbound = params["inbound_calls"] is not False, params["outbound_calls"] is not False
    tags = dict(params["tags"] or {})
    after = {
        "alias": alias,
        "region": region,
        "identity_management_type": "SAML",
        "inbound_calls": inbound,
        "outbound_calls": outbound,
        "tags": tags,
    }
    text = f"Create the Amazon Connect instance {alias!r}"
    steps = [Step(InstanceWriter.create, text, alias=alias, inbound_calls=inbound, outbound_calls=outbound, tags=tags)]
    if params.get("attributes"):
        after["attributes"] = _given(params["attributes"])
        steps.extend(_attribute_steps({}, params["attributes"], alias))
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


def _given(attributes: t.Mapping[str, bool | None]) -> dict[str, bool]:
    return {option: value for option, value in attributes.items() if value is not None}


def _attribute_steps(
    actual: t.Mapping[str, bool], wanted: t.Mapping[str, bool | None], name: str
) -> list[Step[InstanceWriter]]:
    changes = {option: value for option, value in _given(wanted).items() if actual.get(option) != value}
    return [_attribute_step(option, ATTRIBUTES[option], value, name) for option, value in changes.items()]


def _attribute_step(option: str, attribute: str, value: bool, name: str) -> Step[InstanceWriter]:
    text = f"{'Enable' if value else 'Disable'} {option} of the Amazon Connect instance {name!r}"
    return Step(InstanceWriter.update_attribute, text, attribute=attribute, value=value)
