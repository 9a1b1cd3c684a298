# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signing certificate is rotated while agents sign in all the time, and none of them notices."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
from pathlib import Path

import pytest
import strangers
from playbooks import Playbooks
from rotations import LAGS, USERS, VALIDITY, Federation

from federation_sandbox import clouds, http_sign_in
from federation_sandbox.testing import Sandbox
from support import run_module

FOREIGN: t.Final = "555566667777"


def test_no_sign_in_fails_but_in_the_naive_order_some_do(
    federation: Federation, playbooks: Playbooks, tmp_path: Path, note: t.Callable[..., None]
) -> None:
    """The control is in the same clouds: make, activate, upload. So the first half could have seen a failure."""
    federation.due()
    mail = {"certificate_rotation_notification_emails": ["operations@example.com"]}
    with federation.agents() as agents:
        rotation = federation.rotate(**mail, federation_plan_file=str(tmp_path / "plan.json"))
        assert rotation.result("certificate_rotation")["stage"] == "watch"
        assert federation.certificates()[0] != federation.first
        federation.check_site_undoes_nothing()
        with agents.paused():
            federation.later(8)
        assert federation.rotate(**mail).result("certificate_rotation")["certificates"][0]["active"]
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert (plan["playbook"], plan["federations"][0]["changed"]) == ("rotate_certificate", "yes")
    actions = [step["action"] for step in plan["federations"][0]["steps"]]
    assert actions == rotation.plan()[: len(actions)] != []
    federation.check_rotated()
    assert federation.principal()["notificationEmailAddresses"] == ["operations@example.com"]
    note("sign-ins in a rotation", agents)
    assert agents.failed() == []
    assert {user for _moment, user, _landed in agents.log} == set(USERS)

    environment, application = playbooks.environment, {"app_id": federation.app_id}
    with federation.agents() as naive:
        staged = run_module("azure_saml_certificate", {**application, "common_name": "Naive"}, environment)[
            "certificate"
        ]
        activated = run_module("azure_saml_certificate", {**application, "state": "active", "force": True}, environment)
        assert activated["certificate"]["thumbprint"] == staged["thumbprint"]
        naive.one_more_turn()
        run_module(
            "iam_saml_provider",
            {"name": federation.name, "metadata": staged["metadata_xml"], "purge_tags": False},
            environment,
        )
        federation.settled()
        assert all(outcome.ok for outcome in naive.one_more_turn()), "sign-ins work again"
    note("sign-ins in the naive order", naive)
    assert "Response signature invalid" in " ".join(naive.failed())


@pytest.mark.soak
def test_an_active_certificate_that_ended_and_a_provider_in_another_account(
    federation: Federation, sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    """facts/entra.md 3.7: a new certificate signs at once. Both accounts get it, and the run says how long sign-ins
    failed.
    """
    key = {"id": "AKIAFOREIGN000000000", "secret": "the-foreign-secret"}
    clouds.seed(sandbox.world, {"aws": {"accounts": [{"id": FOREIGN, "access_keys": [key]}]}})
    foreign = {"access_key": key["id"], "secret_key": key["secret"]}
    elsewhere = run_module(
        "iam_saml_provider", {"name": "Elsewhere", "metadata": federation.metadata, **foreign}, playbooks.environment
    )
    federation.variables |= {
        "certificate_rotation_providers": [federation.arn, elsewhere["saml_provider"]["arn"]],
        "certificate_rotation_aws_options": {FOREIGN: foreign},
    }
    federation.later(VALIDITY + 1)
    sandbox.world.settings.change(LAGS)
    assert "AADSTS50146" in http_sign_in.sign_in(sandbox.environment, federation.url, USERS[0]).text
    report = federation.fail("certificates", certificate_rotation_report_json=str(tmp_path / "certificates.json"))
    assert f"the active certificate {federation.first} ended" in report.message()
    (row,) = json.loads((tmp_path / "certificates.json").read_text(encoding="utf-8"))["certificates"]
    assert row["providers"] == sorted(federation.variables["certificate_rotation_providers"])

    result = federation.rotate().result("certificate_rotation")
    assert result["failed"].startswith("Sign-ins failed from ")
    active = federation.certificates()[0]
    assert active != federation.first
    assert active in federation.trusted()
    assert active in federation.trusted("Elsewhere", **foreign)
    federation.settled()
    assert http_sign_in.sign_in(sandbox.environment, federation.url, USERS[0]).ok


def make_by_hand(federation: Federation, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """The thumbprint of a certificate that an administrator adds, and that ends after the active one."""
    graph = strangers.graph(sandbox, monkeypatch)
    path = f"{strangers.GRAPH}/servicePrincipals/{federation.principal()['id']}/addTokenSigningCertificate"
    ends = f"{sandbox.world.clock.now() + dt.timedelta(days=900):%Y-%m-%dT%H:%M:%SZ}"
    certificate = graph.post(path, json={"displayName": "CN=By hand", "endDateTime": ends}, timeout=300)
    certificate.raise_for_status()
    return str(certificate.json()["thumbprint"])


def test_a_certificate_of_others_is_left_alone_until_requested(
    federation: Federation, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator adds one by hand, long before a rotation is due."""
    federation.later(2)
    foreign = make_by_hand(federation, sandbox, monkeypatch)
    before = federation.certificates()
    federation.later(8)
    run = federation.rotate()
    result = run.result("certificate_rotation")
    assert (run.changed(), result["stage"], result["unmanaged"]) == (0, "watch", [foreign])
    assert f"This collection did not create {foreign} (not active, not in every IAM SAML provider)" in run.output
    assert (federation.certificates(), federation.trusted()) == (before, {federation.first})

    federation.later(VALIDITY - 50)
    due = federation.rotate().result("certificate_rotation")
    active = federation.certificates()[0]
    assert active not in (federation.first, foreign), "one of ours was made"
    assert foreign in due["unmanaged"]
    federation.later(8)
    assert federation.trusted() == {federation.first, active, foreign}, "the metadata lists all"

    removed = federation.rotate(certificate_rotation_remove_unmanaged=True)
    assert removed.result("certificate_rotation")["unmanaged"] == []
    assert (federation.trusted(), len(federation.certificates()[1])) == ({active}, 1)


@pytest.mark.soak
def test_a_certificate_of_others_is_taken_over_if_requested(
    federation: Federation, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = make_by_hand(federation, sandbox, monkeypatch)
    result = federation.rotate(certificate_rotation_adopt_unmanaged=True, certificate_rotation_settle_seconds=0).result(
        "certificate_rotation"
    )
    assert federation.certificates()[0] == foreign
    assert result["unmanaged"] == [foreign]
    assert federation.certificate_count() == 2


def test_a_leaked_key_is_replaced_and_removed_in_one_run(federation: Federation) -> None:
    federation.later(2)
    federation.variables["certificate_rotation_settle_seconds"] = 0
    leaked = {
        "certificate_rotation_now": True,
        "certificate_rotation_compromised": True,
        "certificate_rotation_validity_days": 1000,
    }
    run = federation.rotate(**leaked)
    assert "no rollback is possible" in run.output
    federation.check_rotated()
    first = "Remove the certificate " + federation.first
    beginnings = (
        "Create a signing certificate",
        "Publish the new certificate",
        "Wait until",
        "Activate the new certificate",
        first,
        first,
    )
    assert [line.startswith(beginning) for line, beginning in zip(run.plan(), beginnings, strict=True)] == [True] * 6, (
        run.plan()
    )
    assert run.table()["demo"][:2] == ["yes", "passed"]
    assert run.table()["demo"][2] == run.result("certificate_rotation")["message"]
    assert run.result("certificate_rotation")["retired"] == []
    assert federation.rotate().changed() == 0
