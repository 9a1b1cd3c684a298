# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The condition keys of a request, as the Service Authorization Reference lists them: tags and permissions
boundaries.
"""

from __future__ import annotations

import typing as t

from federation_sandbox.aws.cognito.store import Cognito
from federation_sandbox.aws.connect import tagging
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.aws.protocol import Context, Params

Facts = dict[str, t.Sequence[str]]

#: the operations whose request names the boundary; the others have that of the role
_WITH_BOUNDARY: t.Final = ("CreateRole", "PutRolePermissionsBoundary")


def of_iam(context: Context, params: Params, resource: str) -> Facts:
    """The condition keys of a request to IAM. resource: the ARN of its resource."""
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
    facts = _request_tags(tags, params.get("TagKeys"))
    role = _role(context, params)
    provider = context.world.state(Iam).providers.latest(resource)
    own = dict(provider.tags) if provider else _tags_of(role)
    facts |= _resource_tags(own, "iam:resourcetag") | _resource_tags(own, "aws:resourcetag")
    boundary = (
        params.get("PermissionsBoundary")
        if context.operation in _WITH_BOUNDARY
        else getattr(role, "permissions_boundary_arn", None)
    )
    if boundary:
        facts["iam:permissionsboundary"] = [boundary]
    if params.get("PolicyArn"):
        facts["iam:policyarn"] = [params["PolicyArn"]]
    return facts


def of_connect(context: Context, params: Params, resource: str) -> Facts:
    """The condition keys of a request to Amazon Connect. resource: the ARN of its resource; without one, the tags of
    the resource are left out.
    """
    facts = _request_tags(params.get("Tags") or params.get("tags") or {}, params.get("tagKeys"))
    if params.get("InstanceId"):
        facts["connect:instanceid"] = [params["InstanceId"]]
    if params.get("AttributeType"):
        facts["connect:attributetype"] = [params["AttributeType"]]
    return facts | _resource_tags(tagging.tags_of(context, resource), "aws:resourcetag")


def of_cognito(context: Context, params: Params, resource: str) -> Facts:
    """The condition keys of a request to Amazon Cognito. resource: the ARN of the user pool."""
    facts = _request_tags(params.get("UserPoolTags") or params.get("Tags") or {}, params.get("TagKeys"))
    pools = context.world.state(Cognito).pools.values()
    pool = next((pool for pool in pools if pool.arn == resource), None)
    return facts | (_resource_tags(pool.tags, "aws:resourcetag") if pool else {})


def _request_tags(tags: t.Mapping[str, str], removed: t.Sequence[str] | None) -> Facts:
    facts: Facts = {f"aws:requesttag/{key.lower()}": [value] for key, value in tags.items()}
    keys = list(tags) or list(removed or ())
    return facts | ({"aws:tagkeys": keys} if keys else {})


def _resource_tags(tags: t.Mapping[str, str], prefix: str) -> Facts:
    return {f"{prefix}/{key.lower()}": [value] for key, value in tags.items()}


def _role(context: Context, params: Params) -> t.Any:
    roles = context.world.state(Iam).backend(context.account, context.partition).roles.values()
    return next((role for role in roles if role.name == params.get("RoleName")), None)


def _tags_of(role: t.Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.tags} if role else {}
