# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signing certificate is rotated while agents sign in all the time, and none of them notices."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import pytest
from playbooks import Playbooks
from rotations import LAGS, SETTLE, USERS, VALIDITY, Federation

from federation_sandbox import clouds, walk
from federation_sandbox.testing import Sandbox
from support import run_module

FOREIGN: t.Final = "555566667777"


@pytest.mark.timeout(600)
def test_no_sign_in_fails_but_in_the_naive_order_some_do(federation: Federation, playbooks: Playbooks, note: t.Callable[..., None]) -> None:
    """The control is in the same clouds: make, activate, upload. So the first half could have seen a failure."""
    federation.due()
    mail = {"certificate_rotation_notification_emails": ["operations@example.com"]}
    with federation.agents() as agents:
        assert federation.rotate(**mail).result("certificate_rotation")["stage"] == "watch"
        assert federation.certificates()[0] != federation.first
        federation.check_site_undoes_nothing()
        with agents.paused():
            federation.later(8)
        assert federation.rotate(**mail).result("certificate_rotation")["certificates"][0]["active"]
    federation.check_rotated()
    assert federation.principal()["notificationEmailAddresses"] == ["operations@example.com"]
    note("sign-ins in a rotation", agents)
    assert agents.failed() == []
    assert {user for _moment, user, _found in agents.log} == set(USERS)
    assert agents.rate() >= 10

    environment, application = playbooks.environment, {"app_id": federation.app_id}
    with federation.agents() as naive:
        staged = run_module("azure_saml_certificate", {**application, "common_name": "Naive"}, environment)["certificate"]
        activated = run_module("azure_saml_certificate", {**application, "state": "active", "force": True}, environment)
        assert activated["certificate"]["thumbprint"] == staged["thumbprint"]
        run_module("iam_saml_provider", {"name": federation.name, "metadata": staged["metadata_xml"], "purge_tags": False}, environment)
        time.sleep(SETTLE)
    note("sign-ins in the naive order", naive)
    assert "Response signature invalid" in " ".join(naive.failed())
    assert naive.log[-1][2].ok, "sign-ins work again"


@pytest.mark.timeout(600)
def test_an_active_certificate_that_ended_and_a_provider_in_another_account(
    federation: Federation, sandbox: Sandbox, playbooks: Playbooks, tmp_path: Path
) -> None:
    """facts/entra.md 3.7: a new certificate signs at once. Both accounts get it, and the run says how long sign-ins failed."""
    key = {"id": "AKIAFOREIGN000000000", "secret": "the-foreign-secret"}
    clouds.seed(sandbox.world, {"aws": {"accounts": [{"id": FOREIGN, "access_keys": [key]}]}})
    foreign = {"access_key": key["id"], "secret_key": key["secret"]}
    elsewhere = run_module("iam_saml_provider", {"name": "Elsewhere", "metadata": federation.metadata, **foreign}, playbooks.environment)
    federation.variables |= {
        "certificate_rotation_providers": [federation.arn, elsewhere["saml_provider"]["arn"]],
        "certificate_rotation_aws_options": {FOREIGN: foreign},
    }
    federation.later(VALIDITY + 1)
    sandbox.world.settings.change(LAGS)
    assert "AADSTS50146" in walk.sign_in(sandbox.environment, federation.url, USERS[0]).text
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
    time.sleep(LAGS["iam_replication"])
    assert walk.sign_in(sandbox.environment, federation.url, USERS[0]).ok
