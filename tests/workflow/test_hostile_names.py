# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and error texts of both clouds are never templates, whatever they look like: whoever names a group, an
application or a person runs no command on the controller. ansible-core 2.18 templates a variable again at each use,
unless it knows that its value came from outside.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from playbooks import Playbooks, Run
from seeds import ACCOUNTS, TENANTS

from federation_sandbox import clouds
from federation_sandbox.entra.state import directory
from federation_sandbox.faults import Fault
from federation_sandbox.testing import Sandbox

GROUP: t.Final = "Contact centre agents"
#: a name that opens a terminal's escapes and breaks a row as well
DRESS: t.Final = "\x1b[31m\u202e\r\nnext   row"
#: every playbook that shows names, with its arguments and variables, in an order in which each has something to show
RUNS: t.Final[tuple[tuple[str, tuple[str, ...], dict[str, t.Any]], ...]] = (
    ("users", (), {}),
    ("certificates", (), {}),
    ("check", (), {}),
    ("report", (), {}),
    ("rotate_certificate", (), {"certificate_rotation_now": True}),
    ("site", ("--check",), {"azure_saml_app_unlisted_assignments": "remove"}),
    ("teardown", ("--check",), {"federation_remove_agents": True}),
)


class Trap:
    """A template that leaves a file behind when it is rendered."""

    TEMPLATE: t.Final = "{{ lookup('ansible.builtin.pipe', 'touch $TRAP') }}"
    #: short enough for the first name of an agent
    NAME: t.Final = f"{TEMPLATE}{DRESS}"

    def __init__(self, playbooks: Playbooks, folder: Path) -> None:
        self._file = folder / "rendered"
        playbooks.environment |= {"TRAP": str(self._file)}

    def check(self, run: Run) -> None:
        """Nothing was rendered, and all that was shown is lines of text."""
        assert not self._file.exists(), run.output
        assert "\x1b" not in run.output
        assert "\u202e" not in run.output


@pytest.fixture
def trap(playbooks: Playbooks, tmp_path: Path) -> Trap:
    return Trap(playbooks, tmp_path)


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    variables = {
        "federation_region": "eu-central-1",
        "federation_instance_alias": "example-demo",
        "federation_assigned_groups": [GROUP],
        "federation_agent_groups": [{"group": GROUP}],
        "federation_check_wait_timeout": 0,
        "federation_report_fail_on": "never",
        "certificate_rotation_settle_seconds": 0,
    }
    file = tmp_path / "hosts.json"
    file.write_text(json.dumps({"all": {"hosts": {"demo": variables}}}), encoding="utf-8")
    return file


def rename(sandbox: Sandbox, name: str, app_id: str) -> None:
    """Somebody gives everything a hostile name that has one: people, groups, the application, who is assigned."""
    tenant = directory(sandbox.world).tenants[TENANTS["public"]]
    records = [
        (kind, dict(record))
        for kind in ("users", "groups", "appRoleAssignments", "applications", "servicePrincipals")
        for record in tenant[kind].current()
        if record.get("appId") in (None, app_id)
    ]
    for kind, record in records:
        keys = ("givenName", "surname", "notes", "description", "principalDisplayName", "resourceDisplayName")
        changed = {key: name for key in keys if key in record}
        label = {} if record.get("displayName") in (None, GROUP) else {"displayName": name}
        tenant[kind].put({**record, **changed, **label})
    group = {"displayName": f"another {name}", "members": ["john.roe@example.com"]}
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], "groups": [group]}]}})


@pytest.mark.soak
def test_no_name_is_a_template(sandbox: Sandbox, playbooks: Playbooks, inventory: Path, trap: Trap) -> None:
    site = playbooks.succeed("site", inventory)
    app_id = site.result("azure_saml_app")["app_id"]
    rename(sandbox, trap.NAME, app_id)
    sandbox.world.settings.limits = False
    for playbook, arguments, variables in RUNS:
        run = playbooks.run(
            playbook, inventory, *arguments, variables={"certificate_rotation_app_id": app_id, **variables}
        )
        trap.check(run)
        assert run.returncode == 0, run.output


@pytest.mark.parametrize("service", ["graph", "connect"])
def test_no_error_is_a_template(
    sandbox: Sandbox, playbooks: Playbooks, inventory: Path, trap: Trap, service: str
) -> None:
    error = {"status": 400, "code": "ValidationError", "message": trap.NAME}
    sandbox.world.faults.add(Fault(service, "*", times=100_000, **error))
    run = playbooks.fail("site", inventory, variables={"federation_account_id": ACCOUNTS["aws"]})
    trap.check(run)
    assert trap.TEMPLATE in run.message()
