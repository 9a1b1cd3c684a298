# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the claims of one person hold: attributes, fixed values, and transformations."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._saml import claim_values
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import (
    ROLE_SESSION_NAME,
    SESSION_DURATION,
    ClaimsPolicy,
)

Json = dict[str, t.Any]

JANE: t.Final[Json] = {
    "id": "00000000-0000-4000-8000-000000000001",
    "userPrincipalName": "Jane.Doe@Example.com",
    "mail": "J.Doe@example.com",
    "employeeId": "",
    "department": None,
    "businessPhones": ["+4912345", "+4967890"],
    "onPremisesExtensionAttributes": {"extensionAttribute3": "4711"},
    "extension_0000_agent": "jd",
}
LOWER: t.Final[Json] = {
    "ID": "Lower",
    "TransformationMethod": "ToLowercase()",
    "InputClaims": [{"ClaimTypeReferenceId": "mail", "TransformationClaimType": "sourceClaim"}],
    "OutputClaims": [{"ClaimTypeReferenceId": "name", "TransformationClaimType": "outputClaim"}],
}
PREFIX: t.Final[Json] = LOWER | {
    "ID": "Prefix",
    "TransformationMethod": "ExtractMailPrefix",
    "InputClaims": [{"ClaimTypeReferenceId": "mail", "TransformationClaimType": "mail"}],
}
JOIN: t.Final[Json] = LOWER | {
    "ID": "Joined",
    "TransformationMethod": "Join",
    "InputClaims": [{"ClaimTypeReferenceId": "extensionattribute3", "TransformationClaimType": "string1"}],
    "InputParameters": [{"ID": "string2", "Value": "example.com"}, {"ID": "separator", "Value": "@"}],
}
MADE: t.Final[Json] = LOWER | {
    "ID": "Made",
    "TransformationMethod": "CreateStringClaim",
    "InputClaims": [],
    "InputParameters": [{"ID": "value", "Value": "agent"}],
}
INPUTS: t.Final = tuple(
    {"Source": "user", "ID": name} for name in ("mail", "extensionattribute3", "employeeid", "onpremisesecurity")
)


def policy_with(entry: Json, *transformations: Json) -> ClaimsPolicy:
    return ClaimsPolicy((*INPUTS, {**entry, "SamlClaimType": ROLE_SESSION_NAME}), transformations)


def transformed(**transformation: t.Any) -> tuple[Json, Json]:
    entry = {"Source": "transformation", "ID": "name", "TransformationId": transformation["ID"]}
    return entry, transformation


def sent(policy: ClaimsPolicy) -> claim_values.ClaimValue:
    (value,) = claim_values.values_of(policy, ROLE_SESSION_NAME, claim_values.person_of(JANE))
    return value


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ({"Value": "agent"}, ("agent",)),
        ({"Source": "user", "ID": "mail"}, ("J.Doe@example.com",)),
        ({"source": "User", "id": "Mail"}, ("J.Doe@example.com",)),
        ({"Source": "user", "ID": "extensionattribute3"}, ("4711",)),
        ({"Source": "user", "ID": "extensionattribute4"}, ()),
        ({"Source": "user", "ID": "telephonenumber"}, ("+4912345",)),
        ({"Source": "user", "ID": "employeeid"}, ()),
        ({"Source": "user", "ID": "department"}, ()),
        ({"Source": "user", "ExtensionID": "extension_0000_agent"}, ("jd",)),
    ],
)
def test_a_fixed_value_and_attributes_of_the_user(entry: Json, values: tuple[str, ...]) -> None:
    assert sent(policy_with(entry)).values == values


@pytest.mark.parametrize(
    ("transformation", "values"),
    [
        (LOWER, ("j.doe@example.com",)),
        (LOWER | {"TransformationMethod": "ToUppercase()"}, ("J.DOE@EXAMPLE.COM",)),
        (PREFIX, ("J.Doe",)),
        (JOIN, ("4711@example.com",)),
        (JOIN | {"InputParameters": JOIN["InputParameters"][:1]}, ("4711example.com",)),
        (MADE, ("agent",)),
        (LOWER | {"OutputClaims": [{"ClaimTypeReferenceId": "other", "TransformationClaimType": "outputClaim"}]}, ()),
        (LOWER | {"ID": "Another"}, ("j.doe@example.com",)),
    ],
)
def test_transformations(transformation: Json, values: tuple[str, ...]) -> None:
    entry = transformed(**transformation)[0]
    assert sent(policy_with(entry, transformation)).values == values
    assert sent(policy_with(entry)).values == ()


@pytest.mark.parametrize(
    "transformation",
    [
        LOWER | {"InputClaims": [{"ClaimTypeReferenceId": "employeeid", "TransformationClaimType": "sourceClaim"}]},
        LOWER | {"InputClaims": [{"ClaimTypeReferenceId": "surname", "TransformationClaimType": "sourceClaim"}]},
        LOWER | {"InputParameters": [{"ID": "second", "Value": "x"}]},
        JOIN | {"InputParameters": []},
        PREFIX | {"InputClaims": [{"ClaimTypeReferenceId": "mail", "TransformationClaimType": "string"}]},
    ],
)
def test_without_an_input_entra_lets_nobody_in(transformation: Json) -> None:
    entry = transformed(**transformation)[0]
    value = sent(policy_with(entry, transformation))
    assert value.values == ()
    assert value.refused


@pytest.mark.parametrize(
    ("entry", "transformation"),
    [
        ({"Source": "user", "ID": "netbiosname"}, LOWER),
        ({"Source": "application", "ID": "displayname"}, LOWER),
        transformed(**(LOWER | {"TransformationMethod": "RegexReplace()"})),
        transformed(
            **(
                LOWER
                | {
                    "InputClaims": [
                        {"ClaimTypeReferenceId": "onpremisesecurity", "TransformationClaimType": "sourceClaim"}
                    ]
                }
            )
        ),
    ],
)
def test_what_cannot_be_told(entry: Json, transformation: Json) -> None:
    value = sent(policy_with(entry, transformation))
    assert value.values is None
    assert value.unknown


def test_the_properties_that_the_claims_depend_on() -> None:
    duration = {"Source": "user", "ID": "employeeid", "SamlClaimType": SESSION_DURATION}
    entry = transformed(**JOIN)[0]
    policy = ClaimsPolicy((*policy_with(entry, JOIN).claims, duration), (JOIN, LOWER))
    assert claim_values.user_properties(policy) == ["employeeId", "onPremisesExtensionAttributes"]
    assert claim_values.user_properties(policy, (ROLE_SESSION_NAME,)) == ["onPremisesExtensionAttributes"]


def test_documented_sources() -> None:
    """facts/entra.md E12"""
    names = (
        "mobilephone",
        "officelocation",
        "createddatetime",
        "accountEnabled",
        "proxyaddresses",
        "netbiosname",
        "assignedroles",
    )
    known = [{"Source": "user", "ID": name, "SamlClaimType": "x"} for name in names]
    known += [{"Source": "company", "ID": "tenantcountry"}, {"Source": "Application", "ID": "tags"}, {"Value": "x"}]
    known += [
        {"Source": "user", "ExtensionID": "extension_1_x"},
        {"Source": "transformation", "ID": "x", "TransformationId": "y"},
    ]
    assert claim_values.undocumented_sources(known) == []
    unknown = [{"Source": "user", "ID": "localuserprincipalname"}, {"Source": "company", "ID": "displayname"}]
    assert claim_values.undocumented_sources([*unknown, *known, unknown[0]]) == [
        "user.localuserprincipalname",
        "company.displayname",
    ]


@pytest.mark.parametrize(
    ("name", "user", "expected"),
    [
        ("accountenabled", {"accountEnabled": True}, ("True",)),
        ("proxyaddresses", {"proxyAddresses": ["SMTP:a@x.org", "smtp:b@x.org"]}, ("SMTP:a@x.org",)),
        ("createddatetime", {"createdDateTime": "2026-01-02T03:04:05Z"}, ("2026-01-02T03:04:05Z",)),
        ("onpremisesimmutableid", {}, ()),
    ],
)
def test_what_documented_sources_send(name: str, user: dict[str, t.Any], expected: tuple[str, ...]) -> None:
    """facts/entra.md E12; of a list one value is sent (facts/entra.md 4.4)"""
    assert claim_values.person_of(user)(name).values == expected
    entry = {"Source": "user", "ID": name, "SamlClaimType": "x"}
    assert claim_values.user_properties(ClaimsPolicy((entry,))) == [claim_values.USER_ATTRIBUTES[name]]
