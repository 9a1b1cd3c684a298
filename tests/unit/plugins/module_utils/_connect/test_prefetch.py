# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections.abc
import threading

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect.prefetch import prefetched
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied


def test_the_next_page_is_fetched_while_the_first_is_dealt_with() -> None:
    fetched = threading.Event()

    def pages() -> collections.abc.Iterator[int]:
        yield 1
        fetched.set()
        yield 2

    pages_read = prefetched(pages())
    assert next(pages_read) == 1
    assert fetched.wait(10)
    assert list(pages_read) == [2]


def test_what_goes_wrong_comes_after_the_pages_that_arrived() -> None:
    def pages() -> collections.abc.Iterator[int]:
        yield 1
        raise Denied("Could not list the users.")

    pages_read = prefetched(pages())
    assert next(pages_read) == 1
    with pytest.raises(Denied, match="list the users"):
        next(pages_read)
