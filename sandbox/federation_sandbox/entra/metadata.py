# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The federation metadata document: signed, different at each read, and with every certificate of the application."""

from __future__ import annotations

import base64
import codecs
import typing as t
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]
from signxml import methods
from signxml.signer import XMLSigner

from federation_sandbox.entra.certificates import active_signing_certificate, der, signing_certificates
from federation_sandbox.entra.clients import refusal
from federation_sandbox.entra.state import Directory, Tenant, match

MD: t.Final[str] = "urn:oasis:names:tc:SAML:2.0:metadata"
DS: t.Final[str] = "http://www.w3.org/2000/09/xmldsig#"
FED: t.Final[str] = "http://docs.oasis-open.org/wsfed/federation/200706"
AUTH: t.Final[str] = "http://docs.oasis-open.org/wsfed/authorization/200706"
WSA: t.Final[str] = "http://www.w3.org/2005/08/addressing"
XSI: t.Final[str] = "http://www.w3.org/2001/XMLSchema-instance"
_BINDINGS: t.Final[str] = "urn:oasis:names:tc:SAML:2.0:bindings:"
_CLAIMS: t.Final[tuple[tuple[str, str], ...]] = (
    ("Name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"),
    ("Subject", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"),
    ("Given Name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname"),
    ("Surname", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname"),
    ("Email", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"),
    ("Display Name", "http://schemas.microsoft.com/identity/claims/displayname"),
    ("TenantId", "http://schemas.microsoft.com/identity/claims/tenantid"),
    ("User Identifier", "http://schemas.microsoft.com/identity/claims/objectidentifier"),
)

_md = ElementMaker(namespace=MD, nsmap={None: MD})
_ds = ElementMaker(namespace=DS, nsmap={None: DS})
_fed = ElementMaker(namespace=FED, nsmap={"fed": FED})
_auth = ElementMaker(namespace=AUTH, nsmap={"auth": AUTH})
_wsa = ElementMaker(namespace=WSA, nsmap={"wsa": WSA})


def federation_metadata(directory: Directory, tenant: Tenant, host: str, app_id: str | None) -> bytes:
    """The document of a tenant. With an application that has its own certificates, it contains these."""
    key, signer = directory.cloud_keys(tenant.cloud)
    certificates = [signer]
    if app_id is not None:
        record = match(tenant["servicePrincipals"].all_published(), appId=app_id.lower())
        if record is None:
            raise refusal(
                700016,
                f"Application with identifier '{app_id}' was not found in the directory '{tenant.display_name}'.",
                "unauthorized_client",
                400,
            )
        own = signing_certificates(record, tenant.signing_keys)
        if not own and not tenant.world.settings.metadata_before_certificate:
            text = f"Application with identifier '{app_id}' has no certificate of its own in the directory."
            raise refusal(700016, text, "unauthorized_client", 400)
        if own:
            active = active_signing_certificate(record, tenant.signing_keys, tenant.world.entra_now()) or own[0]
            key, signer = active.key, active.certificate
            certificates = [each.certificate for each in own]
    return _signed(_document(tenant, host, certificates), key, signer)


def _document(tenant: Tenant, host: str, certificates: list[x509.Certificate]) -> etree._Element:
    sign_in = f"https://{host}/{tenant.id}/saml2"
    entity_id = f"https://sts.windows.net/{tenant.id}/"
    wsfed = f"https://{host}/{tenant.id}/wsfed"
    identity_provider = _md.IDPSSODescriptor(
        *_keys(certificates),
        _md.SingleLogoutService(Binding=f"{_BINDINGS}HTTP-Redirect", Location=sign_in),
        _md.SingleSignOnService(Binding=f"{_BINDINGS}HTTP-Redirect", Location=sign_in),
        _md.SingleSignOnService(Binding=f"{_BINDINGS}HTTP-POST", Location=sign_in),
        protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol",
    )
    token_service = _role(
        "fed:SecurityTokenServiceType",
        certificates,
        _fed.ClaimTypesOffered(*(_auth.ClaimType(_auth.DisplayName(name), Uri=uri) for name, uri in _CLAIMS)),
        _fed.SecurityTokenServiceEndpoint(_address(wsfed)),
        _fed.PassiveRequestorEndpoint(_address(wsfed)),
    )
    application_service = _role(
        "fed:ApplicationServiceType",
        certificates,
        _fed.TargetScopes(_address(entity_id)),
        _fed.ApplicationServiceEndpoint(_address(wsfed)),
        _fed.PassiveRequestorEndpoint(_address(wsfed)),
    )
    signature = _ds.Signature(Id="placeholder")
    parts = (signature, token_service, application_service, identity_provider)
    return t.cast("etree._Element", _md.EntityDescriptor(*parts, ID=f"_{uuid.uuid4()}", entityID=entity_id))


def _role(kind: str, certificates: list[x509.Certificate], *content: etree._Element) -> etree._Element:
    namespaces: t.Any = {None: MD, "xsi": XSI, "fed": FED}
    role = etree.Element(f"{{{MD}}}RoleDescriptor", nsmap=namespaces)
    role.set(f"{{{XSI}}}type", kind)
    role.set("protocolSupportEnumeration", FED)
    role.extend([*_keys(certificates), *content])
    return role


def _keys(certificates: list[x509.Certificate]) -> list[etree._Element]:
    encoded = [base64.b64encode(der(certificate)).decode() for certificate in certificates]
    return [_md.KeyDescriptor(_ds.KeyInfo(_ds.X509Data(_ds.X509Certificate(each))), use="signing") for each in encoded]


def _address(url: str) -> etree._Element:
    return t.cast("etree._Element", _wsa.EndpointReference(_wsa.Address(url)))


def _signed(document: etree._Element, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    signer = XMLSigner(method=methods.enveloped, c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#")
    pem = certificate.public_bytes(
        serialization.Encoding.PEM
    ).decode()  # old and new releases of signxml take this form alike
    signed = signer.sign(document, key=key, cert=pem, reference_uri=document.get("ID"), id_attribute="ID")
    return (
        codecs.BOM_UTF8
        + b'<?xml version="1.0" encoding="utf-8"?>'
        + etree.tostring(signed, encoding="utf-8", xml_declaration=False)
    )
