# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import subprocess
import sys
import textwrap
from datetime import timedelta
from types import SimpleNamespace

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._rotation import decision
from ansible_collections.openccp.federation.plugins.module_utils._saml import certificates


def test_what_a_certificate_says(saml: SimpleNamespace) -> None:
    certificate = certificates.from_der(saml.certificate())
    assert certificate.as_dict(saml.now) == {
        "thumbprint": certificate.thumbprint,
        "sha256": certificate.sha256,
        "subject": "CN=Microsoft Azure Federated SSO Certificate",
        "not_before": "2026-01-05T12:00:00Z",
        "not_after": "2029-01-04T12:00:00Z",
        "days_left": 1085,
        "usable": True,
        "key_bits": 2048,
    }
    assert len(certificate.thumbprint) == 40
    assert len(certificate.sha256) == 64
    assert certificate.not_after.utcoffset() == timedelta(0)


def test_every_spelling_is_the_same_certificate(saml: SimpleNamespace) -> None:
    der = saml.certificate()
    text = base64.b64encode(der).decode()
    pem = "Bag\n-----BEGIN CERTIFICATE-----\r\n" + textwrap.fill(text, 64) + "\n-----END CERTIFICATE-----\n"
    parsed = [
        certificates.from_der(der),
        *map(certificates.from_text, (text, textwrap.fill(text, 70), f"\n  {text}\n", pem)),
    ]
    assert set(parsed) == {parsed[0]}
    assert parsed[0].base64 == text


@pytest.mark.parametrize(
    "text",
    ["", "x", "ä", "AAAA", "bm90IGEgY2VydGlmaWNhdGU=", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
)
def test_what_is_no_certificate(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"not an X\.509 certificate"):
        certificates.from_text(text)


@pytest.mark.parametrize(
    ("after", "days_left", "usable"),
    [
        (timedelta(days=-11), 1096, False),
        (timedelta(days=-10), 1095, True),
        (timedelta(0), 1085, True),
        (timedelta(days=1084, seconds=1), 0, True),
        (timedelta(days=1085), 0, False),
        (timedelta(days=1085, seconds=1), -1, False),
    ],
)
def test_days_left_and_usable(saml: SimpleNamespace, after: timedelta, days_left: int, usable: bool) -> None:
    certificate = certificates.from_der(saml.certificate())
    assert certificate.days_left(saml.now + after) == days_left
    assert certificate.usable(saml.now + after) is usable


def test_what_iam_takes(saml: SimpleNamespace) -> None:
    certificates.from_der(saml.certificate(extensions=("1.2.3.4", "1.2.3.5"))).check_for_iam()


def test_iam_refuses_a_weak_key(saml: SimpleNamespace) -> None:
    certificate = certificates.from_der(saml.weak())
    assert certificate.key_bits == 512
    with pytest.raises(InvalidInput, match=r"\(CN=weak\) has a weak key of 512 bits"):
        certificate.check_for_iam()


def test_iam_refuses_repeated_extensions(saml: SimpleNamespace) -> None:
    with pytest.raises(InvalidInput, match=r"repeats an X\.509 extension"):
        certificates.from_der(saml.repeated_extension()).check_for_iam()


def test_a_broken_extension(saml: SimpleNamespace) -> None:
    der: bytes = saml.certificate(extensions=("2.5.29.99",)).replace(b"\x06\x03\x55\x1d\x63", b"\x06\x03\x55\x1d\x13")
    with pytest.raises(InvalidInput, match=r"broken X\.509 extension"):
        certificates.from_der(der).check_for_iam()


@pytest.mark.parametrize("text", ["aa" * 20, "AA:" * 19 + "AA", " ".join(["Aa"] * 20)])
def test_thumbprints(text: str) -> None:
    assert certificates.canonical_thumbprint(text) == "AA" * 20


@pytest.mark.parametrize("text", ["", "aa" * 19, "aa" * 32, "gg" * 20])
def test_what_is_no_thumbprint(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a certificate's thumbprint"):
        certificates.canonical_thumbprint(text)


@pytest.mark.parametrize("missing", ["cryptography", "lxml"])
def test_the_layer_can_be_imported_without_its_libraries(missing: str) -> None:
    """The engine then says which one to install."""
    package = certificates.__name__.rpartition(".")[0]
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; sys.modules[{missing!r}] = None; import "
        f"{package}.certificates, {package}.metadata"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("slow", "usable"),
    [(timedelta(), True), (timedelta(seconds=2), True), (timedelta(minutes=5), True), (timedelta(minutes=6), False)],
)
def test_a_certificate_that_a_faster_clock_has_just_made(saml: SimpleNamespace, slow: timedelta, usable: bool) -> None:
    """Entra ID dates a certificate by its own clock; the reader's, of AWS or this machine, may be slow."""
    certificate = certificates.from_der(saml.certificate())
    now = certificate.not_before - slow
    assert certificate.usable(now) == usable
    assert decision.Certificate("A", certificate.not_before, certificate.not_after).usable(now) == usable
