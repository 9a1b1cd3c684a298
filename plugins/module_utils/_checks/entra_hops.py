# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hops of the enterprise application: enabled, claims, certificate, identifier, reply URL, relay state."""

from __future__ import annotations

import collections.abc
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._checks import symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import SigningKey
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import ANYBODY, Path, Problem, judged, read_pair, unknown
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.arns import Arn, parse_role_arn
from ansible_collections.openccp.federation.plugins.module_utils._saml.partitions import PARTITIONS
from ansible_collections.openccp.federation.plugins.module_utils._saml.urls import (
    RelayState,
    accepted_audiences,
    audience_of,
    check_reply_url,
    parse_relay_state,
    relay_state,
    reply_url,
)

HOPS: t.Final = ("claims", "role_claim", "certificate", "identifier", "reply_url", "relay_state")

_APP: t.Final = "Run azure_saml_app"
_SOURCE_IDENTITY: t.Final = re.compile(r"(?!aws:)[a-zA-Z_0-9+=,.@-]{2,64}")
_RESILIENT: t.Final = ".sign-in.connect.aws"


def application(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the application is there and signs people in by SAML."""
    app = path.facts.application
    if app is None:
        yield judged(
            "application",
            path.wish.label or "application",
            [
                Problem(
                    "The directory has no such application.",
                    symptoms.NO_SUCH_APPLICATION,
                    f"{_APP}, or restore it within 30 days of its deletion.",
                )
            ],
            {},
        )
        return
    problems = []
    if app.login_url:
        reason = f"A sign-on URL is set, so people are sent to {app.login_url}."
        problems.append(Problem(reason, symptoms.SIGN_IN_ELSEWHERE, f"{_APP}, which clears it (loginUrl)."))
    if not app.enabled:
        fix = (
            f"Enable it in Entra ID: Properties, 'Enabled for users to sign-in' (servicePrincipals(appId='{app.app_id}'), accountEnabled)."
        )
        problems.append(Problem("The application is disabled.", symptoms.APPLICATION_DISABLED, fix))
    if app.single_sign_on_mode != "saml":
        reason = f"Its single sign-on mode is {app.single_sign_on_mode or 'not set'}, not saml."
        problems.append(Problem(reason, symptoms.MISCONFIGURED, f"{_APP}, which sets it."))
    yield judged("application", app.name, problems, {"app_id": app.app_id, "enabled": app.enabled, "mode": app.single_sign_on_mode})


def tenant(path: Path) -> collections.abc.Iterator[Finding]:
    """What of the tenant stays unseen."""
    if path.application.groups:
        names = ", ".join(group.name for group in path.application.groups)
        reason = (
            "Assigning groups takes Entra ID P1 or P2, and Conditional Access may refuse anybody (AADSTS53003, 50076); neither is read."
        )
        yield unknown("tenant", names, reason)


def claims_policy(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether there is one claims policy and whether it is complete."""
    app = path.application
    if "policies" in app.unread:
        yield unknown("claims", app.name, app.unread["policies"])
        return
    if not app.definitions and not app.ours:
        yield unknown(
            "claims", app.name, "The claims come from Attributes & Claims in the portal, which Microsoft Graph v1.0 does not show."
        )
        return
    evidence = {"policies": len(app.definitions)} | ({"claims": path.policy.as_sent()} if path.policy else {})
    yield judged("claims", app.name, list(_policy_problems(path)), evidence)


def _policy_problems(path: Path) -> collections.abc.Iterator[Problem]:
    fix = f"{_APP} with session_name_source, role_claims and session_duration."
    count = len(path.application.definitions)
    if count != 1:
        reason = (
            "No claims policy is assigned, so AWS gets no role." if count == 0 else f"{count} claims policies are assigned; one is sent."
        )
        yield Problem(reason, symptoms.INVALID_RESPONSE if count == 0 else "", fix if count == 0 else "Remove all but one in Entra ID.")
        return
    if path.policy is None:
        yield Problem("The claims policy cannot be read.", symptoms.INVALID_RESPONSE, fix)
        return
    total = len(claims.parse(path.application.definitions[0]).claims)
    cut = f" The policy has {total} claims; Entra ignores those after the first {claims.MAX_CLAIMS}." if total > claims.MAX_CLAIMS else ""
    absent = {claims.ROLE: symptoms.INVALID_RESPONSE, claims.ROLE_SESSION_NAME: symptoms.NAME_REQUIRED}
    for claim_type, symptom in absent.items():
        if not path.sent(claim_type):
            yield Problem(f"The claim {claim_type} is not sent.{_misspelt(path, claim_type)}{cut}", symptom, fix)
    for claim_type in (claims.ROLE_SESSION_NAME, claims.SESSION_DURATION, claims.SOURCE_IDENTITY):
        if len(path.sent(claim_type)) > 1:
            yield Problem(f"The claim {claim_type} is sent with several values.", symptoms.INVALID_RESPONSE, fix)
    yield from _value_problems(path)


def _value_problems(path: Path) -> collections.abc.Iterator[Problem]:
    source = path.constant(claims.SOURCE_IDENTITY)
    if source is not None and not _SOURCE_IDENTITY.fullmatch(source):
        reason = f"AWS does not take the source identity {source!r}."
        yield Problem(reason, symptoms.SOURCE_IDENTITY_MUST_MATCH, f"{_APP} with another value in extra_claims.")
    duration = path.constant(claims.SESSION_DURATION)
    if duration is not None and not (duration.isdecimal() and claims.MIN_SESSION <= int(duration) <= claims.MAX_SESSION):
        reason = f"SessionDuration is {duration!r}; AWS takes {claims.MIN_SESSION} to {claims.MAX_SESSION} seconds."
        yield Problem(reason, symptoms.INVALID_RESPONSE, f"{_APP} with session_duration.")


def _misspelt(path: Path, claim_type: str) -> str:
    names = [claim["name"] for claim in path.policy.as_sent()] if path.policy else []
    like = [name for name in names if name.lower() == claim_type.lower()]
    return f" AWS does not take {like[0]} for it: upper and lower case count." if like else ""


def role_claim(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the application claims exactly the role and the provider of the federation."""
    app, sent = path.application, path.sent(claims.ROLE)
    if not sent:
        yield unknown("role_claim", app.name, "No role is claimed by a policy that can be read.")
        return
    sources = [claim["source"] for claim in sent if "source" in claim]
    if sources:
        yield unknown("role_claim", app.name, f"The role comes from {', '.join(sources)}; only fixed values are evaluated here.")
        return
    values = [claim["value"] for claim in sent]
    evidence = {"claimed": values, "expected": f"{path.role_arn},{path.provider_arn}"}
    yield judged("role_claim", app.name, list(_pair_problems(path, values)), evidence)


def _pair_problems(path: Path, values: list[str]) -> collections.abc.Iterator[Problem]:
    fix = f"{_APP} with role_claims: [{{role_arn: {path.role_arn}, provider_arn: {path.provider_arn}}}]."
    for value in values:
        if read_pair(value) is None:
            reason = f"{value!r} is not the ARN of a role, a comma and the ARN of a SAML provider."
            yield Problem(reason, symptoms.INVALID_RESPONSE, fix)
            return
    if len(values) > 1:
        yield Problem(f"{len(values)} roles are claimed; agents need exactly one.", symptoms.ROLE_PICKER, fix)
        return
    pair = t.cast("claims.RolePair", path.pair)
    for what, claimed, expected in (
        ("SAML provider", pair.provider_arn, path.provider_arn),
        ("role", pair.role_arn, path.role_arn),
    ):
        if claimed != expected:
            case = " They differ in upper and lower case, which counts." if claimed.lower() == str(expected).lower() else ""
            reason = f"The {what} {claimed} is claimed, not {expected}.{case}"
            yield Problem(reason, _symptom_of_pair(path), fix)
    home = path.wish.home
    claimed_home = parse_role_arn(pair.role_arn)
    if (claimed_home.partition, claimed_home.account) != (home.partition, home.account) and pair.role_arn == path.role_arn:
        yield Problem(f"The role is in the account {claimed_home.account}, the instance in {home.account}.", symptoms.DENIED, fix)


def _symptom_of_pair(path: Path) -> str:
    """What comes of a claimed pair that is not the federation's: AWS looks at the provider first, then at the role."""
    provider = path.facts.providers.get(path.pair.provider_arn if path.pair else "")
    role = path.facts.roles.get(path.pair.role_arn if path.pair else "")
    if provider is None:
        return symptoms.NO_SUCH_PROVIDER
    if provider.metadata and provider.metadata.entity_id != path.application.issuer:
        return symptoms.ISSUER
    if provider.metadata and path.signer and path.signer.certificate not in provider.metadata.certificates:
        return symptoms.SIGNATURE_INVALID
    if role is None or path.trusts(role, provider.arn, path.reply_url or "").effect != "allow":
        return symptoms.NOT_AUTHORIZED
    return "" if path.permits(role, path.wish.home, ANYBODY).effect == "allow" else symptoms.DENIED


def certificate(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the certificate that signs is within its dates and known to IAM."""
    app, signer, now = path.application, path.signer, path.wish.now
    keys = [{**key.certificate.as_dict(now), "active": key.active} for key in app.keys]
    evidence: dict[str, t.Any] = {"application": keys, "signs": signer.certificate.thumbprint if signer else None}
    if signer is None or (app.definitions and not signer.certificate.usable(now)):
        symptom = symptoms.NO_CUSTOM_SIGNING_KEY if app.definitions else symptoms.NO_SIGNING_KEY
        yield judged(
            "certificate", app.name, [Problem(_why_nothing_signs(path), symptom, f"{_APP}, which makes and activates one.")], evidence
        )
        return
    subject = signer.certificate.thumbprint
    metadata = path.provider.metadata if path.provider else None
    if metadata is None or not path.same_issuer:
        yield unknown("certificate", subject, "IAM has no metadata of this directory to compare it with.")
        return
    evidence |= {"provider": list(metadata.thumbprints)}
    if signer.certificate not in metadata.certificates:
        reason = f"Entra signs with {subject}, which the SAML provider does not have."
        reason += "" if signer.active else " Nobody activated it: the active one has ended, and then Entra takes a valid one by itself."
        fix = "Run iam_saml_provider with the application's metadata (site.yml does), or the role certificate_rotation."
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
    return f"The active certificate is valid from {active.certificate.not_before:%Y-%m-%d} to {active.certificate.not_after:%Y-%m-%d} only."


def _certificate_warning(path: Path, signer: SigningKey) -> str:
    if not signer.certificate.usable(path.wish.now):
        return f"The certificate ended on {signer.certificate.not_after:%Y-%m-%d}."
    if not signer.active:
        return "The active certificate has ended; Entra signs with another one that nobody activated."
    left = signer.certificate.days_left(path.wish.now)
    return f"The certificate ends in {left} days, on {signer.certificate.not_after:%Y-%m-%d}." if left < path.wish.warn_days else ""


def identifier(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether AWS is the audience."""
    app, accepted = path.application, accepted_audiences(path.wish.partition)
    first = next(iter(app.identifiers), "")
    audience = audience_of(first)
    evidence = {"identifiers": list(app.identifiers), "audience": audience, "accepted": list(accepted)}
    if audience not in accepted:
        reason = f"The audience is {audience!r}." if first else "The application has no identifier."
        yield judged(
            "identifier",
            app.name,
            [Problem(reason, symptoms.AUDIENCE, f"{_APP} with identifiers: [{accepted[-1]}#{_suffix(app.name)}].")],
            evidence,
        )
        return
    others = [one for one in app.identifiers if audience_of(one) not in accepted]
    warning = f"Which of its identifiers is sent is for Entra to say; AWS does not take {', '.join(others)}." if others else ""
    if "#" in first and not app.gallery:
        warning = "Microsoft documents for applications of the gallery alone that '#' and what follows it are not sent."
    yield Finding("identifier", app.name, "warning" if warning else "pass", warning, evidence)


def _suffix(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def where_posted(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the response goes to AWS's sign-in."""
    app, posted = path.application, path.reply_url
    evidence = {"reply_urls": list(app.reply_urls)}
    fix = f"{_APP} with reply_urls: [{reply_url(path.wish.partition)}] or a regional form of it, which the role must trust."
    if posted is None:
        yield judged("reply_url", app.name, [Problem("The application has no reply URL.", symptoms.NO_REPLY_URL, fix)], evidence)
        return
    problems = [problem for one in app.reply_urls[:1] for problem in _reply_problems(path, one, fix)]
    others = [one for one in app.reply_urls[1:] if list(_reply_problems(path, one, fix))]
    if problems or not others:
        yield judged("reply_url", app.name, problems, evidence)
        return
    reason = f"Which of its reply URLs Entra posts to is not fixed; {', '.join(others)} would not do."
    yield Finding("reply_url", app.name, "warning", reason, evidence, fix=fix)


def at_aws(path: Path) -> list[str]:
    """Those of the application's reply URLs that are AWS's sign-in."""
    return [url for url in path.application.reply_urls if not list(_reply_problems(path, url, ""))]


def _reply_problems(path: Path, url: str, fix: str) -> collections.abc.Iterator[Problem]:
    try:
        check_reply_url(url.replace("/static/saml", "/saml"), path.wish.partition)
    except InvalidInput as error:
        host = urlsplit(url).hostname or ""
        elsewhere = any(
            host == one.signin_host or host.endswith("." + one.signin_host) for one in PARTITIONS.values() if one != path.wish.partition
        )
        yield Problem(error.message, symptoms.NO_SUCH_PROVIDER if elsewhere else symptoms.ELSEWHERE, fix)
        return
    named = url.partition("/saml/acs/")[2]
    if named and path.provider and named != path.provider.uuid:
        reason = f"The reply URL names the SAML provider with the id {named}; the federation's has {path.provider.uuid}."
        yield Problem(reason, symptoms.INVALID_RESPONSE, fix)


def landing(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the relay state leads to the instance."""
    app, home = path.application, path.wish.home
    posted = urlsplit(path.reply_url or "").hostname or ""
    if posted.endswith(_RESILIENT):
        yield unknown("relay_state", app.name, "The sign-in of Global Resiliency takes none; it is not evaluated here.")
        return
    expected = relay_state(home.region, home.instance_id, path.wish.destination or None)
    fix = f"{_APP} with relay_state: {expected}."
    evidence = {"relay_state": app.relay_state, "expected": expected}
    yield judged("relay_state", app.name, [problem._replace(fix=fix) for problem in _relay_problems(path, app.relay_state or "")], evidence)


def _relay_problems(path: Path, text: str) -> collections.abc.Iterator[Problem]:
    home = path.wish.home
    if not text:
        yield Problem("There is no relay state.", symptoms.CONSOLE_HOME)
        return
    try:
        found = parse_relay_state(text)
    except InvalidInput as error:
        yield Problem(error.message, _unusable(path, text))
        return
    if found.partition != home.partition:
        yield Problem(f"It leads to the partition {found.partition}, the instance is in {home.partition}.", symptoms.CONSOLE_HOME)
        return
    region = found.region or home.region
    if region != home.region:
        yield Problem(f"It leads to the Region {region}, the instance is in {home.region}.", _at(path, found, region))
    if found.instance_id.lower() != home.instance_id.lower():
        yield Problem(f"It leads to the instance {found.instance_id}, not to {home.instance_id}.", _at(path, found, region))
    if path.wish.destination is not None and (found.destination or "") != path.wish.destination:
        yield Problem(
            f"It leads to the page {found.destination or '(home)'}, not to {path.wish.destination or '(home)'}.", symptoms.OTHER_PAGE
        )


def _unusable(path: Path, text: str) -> str:
    """AWS follows a relay state to any page of the partition's console, and to nothing else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return symptoms.CONSOLE_HOME
    host, console = parts.hostname or "", path.wish.partition.console_host
    in_console = parts.scheme == "https" and (host == console or host.endswith("." + console))
    if in_console and parts.path.startswith("/connect/federate/"):
        return symptoms.DENIED
    return symptoms.CONSOLE_HOME


def _at(path: Path, found: RelayState, region: str) -> str:
    """What an agent of this role sees at another instance."""
    if path.role is None:
        return ""
    other = Arn(found.partition, "connect", region, path.wish.home.account, f"instance/{found.instance_id}")
    return symptoms.NOT_ONBOARDED if path.permits(path.role, other, ANYBODY).effect == "allow" else symptoms.DENIED
