# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What AWS answers to one SAML response: the hops from Entra to the role, for the one person whom the response is about.

What a response claims is what a claims policy of fixed values would claim, so that the hops of the sign-in path judge it.
"""

from __future__ import annotations

import collections.abc
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.openccp.federation.plugins.module_utils._checks import aws_hops, entra_hops, people_hops, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Application, Facts, Person, Provider, Role, Wish
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem, in_order
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import Path, judged, read_pair, unknown
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.arns import connect_instance_arn, parse_role_arn
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy, RolePair
from ansible_collections.openccp.federation.plugins.module_utils._saml.responses import Response, verified_by

TO_REDEEM: t.Final = timedelta(minutes=5)
"""How soon after it was issued AWS takes a response."""

_ANEW: t.Final = "Sign in anew, and copy the response unchanged."
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
class Witness:
    """What a response is checked against, by ARN, as far as it was looked for."""

    now: datetime
    providers: t.Mapping[str, Provider | None]
    roles: t.Mapping[str, Role | None]
    unread: t.Mapping[str, str]


def pairs(response: Response) -> list[RolePair]:
    """The roles and providers that the response names."""
    values = response.assertion.attributes.get(claims.ROLE, ())
    return [pair for value in values if (pair := read_pair(value)) is not None]


def check(response: Response, witness: Witness) -> list[Finding]:
    """Every finding."""
    return in_order(_findings(response, _path(response, witness)))


def answer(findings: t.Iterable[Finding]) -> str:
    """What AWS answers: the text of the first hop that fails, or empty when it lets the person in or when that cannot be told."""
    failed = {finding.hop: finding.symptom for finding in findings if finding.status == "fail"}
    return next((failed[hop] for hop in _ORDER if hop in failed), "")


def _path(response: Response, witness: Witness) -> Path:
    """The path that a response went, as if its claims were an application's."""
    assertion = response.assertion
    entries = [{"Value": value, "SamlClaimType": name} for name, values in assertion.attributes.items() for value in values]
    known = [entry for entry in entries if entry["SamlClaimType"].startswith(claims.ROLE.removesuffix("Role"))]
    application = Application(
        name="response",
        app_id="",
        identifiers=assertion.audiences,
        reply_urls=(assertion.recipient,) if assertion.recipient else (),
        definitions=(ClaimsPolicy(tuple(known)).definition(),),
        issuer=assertion.issuer,
    )
    role = parse_role_arn(found[0].role_arn) if (found := pairs(response)) else None
    home = connect_instance_arn(role.partition if role else "aws", "us-east-1", role.account if role else "0" * 12, _NOWHERE)
    facts = Facts(Wish(home, witness.now), application, providers=witness.providers, roles=witness.roles, unread=witness.unread)
    return Path(facts)


def _findings(response: Response, path: Path) -> collections.abc.Iterator[Finding]:
    assertion = response.assertion
    yield _form(response)
    if response.encrypted or response.problems:
        return
    yield from entra_hops.claims_policy(path)
    yield from entra_hops.role_claim(path)
    yield from aws_hops.provider(path)
    yield _signature(response, path)
    yield _times(response, path.wish.now)
    yield from entra_hops.identifier(path)
    yield from entra_hops.where_posted(path)
    person = Person(assertion.name_id or "nobody", id=assertion.name_id)
    yield people_hops.session_name(path, person)
    yield from aws_hops.role(path)
    yield from aws_hops.session_duration(path)


def _form(response: Response) -> Finding:
    if response.encrypted:
        return unknown("response", "response", "The assertion is encrypted, so only AWS can read it.")
    fix = "Nothing in Entra ID makes such a response; look for what changed it on its way."
    problems = [Problem(text, symptoms.INVALID_RESPONSE, fix) for text in (*response.problems, *response.assertion.problems)]
    if not response.assertion.name_id:
        problems.append(Problem("It has no NameID.", symptoms.NOT_AUTHORIZED, "Run azure_saml_app with session_name_source."))
    return judged("response", "response", problems, {"destination": response.destination, "signed": list(response.signed)})


def _signature(response: Response, path: Path) -> Finding:
    evidence: dict[str, t.Any] = {"signed": list(response.signed), "algorithms": list(response.algorithms)}
    fix = "Run iam_saml_provider with the application's metadata (site.yml does)."
    if not response.signed:
        problem = Problem(
            "Neither the response nor its assertion is signed.", symptoms.SIGNATURE_INVALID, "Take it from a sign-in anew, unchanged."
        )
        return judged("certificate", "signature", [problem], evidence)
    metadata = path.provider.metadata if path.provider else None
    if metadata is None or not path.same_issuer:
        return unknown("certificate", "signature", "There is no metadata of this directory to verify it with.")
    evidence["provider"] = list(metadata.thumbprints)
    signer = verified_by(response, metadata.certificates)
    if signer is None:
        reason = "No certificate of the SAML provider made the signature, or the response was changed."
        return judged("certificate", "signature", [Problem(reason, symptoms.SIGNATURE_INVALID, fix)], evidence)
    return judged("certificate", signer.thumbprint, [], evidence)


def _times(response: Response, now: datetime) -> Finding:
    assertion = response.assertion
    start, end, issued = assertion.not_before, assertion.not_on_or_after, assertion.issued
    evidence = {"now": now.isoformat(), "not_before": start and start.isoformat(), "not_on_or_after": end and end.isoformat()}
    if end is None or issued is None:
        problem = Problem(
            "It does not say when it was issued or ends.", symptoms.INVALID_RESPONSE, "Take it from a sign-in anew, unchanged."
        )
        return judged("times", "response", [problem], evidence)
    if start is not None and now < start:
        problem = Problem(
            f"It is not valid before {start:%Y-%m-%d %H:%M:%S} UTC.", symptoms.INVALID_RESPONSE, "Check this machine's clock."
        )
        return judged("times", "response", [problem], evidence)
    if now >= end or now > issued + TO_REDEEM:
        until = min(end, issued + TO_REDEEM)
        reason = f"AWS took it until {until:%Y-%m-%d %H:%M:%S} UTC; whatever else is found here was so at that time as well."
        return Finding("times", "response", "warning", reason, evidence, symptoms.EXPIRED, "Sign in anew.")
    return judged("times", "response", [], evidence)
