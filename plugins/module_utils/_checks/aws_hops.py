# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hops in AWS: SAML provider, role, session duration, permissions, instance, approved origins."""

from __future__ import annotations

import collections.abc
import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import advice, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.address_hops import where_posted
from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import Claimed, seconds_of
from ansible_collections.openccp.federation.plugins.module_utils._checks.evaluation import Verdict
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Application, Person, Role
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path, judged, unknown
from ansible_collections.openccp.federation.plugins.module_utils._checks.requests import ANYBODY
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import as_origin, parse_relay_state
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import ClaimValue, only


def provider(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether IAM knows the directory that signs."""
    arn, facts = path.provider_arn, path.provider
    if arn is None:
        yield unknown("provider", "SAML provider", "The claims of the application name none.")
        return
    if arn in path.facts.not_readable:
        yield unknown("provider", arn, path.facts.not_readable[arn])
        return
    if facts is None:
        problem = Problem(
            "There is no such SAML provider.", symptoms.NO_SUCH_PROVIDER, f"{advice.provider(path)} (site.yml does)."
        )
        yield judged("provider", arn, [problem], {"exists": False})
        return
    issuer = path.issuer
    if facts.metadata is None or issuer is None:
        yield unknown("provider", arn, facts.unreadable or _why_no_issuer(path))
        return
    problems = []
    if not path.same_issuer:
        reason = f"It has the metadata of {facts.metadata.entity_id}; Entra signs as {issuer}."
        problems.append(Problem(reason, symptoms.ISSUER, f"{advice.provider(path)} (site.yml does)."))
    if facts.requires_encryption and not path.application.encrypts:
        reason = "It accepts only encrypted assertions, but Entra ID does not encrypt them."
        problems.append(
            Problem(reason, symptoms.INVALID_RESPONSE, f"{advice.provider(path, assertion_encryption_mode='allowed')}.")
        )
    if path.application.encrypts and not facts.private_keys:
        reason = "Entra ID encrypts the assertions, but IAM has no private key to decrypt them."
        fix = (
            "Disable token encryption in Entra ID (tokenEncryptionKeyId of the application and of its "
            "service principal), or give "
            "IAM the private key: iam_saml_provider with private_key_file."
        )
        problems.append(Problem(reason, symptoms.INVALID_RESPONSE, fix))
    evidence = {
        "entity_id": facts.metadata.entity_id,
        "issuer": issuer,
        "encryption_required": facts.requires_encryption,
    }
    yield judged("provider", arn, problems, evidence)


def _why_no_issuer(path: Path) -> str:
    if path.facts.application and path.facts.application.issuer:
        return (
            "It knows the application by an issuer that ends in the application's id, and whether that is the "
            "issuer is not shown."
        )
    return "The application's metadata cannot be read, so its issuer is not known."


def role(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the role exists and takes what the provider vouches for."""
    arn, facts = path.role_arn, path.role
    if arn is None:
        yield unknown("role", "role", "The claims of the application name none.")
        return
    if arn in path.facts.not_readable:
        yield unknown("role", arn, path.facts.not_readable[arn])
        return
    if facts is None:
        fix = (
            f"{advice.role(path)} (site.yml does). Users who signed in with a role of that name before stay bound "
            f"to the old one."
        )
        yield judged("role", arn, [Problem("There is no such role.", symptoms.NOT_AUTHORIZED, fix)], {"exists": False})
        return
    url, provider_arn = path.reply_url, path.provider_arn
    misnamed = (
        path.desired.provider_arn is None and path.provider is None and provider_arn not in path.facts.not_readable
    )
    if (
        url is None
        or provider_arn is None
        or misnamed
        or any(finding.status == "fail" for finding in where_posted(path))
    ):
        yield unknown("role", arn, "Whether it trusts the response depends on a reply URL and a provider that work.")
        return
    yield from _trust(path, facts, provider_arn, url)


def _trust(path: Path, role: Role, provider_arn: str, url: str) -> collections.abc.Iterator[Finding]:
    urls = path.reply_urls_at_aws
    evidence = {"trust_policy": role.trust, "provider": provider_arn, "reply_url": url}
    fix = f"{advice.role(path)}."
    verdict, who = _worst_of_all(path, lambda claimed: path.trusts(role, provider_arn, url, claimed))
    if verdict.effect == "unknown":
        yield unknown("role", role.arn, f"Its trust policy cannot be evaluated{_for(who)}: {verdict.why}.")
    elif verdict.effect != "allow":
        verb = "denies" if verdict.effect == "deny" else "does not allow"
        reason = f"Its trust policy {verb} {verdict.why} from {provider_arn} at {url}{_for(who)}."
        yield judged("role", role.arn, [Problem(reason, symptoms.NOT_AUTHORIZED, fix)], evidence | {"people": who[:10]})
    elif others := [
        candidate for candidate in urls if candidate != url and _refuses(path, role, provider_arn, candidate)
    ]:
        reason = (
            f"Its trust policy takes what comes to {url}, but not to {', '.join(others)}, which the application "
            f"has as well."
        )
        yield Finding("role", role.arn, "warning", reason, evidence | {"refused": others}, symptoms.NOT_AUTHORIZED, fix)
    else:
        yield judged("role", role.arn, [], evidence)


def _refuses(path: Path, role: Role, provider_arn: str, url: str) -> bool:
    verdict = _worst_of_all(path, lambda claimed: path.trusts(role, provider_arn, url, claimed))[0]
    return verdict.effect in ("deny", "silent")


def _worst_of_all(path: Path, judge: t.Callable[[Claimed], Verdict]) -> tuple[Verdict, list[str]]:
    """The worst verdict on what is sent of the people, and of whom it is so; of nobody, where it is the same for
    all.
    """
    general = judge(path.claimed())
    if general.effect != "unknown" or not path.facts.people:
        return general, []
    verdicts = [(name, judge(claimed)) for name, claimed in path.everybody]
    worst = _worst(verdict for dummy, verdict in verdicts)
    who = [name for name, verdict in verdicts if verdict == worst]
    return worst, who if len(who) < len(verdicts) else []


def _for(who: t.Sequence[str]) -> str:
    """Whom a verdict is about, where it is not everybody."""
    if not who:
        return ""
    return f" for {who[0]}" + (f" and {len(who) - 1:,} more" if len(who) > 1 else "")


def session_duration(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the role allows sessions as long as they are claimed, where they are the same for everybody."""
    if path.role is None:
        return
    if not path.claimed().is_personal(claims.SESSION_DURATION):
        yield _duration(path, path.role, path.role.arn, path.claimed().value(claims.SESSION_DURATION))
    elif not path.facts.people:
        value = path.claimed().value(claims.SESSION_DURATION)
        yield unknown("session_duration", path.role.arn, f"{value.unknown} Name people to have theirs evaluated.")


def duration_of_person(path: Path, person: Person) -> collections.abc.Iterator[Finding]:
    """Whether the role allows sessions as long as a person's, where that depends on the person."""
    if path.role is None or not path.claimed().is_personal(claims.SESSION_DURATION):
        return
    value = path.claimed(person).value(claims.SESSION_DURATION)
    if value.values is None:
        yield unknown("session_duration", person.name, value.unknown, person=True)
        return
    finding = _duration(path, path.role, person.name, value)
    yield dataclasses.replace(finding, person=True)


def _duration(path: Path, role: Role, subject: str, value: ClaimValue) -> Finding:
    claimed, allowed = only(value), role.max_session_duration
    seconds = seconds_of(claimed or "")
    problems = []
    if seconds is not None and seconds > allowed:
        reason = (
            f"{'The application claims' if subject == role.arn else 'Claimed are'} {seconds} seconds, the role "
            f"allows {allowed}."
        )
        fix = f"{advice.role(path, max_session_duration=seconds)}, or azure_saml_app with session_duration: {allowed}."
        problems.append(Problem(reason, symptoms.DURATION, fix))
    return judged("session_duration", subject, problems, {"claimed": claimed, "allowed": allowed})


def permissions(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether a session may sign in to the instance, by the role's own policies; those of the organization are not
    seen.
    """
    role = path.role
    if role is None:
        return
    verdicts = [
        (claimed.session_name or ANYBODY, path.permits(role, path.desired.home, claimed))
        for dummy, claimed in path.everybody
    ]
    worst = _worst(verdict for dummy, verdict in verdicts)
    refused = sorted({name for name, verdict in verdicts if verdict == worst})
    evidence = {
        "action": "connect:GetFederationToken",
        "instance": path.desired.instance_arn,
        "verdict": worst.effect,
        "statement": worst.why,
        "policies": sorted(role.policies),
        "session_names": refused[:10],
    }
    if worst.effect == "unknown":
        yield unknown("permissions", role.arn, f"Its policies cannot be evaluated: {worst.why}.")
        return
    problems = []
    if worst.effect != "allow":
        who = refused[0] if len(refused) == 1 else f"{len(refused)} people"
        verb = "denies it" if worst.effect == "deny" else "does not allow it"
        if worst.why or worst.effect == "deny":
            verb += f" ({worst.why})"
        reason = f"connect:GetFederationToken on {path.desired.instance_arn} for {who}: the role {verb}."
        denied = worst.effect == "deny" or worst.why
        remove = "; remove the policy that denies it or the permissions boundary that restricts the role"
        fix = f"{advice.role(path)}{remove if denied else ''}."
        problems.append(Problem(reason, symptoms.DENIED, fix))
    yield judged("permissions", role.arn, problems, evidence)


def _worst(verdicts: collections.abc.Iterable[Verdict]) -> Verdict:
    ranks = ("deny", "silent", "unknown", "allow")
    return min(verdicts, key=lambda verdict: ranks.index(verdict.effect))


def organization(path: Path) -> collections.abc.Iterator[Finding]:
    """The policies of the organization, which nothing here reads."""
    account = path.desired.home.account
    reason = (
        f"Service and resource control policies of the organization can deny sts:AssumeRoleWithSAML and "
        f"connect:GetFederationToken in the "
        f"account {account}, whatever its own policies allow; they are not read."
    )
    fix = (
        f"If everything else passes and agents are refused, run 'aws organizations list-policies-for-target "
        f"--target-id {account} --filter "
        "SERVICE_CONTROL_POLICY' (and RESOURCE_CONTROL_POLICY) in the organization's management account; the "
        "event AssumeRoleWithSAML or "
        "GetFederationToken in CloudTrail has the denial's own words."
    )
    yield Finding("organization", account, "unknown", reason, fix=fix)


def instance(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the instance is there, active, and signs agents in by SAML."""
    arn, facts = path.desired.instance_arn, path.facts.instance
    if "instance" in path.facts.not_readable:
        yield unknown("instance", arn, path.facts.not_readable["instance"])
        return
    if facts is None:
        fix = "Run connect_instance (site.yml does), which also points the federation to the new one."
        yield judged(
            "instance", arn, [Problem("There is no such instance.", symptoms.NOT_ONBOARDED, fix)], {"exists": False}
        )
        return
    problems = []
    if facts.identity_management != "SAML":
        reason = f"It manages identities by {facts.identity_management}, not by SAML, which can never be changed."
        problems.append(
            Problem(
                reason,
                symptoms.NOT_ONBOARDED,
                "Run connect_instance with another alias; federation needs an instance made with SAML.",
            )
        )
    if facts.status != "ACTIVE":
        reason = f"It is {facts.status}{f': {facts.status_reason}' if facts.status_reason else ''}."
        problems.append(
            Problem(reason, symptoms.NOT_ONBOARDED, "Wait until it is ACTIVE, or recreate it with connect_instance.")
        )
    evidence = {"alias": facts.alias, "identity_management": facts.identity_management, "status": facts.status}
    yield judged("instance", facts.alias or arn, problems, evidence)


def approved_origins(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the pages that embed the Contact Control Panel, or to which agents are sent on, are approved."""
    instance = path.facts.instance
    needed = {as_origin(url): symptoms.NO_FRAME for url in path.desired.embedding_origins}
    destination = _destination(path.facts.application)
    if destination.startswith("https://"):
        needed[as_origin(destination)] = symptoms.NO_DESTINATION
    if not needed or instance is None:
        return
    if instance.origins is None:
        yield unknown(
            "approved_origins",
            ", ".join(needed),
            instance.not_readable.get("origins", "The approved origins were not read."),
        )
        return
    approved = {as_origin(origin) for origin in instance.origins}
    for origin, symptom in needed.items():
        options = {"instance_id": path.desired.home.instance_id, "origins": {"add": [origin]}}
        fix = f"{advice.run('connect_approved_origin', options)}."
        problems = [] if origin in approved else [Problem("The origin is not approved.", symptom, fix)]
        yield judged("approved_origins", origin, problems, {"approved": sorted(instance.origins)})


def needs_origins(application: Application | None, embedding: t.Collection[t.Any]) -> bool:
    """Whether the approved origins matter at all. embedding: the sites and pages that embed the panel."""
    return bool(embedding) or _destination(application).startswith("https://")


def _destination(application: Application | None) -> str:
    try:
        return parse_relay_state((application.relay_state if application else None) or "").destination or ""
    except InvalidInput:
        return ""
