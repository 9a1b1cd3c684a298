# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""SAML identity providers of a user pool: what one is, and the calls that read and change it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._cognito.provider_tags import (
    FETCHED_TAG,
    noted_certificates,
    pool_tags,
    provider_tags,
)
from ansible_collections.openccp.federation.plugins.module_utils._cognito.user_pools import (
    UserPool,
    UserPools,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata as saml
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

#: option → the detail that is "true" or "false"
FLAGS: t.Final = {"sign_out": "IDPSignout", "encrypted_responses": "EncryptedResponses", "idp_initiated": "IDPInit"}
SIGNING: t.Final = "RequestSigningAlgorithm"
ENCRYPTION: t.Final = "ActiveEncryptionCertificate"
_DERIVED: t.Final = frozenset({ENCRYPTION, "SLORedirectBindingURI", "SSORedirectBindingURI"})
#: an address is fetched again within six hours; one more, so that clocks need not agree
_REFETCHED: t.Final = timedelta(hours=7)


@dataclass(frozen=True)
class CognitoProvider:
    """A SAML provider of a pool. metadata: None where its document is not shown or cannot be read. tags: its own, from
    the pool's.
    """

    name: str
    details: t.Mapping[str, str]
    mapping: t.Mapping[str, str]
    identifiers: tuple[str, ...]
    created: datetime | None
    modified: datetime | None
    metadata: Metadata | None
    tags: t.Mapping[str, str] = field(default_factory=dict)
    #: of its own key, in base64; empty while responses need not be encrypted
    encryption_certificate: str = ""

    @property
    def url(self) -> str:
        """The address that it is fed from; empty when it was fed a document."""
        return self.details.get("MetadataURL", "")

    def trusted(self, served: Metadata | None, now: datetime) -> list[str]:
        """The thumbprints that Amazon Cognito is known to trust. served: what the address of a provider that has one
        serves now.
        """
        if not self.url:
            return sorted(self.metadata.thumbprints) if self.metadata else []
        known = served.certificates if served else ()
        settled = {each.thumbprint for each in known if now - each.not_before > _REFETCHED}
        return sorted(settled | noted_certificates(self.tags))


class CognitoProviders:
    """The SAML providers of one pool. cognito: a boto3 client."""

    def __init__(self, cognito: t.Any, pool: UserPool) -> None:
        self._cognito = cognito
        self._pool = pool

    def get(self, name: str) -> CognitoProvider | None:
        """The provider of that name."""
        try:
            with attempt(f"read the identity provider {name!r} of the user pool {self._pool.name!r}"):
                answer = self._cognito.describe_identity_provider(UserPoolId=self._pool.id, ProviderName=name)[
                    "IdentityProvider"
                ]
        except NotFound:
            return None
        if answer["ProviderType"] != "SAML":
            kind = answer["ProviderType"]
            raise InvalidInput(
                f"The identity provider {name!r} of the user pool {self._pool.name!r} is one of {kind}, not of SAML."
            )
        return _from_api(answer, self._pool)

    def all(self) -> list[CognitoProvider]:
        """Every SAML provider, by name."""
        with attempt(f"list the identity providers of the user pool {self._pool.name!r}"):
            paginator = self._cognito.get_paginator("list_identity_providers")
            rows = paginator.paginate(UserPoolId=self._pool.id, PaginationConfig={"PageSize": 60}).build_full_result()[
                "Providers"
            ]
        names = sorted(row["ProviderName"] for row in rows if row["ProviderType"] == "SAML")
        return [provider for name in names if (provider := self.get(name)) is not None]


class CognitoProviderWriter(CognitoProviders):
    """Changes the SAML providers of one pool, and what of the pool belongs to them: its clients' choice, its tags."""

    def __init__(self, cognito: t.Any, pools: UserPools, pool: UserPool, waiter: Waiter) -> None:
        super().__init__(cognito, pool)
        self._pools = pools
        self._waiter = waiter

    def create(
        self,
        name: str,
        content: t.Mapping[str, t.Any],
        tags: t.Sequence[str],
        is_ours: t.Callable[[CognitoProvider], bool],
    ) -> None:
        """Create a provider. One that exists is updated if is_ours says so, as after a lost answer. One that somebody
        else has just created is left alone, and the tags that were to mark it as ours are removed again.
        """
        try:
            with attempt(f"create the SAML provider {name!r} of the user pool {self._pool.name!r}"):
                self._cognito.create_identity_provider(
                    UserPoolId=self._pool.id, ProviderName=name, ProviderType="SAML", **content
                )
        except Conflict as error:
            existing = self.get(name)
            if existing is not None and not is_ours(existing):
                self.untag(name, tags)
                error.hint = (
                    "Somebody else has just created it. Choose another name, or set "
                    f"{setting('cognito_saml_provider.adopt')} to true to take it over."
                )
                raise
            self.update(name, content)

    def update(self, name: str, content: t.Mapping[str, t.Any]) -> None:
        """Change what is named, each whole."""
        with attempt(f"update the SAML provider {name!r} of the user pool {self._pool.name!r}"):
            self._cognito.update_identity_provider(UserPoolId=self._pool.id, ProviderName=name, **content)

    def change_client(self, name: str, client_id: str, offered: bool) -> None:
        """Have an app client of the pool offer a provider, or offer it no longer."""
        self._pools.change_client(self._pool, client_id, name, offered=offered, waiter=self._waiter)

    def tag(self, name: str, tags: t.Mapping[str, str]) -> None:
        """Set tags of a provider, which its pool keeps."""
        self._pools.tag(self._pool, pool_tags(tags, name))

    def untag(self, name: str, keys: t.Sequence[str]) -> None:
        """Remove tags of a provider."""
        self._pools.untag(self._pool, list(pool_tags(dict.fromkeys(keys, ""), name)))

    def delete(self, name: str) -> None:
        """Remove a provider; no error if it does not exist."""
        try:
            with attempt(f"delete the SAML provider {name!r} of the user pool {self._pool.name!r}"):
                self._cognito.delete_identity_provider(UserPoolId=self._pool.id, ProviderName=name)
        except NotFound:
            pass


def check_name(name: str) -> None:
    """InvalidInput for a name that Amazon Cognito refuses, or that cannot stand in a tag."""
    ends = name[:1] + name[2:]
    if not 3 <= len(name) <= 32 or "_" in ends or any(not (sign.isalnum() or sign in "_.:/=+-@") for sign in name):
        raise InvalidInput(
            f"{name!r} cannot be the name of a SAML provider in Amazon Cognito.",
            hint=(
                "It has 3 to 32 letters, digits and the signs . : / = + - @, without spaces; an underscore may only "
                "be the second."
            ),
        )


def view(provider: CognitoProvider) -> dict[str, t.Any]:
    """A provider as the diff shows it, without values that change by themselves."""
    metadata = provider.metadata
    flags = {option: provider.details.get(detail) == "true" for option, detail in FLAGS.items()}
    return {
        "name": provider.name,
        "metadata_url": provider.url,
        "entity_id": metadata.entity_id if metadata else None,
        "certificates": sorted(metadata.thumbprints) if metadata else [],
        "attribute_mapping": dict(provider.mapping),
        "idp_identifiers": sorted(provider.identifiers),
        "request_signing": SIGNING in provider.details,
        **flags,
        "tags": {key: value for key, value in provider.tags.items() if key != FETCHED_TAG},
    }


def timestamp(moment: datetime | None) -> str | None:
    """A time as modules return it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _from_api(answer: t.Mapping[str, t.Any], pool: UserPool) -> CognitoProvider:
    name, document = answer["ProviderName"], answer["ProviderDetails"].get("MetadataFile")
    try:
        metadata = saml.parse(document, f"metadata of {name}") if document else None
    except InvalidInput:
        metadata = None
    return CognitoProvider(
        name=name,
        details={key: value for key, value in answer["ProviderDetails"].items() if key not in _DERIVED},
        mapping=dict(answer.get("AttributeMapping") or {}),
        identifiers=tuple(answer.get("IdpIdentifiers") or ()),
        created=answer.get("CreationDate"),
        modified=answer.get("LastModifiedDate"),
        metadata=metadata,
        tags=provider_tags(pool.tags, name),
        encryption_certificate=answer["ProviderDetails"].get(ENCRYPTION, ""),
    )
