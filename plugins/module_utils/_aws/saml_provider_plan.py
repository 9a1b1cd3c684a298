# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""An IAM SAML provider as desired, compared by meaning, and the steps that lead there. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.openccp.federation.plugins.module_utils._aws.ownership import check_owner, is_managed
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_providers import (
    SamlProviderWriter,
    lower,
    view,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step, tag_changes, tag_steps
from ansible_collections.openccp.federation.plugins.module_utils._saml import metadata as saml
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import Metadata
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import PrivateKey, SamlProvider
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
class DesiredProvider:
    """The desired provider. None leaves a value unchanged.

    merge: keep the certificates that IAM has beside the given ones, but for removed_thumbprints.
    private_key: add one never, when there is none, or anyway; pem: which.
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
    pem: str = field(default="", repr=False)

    @property
    def once_done(self) -> DesiredProvider:
        """The same when a private key that was to be added anyway has been added."""
        return replace(self, private_key="when_missing") if self.private_key == "always" else self


def target(desired: DesiredProvider, actual: SamlProvider | None) -> SamlProvider:
    """The provider as it will be; InvalidInput when IAM would refuse that."""
    now = actual or SamlProvider(desired.arn)
    keys = tuple(key for key in now.private_keys if key.key_id not in desired.removed_keys)
    if desired.private_key == "always" or (desired.private_key == "when_missing" and not keys):
        keys += (PrivateKey(),)
    after = replace(
        now,
        metadata=_merged(desired, now),
        unreadable=None,
        tags=tag_changes(now.tags, desired.tags, desired.purge_tags)[2],
        encryption_mode=desired.encryption_mode or now.encryption_mode,
        private_keys=keys,
    )
    if len(keys) > MAX_PRIVATE_KEYS:
        raise InvalidInput(
            f"The SAML provider {now.name!r} has {MAX_PRIVATE_KEYS} private keys already, and IAM holds no more.",
            hint=f"Give one of {', '.join(str(key.key_id) for key in now.private_keys)} in remove_private_keys.",
        )
    if after.requires_encryption and not keys:
        raise InvalidInput(
            f"The SAML provider {now.name!r} cannot require encrypted assertions without a private key.",
            hint="Give private_key_file.",
        )
    return after


def plan(desired: DesiredProvider, actual: SamlProvider | None) -> Plan[SamlProviderWriter]:
    """The steps that bring a provider to the desired state."""
    check_tags(desired.tags)
    after = target(desired, actual)
    if actual is None:
        text = f"Create the SAML provider {after.name!r} for {desired.metadata.entity_id}"
        return Plan({}, view(after), (_creation(desired, after, text),))
    check_owner(
        f"The SAML provider {actual.name!r}", actual.tags, desired.tags, desired.adopt, "iam_saml_provider.adopt"
    )
    steps = [*_retag(desired, actual), *_update(desired, actual, after)]
    return Plan(view(actual), view(after), tuple(steps), tuple(_new_issuer(actual, after)))


def plan_absent(actual: SamlProvider | None, *, only_managed: bool = False) -> Plan[SamlProviderWriter]:
    """The step that removes a provider, if it is there. only_managed: and carries our tag."""
    if actual is None or (only_managed and not is_managed(actual.tags)):
        return Plan()
    step = Step(SamlProviderWriter.delete, f"Delete the SAML provider {actual.name!r}", arn=actual.arn)
    return Plan(view(actual), {}, (step,))


def check_private_key(pem: str, what: str) -> str:
    """The key, when IAM would take it; InvalidInput, which never shows it, when not."""
    if len(pem) > MAX_PRIVATE_KEY_LENGTH:
        raise InvalidInput(
            f"The {what} has more than {MAX_PRIVATE_KEY_LENGTH:,} characters, the maximum that IAM accepts."
        )
    try:
        key = load_pem_private_key(pem.encode(), None)
    except TypeError:
        raise InvalidInput(
            f"The {what} is protected by a passphrase.", hint="IAM accepts only an unencrypted key in PEM format."
        ) from None
    except ValueError:
        raise InvalidInput(f"The {what} is not a private key in PEM.") from None
    if not isinstance(key, RSAPrivateKey):
        raise InvalidInput(f"The {what} is not an RSA key.", hint="Assertions are encrypted with RSA.")
    return pem


def announced_metadata(entity_id: str) -> Metadata:
    """Stands for metadata that does not exist before the run that check mode predicts; only its entity ID is known."""
    return Metadata(entity_id, certificates=(), sso_locations=(), slo_locations=(), document="")


def _merged(desired: DesiredProvider, now: SamlProvider) -> Metadata:
    metadata = desired.metadata
    if not metadata.certificates:
        return metadata
    if desired.merge and now.metadata is not None:
        metadata = saml.merge(now.metadata, metadata)
    for thumbprint in desired.removed_thumbprints:
        metadata = saml.without(metadata, thumbprint)
    if not metadata.certificates:
        raise InvalidInput(
            f"Without {', '.join(desired.removed_thumbprints)} the SAML provider {desired.arn} would trust no "
            f"certificate, so that nobody"
            " could sign in.",
            hint="Leave out of remove_thumbprints the certificate with which the directory signs.",
        )
    return metadata


def _creation(desired: DesiredProvider, after: SamlProvider, text: str) -> Step[SamlProviderWriter]:
    return Step(
        SamlProviderWriter.create,
        text,
        arn=after.arn,
        document=after.metadata.document if after.metadata else "",
        tags=after.tags,
        encryption_mode=after.encryption_mode,
        private_key=desired.pem,
    )


def _update(desired: DesiredProvider, actual: SamlProvider, after: SamlProvider) -> list[Step[SamlProviderWriter]]:
    """One update with all that one can hold; a key is removed in one of its own, at the end unless it makes room for
    the new one.
    """
    parts = []
    document, mode = None, None
    if after.metadata and (actual.metadata is None or not saml.same_meaning(actual.metadata, after.metadata)):
        document = after.metadata.document
        parts.append(f"the metadata of {after.metadata.entity_id}")
    if after.encryption_mode != actual.encryption_mode:
        mode = after.encryption_mode
        parts.append(f"assertion encryption {lower(mode)}")
    adds_key = any(key.key_id is None for key in after.private_keys)
    if adds_key:
        parts.append("a new private key")
    text = f"Update the SAML provider {after.name!r} with {' and '.join(parts)}"
    update: list[Step[SamlProviderWriter]] = []
    if adds_key:
        update.append(
            Step(
                SamlProviderWriter.update_with_private_key,
                text,
                arn=after.arn,
                private_key=desired.pem,
                known_keys=[key.key_id for key in actual.private_keys],
                document=document,
                encryption_mode=mode,
            )
        )
    elif parts:
        update.append(Step(SamlProviderWriter.update, text, arn=after.arn, document=document, encryption_mode=mode))
    removals = [_removal(after, str(key.key_id)) for key in actual.private_keys if key not in after.private_keys]
    makes_room = adds_key and len(actual.private_keys) == MAX_PRIVATE_KEYS
    return removals + update if makes_room else update + removals


def _removal(provider: SamlProvider, key_id: str) -> Step[SamlProviderWriter]:
    text = f"Remove the private key {key_id} from the SAML provider {provider.name!r}"
    return Step(SamlProviderWriter.remove_private_key, text, arn=provider.arn, key_id=key_id)


def _retag(desired: DesiredProvider, actual: SamlProvider) -> list[Step[SamlProviderWriter]]:
    to_set, to_remove = tag_changes(actual.tags, desired.tags, desired.purge_tags)[:2]
    label, tag, untag = f"the SAML provider {actual.name!r}", SamlProviderWriter.tag, SamlProviderWriter.untag
    return tag_steps(label, to_set, to_remove, tag=tag, untag=untag, arn=actual.arn)


def _new_issuer(actual: SamlProvider, after: SamlProvider) -> list[str]:
    if not (actual.metadata and after.metadata) or actual.metadata.entity_id == after.metadata.entity_id:
        return []
    was, will_be = actual.metadata.entity_id, after.metadata.entity_id
    return [f"The SAML provider {after.name!r} changes from {was} to {will_be}; sign-ins through {was} end."]
