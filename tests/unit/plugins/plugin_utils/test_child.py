# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's work in a child of Ansible's process is apart from that process."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.openccp.federation.plugins.plugin_utils import _child

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="modules run directly on Linux alone"),
    # Python warns of a fork beside threads, and loses what a signal's handler raises while a warning is recorded.
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

Json = dict[str, t.Any]


def test_it_returns_what_the_work_returns(tmp_path: Path) -> None:
    def work() -> Json:
        return {
            "folder": str(Path.cwd()),
            "region": os.environ["SOME_REGION"],
            "input": sys.stdin.read(),
            "large": "ü" * 3_000_000,
        }

    result = _child.run(work, {"SOME_REGION": "x"}, str(tmp_path))
    assert result == {"folder": str(tmp_path), "region": "x", "input": "", "large": "ü" * 3_000_000}
    assert "SOME_REGION" not in os.environ


def test_what_it_writes_goes_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> Json:
        sys.stdout.write("out")
        sys.stderr.write("err")
        os.system("echo of a command")
        return {}

    assert _child.run(work, {}, str(tmp_path)) == {}
    assert capfd.readouterr() == ("", "")


def test_what_this_process_has_set_up_is_not_there(tmp_path: Path) -> None:
    log = tmp_path / "log"
    handler = logging.FileHandler(log)
    logging.root.addHandler(handler)
    before = signal.signal(signal.SIGTERM, lambda *dummy: None)

    def work() -> Json:
        logging.warning("of a library")
        return {"handles": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL}

    try:
        assert _child.run(work, {}, str(tmp_path)) == {"handles": True}
    finally:
        signal.signal(signal.SIGTERM, before)
        logging.root.removeHandler(handler)
        handler.close()
    assert log.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1])
def test_an_end_by_a_signal_is_a_failure(tmp_path: Path, number: signal.Signals) -> None:
    def work() -> None:
        sys.stderr.write("before\n")
        os.kill(os.getpid(), number)
        threading.Event().wait()

    with pytest.raises(_child.ChildFailed, match=rf"^The module was ended by the signal {number.name}.$") as raised:
        _child.run(work, {}, str(tmp_path))
    assert (raised.value.status, raised.value.output) == (128 + number, "before\n")


@pytest.mark.parametrize(
    ("work", "output"),
    [
        (lambda: os._exit(3), ""),
        (lambda: {"no JSON": object()}, "TypeError: Object of type object is not JSON serializable\n"),
        (lambda: sys.exit(0), "SystemExit: 0\n"),
    ],
)
def test_work_without_a_result_is_a_failure(tmp_path: Path, work: t.Callable[[], Json], output: str) -> None:
    with pytest.raises(_child.ChildFailed, match=r"^The module ended without a result.$") as raised:
        _child.run(work, {}, str(tmp_path))
    assert raised.value.output.endswith(output)


class Late(BaseException):
    """What the handler of a signal raises."""


@pytest.fixture
def alarm() -> t.Iterator[None]:
    """A time limit, as Ansible has it for a task."""

    def late(*dummy: t.Any) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
def test_an_exception_that_ends_the_wait_ends_the_child(tmp_path: Path) -> None:
    def work() -> Json:
        (tmp_path / "pid").write_text(str(os.getpid()))
        time.sleep(0.5)  # by then the parent waits
        os.kill(os.getppid(), signal.SIGALRM)
        time.sleep(60)
        return {}

    with pytest.raises(Late):
        _child.run(work, {}, str(tmp_path))
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text(encoding='utf-8')}").exists()


@pytest.mark.usefixtures("alarm")
def test_a_signal_that_another_thread_takes_ends_the_wait(tmp_path: Path) -> None:
    """The handler is called by the thread that waits, which the signal did not wake."""
    missed = tmp_path / "missed"
    over = threading.Event()

    def take() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        over.wait()

    def work() -> Json:
        time.sleep(0.5)  # by then the parent waits
        os.kill(os.getppid(), signal.SIGALRM)
        time.sleep(60)  # it ends also where the signal is missed
        missed.touch()
        return {}

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    thread = threading.Thread(target=take)
    thread.start()
    try:
        with pytest.raises(Late):
            _child.run(work, {}, str(tmp_path))
    finally:
        over.set()
        thread.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    assert not missed.exists()


def test_no_run_leaves_a_descriptor_or_a_process_behind(tmp_path: Path) -> None:
    _child.run(dict, {}, str(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir())), children()
    _child.run(dict, {}, str(tmp_path))
    assert (len(list(Path("/proc/self/fd").iterdir())), children()) == before


def children() -> set[str]:
    """This process's children, dead ones that nobody waited for included."""
    return {child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}
