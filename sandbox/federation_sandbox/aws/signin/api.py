# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AssumeRoleWithSAML: the sign-in with a SAML response for clients other than browsers."""

from __future__ import annotations

import typing as t

from federation_sandbox.aws.protocol import Context, Params
from federation_sandbox.aws.role_sessions import credentials
from federation_sandbox.aws.signin.admission import (
    NOT_AUTHORIZED,
    Pair,
    admit,
    name_qualifier,
    present,
    refusal,
    subject_type,
)
from federation_sandbox.aws.signin.hosts import site_named

_SECONDS: t.Final = 3600


def assume_role_with_saml(context: Context, params: Params) -> dict[str, t.Any]:
    """Open a role session for a response. The caller sets the duration; the SessionDuration claim applies to console
    sessions only.
    """
    presented = present(context.world, site_named(context.partition), params["SAMLAssertion"])
    pair = Pair(params["RoleArn"], params["PrincipalArn"])
    if pair not in presented.pairs:
        raise refusal(NOT_AUTHORIZED, "AccessDenied", 403)
    assertion = presented.assertion
    admitted = admit(context.world, presented, pair)
    caller = admitted.caller
    return {
        "Credentials": credentials(
            context.world, admitted.role, caller, params.get("DurationSeconds", _SECONDS), assertion.session_end
        ),
        "AssumedRoleUser": {"AssumedRoleId": caller.user_id, "Arn": caller.arn},
        "Subject": assertion.name_id,
        "SubjectType": subject_type(assertion),
        "Issuer": assertion.issuer,
        "Audience": assertion.recipient,
        "NameQualifier": name_qualifier(assertion, pair.provider),
        **({"SourceIdentity": caller.facts["aws:sourceidentity"][0]} if "aws:sourceidentity" in caller.facts else {}),
    }
