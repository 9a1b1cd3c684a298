# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of a user pool, which are signed with its own key, and the key set that verifies them."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import secrets
import typing as t
import uuid

import jwt
from jwt.algorithms import RSAAlgorithm

from federation_sandbox.aws.cognito.clients import reads
from federation_sandbox.aws.cognito.pools import attributes_of
from federation_sandbox.aws.cognito.store import Item, Person, Pool, newest_certificate
from federation_sandbox.entra.certificates import thumbprint
from federation_sandbox.world import World

#: how long a code is valid
_CODE_LASTS: t.Final = dt.timedelta(minutes=5)
_TOKEN_SECONDS: t.Final = 3600
#: the attributes that a scope shows in the ID token; openid alone shows all that the client may read
_SCOPED: t.Final[dict[str, tuple[str, ...]]] = {
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "profile": (
        *(
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
        ),
        *("gender", "birthdate", "zoneinfo", "locale", "address", "updated_at"),
    ),
}


@dataclasses.dataclass(frozen=True)
class Grant:
    """What a client is entitled to after a sign-in. challenge: of PKCE, empty when the client did not use it."""

    pool_id: str
    client_id: str
    username: str
    redirect_uri: str
    scopes: tuple[str, ...]
    nonce: str
    challenge: str
    issued_at: dt.datetime


class Grants:
    """Codes that have not been exchanged yet, and refresh tokens."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._codes: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}

    def offer(self, grant: Grant) -> str:
        """Create a code for a grant."""
        code = str(uuid.uuid4())
        self._codes[code] = grant
        return code

    def exchange(self, code: str) -> Grant | None:
        """The grant of a code. A code is valid once and for a limited time."""
        grant = self._codes.pop(code, None)
        return grant if grant and self._clock.now() - grant.issued_at <= _CODE_LASTS else None


def proves(grant: Grant, verifier: str) -> bool:
    """Whether a verifier matches the grant's challenge (S256, the only method that Cognito supports)."""
    if not grant.challenge:
        return not verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return secrets.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), grant.challenge)


def issue(world: World, pool: Pool, client: Item, grant: Grant, person: Person) -> Item:
    """The response of the token endpoint, without the refresh token."""
    now = int(world.clock.now().timestamp())
    common = {
        "sub": person.sub,
        "cognito:groups": [f"{pool.id}_{person.provider}"],
        "iss": pool.issuer,
        "auth_time": int(grant.issued_at.timestamp()),
        "iat": now,
        "exp": now + _TOKEN_SECONDS,
        "origin_jti": str(uuid.uuid4()),
    }
    access = {
        "client_id": client["ClientId"],
        "token_use": "access",
        "scope": " ".join(grant.scopes),
        "username": person.username,
        "version": 2,
    }
    answer = {"access_token": _signed(pool, {**common, **access}), "expires_in": _TOKEN_SECONDS, "token_type": "Bearer"}
    if "openid" not in grant.scopes:
        return answer
    attributes = {
        name: value for name, value in shown_attributes(client, grant.scopes, person).items() if name != "sub"
    }
    identity = {"aud": client["ClientId"], "token_use": "id", "cognito:username": person.username, **attributes}
    nonce = {"nonce": grant.nonce} if grant.nonce else {}
    return {"id_token": _signed(pool, {**common, **identity, **nonce}), **answer}


def shown_attributes(client: Item, scopes: t.Sequence[str], person: Person) -> Item:
    """The attributes of a person that the client may read and the scopes include."""
    scoped = {name for scope in scopes for name in _SCOPED.get(scope, ())}
    every = {each["Name"]: each["Value"] for each in attributes_of(person)}
    readable = {name: value for name, value in every.items() if name in ("sub", "identities") or reads(client, name)}
    if set(scopes) & set(_SCOPED):
        readable = {
            name: value
            for name, value in readable.items()
            if name in scoped or name in ("sub", "identities") or ":" in name
        }
    if "identities" in readable:
        readable["identities"] = json.loads(readable["identities"])
    return readable


def claims_of(world: World, pool: Pool, token: str) -> Item | None:
    """The claims of a valid access token of the pool."""
    unchecked = {"verify_exp": False, "verify_iat": False}
    try:
        claims = jwt.decode(token, pool.key.public_key(), algorithms=["RS256"], options=unchecked)  # type: ignore[arg-type]
    except jwt.InvalidTokenError:
        return None
    valid = (
        claims.get("iss") == pool.issuer
        and claims.get("token_use") == "access"
        and claims["exp"] > world.clock.now().timestamp()
    )
    return claims if valid else None


def key_set(pool: Pool) -> Item:
    """The JSON Web Key Set of a pool."""
    public = json.loads(RSAAlgorithm.to_jwk(pool.key.public_key()))
    return {"keys": [{**public, "use": "sig", "alg": "RS256", "kid": _key_id(pool)}]}


def configuration(pool: Pool) -> Item:
    """The OpenID provider's configuration. A pool without a domain has no endpoints except the key set."""
    known: Item = {
        "issuer": pool.issuer,
        "jwks_uri": f"{pool.issuer}/.well-known/jwks.json",
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    if not pool.hosts:
        return known
    base = f"https://{pool.hosts[-1]}"
    paths = {
        "authorization_endpoint": "/oauth2/authorize",
        "token_endpoint": "/oauth2/token",
        "userinfo_endpoint": "/oauth2/userInfo",
    }
    return {**known, **{name: base + path for name, path in paths.items()}, "end_session_endpoint": f"{base}/logout"}


def _signed(pool: Pool, claims: Item) -> str:
    return jwt.encode({**claims, "jti": str(uuid.uuid4())}, pool.key, algorithm="RS256", headers={"kid": _key_id(pool)})


def _key_id(pool: Pool) -> str:
    return thumbprint(newest_certificate(pool, 0, pool.created, pool.created))  # its first one, so that it stays
