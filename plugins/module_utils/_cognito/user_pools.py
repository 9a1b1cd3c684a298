# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""User pools of Amazon Cognito: found by id or name, with their domains, schema, tags and app clients."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt, client
from ansible_collections.openccp.federation.plugins.module_utils._aws.clock import AwsClock
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import close_matches
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule

_ID: t.Final = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)_[0-9A-Za-z]+", re.ASCII)
_PAGE: t.Final = 60
#: what a client is described with, and an update does not take
_READ_ONLY: t.Final = frozenset({"ClientSecret", "ClientSecretArn", "ClientType", "CreationDate", "LastModifiedDate"})
#: the attributes that a client writes when it names none
STANDARD: t.Final = frozenset(
    {
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
    }
    | {
        "email",
        "email_verified",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "phone_number",
        "phone_number_verified",
        "address",
    }
    | {"updated_at", "sub"}
)


@dataclass(frozen=True)
class UserPool:
    """A user pool. mutable: its attributes, each with whether it can be changed; required: those that everybody must
    have.
    """

    id: str
    name: str
    arn: str
    domain: str
    custom_domain: str
    tags: t.Mapping[str, str]
    mutable: t.Mapping[str, bool]
    required: frozenset[str]

    @property
    def hosts(self) -> list[str]:
        """Where its people sign in, the custom domain first."""
        partition, region = self.arn.split(":")[1], self.id.partition("_")[0]
        kind = "auth-fips" if partition == "aws-us-gov" else "auth"
        prefix = [f"{self.domain}.{kind}.{region}.amazoncognito.com"] if self.domain else []
        return [*([self.custom_domain] if self.custom_domain else []), *prefix]

    @property
    def entity_id(self) -> str:
        """What it calls itself in SAML: the identifier of the application in Entra ID."""
        return f"urn:amazon:cognito:sp:{self.id}"

    @property
    def reply_urls(self) -> list[str]:
        """Where it takes SAML responses."""
        return [f"https://{host}/saml2/idpresponse" for host in self.hosts]

    @property
    def logout_urls(self) -> list[str]:
        """Where it takes the answers to sign-outs."""
        return [f"https://{host}/saml2/logout" for host in self.hosts]


@dataclass(frozen=True)
class AppClient:
    """An app client of a pool, with all that Amazon Cognito says of it."""

    settings: t.Mapping[str, t.Any]

    @property
    def id(self) -> str:
        """The id."""
        return str(self.settings["ClientId"])

    @property
    def name(self) -> str:
        """The name."""
        return str(self.settings.get("ClientName") or self.id)

    @property
    def providers(self) -> list[str]:
        """The identity providers that it offers."""
        return list(self.settings.get("SupportedIdentityProviders") or ())

    def providers_with(self, name: str, *, offered: bool) -> tuple[str, ...]:
        """The identity providers when it offers one of that name, or does not; the order of the others stays."""
        if offered == (name in self.providers):
            return tuple(self.providers)
        others = [each for each in self.providers if each != name]
        return (*others, *([name] if offered else []))

    def writes(self, attribute: str) -> bool:
        """Whether it may write an attribute: those that it names, else the standard ones."""
        named = self.settings.get("WriteAttributes")
        return attribute in (named or STANDARD)


class UserPools:
    """The user pools of an account in one Region. cognito: a boto3 client."""

    def __init__(self, cognito: t.Any) -> None:
        self._cognito = cognito
        self._clock = AwsClock(cognito, "cognito-identity-provider")

    @property
    def now(self) -> datetime:
        """The time by AWS's clock once it has answered; this machine's may be wrong."""
        return self._clock.now

    def get(self, pool_id: str) -> UserPool:
        """A pool by its id."""
        with attempt(f"read the user pool {pool_id}", hint="Check user_pool_id, its Region and the account."):
            answer = self._cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
        schema = answer.get("SchemaAttributes", ())
        return UserPool(
            id=answer["Id"],
            name=answer["Name"],
            arn=answer["Arn"],
            domain=answer.get("Domain") or "",
            custom_domain=answer.get("CustomDomain") or "",
            tags=dict(answer.get("UserPoolTags") or {}),
            mutable={each["Name"]: bool(each.get("Mutable")) for each in schema},
            required=frozenset(each["Name"] for each in schema if each.get("Required")),
        )

    def named(self, name: str) -> UserPool:
        """The only pool of a name; Amazon Cognito lets several have the same."""
        with attempt("list the user pools"):
            pages = self._cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": _PAGE})
            pools = pages.build_full_result()["UserPools"]
        ids = [pool["Id"] for pool in pools if pool["Name"] == name]
        if not ids:
            similar = close_matches(name, [pool["Name"] for pool in pools])
            hint = (
                f"There are {', '.join(similar)}." if similar else "Check user_pool_name, the Region and the account."
            )
            raise NotFound(f"There is no user pool {name!r}.", hint=hint)
        if len(ids) > 1:
            raise Conflict(
                f"{len(ids)} user pools are called {name!r}: {', '.join(sorted(ids))}.", hint="Give user_pool_id."
            )
        return self.get(ids[0])

    def tag(self, pool: UserPool, tags: t.Mapping[str, str]) -> None:
        """Set tags of a pool."""
        with attempt(f"tag the user pool {pool.name!r}"):
            self._cognito.tag_resource(ResourceArn=pool.arn, Tags=dict(tags))

    def untag(self, pool: UserPool, keys: t.Sequence[str]) -> None:
        """Remove tags of a pool."""
        with attempt(f"remove tags of the user pool {pool.name!r}"):
            self._cognito.untag_resource(ResourceArn=pool.arn, TagKeys=list(keys))

    def signing_certificate(self, pool: UserPool) -> str:
        """The certificate of the key that signs the pool's requests and decrypts responses, in base64."""
        with attempt(f"read the certificate of the user pool {pool.name!r}"):
            return str(self._cognito.get_signing_certificate(UserPoolId=pool.id)["Certificate"])

    def client_names(self, pool: UserPool) -> dict[str, str]:
        """The pool's app clients: id → name."""
        with attempt(f"list the app clients of the user pool {pool.name!r}"):
            paginator = self._cognito.get_paginator("list_user_pool_clients")
            pages = paginator.paginate(UserPoolId=pool.id, PaginationConfig={"PageSize": _PAGE})
            rows = pages.build_full_result()["UserPoolClients"]
        return {row["ClientId"]: row.get("ClientName") or row["ClientId"] for row in rows}

    def client(self, pool: UserPool, client_id: str) -> AppClient:
        """An app client with all its settings."""
        with attempt(f"read the app client {client_id} of the user pool {pool.name!r}"):
            return AppClient(
                self._cognito.describe_user_pool_client(UserPoolId=pool.id, ClientId=client_id)["UserPoolClient"]
            )

    def change_client(self, pool: UserPool, client_id: str, name: str, *, offered: bool, waiter: Waiter) -> None:
        """Have a client offer an identity provider, or not any more, and change nothing else.

        An update resets what it leaves out, so all that was just read is sent back. It is read again afterwards,
        because another run that does the same for another provider may have sent back what it read before.
        """

        def probe() -> bool | None:
            client = self.client(pool, client_id)
            if offered == (name in client.providers):
                return True
            with attempt(f"update the app client {client.name!r} of the user pool {pool.name!r}"):
                self._cognito.update_user_pool_client(
                    **updated(client.settings, client.providers_with(name, offered=offered))
                )
            return None

        what = f"the app client {client_id} to {'offer' if offered else 'offer no longer'} {name!r}"
        waiter.until(what, probe, passes=lambda error: isinstance(error, Conflict))


def updated(settings: t.Mapping[str, t.Any], providers: t.Sequence[str]) -> dict[str, t.Any]:
    """What an update of a client sends: all that it has, but for what cannot be set, with other identity providers."""
    kept = {key: value for key, value in settings.items() if key not in _READ_ONLY}
    return {**kept, "SupportedIdentityProviders": list(providers)}


def pool_client(module: AwsModule) -> t.Any:
    """A boto3 client in the pool's own Region when its id is given."""
    pool_id = module.params["user_pool_id"]
    return client(module, "cognito-idp", region=region_of(pool_id) if pool_id else None)


def pool_of(pools: UserPools, params: t.Mapping[str, t.Any]) -> UserPool:
    """The pool that a module's options name."""
    return pools.get(params["user_pool_id"]) if params["user_pool_id"] else pools.named(params["user_pool_name"])


def region_of(pool_id: str) -> str:
    """The Region of a pool, which is part of its id; InvalidInput when it is no id."""
    match = _ID.fullmatch(pool_id)
    if match is None:
        raise InvalidInput(f"{pool_id!r} is not the id of a user pool.", hint="It looks like eu-central-1_AbCdEfGhI.")
    return match[1]


def is_client_id(reference: str) -> bool:
    """Whether a reference to a client has the form of an id, so that no list is needed to find it."""
    return re.fullmatch(r"[a-z0-9]{26}", reference, re.ASCII) is not None


def client_ids(names: t.Mapping[str, str], references: t.Iterable[str]) -> list[str]:
    """The ids of clients that are given by id or by name. names: id → name."""
    ids = []
    for reference in references:
        matches = [reference] if reference in names else [key for key, name in names.items() if name == reference]
        if not matches:
            similar = close_matches(reference, names.values())
            hint = f"There are {', '.join(similar)}." if similar else "Create the app client first."
            raise NotFound(f"The user pool has no app client {reference!r}.", hint=hint)
        if len(matches) > 1:
            raise Conflict(
                f"{len(matches)} app clients are called {reference!r}: {', '.join(sorted(matches))}.",
                hint="Give the id.",
            )
        ids += matches
    return ids
