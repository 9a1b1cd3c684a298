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
    by_trouble = _rows(results, lambda each: f"{'write' if each['write'] else 'read'}: {each['trouble']}")
    by_scenario = _rows(results, lambda each: str(each["scenario"]))
    return "\n".join([HEAD.format("trouble"), *by_trouble, "", HEAD.format("job"), *by_scenario])


def _rows(
    results: collections.abc.Sequence[t.Mapping[str, t.Any]], group: t.Callable[[t.Mapping[str, t.Any]], str]
) -> list[str]:
    groups: dict[str, list[t.Mapping[str, t.Any]]] = collections.defaultdict(list)
    for each in results:
        groups[group(each)].append(each)
    return [_row(name, held) for name, held in [*sorted(groups.items()), ("all", list(results))]]


def _row(name: str, held: collections.abc.Sequence[t.Mapping[str, t.Any]]) -> str:
    outcomes = collections.Counter(each["outcome"] for each in held)
    counts = [
        len(held),
        sum(not each["problems"] for each in held),
        *map(outcomes.get, ("went on", "failed", "killed")),
    ]
    return f"| {name} | " + " | ".join(str(each or 0) for each in counts) + " |"
