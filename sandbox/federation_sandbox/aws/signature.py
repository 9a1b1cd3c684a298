# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signature Version 4, verified with botocore's own signer."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import typing as t

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials as BotocoreCredentials
from werkzeug import Request

from federation_sandbox.aws.accounts import Accounts, Caller, Credentials
from federation_sandbox.aws.hosts import Endpoint
from federation_sandbox.service import CloudError
from federation_sandbox.world import World

_AUTHORIZATION: t.Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/, ]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[^, ]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
#: replaces the digest of the body where the body is not signed
_NOT_HASHED: t.Final = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
_CLOCK_SKEW: t.Final = dt.timedelta(minutes=5)

_MISMATCH: t.Final = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


class _Signer(SigV4Auth):
    """Signs the headers that the client has signed."""

    def __init__(self, credentials: BotocoreCredentials, service: str, region: str, signed: set[str]) -> None:
        super().__init__(credentials, service, region)
        self._signed = signed

    def headers_to_sign(self, request: t.Any) -> HTTPHeaders:
        """The named headers only."""
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            if name.lower() in self._signed:
                headers[name.lower()] = value
        return headers


def caller_of(request: Request, world: World, endpoint: Endpoint) -> Caller:
    """The identity that signed the request; CloudError with AWS's code when the signature is missing or invalid."""
    authorization = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if authorization is None:
        if request.headers.get("Authorization"):
            raise CloudError(400, "IncompleteSignature", "Authorization header is not a Signature Version 4 header.")
        raise CloudError(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    credentials = world.state(Accounts).key(authorization["key"])
    if credentials is None or credentials.caller.partition != endpoint.partition:
        raise CloudError(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    _check_token(request, world, credentials)
    _check_scope(request, world, endpoint, authorization)
    signature = _signature(request, credentials, authorization)
    if not hmac.compare_digest(signature, authorization["signature"]):
        raise CloudError(403, "SignatureDoesNotMatch", _MISMATCH)
    return credentials.caller


def _check_token(request: Request, world: World, credentials: Credentials) -> None:
    if request.headers.get("X-Amz-Security-Token", "") != credentials.token:
        raise CloudError(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    if credentials.expires and credentials.expires <= world.clock.now():
        raise CloudError(403, "ExpiredToken", "The security token included in the request is expired")


def _check_scope(request: Request, world: World, endpoint: Endpoint, authorization: re.Match[str]) -> None:
    if authorization["service"] != endpoint.service:
        raise CloudError(
            403, "SignatureDoesNotMatch", f"Credential should be scoped to correct service: '{endpoint.service}'."
        )
    if authorization["region"] != endpoint.region:
        raise CloudError(
            403,
            "SignatureDoesNotMatch",
            f"Credential should be scoped to a valid region, not '{authorization['region']}'.",
        )
    try:
        signed_at = dt.datetime.strptime(request.headers.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        raise CloudError(400, "IncompleteSignature", "Date must be in ISO-8601 'basic format'.") from None
    # Clients sign with the machine's clock, which the world's moved clock does not change.
    now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=world.settings.aws_clock_skew)
    if abs(now - signed_at) > _CLOCK_SKEW:
        word, sign = ("expired", "now earlier") if signed_at < now else ("not yet current", "still later")
        message = f"Signature {word}: {signed_at:%Y%m%dT%H%M%SZ} is {sign} than {now:%Y%m%dT%H%M%SZ} (5 min.)"
        raise CloudError(403, "SignatureDoesNotMatch", message)


def _signature(request: Request, credentials: Credentials, authorization: re.Match[str]) -> str:
    body = request.get_data()
    url = f"https://{request.host}{request.environ['RAW_URI']}"
    signed = AWSRequest(method=request.method, url=url, headers=dict(request.headers), data=body)
    stated = request.headers.get("X-Amz-Content-SHA256")
    if stated not in (None, *_NOT_HASHED, hashlib.sha256(body).hexdigest()):
        raise CloudError(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    signed.context["timestamp"] = request.headers["X-Amz-Date"]
    keys = BotocoreCredentials(credentials.access_key, credentials.secret, credentials.token or None)
    signer = _Signer(keys, authorization["service"], authorization["region"], set(authorization["headers"].split(";")))
    return str(signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed))
