# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""IAM SAML providers: read, compared by meaning, planned (pure) and written."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import check_owner
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_saml_provider_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import GOVCLOUD, partition_named
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import reply_url
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, tag_changes
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata as saml
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata
from ansible_collections.openccp.federation.plugins.module_utils._saml.tags import check_tags

try:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
except ImportError:
    pass  # The engine reports a missing library before anything here is called.

#: The first botocore that knows assertion encryption and the provider's UUID.
ENCRYPTION_BOTOCORE: t.Final = "1.36.13"
MAX_PRIVATE_KEYS: t.Final = 2
MAX_PRIVATE_KEY_LENGTH: t.Final = 16384


@dataclass(frozen=True)
class PrivateKey:
    """A key that decrypts assertions, as IAM shows it; a key that is still to be added has no id."""

    key_id: str | None = None
    added: datetime | None = None


@dataclass(frozen=True)
class SamlProvider:
    """A SAML provider. metadata: None when its document is not one that can be read; `unreadable` then says why."""

    arn: str
    metadata: Metadata | None = None
    unreadable: str | None = None
    uuid: str | None = None
    create_date: datetime | None = None
    tags: t.Mapping[str, str] = field(default_factory=dict)
    encryption_mode: str | None = None
    private_keys: tuple[PrivateKey, ...] = ()

    @property
    def name(self) -> str:
        """The name, by which IAM identifies it within the account."""
        return parse_saml_provider_arn(self.arn).name


@dataclass(frozen=True)
class Wanted:
    """What a provider shall be. None leaves as it is.

    merge: keep the certificates that IAM has beside the given ones, but for removed_thumbprints.
    private_key: add one never, when there is none, or anyway.
    """

    arn: str
    metadata: Metadata
    merge: bool = False
    removed_thumbprints: tuple[str, ...] = ()
    tags: t.Mapping[str, str] | None = None
    purge_tags: bool = True
    encryption_mode: str | None = None
    private_key: t.Literal["never", "when_missing", "always"] = "never"
    removed_keys: tuple[str, ...] = ()
    adopt: bool = False

    @property
    def once_done(self) -> Wanted:
        """The same when a private key that was to be added anyway has been added."""
        return replace(self, private_key="when_missing") if self.private_key == "always" else self


class SamlProviders:
    """The SAML providers of an account. iam: a boto3 client."""

    def __init__(self, iam: t.Any) -> None:
        self._iam = iam
        self._date: datetime | None = None
        iam.meta.events.register("after-call.iam", self._note_date)

    @property
    def now(self) -> datetime:
        """The time by AWS's clock once it has answered; this machine's may be wrong."""
        return self._date or datetime.now(UTC)

    def _note_date(self, http_response: t.Any, **_more: t.Any) -> None:
        date = http_response.headers.get("Date")
        self._date = parsedate_to_datetime(date) if date else self._date

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

    def create(self, name: str, document: str, tags: t.Mapping[str, str], **encryption: str) -> None:
        """Make a provider. encryption: AssertionEncryptionMode and AddPrivateKey."""
        with attempt(f"create the SAML provider {name!r}"):
            self._iam.create_saml_provider(Name=name, SAMLMetadataDocument=document, **_tagged(tags), **encryption)

    def update(self, arn: str, **changes: str) -> None:
        """Change what is named: SAMLMetadataDocument, AssertionEncryptionMode, AddPrivateKey, RemovePrivateKey."""
        with attempt(f"update the SAML provider {arn}"):
            self._iam.update_saml_provider(SAMLProviderArn=arn, **changes)

    def delete(self, arn: str) -> None:
        """Remove a provider; it is no error when it is gone already."""
        try:
            with attempt(f"delete the SAML provider {arn}"):
                self._iam.delete_saml_provider(SAMLProviderArn=arn)
        except NotFound:
            pass

    def tag(self, arn: str, tags: t.Mapping[str, str]) -> None:
        """Set tags."""
        with attempt(f"tag the SAML provider {arn}"):
            self._iam.tag_saml_provider(SAMLProviderArn=arn, **_tagged(tags))

    def untag(self, arn: str, keys: t.Sequence[str]) -> None:
        """Remove tags."""
        with attempt(f"remove tags of the SAML provider {arn}"):
            self._iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=list(keys))


def target(wanted: Wanted, actual: SamlProvider | None) -> SamlProvider:
    """The provider as it will be; InvalidInput when IAM would refuse that."""
    now = actual or SamlProvider(wanted.arn)
    keys = tuple(key for key in now.private_keys if key.key_id not in wanted.removed_keys)
    if wanted.private_key == "always" or (wanted.private_key == "when_missing" and not keys):
        keys += (PrivateKey(),)
    after = replace(
        now,
        metadata=_merged(wanted, now),
        unreadable=None,
        tags=tag_changes(now.tags, wanted.tags, wanted.purge_tags)[2],
        encryption_mode=wanted.encryption_mode or now.encryption_mode,
        private_keys=keys,
    )
    if len(keys) > MAX_PRIVATE_KEYS:
        raise InvalidInput(
            f"The SAML provider {now.name!r} has {MAX_PRIVATE_KEYS} private keys already, and IAM holds no more.",
            hint=f"Name one of {', '.join(str(key.key_id) for key in now.private_keys)} in remove_private_keys.",
        )
    if after.encryption_mode == "Required" and not keys:
        raise InvalidInput(
            f"The SAML provider {now.name!r} cannot require encrypted assertions without a private key.",
            hint="Give private_key_file.",
        )
    return after


def plan(wanted: Wanted, actual: SamlProvider | None) -> Plan:
    """The steps that bring a provider to what is wanted."""
    check_tags(wanted.tags)
    after = target(wanted, actual)
    if actual is None:
        return Plan(
            {},
            view(after),
            (Step("create", f"Create the SAML provider {after.name!r} for {wanted.metadata.entity_id}"),),
        )
    check_owner(f"The SAML provider {actual.name!r}", actual.tags, wanted.tags, wanted.adopt)
    steps = [*_retag(wanted, actual), *_update(actual, after)]
    return Plan(view(actual), view(after), tuple(steps), tuple(_new_issuer(actual, after)))


def plan_absent(actual: SamlProvider | None) -> Plan:
    """The step that removes a provider, if it is there."""
    return Plan(view(actual), {}, (Step("delete", f"Delete the SAML provider {actual.name!r}"),)) if actual else Plan()


def view(provider: SamlProvider) -> dict[str, t.Any]:
    """A provider as the diff shows it: without what changes by itself."""
    metadata = provider.metadata
    return {
        "arn": provider.arn,
        "entity_id": metadata.entity_id if metadata else None,
        "certificates": sorted(metadata.thumbprints) if metadata else [],
        "sso_locations": _shown(metadata.sso_locations) if metadata else [],
        "slo_locations": _shown(metadata.slo_locations) if metadata else [],
        "tags": dict(provider.tags),
        "assertion_encryption_mode": _lower(provider.encryption_mode),
        "private_keys": [key.key_id or "(a new key)" for key in provider.private_keys],
    }


def describe(provider: SamlProvider, now: datetime, region: str | None = None) -> dict[str, t.Any]:
    """What the modules return of a provider. What only IAM can say is left out while IAM has not said it."""
    partition = partition_named(parse_saml_provider_arn(provider.arn).partition)
    home_region = region or ("us-gov-west-1" if partition is GOVCLOUD else "us-east-1")
    if provider.encryption_mode == "Required":
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
        "assertion_encryption_mode": _lower(provider.encryption_mode),
    }
    keys = [{"key_id": key.key_id, "added": _iso(key.added)} for key in provider.private_keys if key.key_id]
    content = provider.metadata.as_dict(now) if provider.metadata else {}
    return (
        {key: value for key, value in known.items() if value is not None}
        | content
        | {"tags": dict(provider.tags), "private_keys": keys}
    )


def check_private_key(pem: str, what: str) -> str:
    """The key, when IAM would take it; InvalidInput, which never shows it, when not."""
    if len(pem) > MAX_PRIVATE_KEY_LENGTH:
        raise InvalidInput(
            f"The {what} has more than {MAX_PRIVATE_KEY_LENGTH:,} characters, which is all that IAM takes."
        )
    try:
        key = load_pem_private_key(pem.encode(), None)
    except TypeError:
        raise InvalidInput(
            f"The {what} is protected by a passphrase.", hint="IAM takes an unencrypted PEM only."
        ) from None
    except ValueError:
        raise InvalidInput(f"The {what} is not a private key in PEM.") from None
    if not isinstance(key, RSAPrivateKey):
        raise InvalidInput(f"The {what} is not an RSA key.", hint="Assertions are encrypted with RSA.")
    return pem


def announced(entity_id: str) -> Metadata:
    """Stands for metadata that does not exist before the run that check mode predicts; only its entity ID is known."""
    return Metadata(entity_id, certificates=(), sso_locations=(), slo_locations=(), document="")


def _merged(wanted: Wanted, now: SamlProvider) -> Metadata:
    metadata = wanted.metadata
    if not metadata.certificates:
        return metadata
    if wanted.merge and now.metadata is not None:
        metadata = saml.merge(now.metadata, metadata)
    for thumbprint in wanted.removed_thumbprints:
        metadata = saml.without(metadata, thumbprint)
    if not metadata.certificates:
        raise InvalidInput(
            f"Without {', '.join(wanted.removed_thumbprints)} the SAML provider {wanted.arn} would trust no "
            f"certificate, so that nobody"
            " could sign in.",
            hint="Leave out of remove_thumbprints the certificate with which the directory signs.",
        )
    return metadata


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


def _update(actual: SamlProvider, after: SamlProvider) -> list[Step]:
    """One update with all that one can hold; a key is removed in one of its own, at the end unless it makes room for
    the new one.
    """
    parts = []
    changes: dict[str, t.Any] = {}
    if after.metadata and (actual.metadata is None or not saml.same_meaning(actual.metadata, after.metadata)):
        changes["document"] = after.metadata.document
        parts.append(f"the metadata of {after.metadata.entity_id}")
    if after.encryption_mode != actual.encryption_mode:
        changes["encryption_mode"] = after.encryption_mode
        parts.append(f"assertion encryption {_lower(after.encryption_mode)}")
    if any(key.key_id is None for key in after.private_keys):
        changes["add_private_key"] = True
        parts.append("a new private key")
    update = (
        [Step("update", f"Update the SAML provider {after.name!r} with {' and '.join(parts)}", changes)]
        if changes
        else []
    )
    removals = [
        Step(
            "remove_private_key",
            f"Remove the private key {key.key_id} from the SAML provider {after.name!r}",
            {"key_id": key.key_id},
        )
        for key in actual.private_keys
        if key not in after.private_keys
    ]
    if len(actual.private_keys) == MAX_PRIVATE_KEYS and "add_private_key" in changes:
        return removals + update
    return update + removals


def _retag(wanted: Wanted, actual: SamlProvider) -> list[Step]:
    to_set, to_remove = tag_changes(actual.tags, wanted.tags, wanted.purge_tags)[:2]
    steps = []
    if to_set:
        steps.append(
            Step(
                "tag",
                f"Set the tags {', '.join(sorted(to_set))} of the SAML provider {actual.name!r}",
                {"tags": to_set},
            )
        )
    if to_remove:
        steps.append(
            Step(
                "untag",
                f"Remove the tags {', '.join(to_remove)} of the SAML provider {actual.name!r}",
                {"keys": to_remove},
            )
        )
    return steps


def _new_issuer(actual: SamlProvider, after: SamlProvider) -> list[str]:
    if not (actual.metadata and after.metadata) or actual.metadata.entity_id == after.metadata.entity_id:
        return []
    was, will_be = actual.metadata.entity_id, after.metadata.entity_id
    return [f"The SAML provider {after.name!r} changes from {was} to {will_be}; sign-ins through {was} end."]


def _shown(endpoints: t.Iterable[saml.Endpoint]) -> list[str]:
    return sorted(f"{endpoint.binding.rpartition(':')[2]} {endpoint.location}" for endpoint in endpoints)


def _tagged(tags: t.Mapping[str, str]) -> dict[str, t.Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}


def _lower(mode: str | None) -> str | None:
    return mode.lower() if mode else None


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
