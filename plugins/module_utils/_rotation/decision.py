# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""How far the rotation of a signing certificate is, told from what both clouds show; nothing else remembers it.

The order in which no sign-in fails: a new certificate is staged in Entra, published to every SAML provider in IAM and
Amazon Cognito, left to settle there, activated in Entra; later the old one is retired from Entra and then from the
providers.

Only certificates that this collection made (managed ones) are activated or retired. Those of others are reported.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import within_dates
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ROLE

Stage = t.Literal["watch", "stage", "publish", "settle", "activate", "retire", "held"]

#: The tag of an IAM SAML provider that tells which certificate was published to it last, and when.
PUBLISHED_TAG: t.Final = "certificate-published"


@dataclass(frozen=True)
class Rules:
    """When a rotation begins, and how long its stages last at least. resume: continue after a rollback.

    replaced: the certificate that is replaced although it is not near its end. compromised: what was replaced is
    retired without delay. adopt_unmanaged, remove_unmanaged: treat certificates of others as if this collection had
    made them.
    """

    renew_when_days_left: int = 45
    settle_seconds: int = 300
    retire_after_days: int = 7
    validity_days: int = 1095
    resume: bool = False
    replaced: str | None = None
    compromised: bool = False
    adopt_unmanaged: bool = False
    remove_unmanaged: bool = False


@dataclass(frozen=True)
class Certificate:
    """A certificate of the application. activated_at: when it was last made the active one, as far as that was
    recorded.

    managed: whether this collection made it.
    """

    thumbprint: str
    not_before: datetime
    not_after: datetime
    active: bool = False
    activated_at: datetime | None = None
    can_sign: bool = True
    managed: bool = True

    def usable(self, now: datetime) -> bool:
        """Whether it has begun, by any of the clocks, and not ended."""
        return within_dates(self.not_before, self.not_after, now)


@dataclass(frozen=True)
class Provider:
    """An IAM SAML provider that trusts the application. published: the certificate that was published last, and
    when.
    """

    arn: str
    thumbprints: frozenset[str]
    published: tuple[str, datetime] | None = None

    def settled_at(self, thumbprint: str, rules: Rules) -> datetime | None:
        """When everything in AWS trusts a certificate; None when it is not known when it was published."""
        if self.published is None or self.published[0] != thumbprint:
            return None
        return self.published[1] + timedelta(seconds=rules.settle_seconds)


@dataclass(frozen=True)
class Decision:
    """What a rotation does next.

    thumbprint: the certificate that is published or activated. retired: those that go. wait_seconds: until it has
    settled. failing_since: when sign-ins began to fail, when they do. unproven: a new certificate signs and the old
    one is still there. unmanaged: those that this collection did not make and leaves unchanged. notice: the same in a
    sentence, with what can be done.
    """

    stage: Stage
    message: str
    thumbprint: str | None = None
    retired: tuple[str, ...] = ()
    wait_seconds: int = 0
    failing_since: datetime | None = None
    unproven: bool = False
    unmanaged: tuple[str, ...] = ()
    notice: str = ""


@dataclass(frozen=True)
class Federation:
    """Both clouds at one moment. managed: the thumbprints that this collection made, also of certificates that are gone
    from Entra ID.
    """

    certificates: t.Sequence[Certificate]
    providers: t.Sequence[Provider]
    now: datetime
    managed: frozenset[str] = frozenset()

    @property
    def active(self) -> Certificate:
        """The active certificate; InvalidInput if there is none."""
        active = next((certificate for certificate in self.certificates if certificate.active), None)
        if active is None:
            hint = "Set the federation up with openccp.federation.site."
            raise InvalidInput("The application has no active signing certificate.", hint=hint)
        return active

    @property
    def trusted(self) -> frozenset[str]:
        """The thumbprints that every provider holds."""
        return frozenset.intersection(*(provider.thumbprints for provider in self.providers))

    def lacking(self, thumbprint: str) -> list[str]:
        """The providers that do not hold a certificate."""
        return [provider.arn for provider in self.providers if thumbprint not in provider.thumbprints]

    def only_in_iam(self) -> frozenset[str]:
        """What a provider holds and the application does not have."""
        held = frozenset().union(*(provider.thumbprints for provider in self.providers))
        return held - {certificate.thumbprint for certificate in self.certificates}


def certificates_of(application: t.Mapping[str, t.Any]) -> list[Certificate]:
    """The certificates of an application, as azure_saml_app_info returns it."""
    return [
        Certificate(
            certificate["thumbprint"],
            moment(certificate["not_before"]),
            moment(certificate["not_after"]),
            bool(certificate["active"]),
            moment(certificate["activated_at"]) if certificate["activated_at"] else None,
            bool(certificate["can_sign"]),
            bool(certificate["managed"]),
        )
        for certificate in application["certificates"]
    ]


def provider_of(provider: t.Mapping[str, t.Any]) -> Provider:
    """A provider, as iam_saml_provider_info or cognito_saml_provider_info returns it."""
    thumbprint, time = [*provider.get("tags", {}).get(PUBLISHED_TAG, "").split("@"), ""][:2]
    return Provider(
        consumer_id(provider), frozenset(held_thumbprints(provider)), (thumbprint, moment(time)) if time else None
    )


def consumer_id(provider: t.Mapping[str, t.Any]) -> str:
    """What a provider is called: the ARN of one in IAM, the pool and the name of one in Amazon Cognito, which has no
    ARN.
    """
    return str(provider.get("arn") or provider["id"])


def held_thumbprints(provider: t.Mapping[str, t.Any]) -> list[str]:
    """The certificates that a provider trusts; one in Amazon Cognito may not have fetched yet all that its address
    serves.
    """
    if "trusted_thumbprints" in provider:
        return list(provider["trusted_thumbprints"])
    return [certificate["thumbprint"] for certificate in provider.get("certificates", ())]


def claimed_providers(claims: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """The providers that Role claims name, as azure_saml_app_info returns claims; role and provider stand in either
    order.
    """
    values = [claim.get("value") or "" for claim in claims if claim["name"] == ROLE]
    arns = {arn.strip() for value in values for arn in value.split(",")}
    return sorted(arn for arn in arns if ":saml-provider/" in arn)


def decide(federation: Federation, rules: Rules) -> Decision:
    """What to do next, so that no sign-in fails; InvalidInput when there is no rotation to speak of."""
    active = federation.active
    if not federation.providers:
        raise InvalidInput(
            "No SAML provider is known that trusts the application.",
            hint="Give certificate_rotation_providers or certificate_rotation_user_pools.",
        )
    eligible = [
        certificate
        for certificate in federation.certificates
        if certificate.active or certificate.managed or rules.adopt_unmanaged
    ]
    new = successor(eligible, federation.now)
    if not active.usable(federation.now):
        decision = _expired(federation, active, new, rules)
    elif new is not None:
        decision = _under_way(federation, active, new, rules)
    elif lacking := federation.lacking(active.thumbprint):
        message = (
            f"Publish the active certificate {active.thumbprint} to {', '.join(lacking)}, where sign-ins fail "
            f"without it."
        )
        decision = Decision("publish", message, active.thumbprint, failing_since=active.activated_at)
    else:
        decision = _after(federation, active, rules)
    return _with_notice(decision, federation)


def successor(certificates: t.Iterable[Certificate], now: datetime) -> Certificate | None:
    """The certificate that takes over from the active one: it ends later, and has begun by the time it is needed. None:
    make one.
    """
    certificates = list(certificates)
    active = next((certificate for certificate in certificates if certificate.active), None)
    others = [certificate for certificate in certificates if certificate.can_sign and not certificate.active]
    if active is None or not active.usable(now):
        able = [certificate for certificate in others if certificate.usable(now)]
    else:
        able = [
            certificate for certificate in others if certificate.not_before <= active.not_after < certificate.not_after
        ]
    return max(able, key=lambda certificate: (certificate.not_after, certificate.thumbprint), default=None)


def moment(text: str) -> datetime:
    """A time as modules return it."""
    return datetime.fromisoformat(text)


def former(federation: Federation) -> str | None:
    """What a rollback goes back to: of the certificates that end before the active one and can sign in everywhere, the
    last to end.
    """
    active, trusted = federation.active, federation.trusted
    able = [
        certificate
        for certificate in federation.certificates
        if certificate.can_sign
        and not certificate.active
        and certificate.usable(federation.now)
        and certificate.not_after < active.not_after
        and certificate.thumbprint in trusted
    ]
    latest = max(able, key=lambda certificate: (certificate.not_after, certificate.thumbprint), default=None)
    return latest.thumbprint if latest else None


def _expired(federation: Federation, active: Certificate, new: Certificate | None, rules: Rules) -> Decision:
    """The shortest way: Entra signs with a new certificate at once when the active one has ended, so there is nothing
    to settle.
    """
    ended = f"{active.thumbprint} expired at {active.not_after:%Y-%m-%d %H:%M} UTC"
    signing = new or successor(federation.certificates, federation.now)
    if signing is None:
        message = f"Create a new certificate at once: the active one, {ended}, and sign-ins fail."
        return Decision("stage", message, failing_since=active.not_after)
    if federation.lacking(signing.thumbprint):
        message = (
            f"Publish {signing.thumbprint} at once: {ended}, so Entra ID signs with this one, which AWS does "
            f"not trust yet."
        )
        return Decision("publish", message, signing.thumbprint, failing_since=active.not_after)
    if new is not None:
        return Decision(
            "activate",
            f"Activate {new.thumbprint}, with which Entra ID signs already, because {ended}.",
            new.thumbprint,
        )
    left = (signing.not_after - federation.now).days
    if left < rules.renew_when_days_left:
        message = (
            f"Create a new certificate: {left} days are left of {signing.thumbprint}, with which Entra ID signs, "
            f"because {ended}."
        )
        return Decision("stage", message)
    message = (
        f"Nothing: {ended}, and Entra ID signs with {signing.thumbprint}, which AWS trusts, but which was not "
        f"made here. Activate it."
    )
    return Decision("watch", message, signing.thumbprint)


def _under_way(federation: Federation, active: Certificate, new: Certificate, rules: Rules) -> Decision:
    went_back = new.activated_at or (
        active.activated_at if active.activated_at and active.activated_at > new.not_before else None
    )
    if went_back and not rules.resume:
        message = (
            f"Nothing, because {active.thumbprint} was activated again: remove {new.thumbprint}, or resume the "
            f"rotation."
        )
        return Decision("held", message, new.thumbprint)
    if lacking := federation.lacking(new.thumbprint):
        return Decision("publish", f"Publish {new.thumbprint} to {', '.join(lacking)}.", new.thumbprint)
    settled = [provider.settled_at(new.thumbprint, rules) for provider in federation.providers]
    known = [time for time in settled if time is not None]
    if len(known) < len(settled):
        return Decision("publish", f"Record when {new.thumbprint} was published.", new.thumbprint)
    ready = max([*known, new.not_before])
    if ready > federation.now:
        wait = -((federation.now - ready) // timedelta(seconds=1))
        return Decision(
            "settle",
            f"Wait {wait} seconds until all of AWS trusts {new.thumbprint}.",
            new.thumbprint,
            wait_seconds=wait,
        )
    return Decision("activate", f"Activate {new.thumbprint}.", new.thumbprint)


def _after(federation: Federation, active: Certificate, rules: Rules) -> Decision:
    """No certificate takes over: an old one may have to go, else a new one may have to come."""
    left = (active.not_after - federation.now).days
    if left < rules.renew_when_days_left:
        return Decision("stage", f"Create a new certificate: {left} days are left of {active.thumbprint}.")
    if rules.replaced == active.thumbprint:
        return _replacement(federation, active, rules)
    old, only_in_iam = _old(federation, active, rules), _only_in_iam(federation, rules)
    if old or only_in_iam:
        return _retirement(federation, active, rules, old, only_in_iam)
    hint = " To replace it nevertheless, set certificate_rotation_now." if rules.compromised else ""
    return Decision("watch", f"Nothing: {left} days are left of {active.thumbprint}.{hint}", active.thumbprint)


def _retirement(
    federation: Federation, active: Certificate, rules: Rules, old: list[str], only_in_iam: list[str]
) -> Decision:
    """Old certificates stay for a while after the activation, so that there is a way back. old: in Entra ID.
    only_in_iam: in IAM alone.
    """
    if rules.compromised:
        return Decision(
            "retire",
            f"Retire {', '.join(old + only_in_iam)} at once.",
            active.thumbprint,
            (*old, *only_in_iam),
            unproven=True,
        )
    if old and active.activated_at is None and (active.managed or rules.adopt_unmanaged):
        return Decision("activate", f"Note that {active.thumbprint} is active.", active.thumbprint, unproven=True)
    ready = (
        active.activated_at + timedelta(days=rules.retire_after_days) if old and active.activated_at else federation.now
    )
    if ready > federation.now:
        left = (active.not_after - federation.now).days
        message = f"Nothing before {ready:%Y-%m-%d %H:%M} UTC, when {', '.join(old)} is retired; {left} days are left."
        return Decision("watch", message, active.thumbprint, unproven=True)
    return Decision(
        "retire", f"Retire {', '.join(old + only_in_iam)}.", active.thumbprint, (*old, *only_in_iam), unproven=True
    )


def _replacement(federation: Federation, active: Certificate, rules: Rules) -> Decision:
    """The active certificate is replaced although it is not near its end, as told."""
    if federation.now + timedelta(days=rules.validity_days) <= active.not_after:
        raise InvalidInput(
            (
                f"A new certificate of {rules.validity_days} days would expire before {active.thumbprint}, which it "
                "would replace."
            ),
            hint="Raise certificate_rotation_validity_days.",
        )
    cost = (
        " Once the new one is active, the old one is removed from both clouds at once: sign-ins that Entra "
        "ID signed with it in the last"
        " minutes, or still signs with it until all of Entra ID knows the new one, are refused, and no rollback is "
        "possible."
    )
    message = f"Create a new certificate, because of certificate_rotation_now, to replace {active.thumbprint}."
    return Decision("stage", message + (cost if rules.compromised else ""))


def _old(federation: Federation, active: Certificate, rules: Rules) -> list[str]:
    """Those of the application that are retired: what this collection made before the active one, and what the
    options name to remove.
    """

    def is_retired(certificate: Certificate) -> bool:
        if certificate.active or not certificate.can_sign:
            return False
        if rules.compromised and certificate.thumbprint == rules.replaced:
            return True
        if not certificate.managed:
            return rules.remove_unmanaged
        return certificate.not_after <= active.not_after and (active.managed or rules.adopt_unmanaged)

    retired = [certificate for certificate in federation.certificates if is_retired(certificate)]
    return [certificate.thumbprint for certificate in sorted(retired, key=lambda certificate: certificate.not_after)]


def _only_in_iam(federation: Federation, rules: Rules) -> list[str]:
    """Those that only IAM has and that are retired there."""
    return sorted(federation.only_in_iam() if rules.remove_unmanaged else federation.only_in_iam() & federation.managed)


def _with_notice(decision: Decision, federation: Federation) -> Decision:
    """The decision with what is to be told of certificates that others made and that it leaves alone."""
    notices = {}
    for certificate in federation.certificates:
        if not certificate.managed:
            trusted = "" if certificate.thumbprint in federation.trusted else ", not in every IAM SAML provider"
            notices[certificate.thumbprint] = ("active" if certificate.active else "not active") + trusted
    notices |= dict.fromkeys(sorted(federation.only_in_iam() - federation.managed), "only in IAM")
    handled = {*decision.retired, decision.thumbprint} - {federation.active.thumbprint}
    left_alone = [thumbprint for thumbprint in notices if thumbprint not in handled]
    if not left_alone:
        return decision
    listed = ", ".join(f"{thumbprint} ({notices[thumbprint]})" for thumbprint in left_alone)
    notice = (
        f"This collection did not create {listed}, and leaves such certificates unchanged. "
        f"certificate_rotation_adopt_unmanaged takes over"
        " one that expires after the active one; certificate_rotation_remove_unmanaged removes those that are not "
        "active."
    )
    return replace(decision, unmanaged=tuple(left_alone), notice=notice)
