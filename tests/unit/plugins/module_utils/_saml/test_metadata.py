# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import certificates
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import (
    Endpoint,
    check_expected,
    merge,
    parse,
    renamed,
    same_meaning,
    without,
)

BOM = "\ufeff"

Make = t.Callable[[SimpleNamespace], t.Any]


def old(saml: SimpleNamespace) -> bytes:
    return t.cast("bytes", saml.certificate("old", begins=-1000, ends=20))


def new(saml: SimpleNamespace) -> bytes:
    return t.cast("bytes", saml.certificate("new"))


def thumb(der: bytes) -> str:
    return certificates.from_der(der).thumbprint


def test_what_a_document_says(saml: SimpleNamespace) -> None:
    document = parse(saml.metadata(old(saml), new(saml)))
    location = "https://login.microsoftonline.com/aaaaaaaa-0000-0000-0000-000000000001/saml2"
    assert document.entity_id == saml.entity_id
    assert document.thumbprints == (thumb(old(saml)), thumb(new(saml)))
    assert document.sso_locations == (
        Endpoint("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", location),
        Endpoint("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", location),
    )
    assert document.slo_locations == (Endpoint("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", location),)
    view = document.as_dict(saml.now)
    assert [certificate["days_left"] for certificate in view["certificates"]] == [20, 1085]
    assert view["sso_locations"][1] == {
        "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        "location": location,
    }


def prefixed(text: str) -> str:
    """The same document with a prefix on every element of SAML's own namespace."""
    text = re.sub("(</?)(?=Entity|IDPSSO|KeyDesc|Role|Single)", r"\1md:", text)
    return text.replace("xmlns=", "xmlns:md=", 1)


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text,
        lambda text: text.encode(),
        lambda text: (BOM + text).encode(),
        lambda text: (BOM + BOM + text).encode(),
        lambda text: BOM + (BOM + text).encode().decode("latin-1"),
        lambda text: BOM + text,
        lambda text: (BOM + text).encode().decode("latin-1"),
        lambda text: f"\n{text}\n",
        lambda text: text.replace("><", ">\n  <"),
        lambda text: text.replace('"/>', '" />'),
        lambda text: text.replace("<X509Certificate>", "<X509Certificate><!-- the key -->\n"),
        prefixed,
        lambda text: re.sub('(?<=ID=")_1', "_2", text).replace(">_1<", ">_2<"),
        lambda text: re.sub("<RoleDescriptor.*</RoleDescriptor>", "", text),
        lambda text: text.partition("?>")[2],
    ],
)  # fmt: skip
def test_what_means_nothing(saml: SimpleNamespace, spell: t.Callable[[str], str | bytes]) -> None:
    plain = saml.metadata(new(saml), old(saml))
    document = parse(spell(plain))
    assert same_meaning(document, parse(plain))
    assert document.document.startswith("<")


@pytest.mark.parametrize(
    "other",
    [
        lambda saml: saml.metadata(new(saml)),
        lambda saml: saml.metadata(old(saml), new(saml), entity_id="https://sts.windows.net/other/"),
        lambda saml: re.sub("<SingleLogoutService[^>]*>", "", saml.metadata(old(saml), new(saml))),
        lambda saml: re.sub("<SingleSignOnService[^>]*POST[^>]*>", "", saml.metadata(old(saml), new(saml))),
    ],
)
def test_what_does_mean_something(saml: SimpleNamespace, other: Make) -> None:
    assert not same_meaning(parse(saml.metadata(old(saml), new(saml))), parse(other(saml)))
    assert same_meaning(parse(saml.metadata(old(saml), new(saml))), parse(saml.metadata(new(saml), old(saml))))


def test_which_keys_sign(saml: SimpleNamespace) -> None:
    """Keys without use sign, keys for encryption do not, and a certificate counts once."""
    third = saml.certificate("third")
    keys = saml.key(new(saml), "encryption") + saml.key(old(saml), None) + saml.key(third) + saml.key(third)
    assert parse(saml.metadata(keys=keys)).thumbprints == (thumb(old(saml)), thumb(third))


def entities(saml: SimpleNamespace, count: int = 1) -> str:
    entity = saml.metadata(new(saml), head="")
    return (
        '<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">'
        f'{entity * count}<EntityDescriptor entityID="sp"><SPSSODescriptor/></EntityDescriptor></EntitiesDescriptor>'
    )


def test_a_collection_of_entities_with_one_provider(saml: SimpleNamespace) -> None:
    assert parse(entities(saml)).entity_id == saml.entity_id


def bomb(saml: SimpleNamespace) -> str:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "boom">{levels}]>'
    return t.cast("str", saml.metadata(new(saml), head=head, entity_id="&e11;"))


def small(saml: SimpleNamespace) -> str:
    return (
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/">'
        f"<IDPSSODescriptor>{saml.key(saml.small())}</IDPSSODescriptor></EntityDescriptor>"
    )


HOSTILE: dict[str, tuple[Make, str]] = {
    "empty": (lambda saml: "", "is empty"),
    "only a byte order mark": (lambda saml: b"\xef\xbb\xbf", "is empty"),
    "HTML page": (lambda saml: "<!DOCTYPE html><html><body>Sign in</body></html>", "is an HTML page"),
    "HTML without doctype": (lambda saml: " <!-- x -->\n<HTML lang='en'>" + "x" * 2000, "is an HTML page"),
    "XHTML": (lambda saml: '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html/>', "is an HTML page"),
    "JSON": (lambda saml: '{"error": {"code": "NotFound"}}', "is JSON, not XML"),
    "truncated": (lambda saml: saml.metadata(new(saml))[:1500], "is not complete, well-formed XML"),
    "no UTF-8": (lambda saml: saml.metadata(new(saml)).encode("utf-16"), "is not UTF-8 text"),
    "lone surrogate": (lambda saml: saml.metadata(new(saml), entity_id="\ud800"), "is not complete, well-formed XML"),
    "other encoding": (
        lambda saml: saml.metadata(new(saml), head='<?xml version="1.0" encoding="utf-7"?>'),
        "declares the encoding 'utf-7'",
    ),
    "external entity": (
        lambda saml: saml.metadata(
            new(saml), head='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', entity_id="&e;"
        ),
        "document type declaration",
    ),
    "external DTD": (
        lambda saml: saml.metadata(new(saml), head='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
        "document type declaration",
    ),
    "entity bomb": (bomb, "document type declaration"),
    "undefined entity": (lambda saml: saml.metadata(new(saml), entity_id="&e;"), "is not complete, well-formed XML"),
    "deep nesting": (lambda saml: "<a>" * 100_000 + "</a>" * 100_000, "is not complete, well-formed XML"),
    "11 million bytes": (
        lambda saml: saml.metadata(new(saml)).encode() + b" " * 10 + b"<!---->" * 1_600_000,
        "accepts at most 10,000,000",
    ),
    "50 million bytes": (lambda saml: b"x" * 50_000_000, "is too large"),
    "another root": (lambda saml: '<x:Envelope xmlns:x="urn:x"/>', "root element is Envelope"),
    "no namespace": (
        lambda saml: saml.metadata(new(saml)).replace(' xmlns="urn:oasis:names:tc:SAML:2.0:metadata"', ""),
        "root element is EntityDescriptor",
    ),
    "service provider": (
        lambda saml: saml.metadata(new(saml)).replace("IDPSSO", "SPSSO"),
        "no IDPSSODescriptor. It describes a service provider",
    ),
    "no role at all": (
        lambda saml: re.sub("<IDPSSO.*IDPSSODescriptor>", "", saml.metadata(new(saml))),
        "no IDPSSODescriptor",
    ),
    "two providers": (lambda saml: entities(saml, 2), "describes 2 identity providers"),
    "no sign-in": (lambda saml: re.sub("<SingleSignOn[^>]*>", "", saml.metadata(new(saml))), "no SingleSignOnService"),
    "no entity id": (lambda saml: saml.metadata(new(saml), entity_id=" "), "names no entity id"),
    "no key": (lambda saml: saml.metadata(), "has no signing certificate"),
    "only encryption": (
        lambda saml: saml.metadata(keys=saml.key(new(saml), "encryption")),
        "has no signing certificate",
    ),
    "broken certificate": (
        lambda saml: saml.metadata(keys=saml.key(new(saml)) + saml.key(b"junk")),
        "cannot be read, after 1 that can",
    ),
    "weak key": (lambda saml: saml.metadata(saml.weak()), "weak key of 512 bits"),
    "repeated extension": (lambda saml: saml.metadata(saml.repeated_extension()), "repeats an X.509 extension"),
    "11 keys": (
        lambda saml: saml.metadata(*(saml.certificate(f"{n}") for n in range(11))),
        "has 11 signing certificates",
    ),
    "small": (small, "requires at least 1,000"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_refused(saml: SimpleNamespace, name: str) -> None:
    make, message = HOSTILE[name]
    with pytest.raises(InvalidInput) as error:
        parse(make(saml), "metadata file entra.xml")
    assert message in str(error.value)
    assert "root:" not in str(error.value)
    assert len(str(error.value)) < 400


def test_metadata_with_a_key_on_an_elliptic_curve(saml: SimpleNamespace) -> None:
    """The rule of 1,024 bits is about RSA and DSA."""
    assert parse(saml.metadata(saml.small())).certificates[0].key_bits == 256


def test_merging_adds_what_is_missing(saml: SimpleNamespace) -> None:
    before, after = (
        parse(saml.metadata(old(saml))),
        parse(saml.metadata(new(saml), location="https://login.example.com/new")),
    )
    merged = merge(before, after)
    assert merged.thumbprints == (thumb(new(saml)), thumb(old(saml)))
    assert merged.sso_locations == after.sso_locations
    assert "<SignatureValue>" not in merged.document
    assert not merged.document.startswith(BOM)
    assert merged.document.index(certificates.from_der(old(saml)).base64) < merged.document.index(
        "<SingleLogoutService"
    )
    assert same_meaning(parse(merged.document), merged)


def test_merging_is_deterministic_and_settles(saml: SimpleNamespace) -> None:
    before, after = parse(saml.metadata(old(saml))), parse(saml.metadata(new(saml)))
    merged = merge(before, after)
    assert merge(before, after).document == merged.document
    assert same_meaning(merge(merged, after), merged)
    assert merge(after, merged) is merged


def test_merging_into_a_collection_of_entities(saml: SimpleNamespace) -> None:
    merged = merge(parse(saml.metadata(old(saml))), parse(entities(saml)))
    assert merged.thumbprints == (thumb(new(saml)), thumb(old(saml)))


def test_merging_into_a_role_whose_keys_are_prefixed_or_absent(saml: SimpleNamespace) -> None:
    """A second IDPSSODescriptor may hold the keys."""
    text = saml.metadata(new(saml)).replace("<IDPSSODescriptor", "<IDPSSODescriptor/><IDPSSODescriptor", 1)
    assert set(merge(parse(saml.metadata(old(saml))), parse(text)).thumbprints) == {thumb(old(saml)), thumb(new(saml))}


def test_taking_a_certificate_away(saml: SimpleNamespace) -> None:
    """It is what merging added, and nothing else."""
    alone, both = parse(saml.metadata(old(saml))), parse(saml.metadata(old(saml), new(saml)))
    left = without(both, thumb(new(saml)))
    assert same_meaning(left, alone)
    assert "<SignatureValue>" not in left.document
    assert without(alone, thumb(new(saml))) is alone
    twice = both.document.replace("<IDPSSODescriptor", "<IDPSSODescriptor/><IDPSSODescriptor", 1)
    assert without(parse(twice), thumb(new(saml))).thumbprints == (thumb(old(saml)),)
    with pytest.raises(InvalidInput, match="no signing certificate"):
        without(alone, thumb(old(saml)))


def test_metadata_under_another_entity_id(saml: SimpleNamespace) -> None:
    """facts/entra.md E7: what IAM needs where the issuer has the application's id, which Entra's document has not"""
    metadata = parse(saml.metadata(old(saml)))
    named = renamed(metadata, f"{metadata.entity_id}app")
    assert named.entity_id == f"{metadata.entity_id}app"
    assert (named.certificates, named.sso_locations, named.slo_locations) == (
        metadata.certificates,
        metadata.sso_locations,
        metadata.slo_locations,
    )
    assert "<Signature" not in named.document
    assert renamed(metadata, metadata.entity_id) is metadata


def test_merging_two_directories(saml: SimpleNamespace) -> None:
    other = parse(saml.metadata(new(saml), entity_id="https://sts.windows.net/other/"))
    with pytest.raises(InvalidInput, match="cannot be merged into metadata of"):
        merge(parse(saml.metadata(old(saml))), other)


def test_merging_beyond_what_a_provider_holds(saml: SimpleNamespace) -> None:
    many = parse(saml.metadata(*(saml.certificate(f"{n}") for n in range(10))))
    with pytest.raises(InvalidInput, match="The merged metadata has 11 signing certificates"):
        merge(parse(saml.metadata(new(saml))), many)


def test_the_expected_metadata(saml: SimpleNamespace) -> None:
    document = parse(saml.metadata(old(saml), new(saml)))
    assert (
        check_expected(
            document, now=saml.now, entity_id=saml.entity_id, thumbprints=[thumb(new(saml)).lower()], warn_days=20
        )
        == []
    )


@pytest.mark.parametrize(("days", "verb"), [(0, "expires"), (19, "expires"), (25, "expired")])
def test_a_certificate_near_its_end_is_a_warning(saml: SimpleNamespace, days: int, verb: str) -> None:
    document = parse(saml.metadata(old(saml), new(saml)))
    assert check_expected(document, now=saml.now + timedelta(days=days)) == [
        f"The signing certificate {thumb(old(saml))} {verb} on 2026-02-04."
    ]


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"entity_id": "https://sts.windows.net/other/"}, "not of https://sts.windows.net/other/"),
        ({"thumbprints": ["AA" * 20]}, "lacks the signing certificate " + "AA" * 20),
        ({"thumbprints": ["new"]}, "is not a certificate's thumbprint"),
        ({"now": datetime(2030, 1, 1, tzinfo=UTC)}, "No signing certificate of the metadata is valid now: "),
    ],
)
def test_not_the_expected_metadata(saml: SimpleNamespace, expected: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        check_expected(parse(saml.metadata(new(saml))), **{"now": saml.now} | expected)
    assert message in str(error.value)


def test_a_document_of_active_directory_federation_services(saml: SimpleNamespace) -> None:
    """One document for both sides of SAML and for WS-Federation: only what the identity provider signs with counts."""
    signing, encryption = saml.key(new(saml)), saml.key(old(saml), "encryption")
    role = (
        '<RoleDescriptor xsi:type="fed:{}Type" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:fed="urn:fed">'
        "{}</RoleDescriptor>"
    )
    artifact = (
        '<ArtifactResolutionService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" '
        'Location="https://adfs/soap"/>'
    )
    consumer = (
        '<AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
        'Location="https://adfs/acs"/>'
    )
    protocol = 'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"'
    provider = f"<SPSSODescriptor {protocol}>{encryption}{consumer}</SPSSODescriptor>"
    others = role.format("ApplicationService", encryption) + role.format("SecurityTokenService", signing + encryption)
    text = saml.metadata(keys=encryption + signing + artifact, entity_id="http://adfs/trust")
    text = text.replace("<IDPSSODescriptor", others + provider + "<IDPSSODescriptor")
    document = parse(text)
    assert document.thumbprints == (thumb(new(saml)),)
    assert document.entity_id == "http://adfs/trust"
    assert all(endpoint.location.startswith("https://login") for endpoint in document.sso_locations)
    assert same_meaning(parse(document.document), document)


def test_metadata_of_no_tenant_is_warned_of(saml: SimpleNamespace) -> None:
    """Entra's address without a tenant serves a template, whose issuer no response has."""
    text = saml.metadata(saml.certificate()).replace(saml.entity_id, "https://sts.windows.net/{tenantid}/")
    (warning,) = check_expected(parse(text), now=saml.now)
    assert "https://sts.windows.net/{tenantid}/, a template and no tenant" in warning
