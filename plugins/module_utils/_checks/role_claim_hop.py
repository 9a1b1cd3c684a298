# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hop of the role claim: a pair of role and SAML provider for each person."""

from __future__ import annotations

import collections.abc
import dataclasses
import re
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks import advice, symptoms
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Person
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import (
    Path,
    is_spaced,
    judged,
    read_pair,
    unknown,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import parse_role_arn
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claim_values import ClaimValue
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import RolePair

_LIKE_PAIR: t.Final = re.compile(
    r"(?=.*:saml-provider/)(?=.*:role/)(arn:[\w-]+:iam::\d{12}:(role|saml-provider)/[^,]+(,|$)){2}", re.ASCII
)
"""A pair of ARNs in form, though no partition that is known here has them."""


def role_claim(path: Path) -> collections.abc.Iterator[Finding]:
    """Whether the application claims exactly the role and the provider of the federation, where it claims the same for
    everybody.
    """
    app, value = path.application, path.claimed().value(claims.ROLE)
    if not path.sent(claims.ROLE):
        yield unknown("role_claim", app.name, "No claims policy that can be read sends a role.")
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
        problem = Problem(f"{value.source} is empty, so no role is sent.", symptoms.INVALID_RESPONSE, fix)
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
        yield Problem(f"{len(pairs)} roles are in the Role claim; agents need exactly one.", symptoms.ROLE_PICKER, fix)
        return
    pair = next(iter(pairs), None)
    if pair is None:
        return
    for what, claimed, expected in (
        ("SAML provider", pair.provider_arn, path.provider_arn),
        ("role", pair.role_arn, path.role_arn),
    ):
        if expected is not None and claimed != expected:
            case = (
                " They differ only in case, and both are case-sensitive." if claimed.lower() == expected.lower() else ""
            )
            reason = f"The Role claim names the {what} {claimed}, not {expected}.{case}"
            yield Problem(reason, _symptom_of_pair(path, pair), fix)
    home = path.desired.home
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
    return "" if path.permits(role, path.desired.home, path.everybody[0][1]).effect == "allow" else symptoms.DENIED
