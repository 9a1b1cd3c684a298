# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Security Token Service."""

from __future__ import annotations

import datetime as dt
import typing as t

from federation_sandbox.aws import permissions, policies
from federation_sandbox.aws.accounts import Accounts, Caller
from federation_sandbox.aws.iam.store import EffectiveRole, Iam
from federation_sandbox.aws.protocol import Api, Context, Params
from federation_sandbox.service import CloudError

_CHAINED_SECONDS: t.Final = 3600


def get_caller_identity(at: Context, _wanted: Params) -> dict[str, t.Any]:
    """Who calls."""
    return {"UserId": at.who.user_id, "Account": at.account, "Arn": at.who.arn}


def assume_role(at: Context, wanted: Params) -> dict[str, t.Any]:
    """A role session for a caller whom the role trusts and, in its own account, whose policies do not stand in the way."""
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
        "Credentials": credentials(at, role, caller, seconds),
        "AssumedRoleUser": {"AssumedRoleId": caller.user_id, "Arn": caller.arn},
    }


def session_of(role: EffectiveRole, name: str) -> Caller:
    """Who a session of a role is."""
    _, partition, _, _, account, path = role.arn.split(":", 5)
    arn = f"arn:{partition}:sts::{account}:assumed-role/{path.rpartition('/')[2]}/{name}"
    return Caller(account, partition, arn, f"{role.id}:{name}", role.id, name)


def credentials(at: Context, role: EffectiveRole, caller: Caller, seconds: int) -> dict[str, t.Any]:
    """Temporary credentials of a role session, no longer than the role allows."""
    if seconds > role.max_session_duration:
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise CloudError(400, "ValidationError", message)
    expires = at.world.clock.now().replace(microsecond=0) + dt.timedelta(seconds=seconds)
    session = at.world.state(Accounts).open_session(caller, expires)
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": expires,
    }


def _trusted(at: Context, role: EffectiveRole, wanted: Params) -> bool:
    facts = {"sts:rolesessionname": [wanted["RoleSessionName"]], "aws:principalarn": [at.who.arn], "aws:userid": [at.who.user_id]}
    if "ExternalId" in wanted:
        facts["sts:externalid"] = [wanted["ExternalId"]]
    account, own = role.arn.split(":")[4], _own_names(at)
    direct = policies.verdict([role.trust], "sts:AssumeRole", "*", facts, own)
    whole = policies.verdict([role.trust], "sts:AssumeRole", "*", facts, [at.account, f"arn:{at.partition}:iam::{at.account}:root"])
    may = permissions.allowed(at.world, at.who, "sts:AssumeRole", role.arn, facts)
    if "deny" in (direct, whole):
        return False
    return (direct == "allow" and (may or account == at.account)) or (whole == "allow" and may)


def _own_names(at: Context) -> list[str]:
    """A session is named by its own ARN and by its role's."""
    if not at.who.role_id:
        return [at.who.arn]
    roles = at.world.state(Iam).roles.all().values()
    return [at.who.arn, *(role.arn for role in roles if role.id == at.who.role_id)]


def _denied(at: Context, arn: str) -> CloudError:
    return CloudError(403, "AccessDenied", f"User: {at.who.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}")


API = Api(
    "sts",
    {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role},
    unsigned=frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}),
)
