# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""--sample N/OF runs one in OF of the tests: those whose name falls into part N, so always the same ones."""

from __future__ import annotations

import zlib

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.addoption(
        "--sample", metavar="N/OF", default="0/1", help="run one in OF of the tests, the part N (from 0) of them"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the other parts out; pytest counts them as deselected."""
    part, parts = map(int, str(config.getoption("sample")).split("/"))
    left_out = [item for item in items if zlib.crc32(item.nodeid.encode()) % parts != part]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
