# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The agents of a whole contact centre: one snapshot, one plan, and the work in parallel at the account's pace."""

from __future__ import annotations

import dataclasses
import functools
import gc
import threading
import typing as t
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible_collections.openccp.federation.plugins.module_utils._access import allowed
from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._connect import agents_csv as connect_csv
from ansible_collections.openccp.federation.plugins.module_utils._connect import csv_table
from ansible_collections.openccp.federation.plugins.module_utils._connect import leavers as leaving
from ansible_collections.openccp.federation.plugins.module_utils._connect import user_checks as checks
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import AGENT_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._connect.agents import AgentsResource, Snapshot
from ansible_collections.openccp.federation.plugins.module_utils._connect.parallel import Parallel, ProgressCounter
from ansible_collections.openccp.federation.plugins.module_utils._connect.prefetch import ahead
from ansible_collections.openccp.federation.plugins.module_utils._connect.rate_limit import RateLimiter, TokenBucket
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_checks import Problem, refuse
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import Summary, User, object_id
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import ConnectUsers
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._words import counted, setting

if t.TYPE_CHECKING:
    import collections.abc

    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

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


def rows_of(module: AwsModule) -> list[Settings]:
    """The agents that the options list, or those of the CSV file, as they are given."""
    path = module.params["csv"]
    if not path:
        return list(module.params["users"])
    try:
        text, warning = csv_table.decode(Path(path).read_bytes(), path)
    except OSError as error:
        raise InvalidInput(f"Could not read the agents from {path}: {error}") from None
    if warning:
        module.warn(warning)
    return connect_csv.parse(text, path)


def validated(rows: t.Iterable[Settings], source: str) -> tuple[list[Settings], list[Problem]]:
    """The agents with every option, each of its type, and what is wrong with the others. source: what holds them, for
    the error.
    """
    validator = ArgumentSpecValidator(AGENT_OPTIONS)
    agents, problems = [], []
    for row in rows:
        result = validator.validate(row)
        if not result.error_messages:
            agents.append(result.validated_parameters)
            continue
        reasons = " ".join(
            f"Unsupported: {error.msg}" if isinstance(error, UnsupportedError) else error.msg for error in result.errors
        )
        if not isinstance(row.get("username"), str):
            raise InvalidInput(f"{source}, an agent without username: {reasons}")
        problems.append(Problem(row["username"], reasons))
    return agents, problems


def _username(row: Settings) -> str:
    if not isinstance(row.get("username"), str):
        raise InvalidInput(f"An agent is listed without username: {', '.join(map(str, row)) or 'nothing at all'}.")
    return str(row["username"])


class SyncResource(AgentsResource):
    """All agents of a task, who leaves, and who was renamed."""

    own = True

    def __init__(self, module: AwsModule) -> None:
        params = module.params
        super().__init__(module, ())
        self.rules = leaving.Rules(
            is_whole=params["mode"] == "set",
            leavers=params["leavers"],
            restricted_profile=params["restricted_security_profile"] or "",
            max_removals=params["max_removals"],
            manage_unowned=params["manage_unowned"],
            renames=params["renames"],
            protected=frozenset((*params["protected"], *map(object_id, params["protected"]))),
        )
        self.skipped: dict[str, FederationError] = {}
        self.malformed: list[Problem] = []
        self.quick_connects: leaving.QuickConnects = {}
        self.orphans: list[t.Mapping[str, str]] = []
        self.everybody: dict[str, User] = {}
        self.departures = leaving.Departures((), {}, {}, 0)
        self.closed: dict[str, str] = {}
        self.removal_steps: tuple[Step[ConnectUsers], ...] = ()
        self.unmanaged: list[str] = []

    def read(self) -> Snapshot:
        """Every agent that is wanted and, where it matters, every other."""
        self._check_options()
        self.agents = rows_of(self.module)
        self.module.params["users"] = None  # thousands of agents are not repeated in the task's output
        if self.module.params["state"] == "absent":
            return self._read_those_who_go()
        self._sees_everybody = self.rules.is_whole or any(agent.get("person_id") for agent in self.agents)
        self.snapshot = super().read()
        if self._sees_everybody:
            self.everybody |= self.snapshot.existing
            self._read_departures()
        # what was read stays to the end: to look through it for garbage takes a tenth of a second each time
        gc.freeze()
        return self.snapshot

    def plan(self, actual: Snapshot) -> Plan[ConnectUsers]:
        """Who comes and who changes; then, once the guard has let it pass, who goes."""
        waiting = {new for new in self.departures.waiting if new not in actual.listed}
        actual = Snapshot(
            [agent for agent in actual.wanted if agent["username"] not in waiting], actual.existing, actual.listed
        )
        plan = super().plan(actual)
        self.closed = self._closed(plan)
        if self.module.params["state"] == "present":
            leaving.check_guard(self.agents, self.departures, self.rules, self.closed, len(actual.existing))
        self.removal_steps = tuple(leaving.leaver_steps(self.departures, self.quick_connects, self.orphans, self.rules))
        before, after = self._departures_shown()
        self.planned = Plan(
            before={**plan.before, **before},
            after={**plan.after, **after},
            steps=(*plan.steps, *self.removal_steps),
            warnings=(
                *plan.warnings,
                *leaving.warnings(self.departures, self.rules),
                *self._warnings_of_those_who_stay(),
            ),
        )
        return self.planned

    def apply(
        self, plan: Plan[ConnectUsers], done: list[Step[ConnectUsers]], failures: dict[str, FederationError]
    ) -> None:
        """Side by side, each operation at its pace; nobody goes before all others have come."""
        work = Parallel(self.carry_out, self.module.params["rate"])
        progress = ProgressCounter(len(plan.steps))
        with Progress(progress, self.module.params["progress_file"], self.module.params["progress_interval"]):
            for steps in (plan.steps[: len(plan.steps) - len(self.removal_steps)], self.removal_steps):
                work.run(steps, progress)
        order = {id(step): number for number, step in enumerate(plan.steps)}
        done.extend(sorted(work.done, key=lambda step: order[id(step)]))
        failures.update(work.failures)

    def result(self, plan: Plan[ConnectUsers]) -> dict[str, t.Any]:
        """Counts, and what was done for each agent."""
        wanted, done = _by_agent(self.planned.steps), _by_agent(plan.steps)
        failed = {name for name, steps in wanted.items() if len(done.get(name, ())) < len(steps)} | set(self.skipped)
        succeeded = [name for name in done if name not in failed]
        leavers = {user.username for user in self.departures.leavers}
        names = {agent["username"] for agent in self.agents}
        created = [name for name in succeeded if name in names and name not in self.snapshot.existing]
        updated = [name for name in succeeded if name in self.snapshot.existing]
        reported = names | leavers
        held = set(self.departures.waiting) - set(self.snapshot.existing)
        return {
            "created": len(created),
            "updated": len(updated),
            "unchanged": len(names - set(wanted) - set(self.skipped) - held),
            "failed": len(failed),
            "removed": sum(step.run is ConnectUsers.delete for step in plan.steps),
            "restricted": sum(name in leavers for name in succeeded) if self.rules.leavers == "restrict" else 0,
            "leavers": sorted(leavers),
            "access": {
                "agents": max(self.departures.managed, len(self.snapshot.existing)),
                "lost": [{"username": name, "reason": reason} for name, reason in sorted(self._losing().items())],
            },
            "renamed": [
                {"old": user.username, "new": new}
                for new, user in {**self.departures.superseded, **self.departures.waiting}.items()
            ],
            "changes": [self._change(name, steps) for name, steps in done.items() if name in reported],
        }

    def _losing(self) -> dict[str, str]:
        """Those who lose their access, username → how."""
        return {**self.closed, **self.departures.losing(self.rules)}

    def _closed(self, plan: Plan[ConnectUsers]) -> dict[str, str]:
        """The agents whose security profiles open the Contact Control Panel, and whose new ones do not."""
        opens = functools.cache(self._opens_ccp)
        closed = {}
        for step in plan.steps:
            if step.run is not ConnectUsers.update_security_profiles:
                continue
            name, profiles = step.args["username"], step.args["security_profiles"]
            before = self.snapshot.existing[name].settings["security_profiles"]
            if any(map(opens, before)) and not any(map(opens, profiles)):
                closed[name] = (
                    f"gets the security profiles {', '.join(profiles)}, which do not open the Contact Control Panel"
                )
        return closed

    def _opens_ccp(self, profile: str) -> bool:
        """Whether a security profile opens the Contact Control Panel; one that is not there any more does not."""
        try:
            return self.api.opens_ccp(self.api.directory.security_profiles.id(profile))
        except NotFound:
            return False

    def _change(self, name: str, steps: list[Step[ConnectUsers]]) -> dict[str, t.Any]:
        known = self.identity_of(name, self.snapshot.existing.get(name) or self.everybody.get(name))
        return {"username": name, **known, "actions": [step.text for step in steps]}

    def _check_options(self) -> None:
        allowed(self.rules.max_removals, 0)
        for option in ("rate", "burst"):
            if self.module.params[option] <= 0:
                raise InvalidInput(f"{option} is above 0, and not {self.module.params[option]:g}.")

    def _client(self) -> t.Any:
        connect = super()._client()
        RateLimiter(lambda: TokenBucket(self.module.params["rate"], self.module.params["burst"])).attach(connect)
        return connect

    def warnings(self, actual: Snapshot) -> list[str]:
        """What may stop an agent; of a rename more is said elsewhere."""
        renamed = {**self.departures.superseded, **self.departures.waiting}
        names = [agent["username"] for agent in self.agents if agent["username"] not in renamed]
        return [*checks.warnings(names, actual.listed), *leaving.taken_over(actual.wanted, actual.existing)]

    def _is_rename(self, problem: Problem, people: t.Mapping[str, str], listed: t.Mapping[str, Summary]) -> bool:
        """Whether the user from whom an agent differs in letters' case only is the same person under an older name."""
        person, other = people.get(problem.username), listed.get(problem.look_alike_of)
        user = self.api.describe(other.id) if person and other else None
        return bool(user and user.settings["person_id"] == person)

    def _sound(
        self, wanted: list[Settings], problems: list[Problem], listed: t.Mapping[str, Summary]
    ) -> list[Settings]:
        people = {agent["username"]: agent["person_id"] for agent in wanted if agent.get("person_id")}
        problems = [*self.malformed, *(problem for problem in problems if not self._is_rename(problem, people, listed))]
        alike = {problem.look_alike_of for problem in problems if problem.look_alike_of}
        self.rules = dataclasses.replace(
            self.rules, protected=self.rules.protected | alike
        )  # who may be the same person is no leaver
        if self.module.params["on_invalid"] == "fail":
            refuse(problems)
        for problem in problems:
            known = self.skipped.get(problem.username)
            reason = f"{known.message} {problem.reason}" if known else problem.reason
            self.skipped[problem.username] = InvalidInput(reason, code="InvalidAgent")
        return [agent for agent in wanted if agent["username"] not in self.skipped]

    def _listed_and_search(self) -> tuple[dict[str, Summary], t.Iterable[User]]:
        """As for one agent, but that all are read from the start when that is sure to be needed; meanwhile the agents
        are validated.
        """
        pages = (self.api.summary_pages(), self.api.search_pages())
        begun = [ahead(source) for source in pages] if self._sees_everybody or len(self.agents) > FEW else []
        self.agents, self.malformed = validated(self.agents, self.module.params["csv"] or "users")
        if self.malformed:
            self.rules = dataclasses.replace(
                self.rules, protected=self.rules.protected | {problem.username for problem in self.malformed}
            )
        if not begun:
            return super()._listed_and_search()
        listed, users = self.api.summaries(begun[0]), self.api.search(begun[1])
        return listed, self._noted(users, listed) if self._sees_everybody else users

    def _noted(self, users: t.Iterable[User], listed: t.Mapping[str, Summary]) -> collections.abc.Iterator[User]:
        """The same users; everybody who exists is kept in mind, those included whom the search does not show yet."""
        ids = {summary.id for summary in listed.values()}
        for user in users:
            if user.id in ids:
                self.everybody[user.username] = user
            yield user
        wanted = {agent["username"] for agent in self.agents}
        unseen = [summary for name, summary in listed.items() if name not in self.everybody and name not in wanted]
        late = (self.api.describe(summary.id) for summary in unseen)
        self.everybody |= {user.username: user for user in late if user}

    def _read_those_who_go(self) -> Snapshot:
        """Those of the listed who are there and may be taken away; nothing is wanted of anybody else."""
        names = {_username(row) for row in self.agents}
        self.agents, self.rules = (
            [],
            dataclasses.replace(self.rules, is_whole=False, leavers="delete", renames="report"),
        )
        self.connect()
        listed = self.api.summaries()
        self.everybody |= {user.username: user for user in self._noted(self.api.search(), listed)}
        kept = self.rules.protected
        there = [
            user
            for name, user in sorted(self.everybody.items())
            if name in names - kept and user.settings["person_id"] not in kept
        ]
        self.unmanaged = [user.username for user in there if not self.rules.manages(user)]
        self.departures = leaving.Departures(
            tuple(user for user in there if self.rules.manages(user)), {}, {}, len(there)
        )
        self.snapshot = Snapshot([], {}, listed)
        self._read_quick_connects()
        return self.snapshot

    def _warnings_of_those_who_stay(self) -> list[str]:
        if not self.unmanaged:
            return []
        names = f"{', '.join(self.unmanaged[:20])}{', …' if len(self.unmanaged) > 20 else ''}"
        who = counted(len(self.unmanaged), "agent was", "agents were")
        return [
            f"{who} created by hand and would be deleted only with {setting('connect_users.manage_unowned')}: {names}."
        ]

    def _read_departures(self) -> None:
        if self.rules.restricted_profile:
            self._check_restricted_profile()
        self.departures = leaving.departures(self.agents, self.everybody, self.rules, self.skipped)
        if self.rules.deletes:
            self._read_quick_connects()

    def _read_quick_connects(self) -> None:
        """Those that lead to users, and among them those that a run left behind that was stopped after it had deleted
        their user.
        """
        self.quick_connects = self.api.quick_connects_to_users()
        there = {summary.id for summary in self.snapshot.listed.values()}
        left_over = {user_id: leading for user_id, leading in self.quick_connects.items() if user_id not in there}
        self.orphans = [
            quick_connect
            for user_id, leading in left_over.items()
            if self.api.describe(user_id) is None
            for quick_connect in leading
        ]

    def _check_restricted_profile(self) -> None:
        profiles = self.api.directory.security_profiles
        known = profiles.id(self.rules.restricted_profile)
        self.rules = dataclasses.replace(self.rules, restricted_profile=profiles.name(known))
        if self.rules.leavers == "restrict" and self.api.opens_ccp(known):
            raise InvalidInput(
                (
                    f"The security profile {self.rules.restricted_profile!r} opens the Contact Control Panel: leavers "
                    f"would keep their access."
                ),
                hint=(
                    f"Nothing was changed. Name one in {setting('connect_users.restricted_security_profile')} that "
                    f"does not grant the panel."
                ),
            )

    def _departures_shown(self) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        before, after = {}, {}
        leavers = {user.id for user in self.departures.leavers}
        for user in self.departures.removed(self.rules):
            restricted = self.rules.leavers == "restrict" and user.id in leavers
            before[user.username] = user.settings
            after[user.username] = (
                user.settings | {"security_profiles": [self.rules.restricted_profile]} if restricted else {}
            )
        return before, after


class Progress:
    """A line at the beginning, every few seconds and at the end of the block, appended to a file; without a file,
    nothing.

    interval: seconds between two lines. When omitted, a few, and none at all where there is little to do.
    """

    def __init__(self, progress: ProgressCounter, file: str | None, interval: float | None) -> None:
        self._tally = progress
        self._file = file if interval is not None or progress.total >= WORTH_PROGRESS else None
        self._interval = PROGRESS_SECONDS if interval is None else interval
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> None:
        if not self._file or not self._tally.total:
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

    def _tell(self) -> None:
        self._write()
        while not self._over.wait(self._interval):
            self._write()

    def _write(self) -> None:
        with Path(str(self._file)).open("a", encoding="utf-8") as out:
            out.write(self._tally.line() + "\n")


def _by_agent(steps: t.Iterable[Step[ConnectUsers]]) -> dict[str, list[Step[ConnectUsers]]]:
    agents: dict[str, list[Step[ConnectUsers]]] = {}
    for step in steps:
        agents.setdefault(str(step.target), []).append(step)
    return agents
