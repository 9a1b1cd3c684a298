# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""One signing certificate of an application, staged, active or gone: the pure plan of the module
azure_saml_certificate.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra.certificate_writer import CertificateWriter
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    active_of,
    check_managed,
    named,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, InvalidInput, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import Plan, Step
from ansible_collections.openccp.federation.plugins.module_utils._rotation import decision as rotation
from ansible_collections.openccp.federation.plugins.module_utils._saml.certificates import canonical_thumbprint
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import SigningCertificate


def chosen(params: t.Mapping[str, t.Any], app: Application, now: datetime) -> SigningCertificate | None:
    """The certificate that the options select: by thumbprint, by role, or, with neither, the one that is staged; None
    when there is none.

    When none is staged, the active one is what `state: active` means. To `state: staged`, one that cannot take over is
    none.
    """
    certificates = app.certificates
    if params["thumbprint"]:
        try:
            return named(certificates, canonical_thumbprint(params["thumbprint"]))
        except NotFound:
            if params["state"] == "absent":
                return None
            raise
    by_age = sorted(
        certificates,
        key=lambda candidate: (candidate.certificate.not_before, candidate.certificate.not_after, candidate.thumbprint),
    )
    if params["which"] == "active":
        return active_of(certificates)
    if params["which"]:
        outermost = by_age[:1] if params["which"] == "oldest" else by_age[-1:]
        return outermost[0] if outermost else None
    eligible = [
        certificate for certificate in certificates if certificate.active or certificate.managed or params["adopt"]
    ]
    if params["state"] == "staged":
        return _successor(eligible, now)
    return _staged(eligible) or (active_of(certificates) if params["state"] == "active" else None)


def plan(params: t.Mapping[str, t.Any], app: Application, now: datetime) -> Plan[CertificateWriter]:
    """The steps to the desired state of one certificate."""
    certificate = chosen(params, app, now)
    if params["state"] == "absent":
        return _plan_absent(params, app, certificate)
    if params["state"] == "active":
        return _plan_active(params, app, certificate, now)
    return _plan_staged(params, app, certificate, now)


def _staged(certificates: t.Sequence[SigningCertificate]) -> SigningCertificate | None:
    active = active_of(certificates)
    later = (
        certificate
        for certificate in certificates
        if active is None or certificate.certificate.not_after > active.certificate.not_after
    )
    return next((certificate for certificate in later if certificate.can_sign and not certificate.active), None)


def _successor(certificates: t.Sequence[SigningCertificate], now: datetime) -> SigningCertificate | None:
    """The certificate with which a rotation continues."""
    dated = [
        rotation.Certificate(
            certificate.thumbprint,
            certificate.certificate.not_before,
            certificate.certificate.not_after,
            certificate.active,
            can_sign=certificate.can_sign,
        )
        for certificate in certificates
    ]
    successor = rotation.successor(dated, now)
    return named(certificates, successor.thumbprint) if successor else None


def _plan_staged(
    params: t.Mapping[str, t.Any], app: Application, certificate: SigningCertificate | None, now: datetime
) -> Plan[CertificateWriter]:
    if certificate is None and params["which"]:
        raise NotFound(
            f"'{app.label}' has no {params['which']} signing certificate.", hint="Leave which out to create one."
        )
    if certificate is None:
        common_name, days = params["common_name"], params["validity_days"]
        text = f"Create the signing certificate CN={common_name} of '{app.label}', valid for {days} days, not active"
        before = view(app)
        planned = {"common_name": common_name, "validity_days": days, "active": False}
        after = {"certificates": [*before["certificates"], planned]}
        step = Step(CertificateWriter.stage, text, common_name=common_name, validity_days=days)
        return Plan(before, after, (step,), _expired_warning(app, now))
    if certificate.active:
        raise Conflict(
            f"The signing certificate {certificate.thumbprint} of '{app.label}' is active, so it cannot be staged.",
            hint="A certificate stops being active when another one is activated.",
        )
    return Plan(view(app), view(app))


def _plan_active(
    params: t.Mapping[str, t.Any], app: Application, certificate: SigningCertificate | None, now: datetime
) -> Plan[CertificateWriter]:
    if certificate is None:
        raise NotFound(f"'{app.label}' has no signing certificate to activate.", hint="Create one with state: staged.")
    if certificate.active:
        if certificate.activated_at or _successor(app.certificates, now):
            return Plan(view(app), view(app))
        text = f"Record that the signing certificate {certificate.thumbprint} of '{app.label}' is active"
        before = view(app)
        step = Step(CertificateWriter.activate, text, thumbprint=certificate.thumbprint)
        return Plan({**before, "activation_noted": False}, {**before, "activation_noted": True}, (step,))
    _check_activation(params, app, certificate, now)
    before = view(app)
    after = {
        "certificates": [
            {**shown_certificate, "active": shown_certificate["thumbprint"] == certificate.thumbprint}
            for shown_certificate in before["certificates"]
        ]
    }
    text = f"Activate the signing certificate {certificate.thumbprint} of '{app.label}'"
    return Plan(before, after, (Step(CertificateWriter.activate, text, thumbprint=certificate.thumbprint),))


def _check_activation(
    params: t.Mapping[str, t.Any], app: Application, certificate: SigningCertificate, now: datetime
) -> None:
    what = f"The signing certificate {certificate.thumbprint} of '{app.label}'"
    if not certificate.can_sign:
        raise InvalidInput(f"{what} has no private key in Entra ID, so it cannot sign.", hint="Activate another one.")
    if certificate.certificate.not_before > now:
        raise InvalidInput(
            f"{what} is not valid before {certificate.certificate.not_before.isoformat()}.", hint="Activate it then."
        )
    if certificate.certificate.not_after <= now:
        raise InvalidInput(
            f"{what} expired at {certificate.certificate.not_after.isoformat()}.",
            hint="Create a new one with state: staged.",
        )
    trusted = params["trusted_thumbprints"]
    if params["force"]:
        return
    if trusted is None:
        raise InvalidInput(
            f"{what} is not activated until it is known that AWS trusts it.",
            hint=(
                "Give trusted_thumbprints, the thumbprints that every IAM SAML provider of this application holds, "
                "or force: true."
            ),
        )
    if certificate.thumbprint not in {canonical_thumbprint(thumbprint) for thumbprint in trusted}:
        raise Conflict(
            f"{what} is not in the IAM SAML provider: after its activation, no agent could sign in.",
            hint="Update the provider with the application's metadata first, or give force: true.",
        )


def _plan_absent(
    params: t.Mapping[str, t.Any], app: Application, certificate: SigningCertificate | None
) -> Plan[CertificateWriter]:
    if not params["thumbprint"] and not params["which"]:
        raise InvalidInput("To remove a signing certificate, select it.", hint="Give its thumbprint, or which: oldest.")
    before = view(app)
    if certificate is None:
        return Plan(before, before)
    if certificate.active:
        raise Conflict(
            (
                f"The signing certificate {certificate.thumbprint} of '{app.label}' is active; without it no agent "
                f"could sign in."
            ),
            hint="Activate another one first.",
        )
    check_managed(certificate)
    after = {
        "certificates": [
            shown_certificate
            for shown_certificate in before["certificates"]
            if shown_certificate["thumbprint"] != certificate.thumbprint
        ]
    }
    text = f"Remove the signing certificate {certificate.thumbprint} of '{app.label}'"
    return Plan(before, after, (Step(CertificateWriter.remove, text, thumbprint=certificate.thumbprint),))


def _expired_warning(app: Application, now: datetime) -> tuple[str, ...]:
    active = active_of(app.certificates)
    if active is None or active.usable(now):
        return ()
    return (
        f"The active signing certificate of '{app.label}' expired at "
        f"{active.certificate.not_after.isoformat()}. Entra ID signs with "
        "the new one at once, although it is not activated, so update the IAM SAML provider without delay.",
    )


def view(app: Application) -> dict[str, t.Any]:
    """The certificates, for the diff."""
    return {
        "certificates": [
            {
                "thumbprint": certificate.thumbprint,
                "not_after": certificate.certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "active": certificate.active,
            }
            for certificate in app.certificates
        ]
    }
