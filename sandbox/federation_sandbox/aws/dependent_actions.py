# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of other services and of Amazon Connect itself that its operations depend on, as AWS's Service
Authorization Reference listed them until 2025; its newer edition lists none. No source says which of them AWS requires
for an instance with SAML, so the sandbox requires all of them.
"""

from __future__ import annotations

import collections.abc
import typing as t

from federation_sandbox.aws.policies import Facts
from federation_sandbox.aws.protocol import Context

_SERVICE_ROLE: t.Final = ("iam:AttachRolePolicy", "iam:CreateServiceLinkedRole", "iam:PutRolePolicy")

DEPENDENT: t.Final[dict[str, tuple[str, ...]]] = {
    "CreateInstance": (
        "ds:AuthorizeApplication",
        "ds:CheckAlias",
        "ds:CreateAlias",
        "ds:CreateDirectory",
        "ds:CreateIdentityPoolDirectory",
        "ds:DeleteDirectory",
        "ds:DescribeDirectories",
        "ds:UnauthorizeApplication",
        *_SERVICE_ROLE,
    ),
    "DeleteInstance": ("ds:DeleteDirectory", "ds:DescribeDirectories", "ds:UnauthorizeApplication"),
    "DescribeInstance": ("ds:DescribeDirectories",),
    "ListInstances": ("ds:DescribeDirectories",),
    "SearchHoursOfOperations": ("connect:DescribeHoursOfOperation",),
    "SearchPredefinedAttributes": ("connect:DescribePredefinedAttribute",),
    "SearchQueues": ("connect:DescribeQueue",),
    "SearchQuickConnects": ("connect:DescribeQuickConnect",),
    "SearchRoutingProfiles": ("connect:DescribeRoutingProfile",),
    "SearchSecurityProfiles": ("connect:DescribeSecurityProfile",),
    "SearchUserHierarchyGroups": ("connect:DescribeUserHierarchyGroup",),
    "SearchUsers": ("connect:DescribeUser", "connect:ListUserProficiencies"),
    "UpdateInstanceAttribute": ("ds:DescribeDirectories", *_SERVICE_ROLE, "logs:CreateLogGroup"),
}

#: dependent action → the resource type in the ARN that it is authorized for
_KINDS: t.Final = {
    "connect:DescribeHoursOfOperation": "operating-hours",
    "connect:DescribeQueue": "queue",
    "connect:DescribeQuickConnect": "transfer-destination",
    "connect:DescribeRoutingProfile": "routing-profile",
    "connect:DescribeSecurityProfile": "security-profile",
    "connect:DescribeUser": "agent",
    "connect:DescribeUserHierarchyGroup": "agent-group",
    "connect:ListUserProficiencies": "agent",
}


#: of these the Service Authorization Reference says that they are authorized for a directory
_OF_DIRECTORIES: t.Final = frozenset(
    {"ds:AuthorizeApplication", "ds:CreateAlias", "ds:DeleteDirectory", "ds:UnauthorizeApplication"}
)


def of(context: Context, instance: str | None) -> collections.abc.Iterator[tuple[str, str, Facts]]:
    """Each action that the call depends on, with its resource and condition keys. instance: the ARN of the instance
    that the call names.
    """
    own = f"{context.region}:{context.account}"
    for action in DEPENDENT.get(context.operation, ()):
        if action.startswith("iam:"):
            role = "aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect_new"
            yield (
                action,
                f"arn:{context.partition}:iam::{context.account}:role/{role}",
                {"iam:awsservicename": ["connect.amazonaws.com"]},
            )
        elif action.startswith("logs:"):
            yield action, f"arn:{context.partition}:logs:{own}:log-group:/aws/connect/new", {}
        elif action.startswith("connect:"):
            yield action, f"{instance}/{_KINDS[action]}/found", {}
            if action == "connect:ListUserProficiencies":
                yield action, str(instance), {}
        elif action in _OF_DIRECTORIES:
            yield action, f"arn:{context.partition}:ds:{own}:directory/d-0000000000", {}
        else:
            yield action, "*", {}
