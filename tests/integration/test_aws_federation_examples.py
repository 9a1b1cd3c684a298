# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IAM modules' examples, run by ansible-playbook as they stand, and the metadata that Entra itself serves."""

from __future__ import annotations

import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from entra_factory import SMALL, Tenant
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from installed import needs_encryption
from support import run_examples, run_module


class Application(t.NamedTuple):
    """An application with a signing certificate in a tenant."""

    tenant_id: str
    app_id: str

    @property
    def metadata_url(self) -> str:
        """Where Entra serves its metadata."""
        return f"https://login.microsoftonline.com/{self.tenant_id}/federationmetadata/2007-06/federationmetadata.xml?appid={self.app_id}"


@pytest.fixture
def application(sandbox: Sandbox) -> Application:
    """Made by our own module, as a user's is."""
    tenant = Tenant(sandbox)
    created = tenant.run("azure_saml_app", SMALL)
    assert not created.failed, created["msg"]
    return Application(tenant.id, created["application"]["app_id"])


def test_metadata_from_entra(sandbox: Sandbox, aws: dict[str, str], application: Application) -> None:
    expected = f"https://sts.windows.net/{application.tenant_id}/"
    options = {
        "name": "Entra",
        "account_id": "123456789012",
        "metadata_url": application.metadata_url,
        "expected_entity_id": expected,
    }
    assert run_module("iam_saml_provider", options, aws)["saml_provider"]["entity_id"] == expected
    sandbox.world.traffic.clear()
    assert not run_module("iam_saml_provider", options, aws)["changed"]
    assert [entry["operation"] for entry in sandbox.world.traffic] == ["federation-metadata", "GetSAMLProvider"]
    other = options | {"metadata_url": application.metadata_url.replace(application.tenant_id, "no-such-tenant")}
    refused = run_module("iam_saml_provider", other, aws)
    assert "login.microsoftonline.com answered 400" in refused["msg"]


@needs_encryption
def test_examples_of_the_saml_provider(
    sandbox: Sandbox, aws: dict[str, str], application: Application, tmp_path: Path
) -> None:
    document = requests.get(
        application.metadata_url, proxies={"https": aws["HTTPS_PROXY"]}, verify=aws["REQUESTS_CA_BUNDLE"], timeout=300
    ).content
    (tmp_path / "federationmetadata.xml").write_bytes(document)
    key = rsa.generate_private_key(65537, 2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "assertions.pem").write_bytes(key.private_bytes(*form))
    played = run_examples("iam_saml_provider", aws, tmp_path, application._asdict())
    assert played.returncode == 0, played.stdout


@pytest.mark.parametrize("module", ["iam_saml_provider_info", "connect_federation_role"])
def test_examples(sandbox: Sandbox, aws: dict[str, str], saml: SimpleNamespace, tmp_path: Path, module: str) -> None:
    provider = {"account": "123456789012", "name": "Entra", "metadata": saml.metadata(saml.certificate())}
    clouds.seed(sandbox.world, {"aws": {"providers": [provider]}})
    played = run_examples(module, aws, tmp_path)
    assert played.returncode == 0, played.stdout
