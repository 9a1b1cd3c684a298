# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rotation that is stopped and killed at every stage, one that several hosts share, and three years of them."""

from __future__ import annotations

import datetime as dt
import functools
import json
import typing as t
from pathlib import Path

import pytest
import test_accounts
from ansible_collections.openccp.federation.plugins.module_utils._rotation.state import decide
from botocore.loaders import JSONFileLoader
from live_federation import run_module as run_here
from playbooks import Playbooks
from rotations import LAGS, PEOPLE, USERS, VALIDITY, Federation, Stop
from seeds import credentials

from federation_sandbox import http_sign_in
from federation_sandbox.entra.state import directory
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox

pytestmark = pytest.mark.soak

#: the stages, each with the one that a run alone with its tag leaves as the next
STAGES: t.Final = {"stage": "publish", "publish": "settle", "settle": "activate", "activate": "watch", "prove": "watch"}


def test_a_stop_after_each_stage_and_a_way_back(federation: Federation, note: t.Callable[..., None]) -> None:
    """Before each stage check mode foretells exactly what the stage then does; site.yml runs in between and undoes
    nothing.
    """
    federation.variables["certificate_rotation_settle_seconds"] = (
        90  # longer than two runs on a busy machine, so that settle is seen
    )
    federation.due()
    result: dict[str, t.Any] = {}
    with federation.agents() as agents:
        for tag, following in STAGES.items():
            if tag in ("publish", "prove"):
                federation.check_site_undoes_nothing()
            if tag == "publish":
                federation.lose(result["thumbprint"])
            predicted = federation.foretell()
            run = federation.rotate("--tags", tag)
            assert run.done() == predicted, tag
            assert bool(predicted) is (tag in ("stage", "publish", "activate")), tag
            result = run.result("certificate_rotation")
            assert result["stage"] == following
        second = federation.certificates()[0]
        assert second != federation.first

        back = federation.rotate("--tags", "rollback").result("certificate_rotation")
        assert back["stage"] == "held"
        assert federation.certificates()[0] == federation.first
        assert federation.rotate("--tags", "all,rollback").changed() == 0, (
            "neither the daily job nor a second rollback has anything to do"
        )
        assert federation.certificates()[0] == federation.first
        assert federation.rotate(certificate_rotation_resume=True).result("certificate_rotation")["stage"] == "watch"
        assert federation.certificates()[0] == second

        with agents.paused():
            federation.later(8)
        predicted = federation.foretell()
        run = federation.rotate("--tags", "retire")
        assert run.done() == predicted
        assert len(predicted) == 2
        assert run.result("certificate_rotation")["stage"] == "watch"
    federation.check_rotated()
    assert federation.rotate().changed() == 0
    note("sign-ins with a stop after each stage", agents)
    assert agents.failed() == []
    assert {user for _moment, user, _landed in agents.log} == set(USERS)


#: between a provider's note and its metadata
NOTED: t.Final = ("iam", "TagSAMLProvider")

#: where runs are killed, one after the other, and the days that go by before the last two
KILLS: t.Final[tuple[Stop | float, ...]] = (
    ("graph", "servicePrincipal.addTokenSigningCertificate"),
    NOTED,
    ("iam", "UpdateSAMLProvider"),
    "Settle | Wait until all of AWS trusts the certificate",
    ("graph", "servicePrincipals.update"),
    "Path | Check it from the application to the agents' security profiles",
    8.0,
    ("graph", "servicePrincipals.update"),
    ("iam", "UpdateSAMLProvider"),
)


def test_a_kill_in_each_stage(federation: Federation, note: t.Callable[..., None]) -> None:
    federation.variables["certificate_rotation_settle_seconds"] = 20
    federation.due()
    with federation.agents() as agents:
        for stop in KILLS:
            if isinstance(stop, float):
                with agents.paused():
                    federation.later(stop)
            else:
                if stop == NOTED:
                    federation.world.faults.add(Fault("iam", "UpdateSAMLProvider", kind="silence"))
                federation.kill(stop)
                federation.world.faults.clear()
        assert federation.rotate().result("certificate_rotation")["stage"] == "watch"
    federation.check_rotated()
    note("sign-ins with a kill in each stage", agents)
    assert agents.failed() == []


def test_what_does_not_hold_is_not_retired(federation: Federation, tmp_path: Path) -> None:
    """The check, then the operator's own proof, stops the rotation, says why and offers the way back."""
    federation.due()
    federation.rotate()
    federation.later(8)
    failing = tmp_path / "proof.yml"
    failing.write_text("- ansible.builtin.fail: {msg: The proof fails.}\n", encoding="utf-8")
    stranger = [*PEOPLE, {"username": "nobody@example.com", "first_name": "No", "last_name": "Body"}]
    way_back = f"The tag rollback reactivates the former certificate {federation.first}."
    for variables, pieces in (
        ({"federation_agents": stranger}, ("Agents cannot sign in: ", way_back)),
        ({"certificate_rotation_proof": str(failing)}, ("The proof fails.",)),
    ):
        unproven = federation.fail(**variables)
        assert all(piece in unproven.message() for piece in pieces), unproven.message()
        assert unproven.changed() == 0
        assert len(federation.certificates()[1]) == 2
    assert federation.rotate(federation_agents=stranger, certificate_rotation_check=False).changed() == 2


def test_hosts_that_share_an_application_are_served_by_the_first(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    """Both providers are named by the application's Role claims; one certificate is made, not two, and each host proves
    its own path.
    """
    iam = "arn:aws:iam::111122223333"
    hosts = {
        name: {"federation_role_name": f"ConnectFederation-{name}", "federation_provider_name": f"Entra-{name}"}
        for name in ("sales", "support")
    }
    pairs = [
        {"role_arn": f"{iam}:role/ConnectFederation-{name}", "provider_arn": f"{iam}:saml-provider/Entra-{name}"}
        for name in hosts
    ]
    common = {
        "federation_region": "eu-central-1",
        "federation_instance_alias": "example-both",
        "federation_agents": PEOPLE,
        "federation_assigned_groups": ["Contact centre agents"],
        "azure_saml_app_role_claims": pairs,
        "certificate_rotation_settle_seconds": 1,
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"vars": common, "hosts": hosts}}), encoding="utf-8")
    for host in hosts:
        playbooks.succeed("site", inventory, "--limit", host, "--tags", "entra,aws,agents")
    sandbox.world.clock.advance(dt.timedelta(days=1060))
    run = playbooks.succeed("rotate_certificate", inventory)
    assert run.tasks("federation_check") == [], "it fails for any application that claims two roles"
    (tenant,) = (
        tenant_record for tenant_record in directory(sandbox.world).tenants.values() if tenant_record.signing_keys
    )
    assert len(tenant.signing_keys) == 2
    result = run.result("certificate_rotation", "sales")
    assert len(result["trusted"]) == 2
    assert "The same application is served with sales." in run.output

    sandbox.world.clock.advance(dt.timedelta(days=8))
    failing = tmp_path / "proof.yml"
    failing.write_text("- ansible.builtin.fail: {msg: The proof fails.}\n", encoding="utf-8")
    fails = {"certificate_rotation_proof": str(failing)}
    for host, variables in hosts.items():
        inventory.write_text(
            json.dumps({"all": {"vars": common, "hosts": hosts | {host: variables | fails}}}), encoding="utf-8"
        )
        unproven = playbooks.fail("rotate_certificate", inventory)
        assert unproven.message() == "The proof fails."
        assert unproven.changed() == 0, f"{host} does not hold, so nobody retires anything"
    inventory.write_text(json.dumps({"all": {"vars": common, "hosts": hosts}}), encoding="utf-8")
    assert playbooks.succeed("rotate_certificate", inventory).changed() == 2
    assert playbooks.succeed("rotate_certificate", inventory).changed() == 0


def test_a_single_stage_in_an_account_that_is_entered_by_a_role(
    sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    playbooks.environment |= test_accounts.fill(sandbox)
    arguments = (test_accounts.inventory(tmp_path), "--limit", "sales", "--tags")
    playbooks.succeed("site", *arguments, "entra,aws")
    sandbox.world.clock.advance(dt.timedelta(days=1060))
    for tag, following in (("stage", "publish"), ("publish", "settle")):
        run = playbooks.succeed("rotate_certificate", *arguments, tag)
        assert run.result("certificate_rotation")["stage"] == following


def decided(federation: Federation) -> dict[str, t.Any]:
    """What the daily job would see and decide: the modules that it reads with, run in this process, and its rules by
    default.
    """
    result = run_here("azure_saml_app_info", {"app_id": federation.app_id})
    trusting = run_here("iam_saml_provider_info", {"name": federation.name, "account_id": federation.arn.split(":")[4]})
    assert not result.get("failed"), result
    assert not trusting.get("failed"), trusting
    return decide(result["applications"][0], trusting["saml_providers"], result["now"])


def test_three_years_of_a_daily_job(
    federation: Federation, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, note: t.Callable[..., None]
) -> None:
    """Certificates of one year, 1095 days, one by one, an agent signing in on each, before and after the job.

    The playbook itself runs on each day on which it would do more than look, on the next day, and on every hundredth.
    On the others it would read both clouds and decide that there is nothing to do. That is done here on every day, by
    the modules and the filter with which the playbook does it, but in this process: a thousand playbooks would take
    hours. On the days on which both are done they agree.
    """
    for name, value in {**sandbox.environment, **credentials(), "AWS_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(name, value)
    # The models of AWS's services are parsed once, not on each of the days.
    monkeypatch.setattr(JSONFileLoader, "load_file", staticmethod(functools.cache(JSONFileLoader().load_file)))
    federation.variables["certificate_rotation_validity_days"] = VALIDITY
    sandbox.world.settings.change(LAGS)
    active, most, rotations, runs, sign_ins, after_work = federation.first, 1, 0, 0, 0, False
    for day in range(1, 3 * 365 + 1):
        federation.later(1)
        sandbox.world.traffic.clear()
        assert http_sign_in.sign_in(sandbox.environment, federation.url, USERS[day % 2]).ok, (
            f"day {day}, before the job"
        )
        decision = decided(federation)
        work = decision["stage"] != "watch"
        if work or after_work or day % 100 == 0:
            run, runs = federation.rotate(), runs + 1
            assert bool(run.changed()) is work, f"day {day}: {decision['says']}"
        after_work = work
        now_active, identifiers = federation.certificates()
        rotations += now_active != active
        active, most = now_active, max(most, len(identifiers))
        assert http_sign_in.sign_in(sandbox.environment, federation.url, USERS[day % 2]).ok, f"day {day}, after the job"
        sign_ins += 2
    note("three years", f"{rotations} rotations, {runs} runs of the playbook, {sign_ins} sign-ins, 0 failed")
    assert rotations == 3
    assert most <= 3
    assert federation.certificate_count() == 4
    assert federation.trusted() >= {active}
