# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Whether a user pool can share the enterprise application of AWS's sign-in. Pure."""

from __future__ import annotations

import typing as t

#: under which AWS's sign-in takes claims: ARNs, session names, session tags
_AWS_CLAIMS: t.Final = "https://aws.amazon.com/SAML/Attributes/"
#: what of a pool an application of its own would have, and why the shared one cannot
_ONE: t.Final = {
    "application_name": "it has the name of AWS's sign-in",
    "name_id_source": "it sends one NameID, that of federation_session_name_source",
    "extra_claims": "AWS's sign-in would be sent them as well",
    "group_claims": "AWS's sign-in would be sent the groups as well",
    "assigned_groups": "it has one list of assignments, and everybody on it may open the panel",
    "assigned_users": "it has one list of assignments, and everybody on it may open the panel",
    "signing_certificate": "it has one active signing certificate",
}
#: what a pool cannot have, and why
_NOT_SHARED: t.Final = {
    "sign_out": "the application has no logout URL, since AWS's sign-in has none",
    "idp_initiated": "sign-ins that begin in Entra ID go to AWS's sign-in",
    "encrypted_responses": "Entra ID would encrypt for the user pool what AWS's sign-in has to read",
}


def clashes(
    pool: t.Mapping[str, t.Any], *, audience_override: str | None = None, issuer_with_application_id: bool | None = None
) -> list[str]:
    """Why a pool of federation_user_pools cannot share the application, one sentence each.

    audience_override, issuer_with_application_id: as the application of AWS's sign-in has them.
    """
    name = pool.get("user_pool_id") or pool.get("user_pool_name")
    reasons = [
        f"{option} is needed, because nothing of the application may depend on AWS being asked"
        for option in ("user_pool_id", "domain")
        if not pool.get(option)
    ]
    reasons += [f"{option} cannot be its own: {why}" for option, why in _ONE.items() if pool.get(option) is not None]
    reasons += [f"{option} cannot be true: {why}" for option, why in _NOT_SHARED.items() if pool.get(option)]
    mapping = pool.get("attribute_mapping") or {}
    reasons += [
        f"attribute_mapping takes {attribute} from {claim}, which is for AWS's sign-in alone"
        for attribute, claim in mapping.items()
        if str(claim).startswith(_AWS_CLAIMS)
    ]
    if audience_override:
        reasons.append(f"the audience {audience_override} would be sent to the user pool as well, which refuses it")
    if issuer_with_application_id and pool.get("metadata_source") == "url":
        reasons.append("Entra ID serves metadata without the application's issuer, so metadata_source must be text")
    return [f"The user pool {name} cannot share the application of AWS's sign-in: {reason}." for reason in reasons]


def shared_clashes(
    pools: t.Iterable[t.Mapping[str, t.Any]], audience_override: str | None, issuer_with_application_id: bool | None
) -> list[str]:
    """The same of all pools that share the application."""
    return [
        reason
        for pool in pools
        if is_shared(pool)
        for reason in clashes(
            pool, audience_override=audience_override, issuer_with_application_id=issuer_with_application_id
        )
    ]


def is_shared(pool: t.Mapping[str, t.Any]) -> bool:
    """Whether a pool shares the application of AWS's sign-in."""
    return pool.get("application") == "shared"


def identifier(pool: t.Mapping[str, t.Any]) -> str:
    """What the application needs as an identifier for a pool."""
    return f"urn:amazon:cognito:sp:{pool.get('user_pool_id') or ''}"


def reply_url(pool: t.Mapping[str, t.Any]) -> str:
    """Where Entra ID posts the responses for a pool."""
    return f"https://{pool.get('domain') or ''}/saml2/idpresponse"
