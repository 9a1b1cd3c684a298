# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The report of the live probe: the answers beside what is assumed, with the sandbox's settings that they decide.
Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._probe.bench import NOT_TOLD
from ansible_collections.openccp.federation.plugins.module_utils._words import aligned

#: The form of the report.
VERSION: t.Final = 1

Question = t.Mapping[str, t.Any]
Answer = t.Mapping[str, t.Any]

_HEAD: t.Final = ("question", "answer", "assumed", "seconds", "note")


def is_asked(question: Question) -> bool:
    """Whether an experiment answers the question."""
    return "experiment" in question


def chosen(
    questions: t.Sequence[Question], selected: t.Collection[str], left_out: t.Collection[str]
) -> list[dict[str, str]]:
    """The questions that some tags stand for: an id, a cloud, or "all", which leaves out those that are asked by name
    alone.

    Each with its id, its cloud and a line that says what it makes.
    """
    applicable = [
        each
        for each in questions
        if is_asked(each) and _is_selected(each, selected) and not {each["id"], each["cloud"]} & set(left_out)
    ]
    return [{"id": each["id"], "cloud": each["cloud"], "line": _line(each)} for each in applicable]


def _line(question: Question) -> str:
    experiment = question["experiment"]
    return f"{question['id']}: makes {experiment['makes']}; needs {experiment['needs']}; costs {experiment['costs']}"


def _is_selected(question: Question, selected: t.Collection[str]) -> bool:
    if question["id"] in selected:
        return True
    return not question["experiment"].get("named") and bool({question["cloud"], "all"} & set(selected))


def report(
    questions: t.Sequence[Question], answers: t.Iterable[Answer], about: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """The report as data. about: version of the collection, date, cloud and partition."""
    known = {question["id"]: question for question in questions}
    return {"version": VERSION, **about, "answers": [_answer(known[each["id"]], each) for each in answers]}


def _answer(question: Question, answer: Answer) -> dict[str, t.Any]:
    value, decided = answer["answer"], question["answers"]
    if value not in (*decided, NOT_TOLD):
        raise InvalidInput(f"{value} is no answer to {question['id']}: {', '.join(decided)}.")
    measured = answer.get("measured", {}) if value != NOT_TOLD else {}
    row = {"id": question["id"], "cloud": question["cloud"], "answer": value, "assumed": question["assumed"]}
    rest = {name: answer[name] for name in ("why", "seconds", "evidence", "spread") if answer.get(name)}
    return {**row, **rest, "sandbox": {**decided.get(value, {}), **measured}}


def table(answers: t.Sequence[Answer]) -> list[str]:
    """Lines of equal columns, answers that are not as assumed first."""
    rows = [_HEAD, *(_row(each) for each in sorted(answers, key=_rank))]
    return aligned(rows)


def _row(answer: Answer) -> tuple[str, ...]:
    note = answer.get("why", "")
    if not note and answer["answer"] != answer["assumed"]:
        note = "not as assumed: please report"
    return (answer["id"], answer["answer"], answer["assumed"], f"{answer.get('seconds', 0):.1f}", note)


def _rank(answer: Answer) -> int:
    if answer["answer"] == NOT_TOLD:
        return 1
    return 2 if answer["answer"] == answer["assumed"] else 0
