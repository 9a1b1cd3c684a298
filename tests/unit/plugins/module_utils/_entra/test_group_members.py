# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who of the members of groups can be an agent; and that the username is the session name, whatever makes it."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import Claimed
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Person
from ansible_collections.openccp.federation.plugins.module_utils._entra.group_members import (
    Group,
    Membership,
    Rules,
    sorted_out,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml import claim_values, claims, session_names
from hypothesis import given
from hypothesis import strategies as st

from federation_sandbox.entra import claims as sandbox_claims
from federation_sandbox.entra.access import Refused

Json = dict[str, t.Any]

BY_MAIL: t.Final = Rules(claims.build(session_name_source="mail"))


def user(number: int, **properties: t.Any) -> Json:
    mail = f"agent{number}@example.com"
    return {
        "id": f"id-{number}",
        "userPrincipalName": mail,
        "mail": mail,
        "givenName": "A",
        "surname": "B",
        **properties,
    }


def members(
    *users: Json, nested: t.Mapping[str, t.Sequence[Json]] | None = None, rules: Rules = BY_MAIL
) -> tuple[list[Json], list[Json]]:
    return sorted_out(Membership((Group("Agents", "g", "Agents", list(users)),), nested or {}), rules)


@pytest.mark.parametrize(
    ("person", "pieces"),
    [
        (user(1, surname=None), ["There is no surname.", "connect_users_name_fallbacks"]),
        (user(1, givenName="  "), ["There is no given name.", "connect_users_name_fallbacks"]),
        (user(1, accountEnabled=False), ["disabled", "Enable it in Entra ID"]),
        (user(1, userType="Guest"), ["a guest's", "connect_users_guests"]),
        (
            user(1, mail=None),
            ["The attribute mail, which is the session name, is empty.", "federation_session_name_source"],
        ),
        (user(1, mail="o'brien@example.com"), ["cannot sign in", "Change mail of the person"]),
    ],
)
def test_each_reason_has_a_way_in(person: Json, pieces: list[str]) -> None:
    usable, unusable = members(person)
    assert not usable
    text = " ".join((*unusable[0]["reasons"], *unusable[0]["fixes"]))
    assert [piece for piece in pieces if piece not in text] == []


def test_a_member_of_a_nested_group_is_named_unless_a_listed_group_holds_the_person_too() -> None:
    usable, unusable = members(user(1), nested={"Inner": [user(1), user(2)]})
    assert [(person["username"], person["groups"], person["nested"]) for person in usable] == [
        ("agent1@example.com", ["Agents"], ["Inner"]),
    ]
    assert [(person["username"], person["groups"], person["nested"]) for person in unusable] == [
        ("agent2@example.com", [], ["Inner"])
    ]
    assert "only in Inner" in unusable[0]["reasons"][0]
    assert unusable[0]["fixes"] == ["Add the person to a listed group, or list Inner."]


def test_somebody_in_a_nested_group_takes_no_name_from_a_direct_member() -> None:
    usable, _unusable = members(user(1), nested={"Inner": [user(2, mail="agent1@example.com")]})
    assert [person["person_id"] for person in usable] == ["id-1"]


def test_a_guest_without_names_can_be_an_agent() -> None:
    guest = user(1, userType="Guest", givenName=None, surname=None, displayName="Eve Stranger")
    rules = Rules(BY_MAIL.policy, guests=True, name_fallbacks=("display_name",))
    ((person,), unusable) = members(guest, rules=rules)
    assert not unusable
    assert (person["first_name"], person["last_name"]) == ("Eve", "Stranger")
    assert person["substituted_names"] == ["first_name", "last_name"]


# The same session name everywhere: what the sandbox's sign-in sends, what the check expects, and the username of the
# group's member.

ATTRIBUTES: t.Final = {
    "userprincipalname": "userPrincipalName",
    "mail": "mail",
    "employeeid": "employeeId",
    "department": "department",
    "displayname": "displayName",
}
TEXTS: t.Final = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "Jane.Doe@Example.com",
            "jane",
            "JANE@x.org",
            "@",
            "a@b@c.de",
            "4711",
            "Straße@example.com",
            "o'brien@x.de",
        ]
    ),
    st.text(max_size=8),
)
SOURCES: t.Final = st.sampled_from(sorted(ATTRIBUTES))


def transformation(method: str, inputs: t.Mapping[str, str], constants: t.Mapping[str, str]) -> Json:
    return {
        "ID": "Made",
        "TransformationMethod": method,
        "InputClaims": [
            {"ClaimTypeReferenceId": source, "TransformationClaimType": name} for name, source in inputs.items()
        ],
        "InputParameters": [{"ID": name, "Value": value} for name, value in constants.items()],
        "OutputClaims": [{"ClaimTypeReferenceId": "name", "TransformationClaimType": "outputClaim"}],
    }


CASES: t.Final = st.builds(
    lambda method, source: transformation(method, {"sourceClaim": source}, {}),
    st.sampled_from(["ToLowercase()", "ToUppercase()"]),
    SOURCES,
)
PREFIXES: t.Final = st.builds(lambda source: transformation("ExtractMailPrefix", {"mail": source}, {}), SOURCES)
JOINS: t.Final = st.one_of(
    st.builds(
        lambda first, second, separator: transformation(
            "Join", {"string1": first, "string2": second}, {"separator": separator}
        ),
        SOURCES,
        SOURCES,
        st.sampled_from(["@", ".", ""]),
    ),
    st.builds(
        lambda first, second: transformation("Join", {"string1": first}, {"string2": second, "separator": "@"}),
        SOURCES,
        st.sampled_from(["example.com", ""]),
    ),
)
POLICIES: t.Final = st.one_of(
    st.builds(lambda source: ({"Source": "user", "ID": source}, ()), SOURCES),
    st.builds(
        lambda transformation: (
            {"Source": "transformation", "ID": "name", "TransformationId": "Made"},
            (transformation,),
        ),
        st.one_of(CASES, PREFIXES, JOINS),
    ),
)


def policy_of(entry: Json, transformations: tuple[Json, ...]) -> claims.ClaimsPolicy:
    inputs = tuple({"Source": "user", "ID": name} for name in ATTRIBUTES)
    return claims.ClaimsPolicy((*inputs, {**entry, "SamlClaimType": claims.ROLE_SESSION_NAME}), transformations)


class OnePolicy(dict[str, t.Any]):
    """As much of a tenant of the sandbox as evaluating a policy takes."""

    id = "tenant"
    display_name = "Contoso"

    def __init__(self, policy: claims.ClaimsPolicy) -> None:
        super().__init__(
            claimsMappingPolicies=types.SimpleNamespace(visible=lambda _key: {"definition": policy.definition()})
        )


def signed_in(policy: claims.ClaimsPolicy, person: Json) -> str | None:
    """The session name that the sandbox's Entra sends; None when it refuses the person, or sends none."""
    principal = {"id": "app", "displayName": "App", "applicationTemplateId": None, "_claimsMappingPolicies": ["policy"]}
    try:
        sent = sandbox_claims.claims_for(t.cast("t.Any", OnePolicy(policy)), {}, principal, person)
    except Refused:
        return None
    names = [claim.values for claim in sent.attributes if claim.name == claims.ROLE_SESSION_NAME]
    return names[0][0] if names else None


@given(
    POLICIES,
    st.fixed_dictionaries({name: TEXTS for name in ATTRIBUTES.values() if name != "userPrincipalName"}),
    st.sampled_from(["Jane.Doe@Example.com", "jane@example.com", "x@y.z"]),
)
def test_sign_in_check_and_group_member_have_one_session_name(
    generated: tuple[Json, tuple[Json, ...]], properties: Json, name: str
) -> None:
    policy = policy_of(*generated)
    person = {"id": "id-1", "givenName": "A", "surname": "B", "userPrincipalName": name, **properties}
    truth = signed_in(policy, person)
    attributes = {known: person.get(source) or None for known, source in ATTRIBUTES.items()}
    assert Claimed(policy, Person(name, id="id-1", attributes=attributes)).session_name == truth
    usable, unusable = members(person, rules=Rules(policy))
    assert [each["username"] for each in (*usable, *unusable)] == [truth or ""]
    assert bool(usable) == (truth is not None and not session_names.problems(truth))
    read = claim_values.user_properties(policy, (claims.ROLE_SESSION_NAME,))
    assert (
        signed_in(policy, {key: value for key, value in person.items() if key in (*read, "id", "userPrincipalName")})
        == truth
    )
