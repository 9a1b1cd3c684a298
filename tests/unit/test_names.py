# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a variable holds is told by its name."""

from __future__ import annotations

import ast
import collections.abc
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
FOLDERS = ("plugins", "sandbox", "tests", "tools", "conformance", "benchmarks")
#: words that say nothing of what a variable holds
SAY_NOTHING = {"asked", "foreseen", "foretold", "found", "given", "one", "said", "shown", "some", "told", "wish"}


def empty_names(source: str) -> collections.abc.Iterator[tuple[int, str]]:
    """The variables and parameters of a piece of code that are named by such a word, by line."""
    for node in ast.walk(ast.parse(source)):
        name = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        if name in SAY_NOTHING:
            yield node.lineno, name


def is_python(file: Path) -> bool:
    """Whether a file is a module or a script of Python."""
    if file.suffix:
        return file.suffix == ".py"
    with file.open("rb") as content:
        first_line = content.readline(200)
    return first_line.startswith(b"#!") and b"python" in first_line


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("users = [user for user in read()]", 0),
        ("users = [one for one in read()]", 1),
        ("found, shown = read()", 2),
        ("def read(given, *, told): return given", 2),
        ("read(lambda one: one.name)", 1),
        ("read(found=1)", 0),
    ],
)
def test_empty_names_are_found(source: str, count: int) -> None:
    assert len(list(empty_names(source))) == count


@pytest.mark.parametrize("folder", FOLDERS)
def test_variables_are_named_by_what_they_hold(folder: str) -> None:
    files = [file for file in sorted((CHECKOUT / folder).rglob("*")) if file.is_file() and is_python(file)]
    assert files
    empty = [
        f"{file.relative_to(CHECKOUT)}:{line} {name}"
        for file in files
        for line, name in empty_names(file.read_text(encoding="utf-8"))
    ]
    assert empty == []
