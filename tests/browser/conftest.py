# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A healthy federation in the sandbox, and Chromium in front of it."""

from __future__ import annotations

import collections.abc
import os
import typing as t
from pathlib import Path

import pytest
from federation import Federation

from demo_end import DemoEnd, demo_end
from federation_sandbox import browser
from federation_sandbox.testing import Sandbox, running_sandbox
from importable import make_importable

make_importable()

#: opens a private browser context
NewContext = t.Callable[[], t.Any]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what was left out because there is no browser, and say how to get one; `make test` repeats it at its
    end.
    """
    reports = [
        report for report in terminalreporter.stats.get("skipped", ()) if report.nodeid.startswith("tests/browser/")
    ]
    reasons = sorted({str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports})
    if not reports:
        return
    count = "1 test" if len(reports) == 1 else f"{len(reports)} tests"
    line = f"- {count} in a browser: {'; '.join(reasons)}. Install the package chromium, and all of them run."
    terminalreporter.write_line(line)
    if "LEFT_OUT" in os.environ:
        with Path(os.environ["LEFT_OUT"]).open("a", encoding="utf-8") as gathered:
            gathered.write(f"{line}\n")


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


@pytest.fixture(params=[True, False], ids=["chromium", "no-chromium"])
def demo(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> collections.abc.Iterator[DemoEnd]:
    """How a demo ends, with a browser and without one."""
    with demo_end(request.param, monkeypatch) as end:
        yield end


@pytest.fixture
def picture(tmp_path: Path) -> t.Callable[[str], Path]:
    """Where a picture goes that a test makes of what it has checked: with UPDATE_PICTURES=1 that of the
    documentation.
    """
    folder = Path(__file__).parents[2] / "docs" / "images" if os.environ.get("UPDATE_PICTURES") else tmp_path
    return lambda name: folder / name
