# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Agents as a resource: one or thousands, the same read, plan and apply."""

from __future__ import annotations

import datetime as dt
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
    ConnectUsers,
    PlannedUsers,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._saml import session_names
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._connect.directory import Directory
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

#: The options that both modules have beside the agents.
TASK_OPTIONS: t.Final[dict[str, t.Any]] = {
    "instance_id": {"type": "str", "required": True, "aliases": ["instance_arn"]},
    "purge_tags": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
}


Actual = t.TypeVar("Actual")


@dataclass(frozen=True)
class Snapshot:
    """The input of a plan: the desired agents, in canonical form, and those of them that exist."""

    desired: list[Settings]
    existing: dict[str, User]
    listed: dict[str, Summary]


def named(rows: t.Iterable[Settings], directory: Directory) -> tuple[list[Settings], list[checks.Problem]]:
    """The desired agents in canonical form, and the references that lead nowhere."""
    agents: list[Settings] = []
    unknown: list[checks.Problem] = []
    for row in rows:
        agent, problems = checks.canonical(row, directory)
        agents.append(agent)
        unknown += problems
    return agents, unknown


class AgentsResource(Resource[Actual, ConnectUsers]):
    """The agents that a task wants.

    own: whether agents that are created carry the mark by which `connect_users` knows its own.
    """

    own = False

    def __init__(self, module: AwsModule) -> None:
        self.module = module
        self.purge_tags: bool = module.params["purge_tags"]
        self.waiter = Waiter(timeout=module.params["wait_timeout"])
        self.now = dt.datetime.now(dt.UTC)
        self.api = PlannedUsers()

    def connect(self, agents: t.Iterable[Settings]) -> None:
        """Reach the instance, unless check mode only speaks of one that is yet to be created."""
        if self._is_to_be:
            return
        self._connect = self._client()
        self._instance_id = id_of_reference(self._connect, self.module.params["instance_id"])
        resolve_hierarchy = any(agent.get("hierarchy_group") for agent in agents)
        self.api = ConnectUsers(self._connect, self._instance_id, resolve_hierarchy=resolve_hierarchy)

    def snapshot(self, desired: list[Settings], listed: dict[str, Summary], users: t.Iterable[User] = ()) -> Snapshot:
        """The desired agents beside those of them that exist. users: everybody, as a search shows them."""
        existing = self._existing(desired, listed, users)
        if len(existing) < len(desired) and not self._is_to_be:
            self._check_that_users_can_be_created()
        return Snapshot(desired, existing, listed)

    def identity_of(self, name: str, user: User | None) -> dict[str, str]:
        """The id and the ARN of an agent that existed or was created; nothing of one that is only planned."""
        known = (user.id, user.arn) if user else self.api.created.get(name)
        return dict(zip(("id", "arn"), known, strict=True)) if known else {}

    def plan_agents(self, desired: t.Iterable[Settings], existing: t.Mapping[str, User]) -> Plan[ConnectUsers]:
        """The agents one after the other, those that are new first."""
        plans = {
            agent["username"]: plan_agent(
                agent, existing.get(agent["username"]), self.purge_tags, self.now, own=self.own
            )
            for agent in desired
        }
        changed = {name: plan for name, plan in plans.items() if plan.steps}
        ordered = sorted(changed.values(), key=lambda plan: bool(plan.before))
        return Plan(
            before={name: plan.before for name, plan in changed.items()},
            after={name: plan.after for name, plan in changed.items()},
            steps=tuple(step for plan in ordered for step in plan.steps),
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
        user = self.waiter.until(f"the user {name!r}, who exists already, to be shown", lambda: self._describe(name))
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

    @property
    def _is_to_be(self) -> bool:
        return bool(self.module.check_mode) and self.module.params["instance_id"] == PLANNED_ID

    def _existing(
        self, desired: t.Sequence[Settings], listed: t.Mapping[str, Summary], users: t.Iterable[User]
    ) -> dict[str, User]:
        """The agents that exist, by username; it is decided of each, as soon as its page is there, whether it has to be
        read whole.
        """
        agents = {listed[agent["username"]].id: agent for agent in desired if agent["username"] in listed}
        known: list[User | None] = []
        for user in users:
            agent = agents.pop(user.id, None)
            if agent is not None:
                unsure = needs_reading(agent, user, listed[user.username], self.purge_tags, self.now)
                known.append(self.api.describe(user.id) if unsure else user)
        known.extend(self.api.describe(user_id) for user_id in agents)
        return {user.username: user for user in known if user}

    def _describe(self, username: str) -> User | None:
        summary = self.api.summaries().get(username)
        return self.api.describe(summary.id) if summary else None

    def _check_that_users_can_be_created(self) -> None:
        instance = describe(self._connect, self._instance_id)
        if instance is None:
            raise NotFound(
                f"There is no Amazon Connect instance {self._instance_id}.", hint="Check the Region and the account."
            )
        check_saml(instance)
