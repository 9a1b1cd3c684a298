# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Makes a signing certificate: one, also where two runs set out to make it at once."""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import (
    identifiers,
    key_of,
    read_keys,
    read_principal,
    verifying,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import (
    is_replication,
    make,
    retry_until_replicated,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, Request
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    CERTIFICATE_TAG,
    SAME_END,
    NewCredential,
    end_of,
    moment,
    note,
    pairs,
    remove,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import TimedOut
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import (
    SigningCertificate,
    second,
)
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: Seconds for which a run waits for another to give way.
GIVES_WAY: t.Final = 60.0

_IsRival = t.Callable[[SigningCertificate], bool]


def add(
    graph: Graph,
    waiter: Waiter,
    principal: t.Mapping[str, t.Any],
    common_name: str,
    validity_days: int,
    *,
    noted: str | None = None,
    is_new: bool = False,
) -> tuple[NewCredential, dict[str, t.Any]]:
    """Create a certificate, inactive when another one is usable; and the service principal, which shows it then, but
    for its keys. Another run may do the same at this moment: both then continue with the same one.

    principal: as it was last read or written. noted: the end of the certificate, where that is noted already; else it
    is noted first. is_new: this run has just created the application, so that whatever
    certificate it has is of another run; where none is seen yet, one that comes shows in the looks that follow.
    """
    principal_id = principal["id"]
    before = set() if is_new else identifiers(principal)
    is_alone = is_new and not identifiers(principal)
    what = f"a signing certificate of the service principal {principal_id}"
    ends = noted or end_of(principal, graph.now(), validity_days)
    tags = list(principal.get("tags") or ()) if noted else note(graph, waiter, principal, ends)
    body = {"displayName": f"CN={common_name}", "endDateTime": ends}
    request = Request("POST", f"/servicePrincipals/{principal_id}/addTokenSigningCertificate", f"make {what}", body)

    def attempt() -> NewCredential:
        reason = "the service principal to take a signing certificate"
        answer = retry_until_replicated(waiter, reason, lambda: graph.request(request))
        return NewCredential(answer["customKeyIdentifier"], answer["key"])

    def look_beside() -> bool:
        return bool(identifiers(read_principal(graph, principal_id)) - before)

    def look() -> NewCredential | None:
        if not look_beside():
            return None
        keys = {key_of(key): key["key"] for key in verifying(read_keys(graph, principal_id)) if key.get("key")}
        added = next((identifier for identifier in keys if identifier not in before), None)
        return NewCredential(added, keys[added]) if added else None

    is_rival = _rival(before, ends)
    rivals = [] if is_alone or not look_beside() else _rivals_in(read_keys(graph, principal_id), is_rival)
    credential = rivals[0] if rivals else make(waiter, what, attempt, look)
    credential, current = _settled(graph, waiter, principal_id, credential, before=before, is_rival=is_rival)
    if second(credential.certificate.not_after) != ends:  # Entra ID chose another end than the one that was noted.
        others = [tag for tag in tags if tag != f"{CERTIFICATE_TAG}{ends}"]
        tags = note(graph, waiter, {**current, "tags": others}, credential.certificate.thumbprint)
    return credential, {**current, "tags": tags}


def _settled(
    graph: Graph, waiter: Waiter, principal_id: str, credential: NewCredential, *, before: set[str], is_rival: _IsRival
) -> tuple[NewCredential, t.Mapping[str, t.Any]]:
    """The certificate that stays, and the service principal that shows it. before: the identifiers of older ones."""

    def once_visible(certificate: NewCredential) -> t.Mapping[str, t.Any]:
        def look() -> t.Mapping[str, t.Any] | None:
            principal = read_principal(graph, principal_id)
            return principal if certificate.identifier in identifiers(principal) else None

        return waiter.until("the new signing certificate to appear", look, steady=2, passes=is_replication)

    current = once_visible(credential)
    if identifiers(current) - before == {credential.identifier}:
        return credential, current
    agreed = _agreed(graph, waiter, principal_id, credential, is_rival)
    if agreed == credential:
        return credential, current
    own = SigningCertificate(credential.certificate, credential.identifier, active=False, can_sign=True)
    remove(graph, waiter, current, own)
    return agreed, once_visible(agreed)


def _agreed(
    graph: Graph, waiter: Waiter, principal_id: str, credential: NewCredential, is_rival: _IsRival
) -> NewCredential:
    """Of certificates that runs have made at once the one that all of them keep: the one that the run which made it has
    activated before it saw another, else the oldest. Each run removes its own, if it is another.
    """

    def rivals() -> list[NewCredential] | None:
        current = identifiers(read_principal(graph, principal_id))
        if credential.identifier not in current:
            return None
        principal = read_keys(graph, principal_id)
        return _rivals_in(principal, is_rival) if current <= identifiers(principal) else None

    oldest, *others = waiter.until(
        "the service principal to show its signing certificates", rivals, passes=is_replication
    ) or [credential]
    if oldest != credential:
        return oldest
    since = credential.certificate.not_before
    equals = [other for other in others if other.certificate.not_before == since]
    return credential if not equals or _are_removed(graph, waiter, principal_id, credential, equals) else equals[0]


def _are_removed(
    graph: Graph, waiter: Waiter, principal_id: str, credential: NewCredential, equals: t.Collection[NewCredential]
) -> bool:
    """Whether the runs that made a certificate within the same second as this run have removed it.

    The later of two certificates cannot be told by their dates, and the run that made the earlier one may have seen
    that one alone. So this run, which has seen both, waits for the other to give way, and else does so itself. A read
    that shows the certificate made here shows also what was written before it.
    """

    def look() -> bool | None:
        current = identifiers(read_principal(graph, principal_id))
        return (credential.identifier in current and current.isdisjoint(other.identifier for other in equals)) or None

    try:
        return waiter.until(
            "another run to remove the signing certificate that it made at the same time",
            look,
            steady=2,
            passes=is_replication,
            timeout=min(GIVES_WAY, waiter.timeout),
        )
    except TimedOut:
        return False


def _rival(before: t.Collection[str], ends: str) -> _IsRival:
    """What tells a certificate that another run of this collection makes to the same purpose.

    before: the certificates that were there. ends: when the one ends that this run makes. What ends at another time is
    older, and shown by a replica that does not know yet that it is gone; what is not noted is somebody else's, but for
    the first ones, where the notes of two runs may have replaced each other.
    """

    def is_rival(other: SigningCertificate) -> bool:
        end = other.certificate.not_after
        is_ours = not before or other.managed or second(end) == ends
        return other.can_sign and other.key_identifier not in before and is_ours and abs(end - moment(ends)) <= SAME_END

    return is_rival


def _rivals_in(principal: t.Mapping[str, t.Any], is_rival: _IsRival) -> list[NewCredential]:
    """The certificates of a service principal with its keys that compete for one purpose: first the one that is active
    already, then the oldest.
    """
    rivals = [certificate for certificate in pairs(principal) if is_rival(certificate)]
    rivals.sort(key=lambda rival: (not rival.active, rival.certificate.not_before, str(rival.key_identifier)))
    keys = {key_of(key): str(key.get("key")) for key in verifying(principal)}
    return [NewCredential(str(rival.key_identifier), keys[str(rival.key_identifier)]) for rival in rivals]
