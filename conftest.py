# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""--sample N/OF runs one in OF of the tests: those whose name falls into part N, so always the same ones.

With --sample-of FOLDER, which may be repeated, every test outside these folders runs as well.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    parser.addoption(
        "--sample", metavar="N/OF", default="0/1", help="run one in OF of the tests, the part N (from 0) of them"
    )
    parser.addoption(
        "--sample-of", metavar="FOLDER", action="append", default=[], help="the sample is of this folder's tests"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the other parts out; pytest counts them as deselected."""
    part, parts = map(int, str(config.getoption("sample")).split("/"))
    folders = [Path(folder).resolve() for folder in config.getoption("sample_of")]

    def is_left_out(item: pytest.Item) -> bool:
        sampled = not folders or any(item.path.is_relative_to(folder) for folder in folders)
        return sampled and zlib.crc32(item.nodeid.encode()) % parts != part

    left_out = [item for item in items if is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
