# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the Amazon Connect modules, run by ansible-playbook as they stand."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from contact_centre import ACCOUNT, seed_centre
from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from installed import needs_channels
from support import run_examples

JANE: t.Final = {"username": "jane.doe@example.com", "secondary_email": "jane.doe@example.com"}


@pytest.mark.parametrize(
    "module",
    [
        "connect_approved_origin",
        "connect_instance_info",
        pytest.param("connect_user", marks=needs_channels),
        "connect_user_info",
        "connect_users",
        "connect_instance",
    ],
)
def test_the_examples_run_as_they_stand(sandbox: Sandbox, tmp_path: Path, module: str) -> None:
    users = [] if module == "connect_users" else [JANE]
    centre = seed_centre(sandbox, region="eu-central-1", users=users, security_profiles={"No access": []})
    (tmp_path / "agents.csv").write_text("username\njane.doe@example.com\n", encoding="utf-8")
    if module == "connect_instance":
        sandbox.world.reset()
        account = {"id": ACCOUNT, "access_keys": [{"id": "AKIACONTACTCENTRE", "secret": "a-secret-of-the-sandbox"}]}
        clouds.seed(sandbox.world, {"aws": {"accounts": [account]}})
    played = run_examples(module, centre.environment, tmp_path)
    assert played.returncode == 0, played.stdout
    assert "failed=0" in played.stdout
