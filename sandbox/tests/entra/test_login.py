# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login service, driven by msal and by hand (facts/entra.md 8)."""

from __future__ import annotations

import datetime as dt
import json
import time
import typing as t

import jwt
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from federation_sandbox.clouds import seed
from federation_sandbox.entra.certificates import self_signed, thumbprint
from federation_sandbox.testing import Sandbox

NOW = dt.datetime.now(dt.UTC)
SCOPES = ["https://graph.microsoft.com/.default"]
Credential = tuple[rsa.RSAPrivateKey, x509.Certificate]
CLIENT = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(scope="module")
def credential() -> Credential:
    return self_signed("automation", NOW - dt.timedelta(days=1), NOW + dt.timedelta(days=30))


@pytest.fixture(scope="module")
def other_credential() -> Credential:
    return self_signed("other", NOW - dt.timedelta(days=1), NOW + dt.timedelta(days=30))


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def tenant_with(sandbox: Sandbox, cloud: str = "public", **client: t.Any) -> str:
    content = {"cloud": cloud, "clients": [{"client_id": CLIENT, **client}]}
    return str(seed(sandbox.world, {"entra": {"tenants": [content]}})["entra"]["tenants"][0]["id"])


def acquire(
    tenant: str,
    credential: t.Any,
    host: str = "login.microsoftonline.com",
    scopes: list[str] = SCOPES,
    client: str = CLIENT,
) -> dict[str, t.Any]:
    application = msal.ConfidentialClientApplication(
        client, client_credential=credential, authority=f"https://{host}/{tenant}"
    )
    return t.cast("dict[str, t.Any]", application.acquire_token_for_client(scopes=scopes))


def code(answer: dict[str, t.Any]) -> int:
    assert "access_token" not in answer
    return int(answer["error_codes"][0])


def test_secret(sandbox: Sandbox) -> None:
    """8.1"""
    tenant = tenant_with(sandbox, secrets=["s3cret"])
    token = acquire(tenant, "s3cret")["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["tid"], claims["appid"], claims["aud"]) == (tenant, CLIENT, "https://graph.microsoft.com")
    assert "Application.ReadWrite.All" in claims["roles"]


def test_wrong_secret_names_the_code_and_never_the_secret(sandbox: Sandbox) -> None:
    """8, 10.4: 7000215"""
    answer = acquire(tenant_with(sandbox, secrets=["s3cret"]), "wr0ng-value")
    assert code(answer) == 7000215
    assert "wr0ng-value" not in json.dumps(answer)
    assert "s3cret" not in json.dumps(answer)
    assert answer["correlation_id"]
    assert answer["error"] == "invalid_client"


def test_expired_secret(sandbox: Sandbox) -> None:
    """10.4: 7000222; the world's clock decides"""
    tenant = tenant_with(sandbox, secrets=[{"text": "s3cret", "end": "2099-01-01T00:00:00Z"}])
    assert "access_token" in acquire(tenant, "s3cret")
    sandbox.world.clock.set(dt.datetime(2099, 1, 2, tzinfo=dt.UTC))
    assert code(acquire(tenant, "s3cret")) == 7000222


def test_unknown_client(sandbox: Sandbox) -> None:
    """10.4: 700016"""
    tenant = tenant_with(sandbox, secrets=["s3cret"])
    assert code(acquire(tenant, "s3cret", client="22222222-2222-4222-8222-222222222222")) == 700016


def test_disabled_client(sandbox: Sandbox) -> None:
    """10.4: 7000112"""
    assert code(acquire(tenant_with(sandbox, secrets=["s3cret"], enabled=False), "s3cret")) == 7000112


def test_unknown_tenant(sandbox: Sandbox) -> None:
    """10.4: 90002; msal says it cannot read the authority's configuration"""
    url = "https://login.microsoftonline.com/99999999-9999-4999-8999-999999999999"
    answer = requests.get(f"{url}/v2.0/.well-known/openid-configuration", timeout=300)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        acquire("99999999-9999-4999-8999-999999999999", "s3cret")


@pytest.mark.parametrize(
    ("cloud", "host", "graph"),
    [
        ("public", "login.microsoftonline.com", "graph.microsoft.com"),
        ("usgov", "login.microsoftonline.us", "graph.microsoft.us"),
        ("usgov_dod", "login.microsoftonline.us", "dod-graph.microsoft.us"),
        ("china", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
        ("china", "login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_a_tenant_lives_in_one_cloud(sandbox: Sandbox, cloud: str, host: str, graph: str) -> None:
    """6.8: hosts by cloud; tokens are not interchangeable"""
    tenant = tenant_with(sandbox, cloud, secrets=["s3cret"])
    token = acquire(tenant, "s3cret", host, [f"https://{graph}/.default"])["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"https://{graph}/v1.0/applications", headers=headers, timeout=300).status_code == 200
    foreign = "graph.microsoft.us" if cloud == "public" else "graph.microsoft.com"
    refused = requests.get(f"https://{foreign}/v1.0/applications", headers=headers, timeout=300)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    if cloud != "public":
        with pytest.raises(ValueError, match="Unable to get authority configuration"):
            acquire(tenant, "s3cret")


def test_scope_of_another_cloud(sandbox: Sandbox) -> None:
    """6.8: scope = https://<graph host>/.default"""
    tenant = tenant_with(sandbox, secrets=["s3cret"])
    assert code(acquire(tenant, "s3cret", scopes=["https://graph.microsoft.us/.default"])) == 500011
    assert code(acquire(tenant, "s3cret", scopes=["https://graph.microsoft.com/User.Read"])) == 1002012


def test_certificate(sandbox: Sandbox, credential: Credential) -> None:
    """8.1: by SHA-1 thumbprint, and by the certificate alone (SHA-256)"""
    key, certificate = credential
    tenant = tenant_with(sandbox, certificates=[certificate_pem(certificate)])
    assert "access_token" in acquire(tenant, {"private_key": pem(key), "thumbprint": thumbprint(certificate)})
    assert "access_token" in acquire(
        tenant, {"private_key": pem(key), "public_certificate": certificate_pem(certificate)}
    )


def test_certificate_refused(
    sandbox: Sandbox,
    credential: Credential,
    other_credential: Credential,
) -> None:
    """10.4: 700027 for a certificate that is not registered, and for a signature by another key"""
    certificate, (other_key, other) = credential[1], other_credential
    tenant = tenant_with(sandbox, certificates=[certificate_pem(certificate)])
    assert code(acquire(tenant, {"private_key": pem(other_key), "thumbprint": thumbprint(other)})) == 700027
    assert code(acquire(tenant, {"private_key": pem(other_key), "thumbprint": thumbprint(certificate)})) == 700027


def test_assertion_is_held_to_time_and_audience(sandbox: Sandbox, credential: Credential) -> None:
    """700024, 700023"""
    key, certificate = credential
    tenant = tenant_with(sandbox, certificates=[certificate_pem(certificate)])
    url = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"

    def post(**claims: t.Any) -> dict[str, t.Any]:
        now = int(time.time())
        content = {"iss": CLIENT, "sub": CLIENT, "aud": url, "nbf": now, "exp": now + 300, **claims}
        digest = jwt.utils.base64url_encode(bytes.fromhex(thumbprint(certificate))).decode()
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "scope": SCOPES[0],
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(content, key, "RS256", {"x5t": digest}),
        }
        return t.cast("dict[str, t.Any]", requests.post(url, data=form, timeout=300).json())

    assert "access_token" in post()
    assert code(post(exp=int(time.time()) - 3600)) == 700024
    assert code(post(aud="https://example.com/")) == 700023
    assert code(post(sub="someone-else")) == 700021


def test_federated_token(sandbox: Sandbox, other_credential: Credential) -> None:
    """8.1: another issuer's token, by its published keys"""
    key, impostor = rsa.generate_private_key(65537, 2048), other_credential[0]
    public = {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": "one", "use": "sig"}
    trusted = {
        "issuer": "https://token.example.com",
        "subject": "runner",
        "audience": "api://AzureADTokenExchange",
        "jwks": {"keys": [public]},
    }
    tenant = tenant_with(sandbox, federated_credentials=[trusted])

    def token(signer: rsa.RSAPrivateKey = key, **claims: t.Any) -> dict[str, t.Callable[[], str]]:
        content = {
            "iss": trusted["issuer"],
            "sub": "runner",
            "aud": trusted["audience"],
            "exp": int(time.time()) + 300,
            **claims,
        }
        return {"client_assertion": lambda: jwt.encode(content, signer, "RS256", {"kid": "one"})}

    assert "access_token" in acquire(tenant, token())
    assert code(acquire(tenant, token(sub="another"))) == 700213
    assert code(acquire(tenant, token(iss="https://evil.example.com"))) == 700211
    assert code(acquire(tenant, token(aud="https://elsewhere"))) == 700212
    assert code(acquire(tenant, token(impostor))) == 50013
    assert code(acquire(tenant, token(exp=int(time.time()) - 3600))) == 700024


def test_managed_identity(sandbox: Sandbox) -> None:
    """8.2: a resource, not a scope"""
    tenant_with(sandbox, managed_identity=True)
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=requests.Session())
    token = client.acquire_token_for_client(resource="https://graph.microsoft.com")
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert (
        requests.get("https://graph.microsoft.com/v1.0/applications", headers=headers, timeout=300).status_code == 200
    )
    user = msal.ManagedIdentityClient(
        msal.UserAssignedManagedIdentity(client_id="unknown"), http_client=requests.Session()
    )
    assert user.acquire_token_for_client(resource="https://graph.microsoft.com")["error"] == "invalid_request"
    bare = requests.get("http://169.254.169.254/metadata/identity/oauth2/token", params={"resource": "x"}, timeout=300)
    assert bare.status_code == 400


def test_graph_verifies_the_token(sandbox: Sandbox, credential: Credential) -> None:
    """9.4: 401 for none, for a forged one and, by the world's clock, for an expired one"""
    tenant = tenant_with(sandbox, secrets=["s3cret"])
    token = acquire(tenant, "s3cret")["access_token"]

    def status(bearer: str | None) -> int:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return requests.get("https://graph.microsoft.com/v1.0/applications", headers=headers, timeout=300).status_code

    forged = jwt.encode(jwt.decode(token, options={"verify_signature": False}), credential[0], "RS256")
    assert [status(token), status(None), status("nonsense"), status(forged)] == [200, 401, 401, 401]
    sandbox.world.clock.advance(dt.timedelta(hours=2))
    assert status(token) == 401


def test_the_keys_are_published(sandbox: Sandbox) -> None:
    tenant = tenant_with(sandbox, secrets=["s3cret"])
    token = acquire(tenant, "s3cret")["access_token"]
    keys = requests.get(f"https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys", timeout=300).json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key.key, ["RS256"], audience="https://graph.microsoft.com")["tid"] == tenant
