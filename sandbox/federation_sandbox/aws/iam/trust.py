# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides which trust policies IAM accepts. moto accepts nearly any (facts/aws.md 6.2)."""

from __future__ import annotations

import json
import re
import typing as t

from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from federation_sandbox.aws.accounts import Accounts
from federation_sandbox.aws.iam.errors import iam_error
from federation_sandbox.aws.iam.store import Iam
from federation_sandbox.aws.protocol import Context
from federation_sandbox.service import CloudError

_MOST_CHARACTERS: t.Final = 2048
_KINDS: t.Final = ("AWS", "Federated", "Service", "CanonicalUser")
_ACTIONS: t.Final = frozenset(
    f"sts:{name}"
    for name in (
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "TagSession",
        "SetSourceIdentity",
        "SetContext",
    )
)
#: web identity providers that need no resource of their own
_WEB_IDENTITIES: t.Final = (
    "cognito-identity.amazonaws.com",
    "www.amazon.com",
    "graph.facebook.com",
    "accounts.google.com",
)


def check(context: Context, document: str) -> None:
    """Refuse a trust policy that AWS refuses."""
    if len("".join(document.split())) > _MOST_CHARACTERS:
        raise iam_error("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_MOST_CHARACTERS}")
    try:
        IAMTrustPolicyDocumentValidator(document).validate()
    except MalformedPolicyDocument as reason:
        raise _malformed(reason.message) from None
    statements = json.loads(document)["Statement"]
    for statement in [statements] if isinstance(statements, dict) else statements:
        _check_statement(context, statement)


def _check_statement(context: Context, statement: dict[str, t.Any]) -> None:
    actions = statement.get("Action", [])
    for action in [actions] if isinstance(actions, str) else actions:
        if action not in _ACTIONS:
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    if not principal:
        raise _malformed("Missing required field Principal")
    if principal == "*":
        return
    if not isinstance(principal, dict):
        raise _malformed("Syntax errors in policy.")
    for kind, values in principal.items():
        if kind not in _KINDS:
            raise _malformed("Syntax errors in policy.")
        for value in [values] if isinstance(values, str) else values:
            if not _exists(context, kind, value):
                raise _malformed(f'Invalid principal in policy: "{kind.upper() if kind != "AWS" else kind}":"{value}"')


def _exists(context: Context, kind: str, value: str) -> bool:
    if kind == "Federated":
        return _federated(context, value)
    if kind == "AWS":
        return value == "*" or _identity(context, value)
    return (
        kind == "CanonicalUser" or re.fullmatch(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|connect\.aws)", value) is not None
    )


def _federated(context: Context, value: str) -> bool:
    own = f"arn:{context.partition}:iam::{context.account}:"
    if value.startswith(f"{own}saml-provider/"):
        return context.world.state(Iam).providers.get(value) is not None
    return value in _WEB_IDENTITIES or value.startswith(f"{own}oidc-provider/")


def _identity(context: Context, value: str) -> bool:
    """Whether a principal is accepted. Accounts are given by number or root; users and roles are accepted once IAM has
    replicated them.
    """
    if re.fullmatch(rf"\d{{12}}|arn:{context.partition}:iam::\d{{12}}:root", value):
        return True
    if re.fullmatch(rf"arn:{context.partition}:iam::\d{{12}}:role/.+", value):
        return context.world.state(Iam).roles.get(value) is not None
    return context.world.state(Accounts).has_identity(value)


def _malformed(message: str) -> CloudError:
    return iam_error("MalformedPolicyDocument", message)
