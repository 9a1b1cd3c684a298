# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command, and kills it with all that it started once the sandbox has seen three agents created."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


def created() -> int:
    """How many agents were created since the traffic was last cleared."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{os.environ['HTTPS_PROXY']}/sandbox/traffic?service=connect&operation=CreateUser") as answer:
        return len(json.load(answer))


def begotten(pid: int) -> list[int]:
    """A process with all that it started, whichever session they are in: Ansible's workers begin one of their own."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(one for children in lists for child in children.read_text(encoding="ascii").split() for one in begotten(int(child)))]


def is_running(pid: int) -> bool:
    """Whether a process is there, and not only its exit status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


before = created()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
while created() < before + 3:
    if process.poll() is not None:
        sys.exit("The run ended before it could be stopped.")
    time.sleep(0.2)
whole = begotten(process.pid)
for one in whole:
    os.kill(one, signal.SIGKILL)
process.wait()
while any(is_running(one) for one in whole):
    time.sleep(0.05)
