# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rotation knows of the user pools that trust a certificate: nobody is locked out of them, as they are by one that
does not.
"""

from __future__ import annotations

import datetime as dt
import threading
import typing as t
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from playbooks import Playbooks, Run
from pools import NAME, PROVIDER, UserPool, add_pool, operator
from rotations import SETTLE, VALIDITY, VARIABLES, Federation, Stop
from seeds import TENANTS

from federation_sandbox import http_sign_in
from federation_sandbox.aws.cognito.store import Cognito
from federation_sandbox.entra.state import directory
from support import run_module

INVENTORY: t.Final = "sandbox/hosts.yml"
USERS: t.Final = ("jane.doe@example.com", "john.roe@example.com")
#: browsers for the pool, and the seconds of the world between two sign-ins of each; together with those to AWS ten a
#: second
BROWSERS: t.Final = 4
EVERY: t.Final = 0.8


class Visitors:
    """People who sign in to the page behind the pool over and over, each in a browser of their own."""

    def __init__(self, pool: UserPool) -> None:
        self.log: list[tuple[dt.datetime, str]] = []
        self._pool = pool
        self._over = threading.Event()
        self._locks = [threading.Lock() for _browser in range(BROWSERS)]
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(BROWSERS)]

    def __enter__(self) -> t.Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def failed(self) -> list[str]:
        return [f"{moment:%H:%M:%S} {failure}" for moment, failure in self.log if failure]

    def _work(self, number: int) -> None:
        with http_sign_in.new_browser(self._pool.sandbox.environment) as browser:
            while not self._over.wait(EVERY):
                with self._locks[number]:
                    moment = self._pool.sandbox.world.clock.now()
                    self.log.append((moment, self._pool.failure(USERS[number % len(USERS)], browser)))


class Pooled(Federation):
    """The federation with a user pool on top of the same directory."""

    pool: UserPool

    def __init__(self, federation: Federation, playbooks: Playbooks, pool: UserPool, **more: t.Any) -> None:
        self.__dict__.update(vars(federation))
        self.playbooks, self.pool = playbooks, pool
        entry = pool.variables(signing_certificate={"validity_days": VALIDITY}, **more)
        self.variables = {**VARIABLES, "federation_user_pools": [entry]}
        playbooks.succeed("cognito", INVENTORY, variables=self.variables)

    def made(self) -> int:
        """How many certificates were ever made for AWS's application; as many were made for the pool's."""
        count, rest = divmod(super().made(), 2)
        assert rest == 0
        return count

    def pool_application(self) -> dict[str, t.Any]:
        """The service principal of the pool's application."""
        tenant = directory(self.world).tenants[TENANTS["public"]]
        return dict(tenant.current("servicePrincipals", displayName=NAME.format(self.pool.id)) or {})

    def pool_certificates(self) -> tuple[str, set[str]]:
        """What signs for the pool, and what the pool's provider trusts at this moment, as Amazon Cognito holds it."""
        provider = self.world.state(Cognito).pools[self.pool.id].providers[PROVIDER]
        held = {each.fingerprint(hashes.SHA1()).hex().upper() for each in provider.metadata.signing.certificates}
        return str(self.pool_application()["preferredTokenSigningKeyThumbprint"]), held


@pytest.fixture
def pooled(federation: Federation, tmp_path: Path, request: pytest.FixtureRequest) -> Pooled:
    more = getattr(request, "param", {})
    pool = add_pool(federation.sandbox)
    folder = tmp_path / "pooled"
    folder.mkdir()
    return Pooled(federation, operator(federation.sandbox, folder), pool, **more)


@pytest.mark.parametrize(
    "pooled", [{}, pytest.param({"metadata_source": "url"}, marks=pytest.mark.soak)], ids=["text", "url"], indirect=True
)
def test_no_sign_in_fails_through_aws_nor_cognito(pooled: Pooled, note: t.Callable[..., None]) -> None:
    first = pooled.pool_certificates()[0]
    pooled.due()
    with pooled.agents() as agents, Visitors(pooled.pool) as visitors:
        run = pooled.rotate()
        active, held = pooled.pool_certificates()
        assert active != first
        assert {first, active} <= held
        with agents.paused():
            pooled.later(8)
        pooled.rotate()
    pooled.check_rotated()
    active, held = pooled.pool_certificates()
    assert held == {active}
    assert pooled.rotate().changed() == 0
    note("sign-ins through Cognito in a rotation", f"{len(visitors.log)} sign-ins, {len(visitors.failed())} failed")
    assert agents.failed() == []
    assert visitors.failed() == []
    assert len(visitors.log) > BROWSERS
    assert any("user pool 'desk'" in action for action in run.done())


def test_a_rotation_that_does_not_know_of_the_pool_locks_its_people_out(pooled: Pooled) -> None:
    """The control, in the same clouds: the pool's application is rotated as one that AWS alone trusts would be."""
    pooled.due()
    app_id = pooled.pool_application()["appId"]
    environment = pooled.playbooks.environment
    staged = run_module("azure_saml_certificate", {"app_id": app_id, "common_name": "Naive"}, environment)
    run_module("azure_saml_certificate", {"app_id": app_id, "state": "active", "force": True}, environment)
    assert staged["changed"]
    pooled.settled()
    assert pooled.pool.failure(USERS[0]) == "Invalid SAML response received: SAML Response signature is invalid."


def test_the_report_lists_the_copies_of_the_pools(pooled: Pooled) -> None:
    run = pooled.playbooks.succeed("certificates", INVENTORY, variables=pooled.variables)
    rows = {row["application"]: row for row in _report(run)["certificates"]}
    row = rows[NAME.format(pooled.pool.id)]
    assert row["providers"] == [f"{pooled.pool.id}/{PROVIDER}"]
    assert row["trusted"]


def _report(run: Run) -> dict[str, t.Any]:
    facts = [event["result"].get("ansible_facts", {}) for event in run.events if "result" in event]
    return t.cast(
        "dict[str, t.Any]",
        [each["certificate_rotation_report"] for each in facts if "certificate_rotation_report" in each][-1],
    )


#: where runs are killed, one after the other, and the days that go by before the last ones
KILLS: t.Final[tuple[Stop | float, ...]] = (
    ("cognito-idp", "TagResource"),
    ("cognito-idp", "UpdateIdentityProvider"),
    ("graph", "servicePrincipals.update"),
    8.0,
    ("cognito-idp", "UpdateIdentityProvider"),
)


@pytest.mark.soak
@pytest.mark.parametrize("pooled", [{}, {"metadata_source": "url"}], ids=["text", "url"], indirect=True)
def test_a_kill_in_each_stage(pooled: Pooled, note: t.Callable[..., None]) -> None:
    pooled.variables["certificate_rotation_settle_seconds"] = max(SETTLE, 10)
    pooled.due()
    with pooled.agents() as agents, Visitors(pooled.pool) as visitors:
        for stop in KILLS:
            if isinstance(stop, float):
                with agents.paused():
                    pooled.later(stop)
            else:
                pooled.kill(stop)
        pooled.rotate()
    active, held = pooled.pool_certificates()
    assert held == {active}
    note("sign-ins through Cognito with a kill in each stage", f"{len(visitors.log)} sign-ins")
    assert agents.failed() == []
    assert visitors.failed() == []
