# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions that can be read at once: at most one comprehension in each, and no conditional in a conditional."""

from __future__ import annotations

import ast
import collections.abc

import pytest

from source_files import FOLDERS, python_files
from support import CHECKOUT

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def expressions(node: ast.AST) -> collections.abc.Iterator[ast.AST]:
    """Every expression; the values of a dictionary, the arguments by name and the sides of a comparison that a test
    asserts are read one by one.
    """
    for part in ast.walk(node):
        if isinstance(part, ast.keyword):
            yield part.value
        elif isinstance(part, ast.Dict):
            yield from part.values
        elif isinstance(part, ast.Assert) and isinstance(part.test, ast.Compare):
            yield from (part.test.left, *part.test.comparators)
        elif not isinstance(part, ast.expr):
            yield from (child for child in ast.iter_child_nodes(part) if isinstance(child, ast.expr))


def parts_of(expression: ast.AST) -> collections.abc.Iterator[ast.AST]:
    """An expression and its parts, but for those that are read one by one."""
    yield expression
    if isinstance(expression, ast.Dict):
        return
    for child in ast.iter_child_nodes(expression):
        if not isinstance(child, ast.keyword):
            yield from parts_of(child)


def dense(source: str) -> list[str]:
    """What is dense in a piece of code, by line."""
    dense_lines = []
    for expression in expressions(ast.parse(source)):
        parts = list(parts_of(expression))
        comprehensions = sum(isinstance(part, COMPREHENSIONS) for part in parts)
        if comprehensions > 1:
            dense_lines.append(f"{expression.lineno}: {comprehensions} comprehensions in an expression")
        for part in parts:
            inner = [node for child in ast.iter_child_nodes(part) for node in ast.walk(child)]
            if isinstance(part, ast.IfExp) and any(isinstance(node, ast.IfExp) for node in inner):
                dense_lines.append(f"{part.lineno}: a conditional expression in another")
    return dense_lines


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("x = [a for a in b]\ny = {a for a in b}", 0),
        ("x = [[a for a in b] for b in c]", 1),
        ("x = f([a for a in b], [d for d in e])", 1),
        ("x = f(b=[a for a in b], c=[d for d in e])", 0),
        ("x = {1: [a for a in b], 2: [d for d in e]}", 0),
        ("x = {1: [[a for a in b] for b in c]}", 1),
        ("x = a if b else c", 0),
        ("x = a if b else c if d else e", 1),
        ("x = a if (b if c else d) else e", 1),
        ("def f(): return any(a for a in b) or all(a for a in b)", 1),
        ("assert [a for a in b] == [d for d in e]", 0),
        ("assert [a for a in b] == f([d for d in e], [g for g in h])", 1),
        ("assert [a for a in b] + [d for d in e]", 1),
    ],
)
def test_the_rule_itself(source: str, count: int) -> None:
    assert len(dense(source)) == count


@pytest.mark.parametrize("folder", FOLDERS)
def test_expressions_can_be_read_at_once(folder: str) -> None:
    dense_lines = [
        f"{file.relative_to(CHECKOUT)}:{line}"
        for file in python_files(folder)
        for line in dense(file.read_text(encoding="utf-8"))
    ]
    assert dense_lines == []
