# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it takes to keep 1,000 and 10,000 agents in step, on the sandbox, with and without the service's limits, beside
other ways.

Everything is measured in one run and told as a ratio to what the limits alone dictate, since absolute times are this
machine's. Where the real limits would take hours they are scaled up, module and sandbox alike; the scale stands beside
the figure. The exit status is 1 when a bound is not kept.
"""

from __future__ import annotations

import argparse
import collections
import collections.abc
import dataclasses
import datetime as dt
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from contact_centre import Centre, person, seed_centre
from federation_sandbox.testing import Sandbox, running_sandbox
from support import COLLECTIONS, module_environment

RATE: t.Final = 2.0
BURST: t.Final = 5.0
OURS: t.Final = {"managed-by": "openccp.federation"}
#: What no account allows: the module's own pace is out of the way.
UNPACED: t.Final = {"rate": 100_000.0, "burst": 100_000.0}


#: The module as Ansible runs it, with its arguments: in a child of a process that has loaded it. Its time and memory
#: are the child's own.
DIRECTLY: t.Final = """
import json, resource, sys, time
from ansible_collections.openccp.federation.plugins.modules.connect_users import MODULE
from ansible_collections.openccp.federation.plugins.plugin_utils import _child, _models
_models.parsed()
arguments = json.load(sys.stdin)
def work():
    _models.hand_over()
    return MODULE.run_on_controller("connect_users", arguments).result
started = time.perf_counter()
result = _child.run(work, {}, ".")
seconds = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
usage = {"seconds": seconds, "busy": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}
json.dump({"usage": usage, "result": result}, sys.stdout)
"""


@dataclasses.dataclass
class Figure:
    """One measurement. floor: the seconds that the limits alone dictate; busy: the processor time of the process, in
    seconds.
    """

    what: str
    agents: int
    limits: str
    seconds: float
    requests: dict[str, int]
    peak_mib: float = 0.0
    floor: float = 0.0
    share: float = 0.0
    busy: float = 0.0
    refused: int = 0

    def row(self) -> str:
        """A line of the table."""
        most = ", ".join(f"{count:,} {name}" for name, count in self.requests.items())
        against = f"{self.seconds / self.floor:.2f} × the limit's {self.floor:.1f} s" if self.floor else "-"
        share = f"{self.share:.1%}" if self.share else "-"
        peak = f"{self.peak_mib:.0f}" if self.peak_mib else "-"
        busy = f"{self.busy:.1f}" if self.busy else "-"
        requests = f"{sum(self.requests.values()):,} ({most})"
        return (
            f"| {self.what} | {self.agents:,} | {self.limits} | {requests} | {self.seconds:.1f} | {busy} | {against} "
            f"| {share} | {peak} |"
        )


def team(count: int, **settings: t.Any) -> list[dict[str, t.Any]]:
    """That many agents."""
    return [person({"username": f"agent{number:05}@example.com", **settings}) for number in range(count)]


def filled(sandbox: Sandbox, count: int, scale: float) -> Centre:
    """A centre with agents that were last modified long ago. scale: 0 for no limits."""
    sandbox.world.reset()
    sandbox.world.clock.advance(-dt.timedelta(hours=2))
    centre = seed_centre(sandbox, users=[{**agent, "tags": OURS} for agent in team(count)], routing_profiles=["Sales"])
    sandbox.world.settings.change({"limits": bool(scale), "limit_scale": scale or 1.0})
    return centre


def floor_of(requests: t.Mapping[str, int], scale: float) -> float:
    """The seconds that the busiest operation needs, each having a bucket of its own."""
    return max([0.0, *((count - BURST * scale) / (RATE * scale) for count in requests.values())]) if scale else 0.0


def limits_label(scale: float) -> str:
    """How the limits were."""
    return {0.0: "off", 1.0: "real"}.get(scale, f"× {scale:g}")


def counted(sandbox: Sandbox) -> dict[str, int]:
    """Requests by operation, the most frequent first."""
    return dict(collections.Counter(entry["operation"] for entry in sandbox.world.traffic.requests()).most_common())


def share_of_limit(sandbox: Sandbox, operation: str, scale: float) -> float:
    """How much of the rate that the limit allows was used, from the first call to the last."""
    times = [
        dt.datetime.fromisoformat(entry["time"])
        for entry in sandbox.world.traffic.entries("connect", operation)
        if entry["status"] < 400
    ]
    allowed = (len(times) - BURST * scale) / (RATE * scale)
    return allowed / (times[-1] - times[0]).total_seconds()


def module(
    centre: Centre, what: str, users: list[dict[str, t.Any]], scale: float, expected: t.Mapping[str, int]
) -> Figure:
    """One run of connect_users."""
    pace = {"rate": RATE * scale, "burst": BURST * scale} if scale else UNPACED
    params = {
        "instance_id": centre.id,
        "users": users,
        "mode": "set",
        "leavers": "delete",
        **pace,
    }
    centre.sandbox.world.traffic.clear()
    done = subprocess.run(
        [sys.executable, "-c", DIRECTLY],
        input=json.dumps(params),
        capture_output=True,
        text=True,
        check=False,
        env=module_environment(centre.environment),
    )
    if done.returncode:
        raise SystemExit(f"{what}: {done.stderr}")
    answer = json.loads(done.stdout)
    result = answer["result"]
    counts = {key: value for key, value in result.get("users", {}).items() if key in expected}
    if result.get("failed") or counts != dict(expected):
        raise SystemExit(f"{what}: {result.get('msg')} {counts}")
    requests = counted(centre.sandbox)
    return Figure(
        what, len(users), limits_label(scale), requests=requests, floor=floor_of(requests, scale), **answer["usage"]
    )


def unchanged(sandbox: Sandbox, count: int, scale: float) -> Figure:
    """Nothing to change."""
    return module(filled(sandbox, count, scale), "unchanged", team(count), scale, {"unchanged": count})


def one_percent(sandbox: Sandbox, count: int, scale: float) -> Figure:
    """One agent in a hundred has another routing profile."""
    centre = filled(sandbox, count, scale)
    changed = count // 100
    users = [*team(changed, routing_profile="Sales"), *team(count)[changed:]]
    return module(centre, "1 % changed", users, scale, {"updated": changed, "unchanged": count - changed})


def all_new(sandbox: Sandbox, count: int, scale: float) -> Figure:
    """Nobody is there yet."""
    figure = module(filled(sandbox, 0, scale), "all new", team(count), scale, {"created": count})
    refused = sum(1 for entry in sandbox.world.traffic.entries("connect", "CreateUser") if entry["status"] == 429)
    return (
        dataclasses.replace(figure, share=share_of_limit(sandbox, "CreateUser", scale), refused=refused)
        if scale
        else figure
    )


def task_loop(sandbox: Sandbox, count: int) -> Figure:
    """connect_user in a loop of one task, for agents that are as wanted already; limits off."""
    centre = filled(sandbox, count, 0.0)
    loop = {
        "openccp.federation.connect_user": "{{ item }}",
        "loop": [{"instance_id": centre.id, **agent} for agent in team(count)],
    }
    task = {**loop, "loop_control": {"label": "{{ item.username }}"}}
    variables = {"ansible_python_interpreter": sys.executable}
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": [task]}]
    with tempfile.TemporaryDirectory() as folder:
        playbook = Path(folder) / "loop.yml"
        playbook.write_text(json.dumps(play), encoding="utf-8")
        environment = {
            **module_environment(centre.environment),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": folder,
        }
        sandbox.world.traffic.clear()
        started = time.perf_counter()
        command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", "localhost,", playbook]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
    if done.returncode or "changed=0" not in done.stdout:
        raise SystemExit(f"task loop: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Figure("task loop over connect_user, unchanged", count, "off", seconds, counted(sandbox))


def describe_each(sandbox: Sandbox, count: int, scale: float) -> Figure:
    """What tools do that read one user a request: ListUsers, then DescribeUser for each; botocore's adaptive retries
    keep the pace.
    """
    centre = filled(sandbox, count, scale)
    sandbox.world.traffic.clear()
    started = time.perf_counter()
    connect = centre.connect()
    for page in connect.get_paginator("list_users").paginate(InstanceId=centre.id):
        for user in page["UserSummaryList"]:
            connect.describe_user(InstanceId=centre.id, UserId=user["Id"])
    seconds = time.perf_counter() - started
    requests = counted(sandbox)
    return Figure(
        "DescribeUser for each, unchanged",
        count,
        limits_label(scale),
        seconds,
        requests,
        floor=floor_of(requests, scale),
    )


def bounds(figures: t.Mapping[str, Figure]) -> collections.abc.Iterator[tuple[str, float, float, bool]]:
    """What must hold of the figures that there are: the bound, what was measured, the limit, and whether it is kept."""

    def most(what: str, value: float, limit: float) -> tuple[str, float, float, bool]:
        return what, value, limit, value <= limit

    real = figures.get("unchanged 10000 real")
    if real:
        yield most("requests for 10,000 unchanged agents", sum(real.requests.values()), 45)
        yield most("10,000 unchanged agents against the limit alone", real.seconds / real.floor, 1.15)
    for key, figure in figures.items():
        if figure.share:
            yield f"share of the limit, {key}", figure.share, 0.95, figure.share >= 0.95
            yield most(f"calls that came too soon, {key}", figure.refused, 3)
    large = [figure.peak_mib for figure in figures.values() if figure.agents == 10_000]
    if large:
        yield most("peak memory at 10,000 agents, MiB", max(large), 200)
    for what in ("unchanged", "new"):
        few, many = figures.get(f"{what} 1000 off"), figures.get(f"{what} 10000 off")
        if few and many:
            yield most(f"growth of time from 1,000 to 10,000 agents, {what}", many.seconds / few.seconds, 10)
            yield most(
                f"growth of the module's processor time from 1,000 to 10,000 agents, {what}", many.busy / few.busy, 10
            )


def ratios(figures: t.Mapping[str, Figure]) -> collections.abc.Iterator[str]:
    """How other ways compare."""
    alone, together = figures.get("task loop"), figures.get("unchanged 1000 off")
    if alone and together:
        slower = (alone.seconds / alone.agents) / (together.seconds / together.agents)
        yield (
            f"An unchanged agent takes {slower:,.0f} times as long in a task loop as in connect_users with 1,000 "
            f"agents, limits off."
        )
    described, snapshot = figures.get("describe"), figures.get("unchanged 1000 real")
    if described and snapshot:
        more = (sum(described.requests.values()) / described.agents) / (
            sum(snapshot.requests.values()) / snapshot.agents
        )
        yield f"Reading each user by itself takes {more:,.0f} times as many requests."


Case = t.Callable[[Sandbox], Figure]


def cases(quick: bool) -> dict[str, Case]:
    """All that is measured, in its order. quick: without what takes minutes."""
    by_name: dict[str, Case] = {}
    for count in (1_000, 10_000):
        for limits, scale in (("off", 0.0), ("real", 1.0)):
            by_name[f"unchanged {count} {limits}"] = functools.partial(unchanged, count=count, scale=scale)
            by_name[f"1 % {count} {limits}"] = functools.partial(one_percent, count=count, scale=scale)
        by_name[f"new {count} off"] = functools.partial(all_new, count=count, scale=0.0)
    if not quick:
        by_name["new 1000 real"] = functools.partial(all_new, count=1_000, scale=1.0)
    by_name["new 1000 × 10"] = functools.partial(all_new, count=1_000, scale=10.0)
    by_name["new 10000 × 25"] = functools.partial(all_new, count=10_000, scale=25.0)
    by_name["task loop"] = functools.partial(task_loop, count=20 if quick else 100)
    by_name["describe"] = functools.partial(describe_each, count=200 if quick else 1_000, scale=10.0)
    return by_name


def main() -> int:
    """Measure, print a table, and hold the figures to their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out what takes more than some minutes")
    parser.add_argument(
        "--only", nargs="+", metavar="TEXT", default=[""], help="measure what has one of these in its name"
    )
    options = parser.parse_args()
    os.environ.setdefault("PYTHONPATH", str(COLLECTIONS))
    figures = {}
    with running_sandbox() as sandbox:
        unchanged(sandbox, 10, 0.0)  # the sandbox makes its models when they are first needed
        print(
            "| What | Agents | Limits | Requests | Seconds | Processor | Against the limit | Share of the limit "
            "| Peak MiB |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for name, measure in cases(options.quick).items():
            if any(text in name for text in options.only):
                figures[name] = measure(sandbox)
                print(figures[name].row(), flush=True)
    print("\n| Bound | Measured | Limit | |\n|---|---|---|---|")
    kept = True
    for what, value, limit, holds in bounds(figures):
        kept &= holds
        print(f"| {what} | {value:.2f} | {limit:g} | {'kept' if holds else 'NOT KEPT'} |")
    print("", *ratios(figures), sep="\n")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
