# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of Microsoft Graph."""

from __future__ import annotations

import collections.abc
import dataclasses
import re
import typing as t

from werkzeug import Response

from federation_sandbox.entra.graph.context import Context, Key
from federation_sandbox.entra.graph.errors import no_segment
from federation_sandbox.entra.graph.permissions import Needs

#: what objects can be addressed by beside their IDs (facts/entra.md 2.19)
_ALTERNATE_KEYS: t.Final[dict[str, frozenset[str]]] = {
    "applications": frozenset({"appId", "uniqueName"}),
    "servicePrincipals": frozenset({"appId"}),
}
_ALTERNATE = re.compile(r"(?P<collection>\w+)\((?P<name>\w+)='(?P<value>(?:[^']|'')*)'\)")
Segments = list[str | Key]


@dataclasses.dataclass(frozen=True)
class Route:
    """An operation, named as in the published API description. units: its cost under the rate limit."""

    method: str
    template: str
    operation: str
    answer: t.Callable[[Context], Response]
    needs: Needs
    units: int = 1

    @property
    def write(self) -> bool:
        """Whether the operation changes anything."""
        return self.method != "GET"

    def keys(self, segments: collections.abc.Sequence[str | Key]) -> Segments | None:
        """The identifiers in a path of this route; None when the path does not match."""
        pattern = self.template.strip("/").split("/")
        if len(pattern) != len(segments):
            return None
        keys: Segments = []
        for part, segment in zip(pattern, segments, strict=True):
            if part == "{key}":
                if isinstance(segment, str) and segment.startswith(("$", "microsoft.graph.", "graph.")):
                    return None
                keys.append(segment)
            elif part != segment:
                return None
        return keys


def split(path: str) -> Segments:
    """The segments of a path; applications(appId='…') is a collection and a key."""
    segments: Segments = []
    for part in path.strip("/").split("/"):
        match = _ALTERNATE.fullmatch(part)
        if match and match["name"] not in _ALTERNATE_KEYS.get(match["collection"], ()):
            raise no_segment(part)
        segments += [match["collection"], Key(match["name"], match["value"].replace("''", "'"))] if match else [part]
    return segments
