# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that runs directly does as one that runs in an interpreter of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from response_material import make_response
from saml_material import make_certificate, make_metadata
from support import CHECKOUT, COLLECTIONS, HANGS, module_environment

#: those that are documentation alone are actions, which run where Ansible runs
MODULES: t.Final = sorted(
    path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py") if "def main()" in path.read_text(encoding="utf-8")
)
SECRET: t.Final = "a-key-that-nobody-may-see"
READ: t.Final = "openccp.federation.saml_response_info"
ENTRA: t.Final = "openccp.federation.azure_saml_app_info"

GIVEN: t.Final = {"file": "response.xml", "metadata_file": "metadata.xml"}

#: name → task
TASKS: t.Final[dict[str, dict[str, t.Any]]] = {
    "success": {READ: GIVEN},
    "check mode": {READ: GIVEN, "check_mode": True, "diff": True},
    "secrets and a warning": {READ: {**GIVEN, "access_key": "one", "aws_access_key": "two", "secret_key": SECRET}},
    "everything a secret": {READ: {**GIVEN, "session_token": SECRET}, "no_log": True},
    "failure": {READ: {"file": "there is none"}},
    "unknown option": {READ: {**GIVEN, "colour": "red"}},
    "defaults of the group": {
        READ: GIVEN,
        "module_defaults": {"group/openccp.federation.aws": {"region": "eu-west-2"}},
    },
    "environment": {
        ENTRA: {"identifier": "x"},
        "environment": {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_CERTIFICATE_PATH": "/nowhere"},
    },
    "environment of the interpreter": {
        READ: GIVEN,
        "environment": {"PYTHONHASHSEED": "1"},
    },
    "background": {READ: GIVEN, "async": 60, "poll": 1},
    "other interpreter": {
        READ: GIVEN,
        "vars": {"ansible_python_interpreter": "{{ playbook_dir }}/python"},
    },
}
#: The tasks that run in an interpreter of their own on either host, and why.
APART: t.Final = {
    "environment of the interpreter": "the environment sets PYTHONHASHSEED",
    "background": "it runs in the background",
    "other interpreter": "the interpreter is to be ",
}


def _environment(folder: Path) -> dict[str, str]:
    return {
        **module_environment({}),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CALLBACK_PLUGINS": str(CHECKOUT / "tests" / "workflow" / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "events",
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_INJECT_INVOCATION": "1",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        "EVENTS_FILE": str(folder / "events.jsonl"),
        "LC_ALL": "C.UTF-8",
    }


def _start(folder: Path, hosts: dict[str, t.Any], tasks: list[dict[str, t.Any]], *arguments: str) -> subprocess.Popen[str]:
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    every = {"ansible_python_interpreter": sys.executable}
    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts, "vars": every}}), encoding="utf-8")
    return subprocess.Popen(
        [Path(sys.executable).with_name("ansible-playbook"), "play.yml", "--inventory", "hosts.yml", *arguments],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _events(folder: Path) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]


class Both(t.NamedTuple):
    """One run on both hosts."""

    output: str
    results: dict[tuple[str, str], dict[str, t.Any]]


def _run_both(folder: Path) -> Both:
    """The same tasks run directly and not."""
    (folder / "metadata.xml").write_text(make_metadata(make_certificate()), encoding="utf-8")
    (folder / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    (folder / "python").chmod(0o700)
    (folder / "response.xml").write_bytes(make_response())
    tasks = [{"name": name, "ignore_errors": True, **task} for name, task in TASKS.items()]
    process = _start(folder, {"direct": {}, "apart": {"federation_direct": False}}, tasks, "-vvvv")
    output = process.communicate(timeout=600)[0]
    assert process.returncode == 0, output
    return Both(output, {(event["host"], event["task"]): event for event in _events(folder) if "task" in event})


def _same(text: str) -> str:
    """A text without what differs in any two runs."""
    text = re.sub(rf"{COLLECTIONS}|/[^\"]*_payload_\w+/[^\"]*\.zip", "…", text)
    return re.sub(r"j\d+\.\d+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*", "…", text)


def test_what_runs_directly_comes_to_the_same(tmp_path: Path) -> None:
    both = _run_both(tmp_path)
    for name in TASKS:
        check_same(name, *(both.results[host, name] for host in ("direct", "apart")))
    check_ways(both.output)
    warned = json.dumps(both.results["direct", "secrets and a warning"]["result"]["warnings"])
    assert "Both option access_key and its alias aws_access_key are set." in warned
    assert both.results["direct", "defaults of the group"]["result"]["invocation"]["module_args"]["region"] == "eu-west-2"
    assert "/nowhere" in both.results["direct", "environment"]["result"]["msg"]
    assert both.results["direct", "success"]["result"]["saml_response"]["name_id"]
    assert SECRET not in both.output
    assert SECRET not in json.dumps(list(both.results.values()))


def check_same(name: str, direct: dict[str, t.Any], apart: dict[str, t.Any]) -> None:
    """That both ways of a task end alike and return the same."""
    assert direct["status"] == apart["status"] == ("failed" if name in {"failure", "unknown option", "environment"} else "ok"), name
    for result in (direct["result"], apart["result"]):
        result["exception"] = bool(result.get("exception"))  # with -vvv the calls that led there, which are those of either way
    assert _same(json.dumps(direct["result"], sort_keys=True)) == _same(json.dumps(apart["result"], sort_keys=True)), name


def check_ways(output: str) -> None:
    """That each task ran in the way in which it should."""
    assert output.count("<direct> RUN DIRECTLY ") == len(TASKS) - len(APART)
    assert "<apart> RUN DIRECTLY" not in output
    assert output.count("<apart> The module runs in an interpreter of its own: federation_direct is false.") == len(TASKS)
    for why in APART.values():
        assert f"<direct> The module runs in an interpreter of its own: {why}" in output


@pytest.mark.parametrize("module", MODULES)
def test_every_module_runs_directly(module: str) -> None:
    text = (CHECKOUT / "plugins" / "action" / f"{module}.py").read_text(encoding="utf-8")
    assert f'    module = load("{module}")\n' in text


class Hanging:
    """A playbook whose module waits for an answer that never comes."""

    def __init__(self, folder: Path, **keywords: t.Any) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(HANGS)
        address = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        options = {"endpoint_url": address, "region": "eu-central-1", "access_key": "a", "secret_key": "b"}
        task = {"openccp.federation.iam_saml_provider_info": {**options, "name": "x"}, **keywords}
        self.folder = folder
        self.process = _start(folder, {"direct": {}}, [task], "-vvv")
        self.connection = self._server.accept()[0]
        self.connection.settimeout(HANGS)
        self.connection.recv(65536)

    def wait(self) -> None:
        """Until the module's process, and with it the connection, has gone."""
        with contextlib.suppress(ConnectionResetError):
            while self.connection.recv(65536):
                pass
        self._server.close()

    def ended(self) -> tuple[str, dict[str, t.Any]]:
        """The output and what the task returned."""
        self.wait()
        output = self.process.communicate(timeout=600)[0]
        assert "RUN DIRECTLY" in output
        return output, _events(self.folder)[0]

    def module(self) -> int:
        """The process of the module: the last of the playbook's line."""
        process = self.process.pid
        while children := Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split():
            process = int(children[-1])
        return process


def test_a_time_limit_ends_the_module(tmp_path: Path) -> None:
    """Whether it has come as far as its first request by then or not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        options = {"endpoint_url": address, "region": "eu-central-1", "access_key": "a", "secret_key": "b", "name": "x"}
        process = _start(tmp_path, {"direct": {}}, [{"openccp.federation.iam_saml_provider_info": options, "timeout": 3}], "-vvv")
        output = process.communicate(timeout=HANGS)[0]
    assert "RUN DIRECTLY" in output
    event = _events(tmp_path)[0]
    assert event["status"] == "failed"
    assert "3" in event["result"]["msg"], output
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_module_that_is_killed_has_failed(tmp_path: Path, number: signal.Signals) -> None:
    hanging = Hanging(tmp_path)
    os.kill(hanging.module(), number)
    output, event = hanging.ended()
    assert (event["status"], event["result"]["rc"]) == ("failed", 128 + number), output
    assert event["result"]["module_stderr"] == f"The module was ended by the signal {number.name}.\n"
    assert "Traceback" not in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_playbook_that_is_stopped_leaves_no_module_behind(tmp_path: Path, number: signal.Signals) -> None:
    """Told again until it listens, as at a keyboard: Python drops an interrupt that meets it in a destructor."""
    hanging = Hanging(tmp_path)
    hanging.connection.settimeout(5)
    for _turn in range(int(HANGS / 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(hanging.process.pid, number)
        with contextlib.suppress(TimeoutError):
            hanging.wait()
            break
    else:
        pytest.fail("the module is still there")
    assert hanging.process.wait(timeout=600) != 0
