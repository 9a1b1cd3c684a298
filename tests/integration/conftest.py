# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules against a sandbox of their own, over HTTPS, under the clouds' real host names."""

from __future__ import annotations

import collections.abc
import sys
from pathlib import Path

import pytest

from federation_sandbox.testing import Sandbox, running_sandbox

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from saml_material import saml  # noqa: F401


@pytest.fixture(scope="session")
def _one_sandbox() -> collections.abc.Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_one_sandbox: Sandbox) -> Sandbox:
    """The sandbox, empty at the start of each test."""
    _one_sandbox.world.reset()
    return _one_sandbox
