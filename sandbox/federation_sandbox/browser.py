# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signs a person in with a real browser: the distribution's Chromium, headless, controlled by Playwright. Both are
optional: missing() says what is not installed, and nothing is downloaded.
"""

from __future__ import annotations

import collections.abc
import contextlib
import importlib.util
import json
import pathlib
import shutil
import typing as t

from federation_sandbox.http_sign_in import SignIn, read_page

if t.TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

_NAMES: t.Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: t.Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_VIEW: t.Final = {"width": 900, "height": 860}
#: guards against a hang, and says nothing about how fast a machine is
_MILLISECONDS: t.Final = 300_000
#: the pages on the way, which a person leaves by a button or which leave by themselves
_ON_THE_WAY: t.Final = ("entra-sign-in", "saml-post")


def missing() -> str:
    """What is missing for a browser, as a sentence; empty when nothing is."""
    if importlib.util.find_spec("playwright") is None:
        return "the Python package playwright is not installed"
    if _chromium() is None:
        return f"there is no {', '.join(_NAMES[:-1])} or {_NAMES[-1]} on the PATH"
    return ""


class Chromium:
    """A running Chromium. Each call opens a private context, which shares no cookies with other contexts."""

    def __init__(self, playwright: Playwright, environment: collections.abc.Mapping[str, str]) -> None:
        self._chromium = playwright.chromium
        self._launch: t.Any = {
            "executable_path": _chromium(),
            "headless": True,
            "args": list(_FLAGS),
            "proxy": {"server": environment["HTTPS_PROXY"]},
            "timeout": _MILLISECONDS,
        }
        self._browser = self._chromium.launch(**self._launch)
        self._profiles: list[BrowserContext] = []

    def __call__(self) -> BrowserContext:
        """Open a private context, which blocks third-party cookies."""
        return _patient(self._browser.new_context(ignore_https_errors=True, viewport=t.cast("t.Any", _VIEW)))

    def profile(self, folder: pathlib.Path, **more: t.Any) -> BrowserContext:
        """Open a person's own browser, which allows third-party cookies. folder: an empty one for its files."""
        preferences = folder / "Default" / "Preferences"
        preferences.parent.mkdir(parents=True)
        preferences.write_text(
            json.dumps({"profile": {"block_third_party_cookies": False, "cookie_controls_mode": 0}}), encoding="utf-8"
        )
        settings = {"ignore_https_errors": True, "viewport": _VIEW, **more}
        context = _patient(self._chromium.launch_persistent_context(folder, **self._launch, **settings))
        self._profiles.append(context)
        return context

    def close(self) -> None:
        """Close the browser with all profiles."""
        for context in self._profiles:
            context.close()
        self._browser.close()


@contextlib.contextmanager
def browser(environment: collections.abc.Mapping[str, str]) -> collections.abc.Iterator[Chromium]:
    """Run a Chromium that reaches the sandbox of an environment and no other host."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it may be absent

    with sync_playwright() as playwright, contextlib.closing(Chromium(playwright, environment)) as chromium:
        yield chromium


def sign_in(
    context: BrowserContext, url: str, user: str, screenshot: pathlib.Path | None = None, role: str = ""
) -> SignIn:
    """Open a user access URL as a user, and take a screenshot of the last page."""
    page = context.new_page()
    page.goto(url)
    if _kind(page) == "entra-sign-in":
        page.get_by_label("User name").fill(user)
        page.get_by_role("button", name="Sign in").click()
    _settle(page)
    if role and _kind(page) == "role-picker":
        page.get_by_label(role).check()
        page.get_by_role("button", name="Sign in").click()
        _settle(page)
    return _seen(page, screenshot)


def visit(context: BrowserContext, url: str, screenshot: pathlib.Path | None = None) -> SignIn:
    """Open any page."""
    page = context.new_page()
    page.goto(url)
    return _seen(page, screenshot)


def _patient(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(_MILLISECONDS)
    return context


def _chromium() -> str | None:
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def _kind(page: Page) -> str:
    return page.locator("body").get_attribute("data-page") or ""


def _settle(page: Page) -> None:
    """Wait until the browser has left the intermediate pages."""
    page.wait_for_function("names => !names.includes(document.body?.dataset.page)", arg=list(_ON_THE_WAY))
    page.wait_for_load_state("load")


def _seen(page: Page, screenshot: pathlib.Path | None) -> SignIn:
    if screenshot:
        screenshot.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=screenshot)
    return read_page(page.content(), page.url)
