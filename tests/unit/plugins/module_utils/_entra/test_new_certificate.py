# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs that make a signing certificate at once keep the same one."""

from __future__ import annotations

import base64
import datetime as dt
import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._entra import new_certificate
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import PlainReads, Request
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW: t.Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
DAYS: t.Final = 365
KEY: t.Final = ec.generate_private_key(ec.SECP256R1())


def _keys(identifier: str, begins: dt.datetime) -> list[dict[str, t.Any]]:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Sign-in")])
    dates = (begins, NOW + dt.timedelta(days=DAYS))
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), x509.random_serial_number(), *dates)
    der = builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    shared = {"customKeyIdentifier": identifier, "keyId": identifier}
    return [
        {**shared, "usage": "Sign", "key": None},
        {**shared, "usage": "Verify", "key": base64.b64encode(der).decode()},
    ]


class Directory:
    """One service principal, in which another run makes and removes certificates too.

    own: the identifier that the certificate of this run gets. leaves: after so many seconds the other run removes its
    own; never where omitted.
    """

    def __init__(self, own: str, leaves: float | None = None) -> None:
        self.seconds = 0.0
        self.plain_reads = PlainReads()
        self.keys: list[dict[str, t.Any]] = []
        self._own = own
        self._leaves = leaves

    def make(self, identifier: str, begins: dt.datetime = NOW) -> None:
        """Make a certificate."""
        self.keys += _keys(identifier, begins)

    def identifiers(self) -> set[str]:
        """Of the certificates that are there."""
        return {key["customKeyIdentifier"] for key in self.keys}

    def now(self) -> dt.datetime:
        return NOW + dt.timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self._leaves is not None and self.seconds >= self._leaves:
            self.keys = [key for key in self.keys if key["customKeyIdentifier"] != "other"]

    def get(self, path: str, what: str) -> dict[str, t.Any]:
        keys = self.keys if "$select" in path else [{**key, "key": None} for key in self.keys]
        return {"id": "principal", "keyCredentials": keys, "passwordCredentials": [], "tags": []}

    def request(self, request: Request) -> dict[str, t.Any]:
        if request.path.endswith("/addTokenSigningCertificate"):
            self.make(self._own)
            return {"customKeyIdentifier": self._own, "key": self.keys[-1]["key"]}
        if request.body is not None and "keyCredentials" in request.body:
            kept = {key["customKeyIdentifier"] for key in request.body["keyCredentials"]}
            self.keys = [key for key in self.keys if key["customKeyIdentifier"] in kept]
        return {}


def _add(directory: Directory, **options: t.Any) -> str:
    waiter = Waiter(clock=lambda: directory.seconds, sleep=directory.sleep)
    principal = {"id": "principal", "keyCredentials": [], "tags": [], **options.pop("principal", {})}
    graph: t.Any = directory
    return new_certificate.add(graph, waiter, principal, "Sign-in", DAYS, **options)[0].identifier


@pytest.mark.parametrize(
    ("own", "seconds_older", "leaves", "kept"),
    [
        pytest.param("own", 1, None, "other", id="the other is older, and may not have seen this one"),
        pytest.param("own", -1, 5, "own", id="the other is younger, and has seen this one"),
        pytest.param("a", 0, 5, "a", id="in one second, and the other gives way"),
        pytest.param("a", 0, None, "other", id="in one second, and the other has not seen this one"),
        pytest.param("z", 0, None, "other", id="in one second, and the other comes first"),
    ],
)
def test_one_certificate_stays(own: str, seconds_older: int, leaves: float | None, kept: str) -> None:
    """seconds_older: seconds between the other certificate and this run's."""
    directory = Directory(own, leaves)

    def request(sent: Request) -> dict[str, t.Any]:
        if sent.path.endswith("/addTokenSigningCertificate"):
            directory.make("other", NOW - dt.timedelta(seconds=seconds_older))
        return Directory.request(directory, sent)

    directory.request = request  # type: ignore[method-assign]
    assert _add(directory, is_new=True) == kept
    directory.sleep(leaves or 0)
    assert directory.identifiers() == {kept}


def test_an_application_that_was_just_created_may_have_the_certificate_of_another_run() -> None:
    directory = Directory("own")
    directory.make("other")
    assert _add(directory, is_new=True, principal={"keyCredentials": directory.keys}) == "other"
    assert directory.identifiers() == {"other"}


def test_a_certificate_that_is_replaced_is_no_rival() -> None:
    directory = Directory("own")
    directory.make("other", NOW - dt.timedelta(days=30))
    assert _add(directory, principal={"keyCredentials": directory.keys}) == "own"
    assert directory.identifiers() == {"other", "own"}
