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
from federation_sandbox.aws.cognito import metadata
from federation_sandbox.aws.cognito.store import Cognito, Provider
from federation_sandbox.aws.connect.store import Connect, Instance, Item
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.aws.s3 import Buckets, StoredObject
from federation_sandbox.entra.state import Record, Tenant, directory
from federation_sandbox.world import World
from saml_factory import make_certificate, make_metadata

#: how the names of the applications begin, also before they are finished
NAMES: t.Final = ("Amazon Connect example-demo", "Amazon Cognito ")
#: who leaves where people join and leave
LEAVER: t.Final = "mia.coe@example.com"
#: the approved origin of the jobs that have one
ORIGIN: t.Final = "https://desk.example.com"
#: the files of the page of the job that has one
FILES: t.Final = tuple(f"0/{name}" for name in ("index.html", "ccp.js", "ccp.css", "config.json", "connect-streams.js"))
#: the jobs that remove what is there from their beginning
TEARDOWNS: t.Final = ("teardown", "teardown, of instance and agents")
POOL_TEARDOWN: t.Final = "teardown, of a user pool's federation"


def _tenant(world: World) -> Tenant:
    return directory(world).tenants[TENANTS["public"]]


def _principals(world: World) -> list[Record]:
    """The service principals, unless the job has removed them already."""
    principals = _tenant(world)["servicePrincipals"].current()
    return [each for each in principals if each["displayName"].startswith(NAMES)]


def _application(world: World) -> None:
    # For good: one that can be restored holds its identifier, so a job stops there and says how to go on.
    tenant = _tenant(world)
    for principal in _principals(world):
        _assignment(world)
        tenant["servicePrincipals"].delete(principal["id"])
        application = tenant.current("applications", appId=principal["appId"])
        if application:
            tenant["applications"].delete(application["id"])


def _policy(world: World) -> None:
    tenant = _tenant(world)
    for principal in _principals(world):
        for policy in principal["_claimsMappingPolicies"]:
            tenant["claimsMappingPolicies"].delete(policy)
        tenant["servicePrincipals"].put({**principal, "_claimsMappingPolicies": []})


def _assignment(world: World) -> None:
    tenant = _tenant(world)
    principals = [principal["id"] for principal in _principals(world)]
    for assignment in list(tenant["appRoleAssignments"].current()):
        if assignment["resourceId"] in principals:
            tenant["appRoleAssignments"].delete(assignment["id"])


def _provider(world: World) -> None:
    providers = world.state(Iam).providers
    for arn in providers.all_latest():
        providers.delete(arn)


def _role(world: World) -> None:
    iam = world.state(Iam)
    iam.backend(ACCOUNTS["aws"], "aws").roles.clear()
    iam.let_take_effect(ACCOUNTS["aws"], "aws")


def _agents(world: World) -> list[tuple[Instance, str, Item]]:
    """Each agent that the job keeps, with the instance and the identifier there. No job makes one who leaves anew."""
    return [
        (instance, key, user)
        for instance in world.state(Connect).instances.values()
        for key, user in instance.users.all_latest().items()
        if user["Username"] != LEAVER
    ]


def _agent(world: World) -> None:
    for instance, key, user in _agents(world):
        instance.users.delete(key)
        del instance.usernames[user["Username"]]


def _instance(world: World) -> None:
    connect = world.state(Connect)
    for instance in list(connect.instances.values()):
        connect.delete(instance)


def _origins(world: World) -> None:
    for instance in world.state(Connect).instances.values():
        instance.origins.clear()


def _page(world: World) -> None:
    for bucket in world.state(Buckets).by_name.values():
        bucket.objects.clear()


def _pool_provider(world: World) -> None:
    for pool in world.state(Cognito).pools.values():
        pool.providers.clear()
    _change_client(world)


def _change_client(world: World) -> None:
    for pool in world.state(Cognito).pools.values():
        for client in pool.clients.values():
            client["SupportedIdentityProviders"] = []


def _change_pool_provider(world: World) -> None:
    for pool in world.state(Cognito).pools.values():
        for provider in pool.providers.values():
            provider.mapping = {"name": "somebody-else"}


def _change_agent(world: World) -> None:
    for instance, key, user in _agents(world):
        instance.users.put(key, {**user, "IdentityInfo": {**user["IdentityInfo"], "FirstName": "Somebody"}})


def _change_page(world: World) -> None:
    for bucket in world.state(Buckets).by_name.values():
        for key, held in bucket.objects.items():
            bucket.objects[key] = dataclasses.replace(held, content=b"somebody else's")


def _change_principal(world: World) -> None:
    for principal in _principals(world):
        _tenant(world)["servicePrincipals"].put({**principal, "appRoleAssignmentRequired": False})


def _change_policy(world: World) -> None:
    tenant = _tenant(world)
    for policy in [policy for principal in _principals(world) for policy in principal["_claimsMappingPolicies"]]:
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
    document = make_metadata(make_certificate())
    provider = {"account": ACCOUNTS["aws"], "name": "Entra-example-demo", "metadata": document}
    clouds.seed(world, {"aws": {"providers": [provider]}})


def _make_origin(world: World) -> None:
    for instance in world.state(Connect).instances.values():
        instance.origins += {ORIGIN}.difference(instance.origins)


def _make_page(world: World) -> None:
    for bucket in world.state(Buckets).by_name.values():
        bucket.objects = {**dict.fromkeys(FILES, StoredObject(b"somebody else's", {})), **bucket.objects}


def _make_pool_provider(world: World) -> None:
    now, document = world.clock.now(), make_metadata(make_certificate())
    for pool in world.state(Cognito).pools.values():
        details = {"MetadataFile": document}
        pool.providers["Entra-example-demo"] = Provider(
            "Entra-example-demo", details, {}, [], now, now, metadata.read(document), now, key_number=1
        )


def _make_role(world: World) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "connect.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"name": "ConnectFederation-example-demo", "trust": {"Version": "2012-10-17", "Statement": [trust]}}
    clouds.seed(world, {"aws": {"roles": [{"account": ACCOUNTS["aws"], **role}]}})


@dataclasses.dataclass(frozen=True)
class Disturbance:
    """What somebody else does.

    after: the operation of the job that makes the object, which is removed or changed before each write that follows.
    before: the operation that makes an object, which somebody else has made just before; undo: how that is removed
    again, if the job has to refuse until then. scenarios: those in which the object is there from the beginning.
    """

    act: t.Callable[[World], None]
    after: str = ""
    before: str = ""
    undo: t.Callable[[World], None] | None = None
    scenarios: tuple[str, ...] = ()


DISTURBANCES: t.Final[dict[str, Disturbance]] = {
    "the application vanishes": Disturbance(
        _application, "applicationTemplate.instantiate", scenarios=(*TEARDOWNS, POOL_TEARDOWN)
    ),
    "the claims policy vanishes": Disturbance(
        _policy, "servicePrincipal.AddClaimsMappingPolicyRef", scenarios=TEARDOWNS
    ),
    "the assignment vanishes": Disturbance(
        _assignment, "servicePrincipal.CreateAppRoleAssignedTo", scenarios=TEARDOWNS
    ),
    "the provider vanishes": Disturbance(_provider, "CreateSAMLProvider", scenarios=TEARDOWNS),
    "the role vanishes": Disturbance(_role, "CreateRole", scenarios=TEARDOWNS),
    "the agents vanish": Disturbance(_agent, "CreateUser", scenarios=TEARDOWNS[1:]),
    "the instance vanishes": Disturbance(_instance, "CreateInstance", scenarios=TEARDOWNS[1:]),
    "the origins vanish": Disturbance(_origins, "AssociateApprovedOrigin"),
    "the page vanishes": Disturbance(_page, "PutObject"),
    "the pool's provider vanishes": Disturbance(_pool_provider, "CreateIdentityProvider"),
    "the service principal is changed by hand": Disturbance(_change_principal, "applications.update"),
    "the claims policy is changed by hand": Disturbance(_change_policy, "servicePrincipal.AddClaimsMappingPolicyRef"),
    "the provider is changed by hand": Disturbance(_change_provider, "CreateSAMLProvider"),
    "the agents are changed by hand": Disturbance(_change_agent, "CreateUser"),
    "the page is changed by hand": Disturbance(_change_page, "PutObject"),
    "the pool's provider is changed by hand": Disturbance(_change_pool_provider, "CreateIdentityProvider"),
    "the app client is changed by hand": Disturbance(_change_client, "UpdateUserPoolClient"),
    "the role is changed by hand": Disturbance(_change_role, "PutRolePolicy"),
    # once the certificate is activated, no job needs the note, or writes it again
    "the provider's notes are removed by hand": Disturbance(_change_notes, before="TagSAMLProvider"),
    "the provider is made by somebody else": Disturbance(_make_provider, before="CreateSAMLProvider", undo=_provider),
    "the role is made by somebody else": Disturbance(_make_role, before="CreateRole", undo=_role),
    "the pool's provider is made by somebody else": Disturbance(
        _make_pool_provider, before="CreateIdentityProvider", undo=_pool_provider
    ),
    "the origin is approved by somebody else": Disturbance(_make_origin, before="AssociateApprovedOrigin"),
    "the page is made by somebody else": Disturbance(_make_page, before="PutObject"),
}
