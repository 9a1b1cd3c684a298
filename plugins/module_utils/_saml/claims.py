# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The claims that Entra sends to AWS, as the definition of a claimsMappingPolicy.

Such a policy replaces everything in the portal's "Attributes & Claims", so it must hold every claim. A definition is a
list of one JSON string: {"ClaimsMappingPolicy": {"Version", "IncludeBasicClaimSet", "ClaimsSchema",
"ClaimsTransformations"}}. The names of AWS's claims are case-sensitive. Transformations are kept and compared, never
made: Microsoft documents the inputs of two methods only, and none that changes the case of a name.
"""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import (
    check_home,
    parse_role_arn,
    parse_saml_provider_arn,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

Entry = dict[str, t.Any]
"""One member of ClaimsSchema or ClaimsTransformations, as Microsoft Graph has it."""

NAME_ID = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
ROLE = ATTRIBUTES + "Role"
ROLE_SESSION_NAME = ATTRIBUTES + "RoleSessionName"
SESSION_DURATION = ATTRIBUTES + "SessionDuration"
SOURCE_IDENTITY = ATTRIBUTES + "SourceIdentity"
TRANSITIVE_TAG_KEYS = ATTRIBUTES + "TransitiveTagKeys"
PRINCIPAL_TAG = ATTRIBUTES + "PrincipalTag:"
"""Followed by the tag's key."""

MAX_CLAIMS = 50
"""Entra ignores further claims, and further transformations, without a word."""
MIN_SESSION = 900
MAX_SESSION = 43200
LEAST_MAX_SESSION = 3600
"""Seconds. The last one is the least that a role can have as its maximum, so every role allows it."""

GRAPH_PROPERTIES: t.Mapping[str, str] = {
    "userprincipalname": "userPrincipalName",
    "mail": "mail",
    "employeeid": "employeeId",
    "mailnickname": "mailNickname",
    "onpremisessamaccountname": "onPremisesSamAccountName",
    "onpremisesuserprincipalname": "onPremisesUserPrincipalName",
} | {f"extensionattribute{n}": f"onPremisesExtensionAttributes/extensionAttribute{n}" for n in range(1, 16)}
"""The sources of a session name, and the user's property in Microsoft Graph that each one sends."""

SESSION_NAME_SOURCES: tuple[str, ...] = tuple(GRAPH_PROPERTIES)

NAME_ID_CHOICES: tuple[str, ...] = (
    "mail",
    "userprincipalname",
    "onpremisessamaccountname",
    "employeeid",
    "telephonenumber",
    *(f"extensionattribute{n}" for n in range(1, 16)),
)
"""What Entra takes as the source of NameID."""

NAME_ID_SOURCES: frozenset[str] = frozenset(NAME_ID_CHOICES)

AUDIENCE_OVERRIDE = "audienceOverride"
ISSUER_WITH_APPLICATION_ID = "issuerWithApplicationId"
"""Settings of a policy beside its claims, which Entra heeds where the application has a signing certificate of its
own.
"""

_SCHEMA = "ClaimsSchema"
_TRANSFORMATIONS = ("ClaimsTransformations", "ClaimsTransformation")
"""Microsoft's pages use both names; the first is reported to work, both are read."""
_CASELESS = ("source", "id")


class RolePair(t.NamedTuple):
    """One value of the Role claim: the role that AWS gives and the provider that vouches for the session."""

    role_arn: str
    provider_arn: str

    def __str__(self) -> str:
        return f"{self.role_arn},{self.provider_arn}"


@dataclass(frozen=True)
class ClaimsPolicy:
    """The content of a claims mapping policy, in the form of Microsoft Graph.

    settings: the policy's other keys, such as audienceOverride and GroupFilter; None stands for one that is to be
    removed. transformations_key: which of both names it has.
    """

    claims: tuple[Entry, ...] = ()
    transformations: tuple[Entry, ...] = ()
    include_basic: bool = True
    settings: Entry = field(default_factory=dict)
    transformations_key: str = _TRANSFORMATIONS[0]

    def of_type(self, claim_type: str) -> list[Entry]:
        """The entries that send a claim of this name."""
        return [entry for entry in self.claims if _type(entry) == claim_type]

    def definition(self) -> list[str]:
        """The policy's `definition` for Microsoft Graph."""
        content: Entry = {
            "Version": 1,
            "IncludeBasicClaimSet": "true" if self.include_basic else "false",
            _SCHEMA: list(self.claims),
        }
        if self.transformations:
            content[self.transformations_key] = list(self.transformations)
        content |= {name: value for name, value in self.settings.items() if value is not None}
        return [json.dumps({"ClaimsMappingPolicy": content}, separators=(",", ":"), ensure_ascii=False)]

    @property
    def audience_override(self) -> str | None:
        """The audience that is sent whatever the application's identifiers are."""
        return str(self.settings[AUDIENCE_OVERRIDE]) if self.settings.get(AUDIENCE_OVERRIDE) else None

    @property
    def issuer_with_application_id(self) -> bool:
        """Whether the issuer ends in the application's id."""
        return str(self.settings.get(ISSUER_WITH_APPLICATION_ID, False)).lower() == "true"

    def issuer(self, entity_id: str, app_id: str) -> str:
        """The issuer of the responses. entity_id: what the application's metadata has."""
        return with_application_id(entity_id, app_id) if self.issuer_with_application_id else entity_id

    def settings_in_force(self) -> Entry:
        """The settings that mean something, each in one spelling."""
        meant = {
            ISSUER_WITH_APPLICATION_ID: self.issuer_with_application_id or None,
            AUDIENCE_OVERRIDE: self.audience_override,
        }
        return {name: value for name, value in {**self.settings, **meant}.items() if value is not None}

    def as_sent(self) -> list[dict[str, str]]:
        """What modules return: each claim's name with its constant `value`, or its `source` such as user.mail."""
        return [{"name": claim_type} | _origin(entry) for entry in self.claims if (claim_type := _type(entry))]


def build(
    *,
    session_name_source: str | None = None,
    name_id: str | None = None,
    role_pairs: t.Sequence[RolePair] | None = None,
    session_duration: int | None = None,
    extra_claims: t.Sequence[t.Mapping[str, t.Any]] | None = None,
    audience_override: str | None = None,
    issuer_with_application_id: bool | None = None,
    partition: str | None = None,
    account: str | None = None,
) -> ClaimsPolicy:
    """The claims that the options ask for; an option that is None makes none. InvalidInput when AWS or Entra could not
    use them.

    session_name_source: one of SESSION_NAME_SOURCES; sent as RoleSessionName and, where Entra allows it, as NameID.
    name_id: one of NAME_ID_SOURCES; sent as NameID instead. session_duration: seconds, 900 to 43,200; the role's own
    maximum is not known here. extra_claims: `name` and either `value`, or `source` (default user) and `id`, or
    `extension_id`. NameID may be one of them. audience_override: an absolute URI; empty to remove it. partition,
    account: the federation's, which every pair must lie in.
    """
    extra = [_extra_claim(claim) for claim in extra_claims or ()]
    claims: list[Entry] = []
    if name_id is not None:
        claims.append(_user_claim(check_name_id_source(name_id), NAME_ID))
    if session_name_source is not None:
        if name_id is None and not any(_type(entry) == NAME_ID for entry in extra):
            claims.append(_user_claim(name_id_source(session_name_source), NAME_ID))
        claims.append(_user_claim(check_session_name_source(session_name_source), ROLE_SESSION_NAME))
    claims.extend(
        {"Value": str(check_role_pair(pair, partition, account)), "SamlClaimType": ROLE}
        for pair in dict.fromkeys(role_pairs or ())
    )
    if session_duration is not None:
        claims.append({"Value": str(check_session_duration(session_duration)), "SamlClaimType": SESSION_DURATION})
    taken = {_type(entry) for entry in claims}
    for entry in extra:
        if _type(entry) in taken:
            raise InvalidInput(
                f"The claim {_type(entry)} would be sent twice.",
                hint=f"Give it either by its own option or in {setting('azure_saml_app.extra_claims')}.",
            )
        taken.add(_type(entry))
    return _checked(ClaimsPolicy((*claims, *extra), settings=_settings(audience_override, issuer_with_application_id)))


def parse(definition: t.Sequence[str] | str | t.Mapping[str, t.Any]) -> ClaimsPolicy:
    """The content of an existing policy: Graph's list of one string, that string, or its JSON."""
    if not isinstance(definition, (str, t.Mapping)):
        if len(definition) != 1:
            raise InvalidInput(f"A claims mapping policy has one definition; this one has {len(definition)}.")
        definition = definition[0]
    if isinstance(definition, str):
        try:
            definition = json.loads(definition)
        except ValueError as exc:
            raise InvalidInput(f"The definition of the claims mapping policy is not JSON: {exc}.") from None
    content = definition.get("ClaimsMappingPolicy") if isinstance(definition, t.Mapping) else None
    if not isinstance(content, t.Mapping):
        raise InvalidInput("The definition of the claims mapping policy has no ClaimsMappingPolicy.")
    transformations = [entry for name in _TRANSFORMATIONS for entry in _entries(content, name)]
    known = {"Version", "IncludeBasicClaimSet", _SCHEMA, *_TRANSFORMATIONS}
    return ClaimsPolicy(
        claims=tuple(_entries(content, _SCHEMA)),
        transformations=tuple(transformations),
        include_basic=str(content.get("IncludeBasicClaimSet", False)).lower() == "true",
        settings={key: value for key, value in content.items() if key not in known},
        transformations_key=next((name for name in _TRANSFORMATIONS if name in content), _TRANSFORMATIONS[0]),
    )


def merge(desired: ClaimsPolicy, actual: ClaimsPolicy | None, *, keep_unknown: bool) -> ClaimsPolicy:
    """The policy to have: the desired claims, then those of the actual policy under other names if they are to be kept.

    Kept claims bring their transformations and those transformations' inputs; the actual IncludeBasicClaimSet is kept
    as well. Settings for which no other value is desired stay in either case.
    """
    if actual is None:
        return desired
    settings = {**actual.settings, **desired.settings}
    desired = dataclasses.replace(desired, settings=settings, transformations_key=actual.transformations_key)
    if not keep_unknown:
        return desired
    managed = {_type(entry) for entry in desired.claims}
    kept = [entry for entry in actual.claims if _is_sent(entry) and _type(entry) not in managed]
    needed = {member(entry, "TransformationId") for entry in (*desired.claims, *kept)}
    transformations = [
        entry
        for entry in actual.transformations
        if member(entry, "ID") in needed and entry not in desired.transformations
    ]
    inputs = {
        member(claim, "ClaimTypeReferenceId")
        for entry in transformations
        for claim in member(entry, "InputClaims") or ()
    }
    kept.extend(entry for entry in actual.claims if not _is_sent(entry) and member(entry, "ID") in inputs)
    policy = dataclasses.replace(
        desired,
        claims=(*desired.claims, *kept),
        transformations=(*desired.transformations, *transformations),
        include_basic=actual.include_basic,
    )
    return _checked(policy)


def same_meaning(policy: ClaimsPolicy, other: ClaimsPolicy) -> bool:
    """Whether two policies send the same claims: the order of claims, of keys and the spelling of booleans mean
    nothing.
    """
    return _meaning(policy) == _meaning(other)


def needs_tag_session(policy: ClaimsPolicy) -> bool:
    """Whether the role's trust must allow sts:TagSession."""
    return any(
        (_type(entry) or "").startswith(PRINCIPAL_TAG) or _type(entry) == TRANSITIVE_TAG_KEYS for entry in policy.claims
    )


def needs_source_identity(policy: ClaimsPolicy) -> bool:
    """Whether the role's trust must allow sts:SetSourceIdentity."""
    return bool(policy.of_type(SOURCE_IDENTITY))


def name_id_source(session_name_source: str) -> str:
    """The source of NameID beside this source of the session name: the same where Entra allows it, else
    userprincipalname.
    """
    return session_name_source if session_name_source in NAME_ID_SOURCES else "userprincipalname"


def check_session_name_source(source: str) -> str:
    """The source, when a session name can come from it."""
    if source not in SESSION_NAME_SOURCES:
        raise InvalidInput(
            f"{source!r} cannot be the source of session names.", hint=f"Use one of {', '.join(SESSION_NAME_SOURCES)}."
        )
    return source


def check_name_id_source(source: str) -> str:
    """The source, when Entra ID takes NameID from it."""
    if source not in NAME_ID_SOURCES:
        raise InvalidInput(
            f"{source!r} cannot be the source of NameID.", hint=f"Use one of {', '.join(sorted(NAME_ID_SOURCES))}."
        )
    return source


def check_session_duration(seconds: int) -> int:
    """The duration, when AWS's sign-in takes it."""
    if not MIN_SESSION <= seconds <= MAX_SESSION:
        raise InvalidInput(
            f"A session of {seconds} seconds is not possible.", hint=f"Use {MIN_SESSION} to {MAX_SESSION} seconds."
        )
    return seconds


def check_role_pair(pair: RolePair, partition: str | None = None, account: str | None = None) -> RolePair:
    """The pair, when both ARNs lie in one partition and account, the federation's if that is given."""
    role = check_home(parse_role_arn(pair.role_arn), partition=partition, account=account)
    provider = check_home(parse_saml_provider_arn(pair.provider_arn), partition=partition, account=account)
    if (role.partition, role.account) != (provider.partition, provider.account):
        raise InvalidInput(
            f"The role {role} and the SAML provider {provider} are not in the same account.",
            hint="AWS requires that they are.",
        )
    if "," in role.name:
        raise InvalidInput(f"The role {role} cannot be in a Role claim: the comma in its name would end the ARN.")
    return pair


def with_application_id(entity_id: str, app_id: str) -> str:
    """The issuer of one application of a directory."""
    return f"{entity_id.rstrip('/')}/{app_id}"


def _settings(audience_override: str | None, issuer_with_application_id: bool | None) -> Entry:
    settings: Entry = {}
    if audience_override is not None:
        settings[AUDIENCE_OVERRIDE] = check_audience_override(audience_override) if audience_override else None
    if issuer_with_application_id is not None:
        settings[ISSUER_WITH_APPLICATION_ID] = issuer_with_application_id or None
    return settings


def check_audience_override(audience: str) -> str:
    """The audience, when Entra takes it: an absolute URI."""
    parts = urlsplit(audience)
    if not parts.scheme or not (parts.netloc or parts.path) or re.search(r"\s", audience):
        raise InvalidInput(
            f"The audience {audience!r} is not an absolute URI.",
            hint="AWS's is urn:amazon:webservices or https://signin.aws.amazon.com/saml.",
        )
    return audience


def _extra_claim(claim: t.Mapping[str, t.Any]) -> Entry:
    name = claim["name"]
    settings = {key: value for key, value in claim.items() if key != "name" and value is not None}
    extension, identifier, source = settings.get("extension_id"), settings.get("id"), settings.get("source", "user")
    if len({"value", "id", "extension_id"} & set(settings)) != 1 or ("value" in settings and "source" in settings):
        raise InvalidInput(f"The extra claim {name} needs exactly one of value, id (with source) and extension_id.")
    if "value" in settings:
        entry = {"Value": str(settings["value"])}
    else:
        entry = {"Source": source} | ({"ID": identifier} if extension is None else {"ExtensionID": extension})
    if name == NAME_ID and (entry.get("Source"), entry.get("ID")) not in {
        ("user", allowed) for allowed in NAME_ID_SOURCES
    }:
        raise InvalidInput(
            "NameID cannot come from there.",
            hint=f"Entra takes source user with one of {', '.join(sorted(NAME_ID_SOURCES))}.",
        )
    return entry | {"SamlClaimType": name}


def _user_claim(source: str, claim_type: str) -> Entry:
    return {"Source": "user", "ID": source, "SamlClaimType": claim_type}


def _checked(policy: ClaimsPolicy) -> ClaimsPolicy:
    for what, entries in (("claims", policy.claims), ("transformations", policy.transformations)):
        if len(entries) > MAX_CLAIMS:
            raise InvalidInput(
                f"The policy would have {len(entries)} {what}; Entra uses {MAX_CLAIMS} and ignores the rest silently."
            )
    return policy


def _entries(content: t.Mapping[str, t.Any], name: str) -> list[Entry]:
    entries = content.get(name) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidInput(f"The {name} of the claims mapping policy is not a list of objects.")
    return entries


def member(entry: Entry, name: str) -> t.Any:
    """A member under any spelling of its name: Microsoft's own examples differ (ID and Id, TransformationID and
    TransformationId).
    """
    return next((value for key, value in entry.items() if key.lower() == name.lower()), None)


def _type(entry: Entry) -> str | None:
    return t.cast("str | None", member(entry, "SamlClaimType"))


def _is_sent(entry: Entry) -> bool:
    """Whether the entry makes a claim; one without a claim's name is only the input of a transformation."""
    return bool(_type(entry) or member(entry, "JwtClaimType"))


def _origin(entry: Entry) -> dict[str, str]:
    if (value := member(entry, "Value")) is not None:
        return {"value": str(value)}
    return {"source": f"{member(entry, 'Source')}.{member(entry, 'ID') or member(entry, 'ExtensionID')}"}


def _meaning(policy: ClaimsPolicy) -> tuple[t.Any, ...]:
    settings = json.dumps(policy.settings_in_force(), sort_keys=True)
    return policy.include_basic, _meanings(policy.claims), _meanings(policy.transformations), settings


def _meanings(entries: t.Iterable[Entry]) -> list[str]:
    return sorted(json.dumps(_canonical(entry), sort_keys=True) for entry in entries)


def _canonical(entry: Entry) -> Entry:
    """Without nulls, keys in lower case, and Entra's own names (sources and their ids) in lower case."""
    canonical = {key.lower(): value for key, value in entry.items() if value is not None}
    return canonical | {key: canonical[key].lower() for key in _CASELESS if isinstance(canonical.get(key), str)}
