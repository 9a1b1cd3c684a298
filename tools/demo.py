# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federates the sandbox's two clouds with the real playbooks, twice, signs an agent in, and shows what else there is:
one screen a step.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import textwrap
import typing as t

import terminal_picture
import yaml
from embedded_panel import fill, open_page, start, wait_for_panel, wait_until_closed
from sign_in import NotIn, prove

from federation_sandbox import browser, clouds
from federation_sandbox.testing import Sandbox, running_sandbox

CHECKOUT: t.Final = pathlib.Path(__file__).resolve().parents[1]
INVENTORY: t.Final = pathlib.Path("inventories/sandbox")
FOLDER: t.Final = CHECKOUT / ".sandbox"
PICTURES: t.Final = CHECKOUT / "docs" / "images"
EVENTS: t.Final = CHECKOUT / "tests" / "workflow" / "callback_plugins"
LIBRARY: t.Final = CHECKOUT / ".cache/npm/node_modules/amazon-connect-streams/release/connect-streams-min.js"
DESK: t.Final = "desk.acme.example"
SCREENS: t.Final = 6
WIDTH: t.Final = 110


class Missed(Exception):
    """The demo did not show what it promises."""


@dataclasses.dataclass(frozen=True)
class Run:
    """One finished run of a playbook, and what it asked of the clouds."""

    events: list[dict[str, t.Any]]
    requests: int
    writes: int

    @property
    def changed(self) -> int:
        """The changed tasks."""
        return sum(host["changed"] for host in self.events[-1]["stats"].values())

    def message(self, task: str) -> list[str]:
        """What a task printed."""
        messages = [event["result"]["msg"] for event in self.events if event.get("task") == task]
        if not messages:
            raise Missed(f"no task {task!r} printed anything")
        return messages[-1] if isinstance(messages[-1], list) else [str(messages[-1])]

    def fact(self, name: str) -> dict[str, t.Any]:
        """A fact that a role left behind, as set last."""
        facts = [event["result"].get("ansible_facts", {}) for event in self.events if "result" in event]
        return t.cast("dict[str, t.Any]", next(fact[name] for fact in reversed(facts) if name in fact))


class Terminal:
    """What the demo prints, which is kept, and Ansible's own output, which goes to a log unless all of it is to be
    seen.
    """

    def __init__(self, *, verbose: bool, screens: int = SCREENS) -> None:
        FOLDER.mkdir(exist_ok=True)
        self.verbose = verbose
        self._screens = screens
        self.lines: list[str] = []
        self.log = FOLDER / "demo.log"
        self.log.write_text("", encoding="utf-8")
        self._screen = 0

    def say(self, text: str = "") -> None:
        """Print."""
        self.lines += text.split("\n")
        print(text, flush=True)

    def screen(self, title: str) -> None:
        """Begin a screen."""
        self._screen += 1
        self.say(f"\n━━ {self._screen}/{self._screens} {title} ".ljust(WIDTH, "━"))

    def show(self, lines: t.Iterable[str]) -> None:
        """Print sentences, each below the other."""
        for line in lines:
            self.say(textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))

    def note(self, line: str) -> None:
        """Keep a line of Ansible's output."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(line)
        if self.verbose:
            print(line, end="", flush=True)


class Demo:
    """The clouds, and what is run on them."""

    def __init__(self, sandbox: Sandbox, credentials: dict[str, str], terminal: Terminal) -> None:
        self.sandbox = sandbox
        self.credentials = credentials
        self.terminal = terminal
        (host,) = yaml.safe_load((CHECKOUT / INVENTORY / "hosts.yml").read_text(encoding="utf-8"))["all"][
            "hosts"
        ].values()
        self.agent = str(host["federation_agents"][0]["username"])

    def play(
        self, playbook: str, *arguments: str, variables: t.Mapping[str, t.Any] | None = None, writes: bool = False
    ) -> Run:
        """Run a playbook of the collection. writes: whether it may."""
        words = ["ansible-playbook", f"openccp.federation.{playbook}", "--inventory", str(INVENTORY), *arguments]
        if variables:
            file = FOLDER / f"{playbook}.json"
            file.write_text(json.dumps(variables, indent=1), encoding="utf-8")
            words += ["--extra-vars", f"@{file.relative_to(CHECKOUT)}"]
        self.terminal.say(f"$ {' '.join(words)}\n")
        world = self.sandbox.world
        world.traffic.clear()
        world.settings.refuse_writes = not writes
        events = FOLDER / "events.jsonl"
        events.unlink(missing_ok=True)
        own = {
            "ANSIBLE_CALLBACK_PLUGINS": str(EVENTS),
            "ANSIBLE_CALLBACKS_ENABLED": "events",
            "EVENTS_FILE": str(events),
        }
        environment = {**clean(os.environ), **self.sandbox.environment, **self.credentials, **own}
        with subprocess.Popen(
            [sys.executable, "-m", "ansible", "playbook", *words[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=CHECKOUT,
            env=environment,
        ) as process:
            for line in process.stdout or ():
                self.terminal.note(line)
        if process.returncode:
            last = "".join(self.terminal.log.read_text(encoding="utf-8").splitlines(keepends=True)[-30:])
            raise Missed(f"{playbook}.yml ended with {process.returncode}; the end of {self.terminal.log}:\n\n{last}")
        records = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
        world.settings.refuse_writes = False
        run = Run(records, len(world.traffic.requests()), len(world.traffic.writes()))
        if run.writes and not writes:
            raise Missed(f"{playbook}.yml tried to write")
        return run

    def federate(self) -> str:
        """From nothing to a federation; the user access URL."""
        self.terminal.screen("Federate an empty tenant and an empty AWS account")
        run = self.play("site", writes=True)
        self.terminal.say("The plan, over both clouds, before anything is written:")
        self.terminal.show(run.message("The plan"))
        self.table(run)
        if run.changed == 0:
            raise Missed("the first run changed nothing")
        return str(run.fact("azure_saml_app_result")["user_access_url"])

    def again(self) -> None:
        """A second run, which must change nothing."""
        self.terminal.screen("Again: nothing may change")
        run = self.play("site")
        self.terminal.show(run.message("The plan"))
        self.table(run)
        if run.changed:
            raise Missed(f"the second run changed {run.changed} tasks")

    def embed(self) -> None:
        """A page of one's own with the panel in it."""
        self.terminal.screen("The panel in your own page")
        if not LIBRARY.exists():
            self.terminal.say(
                "Left out: it needs Amazon's library, which npm fetches. Install npm, and run make demo again."
            )
            return
        site = (FOLDER / "desk").relative_to(CHECKOUT)
        pages = {
            "federation_pages": [{"url": f"https://{DESK}/", "folder": str(site)}],
            "ccp_page_library": str(LIBRARY),
        }
        run = self.play("ccp_page", variables=pages, writes=True)
        self.terminal.show(run.message("The plan"))
        self.table(run)
        if missing := browser.missing():
            self.terminal.say(f"\nNo picture of it, since {missing}.")
            return
        clouds.seed(
            self.sandbox.world,
            {"sites": {DESK: {"folder": str(CHECKOUT / site), "headers": run.fact("ccp_page_result")["headers"]}}},
        )
        picture = FOLDER / "ccp-page.png"
        self._work_in_page(picture)
        self.terminal.say(
            f"\n{self.agent} signed in there with headless Chromium. The picture is kept: "
            f"{picture.relative_to(CHECKOUT)}"
        )

    def _work_in_page(self, picture: pathlib.Path) -> None:
        with browser.browser(self.sandbox.environment) as chromium:
            page = chromium.profile(
                pathlib.Path(self.sandbox.environment["AWS_CA_BUNDLE"]).with_name("profile")
            ).new_page()
            open_page(page, f"https://{DESK}/")
            window = start(page)
            fill(page, window, self.agent)
            wait_for_panel(page)
            wait_until_closed(window)
            page.frame_locator("iframe").locator("#state").wait_for()
            page.screenshot(path=picture)

    def report(self) -> None:
        """The report, as a file."""
        self.terminal.screen("A report to look at")
        FOLDER.joinpath("federation-report.json").unlink(missing_ok=True)  # of another demo, whose clouds are gone
        file = (FOLDER / "federation-report.html").relative_to(CHECKOUT)
        names = {"federation_report_html": str(file), "federation_report_json": str(file.with_suffix(".json"))}
        self.play("report", variables=names)
        self.terminal.say(f"Open {file}: the sign-in path drawn hop by hop, the agents, the certificates.")

    def teardown(self) -> None:
        """What a teardown would remove, by name."""
        self.terminal.screen("What a teardown would remove")
        run = self.play("teardown", "--check")
        self.terminal.show(run.message("The plan"))
        if run.changed == 0:
            raise Missed("the teardown found nothing to remove")

    def table(self, run: Run) -> None:
        """The table at the end of a run, and what it asked of the clouds."""
        self.terminal.say()
        for line in run.message("Federation, changed, check, what to do"):
            self.terminal.say(line)
        self.terminal.say(
            f"\n{run.requests} requests to the clouds, {run.writes} of them writes; {run.changed} tasks changed."
        )


def main() -> int:
    """Run the demo, or one command in a shell of the seeded sandbox."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--run", nargs=argparse.REMAINDER, metavar="COMMAND", help="run a command in a shell of the seeded sandbox"
    )
    parser.add_argument("--port", type=int, default=0, help="the loopback port; a free one when left out")
    parser.add_argument("--verbose", action="store_true", help="show Ansible's own output as well")
    options = parser.parse_args()
    with running_sandbox(options.port) as sandbox:
        credentials = seeded(sandbox)
        if options.run:
            return subprocess.run(
                options.run, env={**clean(os.environ), **sandbox.environment, **credentials}, check=False
            ).returncode
        terminal = Terminal(verbose=options.verbose)
        try:
            demonstrate(Demo(sandbox, credentials, terminal))
        except (Missed, NotIn) as reason:
            print(f"\nThe demo failed: {reason}", file=sys.stderr)
            return 1
    return 0


def seeded(sandbox: Sandbox) -> dict[str, str]:
    """Fill both clouds, and return the credentials as environment variables."""
    seed = json.loads((CHECKOUT / "sandbox" / "demo.json").read_text(encoding="utf-8"))
    clouds.seed(sandbox.world, seed["clouds"])
    return t.cast("dict[str, str]", seed["environment"])


def demonstrate(demo: Demo) -> None:
    """Every screen, the last with what to do next. With UPDATE_PICTURES=1 the first two become the picture in the
    README.
    """
    terminal = demo.terminal
    url = demo.federate()
    demo.again()
    if os.environ.get("UPDATE_PICTURES"):
        (PICTURES / "demo.svg").write_text(
            terminal_picture.draw(["$ make demo", *terminal.lines], WIDTH), encoding="utf-8"
        )
    terminal.screen("An agent signs in")
    prove(demo.sandbox, demo.credentials, url, demo.agent, FOLDER / "ccp.png")
    demo.report()
    demo.teardown()
    demo.embed()
    terminal.say(f"\nAgents sign in at {url}")
    terminal.say(f"Ansible's own output is in {terminal.log.relative_to(CHECKOUT)}; make demo VERBOSE=1 shows it.")
    terminal.say("The sandbox is closed again. make sandbox starts one that stays open.")


def clean(environment: t.Mapping[str, str]) -> dict[str, str]:
    """An environment without anybody's credentials."""
    return {key: value for key, value in environment.items() if not key.startswith(("AWS_", "AZURE_"))}


if __name__ == "__main__":
    sys.exit(main())
