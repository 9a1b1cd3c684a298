# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metadata of a SAML identity provider as Amazon Cognito reads it, from a document or from an address (facts/aws.md
8).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
import urllib.parse

from lxml import etree
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from federation_sandbox.aws.iam import metadata as iam_metadata
from federation_sandbox.service import Dropped
from federation_sandbox.world import World

_MD: t.Final = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_REDIRECT: t.Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
#: the longest certificate of a document, in characters (facts/aws.md 8)
_LONGEST_CERTIFICATE: t.Final = 4096
#: a document that was fetched is fetched again after this time (facts/aws.md K2: "within 6 hours or before it expires")
REFRESH: t.Final = dt.timedelta(hours=6)


@dataclasses.dataclass(frozen=True)
class IdentityProviderMetadata:
    """The parts of a metadata document that Cognito keeps."""

    signing: iam_metadata.Metadata
    sign_in: str
    sign_out: str
    valid_until: dt.datetime | None


def read(document: str) -> IdentityProviderMetadata:
    """Read a document; iam_metadata.Unusable when Cognito would not accept it."""
    signing = iam_metadata.read(document)
    root = etree.fromstring(document.encode())
    if any(len("".join((node.text or "").split())) > _LONGEST_CERTIFICATE for node in root.iter("{*}X509Certificate")):
        raise iam_metadata.Unusable(f"a certificate of more than {_LONGEST_CERTIFICATE} characters")
    sign_in = _location(root, "SingleSignOnService")
    if not sign_in:
        raise iam_metadata.Unusable("no SingleSignOnService with the binding HTTP-Redirect")
    until = root.get("validUntil")
    return IdentityProviderMetadata(
        signing, sign_in, _location(root, "SingleLogoutService"), dt.datetime.fromisoformat(until) if until else None
    )


def check_dates(document: IdentityProviderMetadata, now: dt.datetime) -> None:
    """Refuse expired certificates. Unlike IAM, Cognito does so when a provider is configured (facts/aws.md 8)."""
    for certificate in document.signing.certificates:
        if certificate.not_valid_after_utc <= now:
            raise iam_metadata.Unusable(
                f"a signing certificate that expired at {certificate.not_valid_after_utc:%Y-%m-%d}"
            )


def fetch(world: World, url: str) -> str:
    """The document at an address; Unusable when the address does not answer with one."""
    from federation_sandbox import clouds  # noqa: PLC0415 - the clouds import this service

    parts = urllib.parse.urlsplit(url)
    service = clouds.service_for(parts.hostname or "")
    if parts.scheme != "https" or service is None:
        raise iam_metadata.Unusable(f"nothing at {url}")
    environ = EnvironBuilder(
        path=parts.path or "/", query_string=parts.query, base_url=f"https://{parts.netloc}"
    ).get_environ()
    try:
        answer = service.serve(Request(environ), world)
    except Dropped:
        raise iam_metadata.Unusable(f"no answer from {url}") from None
    if answer.status_code != 200:
        raise iam_metadata.Unusable(f"{answer.status_code} from {url}")
    return answer.get_data().decode("utf-8-sig")


def _location(root: etree._Element, name: str) -> str:
    services = root.findall(f"{_MD}IDPSSODescriptor/{_MD}{name}")
    return next((str(each.get("Location")) for each in services if each.get("Binding") == _REDIRECT), "")
