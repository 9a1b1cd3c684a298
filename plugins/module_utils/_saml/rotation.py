# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""How far the rotation of a signing certificate is, told from what both clouds show; nothing else remembers it.

The order in which no sign-in fails: a new certificate is staged in Entra, published to every IAM SAML provider, left to settle there,
activated in Entra; later the old one is retired from Entra and then from IAM.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

Stage = t.Literal["watch", "stage", "publish", "settle", "activate", "retire", "held"]

#: The tag of an IAM SAML provider that tells which certificate was published to it last, and when.
PUBLISHED_TAG: t.Final = "certificate-published"


@dataclass(frozen=True)
class Rules:
    """When a rotation begins, and how long its stages last at least. resume: go on after a rollback."""

    renew_when_days_left: int = 45
    settle_seconds: int = 300
    retire_after_days: int = 7
    resume: bool = False


@dataclass(frozen=True)
class Certificate:
    """A certificate of the application. activated_at: when it was last made the active one, as far as that was noted."""

    thumbprint: str
    not_before: datetime
    not_after: datetime
    active: bool = False
    activated_at: datetime | None = None
    can_sign: bool = True

    def usable(self, now: datetime) -> bool:
        """Whether it has begun and not ended."""
        return self.not_before <= now < self.not_after


@dataclass(frozen=True)
class Provider:
    """An IAM SAML provider that trusts the application. published: the certificate that was published last, and when."""

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

    thumbprint: the certificate that is published or activated. retired: those that go. wait_seconds: until it has settled.
    failing_since: when sign-ins began to fail, when they do. unproven: a new certificate signs and the old one is still there.
    """

    stage: Stage
    says: str
    thumbprint: str | None = None
    retired: tuple[str, ...] = ()
    wait_seconds: int = 0
    failing_since: datetime | None = None
    unproven: bool = False


def certificates_of(application: t.Mapping[str, t.Any]) -> list[Certificate]:
    """The certificates of an application, as azure_saml_app_info returns it."""
    return [
        Certificate(
            one["thumbprint"],
            moment(one["not_before"]),
            moment(one["not_after"]),
            bool(one["active"]),
            moment(one["activated_at"]) if one["activated_at"] else None,
            bool(one["can_sign"]),
        )
        for one in application["certificates"]
    ]


def provider_of(provider: t.Mapping[str, t.Any]) -> Provider:
    """A provider, as iam_saml_provider_info returns it."""
    thumbprint, time = [*provider.get("tags", {}).get(PUBLISHED_TAG, "").split("@"), ""][:2]
    thumbprints = frozenset(one["thumbprint"] for one in provider.get("certificates", ()))
    return Provider(provider["arn"], thumbprints, (thumbprint, moment(time)) if time else None)


def decide(certificates: t.Sequence[Certificate], providers: t.Sequence[Provider], now: datetime, rules: Rules) -> Decision:
    """What to do next, so that no sign-in fails; InvalidInput when there is no rotation to speak of."""
    active = next((one for one in certificates if one.active), None)
    if active is None:
        raise InvalidInput("The application has no active signing certificate.", hint="Set the federation up with openccp.federation.site.")
    if not providers:
        raise InvalidInput("No IAM SAML provider is known that trusts the application.", hint="Give certificate_rotation_providers.")
    new = successor(certificates, now)
    if not active.usable(now):
        return _expired(active, new, providers)
    if new is not None:
        return _under_way(active, new, providers, now, rules)
    missing = [one.arn for one in providers if active.thumbprint not in one.thumbprints]
    if missing:
        says = f"Publish the active certificate {active.thumbprint} to {', '.join(missing)}, where sign-ins fail without it."
        return Decision("publish", says, active.thumbprint, failing_since=active.activated_at)
    return _after(active, certificates, providers, now, rules)


def successor(certificates: t.Iterable[Certificate], now: datetime) -> Certificate | None:
    """The certificate that takes over from the active one: it ends later, and has begun by the time it is needed. None: make one."""
    certificates = list(certificates)
    active = next((one for one in certificates if one.active), None)
    others = [one for one in certificates if one.can_sign and not one.active]
    if active is None or not active.usable(now):
        able = [one for one in others if one.usable(now)]
    else:
        able = [one for one in others if one.not_before <= active.not_after < one.not_after]
    return max(able, key=lambda one: (one.not_after, one.thumbprint), default=None)


def moment(text: str) -> datetime:
    """A time as modules return it."""
    return datetime.fromisoformat(text)


def _expired(active: Certificate, new: Certificate | None, providers: t.Sequence[Provider]) -> Decision:
    """The shortest way: Entra signs with a new certificate at once when the active one has ended, so there is nothing to settle."""
    ended = f"{active.thumbprint} ended at {active.not_after:%Y-%m-%d %H:%M} UTC"
    if new is None:
        says = f"Make a new certificate at once: the active one, {ended}, and sign-ins fail."
        return Decision("stage", says, failing_since=active.not_after)
    if any(new.thumbprint not in one.thumbprints for one in providers):
        says = f"Publish {new.thumbprint} at once: {ended}, so Entra ID signs with this one, which AWS does not trust yet."
        return Decision("publish", says, new.thumbprint, failing_since=active.not_after)
    return Decision("activate", f"Activate {new.thumbprint}, with which Entra ID signs already, because {ended}.", new.thumbprint)


def _under_way(active: Certificate, new: Certificate, providers: t.Sequence[Provider], now: datetime, rules: Rules) -> Decision:
    went_back = new.activated_at or (active.activated_at if active.activated_at and active.activated_at > new.not_before else None)
    if went_back and not rules.resume:
        says = f"Nothing, because {active.thumbprint} was activated again: remove {new.thumbprint}, or resume the rotation."
        return Decision("held", says, new.thumbprint)
    missing = [one.arn for one in providers if new.thumbprint not in one.thumbprints]
    if missing:
        return Decision("publish", f"Publish {new.thumbprint} to {', '.join(missing)}.", new.thumbprint)
    settled = [one.settled_at(new.thumbprint, rules) for one in providers]
    known = [one for one in settled if one is not None]
    if len(known) < len(settled):
        return Decision("publish", f"Note when {new.thumbprint} was published.", new.thumbprint)
    ready = max([*known, new.not_before])
    if ready > now:
        wait = -((now - ready) // timedelta(seconds=1))
        return Decision("settle", f"Wait {wait} seconds until all of AWS trusts {new.thumbprint}.", new.thumbprint, wait_seconds=wait)
    return Decision("activate", f"Activate {new.thumbprint}.", new.thumbprint)


def _after(
    active: Certificate, certificates: t.Sequence[Certificate], providers: t.Sequence[Provider], now: datetime, rules: Rules
) -> Decision:
    """No certificate takes over: an old one may have to go, else a new one may have to come."""
    known = {one.thumbprint for one in certificates}
    earlier = sorted((one for one in certificates if one.not_after <= active.not_after), key=lambda one: one.not_after)
    old = [one.thumbprint for one in earlier if one.can_sign and not one.active]
    gone = sorted({one for provider in providers for one in provider.thumbprints} - known)
    left = (active.not_after - now).days
    due = left < rules.renew_when_days_left
    if (old or gone) and not due:
        if old and active.activated_at is None:
            return Decision("activate", f"Note that {active.thumbprint} is active.", active.thumbprint, unproven=True)
        ready = active.activated_at + timedelta(days=rules.retire_after_days) if old and active.activated_at else now
        if ready > now:
            says = f"Nothing before {ready:%Y-%m-%d %H:%M} UTC, when {', '.join(old)} is retired; {left} days are left."
            return Decision("watch", says, active.thumbprint, unproven=True)
        return Decision("retire", f"Retire {', '.join(old + gone)}.", active.thumbprint, (*old, *gone), unproven=True)
    if due:
        return Decision("stage", f"Make a new certificate: {left} days are left of {active.thumbprint}.")
    return Decision("watch", f"Nothing: {left} days are left of {active.thumbprint}.", active.thumbprint)
