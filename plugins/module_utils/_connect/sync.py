# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The agents of a whole contact centre: the roster of a task, a census of the instance, one plan, and the work in
parallel at the account's pace. Each is a value that is made from the one before.
"""

from __future__ import annotations

import dataclasses
import gc
import math
import threading
import typing as t
from pathlib import Path

from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._connect import leavers as leaving
from ansible_collections.openccp.federation.plugins.module_utils._connect import user_checks as checks
from ansible_collections.openccp.federation.plugins.module_utils._connect.agents import AgentsResource, Snapshot, named
from ansible_collections.openccp.federation.plugins.module_utils._connect.parallel import Parallel, ProgressCounter
from ansible_collections.openccp.federation.plugins.module_utils._connect.prefetch import prefetched
from ansible_collections.openccp.federation.plugins.module_utils._connect.rate_limit import RateLimiter, TokenBucket
from ansible_collections.openccp.federation.plugins.module_utils._connect.roster import (
    Roster,
    protecting,
    rows_of,
    rules_of,
    username_of,
    validated,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.sync_plan import (
    Census,
    SyncPlan,
    configured_agents,
    plan_sync,
    report,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_checks import Problem, refuse
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import Summary, User
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import SEARCH_PAGE, ConnectUsers
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

if t.TYPE_CHECKING:
    import collections.abc

    from ansible_collections.openccp.federation.plugins.module_utils._connect.users import Page

#: More agents than this are read by a search that begins before it is known how many users there are.
FEW: t.Final = 20
#: The number of steps from which progress is reported, and the interval of the reports.
WORTH_PROGRESS: t.Final = 50
PROGRESS_SECONDS: t.Final = 5.0

SYNC_OPTIONS: t.Final[dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "csv": {"type": "path"},
    "mode": {"type": "str", "choices": ["add", "set"], "default": "add"},
    "leavers": {"type": "str", "choices": ["report", "restrict", "delete"], "default": "report"},
    "restricted_security_profile": {"type": "str"},
    "max_removals": {"type": "str", "default": "5%"},
    "manage_unowned": {"type": "bool", "default": False},
    "protected": {"type": "list", "elements": "str", "default": []},
    "renames": {"type": "str", "choices": ["report", "recreate"], "default": "report"},
    "on_invalid": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
    "rate": {"type": "float", "default": 2.0},
    "burst": {"type": "float", "default": 5.0},
    "progress_file": {"type": "path"},
    "progress_interval": {"type": "float"},
}


class Judgement(t.NamedTuple):
    """What comes of the problems of agents. skipped: the agents that are left out, and why. rules: by which those stay
    who may be the same people.
    """

    skipped: dict[str, FederationError]
    rules: leaving.Rules


class SyncResource(AgentsResource[Census]):
    """All agents of a task, who leaves, and who was renamed. sync: the plan, once it is made."""

    own = True
    sync: SyncPlan

    def read(self) -> Census:
        """Every agent that is wanted and, where it matters, every other."""
        rules = rules_of(self.module.params)
        rows = rows_of(self.module)
        self.module.params["users"] = None  # thousands of agents are not repeated in the task's output
        if self.module.params["state"] == "absent":
            return self._census_of_leavers({username_of(row) for row in rows}, rules)
        self.connect(rows)
        census = self._census(Roster(rows, rules))
        # what was read stays to the end: to look through it for garbage takes a tenth of a second each time
        gc.freeze()
        return census

    def plan(self, actual: Census) -> SyncPlan:
        """Who comes and who changes; then, once the guard has let it pass, who goes."""
        agents = self.plan_agents(configured_agents(actual), actual.snapshot.existing)
        self.sync = plan_sync(actual, agents, self._opens_ccp, guarded=self.module.params["state"] == "present")
        return self.sync

    def apply(
        self, plan: Plan[ConnectUsers], done: list[Step[ConnectUsers]], failures: dict[str, FederationError]
    ) -> None:
        """Side by side, each operation at its pace; nobody goes before all others have come."""
        work = Parallel(self.carry_out, self.module.params["rate"])
        progress = ProgressCounter(len(plan.steps))
        with Progress(progress, self.module.params["progress_file"], self.module.params["progress_interval"]):
            for steps in (self.sync.arrivals, self.sync.removals):
                work.run(steps, progress)
        order = {id(step): number for number, step in enumerate(plan.steps)}
        done.extend(sorted(work.done, key=lambda step: order[id(step)]))
        failures.update(work.failures)

    def result(self, plan: Plan[ConnectUsers]) -> dict[str, t.Any]:
        """Counts, and what was done for each agent."""
        return report(dataclasses.replace(self.sync, steps=plan.steps), self.identity_of)

    def _client(self) -> t.Any:
        connect = super()._client()
        RateLimiter(lambda: TokenBucket(self.module.params["rate"], self.module.params["burst"])).attach(connect)
        return connect

    def _opens_ccp(self, profile: str) -> bool:
        """Whether a security profile opens the Contact Control Panel; one that is not there any more does not."""
        try:
            return self.api.opens_ccp(self.api.directory.security_profiles.id(profile))
        except NotFound:
            return False

    def _census(self, rows: Roster) -> Census:
        """The agents that can be configured and, where it matters, who goes. rows: the agents, not validated yet.

        Everybody is read from the start when that is sure to be needed; meanwhile the agents are validated.
        """
        whole = rows.is_about_everybody
        sources = (self.api.summary_pages(), self.api.search_pages())
        begun = [prefetched(source) for source in sources] if whole or len(rows.agents) > FEW else []
        roster = validated(rows, self.module.params["csv"] or "users")
        listed, users = self._listed_and_search(roster, begun)
        everybody: dict[str, User] = {}
        if whole:
            users = self._noted(users, listed, roster.names, everybody)
        agents, unknown = named(roster.agents, self.api.directory)
        problems = checks.problems(agents, listed, unknown, lacking=self.api.lacking())
        skipped, rules = self._judge(agents, [*roster.malformed, *problems], listed, roster.rules)
        desired = [agent for agent in agents if agent["username"] not in skipped]
        snapshot = self.snapshot(desired, listed, users)
        census = Census(dataclasses.replace(roster, rules=rules), snapshot, skipped=skipped)
        return self._with_departures(census, everybody | snapshot.existing) if whole else census

    def _listed_and_search(
        self, roster: Roster, begun: list[collections.abc.Iterator[Page]]
    ) -> tuple[dict[str, Summary], t.Iterable[User]]:
        """Who exists, and everybody's settings, when a search takes fewer requests than to read each who is wanted.
        begun: the pages of both that are being read already.
        """
        if begun:
            return self.api.summaries(begun[0]), self.api.search(begun[1])
        listed = self.api.summaries()
        count = sum(agent["username"] in listed for agent in roster.agents)
        return listed, self.api.search() if count > math.ceil(len(listed) / SEARCH_PAGE) else ()

    def _noted(
        self,
        users: t.Iterable[User],
        listed: t.Mapping[str, Summary],
        names: t.Collection[str],
        everybody: dict[str, User],
    ) -> collections.abc.Iterator[User]:
        """The same users; everybody who exists is added to `everybody`, those included whom the search does not show
        yet. names: who is read anyway.
        """
        ids = {summary.id for summary in listed.values()}
        for user in users:
            if user.id in ids:
                everybody[user.username] = user
            yield user
        unseen = [summary for name, summary in listed.items() if name not in everybody and name not in names]
        late = (self.api.describe(summary.id) for summary in unseen)
        everybody |= {user.username: user for user in late if user}

    def _judge(
        self,
        agents: t.Iterable[Settings],
        problems: t.Iterable[Problem],
        listed: t.Mapping[str, Summary],
        rules: leaving.Rules,
    ) -> Judgement:
        """What comes of these problems; an error with all of them, unless the agents that have them are skipped."""
        people = {agent["username"]: agent["person_id"] for agent in agents if agent.get("person_id")}
        problems = [problem for problem in problems if not self._is_rename(problem, people, listed)]
        if self.module.params["on_invalid"] == "fail":
            refuse(problems)
        reasons: dict[str, list[str]] = {}
        for problem in problems:
            reasons.setdefault(problem.username, []).append(problem.reason)
        alike = {problem.look_alike_of for problem in problems if problem.look_alike_of}
        skipped: dict[str, FederationError] = {
            name: InvalidInput(" ".join(sentences), code="InvalidAgent") for name, sentences in reasons.items()
        }
        return Judgement(skipped, protecting(rules, alike))

    def _is_rename(self, problem: Problem, people: t.Mapping[str, str], listed: t.Mapping[str, Summary]) -> bool:
        """Whether the user from whom an agent differs in letters' case only is the same person under an older name."""
        person, other = people.get(problem.username), listed.get(problem.look_alike_of)
        user = self.api.describe(other.id) if person and other else None
        return bool(user and user.settings["person_id"] == person)

    def _with_departures(self, census: Census, everybody: dict[str, User]) -> Census:
        """The same with those who are no longer listed, or are listed under another name."""
        rules = self._with_restricted_profile(census.roster.rules)
        agents = census.roster.agents
        census = dataclasses.replace(
            census,
            roster=dataclasses.replace(census.roster, rules=rules),
            departures=leaving.departures(agents, everybody, rules, census.skipped),
            everybody=everybody,
        )
        return self._with_quick_connects(census) if rules.deletes else census

    def _census_of_leavers(self, names: set[str], rules: leaving.Rules) -> Census:
        """Those of the listed who are there and may be taken away; nothing is wanted of anybody else."""
        rules = dataclasses.replace(rules, is_whole=False, leavers="delete", renames="report")
        self.connect(())
        listed = self.api.summaries()
        everybody: dict[str, User] = {}
        everybody |= {user.username: user for user in self._noted(self.api.search(), listed, (), everybody)}
        present = [
            user
            for name, user in sorted(everybody.items())
            if name in names - rules.protected and user.settings["person_id"] not in rules.protected
        ]
        managed = tuple(user for user in present if rules.manages(user))
        census = Census(
            Roster((), rules),
            Snapshot([], {}, listed),
            leaving.Departures(managed, managed=len(present)),
            everybody=everybody,
            unmanaged=[user.username for user in present if not rules.manages(user)],
        )
        return self._with_quick_connects(census)

    def _with_quick_connects(self, census: Census) -> Census:
        """The same with the quick connects that lead to users, and among them those that a run left behind that was
        stopped after it had deleted their user.
        """
        quick_connects = self.api.quick_connects_to_users()
        present_ids = {summary.id for summary in census.snapshot.listed.values()}
        left_over = {user_id: leading for user_id, leading in quick_connects.items() if user_id not in present_ids}
        orphans = [
            quick_connect
            for user_id, leading in left_over.items()
            if self.api.describe(user_id) is None
            for quick_connect in leading
        ]
        return dataclasses.replace(census, quick_connects=quick_connects, orphans=orphans)

    def _with_restricted_profile(self, rules: leaving.Rules) -> leaving.Rules:
        """The same rules with the name of the restricted security profile, which must not open the panel."""
        if not rules.restricted_profile:
            return rules
        profiles = self.api.directory.security_profiles
        known = profiles.id(rules.restricted_profile)
        rules = dataclasses.replace(rules, restricted_profile=profiles.name(known))
        if rules.leavers == "restrict" and self.api.opens_ccp(known):
            raise InvalidInput(
                (
                    f"The security profile {rules.restricted_profile!r} opens the Contact Control Panel: leavers "
                    f"would keep their access."
                ),
                hint=(
                    f"Nothing was changed. Name one in {setting('connect_users.restricted_security_profile')} that "
                    f"does not grant the panel."
                ),
            )
        return rules


class Progress:
    """A line at the beginning, every few seconds and at the end of the block, appended to a file; without a file,
    nothing.

    interval: seconds between two lines. When omitted, a few, and none at all where there is little to do.
    """

    def __init__(self, progress: ProgressCounter, file: str | None, interval: float | None) -> None:
        self._counter = progress
        self._file = file if interval is not None or progress.total >= WORTH_PROGRESS else None
        self._interval = PROGRESS_SECONDS if interval is None else interval
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write_regularly, daemon=True)

    def __enter__(self) -> None:
        if not self._file or not self._counter.total:
            return
        try:
            Path(self._file).open("a", encoding="utf-8").close()
        except OSError as error:
            raise InvalidInput(
                f"Could not write the progress to {self._file}: {error}", hint="Nothing was changed."
            ) from None
        self._thread.start()

    def __exit__(self, *dummy: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
            self._write()

    def _write_regularly(self) -> None:
        self._write()
        while not self._over.wait(self._interval):
            self._write()

    def _write(self) -> None:
        with Path(str(self._file)).open("a", encoding="utf-8") as out:
            out.write(self._counter.line() + "\n")
