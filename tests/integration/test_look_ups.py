# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person is found by every name that the person goes by, in any letters' case, and is who the object id says."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._checks.facts import Application
from ansible_collections.openccp.federation.plugins.module_utils._entra import directory
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._errors import Conflict, NotFound
from ansible_collections.openccp.federation.plugins.module_utils._facts.entra import read_people

from entra_factory import SMALL, Tenant
from federation_sandbox.testing import Sandbox

JANE: t.Final = {
    "userPrincipalName": "jane.doe@contoso.com",
    "displayName": "Jane O'Doe",
    "mail": "Jane@contoso.com",
    "proxyAddresses": ["SMTP:Jane@contoso.com", "smtp:j.roe@contoso.com"],
}
TWINS: t.Final = [{"userPrincipalName": f"twin{number}@contoso.com", "displayName": "A Twin"} for number in (1, 2)]
NAMES: t.Final = ("jane.doe@contoso.com", "JANE.DOE@contoso.com", "jane@CONTOSO.com", "J.Roe@contoso.com", "jane o'doe")


@pytest.fixture
def tenant(sandbox: Sandbox) -> Tenant:
    return Tenant(sandbox, users=[JANE, *TWINS, *({"userPrincipalName": f"other{n}@contoso.com"} for n in range(20))])


@pytest.fixture
def graph(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Graph:
    for name, value in tenant.environment.items():
        monkeypatch.setenv(name, value)
    variables = {"tenant_id": "AZURE_TENANT_ID", "client_id": "AZURE_CLIENT_ID", "client_secret": "AZURE_CLIENT_SECRET"}
    defaults = {name: option.get("default") for name, option in ENTRA_ARGUMENT_SPEC.items()}
    return connect({**defaults, **{option: tenant.environment[variable] for option, variable in variables.items()}})


def ids(graph: Graph, *names: str) -> t.Mapping[str, str]:
    asks = directory.principal_requests({"user": names})
    return directory.principals(graph, {"user": names}, asks, graph.batch([ask for _kind, ask in asks])).ids["user"]


def test_people_to_be_assigned(tenant: Tenant, graph: Graph) -> None:
    jane = tenant.users["jane.doe@contoso.com"]
    others = [f"other{number}@contoso.com" for number in range(20)]
    ids_by_name = ids(graph, *NAMES, jane.upper(), *others)
    assert {ids_by_name[name] for name in (*NAMES, jane.upper())} == {jane}
    assert len(ids_by_name) == len(NAMES) + 21
    assert ids(graph, "Jane", "nobody@contoso.com") == {}
    with pytest.raises(
        Conflict, match=r"More than one person goes by the name 'a twin': twin1@contoso\.com, twin2@contoso\.com"
    ):
        ids(graph, "a twin")
    with pytest.raises(NotFound, match="e-mail address"):
        directory.refuse_unknown(graph, "user", ["Jane"])


def test_people_to_be_checked(tenant: Tenant, graph: Graph) -> None:
    jane = tenant.users["jane.doe@contoso.com"]
    for name in (*NAMES, jane.upper()):
        _application, people, _assigned = read_people(graph, Application("App", "id"), (), [name], everyone=False)
        assert [(person.id, person.name) for person in people] == [(jane, "jane.doe@contoso.com")], name
    _application, people, _assigned = read_people(
        graph, Application("App", "id"), (), [*NAMES, "A Twin", "Nobody"], everyone=False
    )
    assert [(person.id, person.namesakes) for person in people] == [
        (jane, ()),
        (None, ("twin1@contoso.com", "twin2@contoso.com")),
        (None, ()),
    ]


def test_an_assignment_by_an_address_is_none_by_its_owner_s_name_again(tenant: Tenant) -> None:
    by_address = tenant.run("azure_saml_app", {**SMALL, "assignments": {"users": {"set": ["j.roe@contoso.com"]}}})
    assert "Assign the user jane.doe@contoso.com to 'Contact centre'" in by_address["actions"]
    again = tenant.run("azure_saml_app", {**SMALL, "assignments": {"users": {"set": ["JANE O'DOE"]}}})
    assert not again["changed"], again["actions"]
