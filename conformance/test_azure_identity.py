# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft's credentials against the token endpoint, over both of their transports (facts/entra.md 6.8 and 8)."""

from __future__ import annotations

import datetime as dt
import inspect
import time
import typing as t

import azure.identity
import azure.identity.aio
import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from federation_sandbox import clouds
from federation_sandbox.entra.certificates import self_signed
from federation_sandbox.testing import Sandbox

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("package", [azure.identity, azure.identity.aio], ids=["requests", "aiohttp"]),
]

CLIENT, SECRET = "11111111-1111-4111-8111-111111111111", "not-a-real-secret"
SCOPE = "https://graph.microsoft.com/.default"
FEDERATED = {"issuer": "https://token.example.com", "subject": "runner", "audience": "api://AzureADTokenExchange"}


@pytest.fixture(scope="module")
def pair() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A client's key and certificate."""
    now = dt.datetime.now(dt.UTC)
    return self_signed("automation", now - dt.timedelta(days=1), now + dt.timedelta(days=30))


def tenant_with(sandbox: Sandbox, cloud: str = "public", **client: t.Any) -> str:
    content = {"cloud": cloud, "clients": [{"client_id": CLIENT, **client}]}
    return str(clouds.seed(sandbox.world, {"entra": {"tenants": [content]}})["entra"]["tenants"][0]["id"])


async def token(credential: t.Any, scope: str = SCOPE) -> str:
    """The token that a credential gets, synchronous or not."""
    answer = credential.get_token(scope)
    closing = None
    try:
        access_token = await answer if inspect.isawaitable(answer) else answer
    finally:
        closing = credential.close()
        if inspect.isawaitable(closing):
            await closing
    assert 3000 < access_token.expires_on - time.time() <= 3600
    return str(access_token.token)


async def test_a_secret(package: t.Any, sandbox: Sandbox) -> None:
    """8.1"""
    tenant = tenant_with(sandbox, secrets=[SECRET])
    access_token = await token(package.ClientSecretCredential(tenant, CLIENT, SECRET))
    claims = jwt.decode(access_token, options={"verify_signature": False})
    assert (claims["tid"], claims["appid"], claims["aud"]) == (tenant, CLIENT, "https://graph.microsoft.com")


async def test_refusals_name_the_reason(package: t.Any, sandbox: Sandbox) -> None:
    """10.4: 7000215, 7000222, 700016, 90002"""
    tenant = tenant_with(sandbox, secrets=[{"text": SECRET, "end": "2020-01-01T00:00:00Z"}])
    refused = (
        (package.ClientSecretCredential(tenant, CLIENT, "wrong"), "AADSTS7000215"),
        (package.ClientSecretCredential(tenant, CLIENT, SECRET), "AADSTS7000222"),
        (package.ClientSecretCredential(tenant, "22222222-2222-4222-8222-222222222222", SECRET), "AADSTS700016"),
    )
    for credential, number in refused:
        with pytest.raises(ClientAuthenticationError, match=number) as raised:
            await token(credential)
        assert SECRET not in str(raised.value)


async def test_a_certificate(
    package: t.Any, sandbox: Sandbox, pair: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    """8.1: an assertion of the client's own, signed with its key"""
    key, certificate = pair
    public = certificate.public_bytes(Encoding.PEM)
    both = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + public
    tenant = tenant_with(sandbox, certificates=[public.decode()])
    assert await token(package.CertificateCredential(tenant, CLIENT, certificate_data=both))
    stranger = tenant_with(sandbox, secrets=[SECRET])
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        await token(package.CertificateCredential(stranger, CLIENT, certificate_data=both))


async def test_another_issuer_s_token(
    package: t.Any, sandbox: Sandbox, pair: tuple[rsa.RSAPrivateKey, x509.Certificate], tmp_path: t.Any
) -> None:
    """8.1, 8.3: as an assertion, and from the file of a workload identity"""
    key = pair[0]
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    tenant = tenant_with(sandbox, federated_credentials=[{**FEDERATED, "public_key": public}])

    def assertion(**claims: t.Any) -> str:
        content = {
            "iss": FEDERATED["issuer"],
            "sub": "runner",
            "aud": FEDERATED["audience"],
            "exp": int(time.time()) + 300,
            **claims,
        }
        return jwt.encode(content, key, "RS256")

    assert await token(package.ClientAssertionCredential(tenant, CLIENT, assertion))
    file = tmp_path / "token"
    file.write_text(assertion(), encoding="utf-8")
    assert await token(
        package.WorkloadIdentityCredential(tenant_id=tenant, client_id=CLIENT, token_file_path=str(file))
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS700213"):
        await token(package.ClientAssertionCredential(tenant, CLIENT, lambda: assertion(sub="another")))


async def test_the_environment(package: t.Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """8.3"""
    tenant = tenant_with(sandbox, secrets=[SECRET])
    for name, value in (("TENANT_ID", tenant), ("CLIENT_ID", CLIENT), ("CLIENT_SECRET", SECRET)):
        monkeypatch.setenv(f"AZURE_{name}", value)
    assert await token(package.EnvironmentCredential())


@pytest.mark.parametrize(
    ("cloud", "authority", "graph"),
    [
        ("usgov", azure.identity.AzureAuthorityHosts.AZURE_GOVERNMENT, "graph.microsoft.us"),
        ("usgov_dod", azure.identity.AzureAuthorityHosts.AZURE_GOVERNMENT, "dod-graph.microsoft.us"),
        ("china", azure.identity.AzureAuthorityHosts.AZURE_CHINA, "microsoftgraph.chinacloudapi.cn"),
    ],
)
async def test_national_clouds(package: t.Any, sandbox: Sandbox, cloud: str, authority: str, graph: str) -> None:
    """6.8: each has hosts of its own, and none knows another's tenants"""
    tenant = tenant_with(sandbox, cloud, secrets=[SECRET])
    access_token = await token(
        package.ClientSecretCredential(tenant, CLIENT, SECRET, authority=authority), f"https://{graph}/.default"
    )
    answer = requests.get(
        f"https://{graph}/v1.0/applications", headers={"Authorization": f"Bearer {access_token}"}, timeout=300
    )
    assert answer.status_code == 200
    with pytest.raises((ClientAuthenticationError, ValueError)):
        await token(package.ClientSecretCredential(tenant, CLIENT, SECRET))


async def test_a_managed_identity(package: t.Any, sandbox: Sandbox) -> None:
    """8.2"""
    tenant_with(sandbox, managed_identity=True)
    access_token = await token(package.ManagedIdentityCredential())
    assert jwt.decode(access_token, options={"verify_signature": False})["appid"] == CLIENT
