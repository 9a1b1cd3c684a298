# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The certificates with which Entra signs an application's SAML responses.

Each is three credentials of the service principal that share one customKeyIdentifier: a Sign key, its Verify key
(the certificate) and the password that opens the first.
"""

from __future__ import annotations

import base64
import binascii
import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import (
    SECRETS,
    identifiers,
    read_left,
    read_principal,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import (
    is_replication,
    retry_until_replicated,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    FederationError,
    InvalidInput,
    NotFound,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate, from_der
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import (
    SigningCertificate,
    second,
)
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

#: Entra makes certificates of three years at most.
LONGEST_DAYS: t.Final = 1095

#: Entra's own name for them.
COMMON_NAME: t.Final = "Microsoft Azure Federated SSO Certificate"

#: Seconds for which a removal is tried again.
REMOVAL_TIMEOUT: t.Final = 120.0

#: The tag of a service principal that tells which certificate was activated last, and when: Entra itself does not keep
#: that.
ACTIVATED_TAG: t.Final = "openccp.federation.activated:"

#: The tags of a service principal that tell which certificates this collection made: by thumbprint, or, until one is
#: first activated, by the second in which it ends, which is recorded before the certificate is made, so that no stop in
#: between makes it one of unknown origin.
CERTIFICATE_TAG: t.Final = "openccp.federation.certificate:"

#: What a service principal's tags hold that its application's do not.
OWN_TAGS: t.Final = (ACTIVATED_TAG, CERTIFICATE_TAG)

#: How far the end that a stopped run noted may be from the one that is wanted now.
SAME_END: t.Final = timedelta(days=1)

_MARKER: t.Final = "openccp.federation"
_THUMBPRINT: t.Final = re.compile(r"[0-9A-F]{40}")
_END: t.Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def pairs(principal: t.Mapping[str, t.Any]) -> tuple[SigningCertificate, ...]:
    """The signing certificates of a service principal, the latest expiry date first. Keys that hold no certificate are
    no part of it.
    """
    keys = principal.get("keyCredentials") or ()
    signing = {key.get("customKeyIdentifier") for key in keys if key.get("usage") == "Sign"}
    active = (principal.get("preferredTokenSigningKeyThumbprint") or "").upper()
    noted, noted_at = _activated(principal)
    notes = _certificate_notes(principal)
    certificates: dict[str, SigningCertificate] = {}
    for key in keys:
        if key.get("usage") != "Verify" or not key.get("key"):
            continue
        try:
            certificate = from_der(base64.b64decode(key["key"]))
        except (InvalidInput, binascii.Error):
            continue
        identifier = key.get("customKeyIdentifier")
        thumbprint = certificate.thumbprint
        activated_at = noted_at if thumbprint == noted else None
        can_sign = identifier is not None and identifier in signing
        managed = not notes.isdisjoint({thumbprint, second(certificate.not_after)})
        certificates[identifier or key["keyId"]] = SigningCertificate(
            certificate, identifier, thumbprint == active, can_sign, activated_at, managed
        )
    return tuple(
        sorted(
            certificates.values(),
            key=lambda pair: (pair.certificate.not_after, pair.thumbprint, pair.can_sign),
            reverse=True,
        )
    )


def managed_thumbprints(principal: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The certificates that this collection made, also those that the service principal no longer has."""
    noted = {note for note in _certificate_notes(principal) if _THUMBPRINT.fullmatch(note)}
    return tuple(sorted(noted | {certificate.thumbprint for certificate in pairs(principal) if certificate.managed}))


def active_of(certificates: t.Iterable[SigningCertificate]) -> SigningCertificate | None:
    """The certificate that is chosen for signing."""
    return next((certificate for certificate in certificates if certificate.active), None)


def named(certificates: t.Sequence[SigningCertificate], thumbprint: str) -> SigningCertificate:
    """The certificate of that thumbprint; NotFound names those that there are."""
    for certificate in certificates:
        if certificate.thumbprint == thumbprint:
            return certificate
    known = ", ".join(certificate.thumbprint for certificate in certificates) or "none"
    raise NotFound(f"The application has no signing certificate {thumbprint}.", hint=f"Its certificates: {known}.")


def to_activate(certificates: t.Sequence[SigningCertificate], now: datetime) -> SigningCertificate | None:
    """What should become active: nothing while the active one is usable, else the usable one that ends last."""
    active = active_of(certificates)
    if active is not None and active.usable(now):
        return None
    return next((certificate for certificate in certificates if certificate.usable(now)), None)


def must_make(certificates: t.Iterable[SigningCertificate], now: datetime) -> bool:
    """Whether no certificate is usable."""
    return not any(certificate.usable(now) for certificate in certificates)


def check_desired(common_name: str, validity_days: int) -> None:
    """InvalidInput when Entra would not make such a certificate."""
    if not common_name.strip() or len(common_name) > 64 or any(character in common_name for character in ',+"\\<>;='):
        raise InvalidInput(
            f"{common_name!r} cannot be the common_name of {setting('azure_saml_app.signing_certificate')}.",
            hint='Use 1 to 64 characters without ,+"\\<>;= and without CN=, which is put in front.',
        )
    if not 1 <= validity_days <= LONGEST_DAYS:
        raise InvalidInput(
            f"{validity_days} cannot be the validity_days of {setting('azure_saml_app.signing_certificate')}; Entra ID "
            f"makes certificates of 1 to {LONGEST_DAYS} days (three years)."
        )


@dataclass(frozen=True)
class NewCredential:
    """A certificate that was just made: what its credentials share, and its public key."""

    identifier: str
    key: str

    @property
    def certificate(self) -> Certificate:
        """The certificate itself."""
        return from_der(base64.b64decode(self.key))


def end_of(principal: t.Mapping[str, t.Any], now: datetime, validity_days: int) -> str:
    """When a certificate ends that is made now; it is recorded by this before it is made.

    An end that a run noted which was stopped before it made the certificate is taken again, so that its note is of use.
    """
    desired_end = now + timedelta(days=validity_days)
    noted_ends = [end for end in _pending(principal) if abs(moment(end) - desired_end) <= SAME_END]
    return max(noted_ends, default=second(desired_end))


def tags_with_certificate(principal: t.Mapping[str, t.Any], certificate_note: str) -> list[str]:
    """The tags of a service principal with the note that a certificate, told by its end or its thumbprint, is this
    collection's.
    """
    kept = [tag for tag in principal.get("tags") or () if tag.startswith(OWN_TAGS)]
    return list(dict.fromkeys([*_others(principal), *kept, f"{CERTIFICATE_TAG}{certificate_note}"]))


def activate(graph: Graph, waiter: Waiter, principal: t.Mapping[str, t.Any], thumbprint: str) -> dict[str, t.Any]:
    """Choose the certificate that signs, and record when, in one request. principal: as it was last read or written;
    returned as it is then.

    Graph takes any thumbprint: the caller has looked for it, and waits until it is shown.
    """
    body = {
        "preferredTokenSigningKeyThumbprint": thumbprint,
        "tags": _tags_with_activation(principal, thumbprint, graph.now()),
    }
    request = Request(
        "PATCH", f"/servicePrincipals/{principal['id']}", f"activate the signing certificate {thumbprint}", body
    )
    retry_until_replicated(
        waiter, "the service principal to take its active certificate", lambda: graph.request(request)
    )
    return {**principal, **body}


def without(principal: t.Mapping[str, t.Any], certificate: SigningCertificate) -> dict[str, t.Any]:
    """The body that removes exactly the three credentials of one certificate.

    Graph takes the others only as they were read, but for an explicit null instead of what is secret.
    """
    if certificate.active:
        raise Conflict(
            f"The signing certificate {certificate.thumbprint} is active.", hint="Activate another one first."
        )
    check_managed(certificate)
    kept: dict[str, list[dict[str, t.Any]]] = {}
    for name, secret in SECRETS.items():
        others = _others_than(certificate, principal.get(name) or ())
        kept[name] = [{**credential, secret: None} for credential in others]
    return kept


def _others_than(
    certificate: SigningCertificate, credentials: t.Iterable[t.Mapping[str, t.Any]]
) -> list[t.Mapping[str, t.Any]]:
    identifier = certificate.key_identifier
    return [credential for credential in credentials if credential.get("customKeyIdentifier") != identifier]


def check_managed(certificate: SigningCertificate) -> None:
    """Conflict when it is not known which credentials belong to a certificate, so that others could be removed with
    it.
    """
    if certificate.key_identifier is None:
        raise Conflict(
            (
                f"The certificate {certificate.thumbprint} has no customKeyIdentifier, so it is unknown which "
                "credentials belong to it."
            ),
            hint="It was not created by this collection. Remove it manually, by the keyId of its keyCredential.",
        )


def remove(graph: Graph, waiter: Waiter, principal: t.Mapping[str, t.Any], certificate: SigningCertificate) -> None:
    """Remove one certificate that is not active; returns once the service principal no longer shows it. principal: as
    it was read.
    """
    principal_id, what = principal["id"], f"remove the signing certificate {certificate.thumbprint}"
    reads = [principal]

    def attempt() -> bool:
        waiter.until("the service principal to show its credentials", collect, steady=2, passes=is_replication)
        body = without(_united(reads), certificate)
        reads.clear()
        graph.request(Request("PATCH", f"/servicePrincipals/{principal_id}", what, body))
        return True

    def collect() -> bool:
        reads.append(read_principal(graph, principal_id))
        return True

    def passes(error: FederationError) -> bool:
        # Refused with 400: a read was so old that it showed what is gone since.
        return is_replication(error) or error.details.get("http_status") == 400

    waiter.until(
        "the service principal to give up a certificate",
        attempt,
        passes=passes,
        timeout=min(REMOVAL_TIMEOUT, waiter.timeout),
    )

    def is_gone() -> bool | None:
        remaining = read_left(graph, principal_id)
        return None if any(certificate.key_identifier in identifiers(remaining, name) for name in SECRETS) else True

    waiter.until(
        f"the signing certificate {certificate.thumbprint} to be gone", is_gone, steady=2, passes=is_replication
    )


def _united(reads: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """All that several reads show, so that no credential is lost that an old replica does not know yet."""
    seen: dict[str, dict[str, t.Any]] = {name: {} for name in SECRETS}
    for principal in reads:
        for name, credentials in seen.items():
            credentials.update({key["keyId"]: key for key in principal.get(name) or ()})
    return {name: list(credentials.values()) for name, credentials in seen.items()}


def _activated(principal: t.Mapping[str, t.Any]) -> tuple[str, datetime | None]:
    noted = next(
        (tag.removeprefix(ACTIVATED_TAG) for tag in principal.get("tags") or () if tag.startswith(ACTIVATED_TAG)), ""
    )
    thumbprint, time = [*noted.split("@"), ""][:2]
    try:
        return thumbprint, moment(time)
    except ValueError:
        return thumbprint, None


def _tags_with_activation(principal: t.Mapping[str, t.Any], thumbprint: str, now: datetime) -> list[str]:
    # Ends are replaced by thumbprints as soon as certificates show them: those are what IAM tells of a certificate,
    # too.
    certificates = {certificate.thumbprint: certificate.certificate for certificate in pairs(principal)}
    thumbprints = {second(certificate.not_after): each for each, certificate in certificates.items()}
    forgotten: set[str] = set()
    if thumbprint in certificates:  # An end long before this one's: the run that noted it made no certificate.
        last = certificates[thumbprint].not_after - SAME_END
        forgotten = {end for end in _pending(principal) if moment(end) < last}
    notes = [
        f"{CERTIFICATE_TAG}{thumbprints.get(note, note)}" for note in sorted(_certificate_notes(principal) - forgotten)
    ]
    return [*_others(principal), *notes, f"{ACTIVATED_TAG}{thumbprint}@{second(now)}"]


def _pending(principal: t.Mapping[str, t.Any]) -> set[str]:
    """The ends that were noted of certificates that are not there."""
    ends = {second(certificate.certificate.not_after) for certificate in pairs(principal)}
    return {note for note in _certificate_notes(principal) - ends if _END.fullmatch(note)}


def note(graph: Graph, waiter: Waiter, principal: t.Mapping[str, t.Any], certificate_note: str) -> list[str]:
    """Note that a certificate is this collection's, by its thumbprint or its end; the service principal's tags then."""
    tags = tags_with_certificate(principal, certificate_note)
    request = Request(
        "PATCH",
        f"/servicePrincipals/{principal['id']}",
        f"note the signing certificate of {principal['id']}",
        {"tags": tags},
    )
    retry_until_replicated(waiter, "the service principal to take a note", lambda: graph.request(request))
    return tags


def _others(principal: t.Mapping[str, t.Any]) -> list[str]:
    # The service principal shows the application's tags as well; those are not its own.
    return [tag for tag in principal.get("tags") or () if not tag.startswith(_MARKER)]


def _certificate_notes(principal: t.Mapping[str, t.Any]) -> set[str]:
    return {tag.removeprefix(CERTIFICATE_TAG) for tag in principal.get("tags") or () if tag.startswith(CERTIFICATE_TAG)}


def moment(second: str) -> datetime:
    return datetime.strptime(second, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
