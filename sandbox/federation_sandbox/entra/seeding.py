# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra ID holds at the start: tenants, the applications that call, users and groups."""

from __future__ import annotations

import base64
import collections.abc
import datetime as dt
import typing as t
import uuid

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from federation_sandbox.entra.graph.applications import blank_application
from federation_sandbox.entra.graph.assignments import new_assignment
from federation_sandbox.entra.graph.bodies import checked
from federation_sandbox.entra.graph.deleted_items import SAML_DELETION
from federation_sandbox.entra.graph.model import TYPES
from federation_sandbox.entra.graph.principals import blank_principal
from federation_sandbox.entra.hosts import CLOUDS
from federation_sandbox.entra.state import (
    MICROSOFT_GRAPH,
    Client,
    FederatedCredential,
    Record,
    Secret,
    Tenant,
    directory,
    moment,
    new_id,
)
from federation_sandbox.service import CloudError
from federation_sandbox.world import World

Content = collections.abc.Mapping[str, t.Any]

#: the application permissions of Microsoft Graph that the sandbox knows
PERMISSIONS: t.Final[dict[str, str]] = {
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Application.ReadWrite.OwnedBy": "18a4783c-866b-4cc7-a460-3d5e5662c884",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "Policy.Read.All": "246dd0d5-5bd0-4def-940b-0421030a5b68",
    "Policy.ReadWrite.ApplicationConfiguration": "be74164b-cff1-491c-8741-e671cb536e13",
    "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    "GroupMember.ReadBasic.All": "8222c640-cae5-4860-8d11-b32cfad95e03",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "User.ReadBasic.All": "97235f07-e226-4f63-ace3-39588e11d3a1",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Group.ReadBasic.All": "07d67222-3a10-4d3b-9ddc-b8aa43198a00",
    "Group.Read.All": "5b567255-7703-4780-807c-7be8301ae99b",
    "Group.ReadWrite.All": "62a82d76-70ea-41e2-9197-370581804d09",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Domain.Read.All": "dbb9058a-0e50-45d7-ae91-66909b5d4664",
}
#: enough for every module of the collection, without the permission that can grant permissions
DEFAULT_PERMISSIONS: t.Final[tuple[str, ...]] = (
    "Application.ReadWrite.All",
    "Policy.ReadWrite.ApplicationConfiguration",
    "GroupMember.Read.All",
    "User.Read.All",
)
_TENANT_KEYS: t.Final[frozenset[str]] = frozenset(
    {"id", "cloud", "country", "display_name", "domains", "clients", "users", "groups"}
    | {"app_management_policy", "saml_deletion"}
)
_CHANGE_KEYS: t.Final[frozenset[str]] = frozenset({"id", "users", "groups", "remove", "app_management_policies"})
_CLIENT_KEYS: t.Final[frozenset[str]] = frozenset(
    {
        "client_id",
        "name",
        "secrets",
        "certificates",
        "federated_credentials",
        "permissions",
        "managed_identity",
        "enabled",
        "custom_security_attributes",
    }
)
_GROUP_KEYS: t.Final[frozenset[str]] = frozenset({"members", "dynamic", *TYPES["group"]})
_FAR: t.Final[dt.timedelta] = dt.timedelta(days=180)


def seed(world: World, content: Content) -> dict[str, t.Any]:
    """Fill Entra ID; ValueError names what is wrong with the seed. Reads see it at once, whatever the lag.

    A tenant whose id is there already takes the users and groups as changes, as administrators make them: a user is
    found by "id", else by userPrincipalName, and keeps what is not named; a group is found by "id", else by
    displayName.

    {"tenants": [{
        "id": "…",  # a new one when left out
        "cloud": "public",  # public, usgov, usgov_dod, china
        "display_name": "Contoso", "country": "DE",
        "domains": ["contoso.onmicrosoft.com", "contoso.com"],  # verified; first the initial one, last the default
        "app_management_policy": {…},  # Graph's tenantAppManagementPolicy; nothing is restricted when left out
        "saml_deletion": "either",  # of a gallery SAML application: either, service_principal_first, reset_mode_first
        "clients": [{  # the applications that sign in and call Graph
            "client_id": "…", "name": "automation", "enabled": true,
            "secrets": ["s3cret", {"text": "old", "end": "2020-01-01T00:00:00Z"}],
            "certificates": ["-----BEGIN CERTIFICATE-----…"],
            "federated_credentials": [{"issuer": "…", "subject": "…", "audience": "api://AzureADTokenExchange",
                                       "public_key": "PEM", "jwks": {"keys": […]}}],  # one of the last two
            "permissions": ["Application.ReadWrite.All", …],  # DEFAULT_PERMISSIONS when left out
            "managed_identity": false,  # true: it is the identity of the machine, with no credential at all
            "custom_security_attributes": {"set": {"name": "value"}}}],  # which excludeActors of a policy may name
        "users": [{"userPrincipalName": "jane@contoso.com", "manager": "ravi@contoso.com", …any property of a user}],
        "groups": [{"displayName": "Agents", "members": ["jane@contoso.com", "a group's name or id"],
                    "dynamic": false, …any property of a group}],
        # only of a tenant that is there already:
        "remove": ["jane@contoso.com", "a group's name or id"],
        "app_management_policies": [{…Graph's appManagementPolicy, "applies_to": ["an application's name or id"]}]
    }]}

    Returns {"tenants": [{"id", "clients": {name: {"client_id", "application_id", "service_principal_id"}},
    "users": {user principal name: id}, "groups": {display name: id}}]}.
    """
    _only(content, {"tenants"}, "the seed of Entra ID")
    return {"tenants": [_tenant(world, each) for each in content.get("tenants", ())]}


def _only(content: Content, known: collections.abc.Collection[str], what: str) -> None:
    unknown = sorted(set(content) - set(known))
    if unknown:
        raise ValueError(f"{what} does not take {', '.join(unknown)}; it takes {', '.join(sorted(known))}")


def _tenant(world: World, content: Content) -> dict[str, t.Any]:
    entra = directory(world)
    known = entra.tenants.get(str(content.get("id", "")).lower())
    if known is not None:
        return _changed_tenant(known, content)
    tenant = _new_tenant(world, content)
    graph = _microsoft_graph(tenant)
    clients = {each["name"]: _client(tenant, graph, each) for each in map(_named, content.get("clients", ()))}
    people = _people(tenant, content)
    entra.tenants[tenant.id] = tenant
    return {"id": tenant.id, "clients": clients, **people}


def _new_tenant(world: World, content: Content) -> Tenant:
    _only(content, _TENANT_KEYS, "a new tenant")
    if content.get("cloud", "public") not in CLOUDS:
        raise ValueError(f"cloud is one of {', '.join(CLOUDS)}, not {content['cloud']!r}")
    if content.get("saml_deletion", "either") not in SAML_DELETION:
        raise ValueError(f"saml_deletion is one of {', '.join(SAML_DELETION)}, not {content['saml_deletion']!r}")
    return Tenant(
        world,
        str(uuid.UUID(content.get("id") or new_id())),
        CLOUDS[content.get("cloud", "public")],
        content.get("display_name", "Contoso"),
        list(content.get("domains") or ["contoso.onmicrosoft.com", "contoso.com"]),
        _policy(content.get("app_management_policy") or {}),
        content.get("saml_deletion", "either"),
        content.get("country", ""),
    )


def _changed_tenant(tenant: Tenant, content: Content) -> dict[str, t.Any]:
    _only(content, _CHANGE_KEYS, "a tenant that is there already")
    removed_ids = [_require_principal(tenant, name)["id"] for name in content.get("remove", ())]
    for key in removed_ids:
        tenant["users"].delete(key)
        tenant["groups"].delete(key)
    for group in [each for each in tenant["groups"].current() if set(each["_members"]) & set(removed_ids)]:
        tenant["groups"].put(
            {**group, "_members": [key for key in group["_members"] if key not in removed_ids]}, settled=True
        )
    for policy in content.get("app_management_policies", ()):
        _assign_policy(tenant, policy)
    return {"id": tenant.id, **_people(tenant, content)}


def _assign_policy(tenant: Tenant, content: Content) -> None:
    """Create an app management policy, or replace the one with the same name, and assign it to applications."""
    kind = "appManagementPolicy"
    settings = _checked(kind, {name: value for name, value in content.items() if name != "applies_to"})
    former = tenant.current("appManagementPolicies", displayName=settings.get("displayName"))
    record = {"id": former["id"] if former else new_id(), "isEnabled": False, **settings}
    tenant["appManagementPolicies"].put(record, settled=True)
    for name in content.get("applies_to", ()):
        application = tenant.current("applications", appId=name) or tenant.current("applications", displayName=name)
        if application is None:
            raise ValueError(f"the tenant {tenant.id} has no application {name}")
        tenant["applications"].put({**application, "_appManagementPolicies": [record["id"]]}, settled=True)


def _people(tenant: Tenant, content: Content) -> dict[str, dict[str, str]]:
    known = _names(tenant)
    users = {each["userPrincipalName"]: _user(tenant, each, known) for each in content.get("users", ())}
    _managers(tenant, content.get("users", ()))
    return {"users": users, "groups": _groups(tenant, content.get("groups", ()))}


def _require_principal(tenant: Tenant, name: str) -> Record:
    """The user or group with an ID or name."""
    for collection, key in (("users", "userPrincipalName"), ("groups", "displayName")):
        record = tenant.current(collection, id=name) or tenant.current(collection, **{key: name})
        if record:
            return record
    raise ValueError(f"the tenant {tenant.id} has no user or group {name}")


def _named(client: Content) -> dict[str, t.Any]:
    _only(client, _CLIENT_KEYS, "a client")
    return {"name": "automation", **client}


def _policy(content: Content) -> dict[str, t.Any]:
    _checked("tenantAppManagementPolicy", content)
    return {
        "id": "00000000-0000-0000-0000-000000000000",
        "displayName": "Default app management tenant policy",
        "description": (
            "Default tenant policy that enforces app management restrictions on applications and service principals."
        ),
        "isEnabled": bool(content),
        "applicationRestrictions": None,
        "servicePrincipalRestrictions": None,
        **content,
    }


def _checked(kind: str, content: Content) -> dict[str, t.Any]:
    """The properties of a record, validated against Graph's type."""
    try:
        return checked(kind, dict(content), also=("id",))
    except CloudError as reason:
        raise ValueError(f"a {kind} of the seed: {reason}") from reason


def _microsoft_graph(tenant: Tenant) -> Record:
    application = blank_application(tenant, "Microsoft Graph") | {"appId": MICROSOFT_GRAPH}
    record = blank_principal(tenant, application)
    record["appRoles"] = [
        {
            "allowedMemberTypes": ["Application"],
            "description": name,
            "displayName": name,
            "id": key,
            "isEnabled": True,
            "origin": "Application",
            "value": name,
        }
        for name, key in PERMISSIONS.items()
    ]
    record["appOwnerOrganizationId"] = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
    tenant["servicePrincipals"].put(record, settled=True)
    return record


def _client(tenant: Tenant, graph: Record, content: Content) -> dict[str, str]:
    managed = bool(content.get("managed_identity"))
    permissions = content.get("permissions", DEFAULT_PERMISSIONS)
    unknown = sorted(set(permissions) - set(PERMISSIONS))
    if unknown:
        raise ValueError(f"the sandbox does not know the permission {', '.join(unknown)}")
    application = blank_application(tenant, content["name"])
    application["appId"] = str(uuid.UUID(content.get("client_id") or new_id()))
    principal = blank_principal(tenant, application)
    principal["accountEnabled"] = content.get("enabled", True)
    principal["customSecurityAttributes"] = content.get("custom_security_attributes")
    if managed:
        principal["servicePrincipalType"] = "ManagedIdentity"
    else:
        tenant["applications"].put(application, settled=True)
    tenant["servicePrincipals"].put(principal, settled=True)
    for name in permissions:
        record = new_assignment(tenant, principal, "ServicePrincipal", graph, PERMISSIONS[name])
        tenant["appRoleAssignments"].put(record, settled=True)
    secrets = [_secret(tenant, secret) for secret in content.get("secrets", ())]
    certificates = [x509.load_pem_x509_certificate(pem.encode()) for pem in content.get("certificates", ())]
    credentials = [_federated(credential) for credential in content.get("federated_credentials", ())]
    app_id = application["appId"]
    tenant.clients[app_id] = Client(app_id, secrets, certificates, credentials, managed)
    ids = {"client_id": application["appId"], "service_principal_id": principal["id"]}
    return ids if managed else {**ids, "application_id": application["id"]}


def _secret(tenant: Tenant, content: str | Content) -> Secret:
    if isinstance(content, str):
        return Secret(content, tenant.world.entra_now() + _FAR)
    _only(content, {"text", "end"}, "a secret")
    return Secret(content["text"], moment(content["end"]))


def _federated(content: Content) -> FederatedCredential:
    _only(content, {"issuer", "subject", "audience", "public_key", "jwks"}, "a federated credential")
    if "jwks" in content:
        keys = {each.key_id or "": each.key for each in jwt.PyJWKSet.from_dict(dict(content["jwks"])).keys}
    else:
        keys = {"": serialization.load_pem_public_key(content["public_key"].encode())}
    if not all(isinstance(key, rsa.RSAPublicKey) for key in keys.values()):
        raise ValueError("a federated credential's issuer signs with RSA keys")
    return FederatedCredential(
        content["issuer"], content["subject"], content.get("audience", "api://AzureADTokenExchange"), keys
    )


def _user(tenant: Tenant, content: Content, known: dict[str, str]) -> str:
    name = content["userPrincipalName"]
    alias = name.partition("@")[0]
    defaults = {"displayName": alias, "accountEnabled": True, "userType": "Member", "mailNickname": alias}
    blank = {"id": new_id(), "createdDateTime": tenant.now(), **defaults}
    before = tenant["users"].latest(known.get(content.get("id", name), ""))
    record = {
        **(before or blank),
        **_checked("user", {key: value for key, value in content.items() if key != "manager"}),
    }
    tenant["users"].put(record, settled=True)
    return str(record["id"])


def _managers(tenant: Tenant, users: collections.abc.Iterable[Content]) -> None:
    """Create all users before their managers are set, since a manager may come later in the list."""
    for content in users:
        if "manager" in content:
            user, manager = (
                _require_principal(tenant, content["userPrincipalName"]),
                _require_principal(tenant, content["manager"]),
            )
            tenant["users"].put({**user, "_manager": manager["id"]}, settled=True)


def _groups(tenant: Tenant, groups: collections.abc.Sequence[Content]) -> dict[str, str]:
    """Create all groups before their members are added, since a member may be a group that comes later in the list."""
    known = _names(tenant)
    records = [_group(tenant, each, known) for each in groups]
    for record in records:
        tenant["groups"].put(record, settled=True)
    names = _names(tenant)
    for content, record in zip(groups, records, strict=True):
        if "members" in content:
            missing = sorted({each for each in content["members"] if each not in names})
            if missing:
                raise ValueError(
                    f"the group {content['displayName']} has members that are not there: {', '.join(missing[:5])}"
                )
            members = list(dict.fromkeys(names[each] for each in content["members"]))
            tenant["groups"].put({**record, "_members": members}, settled=True)
    return {record["displayName"]: record["id"] for record in records}


def _group(tenant: Tenant, content: Content, known: dict[str, str]) -> Record:
    _only(content, _GROUP_KEYS, "a group")
    name = content["displayName"]
    blank = {
        "id": new_id(),
        "createdDateTime": tenant.now(),
        "groupTypes": ["DynamicMembership"] if content.get("dynamic") else [],
        "mailEnabled": False,
        "mailNickname": base64.b16encode(name.encode()).decode()[:64],
        "securityEnabled": True,
        "_members": [],
    }
    properties = {key: value for key, value in content.items() if key not in ("members", "dynamic")}
    before = tenant["groups"].latest(known.get(content.get("id", name), ""))
    return {**(before or blank), **_checked("group", properties)}


def _names(tenant: Tenant) -> dict[str, str]:
    """The IDs of users and groups, by ID and by name."""
    groups, users = tuple(tenant["groups"].current()), tuple(tenant["users"].current())
    names = {group["displayName"]: group["id"] for group in groups}
    names |= {user["userPrincipalName"]: user["id"] for user in users}
    return names | {each["id"]: each["id"] for each in (*groups, *users)}
