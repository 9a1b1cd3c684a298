# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name says what a variable holds or what a function does."""

from __future__ import annotations

import ast
import collections.abc

import pytest

from source_files import FOLDERS, python_files
from support import CHECKOUT

#: words that say nothing of what a variable holds
SAY_NOTHING = {
    "asked", "foreseen", "foretold", "found", "given", "gone", "here", "made", "one", "said", "shown", "some", "there",
    "told", "wanted", "wish",
}  # fmt: skip
#: words that name a variable only where its reader sees all of its use: in the comprehension that binds it
IN_COMPREHENSIONS = {"each"}
#: a word of the control API: the number of the call that a fault meets
OF_THE_API = {"at"}
BINDS_ITS_OWN = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def is_empty(name: str, *others: str) -> bool:
    """Whether a name, private or not, is such a word."""
    return name.lstrip("_") in {*SAY_NOTHING, *others}


def empty_names(source: str) -> collections.abc.Iterator[tuple[int, str]]:
    """The variables, parameters, functions and classes of a piece of code that are named by such a word, by line."""
    tree = ast.parse(source)
    comprehended = {
        id(name)
        for comprehension in ast.walk(tree)
        if isinstance(comprehension, BINDS_ITS_OWN)
        for generator in comprehension.generators
        for name in ast.walk(generator.target)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            others = () if id(node) in comprehended else IN_COMPREHENSIONS
            name = node.id if is_empty(node.id, *others) else None
        elif isinstance(node, ast.arg):
            name = node.arg if is_empty(node.arg, *OF_THE_API) else None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name if is_empty(node.name.lower(), *OF_THE_API, *IN_COMPREHENSIONS) else None
        else:
            name = None
        if name:
            yield node.lineno, name


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("users = [user for user in read()]", 0),
        ("users = [each for each in read()]", 0),
        ("for each in read(): write(each)", 1),
        ("users = [one for one in read()]", 1),
        ("found, shown = read()", 2),
        ("def read(given, *, told): return given", 2),
        ("def read(at): return at", 1),
        ("def told(): return 1", 1),
        ("class Reader:\n    def _found(self): return 1", 1),
        ("class Made: pass", 1),
        ("read(lambda one: one.name)", 1),
        ("read(found=1)", 0),
    ],
)
def test_the_rule_itself(source: str, count: int) -> None:
    assert len(list(empty_names(source))) == count


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_say_what_they_name(folder: str) -> None:
    empty = [
        f"{file.relative_to(CHECKOUT)}:{line} {name}"
        for file in python_files(folder)
        for line, name in empty_names(file.read_text(encoding="utf-8"))
    ]
    assert empty == []
