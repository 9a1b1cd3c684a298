# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""IAM SAML providers, read and written."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt, may_hide_success
from ansible_collections.openccp.federation.plugins.module_utils._aws.clock import AwsClock
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_saml_provider_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import GOVCLOUD, partition_named
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import reply_url
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    FederationError,
    InvalidInput,
    NotFound,
    Throttled,
    TimedOut,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata as saml
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import PrivateKey, SamlProvider
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: Seconds for which a private key is looked for that may have been added, before it is added once more.
KEY_SHOWN_WITHIN: t.Final = 15.0


class SamlProviders:
    """The SAML providers of an account. iam: a boto3 client."""

    def __init__(self, iam: t.Any) -> None:
        self._iam = iam
        self._clock = AwsClock(iam, "iam")

    @property
    def now(self) -> datetime:
        """The time by AWS's clock once it has answered; this machine's may be wrong."""
        return self._clock.now

    def get(self, arn: str) -> SamlProvider | None:
        """The provider of that ARN, if IAM shows it."""
        try:
            with attempt(f"read the SAML provider {arn}"):
                return _from_api(arn, self._iam.get_saml_provider(SAMLProviderArn=arn))
        except NotFound:
            return None

    def all(self) -> list[SamlProvider]:
        """Every provider of the account, by name. (The list alone holds no metadata.)"""
        with attempt("list the SAML providers"):
            arns = sorted(row["Arn"] for row in self._iam.list_saml_providers()["SAMLProviderList"])
        return [provider for arn in arns if (provider := self.get(arn)) is not None]


class SamlProviderWriter(SamlProviders):
    """Changes the SAML providers of an account.

    iam_once: makes a client that repeats no request by itself, for what must not be done twice.
    """

    def __init__(self, iam: t.Any, waiter: Waiter, iam_once: t.Callable[[], t.Any]) -> None:
        super().__init__(iam)
        self._waiter = waiter
        self._iam_once = iam_once

    def create(
        self,
        arn: str,
        document: str,
        tags: t.Mapping[str, str],
        encryption_mode: str | None = None,
        private_key: str | None = None,
    ) -> None:
        """Create a provider."""
        name = parse_saml_provider_arn(arn).name
        encryption = _encryption(encryption_mode, private_key)
        with attempt(f"create the SAML provider {name!r}"):
            self._iam.create_saml_provider(Name=name, SAMLMetadataDocument=document, **_tagged(tags), **encryption)

    def update(self, arn: str, document: str | None = None, encryption_mode: str | None = None) -> None:
        """Change the metadata or the encryption of assertions, or both; what is None stays."""
        _update(self._iam, arn, **_metadata(document), **_encryption(encryption_mode))

    def update_with_private_key(
        self,
        arn: str,
        private_key: str,
        known_keys: t.Collection[str | None],
        document: str | None = None,
        encryption_mode: str | None = None,
    ) -> None:
        """The same with a new private key. IAM adds one each time that it is asked, so it is asked again only when none
        has appeared beside the known ones.
        """
        name = parse_saml_provider_arn(arn).name
        iam = self._iam_once()

        def update() -> bool:
            _update(iam, arn, **_metadata(document), **_encryption(encryption_mode, private_key))
            return True

        def appeared() -> bool | None:
            provider = self.get(arn)
            return True if provider and any(key.key_id not in known_keys for key in provider.private_keys) else None

        def ask() -> None:
            self._waiter.until(
                f"IAM to take the private key of {name!r}", update, passes=lambda error: isinstance(error, Throttled)
            )

        try:
            ask()
        except FederationError as error:
            if not may_hide_success(error):
                raise
            try:
                self._waiter.until(f"the private key of {name!r} to appear", appeared, timeout=KEY_SHOWN_WITHIN)
            except TimedOut:
                ask()

    def remove_private_key(self, arn: str, key_id: str) -> None:
        """Remove a private key."""
        _update(self._iam, arn, RemovePrivateKey=key_id)

    def delete(self, arn: str) -> None:
        """Remove a provider, and wait until IAM no longer returns it; no error if it does not exist."""
        try:
            with attempt(f"delete the SAML provider {arn}"):
                self._iam.delete_saml_provider(SAMLProviderArn=arn)
        except NotFound:
            pass
        name = parse_saml_provider_arn(arn).name
        self._waiter.until(
            f"IAM to show the SAML provider {name!r} no longer", lambda: None if self.get(arn) else True, steady=1
        )

    def tag(self, arn: str, tags: t.Mapping[str, str]) -> None:
        """Set tags."""
        with attempt(f"tag the SAML provider {arn}"):
            self._iam.tag_saml_provider(SAMLProviderArn=arn, **_tagged(tags))

    def untag(self, arn: str, keys: t.Sequence[str]) -> None:
        """Remove tags."""
        with attempt(f"remove tags of the SAML provider {arn}"):
            self._iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=list(keys))


def view(provider: SamlProvider) -> dict[str, t.Any]:
    """A provider as the diff shows it, without values that change by themselves."""
    metadata = provider.metadata
    return {
        "arn": provider.arn,
        "entity_id": metadata.entity_id if metadata else None,
        "certificates": sorted(metadata.thumbprints) if metadata else [],
        "sso_locations": _endpoint_lines(metadata.sso_locations) if metadata else [],
        "slo_locations": _endpoint_lines(metadata.slo_locations) if metadata else [],
        "tags": dict(provider.tags),
        "assertion_encryption_mode": lower(provider.encryption_mode),
        "private_keys": [key.key_id or "(a new key)" for key in provider.private_keys],
    }


def describe(provider: SamlProvider, now: datetime, region: str | None = None) -> dict[str, t.Any]:
    """The return value of the modules for a provider. What only IAM can say is left out while IAM has not said it."""
    partition = partition_named(parse_saml_provider_arn(provider.arn).partition)
    home_region = region or ("us-gov-west-1" if partition is GOVCLOUD else "us-east-1")
    if provider.requires_encryption:
        sign_in_url = reply_url(partition, home_region, provider.uuid) if provider.uuid else None
    else:
        sign_in_url = reply_url(partition)
    certificates = provider.metadata.certificates if provider.metadata else ()
    last = max(certificates, key=lambda certificate: certificate.not_after, default=None)
    known = {
        "arn": provider.arn,
        "name": provider.name,
        "uuid": provider.uuid,
        "create_date": _iso(provider.create_date),
        "expires_at": _iso(last.not_after) if last else None,
        "days_left": last.days_left(now) if last else None,
        "sign_in_url": sign_in_url,
        "metadata_problem": provider.unreadable,
        "assertion_encryption_mode": lower(provider.encryption_mode),
    }
    keys = [{"key_id": key.key_id, "added": _iso(key.added)} for key in provider.private_keys if key.key_id]
    content = provider.metadata.as_dict(now) if provider.metadata else {}
    return (
        {key: value for key, value in known.items() if value is not None}
        | content
        | {"tags": dict(provider.tags), "private_keys": keys}
    )


def _from_api(arn: str, answer: t.Mapping[str, t.Any]) -> SamlProvider:
    try:
        metadata, unreadable = saml.parse(answer["SAMLMetadataDocument"], f"metadata of {arn}"), None
    except InvalidInput as error:
        metadata, unreadable = None, error.message
    return SamlProvider(
        arn=arn,
        metadata=metadata,
        unreadable=unreadable,
        uuid=answer.get("SAMLProviderUUID"),
        create_date=answer.get("CreateDate"),
        tags={tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())},
        encryption_mode=answer.get("AssertionEncryptionMode"),
        private_keys=tuple(PrivateKey(key["KeyId"], key.get("Timestamp")) for key in answer.get("PrivateKeyList", ())),
    )


def _update(iam: t.Any, arn: str, **changes: str) -> None:
    with attempt(f"update the SAML provider {arn}"):
        iam.update_saml_provider(SAMLProviderArn=arn, **changes)


def _metadata(document: str | None) -> dict[str, str]:
    return {"SAMLMetadataDocument": document} if document else {}


def _encryption(mode: str | None, private_key: str | None = None) -> dict[str, str]:
    members = {"AssertionEncryptionMode": mode, "AddPrivateKey": private_key}
    return {name: value for name, value in members.items() if value}


def _endpoint_lines(endpoints: t.Iterable[saml.Endpoint]) -> list[str]:
    return sorted(f"{endpoint.binding.rpartition(':')[2]} {endpoint.location}" for endpoint in endpoints)


def _tagged(tags: t.Mapping[str, str]) -> dict[str, t.Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}


def lower(mode: str | None) -> str | None:
    return mode.lower() if mode else None


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
