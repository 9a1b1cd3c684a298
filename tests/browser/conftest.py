# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A healthy federation in the sandbox, and Chromium in front of it."""

from __future__ import annotations

import collections.abc
import os
import sys
import typing as t
from pathlib import Path

import pytest

from federation_sandbox import browser
from federation_sandbox.testing import Sandbox, running_sandbox

sys.path.insert(0, str(Path(__file__).parents[2] / "sandbox" / "tests" / "signin"))

from federation import Federation

#: opens a private browser context
NewContext = t.Callable[[], t.Any]


@pytest.fixture(scope="session")
def running() -> collections.abc.Iterator[Sandbox]:
    """One front for all tests."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def new_context(running: Sandbox) -> collections.abc.Iterator[NewContext]:
    """One Chromium for all tests; each context of it is a browser of its own."""
    missing = browser.missing()
    if missing:
        pytest.skip(missing)
    with browser.browser(running.environment) as new:
        yield new


@pytest.fixture
def federation(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Federation:
    """The healthy federation."""
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    running.world.reset()
    running.world.settings.limits = False
    return Federation(running)


@pytest.fixture
def picture(tmp_path: Path) -> t.Callable[[str], Path]:
    """Where a picture goes that a test makes of what it has checked: with UPDATE_PICTURES=1 that of the documentation."""
    folder = Path(__file__).parents[2] / "docs" / "images" if os.environ.get("UPDATE_PICTURES") else tmp_path
    return lambda name: folder / name
