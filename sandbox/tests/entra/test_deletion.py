# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting, restoring and purging (facts/entra.md 9.6 to 9.8)."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from federation_sandbox.entra.graph.templates import AWS_SINGLE_ACCOUNT

LIST = "/directory/deletedItems/microsoft.graph"


def test_soft_delete_and_restore(graph: t.Any, seeded: dict[str, t.Any]) -> None:
    """9.6: the service principal and its assignments go and come back with the application"""
    application, principal = graph.saml_application()
    path = f"/servicePrincipals/{principal['id']}"
    body = {
        "principalId": seeded["groups"]["Agents"],
        "resourceId": principal["id"],
        "appRoleId": principal["appRoles"][0]["id"],
    }
    graph("POST", f"{path}/appRoleAssignedTo", 201, json=body)
    graph("DELETE", f"/applications/{application['id']}", 204)
    graph.refused("GET", f"/applications/{application['id']}", 404)
    graph.refused("GET", path, 404)
    (deleted,) = graph.every(f"{LIST}.application?$filter=displayName eq 'Amazon Connect'")
    assert (deleted["id"], bool(deleted["deletedDateTime"])) == (application["id"], True)
    assert [each["id"] for each in graph.every(f"{LIST}.servicePrincipal")] == [principal["id"]]
    assert (
        graph("GET", f"/directory/deletedItems/{application['id']}", 200)["@odata.type"]
        == "#microsoft.graph.application"
    )
    assert graph("POST", f"/directory/deletedItems/{application['id']}/restore", 200)["id"] == application["id"]
    assert graph("GET", f"/applications/{application['id']}", 200)["deletedDateTime"] is None
    assert len(graph.every(f"{path}/appRoleAssignedTo")) == 1
    assert graph.every(f"{LIST}.application") == []


def test_purging_the_application_leaves_the_service_principal(graph: t.Any) -> None:
    """9.6"""
    application, principal = graph.saml_application()
    graph("DELETE", f"/applications/{application['id']}", 204)
    graph("DELETE", f"/directory/deletedItems/{application['id']}", 204)
    graph.refused("GET", f"/directory/deletedItems/{application['id']}", 404)
    assert [each["id"] for each in graph.every(f"{LIST}.servicePrincipal")] == [principal["id"]]
    graph.refused("POST", f"/directory/deletedItems/{principal['id']}/restore", 404)
    graph("DELETE", f"/directory/deletedItems/{principal['id']}", 204)


def test_deleted_objects_are_kept_for_thirty_days(graph: t.Any, graph_as: t.Any, sandbox: t.Any) -> None:
    """9.6"""
    application, _principal = graph.saml_application()
    graph("DELETE", f"/applications/{application['id']}", 204)
    sandbox.world.clock.advance(dt.timedelta(days=29))
    assert len(graph_as("automation").every(f"{LIST}.application")) == 1
    sandbox.world.clock.advance(dt.timedelta(days=2))
    assert graph_as("automation").every(f"{LIST}.application") == []


@pytest.mark.parametrize("way", ["either", "service_principal_first", "reset_mode_first"])
def test_deleting_a_gallery_saml_application(graph: t.Any, tenant: t.Any, way: str) -> None:
    """9.8: refused; what helps is not documented, so a tenant of the sandbox may take either way or one alone"""
    tenant.saml_deletion = way
    application, principal = graph.saml_application("AWS", AWS_SINGLE_ACCOUNT)
    path = f"/servicePrincipals/{principal['id']}"
    assert graph.refused("DELETE", f"/applications/{application['id']}", 400)["code"] == "DeletingSamlSpNotAllowed"
    if way == "reset_mode_first":
        graph.refused("DELETE", path, 400)
        graph("PATCH", path, 204, json={"preferredSingleSignOnMode": None})
    elif way == "service_principal_first":
        graph("PATCH", path, 204, json={"preferredSingleSignOnMode": None})
        graph.refused("DELETE", f"/applications/{application['id']}", 400)
        graph("DELETE", path, 204)
    else:
        graph("DELETE", path, 204)
    graph("DELETE", f"/applications/{application['id']}", 204)


def test_a_non_gallery_application_is_deleted_at_once(graph: t.Any) -> None:
    """9.8 is about gallery applications"""
    application, _principal = graph.saml_application()
    graph("DELETE", f"/applications/{application['id']}", 204)
