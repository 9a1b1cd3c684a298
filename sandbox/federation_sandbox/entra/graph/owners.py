# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owners of applications, service principals and groups. Owners are users and service principals."""

from __future__ import annotations

import collections.abc
import typing as t

from werkzeug import Response

from federation_sandbox.entra.graph.context import Context
from federation_sandbox.entra.graph.directory import readable
from federation_sandbox.entra.graph.errors import already_referenced, bad_request, not_found
from federation_sandbox.entra.graph.permissions import (
    APPLICATION_READ,
    APPLICATION_WRITE,
    GROUP_OWNER_READ,
    GROUP_WRITE,
    OWNER_ADD,
    Needs,
)
from federation_sandbox.entra.graph.references import referenced, referenced_id
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.state import COLLECTIONS, Record

_BIND: t.Final[str] = "owners@odata.bind"
_PLACES: t.Final[tuple[str, ...]] = ("directoryObjects", "users", "servicePrincipals")
_OWNERS: t.Final[tuple[str, ...]] = ("users", "servicePrincipals")
#: how many owners a new object may be given at once
_BOUND_AT_MOST: t.Final[int] = 20


def bound_owners(context: Context, body: dict[str, t.Any]) -> list[str]:
    """The owners of a new object: those that the request body names, which is removed from the body, else the
    caller.
    """
    addresses = body.pop(_BIND, None)
    if addresses is None:
        return [context.caller.principal_id]
    if not isinstance(addresses, list) or len(addresses) > _BOUND_AT_MOST:
        raise bad_request(f"Invalid value specified for '{_BIND}'.", code="BadRequest")
    return list(dict.fromkeys(_owner(context, referenced_id(context, address, _PLACES)) for address in addresses))


def shown_owners(context: Context, record: Record) -> list[dict[str, t.Any]]:
    """The owners of an object, as $expand returns them."""
    return [context.typed(each) for each in _owners(context, record)]


def _owners(context: Context, record: Record) -> collections.abc.Iterator[Record]:
    for key in record.get("_owners", ()):
        for collection in _OWNERS:
            owner = context.tenant[collection].indexed(key)
            if owner is not None:
                kind = COLLECTIONS[collection]
                yield {**(readable(context, owner) if kind == "user" else owner), "_kind": kind}


def _owner(context: Context, key: str) -> str:
    """The ID of a possible owner; 404 when it does not exist, 400 when it has another type."""
    if any(context.tenant[collection].visible(key) for collection in _OWNERS):
        return key
    for collection, kind in COLLECTIONS.items():
        if context.tenant[collection].visible(key):
            title = kind[0].upper() + kind[1:]
            raise bad_request(
                f"The reference target '{title}_{key}' of type '{title}' is invalid for the 'owners' reference."
            )
    raise not_found(key)


class _Owned:
    """The calls for the owners of one kind of object."""

    def __init__(self, collection: str, read: Needs, add: Needs, remove: Needs) -> None:
        self._collection = collection
        self._needs = (read, add, remove)

    def every(self, context: Context) -> Response:
        record = context.find(self._collection, context.keys[0])
        return context.page("directoryObjects", _owners(context, record), "user", typed=True)

    def add(self, context: Context) -> Response:
        key = referenced(context, _PLACES)
        record = context.changing(self._collection, context.keys[0])
        owners = record.get("_owners", [])
        if _owner(context, key) in owners:
            raise already_referenced("owners")
        context.save(self._collection, {**record, "_owners": [*owners, key]})
        return context.nothing()

    def remove(self, context: Context) -> Response:
        record, key = context.changing(self._collection, context.keys[0]), str(context.keys[1]).lower()
        owners = [each for each in record.get("_owners", ()) if each != key]
        if len(owners) == len(record.get("_owners", ())):
            raise not_found(key)
        users = context.tenant["users"]
        if self._collection == "groups" and users.latest(key) and not any(users.latest(each) for each in owners):
            raise bad_request("The group must have at least one owner, hence this owner cannot be removed.")
        context.save(self._collection, {**record, "_owners": owners})
        return context.nothing()

    def routes(self) -> tuple[Route, ...]:
        """Every call, named as the published description names it."""
        kind, path = COLLECTIONS[self._collection], f"/{self._collection}/{{key}}/owners"
        read, add, remove = self._needs
        return (
            Route("GET", path, f"{kind}.ListOwners", self.every, read),
            Route("POST", f"{path}/$ref", f"{kind}.AddOwnerRef", self.add, add),
            Route("DELETE", f"{path}/{{key}}/$ref", f"{kind}.RemoveOwnerRef", self.remove, remove),
        )


ROUTES: t.Final[tuple[Route, ...]] = (
    *_Owned("applications", APPLICATION_READ, OWNER_ADD, APPLICATION_WRITE).routes(),
    *_Owned("servicePrincipals", APPLICATION_READ, OWNER_ADD, APPLICATION_WRITE).routes(),
    *_Owned("groups", GROUP_OWNER_READ, GROUP_WRITE, GROUP_WRITE).routes(),
)
