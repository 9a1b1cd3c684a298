# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The open questions on the live clouds: one file, from which the page, the probe and the sandbox take them."""

from __future__ import annotations

import re
import runpy
import typing as t

import pytest

from support import CHECKOUT

TOOL: t.Final = runpy.run_path(str(CHECKOUT / "tools" / "not_verified.py"))
QUESTIONS: t.Final = {question["id"]: question for question in TOOL["questions"]()}
ASKED: t.Final = sorted(name for name, question in QUESTIONS.items() if "experiment" in question)
CLOUDS: t.Final = {"entra", "iam", "connect", "sign_in", "sandbox"}


def test_the_page_is_made_from_the_questions() -> None:
    assert TOOL["PAGE"].read_text(encoding="utf-8") == TOOL["page"](QUESTIONS.values()), "run tools/not_verified.py"


def test_every_question_has_an_id_of_its_own() -> None:
    assert len(QUESTIONS) == len(TOOL["questions"]())


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_whole(name: str) -> None:
    question = QUESTIONS[name]
    known = {"id", "cloud", "question", "assumption", "otherwise", "experiment", "answers", "assumed", "measures", "by_hand", "reported"}
    assert set(question) <= known
    assert re.fullmatch(r"[a-z][a-z0-9_]+", name)
    assert question["cloud"] in CLOUDS
    assert question["question"]
    assert question["assumption"]
    assert question["cloud"] == "sandbox" or "experiment" in question or question["by_hand"]
    for report in question.get("reported", ()):
        assert set(report) == {"date", "cloud", "by", "fact"}
        assert report["by"] == "reported"


@pytest.mark.parametrize("name", ASKED)
def test_an_experiment_says_what_it_does_and_what_may_come_of_it(name: str) -> None:
    question = QUESTIONS[name]
    assert set(question["experiment"]) - {"named"} == {"makes", "needs", "costs"}
    assert question["assumed"] in question["answers"]
    assert len(question["answers"]) > 1
