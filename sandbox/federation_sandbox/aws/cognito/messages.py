# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages that Cognito sends to a SAML identity provider: sign-in and sign-out requests, signed if the provider is
configured for it.
"""

from __future__ import annotations

import base64
import datetime as dt
import typing as t
import urllib.parse
import uuid
import zlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]

from federation_sandbox.aws.cognito.store import Pool

_SAML: t.Final = "urn:oasis:names:tc:SAML:2.0:assertion"
_SAMLP: t.Final = "urn:oasis:names:tc:SAML:2.0:protocol"
_POST: t.Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_RSA_SHA256: t.Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

_saml = ElementMaker(namespace=_SAML, nsmap={"saml2": _SAML})
_samlp = ElementMaker(namespace=_SAMLP, nsmap={"saml2p": _SAMLP})


def new_id() -> str:
    """An identifier of a message."""
    return f"_{uuid.uuid4()}"


def sign_in_request(pool: Pool, identifier: str, host: str, location: str, now: dt.datetime) -> bytes:
    """The AuthnRequest for a sign-in at one of the pool's hosts."""
    request = _samlp.AuthnRequest(
        _saml.Issuer(pool.entity_id),
        ID=identifier,
        Version="2.0",
        IssueInstant=_instant(now),
        Destination=location,
        AssertionConsumerServiceURL=f"https://{host}/saml2/idpresponse",
        ProtocolBinding=_POST,
    )
    return etree.tostring(request)


def sign_out_request(pool: Pool, name_id: str, session: str, location: str, now: dt.datetime) -> bytes:
    """The LogoutRequest for one session."""
    request = _samlp.LogoutRequest(
        _saml.Issuer(pool.entity_id),
        _saml.NameID(name_id),
        _samlp.SessionIndex(session),
        ID=new_id(),
        Version="2.0",
        IssueInstant=_instant(now),
        Destination=location,
    )
    return etree.tostring(request)


def redirect(location: str, message: bytes, relay_state: str, pool: Pool | None) -> str:
    """The address that carries a message with the HTTP-Redirect binding. pool: the pool that signs the message, None
    for no signature.
    """
    deflated = zlib.compress(message, wbits=-15)
    query = urllib.parse.urlencode({"SAMLRequest": base64.b64encode(deflated).decode(), "RelayState": relay_state})
    if pool is not None:
        query += f"&{urllib.parse.urlencode({'SigAlg': _RSA_SHA256})}"
        signature = pool.key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
        query += f"&{urllib.parse.urlencode({'Signature': base64.b64encode(signature).decode()})}"
    return f"{location}{'&' if '?' in location else '?'}{query}"


def _instant(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
