# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command, and kills it with all that it started once the sandbox has seen three agents created."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from processes import kill_whole


def created() -> int:
    """How many agents were created since the traffic was last cleared."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{os.environ['HTTPS_PROXY']}/sandbox/traffic?service=connect&operation=CreateUser") as answer:
        return len(json.load(answer))


before = created()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
while created() < before + 3:
    if process.poll() is not None:
        sys.exit("The run ended before it could be stopped.")
    time.sleep(0.2)
kill_whole(process)
