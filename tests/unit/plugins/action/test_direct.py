# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that runs directly does as one that runs in an interpreter of its own."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible_collections.openccp.federation.plugins.module_utils._definition import Definition
from ansible_collections.openccp.federation.plugins.plugin_utils import _child, _direct

from response_factory import make_response
from saml_factory import make_certificate, make_metadata
from support import CHECKOUT, COLLECTIONS, HANGS, module_environment

#: those that are documentation alone are actions, which run where Ansible runs
MODULES: t.Final = sorted(
    path.stem
    for path in (CHECKOUT / "plugins" / "modules").glob("*.py")
    if "\nMODULE: t.Final" in path.read_text(encoding="utf-8")
)
needs_direct: t.Final = pytest.mark.skipif(sys.platform != "linux", reason="modules run directly on Linux alone")
CONTROLLER_FILES: t.Final = sorted((CHECKOUT / "plugins" / "plugin_utils").glob("*.py"))
SECRET: t.Final = "a-key-that-nobody-may-see"
READ: t.Final = "openccp.federation.saml_response_info"
ENTRA: t.Final = "openccp.federation.azure_saml_app_info"

LATER: t.Final = "another-key-that-is-shown-later"

PARAMS: t.Final = {"file": "response.xml", "metadata_file": "metadata.xml"}

#: name → task
TASKS: t.Final[dict[str, dict[str, t.Any]]] = {
    "success": {READ: PARAMS},
    "check mode": {READ: PARAMS, "check_mode": True, "diff": True},
    "secrets and a warning": {READ: {**PARAMS, "access_key": "one", "aws_access_key": "two", "secret_key": SECRET}},
    "everything a secret": {READ: {**PARAMS, "session_token": SECRET}, "no_log": True},
    "a secret": {READ: {**PARAMS, "access_key": "one", "secret_key": LATER}},
    "the secret later": {"ansible.builtin.debug": {"msg": LATER}},
    "failure": {READ: {"file": "there is none"}},
    "unknown option": {READ: {**PARAMS, "colour": "red"}},
    "defaults of the group": {
        READ: PARAMS,
        "module_defaults": {"group/openccp.federation.aws": {"region": "eu-west-2"}},
    },
    "environment": {
        ENTRA: {"identifier": "x"},
        "environment": {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_CERTIFICATE_PATH": "/nowhere"},
    },
    "environment of the interpreter": {
        READ: PARAMS,
        "environment": {"PYTHONHASHSEED": "1"},
    },
    "background": {READ: PARAMS, "async": 60, "poll": 1},
    "other interpreter": {
        READ: PARAMS,
        "vars": {"ansible_python_interpreter": "{{ playbook_dir }}/python"},
    },
}
#: ansible-core 2.22 masks a secret in every task that comes after the one that had it.
MASKS_LATER: t.Final = importlib.util.find_spec("ansible.module_utils.secrets") is not None
#: The tasks that run in an interpreter of their own either way, and why.
APART: t.Final = {
    "environment of the interpreter": "the environment sets PYTHONHASHSEED",
    "background": "it runs in the background",
    "other interpreter": "the interpreter is to be ",
}


def _environment(folder: Path, direct: bool) -> dict[str, str]:
    return {
        **module_environment({"FEDERATION_DIRECT": str(direct)}),
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


def _start(folder: Path, tasks: list[dict[str, t.Any]], *arguments: str, direct: bool = True) -> subprocess.Popen[str]:
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    every = {"ansible_python_interpreter": sys.executable}
    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"federation": every}}}), encoding="utf-8")
    return subprocess.Popen(
        [Path(sys.executable).with_name("ansible-playbook"), "play.yml", "--inventory", "hosts.yml", *arguments],
        cwd=folder,
        env=_environment(folder, direct),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _events(folder: Path) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]


class Ways(t.NamedTuple):
    """One run of all tasks. results: by name of the task."""

    output: str
    results: dict[str, dict[str, t.Any]]


def _run(folder: Path, direct: bool) -> Ways:
    """The tasks, run directly or not."""
    folder.mkdir()
    (folder / "metadata.xml").write_text(make_metadata(make_certificate()), encoding="utf-8")
    (folder / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    (folder / "python").chmod(0o700)
    (folder / "response.xml").write_bytes(make_response())
    tasks = [{"name": name, "ignore_errors": True, **task} for name, task in TASKS.items()]
    process = _start(folder, tasks, "-vvvv", direct=direct)
    output = process.communicate(timeout=HANGS)[0]
    assert process.returncode == 0, output
    return Ways(output, {event["task"]: event for event in _events(folder) if "task" in event})


def _same(text: str) -> str:
    """A text without what differs in any two runs."""
    text = text.replace("$REDACTED$", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")  # as ansible-core 2.22 masks
    text = re.sub(rf"{COLLECTIONS}|/[^\"]*_payload_\w+/[^\"]*\.zip", "…", text)
    return re.sub(r"j\d+\.\d+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*", "…", text)


@needs_direct
def test_what_runs_directly_comes_to_the_same(tmp_path: Path) -> None:
    direct, apart = _run(tmp_path / "direct", direct=True), _run(tmp_path / "apart", direct=False)
    for name in TASKS:
        check_same(name, direct.results[name], apart.results[name])
    check_ways(direct.output, apart.output)
    warned = json.dumps(direct.results["secrets and a warning"]["result"]["warnings"])
    assert "Both option access_key and its alias aws_access_key are set." in warned
    assert direct.results["defaults of the group"]["result"]["invocation"]["module_args"]["region"] == "eu-west-2"
    assert "/nowhere" in direct.results["environment"]["result"]["msg"]
    assert direct.results["success"]["result"]["saml_response"]["name_id"]
    for ways in (direct, apart):
        assert SECRET not in ways.output
        assert SECRET not in json.dumps(ways.results)
        assert LATER not in json.dumps(ways.results["a secret"])
        later = ways.results["the secret later"]["result"]["msg"]
        assert later == ("$REDACTED$" if MASKS_LATER else LATER)


def check_same(name: str, direct: dict[str, t.Any], apart: dict[str, t.Any]) -> None:
    """That both ways of a task end alike and return the same."""
    assert (
        direct["status"]
        == apart["status"]
        == ("failed" if name in {"failure", "unknown option", "environment"} else "ok")
    ), name
    for result in (direct["result"], apart["result"]):
        result.pop("exception", None)  # with -vvv the calls that led there
    assert _same(json.dumps(direct["result"], sort_keys=True)) == _same(json.dumps(apart["result"], sort_keys=True)), (
        name
    )


def check_ways(direct: str, apart: str) -> None:
    """That each task ran in the way in which it should."""
    assert direct.count("<federation> RUN DIRECTLY ") == len(TASKS) - len(APART) - 1
    assert "RUN DIRECTLY" not in apart
    assert "interpreter of its own" not in apart
    for why in APART.values():
        assert f"<federation> The module runs in an interpreter of its own: {why}" in direct


@needs_direct
@pytest.mark.parametrize(("switch", "is_on"), [("true", True), ("false", False), (None, True)])
def test_it_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, switch: str | None, is_on: bool) -> None:
    monkeypatch.delenv("FEDERATION_DIRECT", raising=False)
    if switch is not None:
        monkeypatch.setenv("FEDERATION_DIRECT", switch)
    assert _direct.is_on() is is_on


@pytest.mark.parametrize("module", MODULES)
def test_every_module_runs_directly(module: str) -> None:
    """By a file of its own: antsibull-docs takes a link between action plugins for another name of the module."""
    file = CHECKOUT / "plugins" / "action" / f"{module}.py"
    assert not file.is_symlink()
    assert "    definition = load(" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", CONTROLLER_FILES, ids=lambda file: file.name)
def test_only_public_parts_of_ansible_are_used(file: Path) -> None:
    """What action plugins are given (self._task and its like) is documented for them; all else with _ is Ansible's."""
    inherited = {"_connection", "_loader", "_task", "_templar"}
    tree = ast.parse(file.read_text(encoding="utf-8"))
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used = {name for name in attributes if re.fullmatch(r"_[a-z]\w*", name)}
    assert used - own - inherited - {"_exit"} == set()  # os._exit is documented
    assert not [name for name in own & used if hasattr(NormalAction, name)]
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in imported if name.startswith("ansible.") and "._" in name]


class Hanging:
    """A playbook whose module waits for an answer that never comes."""

    def __init__(self, folder: Path, **keywords: t.Any) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(HANGS)
        address = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        options = {"endpoint_url": address, "region": "eu-central-1", "access_key": "a", "secret_key": "b"}
        task = {"openccp.federation.iam_saml_provider_info": {**options, "name": "x"}, **keywords}
        self.folder = folder
        self.process = _start(folder, [task], "-vvv")
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


@needs_direct
def test_a_time_limit_ends_the_module(tmp_path: Path) -> None:
    """Whether it has come as far as its first request by then or not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        options = {"endpoint_url": address, "region": "eu-central-1", "access_key": "a", "secret_key": "b", "name": "x"}
        process = _start(tmp_path, [{"openccp.federation.iam_saml_provider_info": options, "timeout": 3}], "-vvv")
        output = process.communicate(timeout=HANGS)[0]
    assert "RUN DIRECTLY" in output
    event = _events(tmp_path)[0]
    assert event["status"] == "failed"
    assert "3" in event["result"]["msg"], output
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_what_a_module_wrote_before_it_was_killed_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: t.Any) -> t.Any:
        raise _child.ChildFailed(-signal.SIGKILL, "the secret hunter2 is wrong")

    monkeypatch.setattr(_child, "run", killed)
    task = SimpleNamespace(args={"client_secret": "hunter2"}, check_mode=False, diff=False)
    loader = SimpleNamespace(get_basedir=lambda: ".")
    action = t.cast("_direct.DirectAction", SimpleNamespace(_task=task, _loader=loader, _environment=dict))
    definition = Definition({"client_secret": {"type": "str", "no_log": True}}, (), work=lambda module: None)
    result = _direct.DirectAction._run_directly(action, definition)
    assert (result["failed"], result["rc"]) == (True, 137)
    assert "is wrong" in result["module_stderr"]
    assert "hunter2" not in str(result)


@needs_direct
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_module_that_is_killed_has_failed(tmp_path: Path, number: signal.Signals) -> None:
    hanging = Hanging(tmp_path)
    os.kill(hanging.module(), number)
    output, event = hanging.ended()
    assert (event["status"], event["result"]["rc"]) == ("failed", 128 + number), output
    assert event["result"]["msg"] == f"The module was ended by the signal {number.name}."
    assert "Traceback" not in output


@needs_direct
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
