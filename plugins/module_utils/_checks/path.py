# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What several hops conclude from the facts: the claims that are sent, who signs, which provider and role they lead to."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._checks.evaluation import Request, Verdict, evaluate
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import (
    Application,
    Facts,
    Person,
    Provider,
    Role,
    SigningKey,
    Wish,
)
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.arns import Arn, parse_role_arn, parse_saml_provider_arn
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy, RolePair

#: A session name that stands for all when the check is about nobody in particular.
ANYBODY: t.Final = "agent@example.com"

#: Attributes of a user, as claims policies name them, and the property of Microsoft Graph's user that each one is.
ATTRIBUTES: t.Final[t.Mapping[str, str]] = {
    **claims.GRAPH_PROPERTIES,
    "objectid": "id",
    "displayname": "displayName",
    "givenname": "givenName",
    "surname": "surname",
    "department": "department",
    "companyname": "companyName",
    "jobtitle": "jobTitle",
}


class Problem(t.NamedTuple):
    """One thing that is wrong in a hop."""

    reason: str
    symptom: str = ""
    fix: str = ""


def judged(hop: str, subject: str, problems: t.Sequence[Problem], evidence: t.Mapping[str, t.Any], *, person: bool = False) -> Finding:
    """The finding of a hop: a failure with all its problems, the symptom of the first, or a pass."""
    if not problems:
        return Finding(hop, subject, "pass", evidence=evidence, person=person)
    reasons = " ".join(problem.reason for problem in problems)
    fixes = " ".join(dict.fromkeys(problem.fix for problem in problems if problem.fix))
    return Finding(hop, subject, "fail", reasons, evidence, problems[0].symptom, fixes, person)


def unknown(hop: str, subject: str, reason: str, *, person: bool = False) -> Finding:
    """The finding of a hop that cannot be judged."""
    return Finding(hop, subject, "unknown", reason, person=person)


@dataclass(frozen=True)
class SessionName:
    """What AWS gets as a person's session name; empty when nothing is sent, None when it cannot be told, which `unknown` explains."""

    value: str | None
    source: str = ""
    unknown: str = ""


class Path:
    """The facts, and what follows from them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @property
    def wish(self) -> Wish:
        """What the federation is meant to be."""
        return self.facts.wish

    @property
    def application(self) -> Application:
        """The application, for hops that are only judged when there is one."""
        if self.facts.application is None:
            raise InvalidInput("There is no application.")
        return self.facts.application

    @functools.cached_property
    def policy(self) -> ClaimsPolicy | None:
        """What the one claims policy says, as far as Entra uses it; None without exactly one that can be read."""
        if self.facts.application is None or len(self.application.definitions) != 1:
            return None
        try:
            policy = claims.parse(self.application.definitions[0])
        except InvalidInput:
            return None
        return ClaimsPolicy(policy.claims[: claims.MAX_CLAIMS], policy.transformations[: claims.MAX_CLAIMS], policy.include_basic)

    def sent(self, claim_type: str) -> list[dict[str, str]]:
        """The claims of this name that are sent, each with `value` or `source`."""
        return [claim for claim in (self.policy or ClaimsPolicy()).as_sent() if claim["name"] == claim_type]

    def constant(self, claim_type: str) -> str | None:
        """The value of a claim that is sent once, with a fixed value."""
        found = self.sent(claim_type)
        return found[0].get("value") if len(found) == 1 else None

    @functools.cached_property
    def pair(self) -> RolePair | None:
        """The role and provider that the application claims; None when it claims none or several."""
        values = [claim.get("value") for claim in self.sent(claims.ROLE)]
        return read_pair(values[0]) if len(values) == 1 and values[0] is not None else None

    @property
    def role_arn(self) -> str | None:
        """The role that the federation is meant to have, else the claimed one."""
        return self.wish.role_arn or (self.pair.role_arn if self.pair else None)

    @property
    def provider_arn(self) -> str | None:
        """The provider that the federation is meant to have, else the claimed one."""
        return self.wish.provider_arn or (self.pair.provider_arn if self.pair else None)

    @property
    def role_arns(self) -> list[str]:
        """Every role that the check looks at."""
        return list(dict.fromkeys(arn for arn in (self.wish.role_arn, self.pair and self.pair.role_arn) if arn))

    @property
    def provider_arns(self) -> list[str]:
        """Every provider that the check looks at."""
        return list(dict.fromkeys(arn for arn in (self.wish.provider_arn, self.pair and self.pair.provider_arn) if arn))

    @property
    def role(self) -> Role | None:
        """The role, if it exists."""
        return self.facts.roles.get(self.role_arn or "")

    @property
    def provider(self) -> Provider | None:
        """The provider, if it exists."""
        return self.facts.providers.get(self.provider_arn or "")

    @functools.cached_property
    def signer(self) -> SigningKey | None:
        """The key that signs. When the active certificate has ended, Entra signs with a valid one that nobody activated."""
        keys = [key for key in self.application.keys if key.can_sign]
        active = next((key for key in keys if key.active), None)
        usable = [key for key in keys if key.certificate.usable(self.wish.now)]
        if active in usable:
            return active
        if usable and any(key.certificate.not_after <= self.wish.now for key in keys):
            return max(usable, key=lambda key: key.certificate.not_before)
        return active

    @property
    def same_issuer(self) -> bool:
        """Whether the provider's metadata is that of the application's directory."""
        metadata = self.provider.metadata if self.provider else None
        return metadata is not None and metadata.entity_id == self.application.issuer

    @property
    def reply_url(self) -> str | None:
        """Where Entra posts the response."""
        return next(iter(self.facts.application.reply_urls), None) if self.facts.application else None

    def session_name(self, person: Person) -> SessionName:
        """What AWS gets as this person's session name."""
        sent = self.sent(claims.ROLE_SESSION_NAME)
        if len(sent) != 1:
            return SessionName(None, unknown="The claims policy does not send RoleSessionName exactly once.")
        if "value" in sent[0]:
            return SessionName(sent[0]["value"], "the policy's fixed value")
        return attribute(person, sent[0]["source"])

    def trusts(self, role: Role, provider_arn: str, reply_url: str, session_name: str | None = None) -> Verdict:
        """Whether a role takes the responses that this provider vouches for, posted to this address: each action that the claims need."""
        for action in self._trusted_actions():
            verdict = evaluate({"trust policy": role.trust}, self._assume_request(action, provider_arn, reply_url, session_name))
            if verdict.effect != "allow":
                return Verdict(verdict.effect, f"{action}: {verdict.why}" if verdict.why else action)
        return Verdict("allow")

    def permits(self, role: Role, instance_arn: Arn, session_name: str) -> Verdict:
        """Whether a session of this name may sign in to an instance, by the role's policies and its boundary."""
        request = self._federation_request(role, instance_arn, session_name)
        verdict = evaluate(role.policies, request)
        if verdict.effect == "silent" and "policies" in role.unread:
            return Verdict("unknown", role.unread["policies"])
        if verdict.effect != "allow":
            return verdict
        if "boundary" in role.unread:
            return Verdict("unknown", role.unread["boundary"])
        if role.boundary is None:
            return verdict
        limited = evaluate({"permissions boundary": role.boundary}, request)
        if limited.effect == "allow":
            return verdict
        return Verdict(limited.effect, limited.why or "the permissions boundary does not allow it")

    def _trusted_actions(self) -> list[str]:
        policy = self.policy or ClaimsPolicy()
        actions = ["sts:AssumeRoleWithSAML"]
        if claims.needs_tag_session(policy):
            actions.append("sts:TagSession")
        if claims.needs_source_identity(policy):
            actions.append("sts:SetSourceIdentity")
        return actions

    def _assume_request(self, action: str, provider_arn: str, reply_url: str, session_name: str | None) -> Request:
        provider = parse_saml_provider_arn(provider_arn)
        facts: dict[str, tuple[str, ...]] = {
            "saml:aud": (reply_url,),
            "saml:doc": (f"{provider.account}/{provider.name}",),
            "aws:federatedprovider": (provider_arn,),
        }
        if self.facts.application is not None and self.application.issuer:
            facts["saml:iss"] = (self.application.issuer,)
        if session_name is not None:
            facts["sts:rolesessionname"] = (session_name,)
        return Request(action, facts=facts, principal=provider_arn)

    def _federation_request(self, role: Role, instance: Arn, session_name: str) -> Request:
        user_id = f"{role.role_id}:{session_name}"
        facts: dict[str, tuple[str, ...]] = {
            "aws:userid": (user_id,),
            "aws:username": (),
            "aws:principalarn": (role.arn,),
            "aws:principalaccount": (instance.account,),
            "aws:principaltype": ("AssumedRole",),
            "aws:requestedregion": (instance.region,),
            "aws:resourceaccount": (instance.account,),
            "aws:securetransport": ("true",),
            "connect:instanceid": (instance.instance_id,),
        }
        return Request("connect:GetFederationToken", f"{instance}/user/{user_id}", facts)


def attribute(person: Person, source: str) -> SessionName:
    """What Entra sends of a person for a source such as user.mail."""
    kind, name = source.partition(".")[0], source.partition(".")[2].lower()
    if kind != "user" or name not in ATTRIBUTES:
        return SessionName(None, source, f"It comes from {source}, which is not evaluated here.")
    if name == "userprincipalname" and person.guest and person.home == "ExternalAzureAD":
        return SessionName(None, source, "Of a guest from another Entra tenant Microsoft documents two names, that at home and the mail.")
    return SessionName(person.attributes.get(name) or "", source)


def read_pair(value: str) -> RolePair | None:
    """The ARNs of role and provider in a Role claim, in either order; None when they are not there."""
    parts = sorted(value.split(","), key=lambda part: ":saml-provider/" in part)
    try:
        return RolePair(str(parse_role_arn(parts[0])), str(parse_saml_provider_arn(parts[1]))) if len(parts) == 2 else None
    except InvalidInput:
        return None
