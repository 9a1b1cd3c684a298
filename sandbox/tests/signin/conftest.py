# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox in which one federation is healthy."""

from __future__ import annotations

import collections.abc
import functools
import itertools

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from federation import Federation

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
