# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a report of the live probe, whose answers determine settings of the sandbox."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

from federation_sandbox.world import Settings

#: the variable that names a report for the tests
VARIABLE: t.Final = "FEDERATION_SANDBOX_ANSWERS"


def read_answers(file: pathlib.Path) -> dict[str, t.Any]:
    """The settings that a report determines. ValueError when it is not a report, or contains settings that this sandbox
    does not have.
    """
    report = json.loads(file.read_text(encoding="utf-8"))
    answers = report.get("answers") if isinstance(report, dict) else None
    settings: dict[str, t.Any] = {}
    for answer in answers if isinstance(answers, list) else [None]:
        decided = answer.get("sandbox") if isinstance(answer, dict) else None
        if not isinstance(decided, dict):
            raise ValueError(
                "it is no report of the live probe: it has no list of answers, each with what it decides in the sandbox"
            )
        for name, value in decided.items():
            if settings.setdefault(name, value) != value:
                raise ValueError(f"its answers disagree about {name}: {settings[name]!r} and {value!r}")
    Settings().change(settings)
    return settings


def answers_of_environment() -> dict[str, t.Any]:
    """The settings from the report that the environment variable names; none without it."""
    file = os.environ.get(VARIABLE)
    return read_answers(pathlib.Path(file)) if file else {}
