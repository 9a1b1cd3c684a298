# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX runs them: a private data directory filled by its rules, and ansible-runner."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import typing as t
from pathlib import Path

import pytest
import yaml
from seeds import credentials

from awx_rules import OBJECTS, answers, inject, inventory
from federation_sandbox.testing import Sandbox
from support import CHECKOUT, COLLECTIONS, module_environment

ansible_runner = pytest.importorskip("ansible_runner", reason="ansible-runner is part of the main environment alone")

TEMPLATES: t.Final = {template["name"].partition(" | ")[2]: template for template in OBJECTS["awx_job_templates"]}
DEMO: t.Final = yaml.safe_load((CHECKOUT / "inventories" / "sandbox" / "hosts.yml").read_text(encoding="utf-8"))["all"][
    "hosts"
]


class Job:
    """One launch of a template.

    given: answers to its survey. hosts: the inventory. part: which slice of how many. keys: the credential of AWS.
    options: job type and tags, as the command line has them. node: the folder of the execution node that runs it.
    """

    def __init__(
        self,
        folder: Path,
        sandbox: Sandbox,
        template: str,
        credential: t.Mapping[str, str],
        replies: t.Mapping[str, t.Any] | None = None,
        *,
        hosts: t.Mapping[str, t.Any] = DEMO,
        part: tuple[int, int] = (1, 1),
        keys: t.Mapping[str, str] | None = None,
        forks: int = 5,
        options: str = "",
        node: Path | None = None,
    ) -> None:
        self._folder, self._node, self._artifacts = folder, node, folder / "artifacts"
        self._settings = {"forks": forks, "cmdline": options}
        self._playbook = TEMPLATES[template]["playbook"]
        for name in ("env", "inventory", "project"):
            (folder / name).mkdir(parents=True)
        shutil.copytree(CHECKOUT / "playbooks", folder / "project" / "playbooks")
        script = folder / "inventory" / "hosts"
        script.write_text(inventory(hosts, *part), encoding="utf-8")
        script.chmod(0o700)
        injected, extra = inject(
            OBJECTS["awx_credential_types"][0], credential, folder / "env", (node or folder) / "env"
        )
        environment = {
            **module_environment(sandbox.environment),
            **injected,
            **{name: value for name, value in (keys or credentials()).items() if name.startswith("AWS_")},
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(folder / "home"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        (folder / "env" / "envvars").write_text(json.dumps(environment), encoding="utf-8")
        variables = {**OBJECTS["awx_extra_vars"], **extra, **answers(TEMPLATES[template], replies or {})}
        (folder / "env" / "extravars").write_text(json.dumps(variables), encoding="utf-8")

    def replace_playbook(self, plays: list[dict[str, t.Any]]) -> None:
        """Let other plays stand in for the template's."""
        (self._folder / "project" / self._playbook).write_text(json.dumps(plays), encoding="utf-8")

    def run(self) -> t.Self:
        """Run it to its end, as AWX does: in one process, or as transmit | worker | process."""
        job = {"private_data_dir": str(self._folder), "playbook": self._playbook, "ident": "1", **self._settings}
        if self._node is None:
            ansible_runner.run(**job, quiet=True)
            return self
        back = self._folder.with_name(f"{self._folder.name} comes back")
        self._artifacts = back / "artifacts"
        stages = {
            "transmit": job,
            "worker": {"private_data_dir": str(self._node)},
            "process": {"private_data_dir": str(back), "ident": "1", "quiet": True},
        }
        with contextlib.ExitStack() as stack:
            before: dict[str, t.Any] = {}
            for stage, arguments in stages.items():
                pipe = stack.enter_context(tempfile.TemporaryFile())
                ansible_runner.run(streamer=stage, _output=pipe, **before, **arguments)
                pipe.seek(0)
                before = {"_input": pipe}
        return self

    def events(self) -> list[dict[str, t.Any]]:
        """The events, as AWX reads them."""
        files = self._artifacts.glob("*/job_events/*.json")
        return sorted(
            (json.loads(file.read_text(encoding="utf-8")) for file in files), key=lambda event: event["counter"]
        )

    def stats(self) -> dict[str, t.Any]:
        """The recap."""
        return t.cast(
            "dict[str, t.Any]", next(e["event_data"] for e in self.events() if e["event"] == "playbook_on_stats")
        )

    def artifacts(self) -> dict[str, t.Any]:
        """What AWX keeps as the job's artifacts."""
        return t.cast("dict[str, t.Any]", self.stats()["artifact_data"])

    def printed(self) -> str:
        """Everything that AWX keeps of the job and shows."""
        kept = [path for path in self._artifacts.rglob("*") if path.is_file() and path.name != "command"]
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in kept)
