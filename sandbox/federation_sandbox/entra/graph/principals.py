# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The properties that a service principal copies from its application."""

from __future__ import annotations

import copy

from federation_sandbox.entra.state import Record, Tenant, new_id


def blank_principal(tenant: Tenant, application: Record, *owners: str) -> Record:
    """A service principal as it is created for an application of the same tenant. owners: their IDs."""
    record = {
        "id": new_id(),
        "appId": application["appId"],
        "accountEnabled": True,
        "appOwnerOrganizationId": tenant.id,
        "appRoleAssignmentRequired": False,
        "applicationTemplateId": application.get("applicationTemplateId"),
        "createdByAppId": application.get("createdByAppId"),
        "servicePrincipalType": "Application",
        "keyCredentials": [],
        "passwordCredentials": [],
        "notificationEmailAddresses": [],
        "tags": [],
        "_owners": list(owners),
        "_claimsMappingPolicies": [],
    }
    _take_over(record, {}, application)
    return record


def copy_to_principal(tenant: Tenant, before: Record, application: Record) -> None:
    """Copy a change of an application to its service principal, if it has one."""
    principal = tenant.current("servicePrincipals", appId=application["appId"])
    if principal is not None:
        record = copy.deepcopy(principal)
        _take_over(record, before, application)
        tenant["servicePrincipals"].put(record)


def _take_over(record: Record, before: Record, application: Record) -> None:
    if application["displayName"] != before.get("displayName"):
        record["displayName"] = application["displayName"]
    if application["appRoles"] != before.get("appRoles"):
        record["appRoles"] = copy.deepcopy(application["appRoles"])
    record["tags"] = [
        *application["tags"],
        *(tag for tag in record["tags"] if tag not in {*before.get("tags", ()), *application["tags"]}),
    ]
    web = application["web"]
    record.update(
        appDisplayName=application["displayName"],
        appDescription=application.get("description"),
        homepage=web["homePageUrl"],
        info=application["info"],
        logoutUrl=web["logoutUrl"],
        oauth2PermissionScopes=copy.deepcopy(application["api"]["oauth2PermissionScopes"]),
        replyUrls=list(web["redirectUris"]),
        servicePrincipalNames=[*application["identifierUris"], application["appId"]],
        signInAudience=application["signInAudience"],
    )
