# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""IAM's SAML providers (facts/aws.md 5.1 to 5.3)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from federation_sandbox.aws import tags
from federation_sandbox.aws.accounts import Accounts, unique_id
from federation_sandbox.aws.iam import metadata
from federation_sandbox.aws.iam.errors import iam_error
from federation_sandbox.aws.iam.store import Iam, Provider
from federation_sandbox.aws.protocol import Context, Params

Answer = dict[str, t.Any]

_MOST_PRIVATE_KEYS: t.Final = 2


def create_saml_provider(at: Context, wanted: Params) -> Answer:
    """Create a provider. An existing one is not overwritten, unlike in moto (facts/aws.md 6.2)."""
    iam = at.world.state(Iam)
    arn = f"arn:{at.partition}:iam::{at.account}:saml-provider/{wanted['Name']}"
    if iam.providers.latest(arn):
        raise iam_error("EntityAlreadyExists", f"SAMLProvider {wanted['Name']} already exists.")
    most = at.world.state(Accounts).quotas_of(at.account).saml_providers
    if len(_of_account(at, iam.providers.all_latest())) >= most:
        raise iam_error("LimitExceeded", f"Cannot exceed quota for SAMLProvidersPerAccount: {most}")
    _check_metadata(at, wanted["SAMLMetadataDocument"])
    now = at.world.clock.now().replace(microsecond=0)
    provider = Provider(
        arn=arn,
        uuid=unique_id("SAMLSP") + unique_id(""),
        document=wanted["SAMLMetadataDocument"],
        created=now,
        valid_until=now + dt.timedelta(days=36525),
        tags=tuple(tags.iam_tags((), wanted.get("Tags") or []).items()),
    )
    provider = _encrypted(at, provider, wanted)
    iam.providers.put(arn, provider)
    return {"SAMLProviderArn": arn, "Tags": tags.as_list(provider.tags)}


def update_saml_provider(at: Context, wanted: Params) -> Answer:
    """Change what the request contains. Everything else is kept, ValidUntil included."""
    provider = _latest(at, wanted)
    document = wanted.get("SAMLMetadataDocument")
    if not {"SAMLMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey"} & wanted.keys():
        raise iam_error(
            "InvalidInput",
            "Unable to update identity provider. No updates are defined for metadata or encryption assertion.",
        )
    if document is not None:
        _check_metadata(at, document)
        provider = dataclasses.replace(provider, document=document)
        if not at.world.settings.provider_updates_keep:
            provider = dataclasses.replace(provider, encryption_mode=None)
    _put(at, _encrypted(at, provider, wanted))
    return {"SAMLProviderArn": provider.arn}


def get_saml_provider(at: Context, wanted: Params) -> Answer:
    """The provider as a read returns it now."""
    provider = at.world.state(Iam).providers.get(_arn(at, wanted))
    if provider is None:
        raise _missing(wanted)
    answer: Answer = {
        "SAMLProviderUUID": provider.uuid,
        "SAMLMetadataDocument": provider.document,
        "CreateDate": provider.created,
        "ValidUntil": provider.valid_until,
        "Tags": tags.as_list(provider.tags),
        "PrivateKeyList": [{"KeyId": key_id, "Timestamp": added} for key_id, added, _ in provider.keys],
    }
    if provider.encryption_mode:
        answer["AssertionEncryptionMode"] = provider.encryption_mode
    return answer


def list_saml_providers(at: Context, _wanted: Params) -> Answer:
    """Every provider of the account, on one page and without tags."""
    providers = _of_account(at, at.world.state(Iam).providers.all())
    return {
        "SAMLProviderList": [
            {"Arn": provider.arn, "ValidUntil": provider.valid_until, "CreateDate": provider.created}
            for provider in providers
        ]
    }


def delete_saml_provider(at: Context, wanted: Params) -> None:
    """Delete a provider. Roles that trust it are not changed."""
    at.world.state(Iam).providers.delete(_latest(at, wanted).arn)


def tag_saml_provider(at: Context, wanted: Params) -> None:
    """Add or change tags."""
    provider = _latest(at, wanted)
    _put(at, dataclasses.replace(provider, tags=tuple(tags.iam_tags(provider.tags, wanted["Tags"]).items())))


def untag_saml_provider(at: Context, wanted: Params) -> None:
    """Remove tags."""
    provider = _latest(at, wanted)
    left = tuple((key, value) for key, value in provider.tags if key not in wanted["TagKeys"])
    _put(at, dataclasses.replace(provider, tags=left))


def list_saml_provider_tags(at: Context, wanted: Params) -> Answer:
    """The tags of a provider."""
    return {"Tags": get_saml_provider(at, wanted)["Tags"], "IsTruncated": False}


def _encrypted(at: Context, provider: Provider, wanted: Params) -> Provider:
    added, removed = wanted.get("AddPrivateKey"), wanted.get("RemovePrivateKey")
    keys = provider.keys
    if added and removed:
        raise iam_error(
            "InvalidInput",
            (
                "Unable to add and remove private keys in the same request. Set a value for only one of the two "
                "parameters."
            ),
        )
    if added:
        _check_private_key(added)
        if len(keys) >= _MOST_PRIVATE_KEYS:
            raise iam_error("LimitExceeded", f"Private key limit of {_MOST_PRIVATE_KEYS} is reached.")
        keys = (*keys, (unique_id("SAMLK") + unique_id(""), at.world.clock.now().replace(microsecond=0), added))
    if removed:
        left = tuple(key for key in keys if key[0] != removed)
        if left == keys:
            raise iam_error(
                "InvalidInput", "Failed to remove private key because the Key ID does not match a private key."
            )
        keys = left
    mode = wanted.get("AssertionEncryptionMode", provider.encryption_mode)
    if mode == "Required" and not keys:
        raise iam_error(
            "InvalidInput", "Unable to set assertion encryption mode to Required because no private key is provided."
        )
    return dataclasses.replace(provider, keys=keys, encryption_mode=mode)


def _check_private_key(pem: str) -> None:
    key: t.Any
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise iam_error("InvalidInput", "Invalid private key.")


def _check_metadata(at: Context, document: str) -> None:
    try:
        certificates = metadata.read(document).certificates
    except metadata.Unusable:
        raise iam_error("InvalidInput", "Could not parse metadata.") from None
    if len(set(certificates)) > 1 and not at.world.settings.several_certificates:
        raise iam_error("InvalidInput", "Could not parse metadata.")


def _of_account(at: Context, providers: dict[str, Provider]) -> list[Provider]:
    return [provider for arn, provider in providers.items() if arn.startswith(f"arn:{at.partition}:iam::{at.account}:")]


def _arn(at: Context, wanted: Params) -> str:
    arn = str(wanted["SAMLProviderArn"])
    form = rf"arn:{at.partition}:iam::\d{{12}}:saml-provider/[\w._-]+"
    if not re.fullmatch(form, arn, re.ASCII):
        raise iam_error("InvalidInput", f"Invalid ARN:  {arn}")
    if arn.split(":")[4] != at.account:
        raise _missing(wanted)
    return arn


def _latest(at: Context, wanted: Params) -> Provider:
    provider = at.world.state(Iam).providers.latest(_arn(at, wanted))
    if provider is None:
        raise _missing(wanted)
    return provider


def _put(at: Context, provider: Provider) -> None:
    at.world.state(Iam).providers.put(provider.arn, provider)


def _missing(wanted: Params) -> Exception:
    return iam_error("NoSuchEntity", f"Manifest not found for arn {wanted['SAMLProviderArn']}")
