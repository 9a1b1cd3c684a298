# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a demo ends, with a browser and without one: what the tests of both demos share."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from federation_sandbox import browser

#: what a demo says where there is no browser
NO_BROWSER: t.Final = "nobody installed one"


@dataclasses.dataclass(frozen=True)
class DemoEnd:
    """chromium: whether there is a browser. run: calls a function with arguments, and answers what that does."""

    chromium: bool
    run: t.Callable[..., t.Any]


@contextlib.contextmanager
def demo_end(chromium: bool, monkeypatch: pytest.MonkeyPatch) -> collections.abc.Iterator[DemoEnd]:
    """The end runs in a thread of its own: Playwright takes one browser in a thread, and the other tests have theirs
    in this one.
    """
    if not chromium:
        monkeypatch.setattr(browser, "missing", lambda: NO_BROWSER)
    elif browser.missing():
        pytest.skip(browser.missing())
    with ThreadPoolExecutor() as apart:
        yield DemoEnd(chromium, lambda end, *arguments: apart.submit(end, *arguments).result())
