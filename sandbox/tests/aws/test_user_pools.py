# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""User pools as Amazon Cognito has them, where moto is looser: facts/aws.md 6.5 and 8."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from aws_client import ACCOUNT, KEY, REGION, SECRET, account, client, seed

from federation_sandbox import clouds
from saml_factory import make_certificate, make_metadata

NAME = "Entra"
CALLBACK = "https://desk.example/callback"
TENANT = "aaaaaaaa-0000-4000-8000-000000000001"


@pytest.fixture
def cognito(sandbox):
    return client("cognito-idp")


@pytest.fixture
def pool(cognito) -> str:
    return t.cast("str", cognito.create_user_pool(PoolName="desk")["UserPool"]["Id"])


@pytest.fixture
def provider(cognito, pool) -> dict[str, t.Any]:
    response = cognito.create_identity_provider(**provider_options(pool))
    return t.cast("dict[str, t.Any]", response["IdentityProvider"])


def provider_options(pool: str, **more: t.Any) -> dict[str, t.Any]:
    details = {"MetadataFile": make_metadata(make_certificate())}
    return {"UserPoolId": pool, "ProviderName": NAME, "ProviderType": "SAML", "ProviderDetails": details, **more}


def test_a_pool_is_made_described_listed_and_deleted(cognito, refused):
    user_pool = cognito.create_user_pool(PoolName="desk", UserPoolTags={"team": "voice"})["UserPool"]
    assert user_pool["Id"].startswith(f"{REGION}_")
    assert user_pool["Arn"] == f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{user_pool['Id']}"
    described = cognito.describe_user_pool(UserPoolId=user_pool["Id"])["UserPool"]
    assert described["UserPoolTags"] == {"team": "voice"}
    assert {"sub", "email", "email_verified"} <= {each["Name"] for each in described["SchemaAttributes"]}
    assert [each["Id"] for each in cognito.list_user_pools(MaxResults=60)["UserPools"]] == [user_pool["Id"]]
    cognito.delete_user_pool(UserPoolId=user_pool["Id"])
    refused(cognito.describe_user_pool, "ResourceNotFoundException", "does not exist", 400, UserPoolId=user_pool["Id"])


def test_a_schema_keeps_the_standard_attributes(cognito):
    """moto forgets them once a pool has attributes of its own."""
    schema = [
        {"Name": "team", "AttributeDataType": "String", "Mutable": True},
        {"Name": "email", "AttributeDataType": "String", "Required": True},
    ]
    user_pool = cognito.create_user_pool(PoolName="desk", Schema=schema)["UserPool"]
    named = {each["Name"]: each for each in user_pool["SchemaAttributes"]}
    assert named["custom:team"]["Mutable"]
    assert named["email"]["Required"]
    assert not named["sub"]["Mutable"]
    assert "family_name" in named


def test_a_name_is_taken_once(cognito, pool, provider, refused):
    """facts/aws.md 6.5: moto overwrites."""
    refused(
        cognito.create_identity_provider, "DuplicateProviderException", "already exists", 400, **provider_options(pool)
    )


@pytest.mark.parametrize("name", ["En", "_Entra", "Entra_ID", "Entra ID", " Entra", "Entra\u0301 x"])
def test_names_of_providers(cognito, pool, refused, name):
    """facts/aws.md 8: the model's pattern, whose classes of Unicode no client checks."""
    refused(
        cognito.create_identity_provider,
        "InvalidParameterException",
        "",
        400,
        **provider_options(pool, ProviderName=name),
    )


def test_what_is_derived_is_shown(cognito, pool, provider):
    """facts/aws.md 8: Describe adds read-only keys."""
    details = provider["ProviderDetails"]
    assert details["SSORedirectBindingURI"].startswith("https://login.microsoftonline.com/")
    assert "ActiveEncryptionCertificate" not in details
    changed = {
        "MetadataFile": details["MetadataFile"],
        "EncryptedResponses": "true",
        "SSORedirectBindingURI": "https://else.example",
    }
    provider_details = cognito.update_identity_provider(UserPoolId=pool, ProviderName=NAME, ProviderDetails=changed)[
        "IdentityProvider"
    ]["ProviderDetails"]
    assert provider_details["ActiveEncryptionCertificate"] not in (
        "",
        cognito.get_signing_certificate(UserPoolId=pool)["Certificate"],
    )
    assert provider_details["SSORedirectBindingURI"] == details["SSORedirectBindingURI"]


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"MetadataFile": "<x/>"},
        {"MetadataFile": "not XML"},
        {"MetadataURL": "https://nowhere.example/metadata.xml"},
        {"MetadataURL": "http://login.microsoftonline.com/metadata.xml"},
        {"MetadataFile": make_metadata(make_certificate()), "MetadataURL": "https://login.microsoftonline.com/x"},
        {"MetadataFile": make_metadata(make_certificate()), "IDPSignout": "yes"},
        {"MetadataFile": make_metadata(make_certificate()), "RequestSigningAlgorithm": "rsa-sha1"},
        {"MetadataFile": make_metadata(make_certificate()), "Metadata": "x"},
    ],
)
def test_details_that_are_refused(cognito, pool, refused, details):
    """facts/aws.md 8: exactly one source of metadata that can be read; flags are texts."""
    refused(
        cognito.create_identity_provider,
        "InvalidParameterException",
        "",
        400,
        **provider_options(pool, ProviderDetails=details),
    )


def test_an_expired_certificate_is_refused_when_a_provider_is_configured(sandbox, cognito, pool, refused):
    """facts/aws.md 8: unlike IAM."""
    details = {"MetadataFile": make_metadata(make_certificate())}
    sandbox.world.clock.advance(dt.timedelta(days=40 * 365))
    refused(
        cognito.create_identity_provider,
        "InvalidParameterException",
        "expired",
        400,
        **provider_options(pool, ProviderDetails=details),
    )


def test_an_address_is_fetched_when_it_is_given_and_again_in_its_time(sandbox, cognito, pool):
    """facts/aws.md 8, K2."""
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANT}]}})
    url = f"https://login.microsoftonline.com/{TENANT}/federationmetadata/2007-06/federationmetadata.xml"
    cognito.create_identity_provider(**provider_options(pool, ProviderDetails={"MetadataURL": url}))
    assert len(sandbox.world.traffic.entries("login", "federation-metadata")) == 1
    cognito.describe_identity_provider(UserPoolId=pool, ProviderName=NAME)
    assert len(sandbox.world.traffic.entries("login", "federation-metadata")) == 1
    cognito.update_identity_provider(UserPoolId=pool, ProviderName=NAME, ProviderDetails={"MetadataURL": url})
    assert len(sandbox.world.traffic.entries("login", "federation-metadata")) == 2


def test_a_mapping_names_attributes_that_the_pool_has(cognito, pool, refused):
    text = "custom:team does not exist in the user pool schema"
    refused(
        cognito.create_identity_provider,
        "InvalidParameterException",
        text,
        400,
        **provider_options(pool, AttributeMapping={"custom:team": "x"}),
    )


def test_an_identifier_is_one_providers(cognito, pool, provider, refused):
    cognito.update_identity_provider(UserPoolId=pool, ProviderName=NAME, IdpIdentifiers=["contoso.com"])
    match = cognito.get_identity_provider_by_identifier(UserPoolId=pool, IdpIdentifier="contoso.com")[
        "IdentityProvider"
    ]
    assert match["ProviderName"] == NAME
    other = provider_options(pool, ProviderName="Other", IdpIdentifiers=["contoso.com"])
    refused(cognito.create_identity_provider, "InvalidParameterException", "another provider's", 400, **other)


def test_an_update_keeps_what_it_does_not_name(cognito, pool, provider):
    cognito.update_identity_provider(
        UserPoolId=pool, ProviderName=NAME, AttributeMapping={"email": "mail"}, IdpIdentifiers=["a.example"]
    )
    cognito.update_identity_provider(UserPoolId=pool, ProviderName=NAME, AttributeMapping={"name": "n"})
    described = cognito.describe_identity_provider(UserPoolId=pool, ProviderName=NAME)["IdentityProvider"]
    assert described["AttributeMapping"] == {"name": "n"}
    assert described["IdpIdentifiers"] == ["a.example"]
    assert "MetadataFile" in described["ProviderDetails"]


def test_an_update_of_a_client_resets_what_it_leaves_out(cognito, pool):
    """facts/aws.md 6.5 and 8: moto merges."""
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="web",
        CallbackURLs=[CALLBACK],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        AllowedOAuthFlowsUserPoolClient=True,
        RefreshTokenValidity=10,
        GenerateSecret=True,
    )["UserPoolClient"]
    after = cognito.update_user_pool_client(UserPoolId=pool, ClientId=client["ClientId"])["UserPoolClient"]
    assert "CallbackURLs" not in after
    assert after["RefreshTokenValidity"] == 30
    assert after["ClientName"] == "web"
    assert after["ClientSecret"] == client["ClientSecret"]
    assert after["AllowedOAuthFlowsUserPoolClient"] is False


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"SupportedIdentityProviders": ["Nobody"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["http://desk.example"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["https://desk.example/#x"]}, "InvalidParameterException"),
        ({"DefaultRedirectURI": CALLBACK}, "InvalidParameterException"),
        ({"WriteAttributes": ["custom:team"]}, "InvalidParameterException"),
        ({"AllowedOAuthScopes": ["everything"]}, "ScopeDoesNotExistException"),
        ({"AllowedOAuthFlows": ["code"], "AllowedOAuthFlowsUserPoolClient": True}, "InvalidOAuthFlowException"),
    ],
)
def test_clients_that_are_refused(cognito, pool, refused, settings, code):
    refused(cognito.create_user_pool_client, code, "", 400, UserPoolId=pool, ClientName="web", **settings)


def test_domains(cognito, pool, refused):
    """facts/aws.md 6.5: a prefix domain has no distribution; each pool has one of each kind, and each domain one
    pool.
    """
    assert "CloudFrontDomain" not in cognito.create_user_pool_domain(UserPoolId=pool, Domain="desk")
    refused(
        cognito.create_user_pool_domain,
        "InvalidParameterException",
        "already has",
        400,
        UserPoolId=pool,
        Domain="desk-2",
    )
    other = cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]
    refused(
        cognito.create_user_pool_domain,
        "InvalidParameterException",
        "already associated",
        400,
        UserPoolId=other,
        Domain="desk",
    )
    refused(
        cognito.create_user_pool_domain,
        "InvalidParameterException",
        "reserved",
        400,
        UserPoolId=other,
        Domain="my-cognito",
    )
    refused(
        cognito.create_user_pool_domain,
        "InvalidParameterException",
        "not a valid",
        400,
        UserPoolId=other,
        Domain="desk.x",
    )
    config = {"CertificateArn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{TENANT}"}
    assert cognito.create_user_pool_domain(UserPoolId=pool, Domain="auth.desk.example", CustomDomainConfig=config)[
        "CloudFrontDomain"
    ]
    described = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert (described["Domain"], described["CustomDomain"]) == ("desk", "auth.desk.example")
    assert cognito.describe_user_pool_domain(Domain="desk")["DomainDescription"]["UserPoolId"] == pool
    assert cognito.describe_user_pool_domain(Domain="nobody")["DomainDescription"] == {}
    refused(cognito.delete_user_pool, "InvalidParameterException", "domain configured", 400, UserPoolId=pool)
    cognito.delete_user_pool_domain(UserPoolId=pool, Domain="desk")
    cognito.delete_user_pool_domain(UserPoolId=pool, Domain="auth.desk.example")
    cognito.delete_user_pool(UserPoolId=pool)


def test_tags(cognito, pool, refused):
    arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}"
    cognito.tag_resource(ResourceArn=arn, Tags={"managed-by/Entra": "openccp.federation", "team": "voice"})
    cognito.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert cognito.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"managed-by/Entra": "openccp.federation"}
    refused(cognito.tag_resource, "ResourceNotFoundException", "", 400, ResourceArn=f"{arn}x", Tags={"a": "b"})


def test_pages(cognito, pool):
    for number in range(3):
        cognito.create_identity_provider(**provider_options(pool, ProviderName=f"Entra{number}"))
        cognito.create_user_pool_client(UserPoolId=pool, ClientName=f"web{number}")
    first = cognito.list_identity_providers(UserPoolId=pool, MaxResults=2)
    rest = cognito.list_identity_providers(UserPoolId=pool, MaxResults=2, NextToken=first["NextToken"])
    assert [each["ProviderName"] for each in first["Providers"] + rest["Providers"]] == ["Entra0", "Entra1", "Entra2"]
    assert "NextToken" not in rest
    pages = (
        cognito.get_paginator("list_user_pool_clients")
        .paginate(UserPoolId=pool, PaginationConfig={"PageSize": 2})
        .build_full_result()
    )
    assert len(pages["UserPoolClients"]) == 3


def test_a_caller_who_may_not(sandbox, cognito, pool, refused):
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "cognito-idp:Describe*", "Resource": "*"}],
    }
    key = {"id": "AKIAREADERREADER0001", "secret": SECRET, "user": "reader", "policy": policy}
    seed(sandbox, accounts=[{**account(ACCOUNT, "aws", KEY), "access_keys": [key]}])
    reader = client("cognito-idp", key=key["id"])
    reader.describe_user_pool(UserPoolId=pool)
    text = f"cognito-idp:CreateIdentityProvider on resource: arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}"
    refused(reader.create_identity_provider, "AccessDeniedException", text, 403, **provider_options(pool))


def test_a_deleted_provider_is_no_clients_any_more(cognito, pool, provider, refused):
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="web", SupportedIdentityProviders=[NAME])[
        "UserPoolClient"
    ]
    cognito.delete_identity_provider(UserPoolId=pool, ProviderName=NAME)
    described = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client["ClientId"])["UserPoolClient"]
    assert described["SupportedIdentityProviders"] == []
    refused(
        cognito.describe_identity_provider, "ResourceNotFoundException", "", 400, UserPoolId=pool, ProviderName=NAME
    )
