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


def of_iam(at: Context, wanted: Params, resource: str) -> Facts:
    """The condition keys of a request to IAM. resource: the ARN of its resource."""
    tags = {tag["Key"]: tag["Value"] for tag in wanted.get("Tags") or ()}
    facts = _request_tags(tags, wanted.get("TagKeys"))
    role = _role(at, wanted)
    provider = at.world.state(Iam).providers.latest(resource)
    own = dict(provider.tags) if provider else _tags_of(role)
    facts |= _resource_tags(own, "iam:resourcetag") | _resource_tags(own, "aws:resourcetag")
    boundary = (
        wanted.get("PermissionsBoundary")
        if at.operation in _WITH_BOUNDARY
        else getattr(role, "permissions_boundary_arn", None)
    )
    if boundary:
        facts["iam:permissionsboundary"] = [boundary]
    if wanted.get("PolicyArn"):
        facts["iam:policyarn"] = [wanted["PolicyArn"]]
    return facts


def of_connect(at: Context, wanted: Params, resource: str) -> Facts:
    """The condition keys of a request to Amazon Connect. resource: the ARN of its resource; without one, the tags of
    the resource are left out.
    """
    facts = _request_tags(wanted.get("Tags") or wanted.get("tags") or {}, wanted.get("tagKeys"))
    if wanted.get("InstanceId"):
        facts["connect:instanceid"] = [wanted["InstanceId"]]
    if wanted.get("AttributeType"):
        facts["connect:attributetype"] = [wanted["AttributeType"]]
    return facts | _resource_tags(tagging.tags_of(at, resource), "aws:resourcetag")


def of_cognito(at: Context, wanted: Params, resource: str) -> Facts:
    """The condition keys of a request to Amazon Cognito. resource: the ARN of the user pool."""
    facts = _request_tags(wanted.get("UserPoolTags") or wanted.get("Tags") or {}, wanted.get("TagKeys"))
    pools = at.world.state(Cognito).pools.values()
    pool = next((pool for pool in pools if pool.arn == resource), None)
    return facts | (_resource_tags(pool.tags, "aws:resourcetag") if pool else {})


def _request_tags(tags: t.Mapping[str, str], removed: t.Sequence[str] | None) -> Facts:
    facts: Facts = {f"aws:requesttag/{key.lower()}": [value] for key, value in tags.items()}
    keys = list(tags) or list(removed or ())
    return facts | ({"aws:tagkeys": keys} if keys else {})


def _resource_tags(tags: t.Mapping[str, str], prefix: str) -> Facts:
    return {f"{prefix}/{key.lower()}": [value] for key, value in tags.items()}


def _role(at: Context, wanted: Params) -> t.Any:
    roles = at.world.state(Iam).backend(at.account, at.partition).roles.values()
    return next((role for role in roles if role.name == wanted.get("RoleName")), None)


def _tags_of(role: t.Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.tags} if role else {}
