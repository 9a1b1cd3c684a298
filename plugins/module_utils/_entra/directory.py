# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Users and groups of the tenant, found by the names and ids that people write."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Ask, Graph, Outcome, literal, read
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._plan import near
from ansible_collections.openccp.federation.plugins.module_utils._saml.arns import UUID

#: The most values that Graph takes in one `in`.
VALUES: t.Final = 15

_NAMED_BY: t.Final = {"user": "userPrincipalName", "group": "displayName"}
_FIELDS: t.Final = {"user": ("id", "displayName", "userPrincipalName"), "group": ("id", "displayName")}

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


def principal_asks(wanted: t.Mapping[Kind, t.Collection[str]]) -> list[tuple[Kind, Ask]]:
    """The requests that find users by user principal name and groups by display name, both also by id."""
    asks = []
    for kind in KINDS:
        ids = sorted(one for one in set(wanted.get(kind, ())) if UUID.fullmatch(one))
        names = sorted(set(wanted.get(kind, ())) - set(ids))
        for attribute, values in (("id", ids), (_NAMED_BY[kind], names)):
            for start in range(0, len(values), VALUES):
                some = ",".join(literal(value) for value in values[start : start + VALUES])
                what = f"find the {kind}s {some}"
                asks.append((kind, read(f"/{kind}s", what, filter=f"{attribute} in ({some})", select=_FIELDS[kind], top=999)))
    return asks


def principals(
    graph: Graph, wanted: t.Mapping[Kind, t.Collection[str]], asks: t.Sequence[tuple[Kind, Ask]], outcomes: t.Sequence[Outcome]
) -> Principals:
    """What the requests of principal_asks() found. Conflict when a group's name is not unique."""
    found: dict[Kind, list[t.Mapping[str, t.Any]]] = {"user": [], "group": []}
    for (kind, ask), outcome in zip(asks, outcomes, strict=True):
        found[kind].extend(graph.rest(outcome.get(), ask.what))
    ids = {kind: {one: match for one in wanted.get(kind, ()) if (match := _match(kind, one, found[kind]))} for kind in KINDS}
    names = {one["id"]: str(one.get(_NAMED_BY[kind]) or one["id"]) for kind in KINDS for one in found[kind]}
    return Principals(ids, names)


def _match(kind: Kind, reference: str, objects: t.Iterable[t.Mapping[str, t.Any]]) -> str | None:
    fold = reference.casefold()
    matches = sorted(one["id"] for one in objects if fold in (one["id"].casefold(), str(one.get(_NAMED_BY[kind])).casefold()))
    if len(matches) > 1:
        raise Conflict(f"More than one {kind} is named '{reference}': {', '.join(matches)}.", hint="Give the id of the one that is meant.")
    return matches[0] if matches else None


def refuse_unknown(graph: Graph, kind: Kind, unknown: t.Sequence[str]) -> t.NoReturn:
    """Raise NotFound for users or groups that do not exist, with names that look like them."""
    attribute = _NAMED_BY[kind]
    asks = [
        read(f"/{kind}s", f"find {kind}s like '{one}'", filter=f"startswith({attribute},{literal(one[:3])})", select=_FIELDS[kind], top=100)
        for one in unknown
    ]
    told = []
    for one, outcome in zip(unknown, graph.batch(asks), strict=True):
        like = near(one, [str(candidate.get(attribute)) for candidate in outcome.get()["value"]])
        told.append(f"'{one}'" + (f" (did you mean {' or '.join(like)}?)" if like else ""))
    raise NotFound(
        f"The tenant has no {kind} {', '.join(told)}.",
        hint="A user is given by user principal name or id." if kind == "user" else "A group is given by display name or id.",
        unknown=list(unknown),
    )
