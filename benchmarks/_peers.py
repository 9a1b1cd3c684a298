# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the comparisons with other tools share: the cost of a command, a playbook of one task, and Terraform."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from federation_sandbox.testing import Sandbox
from support import ansible_environment

HEADER: t.Final = """\
| Case | Number | Other way | Its requests | Ours | Requests | Processor time | Time |
|---|---|---|---|---|---|---|---|"""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a command took: requests, seconds, and processor seconds with everything that it started."""

    requests: int
    seconds: float
    busy: float


def measured(
    sandbox: Sandbox, command: t.Sequence[str | Path], environment: t.Mapping[str, str], stdin: str = ""
) -> Cost:
    """The cost of a command, which must succeed."""
    sandbox.world.traffic.clear()
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=dict(environment))
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(len(sandbox.world.traffic.requests()), seconds, busy)


def play_task(sandbox: Sandbox, task: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> Cost:
    """The cost of a playbook of one task."""
    variables = {"ansible_python_interpreter": sys.executable}
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": [task]}]
    with tempfile.TemporaryDirectory() as folder:
        playbook = Path(folder) / "playbook.yml"
        playbook.write_text(json.dumps(play), encoding="utf-8")
        return run_playbook(sandbox, str(playbook), "localhost,", environment)


def run_playbook(sandbox: Sandbox, playbook: str, inventory: str | Path, environment: t.Mapping[str, str]) -> Cost:
    """The cost of a playbook."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {**ansible_environment(environment), "EVENTS_FILE": str(Path(folder) / "events")}
        command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", inventory, playbook]
        return measured(sandbox, command, variables)


class Terraform:
    """A folder with a configuration. plugins: a filesystem mirror that has its provider."""

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        plugins: Path,
        configuration: t.Mapping[str, t.Any],
        environment: t.Mapping[str, str],
    ) -> None:
        mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{plugins}"\n  }}\n}}\n'
        (folder / "terraform.rc").write_text(mirror, encoding="utf-8")
        (folder / "main.tf.json").write_text(json.dumps(configuration), encoding="utf-8")
        own = {"TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        certificates = sandbox.environment["AWS_CA_BUNDLE"]
        self._sandbox = sandbox
        self._folder = folder
        self._environment = {**os.environ, **environment, **own, "SSL_CERT_FILE": certificates}
        self.run("init")

    def run(self, command: str, *arguments: str) -> Cost:
        """The cost of one of Terraform's commands."""
        whole = ["terraform", f"-chdir={self._folder}", command, "-input=false", *arguments]
        return measured(self._sandbox, whole, self._environment)

    def apply(self, variables: t.Mapping[str, t.Any]) -> Cost:
        """The cost of applying the configuration with these variables."""
        (self._folder / "terraform.tfvars.json").write_text(json.dumps(variables), encoding="utf-8")
        return self.run("apply", "-auto-approve")


def terraform_plugins(plugins: Path | None, provider: str) -> Path | None:
    """The mirror, as Terraform takes it; None where Terraform cannot be compared with, which the run says."""
    if plugins and shutil.which("terraform"):
        return plugins.resolve()
    print(f"Terraform is left out: it needs terraform, and --terraform-plugins with HashiCorp's {provider} provider.\n")
    return None


def row(case: str, count: int, way: str, ours: Cost, theirs: Cost) -> str:
    """A line of the table; the ratios are those of the other way to ours."""
    more = theirs.requests / ours.requests
    times = f"{theirs.busy / ours.busy:.2f} × | {theirs.seconds / ours.seconds:.2f} ×"
    return f"| {case} | {count} | {way} | {theirs.requests} | {ours.requests} | {more:.1f} × | {times} |"
