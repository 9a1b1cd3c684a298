# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What Entra sends as the claims of one person: fixed values, attributes of the user, and what transformations make of
them.

The person is a function from the name that claims policies have for a user's attribute to its value, so that the
computation is the same wherever the person was read.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy, Entry

#: The user's attributes by the name that claims policies have for them, and the path of each in Microsoft Graph's user.
USER_ATTRIBUTES: t.Final[t.Mapping[str, str]] = {
    **claims.GRAPH_PROPERTIES,
    "objectid": "id",
    "displayname": "displayName",
    "givenname": "givenName",
    "surname": "surname",
    "department": "department",
    "companyname": "companyName",
    "jobtitle": "jobTitle",
    "streetaddress": "streetAddress",
    "city": "city",
    "state": "state",
    "country": "country",
    "postalcode": "postalCode",
    "preferredlanguage": "preferredLanguage",
    "physicaldeliveryofficename": "officeLocation",
    "officelocation": "officeLocation",
    "facsimiletelephonenumber": "faxNumber",
    "mobilephone": "mobilePhone",
    "telephonenumber": "businessPhones",
    "othermail": "otherMails",
    "usertype": "userType",
    "accountenabled": "accountEnabled",
    "consentprovidedforminor": "consentProvidedForMinor",
    "createddatetime": "createdDateTime",
    "creationtype": "creationType",
    "lastpasswordchangedatetime": "lastPasswordChangeDateTime",
    "preferreddatalocation": "preferredDataLocation",
    "proxyaddresses": "proxyAddresses",
    "dnsdomainname": "onPremisesDomainName",
    "onpremisesdomainname": "onPremisesDomainName",
    "onpremisesimmutableid": "onPremisesImmutableId",
    "onpremisessyncenabled": "onPremisesSyncEnabled",
    "onpremisesecurityidentifier": "onPremisesSecurityIdentifier",
}

_CLAIMS: t.Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MICROSOFT: t.Final = "http://schemas.microsoft.com/"
#: What Entra sends of a person although no claims policy says so, each with the attribute that it is taken from; None
#: for what everybody has.
BASIC_CLAIMS: t.Final[t.Mapping[str, str | None]] = {
    f"{_CLAIMS}emailaddress": "mail",
    f"{_CLAIMS}givenname": "givenname",
    f"{_CLAIMS}surname": "surname",
    f"{_CLAIMS}name": "userprincipalname",
    f"{_MICROSOFT}identity/claims/displayname": "displayname",
    f"{_MICROSOFT}identity/claims/tenantid": None,
    f"{_MICROSOFT}identity/claims/objectidentifier": None,
    f"{_MICROSOFT}identity/claims/identityprovider": None,
    f"{_MICROSOFT}claims/authnmethodsreferences": None,
}

ASSIGNED_ROLES: t.Final = "assignedroles"
"""The one attribute of a user that is no property: the values of the application's roles that the person is assigned
to.
"""

_OF_APPLICATION: t.Final = frozenset({"displayname", "objectid", "tags"})
#: Source → its documented ids. Microsoft Graph does not show the NetBIOS name of a user.
DOCUMENTED: t.Final[t.Mapping[str, t.Container[str]]] = {
    "user": frozenset({*USER_ATTRIBUTES, ASSIGNED_ROLES, "netbiosname"}),
    "application": _OF_APPLICATION,
    "resource": _OF_APPLICATION,
    "audience": _OF_APPLICATION,
    "company": frozenset({"tenantcountry"}),
}


@dataclass(frozen=True)
class ClaimValue:
    """What one entry of a policy sends of one person.

    values: empty if nothing is sent, None if it is unknown, which `unknown` explains. refused: why Entra lets
    nobody in for whom it has to compute this. source: where it comes from, such as user.mail.
    """

    values: tuple[str, ...] | None
    source: str = ""
    unknown: str = ""
    refused: str = ""


Person = t.Callable[[str], ClaimValue]
"""From the name of a user's attribute to what it holds."""


def person_of(user: t.Mapping[str, t.Any]) -> Person:
    """A person as Microsoft Graph's user shows it, with the properties of user_properties()."""

    def look_up(name: str) -> ClaimValue:
        path = USER_ATTRIBUTES.get(name.lower()) or (name if name.startswith("extension_") else None)
        source = f"user.{name}"
        if path is None:
            return ClaimValue(None, source, f"It comes from {source}, which is not evaluated here.")
        return ClaimValue(_texts(user, path), source)

    return look_up


def undocumented_sources(entries: t.Iterable[Entry]) -> list[str]:
    """The sources of entries that Microsoft does not document, such as user.localuserprincipalname, in their order."""
    named = [(str(claims.member(entry, "Source")).lower(), claims.member(entry, "ID")) for entry in entries]
    unknown = [
        f"{kind}.{name}"
        for kind, name in named
        if name and str(name).lower() not in DOCUMENTED.get(kind, (str(name).lower(),))
    ]
    return list(dict.fromkeys(unknown))


def user_properties(policy: ClaimsPolicy, claim_types: t.Container[str] | None = None) -> list[str]:
    """The properties of Microsoft Graph's user on which a policy's claims depend; those of some claims, when they are
    given.
    """
    sources = [source for entry in policy.claims if _concerns(entry, claim_types) for source in _sources(policy, entry)]
    paths = [USER_ATTRIBUTES.get(name.lower()) or (name if name.startswith("extension_") else "") for name in sources]
    return sorted({path.partition("/")[0] for path in paths if path})


def values_of(policy: ClaimsPolicy, claim_type: str, person: Person) -> list[ClaimValue]:
    """What each entry of this name sends of a person."""
    return [value_of(policy, entry, person) for entry in policy.of_type(claim_type)]


def claim_of(policy: ClaimsPolicy, claim_type: str, person: Person) -> ClaimValue:
    """What is sent of a person as one claim: the values of all its entries, each once."""
    values = values_of(policy, claim_type, person)
    unknown = next((value for value in values if value.values is None), None)
    if unknown is not None:
        return unknown
    distinct = dict.fromkeys(text for value in values for text in value.values or ())
    sources = dict.fromkeys(value.source for value in values)
    refused = next((value.refused for value in values if value.refused), "")
    return ClaimValue(tuple(distinct), " and ".join(sources), refused=refused)


def only(value: ClaimValue) -> str | None:
    """The value, where it is known to be exactly one."""
    return value.values[0] if value.values and len(value.values) == 1 else None


def value_of(policy: ClaimsPolicy, entry: Entry, person: Person) -> ClaimValue:
    """What an entry of the policy sends of a person."""
    constant = claims.member(entry, "Value")
    if constant is not None:
        return ClaimValue((str(constant),), "the policy's fixed value")
    kind = str(claims.member(entry, "Source")).lower()
    name = str(claims.member(entry, "ID") or claims.member(entry, "ExtensionID"))
    if kind == "transformation":
        return _transformed(policy, entry, name, person)
    if kind == "user":
        return person(name if claims.member(entry, "ExtensionID") else name.lower())
    source = f"{claims.member(entry, 'Source')}.{name}"
    return ClaimValue(None, source, f"It comes from {source}, which is not evaluated here.")


def _texts(user: t.Mapping[str, t.Any], path: str) -> tuple[str, ...]:
    """The value of a property; of a list the first one, which is what Entra sends."""
    value: t.Any = user
    for part in path.split("/"):
        value = (value or {}).get(part)
    values = value[:1] if isinstance(value, list) else [value]
    return tuple(str(text) for text in values if text not in (None, ""))


def _concerns(entry: Entry, claim_types: t.Container[str] | None) -> bool:
    claim_type = claims.member(entry, "SamlClaimType")
    return bool(claim_type) and (claim_types is None or claim_type in claim_types)


def _sources(policy: ClaimsPolicy, entry: Entry) -> list[str]:
    """The user's attributes that an entry depends on."""
    kind = str(claims.member(entry, "Source")).lower()
    name = str(claims.member(entry, "ID") or claims.member(entry, "ExtensionID"))
    if kind == "user":
        return [name]
    transformation = _transformation(policy, entry) if kind == "transformation" else None
    inputs = (
        [_input_entry(policy, reference) for reference in _input_claims(transformation).values()]
        if transformation
        else []
    )
    return [source for used in inputs if used for source in _sources(policy, used)]


def _transformation(policy: ClaimsPolicy, entry: Entry) -> Entry | None:
    transformation_id = claims.member(entry, "TransformationId")
    return next(
        (
            each
            for each in policy.transformations
            if transformation_id and claims.member(each, "ID") == transformation_id
        ),
        None,
    )


def _input_claims(transformation: Entry) -> dict[str, str]:
    """The inputs of a transformation by name, and the entry of the schema that each refers to."""
    listed = _objects(transformation, "InputClaims")
    return {
        str(claims.member(each, "TransformationClaimType")): str(claims.member(each, "ClaimTypeReferenceId"))
        for each in listed
    }


def _objects(transformation: Entry, name: str) -> list[Entry]:
    listed = claims.member(transformation, name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _input_entry(policy: ClaimsPolicy, reference: str) -> Entry | None:
    """The entry of the schema that an input refers to; a transformation cannot be the input of another."""
    for entry in policy.claims:
        if claims.member(entry, "ID") == reference and str(claims.member(entry, "Source")).lower() != "transformation":
            return entry
    return None


def _transformed(policy: ClaimsPolicy, entry: Entry, name: str, person: Person) -> ClaimValue:
    transformation = _transformation(policy, entry)
    if transformation is None:
        return ClaimValue((), f"transformation.{name} (which the policy does not define)")
    method = str(claims.member(transformation, "TransformationMethod"))
    compute = _METHODS.get(method.removesuffix("()").lower())
    source = f"transformation.{name} ({method})"
    if compute is None:
        return ClaimValue(None, source, f"It comes from the transformation {method}, which is not evaluated here.")
    if not _puts_out(transformation, name):
        return ClaimValue((), f"transformation.{name} ({method}, whose output is another)")
    inputs: dict[str, str] = {}
    for parameter in _objects(transformation, "InputParameters"):
        inputs[str(claims.member(parameter, "ID"))] = str(claims.member(parameter, "Value"))
    for input_name, reference in _input_claims(transformation).items():
        used = _input_entry(policy, reference)
        value = value_of(policy, used, person) if used else ClaimValue(())
        if value.values is None:
            return replace(value, source=source)
        inputs[input_name] = value.values[0] if value.values else ""
    return replace(compute(inputs), source=source)


def _puts_out(transformation: Entry, name: str) -> bool:
    """Whether the entry of this id takes what the transformation puts out."""
    outputs = _objects(transformation, "OutputClaims")
    return any(claims.member(each, "ClaimTypeReferenceId") == name for each in outputs)


_Inputs = t.Mapping[str, str]


def _needed(compute: t.Callable[..., str], names: tuple[str, ...], inputs: _Inputs) -> ClaimValue:
    """What a method makes of its inputs, all of which Entra demands."""
    empty = next((name for name in names if not inputs.get(name)), None)
    if empty is not None:
        return ClaimValue((), refused=f"The input {empty!r} of the transformation is empty.")
    value = compute(*(inputs[name] for name in names))
    return ClaimValue((value,) if value else ())


def _join(inputs: _Inputs) -> ClaimValue:
    separator = inputs.get("separator", "")
    return _needed(lambda first, second: f"{first}{separator}{second}", ("string1", "string2"), inputs)


def _case(change: t.Callable[[str], str], inputs: _Inputs) -> ClaimValue:
    """Changes the case of the only input, whose name no document tells."""
    if len(inputs) != 1:
        return ClaimValue((), refused="The transformation does not have exactly one input.")
    return _needed(change, tuple(inputs), inputs)


_METHODS: t.Final[t.Mapping[str, t.Callable[[_Inputs], ClaimValue]]] = {
    "join": _join,
    "extractmailprefix": functools.partial(_needed, lambda mail: mail.partition("@")[0], ("mail",)),
    "createstringclaim": functools.partial(_needed, str, ("value",)),
    "tolowercase": functools.partial(_case, str.lower),
    "touppercase": functools.partial(_case, str.upper),
}
