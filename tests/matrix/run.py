# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tries every crash point and every error of every job, whole playbooks each time, and writes what came of each case.

Each case is a line of the file of results; those that are there already are not tried again. The exit status is 1 when
a case did not converge.
"""

from __future__ import annotations

import argparse
import collections.abc
import dataclasses
import json
import random
import re
import sys
import tempfile
import time
import typing as t
import zlib
from pathlib import Path

from cases import Case
from figures import table
from scenarios import SCENARIOS
from trials import Bench

from federation_sandbox.testing import running_sandbox
from importable import make_importable

CHECKOUT: t.Final = Path(__file__).resolve().parents[2]
RESULTS: t.Final = CHECKOUT / ".cache" / "matrix.jsonl"


def main(arguments: collections.abc.Sequence[str] | None = None) -> int:
    """Try the cases that the options choose."""
    options = _parser().parse_args(arguments)
    make_importable()
    began = time.monotonic()
    with running_sandbox() as sandbox:
        for name, scenario in SCENARIOS.items():
            if options.scenario and not any(_is_meant(name, each) for each in options.scenario):
                continue
            with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
                _try_all(Bench(sandbox, scenario, Path(folder)), options, began + 60 * options.minutes)
    results = read(options.results)
    print(table(results))
    print(f"{time.monotonic() - began:.0f} seconds.")
    return int(any(each["problems"] for each in results))


def _is_meant(name: str, words: str) -> bool:
    """Whether somebody who gives these words means a scenario: the one of this name, or all that begin so."""
    return name == words or (words not in SCENARIOS and name.startswith(words))


def _try_all(bench: Bench, options: argparse.Namespace, deadline: float) -> None:
    known = {each["case"] for each in read(options.results)}
    cases = chosen(bench.cases, options)
    print(f"{len(cases)} of the {len(bench.cases)} cases of: {bench.cases[0].scenario}", flush=True)
    for case in cases:
        if str(case) in known:
            continue
        if time.monotonic() > deadline:
            print("No time is left for the other cases. The next run continues here.")
            return
        result = bench.trial(case)
        with options.results.open("a", encoding="utf-8") as out:
            out.write(json.dumps(dataclasses.asdict(result)) + "\n")
        print(
            f"{'ok' if result.converged else 'NOT CONVERGED'}  {case}  ({result.outcome}, {result.seconds} s)",
            flush=True,
        )
        for problem in result.problems:
            print(f"    {problem}", flush=True)


def chosen(cases: collections.abc.Sequence[Case], options: argparse.Namespace) -> list[Case]:
    """The cases of a slice, in an order that the seed decides; of them as many as are asked for."""
    part, parts = map(int, options.slice.split("/"))
    kept = [case for case in cases if zlib.crc32(str(case).encode()) % parts == part]
    if options.only:
        chosen = re.compile("|".join(map(re.escape, options.only)))
        kept = [case for case in kept if chosen.search(str(case))]
    random.Random(options.seed).shuffle(kept)
    if options.each:
        kept = _of_each_kind(kept, options.each)
    return kept[: options.most]


def _of_each_kind(cases: collections.abc.Iterable[Case], most: int) -> list[Case]:
    """So many cases of each trouble, at writes and at reads."""
    counted: collections.Counter[tuple[bool, str]] = collections.Counter()
    kept = []
    for case in cases:
        kind = (case.call.write, case.trouble.name)
        counted[kind] += 1
        if counted[kind] <= most:
            kept.append(case)
    return kept


def read(file: Path) -> list[dict[str, t.Any]]:
    """The results so far."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slice", metavar="N/OF", default="0/1", help="one in OF of the cases, the part N (from 0)")
    parser.add_argument("--seed", type=int, default=0, help="decides in which order the cases are tried")
    parser.add_argument("--most", type=int, metavar="CASES", help="no more of each scenario")
    parser.add_argument("--each", type=int, metavar="CASES", help="no more of each trouble in each scenario")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no case after so many minutes")
    parser.add_argument("--scenario", action="append", help="the one of this name, or those whose names begin so")
    parser.add_argument("--only", action="append", metavar="WORD", help="the cases alone that have this in their name")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
