# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Compares the desired with the current SAML provider of a user pool: the plan of the module cognito_saml_provider.
Pure.
"""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import MANAGED_BY, check_owner
from ansible_collections.openccp.federation.plugins.module_utils._cognito.provider_tags import (
    FETCHED_TAG,
    noted_certificates,
    provider_tags,
)
from ansible_collections.openccp.federation.plugins.module_utils._cognito.saml_providers import (
    SIGNING,
    CognitoProvider,
    CognitoProviderWriter,
    timestamp,
    view,
)
from ansible_collections.openccp.federation.plugins.module_utils._cognito.user_pools import AppClient, UserPool
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, tag_changes, tag_steps
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata as saml
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata

_CLAIMS: t.Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
#: attribute of the pool → the claim that Entra ID sends with it
PRESETS: t.Final = {
    "email": f"{_CLAIMS}emailaddress",
    "given_name": f"{_CLAIMS}givenname",
    "family_name": f"{_CLAIMS}surname",
    "name": f"{_CLAIMS}name",
}
_NOTED: t.Final = 5
MOST_IDENTIFIERS: t.Final = 50
_IDENTIFIER: t.Final = re.compile(r"[\w\s+=.@-]{1,40}")


@dataclass(frozen=True)
class Desired:
    """The desired provider. None leaves a value unchanged. flags: by detail; signing: whether requests are signed.

    clients: the current clients, each with its desired providers. offering: others that offer it
    already. required_thumbprints: those that Amazon Cognito must know.
    """

    name: str
    pool: UserPool
    metadata: Metadata | None = None
    url: str | None = None
    merge: bool = False
    removed_thumbprints: tuple[str, ...] = ()
    required_thumbprints: tuple[str, ...] = ()
    mapping: t.Mapping[str, str] | None = None
    identifiers: tuple[str, ...] | None = None
    flags: t.Mapping[str, bool] = field(default_factory=dict)
    signing: bool | None = None
    clients: tuple[tuple[AppClient, tuple[str, ...]], ...] = ()
    offering: tuple[AppClient, ...] = ()
    tags: t.Mapping[str, str] | None = None
    purge_tags: bool = True
    adopt: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def target(desired: Desired, actual: CognitoProvider | None) -> CognitoProvider:
    """The provider as it will be; InvalidInput when that cannot work."""
    now = actual or CognitoProvider(
        desired.name, {}, {}, (), None, None, None, provider_tags(desired.pool.tags, desired.name)
    )
    metadata = None if desired.url else _merged(desired, now)
    details = {key: value for key, value in now.details.items() if key not in ("MetadataFile", "MetadataURL")}
    details |= {detail: str(flag).lower() for detail, flag in desired.flags.items()}
    if desired.signing is not None:
        details.pop(SIGNING, None)
        details |= {SIGNING: "rsa-sha256"} if desired.signing else {}
    url = desired.url or ("" if desired.metadata else now.url)
    source = {"MetadataURL": url} if url else {}
    if metadata and not url:
        source = {"MetadataFile": metadata.document}
    if not source:
        raise InvalidInput(
            f"The SAML provider {desired.name!r} needs metadata.", hint="Give metadata, metadata_file or metadata_url."
        )
    after = replace(
        now,
        details={**details, **source},
        mapping=now.mapping if desired.mapping is None else dict(desired.mapping),
        identifiers=now.identifiers if desired.identifiers is None else desired.identifiers,
        metadata=metadata,
        tags=_tags_after(desired, now),
    )
    _check_mapping(desired, after)
    _check_identifiers(desired.identifiers or ())
    return after


def plan(
    desired: Desired, actual: CognitoProvider | None, served: Metadata | None = None
) -> Plan[CognitoProviderWriter]:
    """The steps that bring a provider to the desired state. served: what its address serves, where that was read."""
    after = target(desired, actual)
    label = f"the SAML provider {desired.name!r} of the user pool {desired.pool.name!r}"
    if actual is not None:
        check_owner(
            f"{label[0].upper()}{label[1:]}", actual.tags, desired.tags, desired.adopt, "cognito_saml_provider.adopt"
        )
    tagging, untagging = _tag_steps(desired, after, label)
    name = desired.name
    steps = [*tagging]
    fetched = _must_fetch(desired, actual, served)
    if actual is None:
        steps.append(_creation_step(desired, after, label))
    else:
        changes, words = _changes(actual, after, fetched)
        if changes:
            sentence = (
                f"Update {label} with {' and '.join(words)}"
                if words
                else f"Make Amazon Cognito fetch the metadata of {label} again"
            )
            steps.append(Step(CognitoProviderWriter.update, sentence, name=name, content=changes))
    if after.url and served is not None and (actual is None or fetched):
        note = {FETCHED_TAG: _note(served, desired)}
        after = replace(after, tags={**after.tags, **note})
        text = f"Record which certificates {label} was made to fetch"
        steps.append(Step(CognitoProviderWriter.tag, text, name=name, tags=note))
    steps += [*_client_steps(desired), *untagging]
    before = {**view(actual), "clients": _offering(desired, before=True)} if actual else {}
    return Plan(
        before,
        {**view(after), "clients": _offering(desired, before=False)},
        tuple(steps),
        tuple(_warnings(desired, actual, after)),
    )


def _creation_step(desired: Desired, after: CognitoProvider, label: str) -> Step[CognitoProviderWriter]:
    return Step(
        CognitoProviderWriter.create,
        f"Create {label}",
        name=desired.name,
        content=_content(after),
        tags=sorted(after.tags),
        is_ours=functools.partial(_is_ours, desired, after),
    )


def _is_ours(desired: Desired, after: CognitoProvider, existing: CognitoProvider) -> bool:
    """Whether a provider that exists at its creation is what was to be created, as after a lost answer; where none is
    claimed, or any is taken over, each is. A document that is not shown is not compared.
    """
    if desired.adopt or MANAGED_BY not in (desired.tags or {}):
        return True
    is_hidden = existing.metadata is None and not existing.url
    known = replace(existing, metadata=after.metadata) if is_hidden else existing
    return not _changes(known, after, fetched=False)[0]


def plan_absent(
    pool: UserPool, name: str, actual: CognitoProvider | None, clients: t.Sequence[AppClient]
) -> Plan[CognitoProviderWriter]:
    """The steps that take a provider from the clients that offer it, and remove it."""
    label = f"the SAML provider {name!r} of the user pool {pool.name!r}"
    tags = provider_tags(pool.tags, name)
    untagging: list[Step[CognitoProviderWriter]] = []
    if tags:
        untagging.append(
            Step(CognitoProviderWriter.untag, f"Remove the tags from {label}", name=name, keys=sorted(tags))
        )
    if actual is None:
        return Plan({"tags": tags} if tags else {}, {}, tuple(untagging))
    offering = [client for client in clients if name in client.providers]
    steps = [
        _client_step(client, name, f"Disable {name!r} in the app client {client.name!r}", offered=False)
        for client in offering
    ]
    steps += [Step(CognitoProviderWriter.delete, f"Delete {label}", name=name), *untagging]
    return Plan({**view(actual), "clients": sorted(client.name for client in offering)}, {}, tuple(steps))


def _note(served: Metadata, desired: Desired) -> str:
    """What Amazon Cognito fetches now. A tag has room for five certificates, first those that are asked for."""

    def rank(certificate: Certificate) -> tuple[bool, datetime]:
        return certificate.thumbprint in desired.required_thumbprints, certificate.not_after

    noted = sorted(served.certificates, key=rank, reverse=True)[:_NOTED]
    return f"{' '.join(certificate.thumbprint for certificate in noted)}@{timestamp(desired.now)}"


def _must_fetch(desired: Desired, actual: CognitoProvider | None, served: Metadata | None) -> bool:
    """Whether Amazon Cognito has to fetch the address again: it is another one, or the last fetch that was recorded is
    not known to be one with what is asked for and without what is removed.
    """
    if served is None or actual is None:
        return False
    if desired.url and desired.url != actual.url:
        return True
    noted, removed = noted_certificates(actual.tags), set(desired.removed_thumbprints)
    return not noted.issuperset(desired.required_thumbprints) or bool(noted & removed or (removed and not noted))


def _changes(actual: CognitoProvider, after: CognitoProvider, fetched: bool) -> tuple[dict[str, t.Any], list[str]]:
    """What one update sends, and what it is about; no words when it is sent for the fetch alone."""
    words = []
    if _metadata_differs(actual, after):
        words.append("the metadata")
    if _options(actual) != _options(after):
        words.append("the settings of its sign-in")
    details = {"ProviderDetails": dict(after.details)} if words or fetched else {}
    mapping = {"AttributeMapping": dict(after.mapping)} if after.mapping != actual.mapping else {}
    identifiers = (
        {"IdpIdentifiers": list(after.identifiers)} if set(after.identifiers) != set(actual.identifiers) else {}
    )
    words += (["the attribute mapping"] if mapping else []) + (["the identifiers"] if identifiers else [])
    return {**details, **mapping, **identifiers}, words


def _metadata_differs(actual: CognitoProvider, after: CognitoProvider) -> bool:
    if actual.url or after.url:
        return actual.url != after.url
    if actual.metadata is None or after.metadata is None:
        return actual.metadata is not after.metadata
    return not saml.same_meaning(actual.metadata, after.metadata)


def _options(provider: CognitoProvider) -> dict[str, str]:
    """The details beside the source; a flag that is false is the same as none."""
    sources = ("MetadataFile", "MetadataURL")
    return {key: value for key, value in provider.details.items() if key not in sources and value != "false"}


def _content(after: CognitoProvider) -> dict[str, t.Any]:
    return {
        "ProviderDetails": dict(after.details),
        **({"AttributeMapping": dict(after.mapping)} if after.mapping else {}),
        **({"IdpIdentifiers": list(after.identifiers)} if after.identifiers else {}),
    }


def _merged(desired: Desired, now: CognitoProvider) -> Metadata | None:
    """The document that Amazon Cognito is given; unlike IAM it takes none with a certificate that has expired."""
    metadata = desired.metadata or now.metadata
    if metadata is None:
        return None
    if not metadata.certificates:
        return metadata
    if desired.merge and desired.metadata and now.metadata is not None:
        metadata = saml.merge(now.metadata, desired.metadata)
    if desired.metadata is None and not desired.removed_thumbprints:
        return metadata
    for thumbprint in desired.removed_thumbprints:
        if metadata.thumbprints == (thumbprint,):
            raise InvalidInput(
                f"Without {', '.join(desired.removed_thumbprints)} the SAML provider {desired.name!r} would trust no "
                f"certificate, so that"
                " nobody could sign in.",
                hint="Leave out of remove_thumbprints the certificate with which the directory signs.",
            )
        metadata = saml.without(metadata, thumbprint)
    for certificate in metadata.certificates:
        if certificate.not_after <= desired.now and len(metadata.certificates) > 1:
            metadata = saml.without(metadata, certificate.thumbprint)
    return metadata


def _check_mapping(desired: Desired, after: CognitoProvider) -> None:
    """Refuse a mapping over which Amazon Cognito would refuse sign-ins, at once or the second time."""
    pool = desired.pool
    attributes = [attribute for attribute in after.mapping if attribute != "username"]
    missing = [attribute for attribute in attributes if attribute not in pool.mutable]
    if missing:
        raise InvalidInput(
            f"The user pool {pool.name!r} has no attribute {', '.join(missing)}.",
            hint=(
                "Names of attributes of the pool's own begin with custom: and those can be added to the pool, but "
                "never removed."
            ),
        )
    fixed = [attribute for attribute in attributes if not pool.mutable[attribute]]
    if fixed:
        raise InvalidInput(
            (
                f"The attribute {', '.join(fixed)} of the user pool {pool.name!r} cannot be changed: everybody's "
                f"second sign-in would fail."
            ),
            hint="Map the claim to an attribute that is mutable; whether one is cannot be changed later.",
        )
    offering = [client for client, providers in desired.clients if desired.name in providers]
    for client in (*offering, *desired.offering):
        refused = [attribute for attribute in attributes if not client.writes(attribute)]
        if refused:
            raise InvalidInput(
                (
                    f"The app client {client.name!r} may not write {', '.join(refused)}, so that every sign-in through "
                    f"it would fail."
                ),
                hint="Add it to the WriteAttributes of the app client, or leave it out of attribute_mapping.",
            )


def _check_identifiers(identifiers: t.Sequence[str]) -> None:
    """Refuse what the service model does not take."""
    wrong = [each for each in identifiers if not _IDENTIFIER.fullmatch(each)]
    if wrong:
        raise InvalidInput(
            f"{wrong[0]!r} cannot be an identifier of a SAML provider in Amazon Cognito.",
            hint="One has 1 to 40 letters, digits, blanks and the signs _ + = . @ -, such as a domain.",
        )
    if len(set(identifiers)) > MOST_IDENTIFIERS:
        raise InvalidInput(f"A SAML provider in Amazon Cognito has at most {MOST_IDENTIFIERS} identifiers.")


def _tags_after(desired: Desired, now: CognitoProvider) -> dict[str, str]:
    own = {key: value for key, value in now.tags.items() if key != FETCHED_TAG}
    noted = {key: value for key, value in now.tags.items() if key == FETCHED_TAG}
    return tag_changes(own, desired.tags, desired.purge_tags)[2] | noted


def _tag_steps(
    desired: Desired, after: CognitoProvider, label: str
) -> tuple[list[Step[CognitoProviderWriter]], list[Step[CognitoProviderWriter]]]:
    """What is set first, so that a run that is stopped is known again by its tags, and what is removed last."""
    current = provider_tags(desired.pool.tags, desired.name)
    to_set = {key: value for key, value in after.tags.items() if current.get(key) != value}
    to_remove = sorted(set(current) - set(after.tags))
    tag, untag = CognitoProviderWriter.tag, CognitoProviderWriter.untag
    return (
        tag_steps(label, to_set, (), tag=tag, untag=untag, name=desired.name),
        tag_steps(label, {}, to_remove, tag=tag, untag=untag, name=desired.name),
    )


def _client_steps(desired: Desired) -> list[Step[CognitoProviderWriter]]:
    steps = []
    for client, providers in desired.clients:
        if set(providers) != set(client.providers):
            offered = desired.name in providers
            verb = "Enable" if offered else "Disable"
            text = f"{verb} {desired.name!r} in the app client {client.name!r}"
            steps.append(_client_step(client, desired.name, text, offered=offered))
    return steps


def _client_step(client: AppClient, name: str, text: str, *, offered: bool) -> Step[CognitoProviderWriter]:
    step = Step(CognitoProviderWriter.change_client, text, name=name, client_id=client.id, offered=offered)
    return step.about(label=client.name)


def _offering(desired: Desired, *, before: bool) -> list[str]:
    return sorted(
        client.name
        for client, providers in desired.clients
        if desired.name in (client.providers if before else providers)
    )


def _warnings(desired: Desired, actual: CognitoProvider | None, after: CognitoProvider) -> list[str]:
    warnings = []
    if not desired.pool.hosts:
        warnings.append(f"The user pool {desired.pool.name!r} has no domain, so that nobody can sign in there.")
    for client, providers in desired.clients:
        usable = client.settings.get("AllowedOAuthFlowsUserPoolClient") and client.settings.get("CallbackURLs")
        if desired.name in providers and not usable:
            warnings.append(
                f"The app client {client.name!r} has no callback URL or may not use OAuth: nobody can sign in "
                f"through it."
            )
    lacking = sorted(name for name in desired.pool.required - set(after.mapping) if name not in ("sub", "username"))
    if lacking:
        warnings.append(
            f"The user pool {desired.pool.name!r} requires {', '.join(lacking)}, which is not mapped: new people "
            f"cannot sign in."
        )
    if actual and actual.metadata and after.metadata and actual.metadata.entity_id != after.metadata.entity_id:
        was, will_be = actual.metadata.entity_id, after.metadata.entity_id
        warnings.append(
            f"The SAML provider {desired.name!r} changes from {was} to {will_be}; sign-ins through {was} end."
        )
    return warnings
