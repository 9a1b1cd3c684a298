# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows a finding's advice to the letter: the modules that it names, with the options that it names, and with nothing
else.
"""

from __future__ import annotations

import importlib
import re
import typing as t

import yaml
from live_federation import run_module

Options = dict[str, t.Any]

_RUN: t.Final = re.compile(r"(?P<instead>\bor )?\b[Rr]un (?P<module>[a-z]+_[a-z_]+)(?: with (?=[a-z_]+: ))?")
_OPTION: t.Final = re.compile(r"([a-z_]+): ")
_PLAIN: t.Final = re.compile(r"[\w./-]+?(?=[,.;]?(?: |$))")


def follow(advice: str) -> list[tuple[str, Options]]:
    """Run what the advice names, one after the other; what it offers instead only where it names nothing else."""
    steps = list(_RUN.finditer(advice))
    chosen = [step for step in steps if not step["instead"]] or steps[:1]
    assert chosen, f"there is nothing to run in: {advice}"
    done = []
    for step in chosen:
        options = _options(advice, step.end())
        result = run_module(step["module"], options)
        assert not result.get("failed"), f"{step['module']} {options}: {result.get('msg')}"
        done.append((step["module"], options))
    return done


def runs(advice: str) -> list[tuple[str, Options]]:
    """The modules that an advice names, with their options; fails where one of them does not exist."""
    steps = []
    for step in _RUN.finditer(advice):
        importlib.import_module(f"ansible_collections.openccp.federation.plugins.modules.{step['module']}")
        steps.append((step["module"], _options(advice, step.end())))
    return steps


def _options(text: str, start: int) -> Options:
    """The options from here on, as long as one follows the other."""
    end = start
    while option := _OPTION.match(text, end):
        end = _end_of_value(text, option.end())
        if not text.startswith(", ", end):
            break
        end += len(", ")
    options = text[start:end].rstrip(", ")
    return t.cast("Options", yaml.safe_load("{" + options + "}"))


def _end_of_value(text: str, start: int) -> int:
    plain = _PLAIN.match(text, start)
    if plain and text[start] not in "[{'":
        return plain.end()
    depth, quoted = 0, False
    for place, sign in enumerate(text[start:], start):
        if sign == "'":
            quoted = not quoted
        elif not quoted:
            depth += (sign in "[{") - (sign in "]}")
        if depth == 0 and not quoted and text[place + 1 : place + 2] != "'":
            return place + 1
    return len(text)
