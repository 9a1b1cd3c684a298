# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import boto3
import botocore.session
import pytest

from federation_sandbox import clouds
from federation_sandbox.aws.cognito.metadata import fetch
from federation_sandbox.faults import Fault, Interlude
from federation_sandbox.testing import Sandbox
from support import ModuleResult, run_module

ACCOUNT, REGION = "123456789012", "eu-central-1"
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
CALLBACK = "https://desk.example/callback"
TENANT = "aaaaaaaa-0000-4000-8000-000000000001"
URL = f"https://login.microsoftonline.com/{TENANT}/federationmetadata/2007-06/federationmetadata.xml"
WEB = {
    "ClientName": "web",
    "CallbackURLs": [CALLBACK],
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "GenerateSecret": True,
}


@pytest.fixture
def pool(sandbox: Sandbox, aws: dict[str, str]) -> dict[str, t.Any]:
    schema = [
        {"Name": "team", "AttributeDataType": "String", "Mutable": True},
        {"Name": "badge", "AttributeDataType": "String", "Mutable": False},
    ]
    seed = {
        "account": ACCOUNT,
        "region": REGION,
        "name": "desk",
        "domain": "desk",
        "settings": {"Schema": schema},
        "tags": {"cost": "1"},
    }
    clients = [WEB, {"ClientName": "api"}]
    seeded = clouds.seed(sandbox.world, {"aws": {"pools": [{**seed, "clients": clients}]}})["aws"]["pools"][0]
    sandbox.world.traffic.clear()
    return t.cast("dict[str, t.Any]", seeded)


@pytest.fixture
def provider(aws: dict[str, str], pool: dict[str, t.Any]) -> t.Callable[..., ModuleResult]:
    """Run the module on the provider Entra of the pool; options that begin with an underscore are the run's own."""

    def run(_check: bool = False, _failed: bool = False, **params: t.Any) -> ModuleResult:
        result = run_module(
            "cognito_saml_provider", {"user_pool_id": pool["id"], "provider_name": "Entra"} | params, aws, check=_check
        )
        assert result.failed == _failed, result
        return result

    return run


@pytest.fixture
def info(aws: dict[str, str], pool: dict[str, t.Any]) -> t.Callable[..., ModuleResult]:
    def run(**params: t.Any) -> ModuleResult:
        return run_module("cognito_saml_provider_info", {"user_pool_id": pool["id"]} | params, aws)

    return run


@pytest.fixture
def cognito(sandbox: Sandbox, aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> t.Any:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    return boto3.session.Session(region_name=REGION).client(
        "cognito-idp"
    )  # the default session keeps those of another test


def operations(sandbox: Sandbox) -> list[str]:
    """The operations since the last time that this was asked."""
    seen = [entry["operation"] for entry in sandbox.world.traffic]
    sandbox.world.traffic.clear()
    return seen


READS = ["DescribeUserPool", "DescribeIdentityProvider"]


def test_the_whole_life(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], pool: dict[str, t.Any], old: str, new: str
) -> None:
    options = {
        "metadata": old,
        "attribute_presets": ["email"],
        "idp_identifiers": ["contoso.com"],
        "clients": {"add": ["web"]},
    }
    options["tags"] = {"managed-by": "openccp.federation"}
    sandbox.world.settings.refuse_writes = True
    predicted = provider(**options, _check=True)
    assert operations(sandbox) == [*READS, "ListUserPoolClients", "DescribeUserPoolClient"]
    sandbox.world.settings.refuse_writes = False
    created = provider(**options)
    assert created["changed"]
    assert (created["actions"], created["diff"]) == (predicted["actions"], predicted["diff"])
    assert created["actions"] == [
        "Set the tags managed-by of the SAML provider 'Entra' of the user pool 'desk'",
        "Create the SAML provider 'Entra' of the user pool 'desk'",
        "Enable 'Entra' in the app client 'web'",
    ]
    assert created["diff"]["before"] == {}
    saml_provider = created["saml_provider"]
    assert saml_provider["sp_entity_id"] == f"urn:amazon:cognito:sp:{pool['id']}"
    assert saml_provider["reply_url"] == f"https://desk.auth.{REGION}.amazoncognito.com/saml2/idpresponse"
    assert saml_provider["logout_url"] == f"https://desk.auth.{REGION}.amazoncognito.com/saml2/logout"
    assert saml_provider["attribute_mapping"] == {"email": f"{CLAIMS}emailaddress"}
    assert saml_provider["tags"] == {"managed-by": "openccp.federation"}
    (client,) = saml_provider["clients"]
    assert client["sign_in_url"].startswith(
        f"https://desk.auth.{REGION}.amazoncognito.com/oauth2/authorize?identity_provider=Entra&"
    )
    operations(sandbox)

    again = provider(**options)
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"]
    assert again["saml_provider"] == saml_provider
    assert operations(sandbox) == [*READS, "ListUserPoolClients", "DescribeUserPoolClient"]

    sandbox.world.settings.refuse_writes = True
    expected = provider(metadata=new, sign_out=True, idp_identifiers=["b.example", "a.example"], _check=True)
    sandbox.world.settings.refuse_writes = False
    changed = provider(metadata=new, sign_out=True, idp_identifiers=["b.example", "a.example"])
    assert (changed["actions"], changed["diff"]) == (expected["actions"], expected["diff"])
    assert changed["actions"] == [
        (
            "Update the SAML provider 'Entra' of the user pool 'desk' with the metadata and the settings of its "
            "sign-in and the identifiers"
        )
    ]
    assert changed["saml_provider"]["attribute_mapping"] == {"email": f"{CLAIMS}emailaddress"}
    assert not provider(metadata=new, sign_out=True, idp_identifiers=["a.example", "b.example"])["changed"]

    sandbox.world.settings.refuse_writes = True
    going = provider(state="absent", _check=True)
    sandbox.world.settings.refuse_writes = False
    removed = provider(state="absent")
    assert (removed["actions"], removed["diff"]) == (going["actions"], going["diff"])
    assert removed["actions"] == [
        "Disable 'Entra' in the app client 'web'",
        "Delete the SAML provider 'Entra' of the user pool 'desk'",
        "Remove the tags from the SAML provider 'Entra' of the user pool 'desk'",
    ]
    assert removed["saml_provider"] == {}
    assert removed["diff"]["after"] == {}
    assert not provider(state="absent")["changed"]


def test_a_pool_by_its_name(sandbox: Sandbox, aws: dict[str, str], pool: dict[str, t.Any], old: str) -> None:
    created = run_module(
        "cognito_saml_provider", {"user_pool_name": "desk", "provider_name": "Entra", "metadata": old}, aws
    )
    assert created["saml_provider"]["user_pool_id"] == pool["id"]
    wrong = run_module("cognito_saml_provider", {"user_pool_name": "desks", "provider_name": "Entra"}, aws)
    assert wrong["msg"] == "There is no user pool 'desks'. There are desk."
    clouds.seed(sandbox.world, {"aws": {"pools": [{"account": ACCOUNT, "region": REGION, "name": "desk"}]}})
    both = run_module("cognito_saml_provider", {"user_pool_name": "desk", "provider_name": "Entra"}, aws)
    assert "2 user pools are called 'desk'" in both["msg"]


def test_a_pool_of_another_region(sandbox: Sandbox, aws: dict[str, str], old: str) -> None:
    seeded = clouds.seed(
        sandbox.world, {"aws": {"pools": [{"account": ACCOUNT, "region": "us-west-2", "name": "west"}]}}
    )["aws"]["pools"][0]
    options = {"user_pool_id": seeded["id"], "provider_name": "Entra", "metadata": old}
    result = run_module("cognito_saml_provider", options, aws)
    assert result["changed"]
    assert "reply_url" not in result["saml_provider"]


def every_attribute() -> dict[str, t.Any]:
    """A value for each member of an update of a client, so that a new one in the model makes the test fail."""
    return {
        "ClientName": "web",
        "RefreshTokenValidity": 12,
        "AccessTokenValidity": 2,
        "IdTokenValidity": 3,
        "TokenValidityUnits": {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"},
        "ReadAttributes": ["email", "name"],
        "WriteAttributes": ["email", "name"],
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
        "SupportedIdentityProviders": ["COGNITO"],
        "CallbackURLs": [CALLBACK, "https://desk.example/other"],
        "LogoutURLs": ["https://desk.example/out"],
        "DefaultRedirectURI": CALLBACK,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "email"],
        "AllowedOAuthFlowsUserPoolClient": True,
        "AnalyticsConfiguration": {
            "ApplicationArn": f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/1",
            "UserDataShared": True,
        },
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": False,
        "EnablePropagateAdditionalUserContextData": True,
        "AuthSessionValidity": 5,
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
    }


#: members that an update takes and a client never shows
NOT_SHOWN = {"PublishSecretsInAWSSecretsManager"}


def test_every_attribute_of_a_client_survives(
    provider: t.Callable[..., ModuleResult], cognito: t.Any, pool: dict[str, t.Any], old: str
) -> None:
    """facts/aws.md 8: an update resets what it leaves out."""
    model = botocore.session.get_session().get_service_model("cognito-idp")
    members = (
        set(model.operation_model("UpdateUserPoolClient").input_shape.members) - {"UserPoolId", "ClientId"} - NOT_SHOWN
    )
    settings = {key: value for key, value in every_attribute().items() if key in members}
    assert set(settings) == members
    place = {"UserPoolId": pool["id"], "ClientId": pool["clients"]["web"]["id"]}
    cognito.update_user_pool_client(**place, **settings)
    before = cognito.describe_user_pool_client(**place)["UserPoolClient"]
    provider(metadata=old, clients={"add": ["web"]})
    after = cognito.describe_user_pool_client(**place)["UserPoolClient"]
    assert after.pop("SupportedIdentityProviders") == ["COGNITO", "Entra"]
    assert before.pop("SupportedIdentityProviders") == ["COGNITO"]
    for description in (before, after):
        description.pop("LastModifiedDate")
    assert after == before
    provider(clients={"remove": [pool["clients"]["web"]["id"]]})
    assert cognito.describe_user_pool_client(**place)["UserPoolClient"]["SupportedIdentityProviders"] == ["COGNITO"]


def test_clients_are_added_removed_and_set(
    provider: t.Callable[..., ModuleResult], info: t.Callable[..., ModuleResult], old: str
) -> None:
    def offering() -> list[str]:
        (saml_provider,) = info(include_clients=True)["saml_providers"]
        return sorted(client["name"] for client in saml_provider["clients"])

    provider(metadata=old, clients={"add": ["web", "api"]})
    assert offering() == ["api", "web"]
    provider(clients={"remove": ["web"]})
    assert offering() == ["api"]
    assert provider(clients={"set": ["web"]})["diff"]["after"]["clients"] == ["web"]
    assert offering() == ["web"]
    assert not provider(clients={"set": ["web"]})["changed"]
    assert (
        provider(clients={"add": ["wep"]}, _failed=True)["msg"]
        == "The user pool has no app client 'wep'. There are web."
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"attribute_mapping": {"custom:nobody": "x"}}, "has no attribute custom:nobody"),
        ({"attribute_mapping": {"custom:badge": "x"}}, "second sign-in would fail"),
        ({"attribute_mapping": {"custom:team": "x"}, "clients": {"add": ["web"]}}, "may not write custom:team"),
        ({"provider_name": "En_tra"}, "cannot be the name of a SAML provider"),
        ({"expected_entity_id": "https://sts.windows.net/else/"}, "not of https://sts.windows.net/else/"),
        ({"expected_thumbprints": ["A" * 40]}, "lacks the signing certificate"),
        ({"metadata": None}, "needs metadata"),
        ({"user_pool_id": "desk"}, "is not the id of a user pool"),
    ],
)
def test_what_cannot_work_is_refused_before_the_first_write(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], old: str, options: dict[str, t.Any], words: str
) -> None:
    """facts/aws.md K4: mapped attributes are mutable, and writable by the client."""
    sandbox.world.settings.refuse_writes = True
    params = {key: value for key, value in ({"metadata": old} | options).items() if value is not None}
    assert words in provider(**params, _failed=True)["msg"]


def test_certificates_are_merged_and_removed(provider: t.Callable[..., ModuleResult], old: str, new: str) -> None:
    (first,) = provider(metadata=old)["saml_provider"]["trusted_thumbprints"]
    both = provider(metadata=new, certificates="merge")["saml_provider"]["trusted_thumbprints"]
    assert first in both
    assert len(both) == 2
    assert not provider(metadata=new, certificates="merge")["changed"]
    (left,) = provider(remove_thumbprints=[first])["saml_provider"]["trusted_thumbprints"]
    assert left != first
    assert "would trust no certificate" in provider(remove_thumbprints=[left], _failed=True)["msg"]


def test_somebody_elses_is_left_alone(provider: t.Callable[..., ModuleResult], old: str) -> None:
    provider(metadata=old)
    tags = {"managed-by": "openccp.federation"}
    assert "was created by somebody else" in provider(metadata=old, tags=tags, _failed=True)["msg"]
    assert provider(metadata=old, tags=tags, adopt=True)["saml_provider"]["tags"] == tags


def test_one_that_somebody_else_makes_meanwhile_is_left_alone(
    sandbox: Sandbox,
    provider: t.Callable[..., ModuleResult],
    cognito: t.Any,
    pool: dict[str, t.Any],
    old: str,
    new: str,
) -> None:
    """Neither this run nor the next one regards it as its own; only adopt takes it over"""

    def make() -> None:
        name = {"UserPoolId": pool["id"], "ProviderName": "Entra"}
        cognito.create_identity_provider(**name, ProviderType="SAML", ProviderDetails={"MetadataFile": new})

    sandbox.world.faults.add(Interlude("cognito-idp", "CreateIdentityProvider", action=make))
    tags = {"managed-by": "openccp.federation"}
    refused = provider(metadata=old, tags=tags, _failed=True)
    assert "Somebody else has just created it" in refused["hint"]
    assert "was created by somebody else" in provider(metadata=old, tags=tags, _failed=True)["msg"]
    assert [entry["operation"] for entry in sandbox.world.traffic.entries(operation="UpdateIdentityProvider")] == []
    assert cognito.list_tags_for_resource(ResourceArn=pool["arn"])["Tags"] == {"cost": "1"}
    assert provider(metadata=old, tags=tags, adopt=True)["saml_provider"]["tags"] == tags


def test_tags_of_the_pool_are_left_alone(
    provider: t.Callable[..., ModuleResult], cognito: t.Any, pool: dict[str, t.Any], old: str
) -> None:
    provider(metadata=old, tags={"team": "voice"})
    provider(metadata=old, tags={"team": "chat"})
    tags = cognito.list_tags_for_resource(ResourceArn=pool["arn"])["Tags"]
    assert tags == {"cost": "1", "team/Entra": "chat"}
    provider(state="absent")
    assert cognito.list_tags_for_resource(ResourceArn=pool["arn"])["Tags"] == {"cost": "1"}


def test_an_address(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], info: t.Callable[..., ModuleResult]
) -> None:
    """facts/aws.md K2: Amazon Cognito fetches it itself; what it is known to hold is noted, since it shows none of
    it.
    """
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANT}]}})
    created = provider(metadata_url=URL)
    assert (
        created["actions"][-1]
        == "Record which certificates the SAML provider 'Entra' of the user pool 'desk' was made to fetch"
    )
    (thumbprint,) = created["saml_provider"]["trusted_thumbprints"]
    (saml_provider,) = info()["saml_providers"]
    assert (saml_provider["metadata_url"], saml_provider["trusted_thumbprints"]) == (URL, [thumbprint])
    operations(sandbox)
    assert not provider(metadata_url=URL)["changed"]
    assert operations(sandbox) == READS
    assert not provider(metadata_url=URL, expected_thumbprints=[thumbprint])["changed"]
    waited = provider(metadata_url=URL, expected_thumbprints=["A" * 40], wait_timeout=1, _failed=True)
    assert (
        f"Timed out after 1 seconds waiting for the metadata at {URL} to serve the certificates that are expected."
        in waited["msg"]
    )
    file_fed = provider(metadata=fetch(sandbox.world, URL))
    assert file_fed["saml_provider"]["metadata_url"] == ""
    assert file_fed["saml_provider"]["trusted_thumbprints"] == [thumbprint]


def test_only_what_this_collection_made_is_removed(provider: t.Callable[..., ModuleResult], old: str) -> None:
    """Ownership is noted on the user pool, since Amazon Cognito's providers have no tags."""
    provider(metadata=old)
    left = provider(state="absent", only_managed=True)
    assert (left["changed"], left["actions"]) == (False, [])
    provider(metadata=old, tags={"managed-by": "openccp.federation"}, adopt=True)
    assert provider(state="absent", only_managed=True, _check=True)["changed"]
    assert provider(state="absent", only_managed=True)["changed"]
    assert not provider(state="absent", only_managed=True)["changed"]


def test_an_address_of_others_that_serves_nothing(
    sandbox: Sandbox, provider: t.Callable[..., ModuleResult], info: t.Callable[..., ModuleResult], old: str
) -> None:
    """It keeps nobody from reading the other providers of the pool."""
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANT}]}})
    provider(metadata=old)
    provider(provider_name="Others", metadata_url=URL)
    sandbox.world.faults.add(Fault("login", "*", kind="error", times=100, status=404))
    ours, others = info()["saml_providers"]
    assert ours["trusted_thumbprints"]
    assert "metadata_error" not in ours
    assert URL in others["metadata_error"]
    assert "entity_id" not in others


def test_an_answer_that_was_lost(sandbox: Sandbox, provider: t.Callable[..., ModuleResult], old: str) -> None:
    sandbox.world.faults.add(Fault("cognito-idp", "CreateIdentityProvider", kind="lost"))
    tags = {"managed-by": "openccp.federation"}
    assert provider(metadata=old, tags=tags)["saml_provider"]["tags"] == tags


def test_signed_requests_and_encrypted_responses(
    provider: t.Callable[..., ModuleResult], cognito: t.Any, pool: dict[str, t.Any], old: str
) -> None:
    created = provider(metadata=old, request_signing=True, encrypted_responses=True)["saml_provider"]
    assert created["signing_certificate"] == cognito.get_signing_certificate(UserPoolId=pool["id"])["Certificate"]
    assert created["encryption_certificate"] not in (created["signing_certificate"], "")
    assert not provider(metadata=old, request_signing=True, encrypted_responses=True)["changed"]
    without = provider(request_signing=False, encrypted_responses=False)["saml_provider"]
    assert (without["request_signing"], without["encrypted_responses"]) == (False, False)


def test_warnings(sandbox: Sandbox, aws: dict[str, str], old: str) -> None:
    schema = [{"Name": "phone_number", "Required": True}]
    seed = {
        "account": ACCOUNT,
        "region": REGION,
        "name": "bare",
        "settings": {"Schema": schema},
        "clients": [{"ClientName": "web"}],
    }
    pool = clouds.seed(sandbox.world, {"aws": {"pools": [seed]}})["aws"]["pools"][0]
    options = {"user_pool_id": pool["id"], "provider_name": "Entra", "metadata": old, "clients": {"add": ["web"]}}
    warnings = " ".join(map(str, run_module("cognito_saml_provider", options, aws).get("warnings", [])))
    assert "has no domain" in warnings
    assert "no callback URL or may not use OAuth" in warnings
    assert "requires phone_number, which is not mapped" in warnings
