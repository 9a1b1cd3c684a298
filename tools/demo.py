# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federates the sandbox's two clouds with the real playbooks, twice, says what came of it, and signs an agent in."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import yaml
from sign_in import NotIn, prove

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox, running_sandbox

CHECKOUT: t.Final = pathlib.Path(__file__).resolve().parents[1]
INVENTORY: t.Final = CHECKOUT / "inventories" / "sandbox"
FOLDER: t.Final = CHECKOUT / ".sandbox"
STEPS: t.Final = (
    ("What would happen", "site", ("--check",)),
    ("Federate", "site", ()),
    ("Again: nothing may change", "site", ()),
    ("Would an agent get in?", "check", ()),
    ("What a teardown would remove", "teardown", ("--check",)),
)


class Missed(Exception):
    """The demo did not show what it promises."""


def main() -> int:
    """Run the demo, or one command in a shell of the seeded sandbox."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", nargs=argparse.REMAINDER, metavar="COMMAND", help="run a command in a shell of the seeded sandbox")
    parser.add_argument("--port", type=int, default=0, help="the loopback port; a free one when left out")
    options = parser.parse_args()
    with running_sandbox(options.port) as sandbox:
        credentials = seeded(sandbox)
        if options.run:
            return subprocess.run(options.run, env={**clean(os.environ), **sandbox.environment, **credentials}, check=False).returncode
        try:
            return demonstrate(sandbox, credentials)
        except (Missed, NotIn) as reason:
            print(f"\nThe demo failed: {reason}", file=sys.stderr)
            return 1


def seeded(sandbox: Sandbox) -> dict[str, str]:
    """Fill both clouds, and return the credentials as environment variables."""
    seed = json.loads((CHECKOUT / "sandbox" / "demo.json").read_text(encoding="utf-8"))
    clouds.seed(sandbox.world, seed["clouds"])
    return t.cast("dict[str, str]", seed["environment"])


def demonstrate(sandbox: Sandbox, credentials: dict[str, str]) -> int:
    """Check, federate, federate again, follow the sign-in path, check a teardown, and sign an agent in."""
    recaps = []
    for title, playbook, arguments in STEPS:
        sandbox.world.traffic.clear()
        sandbox.world.settings.refuse_writes = "--check" in arguments
        heading(f"{title}: ansible-playbook openccp.federation.{playbook} {' '.join(arguments)}".rstrip())
        output = play(playbook, arguments, {**sandbox.environment, **credentials})
        changed = int(found(r"changed=(\d+)", output))
        requests = len(sandbox.world.traffic.requests())
        recaps.append((title, changed, requests, len(sandbox.world.traffic.writes())))
        if playbook == "site" and "--check" not in arguments:
            url = found(r"https://launcher\.[^\s\"']+", output)
    heading("Recap")
    print(f"{'':32}{'changed':>9}{'requests':>10}{'writes':>8}")
    for title, changed, requests, writes in recaps:
        print(f"{title:32}{changed:>9}{requests:>10}{writes:>8}")
    judge(recaps)
    sandbox.world.settings.refuse_writes = False
    heading("An agent signs in")
    prove(sandbox, credentials, url, agent(), FOLDER / "ccp.png")
    print(f"\nAgents sign in at\n  {url}\n\nThe sandbox is closed again. `make sandbox` starts one that stays open.")
    return 0


def agent() -> str:
    """The agent of the demo's inventory."""
    (host,) = yaml.safe_load((INVENTORY / "hosts.yml").read_text(encoding="utf-8"))["all"]["hosts"].values()
    return str(host["federation_agents"][0]["username"])


def judge(recaps: list[tuple[str, int, int, int]]) -> None:
    """Missed, unless everything was made once and foretold."""
    check, first, second, path, teardown = recaps
    if first[1] == 0 or check[1] != first[1]:
        raise Missed(f"check mode foretold {check[1]} changes, and {first[1]} happened")
    if second[1]:
        raise Missed(f"the second run changed {second[1]} tasks")
    if teardown[1] == 0:
        raise Missed("the teardown found nothing to remove")
    if any(recap[3] for recap in (check, second, path, teardown)):
        raise Missed("a run that changes nothing tried to write")


def play(playbook: str, arguments: tuple[str, ...], environment: dict[str, str]) -> str:
    """Run one playbook of the collection, showing its output as it comes; return that output."""
    command = [sys.executable, "-m", "ansible", "playbook", f"openccp.federation.{playbook}", "--inventory", str(INVENTORY), *arguments]
    lines = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=CHECKOUT, env={**clean(os.environ), **environment}
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise Missed(f"{playbook}.yml ended with {process.returncode}")
    return re.sub(r"\x1b\[[0-9;]*m", "", "".join(lines))


def clean(environment: t.Mapping[str, str]) -> dict[str, str]:
    """An environment without anybody's credentials."""
    return {key: value for key, value in environment.items() if not key.startswith(("AWS_", "AZURE_"))}


def heading(text: str) -> None:
    """A line that stands out."""
    print(f"\n━━ {text} {'━' * max(0, 110 - len(text))}\n", flush=True)


def found(pattern: str, text: str) -> str:
    """What a pattern finds in a run's output."""
    match = re.search(pattern, text)
    if match is None:
        raise Missed(f"the output holds no {pattern}")
    return match.group(match.re.groups)


if __name__ == "__main__":
    sys.exit(main())
