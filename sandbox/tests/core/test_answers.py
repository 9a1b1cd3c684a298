# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report of the live probe decides how the sandbox's clouds answer open questions."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from federation_sandbox import __main__ as program
from federation_sandbox import answers
from federation_sandbox.testing import running_sandbox
from federation_sandbox.world import World


def written(folder: Path, *decided: dict[str, t.Any]) -> Path:
    """A report whose answers decide these settings."""
    file = folder / "report.json"
    file.write_text(
        json.dumps({"answers": [{"id": "some_question", "sandbox": settings} for settings in decided]}),
        encoding="utf-8",
    )
    return file


def test_a_report_decides_settings(tmp_path: Path) -> None:
    file = written(tmp_path, {"member_identities": False}, {}, {"metadata_lag": 2.5})
    assert answers.read_answers(file) == {"member_identities": False, "metadata_lag": 2.5}


@pytest.mark.parametrize(
    ("decided", "reason"),
    [
        ([{"no_such_setting": True}], "no_such_setting"),
        ([{"member_identities": "no"}], "member_identities"),
        ([{"metadata_lag": 1.0}, {"metadata_lag": 2.0}], "disagree about metadata_lag"),
    ],
)
def test_a_report_that_this_sandbox_cannot_follow_is_refused(
    tmp_path: Path, decided: list[dict[str, t.Any]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        answers.read_answers(written(tmp_path, *decided))


@pytest.mark.parametrize("content", ["[]", '{"answers": {}}', "{", "null"])
def test_what_is_no_report_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "report.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"."):
        answers.read_answers(file)


def test_answers_outlast_a_reset() -> None:
    world = World({"member_identities": False})
    world.settings.member_identities = True
    world.reset()
    assert world.settings.member_identities is False


def test_the_tests_take_the_report_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(answers.VARIABLE, str(written(tmp_path, {"or_of_lambdas": False})))
    with running_sandbox() as sandbox:
        assert sandbox.world.settings.or_of_lambdas is False


def test_serve_says_which_report_it_cannot_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, {"no_such_setting": True})
    assert program.main(["serve", "--folder", str(tmp_path / "folder"), "--answers", str(file)]) == 1
    assert f"The report {file} cannot be used: there is no setting 'no_such_setting'" in capsys.readouterr().out
