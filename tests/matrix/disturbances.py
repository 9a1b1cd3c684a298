# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody else removes from the clouds while a job is under way, past the job and at once."""

from __future__ import annotations

import typing as t

from seeds import ACCOUNTS, TENANTS

from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.entra.state import Record, Tenant, directory
from federation_sandbox.world import World

#: how the name of the application begins, also before it is finished
NAME: t.Final = "Amazon Connect example-demo"


def _tenant(world: World) -> Tenant:
    return directory(world).tenants[TENANTS["public"]]


def _principal(world: World) -> Record:
    principals = _tenant(world)["servicePrincipals"].current()
    return next(each for each in principals if each["displayName"].startswith(NAME))


def _application(world: World) -> None:
    # For good: one that can be restored holds its identifier, so a job stops there and says how to go on.
    tenant, principal = _tenant(world), _principal(world)
    application = t.cast("Record", tenant.current("applications", appId=principal["appId"]))
    for assignment in list(tenant["appRoleAssignments"].current()):
        if assignment["resourceId"] == principal["id"]:
            tenant["appRoleAssignments"].delete(assignment["id"])
    tenant["servicePrincipals"].delete(principal["id"])
    tenant["applications"].delete(application["id"])


def _policy(world: World) -> None:
    tenant, principal = _tenant(world), _principal(world)
    for policy in principal["_claimsMappingPolicies"]:
        tenant["claimsMappingPolicies"].delete(policy)
    tenant["servicePrincipals"].put({**principal, "_claimsMappingPolicies": []})


def _assignment(world: World) -> None:
    tenant, principal = _tenant(world), _principal(world)
    assignment = tenant.current("appRoleAssignments", resourceId=principal["id"])
    tenant["appRoleAssignments"].delete(t.cast("Record", assignment)["id"])


def _provider(world: World) -> None:
    providers = world.state(Iam).providers
    for arn in providers.all_latest():
        providers.delete(arn)


def _role(world: World) -> None:
    iam = world.state(Iam)
    iam.backend(ACCOUNTS["aws"], "aws").roles.clear()
    iam.let_take_effect(ACCOUNTS["aws"], "aws")


def _agent(world: World) -> None:
    (instance,) = world.state(Connect).instances.values()
    for user in instance.users.all_latest():
        instance.users.delete(user)
    instance.usernames.clear()


#: what vanishes: the operation that makes it, and how it goes
VANISHING: t.Final[dict[str, tuple[str, t.Callable[[World], None]]]] = {
    "the application": ("applicationTemplate.instantiate", _application),
    "the claims policy": ("servicePrincipal.AddClaimsMappingPolicyRef", _policy),
    "the assignment": ("servicePrincipal.CreateAppRoleAssignedTo", _assignment),
    "the provider": ("CreateSAMLProvider", _provider),
    "the role": ("CreateRole", _role),
    "the agents": ("CreateUser", _agent),
}
