# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a caller may: the policies of a user, or those of the role behind a session, as far as they have taken effect."""

from __future__ import annotations

import typing as t

from federation_sandbox.aws import policies
from federation_sandbox.aws.accounts import Caller
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.aws.protocol import Context, Params
from federation_sandbox.service import CloudError
from federation_sandbox.world import World


def allowed(world: World, caller: Caller, action: str, resource: str, facts: policies.Facts) -> bool:
    """Whether the caller's own policies, and the role's boundary, allow an action."""
    if caller.policies is None and not caller.role_id:
        return True
    known = {**policies.moment(world.clock.now()), **_facts(caller), **facts}
    documents: t.Iterable[policies.Document] = caller.policies or ()
    if caller.role_id:
        role = next((role for role in world.state(Iam).roles.all().values() if role.id == caller.role_id), None)
        if role is None:
            return False
        documents = role.permissions
        tags = {f"aws:principaltag/{key.lower()}": (value,) for key, value in role.tags.items()}
        known = {**tags, **known, "aws:principalarn": (role.arn,)}
        if role.boundary and policies.verdict([role.boundary], action, resource, known) != "allow":
            return False
        if caller.policies and policies.verdict(caller.policies, action, resource, known) != "allow":
            return False
    return policies.verdict(documents, action, resource, known) == "allow"


def require(at: Context, action: str, resource: str, code: str, facts: policies.Facts | None = None) -> None:
    """Refuse a caller who may not."""
    if not allowed(at.world, at.who, action, resource, {"aws:requestedregion": [at.region], **(facts or {})}):
        message = (
            f"User: {at.who.arn} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        )
        raise CloudError(403, code, message)


def authorize_iam(at: Context, wanted: Params) -> None:
    """IAM: each operation on the resource that it names."""
    own = f"arn:{at.partition}:iam::{at.account}:"
    if "RoleName" in wanted:
        resource = f"{own}role{wanted.get('Path') or _path(at, wanted['RoleName'])}{wanted['RoleName']}"
    elif "SAMLProvider" in at.operation:
        resource = wanted.get("SAMLProviderArn") or f"{own}saml-provider/{wanted.get('Name', '*')}"
    else:
        resource = wanted.get("PolicyArn") or "*"
    require(at, f"iam:{at.operation}", resource, "AccessDenied")


def authorize_connect(at: Context, wanted: Params) -> None:
    """Amazon Connect: each operation on the instance, or on the agent, that it names."""
    instance = wanted.get("InstanceId")
    resource, facts = wanted.get("resourceArn") or "*", {}
    if instance:
        facts = {"connect:instanceid": [instance]}
        resource = f"arn:{at.partition}:connect:{at.region}:{at.account}:instance/{instance}"
        if at.operation == "GetFederationToken":
            resource += f"/user/{at.who.user_id}"
        elif wanted.get("UserId"):
            resource += f"/agent/{wanted['UserId']}"
    require(at, f"connect:{at.operation}", resource, "AccessDeniedException", facts)


def _path(at: Context, name: str) -> str:
    roles = at.world.state(Iam).backend(at.account, at.partition).roles.values()
    return next((str(role.path) for role in roles if role.name == name), "/")


def _facts(caller: Caller) -> dict[str, t.Sequence[str]]:
    return {
        "aws:userid": [caller.user_id],
        "aws:principalarn": [caller.arn],
        "aws:principalaccount": [caller.account],
        **caller.facts,
    }
