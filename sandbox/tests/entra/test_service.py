# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replication, rate limits and batches (facts/entra.md 1.7 to 1.11, 3.5, 9)."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest


def wait(sandbox: t.Any, seconds: float) -> None:
    sandbox.world.clock.advance(dt.timedelta(seconds=seconds))


def test_a_new_application_is_not_there_at_once(graph: t.Any, sandbox: t.Any) -> None:
    """1.7, 9.5: 404 for reads and writes alike"""
    sandbox.world.settings.change({"graph_replication": 20, "graph_index_lag": 60})
    application, principal = graph.instantiate()
    assert graph.refused("GET", f"/applications/{application['id']}", 404)["code"] == "Request_ResourceNotFound"
    graph.refused("PATCH", f"/servicePrincipals/{principal['id']}", 404, json={"preferredSingleSignOnMode": "saml"})
    wait(sandbox, 21)
    graph("PATCH", f"/servicePrincipals/{principal['id']}", 204, json={"preferredSingleSignOnMode": "saml"})
    assert graph("GET", f"/servicePrincipals/{principal['id']}", 200)["preferredSingleSignOnMode"] is None
    wait(sandbox, 21)
    assert graph("GET", f"/servicePrincipals/{principal['id']}", 200)["preferredSingleSignOnMode"] == "saml"
    assert graph.every("/applications?$filter=displayName eq 'Amazon Connect'") == []
    wait(sandbox, 20)
    assert len(graph.every("/applications?$filter=displayName eq 'Amazon Connect'")) == 1


@pytest.mark.parametrize(("client", "status"), [("automation", 400), ("owner", 403)])
def test_service_principal_for_an_application_that_is_not_there_yet(
    graph_as: t.Any, sandbox: t.Any, client: str, status: int
) -> None:
    """1.11: 400, or a 403 that misleads"""
    graph = graph_as(client)
    sandbox.world.settings.change({"graph_replication": 20})
    application = graph("POST", "/applications", 201, json={"displayName": "x"})
    error = graph.refused("POST", "/servicePrincipals", status, json={"appId": application["appId"]})
    assert ("does not reference a valid application" if status == 400 else "must in the local tenant") in error[
        "message"
    ]
    wait(sandbox, 21)
    graph("POST", "/servicePrincipals", 201, json={"appId": application["appId"]})


def test_assignment_while_replicating(graph: t.Any, sandbox: t.Any, seeded: dict[str, t.Any]) -> None:
    """5.3, facts/pains.md 21: 404, then "Not a valid reference update" """
    sandbox.world.settings.change({"graph_replication": 20, "graph_index_lag": 60})
    _application, principal = graph.instantiate()
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    body = {
        "principalId": seeded["groups"]["Agents"],
        "resourceId": principal["id"],
        "appRoleId": principal["appRoles"][0]["id"],
    }
    graph.refused("POST", path, 404, json=body)
    wait(sandbox, 21)
    assert "Not a valid reference update" in graph.refused("POST", path, 400, json=body)["message"]
    wait(sandbox, 40)
    graph("POST", path, 201, json=body)
    assert graph.every(path) == []
    assert (
        graph.call("POST", path, json=body).json()["error"]["message"]
        == "Permission being assigned already exists on the object"
    )
    wait(sandbox, 61)
    assert len(graph.every(path)) == 1


def test_a_certificate_appears_late(graph: t.Any, sandbox: t.Any) -> None:
    """3.5"""
    _application, principal = graph.saml_application()
    path = f"/servicePrincipals/{principal['id']}"
    wait(sandbox, 1)
    sandbox.world.settings.change({"graph_replication": 120})
    wait(sandbox, 121)
    graph("POST", f"{path}/addTokenSigningCertificate", 200, json={"displayName": "CN=x"})
    assert graph("GET", f"{path}?$select=keyCredentials", 200)["keyCredentials"] == []
    wait(sandbox, 121)
    assert len(graph("GET", f"{path}?$select=keyCredentials", 200)["keyCredentials"]) == 2


def test_a_deleted_application_lingers(graph: t.Any, sandbox: t.Any) -> None:
    """1.9: deletion needs time too"""
    application, _principal = graph.instantiate()
    sandbox.world.settings.change({"graph_replication": 20})
    wait(sandbox, 21)
    graph("DELETE", f"/applications/{application['id']}", 204)
    graph("GET", f"/applications/{application['id']}", 200)
    graph.refused("PATCH", f"/applications/{application['id']}", 404, json={"displayName": "x"})
    wait(sandbox, 21)
    graph.refused("GET", f"/applications/{application['id']}", 404)


def test_throttling(graph: t.Any, sandbox: t.Any) -> None:
    """9.1, 9.2: a small tenant has 3,500 units in ten seconds, a read of an application takes two"""
    sandbox.world.settings.change({"limit_scale": 0.002})
    answers = [graph.call("GET", "/applications") for _number in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["x-ms-resource-unit"] == "2"
    assert int(answers[3].headers["Retry-After"]) >= 1
    assert answers[3].headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    sandbox.world.settings.change({"limits": False})
    assert graph.call("GET", "/applications").status_code == 200


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("/applications", "2"),
        ("/applications?$select=id", "1"),
        ("/servicePrincipals", "1"),
        ("/servicePrincipals?$expand=owners", "2"),
        ("/users?$select=id&$top=5", "1"),
        ("/groups/{group}/members", "3"),
        ("/groups/{group}/transitiveMembers?$top=5", "4"),
    ],
)
def test_units(graph: t.Any, seeded: dict[str, t.Any], path: str, units: str) -> None:
    """9.2"""
    answer = graph.call("GET", path.format(group=seeded["groups"]["Agents"]))
    assert answer.headers["x-ms-resource-unit"] == units


def test_write_limit(graph: t.Any, sandbox: t.Any) -> None:
    """9.2: 3,000 writes in 150 seconds"""
    sandbox.world.settings.change({"limit_scale": 0.001})
    statuses = [graph.call("POST", "/applications", json={"displayName": "x"}) for _number in range(4)]
    assert [each.status_code for each in statuses] == [201, 201, 201, 429]


def item(key: str, url: str, method: str = "GET", body: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    content = {"body": body, "headers": {"Content-Type": "application/json"}} if body is not None else {}
    return {"id": key, "method": method, "url": url, **content, **more}


def test_batch(graph: t.Any, sandbox: t.Any) -> None:
    """9.3: a status each, 424 for what depends on a failure, an entry each in the traffic log"""
    requests = [
        item("a", "/applications", "POST", {"displayName": "x"}),
        item("b", "/applications/none"),
        item("c", "/users?$select=id&$top=1", dependsOn=["a"]),
        item("d", "/users", dependsOn=["b"]),
        item("e", "/users", dependsOn=["d"]),
    ]
    sandbox.world.traffic.clear()
    answers = {each["id"]: each for each in graph("POST", "/$batch", 200, json={"requests": requests})["responses"]}
    assert {key: each["status"] for key, each in answers.items()} == {"a": 201, "b": 404, "c": 200, "d": 424, "e": 424}
    assert answers["b"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert answers["c"]["body"]["@odata.nextLink"].startswith("https://graph.microsoft.com/v1.0/users?")
    assert [each["operation"] for each in sandbox.world.traffic if each.get("batched")] == [
        "applications.create",
        "applications.get",
        "users.list",
    ]
    assert len(sandbox.world.traffic.requests()) == 1


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [item(str(number), "/users") for number in range(21)],
        [item("a", "/users"), item("a", "/users")],
        [item("a", "/users", dependsOn=["b"])],
        [item("a", "/users", dependsOn=["a"])],
        [item("a", "/users", dependsOn=["b"]), item("b", "/users")],
        [{"id": "a", "method": "POST", "url": "/applications", "body": {}}],
        [{"id": "a", "method": "FETCH", "url": "/users"}],
        [{"method": "GET", "url": "/users"}],
        ["nonsense"],
        [item("a", "/users", dependsOn=5)],
        [item("a", "/users", dependsOn=[{}])],
        [item("a", "/users", headers=["x"])],
        [item("a", "/users", headers={"x": 5})],
        [item("a", "http://[")],
    ],
)
def test_batch_refused(graph: t.Any, requests: list[t.Any]) -> None:
    """9.3: at most twenty, unique ids, a content type with a body; only earlier ones are depended on

    The last: github.com/microsoftgraph/msgraph-sdk-dotnet-core/issues/891.
    """
    graph.refused("POST", "/$batch", 400, json={"requests": requests})


def test_batch_items_are_throttled_one_by_one(graph: t.Any, sandbox: t.Any) -> None:
    """9.3: 429 inside a 200"""
    sandbox.world.settings.change({"limit_scale": 0.002})
    answers = graph(
        "POST", "/$batch", 200, json={"requests": [item(str(number), "/applications") for number in range(5)]}
    )
    by_id = {each["id"]: each for each in answers["responses"]}
    assert [by_id[str(number)]["status"] for number in range(5)] == [200, 200, 200, 429, 429]
    assert int(by_id["4"]["headers"]["Retry-After"]) >= 1


def test_lists_never_know_what_single_reads_do_not(graph: t.Any, sandbox: t.Any) -> None:
    """1.7, 1.8"""
    sandbox.world.settings.change({"graph_replication": 20})
    graph.instantiate()
    assert graph.every("/applications?$filter=displayName eq 'Amazon Connect'") == []


def test_what_the_sandbox_does_not_hold_is_said_to_be_missing(graph: t.Any) -> None:
    """4.9, 5.8: neither other versions nor delta, and no pretence of an empty answer"""
    assert (
        graph.refused("GET", "https://graph.microsoft.com/v2.0/servicePrincipals", 400)["message"]
        == "Invalid version: v2.0"
    )
    assert graph.refused("GET", "https://graph.microsoft.com/beta/groups/delta()", 501)["code"] == "NotImplemented"
    assert graph.refused("GET", "/groups/delta()", 501)["code"] == "NotImplemented"


def test_key_material_is_limited(
    graph: t.Any, sandbox: t.Any, graph_as: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """facts/entra.md E2: 150 reads a minute for the tenant, single and listed alike; others are not counted"""
    application, principal = graph.instantiate()
    path = f"/servicePrincipals/{principal['id']}"
    listed = f"/servicePrincipals?$filter=appId eq '{application['appId']}'&$select=keyCredentials"
    other, now = graph_as("everything"), sandbox.world.clock.now()
    monkeypatch.setattr(sandbox.world.clock, "now", lambda: now)
    for _number in range(75):
        graph("GET", f"{path}?$select=id,keyCredentials", 200)
        other("GET", listed, 200)
    refused = graph.call("GET", f"{path}?$select=keyCredentials")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert other.call("GET", listed).status_code == 429, "the limit is the tenant's"
    graph("GET", path, 200)
    monkeypatch.setattr(sandbox.world.clock, "now", lambda: now + dt.timedelta(seconds=1))
    graph("GET", f"{path}?$select=keyCredentials", 200)
    assert sum(entry["key_material"] for entry in sandbox.world.traffic.entries("graph")) == 153


def test_reads_go_backwards(graph: t.Any, sandbox: t.Any) -> None:
    """facts/entra.md E3: after a 200 a later read may be 404 or older; the same seed answers the same"""

    def statuses() -> list[int]:
        sandbox.world.settings.change({"graph_replication": 0, "flapping_seed": 1})
        graph.instantiate()
        sandbox.world.settings.change({"graph_replication": 60, "graph_flapping": 0.3, "flapping_seed": 7})
        _application, principal = graph.instantiate()
        path = f"/servicePrincipals/{principal['id']}"
        return [graph.call("GET", path).status_code for _number in range(100)]

    first = statuses()
    assert 15 <= first.count(404) <= 45
    assert 404 in first[first.index(200) :]
    assert statuses() == first
    wait(sandbox, 61)
    (listed, *_others) = graph.every("/servicePrincipals?$filter=displayName eq 'Amazon Connect'")
    assert {graph.call("GET", f"/servicePrincipals/{listed['id']}").status_code for _number in range(30)} == {200}


def test_an_older_version_comes_back(graph: t.Any, sandbox: t.Any) -> None:
    """facts/entra.md E3"""
    _application, principal = graph.instantiate()
    wait(sandbox, 61)
    sandbox.world.settings.change({"graph_replication": 60, "graph_flapping": 0.3})
    graph("PATCH", f"/servicePrincipals/{principal['id']}", 204, json={"notes": "new"})
    notes = [graph("GET", f"/servicePrincipals/{principal['id']}", 200)["notes"] for _number in range(50)]
    assert None in notes[notes.index("new") :]
    wait(sandbox, 61)
    assert {graph("GET", f"/servicePrincipals/{principal['id']}", 200)["notes"] for _number in range(20)} == {"new"}


def test_assignments_are_listed_late(graph: t.Any, sandbox: t.Any, seeded: dict[str, t.Any]) -> None:
    """facts/entra.md E3: their list lags by itself, also for objects that are old"""
    _application, principal = graph.instantiate()
    sandbox.world.settings.change({"graph_assignments_lag": 45})
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    body = {
        "principalId": seeded["groups"]["Agents"],
        "resourceId": principal["id"],
        "appRoleId": principal["appRoles"][0]["id"],
    }
    assignment = graph("POST", path, 201, json=body)
    assert graph.every(path) == []
    assert graph("GET", f"{path}/{assignment['id']}", 200)["id"] == assignment["id"]
    wait(sandbox, 46)
    assert [each["id"] for each in graph.every(path)] == [assignment["id"]]
    graph("DELETE", f"{path}/{assignment['id']}", 204)
    assert len(graph.every(path)) == 1


def test_its_clock_may_differ_from_aws_s(graph: t.Any, sandbox: t.Any) -> None:
    """Dates of answers, and of what is made, are by Entra ID's clock."""
    sandbox.world.settings.change({"entra_clock_skew": 90.0})
    application, principal = graph.saml_application()
    path = f"/servicePrincipals/{principal['id']}/addTokenSigningCertificate"
    certificate = graph("POST", path, 200, json={"displayName": "CN=Sign-in"})
    start = dt.datetime.fromisoformat(certificate["startDateTime"])
    assert 60 < (start - sandbox.world.clock.now()).total_seconds() <= 90
    assert application["createdDateTime"] > sandbox.world.clock.now().isoformat()[:19]
