# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs modules as Ansible does: a process each, which gets the arguments and prints the result.

With --once it is this process, and a JSON object {"module", "arguments", "environment"} on standard input says which.
Without, each line is such an object, and each run is a fork of this process, which has loaded the libraries: that saves most
of a run's second. The object's "folder" then says where the files out and err go, and the line that answers is the exit status.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pathlib
import runpy
import sys
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


def serve() -> None:
    """Answer requests until standard input ends."""
    for library in HEAVY:
        importlib.import_module(library)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            request = json.loads(line)
            _redirect(pathlib.Path(request["folder"]))
            _run(request)
        status = os.waitpid(child, 0)[1]
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _redirect(folder: pathlib.Path) -> None:
    for descriptor, name in ((1, "out"), (2, "err")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def _run(request: dict[str, t.Any]) -> t.NoReturn:
    os.environ.clear()
    os.environ.update(request["environment"])
    status = 0
    try:
        with _arguments(request["arguments"]):
            runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - what a module must never let out is shown as Python would
        traceback.print_exc()
        status = 1
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
    serve()
