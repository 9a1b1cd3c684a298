# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The claims of a user for an application, from the assigned policy, which is evaluated literally (facts/entra.md 4.3
to 4.7, 10.3).
"""

from __future__ import annotations

import collections.abc
import dataclasses
import hashlib
import json
import re
import typing as t

from federation_sandbox.entra.access import Refused, assignments, is_guest
from federation_sandbox.entra.graph.templates import AWS_SINGLE_ACCOUNT
from federation_sandbox.entra.group_claims import Claim, groups_for
from federation_sandbox.entra.state import Record, Tenant

Json = dict[str, t.Any]

_CLAIMS: t.Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MICROSOFT: t.Final = "http://schemas.microsoft.com/"
_AWS: t.Final = "https://aws.amazon.com/SAML/Attributes/"
NAME_ID: t.Final = f"{_CLAIMS}nameidentifier"
_MOST: t.Final = 50

#: policy ID of a user's attribute → property of Graph's user; those not here need a word more
_PROPERTIES: t.Final[dict[str, str]] = {
    "surname": "surname", "givenname": "givenName", "displayname": "displayName", "objectid": "id", "mail": "mail",
    "department": "department", "onpremisessamaccountname": "onPremisesSamAccountName",
    "netbiosname": "onPremisesDomainName", "dnsdomainname": "onPremisesDomainName",
    "onpremisesecurityidentifier": "onPremisesSecurityIdentifier", "companyname": "companyName",
    "streetaddress": "streetAddress", "postalcode": "postalCode", "preferredlanguage": "preferredLanguage",
    "onpremisesuserprincipalname": "onPremisesUserPrincipalName", "mailnickname": "mailNickname",
    "employeeid": "employeeId", "facsimiletelephonenumber": "faxNumber", "country": "country", "city": "city",
    "state": "state", "jobtitle": "jobTitle", "physicaldeliveryofficename": "officeLocation", "usertype": "userType",
    "accountenabled": "accountEnabled", "consentprovidedforminor": "consentProvidedForMinor",
    "createddatetime": "createdDateTime", "creationtype": "creationType",
    "lastpasswordchangedatetime": "lastPasswordChangeDateTime", "mobilephone": "mobilePhone",
    "officelocation": "officeLocation", "onpremisesdomainname": "onPremisesDomainName",
    "onpremisesimmutableid": "onPremisesImmutableId", "onpremisessyncenabled": "onPremisesSyncEnabled",
    "preferreddatalocation": "preferredDataLocation",
}  # fmt: skip
_LISTS: t.Final = {"telephonenumber": "businessPhones", "othermail": "otherMails", "proxyaddresses": "proxyAddresses"}
_NAME_ID_SOURCES: t.Final = frozenset(
    {"mail", "userprincipalname", "onpremisessamaccountname", "employeeid", "telephonenumber"}
    | {f"extensionattribute{number}" for number in range(1, 16)}
)
_NAME_ID_METHODS: t.Final = frozenset({"ExtractMailPrefix", "Join"})

#: what the gallery's template claims as long as no policy is assigned (facts/aws.md 3.2, facts/entra.md 4.8)
_TEMPLATE_SCHEMA: t.Final[list[Json]] = [
    {"Source": "user", "ID": "userprincipalname", "SamlClaimType": NAME_ID},
    {"Source": "user", "ID": "userprincipalname", "SamlClaimType": f"{_AWS}RoleSessionName"},
    {"Source": "user", "ID": "assignedroles", "SamlClaimType": f"{_AWS}Role"},
    {"Value": "900", "SamlClaimType": f"{_AWS}SessionDuration"},
]


@dataclasses.dataclass(frozen=True)
class Claims:
    """The claims of a token."""

    name_id: str
    name_id_format: str
    attributes: tuple[Claim, ...]


def claims_for(tenant: Tenant, application: Record, principal: Record, user: Record) -> Claims:
    """The claims of a token. Refused when the name identifier or a transformation has no value to work on."""
    policy = assigned_policy(tenant, principal)
    if policy is None:
        gallery = principal.get("applicationTemplateId") == AWS_SINGLE_ACCOUNT
        policy = {"ClaimsSchema": _TEMPLATE_SCHEMA if gallery else _TEMPLATE_SCHEMA[:1]}
    source = _Sources(tenant, principal, user, policy)
    claims = {claim.name: claim for claim in _always(tenant, user)}
    claims |= {
        claim.name: claim for claim in groups_for(tenant, application, principal, user, policy.get("GroupFilter"))
    }
    if policy.get("IncludeBasicClaimSet", "true") == "true":
        claims |= {claim.name: claim for claim in _basic(user)}
    mapped: dict[str, Claim] = {}
    for entry in source.schema:
        name = entry.get("SamlClaimType")
        if not name or name == NAME_ID:
            continue
        values = source.values(entry)
        if values:
            before = mapped[name].values if name in mapped else ()
            mapped[name] = Claim(
                name, before + tuple(value for value in values if value not in before), entry.get("SAMLNameForm", "")
            )
    name_id, form = _name_id(source)
    return Claims(name_id, form, tuple({**claims, **mapped}.values()))


def assigned_policy(tenant: Tenant, principal: Record) -> Json | None:
    """The content of the assigned claims mapping policy, if there is one."""
    policies = (tenant["claimsMappingPolicies"].visible(key) for key in principal["_claimsMappingPolicies"])
    assigned = next((each for each in policies if each is not None), None)
    return t.cast("Json", json.loads(assigned["definition"][0])["ClaimsMappingPolicy"]) if assigned else None


def _always(tenant: Tenant, user: Record) -> collections.abc.Iterator[Claim]:
    yield Claim(f"{_MICROSOFT}identity/claims/tenantid", (tenant.id,))
    yield Claim(f"{_MICROSOFT}identity/claims/objectidentifier", (user["id"],))
    yield Claim(f"{_MICROSOFT}identity/claims/identityprovider", (f"https://sts.windows.net/{tenant.id}/",))
    methods = "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password"
    yield Claim(f"{_MICROSOFT}claims/authnmethodsreferences", (methods,))


def _basic(user: Record) -> collections.abc.Iterator[Claim]:
    pairs = (
        (f"{_MICROSOFT}identity/claims/displayname", user.get("displayName")),
        (f"{_CLAIMS}givenname", user.get("givenName")),
        (f"{_CLAIMS}surname", user.get("surname")),
        (f"{_CLAIMS}emailaddress", user.get("mail")),
        (f"{_CLAIMS}name", user_principal_name(user)),
    )
    return (Claim(name, (value,)) for name, value in pairs if value)


def user_principal_name(user: Record) -> str:
    """The user principal name in a claim. For a guest from another tenant it is the name in the home tenant
    (facts/entra.md 5.9, the later page).
    """
    name = str(user["userPrincipalName"])
    issuers = {identity.get("issuer") for identity in user.get("identities") or ()}
    if is_guest(user) and "ExternalAzureAD" in issuers and "#EXT#" in name:
        local, _, domain = name.partition("#EXT#")[0].rpartition("_")
        return f"{local}@{domain}"
    return name


class _Sources:
    """The sources from which the entries of a policy take their values."""

    def __init__(self, tenant: Tenant, principal: Record, user: Record, policy: Json) -> None:
        self._tenant = tenant
        self._principal = principal
        self._user = user
        # Claims beyond the limit are ignored silently.
        self.schema: list[Json] = policy.get("ClaimsSchema", [])[:_MOST]
        listed = [*policy.get("ClaimsTransformation", []), *policy.get("ClaimsTransformations", [])][:_MOST]
        self.transformations: dict[str, Json] = {each["ID"]: each for each in listed}

    def pairwise(self) -> str:
        """An identifier that is stable for a user and an application, and does not reveal the user."""
        return hashlib.sha256(f"{self._principal['id']}/{self._user['id']}".encode()).hexdigest()[:44]

    def values(self, entry: Json) -> list[str]:
        """The values of an entry, empty when its source is."""
        if "Value" in entry:
            return [entry["Value"]]
        if entry["Source"] == "transformation":
            value = self.transformed(entry)
            return [value] if value else []
        if "ExtensionID" in entry:
            return _texts(self._user.get(entry["ExtensionID"]))
        return self._attribute(entry["Source"], entry["ID"].lower())

    def transformation(self, entry: Json) -> Json | None:
        """The transformation that an entry refers to."""
        return self.transformations.get(entry.get("TransformationId") or entry.get("TransformationID") or "")

    def transformed(self, entry: Json) -> str:
        """The output of a transformation; empty when the entry refers to an output that the transformation does not
        have.
        """
        transformation = self.transformation(entry)
        if transformation is None:
            return ""
        outputs = {
            each["ClaimTypeReferenceId"]: each["TransformationClaimType"]
            for each in transformation.get("OutputClaims", [])
        }
        method = transformation["TransformationMethod"]
        if outputs.get(entry["ID"]) != ("createdClaim" if method == "CreateStringClaim" else "outputClaim"):
            return ""
        return self._carry_out(method, transformation)

    def _carry_out(self, method: str, transformation: Json) -> str:
        inputs = {claim["ID"]: claim["Value"] for claim in transformation.get("InputParameters", [])}
        for claim in transformation.get("InputClaims", []):
            inputs[claim["TransformationClaimType"]] = self._referenced(claim["ClaimTypeReferenceId"])

        def need(*names: str) -> list[str]:
            for name in names:
                if not inputs.get(name):
                    text = f"Mandatory Input '{name}' missing from transformation ID '{transformation['ID']}'."
                    raise Refused(501241, text)
            return [inputs[name] for name in names]

        if method == "Join":
            first, second = need("string1", "string2")
            return f"{first}{inputs.get('separator', '')}{second}"
        if method == "CreateStringClaim":
            return need("value")[0]
        if method == "ExtractMailPrefix":
            return need("mail")[0].partition("@")[0]
        if method in ("ToLowercase()", "ToUppercase()") and len(inputs) == 1:
            value = need(*inputs)[0]
            return value.lower() if method == "ToLowercase()" else value.upper()
        raise Refused(50124, f"Claims Transformation contains invalid input parameter: '{transformation['ID']}'.")

    def _referenced(self, name: str) -> str:
        """The value of another entry of the schema, which is the input of a transformation."""
        entry = next(
            (each for each in self.schema if each.get("ID") == name and each.get("Source") != "transformation"), None
        )
        values = self.values(entry) if entry else []
        return values[0] if values else ""

    def _attribute(self, source: str, name: str) -> list[str]:
        if source == "user":
            return self._user_attribute(name)
        if source in ("application", "resource", "audience"):
            record = {
                "displayname": self._principal["displayName"],
                "objectid": self._principal["id"],
                "tags": self._principal.get("tags"),
            }
            return _texts(record.get(name))[:1]
        return _texts(self._tenant.country)

    def _user_attribute(self, name: str) -> list[str]:
        user = self._user
        if name == "userprincipalname":
            return [user_principal_name(user)]
        if name == "assignedroles":
            granted = {each["appRoleId"] for each in assignments(self._tenant, self._principal, user)}
            roles = self._principal["appRoles"]
            return [
                role["value"] for role in roles if role["id"] in granted and role["isEnabled"] and role.get("value")
            ]
        if name in _LISTS:  # of a list, one value is emitted (facts/entra.md 4.4)
            return _texts(user.get(_LISTS[name]))[:1]
        if re.fullmatch(r"extensionattribute\d+", name):
            return _texts((user.get("onPremisesExtensionAttributes") or {}).get(f"extensionAttribute{name[18:]}"))
        return _texts(user.get(_PROPERTIES[name]))


def _texts(value: t.Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value]) if each not in (None, "")]


def _name_id(source: _Sources) -> tuple[str, str]:
    """The name identifier and its format: those of the source, or a pairwise identifier (facts/entra.md 4.5, 4.7,
    10.3).
    """
    entry = next((each for each in source.schema if each.get("SamlClaimType") == NAME_ID), None)
    transformation = source.transformation(entry) if entry else None
    if entry and transformation and transformation["TransformationMethod"] in _NAME_ID_METHODS:
        value = source.transformed(entry)
        if value:
            return value, _format(value)
    elif entry and entry.get("Source") == "user" and entry.get("ID", "").lower() in _NAME_ID_SOURCES:
        values = source.values(entry)
        if not values:
            raise Refused(501241, f"Mandatory Input '{entry['ID']}' missing from transformation ID 'ExtractNameID'.")
        return values[0], _format(values[0])
    return source.pairwise(), "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


def _format(value: str) -> str:
    return f"urn:oasis:names:tc:SAML:1.1:nameid-format:{'emailAddress' if '@' in value else 'unspecified'}"
