# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""From who is listed and who exists to what is done about each of them, and what that came to. Pure."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._connect import leavers as leaving
from ansible_collections.openccp.federation.plugins.module_utils._connect import user_checks as checks
from ansible_collections.openccp.federation.plugins.module_utils._connect.agents import Snapshot
from ansible_collections.openccp.federation.plugins.module_utils._connect.roster import Roster
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import User
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import ConnectUsers
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._words import counted, setting


@dataclass(frozen=True)
class Census:
    """Who is listed, who exists, and who goes.

    snapshot: the agents that can be configured, beside those of them that exist. skipped: why the others cannot.
    everybody: all users, where that matters. unmanaged: those who stay because this collection did not create them.
    """

    roster: Roster
    snapshot: Snapshot
    departures: leaving.Departures = field(default_factory=leaving.Departures)
    skipped: t.Mapping[str, FederationError] = field(default_factory=dict)
    everybody: t.Mapping[str, User] = field(default_factory=dict)
    quick_connects: leaving.QuickConnects = field(default_factory=dict)
    orphans: t.Sequence[t.Mapping[str, str]] = ()
    unmanaged: t.Sequence[str] = ()

    @property
    def renamed(self) -> dict[str, User]:
        """New name → the agent under the old name."""
        return {**self.departures.superseded, **self.departures.waiting}


@dataclass(frozen=True)
class SyncPlan(Plan[ConnectUsers]):
    """The plan of a census. planned: all steps, also where `steps` are those that were done. removals: the last of
    them. closed: the agents whose new security profiles do not open the Contact Control Panel, username → how.
    """

    census: Census = field(kw_only=True)
    planned: tuple[Step[ConnectUsers], ...] = ()
    removals: tuple[Step[ConnectUsers], ...] = ()
    closed: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def arrivals(self) -> tuple[Step[ConnectUsers], ...]:
        """The steps before the removals."""
        return self.planned[: len(self.planned) - len(self.removals)]


def configured_agents(census: Census) -> t.Iterator[dict[str, t.Any]]:
    """The agents that are configured: of those who only have a new name, the old one stays instead."""
    for agent in census.snapshot.desired:
        name = agent["username"]
        if name not in census.departures.waiting or name in census.snapshot.listed:
            yield agent


def plan_sync(census: Census, agents: Plan[ConnectUsers], opens: t.Callable[[str], bool], *, guarded: bool) -> SyncPlan:
    """Who comes and who changes; then, once the guard has let it pass, who goes.

    agents: the plan for those who come. opens: whether a security profile opens the Contact Control Panel.
    """
    departures, rules = census.departures, census.roster.rules
    closed = _closed(agents, census.snapshot, opens)
    if guarded:
        leaving.check_guard(census.roster.agents, departures, rules, closed, len(census.snapshot.existing))
    removals = tuple(leaving.leaver_steps(departures, census.quick_connects, census.orphans, rules))
    steps = (*agents.steps, *removals)
    before, after = _removed(census)
    return SyncPlan(
        before={**agents.before, **before},
        after={**agents.after, **after},
        steps=steps,
        warnings=tuple(_warnings(census)),
        skipped=census.skipped,
        census=census,
        planned=steps,
        removals=removals,
        closed=closed,
    )


def report(plan: SyncPlan, identity_of: t.Callable[[str, User | None], dict[str, str]]) -> dict[str, t.Any]:
    """Counts, and what was done for each agent. identity_of: its id and ARN, where they are known."""
    census = plan.census
    departures, existing, names = census.departures, census.snapshot.existing, census.roster.names
    planned, done = _by_agent(plan.planned), _by_agent(plan.steps)
    failed = {name for name, steps in planned.items() if len(done.get(name, ())) < len(steps)} | set(census.skipped)
    succeeded = [name for name in done if name not in failed]
    leavers = {user.username for user in departures.leavers}
    losing = {**plan.closed, **departures.losing(census.roster.rules)}
    held = set(departures.waiting) - set(existing)
    restricts = census.roster.rules.leavers == "restrict"
    return {
        "created": sum(name in names and name not in existing for name in succeeded),
        "updated": sum(name in existing for name in succeeded),
        "unchanged": len(names - set(planned) - set(census.skipped) - held),
        "failed": len(failed),
        "removed": sum(step.run is ConnectUsers.delete for step in plan.steps),
        "restricted": sum(restricts and name in leavers for name in succeeded),
        "leavers": sorted(leavers),
        "access": {
            "agents": max(departures.managed, len(existing)),
            "lost": [{"username": name, "reason": reason} for name, reason in sorted(losing.items())],
        },
        "renamed": [{"old": user.username, "new": new} for new, user in census.renamed.items()],
        "changes": [
            {
                "username": name,
                **identity_of(name, existing.get(name) or census.everybody.get(name)),
                "actions": [step.text for step in steps],
            }
            for name, steps in done.items()
            if name in names | leavers
        ],
    }


def _closed(plan: Plan[ConnectUsers], snapshot: Snapshot, opens: t.Callable[[str], bool]) -> dict[str, str]:
    """The agents whose security profiles open the Contact Control Panel, and whose new ones do not."""
    opens = functools.cache(opens)
    closed = {}
    for step in plan.steps:
        if step.run is not ConnectUsers.update_security_profiles:
            continue
        name, profiles = step.args["username"], step.args["security_profiles"]
        before = snapshot.existing[name].settings["security_profiles"]
        if any(map(opens, before)) and not any(map(opens, profiles)):
            closed[name] = (
                f"gets the security profiles {', '.join(profiles)}, which do not open the Contact Control Panel"
            )
    return closed


def _warnings(census: Census) -> list[str]:
    """What may stop an agent, and what is only reported; of a rename more is said than of others."""
    snapshot, rules = census.snapshot, census.roster.rules
    names = [agent["username"] for agent in census.roster.agents if agent["username"] not in census.renamed]
    return [
        *checks.warnings(names, snapshot.listed),
        *leaving.taken_over(configured_agents(census), snapshot.existing),
        *leaving.warnings(census.departures, rules),
        *_warnings_of_those_who_stay(census.unmanaged),
    ]


def _warnings_of_those_who_stay(unmanaged: t.Sequence[str]) -> list[str]:
    if not unmanaged:
        return []
    names = f"{', '.join(unmanaged[:20])}{', …' if len(unmanaged) > 20 else ''}"
    who = counted(len(unmanaged), "agent was", "agents were")
    option = setting("connect_users.manage_unowned")
    return [f"{who} not created by this collection and would be deleted only with {option}: {names}."]


def _removed(census: Census) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The views before and after of those who lose their access."""
    rules, departures = census.roster.rules, census.departures
    before, after = {}, {}
    leavers = {user.id for user in departures.leavers}
    for user in departures.removed(rules):
        restricted = rules.leavers == "restrict" and user.id in leavers
        before[user.username] = user.settings
        after[user.username] = user.settings | {"security_profiles": [rules.restricted_profile]} if restricted else {}
    return before, after


def _by_agent(steps: t.Iterable[Step[ConnectUsers]]) -> dict[str, list[Step[ConnectUsers]]]:
    agents: dict[str, list[Step[ConnectUsers]]] = {}
    for step in steps:
        agents.setdefault(str(step.target), []).append(step)
    return agents
