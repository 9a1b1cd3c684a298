# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""Runs a module of the collection in a fork of this process: with its libraries loaded, and otherwise as in an
interpreter of its own.
"""

from __future__ import annotations

import atexit
import dataclasses
import gc
import json
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
import typing as t
from pathlib import Path

from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible_collections.openccp.federation.plugins.plugin_utils import _models

try:
    from ansible.module_utils import _internal
    from ansible.module_utils._internal import _traceback
    from ansible.module_utils._internal._ansiballz import _loader
except ImportError:  # ansible-core 2.18
    _internal = _traceback = _loader = None  # type: ignore[assignment]

#: What must not come between a fork and the care for it: the user's or the worker's end, and a task's time limit.
HELD: t.Final = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


@dataclasses.dataclass(frozen=True)
class Module:
    """A module as it is to run. arguments: as JSON. environment: what is added to that of this process."""

    name: str
    path: Path
    arguments: bytes
    environment: t.Mapping[str, str]
    folder: str


def run(module: Module) -> tuple[int, bytes, bytes]:
    """The module's exit status, as a shell gives it, and what it wrote. It does not outlive an exception that ends the
    wait for it.
    """
    out, err = (os.memfd_create(name) for name in ("stdout", "stderr"))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    child = os.fork()
    if child == 0:
        _live(module, out, err, before)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    finally:
        os.kill(child, signal.SIGKILL)  # which means nothing to a process that has ended
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        written, complaints = _read(out), _read(err)
    if status < 0:
        complaints += f"The module was ended by the signal {signal.Signals(-status).name}.\n".encode()
    return (status if status >= 0 else 128 - status), written, complaints


def _read(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        file.seek(0)
        return file.read()


def _live(module: Module, out: int, err: int, mask: t.Iterable[int]) -> t.NoReturn:
    status = 1
    try:
        kept = _redirect(out, err)
        _forget()
        _models.hand_over()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.environ.update(module.environment)
        os.chdir(module.folder)
        sys.argv = [str(module.path)]
        status = _main(module)
        del kept
    finally:
        os._exit(status)


def _redirect(out: int, err: int) -> tuple[t.Any, ...]:
    """Give this process streams of its own; the old ones must live on, because they would write what they still hold
    when they go.
    """
    old = sys.stdin, sys.stdout, sys.stderr
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    return old


def _forget() -> None:
    """Undo what Ansible has set up in its own process: signals, logs, things to do at the end, and how module_utils
    warns and traces.
    """
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    atexit._clear()
    gc.freeze()  # what came before stays, and need not be searched
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    warnings._global_warnings.clear()
    warnings._global_deprecations.clear()
    if _internal is not None:
        _internal.is_controller = False
        _traceback._is_traceback_enabled = _traceback._is_module_traceback_enabled


def _main(module: Module) -> int:
    """Run the module as the main program, to the end of its threads and of what it leaves to be done at the end."""
    status = 1
    sys.modules.pop(module.name, None)
    try:
        _execute(module)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - what a module must never let out is shown as Python would
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return status


def _execute(module: Module) -> None:
    root = str(module.path.parents[5])
    if _loader is not None:
        _loader.run_module(
            json_params=module.arguments, profile="legacy", module_fqn=module.name, modlib_path=root, extensions={}
        )
    basic._ANSIBLE_ARGS = module.arguments
    runpy.run_module(
        module.name, {"_module_fqn": module.name, "_modlib_path": root}, run_name="__main__", alter_sys=True
    )
    sys.stdout.write(json.dumps({"msg": "New-style module did not handle its own exit", "failed": True}))
