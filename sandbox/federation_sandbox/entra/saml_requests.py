# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests of applications to Entra ID's SAML endpoint for a sign-in or a sign-out, with the error codes of
facts/entra.md 10.4.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
import typing as t
import urllib.parse
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree
from werkzeug import Request

from federation_sandbox.entra.access import Refused
from federation_sandbox.entra.certificates import load_certificate
from federation_sandbox.entra.state import Record

_SAML: t.Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_SAMLP: t.Final = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_PASSWORD: t.Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"  # noqa: S105 - the name of a class
_UNSPECIFIED: t.Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
_POST: t.Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_RSA_SHA256: t.Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_LONGEST: t.Final = 100_000
#: the formats of a name identifier that may be asked for
NAME_ID_FORMATS: t.Final = frozenset(
    {
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
    }
)


@dataclasses.dataclass(frozen=True)
class SamlRequest:
    """A request. reply_url and index: where the response is to be sent, empty and None for the default."""

    kind: t.Literal["AuthnRequest", "LogoutRequest"]
    id: str
    issuer: str
    reply_url: str = ""
    index: int | None = None
    name_id_format: str = ""
    force: bool = False
    passive: bool = False


def parse(request: Request) -> SamlRequest:
    """The SAML request in the query or the form of an HTTP request."""
    message = request.values.get("SAMLRequest")
    if not message:
        raise Refused(
            750054,
            (
                "SAMLRequest or SAMLResponse must be present as query string parameters in HTTP request for SAML "
                "Redirect binding."
            ),
        )
    root = _root(message, deflated="SAMLRequest" in request.args)
    kind = etree.QName(root).localname
    if root.tag not in (f"{_SAMLP}AuthnRequest", f"{_SAMLP}LogoutRequest"):
        raise _invalid("the message is no AuthnRequest")
    issuer = (root.findtext(f"{_SAML}Issuer") or "").strip()
    if root.get("Version") != "2.0" or not issuer or not root.get("IssueInstant"):
        raise _invalid("Version, Issuer or IssueInstant is missing")
    if not re.match(r"[A-Za-z_]", root.get("ID") or ""):
        raise _invalid("the ID does not begin with a letter or an underscore")
    destination = root.get("Destination")
    if destination and urllib.parse.urlsplit(destination)[:3] != ("https", request.host, request.path):
        raise Refused(
            75008, "The request to the application was denied since the SAML request had an unexpected destination."
        )
    if kind == "LogoutRequest":
        return SamlRequest("LogoutRequest", str(root.get("ID")), issuer)
    return _sign_in_request(root, issuer)


def check_signature(request: Request, application: Record, principal: Record) -> None:
    """Refuse an unsigned request if the application is configured to sign its requests."""
    settings = application.get("requestSignatureVerification") or {}
    if not settings.get("isSignedRequestRequired"):
        return
    text = (
        f"The request sent by client is not signed while the application '{principal['appId']}' requires "
        f"signed requests."
    )
    signature = request.args.get("Signature")
    if not signature or request.args.get("SigAlg") != _RSA_SHA256:
        raise Refused(76021, text)
    signed = request.query_string.partition(b"&Signature=")[0]
    credentials = [*(principal.get("keyCredentials") or ()), *(application.get("keyCredentials") or ())]
    keys = [
        load_certificate(each["key"]).public_key()
        for each in credentials
        if each["usage"] == "Verify" and each.get("key")
    ]
    if not any(_verifies(key, base64.b64decode(signature), signed) for key in keys):
        raise Refused(76021, text)


def _verifies(key: t.Any, signature: bytes, signed: bytes) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
            return True
    except InvalidSignature:
        pass
    return False


def _sign_in_request(root: etree._Element, issuer: str) -> SamlRequest:
    if root.get("ProtocolBinding", _POST) != _POST:
        raise _invalid("ProtocolBinding is not HTTP-POST")
    context = root.find(f"{_SAMLP}RequestedAuthnContext")
    if context is not None and context.get("Comparison", "exact") == "exact":
        methods = [(each.text or "").strip() for each in context.findall(f"{_SAML}AuthnContextClassRef")]
        if not {_PASSWORD, _UNSPECIFIED} & set(methods):
            raise Refused(
                75011,
                "Authentication method 'Password' by which the user authenticated with the service doesn't match "
                "requested "
                f"authentication method '{', '.join(methods)}'.",
            )
    policy = root.find(f"{_SAMLP}NameIDPolicy")
    form = policy.get("Format", "") if policy is not None else ""
    if form and form not in NAME_ID_FORMATS:
        raise Refused(75016, "SAML2 Authentication Request has invalid NameIdPolicy.")
    index = root.get("AssertionConsumerServiceIndex")
    return SamlRequest(
        "AuthnRequest",
        str(root.get("ID")),
        issuer,
        root.get("AssertionConsumerServiceURL", ""),
        int(index) if index and index.isdigit() else None,
        form,
        root.get("ForceAuthn") == "true",
        root.get("IsPassive") == "true",
    )


def _root(message: str, *, deflated: bool) -> etree._Element:
    if len(message) > _LONGEST:
        raise _invalid("it is too long")
    try:
        decoded = base64.b64decode("".join(message.split()), validate=True)
        document = zlib.decompressobj(wbits=-15).decompress(decoded, _LONGEST) if deflated else decoded
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        root = etree.fromstring(document, parser)
    except (binascii.Error, ValueError, zlib.error, etree.XMLSyntaxError):
        raise _invalid("it cannot be read") from None
    if t.cast("t.Any", root.getroottree().docinfo).doctype:
        raise _invalid("it has a document type declaration")
    return root


def _invalid(reason: str) -> Refused:
    return Refused(75005, f"The request is not a valid Saml2 protocol message: {reason}.")
