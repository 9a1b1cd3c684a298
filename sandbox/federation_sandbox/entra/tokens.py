# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens: signed with the cloud's key for one tenant and one resource, and refused elsewhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.types import Options

from federation_sandbox.entra.certificates import thumbprint
from federation_sandbox.entra.hosts import Cloud
from federation_sandbox.entra.state import MICROSOFT_GRAPH, Client, Directory, Record, Tenant, new_id
from federation_sandbox.world import World

LIFETIME: t.Final[int] = 3599


class InvalidToken(Exception):
    """The reason why an access token is refused."""


@dataclasses.dataclass(frozen=True)
class Caller:
    """A calling application: its service principal, and the permissions in its token."""

    app_id: str
    principal_id: str
    roles: frozenset[str]


def key_id(directory: Directory, cloud: Cloud) -> str:
    """The name of a cloud's signing key."""
    return thumbprint(directory.cloud_keys(cloud)[1])


def public_keys(directory: Directory, clouds: list[Cloud]) -> dict[str, t.Any]:
    """The JSON Web Key Set of a login host."""
    keys = []
    for cloud in clouds:
        public = directory.cloud_keys(cloud)[1].public_key()
        keys.append({**json.loads(RSAAlgorithm.to_jwk(public)), "use": "sig", "kid": key_id(directory, cloud)})  # type: ignore[arg-type]
    return {"keys": keys}


def granted_roles(tenant: Tenant, principal_id: str) -> list[str]:
    """The application permissions of Microsoft Graph that have been granted to a service principal."""
    graph = tenant.current("servicePrincipals", appId=MICROSOFT_GRAPH)
    if graph is None:
        return []
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    assignments = tenant["appRoleAssignments"].current()
    return sorted(
        names[each["appRoleId"]]
        for each in assignments
        if each["principalId"] == principal_id and each["resourceId"] == graph["id"]
    )


def issue(world: World, directory: Directory, tenant: Tenant, client: Client, principal: Record) -> str:
    """An access token for Microsoft Graph."""
    now = int(world.entra_now().timestamp())
    claims = {
        "aud": f"https://{tenant.cloud.graph}",
        "iss": f"https://sts.windows.net/{tenant.id}/",
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "appid": client.app_id,
        "idtyp": "app",
        "oid": principal["id"],
        "sub": principal["id"],
        "tid": tenant.id,
        "roles": granted_roles(tenant, principal["id"]),
        "uti": new_id(),
        "ver": "1.0",
    }
    key = directory.cloud_keys(tenant.cloud)[0]
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": key_id(directory, tenant.cloud)})


def verify(world: World, directory: Directory, cloud: Cloud, token: str) -> tuple[Tenant, Caller]:
    """The tenant and the caller of a token; InvalidToken when it is refused."""
    public = t.cast("RSAPublicKey", directory.cloud_keys(cloud)[1].public_key())
    unchecked_times: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        claims = jwt.decode(
            token, public, algorithms=["RS256"], audience=f"https://{cloud.graph}", options=unchecked_times
        )
    except jwt.InvalidAudienceError as reason:
        raise InvalidToken("Access token validation failure. Invalid audience.") from reason
    except jwt.InvalidSignatureError as reason:
        raise InvalidToken("Access token validation failure. Invalid signature.") from reason
    except jwt.InvalidTokenError as reason:
        raise InvalidToken("CompactToken parsing failed with error code: 80049217") from reason
    now = world.entra_now()
    if not claims["nbf"] <= int(now.timestamp()) < claims["exp"]:
        raise InvalidToken("Lifetime validation failed, the token is expired.")
    tenant = directory.tenants.get(claims["tid"])
    if tenant is None or claims["iss"] != f"https://sts.windows.net/{tenant.id}/":
        raise InvalidToken("Access token validation failure. Invalid issuer.")
    return tenant, Caller(claims["appid"], claims["oid"], frozenset(claims["roles"]))


def machine_now() -> dt.datetime:
    """The time of the machine. Clients sign with it, even if the clock of the world was moved."""
    return dt.datetime.now(dt.UTC)
