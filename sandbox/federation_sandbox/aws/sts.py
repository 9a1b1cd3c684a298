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


def get_caller_identity(context: Context, _params: Params) -> dict[str, t.Any]:
    """Who calls."""
    return {"UserId": context.signer.user_id, "Account": context.account, "Arn": context.signer.arn}


def assume_role(context: Context, params: Params) -> dict[str, t.Any]:
    """A role session for a caller whom the role trusts and, in its own account, whose policies do not stand in the
    way.
    """
    arn, name = params["RoleArn"], params["RoleSessionName"]
    role = context.world.state(Iam).roles.get(arn)
    if role is None or not _trusted(context, role, params):
        raise _denied(context, arn)
    seconds = params.get("DurationSeconds", _CHAINED_SECONDS)
    if context.signer.role_id and seconds > _CHAINED_SECONDS:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise CloudError(400, "ValidationError", message)
    caller = session_of(role, name)
    return {
        "Credentials": credentials(context.world, role, caller, seconds),
        "AssumedRoleUser": {"AssumedRoleId": caller.user_id, "Arn": caller.arn},
    }


def _trusted(context: Context, role: EffectiveRole, params: Params) -> bool:
    facts = {
        "sts:rolesessionname": [params["RoleSessionName"]],
        "aws:principalarn": [context.signer.arn],
        "aws:userid": [context.signer.user_id],
    }
    if "ExternalId" in params:
        facts["sts:externalid"] = [params["ExternalId"]]
    account, own = role.arn.split(":")[4], _own_names(context)
    direct = policies.verdict([role.trust], "sts:AssumeRole", "*", facts, own)
    whole = policies.verdict(
        [role.trust],
        "sts:AssumeRole",
        "*",
        facts,
        [context.account, f"arn:{context.partition}:iam::{context.account}:root"],
    )
    context.call.needs.append(permissions.need("sts:AssumeRole", role.arn, facts))
    may = permissions.allowed(context.world, context.signer, "sts:AssumeRole", role.arn, facts)
    if "deny" in (direct, whole) or permissions.resource_forbidden(
        context.world, account, "sts:AssumeRole", role.arn, facts
    ):
        return False
    return (direct == "allow" and (may or account == context.account)) or (whole == "allow" and may)


def _own_names(context: Context) -> list[str]:
    """A session is named by its own ARN and by its role's."""
    if not context.signer.role_id:
        return [context.signer.arn]
    roles = context.world.state(Iam).roles.all().values()
    return [context.signer.arn, *(role.arn for role in roles if role.id == context.signer.role_id)]


def _denied(context: Context, arn: str) -> CloudError:
    return CloudError(
        403,
        "AccessDenied",
        f"User: {context.signer.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
    )


API = Api(
    "sts",
    {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role, "AssumeRoleWithSAML": assume_role_with_saml},
    unsigned=frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}),
)
