# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks against a sandbox of their own, with a tenant, a group, two agents and an AWS account in each partition."""

from __future__ import annotations

import collections.abc
from pathlib import Path

import pytest
from playbooks import Playbooks, Run
from rotations import Federation, set_up
from seeds import credentials, fill

from federation_sandbox.testing import Sandbox, running_sandbox
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


@pytest.fixture(scope="module")
def _federated_site(
    _one_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, collections.abc.Callable[[], None]]:
    """A federation that site.yml made, and the way back to that moment."""
    _one_sandbox.world.reset()
    fill(_one_sandbox)
    run = set_up(Playbooks({**_one_sandbox.environment, **credentials()}, tmp_path_factory.mktemp("made")))
    return run, _one_sandbox.world.snapshot()


@pytest.fixture
def federation(
    _federated_site: tuple[Run, collections.abc.Callable[[], None]], sandbox: Sandbox, playbooks: Playbooks
) -> Federation:
    """The federation as it was made, without limits: GetFederationToken takes two a second, far fewer than these
    agents.
    """
    site, restore = _federated_site
    restore()
    sandbox.world.settings.limits = False
    return Federation(sandbox, playbooks, site)


@pytest.fixture
def note(
    record_property: collections.abc.Callable[[str, object], None],
) -> collections.abc.Callable[[str, object], None]:
    """Says in the log of the tests what a test has counted."""
    return lambda what, counted: record_property("counted", f"{what}: {counted}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The lines of note, at the end."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    for line in [value for report in reports for name, value in report.user_properties if name == "counted"]:
        terminalreporter.write_line(line)
