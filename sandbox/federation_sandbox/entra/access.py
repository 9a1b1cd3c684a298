# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides who may sign in to an application, with the error codes of facts/entra.md 10.4."""

from __future__ import annotations

import collections.abc

from federation_sandbox.entra.state import Record, Tenant, match


class Refused(Exception):
    """Sign-in is refused, with the number of an AADSTS code and its message."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number
        self.text = text


def application_of(tenant: Tenant, app_id: str) -> tuple[Record, Record]:
    """The application that a launch URL names and its service principal."""
    application = match(tenant["applications"].all_visible(), appId=app_id.lower())
    principal = match(tenant["servicePrincipals"].all_visible(), appId=app_id.lower())
    if application is None or principal is None:
        raise Refused(
            700016,
            f"Application with identifier '{app_id}' was not found in the directory '{tenant.display_name}'. This "
            f"can happen if the "
            "application has not been installed by the administrator of the tenant or consented to by any user "
            "in the tenant. You may have "
            "sent your authentication request to the wrong tenant.",
        )
    return application, principal


def application_that_asks(tenant: Tenant, issuer: str) -> tuple[Record, Record]:
    """The application that a SAML request names as its issuer by one of its identifiers (facts/entra.md 2.8, 10.2)."""
    names = {issuer, issuer.removeprefix("spn:")}
    for principal in tenant["servicePrincipals"].all_visible():
        if names & {*(principal.get("servicePrincipalNames") or ()), principal["appId"]}:
            return application_of(tenant, principal["appId"])
    return application_of(tenant, issuer)


def user_named(tenant: Tenant, login: str) -> Record:
    """The user with a user principal name or, for a guest, with a mail address."""
    lowered = login.strip().lower()
    for user in tenant["users"].all_visible():
        names = [user["userPrincipalName"], user.get("mail") if is_guest(user) else None]
        if any(name and name.lower() == lowered for name in names):
            return user
    raise Refused(
        50034,
        f"The user account {login} does not exist in the {tenant.display_name} directory. To sign into this "
        f"application, the account must "
        "be added to the directory.",
    )


def is_guest(user: Record) -> bool:
    """Whether a user is a guest."""
    return user.get("userType") == "Guest"


def check_user(user: Record) -> None:
    """Refuse a disabled account."""
    if user.get("accountEnabled") is False:
        raise Refused(50057, "The user account is disabled.")


def check_application(application: Record, principal: Record) -> None:
    """Refuse an application that is disabled, or that does not use SAML."""
    if principal.get("accountEnabled") is False or application.get("isDisabled") or principal.get("isDisabled"):
        raise Refused(7000112, f"Application '{principal['appId']}'({principal['displayName']}) is disabled.")
    if principal.get("preferredSingleSignOnMode") != "saml":
        raise Refused(650056, _MISCONFIGURED)


def check_assigned(tenant: Tenant, principal: Record, user: Record) -> None:
    """Refuse a user who is neither assigned nor a direct member of an assigned group (facts/entra.md 5.4)."""
    if principal.get("appRoleAssignmentRequired") and not any(assignments(tenant, principal, user)):
        raise Refused(
            50105,
            f"Your administrator has configured the application {principal['displayName']} "
            f"('{principal['appId']}') to block users unless "
            f"they are specifically granted ('assigned') access to the application. The signed in user "
            f"'{user['userPrincipalName']}' is "
            "blocked because they are not a direct member of a group with access, nor had access directly "
            "assigned by an administrator. "
            "Please contact your administrator to assign access to this application.",
        )


def assignments(tenant: Tenant, principal: Record, user: Record) -> collections.abc.Iterator[Record]:
    """The assignments of a user: direct ones, and those of groups with the user as a direct member."""
    groups = tenant["groups"]
    for assignment in tenant["appRoleAssignments"].all_visible():
        if assignment["resourceId"] != principal["id"]:
            continue
        group = groups.visible(assignment["principalId"]) if assignment["principalType"] == "Group" else None
        if assignment["principalId"] == user["id"] or (group is not None and user["id"] in group["_members"]):
            yield assignment


_MISCONFIGURED = (
    "Misconfigured application. This could be due to one of the following: the client has not listed any "
    "permissions in the requested "
    "permissions in the client's application registration. Or, the admin has not consented in the "
    "tenant. Or, check the application "
    "identifier in the request to ensure it matches the configured client application identifier. Please "
    "contact your admin to fix the "
    "configuration or consent on behalf of the tenant."
)
