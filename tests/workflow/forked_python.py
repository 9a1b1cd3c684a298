# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python for modules that has loaded their libraries: each run is a fork of one server, which saves most of a second.

Ansible starts the client as it starts any interpreter and hands it the module on standard input. The client hands its own input, output,
environment and folder to the server, and ends as the module ends. Nothing but the libraries of others is loaded beforehand: the
collection's own code comes with the module.
"""

from __future__ import annotations

import array
import ast
import collections.abc
import contextlib
import importlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import traceback
import types
import typing as t

from fork_server import HEAVY

CLIENT: t.Final = """#!{python} -ISE
import array, os, socket, sys
if sys.argv[1:]:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect({path!r})
state = repr((os.getcwd(), dict(os.environ))).encode()
server.sendmsg([len(state).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
server.sendall(state)
sys.exit(int(server.recv(8) or 1))
"""


@contextlib.contextmanager
def forked_python(folder: pathlib.Path) -> collections.abc.Iterator[pathlib.Path]:
    """The path of the client, whose server runs until the block ends."""
    path, client = folder / "python.sock", folder / "python"
    client.write_text(CLIENT.format(python=sys.executable, path=str(path)), encoding="utf-8")
    client.chmod(0o755)
    tests = pathlib.Path(__file__).resolve().parents[1]
    server = subprocess.Popen([sys.executable, __file__, str(path)], env={**os.environ, "PYTHONPATH": str(tests)})
    try:
        while not path.exists():
            if server.poll() is not None:
                raise RuntimeError("the server of modules did not start")
            time.sleep(0.02)
        yield client
    finally:
        server.terminate()
        server.wait()


def serve(path: str) -> None:
    """Run what clients bring, side by side."""
    for library in HEAVY:
        if not library.startswith("ansible"):
            importlib.import_module(library)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{path}.new")
    listener.listen(64)
    pathlib.Path(f"{path}.new").rename(path)  # it is there once it listens
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        client, _address = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _answer(client)
        client.close()


def _answer(client: socket.socket) -> t.NoReturn:
    """Fork the module's process, wait for it and tell the client its exit status."""
    length, ancillary, _flags, _address = client.recvmsg(4, socket.CMSG_SPACE(3 * 4))
    descriptors = array.array("i", ancillary[0][2])
    state = b""
    while len(state) < int.from_bytes(length, "big"):
        state += client.recv(65536)
    child = os.fork()
    if child == 0:
        client.close()
        for standard, descriptor in enumerate(descriptors):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        _run(state.decode())
    for descriptor in descriptors:
        os.close(descriptor)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        client.sendall(str(status).encode())
    os._exit(0)


def _run(state: str) -> t.NoReturn:
    status = 0
    try:
        folder, environment = ast.literal_eval(state)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        source = sys.stdin.read()
        sys.argv = [""]
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        exec(compile(source, "<stdin>", "exec"), main.__dict__)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - what a module lets out is shown as Python would
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1])
