# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import typing as t
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.openccp.federation.plugins.doc_fragments.entra import ModuleDocFragment
from ansible_collections.openccp.federation.plugins.module_utils._domain.clouds import CLOUDS, Cloud
from ansible_collections.openccp.federation.plugins.module_utils._entra import auth
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput

TENANT: t.Final = "00112233-4455-6677-8899-aabbccddeeff"
PLACE: t.Final = auth.Endpoint(CLOUDS["public"], TENANT, "the-client")


def test_the_fragment_describes_the_options() -> None:
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert set(documented) == set(auth.ENTRA_ARGUMENT_SPEC)
    for option, spec in auth.ENTRA_ARGUMENT_SPEC.items():
        description = " ".join(documented[option]["description"])
        for key in ("type", "choices", "default"):
            assert documented[option].get(key) == spec.get(key), option
        variables = [*spec.get("fallback", (None, []))[1], *auth.CREDENTIAL_VARIABLES.get(option, ())]
        assert all(f"E({variable})" in description for variable in variables), option


def test_secrets_are_secret() -> None:
    secret = {option for option, spec in auth.ENTRA_ARGUMENT_SPEC.items() if spec.get("no_log")}
    assert secret == {"client_secret", "certificate_password"}
    assert "hunter2" not in repr([auth.ClientSecret("hunter2"), auth.ClientCertificate("/key", "hunter2")])


@pytest.mark.parametrize(
    ("params", "environment", "expected"),
    [
        ({"client_secret": "given"}, {"AZURE_CLIENT_SECRET": "other"}, auth.ClientSecret("given")),
        ({}, {"AZURE_CLIENT_SECRET": "one", "AZURE_SECRET": "two"}, auth.ClientSecret("one")),
        ({}, {"AZURE_CLIENT_SECRET": "", "AZURE_SECRET": "two"}, auth.ClientSecret("two")),
        ({"certificate_path": "/key"}, {"AZURE_CLIENT_SECRET": "other"}, auth.ClientCertificate("/key")),
        (
            {"certificate_path": "/key"},
            {"AZURE_CLIENT_CERTIFICATE_PASSWORD": "other's"},
            auth.ClientCertificate("/key"),
        ),
        (
            {},
            {"AZURE_X509_CERTIFICATE_PATH": "/key", "AZURE_FEDERATED_TOKEN_FILE": "/token"},
            auth.ClientCertificate("/key"),
        ),
        ({"federated_token_file": "/token"}, {"AZURE_CLIENT_SECRET": "other"}, auth.FederatedTokenFile("/token")),
        ({}, {"AZURE_FEDERATED_TOKEN_FILE": "/token"}, auth.FederatedTokenFile("/token")),
        ({"managed_identity": True}, {"AZURE_CLIENT_SECRET": "other"}, auth.ManagedIdentity()),
        ({"managed_identity": False}, {"AZURE_CLIENT_SECRET": "one"}, auth.ClientSecret("one")),
    ],
)
def test_credential(params: dict[str, t.Any], environment: dict[str, str], expected: auth.Credential) -> None:
    assert auth.credential_of(params, environment) == expected


def test_no_credential() -> None:
    with pytest.raises(InvalidInput, match="No credentials"):
        auth.credential_of({}, {"AZURE_TENANT_ID": TENANT})


def test_place() -> None:
    place = auth.place_of(
        {"cloud": "usgov", "tenant_id": TENANT, "client_id": "c", "graph_url": "https://graph.example.com/"}
    )
    assert place.scope == "https://graph.example.com/.default"
    assert place.cloud.authority_url == "https://login.microsoftonline.us"
    with pytest.raises(InvalidInput, match="AZURE_CLIENT_ID"):
        auth.Endpoint(CLOUDS["public"], TENANT, None).required_client_id()


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (
            {"error_codes": [7000215], "error_description": "AADSTS7000215: Invalid client secret s3cret."},
            "AADSTS7000215",
            "secret is wrong",
        ),
        ({"error_codes": [7000222]}, "AADSTS7000222", "expired"),
        (
            {"error_description": "AADSTS700016: Application not found."},
            "AADSTS700016",
            "no application with this client_id",
        ),
        ({"error_codes": [999], "error": "invalid_client"}, "AADSTS999", "was refused"),
        ({"error": "temporarily_unavailable"}, "temporarily_unavailable", "was refused"),
        ({"error_description": "Unable to get authority configuration for https://…"}, "AADSTS90002", "no such tenant"),
    ],
)
def test_refusal(answer: dict[str, t.Any], code: str, message: str) -> None:
    error = auth.refusal(PLACE, answer)
    assert error.code == code
    assert message in error.message
    assert TENANT in error.message
    assert "s3cret" not in str(error)
    assert error.hint


@pytest.mark.parametrize(
    ("value", "expected"),
    [("AzureUSGovernment", "usgov"), ("china", "china"), ("AzureGermanCloud", "AzureGermanCloud")],
)
def test_cloud_of_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, expected: str) -> None:
    """A name that is neither is left for the choices to refuse."""
    monkeypatch.setenv("AZURE_CLOUD_ENVIRONMENT", value)
    assert auth.cloud_fallback("AZURE_CLOUD_ENVIRONMENT") == expected


class Recorder:
    """A session that notes what is asked, and answers with a token, or with a configuration that is another's."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def get(self, url: str, **_more: t.Any) -> SimpleNamespace:
        self.urls.append(url)
        elsewhere = {
            f"{name}_endpoint": "https://login.example.com/a-tenant/token" for name in ("authorization", "token")
        }
        return SimpleNamespace(
            status_code=200, text=json.dumps({**elsewhere, "issuer": "https://login.example.com"}), headers={}
        )

    def post(self, url: str, **_more: t.Any) -> SimpleNamespace:
        self.urls.append(url)
        return SimpleNamespace(
            status_code=200, text=json.dumps({"access_token": "token", "expires_in": 3600}), headers={}
        )


CONFIGURATION: t.Final = "v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_known_authority_is_not_asked_for_its_configuration(cloud: str) -> None:
    session = Recorder()
    answer = auth.ClientSecret("hunter2").client(
        auth.Endpoint(CLOUDS[cloud], TENANT, "the-client"), t.cast("t.Any", session)
    )()
    assert answer["access_token"] == "token"
    assert session.urls == [f"{CLOUDS[cloud].authority_url}/{TENANT}/oauth2/v2.0/token"]


@pytest.mark.parametrize(
    ("cloud", "tenant"),
    [
        (dataclasses.replace(CLOUDS["public"], authority_url="https://login.example.com"), TENANT),
        (CLOUDS["public"], "contoso.com"),
    ],
)
def test_any_other_authority_is(cloud: Cloud, tenant: str) -> None:
    session = Recorder()
    auth.ClientSecret("hunter2").client(auth.Endpoint(cloud, tenant, "the-client"), t.cast("t.Any", session))()
    assert session.urls == [
        f"{cloud.authority_url}/{tenant}/{CONFIGURATION}",
        "https://login.example.com/a-tenant/token",
    ]
