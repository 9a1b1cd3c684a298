# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Who is no longer wanted, who has another name, and what is done about it; the guard against a mistake. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._access import allowed, listed
from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_plan import plan_removal
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import User, object_id
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import ConnectUsers
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict
from ansible_collections.openccp.federation.plugins.module_utils._plan import Step
from ansible_collections.openccp.federation.plugins.module_utils._words import counted, setting

QuickConnects = t.Mapping[str, t.Sequence[t.Mapping[str, str]]]


@dataclass(frozen=True)
class Rules:
    """What a task says of agents that it does not list. is_whole: whether it lists all desired agents."""

    is_whole: bool
    leavers: t.Literal["report", "restrict", "delete"] = "report"
    restricted_profile: str = ""
    max_removals: str = "5%"
    manage_unowned: bool = False
    renames: t.Literal["report", "recreate"] = "report"
    protected: frozenset[str] = frozenset()

    @property
    def deletes(self) -> bool:
        """Whether agents may be deleted."""
        return self.leavers == "delete" or self.renames == "recreate"

    def manages(self, user: User) -> bool:
        """Whether an agent can be removed: an agent that this collection did not create only if the options allow
        it.
        """
        return user.is_managed or self.manage_unowned


@dataclass(frozen=True)
class Departures:
    """leavers: agents that are no longer listed. superseded: new name → the agent under the old name, who goes;
    waiting: likewise, who is only reported. managed: how many agents could leave.
    """

    leavers: tuple[User, ...] = ()
    superseded: t.Mapping[str, User] = field(default_factory=dict)
    waiting: t.Mapping[str, User] = field(default_factory=dict)
    managed: int = 0

    def removed(self, rules: Rules) -> list[User]:
        """Those who lose their access by these rules and have not lost it yet."""
        by_rule = {
            "report": (),
            "restrict": [user for user in self.leavers if not is_restricted(user, rules)],
            "delete": self.leavers,
        }
        return [*by_rule[rules.leavers], *self.superseded.values()]

    def losing(self, rules: Rules) -> dict[str, str]:
        """The same people by username, and how."""
        superseded = {
            user.username: f"is deleted, and {new!r} takes the place" for new, user in self.superseded.items()
        }
        how = (
            "is deleted"
            if rules.leavers == "delete"
            else f"is left the security profile {rules.restricted_profile!r} alone"
        )
        return {user.username: superseded.get(user.username, how) for user in self.removed(rules)}


def is_restricted(user: User, rules: Rules) -> bool:
    """Whether an agent has the restricted security profile and no other."""
    return bool(user.settings["security_profiles"] == [rules.restricted_profile])


def departures(
    desired: t.Sequence[Settings],
    everybody: t.Mapping[str, User],
    rules: Rules,
    skipped: t.Container[str] = frozenset(),
) -> Departures:
    """The agents that are no longer listed. A person whose object ID is on another username has been renamed.

    skipped: those who are wanted, but cannot be as they should. Nobody goes for a successor who does not come.
    """
    names = {agent["username"] for agent in desired} | rules.protected
    by_person = {
        user.settings["person_id"]: user
        for name, user in everybody.items()
        if user.settings["person_id"] and name not in names
    }
    people = {agent["username"]: object_id(agent["person_id"]) for agent in desired if agent.get("person_id")}
    renamed = {name: by_person[person] for name, person in people.items() if person in by_person}
    stay = names | {user.username for user in renamed.values()}
    stay |= {user.username for user in everybody.values() if user.settings["person_id"] in rules.protected}
    managed = [user for user in everybody.values() if rules.manages(user)]
    leavers = (
        sorted((user for user in managed if user.username not in stay), key=lambda user: user.username)
        if rules.is_whole
        else ()
    )
    arrivals = {new: user for new, user in renamed.items() if new not in skipped}
    superseded = {new: user for new, user in arrivals.items() if rules.renames == "recreate" and rules.manages(user)}
    waiting = {new: user for new, user in arrivals.items() if new not in superseded}
    return Departures(tuple(leavers), superseded, waiting, len(managed))


def check_guard(
    desired: t.Sized, departures: Departures, rules: Rules, closed: t.Mapping[str, str] | None = None, existing: int = 0
) -> None:
    """Conflict, before the first write, when the list is empty or more would lose their access than is allowed.

    closed: those whose new security profiles do not open the Contact Control Panel, username → how. existing: how many
    of the listed agents exist, which counts where not everybody was looked at.
    """
    losing = {**(closed or {}), **departures.losing(rules)}
    total = max(departures.managed, existing)
    most = allowed(rules.max_removals, total)
    if rules.is_whole and not desired and departures.leavers:
        names = [user.username for user in departures.leavers]
        raise Conflict(
            (
                f"No agent is listed, so that {counted(len(names), 'agent')} would be leavers, all that there are: "
                f"{listed(names, 10)}."
            ),
            code="EmptySource",
            hint=(
                "Nothing was changed. Find out why the source is empty. With add as "
                f"{setting('connect_users.mode')}, an empty list changes nothing."
            ),
            would_remove=names,
        )
    if len(losing) > most:
        raise Conflict(
            f"{len(losing)} of {total} agents would lose access, and the limit of {rules.max_removals} allows "
            f"{most}: {listed(sorted(losing), 10)}.",
            code="TooManyRemovals",
            hint=(
                "Nothing was changed. If they really left, run once with a higher "
                f"{setting('connect_users.max_removals')}."
            ),
            would_remove=sorted(losing),
        )


def leaver_steps(
    departures: Departures, quick_connects: QuickConnects, orphans: t.Sequence[t.Mapping[str, str]], rules: Rules
) -> list[Step[ConnectUsers]]:
    """What is done about leavers, about renamed agents under their old name, and about quick connects that an earlier
    run left over.
    """
    steps: list[Step[ConnectUsers]] = []
    for new, user in departures.superseded.items():
        steps.extend(_deletion(user, quick_connects, new, f"The same person signs in as {new!r} now."))
    for user in departures.leavers:
        if rules.leavers == "delete":
            reason = "No longer listed; leavers are deleted." if rules.is_whole else "The agent is to be absent."
            steps.extend(_deletion(user, quick_connects, user.username, reason))
        elif rules.leavers == "restrict" and not is_restricted(user, rules):
            steps.append(_restriction(user, rules.restricted_profile))
    steps.extend(
        _quick_connect_deletion(orphan, "a user who no longer exists", target=f"quick connect {orphan['name']}")
        for orphan in orphans
    )
    return steps


def warnings(departures: Departures, rules: Rules) -> list[str]:
    """What is only reported."""
    messages = []
    if departures.leavers and rules.leavers == "report":
        names = [user.username for user in departures.leavers]
        who = f"{counted(len(names), 'agent is', 'agents are')} no longer listed: {listed(names, 20)}."
        messages.append(f"{who} Choose what to do with them with {setting('connect_users.leavers')}.")
    for new, user in departures.waiting.items():
        messages.append(
            f"{user.username!r} is called {new!r} now. Amazon Connect cannot rename users, so neither was changed. "
            f"With recreate in {setting('connect_users.renames')}, the new one is created and the old one deleted; "
            f"history stays with the old one."
        )
        if not rules.manages(user):
            messages[-1] += (
                " The old one was not created by this collection and is deleted only with "
                f"{setting('connect_users.manage_unowned')} as well."
            )
    return messages


def taken_over(desired: t.Iterable[Settings], existing: t.Mapping[str, User]) -> list[str]:
    """The agents whose username is another person's now, who then signs in as that agent."""
    messages = []
    for agent in desired:
        user, person = existing.get(agent["username"]), object_id(agent.get("person_id") or "")
        if user and person and user.settings["person_id"] and user.settings["person_id"] != person:
            messages.append(
                f"The agent {user.username!r} belonged to another person ({user.settings['person_id']}), and now "
                f"belongs to {person}, who signs "
                "in under this name. Its history stays with the username: delete the agent first if that is not "
                "intended."
            )
    return messages


def _restriction(user: User, profile: str) -> Step[ConnectUsers]:
    step = Step(
        ConnectUsers.update_security_profiles,
        f"Restrict the agent {user.username!r}, who is no longer listed, to the security profile {profile!r}",
        user_id=user.id,
        username=user.username,
        security_profiles=[profile],
    )
    return step.about(target=user.username, reason="No longer listed; leavers are restricted.")


def _deletion(user: User, quick_connects: QuickConnects, target: str, reason: str) -> list[Step[ConnectUsers]]:
    removal = plan_removal(user).steps[0]
    leads_to = f"the agent {user.username!r}"
    return [
        removal.about(target=target, label=user.username, reason=reason),
        *(_quick_connect_deletion(each, leads_to, target=target) for each in quick_connects.get(user.id, ())),
    ]


def _quick_connect_deletion(quick_connect: t.Mapping[str, str], to: str, target: str) -> Step[ConnectUsers]:
    name = quick_connect["name"]
    step = Step(
        ConnectUsers.delete_quick_connect,
        f"Delete the quick connect {name!r}, which leads to {to}",
        quick_connect_id=quick_connect["id"],
        name=name,
    )
    return step.about(target=target, label=f"quick connect {name}", reason=f"It leads to {to}.")
