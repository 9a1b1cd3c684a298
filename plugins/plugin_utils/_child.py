# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""Runs a module's work in a child of this process: with the libraries that it has loaded, and apart from it."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
import tempfile
import traceback
import typing as t

#: What must not come between a fork and the care for it: the user's or the worker's end, and a task's time limit.
HELD: t.Final = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)

#: The streams of the parent, in a child. They are kept, since they would write what they still hold when they go.
_streams: list[t.Any] = []


def run(work: t.Callable[[], dict[str, t.Any]], environment: t.Mapping[str, str], folder: str) -> dict[str, t.Any]:
    """What the work returns, done with additional environment variables in a folder. It does not outlive an exception
    that ends the wait for it.
    """
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as output:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
        child = os.fork()
        if child == 0:
            try:
                os.environ.update(environment)
                os.chdir(folder)
                _live(work, answer, output.fileno(), mask)
            except BaseException:  # noqa: BLE001 - what comes after this process's life is its parent's
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(0)
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        finally:
            os.kill(child, signal.SIGKILL)  # which means nothing to a process that has ended
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return _result(_content(answer), _content(output), status)


def _live(work: t.Callable[[], dict[str, t.Any]], answer: t.IO[bytes], output: int, mask: t.Iterable[int]) -> None:
    """The life of the child."""
    _streams.extend((sys.stdin, sys.stdout, sys.stderr))
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    logging.root.handlers.clear()  # Ansible's own log is not the libraries'
    gc.freeze()  # what came before stays, and need not be searched
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    result = work()
    answer.write(json.dumps(result).encode())
    answer.flush()
    sys.stdout.flush()


def _content(file: t.IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _result(answer: bytes, output: bytes, status: int) -> dict[str, t.Any]:
    if answer:
        return dict(json.loads(answer))
    how = f"was ended by the signal {signal.Signals(-status).name}" if status < 0 else "ended without a result"
    text = output.decode(errors="replace")
    return {"failed": True, "msg": f"The module {how}.", "module_stderr": text, "rc": 128 - status if status < 0 else 1}
