# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks take an hour, so what can be seen at once is seen here: each starts, and says what it takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support import CHECKOUT, module_environment

BENCHMARKS = sorted(file.stem for file in CHECKOUT.glob("benchmarks/[a-z]*.py"))


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_a_benchmark_starts(benchmark: str) -> None:
    command = [sys.executable, str(CHECKOUT / "benchmarks"), benchmark, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=module_environment({}))
    assert done.returncode == 0, done.stderr
    assert "--quick" in done.stdout
