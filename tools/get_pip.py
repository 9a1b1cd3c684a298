# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for get-pip where ansible-test cannot download it: Python's own pip installs the versions asked for."""

from __future__ import annotations

import subprocess
import sys

arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
for command in (["ensurepip"], ["pip", "install", "--quiet", *arguments]):
    subprocess.run([sys.executable, "-m", *command], check=True, stdout=subprocess.DEVNULL)
