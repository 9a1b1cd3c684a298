# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signs in: the account, the assignment, the session name, and the agent in Amazon Connect."""

from __future__ import annotations

import typing as t

from patient import GROUP, JANE, Patient

from illnesses.illness import Act, Illness, set_claim


def person(name: str = JANE, **values: t.Any) -> Act:
    return lambda patient: patient.person(name, **values)


def _unassign(patient: Patient) -> None:
    for one in patient.graph("GET", f"{patient.principal}/appRoleAssignedTo")["value"]:
        patient.graph("DELETE", f"{patient.principal}/appRoleAssignedTo/{one['id']}")


def _rebuild_role(patient: Patient) -> None:
    assert patient.sign_in().ok
    patient.delete_role()
    patient.have_role()


def _rebuild_user(patient: Patient) -> None:
    patient.delete_user()
    patient.have_user()


def _other_case(patient: Patient) -> None:
    patient.delete_user()
    patient.have_user("Jane.Doe@example.com")


def _right_case(patient: Patient) -> None:
    patient.delete_user("Jane.Doe@example.com")
    patient.have_user()


def _rename(patient: Patient) -> None:
    person = patient.graph("GET", f"/users/{JANE}")
    patient.delete_user()
    patient.have_user(entra_id=person["id"])
    patient.directory(users=[{"id": person["id"], "userPrincipalName": RENAMED}])


def _change_agent_profile(patient: Patient, permissions: list[str]) -> None:
    listed = patient.connect.list_security_profiles(InstanceId=patient.instance["id"])["SecurityProfileSummaryList"]
    profile = next(one["Id"] for one in listed if one["Name"] == "Agent")
    patient.connect.update_security_profile(InstanceId=patient.instance["id"], SecurityProfileId=profile, Permissions=permissions)


RENAMED: t.Final = "Jane.Roe@example.com"
PEOPLE: t.Final = (
    Illness("account-disabled", "account", person(accountEnabled=False), "Enable the account", mends=person(accountEnabled=True)),
    Illness(
        "account-deleted",
        "account",
        lambda p: p.directory(remove=[JANE]),
        "restore or create the user",
        mends=person(mail=JANE, employeeId="4711"),
    ),
    Illness("nobody-assigned", "assignment", _unassign, "azure_saml_app"),
    Illness(
        "not-in-the-group",
        "assignment",
        lambda p: p.directory(groups=[{"displayName": GROUP, "members": []}]),
        f"Add the person to {GROUP}",
        mends=person(),
    ),
    Illness(
        "in-a-nested-group",
        "assignment",
        lambda p: p.directory(groups=[{"displayName": "Team", "members": [JANE]}, {"displayName": GROUP, "members": ["Team"]}]),
        "azure_saml_app",
        mends=lambda p: p.have_application(assignments={"groups": {"set": [GROUP, "Team"]}}),
    ),
    Illness(
        "mail-empty",
        "session_name",
        person(mail=None),
        "Fill user.mail",
        mends=person(mail=JANE),
        application={"session_name_source": "mail"},
    ),
    Illness(
        "session-name-source-empty",
        "session_name",
        set_claim("RoleSessionName", {"Source": "user", "ID": "extensionattribute1"}),
        "session_name_source",
    ),
    Illness(
        "session-name-with-a-space",
        "session_name",
        set_claim("RoleSessionName", {"Source": "user", "ID": "displayname"}),
        "session_name_source",
    ),
    Illness(
        "apostrophe",
        "session_name",
        person("o'brien@example.com", mail="obrien@example.com"),
        "session_name_source",
        mends=lambda p: (p.have_application(session_name_source="mail"), p.have_user("obrien@example.com")),
        user="o'brien@example.com",
    ),
    Illness(
        "name-too-long",
        "session_name",
        person("a" * 60 + "@example.com", mail="a@example.com"),
        "session_name_source",
        mends=lambda p: (p.have_application(session_name_source="mail"), p.have_user("a@example.com")),
        user="a" * 60 + "@example.com",
    ),
    Illness(
        "guest",
        "session_name",
        person("alice_fabrikam.com#EXT#@example.onmicrosoft.com", mail="alice@fabrikam.com", userType="Guest"),
        "session_name_source",
        mends=lambda p: (p.have_application(session_name_source="mail"), p.have_user("alice@fabrikam.com")),
        user="alice_fabrikam.com#EXT#@example.onmicrosoft.com",
    ),
    Illness("plus-sign", "session_name", set_claim("RoleSessionName", {"Value": "jane+doe"}), "session_name_source"),
    Illness("user-missing", "user", lambda p: p.delete_user(), "connect_users"),
    Illness("user-in-another-case", "user", _other_case, "connect_users", mends=_right_case),
    Illness("person-renamed", "user", _rename, "renames: recreate", user=RENAMED),
    Illness("user-without-the-panel", "security_profile", lambda p: p.set_profiles("QualityAnalyst"), "connect_users"),
    Illness(
        "panel-taken-from-the-profile",
        "security_profile",
        lambda p: _change_agent_profile(p, []),
        "grant it in the profile",
        mends=lambda p: _change_agent_profile(p, ["BasicAgentAccess"]),
    ),
    Illness("role-made-anew", "role_binding", _rebuild_role, "delete the user", mends=_rebuild_user, status="warning"),
)
