# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Security Token Service."""

from __future__ import annotations

import typing as t

from federation_sandbox.aws import permissions, policies
from federation_sandbox.aws.iam.store import EffectiveRole, Iam
from federation_sandbox.aws.protocol import Api, Context, Params
from federation_sandbox.aws.role_sessions import credentials, session_of
from federation_sandbox.aws.signin.api import assume_role_with_saml
from federation_sandbox.service import CloudError

_CHAINED_SECONDS: t.Final = 3600


def get_caller_identity(at: Context, _wanted: Params) -> dict[str, t.Any]:
    """Who calls."""
    return {"UserId": at.who.user_id, "Account": at.account, "Arn": at.who.arn}


def assume_role(at: Context, wanted: Params) -> dict[str, t.Any]:
    """A role session for a caller whom the role trusts and, in its own account, whose policies do not stand in the
    way.
    """
    arn, name = wanted["RoleArn"], wanted["RoleSessionName"]
    role = at.world.state(Iam).roles.get(arn)
    if role is None or not _trusted(at, role, wanted):
        raise _denied(at, arn)
    seconds = wanted.get("DurationSeconds", _CHAINED_SECONDS)
    if at.who.role_id and seconds > _CHAINED_SECONDS:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise CloudError(400, "ValidationError", message)
    caller = session_of(role, name)
    return {
        "Credentials": credentials(at.world, role, caller, seconds),
        "AssumedRoleUser": {"AssumedRoleId": caller.user_id, "Arn": caller.arn},
    }


def _trusted(at: Context, role: EffectiveRole, wanted: Params) -> bool:
    facts = {
        "sts:rolesessionname": [wanted["RoleSessionName"]],
        "aws:principalarn": [at.who.arn],
        "aws:userid": [at.who.user_id],
    }
    if "ExternalId" in wanted:
        facts["sts:externalid"] = [wanted["ExternalId"]]
    account, own = role.arn.split(":")[4], _own_names(at)
    direct = policies.verdict([role.trust], "sts:AssumeRole", "*", facts, own)
    whole = policies.verdict(
        [role.trust], "sts:AssumeRole", "*", facts, [at.account, f"arn:{at.partition}:iam::{at.account}:root"]
    )
    at.call.needs.append(permissions.need("sts:AssumeRole", role.arn, facts))
    may = permissions.allowed(at.world, at.who, "sts:AssumeRole", role.arn, facts)
    if "deny" in (direct, whole) or permissions.resource_forbidden(
        at.world, account, "sts:AssumeRole", role.arn, facts
    ):
        return False
    return (direct == "allow" and (may or account == at.account)) or (whole == "allow" and may)


def _own_names(at: Context) -> list[str]:
    """A session is named by its own ARN and by its role's."""
    if not at.who.role_id:
        return [at.who.arn]
    roles = at.world.state(Iam).roles.all().values()
    return [at.who.arn, *(role.arn for role in roles if role.id == at.who.role_id)]


def _denied(at: Context, arn: str) -> CloudError:
    return CloudError(
        403, "AccessDenied", f"User: {at.who.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    )


API = Api(
    "sts",
    {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role, "AssumeRoleWithSAML": assume_role_with_saml},
    unsigned=frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}),
)
