# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a benchmark by name, with the helpers of the tests on the path: python benchmarks agents --quick"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
HELPERS = ("tests", "tests/workflow", "sandbox/tests/signin")


def main() -> None:
    names = sorted(file.stem for file in FOLDER.glob("[a-z]*.py"))
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        raise SystemExit(f"usage: python benchmarks {{{','.join(names)}}} [--help | options]")
    file = FOLDER / f"{sys.argv[1]}.py"
    sys.argv[:2] = [str(file)]
    # The helpers come first: tests/workflow has an agents.py as well.
    sys.path[:0] = [str(FOLDER.parent / folder) for folder in HELPERS]
    runpy.run_path(str(file), run_name="__main__")


if __name__ == "__main__":
    main()
