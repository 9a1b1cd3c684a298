# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Pages that are fetched while those before them are dealt with."""

from __future__ import annotations

import queue
import threading
import typing as t

if t.TYPE_CHECKING:
    import collections.abc

T = t.TypeVar("T")


def prefetched(items: t.Iterable[T]) -> collections.abc.Iterator[T]:
    """The same items, fetched from now on by a thread of their own. What goes wrong there is raised here, in its
    place.
    """
    arrivals: queue.SimpleQueue[tuple[T] | BaseException | None] = queue.SimpleQueue()

    def fetch() -> None:
        try:
            for item in items:
                arrivals.put((item,))
        except BaseException as error:  # noqa: BLE001 (it is raised again where the items are used)
            arrivals.put(error)
        else:
            arrivals.put(None)

    threading.Thread(target=fetch, daemon=True).start()
    return _iterate_queue(arrivals)


def _iterate_queue(arrivals: queue.SimpleQueue[tuple[T] | BaseException | None]) -> collections.abc.Iterator[T]:
    while (page := arrivals.get()) is not None:
        if isinstance(page, BaseException):
            raise page
        yield page[0]
