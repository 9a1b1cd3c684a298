# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/daily-jobs.md shows is what the playbooks print, from the first run to the teardown."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from playbooks import Playbooks, Run
from seeds import TENANTS

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox
from support import CHECKOUT

INVENTORY: t.Final = "sandbox/hosts.yml"
PAGE: t.Final = CHECKOUT / "docs" / "daily-jobs.md"
#: what is another in each run: ids, thumbprints, times, and what is left of a certificate
CHANGING: t.Final = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9A-F]{40}\b|\d{4}-\d\d-\d\d \d\d:\d\d|\d+(?= days are left)"
)
AGENTS: t.Final = {
    "federation_agents": [],
    "federation_agent_groups": [{"group": "Contact centre agents", "security_profiles": ["Agent"]}],
}


def blocks() -> dict[str, str]:
    """The page's outputs by name."""
    page = PAGE.read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- output: ([\w ]+) -->\n```text\n(.*?)\n```", page, flags=re.DOTALL))


def printed(run: Run) -> str:
    """The plan and the table of a run."""
    (table,) = [
        event["result"]["msg"] for event in run.events if event.get("task") == "Federation, changed, check, what to do"
    ]
    return CHANGING.sub("…", "\n".join([*run.plan(), "", *table]))


def entra(sandbox: Sandbox, **content: t.Any) -> None:
    clouds.seed(sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], **content}]}})


def test_the_page_shows_what_the_playbooks_print(sandbox: Sandbox, playbooks: Playbooks) -> None:
    printed_by_heading = {"a first look": printed(playbooks.succeed("site", INVENTORY, "--check", variables=AGENTS))}
    printed_by_heading["the first run"] = printed(playbooks.succeed("site", INVENTORY, variables=AGENTS))
    nia = {"userPrincipalName": "nia.nkosi@example.com", "givenName": "Nia", "surname": "Nkosi"}
    members = ["jane.doe@example.com", "nia.nkosi@example.com"]
    entra(sandbox, users=[nia], groups=[{"displayName": "Contact centre agents", "members": members}])
    leaving = {**AGENTS, "connect_users_leavers": "delete"}
    printed_by_heading["somebody joins and somebody leaves"] = printed(
        playbooks.succeed("users", INVENTORY, variables=leaving)
    )
    entra(sandbox, groups=[{"displayName": "New agents", "members": []}])
    mistake = {"federation_agent_groups": [{"group": "New agents"}], "azure_saml_app_unlisted_assignments": "remove"}
    sandbox.world.traffic.clear()
    refused = playbooks.fail("users", INVENTORY, variables={**leaving, **mistake})
    assert sandbox.world.traffic.writes() == []
    printed_by_heading["a mistake"] = refused.message()
    sandbox.world.clock.advance(dt.timedelta(days=1060))
    rotating = {**AGENTS, "certificate_rotation_settle_seconds": 1}
    printed_by_heading["a certificate near its end"] = printed(
        playbooks.succeed("rotate_certificate", INVENTORY, variables=rotating)
    )
    removing = {**AGENTS, "federation_remove_agents": True}
    printed_by_heading["what a teardown would remove"] = printed(
        playbooks.succeed("teardown", INVENTORY, "--check", variables=removing)
    )
    assert blocks() == printed_by_heading
