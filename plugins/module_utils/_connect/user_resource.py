# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""One agent as the resource of the module connect_user."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._connect import user_checks as checks
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import AGENT_OPTIONS
from ansible_collections.openccp.federation.plugins.module_utils._connect.agents import AgentsResource, Snapshot, named
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_plan import plan_agent, plan_removal
from ansible_collections.openccp.federation.plugins.module_utils._connect.user_shape import Summary, User
from ansible_collections.openccp.federation.plugins.module_utils._connect.users import ConnectUsers
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


class UserResource(AgentsResource[Snapshot]):
    """One agent: the same as many, but alone, and it can be deleted."""

    def __init__(self, module: AwsModule) -> None:
        super().__init__(module)
        self.agent = {option: module.params[option] for option in AGENT_OPTIONS}
        self.name: str = module.params["username"]
        self.user: User | None = None
        self.quick_connects: list[dict[str, str]] = []

    def read(self) -> Snapshot:
        """The agent, or, where it is to go, the agent and the quick connects that lead to it."""
        self.connect([self.agent])
        listed = self.api.summaries()
        if self.module.params["state"] == "absent":
            return self._read_leaver(listed)
        desired, unknown = named([self.agent], self.api.directory)
        checks.refuse(checks.problems(desired, listed, unknown, lacking=self.api.lacking()))
        snapshot = self.snapshot(desired, listed)
        if not snapshot.existing:
            self._refuse_second_agent(snapshot)
        return snapshot

    def _read_leaver(self, listed: dict[str, Summary]) -> Snapshot:
        """The agent that is to go, whatever else is said of it."""
        user = self.api.describe(listed[self.name].id) if self.name in listed else None
        if user:
            self.quick_connects = self.api.quick_connects(user.id)
        return Snapshot([self.agent], {user.username: user} if user else {}, listed)

    def _refuse_second_agent(self, snapshot: Snapshot) -> None:
        """A person has one agent, whatever it is called."""
        person = snapshot.desired[0].get("person_id")
        agents = (user for user in self.api.search() if person and user.settings["person_id"] == person)
        other = next(agents, None) if person else None
        if other:
            raise Conflict(
                f"The person {person} is the agent {other.username!r} already, so {self.name!r} would be a second one.",
                hint=(
                    "Nothing was changed. Amazon Connect cannot rename: delete that agent, or run connect_users with "
                    f"recreate as {setting('connect_users.renames')}."
                ),
            )

    def plan(self, actual: Snapshot) -> Plan[ConnectUsers]:
        """The steps that create the agent, change it or delete it."""
        self.user = actual.existing.get(self.name)
        warnings = checks.warnings([self.name], actual.listed)
        if self.module.params["state"] == "present":
            plan = plan_agent(actual.desired[0], self.user, self.purge_tags, self.now)
        else:
            plan = plan_removal(self.user)
            warnings += [
                f"The quick connect {each['name']!r} ({each['id']}) leads to {self.name!r}, who is deleted."
                for each in self.quick_connects
            ]
        # Alone, an agent that fails is a task that fails.
        steps = tuple(step.about() for step in plan.steps)
        return dataclasses.replace(plan, steps=steps, warnings=tuple(warnings))

    def result(self, plan: Plan[ConnectUsers]) -> dict[str, t.Any]:
        """The agent; of one that is deleted, the quick connects that led to it."""
        if self.module.params["state"] == "absent":
            return {"quick_connects": self.quick_connects} if self.user else {}
        return {**plan.after, **self.identity_of(self.name, self.user)}
