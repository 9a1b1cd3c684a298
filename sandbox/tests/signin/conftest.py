# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox in which one federation is healthy."""

from __future__ import annotations

import collections.abc
import sys
from pathlib import Path

import pytest

from federation_sandbox.testing import Sandbox, running_sandbox

sys.path.insert(0, str(Path(__file__).parent))

from federation import Federation  # noqa: E402


@pytest.fixture(scope="session")
def running() -> collections.abc.Iterator[Sandbox]:
    """One front for all tests; each begins with an empty world."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def federation(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Federation:
    """The healthy federation; limits are off unless a test turns them on."""
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    running.world.reset()
    running.world.settings.limits = False
    return Federation(running)
