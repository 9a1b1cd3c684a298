# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both clouds hold, compared: the same whenever it was made, and not once anything else is there."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from federation_sandbox import clouds
from federation_sandbox.contents import contents, differences
from federation_sandbox.world import World

SEED: t.Final = json.loads((Path(__file__).resolve().parents[2] / "demo.json").read_text(encoding="utf-8"))["clouds"]
TENANT: t.Final = SEED["entra"]["tenants"][0]["id"]
NAME: t.Final = f"tenant {TENANT.replace('-', '')}"


def filled(*more: t.Mapping[str, t.Any]) -> World:
    world = World()
    for content in (SEED, *more):
        clouds.seed(world, content)
    return world


def test_two_worlds_of_one_seed_hold_the_same() -> None:
    first, other = contents(filled()), contents(filled())
    assert first["entra"][NAME]["users"]
    assert differences(first, other) == []


MORE: t.Final[dict[str, dict[str, t.Any]]] = {
    "a person": {"entra": {"tenants": [{"id": TENANT, "users": [{"userPrincipalName": "more@example.com"}]}]}},
    "a member": {
        "entra": {
            "tenants": [
                {
                    "id": TENANT,
                    "users": [{"userPrincipalName": "more@example.com"}],
                    "groups": [{"displayName": "More", "members": ["more@example.com"]}],
                }
            ]
        }
    },
    "a tenant": {"entra": {"tenants": [{"id": "99999999-9999-4999-8999-999999999999"}]}},
    "an instance": {"aws": {"instances": [{"account": "111122223333", "region": "eu-central-1", "alias": "more"}]}},
}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
def test_whatever_is_there_beside_is_reported(more: t.Mapping[str, t.Any]) -> None:
    lines = differences(contents(filled()), contents(filled(more)))
    assert lines
    assert all(line.startswith("+ ") for line in lines), lines


def test_times_and_identifiers_do_not_count_but_what_they_stand_for_does() -> None:
    world = filled(MORE["a member"])
    (group,) = [each for each in contents(world)["entra"][NAME]["groups"] if each["displayName"] == "More"]
    assert group["_members"] == ["id of more@example.com"]


def test_a_value_that_differs_is_reported_from_both_sides() -> None:
    assert differences({"a": {"b": 1}}, {"a": {"b": 2}}) == ["- /a/b: 1", "+ /a/b: 2"]
    assert differences([1, 1, 2], [1, 2]) == ["- : 1"]
    assert differences([{"a": 1, "b": 1}, {"a": 2}], [{"a": 2}, {"a": 1, "b": 3}]) == ["- /b: 1", "+ /b: 3"]
