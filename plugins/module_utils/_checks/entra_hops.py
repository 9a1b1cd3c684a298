# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hops of the enterprise application: enabled, claims, certificate."""

from __future__ import annotations

import collections.abc
import functools
import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import advice, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import MAX_TAG_VALUE, value_problems
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import SAML_2
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import (
    Path,
    judged,
    unknown,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import ClaimValue
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import SigningCertificate


def application(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the application is there and signs people in by SAML."""
    app = path.facts.application
    if app is None:
        yield judged(
            "application",
            path.desired.label or "application",
            [
                Problem(
                    "The directory has no such application.",
                    symptoms.NO_SUCH_APPLICATION,
                    "Run azure_saml_app, or restore it within 30 days of its deletion.",
                )
            ],
            {},
        )
        return
    problems = []
    if app.login_url:
        reason = f"A sign-on URL is set, so people are sent to {app.login_url}."
        problems.append(
            Problem(reason, symptoms.SIGN_IN_ELSEWHERE, f"{advice.application(path)}, which clears it (loginUrl).")
        )
    if not app.enabled:
        fix = (
            f"Enable it in Entra ID: Properties, 'Enabled for users to sign-in' "
            f"(servicePrincipals(appId='{app.app_id}'), accountEnabled)."
        )
        problems.append(Problem("The application is disabled.", symptoms.APPLICATION_DISABLED, fix))
    if app.single_sign_on_mode != "saml":
        reason = f"Its single sign-on mode is {app.single_sign_on_mode or 'not set'}, not saml."
        problems.append(Problem(reason, symptoms.MISCONFIGURED, f"{advice.application(path)}, which sets it."))
    yield judged(
        "application",
        app.name,
        problems,
        {"app_id": app.app_id, "enabled": app.enabled, "mode": app.single_sign_on_mode},
    )


def tenant(path: Path) -> collections.abc.Iterator[Finding]:
    """What of the tenant stays unseen."""
    if path.application.groups:
        names = ", ".join(group.name for group in path.application.groups)
        reason = (
            "Assigning groups takes Entra ID P1 or P2, and Conditional Access may refuse anybody (AADSTS53003, "
            "50076); neither is read."
        )
        yield unknown("tenant", names, reason)


def token(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether Entra issues tokens of the version of SAML that AWS takes; nothing where nobody chose another."""
    app = path.application
    if "token_policies" in app.not_readable:
        yield unknown("response", app.name, app.not_readable["token_policies"])
    elif app.token_version != SAML_2:
        reason = (
            f"A token issuance policy makes Entra issue tokens of SAML {app.token_version}; AWS accepts only SAML "
            f"{SAML_2}."
        )
        fix = (
            f"Set SamlTokenVersion to {SAML_2} in the application's token issuance policy, or remove the policy in "
            "Entra ID."
        )
        evidence = {"token_version": app.token_version, "expected": SAML_2}
        yield judged("response", app.name, [Problem(reason, symptoms.INVALID_RESPONSE, fix)], evidence)


def claims_policy(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether there is one claims policy and whether it is complete."""
    app = path.application
    if "policies" in app.not_readable:
        yield unknown("claims", app.name, app.not_readable["policies"])
        return
    if not app.definitions and not app.managed:
        yield unknown(
            "claims",
            app.name,
            "The claims come from Attributes & Claims in the portal, which Microsoft Graph v1.0 does not show.",
        )
        return
    evidence = {"policies": len(app.definitions)} | ({"claims": path.policy.as_sent()} if path.policy else {})
    yield judged("claims", app.name, list(_policy_problems(path)), evidence)


def _policy_problems(path: Path) -> collections.abc.Iterator[Problem]:
    fix = f"{advice.whole_claims(path)}."
    count = len(path.application.definitions)
    if count != 1:
        reason = (
            "No claims policy is assigned, so AWS gets no role."
            if count == 0
            else f"{count} claims policies are assigned; one is sent."
        )
        yield Problem(
            reason,
            symptoms.INVALID_RESPONSE if count == 0 else "",
            fix if count == 0 else "Remove all but one in Entra ID.",
        )
        return
    if path.policy is None:
        yield Problem("The claims policy cannot be read.", symptoms.INVALID_RESPONSE, fix)
        return
    total = len(claims.parse(path.application.definitions[0]).claims)
    if total > claims.MAX_CLAIMS:
        fix = fix.replace("session_duration:", "keep_unknown_claims: false, session_duration:")
    cut = (
        f" The policy has {total} claims; Entra ignores those after the first {claims.MAX_CLAIMS}."
        if total > claims.MAX_CLAIMS
        else ""
    )
    absent = {claims.ROLE: symptoms.INVALID_RESPONSE, claims.ROLE_SESSION_NAME: symptoms.NAME_REQUIRED}
    for claim_type, symptom in absent.items():
        if not path.sent(claim_type):
            yield Problem(f"The claim {claim_type} is not sent.{_misspelt(path, claim_type)}{cut}", symptom, fix)
    yield from value_problems(path.claimed(), functools.partial(claim_advice, path))
    for claim_type in (claims.ROLE_SESSION_NAME, claims.SESSION_DURATION, claims.SOURCE_IDENTITY):
        value = path.claimed().value(claim_type)
        origins = {str(claim.get("value", claim.get("source"))): None for claim in path.sent(claim_type)}
        if value.values is None and len(origins) > 1 and not path.facts.people:
            reason = (
                f"The claim {claim_type} may be sent with several values, from {' and '.join(origins)}; AWS accepts "
                "only one."
            )
            yield Problem(reason, symptoms.INVALID_RESPONSE, claim_advice(path, claim_type, value))


def claim_advice(path: Path, claim_type: str, value: ClaimValue) -> str:
    """The fix for a claim of the application itself."""
    if claim_type == claims.SESSION_DURATION:
        return f"{advice.application(path, session_duration=advice.longest_session(path))}."
    if claim_type == claims.ROLE_SESSION_NAME:
        return f"{advice.application(path, session_name_source=path.fitting_source or 'userprincipalname')}."
    claim: dict[str, str] = {"name": claim_type, "id": "userprincipalname"}
    if claim_type != claims.SOURCE_IDENTITY:
        first = next(iter(value.values or ()), "")
        claim = {"name": claim_type, "value": re.sub(r"[^A-Za-z0-9_.-]", "-", first)[:MAX_TAG_VALUE]}
    return f"{advice.application(path, extra_claims=[claim])}, or with another value of that claim."


def _misspelt(path: Path, claim_type: str) -> str:
    """A claim that differs from the one that AWS takes in case, or in what precedes or follows its last part."""
    names = [claim["name"] for claim in path.policy.as_sent()] if path.policy else []
    if like := [name for name in names if name.lower() == claim_type.lower()]:
        return f" AWS does not take {like[0]} for it: names are case-sensitive."
    like = [name for name in names if _last_part(name) == _last_part(claim_type)]
    return f" AWS does not take {like[0]!r} for it: it takes no other name." if like else ""


def _last_part(name: str) -> str:
    return name.strip().rstrip("/").rpartition("/")[2].lower()


def certificate(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the certificate that signs is within its dates and known to IAM."""
    app, signer, now = path.application, path.signer, path.desired.now
    keys = [{**key.certificate.as_dict(now), "active": key.active} for key in app.keys]
    evidence: dict[str, t.Any] = {"application": keys, "signs": signer.certificate.thumbprint if signer else None}
    if signer is None or (app.definitions and not signer.certificate.usable(now)):
        fix = (
            f"{advice.application(path)}, which creates and activates one, then {advice.lower(advice.provider(path))} "
            f"(site.yml does both)."
        )
        symptom = symptoms.NO_CUSTOM_SIGNING_KEY if app.definitions else symptoms.NO_SIGNING_KEY
        yield judged("certificate", app.name, [Problem(_why_nothing_signs(path), symptom, fix)], evidence)
        return
    subject = signer.certificate.thumbprint
    metadata = path.provider.metadata if path.provider else None
    if metadata is None or not path.same_issuer:
        yield unknown("certificate", subject, "IAM has no metadata of this directory to compare it with.")
        return
    evidence |= {"provider": list(metadata.thumbprints)}
    if signer.certificate not in metadata.certificates:
        reason = f"Entra signs with {subject}, which the SAML provider does not have."
        reason += (
            ""
            if signer.active
            else " Nobody activated it: the active one has expired, and Entra ID then uses another valid one."
        )
        fix = f"{advice.provider(path)}, or the role certificate_rotation (site.yml does the former)."
        yield judged("certificate", subject, [Problem(reason, symptoms.SIGNATURE_INVALID, fix)], evidence)
        return
    warning = _certificate_warning(path, signer)
    fix = "Run the role certificate_rotation." if warning else ""
    yield Finding("certificate", subject, "warning" if warning else "pass", warning, evidence, fix=fix)


def _why_nothing_signs(path: Path) -> str:
    active = next((key for key in path.application.keys if key.active), None)
    if not path.application.keys:
        return "The application has no signing certificate."
    if active is None:
        return "No signing certificate is active."
    if not active.can_sign:
        return "Entra does not have the private key of the active certificate."
    return (
        f"The active certificate is valid from {active.certificate.not_before:%Y-%m-%d} to "
        f"{active.certificate.not_after:%Y-%m-%d} only."
    )


def _certificate_warning(path: Path, signer: SigningCertificate) -> str:
    if not signer.certificate.usable(path.desired.now):
        return f"The certificate expired on {signer.certificate.not_after:%Y-%m-%d}."
    if not signer.active:
        return "The active certificate has expired; Entra ID signs with another one that nobody activated."
    left = signer.certificate.days_left(path.desired.now)
    return (
        f"The certificate expires in {left} days, on {signer.certificate.not_after:%Y-%m-%d}."
        if left < path.desired.warn_days
        else ""
    )
