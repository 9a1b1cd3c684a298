# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Reads what a check of the sign-in path needs of Entra ID: one batch for the application, its metadata, one batch for the people."""

from __future__ import annotations

import collections.abc
import dataclasses
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Application, Group, Person, SigningKey
from ansible_collections.openccp.federation.plugins.module_utils._checks.path import ATTRIBUTES
from ansible_collections.openccp.federation.plugins.module_utils._entra import applications as apps
from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import VALUES
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Ask, Graph, Outcome, literal, read
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.arns import UUID
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import parse
from ansible_collections.openccp.federation.plugins.module_utils._saml.urls import metadata_url

_PAGE: t.Final = 999
_ALWAYS: t.Final = ("id", "displayName", "userPrincipalName", "accountEnabled", "userType", "identities")
_NON_GALLERY: t.Final = apps.TEMPLATES["non_gallery"]

Record = t.Mapping[str, t.Any]


def read_application(graph: Graph, selector: apps.Selector) -> tuple[Application | None, tuple[Record, ...]]:
    """The application as a check sees it, and who is assigned to it."""
    app_id = selector.app_id or apps.find_app_id(graph, selector)
    found = apps.read_whole(graph, app_id) if app_id else None
    if found is None:
        return None, ()
    unread = {part: str(error) for part, error in found.unread.items()}
    issuer = _issuer(graph, found, unread)
    principal, application = found.principal, found.application
    web = application.get("web") or {}
    return Application(
        name=found.name,
        app_id=found.app_id,
        ours=found.ours,
        gallery=application.get("applicationTemplateId") not in (None, _NON_GALLERY),
        enabled=principal.get("accountEnabled") is not False and not principal.get("isDisabled") and not application.get("isDisabled"),
        single_sign_on_mode=principal.get("preferredSingleSignOnMode"),
        login_url=principal.get("loginUrl"),
        assignment_required=bool(principal.get("appRoleAssignmentRequired")),
        identifiers=tuple(application.get("identifierUris") or ()),
        reply_urls=_in_order(web.get("redirectUris") or (), web.get("redirectUriSettings") or ()),
        relay_state=(principal.get("samlSingleSignOnSettings") or {}).get("relayState"),
        definitions=tuple(policy["definition"] for policy in found.policies),
        keys=tuple(SigningKey(one.certificate, one.active, one.can_sign) for one in found.certificates),
        encrypts=bool(principal.get("tokenEncryptionKeyId")),
        issuer=issuer,
        groups=tuple(Group(one["principalId"], _name(one)) for one in found.assignments if one.get("principalType") == "Group"),
        unread=unread,
    ), found.assignments


def read_people(
    graph: Graph, application: Application, assignments: t.Sequence[Record], names: t.Sequence[str], *, everyone: bool
) -> tuple[Application, tuple[Person, ...]]:
    """The people who are named, or everyone who is assigned; and the application with its groups as their members show them.

    Names are user principal names, ids, or session names of people who are assigned.
    """
    if not names and not everyone:
        return application, ()
    fields = _fields(application)
    direct = {one["principalId"] for one in assignments if one.get("principalType") == "User"}
    group_asks = [_members(group, "members", fields) for group in application.groups]
    user_asks = list(_user_asks(sorted(direct), fields))
    outcomes = graph.batch([*group_asks, *user_asks])
    members = {
        group.id: list(graph.rest(outcome.found() or {}, ask.what))
        for group, ask, outcome in zip(application.groups, group_asks, outcomes[: len(group_asks)], strict=True)
    }
    users = _all_of(graph, user_asks, outcomes[len(group_asks) :])
    nested = _read_nested(graph, members, fields)
    through = _through(application, direct, members)
    assigned = {one["id"]: one for one in (*users, *(one for found in members.values() for one in found)) if _is_user(one)}
    people = {user_id: _person(user, through, nested) for user_id, user in assigned.items()}
    application = dataclasses.replace(application, groups=tuple(_with_nested(group, members[group.id]) for group in application.groups))
    if not names:
        return application, tuple(people.values())
    source = _session_name_source(application)
    found = {name: _named(name, people.values(), source) for name in dict.fromkeys(names)}
    other_asks = list(_user_asks([name for name, person in found.items() if person is None], fields))
    others = [_person(user, through, nested) for user in _all_of(graph, other_asks, graph.batch(other_asks))]
    return application, tuple(person or _named(name, others, "") or Person(name) for name, person in found.items())


def _all_of(graph: Graph, asks: t.Sequence[Ask], outcomes: t.Sequence[Outcome]) -> list[Record]:
    return [user for ask, outcome in zip(asks, outcomes, strict=True) for user in graph.rest(outcome.get(), ask.what)]


def _issuer(graph: Graph, found: apps.Application, unread: dict[str, str]) -> str | None:
    """The entity id of the application's metadata."""
    try:
        url = metadata_url(graph.place.cloud.authority_url, graph.tenant_id, found.app_id)
        return parse(graph.public(url, f"read the metadata of '{found.label}'"), f"metadata of '{found.label}'").entity_id
    except InvalidInput as error:
        unread["metadata"] = error.message
    except FederationError as error:
        if "http_status" not in error.details:
            raise
        unread["metadata"] = error.message
    return None


def _in_order(urls: t.Sequence[str], settings: t.Sequence[Record]) -> tuple[str, ...]:
    """Reply URLs, the default one first: that with the lowest index, if any has one."""
    index = {one["uri"]: one["index"] for one in settings if one.get("index") is not None}
    return tuple(sorted(urls, key=lambda url: index.get(url, float("inf"))))


def _name(assignment: Record) -> str:
    return str(assignment.get("principalDisplayName") or assignment["principalId"])


def _sources(application: Application, *claim_types: str) -> list[str]:
    """Where the claims of these names come from, such as user.mail."""
    if len(application.definitions) != 1:
        return []
    try:
        sent = claims.parse(application.definitions[0]).as_sent()
    except InvalidInput:
        return []
    return [claim["source"].lower() for claim in sent if claim["name"] in claim_types and "source" in claim]


def _session_name_source(application: Application) -> str:
    return next(iter(_sources(application, claims.ROLE_SESSION_NAME)), "")


def _fields(application: Application) -> tuple[str, ...]:
    """The properties of users that the claims depend on, beside those that are always looked at."""
    attributes = [source.removeprefix("user.") for source in _sources(application, claims.NAME_ID, claims.ROLE_SESSION_NAME)]
    wanted = sorted({ATTRIBUTES[name].partition("/")[0] for name in attributes if name in ATTRIBUTES})
    return tuple(dict.fromkeys((*_ALWAYS, *wanted)))


def _members(group: Group, walk: str, fields: t.Sequence[str]) -> Ask:
    return read(f"/groups/{group.id}/{walk}", f"read the members of the group '{group.name}'", select=fields, top=_PAGE)


def _user_asks(references: t.Iterable[str], fields: t.Sequence[str]) -> collections.abc.Iterator[Ask]:
    """Users by id or by user principal name, as many a request as a filter takes."""
    known = list(dict.fromkeys(references))
    ids = [one for one in known if UUID.fullmatch(one)]
    for attribute, values in (("id", ids), ("userPrincipalName", [one for one in known if one not in ids])):
        for start in range(0, len(values), VALUES):
            some = ",".join(literal(value) for value in values[start : start + VALUES])
            yield read("/users", f"find the users {some}", filter=f"{attribute} in ({some})", select=fields, top=_PAGE)


def _read_nested(graph: Graph, members: t.Mapping[str, t.Sequence[Record]], fields: t.Sequence[str]) -> dict[str, list[str]]:
    """Whom the groups within assigned groups hold: user id → those groups' names."""
    groups = {
        one["id"]: Group(one["id"], str(one.get("displayName") or one["id"]))
        for found in members.values()
        for one in found
        if _is_group(one)
    }
    asks = [_members(group, "transitiveMembers", fields[:3]) for group in groups.values()]
    nested: dict[str, list[str]] = {}
    for group, ask, outcome in zip(groups.values(), asks, graph.batch(asks), strict=True):
        for one in graph.rest(outcome.found() or {}, ask.what):
            nested.setdefault(one["id"], []).append(group.name)
    return nested


def _through(application: Application, direct: set[str], members: t.Mapping[str, t.Sequence[Record]]) -> dict[str, list[str]]:
    """What assigns each person: user id → "directly" and the names of groups."""
    through = {one: ["directly"] for one in direct}
    for group in application.groups:
        for one in members[group.id]:
            if _is_user(one):
                through.setdefault(one["id"], []).append(group.name)
    return through


def _with_nested(group: Group, members: t.Sequence[Record]) -> Group:
    names = (str(one.get("displayName") or one["id"]) for one in members if _is_group(one))
    return dataclasses.replace(group, nested=tuple(sorted(names)))


def _named(reference: str, people: t.Iterable[Person], source: str) -> Person | None:
    """The person of that id or user principal name, else the one whose session name it is."""
    known = list(people)
    fold = reference.casefold()
    found = next((one for one in known if fold in (str(one.id).casefold(), one.name.casefold())), None)
    return found or next((one for one in known if source and one.attributes.get(source.removeprefix("user.")) == reference), None)


def _person(user: Record, through: t.Mapping[str, t.Sequence[str]], nested: t.Mapping[str, t.Sequence[str]]) -> Person:
    issuers = [str(one.get("issuer")) for one in user.get("identities") or ()]
    return Person(
        name=str(user.get("userPrincipalName") or user["id"]),
        id=user["id"],
        enabled=user.get("accountEnabled"),
        guest=user.get("userType") == "Guest",
        home=next((issuer for issuer in issuers if issuer == "ExternalAzureAD"), ""),
        attributes={attribute: _property(user, path) for attribute, path in ATTRIBUTES.items()},
        through=tuple(through.get(user["id"], ())),
        nested=tuple(nested.get(user["id"], ())),
    )


def _property(user: Record, path: str) -> str | None:
    value: t.Any = user
    for part in path.split("/"):
        value = (value or {}).get(part)
    return None if value is None else str(value)


def _is_group(member: Record) -> bool:
    return str(member.get("@odata.type", "")).endswith(".group")


def _is_user(member: Record) -> bool:
    """Members of groups say what they are; users who were asked for as such do not."""
    return str(member.get("@odata.type", ".user")).endswith(".user")
