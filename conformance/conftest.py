# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox of its own, and Microsoft's own client of Microsoft Graph; both find it by the variables that every client
reads.
"""

from __future__ import annotations

import collections.abc
import os
from pathlib import Path

import pytest
from azure.identity.aio import ClientSecretCredential
from msgraph.graph_service_client import GraphServiceClient

from entra_factory import SECRET, Tenant, tenant  # noqa: F401
from federation_sandbox.testing import Sandbox, running_sandbox

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests that are coroutines run on asyncio alone, as the clients need."""
    return "asyncio"


@pytest.fixture(scope="session")
def _one_sandbox() -> collections.abc.Iterator[Sandbox]:
    """The sandbox of every client in this process; aiohttp reads whom to trust but once, so the variables stay."""
    with running_sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "AZURE_"))]:
            patch.delenv(name)
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        yield sandbox


@pytest.fixture
def sandbox(_one_sandbox: Sandbox) -> Sandbox:
    """The sandbox, empty at the start of each test."""
    _one_sandbox.world.reset()
    return _one_sandbox


def pytest_configure(config: pytest.Config) -> None:
    """The SDK warns of classes of its own at each call."""
    for package in ("msgraph", "kiota_abstractions"):
        config.addinivalue_line("filterwarnings", f"ignore:.* is deprecated:DeprecationWarning:{package}")


@pytest.fixture
async def graph(tenant: Tenant) -> collections.abc.AsyncIterator[GraphServiceClient]:  # noqa: F811
    """Microsoft Graph, for the application that the modules call as."""
    async with ClientSecretCredential(tenant.id, tenant.client["client_id"], SECRET) as credential:
        yield GraphServiceClient(credential)
