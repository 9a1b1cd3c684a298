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


def create_saml_provider(context: Context, params: Params) -> Answer:
    """Create a provider. An existing one is not overwritten, unlike in moto (facts/aws.md 6.2)."""
    iam = context.world.state(Iam)
    arn = f"arn:{context.partition}:iam::{context.account}:saml-provider/{params['Name']}"
    if iam.providers.latest(arn):
        raise iam_error("EntityAlreadyExists", f"SAMLProvider {params['Name']} already exists.")
    most = context.world.state(Accounts).quotas_of(context.account).saml_providers
    if len(_of_account(context, iam.providers.all_latest())) >= most:
        raise iam_error("LimitExceeded", f"Cannot exceed quota for SAMLProvidersPerAccount: {most}")
    _check_metadata(context, params["SAMLMetadataDocument"])
    now = context.world.clock.now().replace(microsecond=0)
    provider = Provider(
        arn=arn,
        uuid=unique_id("SAMLSP") + unique_id(""),
        document=params["SAMLMetadataDocument"],
        created=now,
        valid_until=now + dt.timedelta(days=36525),
        tags=tuple(tags.iam_tags((), params.get("Tags") or []).items()),
    )
    provider = _encrypted(context, provider, params)
    iam.providers.put(arn, provider)
    return {"SAMLProviderArn": arn, "Tags": tags.as_list(provider.tags)}


def update_saml_provider(context: Context, params: Params) -> Answer:
    """Change what the request contains. Everything else is kept, ValidUntil included."""
    provider = _latest(context, params)
    document = params.get("SAMLMetadataDocument")
    if not {"SAMLMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey"} & params.keys():
        raise iam_error(
            "InvalidInput",
            "Unable to update identity provider. No updates are defined for metadata or encryption assertion.",
        )
    if document is not None:
        _check_metadata(context, document)
        provider = dataclasses.replace(provider, document=document)
        if not context.world.settings.provider_updates_keep:
            provider = dataclasses.replace(provider, encryption_mode=None)
    _put(context, _encrypted(context, provider, params))
    return {"SAMLProviderArn": provider.arn}


def get_saml_provider(context: Context, params: Params) -> Answer:
    """The provider as a read returns it now."""
    provider = context.world.state(Iam).providers.get(_arn(context, params))
    if provider is None:
        raise _missing(params)
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


def list_saml_providers(context: Context, _params: Params) -> Answer:
    """Every provider of the account, on one page and without tags."""
    providers = _of_account(context, context.world.state(Iam).providers.all())
    return {
        "SAMLProviderList": [
            {"Arn": provider.arn, "ValidUntil": provider.valid_until, "CreateDate": provider.created}
            for provider in providers
        ]
    }


def delete_saml_provider(context: Context, params: Params) -> None:
    """Delete a provider. Roles that trust it are not changed."""
    context.world.state(Iam).providers.delete(_latest(context, params).arn)


def tag_saml_provider(context: Context, params: Params) -> None:
    """Add or change tags."""
    provider = _latest(context, params)
    _put(context, dataclasses.replace(provider, tags=tuple(tags.iam_tags(provider.tags, params["Tags"]).items())))


def untag_saml_provider(context: Context, params: Params) -> None:
    """Remove tags."""
    provider = _latest(context, params)
    left = tuple((key, value) for key, value in provider.tags if key not in params["TagKeys"])
    _put(context, dataclasses.replace(provider, tags=left))


def list_saml_provider_tags(context: Context, params: Params) -> Answer:
    """The tags of a provider."""
    return {"Tags": get_saml_provider(context, params)["Tags"], "IsTruncated": False}


def _encrypted(context: Context, provider: Provider, params: Params) -> Provider:
    added, removed = params.get("AddPrivateKey"), params.get("RemovePrivateKey")
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
        keys = (*keys, (unique_id("SAMLK") + unique_id(""), context.world.clock.now().replace(microsecond=0), added))
    if removed:
        left = tuple(key for key in keys if key[0] != removed)
        if left == keys:
            raise iam_error(
                "InvalidInput", "Failed to remove private key because the Key ID does not match a private key."
            )
        keys = left
    mode = params.get("AssertionEncryptionMode", provider.encryption_mode)
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


def _check_metadata(context: Context, document: str) -> None:
    try:
        certificates = metadata.read(document).certificates
    except metadata.Unusable:
        raise iam_error("InvalidInput", "Could not parse metadata.") from None
    if len(set(certificates)) > 1 and not context.world.settings.several_certificates:
        raise iam_error("InvalidInput", "Could not parse metadata.")


def _of_account(context: Context, providers: dict[str, Provider]) -> list[Provider]:
    return [
        provider
        for arn, provider in providers.items()
        if arn.startswith(f"arn:{context.partition}:iam::{context.account}:")
    ]


def _arn(context: Context, params: Params) -> str:
    arn = str(params["SAMLProviderArn"])
    form = rf"arn:{context.partition}:iam::\d{{12}}:saml-provider/[\w._-]+"
    if not re.fullmatch(form, arn, re.ASCII):
        raise iam_error("InvalidInput", f"Invalid ARN:  {arn}")
    if arn.split(":")[4] != context.account:
        raise _missing(params)
    return arn


def _latest(context: Context, params: Params) -> Provider:
    provider = context.world.state(Iam).providers.latest(_arn(context, params))
    if provider is None:
        raise _missing(params)
    return provider


def _put(context: Context, provider: Provider) -> None:
    context.world.state(Iam).providers.put(provider.arn, provider)


def _missing(params: Params) -> Exception:
    return iam_error("NoSuchEntity", f"Manifest not found for arn {params['SAMLProviderArn']}")
