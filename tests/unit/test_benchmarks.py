# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks take an hour, so what can be seen at once is seen here: each starts, and says what it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import CHECKOUT, module_environment


@pytest.mark.parametrize("benchmark", sorted(CHECKOUT.glob("benchmarks/*.py")), ids=lambda path: path.stem)
def test_a_benchmark_starts(benchmark: Path) -> None:
    command = [sys.executable, str(benchmark), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=module_environment({}))
    assert done.returncode == 0, done.stderr
    assert "--quick" in done.stdout
