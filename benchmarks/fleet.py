# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet costs: 100 federations over 5 accounts, 4 Regions and 2 tenants, all new and unchanged, with 2, 5 and 10
forks.

Beside it, over the same hosts, the way of the existing collections for the half in AWS IAM:
community.aws.iam_saml_federation,
amazon.aws.iam_role and amazon.aws.iam_policy, which are given each account's credentials and the metadata and so need
neither a session nor Entra. Processor time is that of Ansible and its modules, without the sandbox's. The exit status
is 1 when a bound is not kept.
"""

from __future__ import annotations

import argparse
import collections.abc
import dataclasses
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from federation_sandbox.testing import Sandbox, running_sandbox
from fleet_factory import Fleet, make_fleet
from saml_factory import make_certificate, make_metadata
from support import COLLECTIONS, module_environment

THROTTLED: t.Final = {"Throttling", "ThrottlingException", "TooManyRequestsException", "TooManyRequests"}
SITE: t.Final = "openccp.federation.site"
TRUST: t.Final = {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::{{ account }}:saml-provider/ByOthers-{{ federation_instance_alias }}"},
    "Action": "sts:AssumeRoleWithSAML",
    "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
}
MAY: t.Final = {"Effect": "Allow", "Action": "connect:GetFederationToken", "Resource": "*"}
OTHER: t.Final = "ByOthers-{{ federation_instance_alias }}"
KEYS: t.Final = {
    "access_key": "{{ keys[account].access_key }}",
    "secret_key": "{{ keys[account].secret_key }}",
    "region": "{{ federation_region }}",
}
#: provider and role, with the existing collections
OTHERS: t.Final[dict[str, t.Any]] = {
    "module_defaults": {f"group/{collection}.aws.aws": KEYS for collection in ("amazon", "community")},
    "tasks": [
        {"community.aws.iam_saml_federation": {"name": OTHER, "saml_metadata_document": "{{ metadata }}"}},
        {
            "amazon.aws.iam_role": {
                "name": OTHER,
                "assume_role_policy_document": {"Version": "2012-10-17", "Statement": [TRUST]},
            }
        },
        {
            "amazon.aws.iam_policy": {
                "iam_type": "role",
                "iam_name": OTHER,
                "policy_name": "sign-in",
                "policy_json": {"Version": "2012-10-17", "Statement": [MAY]},
            }
        },
    ],
}
#: the same with the collection's role
OURS: t.Final[dict[str, t.Any]] = {"roles": ["openccp.federation.aws_federation"]}
NAMES: t.Final = {
    "federation_provider_name": "Half-{{ federation_instance_alias }}",
    "federation_role_name": "Half-{{ federation_instance_alias }}",
    "federation_account_id": "{{ account }}",
    "federation_instance_id": "99999999-8888-4777-8666-555555555555",
    "aws_federation_metadata": "{{ metadata }}",
}


@dataclasses.dataclass
class Figure:
    """One run of a playbook."""

    what: str
    hosts: int
    forks: int
    seconds: float
    processor: float
    requests: int
    throttled: int
    changed: int

    def seconds_each(self) -> float:
        """Processor seconds a federation."""
        return self.processor / self.hosts

    def row(self) -> str:
        """A line of the table."""
        return (
            f"| {self.what} | {self.hosts} | {self.forks} | {self.seconds:.0f} | {self.seconds / self.hosts:.2f} "
            f"| {self.seconds_each():.2f} "
            f"| {self.requests / self.hosts:.1f} | {self.throttled} |"
        )


class Bench:
    """A fleet in a sandbox of its own, and the environment to run playbooks over it."""

    def __init__(self, sandbox: Sandbox, hosts: int, folder: Path, direct: bool) -> None:
        self._sandbox = sandbox
        sandbox.world.reset()
        self._fleet: Fleet = make_fleet(sandbox, hosts)
        self._hosts = folder / f"{hosts}.json"
        self._hosts.write_text(json.dumps({"all": {"hosts": self._fleet.hosts}}), encoding="utf-8")
        self._folder = folder
        self._metadata = make_metadata(make_certificate())
        self._environment = {
            **module_environment({**sandbox.environment, **self._fleet.environment}),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(folder),
            "FEDERATION_DIRECT": str(direct),
        }

    def site(self, what: str, forks: int) -> Figure:
        """One run of site.yml."""
        return self._run(what, forks, SITE)

    def half(self, what: str, forks: int, play: t.Mapping[str, t.Any], names: t.Mapping[str, str]) -> Figure:
        """One run of a play that makes provider and role alone."""
        variables = {
            "ansible_python_interpreter": sys.executable,
            "account": "{{ federation_assume_role_arn.split(':')[4] }}",
            "keys": self._fleet.keys,
            "metadata": self._metadata,
            **names,
        }
        playbook = self._folder / "half.yml"
        whole = {"hosts": "all", "connection": "local", "gather_facts": False, "vars": variables, **play}
        playbook.write_text(json.dumps([whole]), encoding="utf-8")
        return self._run(what, forks, str(playbook))

    def _run(self, what: str, forks: int, playbook: str) -> Figure:
        self._sandbox.world.traffic.clear()
        command = [
            Path(sys.executable).with_name("ansible-playbook"),
            playbook,
            "-i",
            self._hosts,
            "--forks",
            str(forks),
        ]
        used, started = _children(), time.perf_counter()
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        seconds, processor = time.perf_counter() - started, _children() - used
        if done.returncode:
            raise SystemExit(f"{what}, {len(self._fleet.hosts)} hosts: {done.stdout[-3000:]}{done.stderr[-1000:]}")
        traffic = self._sandbox.world.traffic
        throttled = len(
            [entry for entry in traffic.requests() if entry["status"] == 429 or entry.get("error") in THROTTLED]
        )
        changed = done.stdout.count("changed=") - done.stdout.count("changed=0 ")
        figure = Figure(
            what, len(self._fleet.hosts), forks, seconds, processor, len(traffic.requests()), throttled, changed
        )
        print(figure.row(), flush=True)
        return figure


def _children() -> float:
    """The processor seconds of every process that was started here and has ended, its own children included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def halves(bench: Bench, forks: int) -> collections.abc.Iterator[tuple[str, Figure]]:
    """AWS IAM alone, in both ways, all new and then unchanged."""
    for who, play, names in (("the role aws_federation", OURS, NAMES), ("existing collections", OTHERS, {})):
        for state in ("all new", "unchanged"):
            yield f"{who} {state}", bench.half(f"AWS IAM alone, {who}, {state}", forks, play, names)


def measured(sandbox: Sandbox, folder: Path, few: int, many: int, quick: bool, direct: bool) -> dict[str, Figure]:
    """All figures: a small fleet, and a large one with one number of forks after the other; the other way beside one of
    them.
    """
    figures = {}
    print(
        "| What | Federations | Forks | Seconds | Seconds each | Processor seconds each | Requests each | "
        "Throttled and repeated |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for hosts, forks in ((few, 5), *((many, forks) for forks in ((5,) if quick else (5, 2, 10)))):
        bench = Bench(sandbox, hosts, folder, direct)
        size = "small" if hosts == few else f"large {forks}"
        figures[f"{size} new"] = bench.site("all new", forks)
        figures[f"{size} unchanged"] = bench.site("unchanged", forks)
        if size == ("small" if quick else "large 5"):
            figures["beside"] = figures[f"{size} unchanged"]
            figures.update(halves(bench, forks))
    return figures


def bounds(figures: t.Mapping[str, Figure]) -> collections.abc.Iterator[tuple[str, float, float]]:
    """What must hold: the bound, what was measured, and the most that it may be."""
    for what in ("new", "unchanged"):
        small, large = figures[f"small {what}"], figures[f"large 5 {what}"]
        yield (
            f"processor time a federation, {large.hosts} against {small.hosts}, {what}",
            large.seconds_each() / small.seconds_each(),
            1.15,
        )
        yield (
            f"requests a federation, {large.hosts} against {small.hosts}, {what}",
            _requests(large) / _requests(small),
            1.15,
        )
    whole, half, others = (
        figures[key] for key in ("beside", "the role aws_federation unchanged", "existing collections unchanged")
    )
    for what, figure in (("all of site.yml", whole), ("our half", half)):
        yield (
            f"processor time, unchanged: {what} against the existing collections' half",
            figure.seconds_each() / others.seconds_each(),
            math.inf,
        )
    yield (
        "federations that changed when nothing was to change",
        sum(figure.changed for key, figure in figures.items() if "new" not in key),
        0,
    )


def _requests(figure: Figure) -> float:
    return figure.requests / figure.hosts


def main() -> int:
    """Measure, print a table, and hold the figures to their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="30 federations instead of 100, 5 forks alone, the other way beside 10"
    )
    parser.add_argument(
        "--direct",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="with or without direct execution, which docs/direct-execution.md describes",
    )
    parser.add_argument("--federations", type=int, nargs=2, metavar=("FEW", "MANY"), help="other sizes of the fleets")
    options = parser.parse_args()
    os.environ.setdefault("PYTHONPATH", str(COLLECTIONS))
    with running_sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        few, many = options.federations or (10, 30 if options.quick else 100)
        figures = measured(sandbox, Path(folder), few, many, options.quick, options.direct)
    print("\n| Bound | Measured | Limit | |\n|---|---|---|---|")
    kept = True
    for what, value, limit in bounds(figures):
        kept &= value <= limit
        print(f"| {what} | {value:.2f} | {limit:g} | {'kept' if value <= limit else 'NOT KEPT'} |")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
