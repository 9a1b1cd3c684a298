# Copyright: openccp.federation contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection.

"""Runs a function in a child of this process: with the libraries that it has loaded, and apart from it."""

from __future__ import annotations

import gc
import json
import logging
import os
import select
import signal
import sys
import traceback
import typing as t

#: What must not come between a fork and the care for it: the user's or the worker's end, and a task's time limit.
HELD: t.Final = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)

#: Milliseconds after which a wait is interrupted: a signal that another thread took ends it then, and not before.
SIGNALS_SEEN: t.Final = 1000

#: The streams of the parent, in a child. They are kept, since they would write what they still hold when they go.
_streams: list[t.Any] = []


class ChildFailed(Exception):
    """The child ended without a result. status: as a shell has it. output: all that was written."""

    def __init__(self, status: int, output: str) -> None:
        end = f"was ended by the signal {signal.Signals(-status).name}" if status < 0 else "ended without a result"
        super().__init__(f"The module {end}.")
        self.status = status if status >= 0 else 128 - status
        self.output = output


def run(function: t.Callable[[], t.Any], environment: t.Mapping[str, str], folder: str) -> t.Any:
    """What a function returns as JSON, run in a folder with additional environment variables; else ChildFailed. It does
    not outlive an exception that ends the wait for it.
    """
    ended, alive = os.pipe()
    awaited, start = os.pipe()
    with (
        os.fdopen(os.memfd_create("result"), "w+b") as result,
        os.fdopen(os.memfd_create("output"), "w+b") as output,
        os.fdopen(ended, "rb"),
        os.fdopen(alive, "wb") as held,
        os.fdopen(awaited, "rb"),
        os.fdopen(start, "wb", buffering=0) as started,
    ):
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
        child = 0
        try:  # a handler may be called from here on, where another thread took its signal
            child = os.fork()
            if child == 0:
                os.close(start)
                if not os.read(awaited, 1):  # the parent went on without a word: it does not know this child
                    os._exit(1)
                _work(function, environment, folder, result=result, output=output, mask=mask)
            started.write(b"1")
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            held.close()
            _wait(child, ended)
        finally:
            if child:
                os.kill(child, signal.SIGKILL)  # which means nothing to a process that has ended
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != 0:
            raise ChildFailed(status, _content(output).decode(errors="replace"))
        return json.loads(_content(result))


def _work(
    function: t.Callable[[], t.Any],
    environment: t.Mapping[str, str],
    folder: str,
    *,
    result: t.IO[bytes],
    output: t.IO[bytes],
    mask: t.Iterable[int],
) -> t.NoReturn:
    """What the child does, up to its end."""
    status = 1
    try:
        os.environ.update(environment)
        os.chdir(folder)
        _set_up(output.fileno(), mask)
        result.write(json.dumps(function()).encode())
        result.flush()
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of the parent's may run in the child
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def _wait(child: int, ended: int) -> None:
    """Until the child has ended. ended: a pipe that hangs up when nobody holds its other end, as the child does."""
    pipe = select.poll()
    pipe.register(ended)
    while not pipe.poll(SIGNALS_SEEN):
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            return
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)


def _set_up(output: int, mask: t.Iterable[int]) -> None:
    """Undo in the child what Ansible has set up in its own process: streams, logs and signals."""
    _streams.extend((sys.stdin, sys.stdout, sys.stderr))
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    logging.root.handlers.clear()
    gc.freeze()  # what came before stays, and need not be searched
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _content(file: t.IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
