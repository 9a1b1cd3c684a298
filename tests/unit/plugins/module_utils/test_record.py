# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recorder keeps shapes and no values, and the comparison says where two recordings differ."""

from __future__ import annotations

import json
import runpy
import typing as t
from pathlib import Path

import pytest
from ansible_collections.openccp.federation.plugins.module_utils import _record
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError

from support import CHECKOUT

COMPARE: t.Final = runpy.run_path(str(CHECKOUT / "tools" / "compare_recording"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"displayName": "Contact centre", "id": None}, {"displayName": "text(14)", "id": "null"}),
        ({"accountEnabled": True, "size": 4}, {"accountEnabled": "boolean", "size": "number"}),
        ({"usage": "Sign", "type": "somebody's"}, {"usage": "text: Sign", "type": "text(10)"}),
        ({"@odata.type": "#microsoft.graph.user"}, {"@odata.type": "text: #microsoft.graph.user"}),
        ({"tags": ["a", "bb"]}, {"tags": {"list": 2, "of": ["text"]}}),
        (
            {"value": [{"id": "1"}, {"id": "2", "x": 1}]},
            {"value": {"list": 2, "of": [{"id": "text"}, {"id": "text", "x": "number"}]}},
        ),
        ({"extension_8b1025e41dd2430b_pet": "cat"}, {"{}": "text(3)"}),
    ],
)
def test_a_shape_has_keys_types_and_lengths_and_documented_values(value: t.Any, expected: t.Any) -> None:
    assert _record.shape(value) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/v1.0/servicePrincipals/8b1025e4-1dd2/claimsMappingPolicies/$ref",
            "/v1.0/servicePrincipals/{}/claimsMappingPolicies/$ref",
        ),
        ("/v1.0/users/jane.doe@example.com", "/v1.0/users/{}"),
        ("/contoso.onmicrosoft.com/oauth2/v2.0/token", "/{}/oauth2/v2.0/token"),
        ("/v1.0/applications(appId='1')", "/v1.0/{}"),
        ("/v1.0/groups/1/members/microsoft.graph.user", "/v1.0/groups/{}/members/microsoft.graph.user"),
    ],
)
def test_a_path_has_no_ids(path: str, expected: str) -> None:
    assert _record.path_template(path) == expected


def test_a_token_s_request_tells_not_even_lengths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_record.VARIABLE, str(tmp_path / "recording"))
    body = "client_id=1&client_secret=very+secret"
    answer = {"access_token": "ey...", "expires_in": 3599}
    address = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"
    _record.of_http("POST", address, body, status=200, answer=answer, seconds=0.1, retries=0)
    (line,) = map(json.loads, (tmp_path / "recording").read_text(encoding="utf-8").splitlines())
    assert line["service"] == "sign-in"
    assert line["body"] == {"client_id": "text", "client_secret": "text"}
    assert line["answer"] == {"access_token": "text", "expires_in": "number"}
    assert (tmp_path / "recording").stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_record.VARIABLE, str(tmp_path))
    with pytest.raises(FederationError, match="Could not record a request"):
        _record.write({})


LINE: t.Final = {
    "service": "graph",
    "operation": "GET /v1.0/users",
    "query": ["$top"],
    "body": None,
    "status": 200,
    "error": None,
}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"answer": {"id": "text(3)"}}, {"answer": {"id": "text(9)"}, "seconds": 1}, []),
        ({"status": 200}, {"status": 404}, ["graph GET /v1.0/users: status is 200 and 404"]),
        (
            {"answer": {"id": "text(3)"}},
            {"answer": {"id": "null"}},
            ["graph GET /v1.0/users: answer.id is text and null"],
        ),
        ({"answer": {}}, {"answer": {"new": "text"}}, ["graph GET /v1.0/users: answer.new is in the second alone"]),
        ({"answer": {"list": 0, "of": []}}, {"answer": {"list": 2, "of": ["text"]}}, []),
        (
            {"answer": {"list": 1, "of": ["text"]}},
            {"answer": {"list": 1, "of": ["number"]}},
            [
                'graph GET /v1.0/users: answer[] has in the first alone "text"',
                'graph GET /v1.0/users: answer[] has in the second alone "number"',
            ],
        ),
        (
            {},
            {"operation": "GET /v1.0/groups"},
            [
                "only in the first, as request 1: graph GET /v1.0/users",
                "only in the second, as request 1: graph GET /v1.0/groups",
            ],
        ),
    ],
)
def test_the_comparison_lists_what_differs(
    first: dict[str, t.Any], second: dict[str, t.Any], expected: list[str]
) -> None:
    assert COMPARE["differences"]([{**LINE, **first}], [{**LINE, **second}]) == expected
