# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signing certificate is rotated while agents sign in all the time, and none of them notices."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import signal
import time
import typing as t
from pathlib import Path

import boto3
import pytest
from agents import Agents
from ansible_collections.openccp.federation.plugins.filter.certificate_rotation import certificate_rotation
from ansible_collections.openccp.federation.plugins.module_utils._aws.saml_providers import SamlProviders, describe
from ansible_collections.openccp.federation.plugins.module_utils._entra.auth import ENTRA_ARGUMENT_SPEC
from ansible_collections.openccp.federation.plugins.modules.azure_saml_app_info import shown
from playbooks import Playbooks, Run
from seeds import CLIENT, SECRET, TENANTS, credentials

from federation_sandbox import clouds, walk
from federation_sandbox.entra.state import directory
from federation_sandbox.testing import Sandbox
from support import run_module

LOG: t.Final = logging.getLogger(__name__)
INVENTORY: t.Final = "sandbox/hosts.yml"
USERS: t.Final = ("jane.doe@example.com", "john.roe@example.com")
PEOPLE: t.Final = [{"username": user, "first_name": "Agent", "last_name": user} for user in USERS]
#: what the clouds take in these tests; the settling must last longer than IAM's replication
LAGS: t.Final = {"graph_replication": 1.0, "graph_index_lag": 1.0, "metadata_lag": 2.5, "iam_replication": 2.0}
SETTLE: t.Final = 4
ROTATION: t.Final[dict[str, t.Any]] = {"certificate_rotation_settle_seconds": SETTLE}
FOREIGN: t.Final = "555566667777"


class Federation:
    """A federation that site.yml made, and the jobs that keep it."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, **variables: t.Any) -> None:
        self.sandbox, self.world, self.playbooks = sandbox, sandbox.world, playbooks
        self.world.settings.limits = False  # GetFederationToken takes two a second, far fewer than these agents
        self.variables = {"federation_agents": PEOPLE, **ROTATION, **variables}
        self.site = self.set_up()
        application, self.made = self.site.result("azure_saml_app"), self.site.result("aws_federation")
        self.url, self.app_id, self.first = application["user_access_url"], application["app_id"], application["active_thumbprint"]
        self.name = self.made["saml_provider"]["name"]
        self.arn = self.made["saml_provider"]["arn"]

    def set_up(self) -> Run:
        """site.yml, without its check."""
        return self.playbooks.succeed("site", INVENTORY, "--tags", "entra,aws,agents", variables=self.variables)

    def agents(self) -> Agents:
        return Agents(self.sandbox, self.url, USERS)

    def later(self, days: float) -> None:
        self.world.clock.advance(dt.timedelta(days=days))

    def rotate(self, *arguments: str, **variables: t.Any) -> Run:
        """The scheduled job."""
        return self.playbooks.succeed("rotate_certificate", INVENTORY, *arguments, variables=self.variables | variables)

    def kill_after(self, service: str, operation: str, **variables: t.Any) -> None:
        """The scheduled job, killed once an operation has succeeded in it."""
        begun = len(self.world.traffic.entries(service))
        process, _events = self.playbooks.start("rotate_certificate", INVENTORY, variables=self.variables | variables)
        deadline = time.monotonic() + 120
        while not any(
            one["operation"] == operation and one["status"] < 400 and one["write"] for one in self.world.traffic.entries(service)[begun:]
        ):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, f"{operation} was not called"
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def principal(self) -> dict[str, t.Any]:
        """The service principal as it was last written."""
        tenant = directory(self.world).tenants[TENANTS["public"]]
        return dict(tenant.current("servicePrincipals", appId=self.app_id) or {})

    def certificates(self) -> tuple[str, set[str]]:
        """The active thumbprint, and how many certificates there are, by their identifiers."""
        principal = self.principal()
        kinds = {(one["customKeyIdentifier"], one["usage"]) for one in principal["keyCredentials"]}
        passwords = {one["customKeyIdentifier"] for one in principal["passwordCredentials"]}
        assert kinds == {(each, usage) for each in passwords for usage in ("Sign", "Verify")}, "not every certificate is a whole triple"
        return principal["preferredTokenSigningKeyThumbprint"], passwords

    def trusted(self) -> set[str]:
        """The thumbprints that IAM shows."""
        shown = run_module("iam_saml_provider_info", {"name": self.name}, self.playbooks.environment)
        return {one["thumbprint"] for one in shown["saml_providers"][0]["certificates"]}

    def check_site_undoes_nothing(self) -> None:
        """site.yml in the middle of a rotation leaves Entra as it is; it may let IAM trust what is staged, and takes nothing from it."""
        certificates, trusted = self.certificates(), self.trusted()
        self.set_up()
        assert self.certificates() == certificates
        assert self.trusted() >= trusted

    def check_rotated(self) -> None:
        """One certificate is left, a new one, in both clouds; nothing is left to do, for site.yml either."""
        active, identifiers = self.certificates()
        assert active != self.first
        assert len(identifiers) == 1
        assert self.trusted() == {active}
        assert count(self.world, "servicePrincipal.addTokenSigningCertificate") == 2
        assert self.rotate().changed() == 0
        assert self.set_up().changed() == 0


def count(world: t.Any, operation: str) -> int:
    return sum(1 for one in world.traffic.entries("graph") if one["operation"] == operation and one["status"] < 400)


def due(sandbox: Sandbox, playbooks: Playbooks, **variables: t.Any) -> Federation:
    """A federation whose certificate has 40 days left, in clouds that take their time."""
    federation = Federation(sandbox, playbooks, **variables)
    federation.later(1095 - 40)
    sandbox.world.settings.change(LAGS)
    return federation


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_stop_after_each_stage_and_a_way_back(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    federation = due(sandbox, playbooks)
    failing = tmp_path / "proof.yml"
    failing.write_text("- ansible.builtin.fail: {msg: The proof fails.}\n", encoding="utf-8")
    with federation.agents() as agents:
        stages = []
        for tag in ("stage", "publish", "settle", "activate", "prove"):
            if tag in ("publish", "prove"):
                federation.check_site_undoes_nothing()
            stages.append(federation.rotate("--tags", tag).result("certificate_rotation")["stage"])
        # On a slow machine the certificate has settled before the run that published it ends.
        assert stages in (["publish", settle, "activate", "watch", "watch"] for settle in ("settle", "activate"))
        second = federation.certificates()[0]
        assert second != federation.first

        back = federation.rotate("--tags", "rollback").result("certificate_rotation")
        assert back["stage"] == "held"
        assert federation.certificates()[0] == federation.first
        assert federation.rotate().changed() == 0
        assert federation.rotate(certificate_rotation_resume=True).result("certificate_rotation")["stage"] == "watch"
        assert federation.certificates()[0] == second

        with agents.paused():
            federation.later(8)
        federation.variables["certificate_rotation_proof"] = str(failing)
        unproven = playbooks.fail("rotate_certificate", INVENTORY, variables=federation.variables)
        assert unproven.message() == "The proof fails."
        assert len(federation.certificates()[1]) == 2
        del federation.variables["certificate_rotation_proof"]
        assert federation.rotate("--tags", "retire").result("certificate_rotation")["stage"] == "watch"
    federation.check_rotated()
    LOG.info("%s", agents)
    assert agents.failed() == []
    assert {user for _moment, user, _found in agents.log} == set(USERS)
    assert agents.rate() >= 10


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_kill_in_each_stage(sandbox: Sandbox, playbooks: Playbooks) -> None:
    federation = due(sandbox, playbooks)
    with federation.agents() as agents:
        federation.kill_after("graph", "servicePrincipal.addTokenSigningCertificate")
        federation.kill_after("iam", "UpdateSAMLProvider")
        federation.kill_after("iam", "TagSAMLProvider")
        federation.kill_after("graph", "servicePrincipals.update")
        with agents.paused():
            federation.later(8)
        federation.kill_after("graph", "servicePrincipals.update")
        federation.kill_after("iam", "UpdateSAMLProvider")
        federation.rotate()
    federation.check_rotated()
    LOG.info("%s", agents)
    assert agents.failed() == []
    assert agents.rate() >= 10


def test_the_naive_order_does_fail_sign_ins(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """The control: make, activate, upload, on the same clouds, so that the tests above could see a failure."""
    federation = due(sandbox, playbooks)
    environment = playbooks.environment
    with federation.agents() as agents:
        staged = run_module("azure_saml_certificate", {"app_id": federation.app_id}, environment)["certificate"]
        activated = run_module("azure_saml_certificate", {"app_id": federation.app_id, "state": "active", "force": True}, environment)
        assert activated["certificate"]["thumbprint"] == staged["thumbprint"]
        run_module("iam_saml_provider", {"name": federation.name, "metadata": staged["metadata_xml"], "purge_tags": False}, environment)
        time.sleep(SETTLE)
    assert "Response signature invalid" in " ".join(agents.failed())
    assert agents.log[-1][2].ok, "sign-ins work again"


@pytest.mark.timeout(600)
def test_an_active_certificate_that_ended_and_a_provider_in_another_account(sandbox: Sandbox, playbooks: Playbooks) -> None:
    """facts/entra.md 3.7: a new certificate signs at once. Both accounts get it, and the run says how long sign-ins failed."""
    federation = Federation(sandbox, playbooks)
    key = {"id": "AKIAFOREIGN000000000", "secret": "the-foreign-secret"}
    clouds.seed(sandbox.world, {"aws": {"accounts": [{"id": FOREIGN, "access_keys": [key]}]}})
    foreign = {"access_key": key["id"], "secret_key": key["secret"]}
    metadata = federation.site.result("azure_saml_app")["metadata_xml"]
    made = run_module("iam_saml_provider", {"name": "Elsewhere", "metadata": metadata, **foreign}, playbooks.environment)
    federation.variables |= {
        "certificate_rotation_providers": [federation.arn, made["saml_provider"]["arn"]],
        "certificate_rotation_aws_options": {FOREIGN: foreign},
    }
    federation.later(1096)
    sandbox.world.settings.change(LAGS)
    assert "AADSTS50146" in walk.sign_in(sandbox.environment, federation.url, USERS[0]).text
    result = federation.rotate().result("certificate_rotation")
    assert result["failed"].startswith("Sign-ins failed from ")
    active = federation.certificates()[0]
    assert active != federation.first
    shown = run_module("iam_saml_provider_info", {"name": "Elsewhere", **foreign}, playbooks.environment)
    for thumbprints in (federation.trusted(), {one["thumbprint"] for one in shown["saml_providers"][0]["certificates"]}):
        assert active in thumbprints
    time.sleep(LAGS["iam_replication"])
    assert walk.sign_in(sandbox.environment, federation.url, USERS[0]).ok


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_hosts_that_share_an_application_are_served_by_the_first(sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path) -> None:
    """Both providers are named by the application's Role claims; one certificate is made, not two."""
    iam = "arn:aws:iam::111122223333"
    names = ("example-sales", "example-support")
    pairs = [{"role_arn": f"{iam}:role/ConnectFederation-{name}", "provider_arn": f"{iam}:saml-provider/Entra-{name}"} for name in names]
    shared = {"federation_application_name": "Both", "federation_identifier": "https://signin.aws.amazon.com/saml#both"}
    hosts = {name: {"federation_instance_alias": f"example-{name}"} for name in ("sales", "support")}
    common = {"federation_region": "eu-central-1", "federation_agents": PEOPLE, "azure_saml_app_role_claims": pairs, **shared, **ROTATION}
    relay = {
        "azure_saml_app_relay_state": "https://eu-central-1.console.aws.amazon.com/connect/federate/11111111-2222-4333-8444-555555555555"
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"vars": common | relay, "hosts": hosts}}), encoding="utf-8")
    sandbox.world.settings.limits = False
    for host in hosts:
        playbooks.succeed("site", inventory, "--limit", host, "--tags", "entra,aws,agents")
    sandbox.world.clock.advance(dt.timedelta(days=1060))
    run = playbooks.succeed("rotate_certificate", inventory)
    assert count(sandbox.world, "servicePrincipal.addTokenSigningCertificate") == 2
    result = run.result("certificate_rotation", "sales")
    assert len(result["trusted"]) == 2
    assert "The same application is served with sales." in run.output
    assert playbooks.succeed("rotate_certificate", inventory).changed() == 0


def decided(federation: Federation) -> dict[str, t.Any]:
    """What the daily job would see and decide, by the modules' own functions in this process."""
    options: dict[str, t.Any] = dict.fromkeys((*ENTRA_ARGUMENT_SPEC, "name", "identifier"))
    options |= {"tenant_id": TENANTS["public"], "client_id": CLIENT, "client_secret": SECRET, "cloud": "public"}
    found = shown({**options, "app_id": federation.app_id, "metadata": False})
    providers = SamlProviders(boto3.client("iam"))
    trusting = providers.get(federation.arn)
    assert trusting is not None
    return certificate_rotation(found["applications"][0], [describe(trusting, providers.now)], found["now"])


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_three_years_of_a_daily_job(sandbox: Sandbox, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates of one year, 1095 days, one by one.

    The playbook itself runs on each day on which there is something to do, on the next, and on every hundredth. On the others it would read
    and decide, which is done here in this process by the functions that it would call, because a thousand processes take an hour.
    """
    for name, value in {**sandbox.environment, **credentials()}.items():
        monkeypatch.setenv(name, value)
    years = {"azure_saml_app_signing_certificate": {"validity_days": 365}, "certificate_rotation_validity_days": 365}
    federation = Federation(sandbox, playbooks, **years)
    active, most, rotations, run_again = federation.first, 1, 0, False
    for day in range(1, 3 * 365 + 1):
        federation.later(1)
        busy = decided(federation)["stage"] != "watch"
        if busy or run_again or day % 100 == 0:
            assert bool(federation.rotate().changed()) is busy, f"day {day}"
        run_again = busy
        now_active, identifiers = federation.certificates()
        rotations += now_active != active
        active, most = now_active, max(most, len(identifiers))
        assert walk.sign_in(sandbox.environment, federation.url, USERS[day % 2]).ok, f"day {day}"
    assert rotations == 3
    assert most <= 3
    assert count(sandbox.world, "servicePrincipal.addTokenSigningCertificate") == 4
