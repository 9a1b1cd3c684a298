# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to break a healthy federation, one at a time, and for each what mends it, as the doctor's advice says."""

from __future__ import annotations

import dataclasses
import typing as t

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from patient import ACCOUNT, AWS, GROUP, JANE, OTHER_TENANT, PROVIDER, PROVIDER_ARN, REGION, REPLY_URL, ROLE, ROLE_ARN, Patient

Act = t.Callable[[Patient], t.Any]


@dataclasses.dataclass(frozen=True)
class Illness:
    """One way to break it.

    advice: words of the fix that mend then follows. user: who signs in. status: of the finding. follows: hops that fail as a direct
    consequence. destination: of the agents, as the federation is meant to be. fresh: whether it takes clouds of its own, in which
    nobody signed in before and nobody is treated afterwards. application: options that the healthy one has.
    """

    name: str
    hop: str
    breaks: Act
    mends: Act
    advice: str
    user: str = JANE
    status: str = "fail"
    follows: tuple[str, ...] = ()
    destination: str = "/ccp-v2"
    fresh: bool = False
    application: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


def have_application(patient: Patient) -> None:
    patient.have_application()


def have_provider(patient: Patient) -> None:
    patient.have_provider()


def have_role(patient: Patient) -> None:
    patient.have_role()


def have_user(patient: Patient) -> None:
    patient.have_user()


def _replace_provider(patient: Patient, metadata: str) -> None:
    patient.iam.update_saml_provider(SAMLProviderArn=PROVIDER_ARN, SAMLMetadataDocument=metadata)


def _remove_certificates(patient: Patient) -> None:
    patient.change_principal(keyCredentials=[], passwordCredentials=[], preferredTokenSigningKeyThumbprint=None)


def _trap(patient: Patient) -> None:
    """An active certificate that ends, and another that nobody activated."""
    patient.expire_certificate()
    patient.add_certificate()


def _renew(patient: Patient) -> None:
    patient.have_application()
    patient.have_provider()


def _other_metadata(patient: Patient) -> None:
    other = patient.graph("POST", "/applicationTemplates/8b1025e4-1dd2-430b-a150-2ef79cd700f5/instantiate", displayName="Other")
    path = f"/servicePrincipals/{other['servicePrincipal']['id']}"
    patient.graph("PATCH", path, preferredSingleSignOnMode="saml")
    made = patient.graph("POST", f"{path}/addTokenSigningCertificate", displayName="CN=Other")
    patient.graph("PATCH", path, preferredTokenSigningKeyThumbprint=made["thumbprint"])
    _replace_provider(patient, patient.metadata(app_id=other["application"]["appId"]))


def _unassign(patient: Patient) -> None:
    for one in patient.graph("GET", f"{patient.principal}/appRoleAssignedTo")["value"]:
        patient.graph("DELETE", f"{patient.principal}/appRoleAssignedTo/{one['id']}")


def _take_policies_away(patient: Patient) -> None:
    for policy in patient.policies():
        patient.graph("DELETE", f"{patient.principal}/claimsMappingPolicies/{policy['id']}/$ref")


def _bury_role_claim(patient: Patient) -> None:
    """Fifty other claims in front of it."""
    fillers = [{"Value": "x", "SamlClaimType": f"https://example.com/claims/{number}"} for number in range(50)]
    patient.change_claims(
        lambda schema: [
            *(one for one in schema if not one["SamlClaimType"].endswith("/Role")),
            *fillers,
            *(one for one in schema if one["SamlClaimType"].endswith("/Role")),
        ]
    )


def _rename_claim(name: str, other: str) -> Act:
    def change(patient: Patient) -> None:
        patient.change_claims(
            lambda schema: [{**one, "SamlClaimType": AWS + other} if one["SamlClaimType"] == AWS + name else one for one in schema]
        )

    return change


def _set_claim(name: str, *entries: dict[str, str]) -> Act:
    return lambda patient: patient.set_claim(name, *entries)


def _claim_pair(role: str = ROLE_ARN, provider: str = PROVIDER_ARN) -> Act:
    return _set_claim("Role", {"Value": f"{role},{provider}"})


def _add_certificate_and_activate(patient: Patient) -> None:
    patient.activate(patient.add_certificate())


def _delete_application(patient: Patient) -> None:
    patient.graph("DELETE", patient.principal)
    patient.graph("DELETE", f"/applications/{patient.application['object_id']}")


def _restore_application(patient: Patient) -> None:
    patient.graph("POST", f"/directory/deletedItems/{patient.application['object_id']}/restore")
    deleted = patient.graph("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal")["value"]
    for one in deleted:
        patient.graph("POST", f"/directory/deletedItems/{one['id']}/restore")


def _person(name: str = JANE, **values: t.Any) -> Act:
    return lambda patient: patient.person(name, **values)


def _deny(patient: Patient) -> None:
    arn = patient.managed_policy("Deny", Effect="Deny", Action="connect:*")
    patient.iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)


def _allow_again(patient: Patient) -> None:
    for policy in patient.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]:
        patient.iam.detach_role_policy(RoleName=ROLE, PolicyArn=policy["PolicyArn"])
        patient.iam.delete_policy(PolicyArn=policy["PolicyArn"])


def _bound(patient: Patient) -> None:
    arn = patient.managed_policy("Boundary", Effect="Allow", Action="s3:*")
    patient.iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=arn)


def _unbound(patient: Patient) -> None:
    patient.iam.delete_role_permissions_boundary(RoleName=ROLE)


def _rebuild_role(patient: Patient) -> None:
    assert patient.sign_in().ok
    patient.delete_role()
    patient.have_role()


def _rebuild_user(patient: Patient) -> None:
    patient.delete_user()
    patient.have_user()


def _other_case(patient: Patient) -> None:
    patient.delete_user()
    patient.have_user("Jane.Doe@example.com")


def _right_case(patient: Patient) -> None:
    patient.delete_user("Jane.Doe@example.com")
    patient.have_user()


def _destination_elsewhere(patient: Patient) -> None:
    """A page of one's own on which agents shall land, whose origin was withdrawn."""
    patient.set_relay_state(patient.relay_state.replace("%2Fccp-v2", "https%3A%2F%2Fdesk.example.com"))


def _encrypt(patient: Patient) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    patient.iam.update_saml_provider(SAMLProviderArn=PROVIDER_ARN, AssertionEncryptionMode="Required", AddPrivateKey=pem)


def _other_instance(patient: Patient) -> str:
    return patient.relay_state.replace(patient.instance["id"], "99999999-8888-4777-8666-555555555555")


APPLICATION: t.Final = (
    Illness(
        "application-disabled",
        "application",
        lambda p: p.change_principal(accountEnabled=False),
        lambda p: p.change_principal(accountEnabled=True),
        "accountEnabled",
    ),
    Illness(
        "application-deactivated",
        "application",
        lambda p: p.change_application(isDisabled=True),
        lambda p: p.change_application(isDisabled=False),
        "Enable it in Entra ID",
    ),
    Illness(
        "application-not-saml",
        "application",
        lambda p: p.change_principal(preferredSingleSignOnMode="password"),
        have_application,
        "azure_saml_app",
    ),
    Illness(
        "application-sign-on-url",
        "application",
        lambda p: p.change_principal(loginUrl="https://desk.example.com/"),
        have_application,
        "azure_saml_app",
    ),
    Illness("application-deleted", "application", _delete_application, _restore_application, "restore it", fresh=True),
)

CLAIMS: t.Final = (
    Illness("no-claims-policy", "claims", _take_policies_away, have_application, "azure_saml_app"),
    Illness("no-role-claim", "claims", _set_claim("Role"), have_application, "azure_saml_app"),
    Illness("role-claim-in-lower-case", "claims", _rename_claim("Role", "role"), have_application, "azure_saml_app"),
    Illness("role-claim-beyond-the-fiftieth", "claims", _bury_role_claim, have_application, "azure_saml_app"),
    Illness("no-session-name", "claims", _set_claim("RoleSessionName"), have_application, "azure_saml_app"),
    Illness(
        "session-name-in-another-case", "claims", _rename_claim("RoleSessionName", "RoleSessionname"), have_application, "azure_saml_app"
    ),
    Illness("session-duration-too-short", "claims", _set_claim("SessionDuration", {"Value": "600"}), have_application, "session_duration"),
    Illness(
        "session-duration-no-number", "claims", _set_claim("SessionDuration", {"Value": "PT12H"}), have_application, "session_duration"
    ),
    Illness(
        "source-identity-with-a-space",
        "claims",
        _set_claim("SourceIdentity", {"Value": "Jane Doe"}),
        have_application,
        "azure_saml_app",
        follows=("role",),
    ),
    Illness("role-misspelt", "role_claim", _claim_pair(role=ROLE_ARN + "s"), have_application, "role_claims"),
    Illness("role-in-another-case", "role_claim", _claim_pair(role=ROLE_ARN.replace(ROLE, ROLE.lower())), have_application, "role_claims"),
    Illness("provider-misspelt", "role_claim", _claim_pair(provider=PROVIDER_ARN + "-ID"), have_application, "role_claims"),
    Illness("role-without-provider", "role_claim", _set_claim("Role", {"Value": ROLE_ARN}), have_application, "role_claims"),
    Illness(
        "two-roles",
        "role_claim",
        _set_claim("Role", {"Value": f"{ROLE_ARN},{PROVIDER_ARN}"}, {"Value": f"{ROLE_ARN}-Admin,{PROVIDER_ARN}"}),
        have_application,
        "role_claims",
    ),
    Illness(
        "role-of-another-account",
        "role_claim",
        _claim_pair(ROLE_ARN.replace(ACCOUNT, "999988887777"), PROVIDER_ARN.replace(ACCOUNT, "999988887777")),
        have_application,
        "role_claims",
    ),
)

CERTIFICATE: t.Final = (
    Illness("no-certificate", "certificate", _remove_certificates, _renew, "azure_saml_app"),
    Illness("certificate-not-active", "certificate", lambda p: p.activate("0" * 40), have_application, "azure_saml_app"),
    Illness("certificate-not-in-iam", "certificate", _add_certificate_and_activate, have_provider, "iam_saml_provider"),
    Illness("metadata-of-another-application", "certificate", _other_metadata, have_provider, "iam_saml_provider"),
    Illness("certificate-expired", "certificate", lambda p: p.expire_certificate(), _renew, "azure_saml_app", fresh=True),
    Illness("certificate-expired-and-another-signs", "certificate", _trap, have_provider, "iam_saml_provider", fresh=True),
)

ADDRESSES: t.Final = (
    Illness(
        "audience-of-somebody-else",
        "identifier",
        lambda p: p.change_application(identifierUris=["https://example.com/saml"]),
        have_application,
        "identifiers",
    ),
    Illness("no-identifier", "identifier", lambda p: p.change_application(identifierUris=[]), have_application, "identifiers"),
    Illness("no-reply-url", "reply_url", lambda p: p.set_reply_urls(), have_application, "reply_urls"),
    Illness("reply-url-misspelt", "reply_url", lambda p: p.set_reply_urls(REPLY_URL + "l"), have_application, "reply_urls"),
    Illness(
        "reply-url-elsewhere", "reply_url", lambda p: p.set_reply_urls("https://desk.example.com/saml"), have_application, "reply_urls"
    ),
    Illness(
        "reply-url-of-govcloud",
        "reply_url",
        lambda p: p.set_reply_urls("https://signin.amazonaws-us-gov.com/saml"),
        have_application,
        "reply_urls",
    ),
    Illness(
        "reply-url-of-another-provider",
        "reply_url",
        lambda p: p.set_reply_urls(REPLY_URL + "/acs/SAMLSP00000000000000"),
        have_application,
        "reply_urls",
    ),
    Illness("no-relay-state", "relay_state", lambda p: p.set_relay_state(None), have_application, "relay_state"),
    Illness(
        "relay-state-elsewhere", "relay_state", lambda p: p.set_relay_state("https://desk.example.com/"), have_application, "relay_state"
    ),
    Illness(
        "relay-state-without-https",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.replace("https:", "http:")),
        have_application,
        "relay_state",
    ),
    Illness(
        "relay-state-of-govcloud",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.replace(f"{REGION}.console.aws.amazon.com", "console.amazonaws-us-gov.com")),
        have_application,
        "relay_state",
    ),
    Illness(
        "relay-state-to-another-instance", "relay_state", lambda p: p.set_relay_state(_other_instance(p)), have_application, "relay_state"
    ),
    Illness(
        "relay-state-to-another-region",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.replace(REGION, "eu-west-2")),
        have_application,
        "relay_state",
    ),
    Illness(
        "relay-state-to-another-page",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.replace("ccp-v2", "users")),
        have_application,
        "relay_state",
    ),
    Illness(
        "relay-state-to-no-page",
        "relay_state",
        lambda p: p.set_relay_state(p.relay_state.partition("?")[0]),
        have_application,
        "relay_state",
    ),
)

IAM: t.Final = (
    Illness(
        "provider-deleted",
        "provider",
        lambda p: p.iam.delete_saml_provider(SAMLProviderArn=PROVIDER_ARN),
        have_provider,
        "iam_saml_provider",
    ),
    Illness(
        "metadata-of-another-tenant",
        "provider",
        lambda p: _replace_provider(p, p.metadata(OTHER_TENANT)),
        have_provider,
        "iam_saml_provider",
    ),
    Illness(
        "assertions-not-encrypted",
        "provider",
        _encrypt,
        lambda p: p.have_provider(assertion_encryption_mode="allowed"),
        "assertion_encryption_mode: allowed",
    ),
    Illness("role-deleted", "role", lambda p: p.delete_role(), have_role, "connect_federation_role", fresh=True),
    Illness(
        "role-trusts-another-provider",
        "role",
        lambda p: (
            p.iam.create_saml_provider(Name="Other", SAMLMetadataDocument=p.metadata()),
            p.set_trust(Principal={"Federated": PROVIDER_ARN.replace(PROVIDER, "Other")}),
        ),
        have_role,
        "saml_provider_arns",
    ),
    Illness(
        "role-trusts-another-reply-url",
        "role",
        lambda p: p.set_trust(Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
        have_role,
        "reply_urls",
    ),
    Illness(
        "role-trusts-another-action",
        "role",
        lambda p: p.set_trust(Action="sts:AssumeRoleWithWebIdentity"),
        have_role,
        "connect_federation_role",
    ),
    Illness(
        "role-trusts-another-issuer",
        "role",
        lambda p: p.set_trust(Condition={"StringEquals": {"SAML:aud": REPLY_URL, "SAML:iss": f"https://sts.windows.net/{OTHER_TENANT}/"}}),
        have_role,
        "connect_federation_role",
    ),
    Illness("role-denies", "role", lambda p: p.set_trust(Effect="Deny"), have_role, "connect_federation_role"),
    Illness(
        "role-without-session-tags",
        "role",
        _set_claim("PrincipalTag:Team", {"Value": "Sales"}),
        lambda p: p.have_role(tag_session=True),
        "tag_session: true",
        application={"extra_claims": None, "keep_unknown_claims": True},
    ),
    Illness(
        "role-without-source-identity",
        "role",
        _set_claim("SourceIdentity", {"Value": "agents"}),
        lambda p: p.have_role(set_source_identity=True),
        "set_source_identity: true",
        application={"extra_claims": None, "keep_unknown_claims": True},
    ),
    Illness(
        "sessions-too-long",
        "session_duration",
        lambda p: p.iam.update_role(RoleName=ROLE, MaxSessionDuration=3600),
        have_role,
        "max_session_duration",
    ),
    Illness(
        "permission-deleted",
        "permissions",
        lambda p: p.iam.delete_role_policy(RoleName=ROLE, PolicyName="AmazonConnectFederation"),
        have_role,
        "connect_federation_role",
    ),
    Illness(
        "permission-for-another-action",
        "permissions",
        lambda p: p.permit(Action="connect:GetFederationTokens"),
        have_role,
        "connect_federation_role",
    ),
    Illness(
        "permission-for-another-instance",
        "permissions",
        lambda p: p.permit(
            Resource=f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/99999999-8888-4777-8666-555555555555/user/${{aws:userid}}"
        ),
        have_role,
        "instance_arns",
    ),
    Illness(
        "permission-for-agent-not-user",
        "permissions",
        lambda p: p.permit(Resource=f"{p.instance['arn']}/agent/${{aws:userid}}"),
        have_role,
        "connect_federation_role",
    ),
    Illness(
        "permission-by-another-instance-id",
        "permissions",
        lambda p: p.permit(Resource="*", Condition={"StringEquals": {"connect:InstanceId": "99999999-8888-4777-8666-555555555555"}}),
        have_role,
        "connect_federation_role",
    ),
    Illness(
        "permission-for-somebody-else",
        "permissions",
        lambda p: p.permit(Resource=f"{p.instance['arn']}/user/*:john.roe@example.com"),
        have_role,
        "connect_federation_role",
    ),
    Illness(
        "permission-by-user-name",
        "permissions",
        lambda p: p.permit(Resource=f"{p.instance['arn']}/user/${{aws:username}}"),
        have_role,
        "connect_federation_role",
    ),
    Illness("permission-denied", "permissions", _deny, _allow_again, "take away what denies it"),
    Illness("permission-bounded", "permissions", _bound, _unbound, "take away what denies it or bounds the role"),
)

PEOPLE: t.Final = (
    Illness("account-disabled", "account", _person(accountEnabled=False), _person(accountEnabled=True), "Enable the account"),
    Illness(
        "account-deleted",
        "account",
        lambda p: p.directory(remove=[JANE]),
        _person(mail=JANE, employeeId="4711"),
        "restore or create the user",
    ),
    Illness("nobody-assigned", "assignment", _unassign, have_application, "azure_saml_app"),
    Illness(
        "not-in-the-group",
        "assignment",
        lambda p: p.directory(groups=[{"displayName": GROUP, "members": []}]),
        _person(),
        f"Add the person to {GROUP}",
    ),
    Illness(
        "in-a-nested-group",
        "assignment",
        lambda p: p.directory(groups=[{"displayName": "Team", "members": [JANE]}, {"displayName": GROUP, "members": ["Team"]}]),
        lambda p: p.have_application(assignments={"groups": {"set": [GROUP, "Team"]}}),
        "azure_saml_app",
        fresh=True,
    ),
    Illness(
        "mail-empty", "session_name", _person(mail=None), _person(mail=JANE), "Fill user.mail", application={"session_name_source": "mail"}
    ),
    Illness(
        "session-name-source-empty",
        "session_name",
        _set_claim("RoleSessionName", {"Source": "user", "ID": "extensionattribute1"}),
        have_application,
        "session_name_source",
    ),
    Illness(
        "session-name-with-a-space",
        "session_name",
        _set_claim("RoleSessionName", {"Source": "user", "ID": "displayname"}),
        have_application,
        "session_name_source",
    ),
    Illness(
        "apostrophe",
        "session_name",
        _person("o'brien@example.com", mail="obrien@example.com"),
        lambda p: (p.have_application(session_name_source="mail"), p.have_user("obrien@example.com")),
        "session_name_source",
        user="o'brien@example.com",
        fresh=True,
    ),
    Illness(
        "name-too-long",
        "session_name",
        _person("a" * 60 + "@example.com", mail="a@example.com"),
        lambda p: (p.have_application(session_name_source="mail"), p.have_user("a@example.com")),
        "session_name_source",
        user="a" * 60 + "@example.com",
        fresh=True,
    ),
    Illness(
        "guest",
        "session_name",
        _person("alice_fabrikam.com#EXT#@example.onmicrosoft.com", mail="alice@fabrikam.com", userType="Guest"),
        lambda p: (p.have_application(session_name_source="mail"), p.have_user("alice@fabrikam.com")),
        "session_name_source",
        user="alice_fabrikam.com#EXT#@example.onmicrosoft.com",
        fresh=True,
    ),
    Illness("plus-sign", "session_name", _set_claim("RoleSessionName", {"Value": "jane+doe"}), have_application, "session_name_source"),
    Illness("user-missing", "user", lambda p: p.delete_user(), have_user, "connect_users"),
    Illness("user-in-another-case", "user", _other_case, _right_case, "connect_users"),
    Illness("user-without-the-panel", "security_profile", lambda p: p.set_profiles("QualityAnalyst"), have_user, "connect_users"),
    Illness(
        "panel-taken-from-the-profile",
        "security_profile",
        lambda p: _change_agent_profile(p, []),
        lambda p: _change_agent_profile(p, ["BasicAgentAccess"]),
        "grant it in the profile",
    ),
    Illness("role-made-anew", "role_binding", _rebuild_role, _rebuild_user, "delete the user", status="warning"),
)

INSTANCE: t.Final = (
    Illness(
        "destination-not-approved",
        "approved_origins",
        _destination_elsewhere,
        lambda p: p.have("connect_approved_origin", instance_id=p.instance["id"], origins={"add": ["https://desk.example.com"]}),
        "connect_approved_origin",
        destination="https://desk.example.com",
        fresh=True,
    ),
)


def _change_agent_profile(patient: Patient, permissions: list[str]) -> None:
    listed = patient.connect.list_security_profiles(InstanceId=patient.instance["id"])["SecurityProfileSummaryList"]
    profile = next(one["Id"] for one in listed if one["Name"] == "Agent")
    patient.connect.update_security_profile(InstanceId=patient.instance["id"], SecurityProfileId=profile, Permissions=permissions)


ILLNESSES: t.Final = (*APPLICATION, *CLAIMS, *CERTIFICATE, *ADDRESSES, *IAM, *PEOPLE, *INSTANCE)
