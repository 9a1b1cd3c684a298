# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides whether a caller may call an operation: by the policies of the user, or of the role behind a session as far
as they are in effect, by the policies of the organization, and by the actions that the operation depends on.
"""

from __future__ import annotations

import typing as t

from federation_sandbox.aws import dependent_actions, policies, request_facts
from federation_sandbox.aws.accounts import Accounts, Caller
from federation_sandbox.aws.connect import resources
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.aws.protocol import Context, Params
from federation_sandbox.service import CloudError
from federation_sandbox.world import World


def allowed(world: World, caller: Caller, action: str, resource: str, facts: policies.Facts) -> bool:
    """Whether the policies that apply to the caller together allow an action."""
    return denial(world, caller, action, resource, facts) is None


def denial(world: World, caller: Caller, action: str, resource: str, facts: policies.Facts) -> str | None:
    """The reason why an action is denied, as AWS words it; None when it is allowed."""
    known = {**policies.moment(world.clock.now()), **_facts(caller), **facts}
    organization = world.state(Accounts).service_control.get(caller.account, ())
    if policies.verdict(organization, action, resource, known) == "deny":
        return "with an explicit deny in a service control policy"
    if caller.policies is None and not caller.role_id:
        return None
    if not caller.role_id:
        return _missing(
            "identity-based policy", policies.verdict(caller.policies or (), action, resource, known), action
        )
    role = next((role for role in world.state(Iam).roles.all().values() if role.id == caller.role_id), None)
    if role is None:
        return f"because no identity-based policy allows the {action} action"
    tags = {f"aws:principaltag/{key.lower()}": (value,) for key, value in role.tags.items()}
    known = {**tags, **known, "aws:principalarn": (role.arn,)}
    kinds = {
        "identity-based policy": role.permissions,
        "permissions boundary": [role.boundary] if role.boundary else None,
        "session policy": caller.policies or None,
    }
    verdicts = {
        kind: policies.verdict(documents, action, resource, known)
        for kind, documents in kinds.items()
        if documents is not None
    }
    return next((reason for kind, verdict in verdicts.items() if (reason := _missing(kind, verdict, action))), None)


def _missing(kind: str, verdict: policies.Verdict, action: str) -> str | None:
    reasons = {
        "deny": f"with an explicit deny in {_a(kind)}",
        "silent": f"because no {kind} allows the {action} action",
    }
    return reasons.get(verdict)


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def resource_forbidden(world: World, account: str, action: str, resource: str, facts: policies.Facts) -> bool:
    """Whether the organization denies an action on a resource of the account to everybody, federated callers
    included.
    """
    documents = world.state(Accounts).resource_control.get(account, ())
    return policies.verdict(documents, action, resource, facts) == "deny"


def require(context: Context, action: str, resource: str, code: str, facts: policies.Facts | None = None) -> None:
    """Refuse a caller without the permission. The traffic log records what the request needs."""
    context.call.needs.append(need(action, resource, facts or {}))
    reason = denial(
        context.world, context.signer, action, resource, {"aws:requestedregion": [context.region], **(facts or {})}
    )
    if reason:
        raise CloudError(
            403,
            code,
            f"User: {context.signer.arn} is not authorized to perform: {action} on resource: {resource} {reason}",
        )


def need(action: str, resource: str, facts: policies.Facts) -> dict[str, t.Any]:
    """A permission that a request needs, in the form of the traffic log."""
    conditions = {key: list(values) for key, values in sorted(facts.items())}
    return {"action": action, "resource": resource, "conditions": conditions}


def authorize_iam(context: Context, params: Params) -> None:
    """Authorize a request to IAM for the resource that it names. A request that tags a new resource also needs the
    permission to tag.
    """
    own = f"arn:{context.partition}:iam::{context.account}:"
    if "RoleName" in params:
        resource = f"{own}role{params.get('Path') or _path(context, params['RoleName'])}{params['RoleName']}"
    elif context.operation == "CreateSAMLProvider":
        resource = f"{own}saml-provider/{params['Name']}"
    elif "SAMLProviderArn" in params:
        resource = params["SAMLProviderArn"]
    else:
        resource = params.get("PolicyArn") or "*"
    facts = request_facts.of_iam(context, params, resource)
    require(context, f"iam:{context.operation}", resource, "AccessDenied", facts)
    if context.operation in _TAGGING and params.get("Tags"):
        require(context, _TAGGING[context.operation], resource, "AccessDenied", facts)


_TAGGING: t.Final = {
    "CreateRole": "iam:TagRole",
    "CreateSAMLProvider": "iam:TagSAMLProvider",
    "CreatePolicy": "iam:TagPolicy",
}


def authorize_connect(context: Context, params: Params) -> None:
    """Authorize a request to Amazon Connect for the resources that it names, and for the actions that it depends on."""
    for resource in resources.of(context, params):
        facts = request_facts.of_connect(context, params, resource)
        require(context, f"connect:{context.operation}", resource, "AccessDeniedException", facts)
    facts = request_facts.of_connect(context, params, "")
    for action, on, more in dependent_actions.of(context, resources.instance_arn(context, params)):
        require(context, action, on, "AccessDeniedException", {**facts, **more})


def authorize_cognito(context: Context, params: Params) -> None:
    """Authorize a request to Amazon Cognito for the user pool that it names."""
    resource, own = "*", f"arn:{context.partition}:cognito-idp:{context.region}:{context.account}:userpool/"
    if params.get("UserPoolId"):
        resource = own + params["UserPoolId"]
    elif params.get("ResourceArn"):
        resource = params["ResourceArn"]
    require(
        context,
        f"cognito-idp:{context.operation}",
        resource,
        "AccessDeniedException",
        request_facts.of_cognito(context, params, resource),
    )


def _path(context: Context, name: str) -> str:
    roles = context.world.state(Iam).backend(context.account, context.partition).roles.values()
    return next((str(role.path) for role in roles if role.name == name), "/")


def _facts(caller: Caller) -> dict[str, t.Sequence[str]]:
    return {
        "aws:userid": [caller.user_id],
        "aws:principalarn": [caller.arn],
        "aws:principalaccount": [caller.account],
        **caller.facts,
    }
