# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The hops of the sign-in path, from the link that an agent opens to the page that the agent sees. Whatever lists hops
takes them and their order from here.
"""

from __future__ import annotations

import typing as t

ENTRA: t.Final = "Microsoft Entra ID"
IAM: t.Final = "AWS IAM"
CONNECT: t.Final = "Amazon Connect"


class Hop(t.NamedTuple):
    """One hop. cloud: where it is. of_application: whether it is unknown without an application. is_drawn: whether it
    is part of the path in reports; what only a response tells is not.
    """

    name: str
    cloud: str
    of_application: bool = False
    is_drawn: bool = True


SIGN_IN_PATH: t.Final = (
    Hop("response", ENTRA, is_drawn=False),
    Hop("application", ENTRA),
    Hop("tenant", ENTRA),
    Hop("account", ENTRA),
    Hop("assignment", ENTRA),
    Hop("claims", ENTRA, of_application=True),
    Hop("role_claim", ENTRA, of_application=True),
    Hop("session_name", ENTRA),
    Hop("unique_name", ENTRA),
    Hop("certificate", ENTRA, of_application=True),
    Hop("times", ENTRA, is_drawn=False),
    Hop("identifier", ENTRA, of_application=True),
    Hop("reply_url", ENTRA, of_application=True),
    Hop("relay_state", ENTRA, of_application=True),
    Hop("provider", IAM),
    Hop("role", IAM),
    Hop("session_duration", IAM),
    Hop("permissions", IAM),
    Hop("organization", IAM),
    Hop("instance", CONNECT),
    Hop("user", CONNECT),
    Hop("security_profile", CONNECT),
    Hop("role_binding", CONNECT),
    Hop("approved_origins", CONNECT),
    Hop("embedding", CONNECT),
)

HOPS: t.Final = tuple(hop.name for hop in SIGN_IN_PATH)
#: The hops that are unknown without an application.
OF_APPLICATION: t.Final = tuple(hop.name for hop in SIGN_IN_PATH if hop.of_application)
#: The hops that are unknown on every healthy federation, because no permission shows what they depend on.
NEVER_READABLE: t.Final = ("tenant", "organization")
#: The hops that reports draw → the cloud in which they are.
DRAWN: t.Final = {hop.name: hop.cloud for hop in SIGN_IN_PATH if hop.is_drawn}
