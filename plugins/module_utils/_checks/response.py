# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What AWS answers to one SAML response: the hops from Entra to the role, for the one person whom the response is
about.

What a response claims is what a claims policy of fixed values would claim, so that the hops of the sign-in path judge
it.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._checks import (
    address_hops,
    aws_hops,
    entra_hops,
    people_hops,
    role_claim_hop,
    symptoms,
)
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import (
    Application,
    DesiredFederation,
    Facts,
    Person,
    Role,
)
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem, in_order
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path, judged, read_pair, unknown
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    connect_instance_arn,
    parse_role_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy, RolePair
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider
from ansible_collections.openccp.federation.plugins.module_utils._saml.responses import Response, verify

TO_REDEEM: t.Final = timedelta(minutes=5)
"""How soon after it was issued AWS takes a response."""

_ANEW: t.Final = "Sign in again, and copy the response unchanged."
_UNKNOWN_SIGNER: t.Final = (
    (
        "The signature does not hold: the response was changed, or a certificate made it that the SAML "
        "provider does not hold."
    ),
    f"{_ANEW} If it is the same then, run iam_saml_provider with the application's metadata (site.yml does).",
)
_NOWHERE: t.Final = "00000000-0000-0000-0000-000000000000"
_ORDER: t.Final = (
    "response",
    "claims",
    "role_claim",
    "provider",
    "certificate",
    "times",
    "identifier",
    "reply_url",
    "session_name",
    "role",
    "session_duration",
)
"""In which AWS looks at them, and so which answer comes first."""


@dataclass(frozen=True)
class TrustConfig:
    """What a response is checked against, by ARN, as far as it was looked for."""

    now: datetime
    providers: t.Mapping[str, SamlProvider | None]
    roles: t.Mapping[str, Role | None]
    not_readable: t.Mapping[str, str]


def pairs(response: Response) -> list[RolePair]:
    """The roles and providers that the response names."""
    values = response.assertion.attributes.get(claims.ROLE, ())
    return [pair for value in values if (pair := read_pair(value)) is not None]


def check(response: Response, trust_config: TrustConfig) -> list[Finding]:
    """Every finding."""
    return in_order(_findings(response, _path(response, trust_config)))


def answer(findings: t.Iterable[Finding]) -> str:
    """What AWS answers: the text of the first hop that fails, or empty when it lets the person in or when that cannot
    be told.
    """
    findings = list(findings)
    if accepted(findings) is not False:
        return ""
    failed = {finding.hop: finding.symptom for finding in findings if finding.status == "fail"}
    return next((failed[hop] for hop in _ORDER if hop in failed), "")


def accepted(findings: t.Sequence[Finding]) -> bool | None:
    """Whether AWS lets the person in; None if that is unknown. Of several roles, one that can be taken is
    enough.
    """
    common: list[Finding] = []
    by_choice: dict[str, list[Finding]] = {}
    for finding in findings:
        if "choice" in finding.evidence:
            by_choice.setdefault(finding.evidence["choice"], []).append(finding)
        else:
            common.append(finding)
    verdict = _verdict(common)
    if not by_choice or verdict is False:
        return verdict
    verdicts = {_verdict(of_choice) for of_choice in by_choice.values()}
    if True in verdicts:
        return verdict
    return None if None in verdicts else False


def _verdict(findings: t.Iterable[Finding]) -> bool | None:
    statuses = {finding.status for finding in findings}
    if "fail" in statuses:
        return False
    return None if "unknown" in statuses else True


def _path(response: Response, trust_config: TrustConfig) -> Path:
    """The path that a response went, as if its claims were an application's."""
    assertion = response.assertion
    entries = [
        {"Value": value, "SamlClaimType": name} for name, values in assertion.attributes.items() for value in values
    ]
    known = [entry for entry in entries if entry["SamlClaimType"].startswith(claims.ROLE.removesuffix("Role"))]
    application = Application(
        name="response",
        app_id="",
        identifiers=assertion.audiences,
        reply_urls=(assertion.recipient,) if assertion.recipient else (),
        definitions=(ClaimsPolicy(tuple(known)).definition(),),
        issuer=assertion.issuer,
        subject=(assertion.name_id, assertion.name_id_type) if assertion.name_id else None,
    )
    role = parse_role_arn(role_pairs[0].role_arn) if (role_pairs := pairs(response)) else None
    home = connect_instance_arn(
        role.partition if role else "aws", "us-east-1", role.account if role else "0" * 12, _NOWHERE
    )
    facts = Facts(
        DesiredFederation(home, trust_config.now),
        application,
        providers=trust_config.providers,
        roles=trust_config.roles,
        not_readable=trust_config.not_readable,
    )
    return Path(facts)


def _findings(response: Response, path: Path) -> collections.abc.Iterator[Finding]:
    assertion = response.assertion
    yield _form(response)
    if response.encrypted or response.problems:
        return
    yield from entra_hops.claims_policy(path)
    yield from _role_claim(path)
    if len(path.pairs) > 1:
        for pair in path.pairs:
            desired = dataclasses.replace(path.desired, role_arn=pair.role_arn, provider_arn=pair.provider_arn)
            for finding in _of_role(response, Path(dataclasses.replace(path.facts, desired=desired))):
                yield dataclasses.replace(finding, evidence={**finding.evidence, "choice": pair.role_arn})
    else:
        yield from _of_role(response, path)
    yield _times(response, path.desired.now)
    yield from address_hops.identifier(path)
    yield from address_hops.where_posted(path)
    person = Person(assertion.name_id or "nobody", id=assertion.name_id)
    yield people_hops.session_name(path, person)


def _of_role(response: Response, path: Path) -> collections.abc.Iterator[Finding]:
    """What depends on the role and the provider that are taken."""
    yield from aws_hops.provider(path)
    yield _signature(response, path)
    yield from aws_hops.role(path)
    yield from aws_hops.session_duration(path)


def _role_claim(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the Role claim names roles with their providers. Several are no refusal: AWS lets the person choose."""
    values = path.claimed().value(claims.ROLE).values or ()
    pairs = [read_pair(value) for value in values]
    if len(set(pairs)) > 1 and None not in pairs:
        reason = (
            f"{len(set(pairs))} roles are in the Role claim, so AWS asks which one to assume; Amazon Connect needs "
            "the same "
            f"one each time."
        )
        evidence = {"claimed": list(values)}
        fix = "Run azure_saml_app with one entry of role_claims."
        yield Finding("role_claim", "response", "warning", reason, evidence, symptoms.ROLE_PICKER, fix)
    else:
        yield from role_claim_hop.role_claim(path)


def _form(response: Response) -> Finding:
    if response.encrypted:
        return unknown("response", "response", "The assertion is encrypted, so only AWS can read it.")
    if response.status:
        return _refused(response)
    fix = f"Entra ID makes no such response: something on its way changed it, or another tool made it. {_ANEW}"
    problems = [
        Problem(text, symptoms.INVALID_RESPONSE, fix) for text in (*response.problems, *response.assertion.problems)
    ]
    if not response.problems and not response.assertion.name_id:
        problems.append(
            Problem("It has no NameID.", symptoms.NOT_AUTHORIZED, "Run azure_saml_app with session_name_source.")
        )
    return judged(
        "response", "response", problems, {"destination": response.destination, "signed": list(response.signed)}
    )


def _refused(response: Response) -> Finding:
    """A response with which Entra ID says that it did not sign the person in."""
    status_message = response.status_message
    reason = f"Entra ID did not sign the person in: the status is {response.status}" + (
        f". It says: {status_message}" if status_message else "."
    )
    code = status_message.partition(":")[0]
    fix = (
        f"Look {code} up at https://login.microsoftonline.com/error?code={code.removeprefix('AADSTS')}, or "
        f"run federation_check for the"
        " person."
        if status_message
        else "Look at the person's sign-in in Entra ID's sign-in logs, or run federation_check for the person."
    )
    return judged(
        "response", "response", [Problem(reason, symptoms.INVALID_RESPONSE, fix)], {"status": response.status}
    )


def _signature(response: Response, path: Path) -> Finding:
    evidence: dict[str, t.Any] = {"signed": list(response.signed), "algorithms": list(response.algorithms)}
    if not response.signed:
        problem = Problem("Neither the response nor its assertion is signed.", symptoms.SIGNATURE_INVALID, _ANEW)
        return judged("certificate", "signature", [problem], evidence)
    metadata = path.provider.metadata if path.provider else None
    if metadata is None or not path.same_issuer:
        return unknown("certificate", "signature", "There is no metadata of this directory to verify it with.")
    evidence["provider"] = list(metadata.thumbprints)
    verdict = verify(response, metadata.certificates)
    if verdict.signer is not None:
        return judged("certificate", verdict.signer.thumbprint, [], evidence)
    reason, fix = {
        "malformed": ("The signature is damaged, or not of the element that it is in.", _ANEW),
        "altered": (
            "The response was changed after Entra ID had signed it with a certificate of the SAML provider.",
            _ANEW,
        ),
        "another certificate": (
            f"The certificate {verdict.other} made the signature, which the SAML provider does not hold.",
            (
                "Run iam_saml_provider with the application's metadata (site.yml does), if the certificate is the "
                "application's."
            ),
        ),
    }.get(verdict.reason, _UNKNOWN_SIGNER)
    return judged("certificate", "signature", [Problem(reason, symptoms.SIGNATURE_INVALID, fix)], evidence)


def _times(response: Response, now: datetime) -> Finding:
    assertion = response.assertion
    start, end, issued = assertion.not_before, assertion.not_on_or_after, assertion.issued
    evidence = {
        "now": now.isoformat(),
        "not_before": start and start.isoformat(),
        "not_on_or_after": end and end.isoformat(),
    }
    if end is None or issued is None:
        problem = Problem("It does not say when it was issued or ends.", symptoms.INVALID_RESPONSE, _ANEW)
        return judged("times", "response", [problem], evidence)
    if start is not None and now < start:
        problem = Problem(
            f"It is not valid before {start:%Y-%m-%d %H:%M:%S} UTC.",
            symptoms.INVALID_RESPONSE,
            "Check this machine's clock.",
        )
        return judged("times", "response", [problem], evidence)
    if now >= end or now - issued > TO_REDEEM:
        until = end if end - issued < TO_REDEEM else issued + TO_REDEEM
        reason = (
            f"AWS accepted it until {until:%Y-%m-%d %H:%M:%S} UTC; all other findings applied at that time as well."
        )
        return Finding("times", "response", "warning", reason, evidence, symptoms.EXPIRED, "Sign in again.")
    return judged("times", "response", [], evidence)
