# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that embeds the Contact Control Panel, in Chromium and with Amazon's own library, against pages that frame
as AWS's do.
"""

from __future__ import annotations

import collections.abc
import json
import re
import shutil
import typing as t
from pathlib import Path

import embedded_panel
import pytest
from embedded_panel import LOAD_TIMEOUT, is_panel, submit, wait_until_closed
from federation import ACCOUNT, AUDIENCE, CLIENT, JANE, REGION, TENANT, Federation
from playbooks import Playbooks

from federation_sandbox import clouds
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.testing import Sandbox
from npm_packages import AXE, STREAMS

HOST: t.Final = "desk.acme.example"
PAGE: t.Final = f"https://{HOST}/"
MINUTE: t.Final = 60_000
CREDENTIALS: t.Final = {
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": CLIENT,
    "AZURE_CLIENT_SECRET": "s3cret",
    "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000001",
    "AWS_SECRET_ACCESS_KEY": "secret",
}

BECOME_AVAILABLE: t.Final = """() => new Promise((resolve) => connect.agent((agent) => {
    const available = agent.getAgentStates().find((state) => state.type === 'routable');
    agent.setState(available, {success: () => resolve('done'), failure: resolve});
}))"""

pytestmark = pytest.mark.skipif(
    not STREAMS.exists(), reason=f"{STREAMS.name} is not there: run make page-libraries, which needs npm"
)


class Desk:
    """A page that the role has published, and the federation behind it."""

    def __init__(self, federation: Federation, folder: Path, headers: dict[str, str]) -> None:
        self.federation = federation
        self.folder = folder
        self.headers = headers
        self.restore = federation.sandbox.world.snapshot()

    @property
    def instance(self) -> t.Any:
        return next(iter(self.federation.sandbox.world.state(Connect).instances.values()))


def publish(sandbox: Sandbox, work: Path, **variables: t.Any) -> dict[str, t.Any]:
    """Run the playbook for one page; the fact that it leaves behind."""
    host = {
        "federation_region": REGION,
        "federation_instance_alias": "acme",
        "federation_identifier": AUDIENCE,
        "ccp_page_library": str(STREAMS),
        **variables,
    }
    inventory = work / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"acme": host}}}), encoding="utf-8")
    return Playbooks({**sandbox.environment, **CREDENTIALS}, work).succeed("ccp_page", inventory).result("ccp_page")


@pytest.fixture(scope="module")
def _desk(running: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        running.world.reset()
        running.world.settings.limits = False
        federation = Federation(running)
        work = tmp_path_factory.mktemp("desk")
        published = publish(running, work, federation_pages=[{"url": PAGE, "folder": str(work / "site")}])
        clouds.seed(running.world, {"sites": {HOST: {"folder": str(work / "site"), "headers": published["headers"]}}})
        yield Desk(federation, work / "site", published["headers"])


@pytest.fixture
def desk(_desk: Desk) -> Desk:
    """The page as it was published."""
    _desk.restore()
    return _desk


class Agent:
    """A person in front of the page, whose time stands still unless a test moves it. errors: what the browser's console
    says.
    """

    def __init__(self, context: t.Any) -> None:
        self.page = context.new_page()
        self.errors: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, url: str = PAGE) -> Agent:
        embedded_panel.open_page(self.page, url)
        return self

    def button(self, name: str) -> t.Any:
        return self.page.get_by_role("button", name=name, exact=True)

    def start(self, button: str = "Sign in") -> t.Any:
        return embedded_panel.start(self.page, button)

    def sign_in(self, user: str = JANE) -> t.Any:
        """Sign in with a new window, which the page closes as soon as the panel is there; return that window."""
        window = self.start()
        self.fill(window, user)
        return window

    def fill(self, window: t.Any, user: str = JANE) -> None:
        embedded_panel.fill(self.page, window, user)

    def wait_for_panel(self) -> None:
        embedded_panel.wait_for_panel(self.page)

    def give_up(self) -> None:
        """Let Streams try ten times."""
        self.page.clock.run_for(2 * MINUTE)
        self.button("Try again").wait_for()

    def wait_for_message(self, text: str) -> None:
        self.page.get_by_role("status").filter(has_text=text).wait_for()

    def wait_for_error(self, *texts: str) -> None:
        """Wait for a line of the console that holds some texts."""

        def matches(error: str) -> bool:
            return all(text in error for text in texts)

        if not any(map(matches, self.errors)):
            self.page.wait_for_event("console", lambda line: line.type == "error" and matches(line.text))

    @property
    def message(self) -> str:
        return str(self.page.get_by_role("status").inner_text())


@pytest.fixture
def person(new_context: t.Any, tmp_path: Path) -> t.Callable[..., Agent]:
    """Somebody with a browser that lets third-party cookies through."""
    return lambda **more: Agent(new_context.profile(tmp_path / "profile", **more))


def violations(agent: Agent) -> list[str]:
    return [error for error in agent.errors if "Content Security Policy" in error or "Permissions policy" in error]


def test_a_frame_alone_is_refused_and_the_console_says_why(desk: Desk, person: t.Callable[..., Agent]) -> None:
    """facts/aws.md 7: the error that everybody asks about"""
    naive = (
        f"<!DOCTYPE html><title>Naive</title><iframe "
        f"src='{desk.instance.access_url}/ccp-v2/'></iframe><button>x</button>"
    )
    (desk.folder / "naive.html").write_text(naive, encoding="utf-8")
    desk.federation.sandbox.world.state(clouds.sites.Sites).by_host[HOST] = clouds.sites.Site(desk.folder, {})
    agent = person().open(f"{PAGE}naive.html")
    agent.wait_for_error("Refused to display", "'X-Frame-Options' to 'sameorigin'")


def test_an_agent_signs_in_works_signs_out_and_stays_signed_out(
    desk: Desk, person: t.Callable[..., Agent], picture: t.Callable[[str], Path]
) -> None:
    agent = person(permissions=["microphone"]).open()
    window = agent.sign_in()
    agent.wait_for_panel()
    wait_until_closed(window)
    agent.page.locator("#agent").filter(has_text="Jane Doe Offline").wait_for()
    frame = agent.page.frame_locator("iframe[title='Amazon Connect Contact Control Panel']")
    assert "Welcome, Jane Doe" in frame.locator("main").inner_text()
    agent.page.screenshot(path=picture("ccp-page.png"))
    assert agent.page.evaluate(BECOME_AVAILABLE) == "done"
    agent.page.locator("#agent-state").filter(has_text="Available").wait_for()
    frame.locator("#state").filter(has_text="Available").wait_for()
    assert violations(agent) == []
    agent.button("Sign out").click()
    agent.page.get_by_text("Your Microsoft session stays open").wait_for()
    agent.page.clock.run_for(2 * MINUTE)
    assert agent.button("Sign in").is_visible()
    assert not agent.button("Sign out").is_visible()
    # The Entra session goes on: nobody asks for a name this time.
    with agent.page.context.expect_event("response", is_panel):
        window = agent.start()
    agent.wait_for_panel()
    wait_until_closed(window)


def test_a_reload_finds_the_panel_again(desk: Desk, person: t.Callable[..., Agent]) -> None:
    agent = person().open()
    agent.sign_in()
    agent.wait_for_panel()
    agent.page.reload()
    agent.wait_for_panel()


def test_an_origin_that_is_not_approved(desk: Desk, person: t.Callable[..., Agent]) -> None:
    desk.instance.origins.clear()
    agent = person().open()
    agent.sign_in()
    agent.give_up()
    agent.wait_for_message("not among the approved origins")
    agent.wait_for_error("frame-ancestors")


def test_third_party_cookies_are_blocked(desk: Desk, new_context: t.Any) -> None:
    agent = Agent(new_context()).open()
    agent.sign_in().get_by_text("Welcome, Jane Doe").wait_for()
    agent.give_up()
    agent.wait_for_message("blocks third-party cookies")


def test_a_popup_is_blocked(desk: Desk, person: t.Callable[..., Agent]) -> None:
    agent = person()
    agent.page.add_init_script("window.open = () => null")
    agent.open()
    agent.button("Sign in").click()
    agent.wait_for_message("blocked the sign-in window")
    with agent.page.expect_popup() as opened:
        agent.page.get_by_role("link", name="Open the sign-in window").click()
    agent.fill(opened.value)
    agent.wait_for_panel()


def test_a_window_that_is_closed_too_early(desk: Desk, person: t.Callable[..., Agent]) -> None:
    agent = person()
    agent.page.add_init_script(
        "const open = window.open; window.open = (...how) => (window.signInWindow = open(...how));"
    )
    agent.open()
    agent.start().close()
    agent.page.wait_for_function("window.signInWindow.closed")
    agent.page.clock.run_for(1_000)
    agent.wait_for_message("closed before the panel appeared")
    agent.fill(agent.start("Sign in again"))
    agent.wait_for_panel()


def test_a_slow_sign_in_ends_with_a_button_and_then_works(desk: Desk, person: t.Callable[..., Agent]) -> None:
    agent = person().open()
    window = agent.start()
    agent.give_up()
    agent.wait_for_message("You had not finished signing in")
    assert not window.is_closed()
    with window.expect_navigation():
        agent.button("Try again").click()
    agent.fill(window)
    agent.wait_for_panel()
    wait_until_closed(window)


def test_somebody_who_is_not_onboarded(desk: Desk, person: t.Callable[..., Agent]) -> None:
    desk.federation.assign(desk.federation.users["nobody@contoso.com"])
    agent = person().open()
    window = agent.start()
    submit(window, "nobody@contoso.com")
    window.get_by_text("has not been onboarded").wait_for()
    agent.give_up()
    agent.wait_for_message("your account has not been onboarded")


def test_a_session_that_ends_elsewhere(desk: Desk, person: t.Callable[..., Agent]) -> None:
    agent = person().open()
    agent.sign_in()
    agent.wait_for_panel()
    agent.page.context.new_page().goto(f"{desk.instance.access_url}/logout")
    agent.page.frame_locator("iframe").locator("body").evaluate(
        "() => window.parent.postMessage({event: 'auth_fail', data: {}}, '*')"
    )
    agent.wait_for_message("Your session has ended.")
    # What Streams hears from the frame that was left behind is not the panel.
    agent.page.clock.run_for(LOAD_TIMEOUT)
    with agent.page.context.expect_event("response", is_panel):
        window = agent.start("Sign in again")
    agent.wait_for_panel()
    wait_until_closed(window)


def test_no_microphone(desk: Desk, person: t.Callable[..., Agent]) -> None:
    agent = person()
    devtools = agent.page.context.new_cdp_session(agent.page)
    denied = {"permission": {"name": "microphone"}, "setting": "denied", "origin": f"https://{HOST}"}
    devtools.send("Browser.setPermission", denied)
    agent.open()
    agent.sign_in()
    agent.wait_for_panel()
    agent.page.get_by_text("may not use the microphone").wait_for()


def test_two_tabs(desk: Desk, person: t.Callable[..., Agent]) -> None:
    first = person().open()
    first.sign_in()
    first.wait_for_panel()
    second = Agent(first.page.context).open()
    second.wait_for_message("open in another tab")
    second.button("Use the panel here").click()
    second.button("Sign in").wait_for()
    first.page.get_by_text("open in another tab").wait_for()


def copy_page(desk: Desk, folder: Path, **config: str) -> None:
    """The page as it was published, with another configuration."""
    shutil.copytree(desk.folder, folder)
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **config}), encoding="utf-8")


def test_two_instances_on_one_host(desk: Desk, person: t.Callable[..., Agent], tmp_path: Path) -> None:
    """Each page has its window, its tab and its session, and signing out of one leaves the other."""
    federation, where = desk.federation, f"https://{HOST}"
    user = {"username": JANE, "first_name": "Jane", "last_name": "Doe"}
    sales = {"account": ACCOUNT, "region": REGION, "alias": "sales", "users": [user], "approved_origins": [where]}
    seeded = clouds.seed(federation.sandbox.world, {"aws": {"instances": [sales]}})["aws"]["instances"][0]
    federation.permit(federation.statement(Resource="*"))
    copy_page(desk, tmp_path / "site" / "support")
    copy_page(
        desk,
        tmp_path / "site" / "sales",
        ccp_url=f"{seeded['access_url']}/ccp-v2/",
        logout_url=f"{seeded['access_url']}/logout",
    )
    federation.sandbox.world.state(clouds.sites.Sites).by_host[HOST] = clouds.sites.Site(tmp_path / "site", {})
    first = person().open(f"{PAGE}support/index.html")
    first.sign_in()
    first.wait_for_panel()
    federation.set_relay_state(federation.relay_state(instance=seeded["id"]))
    second = Agent(first.page.context).open(f"{PAGE}sales/index.html")
    with second.page.context.expect_event("response", is_panel):
        second.start()
    second.wait_for_panel()
    second.page.frame_locator("iframe").locator("header").filter(has_text="sales").wait_for()
    second.button("Sign out").click()
    second.wait_for_message("Your Microsoft session stays open")
    first.page.reload()
    first.wait_for_panel()


def test_an_old_address_of_the_panel_and_a_sign_in_to_the_new_one(
    desk: Desk, person: t.Callable[..., Agent], tmp_path: Path
) -> None:
    """facts/aws.md 4.1 and 7: the loop without an end, and what the page says of it"""
    desk.instance.old_domain = True
    desk.federation.set_relay_state(f"{desk.federation.relay_state()}&new_domain=true")
    copy_page(desk, tmp_path / "site", ccp_url="https://acme.awsapps.com/connect/ccp-v2/")
    desk.federation.sandbox.world.state(clouds.sites.Sites).by_host[HOST] = clouds.sites.Site(tmp_path / "site", {})
    agent = person().open()
    window = agent.sign_in()
    for _attempt in range(2):
        window.get_by_text("Welcome, Jane Doe").wait_for()
        assert window.url == "https://acme.my.connect.aws/ccp-v2"
        agent.give_up()
        agent.wait_for_message("looks for the panel at acme.awsapps.com")
        agent.wait_for_error("Refused to display 'https://acme.awsapps.com/", "'X-Frame-Options' to 'sameorigin'")
        with window.expect_navigation(url="https://acme.my.connect.aws/ccp-v2"):
            agent.button("Try again").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(scheme: str, desk: Desk, person: t.Callable[..., Agent]) -> None:
    """With the keyboard alone, 320 pixels wide, and with nothing that axe-core calls serious."""
    agent = person(viewport={"width": 320, "height": 640}, color_scheme=scheme).open()
    agent.page.keyboard.press("Tab")
    with agent.page.expect_popup() as opened:
        agent.page.keyboard.press("Enter")
    agent.fill(opened.value)
    agent.wait_for_panel()
    assert agent.page.evaluate("document.documentElement.scrollWidth") <= 320
    agent.page.clock.resume()  # axe-core waits for timers of its own
    agent.page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = agent.page.evaluate("async () => (await axe.run(document, {iframes: false})).violations")
    assert [problem for problem in violations if problem["impact"] in ("serious", "critical")] == []


def test_a_changed_library_is_not_run(desk: Desk, person: t.Callable[..., Agent], tmp_path: Path) -> None:
    library = desk.folder / "connect-streams.js"
    content = library.read_bytes()
    library.write_bytes(content + b"\n//")
    try:
        agent = person()
        agent.page.goto(PAGE)
        agent.page.get_by_text("could not be loaded or has been changed").wait_for()
        agent.wait_for_error("integrity")
    finally:
        library.write_bytes(content)


def test_in_german(desk: Desk, person: t.Callable[..., Agent], running: Sandbox, tmp_path: Path) -> None:
    page = {
        "url": PAGE,
        "folder": str(tmp_path / "site"),
        "language": "de",
        "texts": {"title": "Hotline <b>Berlin</b>"},
    }
    published = publish(running, tmp_path, federation_pages=[page])
    clouds.seed(running.world, {"sites": {HOST: {"folder": page["folder"], "headers": published["headers"]}}})
    agent = person().open()
    assert agent.button("Anmelden").is_visible()
    assert agent.page.get_by_role("heading").inner_text() == "Hotline <b>Berlin</b>"
    assert re.fullmatch("de", agent.page.locator("html").get_attribute("lang"))
