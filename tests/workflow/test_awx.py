# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job templates as AWX runs them: injectors rendered, then ansible-runner, in one process and as transmit | worker | process."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import typing as t
from pathlib import Path

import pytest
from seeds import ACCOUNTS, CLIENT, SECRET, TENANTS

from awx_rules import OBJECTS, inject
from federation_sandbox.testing import Sandbox
from support import CHECKOUT, COLLECTIONS, module_environment

ansible_runner = pytest.importorskip("ansible_runner", reason="ansible-runner is part of the main environment alone")

TEMPLATES: t.Final = {template["name"].partition(" | ")[2]: template for template in OBJECTS["awx_job_templates"]}


class Job:
    """One private data directory of ansible-runner, filled as AWX fills it."""

    def __init__(self, folder: Path, sandbox: Sandbox, template: str, credential: dict[str, str], survey: dict[str, t.Any]) -> None:
        self.folder = folder
        self.playbook = Path(TEMPLATES[template]["playbook"])
        for name in ("env", "inventory", "project"):
            (folder / name).mkdir(parents=True)
        shutil.copytree(CHECKOUT / self.playbook.parent, folder / "project" / self.playbook.parent)
        shutil.copy(CHECKOUT / "inventories" / "sandbox" / "hosts.yml", folder / "inventory" / "hosts.yml")
        injected, extra = inject(OBJECTS["awx_credential_types"][0], credential, folder / "env")
        aws = {"AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNTS['aws']}0000", "AWS_SECRET_ACCESS_KEY": SECRET}
        settings = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(folder / "home"), "PATH": os.environ["PATH"]}
        environment = {**module_environment(sandbox.environment), **injected, **aws, **settings}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        (folder / "env" / "envvars").write_text(json.dumps(environment), encoding="utf-8")
        (folder / "env" / "extravars").write_text(json.dumps({**extra, **survey}), encoding="utf-8")

    def events(self) -> list[dict[str, t.Any]]:
        """The events of the one job that ran, as AWX reads them."""
        files = (self.folder / "artifacts").glob("*/job_events/*.json")
        return sorted((json.loads(file.read_text(encoding="utf-8")) for file in files), key=lambda event: event["counter"])

    def stats(self) -> dict[str, t.Any]:
        """The recap of the job."""
        return t.cast("dict[str, t.Any]", next(e["event_data"] for e in self.events() if e["event"] == "playbook_on_stats"))

    def told(self) -> str:
        """Everything that AWX keeps of the job and shows."""
        kept = [path for path in (self.folder / "artifacts").rglob("*") if path.is_file() and path.name != "command"]
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in kept)


def test_a_job_in_one_process(sandbox: Sandbox, tmp_path: Path) -> None:
    credential = {"tenant_id": TENANTS["public"], "client_id": CLIENT, "client_secret": SECRET}
    job = Job(tmp_path / "job", sandbox, "Site", credential, {})
    done = ansible_runner.run(private_data_dir=str(job.folder), playbook=str(job.playbook), quiet=True)
    assert done.status == "successful", job.told()
    stats = job.stats()
    assert stats["failures"] == {}
    assert stats["changed"] == done.stats["changed"]
    assert stats["changed"]["demo"] > 0
    assert any("user_access_url" in json.dumps(event) for event in job.events())
    assert SECRET not in job.told()


def test_a_job_on_another_machine(sandbox: Sandbox, tmp_path: Path) -> None:
    """transmit | worker | process, as between AWX and its execution nodes; the report fails, for there is no federation yet."""
    credential = {"tenant_id": TENANTS["public"], "client_id": CLIENT, "client_secret": SECRET, "certificate": "", "federated_token": ""}
    job = Job(tmp_path / "job", sandbox, "Report of certificates", credential, {})
    stages: dict[str, dict[str, t.Any]] = {
        "transmit": {"private_data_dir": str(job.folder), "playbook": str(job.playbook), "ident": "1"},
        "worker": {"private_data_dir": str(tmp_path / "node")},
        "process": {"private_data_dir": str(tmp_path / "controller"), "ident": "1", "quiet": True},
    }
    before: dict[str, t.Any] = {}
    for stage, arguments in stages.items():
        with (tmp_path / stage).open("w+b") as after:
            ansible_runner.run(streamer=stage, _output=after, **before, **arguments)
        before = {"_input": (tmp_path / stage).open("rb")}
    job.folder = tmp_path / "controller"
    assert set(job.stats()["processed"]) == {"demo"}
    assert job.stats()["failures"] == {"demo": 1}
    assert sandbox.world.traffic.writes() == []
    assert SECRET not in job.told()


@pytest.mark.parametrize(
    ("given", "environment"),
    [
        ({"client_secret": "s3cret"}, {"AZURE_CLIENT_SECRET": "s3cret"}),
        ({"certificate": "PEM", "certificate_password": "word"}, {"AZURE_CLIENT_CERTIFICATE_PASSWORD": "word"}),
        ({"federated_token": "token"}, {}),
    ],
    ids=["secret", "certificate", "federated-token"],
)
def test_a_credential_becomes_what_the_modules_read(given: dict[str, str], environment: dict[str, str], tmp_path: Path) -> None:
    both = {"tenant_id": TENANTS["usgov"], "client_id": CLIENT, "cloud": "usgov"}
    injected, extra = inject(OBJECTS["awx_credential_types"][0], {**both, **given}, tmp_path)
    files = {
        name: Path(value).read_text(encoding="utf-8") for name, value in injected.items() if name.endswith(("_PATH", "_FILE")) and value
    }
    assert list(files.values()) == [value for name, value in given.items() if name in ("certificate", "federated_token")]
    rest = {name: value for name, value in injected.items() if value and name not in files}
    assert rest == {"AZURE_TENANT_ID": TENANTS["usgov"], "AZURE_CLIENT_ID": CLIENT, **environment}
    assert extra == {"federation_cloud": "usgov"}
    assert set(injected) <= read_by_the_modules()


def read_by_the_modules() -> set[str]:
    """The environment variables that the Entra modules know."""
    source = CHECKOUT / "plugins" / "module_utils" / "_entra" / "auth.py"
    return set(re.findall(r'"(AZURE_[A-Z_0-9]+)"', source.read_text(encoding="utf-8")))
