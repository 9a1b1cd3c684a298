# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signs in: the account, the assignment, the session name, and the agent in Amazon Connect."""

from __future__ import annotations

import typing as t

from patient import GROUP, JANE, Patient

from illnesses.illness import Act, Illness, have_application, have_user, set_claim


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


def _change_agent_profile(patient: Patient, permissions: list[str]) -> None:
    listed = patient.connect.list_security_profiles(InstanceId=patient.instance["id"])["SecurityProfileSummaryList"]
    profile = next(one["Id"] for one in listed if one["Name"] == "Agent")
    patient.connect.update_security_profile(InstanceId=patient.instance["id"], SecurityProfileId=profile, Permissions=permissions)


PEOPLE: t.Final = (
    Illness("account-disabled", "account", person(accountEnabled=False), person(accountEnabled=True), "Enable the account"),
    Illness(
        "account-deleted",
        "account",
        lambda p: p.directory(remove=[JANE]),
        person(mail=JANE, employeeId="4711"),
        "restore or create the user",
    ),
    Illness("nobody-assigned", "assignment", _unassign, have_application, "azure_saml_app"),
    Illness(
        "not-in-the-group",
        "assignment",
        lambda p: p.directory(groups=[{"displayName": GROUP, "members": []}]),
        person(),
        f"Add the person to {GROUP}",
    ),
    Illness(
        "in-a-nested-group",
        "assignment",
        lambda p: p.directory(groups=[{"displayName": "Team", "members": [JANE]}, {"displayName": GROUP, "members": ["Team"]}]),
        lambda p: p.have_application(assignments={"groups": {"set": [GROUP, "Team"]}}),
        "azure_saml_app",
        fresh=True,
    ),
    Illness(
        "mail-empty", "session_name", person(mail=None), person(mail=JANE), "Fill user.mail", application={"session_name_source": "mail"}
    ),
    Illness(
        "session-name-source-empty",
        "session_name",
        set_claim("RoleSessionName", {"Source": "user", "ID": "extensionattribute1"}),
        have_application,
        "session_name_source",
    ),
    Illness(
        "session-name-with-a-space",
        "session_name",
        set_claim("RoleSessionName", {"Source": "user", "ID": "displayname"}),
        have_application,
        "session_name_source",
    ),
    Illness(
        "apostrophe",
        "session_name",
        person("o'brien@example.com", mail="obrien@example.com"),
        lambda p: (p.have_application(session_name_source="mail"), p.have_user("obrien@example.com")),
        "session_name_source",
        user="o'brien@example.com",
        fresh=True,
    ),
    Illness(
        "name-too-long",
        "session_name",
        person("a" * 60 + "@example.com", mail="a@example.com"),
        lambda p: (p.have_application(session_name_source="mail"), p.have_user("a@example.com")),
        "session_name_source",
        user="a" * 60 + "@example.com",
        fresh=True,
    ),
    Illness(
        "guest",
        "session_name",
        person("alice_fabrikam.com#EXT#@example.onmicrosoft.com", mail="alice@fabrikam.com", userType="Guest"),
        lambda p: (p.have_application(session_name_source="mail"), p.have_user("alice@fabrikam.com")),
        "session_name_source",
        user="alice_fabrikam.com#EXT#@example.onmicrosoft.com",
        fresh=True,
    ),
    Illness("plus-sign", "session_name", set_claim("RoleSessionName", {"Value": "jane+doe"}), have_application, "session_name_source"),
    Illness("user-missing", "user", lambda p: p.delete_user(), have_user, "connect_users"),
    Illness("user-in-another-case", "user", _other_case, _right_case, "connect_users"),
    Illness("user-without-the-panel", "security_profile", lambda p: p.set_profiles("QualityAnalyst"), have_user, "connect_users"),
    Illness(
        "panel-taken-from-the-profile",
        "security_profile",
        lambda p: _change_agent_profile(p, []),
        lambda p: _change_agent_profile(p, ["BasicAgentAccess"]),
        "grant it in the profile",
    ),
    Illness("role-made-anew", "role_binding", _rebuild_role, _rebuild_user, "delete the user", status="warning"),
)
