# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The project's own Python code, for tests of how it is written."""

from __future__ import annotations

import typing as t
from pathlib import Path

from support import CHECKOUT

FOLDERS: t.Final = ("benchmarks", "conformance", "docs", "extensions", "plugins", "sandbox", "tests", "tools")


def is_python(file: Path) -> bool:
    """Whether a file is a module or a script of Python."""
    if file.suffix:
        return file.suffix == ".py"
    with file.open("rb") as content:
        first_line = content.readline(200)
    return first_line.startswith(b"#!") and b"python" in first_line


def python_files(folder: str) -> list[Path]:
    """The modules and scripts below a folder of the checkout."""
    files = sorted(path for path in (CHECKOUT / folder).rglob("*") if path.is_file())
    return [file for file in files if is_python(file)]
