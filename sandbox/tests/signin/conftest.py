# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox in which one federation is healthy."""

from __future__ import annotations

import collections.abc
import functools
import itertools
import typing as t

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from federation import Federation
from pool_client import Client, make_pool

from federation_sandbox import http_sign_in
from federation_sandbox.entra import certificates
from federation_sandbox.testing import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def running() -> collections.abc.Iterator[Sandbox]:
    """One front for all tests; each begins with an empty world."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def keys() -> list[rsa.RSAPrivateKey]:
    """Keys made once, because making one takes long; no test needs more of its own."""
    return [certificates.new_key() for _ in range(4)]


@pytest.fixture
def federation(running: Sandbox, keys: list[rsa.RSAPrivateKey], monkeypatch: pytest.MonkeyPatch) -> Federation:
    """The healthy federation; limits are off unless a test turns them on, and only tests move the clock."""
    monkeypatch.setattr(certificates, "new_key", functools.partial(next, itertools.cycle(keys)))
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    running.world.reset()
    running.world.clock.hold()
    running.world.settings.limits = False
    return Federation(running)


@pytest.fixture
def private_key(keys: list[rsa.RSAPrivateKey]) -> str:
    """A key that decrypts assertions."""
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return keys[0].private_bytes(*form).decode()


@pytest.fixture
def browser(federation: Federation) -> collections.abc.Iterator[requests.Session]:
    """A browser that nobody has used."""
    with http_sign_in.new_browser(federation.sandbox.environment) as new:
        yield new


@pytest.fixture
def pool(federation: Federation) -> dict[str, t.Any]:
    """A user pool whose people sign in through Entra ID."""
    return make_pool(federation)


@pytest.fixture
def client(federation: Federation, pool: dict[str, t.Any]) -> Client:
    """The client of that pool, with a browser of its own."""
    browser = http_sign_in.new_browser(federation.sandbox.environment)
    return Client(federation.sandbox, pool["client"]["id"], pool["client"]["secret"], browser)
