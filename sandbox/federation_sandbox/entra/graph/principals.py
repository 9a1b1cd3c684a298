# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service principal takes over from its application, and who owns the two."""

from __future__ import annotations

import copy
import typing as t

from federation_sandbox.entra.state import Record, Tenant, new_id


def blank_principal(tenant: Tenant, application: Record, caller_id: str) -> Record:
    """A service principal as it is made for an application of the same tenant."""
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
        "_owners": [caller_id],
        "_claimsMappingPolicies": [],
    }
    _take_over(record, {}, application)
    return record


def copy_to_principal(tenant: Tenant, before: Record, application: Record) -> None:
    """Carry a change of an application over to its service principal, if it has one."""
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
    record["tags"] = [*application["tags"], *(tag for tag in record["tags"] if tag not in {*before.get("tags", ()), *application["tags"]})]
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


def owners(tenant: Tenant, record: Record) -> list[dict[str, t.Any]]:
    """The owners of an application or service principal, as a list shows them."""
    found = (tenant["servicePrincipals"].indexed(key) for key in record.get("_owners", ()))
    return [
        {"@odata.type": "#microsoft.graph.servicePrincipal", "id": each["id"], "appId": each["appId"], "displayName": each["displayName"]}
        for each in found
        if each is not None
    ]
