# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""SAML applications in Entra ID: how one is made, changed and removed."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._entra.application_search import (
    Candidates,
    Deleted,
    candidate_requests,
    candidates,
    older_match,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.applications import (
    APPLICATION_FIELDS,
    Application,
    Selector,
    assembled,
    part_requests,
    temporary_name,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import (
    LOST_TIMEOUT,
    UNSEEN,
    appeared,
    is_collision,
    is_replication,
    make,
    retry_until_replicated,
)
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import (
    Graph,
    Request,
    Result,
    literal,
    read,
    url,
)
from ansible_collections.openccp.federation.plugins.module_utils._errors import NotFound
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter

#: Seconds for something deleted to appear in the recycle bin.
PURGE_TIMEOUT: t.Final = 60.0


def create(graph: Graph, waiter: Waiter, selector: Selector, template_id: str) -> tuple[Application, Candidates]:
    """Create an application under its temporary name; returns once it and its service principal can be read, with what
    lists show then.

    Instantiate may answer 404, or nothing, and have made the application, so it is looked for before anything is asked
    for again.
    """
    name = selector.name or ""
    what = f"the application '{name}'"
    request = Request(
        "POST",
        f"/applicationTemplates/{template_id}/instantiate",
        f"create {what}",
        {"displayName": temporary_name(name)},
    )
    path = url("/applications", filter=f"displayName eq {literal(temporary_name(name))}", select=APPLICATION_FIELDS)

    def attempt() -> t.Mapping[str, t.Any]:
        response = waiter.until(
            f"{what} to be made",
            lambda: graph.request(request),
            passes=is_collision,
            timeout=min(LOST_TIMEOUT, waiter.timeout),
        )
        return t.cast("t.Mapping[str, t.Any]", response["application"])

    def look() -> t.Mapping[str, t.Any] | None:
        return next(graph.pages(path, f"find {what} that is being made"), None)

    try:
        application = make(waiter, what, attempt, look)
    except NotFound as error:
        unseen = appeared(waiter, what, look, LOST_TIMEOUT)
        if unseen is None:
            error.hint = UNSEEN
            raise
        application = unseen
    return wait_for(graph, waiter, selector, application)


def delete_duplicate(
    graph: Graph, waiter: Waiter, selector: Selector, app: Application, listing: Candidates
) -> t.Mapping[str, t.Any] | None:
    """Delete a new application again when there is one already that the lists did not show before; None when there is
    none.

    A run that was stopped, or another at the same time, may have made it. What is older is listed at the latest when
    the new one is. listing: what lists have shown since it was made.
    """

    def once_listed() -> Candidates | None:
        listed = _listed(graph, selector)
        return listed if _shows(listed, app) else None

    what = f"the new application {app.app_id} to be listed"
    matches = listing if _shows(listing, app) else waiter.until(what, once_listed, passes=is_replication)
    older = older_match(selector, matches, app.app_id)
    if older is not None:
        delete_from_lists(graph, waiter, selector, app)
    return older


def delete_from_lists(graph: Graph, waiter: Waiter, selector: Selector, app: Application) -> None:
    """Delete an application, and return once lists show it no longer."""

    def is_gone() -> bool | None:
        # Deleted each time: to an old replica it is not there yet, which is answered like what is gone.
        delete(graph, app)
        return None if _shows(_listed(graph, selector), app) else True

    what = f"the deleted application {app.app_id} to be listed no longer"
    waiter.until(what, is_gone, steady=2, passes=is_replication)


def _listed(graph: Graph, selector: Selector) -> Candidates:
    return candidates(selector, graph.batch(candidate_requests(selector)))


def _shows(listed: Candidates, app: Application) -> bool:
    return app.app_id in {each["appId"] for each in (*listed.by_identifier, *listed.by_name, *listed.principals)}


def wait_for(
    graph: Graph, waiter: Waiter, selector: Selector, application: t.Mapping[str, t.Any]
) -> tuple[Application, Candidates]:
    """Return a new application once it and its service principal are read several times running, with what lists show
    by then.
    """
    what = f"find the new application {application['appId']}"
    requests_ = [
        read(f"/applications/{application['id']}", what, select=APPLICATION_FIELDS),
        *part_requests(application, keys=False),
    ]

    def probe() -> tuple[Application, Candidates] | None:
        outcomes = graph.batch([*requests_, *candidate_requests(selector)])
        itself, lists = outcomes[: len(requests_)], outcomes[len(requests_) :]
        if any(isinstance(outcome.error, NotFound) for outcome in itself):
            return None
        return assembled(graph, itself[0].get(), itself[1:]), candidates(selector, lists)

    what_for = f"the new application {application['appId']} and its service principal to be readable"
    return waiter.until(what_for, probe, steady=2, passes=is_replication)


def update_application(
    graph: Graph, waiter: Waiter, app: Application, body: t.Mapping[str, t.Any], timeout: float | None = None
) -> None:
    """Update the application object."""
    request = Request("PATCH", f"/applications/{app.id}", f"change the application '{app.label}' ({app.app_id})", body)
    retry_until_replicated(
        waiter, f"the application {app.app_id} to take its settings", lambda: graph.request(request), timeout=timeout
    )


def update_principal(graph: Graph, waiter: Waiter, app: Application, body: t.Mapping[str, t.Any]) -> None:
    """Update the service principal."""
    request = Request(
        "PATCH",
        f"/servicePrincipals/{app.principal_id}",
        f"change the service principal of '{app.label}' ({app.app_id})",
        body,
    )
    retry_until_replicated(
        waiter, f"the service principal of {app.app_id} to take its settings", lambda: graph.request(request)
    )


def upload_logo(graph: Graph, waiter: Waiter, app: Application, logo: bytes, content_type: str) -> None:
    """Set the picture that My Apps shows."""
    request = Request(
        "PUT", f"/applications/{app.id}/logo", f"upload the logo of '{app.label}' ({app.app_id})", logo, content_type
    )
    retry_until_replicated(waiter, f"the application {app.app_id} to take its logo", lambda: graph.request(request))


def delete(graph: Graph, app: Application) -> None:
    """Move an application and its service principal to the recycle bin; objects that no longer exist are ignored.

    The service principal goes with the application, so that no run stops between the two. It is deleted first only
    where Entra does not delete an application whose service principal is still set up for SAML, and by itself where the
    application no longer exists.
    """

    def send(path: str, part: str) -> Result:
        return graph.batch([Request("DELETE", path, f"delete the {part} '{app.label}' ({app.app_id})")])[0]

    answer = send(f"/applications/{app.id}", "application")
    is_refused = answer.error is not None and answer.error.code == "DeletingSamlSpNotAllowed"
    if app.principal and (is_refused or isinstance(answer.error, NotFound)):
        send(f"/servicePrincipals/{app.principal['id']}", "service principal of").get_or_none()
        if is_refused:
            answer = send(f"/applications/{app.id}", "application")
    answer.get_or_none()


def purge(graph: Graph, waiter: Waiter, deleted: Deleted) -> None:
    """Delete an application and its service principal from the recycle bin permanently; they may get there a little
    later.
    """
    for object_id in deleted.ids:
        request = Request(
            "DELETE", f"/directory/deletedItems/{object_id}", f"delete '{deleted.name}' ({deleted.app_id}) for good"
        )
        what = f"'{deleted.name}' ({deleted.app_id}) to appear in the recycle bin"
        retry_until_replicated(
            waiter, what, functools.partial(graph.request, request), timeout=min(PURGE_TIMEOUT, waiter.timeout)
        )
