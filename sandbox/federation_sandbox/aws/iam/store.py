# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of IAM: moto's backends, the SAML providers, and the roles as far as they are in effect."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import functools
import json
import typing as t

from moto.core.config import default_user_config
from moto.iam.models import IAMBackend, ManagedPolicy, Role

from federation_sandbox.world import EventuallyConsistent, World

Document = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Provider:
    """A SAML provider. keys: ID → PEM of the private keys that decrypt assertions, oldest first."""

    arn: str
    uuid: str
    document: str
    created: dt.datetime
    valid_until: dt.datetime
    tags: tuple[tuple[str, str], ...] = ()
    encryption_mode: str | None = None
    keys: tuple[tuple[str, dt.datetime, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class EffectiveRole:
    """A role as STS and other services evaluate it, which lags behind IAM."""

    arn: str
    id: str
    trust: Document
    permissions: tuple[Document, ...]
    boundary: Document | None
    max_session_duration: int
    created: dt.datetime
    tags: t.Mapping[str, str]
    description: str


class Iam:
    """IAM of all accounts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.providers: EventuallyConsistent[Provider] = EventuallyConsistent(world.clock, self._lag, self._longest_lag)
        self.roles: EventuallyConsistent[EffectiveRole] = EventuallyConsistent(
            world.clock, self._lag, self._longest_lag
        )
        #: the same roles as moto has them, of each version one, for reads of IAM itself
        self.as_read: EventuallyConsistent[Role] = EventuallyConsistent(world.clock, self._lag, self._longest_lag)
        self._created: dict[str, dt.datetime] = {}
        self._backends: dict[tuple[str, str], IAMBackend] = {}

    def _longest_lag(self) -> float:
        return self._world.settings.iam_replication

    def _lag(self) -> float:
        return self._world.lag(self._world.settings.iam_replication, self._world.settings.iam_flapping)

    def backend(self, account: str, partition: str) -> IAMBackend:
        """moto's IAM of an account. It belongs to this world; moto's own backends belong to the process."""
        if (account, partition) not in self._backends:
            backend = IAMBackend(partition, account)
            backend.aws_managed_policies = [copy.copy(policy) for policy in _aws_policies(partition)]
            backend.managed_policies = {policy.arn: policy for policy in backend.aws_managed_policies}
            self._backends[account, partition] = backend
        return self._backends[account, partition]

    def as_shown(self, account: str, partition: str) -> IAMBackend:
        """moto's IAM of an account with the roles as the replica of this request has them."""
        backend = copy.copy(self.backend(account, partition))
        roles = [role for role in self.as_read.peek_all() if role.account_id == account]
        backend.roles = {role.id: role for role in roles}
        return backend

    def let_take_effect(self, account: str, partition: str) -> None:
        """Compare the roles of the account with what STS has received, and pass on the changes."""
        backend = self.backend(account, partition)
        current = {role.arn: self._effective(backend, role) for role in backend.roles.values()}
        known = {arn: role for arn, role in self.roles.all_latest().items() if arn.split(":")[4] == account}
        for arn in known.keys() - current.keys():
            self.roles.delete(arn)
            self.as_read.delete(arn)
        by_arn = {role.arn: role for role in backend.roles.values()}
        for arn, role in current.items():
            if role != known.get(arn):
                self.roles.put(arn, role)
                self.as_read.put(arn, by_arn[arn])

    def _effective(self, backend: IAMBackend, role: Role) -> EffectiveRole:
        managed = [_managed(backend, arn) for arn in role.managed_policies]
        boundary = role.permissions_boundary_arn
        return EffectiveRole(
            arn=role.arn,
            id=role.id,
            trust=json.loads(role.assume_role_policy_document),
            permissions=(*map(json.loads, role.policies.values()), *managed),
            boundary=_managed(backend, boundary) if boundary else None,
            max_session_duration=int(role.max_session_duration or 3600),
            created=self._created.setdefault(role.id, self._world.clock.now()),
            tags={tag["Key"]: tag["Value"] for tag in role.tags},
            description=role.description or "",
        )


@functools.cache
def _aws_policies(partition: str) -> list[ManagedPolicy]:
    """The managed policies of AWS. moto has about 1,500 of them and would parse them again for each account of each
    world.
    """
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    try:
        return IAMBackend(partition, "aws").aws_managed_policies
    finally:
        default_user_config["iam"] = {"load_aws_managed_policies": False}


def _managed(backend: IAMBackend, arn: str) -> Document:
    if arn not in backend.managed_policies:
        return {"Statement": []}
    policy = backend.managed_policies[arn]
    version = next(version for version in policy.versions if version.version_id == policy.default_version_id)
    document = version.document
    return t.cast("Document", json.loads(document) if isinstance(document, str) else document)
