# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An agent in front of the page that the role ccp_page publishes, in Chromium. The page's time stands still unless it
is moved.
"""

from __future__ import annotations

import datetime
import typing as t
import urllib.parse

#: the default of ccp_page_load_timeout, in milliseconds
LOAD_TIMEOUT: t.Final = 5_000
_TODAY: t.Final = datetime.datetime(2026, 1, 30, 9, tzinfo=datetime.UTC)


def open_page(page: t.Any, url: str) -> None:
    """Go to the page, and wait until it offers something."""
    page.clock.install(time=_TODAY)
    page.clock.pause_at(_TODAY + datetime.timedelta(hours=1))
    page.goto(url)
    page.get_by_role("button").first.wait_for()


def start(page: t.Any, button: str = "Sign in") -> t.Any:
    """Click, and have the window that opens. The page closes it as soon as the panel is there, so wait for nothing in
    it afterwards.
    """
    with page.expect_popup() as opened:
        page.get_by_role("button", name=button, exact=True).click()
    return opened.value


def fill(page: t.Any, window: t.Any, user: str) -> None:
    """Sign in with Entra ID, until Amazon Connect has let somebody in."""
    with page.context.expect_event("response", is_panel):
        submit(window, user)


def submit(window: t.Any, user: str) -> None:
    """Tell Entra ID who signs in."""
    window.get_by_label("User name").fill(user)
    window.get_by_role("button", name="Sign in").click(no_wait_after=True)


def is_panel(response: t.Any) -> bool:
    """Whether an answer is the Contact Control Panel."""
    return bool(response.ok and urllib.parse.urlsplit(response.url).path.rstrip("/") == "/ccp-v2")


def wait_for_panel(page: t.Any) -> None:
    """Let as much time pass as Amazon Connect Streams may take to load the frame again, and wait for what the frame
    says.
    """
    page.clock.run_for(2 * LOAD_TIMEOUT)
    page.get_by_role("button", name="Sign out", exact=True).wait_for()


def wait_until_closed(window: t.Any) -> None:
    """Wait until the page has closed its window, which it may have done already."""
    if not window.is_closed():
        window.wait_for_event("close")
