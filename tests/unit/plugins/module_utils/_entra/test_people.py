# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The people of a group are read also where Microsoft Graph does not show what is not documented of members."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Application, Group
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Request, Result
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._facts.entra import read_people

JANE: t.Final = {
    "@odata.type": "#microsoft.graph.user",
    "id": "1",
    "userPrincipalName": "jane@example.com",
    "userType": "Guest",
}
HOME: t.Final = {"identities": [{"issuer": "ExternalAzureAD"}]}


class Members:
    """Microsoft Graph, which may not take `identities` in what is selected of members."""

    def __init__(self, takes_identities: bool) -> None:
        self.takes_identities = takes_identities
        self.paths: list[str] = []

    def batch(self, requests_: t.Sequence[Request]) -> list[Result]:
        self.paths += [request.path for request in requests_]
        return [self._answer(request) for request in requests_]

    def _answer(self, request: Request) -> Result:
        if "identities" not in request.path:
            return Result({"value": [JANE]})
        if not self.takes_identities:
            return Result(error=FederationError("Could not find a property named 'identities'", http_status=400))
        return Result({"value": [JANE | HOME]})

    def rest(self, first: t.Mapping[str, t.Any], what: str) -> list[t.Any]:
        return list(first.get("value", ()))


@pytest.mark.parametrize(("takes_identities", "home", "requests"), [(True, "ExternalAzureAD", 1), (False, "", 2)])
def test_members_are_read_with_identities_or_without(takes_identities: bool, home: str, requests: int) -> None:
    graph = Members(takes_identities)
    application = Application("Agents", "app", groups=(Group("group", "Agents"),))
    assignments = [{"principalId": "group", "principalType": "Group"}]
    _application, _named, people = read_people(t.cast("t.Any", graph), application, assignments, (), everyone=True)
    assert [(person.name, person.guest, person.home) for person in people] == [("jane@example.com", True, home)]
    assert len(graph.paths) == requests


def test_another_refusal_is_the_caller_s(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Members(takes_identities=True)
    monkeypatch.setattr(graph, "_answer", lambda request: Result(error=FederationError("Bad request", http_status=400)))
    with pytest.raises(FederationError, match="Bad request"):
        read_people(
            t.cast("t.Any", graph),
            Application("Agents", "app", groups=(Group("group", "Agents"),)),
            (),
            (),
            everyone=True,
        )
