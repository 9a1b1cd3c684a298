# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of the matrix as a table."""

from __future__ import annotations

import collections
import collections.abc
import typing as t

HEAD: t.Final = "| {} | cases | converged | went on | failed and said so | killed |\n|---|---|---|---|---|---|"


def table(results: collections.abc.Sequence[t.Mapping[str, t.Any]]) -> str:
    """The cases by trouble and by scenario, with how many converged."""
    by_trouble = _rows(results, lambda result: f"{'write' if result['write'] else 'read'}: {result['trouble']}")
    by_scenario = _rows(results, lambda result: str(result["scenario"]))
    return "\n".join([HEAD.format("trouble"), *by_trouble, "", HEAD.format("job"), *by_scenario])


def _rows(
    results: collections.abc.Sequence[t.Mapping[str, t.Any]], group: t.Callable[[t.Mapping[str, t.Any]], str]
) -> list[str]:
    groups: dict[str, list[t.Mapping[str, t.Any]]] = collections.defaultdict(list)
    for result in results:
        groups[group(result)].append(result)
    return [_row(name, held) for name, held in [*sorted(groups.items()), ("all", list(results))]]


def _row(name: str, held: collections.abc.Sequence[t.Mapping[str, t.Any]]) -> str:
    outcomes = collections.Counter(result["outcome"] for result in held)
    counts = [
        len(held),
        sum(not result["problems"] for result in held),
        *map(outcomes.get, ("went on", "failed", "killed")),
    ]
    return f"| {name} | " + " | ".join(str(result or 0) for result in counts) + " |"
