# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hops of the enterprise application: enabled, claims, certificate, identifier, reply URL, relay state."""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import re
import typing as t
from urllib.parse import unquote, urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._checks import advice, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import MAX_TAG_VALUE, value_problems
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import SAML_2, Person, SigningKey
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import (
    Path,
    is_spaced,
    judged,
    read_pair,
    unknown,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import Arn, parse_role_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import PARTITIONS, Partition
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import (
    RelayState,
    accepted_audiences,
    audience_of,
    check_reply_url,
    in_sign_in_table,
    is_of_user_pool,
    leads_to_new_domain,
    parse_relay_state,
    relay_state,
    reply_url,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import ClaimValue
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import RolePair

HOPS: t.Final = ("claims", "role_claim", "certificate", "identifier", "reply_url", "relay_state")

_LIKE_PAIR: t.Final = re.compile(
    r"(?=.*:saml-provider/)(?=.*:role/)(arn:[\w-]+:iam::\d{12}:(role|saml-provider)/[^,]+(,|$)){2}", re.ASCII
)
"""A pair of ARNs in form, though no partition that is known here has them."""
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
            f"A token issuance policy makes Entra issue tokens of SAML {app.token_version}; AWS takes SAML "
            f"{SAML_2} alone."
        )
        fix = (
            f"Set SamlTokenVersion to {SAML_2} in the application's token issuance policy, or take the policy "
            f"away in Entra ID."
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
                f"The claim {claim_type} may be sent with several values, from {' and '.join(origins)}; AWS takes one."
            )
            yield Problem(reason, symptoms.INVALID_RESPONSE, claim_advice(path, claim_type, value))


def claim_advice(path: Path, claim_type: str, value: ClaimValue) -> str:
    """What mends a claim of the application itself."""
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
    names = [claim["name"] for claim in path.policy.as_sent()] if path.policy else []
    like = [name for name in names if name.lower() == claim_type.lower()]
    return f" AWS does not take {like[0]} for it: upper and lower case count." if like else ""


def role_claim(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the application claims exactly the role and the provider of the federation, where it claims the same for
    everybody.
    """
    app, value = path.application, path.claimed().value(claims.ROLE)
    if not path.sent(claims.ROLE):
        yield unknown("role_claim", app.name, "No role is claimed by a policy that can be read.")
    elif not path.claimed().is_personal(claims.ROLE):
        yield _judged_pair(path, app.name, value, f"{advice.claimed_pair(path)}.")
    elif not path.facts.people:
        yield unknown("role_claim", app.name, f"{value.unknown} Name people to have theirs evaluated.")


def role_of_person(path: Path, person: Person) -> collections.abc.Iterator[Finding]:
    """Whether a person is given exactly the role and the provider of the federation, where that depends on the
    person.
    """
    value = path.claimed(person).value(claims.ROLE)
    if not path.claimed().is_personal(claims.ROLE):
        return
    if value.values is None:
        yield unknown("role_claim", person.name, value.unknown, person=True)
        return
    fix = f"{advice.claimed_pair(path)}, or change {value.source} of the person in Entra ID."
    if value.values:
        yield _judged_pair(path, person.name, value, fix, person=True)
    else:
        problem = Problem(f"{value.source} is empty, so no role is claimed.", symptoms.INVALID_RESPONSE, fix)
        yield judged("role_claim", person.name, [problem], _pair_evidence(path, value), person=True)


def _judged_pair(path: Path, subject: str, value: ClaimValue, fix: str, *, person: bool = False) -> Finding:
    """Whether the role and the provider of the federation are claimed; a warning of white space, of which no source
    says what AWS does.
    """
    finding = judged(
        "role_claim", subject, list(_pair_problems(path, value, fix)), _pair_evidence(path, value), person=person
    )
    if finding.status != "pass" or not any(map(is_spaced, value.values or ())):
        return finding
    reason = "There is white space beside an ARN of the Role claim; what AWS does with it is documented nowhere."
    return dataclasses.replace(
        finding, status="warning", reason=reason, fix=f"{fix} That writes the two ARNs with a comma alone."
    )


def _pair_evidence(path: Path, value: ClaimValue) -> dict[str, t.Any]:
    expected = f"{path.role_arn},{path.provider_arn}" if path.role_arn and path.provider_arn else None
    return {"claimed": list(value.values or ()), "expected": expected}


def _pair_problems(path: Path, value: ClaimValue, fix: str) -> collections.abc.Iterator[Problem]:
    pairs: dict[RolePair, None] = {}
    for text in value.values or ():
        pair = read_pair(text)
        if pair is None:
            reason = f"{text!r} is not the ARN of a role, a comma and the ARN of a SAML provider."
            yield Problem(
                reason, symptoms.NO_SUCH_PROVIDER if _LIKE_PAIR.fullmatch(text) else symptoms.INVALID_RESPONSE, fix
            )
            return
        pairs[pair] = None
    if len(pairs) > 1:
        yield Problem(f"{len(pairs)} roles are claimed; agents need exactly one.", symptoms.ROLE_PICKER, fix)
        return
    pair = next(iter(pairs), None)
    if pair is None:
        return
    for what, claimed, expected in (
        ("SAML provider", pair.provider_arn, path.provider_arn),
        ("role", pair.role_arn, path.role_arn),
    ):
        if expected is not None and claimed != expected:
            case = " They differ in upper and lower case, which counts." if claimed.lower() == expected.lower() else ""
            reason = f"The {what} {claimed} is claimed, not {expected}.{case}"
            yield Problem(reason, _symptom_of_pair(path, pair), fix)
    home = path.wish.home
    claimed_home = parse_role_arn(pair.role_arn)
    if (claimed_home.partition, claimed_home.account) != (
        home.partition,
        home.account,
    ) and pair.role_arn == path.role_arn:
        where = (
            f"{claimed_home.account} of {claimed_home.partition}, the instance in {home.account} of {home.partition}"
        )
        yield Problem(f"The role is in the account {where}.", _symptom_of_pair(path, pair) or symptoms.DENIED, fix)


def _symptom_of_pair(path: Path, pair: RolePair) -> str:
    """What comes of a claimed pair that is not the federation's: AWS looks at the provider first, then at the role."""
    provider = path.facts.providers.get(pair.provider_arn)
    role = path.facts.roles.get(pair.role_arn)
    if provider is None:
        return symptoms.NO_SUCH_PROVIDER
    if provider.metadata and provider.metadata.entity_id != path.issuer:
        return symptoms.ISSUER
    if provider.metadata and path.signer and path.signer.certificate not in provider.metadata.certificates:
        return symptoms.SIGNATURE_INVALID
    if role is None or path.trusts(role, provider.arn, path.reply_url or "", path.everybody[0][1]).effect != "allow":
        return symptoms.NOT_AUTHORIZED
    return "" if path.permits(role, path.wish.home, path.everybody[0][1]).effect == "allow" else symptoms.DENIED


def certificate(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the certificate that signs is within its dates and known to IAM."""
    app, signer, now = path.application, path.signer, path.wish.now
    keys = [{**key.certificate.as_dict(now), "active": key.active} for key in app.keys]
    evidence: dict[str, t.Any] = {"application": keys, "signs": signer.certificate.thumbprint if signer else None}
    if signer is None or (app.definitions and not signer.certificate.usable(now)):
        fix = (
            f"{advice.application(path)}, which makes and activates one, then {_lower(advice.provider(path))} "
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
            else " Nobody activated it: the active one has ended, and then Entra takes a valid one by itself."
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


def _certificate_warning(path: Path, signer: SigningKey) -> str:
    if not signer.certificate.usable(path.wish.now):
        return f"The certificate ended on {signer.certificate.not_after:%Y-%m-%d}."
    if not signer.active:
        return "The active certificate has ended; Entra signs with another one that nobody activated."
    left = signer.certificate.days_left(path.wish.now)
    return (
        f"The certificate ends in {left} days, on {signer.certificate.not_after:%Y-%m-%d}."
        if left < path.wish.warn_days
        else ""
    )


def identifier(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether AWS is the audience."""
    app, accepted = path.application, accepted_audiences(path.wish.partition)
    first = next(iter(app.identifiers), "")
    overridden = path.policy.audience_override if path.policy else None
    audience = overridden or audience_of(first)
    evidence = {"identifiers": list(app.identifiers), "audience": audience, "accepted": list(accepted)}
    if overridden:
        reason = f"The claims policy sends the audience {overridden!r}."
        problems = [Problem(reason, symptoms.AUDIENCE, f"{advice.application(path, audience_override=accepted[-1])}.")]
        yield judged("identifier", app.name, [] if overridden in accepted else problems, evidence)
        return
    if audience not in accepted:
        fix = f"{advice.application(path, identifiers=[f'{accepted[-1]}#{_suffix(app.name)}'])}."
        reason = f"The audience is {audience!r}." if first else "The application has no identifier."
        yield judged(
            "identifier",
            app.name,
            [Problem(reason, symptoms.AUDIENCE, fix)],
            evidence,
        )
        return
    others = [uri for uri in app.identifiers if audience_of(uri) not in accepted and not is_of_user_pool(uri)]
    warning = (
        f"Which of its identifiers is sent is for Entra to say; AWS does not take {', '.join(others)}."
        if others
        else ""
    )
    if "#" in first and not app.gallery:
        warning = "Microsoft documents for applications of the gallery alone that '#' and what follows it are not sent."
    yield Finding("identifier", app.name, "warning" if warning else "pass", warning, evidence)


def _lower(advised: str) -> str:
    """Advice as the rest of a sentence."""
    return advised[0].lower() + advised[1:]


def _suffix(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def where_posted(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the response goes to AWS's sign-in."""
    app, posted = path.application, path.reply_url
    evidence = {"reply_urls": list(app.reply_urls)}
    fix = _reply_advice(path)
    if posted is None:
        yield judged(
            "reply_url", app.name, [Problem("The application has no reply URL.", symptoms.NO_REPLY_URL, fix)], evidence
        )
        return
    problems = [problem for url in app.reply_urls[:1] for problem in _reply_problems(path, url, fix)]
    alternatives = [url for url in app.reply_urls[1:] if not (app.has_default and is_of_user_pool(url))]
    others = [url for url in alternatives if list(_reply_problems(path, url, fix))]
    if not problems and not in_sign_in_table(posted, path.wish.partition):
        reason = (
            f"{posted} is not in AWS's table of sign-in endpoints; where it works, nothing promises that it goes on to."
        )
        yield Finding("reply_url", app.name, "warning", reason, evidence, fix=fix)
        return
    if problems or not others:
        yield judged("reply_url", app.name, problems, evidence)
        return
    reason = f"Which of its reply URLs Entra posts to is not fixed; {', '.join(others)} would not do."
    yield Finding("reply_url", app.name, "warning", reason, evidence, fix=fix)


def _reply_advice(path: Path) -> str:
    """A reply URL that the role trusts already, the Region's own before the global one; else both sides of another."""
    partition = path.wish.partition
    urls = [reply_url(partition, path.wish.home.region), reply_url(partition)]
    role, provider_arn = path.role, path.provider_arn
    if role is not None and provider_arn is not None:
        for url in urls:
            if path.trusts(role, provider_arn, url, path.everybody[0][1]).effect == "allow":
                return f"{advice.application(path, reply_urls=[url])}."
    return f"{advice.application(path, reply_urls=urls[:1])}, and connect_federation_role with the same."


def _reply_problems(path: Path, url: str, fix: str) -> collections.abc.Iterator[Problem]:
    reason = path.wrong_with(url)
    if not reason:
        return
    host = (urlsplit(url).hostname or "").lower()
    others = [partition.signin_host for partition in PARTITIONS.values() if partition != path.wish.partition]
    symptom = symptoms.ELSEWHERE
    if _reaches_aws(url, path.wish.partition):
        symptom = symptoms.INVALID_RESPONSE
    elif any(host == other or host.endswith(f".{other}") for other in others):
        symptom = symptoms.NO_SUCH_PROVIDER
    yield Problem(reason, symptom, fix)


def _reaches_aws(url: str, partition: Partition) -> bool:
    """Whether the browser finds AWS's sign-in there, as it does when only the case of the host differs."""
    parts = urlsplit(url)
    try:
        check_reply_url(parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl(), partition)
    except InvalidInput:
        return False
    return True


def landing(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the relay state leads to the instance."""
    app = path.application
    posted = urlsplit(path.reply_url or "").hostname or ""
    if posted.endswith(_RESILIENT):
        yield unknown("relay_state", app.name, "The sign-in of Global Resiliency takes none; it is not evaluated here.")
        return
    expected = _expected_relay_state(path)
    fix = f"{advice.application(path, relay_state=expected)}."
    evidence = {"relay_state": app.relay_state, "expected": expected}
    yield judged(
        "relay_state",
        app.name,
        [problem._replace(fix=fix) for problem in _relay_problems(path, app.relay_state or "")],
        evidence,
    )


def _expected_relay_state(path: Path) -> str:
    home, destination = path.wish.home, path.wish.destination or ""
    new_domain = leads_to_new_domain(path.facts.instance.access_url if path.facts.instance else "", destination)
    return relay_state(home.region, home.instance_id, destination or None, new_domain=new_domain)


def _relay_problems(path: Path, text: str) -> collections.abc.Iterator[Problem]:
    home = path.wish.home
    if not text:
        yield Problem("There is no relay state.", symptoms.CONSOLE_HOME)
        return
    try:
        relay_state = parse_relay_state(text)
    except InvalidInput as error:
        yield Problem(error.message, _unusable(path, text))
        return
    if relay_state.partition != home.partition:
        yield Problem(
            f"It leads to the partition {relay_state.partition}, the instance is in {home.partition}.",
            symptoms.CONSOLE_HOME,
        )
        return
    region = relay_state.region or home.region
    if region != home.region:
        yield Problem(
            f"It leads to the Region {region}, the instance is in {home.region}.", _at(path, relay_state, region)
        )
    if relay_state.instance_id != home.instance_id:
        case = (
            " They differ in upper and lower case, which counts."
            if relay_state.instance_id.lower() == home.instance_id.lower()
            else ""
        )
        yield Problem(
            f"It leads to the instance {relay_state.instance_id}, not to {home.instance_id}.{case}",
            _at(path, relay_state, region),
        )
    if missing := _missing_page(path, relay_state):
        yield Problem(missing, symptoms.NO_CCP)
    if path.wish.destination is not None and _page(relay_state.destination or "") != _page(path.wish.destination):
        yield Problem(
            f"It leads to the page {relay_state.destination or '(home)'}, not to {path.wish.destination or '(home)'}.",
            symptoms.OTHER_PAGE,
        )


def _missing_page(path: Path, relay_state: RelayState) -> str:
    """Why the page is not on the domain that an agent is led to; empty where it is."""
    if path.facts.instance is None:
        return ""
    try:
        leads_to_new_domain(
            path.facts.instance.access_url, _page(relay_state.destination or ""), relay_state.new_domain
        )
    except InvalidInput as error:
        return error.message
    return ""


def _page(destination: str) -> str:
    """A page of the instance as its server sees it, which decodes the path that the browser asks for; an address
    elsewhere as it is.
    """
    return destination if not destination or "://" in destination else "/" + unquote(destination).lstrip("/")


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


def _at(path: Path, relay_state: RelayState, region: str) -> str:
    """What an agent of this role sees at another instance."""
    if path.role is None:
        return ""
    other = Arn(relay_state.partition, "connect", region, path.wish.home.account, f"instance/{relay_state.instance_id}")
    return (
        symptoms.NOT_ONBOARDED
        if path.permits(path.role, other, path.everybody[0][1]).effect == "allow"
        else symptoms.DENIED
    )
