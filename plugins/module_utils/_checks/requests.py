# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The two requests of a sign-in as IAM's policies see them: taking the role with a SAML response, and entering Amazon
Connect with it.

Condition keys that the nature of the request settles are here as well: who takes a role with a SAML response has no
identity in AWS yet, so that no key of a principal is there.
"""

from __future__ import annotations

import base64
import hashlib
import typing as t
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import COMPLETE, Claimed, Conditions
from ansible_collections.openccp.federation.plugins.module_utils._checks.evaluation import Request
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Role
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import Arn, parse_saml_provider_arn
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims

#: A session name that stands for all when the check is about nobody in particular.
ANYBODY: t.Final = "agent@example.com"

#: Keys that no request has that is made with a SAML response: no service makes it, no code is typed in, nobody sends an
#: external id.
_ABSENT: t.Final = (
    "sts:externalid",
    "sts:authorizingexternalid",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:username",
)
#: Families of keys of which a request with a SAML response has only those that its claims make.
_FAMILIES: t.Final = (*COMPLETE, "aws:principaltag/")


@dataclass(frozen=True)
class Sender:
    """Who vouches for a response and where it is posted. issuer: None when it is not known."""

    provider_arn: str
    reply_url: str
    issuer: str | None


def assumption(action: str, claimed: Claimed, now: datetime, sender: Sender) -> Request:
    """One action of taking the role with a response."""
    provider = parse_saml_provider_arn(sender.provider_arn)
    facts: Conditions = {
        **dict.fromkeys(_ABSENT, ()),
        **_moment(now),
        **claimed.conditions(),
        "saml:aud": (sender.reply_url,),
        "saml:doc": (f"{provider.account}/{provider.name}",),
        "aws:federatedprovider": (sender.provider_arn,),
        "aws:securetransport": ("true",),
    }
    if sender.issuer:
        facts["saml:iss"] = (sender.issuer,)
        facts["saml:namequalifier"] = (_name_qualifier(sender.issuer, provider),)
    return Request(action, facts=facts, principal=sender.provider_arn, complete=_FAMILIES)


def trusted_actions(claimed: Claimed) -> dict[str, bool | None]:
    """The actions that the trust policy must allow, and whether the claims need each; None where that depends on the
    person.
    """
    if not claimed.is_known:
        return {"sts:AssumeRoleWithSAML": True}
    identity = claimed.value(claims.SOURCE_IDENTITY).values
    doubtful = any(tag.values is None for tag in claimed.tags.values())
    tags = True if claimed.sent_tags() else None
    actions: dict[str, bool | None] = {"sts:AssumeRoleWithSAML": True}
    if tags or doubtful:
        actions["sts:TagSession"] = tags
    if identity is None or identity:
        actions["sts:SetSourceIdentity"] = True if identity else None
    return actions


def federation(role: Role, instance: Arn, claimed: Claimed, now: datetime, provider_arn: str | None) -> list[Request]:
    """Entering an instance with a session of the role, in every form that AWS's documentation leaves open.

    Whether a session by SAML has no aws:MultiFactorAuthPresent or one that is false, it does not tell.
    """
    user_id = f"{role.role_id}:{claimed.session_name or ANYBODY}"
    facts: Conditions = {
        **_moment(now),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in (role.tags or {}).items()},
        **{f"aws:principaltag/{key.lower()}": tag.values for key, tag in claimed.tags.items() if tag.values != ()},
        "aws:userid": (user_id,),
        "aws:username": (),
        "aws:tagkeys": (),
        "aws:multifactorauthage": (),
        "aws:tokenissuetime": _moment(now)["aws:currenttime"],
        "aws:principalisawsservice": ("false",),
        "aws:principalarn": (role.arn,),
        "aws:principalaccount": (instance.account,),
        "aws:principaltype": ("AssumedRole",),
        "aws:requestedregion": (instance.region,),
        "aws:resourceaccount": (instance.account,),
        "aws:securetransport": ("true",),
        "aws:sourceidentity": claimed.value(claims.SOURCE_IDENTITY).values,
        "connect:instanceid": (instance.instance_id,),
    }
    if provider_arn:
        facts["aws:federatedprovider"] = (provider_arn,)
    complete = ("sts:", "aws:requesttag/", *(() if role.tags is None else ("aws:principaltag/",)))
    resource = f"{instance}/user/{user_id}"
    return [
        Request(
            "connect:GetFederationToken", resource, {**facts, "aws:multifactorauthpresent": present}, complete=complete
        )
        for present in ((), ("false",))
    ]


def _moment(now: datetime) -> Conditions:
    return {"aws:currenttime": (now.isoformat(),), "aws:epochtime": (str(int(now.timestamp())),)}


def _name_qualifier(issuer: str, provider: Arn) -> str:
    """What tells apart equal subjects of two providers, as AWS computes it."""
    text = f"{issuer}{provider.account}/{provider.name}"
    return base64.b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest()).decode()
