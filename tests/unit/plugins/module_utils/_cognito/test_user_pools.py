# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""App clients, which an update sets whole: nothing of them is lost, whoever else changes them."""

from __future__ import annotations

import copy
import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._cognito.user_pools import (
    AppClient,
    UserPool,
    UserPools,
)
from ansible_collections.openccp.federation.plugins.module_utils._wait import Waiter
from botocore.exceptions import ClientError

POOL: t.Final = UserPool("eu-central-1_1", "desk", "arn:aws:x", "desk", "", {}, {}, frozenset())
CONCURRENT: t.Final = ClientError({"Error": {"Code": "ConcurrentModificationException"}}, "UpdateUserPoolClient")


class Cognito:
    """An app client as Amazon Cognito holds it. fails: whether the first update meets another one. overwritten: what
    another run, which read the client before, leaves of the providers after the first update.
    """

    def __init__(
        self, *, fails: bool = False, overwritten: list[str] | None = None, providers: t.Sequence[str] = ("COGNITO",)
    ) -> None:
        self.meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_arguments: None))
        self.client: dict[str, t.Any] = {"UserPoolId": POOL.id, "ClientId": "1", "CallbackURLs": ["https://a.example/"]}
        self.client |= {"SupportedIdentityProviders": list(providers), "ClientSecret": "x"}
        self._fails, self._overwritten = fails, overwritten

    def describe_user_pool_client(self, **_place: str) -> dict[str, t.Any]:
        return {"UserPoolClient": copy.deepcopy(self.client)}

    def update_user_pool_client(self, **settings: t.Any) -> None:
        if self._fails:
            self._fails = False
            raise CONCURRENT
        self.client = {**settings, "ClientSecret": "x"}
        if self._overwritten is not None:
            self.client["SupportedIdentityProviders"], self._overwritten = self._overwritten, None


@pytest.mark.parametrize(
    ("cognito", "offered", "expected"),
    [
        (Cognito(), True, ["COGNITO", "Entra"]),
        (Cognito(fails=True), True, ["COGNITO", "Entra"]),
        (Cognito(overwritten=["COGNITO", "Other"]), True, ["COGNITO", "Other", "Entra"]),
        (Cognito(providers=["COGNITO", "Entra", "Other"]), False, ["COGNITO", "Other"]),
        (Cognito(overwritten=["COGNITO", "Entra"], providers=["COGNITO", "Entra"]), False, ["COGNITO"]),
    ],
)
def test_a_client_is_changed_though_another_run_changes_it(
    cognito: Cognito, offered: bool, expected: list[str]
) -> None:
    waiter = Waiter(timeout=5, sleep=lambda _seconds: None)
    UserPools(cognito).change_client(POOL, "1", "Entra", offered=offered, waiter=waiter)
    assert cognito.client["SupportedIdentityProviders"] == expected
    assert cognito.client["CallbackURLs"] == ["https://a.example/"]


def test_the_order_of_a_clients_providers_stays() -> None:
    client = AppClient({"ClientId": "1", "SupportedIdentityProviders": ["B", "Entra", "A"]})
    assert client.providers_with("Entra", offered=True) == ("B", "Entra", "A")
    assert client.providers_with("Entra", offered=False) == ("B", "A")
    assert client.providers_with("New", offered=True) == ("B", "Entra", "A", "New")
