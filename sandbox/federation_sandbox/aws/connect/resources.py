# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources that a request to Amazon Connect is authorized for, as AWS's Service Authorization Reference lists
them.

A request that names an agent, a profile, a hierarchy group or a quick connect is authorized for each of those, and not
for the instance; every other one for the instance (facts/aws.md A2).
"""

from __future__ import annotations

import typing as t

from federation_sandbox.aws.protocol import Context, Params

#: the member of a request → the kind of resource in ARNs
KINDS: t.Final = {
    "UserId": "agent",
    "SecurityProfileId": "security-profile",
    "SecurityProfileIds": "security-profile",
    "RoutingProfileId": "routing-profile",
    "HierarchyGroupId": "agent-group",
    "QuickConnectId": "transfer-destination",
    "QueueId": "queue",
}
#: a new object has no ID yet
MADE: t.Final = {
    "CreateUser": "agent",
    "CreateQuickConnect": "transfer-destination",
    "CreateSecurityProfile": "security-profile",
}
#: lists of what is in an instance, authorized for the kind
LISTED: t.Final = {
    "ListQueues": "queue",
    "ListQuickConnects": "transfer-destination",
}
#: authorized for the instance beside what they name
WITH_INSTANCE: t.Final = frozenset(
    {
        "AssociateUserProficiencies",
        "DisassociateUserProficiencies",
        "ListUserProficiencies",
        "UpdateUserProficiencies",
    }
)


def instance_arn(context: Context, params: Params) -> str | None:
    """The ARN of the instance that a request names."""
    named = params.get("InstanceId")
    return f"arn:{context.partition}:connect:{context.region}:{context.account}:instance/{named}" if named else None


def of(context: Context, params: Params) -> list[str]:
    """The ARNs that a request is authorized for."""
    instance = instance_arn(context, params)
    if instance is None:
        return [params.get("resourceArn") or "*"]
    if context.operation == "GetFederationToken":
        return [f"{instance}/user/{context.signer.user_id}"]
    new = MADE.get(context.operation) or LISTED.get(context.operation)
    arns = [f"{instance}/{new}/*"] if new else []
    for member, kind in KINDS.items():
        value = params.get(member)
        ids = value if isinstance(value, list) else [value]
        arns += [f"{instance}/{kind}/{each}" for each in ids if each]
    return [instance, *arns] if not arns or context.operation in WITH_INSTANCE else arns
