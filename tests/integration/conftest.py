# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules against a sandbox of their own, over HTTPS, under the clouds' real host names."""

from __future__ import annotations

import collections.abc
from types import SimpleNamespace

import pytest

from entra_factory import tenant
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox, running_sandbox
from importable import make_importable
from saml_factory import saml

make_importable()

__all__ = ["saml", "tenant"]


@pytest.fixture(scope="session")
def _one_sandbox() -> collections.abc.Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_one_sandbox: Sandbox) -> Sandbox:
    """The sandbox, empty at the start of each test."""
    _one_sandbox.world.reset()
    return _one_sandbox


def _account(sandbox: Sandbox, account: str, partition: str, region: str) -> dict[str, str]:
    key = {"id": "AKIA" + account, "secret": "the-secret-of-" + account}
    clouds.seed(sandbox.world, {"aws": {"accounts": [{"id": account, "partition": partition, "access_keys": [key]}]}})
    keys = {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": key["secret"], "AWS_REGION": region}
    return {**sandbox.environment, **keys}


@pytest.fixture
def aws(sandbox: Sandbox) -> dict[str, str]:
    """The environment of a module whose credentials may do everything in the account 123456789012, in eu-central-1."""
    return _account(sandbox, "123456789012", "aws", "eu-central-1")


@pytest.fixture
def govcloud(sandbox: Sandbox) -> dict[str, str]:
    """The same in the account 210987654321 of AWS GovCloud (US)."""
    return _account(sandbox, "210987654321", "aws-us-gov", "us-gov-west-1")


@pytest.fixture
def old(saml: SimpleNamespace) -> str:
    """The metadata of an identity provider with its old certificate."""
    return str(saml.metadata(saml.certificate("old")))


@pytest.fixture
def new(saml: SimpleNamespace) -> str:
    """The same identity provider's metadata with its new certificate."""
    return str(saml.metadata(saml.certificate("new"), identifier="_2"))
