# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The federation role as a resource of the module connect_federation_role."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws import role_plan
from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import is_managed
from ansible_collections.openccp.federation.plugins.module_utils._aws.roles import BINDING, Role, Roles
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import check_role_name
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


class FederationRoleResource(Resource["Role | None", Roles]):
    """The federation role, as defined by the options."""

    def __init__(self, module: AwsModule) -> None:
        self.module = module
        self.params = module.params
        self.name: str = module.params["name"]
        self.policy_name: str = module.params["policy_name"]
        self.waiter = Waiter(timeout=module.params["wait_timeout"])
        self.api = Roles(client(module, "iam"), self.waiter)
        self.desired: role_plan.DesiredRole | None = None
        self.actual: Role | None = None
        self.others: list[str] = []
        self.arn = ""

    def read(self) -> Role | None:
        """The role, once the options are held to IAM's rules."""
        check_role_name(self.name)
        if self.params["state"] == "present":
            self.desired = role_plan.desired_role(self.params)
        else:
            self._check_confirmation()
        self.actual = self._get()
        boundary = self.desired.settings["boundary"] if self.desired else None
        if boundary and not (self.actual and self.actual.settings["boundary"] == boundary):
            self.api.check_boundary(boundary)
        if self.actual is not None:
            self.arn = self.actual.arn
            self.others = (
                self.api.other_policies(self.name, self.policy_name) if self._is_to_be_deleted(self.actual) else []
            )
        elif self.desired is not None:
            account = account_of(self.module)
            self.arn = role_plan.new_arn(self.desired, account.partition, account.id)
        return self.actual

    def plan(self, actual: Role | None) -> Plan[Roles]:
        """The steps that change the role in place, create it or delete it."""
        if self.desired is None:
            going = actual if self._is_to_be_deleted(actual) else None
            return role_plan.plan_absent(self.name, self.policy_name, going, self.others)
        return role_plan.plan(self.desired, actual, self.arn)

    def carry_out(self, step: Step[Roles]) -> Plan[Roles] | None:
        """A role that exists though IAM did not show it, as after a run that was stopped, is brought to what is
        wanted.
        """
        try:
            return super().carry_out(step)
        except Conflict:
            if step.run is not Roles.create:
                raise
        existing = self.waiter.until(f"IAM to show the role {self.name!r}, which exists already", self._get)
        return self.plan(existing)

    def result(self, plan: Plan[Roles]) -> dict[str, t.Any]:
        """The role, after IAM returns it as written."""
        if self.desired is None:
            return {}
        if self.module.check_mode:
            return role_plan.describe(role_plan.target(self.desired, self.actual, self.arn))
        if plan.steps or self.actual is None:
            what = f"IAM to show the role {self.name!r} as it was written"
            return role_plan.describe(self.waiter.until(what, self._updated, steady=1))
        return role_plan.describe(self.actual)

    def _is_to_be_deleted(self, actual: Role | None) -> bool:
        """Whether the role must be deleted: with only_managed, only if it carries our tag."""
        if actual is None or self.desired is not None:
            return False
        return is_managed(actual.tags) or not self.params["only_managed"]

    def _check_confirmation(self) -> None:
        if self.params["confirm_name"] != self.name:
            raise InvalidInput(
                f"The role {self.name!r} is not deleted without a confirmation. {BINDING}",
                hint=f"To confirm the deletion, set confirm_name to {self.name!r}.",
            )

    def _get(self) -> Role | None:
        return self.api.get(self.name, self.policy_name)

    def _updated(self) -> Role | None:
        role = self._get()
        return role if role and not self.plan(role).steps else None
