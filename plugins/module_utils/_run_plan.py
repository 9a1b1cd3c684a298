# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What the playbooks plan over both clouds, for a reader: sentences with names, who loses access, and what was not
looked at. Pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.openccp.federation.plugins.module_utils import _access as access
from ansible_collections.openccp.federation.plugins.module_utils._lockout import (
    deletions,
    is_shared,
    lockouts,
    pools_locked_out,
    serves_another_instance,
)
from ansible_collections.openccp.federation.plugins.module_utils._printable import message_text, one_line
from ansible_collections.openccp.federation.plugins.module_utils._words import counted

Record = t.Mapping[str, t.Any]

NOTHING: t.Final = "Everything is as it should be."


@dataclass(frozen=True)
class RunPlan:
    """steps: as modules return them, each with its part. losses: who loses access, of the agents and of the people of
    each user pool. kept: what is only reported. missing: the parts of the federation that the run does not look at.
    refusal: why the plan must not be carried out; empty when it may be. unusable: the members of groups who cannot be
    agents; unusable_members: the sentence on them; unusable_fails: whether the run fails for them.
    """

    parts: tuple[str, ...]
    missing: tuple[str, ...] = ()
    steps: tuple[Record, ...] = ()
    losses: tuple[access.Losses, ...] = ()
    kept: tuple[str, ...] = ()
    refusal: str = ""
    unusable: tuple[Record, ...] = ()
    unusable_members: str = ""
    unusable_fails: bool = False


def run_plan(
    parts: t.Mapping[str, str],
    results: t.Mapping[str, Record],
    usernames: t.Iterable[str] | None,
    limit: str,
    variable: str = access.OF_AGENTS,
) -> RunPlan:
    """One plan of what the roles predicted.

    parts: role → what it looks at, in order. results: role → the fact that it left; a role that did not run left none
    with steps. usernames: the agents that exist, where they were read. limit: how many may lose their access; nobody
    is counted when it is empty. variable: what sets the limit.
    """
    seen = {role: results[role] for role in parts if "steps" in results.get(role, {})}
    losses = (_losses_of_agents(seen, usernames, limit), *_losses_of_pools(seen))
    people = seen.get("connect_users", {})
    unusable = tuple(people.get("unusable", ()))
    refusals = [access.refusal(each, limit, variable) for each in losses] if limit else []
    return RunPlan(
        parts=tuple(parts[role] for role in seen),
        missing=tuple(what for role, what in parts.items() if role not in seen),
        steps=tuple({"part": role, **step} for role, result in seen.items() for step in result["steps"]),
        losses=losses,
        kept=_kept(seen),
        refusal=message_text(" ".join(filter(None, refusals))),
        unusable=unusable,
        unusable_members=message_text(_unusable_members(unusable, people.get("members", 0))),
        unusable_fails=bool(unusable) and people.get("unusable_members") == "fail",
    )


def _losses_of_agents(seen: t.Mapping[str, Record], usernames: t.Iterable[str] | None, limit: str) -> access.Losses:
    known = None if usernames is None else frozenset(usernames)
    application, instance = seen.get("azure_saml_app", {}), seen.get("connect_instance", {})
    instance_id = str(instance.get("id") or "")
    others_use_it = is_shared(application, instance_id)  # then everybody whom it lets in counts, listed or not
    agents = _agents(seen.get("connect_users", {}), None if others_use_it else known)
    losses = access.losses(_sign_ins(application.get("access")), agents)
    if not limit:  # it is selected
        return losses
    nobody_yet = known == frozenset() and not serves_another_instance(application, instance_id)
    everybody = (*deletions(instance), *(() if nobody_yet else lockouts(seen)), *pools_locked_out(seen))
    return replace(losses, everybody=everybody)


def _losses_of_pools(seen: t.Mapping[str, Record]) -> t.Iterator[access.Losses]:
    """Who loses access to each user pool that has an application of its own."""
    for pool in seen.get("cognito_federation", {}).get("pools", ()):
        yield replace(access.losses(_sign_ins(pool.get("access")), access.Agents()), pool=pool["user_pool_id"])


def sentences(plan: RunPlan) -> list[str]:
    """The plan for a terminal."""
    lines = fold(plan.steps)
    lines += [line for losses in plan.losses for line in losses.lines()]
    lines += plan.kept
    if plan.unusable_members:
        lines.append(plan.unusable_members)
    if not plan.steps:
        lines.insert(0, _nothing(plan))
    elif plan.missing:
        lines.append(f"Skipped: {', '.join(plan.missing)}.")
    return [one_line(line) for line in lines]


def fold(steps: t.Sequence[Record], most: int = access.NAMES) -> list[str]:
    """A sentence for each step; one for all that say the same of more objects than `most`."""
    alike: dict[str, list[str]] = {}
    for step in steps:
        alike.setdefault(_pattern(step), []).append(str(step["object"]))
    return list(dict.fromkeys(_sentence(step, alike[_pattern(step)], most) for step in steps))


def _sentence(step: Record, objects: t.Sequence[str], most: int) -> str:
    if len(objects) <= most:
        return str(step["action"])
    what = _pattern(step).removesuffix(" …")
    return f"{what}, {len(objects)} times: {access.listed(objects, most)} (federation_plan_file names them all)."


def _pattern(step: Record) -> str:
    """What a step says of whatever object."""
    return str(step["action"]).replace(repr(step["object"]), "…")


def _nothing(plan: RunPlan) -> str:
    if not plan.parts:
        return f"Everything was skipped: {', '.join(plan.missing)}."
    if plan.missing:
        return f"Nothing to change in {', '.join(plan.parts)}. Skipped: {', '.join(plan.missing)}."
    return "Nothing to change." if plan.unusable else NOTHING


def _unusable_members(unusable: t.Sequence[Record], usable: int) -> str:
    """Who of the members of the groups cannot be an agent, why, and what changes that."""
    if not unusable:
        return ""
    names = [
        f"{person['user_principal_name'] or person['person_id']} ({' '.join(person['reasons']).rstrip('.')})"
        for person in unusable
    ]
    fixes = dict.fromkeys(fix for person in unusable for fix in person["fixes"])
    agents = "agents" if len(unusable) > 1 else "an agent"
    who = f"{len(unusable)} of {counted(usable + len(unusable), 'member')} of the groups cannot be {agents}"
    return f"{who}: {access.listed(names)}. {' '.join(fixes)}"


def _sign_ins(record: Record | None) -> access.SignIns | None:
    if not record:
        return None
    people = tuple(access.Person(person["name"], person["before"], person["after"]) for person in record["people"])
    return access.SignIns(record["required_before"], record["required_after"], people, record["unreadable"])


def _agents(result: Record, usernames: t.Iterable[str] | None) -> access.Agents:
    counts = result.get("access") or {}
    created = (step["object"] for step in result.get("steps", ()) if step["after"] and not step["before"])
    return access.Agents(
        usernames=None if usernames is None else frozenset(usernames),
        managed=counts.get("agents", 0),
        losing={agent["username"]: agent["reason"] for agent in counts.get("lost", ())},
        created=frozenset(created),
    )


def _kept(seen: t.Mapping[str, Record]) -> tuple[str, ...]:
    """What the run leaves as it is, although it is not listed."""
    application, agents = seen.get("azure_saml_app", {}), seen.get("connect_users", {})
    kept = []
    if application.get("unlisted_assignments"):
        names = access.listed(application["unlisted_assignments"])
        kept.append(f"Stays assigned although not listed: {names} (azure_saml_app_unlisted_assignments=report).")
    if agents.get("leavers_reported"):
        kept.append(
            f"Stays an agent although not listed: {access.listed(agents['leavers_reported'])} "
            f"(connect_users_leavers=report)."
        )
    kept += [
        f"Stays assigned to the user pool {pool['user_pool_id']} although not listed: "
        f"{access.listed(pool['unlisted_assignments'])} (cognito_federation_unlisted_assignments=report)."
        for pool in seen.get("cognito_federation", {}).get("pools", ())
        if pool.get("unlisted_assignments")
    ]
    return tuple(kept)
