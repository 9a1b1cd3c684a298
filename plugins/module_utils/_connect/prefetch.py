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


def ahead(items: t.Iterable[T]) -> collections.abc.Iterator[T]:
    """The same items, fetched from now on by a thread of their own. What goes wrong there is raised here, in its
    place.
    """
    arrived: queue.SimpleQueue[tuple[T] | BaseException | None] = queue.SimpleQueue()

    def fetch() -> None:
        try:
            for item in items:
                arrived.put((item,))
        except BaseException as error:  # noqa: BLE001 (it is raised again where the items are used)
            arrived.put(error)
        else:
            arrived.put(None)

    threading.Thread(target=fetch, daemon=True).start()
    return _taken(arrived)


def _taken(arrived: queue.SimpleQueue[tuple[T] | BaseException | None]) -> collections.abc.Iterator[T]:
    while (page := arrived.get()) is not None:
        if isinstance(page, BaseException):
            raise page
        yield page[0]
