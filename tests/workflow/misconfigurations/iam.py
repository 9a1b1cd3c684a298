# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SAML provider, the role, and its permissions."""

from __future__ import annotations

import typing as t

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from live_federation import ACCOUNT, OTHER_TENANT, PROVIDER, PROVIDER_ARN, REGION, REPLY_URL, ROLE, LiveFederation

from misconfigurations.misconfiguration import Misconfiguration, set_claim


def _deny(live: LiveFederation) -> None:
    arn = live.managed_policy("Deny", Effect="Deny", Action="connect:*")
    live.iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)


def _allow_again(live: LiveFederation) -> None:
    for policy in live.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]:
        live.iam.detach_role_policy(RoleName=ROLE, PolicyArn=policy["PolicyArn"])
        live.iam.delete_policy(PolicyArn=policy["PolicyArn"])


def _bound(live: LiveFederation) -> None:
    arn = live.managed_policy("Boundary", Effect="Allow", Action="s3:*")
    live.iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=arn)


def _unbound(live: LiveFederation) -> None:
    live.iam.delete_role_permissions_boundary(RoleName=ROLE)


def _encrypt(live: LiveFederation) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    live.iam.update_saml_provider(SAMLProviderArn=PROVIDER_ARN, AssertionEncryptionMode="Required", AddPrivateKey=pem)


IAM: t.Final = (
    Misconfiguration(
        "provider-deleted",
        "provider",
        lambda p: p.iam.delete_saml_provider(SAMLProviderArn=PROVIDER_ARN),
        "iam_saml_provider",
    ),
    Misconfiguration(
        "metadata-of-another-tenant",
        "provider",
        lambda p: p.replace_provider(p.metadata(OTHER_TENANT)),
        "iam_saml_provider",
    ),
    Misconfiguration(
        "assertions-not-encrypted",
        "provider",
        _encrypt,
        "assertion_encryption_mode: allowed",
        mends=lambda p: p.have_provider(assertion_encryption_mode="allowed"),
    ),
    Misconfiguration("role-deleted", "role", lambda p: p.delete_role(), "connect_federation_role"),
    Misconfiguration(
        "role-trusts-another-provider",
        "role",
        lambda p: (
            p.iam.create_saml_provider(Name="Other", SAMLMetadataDocument=p.metadata()),
            p.set_trust(Principal={"Federated": PROVIDER_ARN.replace(PROVIDER, "Other")}),
        ),
        "saml_provider_arns",
    ),
    Misconfiguration(
        "role-trusts-another-reply-url",
        "role",
        lambda p: p.set_trust(Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
        "reply_urls",
    ),
    Misconfiguration(
        "role-trusts-another-action",
        "role",
        lambda p: p.set_trust(Action="sts:AssumeRoleWithWebIdentity"),
        "connect_federation_role",
    ),
    Misconfiguration(
        "role-trusts-another-issuer",
        "role",
        lambda p: p.set_trust(
            Condition={"StringEquals": {"SAML:aud": REPLY_URL, "SAML:iss": f"https://sts.windows.net/{OTHER_TENANT}/"}}
        ),
        "connect_federation_role",
    ),
    Misconfiguration("role-denies", "role", lambda p: p.set_trust(Effect="Deny"), "connect_federation_role"),
    Misconfiguration(
        "role-without-session-tags",
        "role",
        set_claim("PrincipalTag:Team", {"Value": "Sales"}),
        "tag_session: true",
        mends=lambda p: p.have_role(tag_session=True),
        application={"extra_claims": None, "keep_unknown_claims": True},
    ),
    Misconfiguration(
        "role-without-source-identity",
        "role",
        set_claim("SourceIdentity", {"Value": "agents"}),
        "set_source_identity: true",
        mends=lambda p: p.have_role(set_source_identity=True),
        application={"extra_claims": None, "keep_unknown_claims": True},
    ),
    Misconfiguration(
        "sessions-too-long",
        "session_duration",
        lambda p: p.iam.update_role(RoleName=ROLE, MaxSessionDuration=3600),
        "max_session_duration",
    ),
    Misconfiguration(
        "permission-deleted",
        "permissions",
        lambda p: p.iam.delete_role_policy(RoleName=ROLE, PolicyName="AmazonConnectFederation"),
        "connect_federation_role",
    ),
    Misconfiguration(
        "permission-for-another-action",
        "permissions",
        lambda p: p.permit(Action="connect:GetFederationTokens"),
        "connect_federation_role",
    ),
    Misconfiguration(
        "permission-for-another-instance",
        "permissions",
        lambda p: p.permit(
            Resource=f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/99999999-8888-4777-8666-555555555555/user/${{aws:userid}}"
        ),
        "instance_arns",
    ),
    Misconfiguration(
        "permission-for-agent-not-user",
        "permissions",
        lambda p: p.permit(Resource=f"{p.instance['arn']}/agent/${{aws:userid}}"),
        "connect_federation_role",
    ),
    Misconfiguration(
        "permission-by-another-instance-id",
        "permissions",
        lambda p: p.permit(
            Resource="*", Condition={"StringEquals": {"connect:InstanceId": "99999999-8888-4777-8666-555555555555"}}
        ),
        "connect_federation_role",
    ),
    Misconfiguration(
        "permission-for-somebody-else",
        "permissions",
        lambda p: p.permit(Resource=f"{p.instance['arn']}/user/*:john.roe@example.com"),
        "connect_federation_role",
    ),
    Misconfiguration(
        "permission-by-user-name",
        "permissions",
        lambda p: p.permit(Resource=f"{p.instance['arn']}/user/${{aws:username}}"),
        "connect_federation_role",
    ),
    Misconfiguration(
        "permission-for-the-id-in-another-case",
        "permissions",
        lambda p: p.permit(
            Resource=f"{p.instance['arn'].replace(p.instance['id'], p.instance['id'].upper())}/user/${{aws:userid}}"
        ),
        "instance_arns",
    ),
    Misconfiguration("permission-denied", "permissions", _deny, "remove the policy that denies it", mends=_allow_again),
    Misconfiguration(
        "permission-bounded",
        "permissions",
        _bound,
        "remove the policy that denies it or the permissions boundary",
        mends=_unbound,
    ),
)
