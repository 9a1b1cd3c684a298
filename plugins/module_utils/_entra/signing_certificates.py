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

from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import is_busy, persist
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Ask, Graph, url
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, FederationError, InvalidInput, NotFound, TimedOut
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import Certificate, from_der
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: Entra makes certificates of three years at most.
LONGEST_DAYS: t.Final = 1095

#: Entra's own name for them.
COMMON_NAME: t.Final = "Microsoft Azure Federated SSO Certificate"

KEY_FIELDS: t.Final = ("id", "appId", "keyCredentials", "passwordCredentials", "preferredTokenSigningKeyThumbprint", "tags")

#: The lists of credentials, and the member that must be null in what stays.
SECRETS: t.Final = {"keyCredentials": "key", "passwordCredentials": "secretText"}

#: The tag of a service principal that tells which certificate was activated last, and when: Entra itself does not keep that.
ACTIVATED_TAG: t.Final = "openccp.federation.activated:"

#: The tags of a service principal that tell which certificates this collection made: by thumbprint, or, until one is first activated, by
#: the second in which it ends, which is noted before the certificate is made, so that no stop in between makes it one of unknown origin.
MADE_TAG: t.Final = "openccp.federation.certificate:"

#: What a service principal's tags hold that its application's do not.
OWN_TAGS: t.Final = (ACTIVATED_TAG, MADE_TAG)

_MARKER: t.Final = "openccp.federation"
_THUMBPRINT: t.Final = re.compile(r"[0-9A-F]{40}")


@dataclass(frozen=True)
class SigningCertificate:
    """One certificate of a service principal. can_sign: whether its private key is there too. activated_at: as far as it was noted.

    key_identifier: what its credentials share; None for a foreign one, of which it is not known which others belong to it.
    managed: whether this collection made it.
    """

    certificate: Certificate
    key_identifier: str | None
    active: bool
    can_sign: bool
    activated_at: datetime | None = None
    managed: bool = False

    @property
    def thumbprint(self) -> str:
        """SHA-1 in upper-case hexadecimal digits."""
        return self.certificate.thumbprint

    def usable(self, now: datetime) -> bool:
        """Whether responses can be signed with it at this time."""
        return self.can_sign and self.certificate.usable(now)

    def as_dict(self, now: datetime) -> dict[str, t.Any]:
        """What modules return of it."""
        return {
            **self.certificate.as_dict(now),
            "active": self.active,
            "can_sign": self.can_sign,
            "activated_at": _second(self.activated_at) if self.activated_at else None,
            "managed": self.managed,
        }


def pairs(principal: t.Mapping[str, t.Any]) -> tuple[SigningCertificate, ...]:
    """The signing certificates of a service principal, the one that ends last first. Keys that hold no certificate are no part of it."""
    keys = principal.get("keyCredentials") or ()
    signing = {key.get("customKeyIdentifier") for key in keys if key.get("usage") == "Sign"}
    active = (principal.get("preferredTokenSigningKeyThumbprint") or "").upper()
    noted, noted_at = _activated(principal)
    made = _made(principal)
    found: dict[str, SigningCertificate] = {}
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
        managed = not made.isdisjoint({thumbprint, _second(certificate.not_after)})
        found[identifier or key["keyId"]] = SigningCertificate(
            certificate, identifier, thumbprint == active, can_sign, activated_at, managed
        )
    return tuple(sorted(found.values(), key=lambda one: (one.certificate.not_after, one.thumbprint, one.can_sign), reverse=True))


def managed_thumbprints(principal: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The certificates that this collection made, also those that the service principal no longer has."""
    noted = {note for note in _made(principal) if _THUMBPRINT.fullmatch(note)}
    return tuple(sorted(noted | {certificate.thumbprint for certificate in pairs(principal) if certificate.managed}))


def active_of(certificates: t.Iterable[SigningCertificate]) -> SigningCertificate | None:
    """The certificate that is chosen for signing."""
    return next((one for one in certificates if one.active), None)


def named(certificates: t.Sequence[SigningCertificate], thumbprint: str) -> SigningCertificate:
    """The certificate of that thumbprint; NotFound names those that there are."""
    for one in certificates:
        if one.thumbprint == thumbprint:
            return one
    known = ", ".join(one.thumbprint for one in certificates) or "none"
    raise NotFound(f"The application has no signing certificate {thumbprint}.", hint=f"Its certificates: {known}.")


def to_activate(certificates: t.Sequence[SigningCertificate], now: datetime) -> SigningCertificate | None:
    """What should become active: nothing while the active one is usable, else the usable one that ends last."""
    active = active_of(certificates)
    if active is not None and active.usable(now):
        return None
    return next((one for one in certificates if one.usable(now)), None)


def must_make(certificates: t.Iterable[SigningCertificate], now: datetime) -> bool:
    """Whether no certificate is usable."""
    return not any(one.usable(now) for one in certificates)


def check_wish(common_name: str, validity_days: int) -> None:
    """InvalidInput when Entra would not make such a certificate."""
    if not common_name.strip() or len(common_name) > 64 or any(character in common_name for character in ',+"\\<>;='):
        raise InvalidInput(
            f"signing_certificate.common_name {common_name!r} cannot be a certificate's common name.",
            hint='Use 1 to 64 characters without ,+"\\<>;= and without CN=, which is put in front.',
        )
    if not 1 <= validity_days <= LONGEST_DAYS:
        raise InvalidInput(
            f"signing_certificate.validity_days is {validity_days}; Entra ID makes certificates of 1 to {LONGEST_DAYS} days (three years)."
        )


def add(graph: Graph, waiter: Waiter, principal_id: str, common_name: str, validity_days: int) -> SigningCertificate:
    """Make a certificate, inactive when another one is usable; returns once the service principal shows it.

    The request is not repeated after a lost answer: what it may have made is looked for instead. That it is made here is noted first.
    """
    principal = read_keys(graph, principal_id)
    before = {one.key_identifier for one in pairs(principal)}
    ends = _second(graph.now() + timedelta(days=validity_days))
    _note(graph, waiter, principal, ends)
    body = {"displayName": f"CN={common_name}", "endDateTime": ends}
    ask = Ask(
        "POST", f"/servicePrincipals/{principal_id}/addTokenSigningCertificate", f"make a signing certificate for {principal_id}", body
    )
    try:
        made = persist(waiter, "the service principal to take a signing certificate", lambda: graph.ask(ask))
    except FederationError as error:
        if not is_busy(error):
            raise
        try:
            return waiter.until("a new signing certificate", lambda: _first_new(graph, principal_id, before), timeout=30.0)
        except TimedOut:
            error.hint = "Whether it was made is not known. Run the task again in a few minutes: a certificate that was made is used."
            raise error from None
    certificate = _shown(graph, waiter, principal_id, made["customKeyIdentifier"])
    if not certificate.managed:  # Entra ID chose another end than the one that was noted.
        _note(graph, waiter, read_keys(graph, principal_id), certificate.thumbprint)
    return certificate


def activate(graph: Graph, waiter: Waiter, principal_id: str, thumbprint: str) -> None:
    """Choose the certificate that signs, and note when, in one request.

    Graph takes any thumbprint, so it is looked for first, and read back.
    """
    principal = read_keys(graph, principal_id)
    named(pairs(principal), thumbprint)
    what = f"activate the signing certificate {thumbprint}"
    body = {"preferredTokenSigningKeyThumbprint": thumbprint, "tags": _noting(principal, thumbprint, graph.now())}
    ask = Ask("PATCH", f"/servicePrincipals/{principal_id}", what, body)
    persist(waiter, "the service principal to take its active certificate", lambda: graph.ask(ask))

    def probe() -> bool | None:
        active = active_of(pairs(read_keys(graph, principal_id)))
        return True if active is not None and active.thumbprint == thumbprint and active.activated_at else None

    waiter.until(f"the signing certificate {thumbprint} to be active", probe)


def without(principal: t.Mapping[str, t.Any], certificate: SigningCertificate) -> dict[str, t.Any]:
    """The body that removes exactly the three credentials of one certificate.

    Graph takes the others only as they were read, but for an explicit null in place of what is secret.
    """
    if certificate.active:
        raise Conflict(f"The signing certificate {certificate.thumbprint} is active.", hint="Activate another one first.")
    check_ours(certificate)
    return {
        name: [
            {**credential, secret: None}
            for credential in principal.get(name) or ()
            if credential.get("customKeyIdentifier") != certificate.key_identifier
        ]
        for name, secret in SECRETS.items()
    }


def check_ours(certificate: SigningCertificate) -> None:
    """Conflict when it is not known which credentials belong to a certificate, so that others could be removed with it."""
    if certificate.key_identifier is None:
        raise Conflict(
            f"The certificate {certificate.thumbprint} has no customKeyIdentifier, so nothing tells which credentials belong to it.",
            hint="It is somebody else's. Remove it by hand, by the keyId of its keyCredential.",
        )


def remove(graph: Graph, waiter: Waiter, principal_id: str, thumbprint: str) -> None:
    """Remove one certificate that is not active; returns once the service principal no longer shows it."""
    principal = read_keys(graph, principal_id)
    certificate = named(pairs(principal), thumbprint)
    ask = Ask(
        "PATCH", f"/servicePrincipals/{principal_id}", f"remove the signing certificate {thumbprint}", without(principal, certificate)
    )
    persist(waiter, "the service principal to give up a certificate", lambda: graph.ask(ask))

    def probe() -> bool | None:
        left = read_keys(graph, principal_id)
        credentials = [*(left.get("keyCredentials") or ()), *(left.get("passwordCredentials") or ())]
        return None if any(one.get("customKeyIdentifier") == certificate.key_identifier for one in credentials) else True

    waiter.until(f"the signing certificate {thumbprint} to be gone", probe, consecutive=2)


def read_keys(graph: Graph, principal_id: str) -> dict[str, t.Any]:
    """A service principal's credentials; the keys are only shown to a request for one object that names them."""
    path = url(f"/servicePrincipals/{principal_id}", select=KEY_FIELDS)
    return t.cast("dict[str, t.Any]", graph.get(path, f"read the signing certificates of the service principal {principal_id}"))


def _activated(principal: t.Mapping[str, t.Any]) -> tuple[str, datetime | None]:
    noted = next((tag.removeprefix(ACTIVATED_TAG) for tag in principal.get("tags") or () if tag.startswith(ACTIVATED_TAG)), "")
    thumbprint, time = [*noted.split("@"), ""][:2]
    try:
        return thumbprint, datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return thumbprint, None


def _noting(principal: t.Mapping[str, t.Any], thumbprint: str, now: datetime) -> list[str]:
    # Ends are replaced by thumbprints as soon as certificates show them: those are what IAM tells of a certificate, too.
    shown = {_second(certificate.certificate.not_after): certificate.thumbprint for certificate in pairs(principal)}
    made = [f"{MADE_TAG}{shown.get(note, note)}" for note in sorted(_made(principal))]
    return [*_others(principal), *made, f"{ACTIVATED_TAG}{thumbprint}@{_second(now)}"]


def _note(graph: Graph, waiter: Waiter, principal: t.Mapping[str, t.Any], made: str) -> None:
    """Note that a certificate is this collection's, by its thumbprint or its end."""
    kept = [tag for tag in principal.get("tags") or () if tag.startswith(OWN_TAGS)]
    body = {"tags": [*_others(principal), *kept, f"{MADE_TAG}{made}"]}
    request = Ask("PATCH", f"/servicePrincipals/{principal['id']}", f"note the signing certificate of {principal['id']}", body)
    persist(waiter, "the service principal to take a note", lambda: graph.ask(request))


def _others(principal: t.Mapping[str, t.Any]) -> list[str]:
    # The service principal shows the application's tags as well; those are not its own.
    return [tag for tag in principal.get("tags") or () if not tag.startswith(_MARKER)]


def _made(principal: t.Mapping[str, t.Any]) -> set[str]:
    return {tag.removeprefix(MADE_TAG) for tag in principal.get("tags") or () if tag.startswith(MADE_TAG)}


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first_new(graph: Graph, principal_id: str, before: set[str | None]) -> SigningCertificate | None:
    found = pairs(read_keys(graph, principal_id))
    return next((one for one in found if one.key_identifier not in before), None)


def _shown(graph: Graph, waiter: Waiter, principal_id: str, key_identifier: str) -> SigningCertificate:
    def probe() -> SigningCertificate | None:
        found = pairs(read_keys(graph, principal_id))
        return next((one for one in found if one.key_identifier == key_identifier), None)

    return waiter.until("the new signing certificate to appear", probe, consecutive=2)
