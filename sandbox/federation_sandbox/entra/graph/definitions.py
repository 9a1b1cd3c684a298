# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definitions of policies: JSON in a string. Keys are accepted only in the spelling that Microsoft documents."""

from __future__ import annotations

import collections.abc
import json
import typing as t

from federation_sandbox.entra.graph.errors import bad_request
from federation_sandbox.entra.graph.urls import split_url

_ENTRY: t.Final[frozenset[str]] = frozenset(
    {
        "Source",
        "ID",
        "ExtensionID",
        "Value",
        "SamlClaimType",
        "JwtClaimType",
        "SAMLNameForm",
        "TransformationId",
        "TransformationID",
    }
)
_SOURCES: t.Final[frozenset[str]] = frozenset(
    {"user", "application", "resource", "audience", "company", "transformation"}
)
# fmt: off
#: the documented sources of claims (facts/entra.md E12)
_USER: t.Final[frozenset[str]] = frozenset(
    {
        "surname", "givenname", "displayname", "objectid", "mail", "userprincipalname", "department",
        "onpremisessamaccountname", "netbiosname", "dnsdomainname", "onpremisesecurityidentifier", "companyname",
        "streetaddress", "postalcode", "preferredlanguage", "onpremisesuserprincipalname", "mailnickname", "othermail",
        "employeeid", "facsimiletelephonenumber", "assignedroles", "country", "city", "state", "jobtitle",
        "physicaldeliveryofficename", "telephonenumber", "usertype", "accountenabled", "consentprovidedforminor",
        "createddatetime", "creationtype", "lastpasswordchangedatetime", "mobilephone", "officelocation",
        "onpremisesdomainname", "onpremisesimmutableid", "onpremisessyncenabled", "preferreddatalocation",
        "proxyaddresses",
    }
) | {f"extensionattribute{number}" for number in range(1, 16)}
# fmt: on
_APPLICATION: t.Final[frozenset[str]] = frozenset({"displayname", "objectid", "tags"})
_IDS: t.Final[dict[str, frozenset[str]]] = {
    "user": _USER,
    **dict.fromkeys(("application", "resource", "audience"), _APPLICATION),
    "company": frozenset({"tenantcountry"}),
}
_NAME_FORMS: t.Final[str] = "urn:oasis:names:tc:SAML:2.0:attrname-format:"
_TRANSFORMATIONS: t.Final[frozenset[str]] = frozenset({"ClaimsTransformation", "ClaimsTransformations"})
_METHODS: t.Final[frozenset[str]] = frozenset(
    {"Join", "ExtractMailPrefix", "ToLowercase()", "ToUppercase()", "RegexReplace()", "CreateStringClaim"}
)
_ISSUANCE: t.Final[dict[str, tuple[t.Any, ...]]] = {
    "Version": (1,),
    "TokenResponseSigningPolicy": ("TokenOnly", "ResponseOnly", "ResponseAndToken"),
    "SamlTokenVersion": ("1.1", "2.0"),
    "SigningAlgorithm": (
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    ),
    "EmitSAMLNameFormat": ("true", "false"),
}


def check_definition(kind: str, definition: list[str]) -> None:
    """400 for a definition that Entra ID does not accept. kind: "ClaimsMappingPolicy" or "TokenIssuancePolicy"."""
    if len(definition) != 1:
        raise _invalid()
    try:
        content = json.loads(definition[0])
    except ValueError as reason:
        raise _invalid() from reason
    if not isinstance(content, dict) or set(content) != {kind} or not isinstance(content[kind], dict):
        raise _invalid()
    policy = content[kind]
    if policy.get("Version") != 1 or isinstance(policy["Version"], bool):
        raise _invalid()
    valid = _is_claims_mapping(policy) if kind == "ClaimsMappingPolicy" else _is_token_issuance(policy)
    if not valid:
        raise _invalid()


def _is_claims_mapping(policy: collections.abc.Mapping[str, t.Any]) -> bool:
    if not set(policy) <= {"Version", "IncludeBasicClaimSet", "ClaimsSchema", *_TRANSFORMATIONS, *_SETTINGS}:
        return False
    if not all(valid(policy[name]) for name, valid in _SETTINGS.items() if name in policy):
        return False
    if policy.get("IncludeBasicClaimSet", "true") not in ("true", "false"):
        return False
    schema = policy.get("ClaimsSchema", [])
    lists = [schema, *(policy.get(name, []) for name in _TRANSFORMATIONS)]
    if not all(isinstance(each, list) for each in lists):
        return False
    return all(map(_is_entry, schema)) and all(_is_transformation(each) for every in lists[1:] for each in every)


def _is_group_filter(value: t.Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"MatchOn", "Type", "Value"} or not isinstance(value["Value"], str):
        return False
    return value["MatchOn"] in ("displayname", "samaccountname") and value["Type"] in ("prefix", "suffix", "contains")


def _is_absolute_uri(value: t.Any) -> bool:
    if not isinstance(value, str) or any(character.isspace() for character in value):
        return False
    parts = split_url(value)
    return bool(parts.scheme and (parts.netloc or parts.path))


#: what else a policy may hold (facts/entra.md E7), and which values it takes
_SETTINGS: t.Final[dict[str, t.Callable[[t.Any], bool]]] = {
    "GroupFilter": _is_group_filter,
    "audienceOverride": _is_absolute_uri,
    "issuerWithApplicationId": lambda value: isinstance(value, bool) or str(value).lower() in ("true", "false"),
}


def _is_entry(entry: t.Any) -> bool:
    if (
        not isinstance(entry, dict)
        or not set(entry) <= _ENTRY
        or not all(isinstance(value, str) for value in entry.values())
    ):
        return False
    if "SAMLNameForm" in entry and not entry["SAMLNameForm"].startswith(_NAME_FORMS):
        return False
    if "Value" in entry:
        return not {"Source", "ID", "ExtensionID"} & set(entry) and bool({"SamlClaimType", "JwtClaimType"} & set(entry))
    source, name = entry.get("Source"), entry.get("ID")
    if source not in _SOURCES or (name is None) == ("ExtensionID" not in entry):
        return False
    if source == "transformation":
        return bool({"TransformationId", "TransformationID"} & set(entry))
    return name is None or name.lower() in _IDS[source]


def _is_transformation(transformation: t.Any) -> bool:
    keys = {"ID", "TransformationMethod", "InputClaims", "InputParameters", "OutputClaims"}
    return (
        isinstance(transformation, dict)
        and set(transformation) <= keys
        and isinstance(transformation.get("ID"), str)
        and transformation.get("TransformationMethod") in _METHODS
    )


def _is_token_issuance(policy: collections.abc.Mapping[str, t.Any]) -> bool:
    return all(name in _ISSUANCE and value in _ISSUANCE[name] for name, value in policy.items())


def _invalid() -> Exception:
    return bad_request("Property has an invalid value.", target="definition", detail="InvalidValue")
