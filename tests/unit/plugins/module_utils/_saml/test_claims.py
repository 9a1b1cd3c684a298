# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import (
    ClaimsPolicy,
    RolePair,
    build,
    merge,
    parse,
    same_meaning,
)

ACCOUNT = "111122223333"
PAIR = RolePair(f"arn:aws:iam::{ACCOUNT}:role/ConnectAgent", f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra")
OTHER_PAIR = RolePair(f"arn:aws:iam::{ACCOUNT}:role/ConnectAdmin", PAIR.provider_arn)
DEPARTMENT = {"Source": "user", "ID": "department", "SamlClaimType": "urn:department"}
BUILT = build(session_name_source="userprincipalname", role_pairs=[PAIR], session_duration=43200)

JOINED = [
    {"Source": "user", "ID": "extensionattribute1"},
    {"Source": "transformation", "ID": "DataJoin", "TransformationId": "JoinTheData", "JwtClaimType": "JoinedData"},
]
JOIN = {
    "ID": "JoinTheData",
    "TransformationMethod": "Join",
    "InputClaims": [{"ClaimTypeReferenceId": "extensionattribute1", "TransformationClaimType": "string1"}],
    "InputParameters": [{"ID": "string2", "Value": "sandbox"}, {"ID": "separator", "Value": "."}],
    "OutputClaims": [{"ClaimTypeReferenceId": "DataJoin", "TransformationClaimType": "outputClaim"}],
}


def test_the_claims_of_a_federation() -> None:
    """facts/entra.md 4.3"""
    (text,) = BUILT.definition()
    assert json.loads(text) == {
        "ClaimsMappingPolicy": {
            "Version": 1,
            "IncludeBasicClaimSet": "true",
            "ClaimsSchema": [
                {
                    "Source": "user",
                    "ID": "userprincipalname",
                    "SamlClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
                },
                {
                    "Source": "user",
                    "ID": "userprincipalname",
                    "SamlClaimType": "https://aws.amazon.com/SAML/Attributes/RoleSessionName",
                },
                {
                    "Value": f"{PAIR.role_arn},{PAIR.provider_arn}",
                    "SamlClaimType": "https://aws.amazon.com/SAML/Attributes/Role",
                },
                {"Value": "43200", "SamlClaimType": "https://aws.amazon.com/SAML/Attributes/SessionDuration"},
            ],
        }
    }
    assert ": " not in text
    assert parse([text]) == BUILT


def test_the_claims_as_sent() -> None:
    policy = build(
        session_name_source="mail",
        session_duration=900,
        extra_claims=[{"name": "urn:x", "source": "application", "id": "displayname"}],
    )
    assert policy.as_sent() == [
        {"name": claims.NAME_ID, "source": "user.mail"},
        {"name": claims.ROLE_SESSION_NAME, "source": "user.mail"},
        {"name": claims.SESSION_DURATION, "value": "900"},
        {"name": "urn:x", "source": "application.displayname"},
    ]
    assert parse(policy.definition()[0]).as_sent() == policy.as_sent()


def test_nothing_asked_is_nothing_made() -> None:
    assert build() == ClaimsPolicy()


def test_several_roles() -> None:
    policy = build(role_pairs=[PAIR, OTHER_PAIR, PAIR])
    assert [entry["Value"] for entry in policy.of_type(claims.ROLE)] == [str(PAIR), str(OTHER_PAIR)]


@pytest.mark.parametrize("source", claims.SESSION_NAME_SOURCES)
def test_every_source_of_a_session_name(source: str) -> None:
    """facts/entra.md 4.4 and 4.5: NameID takes fewer sources than other claims."""
    policy = build(session_name_source=source)
    assert policy.of_type(claims.ROLE_SESSION_NAME)[0]["ID"] == source
    assert policy.of_type(claims.NAME_ID)[0]["ID"] == (
        source if source in claims.NAME_ID_SOURCES else "userprincipalname"
    )
    assert source.lower() == claims.GRAPH_PROPERTIES[source].rpartition("/")[2].lower()


def test_a_source_that_is_no_name_id_leaves_the_user_principal_name() -> None:
    assert claims.name_id_source("mailnickname") == "userprincipalname"
    assert claims.name_id_source("extensionattribute15") == "extensionattribute15"


@pytest.mark.parametrize(
    ("claim", "entry"),
    [
        ({"name": "urn:a", "value": "x"}, {"Value": "x", "SamlClaimType": "urn:a"}),
        ({"name": "urn:a", "value": 5, "id": None, "source": None}, {"Value": "5", "SamlClaimType": "urn:a"}),
        ({"name": "urn:a", "id": "department"}, {"Source": "user", "ID": "department", "SamlClaimType": "urn:a"}),
        (
            {"name": "urn:a", "source": "company", "id": "country"},
            {"Source": "company", "ID": "country", "SamlClaimType": "urn:a"},
        ),
        (
            {"name": "urn:a", "extension_id": "extension_1_x"},
            {"Source": "user", "ExtensionID": "extension_1_x", "SamlClaimType": "urn:a"},
        ),
        ({"name": claims.NAME_ID, "id": "mail"}, {"Source": "user", "ID": "mail", "SamlClaimType": claims.NAME_ID}),
    ],
)
def test_extra_claims(claim: dict[str, t.Any], entry: dict[str, str]) -> None:
    assert build(extra_claims=[claim]).claims == (entry,)


def test_an_extra_claim_may_replace_name_id() -> None:
    policy = build(session_name_source="employeeid", extra_claims=[{"name": claims.NAME_ID, "id": "mail"}])
    assert [entry["ID"] for entry in policy.of_type(claims.NAME_ID)] == ["mail"]


def test_an_extension_is_shown_as_its_source() -> None:
    assert build(extra_claims=[{"name": "urn:a", "extension_id": "e1"}]).as_sent() == [
        {"name": "urn:a", "source": "user.e1"}
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"session_name_source": "displayname"}, "cannot be the source of session names"),
        ({"session_duration": 899}, "899 seconds is not possible"),
        ({"session_duration": 43201}, "43201 seconds is not possible"),
        ({"role_pairs": [RolePair(PAIR.provider_arn, PAIR.role_arn)]}, "is not the ARN of an IAM role"),
        ({"role_pairs": [RolePair(PAIR.role_arn, PAIR.role_arn)]}, "is not the ARN of an IAM SAML provider"),
        (
            {"role_pairs": [RolePair(PAIR.role_arn, PAIR.provider_arn.replace(ACCOUNT, "999999999999"))]},
            "are not in the same account",
        ),
        (
            {"role_pairs": [RolePair(PAIR.role_arn.replace("aws", "aws-us-gov"), PAIR.provider_arn)]},
            "are not in the same account",
        ),
        ({"role_pairs": [RolePair(PAIR.role_arn + ",x", PAIR.provider_arn)]}, "the comma in its name"),
        ({"role_pairs": [PAIR], "account": "999999999999"}, "the federation's is 999999999999"),
        ({"role_pairs": [PAIR], "partition": "aws-us-gov"}, "the federation's is aws-us-gov"),
        ({"extra_claims": [{"name": "urn:a"}]}, "exactly one of value, id"),
        ({"extra_claims": [{"name": "urn:a", "value": "x", "id": "mail"}]}, "exactly one of value, id"),
        ({"extra_claims": [{"name": "urn:a", "value": "x", "source": "user"}]}, "exactly one of value, id"),
        ({"extra_claims": [{"name": "urn:a", "source": "user"}]}, "exactly one of value, id"),
        (
            {"extra_claims": [{"name": "urn:a", "value": "x"}, {"name": "urn:a", "value": "y"}]},
            "urn:a would be sent twice",
        ),
        ({"extra_claims": [{"name": claims.ROLE, "value": "x"}], "role_pairs": [PAIR]}, "Role would be sent twice"),
        ({"extra_claims": [{"name": claims.NAME_ID, "id": "displayname"}]}, "NameID cannot come from there"),
        ({"extra_claims": [{"name": claims.NAME_ID, "value": "x"}]}, "NameID cannot come from there"),
        (
            {"extra_claims": [{"name": f"urn:{n}", "value": "x"} for n in range(50)], "session_duration": 900},
            "would have 51 claims; Entra uses 50",
        ),
    ],
)
def test_claims_that_cannot_be(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        build(**options)
    assert message in str(error.value)


def test_fifty_claims_are_the_most() -> None:
    """facts/entra.md 4.6"""
    fifty = build(extra_claims=[{"name": f"urn:{n}", "value": "x"} for n in range(50)])
    assert len(fifty.claims) == claims.MAX_CLAIMS
    with pytest.raises(InvalidInput, match="would have 51 claims"):
        merge(build(session_duration=900), fifty, keep_unknown=True)


def content(**changes: t.Any) -> dict[str, t.Any]:
    """BUILT's definition, its members changed."""
    return {"ClaimsMappingPolicy": json.loads(BUILT.definition()[0])["ClaimsMappingPolicy"] | changes}


@pytest.mark.parametrize(
    "definition",
    [
        BUILT.definition(),
        tuple(BUILT.definition()),
        BUILT.definition()[0],
        json.dumps(content(), indent=2),
        content(),
        content(IncludeBasicClaimSet=True),
        content(IncludeBasicClaimSet="True"),
        content(ClaimsTransformations=[]),
        content(ClaimsTransformation=None),
        content(ClaimsSchema=[dict(reversed(entry.items())) for entry in reversed(BUILT.claims)]),
        content(ClaimsSchema=[entry | {"SAMLNameForm": None} for entry in BUILT.claims]),
        content(
            ClaimsSchema=[
                {"Source": "User", "Id": "UserPrincipalName", "SamlClaimType": claims.NAME_ID},
                *BUILT.claims[1:],
            ]
        ),
    ],
)
def test_definitions_that_mean_the_same(definition: t.Any) -> None:
    assert same_meaning(parse(definition), BUILT)


@pytest.mark.parametrize(
    "definition",
    [
        content(IncludeBasicClaimSet="false"),
        {"ClaimsMappingPolicy": {"ClaimsSchema": list(BUILT.claims)}},
        content(ClaimsSchema=[]),
        content(ClaimsSchema=[*BUILT.claims, DEPARTMENT]),
        content(ClaimsSchema=[BUILT.claims[0] | {"SamlClaimType": claims.NAME_ID.upper()}, *BUILT.claims[1:]]),
        content(ClaimsSchema=[*BUILT.claims[:3], BUILT.claims[3] | {"Value": "3600"}]),
        content(ClaimsTransformations=[JOIN]),
    ],
)
def test_definitions_that_mean_something_else(definition: t.Any) -> None:
    assert not same_meaning(parse(definition), BUILT)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ([], "this one has 0"),
        (["{}", "{}"], "this one has 2"),
        ("{", "is not JSON"),
        ("[]", "has no ClaimsMappingPolicy"),
        ({}, "has no ClaimsMappingPolicy"),
        ({"ClaimsMappingPolicy": []}, "has no ClaimsMappingPolicy"),
        (content(ClaimsSchema={}), None),
        (content(ClaimsSchema={"a": 1}), "ClaimsSchema of the claims mapping policy is not a list"),
        (content(ClaimsSchema=["x"]), "ClaimsSchema of the claims mapping policy is not a list"),
        (content(ClaimsTransformation="x"), "ClaimsTransformation of the claims mapping policy is not a list"),
    ],
)
def test_what_is_no_definition(definition: t.Any, message: str | None) -> None:
    if message is None:
        assert parse(definition).claims == ()
        return
    with pytest.raises(InvalidInput, match=message):
        parse(definition)


@pytest.mark.parametrize("name", ["ClaimsTransformations", "ClaimsTransformation"])
def test_both_names_of_the_transformations_are_read(name: str) -> None:
    """facts/entra.md 4.5: Microsoft's pages disagree."""
    policy = parse(content(ClaimsSchema=JOINED, **{name: [JOIN]}))
    assert policy.transformations == (JOIN,)
    assert json.loads(policy.definition()[0])["ClaimsMappingPolicy"][name] == [JOIN]
    assert policy.as_sent() == []


def test_unknown_claims_are_kept_or_removed() -> None:
    actual = ClaimsPolicy(
        (DEPARTMENT, *build(session_name_source="mail", role_pairs=[OTHER_PAIR]).claims), include_basic=False
    )
    kept = merge(BUILT, actual, keep_unknown=True)
    assert kept == ClaimsPolicy((*BUILT.claims, DEPARTMENT), include_basic=False)
    assert merge(BUILT, actual, keep_unknown=False) == BUILT
    assert merge(BUILT, None, keep_unknown=True) == BUILT
    assert same_meaning(merge(BUILT, kept, keep_unknown=True), kept)


def test_what_an_option_does_not_manage_is_kept() -> None:
    kept = merge(build(session_name_source="mail"), BUILT, keep_unknown=True)
    assert [entry["SamlClaimType"] for entry in kept.claims] == [
        claims.NAME_ID,
        claims.ROLE_SESSION_NAME,
        claims.ROLE,
        claims.SESSION_DURATION,
    ]
    assert kept.of_type(claims.ROLE_SESSION_NAME)[0]["ID"] == "mail"


def test_kept_claims_bring_their_transformations() -> None:
    unused = JOIN | {"ID": "Unused"}
    stray = {"Source": "user", "ID": "extensionattribute9"}
    actual = parse(content(ClaimsSchema=[*JOINED, stray], ClaimsTransformation=[JOIN, unused]))
    kept = merge(BUILT, actual, keep_unknown=True)
    assert kept.transformations == (JOIN,)
    assert set(map(json.dumps, kept.claims)) == set(map(json.dumps, (*BUILT.claims, *JOINED)))
    assert same_meaning(merge(BUILT, parse(kept.definition()), keep_unknown=True), kept)


def test_a_claim_that_is_replaced_leaves_its_transformation() -> None:
    lowered = {
        "Source": "transformation",
        "ID": "Lower",
        "TransformationID": "JoinTheData",
        "SamlClaimType": claims.ROLE_SESSION_NAME,
    }
    actual = ClaimsPolicy((JOINED[0], lowered), (JOIN,))
    assert merge(BUILT, actual, keep_unknown=True) == BUILT


@pytest.mark.parametrize(
    ("name", "tags", "identity"),
    [
        (claims.PRINCIPAL_TAG + "team", True, False),
        (claims.TRANSITIVE_TAG_KEYS, True, False),
        (claims.SOURCE_IDENTITY, False, True),
        ("urn:x", False, False),
    ],
)
def test_what_the_trust_must_allow(name: str, tags: bool, identity: bool) -> None:
    policy = parse(ClaimsPolicy((JOINED[0], {"Value": "x", "SamlClaimType": name})).definition())
    assert (claims.needs_tag_session(policy), claims.needs_source_identity(policy)) == (tags, identity)


@pytest.mark.parametrize("keep_unknown", [True, False])
@pytest.mark.parametrize("spelling", ["ClaimsTransformation", "ClaimsTransformations"])
def test_what_is_not_managed_stays_in_the_policy(keep_unknown: bool, spelling: str) -> None:
    """facts/entra.md E7: a tool that does not know a key must carry it, in the spelling that it has read"""
    others = {"GroupFilter": {"MatchOn": "displayname", "Type": "prefix", "Value": "CC"}, "audienceOverride": "api://x"}
    transformation = {"ID": "Lower", "TransformationMethod": "ToLowercase"}
    content = {"Version": 1, "IncludeBasicClaimSet": "true", "ClaimsSchema": [], spelling: [transformation], **others}
    actual = claims.parse(json.dumps({"ClaimsMappingPolicy": content}))
    desired = claims.ClaimsPolicy(transformations=(transformation,))
    sent = json.loads(claims.merge(desired, actual, keep_unknown=keep_unknown).definition()[0])["ClaimsMappingPolicy"]
    assert {key: sent[key] for key in (*others, spelling)} == {**others, spelling: [transformation]}
    assert not claims.same_meaning(actual, dataclasses.replace(actual, settings={}))


APP_ID: t.Final = "0f0e0d0c-0b0a-4908-8706-050403020100"
ENTITY_ID: t.Final = "https://sts.windows.net/00112233-4455-6677-8899-aabbccddeeff/"


@pytest.mark.parametrize(
    ("actual", "desired", "settings"),
    [
        ({}, {}, {}),
        ({}, {"audience_override": "urn:amazon:webservices"}, {"audienceOverride": "urn:amazon:webservices"}),
        ({}, {"issuer_with_application_id": True}, {"issuerWithApplicationId": True}),
        (
            {"audienceOverride": "urn:x", "GroupFilter": {"Type": "prefix"}},
            {"audience_override": ""},
            {"GroupFilter": {"Type": "prefix"}},
        ),
        ({"issuerWithApplicationId": "True"}, {"issuer_with_application_id": False}, {}),
        (
            {"issuerWithApplicationId": "True", "audienceOverride": "urn:x"},
            {},
            {"issuerWithApplicationId": "True", "audienceOverride": "urn:x"},
        ),
    ],
)
def test_settings_of_a_policy(actual: dict[str, t.Any], desired: dict[str, t.Any], settings: dict[str, t.Any]) -> None:
    """facts/entra.md E7: they are kept, set and removed beside the claims"""
    content = {"Version": 1, "IncludeBasicClaimSet": "true", "ClaimsSchema": [], **actual}
    merged = claims.merge(claims.build(**desired), claims.parse({"ClaimsMappingPolicy": content}), keep_unknown=True)
    sent = json.loads(merged.definition()[0])["ClaimsMappingPolicy"]
    assert {
        key: value for key, value in sent.items() if key not in ("Version", "IncludeBasicClaimSet", "ClaimsSchema")
    } == settings


@pytest.mark.parametrize(
    ("settings", "other", "same"),
    [
        ({}, {"issuerWithApplicationId": False}, True),
        ({}, {"issuerWithApplicationId": "false", "audienceOverride": None}, True),
        ({"issuerWithApplicationId": "True"}, {"issuerWithApplicationId": True}, True),
        ({"issuerWithApplicationId": True}, {}, False),
        ({"audienceOverride": "urn:x"}, {"audienceOverride": "urn:y"}, False),
    ],
)
def test_meaning_of_settings(settings: dict[str, t.Any], other: dict[str, t.Any], same: bool) -> None:
    assert claims.same_meaning(ClaimsPolicy(settings=settings), ClaimsPolicy(settings=other)) is same


@pytest.mark.parametrize("value", ["signin.aws.amazon.com", "urn:", "urn:amazon webservices", " "])
def test_audience_that_is_no_uri(value: str) -> None:
    """facts/entra.md E7: an absolute URI"""
    with pytest.raises(InvalidInput, match="not an absolute URI"):
        claims.build(audience_override=value)


def test_issuer_with_the_application_id() -> None:
    """facts/entra.md E7"""
    assert ClaimsPolicy(settings={"issuerWithApplicationId": True}).issuer(ENTITY_ID, APP_ID) == f"{ENTITY_ID}{APP_ID}"
    assert ClaimsPolicy().issuer(ENTITY_ID, APP_ID) == ENTITY_ID
