# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to sign in to Entra ID, in every cloud, with azure_saml_app_info as the module that signs in."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from entra_factory import SECRET, Tenant
from federation_sandbox.testing import Sandbox
from key_pair import Pair, make_pair

INFO: t.Final = "azure_saml_app_info"
NO_SECRET: t.Final = {"AZURE_CLIENT_SECRET": ""}


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair()


@pytest.mark.parametrize("form", ["pem", "encrypted pem", "pfx", "environment"])
def test_certificate(sandbox: Sandbox, pair: Pair, tmp_path: Path, form: str) -> None:
    tenant = Tenant(sandbox, client={"secrets": [], "certificates": [pair.public_pem()]})
    file, password = tmp_path / "automation", "opens-the-key"
    file.write_bytes({"pem": pair.pem(), "pfx": pair.pfx(password.encode())}.get(form) or pair.pem(password.encode()))
    options: dict[str, str] = {"certificate_path": str(file)} | (
        {} if form == "pem" else {"certificate_password": password}
    )
    environment = {**NO_SECRET}
    if form == "environment":
        environment |= {"AZURE_CLIENT_CERTIFICATE_PATH": str(file), "AZURE_CLIENT_CERTIFICATE_PASSWORD": password}
        options = {}
    result = tenant.run(INFO, options, environment)
    assert result["applications"] == []
    assert password not in result.raw


def test_certificate_that_is_none_or_of_another(tenant: Tenant, pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "automation.pem"
    for content in (b"nothing", pair.public_pem().encode(), pair.pem(b"other password")):
        file.write_bytes(content)
        refused = tenant.run(INFO, {"certificate_path": str(file)}, NO_SECRET)
        assert "does not hold a certificate with its private key" in refused["msg"]
        assert tenant.requests() == []
    file.write_bytes(pair.pem())
    refused = tenant.run(INFO, {"certificate_path": str(file)}, NO_SECRET)
    assert refused["error_code"] == "AADSTS700027"


def test_federated_token(sandbox: Sandbox, pair: Pair, tmp_path: Path) -> None:
    tenant = Tenant(sandbox, client={"secrets": [], "federated_credentials": [pair.federated_credential()]})
    file = tmp_path / "token"
    file.write_text(pair.token(), encoding="utf-8")
    assert not tenant.run(INFO, {"federated_token_file": str(file)}, NO_SECRET).failed
    assert not tenant.run(INFO, {}, {**NO_SECRET, "AZURE_FEDERATED_TOKEN_FILE": str(file)}).failed

    file.write_text(pair.token("somebody else"), encoding="utf-8")
    refused = tenant.run(INFO, {"federated_token_file": str(file)}, NO_SECRET)
    assert refused["error_code"] == "AADSTS700213"
    assert "cannot be read" in tenant.run(INFO, {"federated_token_file": str(tmp_path / "none")}, NO_SECRET)["msg"]


def test_managed_identity(sandbox: Sandbox) -> None:
    tenant = Tenant(sandbox, client={"secrets": [], "managed_identity": True})
    environment = {**NO_SECRET, "AZURE_TENANT_ID": "", "AZURE_CLIENT_ID": "", "NO_PROXY": "", "no_proxy": ""}
    assert tenant.run(INFO, {"managed_identity": True}, environment)["applications"] == []


def test_what_a_task_gives_wins_over_the_environment(tenant: Tenant, tmp_path: Path) -> None:
    """The secret in the environment is right, but the task names a file."""
    assert "cannot be read" in tenant.run(INFO, {"certificate_path": str(tmp_path / "none")})["msg"]
    both = tenant.run(INFO, {"client_secret": SECRET, "federated_token_file": str(tmp_path / "none")})
    assert "mutually exclusive" in both["msg"]


def test_environment_of_the_other_azure_tools(tenant: Tenant) -> None:
    environment = {"AZURE_TENANT_ID": "", "AZURE_TENANT": tenant.id, "AZURE_CLIENT_SECRET": "", "AZURE_SECRET": SECRET}
    assert not tenant.run(INFO, {}, {**environment, "AZURE_CLOUD_ENVIRONMENT": "AzureCloud"}).failed


@pytest.mark.parametrize("cloud", ["public", "usgov", "usgov_dod", "china"])
def test_clouds(sandbox: Sandbox, cloud: str) -> None:
    tenant = Tenant(sandbox, cloud=cloud)
    assert tenant.run(INFO, {"cloud": cloud})["applications"] == []
    hosts = {call["host"] for call in tenant.world.traffic}
    other = "public" if cloud != "public" else "usgov"
    assert tenant.run(INFO, {"cloud": other}).failed
    assert hosts.isdisjoint({call["host"] for call in tenant.world.traffic}) or {cloud, other} == {"usgov", "usgov_dod"}


def test_own_addresses(tenant: Tenant) -> None:
    options = {
        "cloud": "usgov",
        "authority_url": "https://login.microsoftonline.com/",
        "graph_url": "https://graph.microsoft.com",
    }
    assert not tenant.run(INFO, options).failed
    assert "is not an https address" in tenant.run(INFO, {"graph_url": "http://graph.microsoft.com"})["msg"]
