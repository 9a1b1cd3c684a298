# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""SAML applications in Entra ID: which one is meant, and what it is.

An application here is the pair of an application object and its service principal, with what belongs to them.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.openccp.federation.plugins.module_utils._domain.urls import audience_of
from ansible_collections.openccp.federation.plugins.module_utils._entra import permissions
from ansible_collections.openccp.federation.plugins.module_utils._entra.assigned_policies import assigned_policies
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import is_replication
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import (
    Graph,
    Request,
    Result,
    literal,
    read,
    url,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import (
    KeyMaterial,
    SigningCertificate,
    pairs,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Conflict,
    Denied,
    FederationError,
    NotFound,
)
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter
from ansible_collections.openccp.federation.plugins.module_utils._words import setting

#: The tag of what this collection made or was told to adopt.
MARKER: t.Final = "openccp.federation"

#: The tag by which the portal lists a service principal among the enterprise applications.
INTEGRATED: t.Final = "WindowsAzureActiveDirectoryIntegratedApp"

APPLICATION_FIELDS: t.Final = (
    *("id", "appId", "displayName", "identifierUris", "web", "tags", "applicationTemplateId", "createdDateTime"),
    *("groupMembershipClaims", "api", "tokenEncryptionKeyId"),
)
PRINCIPAL_FIELDS: t.Final = (
    "id",
    "appId",
    "displayName",
    "accountEnabled",
    "appRoleAssignmentRequired",
    "appRoles",
    "keyCredentials",
    "loginUrl",
    "notes",
    "notificationEmailAddresses",
    "passwordCredentials",
    "preferredSingleSignOnMode",
    "preferredTokenSigningKeyThumbprint",
    "samlSingleSignOnSettings",
    "servicePrincipalNames",
    "tags",
    "tokenEncryptionKeyId",
)
DELETED_APPLICATION: t.Final = "/directory/deletedItems/microsoft.graph.application"
DELETED_PRINCIPAL: t.Final = "/directory/deletedItems/microsoft.graph.servicePrincipal"

ADOPT: t.Final = setting("azure_saml_app.adopt")

#: Seconds for a service principal to appear beside its application; after that it does not exist.
PRINCIPAL_TIMEOUT: t.Final = 60.0


@dataclass(frozen=True)
class Application:
    """All that Microsoft Graph tells of one SAML application, in its own names. Empty parts are not there (yet).

    token_policies: how tokens are issued, read by read_whole() alone. not_readable: parts (policies, assignments,
    token_policies) that our permissions do not show, with the refusal.
    """

    application: t.Mapping[str, t.Any]
    principal: t.Mapping[str, t.Any]
    policies: tuple[t.Mapping[str, t.Any], ...] = ()
    assignments: tuple[t.Mapping[str, t.Any], ...] = ()
    token_policies: tuple[t.Mapping[str, t.Any], ...] = ()
    not_readable: t.Mapping[str, FederationError] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The application's object id."""
        return str(self.application["id"])

    @property
    def app_id(self) -> str:
        """The application's (client) id."""
        return str(self.application["appId"])

    @property
    def principal_id(self) -> str:
        """The service principal's object id."""
        return str(self.principal["id"])

    @property
    def name(self) -> str:
        """The display name."""
        return str(self.application.get("displayName") or "")

    @property
    def label(self) -> str:
        """The name for messages: the final one of an application that is being made."""
        return self.name.removesuffix(temporary_name(""))

    @property
    def managed(self) -> bool:
        """Whether this collection made or adopted it."""
        return is_managed(self.application)

    @property
    def certificates(self) -> tuple[SigningCertificate, ...]:
        """The signing certificates, the one that ends last first."""
        return pairs(self.principal)


@dataclass(frozen=True)
class Selector:
    """Which application is meant: by its id, else by our tag and an identifier, else by our tag and the name."""

    app_id: str | None = None
    name: str | None = None
    identifiers: tuple[str, ...] = ()
    adopt: bool = False

    def __str__(self) -> str:
        return self.app_id or (f"'{self.name}'" if self.name else f"with the identifier {', '.join(self.identifiers)}")


@dataclass(frozen=True)
class Candidates:
    """The application objects that a selector may mean, and the service principals that hold an identifier."""

    by_id: t.Mapping[str, t.Any] | None = None
    by_identifier: tuple[t.Mapping[str, t.Any], ...] = ()
    by_name: tuple[t.Mapping[str, t.Any], ...] = ()
    principals: tuple[t.Mapping[str, t.Any], ...] = ()


def is_managed(application: t.Mapping[str, t.Any]) -> bool:
    """Whether an application object bears our tag."""
    return MARKER in (application.get("tags") or ())


def temporary_name(name: str) -> str:
    """The display name of an application that is being made; the next run finds it by this and finishes it."""
    return f"{name} ({MARKER}: being made)"


def candidate_asks(selector: Selector) -> list[Request]:
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
    """What the requests of candidate_asks() found."""
    if selector.app_id:
        return Candidates(by_id=outcomes[0].found())
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
            hint=f"Set {setting('azure_saml_app.app_id')} to the id of the one that is meant.",
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
            hint=f"Leave {setting('azure_saml_app.app_id')} out to have one made.",
        )
    _refuse_holders(selector, candidates)
    _refuse_namesakes(selector, candidates.by_name)


def _same_by_identifier(selector: Selector, candidates: Candidates) -> list[t.Mapping[str, t.Any]]:
    return [application for application in candidates.by_identifier if is_managed(application) or selector.adopt]


def _same_by_name(selector: Selector, candidates: Candidates) -> list[t.Mapping[str, t.Any]]:
    def same(principal: t.Mapping[str, t.Any]) -> bool:
        half_made = principal["displayName"] == temporary_name(selector.name or "")
        unfinished = is_managed(principal) and (not principal.get("identifierUris") or not selector.identifiers)
        return half_made or unfinished or selector.adopt

    return [principal for principal in candidates.by_name if same(principal)]


def _refuse_holders(selector: Selector, candidates: Candidates) -> None:
    """Conflict when an identifier is held by an application that is not ours, or by a service principal alone."""
    for holder in (*candidates.by_identifier, *candidates.principals):
        held = {*holder.get("identifierUris", ()), *holder.get("servicePrincipalNames", ())}
        taken = next(identifier for identifier in selector.identifiers if identifier in held)
        raise Conflict(
            f"The identifier {taken} is held by {_named([holder])}, an application that this collection did not make.",
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
                f"This collection made an application '{selector.name}' already, with other identifiers: "
                f"{_named(managed)}."
            ),
            hint=(
                f"Set {setting('azure_saml_app.app_id')} to its id to change its identifiers, or "
                f"{setting('azure_saml_app.name')} to another name to make a second application."
            ),
        )
    if namesakes:
        raise Conflict(
            f"An application named '{selector.name}' exists that this collection did not make: {_named(namesakes)}.",
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


def read_applications(
    graph: Graph, objects: t.Sequence[t.Mapping[str, t.Any]], *, keys: bool = True
) -> list[Application]:
    """Read what belongs to application objects, five applications a batch. keys: with the public keys, which Graph
    limits.
    """
    outcomes = graph.batch([request for record in objects for request in part_asks(record, keys=keys)])
    apps = [assembled(graph, record, outcomes[3 * number : 3 * number + 3]) for number, record in enumerate(objects)]
    return _with_assigned_policies(graph, apps)


def read_application(graph: Graph, waiter: Waiter, selector: Selector) -> Application | None:
    """Read the one application that a selector means; None when there is none. See read_whole() for one that is known
    by its id.
    """
    chosen = choose(selector, candidates(selector, graph.batch(candidate_asks(selector))))
    return read_with_principal(graph, waiter, chosen) if chosen else None


def read_again(graph: Graph, selector: Selector, keys: KeyMaterial) -> Application | None:
    """The same after a write, once and without the keys that are known; None when the application is not shown whole
    yet.
    """
    chosen = choose(selector, candidates(selector, graph.batch(candidate_asks(selector))))
    return read_without_keys(graph, chosen, keys) if chosen else None


def read_with_principal(graph: Graph, waiter: Waiter, chosen: t.Mapping[str, t.Any]) -> Application:
    """An application with its service principal, which may appear a little later than a new application."""
    app = read_applications(graph, [chosen])[0]
    if app.principal:
        return app
    keys = KeyMaterial()
    what = f"the service principal of '{chosen['displayName']}' ({chosen['appId']}) to appear"
    timeout = min(PRINCIPAL_TIMEOUT, waiter.timeout)
    return waiter.until(what, lambda: read_without_keys(graph, chosen, keys), passes=is_replication, timeout=timeout)


def read_without_keys(graph: Graph, chosen: t.Mapping[str, t.Any], keys: KeyMaterial) -> Application | None:
    """An application with its service principal; of its keys those are read that are not known. None when it is not
    shown whole yet.
    """
    return assembled_without_keys(graph, chosen, graph.batch(part_asks(chosen, keys=False)), keys)


def assembled_without_keys(
    graph: Graph, chosen: t.Mapping[str, t.Any], outcomes: t.Sequence[Result], keys: KeyMaterial
) -> Application | None:
    """The same of the answers to part_asks()."""
    (app,) = _with_assigned_policies(graph, [assembled(graph, chosen, outcomes)])
    return replace(app, principal=keys.filled(graph, app.principal)) if app.principal else None


def find_app_id(graph: Graph, selector: Selector) -> str | None:
    """The id of the one application that a selector means."""
    chosen = choose(selector, candidates(selector, graph.batch(candidate_asks(selector))))
    return str(chosen["appId"]) if chosen else None


def read_whole(graph: Graph, app_id: str) -> Application | None:
    """Read an application by its id in one batch, the application object with every property; None when there is
    none.
    """
    at = f"/applications(appId={literal(app_id)})"
    request = read(at, f"find the application {app_id}")
    tokens = read(f"{at}/tokenIssuancePolicies", f"read the token issuance policies of {app_id}")
    *outcomes, issued = graph.batch([request, *part_asks({"appId": app_id, "displayName": app_id}), tokens])
    objects = outcomes[0].found()
    if objects is None:
        return None
    (whole,) = _with_assigned_policies(graph, [assembled(graph, objects, outcomes[1:])])
    if isinstance(issued.error, Denied):
        assigned = _assigned(graph, "tokenIssuancePolicies")
        if assigned is None:
            return replace(whole, not_readable={**whole.not_readable, "token_policies": issued.error})
        return replace(whole, token_policies=tuple(assigned.get(whole.id, ())))
    return replace(whole, token_policies=tuple((issued.found() or {}).get("value", ())))


def _with_assigned_policies(graph: Graph, apps: list[Application]) -> list[Application]:
    """The applications; the claims policies of those that do not show them to us are found by what each policy applies
    to.

    Where policies are assigned, Microsoft Graph shows them only to those who may change applications.
    """
    denied = [app for app in apps if "policies" in app.not_readable]
    assigned = _assigned(graph, "claimsMappingPolicies") if denied else None
    if assigned is None:
        return apps
    return [_with_policies(app, assigned) if app in denied else app for app in apps]


def _with_policies(app: Application, assigned: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]) -> Application:
    not_readable = {part: error for part, error in app.not_readable.items() if part != "policies"}
    return replace(app, policies=tuple(assigned.get(app.principal_id, ())), not_readable=not_readable)


def _assigned(graph: Graph, kind: str) -> dict[str, list[dict[str, t.Any]]] | None:
    """The policies of a kind by what they are assigned to; None when our permissions do not show them."""
    if graph.roles is not None and permissions.missing(graph.roles, {"read claims policies"}):
        return None
    try:
        return assigned_policies(graph, kind)
    except Denied:
        return None


def part_asks(objects: t.Mapping[str, t.Any], *, keys: bool = True) -> list[Request]:
    at = f"/servicePrincipals(appId={literal(objects['appId'])})"
    of = f"of '{objects['displayName']}'"
    return [
        read(at, f"read the service principal {of}", **({"select": PRINCIPAL_FIELDS} if keys else {})),
        read(f"{at}/claimsMappingPolicies", f"read the claims policy {of}"),
        read(f"{at}/appRoleAssignedTo", f"read the assignments {of}", top=999),
    ]


def assembled(graph: Graph, objects: t.Mapping[str, t.Any], outcomes: t.Sequence[Result]) -> Application:
    principal = outcomes[0].found()
    if principal is None:
        return Application(objects, {})
    parts = dict(zip(("policies", "assignments"), outcomes[1:], strict=True))
    not_readable = {part: outcome.error for part, outcome in parts.items() if isinstance(outcome.error, Denied)}
    policies, assignments = ({} if part in not_readable else outcome.found() or {} for part, outcome in parts.items())
    assigned = tuple(graph.rest(assignments, f"read the assignments of '{objects['displayName']}'"))
    return Application(objects, principal, tuple(policies.get("value", ())), assigned, not_readable=not_readable)


def listed(graph: Graph, params: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The application objects that the options app_id, name, identifier or scope ask for, whoever made them."""
    if params.get("app_id"):
        request = read(
            f"/applications(appId={literal(params['app_id'])})",
            f"find the application {params['app_id']}",
            select=APPLICATION_FIELDS,
        )
        applications = graph.batch([request])[0].found()
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
    objects = [outcome.found() for outcome in graph.batch(requests_)]
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
