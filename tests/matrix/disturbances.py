# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody else does in the clouds while a job is under way, past the job and at once: removes an object, changes
it, or makes one of the same name.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from seeds import ACCOUNTS, TENANTS

from federation_sandbox import clouds
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.entra.state import Record, Tenant, directory
from federation_sandbox.world import World
from saml_factory import make_certificate, make_metadata

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


def _change_principal(world: World) -> None:
    _tenant(world)["servicePrincipals"].put({**_principal(world), "appRoleAssignmentRequired": False})


def _change_policy(world: World) -> None:
    tenant = _tenant(world)
    for policy in _principal(world)["_claimsMappingPolicies"]:
        held = t.cast("Record", tenant.current("claimsMappingPolicies", id=policy))
        definition = json.dumps({"ClaimsMappingPolicy": {"Version": 1, "IncludeBasicClaimSet": "true"}})
        tenant["claimsMappingPolicies"].put({**held, "definition": [definition]})


def _change_provider(world: World) -> None:
    providers = world.state(Iam).providers
    for arn, held in providers.all_latest().items():
        providers.put(arn, dataclasses.replace(held, document=make_metadata(make_certificate())))


def _change_notes(world: World) -> None:
    providers = world.state(Iam).providers
    for arn, held in providers.all_latest().items():
        kept = tuple(tag for tag in held.tags if tag[0] != "certificate-published")
        providers.put(arn, dataclasses.replace(held, tags=kept))


def _change_role(world: World) -> None:
    iam = world.state(Iam)
    for role in iam.backend(ACCOUNTS["aws"], "aws").roles.values():
        role.assume_role_policy_document = role.assume_role_policy_document.replace("signin.aws", "signin.example")
        role.policies.clear()
    iam.let_take_effect(ACCOUNTS["aws"], "aws")


def _make_provider(world: World) -> None:
    metadata = make_metadata(make_certificate())
    provider = {"account": ACCOUNTS["aws"], "name": "Entra-example-demo", "metadata": metadata}
    clouds.seed(world, {"aws": {"providers": [provider]}})


def _make_role(world: World) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "connect.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"name": "ConnectFederation-example-demo", "trust": {"Version": "2012-10-17", "Statement": [trust]}}
    clouds.seed(world, {"aws": {"roles": [{"account": ACCOUNTS["aws"], **role}]}})


@dataclasses.dataclass(frozen=True)
class Disturbance:
    """What somebody else does.

    after: the operation of the job that makes the object, which is removed or changed before each write that follows.
    before: the operation that makes an object, which somebody else has made just before; undo: how that is removed
    again, until which the job refuses. scenarios: those in which the object is there from the beginning.
    """

    act: t.Callable[[World], None]
    after: str = ""
    before: str = ""
    undo: t.Callable[[World], None] | None = None
    scenarios: tuple[str, ...] = ()


DISTURBANCES: t.Final[dict[str, Disturbance]] = {
    "the application vanishes": Disturbance(_application, "applicationTemplate.instantiate"),
    "the claims policy vanishes": Disturbance(_policy, "servicePrincipal.AddClaimsMappingPolicyRef"),
    "the assignment vanishes": Disturbance(_assignment, "servicePrincipal.CreateAppRoleAssignedTo"),
    "the provider vanishes": Disturbance(_provider, "CreateSAMLProvider"),
    "the role vanishes": Disturbance(_role, "CreateRole"),
    "the agents vanish": Disturbance(_agent, "CreateUser"),
    "the service principal is changed by hand": Disturbance(_change_principal, "applications.update"),
    "the claims policy is changed by hand": Disturbance(_change_policy, "servicePrincipal.AddClaimsMappingPolicyRef"),
    "the provider is changed by hand": Disturbance(_change_provider, "CreateSAMLProvider"),
    "the role is changed by hand": Disturbance(_change_role, "PutRolePolicy"),
    "the provider's notes are removed by hand": Disturbance(
        _change_notes, scenarios=("rotation", "retire", "rollback")
    ),
    "the provider is made by somebody else": Disturbance(_make_provider, before="CreateSAMLProvider", undo=_provider),
    "the role is made by somebody else": Disturbance(_make_role, before="CreateRole", undo=_role),
}
