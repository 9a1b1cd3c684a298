# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What several hops conclude from the facts: the claims that are sent, who signs, which provider and role they lead
to.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._checks import requests
from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import Claimed
from ansible_collections.openccp.federation.plugins.module_utils._checks.evaluation import Request, Verdict, evaluate
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import (
    Application,
    ConnectUser,
    DesiredFederation,
    Facts,
    Person,
    Role,
)
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding, Problem
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    Arn,
    parse_role_arn,
    parse_saml_provider_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import check_reply_url
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims, session_names
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy, RolePair
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import SigningCertificate

#: what XML takes for white space
_WHITE_SPACE: t.Final = " \t\r\n"


def judged(
    hop: str, subject: str, problems: t.Sequence[Problem], evidence: t.Mapping[str, t.Any], *, person: bool = False
) -> Finding:
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
    """What AWS gets as a person's session name; empty if nothing is sent, None if it is unknown, which
    `unknown` explains.

    refused: why Entra lets nobody in who has no more than this person.
    """

    value: str | None
    source: str = ""
    unknown: str = ""
    refused: str = ""


class Path:
    """The facts, and what follows from them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @property
    def desired(self) -> DesiredFederation:
        """What the federation is meant to be."""
        return self.facts.desired

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
        most = claims.MAX_CLAIMS
        return dataclasses.replace(policy, claims=policy.claims[:most], transformations=policy.transformations[:most])

    def sent(self, claim_type: str) -> list[dict[str, str]]:
        """The claims of this name that are sent, each with `value` or `source`."""
        return [claim for claim in (self.policy or ClaimsPolicy()).as_sent() if claim["name"] == claim_type]

    def constant(self, claim_type: str) -> str | None:
        """The value of a claim that is sent once, with a fixed value."""
        claims = self.sent(claim_type)
        return claims[0].get("value") if len(claims) == 1 else None

    @property
    def reply_urls_at_aws(self) -> list[str]:
        """Those of the application's reply URLs that are AWS's sign-in."""
        urls = self.facts.application.reply_urls if self.facts.application else ()
        return [url for url in urls if not self.wrong_with(url)]

    def wrong_with(self, url: str) -> str:
        """Why AWS's sign-in is not at a reply URL; empty when it is."""
        try:
            check_reply_url(url.replace("/static/saml", "/saml"), self.desired.partition)
        except InvalidInput as error:
            return error.message
        named = url.partition("/saml/acs/")[2]
        if named and self.provider and self.provider.uuid and named != self.provider.uuid:
            return (
                f"The reply URL names the SAML provider with the id {named}; the federation's has {self.provider.uuid}."
            )
        return ""

    def claimed(self, person: Person | None = None) -> Claimed:
        """What Entra sends of a person, or of nobody in particular."""
        return Claimed(self.policy, person, self.application.subject if self.facts.application else None)

    @functools.cached_property
    def everybody(self) -> list[tuple[str, Claimed]]:
        """The people whom the check is about, by name, with what is sent of each; without any, what is sent of all."""
        people = [person for person in self.facts.people if person.id is not None]
        return [(person.name, self.claimed(person)) for person in people] or [("", self.claimed())]

    @functools.cached_property
    def pairs(self) -> list[RolePair]:
        """Every role with its provider that the application claims for somebody, as far as it is known."""
        values = {text: None for dummy, claimed in self.everybody for text in claimed.value(claims.ROLE).values or ()}
        return list(dict.fromkeys(pair for text in values if (pair := read_pair(text)) is not None))

    @property
    def pair(self) -> RolePair | None:
        """The role and provider that the application claims; None when it claims none or several."""
        values = {text for dummy, claimed in self.everybody for text in claimed.value(claims.ROLE).values or ()}
        return self.pairs[0] if len(values) == len(self.pairs) == 1 else None

    @property
    def role_arn(self) -> str | None:
        """The role that the federation is meant to have, else the claimed one."""
        return self.desired.role_arn or (self.pair.role_arn if self.pair else None)

    @property
    def provider_arn(self) -> str | None:
        """The provider that the federation is meant to have, else the claimed one."""
        return self.desired.provider_arn or (self.pair.provider_arn if self.pair else None)

    @property
    def role_arns(self) -> list[str]:
        """Every role that the check looks at."""
        claimed = [pair.role_arn for pair in self.pairs]
        return list(dict.fromkeys(arn for arn in (self.desired.role_arn, *claimed) if arn))

    @property
    def provider_arns(self) -> list[str]:
        """Every provider that the check looks at."""
        claimed = [pair.provider_arn for pair in self.pairs]
        return list(dict.fromkeys(arn for arn in (self.desired.provider_arn, *claimed) if arn))

    @property
    def role(self) -> Role | None:
        """The role, if it exists."""
        return self.facts.roles.get(self.role_arn or "")

    @property
    def provider(self) -> SamlProvider | None:
        """The provider, if it exists."""
        return self.facts.providers.get(self.provider_arn or "")

    @functools.cached_property
    def signer(self) -> SigningCertificate | None:
        """The key that signs. When the active certificate has ended, Entra signs with a valid one that nobody
        activated.
        """
        keys = [key for key in self.application.keys if key.can_sign]
        active = next((key for key in keys if key.active), None)
        usable = [key for key in keys if key.certificate.usable(self.desired.now)]
        if active in usable:
            return active
        if usable and any(key.certificate.not_after <= self.desired.now for key in keys):
            return max(usable, key=lambda key: key.certificate.not_before)
        return active

    @property
    def issuer(self) -> str | None:
        """Who the responses say that they are of: what the application's metadata has, and what its claims policy makes
        of it.

        None when it is not known, as where no policy can be read and the provider knows the application by an issuer
        with its id.
        """
        app = self.facts.application
        if app is None or app.issuer is None:
            return None
        if self.policy is not None:
            return self.policy.issuer(app.issuer, app.app_id)
        metadata = self.provider.metadata if self.provider else None
        named = metadata is not None and metadata.entity_id == claims.with_application_id(app.issuer, app.app_id)
        return None if named else app.issuer

    @property
    def same_issuer(self) -> bool:
        """Whether the provider's metadata is that of the issuer."""
        metadata = self.provider.metadata if self.provider else None
        return metadata is not None and metadata.entity_id == self.issuer

    @property
    def reply_url(self) -> str | None:
        """Where Entra posts the response."""
        return next(iter(self.facts.application.reply_urls), None) if self.facts.application else None

    @property
    def claim_types(self) -> list[str]:
        """The names of AWS's claims that the policy sends."""
        names = (claim["name"] for claim in (self.policy or ClaimsPolicy()).as_sent())
        return list(dict.fromkeys(name for name in names if name.startswith(claims.ATTRIBUTES)))

    @functools.cached_property
    def holders(self) -> dict[str, list[Person]]:
        """Everybody who may sign in, as far as is known, by session name."""
        people_by_name: dict[str, list[Person]] = {}
        for person in {person.id: person for person in (*self.facts.assigned, *self.facts.people)}.values():
            may = person.through or not self.application.assignment_required
            name = (
                self.session_name(person).value
                if person.id is not None and person.enabled is not False and may
                else None
            )
            if name:
                people_by_name.setdefault(name, []).append(person)
        return people_by_name

    @functools.cached_property
    def users_by_person(self) -> dict[str, ConnectUser]:
        """The users of the instance that carry the object id of a person in Entra, by that."""
        return {user.person: user for user in self.facts.users.by_name.values() if user.person}

    @functools.cached_property
    def fitting_source(self) -> str | None:
        """A source of session names that everybody has who is known, each another one, and with which everybody can
        sign in.
        """
        people = {person.id: person for person in (*self.facts.people, *self.facts.assigned) if person.id is not None}
        for source in claims.SESSION_NAME_SOURCES if people else ():
            entry = {"Source": "user", "ID": source, "SamlClaimType": claims.ROLE_SESSION_NAME}
            policy = ClaimsPolicy((entry,))
            names = [Claimed(policy, person).session_name for person in people.values()]
            if len(set(names)) == len(names) and all(name and not session_names.problems(name) for name in names):
                return source
        return None

    def session_name(self, person: Person) -> SessionName:
        """What AWS gets as this person's session name."""
        value = self.claimed(person).value(claims.ROLE_SESSION_NAME)
        if value.values is None:
            return SessionName(None, value.source, value.unknown)
        if not self.sent(claims.ROLE_SESSION_NAME) or len(value.values) > 1:
            return SessionName(None, unknown="The claims policy does not send RoleSessionName exactly once.")
        return SessionName(next(iter(value.values), ""), value.source, refused=value.refused)

    def trusts(self, role: Role, provider_arn: str, reply_url: str, claimed: Claimed) -> Verdict:
        """Whether a role takes the responses that this provider vouches for, posted to this address: each action that
        the claims need.
        """
        for action, needed in requests.trusted_actions(claimed).items():
            request = requests.assumption(
                action, claimed, self.desired.now, requests.Sender(provider_arn, reply_url, self.issuer)
            )
            verdict = evaluate({"trust policy": role.trust}, request)
            if verdict.effect != "allow" and needed is None:
                return Verdict("unknown", f"whether {action} is asked for depends on the person")
            if verdict.effect != "allow":
                return Verdict(verdict.effect, f"{action}: {verdict.why}" if verdict.why else action)
        return Verdict("allow")

    def permits(self, role: Role, instance_arn: Arn, claimed: Claimed) -> Verdict:
        """Whether a session with these claims may sign in to an instance, by the role's policies and its boundary."""
        federation_requests = requests.federation(role, instance_arn, claimed, self.desired.now, self.provider_arn)
        verdicts = [_permitted(role, request) for request in federation_requests]
        if len({verdict.effect for verdict in verdicts}) > 1:
            return Verdict("unknown", "it depends on what AWS tells of multi-factor authentication in sessions by SAML")
        return verdicts[0]


def _permitted(role: Role, request: Request) -> Verdict:
    verdict = evaluate(role.policies, request)
    if verdict.effect == "silent" and "policies" in role.not_readable:
        return Verdict("unknown", role.not_readable["policies"])
    if verdict.effect != "allow":
        return verdict
    if "boundary" in role.not_readable:
        return Verdict("unknown", role.not_readable["boundary"])
    if role.boundary is None:
        return verdict
    limited = evaluate({"permissions boundary": role.boundary}, request)
    if limited.effect == "allow":
        return verdict
    return Verdict(limited.effect, limited.why or "the permissions boundary does not allow it")


def is_spaced(value: str) -> bool:
    """Whether there is white space around one of the ARNs in a Role claim."""
    return any(part != part.strip(_WHITE_SPACE) for part in value.split(","))


def read_pair(value: str) -> RolePair | None:
    """The ARNs of role and provider in a Role claim, in either order; None when they are not there.

    White space around them is left out: no source says what AWS's sign-in makes of it.
    """
    parts = sorted((part.strip(_WHITE_SPACE) for part in value.split(",")), key=lambda part: ":saml-provider/" in part)
    try:
        return (
            RolePair(str(parse_role_arn(parts[0])), str(parse_saml_provider_arn(parts[1]))) if len(parts) == 2 else None
        )
    except InvalidInput:
        return None
