# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, groups and their members, the organization and its domains: read-only."""

from __future__ import annotations

import collections.abc
import itertools
import typing as t

from werkzeug import Response

from federation_sandbox.entra.graph.context import Context, Expansions, Key
from federation_sandbox.entra.graph.errors import bad_request, not_found, unsupported_query
from federation_sandbox.entra.graph.odata import check_options
from federation_sandbox.entra.graph.permissions import (
    DOMAIN_READ,
    FULL_USER,
    GROUP_READ,
    MANAGER_READ,
    MEMBER_READ,
    ORGANIZATION_READ,
    USER_READ,
)
from federation_sandbox.entra.graph.routes import Route
from federation_sandbox.entra.state import Record, Tenant

_MEMBER_KINDS: t.Final[dict[str, str]] = {"users": "user", "groups": "group", "servicePrincipals": "servicePrincipal"}
_BASIC: t.Final[frozenset[str]] = frozenset(
    {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "_kind"}
)


def readable(context: Context, record: Record) -> Record:
    """The properties of a user that the caller may read."""
    if context.caller.roles & FULL_USER:
        return record
    basic = "User.ReadBasic.All" in context.caller.roles
    names = _BASIC if basic else {"id", "_kind"}
    return {name: value for name, value in record.items() if name in names}


def _users(context: Context) -> Response:
    return context.page("users", (readable(context, each) for each in context.tenant["users"].all_indexed()))


def _user(context: Context) -> Response:
    return context.entity("users", readable(context, context.find("users", _user_key(context))))


def _user_key(context: Context) -> str | Key:
    """The ID of a user, given by ID or by user principal name."""
    key = context.keys[0]
    return Key("userPrincipalName", key) if isinstance(key, str) and "@" in key else key


def _manager(context: Context) -> Response:
    key = context.find("users", _user_key(context)).get("_manager", "")
    manager = context.tenant["users"].visible(key)
    if manager is None:
        raise not_found("manager")
    about = {"@odata.context": context.annotation("directoryObjects/$entity"), "@odata.type": "#microsoft.graph.user"}
    return context.json({**about, **context.query_of_object("user").project(readable(context, manager))})


def _expansions(context: Context) -> Expansions:
    def members(record: Record) -> list[dict[str, t.Any]]:
        members = itertools.islice(direct_members(context.tenant, record), 20)
        return [context.typed(readable(context, each) if each["_kind"] == "user" else each) for each in members]

    return {"members": members}


def _groups(context: Context) -> Response:
    return context.page("groups", context.tenant["groups"].all_indexed(), expand=_expansions(context))


def _group(context: Context) -> Response:
    return context.entity("groups", context.find("groups", context.keys[0]), expand=_expansions(context))


def _member(tenant: Tenant, key: str) -> Record | None:
    for collection, kind in _MEMBER_KINDS.items():
        record = tenant[collection].indexed(key)
        if record is not None:
            return {**record, "_kind": kind}
    return None


def direct_members(tenant: Tenant, group: Record) -> collections.abc.Iterator[Record]:
    """The members of a group, each with its _kind."""
    members = (_member(tenant, key) for key in group["_members"])
    return (each for each in members if each is not None)


def transitive_members(tenant: Tenant, group: Record) -> collections.abc.Iterator[Record]:
    """The members of a group and of the groups within it, each once."""
    seen, waiting = {group["id"]}, [group]
    while waiting:
        for member in direct_members(tenant, waiting.pop(0)):
            if member["id"] in seen:
                continue
            seen.add(member["id"])
            yield member
            if member["_kind"] == "group":
                waiting.append(member)


def _listed(context: Context, members: collections.abc.Iterable[Record], cast: str) -> Response:
    """A page of members. cast: the type of the returned members, which requires the advanced query engine."""
    advanced = context.eventual and context.request.args.get("$count") == "true"
    if (cast or "$filter" in context.request.args) and not advanced:
        raise unsupported_query(
            "Request needs the header 'ConsistencyLevel: eventual' and the query option '$count=true'."
        )
    if "identities" in context.request.args.get("$select", "").split(",") and not context.settings.member_identities:
        raise bad_request(
            "Could not find a property named 'identities' on type 'microsoft.graph.directoryObject'.", code="BadRequest"
        )
    if cast:
        members = (each for each in members if each["_kind"] == cast)
    records = (readable(context, each) if each["_kind"] == "user" else each for each in members)
    return context.page("directoryObjects" if not cast else f"{cast}s", records, cast or "user", typed=True)


def _counted(context: Context, members: collections.abc.Iterable[Record]) -> Response:
    if not context.eventual:
        raise bad_request("$count is not currently supported.")
    check_options(context.request.args)
    return Response(str(sum(1 for each in members)), content_type="text/plain")


def _member_routes() -> collections.abc.Iterator[Route]:
    walks = (("members", direct_members, 3), ("transitiveMembers", transitive_members, 5))
    for name, walk, units in walks:
        path = f"/groups/{{key}}/{name}"
        title = name[0].upper() + name[1:]
        yield Route("GET", path, f"group.List{title}", _member_answer(walk, ""), MEMBER_READ, units)
        yield Route("GET", f"{path}/$count", f"group.{name}.GetCount", _count_answer(walk), MEMBER_READ, units)
        for prefix in ("microsoft.graph", "graph"):
            operation = f"group.List{name}AsUser"
            yield Route("GET", f"{path}/{prefix}.user", operation, _member_answer(walk, "user"), MEMBER_READ, units)


_Walk = t.Callable[[Tenant, Record], collections.abc.Iterator[Record]]


def _member_answer(walk: _Walk, cast: str) -> t.Callable[[Context], Response]:
    return lambda context: _listed(context, walk(context.tenant, _indexed_group(context)), cast)


def _count_answer(walk: _Walk) -> t.Callable[[Context], Response]:
    return lambda context: _counted(context, walk(context.tenant, _indexed_group(context)))


def _indexed_group(context: Context) -> Record:
    group = context.tenant["groups"].indexed(str(context.keys[0]).lower())
    if group is None:
        raise not_found(str(context.keys[0]))
    return group


def _organization(context: Context) -> Response:
    tenant = context.tenant
    domains = [
        {
            "capabilities": "Email",
            "isDefault": name == tenant.domains[-1],
            "isInitial": name == tenant.domains[0],
            "name": name,
            "type": "Managed",
        }
        for name in tenant.domains
    ]
    record = {"id": tenant.id, "displayName": tenant.display_name, "tenantType": "AAD", "verifiedDomains": domains}
    return context.page("organization", [record], "organization")


def _domains(context: Context) -> Response:
    tenant = context.tenant
    records = [
        {
            "id": name,
            "authenticationType": "Managed",
            "isAdminManaged": True,
            "isDefault": name == tenant.domains[-1],
            "isInitial": name == tenant.domains[0],
            "isRoot": True,
            "isVerified": True,
            "supportedServices": ["Email"],
        }
        for name in tenant.domains
    ]
    return context.page("domains", records, "domain")


ROUTES: t.Final[tuple[Route, ...]] = (
    Route("GET", "/users", "users.list", _users, USER_READ, 2),
    Route("GET", "/users/{key}", "users.get", _user, USER_READ, 2),
    Route("GET", "/users/{key}/manager", "user.GetManager", _manager, MANAGER_READ),
    Route("GET", "/groups", "groups.list", _groups, GROUP_READ),
    Route("GET", "/groups/{key}", "groups.get", _group, GROUP_READ),
    *_member_routes(),
    Route("GET", "/organization", "organization.list", _organization, ORGANIZATION_READ),
    Route("GET", "/domains", "domain.list", _domains, DOMAIN_READ),
)
