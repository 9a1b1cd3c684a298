# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Reads what a check of the sign-in path needs of Entra ID: one batch for the application, its metadata, one batch for
the people.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import itertools
import json
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._checks.claimed import Claimed
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import SAML_2, Application, Group, Person
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import UUID
from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import metadata_url
from ansible_collections.openccp.federation.plugins.module_utils._entra import application_search
from ansible_collections.openccp.federation.plugins.module_utils._entra import applications as apps
from ansible_collections.openccp.federation.plugins.module_utils._entra.directory import VALUES, find_by_other_names
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import (
    Graph,
    Request,
    Result,
    literal,
    read,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.templates import is_gallery
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError, InvalidInput
from ansible_collections.openccp.federation.plugins.module_utils._saml import claim_values, claims
from ansible_collections.openccp.federation.plugins.module_utils._saml.claims import ClaimsPolicy
from ansible_collections.openccp.federation.plugins.module_utils._saml.metadata import parse

_PAGE: t.Final = 999
_NAMES: t.Final = ("mail", "employeeId", "mailNickname", "onPremisesSamAccountName", "givenName", "surname")
_IDENTITIES: t.Final = "identities"
_ALWAYS: t.Final = ("id", "displayName", "userPrincipalName", "accountEnabled", "userType", _IDENTITIES)

Record = t.Mapping[str, t.Any]


def read_application(graph: Graph, selector: apps.Selector) -> tuple[Application | None, tuple[Record, ...]]:
    """The application as a check sees it, and who is assigned to it."""
    app_id = selector.app_id or application_search.find_app_id(graph, selector)
    app = apps.read_whole(graph, app_id) if app_id else None
    if app is None:
        return None, ()
    not_readable = {part: str(error) for part, error in app.not_readable.items()}
    issuer = _issuer(graph, app, not_readable)
    principal, application = app.principal, app.application
    web = application.get("web") or {}
    return Application(
        name=app.name,
        app_id=app.app_id,
        managed=app.managed,
        gallery=is_gallery(application.get("applicationTemplateId")),
        enabled=principal.get("accountEnabled") is not False
        and not principal.get("isDisabled")
        and not application.get("isDisabled"),
        single_sign_on_mode=principal.get("preferredSingleSignOnMode"),
        login_url=principal.get("loginUrl"),
        assignment_required=bool(principal.get("appRoleAssignmentRequired")),
        identifiers=tuple(application.get("identifierUris") or ()),
        reply_urls=_in_order(web.get("redirectUris") or (), web.get("redirectUriSettings") or ()),
        has_default=any(setting.get("index") is not None for setting in web.get("redirectUriSettings") or ()),
        relay_state=(principal.get("samlSingleSignOnSettings") or {}).get("relayState"),
        definitions=tuple(policy["definition"] for policy in app.policies),
        keys=app.certificates,
        encrypts=bool(principal.get("tokenEncryptionKeyId") or application.get("tokenEncryptionKeyId")),
        role_values={
            role["id"]: role["value"]
            for role in principal.get("appRoles") or ()
            if role.get("isEnabled") and role.get("value")
        },
        token_version=_token_version(app.token_policies),
        issuer=issuer,
        metadata_url=metadata_url(graph.place.cloud.authority_url, graph.tenant_id, app.app_id),
        groups=tuple(
            Group(assignment["principalId"], _name(assignment))
            for assignment in app.assignments
            if assignment.get("principalType") == "Group"
        ),
        not_readable=not_readable,
    ), app.assignments


def read_people(
    graph: Graph, application: Application, assignments: t.Sequence[Record], names: t.Sequence[str], *, everyone: bool
) -> tuple[Application, tuple[Person, ...], tuple[Person, ...]]:
    """The people who are named, or everyone who is assigned; the latter in any case; and first the application with its
    groups as their members show them.

    Names are user principal names, ids, session names of people who are assigned, e-mail addresses, or display names
    that are unique.
    """
    if not names and not everyone:
        return application, (), ()
    fields = _fields(application)
    direct = {assignment["principalId"] for assignment in assignments if assignment.get("principalType") == "User"}
    group_asks = [_members(group, "members", fields) for group in application.groups]
    user_asks = list(_user_asks(sorted(direct), fields))
    outcomes = graph.batch([*group_asks, *user_asks])
    if any(_is_refused(outcome) for outcome in outcomes[: len(group_asks)]):
        # Whether members show their identities is documented nowhere. Without them, guests are recognized only by
        # userType.
        fewer = tuple(field for field in fields if field != _IDENTITIES)
        group_asks = [_members(group, "members", fewer) for group in application.groups]
        outcomes = [*graph.batch(group_asks), *outcomes[len(group_asks) :]]
    members = {
        group.id: list(graph.rest(outcome.get_or_none() or {}, request.what))
        for group, request, outcome in zip(application.groups, group_asks, outcomes[: len(group_asks)], strict=True)
    }
    users = _all_of(graph, user_asks, outcomes[len(group_asks) :])
    nested = _read_nested(graph, members, fields)
    through = _through(application, assignments, members)
    everybody = [*users, *itertools.chain.from_iterable(members.values())]
    assigned = {user["id"]: user for user in everybody if _is_user(user)}
    make = functools.partial(_person, policy=policy_of(application), through=through, nested=nested)
    people = {user_id: make(user) for user_id, user in assigned.items()}
    application = dataclasses.replace(
        application, groups=tuple(_with_nested(group, members[group.id]) for group in application.groups)
    )
    if not names:
        return application, tuple(people.values()), tuple(people.values())
    matches = {name: _named(name, people.values(), policy_of(application)) for name in dict.fromkeys(names)}
    other_asks = list(_user_asks([name for name, person in matches.items() if person is None], fields))
    others = [make(user) for user in _all_of(graph, other_asks, graph.batch(other_asks))]
    known = {name: person or _named(name, others) for name, person in matches.items()}
    by_other_names = find_by_other_names(graph, [name for name, person in known.items() if person is None], fields)
    named: dict[str, Person] = {}
    for name, person in known.items():
        of_that_name = person or _one_of(name, [make(user) for user in by_other_names.get(name, ())])
        named[of_that_name.id or of_that_name.name] = of_that_name
    return application, tuple(named.values()), tuple(people.values())


def _is_refused(outcome: Result) -> bool:
    """Whether Graph does not take the request as it is."""
    return outcome.error is not None and outcome.error.details.get("http_status") == 400


def _all_of(graph: Graph, requests_: t.Sequence[Request], outcomes: t.Sequence[Result]) -> list[Record]:
    return [
        user
        for request, outcome in zip(requests_, outcomes, strict=True)
        for user in graph.rest(outcome.get(), request.what)
    ]


def _issuer(graph: Graph, app: apps.Application, not_readable: dict[str, str]) -> str | None:
    """The entity id of the application's metadata."""
    try:
        url = metadata_url(graph.place.cloud.authority_url, graph.tenant_id, app.app_id)
        return parse(graph.public(url, f"read the metadata of '{app.label}'"), f"metadata of '{app.label}'").entity_id
    except InvalidInput as error:
        not_readable["metadata"] = error.message
    except FederationError as error:
        if "http_status" not in error.details:
            raise
        not_readable["metadata"] = error.message
    return None


def _token_version(policies: t.Iterable[Record]) -> str:
    """The version of SAML of the tokens: that of a token issuance policy, if there is one that says it."""
    for policy in policies:
        for definition in policy.get("definition") or ():
            try:
                content = json.loads(definition)["TokenIssuancePolicy"]
                return str(content.get("SamlTokenVersion") or SAML_2)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
    return SAML_2


def _in_order(urls: t.Sequence[str], settings: t.Sequence[Record]) -> tuple[str, ...]:
    """Reply URLs, the default one first: that with the lowest index, if any has one."""
    index = {setting["uri"]: setting["index"] for setting in settings if setting.get("index") is not None}
    return tuple(sorted(urls, key=lambda url: index.get(url, float("inf"))))


def _name(assignment: Record) -> str:
    return str(assignment.get("principalDisplayName") or assignment["principalId"])


def policy_of(application: Application) -> ClaimsPolicy:
    """The one claims policy, as far as it can be read."""
    if len(application.definitions) != 1:
        return ClaimsPolicy()
    try:
        return claims.parse(application.definitions[0])
    except InvalidInput:
        return ClaimsPolicy()


def _fields(application: Application) -> tuple[str, ...]:
    """The properties of users that the claims depend on, and those that could be the source of the session name
    instead.
    """
    policy = policy_of(application)
    return tuple(dict.fromkeys((*_ALWAYS, *_NAMES, *claim_values.user_properties(policy))))


def _members(group: Group, walk: str, fields: t.Sequence[str]) -> Request:
    return read(f"/groups/{group.id}/{walk}", f"read the members of the group '{group.name}'", select=fields, top=_PAGE)


def _user_asks(references: t.Iterable[str], fields: t.Sequence[str]) -> collections.abc.Iterator[Request]:
    """Users by id or by user principal name, as many a request as a filter takes."""
    known = list(dict.fromkeys(references))
    ids = [user_id for user_id in known if UUID.fullmatch(user_id)]
    for attribute, values in (("id", ids), ("userPrincipalName", [user_id for user_id in known if user_id not in ids])):
        for start in range(0, len(values), VALUES):
            literals = ",".join(literal(value) for value in values[start : start + VALUES])
            yield read(
                "/users", f"find the users {literals}", filter=f"{attribute} in ({literals})", select=fields, top=_PAGE
            )


def _read_nested(
    graph: Graph, members: t.Mapping[str, t.Sequence[Record]], fields: t.Sequence[str]
) -> dict[str, list[str]]:
    """Whom the groups within assigned groups hold: user id → those groups' names."""
    groups = {
        member["id"]: Group(member["id"], str(member.get("displayName") or member["id"]))
        for group_members in members.values()
        for member in group_members
        if _is_group(member)
    }
    requests_ = [_members(group, "transitiveMembers", fields[:3]) for group in groups.values()]
    nested: dict[str, list[str]] = {}
    for group, request, outcome in zip(groups.values(), requests_, graph.batch(requests_), strict=True):
        for record in graph.rest(outcome.get_or_none() or {}, request.what):
            nested.setdefault(record["id"], []).append(group.name)
    return nested


class _Assigned(t.NamedTuple):
    """What assigns a person: "directly" and the names of groups; and the values of the roles that this gives."""

    through: list[str]
    roles: list[str]


def _through(
    application: Application, assignments: t.Sequence[Record], members: t.Mapping[str, t.Sequence[Record]]
) -> dict[str, _Assigned]:
    """What assigns each person, by the user's id."""
    by_person: dict[str, _Assigned] = {}
    groups = {group.id: group.name for group in application.groups}
    for assignment in assignments:
        group = groups.get(assignment["principalId"]) if assignment.get("principalType") == "Group" else None
        people = [assignment["principalId"]] if assignment.get("principalType") == "User" else []
        people += [
            member["id"]
            for member in members.get(assignment["principalId"], ())
            if group is not None and _is_user(member)
        ]
        for user_id in people:
            assigned = by_person.setdefault(user_id, _Assigned([], []))
            assigned.through.append(group or "directly")
            assigned.roles.append(application.role_values.get(str(assignment.get("appRoleId")), ""))
    return by_person


def _with_nested(group: Group, members: t.Sequence[Record]) -> Group:
    names = (str(member.get("displayName") or member["id"]) for member in members if _is_group(member))
    return dataclasses.replace(group, nested=tuple(sorted(names)))


def _named(reference: str, people: t.Iterable[Person], policy: ClaimsPolicy | None = None) -> Person | None:
    """The person of that id or user principal name, else the one whose session name it is."""
    known = list(people)
    fold = reference.casefold()
    match = next((person for person in known if fold in (str(person.id).casefold(), person.name.casefold())), None)
    return match or next((person for person in known if Claimed(policy, person).session_name == reference), None)


def _one_of(name: str, people: t.Sequence[Person]) -> Person:
    """The one person who goes by a name; else nobody, with everybody who does."""
    return people[0] if len(people) == 1 else Person(name, namesakes=tuple(sorted(person.name for person in people)))


def _person(
    user: Record, *, policy: ClaimsPolicy, through: t.Mapping[str, _Assigned], nested: t.Mapping[str, t.Sequence[str]]
) -> Person:
    issuers = [str(identity.get("issuer")) for identity in user.get("identities") or ()]
    look_up = claim_values.person_of(user)
    names = [
        *claim_values.USER_ATTRIBUTES,
        *(name for name in claim_values.user_properties(policy) if name.startswith("extension_")),
    ]
    assigned = through.get(user["id"], _Assigned([], []))
    return Person(
        name=str(user.get("userPrincipalName") or user["id"]),
        id=user["id"],
        enabled=user.get("accountEnabled"),
        guest=user.get("userType") == "Guest",
        home=next((issuer for issuer in issuers if issuer == "ExternalAzureAD"), ""),
        attributes={name: next(iter(look_up(name).values or ()), None) for name in names},
        through=tuple(dict.fromkeys(assigned.through)),
        nested=tuple(nested.get(user["id"], ())),
        roles=tuple(dict.fromkeys(value for value in assigned.roles if value)),
    )


def _is_group(member: Record) -> bool:
    return str(member.get("@odata.type", "")).endswith(".group")


def _is_user(member: Record) -> bool:
    """Members of groups say what they are; users who were asked for as such do not."""
    return str(member.get("@odata.type", ".user")).endswith(".user")
