# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signs in: the account, the assignment, the session name, and the agent in Amazon Connect."""

from __future__ import annotations

import typing as t

from live_federation import GROUP, JANE, LiveFederation

from misconfigurations.misconfiguration import Act, Misconfiguration, set_claim


def person(name: str = JANE, **values: t.Any) -> Act:
    return lambda live: live.person(name, **values)


def _unassign(live: LiveFederation) -> None:
    for assignment in live.graph("GET", f"{live.principal}/appRoleAssignedTo")["value"]:
        live.graph("DELETE", f"{live.principal}/appRoleAssignedTo/{assignment['id']}")


def _rebuild_role(live: LiveFederation) -> None:
    assert live.sign_in().ok
    live.delete_role()
    live.have_role()


def _rebuild_user(live: LiveFederation) -> None:
    live.delete_user()
    live.have_user()


def _other_case(live: LiveFederation) -> None:
    live.delete_user()
    live.have_user("Jane.Doe@example.com")


def _right_case(live: LiveFederation) -> None:
    live.delete_user("Jane.Doe@example.com")
    live.have_user()


def _rename(live: LiveFederation) -> None:
    person = live.graph("GET", f"/users/{JANE}")
    live.delete_user()
    live.have_user(person_id=person["id"])
    live.directory(users=[{"id": person["id"], "userPrincipalName": RENAMED}])


def _change_agent_profile(live: LiveFederation, permissions: list[str]) -> None:
    listed = live.connect.list_security_profiles(InstanceId=live.instance["id"])["SecurityProfileSummaryList"]
    profile = next(profile_summary["Id"] for profile_summary in listed if profile_summary["Name"] == "Agent")
    live.connect.update_security_profile(
        InstanceId=live.instance["id"], SecurityProfileId=profile, Permissions=permissions
    )


RENAMED: t.Final = "Jane.Roe@example.com"
PEOPLE: t.Final = (
    Misconfiguration(
        "account-disabled",
        "account",
        person(accountEnabled=False),
        "Enable the account",
        mends=person(accountEnabled=True),
    ),
    Misconfiguration(
        "account-deleted",
        "account",
        lambda p: p.directory(remove=[JANE]),
        "restore or create the user",
        mends=person(mail=JANE, employeeId="4711"),
    ),
    Misconfiguration("nobody-assigned", "assignment", _unassign, "azure_saml_app"),
    Misconfiguration(
        "not-in-the-group",
        "assignment",
        lambda p: p.directory(groups=[{"displayName": GROUP, "members": []}]),
        f"Add the person to {GROUP}",
        mends=person(),
    ),
    Misconfiguration(
        "in-a-nested-group",
        "assignment",
        lambda p: p.directory(
            groups=[{"displayName": "Team", "members": [JANE]}, {"displayName": GROUP, "members": ["Team"]}]
        ),
        "azure_saml_app",
        mends=lambda p: p.have_application(assignments={"groups": {"set": [GROUP, "Team"]}}),
    ),
    Misconfiguration(
        "mail-empty",
        "session_name",
        person(mail=None),
        "Fill user.mail",
        mends=person(mail=JANE),
        application={"session_name_source": "mail"},
    ),
    Misconfiguration(
        "session-name-source-empty",
        "session_name",
        set_claim("RoleSessionName", {"Source": "user", "ID": "extensionattribute1"}),
        "session_name_source",
    ),
    Misconfiguration(
        "session-name-with-a-space",
        "session_name",
        set_claim("RoleSessionName", {"Source": "user", "ID": "displayname"}),
        "session_name_source",
    ),
    Misconfiguration(
        "apostrophe",
        "session_name",
        person("o'brien@example.com", mail="obrien@example.com"),
        "session_name_source",
        mends=lambda p: (p.have_application(session_name_source="mail"), p.have_user("obrien@example.com")),
        user="o'brien@example.com",
    ),
    Misconfiguration(
        "name-too-long",
        "session_name",
        person("a" * 60 + "@example.com", mail="a@example.com"),
        "session_name_source",
        mends=lambda p: (p.have_application(session_name_source="mail"), p.have_user("a@example.com")),
        user="a" * 60 + "@example.com",
    ),
    Misconfiguration(
        "guest",
        "session_name",
        person("alice_fabrikam.com#EXT#@example.onmicrosoft.com", mail="alice@fabrikam.com", userType="Guest"),
        "session_name_source",
        mends=lambda p: (p.have_application(session_name_source="mail"), p.have_user("alice@fabrikam.com")),
        user="alice_fabrikam.com#EXT#@example.onmicrosoft.com",
    ),
    Misconfiguration(
        "plus-sign", "session_name", set_claim("RoleSessionName", {"Value": "jane+doe"}), "session_name_source"
    ),
    Misconfiguration("user-missing", "user", lambda p: p.delete_user(), "connect_users"),
    Misconfiguration("user-in-another-case", "user", _other_case, "connect_users", mends=_right_case),
    Misconfiguration("person-renamed", "user", _rename, "renames: recreate", user=RENAMED),
    Misconfiguration(
        "user-without-the-panel", "security_profile", lambda p: p.set_profiles("QualityAnalyst"), "connect_users"
    ),
    Misconfiguration(
        "panel-taken-from-the-profile",
        "security_profile",
        lambda p: _change_agent_profile(p, []),
        "grant it in the profile",
        mends=lambda p: _change_agent_profile(p, ["BasicAgentAccess"]),
    ),
    Misconfiguration(
        "role-made-anew",
        "role_binding",
        _rebuild_role,
        "delete and recreate the user",
        mends=_rebuild_user,
        status="warning",
    ),
)
