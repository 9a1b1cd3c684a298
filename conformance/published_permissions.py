# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which application permissions Microsoft publishes for the calls that the sandbox answers, in a table of its own.

Microsoft publishes the permissions of every call as data: permissions/new/permissions.json in
https://github.com/microsoftgraph/microsoft-graph-devx-content. From a copy of that file, this writes the table again:

    python conformance/published_permissions.py permissions.json > conformance/published_permissions.json

The table has the calls of the sandbox's routes, and of their permissions those that the sandbox knows. A call that the
data does not have is not in the table.
"""

from __future__ import annotations

import collections
import collections.abc
import functools
import itertools
import json
import re
import sys
import typing as t
from pathlib import Path

from federation_sandbox.entra.graph.routes import split
from federation_sandbox.entra.graph.service import ROUTES
from federation_sandbox.entra.seeding import PERMISSIONS

TABLE: t.Final = Path(__file__).with_suffix(".json")

#: alternatives, each the permissions that are needed together
Needs = frozenset[frozenset[str]]


def needs(*alternatives: str) -> Needs:
    """Alternatives as they are written down, the permissions of each divided by spaces."""
    return frozenset(frozenset(alternative.split()) for alternative in alternatives)


_READ: t.Final = (
    "Application.Read.All",
    "Application.ReadWrite.OwnedBy",
    "Application.ReadWrite.All",
    "Directory.Read.All",
)
_WRITE: t.Final = ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy")
_DELETED: t.Final = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")

#: calls that are not in the data, by Microsoft's page of each
BESIDE_THE_DATA: t.Final[dict[str, Needs]] = {
    "GET /applicationTemplates": needs(""),
    "GET /applicationTemplates/{id}": needs(""),
    "GET /applications/{id}/logo": needs(*_READ),
    "DELETE /applications/{id}/logo": needs(*_WRITE),
    "GET /servicePrincipals/{id}/appRoleAssignedTo/{id}": needs(*_READ),
    "GET /directory/deletedItems/microsoft.graph.application": needs(*_DELETED),
    "GET /directory/deletedItems/graph.application": needs(*_DELETED),
    "GET /directory/deletedItems/microsoft.graph.servicePrincipal": needs(*_DELETED),
    "GET /directory/deletedItems/graph.servicePrincipal": needs(*_DELETED),
    "GET /directory/deletedItems/microsoft.graph.group": needs("Group.Read.All", "Directory.Read.All"),
    "GET /directory/deletedItems/graph.group": needs("Group.Read.All", "Directory.Read.All"),
    "GET /directory/deletedItems": needs("User.Read.All", "Directory.Read.All"),  # those of users
    "GET /directory/deletedItems/{id}": needs(*_DELETED, "User.Read.All", "Group.Read.All"),
    "DELETE /directory/deletedItems/{id}": needs(*_WRITE),
}

_ALSO: t.Final = re.compile(r"AlsoRequires=(?P<partners>[^;]+)")
#: what the data leaves out of a path: that a reference is meant, that things are counted, or of which type they are
_LEFT_OUT: t.Final = ("/$ref", "/$count", "/microsoft.graph.user", "/graph.user")


def call_of(method: str, path: str) -> str:
    """A call as the table names it. path: of a request, below the version, or of a route."""
    segments = split(path)
    route = next(route for route in ROUTES if route.method == method and route.keys(segments) is not None)
    template = route.template.replace("{key}", "{id}")
    for end in _LEFT_OUT:
        template = template.removesuffix(end)
    return f"{method} {template}"


def calls() -> list[str]:
    """Every call of the sandbox."""
    return sorted({call_of(route.method, route.template.replace("{key}", "x")) for route in ROUTES})


def minimal(needs: collections.abc.Iterable[frozenset[str]]) -> Needs:
    """Alternatives without those that hold another one."""
    every = set(needs)

    def holds_another(alternative: frozenset[str]) -> bool:
        return any(other < alternative for other in every)

    return frozenset(itertools.filterfalse(holds_another, every))


def table_of(document: collections.abc.Mapping[str, t.Any]) -> dict[str, Needs]:
    """The table of Microsoft's data."""
    published = _published(document)
    known = {call: published[_key(*call.split(" "))] for call in calls() if _key(*call.split(" ")) in published}
    in_use = set(PERMISSIONS)
    return {call: minimal(filter(in_use.issuperset, _needs(entries))) for call, entries in known.items()}


@functools.cache
def read_table() -> dict[str, Needs]:
    """The table that is kept here."""
    content = json.loads(TABLE.read_text(encoding="utf-8"))
    return {call: frozenset(map(frozenset, alternatives)) for call, alternatives in content["calls"].items()}


def written(table: collections.abc.Mapping[str, Needs]) -> str:
    """The table as it is kept, a call a line."""
    lines = [f"{json.dumps(call)}: {json.dumps(sorted(map(sorted, needs)))}" for call, needs in sorted(table.items())]
    source = "https://github.com/microsoftgraph/microsoft-graph-devx-content, permissions/new/permissions.json"
    return f'{{\n"source": "{source}",\n"calls": {{\n' + ",\n".join(lines) + "\n}\n}\n"


def _key(method: str, path: str) -> tuple[str, str]:
    """Paths differ in case, and in the names of what stands in braces."""
    return method, re.sub(r"\{[^}]*\}", "{id}", path.lower())


def _published(document: collections.abc.Mapping[str, t.Any]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Call → the application permissions that allow it, each with what the data notes of it."""
    by_call: dict[tuple[str, str], list[tuple[str, str]]] = collections.defaultdict(list)
    for name, permission in document["permissions"].items():
        for paths in permission["pathSets"]:
            if "Application" in paths["schemeKeys"]:
                for method in paths["methods"]:
                    for path, noted in paths["paths"].items():
                        by_call[_key(method, path)].append((name, noted))
    return by_call


def _needs(entries: collections.abc.Sequence[tuple[str, str]]) -> set[frozenset[str]]:
    """The alternatives of a call.

    Of permissions that are needed together, the data notes with one what it also requires (one of several), and may
    list the other without a note: that one is no alternative by itself.
    """
    together = {frozenset((name, partner)) for name, noted in entries for partner in _partners(noted)}
    partners = {partner for dummy, noted in entries for partner in _partners(noted)}
    return together | {frozenset((name,)) for name, noted in entries if not _partners(noted) and name not in partners}


def _partners(noted: str) -> list[str]:
    match = _ALSO.search(noted)
    return match["partners"].split(",") if match else []


if __name__ == "__main__":
    sys.stdout.write(written(table_of(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
