# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The federation metadata document (facts/entra.md 6)."""

from __future__ import annotations

import base64
import datetime as dt
import typing as t

import pytest
import requests
from cryptography import x509
from lxml import etree
from signxml.verifier import XMLVerifier

from federation_sandbox.entra.certificates import thumbprint

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def read(tenant: str, app_id: str | None = None, host: str = "login.microsoftonline.com") -> requests.Response:
    parameters = {"appid": app_id} if app_id else {}
    return requests.get(
        f"https://{host}/{tenant}/federationmetadata/2007-06/federationmetadata.xml", params=parameters, timeout=300
    )


def parse(answer: requests.Response) -> etree._Element:
    assert answer.status_code == 200
    return etree.fromstring(answer.content.removeprefix(b"\xef\xbb\xbf"))


def certificates(element: etree._Element) -> list[str]:
    texts = [
        each.text or "" for each in element.iterfind(f"{MD}KeyDescriptor/{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    ]
    return [thumbprint(x509.load_der_x509_certificate(base64.b64decode(text))) for text in texts]


def listed(document: etree._Element) -> list[str]:
    provider = document.find(f"{MD}IDPSSODescriptor")
    assert provider is not None
    return certificates(provider)


def add(graph: t.Any, principal: dict[str, t.Any]) -> str:
    path = f"/servicePrincipals/{principal['id']}/addTokenSigningCertificate"
    return str(
        graph("POST", path, 200, json={"displayName": "CN=Microsoft Azure Federated SSO Certificate"})["thumbprint"]
    )


def test_document(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """6.1, 6.2; a byte order mark as in facts/pains.md 8"""
    application, principal = graph.saml_application()
    thumb = add(graph, principal)
    answer = read(seeded["id"], application["appId"])
    assert answer.content.startswith(b"\xef\xbb\xbf")
    document = parse(answer)
    assert document.get("entityID") == f"https://sts.windows.net/{seeded['id']}/"
    assert [each.tag.rpartition("}")[2] for each in document] == [
        "Signature",
        "RoleDescriptor",
        "RoleDescriptor",
        "IDPSSODescriptor",
    ]
    assert all(certificates(each) == [thumb] for each in document[1:])
    provider = document[3]
    places = {
        (each.tag.rpartition("}")[2], each.get("Binding", "").rpartition(":")[2], each.get("Location"))
        for each in provider[1:]
    }
    sign_in = f"https://login.microsoftonline.com/{seeded['id']}/saml2"
    assert places == {
        ("SingleLogoutService", "HTTP-Redirect", sign_in),
        ("SingleSignOnService", "HTTP-Redirect", sign_in),
        ("SingleSignOnService", "HTTP-POST", sign_in),
    }
    assert not {"validUntil", "cacheDuration"} & set(document.attrib)


def test_signature(graph: t.Any, seeded: dict[str, t.Any], tenant: t.Any) -> None:
    """6.2: enveloped, and it verifies with the certificate that it names; 6.6: new at each read"""
    application, principal = graph.saml_application()
    add(graph, principal)
    first, second = (read(seeded["id"], application["appId"]) for _time in range(2))
    assert parse(first).get("ID") != parse(second).get("ID")
    document = parse(first)
    text = document.findtext(f"{DS}Signature/{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate") or ""
    certificate = x509.load_der_x509_certificate(base64.b64decode("".join(text.split())))
    XMLVerifier().verify(document, x509_cert=certificate, id_attribute="ID", ignore_ambiguous_key_info=True)
    document.set("entityID", "https://sts.windows.net/another/")
    with pytest.raises(Exception, match=r"(?i)digest"):
        XMLVerifier().verify(document, x509_cert=certificate, id_attribute="ID", ignore_ambiguous_key_info=True)


def test_inactive_certificates_are_listed(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """6.4: all of them, whichever is active"""
    application, principal = graph.saml_application()
    certificates = [add(graph, principal) for _number in range(3)]
    graph(
        "PATCH",
        f"/servicePrincipals/{principal['id']}",
        204,
        json={"preferredTokenSigningKeyThumbprint": certificates[1]},
    )
    assert listed(parse(read(seeded["id"], application["appId"]))) == certificates


def test_one_entity_id_for_all_applications(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """6.3"""
    documents = []
    for _number in range(2):
        application, principal = graph.saml_application()
        add(graph, principal)
        documents.append(parse(read(seeded["id"], application["appId"])))
    assert len({each.get("entityID") for each in documents}) == 1
    assert listed(documents[0]) != listed(documents[1])


def test_without_a_key_of_its_own(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """6.7: the common keys"""
    application, _principal = graph.saml_application()
    common = listed(parse(read(seeded["id"])))
    assert len(common) == 1
    assert listed(parse(read(seeded["id"], application["appId"]))) == common


def test_lag(graph: t.Any, seeded: dict[str, t.Any], sandbox: t.Any) -> None:
    """6.5"""
    application, principal = graph.saml_application()
    sandbox.world.clock.advance(dt.timedelta(seconds=1))
    sandbox.world.settings.change({"metadata_lag": 100})
    sandbox.world.clock.advance(dt.timedelta(seconds=101))
    thumb = add(graph, principal)
    assert thumb not in listed(parse(read(seeded["id"], application["appId"])))
    sandbox.world.clock.advance(dt.timedelta(seconds=101))
    assert listed(parse(read(seeded["id"], application["appId"]))) == [thumb]


def test_unknown(seeded: dict[str, t.Any]) -> None:
    """10.4: 700016, 90002"""
    assert read(seeded["id"], "5d7a5b6e-0000-4000-8000-000000000001").json()["error_codes"] == [700016]
    assert read("5d7a5b6e-0000-4000-8000-000000000001").json()["error_codes"] == [90002]
    assert read(seeded["id"], host="login.microsoftonline.us").json()["error_codes"] == [90002]
