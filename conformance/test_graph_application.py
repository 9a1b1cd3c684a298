# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a SAML application, lived by Microsoft's SDK (facts/entra.md 0 to 5 and 9)."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.application_templates.item.instantiate.instantiate_post_request_body import (
    InstantiatePostRequestBody,
)
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.claims_mapping_policy import ClaimsMappingPolicy
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.saml_single_sign_on_settings import SamlSingleSignOnSettings
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.web_application import WebApplication
from msgraph.generated.service_principals.item.add_token_signing_certificate.add_token_signing_certificate_post_request_body import (  # noqa: E501
    AddTokenSigningCertificatePostRequestBody,
)
from msgraph.generated.service_principals.item.service_principal_item_request_builder import (
    ServicePrincipalItemRequestBuilder,
)
from msgraph.graph_service_client import GraphServiceClient

from entra_factory import Tenant

pytestmark = pytest.mark.anyio

NON_GALLERY = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
AWS_SINGLE_ACCOUNT = "8b1025e4-1dd2-430b-a150-2ef79cd700f5"
RELAY_STATE = "https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-4333-8444-555555555555?destination=%2Fccp-v2"
CLAIMS = {
    "ClaimsMappingPolicy": {
        "Version": 1,
        "IncludeBasicClaimSet": "true",
        "ClaimsSchema": [
            {"Value": "43200", "SamlClaimType": "https://aws.amazon.com/SAML/Attributes/SessionDuration"},
            {
                "Source": "user",
                "ID": "userprincipalname",
                "SamlClaimType": "https://aws.amazon.com/SAML/Attributes/RoleSessionName",
            },
        ],
    }
}


@pytest.fixture
async def saml(graph: GraphServiceClient) -> tuple[Application, ServicePrincipal]:
    """An application as the non-gallery template makes it, with SAML chosen."""
    return await _saml(graph)


async def _saml(graph: GraphServiceClient, name: str = "Amazon Connect") -> tuple[Application, ServicePrincipal]:
    template = graph.application_templates.by_application_template_id(NON_GALLERY)
    created = await template.instantiate.post(InstantiatePostRequestBody(display_name=name))
    change = ServicePrincipal(preferred_single_sign_on_mode="saml")
    await graph.service_principals.by_service_principal_id(created.service_principal.id).patch(change)
    return created.application, created.service_principal


async def test_a_template_makes_an_application_and_its_service_principal(graph: GraphServiceClient) -> None:
    """1.4, 1.5, 2.19"""
    templates = await graph.application_templates.get()
    assert {NON_GALLERY, AWS_SINGLE_ACCOUNT} <= {each.id for each in templates.value}
    template = graph.application_templates.by_application_template_id(AWS_SINGLE_ACCOUNT)
    created = await template.instantiate.post(InstantiatePostRequestBody(display_name="Amazon Connect"))
    assert created.application.app_id == created.service_principal.app_id
    assert created.application.web.redirect_uris == ["https://signin.aws.amazon.com/saml"]
    principal = await graph.service_principals_with_app_id(created.application.app_id).get()
    assert principal.id == created.service_principal.id
    assert principal.application_template_id == AWS_SINGLE_ACCOUNT
    assert principal.app_role_assignment_required is True
    assert principal.preferred_single_sign_on_mode is None
    assert "msiam_access" in [role.display_name for role in principal.app_roles]
    assert isinstance(principal.app_roles[0].id, uuid.UUID)


async def test_what_is_changed_is_read_back(
    graph: GraphServiceClient, saml: tuple[Application, ServicePrincipal]
) -> None:
    """2.2, 2.5, 2.8, 2.10, 2.18"""
    application = graph.applications.by_application_id(saml[0].id)
    principal = graph.service_principals.by_service_principal_id(saml[1].id)
    await application.patch(
        Application(
            identifier_uris=["urn:amazon:webservices"],
            web=WebApplication(redirect_uris=["https://signin.aws.amazon.com/saml"]),
            display_name="Contact centre",
        )
    )
    await principal.patch(
        ServicePrincipal(
            saml_single_sign_on_settings=SamlSingleSignOnSettings(relay_state=RELAY_STATE),
            notification_email_addresses=["operations@contoso.com"],
            app_role_assignment_required=True,
            notes="managed",
        )
    )
    assert (await application.get()).identifier_uris == ["urn:amazon:webservices"]
    stored = await principal.get()
    assert stored.display_name == "Contact centre"
    assert stored.saml_single_sign_on_settings.relay_state == RELAY_STATE
    assert stored.reply_urls == ["https://signin.aws.amazon.com/saml"]
    assert "urn:amazon:webservices" in stored.service_principal_names
    assert stored.notification_email_addresses == ["operations@contoso.com"]
    await principal.patch(ServicePrincipal(additional_data={"notes": None, "samlSingleSignOnSettings": None}))
    stored = await principal.get()
    assert (stored.notes, stored.saml_single_sign_on_settings) == (None, None)


async def test_a_signing_certificate(graph: GraphServiceClient, saml: tuple[Application, ServicePrincipal]) -> None:
    """2.12, 3.1, 3.2, 3.4, 3.6: a triple with one identifier, the SHA-1 thumbprint"""
    principal = graph.service_principals.by_service_principal_id(saml[1].id)
    end = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=365)
    body = AddTokenSigningCertificatePostRequestBody(display_name="CN=Federation", end_date_time=end)
    response = await principal.add_token_signing_certificate.post(body)
    certificate = x509.load_der_x509_certificate(response.key)
    assert certificate.subject.rfc4514_string() == "CN=Federation"
    assert certificate.not_valid_after_utc == response.end_date_time == end
    assert (
        certificate.fingerprint(hashes.SHA1()).hex().upper()
        == response.thumbprint
        == response.custom_key_identifier.hex().upper()
    )
    assert (response.type, response.usage) == ("AsymmetricX509Cert", "Verify")
    await principal.patch(ServicePrincipal(preferred_token_signing_key_thumbprint=response.thumbprint))
    stored = await principal.get()
    assert stored.preferred_token_signing_key_thumbprint == response.thumbprint.lower()  # facts/entra.md E9
    assert [each.key for each in stored.key_credentials] == [None, None]
    assert {each.usage for each in stored.key_credentials} == {"Sign", "Verify"}
    assert {each.custom_key_identifier for each in stored.key_credentials} == {response.custom_key_identifier}
    sign = next(each for each in stored.key_credentials if each.usage == "Sign")
    assert sign.key_id == response.key_id == stored.password_credentials[0].key_id
    query = ServicePrincipalItemRequestBuilder.ServicePrincipalItemRequestBuilderGetQueryParameters(
        select=["keyCredentials"]
    )
    stored = await principal.get(RequestConfiguration(query_parameters=query))
    assert response.key in [each.key for each in stored.key_credentials]
    assert stored.display_name is None


async def test_what_the_sdk_makes_of_a_kept_credential_is_refused(
    graph: GraphServiceClient, saml: tuple[Application, ServicePrincipal]
) -> None:
    """facts/entra.md E1: what stays goes back as it was, with a null for its secret; the SDK cuts the digits of
    timestamps
    """
    principal = graph.service_principals.by_service_principal_id(saml[1].id)
    old, new = [
        await principal.add_token_signing_certificate.post(
            AddTokenSigningCertificatePostRequestBody(display_name=f"CN={name}")
        )
        for name in ("old", "new")
    ]
    stored = await principal.get()
    keep = new.custom_key_identifier
    keys = [each for each in stored.key_credentials if each.custom_key_identifier == keep]
    passwords = [each for each in stored.password_credentials if each.custom_key_identifier == keep]
    kept = ServicePrincipal(key_credentials=keys, password_credentials=passwords)
    with pytest.raises(ODataError, match="must be sent back with null value"):
        await principal.patch(kept)
    for secret, credentials in (("key", keys), ("secretText", passwords)):
        for credential in credentials:
            credential.additional_data[secret] = None  # the SDK leaves out what is None of its own fields
    with pytest.raises(ODataError, match="is not allowed"):
        await principal.patch(kept)
    stored = await principal.get()
    assert {old.custom_key_identifier, keep} == {each.custom_key_identifier for each in stored.key_credentials}


async def test_claims(graph: GraphServiceClient, saml: tuple[Application, ServicePrincipal]) -> None:
    """4.1, 4.2"""
    policy = await graph.policies.claims_mapping_policies.post(
        ClaimsMappingPolicy(display_name="Claims", definition=[json.dumps(CLAIMS)])
    )
    assigned = graph.service_principals.by_service_principal_id(saml[1].id).claims_mapping_policies
    address = f"https://graph.microsoft.com/v1.0/policies/claimsMappingPolicies/{policy.id}"
    await assigned.ref.post(ReferenceCreate(odata_id=address))
    (stored,) = (await assigned.get()).value
    assert (stored.id, json.loads(stored.definition[0])) == (policy.id, CLAIMS)
    applied = await graph.policies.claims_mapping_policies.by_claims_mapping_policy_id(policy.id).applies_to.get()
    assert [(type(each), each.id) for each in applied.value] == [(ServicePrincipal, saml[1].id)]
    await assigned.by_claims_mapping_policy_id(policy.id).ref.delete()
    assert (await assigned.get()).value == []
    await graph.policies.claims_mapping_policies.by_claims_mapping_policy_id(policy.id).delete()
    assert (await graph.policies.claims_mapping_policies.get()).value == []


async def test_assignments(
    graph: GraphServiceClient, tenant: Tenant, saml: tuple[Application, ServicePrincipal]
) -> None:
    """5.1, 5.2, 5.3"""
    assigned = graph.service_principals.by_service_principal_id(saml[1].id).app_role_assigned_to
    role = next(each for each in saml[1].app_roles if each.display_name == "msiam_access")

    def body(principal: str, role_id: t.Any = role.id) -> AppRoleAssignment:
        return AppRoleAssignment(
            principal_id=uuid.UUID(principal), resource_id=uuid.UUID(saml[1].id), app_role_id=role_id
        )

    responses = [
        await assigned.post(body(each)) for each in (tenant.users["jane@contoso.com"], tenant.groups["Agents"])
    ]
    assert [each.principal_type for each in responses] == ["User", "Group"]
    with pytest.raises(ODataError, match="already exists"):
        await assigned.post(body(tenant.groups["Agents"]))
    with pytest.raises(ODataError) as refused:
        await assigned.post(body(tenant.groups["Supervisors"], uuid.UUID(int=0)))
    assert refused.value.response_status_code == 400
    assignments = (await assigned.get()).value
    assert {each.principal_display_name for each in assignments} == {"Jane", "Agents"}
    assert {each.resource_display_name for each in assignments} == {"Amazon Connect"}
    for response in responses:
        await assigned.by_app_role_assignment_id(response.id).delete()
    assert (await assigned.get()).value == []


async def test_deletion_is_soft_until_purged(graph: GraphServiceClient) -> None:
    """9.6"""
    application = await graph.applications.post(
        Application(display_name="Registered", identifier_uris=["urn:amazon:webservices"])
    )
    await graph.service_principals.post(ServicePrincipal(app_id=application.app_id))
    await graph.applications.by_application_id(application.id).delete()
    deleted = graph.directory.deleted_items
    (item,) = (await deleted.graph_application.get()).value
    assert (item.id, item.app_id) == (application.id, application.app_id)
    assert isinstance(item.deleted_date_time, dt.datetime)
    restored = await deleted.by_directory_object_id(application.id).restore.post()
    assert (type(restored), restored.id) == (Application, application.id)
    assert (await graph.service_principals_with_app_id(application.app_id).get()).app_id == application.app_id
    await graph.applications.by_application_id(application.id).delete()
    await deleted.by_directory_object_id(application.id).delete()
    assert (await deleted.graph_application.get()).value == []
    (left,) = (await deleted.graph_service_principal.get()).value
    assert left.app_id == application.app_id


async def test_two_applications_in_one_tenant(
    graph: GraphServiceClient, saml: tuple[Application, ServicePrincipal]
) -> None:
    """2.8e: an identifier is one application's"""
    await graph.applications.by_application_id(saml[0].id).patch(
        Application(identifier_uris=["urn:amazon:webservices"])
    )
    second, _principal = await _saml(graph, "Another")
    with pytest.raises(ODataError) as refused:
        await graph.applications.by_application_id(second.id).patch(
            Application(identifier_uris=["urn:amazon:webservices"])
        )
    assert refused.value.error.code == "Request_BadRequest"
    assert [(each.target, each.code) for each in refused.value.error.details] == [("identifierUris", "ObjectConflict")]
