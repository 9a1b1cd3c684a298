# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""Which application is meant: found by what the options say, by listing them, and among those that are deleted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import audience_of
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import (
    APPLICATION_FIELDS,
    DELETED_APPLICATION,
    DELETED_PRINCIPAL,
    INTEGRATED,
    MARKER,
    Application,
    Selector,
    is_managed,
    read_with_principal,
    read_without_keys,
    temporary_name,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import KeyMaterial
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import (
    Graph,
    Request,
    Result,
    literal,
    read,
    url,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    NotFound,
)
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

ADOPT: t.Final = setting("azure_saml_app.adopt")


@dataclass(frozen=True)
class Candidates:
    """The application objects that a selector may mean, and the service principals that hold an identifier."""

    by_id: t.Mapping[str, t.Any] | None = None
    by_identifier: tuple[t.Mapping[str, t.Any], ...] = ()
    by_name: tuple[t.Mapping[str, t.Any], ...] = ()
    principals: tuple[t.Mapping[str, t.Any], ...] = ()


def candidate_requests(selector: Selector) -> list[Request]:
    """The requests that find what a selector may mean."""
    if selector.app_id:
        return [
            read(
                f"/applications(appId={literal(selector.app_id)})",
                f"find the application {selector.app_id}",
                select=APPLICATION_FIELDS,
            )
        ]
    requests_ = []
    if selector.name:
        names = " or ".join(
            f"displayName eq {literal(name)}" for name in (selector.name, temporary_name(selector.name))
        )
        requests_.append(
            read("/applications", f"find applications named '{selector.name}'", filter=names, select=APPLICATION_FIELDS)
        )
    if selector.identifiers:
        held = " or ".join(f"identifierUris/any(u:u eq {literal(identifier)})" for identifier in selector.identifiers)
        requests_.append(
            read("/applications", "find the holders of the identifiers", filter=held, select=APPLICATION_FIELDS)
        )
        held = " or ".join(
            f"servicePrincipalNames/any(n:n eq {literal(identifier)})" for identifier in selector.identifiers
        )
        fields = ("id", "appId", "displayName", "servicePrincipalNames")
        requests_.append(read("/servicePrincipals", "find the holders of the identifiers", filter=held, select=fields))
    return requests_


def candidates(selector: Selector, outcomes: t.Sequence[Result]) -> Candidates:
    """What the requests of candidate_requests() found."""
    if selector.app_id:
        return Candidates(by_id=outcomes[0].get_or_none())
    lists = [tuple(outcome.get()["value"]) for outcome in outcomes]
    by_name = lists.pop(0) if selector.name else ()
    by_identifier, principals = lists or ((), ())
    return Candidates(None, by_identifier, by_name, principals)


def choose(selector: Selector, candidates: Candidates) -> t.Mapping[str, t.Any] | None:
    """The application object that is meant, or None when there is none. Conflict when several match."""
    if selector.app_id:
        return candidates.by_id
    matches = _same_by_identifier(selector, candidates) or _same_by_name(selector, candidates)
    if matches and all(match["displayName"] == temporary_name(selector.name or "") for match in matches):
        return min(matches, key=_age)
    if len(matches) > 1:
        raise Conflict(
            f"More than one application matches {selector}: {_named(matches)}.",
            hint=f"Set {setting('azure_saml_app.app_id')} to the ID of the right one.",
        )
    return matches[0] if matches else None


def older_match(selector: Selector, candidates: Candidates, app_id: str) -> t.Mapping[str, t.Any] | None:
    """The oldest of the applications that are meant, when that is another than the one of this id."""
    meant = _same_by_identifier(selector, candidates) + _same_by_name(selector, candidates)
    oldest = min(meant, key=_age)
    return None if oldest["appId"] == app_id else oldest


def _age(application: t.Mapping[str, t.Any]) -> tuple[str, str]:
    return str(application.get("createdDateTime") or ""), application["appId"]


def check_free(selector: Selector, candidates: Candidates) -> None:
    """Raise when an application that choose() did not find cannot be made: its id is unknown, or a name or identifier
    is taken.
    """
    if selector.app_id:
        raise NotFound(
            f"The tenant has no application with the ID {selector.app_id}.",
            hint=f"Leave {setting('azure_saml_app.app_id')} out to create one.",
        )
    _refuse_holders(selector, candidates)
    _refuse_namesakes(selector, [each for each in candidates.by_name if each["appId"] != selector.removed])


def _same_by_identifier(selector: Selector, candidates: Candidates) -> list[t.Mapping[str, t.Any]]:
    return [
        application
        for application in candidates.by_identifier
        if application["appId"] != selector.removed and (is_managed(application) or selector.adopt)
    ]


def _same_by_name(selector: Selector, candidates: Candidates) -> list[t.Mapping[str, t.Any]]:
    def same(principal: t.Mapping[str, t.Any]) -> bool:
        half_made = principal["displayName"] == temporary_name(selector.name or "")
        unfinished = is_managed(principal) and (not principal.get("identifierUris") or not selector.identifiers)
        return half_made or unfinished or selector.adopt

    return [principal for principal in candidates.by_name if principal["appId"] != selector.removed and same(principal)]


def _refuse_holders(selector: Selector, candidates: Candidates) -> None:
    """Conflict when an identifier is held by an application that is not ours, or by a service principal alone."""
    for holder in (*candidates.by_identifier, *candidates.principals):
        held = {*holder.get("identifierUris", ()), *holder.get("servicePrincipalNames", ())}
        taken = next(identifier for identifier in selector.identifiers if identifier in held)
        raise Conflict(
            f"The identifier {taken} is held by {_named([holder])}, an application that was not created by this "
            "collection.",
            hint=(
                f"{advice_for_taken(taken, selector.name or 'name')} To take that application over, set {ADOPT} to "
                f"true."
            ),
            holder=holder["appId"],
        )


def _refuse_namesakes(selector: Selector, namesakes: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    managed = [namesake for namesake in namesakes if is_managed(namesake)]
    if managed:
        raise Conflict(
            (
                f"This collection already created an application '{selector.name}' with other identifiers: "
                f"{_named(managed)}."
            ),
            hint=(
                f"Set {setting('azure_saml_app.app_id')} to its id to change its identifiers, or "
                f"{setting('azure_saml_app.name')} to another name to make a second application."
            ),
        )
    if namesakes:
        raise Conflict(
            f"An application named '{selector.name}' exists that was not created by this collection: "
            f"{_named(namesakes)}.",
            hint=(
                f"Choose another name with {setting('azure_saml_app.name')}, or set {ADOPT} to true to take the "
                f"application over."
            ),
        )


def advice_for_taken(identifier: str, name: str) -> str:
    """What to use instead of an identifier that is taken."""
    base = audience_of(identifier)
    if base in ("urn:amazon:webservices", "https://signin.aws.amazon.com/saml"):
        suffix = "".join(character if character.isalnum() else "-" for character in name).strip("-").lower()
        instead = f"https://signin.aws.amazon.com/saml#{suffix}"
        return (
            f"A directory has each identifier once; a further federation sets "
            f"{setting('azure_saml_app.identifiers')} to {instead}, with the template aws_single_account."
        )
    return f"A directory has each identifier once; use another one as {setting('azure_saml_app.identifiers')}."


def _named(applications: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    return ", ".join(sorted(f"'{application['displayName']}' ({application['appId']})" for application in applications))


def read_application(graph: Graph, waiter: Waiter, selector: Selector) -> Application | None:
    """Read the one application that a selector means; None when there is none. See read_whole() for one that is known
    by its id.
    """
    chosen = choose(selector, candidates(selector, graph.batch(candidate_requests(selector))))
    return read_with_principal(graph, waiter, chosen) if chosen else None


def read_again(graph: Graph, selector: Selector, keys: KeyMaterial) -> Application | None:
    """The same after a write, once and without the keys that are known; None when the application is not shown whole
    yet.
    """
    chosen = choose(selector, candidates(selector, graph.batch(candidate_requests(selector))))
    return read_without_keys(graph, chosen, keys) if chosen else None


def find_app_id(graph: Graph, selector: Selector) -> str | None:
    """The id of the one application that a selector means."""
    chosen = choose(selector, candidates(selector, graph.batch(candidate_requests(selector))))
    return str(chosen["appId"]) if chosen else None


def listed(graph: Graph, params: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The application objects that the options app_id, name, identifier or scope ask for, no matter how they were
    created.
    """
    if params.get("app_id"):
        request = read(
            f"/applications(appId={literal(params['app_id'])})",
            f"find the application {params['app_id']}",
            select=APPLICATION_FIELDS,
        )
        applications = graph.batch([request])[0].get_or_none()
        return [] if applications is None else [applications]
    if params.get("name") or params.get("identifier"):
        by_name = f"displayName eq {literal(params['name'])}" if params.get("name") else ""
        condition = by_name or f"identifierUris/any(u:u eq {literal(params['identifier'])})"
        return list(
            graph.pages(
                url("/applications", filter=condition, select=APPLICATION_FIELDS, top=999), "find the applications"
            )
        )
    return list_saml(graph) if params["scope"] == "all" else list_managed(graph)


def list_managed(graph: Graph) -> list[dict[str, t.Any]]:
    """The application objects that bear our tag."""
    path = url("/applications", filter=f"tags/any(t:t eq {literal(MARKER)})", select=APPLICATION_FIELDS, top=999)
    return list(graph.pages(path, "list the applications of this collection"))


def list_saml(graph: Graph) -> list[dict[str, t.Any]]:
    """The application objects of this tenant whose service principal signs people in by SAML.

    The mode is compared here: no document says that Graph can filter by it.
    """
    path = url(
        "/servicePrincipals",
        filter=f"tags/any(t:t eq {literal(INTEGRATED)})",
        select=("appId", "preferredSingleSignOnMode"),
        top=999,
    )
    principals = [
        principal["appId"]
        for principal in graph.pages(path, "list the enterprise applications")
        if principal.get("preferredSingleSignOnMode") == "saml"
    ]
    requests_ = [
        read(
            f"/applications(appId={literal(principal)})", f"read the application {principal}", select=APPLICATION_FIELDS
        )
        for principal in principals
    ]
    objects = [outcome.get_or_none() for outcome in graph.batch(requests_)]
    return [application for application in objects if application is not None]


@dataclass(frozen=True)
class Deleted:
    """An application in the recycle bin, which keeps it for thirty days. ids: of its service principal and of
    itself.
    """

    name: str
    app_id: str
    ids: tuple[str, ...]


def list_deleted(graph: Graph, selector: Selector) -> tuple[Deleted, ...]:
    """The applications in the recycle bin that a selector means.

    Their identifiers were taken before they were deleted, so they are known by our tag and their name.
    """
    what = "list the deleted applications"
    requests_ = [
        read(DELETED_APPLICATION, what, select=APPLICATION_FIELDS, top=999),
        read(DELETED_PRINCIPAL, what, select=("id", "appId"), top=999),
    ]
    applications, principals = (list(graph.rest(outcome.get(), what)) for outcome in graph.batch(requests_))
    ids: dict[str, list[str]] = {}
    for principal in principals:
        ids.setdefault(principal["appId"], []).append(principal["id"])
    return tuple(
        Deleted(deleted["displayName"], deleted["appId"], (*ids.get(deleted["appId"], ()), deleted["id"]))
        for deleted in applications
        if _is_meant(selector, deleted)
    )


def _is_meant(selector: Selector, deleted: t.Mapping[str, t.Any]) -> bool:
    if selector.app_id:
        return bool(deleted["appId"] == selector.app_id)
    if deleted.get("displayName") == temporary_name(selector.name or ""):
        return True
    held = set(deleted.get("identifierUris") or ()) & set(selector.identifiers)
    return is_managed(deleted) and (bool(held) or deleted.get("displayName") == selector.name)
