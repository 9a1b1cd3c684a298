# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The enterprise application as a resource of the module azure_saml_app."""

from __future__ import annotations

import types
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra import (
    access,
    application_changes,
    claims_policies,
    permissions,
    result,
    saml_app,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.application_writer import ApplicationWriter
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import KeyMaterial
from ansible_collections.openccp.federation.plugins.module_utils._entra.current_state import (
    look_again,
    read_before_removal,
    read_current_state,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import entra_waiter, is_replication
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._entra.saml_app import CurrentState
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, FederationError
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._resource import Resource

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import Module


class SamlApp(Resource[CurrentState, ApplicationWriter]):
    """One application, as defined by the options."""

    graph: Graph
    unlisted: t.Sequence[str] = ()
    access: t.Mapping[str, t.Any] = types.MappingProxyType({})

    def __init__(self, module: Module) -> None:
        self.params = module.params
        self.check_mode = module.check_mode
        self.warn = module.warn
        self.keys = KeyMaterial()
        self.waiter = entra_waiter(module.params["wait_timeout"])

    @property
    def app(self) -> Application:
        """The application as it is or was just written."""
        return self.api.app

    def read(self) -> CurrentState:
        """The application, and all that the plan depends on."""
        self.graph = connect(self.params)
        self.api = ApplicationWriter(self.graph, self.waiter, self.keys, self.warn)
        return read_current_state(self.graph, self.waiter, self.params)

    def plan(self, actual: CurrentState) -> Plan[ApplicationWriter]:
        """The steps that change the application, create it or delete it, once it is sure that they are permitted."""
        self.api.app = actual.app or saml_app.BLANK
        self.keys.learn(self.app.principal)
        plan = saml_app.plan(self.params, actual)
        permissions.check(self.graph.roles, saml_app.operations(plan), self.graph.place.client_id)
        self.unlisted = saml_app.unlisted(self.params, actual, self.app)
        doors = access.doors(self.params, actual, plan)
        self.access = access.read_access(self.graph, actual, *doors) if doors else {}
        return plan

    def carry_out(self, step: Step[ApplicationWriter]) -> Plan[ApplicationWriter] | None:
        """An application that was there already, but not listed yet, is brought to the desired state."""
        super().carry_out(step)
        older = self.api.duplicate_of
        if step.run is not ApplicationWriter.create or older is None:
            return None
        self.warn(
            f"The application '{self.app.label}' ({older['appId']}) already existed but was not listed yet, as after "
            f"an interrupted run. The duplicate {self.app.app_id} was deleted again."
        )
        return self.plan(self._listed(older))

    def result(self, plan: Plan[ApplicationWriter]) -> dict[str, t.Any]:
        """The application, after Graph returns it as written; nothing of one that is deleted."""
        if self.params["state"] == "absent":
            if plan.steps and not self.check_mode:
                self._wait_for_deletion()
            return {}
        extra = {"unlisted_assignments": list(self.unlisted), "access": dict(self.access)}
        return self._application(plan) | {key: value for key, value in extra.items() if value}

    def _application(self, plan: Plan[ApplicationWriter]) -> dict[str, t.Any]:
        if plan.steps and self.check_mode:
            return self._planned(plan)
        if plan.steps:
            self.api.app = self._settled()
        described = result.describe(self.app, self.graph)
        if self.check_mode:
            return result.with_metadata(described, result.read_metadata(self.app, self.graph))
        return result.with_metadata(described, result.wait_for_metadata(self.app, self.graph, self.waiter))

    def _planned(self, plan: Plan[ApplicationWriter]) -> dict[str, t.Any]:
        """The application as the plan would leave it."""
        exists = bool(self.app.application)
        known = result.describe(self.app, self.graph) if exists else {}
        policy = claims_policies.policy_after(self.params, self.app if exists else None)
        planned = known | {name: value for name, value in plan.after.items() if name != "claims_policy"}
        planned |= claims_policies.settings_of(policy) if policy else {}
        if {ApplicationWriter.create, ApplicationWriter.add_certificate} & {step.run for step in plan.steps}:
            return planned | {"entity_id": result.issuer(self.graph, policy, self.app)}
        return result.with_metadata(planned, result.read_metadata(self.app, self.graph, policy))

    def _listed(self, older: t.Mapping[str, t.Any]) -> CurrentState:
        """What is there, once lists show an application that was there already as what it is."""

        def probe() -> CurrentState | None:
            current_state = read_current_state(self.graph, self.waiter, self.params)
            return current_state if current_state.app else None

        return self.waiter.until(f"the application {older['appId']} to be listed", probe, passes=_may_pass)

    def _wait_for_deletion(self) -> None:
        def probe() -> bool | None:
            remaining = saml_app.plan(self.params, read_before_removal(self.graph, self.params, keys=False)).steps
            if any(step.run is ApplicationWriter.delete for step in remaining):
                # To an old replica it was not there yet, which is answered like what is gone.
                application_changes.delete(self.graph, self.app)
            return None if remaining else True

        self.waiter.until("Microsoft Graph to show the application no longer", probe, steady=1, passes=is_replication)

    def _settled(self) -> Application:
        """The application once Graph shows all that was written, so that the next run finds it and has nothing to
        do.
        """

        def probe() -> Application | None:
            state = look_again(self.graph, self.params, self.app, self.keys)
            return state.app if state and not saml_app.plan(self.params, state).steps else None

        return self.waiter.until(
            f"Microsoft Graph to show '{self.app.label}' as it was written", probe, steady=1, passes=_may_pass
        )


def _may_pass(error: FederationError) -> bool:
    """Of two runs at once: what the other made, and takes back or finishes, is listed for a while as somebody
    else's.
    """
    return is_replication(error) or isinstance(error, Conflict)
