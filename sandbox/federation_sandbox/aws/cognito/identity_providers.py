# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML identity providers of a user pool (facts/aws.md 8). moto accepts any input and overwrites existing providers
(facts/aws.md 6.5); this does not.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata

from federation_sandbox.aws.cognito import metadata
from federation_sandbox.aws.cognito.pools import certificate_text
from federation_sandbox.aws.cognito.store import (
    Item,
    Pool,
    Provider,
    cognito_error,
    newest_certificate,
    page,
    pool_of,
)
from federation_sandbox.aws.iam.metadata import Unusable
from federation_sandbox.aws.protocol import Context, Params
from federation_sandbox.world import World

_SOURCES: t.Final = ("MetadataURL", "MetadataFile")
_FLAGS: t.Final = ("IDPSignout", "IDPInit", "EncryptedResponses")
_ALGORITHM: t.Final = "RequestSigningAlgorithm"
#: details that AWS derives and returns; their values in a request are ignored
_DERIVED: t.Final = ("ActiveEncryptionCertificate", "SLORedirectBindingURI", "SSORedirectBindingURI")
_MOST_PROVIDERS: t.Final = 300


def create_identity_provider(context: Context, params: Params) -> Item:
    """Create a provider. Its metadata is read at once, and fetched first when it is an address."""
    pool, name = pool_of(context, params), params["ProviderName"]
    _check_name(name)
    if params["ProviderType"] != "SAML":
        raise cognito_error("InvalidParameterException", "The sandbox has SAML identity providers alone.")
    if name in pool.providers:
        raise cognito_error("DuplicateProviderException", f"A provider with the name {name} already exists.")
    if len(pool.providers) >= _MOST_PROVIDERS:
        raise cognito_error("LimitExceededException", f"A user pool has at most {_MOST_PROVIDERS} identity providers.")
    details = _checked_details(params["ProviderDetails"])
    mapping, identifiers = params.get("AttributeMapping") or {}, params.get("IdpIdentifiers") or []
    _check_mapping(pool, mapping)
    _check_identifiers(pool, name, identifiers)
    now = _now(context.world)
    document = _configured(context.world, details)
    number = max((provider.key_number for provider in pool.providers.values()), default=0) + 1
    pool.providers[name] = Provider(
        name, details, dict(mapping), list(identifiers), now, now, document, context.world.clock.now(), number
    )
    return {"IdentityProvider": _description(context.world, pool, pool.providers[name])}


def update_identity_provider(context: Context, params: Params) -> Item:
    """Replace each member that the request contains as a whole. Metadata at an address is fetched again."""
    pool = pool_of(context, params)
    provider = _provider(pool, params)
    if "ProviderDetails" in params:
        details = _checked_details(params["ProviderDetails"])
        document = _configured(context.world, details)
        provider.details, provider.metadata, provider.fetched = details, document, context.world.clock.now()
    if "AttributeMapping" in params:
        _check_mapping(pool, params["AttributeMapping"])
        provider.mapping = dict(params["AttributeMapping"])
    if "IdpIdentifiers" in params:
        _check_identifiers(pool, provider.name, params["IdpIdentifiers"])
        provider.identifiers = list(params["IdpIdentifiers"])
    provider.modified = _now(context.world)
    return {"IdentityProvider": _description(context.world, pool, provider)}


def describe_identity_provider(context: Context, params: Params) -> Item:
    """A provider."""
    pool = pool_of(context, params)
    return {"IdentityProvider": _description(context.world, pool, _provider(pool, params))}


def get_identity_provider_by_identifier(context: Context, params: Params) -> Item:
    """The provider with an identifier."""
    pool = pool_of(context, params)
    provider = next((each for each in pool.providers.values() if params["IdpIdentifier"] in each.identifiers), None)
    if provider is None:
        raise cognito_error("ResourceNotFoundException", f"Identity provider {params['IdpIdentifier']} does not exist.")
    return {"IdentityProvider": _description(context.world, pool, provider)}


def list_identity_providers(context: Context, params: Params) -> Item:
    """The providers of a pool, without their details."""
    providers = pool_of(context, params).providers.values()
    rows = [
        {
            "ProviderName": each.name,
            "ProviderType": "SAML",
            "CreationDate": each.created,
            "LastModifiedDate": each.modified,
        }
        for each in providers
    ]
    return page(rows, params, "Providers")


def delete_identity_provider(context: Context, params: Params) -> None:
    """Delete a provider, and remove it from the clients that name it."""
    pool = pool_of(context, params)
    name = _provider(pool, params).name
    del pool.providers[name]
    for client in pool.clients.values():
        if name in client.get("SupportedIdentityProviders", []):
            client["SupportedIdentityProviders"] = [
                each for each in client["SupportedIdentityProviders"] if each != name
            ]


def current_metadata(world: World, provider: Provider) -> metadata.IdentityProviderMetadata:
    """The metadata that Cognito uses now. Metadata from an address is fetched again when it is due, metadata from a
    file never (facts/aws.md K2).
    """
    url, now = provider.details.get("MetadataURL"), world.clock.now()
    until = provider.metadata.valid_until
    if url and (now - provider.fetched >= metadata.REFRESH or (until and until <= now)):
        provider.fetched = now
        try:
            provider.metadata = metadata.read(metadata.fetch(world, url))
        except Unusable:
            return provider.metadata
    return provider.metadata


def _configured(world: World, details: dict[str, str]) -> metadata.IdentityProviderMetadata:
    try:
        url = details.get("MetadataURL")
        document = metadata.read(metadata.fetch(world, url) if url else details["MetadataFile"])
        metadata.check_dates(document, world.clock.now())
    except Unusable as reason:
        raise cognito_error("InvalidParameterException", f"Invalid metadata: {reason}.") from None
    return document


def _checked_details(details: Params) -> dict[str, str]:
    known = {key: str(value) for key, value in details.items() if key not in _DERIVED}
    unknown = sorted(set(known) - {*_SOURCES, *_FLAGS, _ALGORITHM})
    if unknown:
        raise cognito_error("InvalidParameterException", f"Unexpected key in provider details: {', '.join(unknown)}")
    if len([source for source in _SOURCES if known.get(source)]) != 1:
        raise cognito_error("InvalidParameterException", "Exactly one of MetadataURL and MetadataFile must be given.")
    for flag in _FLAGS:
        if known.get(flag, "false") not in ("true", "false"):
            raise cognito_error("InvalidParameterException", f"{flag} must be true or false.")
    if known.get(_ALGORITHM, "rsa-sha256") != "rsa-sha256":
        raise cognito_error("InvalidParameterException", f"{_ALGORITHM} must be rsa-sha256.")
    return known


def _check_name(name: str) -> None:
    """Check a name against the pattern of the service model. The pattern uses Unicode categories, which Python's re
    module does not support.
    """
    signs = [unicodedata.category(sign)[0] for sign in name]
    ends = [sign for number, sign in enumerate(name) if number != 1]
    if len(name) < 3 or not set(signs) <= set("LMSNP") or "_" in ends:
        text = (
            f"Value '{name}' at 'providerName' failed to satisfy constraint: Member must satisfy regular "
            f"expression pattern"
        )
        raise cognito_error("InvalidParameterException", f"1 validation error detected: {text}")


def _check_mapping(pool: Pool, mapping: Params) -> None:
    for attribute in mapping:
        if attribute != "username" and attribute not in pool.schema:
            raise cognito_error(
                "InvalidParameterException",
                f"Invalid AttributeMapping: {attribute} does not exist in the user pool schema.",
            )


def _check_identifiers(pool: Pool, name: str, identifiers: t.Sequence[str]) -> None:
    taken = {each for provider in pool.providers.values() if provider.name != name for each in provider.identifiers}
    if taken & set(identifiers):
        raise cognito_error(
            "InvalidParameterException",
            f"The identifier {min(taken & set(identifiers))} is another provider's already.",
        )
    if any(not re.fullmatch(r"[\w\s+=.@-]{1,40}", each) for each in identifiers):
        raise cognito_error(
            "InvalidParameterException", "An IdpIdentifier has a character that identifiers do not have."
        )


def _provider(pool: Pool, params: Params) -> Provider:
    provider = pool.providers.get(params["ProviderName"])
    if provider is None:
        raise cognito_error("ResourceNotFoundException", f"Identity provider {params['ProviderName']} does not exist.")
    return provider


def _description(world: World, pool: Pool, provider: Provider) -> Item:
    derived = {"SSORedirectBindingURI": provider.metadata.sign_in, "SLORedirectBindingURI": provider.metadata.sign_out}
    if provider.has("EncryptedResponses"):
        newest = newest_certificate(pool, provider.key_number, provider.created, world.clock.now())
        derived["ActiveEncryptionCertificate"] = certificate_text(newest)
    return {
        "UserPoolId": pool.id,
        "ProviderName": provider.name,
        "ProviderType": "SAML",
        "ProviderDetails": {**provider.details, **{key: value for key, value in derived.items() if value}},
        "AttributeMapping": provider.mapping,
        "IdpIdentifiers": provider.identifiers,
        "CreationDate": provider.created,
        "LastModifiedDate": provider.modified,
    }


def _now(world: World) -> t.Any:
    return world.clock.now().replace(microsecond=0)
