# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What every resource has: how it is read, planned, changed and shown."""

from __future__ import annotations

import abc
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step

Actual = t.TypeVar("Actual")
Writer = t.TypeVar("Writer")


class Resource(abc.ABC, t.Generic[Actual, Writer]):
    """What a module brings to the engine: a subclass that knows its options, and what its steps are carried out on."""

    #: what the steps are carried out on, once `read` has been called
    api: Writer

    @abc.abstractmethod
    def read(self) -> Actual:
        """All that the plan needs to know of the object as it is; None when it does not exist."""

    @abc.abstractmethod
    def plan(self, actual: Actual) -> Plan[Writer]:
        """The steps from what is to the desired state. Pure: no request is made here."""

    @abc.abstractmethod
    def result(self, plan: Plan[Writer]) -> dict[str, t.Any]:
        """What the module returns once the plan's steps are done (or, in check mode, would be); steps that failed are
        not among them.
        """

    def carry_out(self, step: Step[Writer]) -> Plan[Writer] | None:
        """Carry out one step. A plan that is returned takes the place of the steps that are left."""
        step.on(self.api)
        return None

    def apply(self, plan: Plan[Writer], done: list[Step[Writer]], failures: dict[str, FederationError]) -> None:
        """Carry out the steps one after the other, and note those that are done and the objects that failed."""
        steps = list(plan.steps)
        while steps:
            step = steps.pop(0)
            if step.target in failures:
                continue
            try:
                instead = self.carry_out(step)
            except FederationError as error:
                error.details.setdefault("failed_action", step.text)
                if step.target is None:
                    raise
                failures[step.target] = error
            else:
                done.append(step)
                if instead is not None:
                    steps = list(instead.steps)
