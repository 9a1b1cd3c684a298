# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides who can sign in with a SAML response, and as which role session, by all checks of AWS and with AWS's own
messages (facts/aws.md 5.4, 5.5). The sign-in pages and AssumeRoleWithSAML share it.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import functools
import hashlib
import re
import typing as t

from federation_sandbox.aws import permissions, policies
from federation_sandbox.aws.accounts import Caller
from federation_sandbox.aws.iam import metadata
from federation_sandbox.aws.iam.store import EffectiveRole, Iam, Provider
from federation_sandbox.aws.role_sessions import session_of
from federation_sandbox.aws.signin.assertions import Assertion, BadSignature, Malformed, decode, unverified, verified
from federation_sandbox.aws.signin.hosts import Site
from federation_sandbox.aws.tags import is_text
from federation_sandbox.service import CloudError
from federation_sandbox.world import World

_ATTRIBUTES: t.Final = "https://aws.amazon.com/SAML/Attributes/"
_NAME: t.Final = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")
_TO_REDEEM: t.Final = dt.timedelta(minutes=5)
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_SHORTEST, _UNASKED, _LONGEST = 900, 3600, 43200

NOT_AUTHORIZED: t.Final = "Not authorized to perform sts:AssumeRoleWithSAML"
INVALID: t.Final = "Your request included an invalid SAML response. To logout, click here."

STS: t.Final = "AWSSecurityTokenService"
DISCOVERY: t.Final = "AWSOpenIdDiscoveryService"


@dataclasses.dataclass(frozen=True)
class Pair:
    """A value of the Role claim: a role, and the provider that it trusts."""

    role: str
    provider: str


@dataclasses.dataclass(frozen=True)
class Presented:
    """A response that has been verified against the providers of these pairs."""

    assertion: Assertion
    pairs: tuple[Pair, ...]


@dataclasses.dataclass(frozen=True)
class Admitted:
    """An accepted role session, which has not been opened yet."""

    role: EffectiveRole
    caller: Caller


def refusal(text: str, code: str = "InvalidIdentityToken", status: int = 400, service: str = STS) -> CloudError:
    """An error. service: the part of AWS that the page names as its source, empty when it names none."""
    return CloudError(status, code, text, service=service)


def present(world: World, site: Site, response: str) -> Presented:
    """Verify a response against the providers that it names, with its dates, audience and recipient."""
    try:
        document = decode(response)
        claimed = unverified(document)
        pairs: list[Pair] = []
        refused: CloudError | None = None
        for arn in dict.fromkeys(pair.provider for pair in _pairs(claimed)):
            try:
                assertion = _verified_by(world, site, arn, document, claimed.issuer)
                pairs += [pair for pair in _pairs(assertion) if pair.provider == arn]
            except CloudError as reason:
                refused = refused or reason
    except Malformed:
        raise refusal(INVALID, service="") from None
    if not pairs:
        raise refused or refusal(INVALID, service="")
    _check_times(assertion, world.clock.now())
    if not site.audiences & set(assertion.audiences):
        raise refusal("Response does not contain the required audience.")
    if not site.takes(assertion.recipient, world.settings.undocumented_signin_host):
        raise refusal(INVALID, service="")
    return Presented(assertion, tuple(pairs))


def admit(world: World, presented: Presented, pair: Pair) -> Admitted:
    """The session of one of the pairs; CloudError when the role does not allow it."""
    assertion = presented.assertion
    name = _name(assertion)
    source = _source_identity(assertion)
    tags = _tags(assertion)
    role = world.state(Iam).roles.get(pair.role)
    actions = [
        "sts:AssumeRoleWithSAML",
        *(["sts:TagSession"] if tags else []),
        *(["sts:SetSourceIdentity"] if source else []),
    ]
    facts = {**policies.moment(world.clock.now()), **_facts(assertion, pair, name, source, tags)}
    if (
        role is None
        or not assertion.name_id
        or not all(_trusts(world, role, action, pair, facts) for action in actions)
    ):
        raise refusal(NOT_AUTHORIZED, "AccessDenied", 403)
    carried = {key: values for key, values in facts.items() if key.startswith(("saml:", "aws:federatedprovider"))}
    carried |= {f"aws:principaltag/{key.lower()}": (value,) for key, value in tags.items()}
    carried["aws:tokenissuetime"] = facts["aws:currenttime"]
    if source:
        carried["aws:sourceidentity"] = (source,)
    return Admitted(role, session_of(role, name, carried))


def console_seconds(presented: Presented, role: EffectiveRole) -> int:
    """The duration of a console session: what the response requests, if the role allows it, else one hour."""
    text = _single(presented.assertion, "SessionDuration")
    if not text:
        return _UNASKED
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not _SHORTEST <= int(text) <= _LONGEST:
        raise refusal(INVALID, service="")
    if int(text) > role.max_session_duration:
        raise refusal("Requested DurationSeconds exceeds MaxSessionDuration set for this role", "ValidationError")
    return int(text)


def name_qualifier(assertion: Assertion, provider: str) -> str:
    """The value that distinguishes equal name identifiers of two providers."""
    _, account, path = provider.rsplit(":", 2)
    text = f"{assertion.issuer}{account}/{path.rpartition('/')[2]}"
    return base64.b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest()).decode()


def subject_type(assertion: Assertion) -> str:
    """The format of the name identifier; the two formats that AWS knows are abbreviated."""
    short = re.fullmatch(r"urn:oasis:names:tc:SAML:2\.0:nameid-format:(persistent|transient)", assertion.name_id_format)
    return short[1] if short else assertion.name_id_format


def _pairs(assertion: Assertion) -> list[Pair]:
    """The values of the Role claim, with role and provider in either order (facts/aws.md 5.4). White space around an
    ARN is ignored; no source confirms this (docs/not-verified.md).
    """
    values = assertion.attributes.get(f"{_ATTRIBUTES}Role", ())
    pairs = []
    for value in values:
        parts = sorted((part.strip(" \t\r\n") for part in value.split(",")), key=lambda arn: ":saml-provider/" in arn)
        if (
            len(parts) != 2
            or not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/.+", parts[0])
            or ":saml-provider/" not in parts[1]
        ):
            raise Malformed(f"{value!r} is not the ARNs of a role and a provider")
        pairs.append(Pair(*parts))
    if not pairs:
        raise Malformed("no Role")
    return pairs


def _verified_by(world: World, site: Site, arn: str, document: bytes, issuer: str) -> Assertion:
    """The content of the response, verified against one provider. issuer: as stated by the unverified response."""
    provider = world.state(Iam).providers.get(arn)
    if provider is None or arn.split(":")[1] != site.partition:
        raise refusal("Specified provider doesn't exist", "AuthSamlManifestNotFoundException", service=DISCOVERY)
    known = _metadata(provider.document)
    if issuer != known.entity_id:
        text = "Failed to assume role: Issuer not present in specified provider"
        raise refusal(text, "AuthSamlInvalidSamlResponseException", service=DISCOVERY)
    if provider.encryption_mode == "Required":
        raise Malformed("the provider takes encrypted assertions only")
    try:
        assertion = verified(document, known)
    except BadSignature:
        raise refusal("Response signature invalid") from None
    _check_recipient_of(provider, assertion)
    return assertion


def _check_recipient_of(provider: Provider, assertion: Assertion) -> None:
    """Check that a reply URL with a provider's ID receives responses of that provider only (facts/aws.md 5.3)."""
    _, uuid, own = assertion.recipient.partition("/saml/acs/")
    if uuid and own != provider.uuid:
        raise Malformed("the reply URL of another provider")


@functools.lru_cache(maxsize=64)
def _metadata(document: str) -> metadata.Metadata:
    return metadata.read(document)


def _check_times(assertion: Assertion, now: dt.datetime) -> None:
    if assertion.start and now < assertion.start:
        raise refusal(INVALID, service="")
    if now >= assertion.end:
        raise refusal("Response has expired", "ExpiredTokenException")
    if now - assertion.issued > _TO_REDEEM:
        raise refusal("Token must be redeemed within 5 minutes of issuance", "ExpiredTokenException")


def _single(assertion: Assertion, name: str) -> str:
    values = assertion.attributes.get(f"{_ATTRIBUTES}{name}", ())
    if len(values) > 1:
        raise refusal(INVALID, service="")
    return values[0] if values else ""


def _name(assertion: Assertion) -> str:
    name = _single(assertion, "RoleSessionName")
    if not name:
        raise refusal("RoleSessionName is required in AuthnResponse")
    if not _NAME.fullmatch(name):
        raise refusal("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return name


def _source_identity(assertion: Assertion) -> str:
    source = _single(assertion, "SourceIdentity")
    if source and (not _NAME.fullmatch(source) or source.startswith("aws:")):
        raise refusal('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    return source


def _tags(assertion: Assertion) -> dict[str, str]:
    prefix = f"{_ATTRIBUTES}PrincipalTag:"
    names = [name for name in assertion.attributes if name.startswith(prefix)]
    tags = {name.removeprefix(prefix): _single(assertion, name.removeprefix(_ATTRIBUTES)) for name in names}
    for key, value in tags.items():
        if len(key) > _LONGEST_KEY or len(value) > _LONGEST_VALUE or not is_text(key + value):
            raise refusal(INVALID, service="")
    return tags


def _facts(
    assertion: Assertion, pair: Pair, name: str, source: str, tags: t.Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """The condition keys of the request. SAML:aud is the recipient, not the audience (facts/aws.md 5.4)."""
    _, account, path = pair.provider.rsplit(":", 2)
    facts: dict[str, tuple[str, ...]] = {
        "saml:aud": (assertion.recipient,),
        "saml:iss": (assertion.issuer,),
        "saml:sub": (assertion.name_id,),
        "saml:sub_type": (subject_type(assertion),),
        "saml:namequalifier": (name_qualifier(assertion, pair.provider),),
        "saml:doc": (f"{account}/{path.rpartition('/')[2]}",),
        "aws:federatedprovider": (pair.provider,),
        "sts:rolesessionname": (name,),
    }
    if source:
        facts["sts:sourceidentity"] = (source,)
    if tags:
        facts["aws:tagkeys"] = tuple(tags)
        facts |= {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()}
    transitive = assertion.attributes.get(f"{_ATTRIBUTES}TransitiveTagKeys", ())
    return {**facts, "sts:transitivetagkeys": transitive} if transitive else facts


def _trusts(world: World, role: EffectiveRole, action: str, pair: Pair, facts: policies.Facts) -> bool:
    account = role.arn.split(":")[4]
    if account != pair.provider.split(":")[4] or permissions.resource_forbidden(
        world, account, action, role.arn, facts
    ):
        return False
    return policies.verdict([role.trust], action, "*", facts, [pair.provider]) == "allow"
