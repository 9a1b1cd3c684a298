# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What an agent sees when a hop fails: the clouds' own texts, as their documentation has them.

Entra's pages are known by their code, because their words change. Where an agent sees no message, the place is named
where it ends.
"""

from __future__ import annotations

import typing as t

# --- Entra ID ---
USER_DISABLED: t.Final = "AADSTS50057: The user account is disabled."
NO_SUCH_USER: t.Final = "AADSTS50034: The user account does not exist in the directory."
NOT_ASSIGNED: t.Final = "AADSTS50105: The signed in user is not assigned to a role for the application."
NO_SUCH_APPLICATION: t.Final = "AADSTS700016: The application was not found in the directory."
APPLICATION_DISABLED: t.Final = "AADSTS7000112: The application is disabled."
MISCONFIGURED: t.Final = "AADSTS650056: Misconfigured application."
NO_SIGNING_KEY: t.Final = "AADSTS50003: There is no signing key."
NO_CUSTOM_SIGNING_KEY: t.Final = "AADSTS50146: The application needs a signing key of its own that is within its dates."
NAME_ID_EMPTY: t.Final = "AADSTS501241: A mandatory input of the claims is missing."
NO_REPLY_URL: t.Final = "AADSTS900971: There is no reply address."

# --- AWS sign-in ---
INVALID_RESPONSE: t.Final = "Your request included an invalid SAML response. To logout, click here."
NAME_REQUIRED: t.Final = "RoleSessionName is required in AuthnResponse"
NAME_MUST_MATCH: t.Final = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
SOURCE_IDENTITY_MUST_MATCH: t.Final = 'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
NOT_AUTHORIZED: t.Final = "Not authorized to perform sts:AssumeRoleWithSAML"
SIGNATURE_INVALID: t.Final = "Response signature invalid"
ISSUER: t.Final = "Failed to assume role: Issuer not present in specified provider"
NO_SUCH_PROVIDER: t.Final = "Specified provider doesn't exist"
DURATION: t.Final = "Requested DurationSeconds exceeds MaxSessionDuration set for this role"
AUDIENCE: t.Final = "Response does not contain the required audience"
EXPIRED: t.Final = "Response has expired"

# --- Amazon Connect ---
NOT_ONBOARDED: t.Final = (
    "Access Denied. Your account has been authenticated, but has not been onboarded to this application."
)
DENIED: t.Final = "Access denied, Please contact your AWS account administrator for assistance."

# --- no message ---
CONSOLE_HOME: t.Final = "The agent lands on the home page of the AWS console."
ROLE_PICKER: t.Final = "The agent is asked to choose a role."
SOMEBODY_ELSE: t.Final = "Nothing is refused: the person works as the agent of somebody else."
OTHER_PAGE: t.Final = "The agent lands on another page of the instance."
ELSEWHERE: t.Final = "The agent ends at an address that is not AWS's sign-in."
NO_CCP: t.Final = "The Contact Control Panel does not open for the agent."
NO_DESTINATION: t.Final = "The agent is not sent on to the page."
NO_FRAME: t.Final = "The embedding page stays without the Contact Control Panel; the browser refuses to frame it."
ENDLESS_SIGN_IN: t.Final = "The embedding page asks to sign in again and again, and its frame stays empty."
SIGN_IN_ELSEWHERE: t.Final = "The agent is sent to the sign-on URL and not to AWS."
