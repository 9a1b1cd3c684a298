# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the clouds' calls can set is an option, or is left out for a reason that stands here."""

from __future__ import annotations

import collections.abc
import functools
import typing as t

import botocore.session
import pytest
from ansible.module_utils.compat.version import LooseVersion
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import ATTRIBUTES
from ansible_collections.openccp.federation.plugins.module_utils._connect.agent_attributes import (
    CHANNELS as CHANNEL_ATTRIBUTES,
)

from graph_contract import contract
from support import documented_options, written_in

#: the release of botocore whose models were compared with the options
REVIEWED: t.Final = "1.44.8"

CHANNELS: t.Final = "channels.voice"
READ_ONLY: t.Final = "Entra sets it, nobody else"
OTHER_SIGN_IN: t.Final = "for OpenID Connect and OAuth, which SAML does not touch"
COPY: t.Final = "a copy of what the application says"

#: of a SAML provider, what tells AWS's own applications who somebody is
PROPAGATION: t.Final = dict.fromkeys(
    (
        "ContextProvider.KeyDefinitionList.SourceKey",
        "ContextProvider.KeyDefinitionList.TargetKey",
        "ContextProvider.SubjectSourceKey",
        "ContextProvider.SubjectTypeSourceKey",
        "ContextProvider.SubjectTypeValue",
        "IdentityCenterInstanceArn",
    ),
    "trusted identity propagation, in which Amazon Connect takes no part",
)

#: of an identity provider, what is for OpenID Connect alone
ACR: t.Final = dict.fromkeys(("AcrMapping",), "only for providers of OpenID Connect")

#: each member of CreateUser → the option, by the table of an agent's attributes
AGENT: t.Final = {"InstanceId": "instance_id"}
AGENT.update({attr.member: attr.option for attr in ATTRIBUTES if attr.member})
AGENT.update({f"{attr.configs}.Channel": "channels" for attr in CHANNEL_ATTRIBUTES})
AGENT.update({".".join((attr.configs, *attr.path)): f"{CHANNELS}.{attr.option}" for attr in CHANNEL_ATTRIBUTES})

#: each member that a call takes → the option that sets it
AWS: t.Final[dict[tuple[str, str, str], dict[str, str]]] = {
    ("connect", "CreateUser", "connect_user"): AGENT,
    ("connect", "CreateInstance", "connect_instance"): {
        "InstanceAlias": "alias",
        "InboundCallsEnabled": "inbound_calls",
        "OutboundCallsEnabled": "outbound_calls",
        "Tags": "tags",
    },
    ("iam", "CreateSAMLProvider", "iam_saml_provider"): {
        "Name": "name",
        "SAMLMetadataDocument": "metadata",
        "AssertionEncryptionMode": "assertion_encryption_mode",
        "AddPrivateKey": "private_key",
        "Tags": "tags",
    },
    ("iam", "UpdateSAMLProvider", "iam_saml_provider"): {
        "SAMLProviderArn": "name",
        "SAMLMetadataDocument": "metadata",
        "AssertionEncryptionMode": "assertion_encryption_mode",
        "AddPrivateKey": "private_key",
        "RemovePrivateKey": "remove_private_keys",
    },
    ("iam", "CreateRole", "connect_federation_role"): {
        "RoleName": "name",
        "AssumeRolePolicyDocument": "saml_provider_arns",
        "Path": "path",
        "Description": "description",
        "MaxSessionDuration": "max_session_duration",
        "PermissionsBoundary": "boundary",
        "Tags": "tags",
    },
    ("iam", "PutRolePolicy", "connect_federation_role"): {
        "RoleName": "name",
        "PolicyName": "policy_name",
        "PolicyDocument": "instance_arns",
    },
    **{
        ("cognito-idp", operation, "cognito_saml_provider"): {
            "UserPoolId": "user_pool_id",
            "ProviderName": "provider_name",
            "ProviderDetails": "metadata",
            "AttributeMapping": "attribute_mapping",
            "IdpIdentifiers": "idp_identifiers",
        }
        for operation in ("CreateIdentityProvider", "UpdateIdentityProvider")
    },
    ("connect", "AssociateApprovedOrigin", "connect_approved_origin"): {
        "InstanceId": "instance_id",
        "Origin": "origins",
    },
}
#: each member that no option sets → why
AWS_LEFT_OUT: t.Final[dict[str, dict[str, str]]] = {
    "CreateUser": {
        "Password": "an instance that uses SAML keeps no passwords",
        "DirectoryUserId": "only for instances with a directory of AWS, which this collection does not manage",
    },
    "CreateInstance": {
        "ClientToken": "makes a repeated request safe; it is no setting",
        "IdentityManagementType": "always SAML, which is what this collection is for",
        "DirectoryId": "only for instances with a directory of AWS",
    },
    "CreateSAMLProvider": PROPAGATION,
    "UpdateSAMLProvider": {
        **PROPAGATION,
        "RemoveContextProvider": "undoes what is left out",
        "RemoveIdentityCenterInstance": "undoes what is left out",
    },
    "CreateIdentityProvider": {
        "ProviderType": "always SAML, which is what the module is for",
        **ACR,
    },
    "UpdateIdentityProvider": ACR,
    "CreateRole": {
        "MaxSigninSessionDuration": (
            "the session of AWS's console; an agent's, in Amazon Connect, is as long as Connect says"
        )
    },
    "AssociateApprovedOrigin": {"ClientToken": "makes a repeated request safe; it is no setting"},
}

#: each property of Microsoft Graph's objects → the option of azure_saml_app or azure_saml_certificate that sets it
GRAPH: t.Final[dict[str, dict[str, str]]] = {
    "application": {
        "appId": "app_id",
        "applicationTemplateId": "template",
        "displayName": "name",
        "groupMembershipClaims": "group_claims",
        "identifierUris": "identifiers",
        "logo": "logo",
        "tags": "adopt",
        "web": "reply_urls",
    },
    "servicePrincipal": {
        "appRoleAssignedTo": "assignments",
        "appRoleAssignmentRequired": "assignment_required",
        "claimsMappingPolicies": "role_claims",
        "keyCredentials": "signing_certificate",
        "notes": "notes",
        "notificationEmailAddresses": "notification_emails",
        "passwordCredentials": "signing_certificate",
        "preferredTokenSigningKeyThumbprint": "signing_certificate",
        "samlSingleSignOnSettings": "relay_state",
        "tags": "hidden",
    },
}
#: why the others have none
GRAPH_LEFT_OUT: t.Final[dict[str, dict[str, str]]] = {
    "application": {
        READ_ONLY: (
            "id deletedDateTime createdByAppId createdDateTime createdOnBehalfOf publisherDomain certification "
            "disabledByMicrosoftStatus "
            "verifiedPublisher managerApplications"
        ),
        OTHER_SIGN_IN: (
            "api authenticationBehaviors defaultRedirectUri isDeviceOnlyAuthSupported isFallbackPublicClient "
            "nativeAuthenticationApisEnabled oauth2RequirePostResponse publicClient requiredResourceAccess spa "
            "tokenLifetimePolicies federatedIdentityCredentials"
        ),
        "for applications of many tenants, or for children": (
            "signInAudience parentalControlSettings servicePrincipalLockConfiguration"
        ),
        "responses are signed with the service principal's": "keyCredentials passwordCredentials",
        "AWS signs no requests, and its encryption is set there": "requestSignatureVerification tokenEncryptionKeyId",
        "the template's default role is used, and roles reach AWS as a claim": "appRoles",
        "claims are set with role_claims and extra_claims": "optionalClaims",
        "Entra's defaults, an assertion signed with SHA-256, are right for AWS": "tokenIssuancePolicies",
        "the metadata of the other side, which AWS is told by its own provider": "samlMetadataUrl",
        "an application from a template cannot be created with it": "uniqueName",
        (
            "texts that nobody who signs in sees; notes are kept on the service principal"
        ): "description notes info serviceManagementReference",
        "sign-in is switched off by hand, in a hurry": "isDisabled",
        "who administers the application is the directory's business": "owners appManagementPolicies",
        "parts of other products": "addIns extensionProperties homeRealmDiscoveryPolicies synchronization",
    },
    "servicePrincipal": {
        READ_ONLY: (
            "id deletedDateTime createdByAppId createdObjects disabledByMicrosoftStatus isDisabled memberOf "
            "transitiveMemberOf "
            "ownedObjects resourceSpecificApplicationPermissions servicePrincipalType verifiedPublisher endpoints"
        ),
        COPY: (
            "appDescription appDisplayName appId applicationTemplateId appOwnerOrganizationId appRoles "
            "displayName homepage info logoutUrl "
            "oauth2PermissionScopes replyUrls servicePrincipalNames signInAudience"
        ),
        OTHER_SIGN_IN: (
            "appRoleAssignments delegatedPermissionClassifications federatedIdentityCredentials oauth2PermissionGrants "
            "tokenLifetimePolicies"
        ),
        "always saml": "preferredSingleSignOnMode",
        "always empty, because Amazon Connect takes sign-ins that begin in Entra alone": "loginUrl",
        "sign-in is switched off by hand, in a hurry": "accountEnabled",
        "AWS's encryption is set there": "tokenEncryptionKeyId",
        "Entra's defaults, an assertion signed with SHA-256, are right for AWS": "tokenIssuancePolicies",
        "who administers it is the directory's business": "owners appManagementPolicies customSecurityAttributes",
        "texts that nobody who signs in sees beside notes": "description alternativeNames",
        "parts of other products": (
            "addIns homeRealmDiscoveryPolicies remoteDesktopSecurityConfiguration synchronization"
        ),
    },
}


def options_of(module: str) -> set[str]:
    """A module's options and suboptions, with dots; those of another collection's fragments are the tags alone."""
    tags = {"tags"} if "amazon.aws.tags" in written_in(module)["extends_documentation_fragment"] else set()
    return {*_dotted(documented_options(module)), *tags}


def _dotted(options: t.Mapping[str, t.Any], prefix: str = "") -> collections.abc.Iterator[str]:
    for name, option in options.items():
        yield prefix + name
        yield from _dotted(option.get("suboptions", {}), f"{prefix}{name}.")


@functools.cache
def model(service: str) -> t.Any:
    """botocore's model of a service."""
    return botocore.session.get_session().get_service_model(service)


def members_of(shape: t.Any, prefix: str = "") -> collections.abc.Iterator[tuple[str, t.Any]]:
    """What a call takes, down to the plain values, with dots."""
    for name, inner in shape.members.items():
        inside = inner.member if inner.type_name == "list" else inner
        if inside.type_name == "structure" and name != "Tags":
            yield from members_of(inside, f"{prefix}{name}.")
        else:
            yield prefix + name, inside


def check_known(forgotten: set[str], what: str) -> None:
    """Fail for what no option sets, unless it may be newer than what was read here: a new release of botocore is
    nobody's mistake.
    """
    if forgotten and LooseVersion(botocore.__version__) > LooseVersion(REVIEWED):
        pytest.skip(
            f"botocore {botocore.__version__} may know what {REVIEWED} did not: {', '.join(sorted(forgotten))} of "
            f"{what}"
        )
    assert forgotten == set(), f"no option sets these of {what}"


@pytest.mark.parametrize(("service", "operation", "module"), AWS)
def test_what_a_call_of_aws_takes_is_an_option(service: str, operation: str, module: str) -> None:
    known, left_out = AWS[service, operation, module], AWS_LEFT_OUT.get(operation, {})
    taken = {name for name, _shape in members_of(model(service).operation_model(operation).input_shape)}
    check_known(taken - set(known) - set(left_out), operation)
    assert set(known.values()) - options_of(module) == set(), f"{module} lacks options that stand here"
    assert not set(known) & set(left_out)


@pytest.mark.parametrize(
    ("service", "operation", "module", "member"),
    [
        ("connect", "CreateUser", "connect_user", "PhoneConfig.PhoneType"),
        ("connect", "CreateUser", "connect_user", "VoiceEnhancementConfigs.VoiceEnhancementMode"),
        ("connect", "CreateUser", "connect_user", "AutoAcceptConfigs.Channel"),
        ("iam", "CreateSAMLProvider", "iam_saml_provider", "AssertionEncryptionMode"),
    ],
)
def test_each_value_that_aws_takes_is_a_choice(service: str, operation: str, module: str, member: str) -> None:
    members = dict(members_of(model(service).operation_model(operation).input_shape))
    if member not in members:
        pytest.skip(f"this botocore has no {member}")
    option: t.Any = {"suboptions": documented_options(module)}
    for name in AWS[service, operation, module][member].split("."):
        option = option["suboptions"][name]
    choices = {value.lower() for value in option.get("choices") or option["suboptions"]}
    check_known({value.lower() for value in members[member].enum} - choices, f"{operation}'s {member}")


def test_each_attribute_of_an_instance_is_an_option() -> None:
    attributes = {value.lower() for value in model("connect").shape_for("InstanceAttributeType").enum}
    options = {name.removeprefix("attributes.") for name in options_of("connect_instance")}
    check_known(attributes - options, "InstanceAttributeType")


@pytest.mark.parametrize("kind", GRAPH)
def test_what_graph_holds_is_an_option(kind: str) -> None:
    left_out = [name for names in GRAPH_LEFT_OUT[kind].values() for name in names.split()]
    stands_here = [*GRAPH[kind], *left_out]
    assert len(stands_here) == len(set(stands_here)), "a property stands here twice"
    assert set(contract().types[kind].properties) == set(stands_here)


@pytest.mark.parametrize("kind", GRAPH)
def test_the_options_for_graph_exist(kind: str) -> None:
    assert set(GRAPH[kind].values()) <= options_of("azure_saml_app")
