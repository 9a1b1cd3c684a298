# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authenticates applications at the login service: by a secret, a certificate, or a token of another issuer."""

from __future__ import annotations

import base64
import collections.abc
import hmac
import typing as t

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from federation_sandbox.entra.state import Client, FederatedCredential, Tenant
from federation_sandbox.entra.tokens import machine_now
from federation_sandbox.service import CloudError

ASSERTION_TYPE: t.Final[str] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLOCK_SKEW: t.Final[int] = 300


def refusal(number: int, text: str, error: str = "invalid_client", status: int = 401) -> CloudError:
    """An error response of the login service."""
    return CloudError(status, error, f"AADSTS{number}: {text}", number=number)


def authenticate(
    tenant: Tenant, client: Client, form: collections.abc.Mapping[str, str], audiences: collections.abc.Set[str]
) -> None:
    """Verify the proof in a token request. audiences: the accepted audiences of a client's own assertion."""
    if form.get("client_secret"):
        _check_secret(tenant, client, form["client_secret"])
    elif form.get("client_assertion"):
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise refusal(
                900144,
                "The request body must contain the following parameter: 'client_assertion_type'.",
                "invalid_request",
                400,
            )
        _check_assertion(client, form["client_assertion"], audiences)
    else:
        raise refusal(
            7000216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )


def _check_secret(tenant: Tenant, client: Client, secret: str) -> None:
    matching = [each for each in client.secrets if hmac.compare_digest(each.text.encode(), secret.encode())]
    if not matching:
        raise refusal(
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
            "value, not the client "
            f"secret ID, for a secret added to app '{client.app_id}'.",
        )
    if all(each.end <= tenant.world.entra_now() for each in matching):
        raise refusal(7000222, f"The provided client secret keys for app '{client.app_id}' are expired.")


def _check_assertion(client: Client, assertion: str, audiences: collections.abc.Set[str]) -> None:
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as reason:
        raise refusal(50027, "JWT token is invalid or malformed.", "invalid_request", 400) from reason
    if claims.get("iss") == client.app_id:
        _check_own(client, assertion, header, claims, audiences)
    else:
        _check_federated(client, assertion, header, claims)
    _check_times(claims)


def _check_own(
    client: Client,
    assertion: str,
    header: collections.abc.Mapping[str, t.Any],
    claims: collections.abc.Mapping[str, t.Any],
    audiences: collections.abc.Set[str],
) -> None:
    certificate = next((each for each in client.certificates if _named_by(header, each)), None)
    if certificate is None:
        raise refusal(
            700027,
            "The certificate with identifier used to sign the client assertion is not registered on application. "
            "[Reason - The key was "
            f"not found., Please visit the Azure Portal to see the configured keys of application '{client.app_id}'.]",
        )
    if not certificate.not_valid_before_utc <= machine_now() < certificate.not_valid_after_utc:
        raise refusal(700027, "Client assertion failed signature validation. [Reason - The key used is expired.]")
    try:
        public: t.Any = certificate.public_key()
        jwt.decode(assertion, public, algorithms=["RS256", "PS256"], options=_ONLY_THE_SIGNATURE)
    except jwt.InvalidTokenError as reason:
        raise refusal(700027, "Client assertion failed signature validation.") from reason
    if claims.get("sub") != client.app_id:
        raise refusal(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
    if claims.get("aud") not in audiences:
        raise refusal(700023, "Client assertion audience claim does not match Realm issuer.")


def _check_federated(
    client: Client,
    assertion: str,
    header: collections.abc.Mapping[str, t.Any],
    claims: collections.abc.Mapping[str, t.Any],
) -> None:
    matching = list(client.federated)
    for name, number in (("issuer", 700211), ("subject", 700213), ("audience", 700212)):
        value = claims.get(name[:3])
        matching = [each for each in matching if value == getattr(each, name)]
        if not matching:
            raise refusal(
                number, f"No matching federated identity record found for presented assertion {name} '{value}'."
            )
    if not any(_signed_by(each, assertion, header) for each in matching):
        raise refusal(
            50013,
            (
                "Assertion failed signature validation. [Reason - The provided signature value did not match the "
                "expected.]"
            ),
        )


def _signed_by(credential: FederatedCredential, assertion: str, header: collections.abc.Mapping[str, t.Any]) -> bool:
    key: t.Any = credential.keys.get(str(header.get("kid", ""))) or credential.keys.get("")
    try:
        return key is not None and bool(jwt.decode(assertion, key, algorithms=["RS256"], options=_ONLY_THE_SIGNATURE))
    except jwt.InvalidTokenError:
        return False


def _check_times(claims: collections.abc.Mapping[str, t.Any]) -> None:
    now = machine_now().timestamp()
    start, end = claims.get("nbf", 0), claims.get("exp")
    if (
        not isinstance(end, (int, float))
        or not isinstance(start, (int, float))
        or not start - _CLOCK_SKEW <= now < end + _CLOCK_SKEW
    ):
        raise refusal(700024, "Client assertion is not within its valid time range.")


def _named_by(header: collections.abc.Mapping[str, t.Any], certificate: x509.Certificate) -> bool:
    named = {"x5t": hashes.SHA1(), "x5t#S256": hashes.SHA256()}  # noqa: S303 - identifiers, not proofs
    fingerprints = [(header[name], algorithm) for name, algorithm in named.items() if name in header]
    return bool(fingerprints) and all(
        value.rstrip("=") == _encoded(certificate.fingerprint(algorithm)) for value, algorithm in fingerprints
    )


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


_ONLY_THE_SIGNATURE: t.Final[t.Any] = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
