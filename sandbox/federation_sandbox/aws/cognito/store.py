# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of Amazon Cognito: user pools with their clients, identity providers and people."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import typing as t
import uuid

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from federation_sandbox.aws.cognito.metadata import IdentityProviderMetadata
from federation_sandbox.aws.protocol import Context, Params, refusal
from federation_sandbox.entra.certificates import new_key, self_signed
from federation_sandbox.service import CloudError
from federation_sandbox.world import World

Item = dict[str, t.Any]

#: the domain of prefix domains, by partition; that of GovCloud is the one with FIPS
AUTH_DOMAINS: t.Final = {"aws": "auth.{region}.amazoncognito.com", "aws-us-gov": "auth-fips.{region}.amazoncognito.com"}
#: how long a certificate lasts, and after which time there is a new one for the same key (facts/aws.md 8)
_CERTIFICATE_LASTS: t.Final = dt.timedelta(days=3650)
_CERTIFICATE_IS_NEWEST: t.Final = dt.timedelta(days=365)


def cognito_error(code: str, message: str) -> CloudError:
    """An error of Amazon Cognito's model."""
    return refusal("cognito-idp", code, message)


@dataclasses.dataclass
class Provider:
    """A SAML provider of a pool. details: as they were set, without those that AWS derives. key_number: of the key that
    decrypts responses.
    """

    name: str
    details: dict[str, str]
    mapping: dict[str, str]
    identifiers: list[str]
    created: dt.datetime
    modified: dt.datetime
    metadata: IdentityProviderMetadata
    fetched: dt.datetime
    key_number: int

    def has(self, detail: str) -> bool:
        """Whether a detail with the value "true" or "false" is "true"."""
        return self.details.get(detail) == "true"


@dataclasses.dataclass
class Person:
    """A person of a pool, created at the first sign-in."""

    username: str
    sub: str
    attributes: dict[str, str]
    provider: str
    name_id: str
    issuer: str
    created: dt.datetime
    modified: dt.datetime


@dataclasses.dataclass
class Pool:
    """A user pool. settings: the other members of CreateUserPool, as they were set."""

    account: str
    region: str
    partition: str
    id: str
    name: str
    created: dt.datetime
    modified: dt.datetime
    schema: dict[str, Item]
    settings: Item
    key: rsa.RSAPrivateKey
    tags: dict[str, str] = dataclasses.field(default_factory=dict)
    domain: str = ""
    custom_domain: str = ""
    custom_domain_config: Item = dataclasses.field(default_factory=dict)
    clients: dict[str, Item] = dataclasses.field(default_factory=dict)
    providers: dict[str, Provider] = dataclasses.field(default_factory=dict)
    people: dict[str, Person] = dataclasses.field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The pool's ARN."""
        return f"arn:{self.partition}:cognito-idp:{self.region}:{self.account}:userpool/{self.id}"

    @property
    def issuer(self) -> str:
        """The issuer of the pool's tokens."""
        suffix = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return f"https://cognito-idp.{self.region}.{suffix}/{self.id}"

    @property
    def entity_id(self) -> str:
        """The entity ID of the pool (facts/aws.md 8)."""
        return f"urn:amazon:cognito:sp:{self.id}"

    @property
    def hosts(self) -> list[str]:
        """The hosts on which people sign in: those of the prefix domain and of the custom domain."""
        form = AUTH_DOMAINS.get(self.partition, "")
        prefix = [f"{self.domain}.{form.format(region=self.region)}"] if self.domain else []
        return [*prefix, *([self.custom_domain] if self.custom_domain else [])]


class Cognito:
    """Amazon Cognito in every account and Region."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pools: dict[str, Pool] = {}

    def new_pool(self, context: Context, name: str, schema: dict[str, Item], settings: Item) -> Pool:
        """Create a pool with its own keys."""
        now = self._world.clock.now().replace(microsecond=0)
        identifier = f"{context.region}_{uuid.uuid4().hex[:9]}"
        pool = Pool(
            context.account, context.region, context.partition, identifier, name, now, now, schema, settings, own_key(0)
        )
        self.pools[identifier] = pool
        return pool

    def of(self, account: str, region: str) -> list[Pool]:
        """The pools of an account in a Region, oldest first."""
        return [pool for pool in self.pools.values() if (pool.account, pool.region) == (account, region)]

    def at_host(self, host: str) -> Pool | None:
        """The pool with a sign-in host."""
        return next((pool for pool in self.pools.values() if host in pool.hosts), None)


@functools.cache
def own_key(number: int) -> rsa.RSAPrivateKey:  # noqa: ARG001 - one for each number
    """The key of a pool (0) or of one of its providers. All pools of a process share these keys, because generating a
    key is slow; their certificates differ.
    """
    return new_key()


def newest_certificate(pool: Pool, number: int, since: dt.datetime, now: dt.datetime) -> x509.Certificate:
    """The newest certificate of a key. Each year a new one is issued for the same key (facts/aws.md 8)."""
    return _certificate(pool.id, number, since + (now - since) // _CERTIFICATE_IS_NEWEST * _CERTIFICATE_IS_NEWEST)


@functools.cache
def _certificate(name: str, number: int, start: dt.datetime) -> x509.Certificate:
    return self_signed(name, start, start + _CERTIFICATE_LASTS, own_key(number))[1]


def pool_of(context: Context, params: Params) -> Pool:
    """The pool that a call names."""
    pool = context.world.state(Cognito).pools.get(params["UserPoolId"])
    if pool is None or (pool.account, pool.region) != (context.account, context.region):
        raise cognito_error("ResourceNotFoundException", f"User pool {params['UserPoolId']} does not exist.")
    return pool


def page(items: t.Sequence[Item], params: Params, key: str, most: int = 60) -> Item:
    """A page of items, and the token of the next page. Tokens of AWS are opaque; this one is a number."""
    start, size = _start(params), params.get("MaxResults") or params.get("Limit") or most
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return {key: list(items[start : start + size]), **more}


def _start(params: Params) -> int:
    token = str(params.get("NextToken") or "0")
    if not token.isdigit():
        raise cognito_error("InvalidParameterException", "Invalid pagination token.")
    return int(token)
