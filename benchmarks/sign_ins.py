# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many sign-ins a second the sandbox takes: the whole path, in six browsers at once, as they are made while a
certificate is rotated.

The exit status is 1 when there are fewer than ten a second, since a rotation could then pass between two of them
unseen.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import typing as t

from agents import BROWSERS, Agents
from federation import ANN, JANE, Federation

from federation_sandbox.testing import running_sandbox

LEAST: t.Final = 10.0


def main() -> int:
    """Sign in for some seconds, and print the rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="for five seconds in place of thirty")
    seconds = 5.0 if parser.parse_args().quick else 30.0
    with running_sandbox() as sandbox:
        os.environ.update(sandbox.environment)
        sandbox.world.settings.limits = False
        url = Federation(sandbox).url
        with Agents(sandbox, url, (JANE, ANN)) as agents:
            agents.one_more_turn()
            begun, started = len(agents.log), time.perf_counter()
            time.sleep(seconds)
            rate = (len(agents.log) - begun) / (time.perf_counter() - started)
    failed = agents.failed()
    kept = rate >= LEAST and not failed
    print("| Bound | Measured | Limit | |\n|---|---|---|---|")
    print(
        f"| sign-ins a second, {BROWSERS} browsers | {rate:.1f} | {LEAST:g} | {'kept' if kept else 'NOT KEPT'} |",
        *failed,
        sep="\n",
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
