# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seed of Entra ID: what it holds, and what it refuses."""

from __future__ import annotations

import typing as t

import pytest

from federation_sandbox.clouds import seed
from federation_sandbox.entra.state import directory
from federation_sandbox.world import World


def fill(**tenant: t.Any) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", seed(World(), {"entra": {"tenants": [tenant]}})["entra"]["tenants"][0])


def test_ids_are_taken_or_made() -> None:
    chosen_id = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    seeded = fill(
        id=chosen_id,
        clients=[{"client_id": chosen_id}],
        users=[{"id": chosen_id, "userPrincipalName": "a@contoso.com"}],
    )
    assert (seeded["id"], seeded["clients"]["automation"]["client_id"], seeded["users"]) == (
        chosen_id,
        chosen_id,
        {"a@contoso.com": chosen_id},
    )


@pytest.mark.parametrize(
    ("tenant", "text"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"cloud": "moon"}, "cloud is one of"),
        ({"saml_deletion": "never"}, "saml_deletion is one of"),
        ({"clients": [{"secret": "x"}]}, "secret"),
        ({"clients": [{"permissions": ["Everything"]}]}, "Everything"),
        ({"users": [{"userPrincipalName": "a@contoso.com", "nonsense": 1}]}, "nonsense"),
        ({"users": [{"userPrincipalName": "a@contoso.com", "accountEnabled": "yes"}]}, "accountEnabled"),
        ({"groups": [{"displayName": "A", "members": ["nobody@contoso.com"]}]}, "nobody@contoso.com"),
        ({"app_management_policy": {"nonsense": 1}}, "nonsense"),
    ],
)
def test_refused(tenant: dict[str, t.Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        fill(**tenant)


def test_a_seed_is_visible_at_once() -> None:
    world = World()
    world.settings.change({"graph_replication": 1000, "graph_index_lag": 1000})
    seeded = seed(world, {"entra": {"tenants": [{"users": [{"userPrincipalName": "a@contoso.com"}]}]}})["entra"][
        "tenants"
    ][0]
    tenant = directory(world).tenants[seeded["id"]]
    assert tenant["users"].visible(seeded["users"]["a@contoso.com"])
    assert len(list(tenant["users"].all_indexed())) == 1


def test_changes_of_a_tenant() -> None:
    """Joiner, mover, renamed person and leaver."""
    world = World()
    key = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    users = [{"userPrincipalName": f"{name}@contoso.com", "givenName": name} for name in ("ann", "bob", "cid")]
    groups = [
        {"displayName": "A", "members": ["ann@contoso.com", "bob@contoso.com"]},
        {"displayName": "B", "members": ["cid@contoso.com"]},
    ]
    seeded = seed(world, {"entra": {"tenants": [{"id": key, "users": users, "groups": groups}]}})["entra"]["tenants"][0]
    changes = {
        "id": key,
        "users": [
            {"userPrincipalName": "dan@contoso.com"},
            {"userPrincipalName": "anna@contoso.com", "id": seeded["users"]["ann@contoso.com"]},
        ],
        "groups": [{"displayName": "B", "members": ["bob@contoso.com", "dan@contoso.com"]}],
        "remove": ["cid@contoso.com"],
    }
    seed(world, {"entra": {"tenants": [changes]}})
    tenant = directory(world).tenants[key]
    assert {each["userPrincipalName"] for each in tenant["users"].current()} == {
        "anna@contoso.com",
        "bob@contoso.com",
        "dan@contoso.com",
    }
    anna = tenant.current("users", userPrincipalName="anna@contoso.com")
    assert anna is not None
    assert (anna["id"], anna["givenName"]) == (seeded["users"]["ann@contoso.com"], "ann")
    assert {each["displayName"]: len(each["_members"]) for each in tenant["groups"].current()} == {"A": 2, "B": 2}
    policy = {"displayName": "Own", "applies_to": ["Agents"]}
    with pytest.raises(ValueError, match="no application Agents"):
        seed(world, {"entra": {"tenants": [{"id": key, "app_management_policies": [policy]}]}})
    with pytest.raises(ValueError, match="cid"):
        seed(world, {"entra": {"tenants": [{"id": key, "remove": ["cid@contoso.com"]}]}})


def test_a_tenant_that_is_there_keeps_its_cloud() -> None:
    world = World()
    content = {"id": "72f988bf-86f1-41af-91ab-2d7cd011db47"}
    seed(world, {"entra": {"tenants": [content]}})
    with pytest.raises(ValueError, match="cloud"):
        seed(world, {"entra": {"tenants": [{**content, "cloud": "china"}]}})
