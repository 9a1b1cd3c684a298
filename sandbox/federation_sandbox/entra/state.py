# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of Entra ID: tenants with their directory, the registered clients, and the keys of each cloud."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import functools
import typing as t
import uuid

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from federation_sandbox.entra.certificates import new_key, self_signed
from federation_sandbox.entra.hosts import CLOUDS, Cloud
from federation_sandbox.world import EventuallyConsistent, World

#: a directory object: Graph's properties, and under names with a leading underscore what Graph keeps to itself
Record = dict[str, t.Any]

COLLECTIONS: t.Final[dict[str, str]] = {
    "applications": "application",
    "servicePrincipals": "servicePrincipal",
    "users": "user",
    "groups": "group",
    "claimsMappingPolicies": "claimsMappingPolicy",
    "tokenIssuancePolicies": "tokenIssuancePolicy",
    "appManagementPolicies": "appManagementPolicy",
    "appRoleAssignments": "appRoleAssignment",
    "deletedItems": "directoryObject",
}

MICROSOFT_GRAPH: t.Final[str] = "00000003-0000-0000-c000-000000000000"
SOFT_DELETED_FOR: t.Final[dt.timedelta] = dt.timedelta(days=30)


class Collection:
    """A collection of a directory. Single reads, lists and the federation metadata have separate replication delays."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._store: EventuallyConsistent[Record] = EventuallyConsistent(world.clock, self._longest_lag)

    def _longest_lag(self) -> float:
        settings = self._world.settings
        return max(settings.graph_replication, settings.metadata_lag, self._list_setting())

    def _lag(self) -> float:
        """The delay of the replica of this request."""
        settings = self._world.settings
        return self._world.lag(settings.graph_replication, settings.graph_flapping)

    def _list_setting(self) -> float:
        settings = self._world.settings
        own = settings.graph_assignments_lag if self._name == "appRoleAssignments" else 0.0
        return max(settings.graph_index_lag, own)

    def put(self, record: Record, settled: bool = False) -> None:
        """Write a complete record. settled: visible at once, regardless of the delays."""
        self._store.put(record["id"], record, settled)

    def delete(self, key: str) -> None:
        """Remove a record."""
        self._store.delete(key)

    def latest(self, key: str) -> Record | None:
        """A copy of the record as it was last written, to change and put back."""
        return self._store.latest(key)

    def current(self) -> collections.abc.Iterator[Record]:
        """Every record as it was last written; not to be changed."""
        return self._store.peek_all(0.0)

    def visible(self, key: str) -> Record | None:
        """The record as a read of the single object returns it; not to be changed."""
        return self._store.peek(key, self._lag())

    def all_visible(self) -> collections.abc.Iterator[Record]:
        """Every record that a read of the single object would return; not to be changed."""
        return self._store.peek_all(self._lag())

    def _index_lag(self) -> float:
        """The delay of lists. Lists never know more than single reads."""
        return max(self._list_setting(), self._lag())

    def indexed(self, key: str) -> Record | None:
        """The record as lists and filters return it; not to be changed."""
        return self._store.peek(key, self._index_lag())

    def all_indexed(self) -> collections.abc.Iterator[Record]:
        """Every record as lists and filters return it; not to be changed."""
        return self._store.peek_all(self._index_lag())

    def published(self, key: str) -> Record | None:
        """The record as the federation metadata document contains it; not to be changed."""
        return self._store.peek(key, self._world.settings.metadata_lag)

    def all_published(self) -> collections.abc.Iterator[Record]:
        """Every record as the federation metadata document contains it; not to be changed."""
        return self._store.peek_all(self._world.settings.metadata_lag)


@dataclasses.dataclass(frozen=True)
class Secret:
    """A client secret."""

    text: str
    end: dt.datetime


@dataclasses.dataclass(frozen=True)
class FederatedCredential:
    """An issuer and subject whose tokens authenticate an application."""

    issuer: str
    subject: str
    audience: str
    #: the issuer's public keys, by key id; one with the id "" serves every token
    keys: dict[str, rsa.RSAPublicKey]


@dataclasses.dataclass
class Client:
    """The credentials with which an application authenticates at the login service."""

    app_id: str
    secrets: list[Secret] = dataclasses.field(default_factory=list)
    certificates: list[x509.Certificate] = dataclasses.field(default_factory=list)
    federated: list[FederatedCredential] = dataclasses.field(default_factory=list)
    managed_identity: bool = False


@dataclasses.dataclass
class Tenant:
    """A tenant: its properties and its directory."""

    world: World
    id: str
    cloud: Cloud
    display_name: str
    #: verified domains, the initial one (….onmicrosoft.com) first
    domains: list[str]
    app_management_policy: dict[str, t.Any]
    #: what makes deleting a gallery SAML application possible: see deleted_items.py
    saml_deletion: str
    country: str = ""
    collections: dict[str, Collection] = dataclasses.field(default_factory=dict)
    clients: dict[str, Client] = dataclasses.field(default_factory=dict)
    logos: dict[str, tuple[str, bytes]] = dataclasses.field(default_factory=dict)
    #: private keys of signing certificates, by customKeyIdentifier
    signing_keys: dict[str, rsa.RSAPrivateKey] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.collections = {name: Collection(self.world, name) for name in COLLECTIONS}

    def __getitem__(self, name: str) -> Collection:
        return self.collections[name]

    def now(self) -> str:
        """The time of the world in Graph's format."""
        return timestamp(self.world.entra_now())

    def current(self, collection: str, **properties: t.Any) -> Record | None:
        """The record with these properties as it was last written, if there is one."""
        return match(self[collection].current(), **properties)

    def verifies(self, host: str) -> bool:
        """Whether a host is a verified domain of the tenant, or a subdomain of one."""
        host = host.lower()
        return any(host == domain.lower() or host.endswith(f".{domain.lower()}") for domain in self.domains)


class Directory:
    """The state of Entra ID in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.tenants: dict[str, Tenant] = {}
        self._cloud_keys: dict[str, tuple[rsa.RSAPrivateKey, x509.Certificate]] = {}

    def tenant(self, name: str, host: str) -> Tenant | None:
        """The tenant with an ID or verified domain, if a login or Graph host belongs to its cloud."""
        name = name.lower()
        for tenant in self.tenants.values():
            if host in (*tenant.cloud.login, tenant.cloud.graph) and (
                tenant.id == name or name in map(str.lower, tenant.domains)
            ):
                return tenant
        return None

    def cloud_keys(self, cloud: Cloud) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
        """The key and certificate with which a cloud signs for tenants without their own."""
        if cloud.name not in self._cloud_keys:
            year = dt.timedelta(days=365)
            start = self._world.entra_now() - year
            self._cloud_keys[cloud.name] = self_signed(
                "accounts.accesscontrol.windows.net", start, start + 20 * year, _cloud_key(cloud.name)
            )
        return self._cloud_keys[cloud.name]


@functools.cache
def _cloud_key(_cloud: str) -> rsa.RSAPrivateKey:
    """The key of a cloud. All worlds of a process share it, because generating a key is slow."""
    return new_key()


def directory(world: World) -> Directory:
    """The Entra ID of a world."""
    return world.state(Directory)


def clouds_of(host: str) -> list[Cloud]:
    """The clouds to which a host belongs."""
    return [cloud for cloud in CLOUDS.values() if host in (*cloud.login, cloud.graph)]


def match(records: collections.abc.Iterable[Record], **properties: t.Any) -> Record | None:
    """The first record with these properties."""

    def matches(record: Record) -> bool:
        return all(record.get(name) == value for name, value in properties.items())

    return next(filter(matches, records), None)


def new_id() -> str:
    """An identifier for a new object."""
    return str(uuid.uuid4())


def timestamp(moment: dt.datetime) -> str:
    """A time in Graph's format."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> dt.datetime:
    """A time in Graph's format, parsed; ValueError when it is invalid."""
    time = dt.datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)
