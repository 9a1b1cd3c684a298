# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of Microsoft Graph's shape is coherent, and an answer that differs from it is not accepted."""

from __future__ import annotations

import typing as t

import pytest

from graph_contract import SCALARS, contract

PRINCIPAL: t.Final = {
    "id": "1",
    "appId": "2",
    "keyCredentials": [{"keyId": None, "key": "QUJD"}],
    "owners@odata.nextLink": "x",
}
PAGE: t.Final = {"@odata.context": "x", "value": [{"id": "1"}]}


def test_every_kind_is_a_type_or_a_scalar() -> None:
    kinds = {kind.strip("[]?") for described in contract().types.values() for kind in described.properties.values()}
    assert kinds <= {*SCALARS, *contract().types}


@pytest.mark.parametrize(
    ("method", "path", "status", "content"),
    [
        ("GET", "/servicePrincipals/1", 200, PRINCIPAL),
        ("GET", "/servicePrincipals(appId='2')", 200, PRINCIPAL),
        ("PATCH", "/servicePrincipals/1", 204, None),
        ("GET", "/groups/1/members", 200, PAGE),
        (
            "GET",
            "/groups/1/members",
            200,
            {"value": [{"@odata.type": "#microsoft.graph.user", "id": "1", "userType": "Guest"}]},
        ),
        ("GET", "/groups/1/members/$count", 200, None),
        ("GET", "/users/1", 404, {"error": {"code": "a", "message": "b", "innerError": {"request-id": "c"}}}),
    ],
)
def test_an_answer_of_the_table(method: str, path: str, status: int, content: t.Any) -> None:
    contract().check(method, path, status, content)


@pytest.mark.parametrize(
    ("method", "path", "status", "content", "message"),
    [
        ("GET", "/servicePrincipals/1", 200, {**PRINCIPAL, "color": "red"}, "unknown property color"),
        ("GET", "/servicePrincipals/1", 200, {"keyCredentials": [{"thumbprint": "A"}]}, "unknown property thumbprint"),
        ("GET", "/servicePrincipals/1", 200, {"tags": None}, "is no list"),
        ("GET", "/servicePrincipals/1", 200, {"appRoleAssignmentRequired": "true"}, "is no boolean"),
        ("GET", "/servicePrincipals/1", 200, {"tokenEncryptionKeyId": "A"}, "is no uuid"),
        ("GET", "/applications/1", 200, {"createdDateTime": "2026-01-01"}, "is no dateTime"),
        ("GET", "/applications/1", 200, None, "without JSON"),
        ("GET", "/applications/1", 200, [], "is no application"),
        ("POST", "/applications", 200, {}, "does not answer 200"),
        ("GET", "/groups/1/members", 200, {**PAGE, "total": 1}, "unknown property total"),
        (
            "GET",
            "/groups/1/members",
            200,
            {"value": [{"@odata.type": "#microsoft.graph.keyCredential"}]},
            "is no directoryObject",
        ),
        ("GET", "/groups/1/members", 200, {"value": [{"userType": "Guest"}]}, "unknown property userType"),
        ("GET", "/users/1", 404, {"error": {"code": "a"}}, "lacks"),
        ("GET", "/users/1", 404, {}, "lacks"),
    ],
)
def test_an_answer_that_differs(method: str, path: str, status: int, content: t.Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        contract().check(method, path, status, content)
