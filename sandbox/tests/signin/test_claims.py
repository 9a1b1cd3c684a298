# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra ID claims about a user: facts/entra.md 4, 5.9, 10.3."""

from __future__ import annotations

import base64
import typing as t

import pytest
from federation import AWS, JANE, NAME_ID, TENANT, Federation
from lxml import etree

from federation_sandbox.entra.state import directory

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
ALICE = "alice_fabrikam.com#EXT#@contoso.onmicrosoft.com"
BOB = "bob_fabrikam.com#EXT#@contoso.onmicrosoft.com"
JOIN: dict[str, t.Any] = {
    "ID": "JoinTheData",
    "TransformationMethod": "Join",
    "InputClaims": [{"ClaimTypeReferenceId": "extensionattribute1", "TransformationClaimType": "string1"}],
    "InputParameters": [{"ID": "string2", "Value": "sandbox"}, {"ID": "separator", "Value": "."}],
    "OutputClaims": [{"ClaimTypeReferenceId": "DataJoin", "TransformationClaimType": "outputClaim"}],
}


def claims(federation: Federation, user: str = JANE) -> dict[str, list[str]]:
    """The attributes of a response, in order; NameID under that name."""
    root = etree.fromstring(base64.b64decode(federation.saml_response(user)))
    values = {attribute.get("Name"): texts_of(attribute) for attribute in root.iter(f"{SAML}Attribute")}
    return {**values, "NameID": [root.findtext(f".//{SAML}NameID") or ""]}


def texts_of(attribute: etree._Element) -> list[str]:
    return [value.text or "" for value in attribute]


def claimed(federation: Federation, entry: dict[str, t.Any], user: str = JANE, **more: t.Any) -> list[str] | None:
    """What one entry of a policy emits."""
    federation.set_claims(*federation.claims(), {**entry, "SamlClaimType": "urn:x"}, **more)
    return claims(federation, user).get("urn:x")


def change_user(federation: Federation, name: str, **values: t.Any) -> None:
    users = directory(federation.sandbox.world).tenants[TENANT]["users"]
    record = users.latest(federation.users[name])
    assert record
    users.put({**record, **values})


def test_the_basic_claims(federation: Federation) -> None:
    """facts/entra.md 10.3"""
    values = claims(federation)
    microsoft, standard = (
        "http://schemas.microsoft.com/identity/claims/",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/",
    )
    assert values[f"{microsoft}tenantid"] == [TENANT]
    assert values[f"{microsoft}objectidentifier"] == [federation.users[JANE]]
    assert values[f"{standard}name"] == [JANE]
    assert values[f"{standard}givenname"] == ["Jane"]
    assert values[f"{standard}surname"] == ["Doe"]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("mobilephone", {"mobilePhone": "+49 1"}, "+49 1"),
        ("officelocation", {"officeLocation": "Berlin"}, "Berlin"),
        ("createddatetime", {"createdDateTime": "2026-01-02T03:04:05Z"}, "2026-01-02T03:04:05Z"),
        ("accountEnabled", {"accountEnabled": True}, "True"),
        (
            "proxyaddresses",
            {"proxyAddresses": ["SMTP:jane@contoso.com", "smtp:j@contoso.com"]},
            "SMTP:jane@contoso.com",
        ),
        ("onpremisesimmutableid", {"onPremisesImmutableId": "abc="}, "abc="),
    ],
)
def test_documented_sources_of_users(
    federation: Federation, name: str, values: dict[str, t.Any], expected: str
) -> None:
    """facts/entra.md E12; of a list one value is emitted (facts/entra.md 4.4)"""
    change_user(federation, JANE, **values)
    assert claimed(federation, {"Source": "user", "ID": name}) == [expected]


def test_other_documented_sources(federation: Federation) -> None:
    """facts/entra.md E12; of a list one value is emitted (facts/entra.md 4.4)"""
    directory(federation.sandbox.world).tenants[TENANT].country = "DE"
    assert claimed(federation, {"Source": "company", "ID": "tenantcountry"}) == ["DE"]
    assert len(claimed(federation, {"Source": "application", "ID": "tags"}) or ()) == 1


GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"


def test_groups_and_their_filter(federation: Federation) -> None:
    """facts/entra.md 2.14; facts/entra.md E7: GroupFilter chooses among the groups that the application asks for"""
    ann, nested = "ann@contoso.com", "nested@contoso.com"
    agents, team = federation.groups["Agents"], federation.groups["Team"]
    assert GROUPS not in claims(federation, ann)
    federation.change_application(groupMembershipClaims="SecurityGroup")
    assert claims(federation, ann)[GROUPS] == [agents]
    federation.assign(federation.users[nested])
    assert sorted(claims(federation, nested)[GROUPS]) == sorted([agents, team])
    federation.change_application(groupMembershipClaims="ApplicationGroup")
    assert GROUPS not in claims(federation, nested)
    federation.change_application(groupMembershipClaims="All")
    for match, group in (({"Type": "prefix", "Value": "Te"}, team), ({"Type": "suffix", "Value": "nts"}, agents)):
        federation.set_claims(*federation.claims(), GroupFilter={"MatchOn": "displayname", **match})
        assert claims(federation, nested)[GROUPS] == [group]
    federation.set_claims(
        *federation.claims(), GroupFilter={"MatchOn": "samaccountname", "Type": "contains", "Value": "e"}
    )
    assert GROUPS not in claims(federation, nested)


def test_the_basic_claims_can_be_left_out(federation: Federation) -> None:
    """facts/entra.md 4.1"""
    federation.set_claims(basic="false")
    assert "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname" not in claims(federation)


def test_a_constant_claim(federation: Federation) -> None:
    """facts/entra.md 4.3"""
    assert claims(federation)[f"{AWS}Role"] == [federation.pair()]


def test_an_empty_source_makes_no_claim(federation: Federation) -> None:
    """facts/aws.md 3.2: the mail attribute is empty"""
    assert claimed(federation, {"Source": "user", "ID": "employeeid"}) is None


@pytest.mark.parametrize(
    ("source", "values", "expected"),
    [
        ("mail", {}, [JANE]),
        ("employeeid", {"employeeId": "0042"}, ["0042"]),
        ("extensionattribute7", {"onPremisesExtensionAttributes": {"extensionAttribute7": "seven"}}, ["seven"]),
        ("onpremisessamaccountname", {"onPremisesSamAccountName": "jdoe"}, ["jdoe"]),
        ("othermail", {"otherMails": ["a@x.org", "b@x.org"]}, ["a@x.org"]),
        ("displayname", {}, ["Jane Doe"]),
    ],
)
def test_attributes_of_the_user(
    federation: Federation, source: str, values: dict[str, t.Any], expected: list[str]
) -> None:
    """facts/entra.md 4.4"""
    change_user(federation, JANE, **values)
    assert claimed(federation, {"Source": "user", "ID": source}) == expected


def test_attributes_of_other_sources(federation: Federation) -> None:
    """facts/entra.md 4.4"""
    assert claimed(federation, {"Source": "application", "ID": "displayname"}) == ["Connect"]


def test_entries_of_one_type_are_one_attribute(federation: Federation) -> None:
    first, second = federation.pair(), federation.pair("arn:aws:iam::111122223333:role/Other")
    federation.set_claims(*federation.claims(), {"Value": second, "SamlClaimType": f"{AWS}Role"})
    assert claims(federation)[f"{AWS}Role"] == [first, second]


def test_assigned_roles_are_the_values_of_the_roles(federation: Federation) -> None:
    """facts/entra.md 4.3"""
    role = {
        "id": "c0ffee00-0000-4000-8000-000000000001",
        "displayName": "Agent",
        "allowedMemberTypes": ["User"],
        "value": "role,provider",
        "isEnabled": True,
    }
    roles = [*federation.graph("GET", federation.application_path)["appRoles"], role]
    for app_role in roles:
        app_role.pop("origin", None)
    federation.change_application(appRoles=roles)
    body = {"principalId": federation.users[JANE], "resourceId": federation.principal["id"], "appRoleId": role["id"]}
    federation.graph("POST", f"{federation.principal_path}/appRoleAssignedTo", **body)
    assert claimed(federation, {"Source": "user", "ID": "assignedroles"}) == ["role,provider"]
    assert claimed(federation, {"Source": "user", "ID": "assignedroles"}, "ann@contoso.com") is None


def test_what_is_beyond_fifty_entries_is_ignored(federation: Federation) -> None:
    """facts/entra.md 4.6"""
    filler = [{"Value": "x", "SamlClaimType": f"urn:filler:{number}"} for number in range(46)]
    federation.set_claims(*federation.claims(), *filler, {"Value": "beyond", "SamlClaimType": "urn:beyond"})
    values = claims(federation)
    assert "urn:filler:45" in values
    assert "urn:beyond" not in values


def test_join(federation: Federation) -> None:
    """facts/entra.md 4.5"""
    change_user(federation, JANE, onPremisesExtensionAttributes={"extensionAttribute1": "jane"})
    schema = [
        *federation.claims(),
        {"Source": "user", "ID": "extensionattribute1"},
        {
            "Source": "transformation",
            "ID": "DataJoin",
            "TransformationId": "JoinTheData",
            "SamlClaimType": "urn:joined",
        },
    ]
    federation.set_claims(*schema, transformations=[JOIN])
    assert claims(federation)["urn:joined"] == ["jane.sandbox"]


def test_501241_a_transformation_without_its_input(federation: Federation) -> None:
    """facts/entra.md 10.4"""
    entry = {
        "Source": "transformation",
        "ID": "DataJoin",
        "TransformationId": "JoinTheData",
        "SamlClaimType": "urn:joined",
    }
    federation.set_claims(*federation.claims(), entry, transformations=[JOIN])
    text = federation.sign_in().text
    assert text == "AADSTS501241: Mandatory Input 'string1' missing from transformation ID 'JoinTheData'."


@pytest.mark.parametrize(
    ("method", "kind", "expected"),
    [
        ("ExtractMailPrefix", "mail", "Jane.Doe"),
        ("ToLowercase()", "string", "jane.doe@contoso.com"),
        ("ToUppercase()", "string", "JANE.DOE@CONTOSO.COM"),
    ],
)
def test_other_transformations(federation: Federation, method: str, kind: str, expected: str) -> None:
    """facts/entra.md 4.5"""
    change_user(federation, JANE, mail="Jane.Doe@contoso.com")
    transformation = {
        "ID": "T",
        "TransformationMethod": method,
        "InputClaims": [{"ClaimTypeReferenceId": "mail", "TransformationClaimType": kind}],
        "OutputClaims": [{"ClaimTypeReferenceId": "Out", "TransformationClaimType": "outputClaim"}],
    }
    schema = [
        *federation.claims(),
        {"Source": "user", "ID": "mail"},
        {"Source": "transformation", "ID": "Out", "TransformationId": "T", "SamlClaimType": "urn:out"},
    ]
    federation.set_claims(*schema, transformations=[transformation])
    assert claims(federation)["urn:out"] == [expected]


def test_50124_a_transformation_that_the_sandbox_cannot_carry_out(federation: Federation) -> None:
    entry = {"Source": "transformation", "ID": "Out", "TransformationId": "T", "SamlClaimType": "urn:out"}
    output = [{"ClaimTypeReferenceId": "Out", "TransformationClaimType": "outputClaim"}]
    federation.set_claims(
        *federation.claims(),
        entry,
        transformations=[{"ID": "T", "TransformationMethod": "RegexReplace()", "OutputClaims": output}],
    )
    assert federation.sign_in().text.startswith("AADSTS50124: ")


def test_the_name_identifier_takes_some_sources_only(federation: Federation) -> None:
    """facts/entra.md 4.5, 10.3"""
    federation.set_claims({"Source": "user", "ID": "displayname", "SamlClaimType": NAME_ID}, *federation.claims()[1:])
    assert claims(federation)["NameID"][0] not in ("Jane Doe", JANE, "")


def test_501241_an_empty_source_of_the_name_identifier(federation: Federation) -> None:
    """facts/entra.md 10.4"""
    federation.set_claims({"Source": "user", "ID": "employeeid", "SamlClaimType": NAME_ID}, *federation.claims()[1:])
    assert federation.sign_in().text.startswith("AADSTS501241: ")


def test_without_a_policy_there_is_no_role(federation: Federation) -> None:
    federation.remove_claims()
    values = claims(federation)
    assert values["NameID"] == [JANE]
    assert f"{AWS}Role" not in values
    signed_in = federation.sign_in()
    assert (signed_in.outcome, signed_in.text) == (
        "aws-error",
        "Your request included an invalid SAML response. To logout, click here.",
    )


@pytest.mark.parametrize(("user", "name"), [(ALICE, ALICE), (BOB, "bob@fabrikam.com")])
def test_the_user_principal_name_of_guests(federation: Federation, user: str, name: str) -> None:
    """facts/entra.md 5.9, the later page: of another tenant the name at home, of others the local one"""
    federation.change_principal(appRoleAssignmentRequired=False)
    assert claims(federation, user)[f"{AWS}RoleSessionName"] == [name]


def test_guests_at_the_end_of_the_path(federation: Federation) -> None:
    """facts/aws.md 3.2"""
    federation.change_principal(appRoleAssignmentRequired=False)
    assert federation.sign_in(ALICE).text.startswith(
        "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
    )
    assert federation.sign_in("alice@fabrikam.com").hop == "aws"
    assert federation.sign_in(BOB).agent == "bob@fabrikam.com"
