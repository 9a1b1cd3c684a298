# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks against a sandbox of their own, with a tenant, a group, two agents and an AWS account in each partition."""

from __future__ import annotations

import collections.abc
import sys
import typing as t
from pathlib import Path

import pytest

from federation_sandbox.testing import Sandbox, running_sandbox

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from playbooks import Playbooks
from seeds import credentials, fill

from importable import make_importable

make_importable()


@pytest.fixture(scope="session")
def _one_sandbox() -> collections.abc.Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_one_sandbox: Sandbox) -> Sandbox:
    """The sandbox, filled anew for each test."""
    _one_sandbox.world.reset()
    fill(_one_sandbox)
    return _one_sandbox


@pytest.fixture
def playbooks(sandbox: Sandbox, tmp_path: Path) -> Playbooks:
    """A terminal with the operator's credentials."""
    return Playbooks({**sandbox.environment, **credentials()}, tmp_path)


HERE: t.Final = Path(__file__).resolve().parent

#: Whole files that take many minutes: they run with make soak.
SOAK: t.Final = ("test_site.py",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the files that take many minutes."""
    for item in items:
        if item.path.parent == HERE and item.path.name in SOAK:
            item.add_marker(pytest.mark.soak)
