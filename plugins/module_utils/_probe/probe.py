# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Asks open questions by experiment, and removes what that made."""

from __future__ import annotations

import functools
import secrets
import time
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._probe import aws_experiments, entra_experiments
from ansible_collections.openccp.federation.plugins.module_utils._probe.bench import (
    MARK,
    NOT_TOLD,
    PREFIX,
    Bench,
    Removal,
    Untold,
    is_managed,
)

#: Question → its experiment, in the order in which they are asked.
EXPERIMENTS: t.Final[dict[str, t.Callable[[t.Any], str]]] = {
    **entra_experiments.EXPERIMENTS,
    **aws_experiments.EXPERIMENTS,
}

#: Each is an application, and a tenant keeps deleted ones for thirty days within its quota.
MOST_REPETITIONS: t.Final = 100

#: How many times in a row nothing is found before a sweep is done.
_SURE: t.Final = 2
_PAUSE: t.Final = 1.0


def new_mark() -> str:
    """The random part of all names of one run."""
    return secrets.token_hex(6)


def check_mark(mark: str | None) -> None:
    """Refuse a mark that the removal would not know again."""
    if mark is not None and not MARK.fullmatch(mark):
        raise InvalidInput(f"The mark {mark!r} is not one of this probe: it is twelve hexadecimal digits.")


def check_repetitions(repetitions: int) -> None:
    """Refuse what no tenant should be asked."""
    if not 1 <= repetitions <= MOST_REPETITIONS:
        raise InvalidInput(f"repetitions is {repetitions}; it can be 1 to {MOST_REPETITIONS}.")


def ask(questions: t.Iterable[str], bench_of: t.Callable[[str], Bench]) -> list[dict[str, t.Any]]:
    """The answers to some questions, with their evidence. bench_of: where a question's experiment is made."""
    return [_answer_to(question, bench_of(question)) for question in questions]


def _answer_to(question: str, bench: Bench) -> dict[str, t.Any]:
    bench.evidence, bench.measured, bench.durations, bench.later_reads = [], {}, {}, {}
    began, why = time.monotonic(), ""
    try:
        answer = EXPERIMENTS[question](bench)
    except Untold as reason:
        answer, why = NOT_TOLD, str(reason)
    except FederationError as error:
        bench.note("the experiment", began, error)
        answer, why = NOT_TOLD, "a request of the experiment failed"
    record: dict[str, t.Any] = {
        "id": question,
        "answer": answer,
        "evidence": bench.evidence,
        "measured": bench.measured,
    }
    record["spread"] = bench.spread()
    record["seconds"] = round(time.monotonic() - began, 2)
    return record | ({"why": why} if why else {})


def known(questions: t.Iterable[str]) -> list[str]:
    """The questions in the order in which they are asked. InvalidInput for one that has no experiment."""
    selected = list(questions)
    unknown = [question for question in selected if question not in EXPERIMENTS]
    if unknown:
        raise InvalidInput(f"There is no experiment for {', '.join(unknown)}. There are {', '.join(EXPERIMENTS)}.")
    return [question for question in EXPERIMENTS if question in selected]


def check_confirmed(confirm: str | None, places: t.Mapping[str, t.Any]) -> None:
    """Refuse to make anything in a tenant or an account that was not named."""
    needed = [str(places[name]) for name in ("tenant_id", "account_id") if places.get(name)]
    named = [part.strip().lower() for part in (confirm or "").split("/")]
    if not all(place.lower() in named for place in needed):
        raise InvalidInput(
            f"The experiments make objects in {' and '.join(needed)}, which was not confirmed. Nothing was made.",
            hint=(
                f"If this is a test tenant and a test account, set live_probe_confirm (confirm) to {'/'.join(needed)}."
            ),
        )


#: Finds what the probe made, by what tells whether a name is one of the probe's.
Finder = t.Callable[[t.Callable[[t.Any], bool]], list[Removal]]


def sweep(
    finders: t.Iterable[Finder], mark: str | None, sleep: t.Callable[[float], None], *, remove: bool
) -> list[str]:
    """Remove what the probe made, of one run or of all, until nothing is found any more; what it was.

    remove: False only looks. Lists lag behind, so what was removed is looked for again.
    """
    is_marked = is_managed if mark is None else functools.partial(_is_of_run, mark)
    every = list(finders)
    swept: dict[str, None] = {}
    empty = 0
    while empty < _SURE:
        removals = [removal for find in every for removal in find(is_marked)]
        swept.update(dict.fromkeys(removal.what for removal in removals))
        if not remove:
            break
        for removal in removals:
            removal.do()
        empty = 0 if removals else empty + 1
        if empty < _SURE:
            sleep(_PAUSE)
    return list(swept)


def _is_of_run(mark: str, name: t.Any) -> bool:
    return is_managed(name) and str(name).startswith(f"{PREFIX}{mark}-")
