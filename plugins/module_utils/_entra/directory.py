# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Users and groups of the tenant, found by the names and ids that people write."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import UUID
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import (
    Graph,
    Request,
    Result,
    literal,
    read,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, Denied, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import close_matches

#: The most values that Graph takes in one `in`.
VALUES: t.Final = 15

_NAMED_BY: t.Final = {"user": "userPrincipalName", "group": "displayName"}
_GIVEN_BY: t.Final = {
    "user": "A user is given by user principal name, object id, e-mail address or a display name that is unique.",
    "group": "A group is given by display name or id.",
}
_FIELDS: t.Final = {"user": ("id", "displayName", "userPrincipalName"), "group": ("id", "displayName")}

#: So many people are looked for by their other names in one request: each takes three comparisons, of which Graph
#: allows 15.
_PEOPLE: t.Final = 5
_OTHER_NAMES: t.Final = ("mail", "displayName", "proxyAddresses")
_SMTP: t.Final = "smtp:"

Record = t.Mapping[str, t.Any]
Kind = t.Literal["user", "group"]
KINDS: t.Final[tuple[Kind, Kind]] = ("user", "group")


@dataclass(frozen=True)
class Principals:
    """The users and groups that were asked for: kind → what was written → the object's id, and id → a name to show."""

    ids: t.Mapping[Kind, t.Mapping[str, str]] = field(default_factory=lambda: {"user": {}, "group": {}})
    names: t.Mapping[str, str] = field(default_factory=dict)

    def unknown(self, kind: Kind, references: t.Iterable[str]) -> list[str]:
        """What was written and does not exist."""
        return sorted(set(references) - set(self.ids[kind]))


def principal_requests(references: t.Mapping[Kind, t.Collection[str]]) -> list[tuple[Kind, Request]]:
    """The requests that find users by user principal name and groups by display name, both also by id."""
    requests_ = []
    for kind in KINDS:
        ids = sorted(reference for reference in set(references.get(kind, ())) if UUID.fullmatch(reference))
        names = sorted(set(references.get(kind, ())) - set(ids))
        for attribute, values in (("id", ids), (_NAMED_BY[kind], names)):
            for start in range(0, len(values), VALUES):
                listed_values = ",".join(literal(value) for value in values[start : start + VALUES])
                what = f"find the {kind}s {listed_values}"
                requests_.append(
                    (
                        kind,
                        read(
                            f"/{kind}s", what, filter=f"{attribute} in ({listed_values})", select=_FIELDS[kind], top=999
                        ),
                    )
                )
    return requests_


def principals(
    graph: Graph,
    references: t.Mapping[Kind, t.Collection[str]],
    requests_: t.Sequence[tuple[Kind, Request]],
    outcomes: t.Sequence[Result],
) -> Principals:
    """What the requests of principal_requests() found. Conflict when a group's name is not unique."""
    records: dict[Kind, list[t.Mapping[str, t.Any]]] = {"user": [], "group": []}
    for (kind, request), outcome in zip(requests_, outcomes, strict=True):
        records[kind].extend(graph.rest(outcome.get(), request.what))
    ids: dict[Kind, dict[str, str]] = {}
    for kind in KINDS:
        matches = {name: _match(kind, name, records[kind]) for name in references.get(kind, ())}
        ids[kind] = {name: match for name, match in matches.items() if match}
    for name, users in find_by_other_names(
        graph, sorted(set(references.get("user", ())) - set(ids["user"])), _FIELDS["user"]
    ).items():
        if len(users) > 1:
            raise Conflict(several_people(name, users), hint=ONE_PERSON)
        if users:
            ids["user"][name] = users[0]["id"]
            records["user"].extend(users)
    names = {
        record["id"]: str(record.get(_NAMED_BY[kind]) or record["id"]) for kind in KINDS for record in records[kind]
    }
    return Principals(ids, names)


def _match(kind: Kind, reference: str, objects: t.Iterable[t.Mapping[str, t.Any]]) -> str | None:
    fold = reference.casefold()
    matches = sorted(
        {
            record["id"]
            for record in objects
            if fold in (record["id"].casefold(), str(record.get(_NAMED_BY[kind])).casefold())
        }
    )
    if len(matches) > 1:
        raise Conflict(
            f"More than one {kind} is named '{reference}': {', '.join(matches)}.",
            hint="Give the ID of the right one.",
        )
    return matches[0] if matches else None


#: How somebody is named beyond doubt.
ONE_PERSON: t.Final = "Give the user principal name or the object ID of the right one."


def find_by_other_names(graph: Graph, names: t.Sequence[str], fields: t.Sequence[str]) -> dict[str, list[Record]]:
    """Users by other names than the user principal name: an e-mail address, one of the further addresses, or the
    display name.

    What the permissions do not show is not found.
    """
    people: dict[str, list[Record]] = {name: [] for name in names if not UUID.fullmatch(name)}
    chunks = [list(people)[start : start + _PEOPLE] for start in range(0, len(people), _PEOPLE)]
    select = tuple(dict.fromkeys((*fields, *_OTHER_NAMES)))
    requests_ = [
        read(
            "/users",
            f"find the users {', '.join(chunk)}",
            filter=" or ".join(map(_goes_by, chunk)),
            select=select,
            top=999,
        )
        for chunk in chunks
    ]
    for chunk, request, outcome in zip(chunks, requests_, graph.batch(requests_), strict=True):
        users = [] if isinstance(outcome.error, Denied) else list(graph.rest(outcome.get(), request.what))
        for name in chunk:
            people[name] = [user for user in users if name.casefold() in _other_names(user)]
    return people


def several_people(name: str, users: t.Iterable[Record]) -> str:
    """That a name is not unique."""
    names = sorted(str(user.get("userPrincipalName") or user["id"]) for user in users)
    return f"More than one person goes by the name '{name}': {', '.join(names)}."


def _goes_by(name: str) -> str:
    address = literal(_SMTP + name)
    return (
        f"mail eq {literal(name)} or displayName eq {literal(name)} or proxyAddresses/any(address:address eq {address})"
    )


def _other_names(user: Record) -> set[str]:
    addresses = [str(address).casefold().removeprefix(_SMTP) for address in user.get("proxyAddresses") or ()]
    return {*addresses, *(str(user.get(name) or "").casefold() for name in ("mail", "displayName"))} - {""}


def refuse_unknown(graph: Graph, kind: Kind, unknown: t.Sequence[str]) -> t.NoReturn:
    """Raise NotFound for users or groups that do not exist, with names that look like them."""
    attribute = _NAMED_BY[kind]
    requests_ = [
        read(
            f"/{kind}s",
            f"find {kind}s like '{reference}'",
            filter=f"startswith({attribute},{literal(reference[:3])})",
            select=_FIELDS[kind],
            top=100,
        )
        for reference in unknown
    ]
    reasons = []
    for reference, outcome in zip(unknown, graph.batch(requests_), strict=True):
        like = close_matches(reference, [str(candidate.get(attribute)) for candidate in outcome.get()["value"]])
        reasons.append(f"'{reference}'" + (f" (did you mean {' or '.join(like)}?)" if like else ""))
    raise NotFound(
        f"The tenant has no {kind} {', '.join(reasons)}.",
        hint=_GIVEN_BY[kind],
        unknown=list(unknown),
    )
