# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A healthy federation, and one wrong value for each host: each is refused in the plan, and nothing is written to
either cloud.

What a value alone tells is tried without playbooks, for every variable (test_check_variable_values); here are those
values that only the clouds can tell to be wrong, and one of each kind of the others.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import yaml
from playbooks import INVENTORIES
from rotations import INVENTORY, Federation
from seeds import ACCOUNTS

NOBODY: t.Final = "99999999-8888-4777-8666-555555555555"
GROUP: t.Final = {"group": "Contact centre agents"}

#: Variables of a host, and a piece of the message.
ON_THE_CLOUDS_WORD: t.Final[dict[str, tuple[dict[str, t.Any], str]]] = {
    "account": ({"federation_account_id": "999988887777"}, "999988887777"),
    "application": ({"azure_saml_app_app_id": NOBODY}, NOBODY),
    "approved origin": (
        {"connect_instance_approved_origins": {"add": ["https://desk.example.com/page"]}},
        "desk.example.com/page",
    ),
    "attribute of the instance": ({"connect_instance_attributes": {"contact_lense": True}}, "contact_lense"),
    "boundary": ({"aws_federation_boundary": f"arn:aws:iam::{ACCOUNTS['aws']}:policy/None"}, "policy/None"),
    "entity id": ({"aws_federation_entity_id": "https://sts.windows.net/other/"}, "https://sts.windows.net/other/"),
    "group": ({"federation_assigned_groups": ["Contact center agents"]}, "Contact center agents"),
    "group of agents": ({"federation_agent_groups": [{"group": "Nobody"}], "federation_agents": []}, "Nobody"),
    "hierarchy group": ({"connect_users_hierarchy_group": "None/Such"}, "None/Such"),
    "instance": ({"federation_instance_id": NOBODY}, NOBODY),
    "instance of another account": (
        {"aws_federation_instance_arns": [f"arn:aws:connect:eu-central-1:999988887777:instance/{NOBODY}"]},
        "999988887777",
    ),
    "person": ({"azure_saml_app_assigned_users": ["nobody@example.com"]}, "nobody@example.com"),
    "Region without Connect": ({"federation_region": "eu-north-1"}, "eu-north-1"),
    "reply URL of another cloud": ({"federation_reply_url": "https://signin.amazonaws-us-gov.com/saml"}, "GovCloud"),
    "restricted profile": (
        {
            "connect_users_leavers": "restrict",
            "connect_users_mode": "set",
            "connect_users_restricted_security_profile": "Agent",
        },
        "opens the Contact Control Panel",
    ),
    "restriction without a profile": (
        {"connect_users_leavers": "restrict", "connect_users_mode": "set"},
        "restricted_security_profile",
    ),
    "routing profile": ({"connect_users_routing_profile": "None"}, "routing profile 'None'"),
    "security profile": ({"connect_users_security_profiles": ["None"]}, "security profile 'None'"),
    "setting of a group": (
        {"federation_agent_groups": [{**GROUP, "rooting_profile": "x"}], "federation_agents": []},
        "rooting_profile",
    ),
    "tag of agents": ({"connect_users_tags": {"aws:team": "x"}}, "aws:team"),
}
ON_THE_VALUE_S_OWN: t.Final[dict[str, tuple[dict[str, t.Any], str]]] = {
    "choice": ({"connect_users_leavers": "remove"}, "connect_users_leavers"),
    "destination": ({"federation_destination": "%2Fagent-app-v2"}, "federation_destination"),
    "options of AWS": ({"federation_aws_options": {"profil": "x"}}, "profil"),
    "options of Entra": ({"federation_entra_options": {"client_secrets": "x"}}, "client_secrets"),
    "tags": ({"federation_tags": {"team": "R&D"}}, "federation_tags"),
    "through another variable": ({"own": "R&D", "aws_federation_tags": {"team": "{{ own }}"}}, "aws_federation_tags"),
    "truth": ({"azure_saml_app_adopt": "perhaps"}, "azure_saml_app_adopt"),
}


def test_each_is_refused_in_the_plan(federation: Federation, tmp_path: Path) -> None:
    common = (
        yaml.safe_load((INVENTORIES / INVENTORY).read_text(encoding="utf-8"))["all"]["hosts"]["demo"]
        | federation.variables
    )
    cases = {**ON_THE_CLOUDS_WORD, **ON_THE_VALUE_S_OWN}
    hosts = {f"case-{number}": {**common, **variables} for number, (variables, _piece) in enumerate(cases.values())}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    federation.world.traffic.clear()
    run = federation.playbooks.fail("site", inventory)
    messages = {
        name: run.message(host) if host in run.failed_hosts() else "" for name, host in zip(cases, hosts, strict=True)
    }
    assert {name: message for name, message in messages.items() if cases[name][1] not in message} == {}
    assert federation.world.traffic.writes() == []
    planned = [event for event in run.events if event.get("task") == "The plan"]
    assert planned == [], "what is wrong is told before a plan is shown"
