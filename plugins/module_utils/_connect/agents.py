# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Agents as a resource: one or thousands, the same read, plan and apply."""

from __future__ import annotations

import datetime as dt
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._attributes import Settings
from ansible_collections.openccp.federation.plugins.module_utils._connect import user_checks as checks
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import (
    PLANNED_ID,
    check_saml,
    connect_client,
    describe,
    id_of_reference,
)
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_plan import needs_reading, plan_agent
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import Summary, User
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import (
    SEARCH_PAGE,
    ConnectUsers,
    PlannedUsers,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._saml import session_names
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

#: The options that both modules have beside the agents.
TASK_OPTIONS: t.Final[dict[str, t.Any]] = {
    "instance_id": {"type": "str", "required": True, "aliases": ["instance_arn"]},
    "purge_tags": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
}


@dataclass(frozen=True)
class Snapshot:
    """The input of a plan: the desired agents, in canonical form, and those of them that exist."""

    wanted: list[Settings]
    existing: dict[str, User]
    listed: dict[str, Summary]


class AgentsResource(Resource[Snapshot, ConnectUsers]):
    """The agents that a task wants.

    own: whether agents that are created carry the mark by which `connect_users` knows its own.
    """

    own = False

    def __init__(self, module: AwsModule, agents: t.Sequence[Settings]) -> None:
        self.module = module
        self.purge_tags: bool = module.params["purge_tags"]
        self.agents = agents
        self.waiter = Waiter(timeout=module.params["wait_timeout"])
        self.now = dt.datetime.now(dt.UTC)
        self.api = PlannedUsers()

    def connect(self) -> None:
        """Reach the instance, unless check mode only speaks of one that is yet to be created."""
        if self._is_to_be:
            return
        self._connect = self._client()
        self._instance_id = id_of_reference(self._connect, self.module.params["instance_id"])
        self.api = ConnectUsers(
            self._connect,
            self._instance_id,
            resolve_hierarchy=any(agent.get("hierarchy_group") for agent in self.agents),
        )

    def read(self) -> Snapshot:
        """Every agent that is wanted, once all that could be wrong with any of them is ruled out."""
        self.connect()
        listed, users = self._listed_and_search()
        agents: list[Settings] = []
        unknown: list[checks.Problem] = []
        for row in self.agents:
            agent, problems_of_names = checks.canonical(row, self.api.directory)
            agents.append(agent)
            unknown += problems_of_names
        problems = checks.problems(agents, listed, unknown, lacking=self.api.lacking())
        wanted = self._sound(agents, problems, listed)
        existing = self._existing(wanted, listed, users)
        if len(existing) < len(wanted) and not self._is_to_be:
            self._check_that_users_can_be_created()
        return Snapshot(wanted, existing, listed)

    def read_leavers(self) -> Snapshot:
        """The agents that are to go, whatever else is said of them."""
        self.connect()
        listed = self.api.summaries()
        names = [agent["username"] for agent in self.agents]
        users = (self.api.describe(listed[name].id) for name in names if name in listed)
        return Snapshot(list(self.agents), {user.username: user for user in users if user}, listed)

    def warnings(self, actual: Snapshot) -> list[str]:
        """What does not stop the task, but may stop an agent."""
        return checks.warnings([agent["username"] for agent in self.agents], actual.listed)

    def identity_of(self, name: str, user: User | None) -> dict[str, str]:
        """The id and the ARN of an agent that existed or was created; nothing of one that is only planned."""
        known = (user.id, user.arn) if user else self.api.created.get(name)
        return dict(zip(("id", "arn"), known, strict=True)) if known else {}

    def plan(self, actual: Snapshot) -> Plan[ConnectUsers]:
        """The agents one after the other, those that are new first."""
        plans = {
            agent["username"]: plan_agent(
                agent, actual.existing.get(agent["username"]), self.purge_tags, self.now, own=self.own
            )
            for agent in actual.wanted
        }
        changed = {name: plan for name, plan in plans.items() if plan.steps}
        ordered = sorted(changed.values(), key=lambda plan: bool(plan.before))
        return Plan(
            before={name: plan.before for name, plan in changed.items()},
            after={name: plan.after for name, plan in changed.items()},
            steps=tuple(step for plan in ordered for step in plan.steps),
            warnings=tuple(self.warnings(actual)),
        )

    def carry_out(self, step: Step[ConnectUsers]) -> Plan[ConnectUsers] | None:
        """An agent that an earlier run created and that was not shown is brought to the desired state."""
        try:
            return super().carry_out(step)
        except Conflict as taken:
            if step.run is not ConnectUsers.create:
                raise
            existing = self._existing_agent(step.args["agent"]["username"], taken)
        for change in plan_agent(step.args["agent"], existing, self.purge_tags, self.now).steps:
            super().carry_out(change)
        return None

    def _existing_agent(self, name: str, taken: Conflict) -> User:
        """The user who has the name already, once shown; the error, if that is no agent of this task."""
        alike = session_names.look_alikes(name, self.api.summaries())
        if alike:
            taken.hint = (
                f"Amazon Connect takes {alike[0]!r} for the same name. Delete that user first, then run the task again."
            )
            raise taken
        user = self.waiter.until(f"the user {name!r}, who exists already, to be shown", lambda: self._shown(name))
        if self.own and not user.is_managed:
            taken.hint = (
                "Somebody else created that user in the meantime. Run the task again to compare it with the requested "
                "settings."
            )
            raise taken
        self.api.created[name] = (user.id, user.arn)
        return user

    def _client(self) -> t.Any:
        return connect_client(self.module)

    def _sound(
        self,
        wanted: list[Settings],
        problems: list[checks.Problem],
        listed: t.Mapping[str, Summary],  # noqa: ARG002
    ) -> list[Settings]:
        """The agents to continue with; none if there is a problem. listed: all existing users."""
        checks.refuse(problems)
        return wanted

    @property
    def _is_to_be(self) -> bool:
        return bool(self.module.check_mode) and self.module.params["instance_id"] == PLANNED_ID

    def _listed_and_search(self) -> tuple[dict[str, Summary], t.Iterable[User]]:
        """Who exists, and everybody's settings, when a search takes fewer requests than to read each who is wanted."""
        listed = self.api.summaries()
        count = sum(agent["username"] in listed for agent in self.agents)
        return listed, self.api.search() if count > math.ceil(len(listed) / SEARCH_PAGE) else ()

    def _existing(
        self, wanted: t.Sequence[Settings], listed: t.Mapping[str, Summary], users: t.Iterable[User]
    ) -> dict[str, User]:
        """The agents that exist, by username; it is decided of each, as soon as its page is there, whether it has to be
        read whole.
        """
        agents = {listed[agent["username"]].id: agent for agent in wanted if agent["username"] in listed}
        known: list[User | None] = []
        for user in users:
            agent = agents.pop(user.id, None)
            if agent is not None:
                unsure = needs_reading(agent, user, listed[user.username], self.purge_tags, self.now)
                known.append(self.api.describe(user.id) if unsure else user)
        known.extend(self.api.describe(user_id) for user_id in agents)
        return {user.username: user for user in known if user}

    def _shown(self, username: str) -> User | None:
        summary = self.api.summaries().get(username)
        return self.api.describe(summary.id) if summary else None

    def _check_that_users_can_be_created(self) -> None:
        instance = describe(self._connect, self._instance_id)
        if instance is None:
            raise NotFound(
                f"There is no Amazon Connect instance {self._instance_id}.", hint="Check the Region and the account."
            )
        check_saml(instance)
