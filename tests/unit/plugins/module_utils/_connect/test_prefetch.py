# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections.abc
import threading

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._connect.prefetch import ahead
from ansible_collections.openccp.federation.plugins.module_utils._errors import Denied


def test_the_next_page_is_fetched_while_the_first_is_dealt_with() -> None:
    fetched = threading.Event()

    def pages() -> collections.abc.Iterator[int]:
        yield 1
        fetched.set()
        yield 2

    taken = ahead(pages())
    assert next(taken) == 1
    assert fetched.wait(10)
    assert list(taken) == [2]


def test_what_goes_wrong_comes_after_the_pages_that_arrived() -> None:
    def pages() -> collections.abc.Iterator[int]:
        yield 1
        raise Denied("Could not list the users.")

    taken = ahead(pages())
    assert next(taken) == 1
    with pytest.raises(Denied, match="list the users"):
        next(taken)
