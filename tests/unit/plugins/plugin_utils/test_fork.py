# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fork that runs a module is like an interpreter of its own."""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import signal
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.openccp.federation.plugins.plugin_utils import _fork as fork
from ansible_collections.openccp.federation.plugins.plugin_utils import _internals

OBSTACLE: t.Final = _internals.obstacle()
pytestmark = pytest.mark.skipif(OBSTACLE is not None, reason=f"nothing runs directly, because {OBSTACLE}")

Run = t.Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a text as a module."""
    monkeypatch.syspath_prepend(tmp_path)

    def run(text: str, **environment: str) -> tuple[int, str, str]:
        (tmp_path / "some_module.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        sys.modules.pop("some_module", None)
        path = Path("/a/b/c/d/e/f/some_module.py")
        status, out, err = fork.run(fork.Module("some_module", path, b"{}", environment, str(tmp_path)))
        return status, out.decode(), err.decode()

    return run


def test_what_it_writes_and_how_it_ends(run: Run) -> None:
    assert run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)") == (3, "out\n", "err\n")
    assert run("import sys; sys.exit()")[0] == 0


def test_what_it_gets(run: Run, tmp_path: Path) -> None:
    text = (
        "import os, sys; print(os.getcwd(), len(sys.argv), __name__, os.environ['AWS_REGION'], "
        "sys.stdin.read() == ''); sys.exit()"
    )
    assert run(text, AWS_REGION="x")[1].split() == [str(tmp_path), "1", "__main__", "x", "True"]
    assert "AWS_REGION" not in os.environ or os.environ["AWS_REGION"] != "x"


def test_what_this_process_has_set_up_is_not_there(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "log"
    handler = logging.FileHandler(log)
    logging.root.addHandler(handler)
    atexit.register(print, "at the end of the parent")
    before = signal.signal(signal.SIGTERM, lambda *dummy: None)
    try:
        text = (
            "import logging, signal, sys; logging.warning('told'); print(signal.getsignal(15) == "
            "signal.SIG_DFL); sys.exit()"
        )
        assert run(text) == (0, "True\n", "WARNING:root:told\n")
    finally:
        signal.signal(signal.SIGTERM, before)
        atexit.unregister(print)
        logging.root.removeHandler(handler)
    assert log.read_text(encoding="utf-8") == ""


def test_it_ends_as_an_interpreter_does(run: Run) -> None:
    text = """
import atexit, sys, threading, time
atexit.register(print, "last")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
sys.exit(0)
"""
    assert run(text) == (0, "thread\nlast\n", "")


def test_much_output_blocks_nothing(run: Run) -> None:
    status, out = run("import sys; print('x' * 3_000_000); sys.exit()")[:2]
    assert (status, len(out)) == (0, 3_000_001)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_an_end_by_a_signal_is_told(run: Run, number: signal.Signals) -> None:
    text = (
        f"import os, signal; signal.signal({number}, signal.SIG_DFL) if {number} != 9 else 0; "
        f"os.kill(os.getpid(), {number})"
    )
    assert run(text) == (128 + number, "", f"The module was ended by the signal {number.name}.\n")


def test_an_exception_that_ends_the_wait_ends_the_module(run: Run, tmp_path: Path) -> None:
    class Late(BaseException):
        pass

    def late(*dummy: t.Any) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    text = """
import os, pathlib, signal
pathlib.Path("pid").write_text(str(os.getpid()))
os.kill(os.getppid(), signal.SIGALRM)
signal.pause()
"""
    try:
        with pytest.raises(Late):
            run(text)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text(encoding='utf-8')}").exists()


def test_a_module_that_fails_to_end_itself_has_failed(run: Run) -> None:
    status, out, err = run("pass")
    assert "did not handle its own exit" in out + err
    assert status == 1


def test_no_run_leaves_a_descriptor_or_a_process_behind(run: Run) -> None:
    run("import sys; sys.exit()")
    before = len(list(Path("/proc/self/fd").iterdir())), children()
    run("import sys; sys.exit()")
    assert (len(list(Path("/proc/self/fd").iterdir())), children()) == before


def children() -> set[str]:
    """This process's children, dead ones that nobody waited for included."""
    return {child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}
