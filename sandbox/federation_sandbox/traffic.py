# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traffic log: one entry for each call, in memory and optionally in a file with one JSON object per line."""

from __future__ import annotations

import collections.abc
import json
import pathlib
import threading
import typing as t

Entry = dict[str, t.Any]


class Traffic:
    """What was called. An entry holds no header, no body and no secret.

    Keys: time (ISO 8601), service, operation, write, method, host, path, status, duration (seconds),
    caller, error (the cloud's code, when it refused), note (what is strange about an answer that is no error),
    key_material (whether a read of Microsoft Graph selects keyCredentials), needs (the permissions that AWS asked the
    caller for: action, resource and conditions, with the values of this request).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._file: pathlib.Path | None = None

    def keep_in(self, file: pathlib.Path) -> None:
        """Append each entry to a file as well."""
        self._file = file

    def add(self, entry: Entry) -> None:
        """Record a call."""
        with self._lock:
            self._entries.append(entry)
            if self._file is not None:
                with self._file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(entry) + "\n")

    def clear(self) -> None:
        """Clear the log."""
        with self._lock:
            self._entries.clear()

    def entries(self, service: str | None = None, operation: str | None = None) -> list[Entry]:
        """The calls so far, oldest first; items of a Graph batch are entries of their own with batched: true."""
        with self._lock:
            return [
                entry
                for entry in self._entries
                if service in (None, entry["service"]) and operation in (None, entry["operation"])
            ]

    def requests(self) -> list[Entry]:
        """The HTTP requests so far: what a request budget counts."""
        return [entry for entry in self.entries() if not entry.get("batched")]

    def writes(self) -> list[Entry]:
        """The calls that would change something, refused ones included."""
        return [entry for entry in self.entries() if entry["write"]]

    def __iter__(self) -> collections.abc.Iterator[Entry]:
        return iter(self.entries())
