# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS accounts, their access keys, and the sessions that STS has issued."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import string
import typing as t

from federation_sandbox.world import World

Policy = t.Mapping[str, t.Any]

_ID_ALPHABET: t.Final = string.ascii_uppercase + "234567"


def unique_id(prefix: str) -> str:
    """An identifier as IAM makes them: AIDA for users, AROA for roles, AKIA and ASIA for access keys."""
    return prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(20 - len(prefix)))


@dataclasses.dataclass(frozen=True)
class Caller:
    """The identity that signed a request. user_id: the value of ${aws:userid}. role_id, session_name: of a role
    session, else empty. policies: the policies of an IAM user, None for all permissions; those of a role session are
    read from IAM at each request. facts: condition keys of the session, in lower case.
    """

    account: str
    partition: str
    arn: str
    user_id: str
    role_id: str = ""
    session_name: str = ""
    policies: tuple[Policy, ...] | None = None
    facts: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Credentials:
    """An access key. token and expires: of a session only."""

    access_key: str
    secret: str
    caller: Caller
    token: str = ""
    expires: dt.datetime | None = None


@dataclasses.dataclass
class Quotas:
    """The quotas of an account (facts/aws.md 2.2, 5.1). A seed can change them."""

    instances: int = 2
    users: int = 500
    instance_changes: int = 100
    saml_providers: int = 100


class Accounts:
    """All AWS accounts of the sandbox."""

    def __init__(self, _world: World) -> None:
        self.quotas: dict[str, Quotas] = {}
        self.partitions: dict[str, str] = {}
        #: what the organization attaches to an account beside FullAWSAccess and RCPFullAWSAccess
        self.service_control: dict[str, tuple[Policy, ...]] = {}
        self.resource_control: dict[str, tuple[Policy, ...]] = {}
        self._keys: dict[str, Credentials] = {}

    def add(self, account: str, partition: str, quotas: Quotas) -> None:
        """Open an account."""
        self.partitions[account] = partition
        self.quotas[account] = quotas

    def add_key(self, credentials: Credentials) -> None:
        """Register an access key."""
        self._keys[credentials.access_key] = credentials

    def key(self, access_key: str) -> Credentials | None:
        """The credentials that belong to an access key ID."""
        return self._keys.get(access_key)

    def sessions(self) -> list[Credentials]:
        """All temporary credentials."""
        return [credentials for credentials in self._keys.values() if credentials.token]

    def quotas_of(self, account: str) -> Quotas:
        """The quotas of an account."""
        return self.quotas.setdefault(account, Quotas())

    def open_session(self, caller: Caller, expires: dt.datetime) -> Credentials:
        """Register new temporary credentials."""
        session = Credentials(unique_id("ASIA"), secrets.token_urlsafe(30), caller, secrets.token_urlsafe(120), expires)
        self.add_key(session)
        return session

    def has_identity(self, arn: str) -> bool:
        """Whether an IAM user of some account has this ARN."""
        return any(credentials.caller.arn == arn for credentials in self._keys.values() if not credentials.token)
