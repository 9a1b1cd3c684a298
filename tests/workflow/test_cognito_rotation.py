# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rotation knows of the user pools that trust a certificate: nobody is locked out of them, as they are by one that
does not.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from playbooks import Playbooks, Run
from pools import NAME, PROVIDER, UserPool, add_pool, operator
from rotations import MOST_RUNS, SETTLE, VALIDITY, VARIABLES, Federation, Stop
from seeds import TENANTS
from visitors import Visitors

from federation_sandbox import http_sign_in
from federation_sandbox.aws.cognito.store import Cognito
from federation_sandbox.entra.state import directory
from federation_sandbox.faults import Fault
from support import run_module

INVENTORY: t.Final = "sandbox/hosts.yml"
USERS: t.Final = ("jane.doe@example.com", "john.roe@example.com")


class Pooled(Federation):
    """The federation with a user pool on top of the same directory."""

    pool: UserPool

    def __init__(self, federation: Federation, playbooks: Playbooks, pool: UserPool, **more: t.Any) -> None:
        self.__dict__.update(vars(federation))
        self.playbooks, self.pool = playbooks, pool
        entry = pool.variables(signing_certificate={"validity_days": VALIDITY}, **more)
        self.variables = {**VARIABLES, "federation_user_pools": [entry]}
        playbooks.succeed("cognito", INVENTORY, variables=self.variables)

    def certificate_count(self) -> int:
        """How many certificates were ever made for AWS's application; as many were made for the pool's."""
        count, rest = divmod(super().certificate_count(), 2)
        assert rest == 0
        return count

    def visitors(self) -> Visitors:
        """People who open the panel and the page behind the pool by turns."""

        def open_panel(browser: requests.Session, user: str) -> str:
            outcome = http_sign_in.sign_in(browser, self.url, user)
            return "" if outcome.ok else f"{outcome.hop}: {outcome.text}"

        return Visitors(
            self.sandbox,
            USERS,
            {"AWS": open_panel, "Cognito": lambda browser, user: self.pool.failure(user, browser)},
        )

    def rotate_until(self, done: t.Callable[[], bool]) -> list[Run]:
        """The scheduled job, one run after the other, since what a run waits for takes the world's time."""
        runs: list[Run] = []
        while not runs or not done():
            assert len(runs) < MOST_RUNS, runs[-1].output
            runs.append(self.rotate())
        return runs

    def pool_application(self) -> dict[str, t.Any]:
        """The service principal of the pool's application."""
        tenant = directory(self.world).tenants[TENANTS["public"]]
        return dict(tenant.current("servicePrincipals", displayName=NAME.format(self.pool.id)) or {})

    def pool_certificates(self) -> tuple[str, set[str]]:
        """What signs for the pool, and what the pool's provider trusts at this moment, as Amazon Cognito holds it."""
        provider = self.world.state(Cognito).pools[self.pool.id].providers[PROVIDER]
        held = {each.fingerprint(hashes.SHA1()).hex().upper() for each in provider.metadata.signing.certificates}
        return str(self.pool_application()["preferredTokenSigningKeyThumbprint"]).upper(), held


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
    with pooled.visitors() as visitors:
        runs = pooled.rotate_until(
            lambda: pooled.certificates()[0] != pooled.first and pooled.pool_certificates()[0] != first
        )
        active, held = pooled.pool_certificates()
        assert {first, active} <= held
        before = visitors.counted()
        with visitors.paused():
            pooled.later(8)
        pooled.rotate_until(lambda: pooled.pool_certificates()[1] == {active})
        assert pooled.rotate().changed() == 0
    pooled.check_rotated()
    assert pooled.pool_certificates() == (active, {active})
    note("sign-ins in a rotation", visitors)
    assert visitors.failed() == []
    assert min(before.values()) >= 5 * SETTLE, "ten a second while the certificate settled, half of them each way"
    assert all(visitors.counted()[kind] > before[kind] for kind in ("AWS", "Cognito"))
    assert any("user pool 'desk'" in action for run in runs for action in run.done())


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


#: between a provider's note and its metadata
NOTED: t.Final = ("cognito-idp", "TagResource")

#: where runs are killed, one after the other, and the days that go by before the last ones
KILLS: t.Final[tuple[Stop | float, ...]] = (
    ("graph", "servicePrincipal.addTokenSigningCertificate"),  # AWS's
    ("graph", "servicePrincipal.addTokenSigningCertificate"),  # the pool's
    NOTED,
    ("cognito-idp", "UpdateIdentityProvider"),
    ("graph", "servicePrincipals.update"),
    8.0,
    ("graph", "servicePrincipals.update"),
    ("cognito-idp", "UpdateIdentityProvider"),
)


@pytest.mark.soak
@pytest.mark.parametrize("pooled", [{}, {"metadata_source": "url"}], ids=["text", "url"], indirect=True)
def test_a_kill_in_each_stage(pooled: Pooled, note: t.Callable[..., None]) -> None:
    first = pooled.pool_certificates()[0]
    pooled.due()
    with pooled.visitors() as visitors:
        for stop in KILLS:
            if isinstance(stop, float):
                pooled.rotate_until(lambda: pooled.pool_certificates()[0] != first)
                with visitors.paused():
                    pooled.later(stop)
                continue
            if stop == NOTED:
                pooled.world.faults.add(Fault("cognito-idp", "UpdateIdentityProvider", kind="silence"))
            pooled.kill(stop)
            pooled.world.faults.clear()
        active = pooled.pool_certificates()[0]
        pooled.rotate_until(
            lambda: pooled.pool_certificates()[1] == {active} and pooled.trusted() == {pooled.certificates()[0]}
        )
        assert pooled.rotate().changed() == 0
    assert first not in pooled.pool_certificates()[1]
    pooled.check_rotated()
    note("sign-ins with a kill in each stage", visitors)
    assert visitors.failed() == []
