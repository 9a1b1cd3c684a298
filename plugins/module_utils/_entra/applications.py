# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""SAML applications in Entra ID: which one is selected, and what it is.

An application here is the pair of an application object and its service principal, with what belongs to them.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.openccp.federation.plugins.module_utils._entra import permissions
from ansible_collections.openccp.federation.plugins.module_utils._entra.assigned_policies import assigned_policies
from ansible_collections.openccp.federation.plugins.module_utils._entra.credential_reads import KeyMaterial
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import is_replication
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import (
    Graph,
    Request,
    Result,
    literal,
    read,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.signing_certificates import pairs
from ansible_collections.openccp.federation.plugins.module_utils._errors import (
    Denied,
    FederationError,
    TimedOut,
)
from ansible_collections.openccp.federation.plugins.module_utils._saml.signing_certificate import SigningCertificate
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: The tag of objects that this collection created or adopted.
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
        """The signing certificates, the latest expiry date first."""
        return pairs(self.principal)


@dataclass(frozen=True)
class Selector:
    """Which application is selected: by its id, else by our tag and an identifier, else by our tag and the name.

    removed: the ID of an application that was just deleted, and that lists may still show.
    """

    app_id: str | None = None
    name: str | None = None
    identifiers: tuple[str, ...] = ()
    adopt: bool = False
    removed: str | None = None

    def __str__(self) -> str:
        return self.app_id or (f"'{self.name}'" if self.name else f"with the identifier {', '.join(self.identifiers)}")


def is_managed(application: t.Mapping[str, t.Any]) -> bool:
    """Whether an application object carries our tag."""
    return MARKER in (application.get("tags") or ())


def is_removal_interrupted(application: t.Mapping[str, t.Any]) -> bool:
    """Whether an application object without a service principal is what an interrupted removal has left. A removal
    begins with the identifiers, and an application that is being made gets them together with our tag.
    """
    return is_managed(application) and not application.get("identifierUris")


def temporary_name(name: str) -> str:
    """The display name of an application that is being made; the next run finds it by this and finishes it."""
    return f"{name} ({MARKER}: being made)"


def read_applications(
    graph: Graph, objects: t.Sequence[t.Mapping[str, t.Any]], *, keys: bool = True
) -> list[Application]:
    """Read what belongs to application objects, five applications a batch. keys: with the public keys, which Graph
    limits.
    """
    outcomes = graph.batch([request for record in objects for request in part_requests(record, keys=keys)])
    apps = [assembled(graph, record, outcomes[3 * number : 3 * number + 3]) for number, record in enumerate(objects)]
    return _with_assigned_policies(graph, apps)


def read_with_principal(graph: Graph, waiter: Waiter, chosen: t.Mapping[str, t.Any]) -> Application:
    """An application with its service principal, which may appear a little later than a new application."""
    app = read_applications(graph, [chosen])[0]
    if app.principal:
        return app
    keys = KeyMaterial()
    what = f"the service principal of '{chosen['displayName']}' ({chosen['appId']}) to appear"
    timeout = min(PRINCIPAL_TIMEOUT, waiter.timeout)
    try:
        return waiter.until(
            what, lambda: read_without_keys(graph, chosen, keys), passes=is_replication, timeout=timeout
        )
    except TimedOut as error:
        if is_removal_interrupted(chosen):
            error.hint = (
                "The application has no identifiers either, as after a removal that was interrupted. Complete the "
                "removal, with openccp.federation.teardown or state=absent, and run the task again."
            )
        raise


def read_without_keys(graph: Graph, chosen: t.Mapping[str, t.Any], keys: KeyMaterial) -> Application | None:
    """An application with its service principal; of its keys those are read that are not known. None when it is not
    shown whole yet.
    """
    return assembled_without_keys(graph, chosen, graph.batch(part_requests(chosen, keys=False)), keys)


def assembled_without_keys(
    graph: Graph, chosen: t.Mapping[str, t.Any], outcomes: t.Sequence[Result], keys: KeyMaterial
) -> Application | None:
    """The same of the answers to part_requests()."""
    (app,) = _with_assigned_policies(graph, [assembled(graph, chosen, outcomes)])
    return replace(app, principal=keys.completed(graph, app.principal)) if app.principal else None


def read_whole(graph: Graph, app_id: str) -> Application | None:
    """Read an application by its id in one batch, the application object with every property; None when there is
    none.
    """
    path = f"/applications(appId={literal(app_id)})"
    request = read(path, f"find the application {app_id}")
    tokens = read(f"{path}/tokenIssuancePolicies", f"read the token issuance policies of {app_id}")
    *outcomes, issued = graph.batch([request, *part_requests({"appId": app_id, "displayName": app_id}), tokens])
    objects = outcomes[0].get_or_none()
    if objects is None:
        return None
    (whole,) = _with_assigned_policies(graph, [assembled(graph, objects, outcomes[1:])])
    if isinstance(issued.error, Denied):
        assigned = _assigned(graph, "tokenIssuancePolicies")
        if assigned is None:
            return replace(whole, not_readable={**whole.not_readable, "token_policies": issued.error})
        return replace(whole, token_policies=tuple(assigned.get(whole.id, ())))
    return replace(whole, token_policies=tuple((issued.get_or_none() or {}).get("value", ())))


def _with_assigned_policies(graph: Graph, apps: list[Application]) -> list[Application]:
    """The applications; the claims policies of those that do not show them to us are found by what each policy applies
    to.

    Where policies are assigned, Microsoft Graph shows them only to those who may change applications.
    """
    denied = [app for app in apps if "policies" in app.not_readable]
    assigned = _assigned(graph, "claimsMappingPolicies") if denied else None
    if assigned is None:
        for app in denied:
            app.not_readable["policies"].hint = permissions.needed("read claims policies")
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


def part_requests(objects: t.Mapping[str, t.Any], *, keys: bool = True) -> list[Request]:
    path = f"/servicePrincipals(appId={literal(objects['appId'])})"
    of = f"of '{objects['displayName']}'"
    return [
        read(path, f"read the service principal {of}", **({"select": PRINCIPAL_FIELDS} if keys else {})),
        read(f"{path}/claimsMappingPolicies", f"read the claims policy {of}"),
        read(f"{path}/appRoleAssignedTo", f"read the assignments {of}", top=999),
    ]


def assembled(graph: Graph, objects: t.Mapping[str, t.Any], outcomes: t.Sequence[Result]) -> Application:
    principal = outcomes[0].get_or_none()
    if principal is None:
        return Application(objects, {})
    parts = dict(zip(("policies", "assignments"), outcomes[1:], strict=True))
    not_readable = {part: outcome.error for part, outcome in parts.items() if isinstance(outcome.error, Denied)}
    policies, assignments = (
        {} if part in not_readable else outcome.get_or_none() or {} for part, outcome in parts.items()
    )
    assigned = tuple(graph.rest(assignments, f"read the assignments of '{objects['displayName']}'"))
    return Application(objects, principal, tuple(policies.get("value", ())), assigned, not_readable=not_readable)
