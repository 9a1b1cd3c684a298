# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The instance as a resource of the module connect_instance."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._connect import alias_search, instances
from ansible_collections.openccp.federation.plugins.module_utils._connect.instance_plan import plan as plan_instance
from ansible_collections.openccp.federation.plugins.module_utils._connect.instances import Instance, InstanceWriter
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    check_account,
    check_alias,
    check_home,
    parse_connect_instance_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


class InstanceResource(Resource["Instance | None", InstanceWriter]):
    """One instance, as defined by the options."""

    def __init__(self, module: AwsModule) -> None:
        self.module = module
        self.params = module.params
        self.warnings: list[str] = []
        self.home: dict[str, str] = {}

    def read(self) -> Instance | None:
        """The instance, once it is no longer being created, with the attributes that the options name."""
        if self.params["alias"]:
            check_alias(self.params["alias"])
        if self.params["account_id"]:
            check_account(self.params["account_id"])
        self.connect = instances.connect_client(self.module)
        self.region: str = self.connect.meta.region_name
        self.api = InstanceWriter(self.connect, Waiter(timeout=self.params["wait_timeout"]))
        if self.params["instance_id"]:
            reference = instances.check_reference(self.params["instance_id"])
            self.api.id = instances.id_of_reference(self.connect, reference)
            actual = self._named_by_id()
        else:
            actual = self.api.of_alias(self.params["alias"])
            if actual is None:
                self._foresee_creation()
        if actual:
            self.api.id, self.api.arn = actual["Id"], actual["Arn"]
        if actual and self.params["attributes"]:
            actual = actual | {"Attributes": instances.read_attributes(self.connect, self.api.id)}
        return actual

    def plan(self, actual: Instance | None) -> Plan[InstanceWriter]:
        """The steps that change the instance, create it or delete it."""
        if actual and self.params["account_id"]:
            check_home(parse_connect_instance_arn(actual["Arn"]), account=self.params["account_id"])
        plan = plan_instance(self.params, actual, self.region)
        return dataclasses.replace(plan, warnings=tuple(self.warnings))

    def result(self, plan: Plan[InstanceWriter]) -> dict[str, t.Any]:
        """The instance; reads lag behind writes, so what was just written is known better from the plan."""
        if self.params["state"] == "absent" or self.module.check_mode or not self.api.id:
            return plan.after | self.home
        instance = self.api.created
        if instance is None and plan.steps:
            instance = instances.describe(self.connect, self.api.id)
        if instance is None:
            return plan.after
        planned = {option: value for option, value in plan.after.items() if value is not None}
        return instances.view(instance, self.region) | planned

    def _foresee_creation(self) -> None:
        """What is known, and what should be warned of, of an instance that is to be made."""
        if self.params["state"] != "present":
            return
        aliases = [str(other["InstanceAlias"]) for other in self.api.listed if other.get("InstanceAlias")]
        self.warnings = alias_search.misspelt(self.params["alias"], aliases)
        if self.module.check_mode:
            account = account_of(self.module)
            self.home = {"account_id": account.id, "partition": account.partition}
            self.warnings += alias_search.check_elsewhere(self.module, self.params["alias"], self.region)

    def _named_by_id(self) -> Instance | None:
        instance = instances.describe(self.connect, self.api.id)
        if instance is None and self.params["state"] == "present":
            raise NotFound(
                f"There is no Amazon Connect instance {self.api.id} in {self.region}.",
                hint="Check the Region and the account.",
            )
        alias = (instance or {}).get("InstanceAlias") or ""
        if instance and self.params["alias"] and alias.lower() != self.params["alias"].lower():
            raise InvalidInput(f"The instance {self.api.id} has the alias {alias!r}, not {self.params['alias']!r}.")
        if instance and self.params["state"] == "present":
            return instances.once_active(instance) or self.api.until_active()
        return instance
