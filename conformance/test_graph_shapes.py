# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sandbox answers survives Microsoft's own models: read and written again, nothing is unknown, lost or of
another type.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import json
import typing as t

import pytest
import requests
from azure.identity import ClientSecretCredential
from kiota_abstractions.serialization import ParseNodeFactoryRegistry
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph.generated.models.app_management_policy_collection_response import AppManagementPolicyCollectionResponse
from msgraph.generated.models.app_role_assignment_collection_response import AppRoleAssignmentCollectionResponse
from msgraph.generated.models.application_collection_response import ApplicationCollectionResponse
from msgraph.generated.models.application_template_collection_response import ApplicationTemplateCollectionResponse
from msgraph.generated.models.claims_mapping_policy_collection_response import ClaimsMappingPolicyCollectionResponse
from msgraph.generated.models.directory_object_collection_response import DirectoryObjectCollectionResponse
from msgraph.generated.models.domain_collection_response import DomainCollectionResponse
from msgraph.generated.models.group_collection_response import GroupCollectionResponse
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.organization_collection_response import OrganizationCollectionResponse
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.service_principal_collection_response import ServicePrincipalCollectionResponse
from msgraph.generated.models.tenant_app_management_policy import TenantAppManagementPolicy
from msgraph.generated.models.user_collection_response import UserCollectionResponse
from msgraph.graph_service_client import GraphServiceClient

from entra_factory import APP, MODULE, SECRET, Tenant

GRAPH = "https://graph.microsoft.com/v1.0"
#: lists of what this tenant has none of
EMPTY = ("/policies/appManagementPolicies",)
SHAPES: t.Final[dict[str, type[t.Any]]] = {
    "/applications": ApplicationCollectionResponse,
    "/servicePrincipals": ServicePrincipalCollectionResponse,
    "/servicePrincipals/{principal}": ServicePrincipal,
    "/servicePrincipals/{principal}?$select=keyCredentials,passwordCredentials,customSecurityAttributes": (
        ServicePrincipal
    ),
    "/servicePrincipals/{principal}?$expand=claimsMappingPolicies": ServicePrincipal,
    "/servicePrincipals/{principal}/appRoleAssignedTo": AppRoleAssignmentCollectionResponse,
    "/servicePrincipals/{principal}/claimsMappingPolicies": ClaimsMappingPolicyCollectionResponse,
    "/policies/claimsMappingPolicies": ClaimsMappingPolicyCollectionResponse,
    "/policies/appManagementPolicies": AppManagementPolicyCollectionResponse,
    "/policies/defaultAppManagementPolicy": TenantAppManagementPolicy,
    "/applicationTemplates": ApplicationTemplateCollectionResponse,
    "/users": UserCollectionResponse,
    "/users?$select=id,userPrincipalName,accountEnabled,userType,otherMails,onPremisesExtensionAttributes": (
        UserCollectionResponse
    ),
    "/groups": GroupCollectionResponse,
    "/groups/{group}/members": DirectoryObjectCollectionResponse,
    "/directory/deletedItems/microsoft.graph.application": ApplicationCollectionResponse,
    "/organization": OrganizationCollectionResponse,
    "/domains": DomainCollectionResponse,
    "/applications/99999999-9999-4999-8999-999999999999": ODataError,
    "/applications?$filter=nonsense": ODataError,
}


@pytest.fixture
def lived(sandbox: t.Any) -> tuple[Tenant, dict[str, str]]:
    """A tenant in which our module has made one application and deleted another, and the ids that the paths take."""
    permissions = [
        "Application.ReadWrite.All",
        "Policy.ReadWrite.ApplicationConfiguration",
        "Policy.Read.All",
        "GroupMember.Read.All",
    ]
    client = {"permissions": [*permissions, "User.Read.All", "Organization.Read.All", "Domain.Read.All"]}
    groups = [{"displayName": "Agents", "members": ["jane@contoso.com", "Leads"]}, {"displayName": "Leads"}]
    tenant = Tenant(sandbox, client=client, groups=groups)
    created = tenant.run(MODULE, APP)
    assert created["changed"], created
    another = {
        "name": "Another",
        "identifiers": ["https://signin.aws.amazon.com/saml"],
        "reply_urls": APP["reply_urls"],
    }
    assert not tenant.run(MODULE, another).failed
    assert not tenant.run(MODULE, {"name": "Another", "state": "absent"}).failed
    return tenant, {"principal": created["application"]["service_principal_id"], "group": tenant.groups["Agents"]}


def plain(value: t.Any) -> t.Any:
    """JSON without what is null and what only annotates, and with times as times."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if each is not None and not name.startswith("@odata")}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, str) and value[4:5] == "-":
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment.replace(tzinfo=moment.tzinfo or dt.UTC)
    return value


def unknown(value: t.Any, where: str = "") -> collections.abc.Iterator[str]:
    """The properties that a model of the SDK does not have, anywhere in an object that it read."""
    if isinstance(value, list):
        for member in value:
            yield from unknown(member, where)
    elif hasattr(value, "additional_data"):
        yield from (f"{where}.{name}" for name in value.additional_data if not name.startswith("@odata"))
        for name, member in vars(value).items():
            yield from unknown(member, f"{where}.{name}")


def test_microsofts_models_know_every_answer(lived: tuple[Tenant, dict[str, str]]) -> None:
    """9.4 and the published types; all in one test, because the application takes long to make"""
    tenant, ids = lived
    credential = ClientSecretCredential(tenant.id, tenant.client["client_id"], SECRET)
    GraphServiceClient(credential)  # registers how JSON is read
    headers = {"Authorization": f"Bearer {credential.get_token('https://graph.microsoft.com/.default').token}"}
    for path, kind in SHAPES.items():
        answer = requests.get(GRAPH + path.format(**ids), headers=headers, timeout=300)
        assert answer.ok or kind is ODataError, answer.text
        read = ParseNodeFactoryRegistry().get_root_parse_node("application/json", answer.content).get_object_value(kind)
        assert list(unknown(read)) == [], path
        writer = JsonSerializationWriter()
        writer.write_object_value(None, read)
        assert plain(json.loads(writer.get_serialized_content())) == plain(answer.json()), path
        assert plain(answer.json()).get("value", True) or path in EMPTY, f"{path} is empty"
