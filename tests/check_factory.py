# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a healthy federation, for tests that change one of them. Imports the collection, so it is for processes
that can.
"""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import timedelta
from functools import cache

from ansible_collections.openccp.federation.plugins.module_utils._checks import facts as f
from ansible_collections.openccp.federation.plugins.module_utils._checks.findings import Finding
from ansible_collections.openccp.federation.plugins.module_utils._checks.sign_in_path import check
from ansible_collections.openccp.federation.plugins.module_utils._domain import policies
from ansible_collections.openccp.federation.plugins.module_utils._saml import certificates, claims, metadata
from ansible_collections.openccp.federation.plugins.module_utils._saml.provider import SamlProvider
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import SigningCertificate

from saml_factory import ENTITY_ID, NOW, make_certificate, make_metadata

INSTANCE_ID: t.Final = "11111111-2222-3333-4444-555555555555"
INSTANCE: t.Final = f"arn:aws:connect:eu-central-1:111122223333:instance/{INSTANCE_ID}"
ROLE: t.Final = "arn:aws:iam::111122223333:role/Federation"
PROVIDER: t.Final = "arn:aws:iam::111122223333:saml-provider/Entra"
REPLY_URL: t.Final = "https://eu-central-1.signin.aws.amazon.com/saml"
RELAY_STATE: t.Final = (
    f"https://eu-central-1.console.aws.amazon.com/connect/federate/{INSTANCE_ID}?destination=%2Fccp-v2"
)
JANE: t.Final = "jane.doe@example.com"
#: hops that are unknown whatever is read: the tenant's licences, and the policies of the organization
UNSEEN: t.Final = ("tenant", "organization")


@cache
def certificate(name: str = "active", begins: int = -10, ends: int = 1085) -> certificates.Certificate:
    """A certificate by name, begins and ends in days from now."""
    return certificates.from_der(make_certificate(name, begins, ends))


def key(
    name: str = "active", begins: int = -10, ends: int = 1085, *, active: bool = True, can_sign: bool = True
) -> SigningCertificate:
    """A signing key of the application."""
    return SigningCertificate(certificate(name, begins, ends), name, active, can_sign)


def policy(*entries: dict[str, t.Any], **claim: t.Any) -> list[str]:
    """A claims policy's definition, the healthy one with other AWS claims: a constant, an entry, or None for not at
    all; and settings.
    """
    settings = {
        name: claim.pop(name) for name in (claims.AUDIENCE_OVERRIDE, claims.ISSUER_WITH_APPLICATION_ID) if name in claim
    }
    aws: dict[str, t.Any] = {
        "RoleSessionName": {"Source": "user", "ID": "userprincipalname"},
        "Role": f"{ROLE},{PROVIDER}",
        "SessionDuration": "43200",
        **claim,
    }
    aws_claims = [
        {
            **({"Value": value} if isinstance(value, str) else value),
            "SamlClaimType": claims.ROLE.removesuffix("Role") + name,
        }
        for name, value in aws.items()
        if value is not None
    ]
    name_id = {"Source": "user", "ID": "userprincipalname", "SamlClaimType": claims.NAME_ID}
    return claims.ClaimsPolicy((name_id, *aws_claims, *entries), settings=settings).definition()


def application(**changes: t.Any) -> f.Application:
    """The healthy application, but for what is given."""
    healthy: dict[str, t.Any] = {
        "identifiers": ("https://signin.aws.amazon.com/saml#example",),
        "reply_urls": (REPLY_URL,),
        "relay_state": RELAY_STATE,
        "definitions": (policy(),),
        "keys": (key(),),
        "issuer": ENTITY_ID,
        "groups": (f.Group("g", "Agents"),),
    }
    return f.Application("Amazon Connect", "an-app-id", **{**healthy, **changes})


@cache
def _metadata(*names: str, entity_id: str = ENTITY_ID) -> metadata.Metadata:
    return metadata.parse(make_metadata(*(make_certificate(name, -10, 1085) for name in names), entity_id=entity_id))


def metadata_of(name: str, begins: int, ends: int) -> metadata.Metadata:
    """The directory's metadata with one certificate."""
    return metadata.parse(make_metadata(make_certificate(name, begins, ends), entity_id=ENTITY_ID))


def provider(*names: str, entity_id: str = ENTITY_ID, **changes: t.Any) -> SamlProvider:
    """The provider, with these certificates."""
    return SamlProvider(PROVIDER, **{"metadata": _metadata(*(names or ("active",)), entity_id=entity_id), **changes})


def role(**changes: t.Any) -> f.Role:
    """The healthy role, but for what is given."""
    healthy: dict[str, t.Any] = {
        "arn": ROLE,
        "role_id": "AROAEXAMPLE",
        "trust": policies.trust_policy([PROVIDER], [REPLY_URL]),
        "created": NOW - timedelta(days=9),
        "max_session_duration": 43200,
        "policies": {"Connect": policies.permission_policy([INSTANCE])},
    }
    return f.Role(**{**healthy, **changes})


def person(**changes: t.Any) -> f.Person:
    """Jane, but for what is given."""
    healthy: dict[str, t.Any] = {
        "id": "j",
        "attributes": {"userprincipalname": JANE, "mail": JANE},
        "through": ("Agents",),
    }
    return f.Person(changes.pop("name", JANE), **{**healthy, **changes})


def user(**changes: t.Any) -> f.ConnectUser:
    """Jane's user, but for what is given."""
    return f.ConnectUser(**{"username": JANE, "modified": NOW - timedelta(days=8), "profiles": ("agent",), **changes})


def users(*members: f.ConnectUser, **changes: t.Any) -> f.Users:
    """The users of the instance."""
    listed = {each.username: each for each in members or (user(),)}
    return f.Users(
        **{
            "by_name": listed,
            "ccp": {"agent": True, "quality": False},
            "profile_names": {"quality": "QualityAnalyst"},
            **changes,
        }
    )


def desired(**changes: t.Any) -> f.DesiredFederation:
    """What the federation is meant to be."""
    return f.DesiredFederation(
        **{
            "instance_arn": INSTANCE,
            "now": NOW,
            "role_arn": ROLE,
            "provider_arn": PROVIDER,
            "destination": "/ccp-v2",
            **changes,
        }
    )


def facts(**changes: t.Any) -> f.Facts:
    """The whole healthy path, but for what is given. application, role, provider, person, user, desired: their changes,
    or None.
    """
    healthy: dict[str, t.Any] = {
        "desired": desired(),
        "application": application(),
        "people": (person(),),
        "providers": {PROVIDER: provider()},
        "roles": {ROLE: role()},
        "instance": f.Instance(INSTANCE, "example"),
        "users": users(),
    }
    return f.Facts(**{**healthy, **changes})


def with_application(**changes: t.Any) -> f.Facts:
    """The healthy path with another application."""
    return facts(application=application(**changes))


def with_role(**changes: t.Any) -> f.Facts:
    """The healthy path with another role."""
    return facts(roles={ROLE: role(**changes)})


def with_policy(**changes: t.Any) -> f.Facts:
    """The healthy path with another claims policy."""
    return with_application(definitions=(policy(**changes),))


def problems(known: f.Facts) -> dict[str, Finding]:
    """Everything that is not a pass, and not what nothing reads, by hop."""
    return {finding.hop: finding for finding in check(known) if finding.status != "pass" and finding.hop not in UNSEEN}


def replaced(known: f.Facts, **changes: t.Any) -> f.Facts:
    """Facts with others in their place."""
    return dataclasses.replace(known, **changes)
