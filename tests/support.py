# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs modules as Ansible does, each in a process of its own, on every supported ansible-core."""

from __future__ import annotations

import ast
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import yaml

CHECKOUT: t.Final = Path(__file__).resolve().parents[1]
COLLECTIONS: t.Final = CHECKOUT / ".cache" / "collections"
#: seconds after which what a test runs hangs: far longer than the slowest and busiest machine takes
HANGS: t.Final = 1500.0
FORK_SERVER: t.Final = CHECKOUT / "tests" / "fork_server.py"


class ModuleResult(dict[str, t.Any]):
    """What a module printed as JSON. raw: its whole output, standard error included, to search for leaks."""

    raw: str = ""

    @property
    def failed(self) -> bool:
        """Whether the module failed."""
        return bool(self.get("failed"))

    @property
    def warnings(self) -> list[str]:
        """The warnings as texts; ansible-core 2.19 and later wrap each in an event."""
        warnings = self.get("warnings", [])
        return [warning if isinstance(warning, str) else warning["event"]["msg"] for warning in warnings]


def module_environment(environment: t.Mapping[str, str]) -> dict[str, str]:
    """The variables of a module's process: this machine's without any credentials, and then the given ones."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "AZURE_", "ANSIBLE_"))}
    link = COLLECTIONS / "ansible_collections" / "openccp" / "federation"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(CHECKOUT)
    return {**inherited, "AWS_EC2_METADATA_DISABLED": "true", "PYTHONPATH": str(COLLECTIONS), **environment}


def start_module(
    name: str,
    params: t.Mapping[str, t.Any],
    environment: t.Mapping[str, str],
    *,
    check: bool = False,
    diff: bool = True,
) -> subprocess.Popen[str]:
    """A module's process that has its arguments and runs; for tests that kill it."""
    process = subprocess.Popen(
        [sys.executable, str(FORK_SERVER), "--once"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=module_environment({}),
    )
    if process.stdin is not None:
        process.stdin.write(json.dumps(_request(name, params, environment, check, diff)))
        process.stdin.close()
        process.stdin = None
    return process


def _request(
    name: str, params: t.Mapping[str, t.Any], environment: t.Mapping[str, str], check: bool, diff: bool
) -> dict[str, t.Any]:
    settings = {
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        "_ansible_module_name": name,
        "_ansible_remote_tmp": "/tmp",
        "_ansible_keep_remote_files": False,
    }
    return {
        "module": f"ansible_collections.openccp.federation.plugins.modules.{name}",
        "arguments": {**params, **settings},
        "environment": module_environment(environment),
    }


class ForkServer:
    """A process that runs one thing after another; several serve tests that run things side by side."""

    idle: t.ClassVar[dict[str, list[ForkServer]]] = {"--modules": [], "--commands": []}

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._process = subprocess.Popen(
            [sys.executable, str(FORK_SERVER), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # else a line that has come already may be in a buffer that nobody can look into
            env=ansible_environment({}) if kind == "--commands" else module_environment({}),
            cwd="/",
            start_new_session=True,
        )

    @classmethod
    def start(cls, kind: str, request: t.Mapping[str, t.Any]) -> ForkedRun:
        """Begin a run."""
        server = cls.idle[kind].pop() if cls.idle[kind] else cls(kind)
        return ForkedRun(server, request)

    @classmethod
    def run(cls, kind: str, request: t.Mapping[str, t.Any], timeout: float) -> tuple[int, str, str]:
        """The exit status of one run, and what it printed and complained of. TimeoutError when it takes longer than the
        seconds given.
        """
        run = cls.start(kind, request)
        if not run.has_ended(timeout):
            run.server.end()
            raise TimeoutError(f"{request.get('module') or request['command']} took longer than {timeout} seconds")
        return run.outcome()

    def send(self, request: t.Mapping[str, t.Any]) -> None:
        """Ask for a run."""
        t.cast("t.IO[bytes]", self._process.stdin).write(json.dumps(request).encode() + b"\n")

    def answer(self, timeout: float | None = None) -> int | None:
        """The number that comes next, None when none comes within the seconds given."""
        stdout = t.cast("t.IO[bytes]", self._process.stdout)
        return int(stdout.readline()) if select.select([stdout], [], [], timeout)[0] else None

    def rest(self) -> None:
        """Be there for another run."""
        self.idle[self._kind].append(self)

    def end(self) -> None:
        """End, and whatever it runs."""
        os.killpg(self._process.pid, signal.SIGKILL)


class ForkedRun:
    """A run in a fork of a server, which is nobody else's until the run's outcome is known."""

    def __init__(self, server: ForkServer, request: t.Mapping[str, t.Any]) -> None:
        self.server = server
        self._folder = tempfile.TemporaryDirectory(prefix="run-")
        self._status: int | None = None
        server.send({**request, "folder": self._folder.name})
        self.pid = t.cast("int", server.answer())

    def has_ended(self, timeout: float = 0.0) -> bool:
        """Whether it ends within the seconds given."""
        if self._status is None:
            self._status = self.server.answer(timeout)
        return self._status is not None

    def outcome(self) -> tuple[int, str, str]:
        """The exit status, and what the run printed and complained of, once it has ended."""
        if self._status is None:
            self._status = t.cast("int", self.server.answer())
        with self._folder:
            out, err = ((Path(self._folder.name) / name).read_text(encoding="utf-8") for name in ("out", "err"))
        self.server.rest()
        return self._status, out, err


def run_module(
    name: str,
    params: t.Mapping[str, t.Any],
    environment: t.Mapping[str, str],
    check: bool = False,
    diff: bool = True,
    timeout: float = HANGS,
) -> ModuleResult:
    """What a module of the collection returns. AssertionError when it dies without a result: a traceback is never
    right.

    name: without the collection's prefix. environment: the sandbox's, with the credentials that the module takes from
    there.
    """
    status, out, err = ForkServer.run("--modules", _request(name, params, environment, check, diff), timeout)
    try:
        *before, last = out.strip().splitlines()
        result = ModuleResult(json.loads(last))
    except ValueError:
        raise AssertionError(f"{name} ended with {status} and without a result:\n{out}\n{err}") from None
    assert "Traceback (most recent call last)" not in err, f"{name} printed a traceback:\n{err}"
    assert bool(status) == result.failed, f"{name} ended with {status}, but says {result}"
    # For Ansible alone: from 2.22 on the values that it has to mask in what it prints.
    result.pop("_ansible_new_secrets", None)
    result.raw = "\n".join([*before, json.dumps(result, ensure_ascii=False), err])
    return result


def ansible_environment(environment: t.Mapping[str, str]) -> dict[str, str]:
    """The variables of a command of Ansible: those of a module, and the settings that all tests have."""
    return {
        **module_environment({}),
        "ANSIBLE_CALLBACK_PLUGINS": str(CHECKOUT / "tests" / "workflow" / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "events",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(CHECKOUT / "tests" / "ansible.cfg"),
        "ANSIBLE_HOME": str(COLLECTIONS.parent),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        "LC_ALL": "C.UTF-8",
        **environment,
    }


def ansible_command(command: str, *arguments: str | Path) -> list[str]:
    """ansible-playbook or another of Ansible's commands, of the environment that the tests run in."""
    return [str(Path(sys.executable).with_name(command)), *map(str, arguments)]


def _ansible_settings(variables: t.Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if "ANSIBLE_" in name}


def run_ansible(
    command: t.Sequence[str],
    environment: t.Mapping[str, str],
    folder: Path,
    *,
    merged: bool = False,
    timeout: float = HANGS,
) -> subprocess.CompletedProcess[str]:
    """A command of Ansible, run in a folder to its end. merged: what it complains of is part of what it prints.

    environment: as ansible_environment gives it. With further settings of Ansible's the command is a process like any
    other, since these are read as it starts.
    """
    if _ansible_settings(environment) != _ansible_settings(ansible_environment({})):
        return subprocess.run(
            command,
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            text=True,
            check=False,
            timeout=timeout,
        )
    request = {
        "command": command[0],
        "arguments": command[1:],
        "environment": dict(environment),
        "working": str(folder),
        "merged": merged,
    }
    return subprocess.CompletedProcess(command, *ForkServer.run("--commands", request, timeout))


def written_in(module: str, name: str = "DOCUMENTATION") -> t.Any:
    """One of a module's documents, which is read without running the module."""
    source = ast.parse((CHECKOUT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8"))
    values = {ast.unparse(node.targets[0]): node.value for node in source.body if isinstance(node, ast.Assign)}
    return yaml.safe_load(ast.literal_eval(values[name]))


def documented_options(module: str) -> dict[str, t.Any]:
    """A module's options as its documentation has them, with those of the collection's own fragments."""
    document = written_in(module)
    options = dict(document["options"])
    for fragment in document["extends_documentation_fragment"]:
        file, part = (*fragment.removeprefix("openccp.federation.").split(".", 1), "")[:2]
        if fragment.startswith("openccp.federation."):
            held = importlib.import_module(
                f"ansible_collections.openccp.federation.plugins.doc_fragments.{file}"
            ).ModuleDocFragment
            documented = yaml.safe_load(getattr(held, part.upper() or "DOCUMENTATION"))["options"]
            options |= {name: {**option, **options.get(name, {})} for name, option in documented.items()}
    return options


def run_examples(
    module: str, environment: t.Mapping[str, str], folder: Path, variables: t.Mapping[str, t.Any] | None = None
) -> subprocess.CompletedProcess[str]:
    """A module's EXAMPLES, run by ansible-playbook as they stand, with the folder as their working directory."""
    tasks = written_in(module, "EXAMPLES")
    known = {"ansible_python_interpreter": sys.executable, **(variables or {})}
    playbook = folder / "examples.yml"
    playbook.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": known, "tasks": tasks}]), encoding="utf-8"
    )
    command = ansible_command("ansible-playbook", "--inventory", "localhost,", "--connection", "local", playbook)
    return run_ansible(command, ansible_environment(environment), folder, merged=True)
