# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditions of policies that the claims, the time or the nature of a sign-in by SAML settle."""

from __future__ import annotations

import typing as t

from live_federation import JANE, ROLE, ROLE_ARN, LiveFederation

from misconfigurations.misconfiguration import Act, Misconfiguration
from misconfigurations.personal import permit_when, trust_when

PAST: t.Final = "2020-01-01T00:00:00Z"
FUTURE: t.Final = "2120-01-01T00:00:00Z"

_REFUSED_BY_TRUST: t.Final[dict[str, dict[str, t.Any]]] = {
    "an-external-id": {"StringEquals": {"sts:ExternalId": "agents"}},
    "a-date-that-is-over": {"DateLessThan": {"aws:CurrentTime": PAST}},
    "a-date-to-come": {"DateGreaterThan": {"aws:CurrentTime": FUTURE}},
    "a-time-in-seconds": {"NumericLessThan": {"aws:EpochTime": "1500000000"}},
    "a-tag-that-is-not-sent": {"StringEquals": {"aws:RequestTag/Team": "Sales"}},
    "tags-at-all": {"Null": {"aws:TagKeys": "false"}},
    "another-subject": {"StringEquals": {"SAML:sub": "john.roe@example.com"}},
    "another-subject-type": {"StringEquals": {"SAML:sub_type": "persistent"}},
    "another-name-qualifier": {"StringEquals": {"SAML:namequalifier": "bm90IG91cnM="}},
    "a-second-factor": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    "a-recent-second-factor": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
    "an-organization": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    "a-service": {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    "another-session-name": {"StringNotLike": {"sts:RoleSessionName": "*@example.com"}},
    "a-source-identity-that-is-not-sent": {"StringLike": {"sts:SourceIdentity": "*"}},
    "any-other-tag": {"ForAnyValue:StringNotEquals": {"aws:TagKeys": "Team"}},
}
_REFUSED_BY_PERMISSION: t.Final[dict[str, dict[str, t.Any]]] = {
    "an-external-id": {"StringEquals": {"sts:ExternalId": "agents"}},
    "a-date-that-is-over": {"DateLessThan": {"aws:CurrentTime": PAST}},
    "a-second-factor": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    "a-tag-of-the-request": {"StringEquals": {"aws:RequestTag/Team": "Sales"}},
    "a-tag-that-nobody-has": {"StringEquals": {"aws:PrincipalTag/Team": "Sales"}},
    "a-source-identity-that-is-not-sent": {"StringLike": {"aws:SourceIdentity": "*"}},
}


def _revoke(moment: str) -> Act:
    """Deny what older sessions ask for, as "Revoke sessions" of the console does."""

    def act(live: LiveFederation) -> None:
        condition = {"DateLessThan": {"aws:TokenIssueTime": moment}}
        arn = live.managed_policy("AWSRevokeOlderSessions", Effect="Deny", Action="*", Condition=condition)
        live.iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)

    return act


def _allow_again(live: LiveFederation) -> None:
    for policy in live.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]:
        live.iam.detach_role_policy(RoleName=ROLE, PolicyArn=policy["PolicyArn"])


_TRUST: t.Final = [
    Misconfiguration(f"trust-depends-on-{name}", "role", trust_when(**condition), "connect_federation_role")
    for name, condition in _REFUSED_BY_TRUST.items()
]
_PERMISSION: t.Final = [
    Misconfiguration(
        f"permission-depends-on-{name}", "permissions", permit_when(**condition), "connect_federation_role"
    )
    for name, condition in _REFUSED_BY_PERMISSION.items()
]
CONDITIONS: t.Final = (
    *_TRUST,
    *_PERMISSION,
    Misconfiguration(
        "sessions-revoked", "permissions", _revoke(FUTURE), "remove the policy that denies it", mends=_allow_again
    ),
)

#: conditions that hold
HOLD: t.Final[dict[str, Act]] = {
    "older sessions are revoked": _revoke(PAST),
    "a date to come": trust_when(
        DateLessThan={"aws:CurrentTime": FUTURE}, DateGreaterThan={"aws:EpochTime": "1500000000"}
    ),
    "no external id, or this one": trust_when(StringEqualsIfExists={"sts:ExternalId": "agents"}),
    "no second factor, or one": trust_when(BoolIfExists={"aws:MultiFactorAuthPresent": "true"}),
    "no tags": trust_when(Null={"aws:TagKeys": "true", "aws:RequestTag/Team": "true"}),
    "the subject and its type": trust_when(
        StringEquals={"SAML:sub": JANE}, StringLike={"SAML:sub_type": "*:emailAddress"}
    ),
    "the session name": trust_when(StringLike={"sts:RoleSessionName": "*@example.com"}),
    "no service": trust_when(BoolIfExists={"aws:PrincipalIsAWSService": "false"}),
    "permission until a date to come": permit_when(DateLessThan={"aws:CurrentTime": FUTURE}),
    "permission for the role": permit_when(ArnEquals={"aws:PrincipalArn": ROLE_ARN}),
    "permission for the role's own tag": lambda live: (
        live.iam.tag_role(RoleName=ROLE, Tags=[{"Key": "Team", "Value": "Sales"}]),
        live.permit(Condition={"StringEquals": {"aws:PrincipalTag/team": "Sales"}}),
    ),
}
