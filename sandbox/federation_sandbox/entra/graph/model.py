# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of Microsoft Graph v1.0 that the sandbox holds: their properties, and what each allows.

A property is written `name:kind`, then `!` when it is read-only, `-` when it is returned only if selected, and after
`/` the filter operators that it supports: e(q) n(e) (no)t g(e) l(e) i(n) s(tartsWith) (ends)w(ith) c(ontains).
`[kind]` is a collection.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

_TYPES: t.Final[dict[str, str]] = {
    "application": """
        id:str!/ei deletedDateTime:time! addIns:[addIn] api:apiApplication appId:str!/e applicationTemplateId:str!/etn
        appRoles:[appRole] authenticationBehaviors:authenticationBehaviors- certification:object! createdByAppId:str!
        createdDateTime:time!/entgli defaultRedirectUri:str description:str/entgls disabledByMicrosoftStatus:str!/ent
        displayName:str/entglis groupMembershipClaims:str identifierUris:[str]/engls info:informationalUrl/entgl
        isDeviceOnlyAuthSupported:bool isDisabled:bool isFallbackPublicClient:bool keyCredentials:[keyCredential]/etgl
        managerApplications:[guid] nativeAuthenticationApisEnabled:str notes:str oauth2RequirePostResponse:bool
        optionalClaims:optionalClaims parentalControlSettings:parentalControlSettings
        passwordCredentials:[passwordCredential] publicClient:publicClientApplication publisherDomain:str!/engls
        requestSignatureVerification:requestSignatureVerification requiredResourceAccess:[requiredResourceAccess]/etgl
        samlMetadataUrl:str! serviceManagementReference:str
        servicePrincipalLockConfiguration:servicePrincipalLockConfiguration signInAudience:str/ent spa:spaApplication
        tags:[str]/etgls tokenEncryptionKeyId:guid uniqueName:str verifiedPublisher:object! web:webApplication
    """,
    "servicePrincipal": """
        id:str!/ei deletedDateTime:time! accountEnabled:bool/enti addIns:[addIn] alternativeNames:[str]/etgls
        appDescription:str! appDisplayName:str! appId:str!/entis applicationTemplateId:str!/etn
        appOwnerOrganizationId:guid!/entgl appRoleAssignmentRequired:bool/ent appRoles:[appRole] createdByAppId:str!
        customSecurityAttributes:object-/ents description:str/entgls disabledByMicrosoftStatus:str!/ent
        displayName:str/entglis homepage:str info:informationalUrl!/entgl isDisabled:bool!
        keyCredentials:[keyCredential]/etgl loginUrl:str logoutUrl:str notes:str notificationEmailAddresses:[str]
        oauth2PermissionScopes:[permissionScope] passwordCredentials:[passwordCredential] preferredSingleSignOnMode:str
        preferredTokenSigningKeyThumbprint:str replyUrls:[str] resourceSpecificApplicationPermissions:[object]!
        samlSingleSignOnSettings:samlSingleSignOnSettings servicePrincipalNames:[str]/etgls servicePrincipalType:str!
        signInAudience:str! tags:[str]/etgls tokenEncryptionKeyId:guid verifiedPublisher:object!
    """,
    "user": """
        id:str!/ei deletedDateTime:time!- aboutMe:str- accountEnabled:bool-/enti ageGroup:str-/enti
        assignedLicenses:[object]-/etn assignedPlans:[object]-/et authorizationInfo:object- birthday:time-
        businessPhones:[str]/etgls city:str-/entglis companyName:str-/entglis consentProvidedForMinor:str-/enti
        country:str-/entglis createdDateTime:time-/entgli creationType:str-/enti customSecurityAttributes:object-/ents
        department:str-/entgli deviceEnrollmentLimit:int- displayName:str/entglis employeeHireDate:time-/entgli
        employeeId:str-/entglis employeeLeaveDateTime:time-/entgli employeeOrgData:object-/entgli
        employeeType:str-/entglis externalUserState:str-/enti externalUserStateChangeDateTime:time-/enti
        faxNumber:str-/entglis givenName:str/entglis hireDate:time- identities:[object]-/e identityParentId:str-
        imAddresses:[str]-/etgls interests:[str]- isManagementRestricted:bool- isResourceAccount:bool-
        jobTitle:str/entglis lastPasswordChangeDateTime:time- legalAgeGroupClassification:str-
        licenseAssignmentStates:[object]- mail:str/entglisw mailboxSettings:object- mailNickname:str-/entglis
        mobilePhone:str/entglis mySite:str- officeLocation:str/entglis onPremisesDistinguishedName:str-
        onPremisesDomainName:str- onPremisesExtensionAttributes:onPremisesExtensionAttributes-/enti
        onPremisesImmutableId:str-/entgli onPremisesLastSyncDateTime:time-/entgli
        onPremisesProvisioningErrors:[object]-/etgl onPremisesSamAccountName:str-/entglis
        onPremisesSecurityIdentifier:str-/e onPremisesSyncEnabled:bool-/enti onPremisesUserPrincipalName:str-/entglis
        otherMails:[str]-/etgliswn passwordPolicies:str-/nte passwordProfile:object-/enti pastProjects:[str]-
        postalCode:str-/entglis preferredDataLocation:str- preferredLanguage:str/entglis preferredName:str-
        print:object- provisionedPlans:[object]-/etgl proxyAddresses:[str]-/etglswn responsibilities:[str]-
        schools:[str]- securityIdentifier:str- serviceProvisioningErrors:[object]-/et showInAddressList:bool-
        signInActivity:object-/entgl signInSessionsValidFromDateTime:time- skills:[str]- state:str-/entglis
        streetAddress:str-/entglis surname:str/entglis usageLocation:str-/entglis userPrincipalName:str/entglisw
        userType:str-/enti
    """,
    "group": """
        id:str!/ei deletedDateTime:time! accessType:str- allowExternalSenders:bool- assignedLabels:[object]-
        assignedLicenses:[object]-/e autoSubscribeNewMembers:bool- classification:str/entgls createdDateTime:time
        description:str/entgls displayName:str/entglis expirationDateTime:time/entgli groupTypes:[str]/et
        hasMembersWithLicenseErrors:bool/e hideFromAddressLists:bool- hideFromOutlookClients:bool- infoCatalogs:[str]
        isArchived:bool isAssignableToRole:bool/ent isFavorite:bool- isManagementRestricted:bool-
        isSubscribedByMail:bool- licenseProcessingState:object- mail:str/entglis mailEnabled:bool/ent
        mailNickname:str/entglis membershipRule:str/entgls membershipRuleProcessingState:str/enti
        onPremisesDomainName:str onPremisesExtensionAttributes:onPremisesExtensionAttributes-/enti
        onPremisesLastSyncDateTime:time/entgli onPremisesNetBiosName:str onPremisesProvisioningErrors:[object]/et
        onPremisesSamAccountName:str/entglis onPremisesSecurityIdentifier:str/e onPremisesSyncEnabled:bool/enti
        organizationId:str preferredDataLocation:str preferredLanguage:str/entglis proxyAddresses:[str]/etglswn
        renewedDateTime:time/entgli resourceBehaviorOptions:[str] resourceProvisioningOptions:[str]/ets
        securityEnabled:bool/enti securityIdentifier:str serviceProvisioningErrors:[object]/et theme:str uniqueName:str
        unseenConversationsCount:int- unseenCount:int- unseenMessagesCount:int- visibility:str
        welcomeMessageEnabled:bool
    """,
    "appRoleAssignment": """
        id:str!/ei deletedDateTime:time! appRoleId:guid createdDateTime:time! principalDisplayName:str!/es
        principalId:guid principalType:str! resourceDisplayName:str! resourceId:guid/e
    """,
    "claimsMappingPolicy": """
        id:str!/ei deletedDateTime:time! description:str displayName:str definition:[str] isOrganizationDefault:bool
    """,
    "tokenIssuancePolicy": """
        id:str!/ei deletedDateTime:time! description:str displayName:str definition:[str] isOrganizationDefault:bool
    """,
    "applicationTemplate": """
        id:str!/ei categories:[str]/c deprecationDate:date description:str displayName:str/ec endpoints:[str]
        homePageUrl:str isEntraIntegrated:bool lastModifiedDateTime:time logoUrl:str publisher:str riskFactors:object-
        riskScore:object- supportedProvisioningTypes:[str] supportedSingleSignOnModes:[str]
    """,
    "organization": """
        id:str!/ei deletedDateTime:time! assignedPlans:[object] businessPhones:[str] city:str country:str
        countryLetterCode:str createdDateTime:time defaultUsageLocation:str displayName:str
        marketingNotificationEmails:[str] onPremisesLastSyncDateTime:time onPremisesSyncEnabled:bool
        partnerTenantType:str postalCode:str preferredLanguage:str privacyProfile:object provisionedPlans:[object]
        securityComplianceNotificationMails:[str] securityComplianceNotificationPhones:[str] state:str street:str
        technicalNotificationMails:[str] tenantType:str verifiedDomains:[verifiedDomain]
    """,
    "domain": """
        id:str!/ei authenticationType:str availabilityStatus:str isAdminManaged:bool isDefault:bool isInitial:bool
        isRoot:bool isVerified:bool manufacturer:str model:str passwordNotificationWindowInDays:int
        passwordValidityPeriodInDays:int state:object supportedServices:[str]
    """,
    "tenantAppManagementPolicy": """
        id:str!/ei deletedDateTime:time! description:str displayName:str applicationRestrictions:object isEnabled:bool
        servicePrincipalRestrictions:object
    """,
    "appManagementPolicy": """
        id:str!/ei deletedDateTime:time! description:str displayName:str isEnabled:bool restrictions:object
    """,
    "keyCredential": """
        customKeyIdentifier:bytes displayName:str endDateTime:time key:bytes- keyId:guid startDateTime:time type:str
        usage:str
    """,
    "passwordCredential": """
        customKeyIdentifier:bytes displayName:str endDateTime:time hint:str keyId:guid secretText:str startDateTime:time
    """,
    "webApplication": """
        homePageUrl:str implicitGrantSettings:implicitGrantSettings logoutUrl:str redirectUris:[str]
        redirectUriSettings:[redirectUriSettings]
    """,
    "apiApplication": """
        acceptMappedClaims:bool knownClientApplications:[guid] oauth2PermissionScopes:[permissionScope]
        preAuthorizedApplications:[preAuthorizedApplication] requestedAccessTokenVersion:int
    """,
    "appRole": """
        allowedMemberTypes:[str] description:str displayName:str id:guid isEnabled:bool origin:str! value:str
    """,
    "permissionScope": """
        adminConsentDescription:str adminConsentDisplayName:str id:guid isEnabled:bool origin:str! type:str
        userConsentDescription:str userConsentDisplayName:str value:str
    """,
    "samlSingleSignOnSettings": """
        relayState:str
    """,
    "redirectUriSettings": """
        index:int uri:str
    """,
    "informationalUrl": """
        logoUrl:str! marketingUrl:str privacyStatementUrl:str supportUrl:str termsOfServiceUrl:str
    """,
    "implicitGrantSettings": """
        enableAccessTokenIssuance:bool enableIdTokenIssuance:bool
    """,
    "requiredResourceAccess": """
        resourceAccess:[resourceAccess] resourceAppId:str
    """,
    "resourceAccess": """
        id:guid type:str
    """,
    "optionalClaims": """
        accessToken:[optionalClaim] idToken:[optionalClaim] saml2Token:[optionalClaim]
    """,
    "optionalClaim": """
        additionalProperties:[str] essential:bool name:str source:str
    """,
    "spaApplication": """
        redirectUris:[str]
    """,
    "publicClientApplication": """
        redirectUris:[str]
    """,
    "preAuthorizedApplication": """
        appId:str delegatedPermissionIds:[str]
    """,
    "addIn": """
        id:guid properties:[keyValue] type:str
    """,
    "keyValue": """
        key:str value:str
    """,
    "parentalControlSettings": """
        countriesBlockedForMinors:[str] legalAgeGroupRule:str
    """,
    "requestSignatureVerification": """
        allowedWeakAlgorithms:object isSignedRequestRequired:bool
    """,
    "servicePrincipalLockConfiguration": """
        allProperties:bool credentialsWithUsageSign:bool credentialsWithUsageVerify:bool isEnabled:bool
        tokenEncryptionKeyId:bool
    """,
    "authenticationBehaviors": """
        blockAzureADGraphAccess:bool removeUnverifiedEmailClaim:bool requireClientServicePrincipal:bool
    """,
    "onPremisesExtensionAttributes": """
        extensionAttribute1:str extensionAttribute10:str extensionAttribute11:str extensionAttribute12:str
        extensionAttribute13:str extensionAttribute14:str extensionAttribute15:str extensionAttribute2:str
        extensionAttribute3:str extensionAttribute4:str extensionAttribute5:str extensionAttribute6:str
        extensionAttribute7:str extensionAttribute8:str extensionAttribute9:str
    """,
}

_PROPERTY = re.compile(
    r"(?P<name>\w+):(?P<many>\[?)(?P<kind>\w+)\]?(?P<read_only>!?)(?P<hidden>-?)(?:/(?P<operators>\w+))?"
)


@dataclasses.dataclass(frozen=True)
class Property:
    """A property of a type. kind: a primitive type, or the name of a complex type in this module."""

    name: str
    kind: str
    many: bool
    read_only: bool
    #: returned only when $select names it
    hidden: bool
    #: the letters of the filter operators that it supports
    operators: str

    @property
    def empty(self) -> t.Any:
        """The value of a property that was never set."""
        return [] if self.many else None


def _parse(text: str) -> dict[str, Property]:
    matches = (_PROPERTY.fullmatch(word) for word in text.split())
    properties = (
        Property(m["name"], m["kind"], bool(m["many"]), bool(m["read_only"]), bool(m["hidden"]), m["operators"] or "")
        for m in matches
        if m
    )
    return {each.name: each for each in properties}


#: additional properties of the version beta (terraform-provider-azuread reads it there, because v1.0 lacks it)
BETA: t.Final[dict[str, dict[str, Property]]] = {"servicePrincipal": _parse("samlMetadataUrl:str!")}
TYPES: t.Final[dict[str, dict[str, Property]]] = {name: _parse(text) for name, text in _TYPES.items()}
