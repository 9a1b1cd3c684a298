# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The open questions on the live clouds: one file, from which the page, the probe and the sandbox take them."""

from __future__ import annotations

import dataclasses
import re
import runpy
import typing as t

import pytest

from federation_sandbox.world import Settings
from support import CHECKOUT

TOOL: t.Final = runpy.run_path(str(CHECKOUT / "tools" / "not_verified.py"))
QUESTIONS: t.Final = {question["id"]: question for question in TOOL["questions"]()}
ASKED: t.Final = sorted(name for name, question in QUESTIONS.items() if "experiment" in question)
CLOUDS: t.Final = {"entra", "iam", "connect", "cognito", "sign_in", "sandbox"}


def test_the_page_is_made_from_the_questions() -> None:
    assert TOOL["PAGE"].read_text(encoding="utf-8") == TOOL["page"](QUESTIONS.values()), "run tools/not_verified.py"
    written = TOOL["PROBE_PAGE"].read_text(encoding="utf-8")
    assert written == TOOL["probe_page"](QUESTIONS.values(), written), "run tools/not_verified.py"


def test_every_question_has_an_id_of_its_own() -> None:
    assert len(QUESTIONS) == len(TOOL["questions"]())


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_whole(name: str) -> None:
    question = QUESTIONS[name]
    known = {
        "id",
        "cloud",
        "question",
        "assumption",
        "otherwise",
        "experiment",
        "answers",
        "assumed",
        "measures",
        "by_hand",
        "reported",
    }
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


DEFAULTS: t.Final = {field.name: field.default for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("name", ASKED)
def test_what_an_answer_decides_the_sandbox_has_and_does_as_is_assumed(name: str) -> None:
    question = QUESTIONS[name]
    for settings in question["answers"].values():
        Settings().change(settings)
    assumed = question["answers"][question["assumed"]]
    assert assumed == {setting: DEFAULTS[setting] for setting in assumed}
    assert {type(DEFAULTS[setting]) for setting in question.get("measures", ())} <= {float}


def test_two_answers_differ_in_what_they_decide() -> None:
    for name in ASKED:
        decided = [tuple(settings.items()) for settings in QUESTIONS[name]["answers"].values()]
        assert len(set(decided)) == len(decided) or "measures" in QUESTIONS[name], name


def test_every_rule_of_the_sandbox_that_is_an_assumption_is_decided_by_a_question() -> None:
    decided = {
        setting
        for question in QUESTIONS.values()
        for settings in question.get("answers", {}).values()
        for setting in settings
    }
    decided |= {setting for question in QUESTIONS.values() for setting in question.get("measures", ())}
    names = list(DEFAULTS)
    assert set(names[names.index("identifier_suffixes") : names.index("latency")]) <= decided
