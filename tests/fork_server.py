# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs modules, and commands of Ansible, each in a process of its own.

With --once it is this process, and a JSON object {"module", "arguments", "environment"} on standard input says which
module. Without, each line is such an object, or {"command", "arguments", "environment", "working"}, and each run is a
fork of this process, which has loaded the libraries: that saves most of a module's second, and half a second of a
command. The object's "folder" then says where the files out and err go ("merged": into one). Two lines answer: the
run's process ID, and at its end the exit status. With --commands Ansible itself is loaded too; it takes its settings
from this process's environment, so those of its requests must be the same.

"patience" makes a run hurry: its pauses take no time but by its own clock, and it waits for no answer longer than that
many seconds.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import gc
import importlib
import json
import os
import pathlib
import pkgutil
import runpy
import socket
import sys
import time
import traceback
import typing as t

#: What modules import that is not the collection's own: that is loaded anew by each run.
HEAVY: t.Final = (
    "ansible.module_utils.basic",
    "ansible_collections.amazon.aws.plugins.module_utils.modules",
    "boto3",
    "botocore.config",
    "cryptography.x509",
    "lxml.etree",
    "msal",
    "requests",
)

#: What hands the descriptions of AWS's services, once read, to the modules that are forks, as it does where Ansible
#: runs them directly.
DESCRIPTIONS: t.Final = "ansible_collections.openccp.federation.plugins.plugin_utils._models"

#: What commands load of Ansible, and the packages of which they load all plugins.
COMMANDS: t.Final = (
    "ansible.cli.playbook",
    "ansible.cli.inventory",
    "ansible.plugins.strategy.linear",
    "ansible.plugins.connection.local",
)
PLUGINS: t.Final = ("action", "filter", "test", "inventory", "vars")

#: Seconds: a shorter pause is no wait for a cloud.
MOMENT: t.Final = 0.1

#: What each run of Ansible would compile anew, since its loader of collections keeps no bytecode.
SOURCES: t.Final = pathlib.Path(__file__).resolve().parents[1] / "plugins"


def serve(commands: bool) -> None:
    """Answer requests until standard input ends."""
    for library in HEAVY:
        importlib.import_module(library)
    if commands:
        _load_ansible()
        _keep_compiled()
    else:
        importlib.import_module(DESCRIPTIONS).parsed()
    gc.collect()
    gc.freeze()  # what is shared with the forks is not looked through, and so not copied, by each
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            request = json.loads(line)
            _redirect(pathlib.Path(request["folder"]), bool(request.get("merged")))
            if request.get("patience"):
                _hurry(float(request["patience"]))
            _run(request)
        _send_number(child)
        _send_number(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _send_number(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _load_ansible() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "ansible_collections"]:
        del sys.modules[name]  # Ansible looks for collections in its own way
    for name in COMMANDS:
        importlib.import_module(name)
    for kind in PLUGINS:
        package = importlib.import_module(f"ansible.plugins.{kind}")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def _keep_compiled() -> None:
    usual = builtins.compile
    kept = {
        str(path): (path.read_bytes(), usual(path.read_bytes(), str(path), "exec", 0, True))
        for path in SOURCES.rglob("*.py")
    }

    def compile_once(source: t.Any, filename: t.Any, *arguments: t.Any, **named: t.Any) -> t.Any:
        known, code = kept.get(os.path.realpath(filename) if isinstance(filename, str) else "", (None, None))
        flags = arguments[1] if len(arguments) > 1 else named.get("flags", 0)
        if flags:  # such as for the syntax tree alone, for a module that does not run directly
            return usual(source, filename, *arguments, **named)
        if known is not None and known == (source.encode() if isinstance(source, str) else source):
            return code
        return usual(source, filename, *arguments, **named)

    builtins.compile = compile_once


def _redirect(folder: pathlib.Path, merged: bool) -> None:
    out, err = (os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND) for name in ("out", "err"))
    os.dup2(out, 1)
    os.dup2(out if merged else err, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def _hurry(patience: float) -> None:
    sleep, monotonic, set_timeout = time.sleep, time.monotonic, socket.socket.settimeout
    passed = 0.0

    def pass_at_once(seconds: t.SupportsFloat) -> None:
        nonlocal passed
        if float(seconds) >= MOMENT:
            passed += float(seconds)
        sleep(0.0 if float(seconds) >= MOMENT else float(seconds))

    def set_shorter(self: t.Any, seconds: float | None) -> None:
        set_timeout(self, seconds and min(seconds, patience))

    time.sleep = t.cast("t.Any", pass_at_once)
    time.monotonic = lambda: monotonic() + passed
    socket.socket.settimeout = set_shorter  # type: ignore[method-assign]


def _run(request: dict[str, t.Any]) -> t.NoReturn:
    atexit._clear()  # what this process has to do at its end is not for the run to do
    os.environ.clear()
    os.environ.update(request["environment"])
    status = 0
    try:
        if "command" in request:
            os.chdir(request["working"])
            sys.argv = [request["command"], *request["arguments"]]
            runpy.run_path(request["command"], run_name="__main__")
        else:
            if DESCRIPTIONS in sys.modules:
                sys.modules[DESCRIPTIONS].hand_over()
            with _arguments(request["arguments"]):
                runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - what a module must never let out is shown as Python would
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _arguments(arguments: dict[str, t.Any]) -> contextlib.AbstractContextManager[t.Any]:
    try:
        testing = importlib.import_module("ansible.module_utils.testing")
    except ImportError:
        basic = importlib.import_module("ansible.module_utils.basic")
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()  # type: ignore[attr-defined]
        return contextlib.nullcontext()
    return t.cast("contextlib.AbstractContextManager[t.Any]", testing.patch_module_args(arguments))


if __name__ == "__main__":
    if "--once" in sys.argv:
        _run(json.load(sys.stdin))
    serve("--commands" in sys.argv)
