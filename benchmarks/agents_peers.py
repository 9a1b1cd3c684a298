# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeping agents in step costs with connect_users, and with what people would pick instead: a script of boto3 as
samples for Amazon Connect write it (list what is there, describe each user that is wanted, create or update one after
the other), and aws_connect_user of HashiCorp's aws provider.

All are whole commands on the same sandbox in one run: a playbook of one task, a Python script, terraform apply.
Requests are exact; times are given as ratios, since they depend on the machine. The limits are off, and each answer
takes --latency seconds.
"""

from __future__ import annotations

import argparse
import collections.abc
import functools
import json
import os
import sys
import tempfile
import typing as t
from pathlib import Path

from _peers import HEADER, Cost, Terraform, measured, play_task, row, terraform_plugins

from contact_centre import Centre, person, seed_centre
from federation_sandbox.testing import Sandbox, running_sandbox
from support import COLLECTIONS, module_environment

COUNTS: t.Final = (1, 50, 500)
#: requests that connect_users makes once to see whom it must not touch, however many agents there are
EXTRA: t.Final = 10
OURS: t.Final = {"managed-by": "openccp.federation"}

#: The way of the samples. Its arguments are the instance and the users, as options of connect_users.
SCRIPT: t.Final = """
import json, sys
import boto3

instance, users = sys.argv[1], json.load(sys.stdin)
connect = boto3.client("connect")

def everything(operation, key):
    return [entry for page in connect.get_paginator(operation).paginate(InstanceId=instance) for entry in page[key]]

users = {user["Username"]: user["Id"] for user in everything("list_users", "UserSummaryList")}
security = {one["Name"]: one["Id"] for one in everything("list_security_profiles", "SecurityProfileSummaryList")}
routing = {one["Name"]: one["Id"] for one in everything("list_routing_profiles", "RoutingProfileSummaryList")}
for user in users:
    identity = {"FirstName": user["first_name"], "LastName": user["last_name"]}
    phone = {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 0}
    profiles = sorted(security[name] for name in user["security_profiles"])
    of = {"InstanceId": instance}
    if user["username"] not in users:
        connect.create_user(Username=user["username"], IdentityInfo=identity, PhoneConfig=phone,
                            SecurityProfileIds=profiles, RoutingProfileId=routing[user["routing_profile"]], **of)
        continue
    of["UserId"] = users[user["username"]]
    found = connect.describe_user(**of)["User"]
    if {name: found["IdentityInfo"].get(name) for name in identity} != identity:
        connect.update_user_identity_info(IdentityInfo=identity, **of)
    if sorted(found["SecurityProfileIds"]) != profiles:
        connect.update_user_security_profiles(SecurityProfileIds=profiles, **of)
    if found["RoutingProfileId"] != routing[user["routing_profile"]]:
        connect.update_user_routing_profile(RoutingProfileId=routing[user["routing_profile"]], **of)
"""


Agent = dict[str, t.Any]
#: how a way does it: on a sandbox, with so many agents there, the agents that are wanted, and how long an answer takes
Way = t.Callable[[Sandbox, int, list[Agent], float], Cost]


def team(count: int, **of_the_first: t.Any) -> list[Agent]:
    """That many agents. of_the_first: what the first of them has instead."""
    agents = [person({"username": f"agent{number:03}@example.com"}) for number in range(count)]
    return [{**agents[0], **of_the_first}, *agents[1:]]


def filled(sandbox: Sandbox, count: int, latency: float) -> Centre:
    """A centre with that many agents, or none."""
    sandbox.world.reset()
    users = [{**agent, "tags": OURS} for agent in team(count)] if count else []
    centre = seed_centre(sandbox, users=users, routing_profiles=["Sales"])
    sandbox.world.settings.change({"limits": False, "latency": latency})
    return centre


def by_playbook(sandbox: Sandbox, present: int, users: list[Agent], latency: float) -> Cost:
    """A playbook of one task."""
    centre = filled(sandbox, present, latency)
    pace = {"rate": 100_000.0, "burst": 100_000.0}
    task = {"openccp.federation.connect_users": {"instance_id": centre.id, "users": users, **pace}}
    return play_task(sandbox, task, centre.environment)


def by_script(sandbox: Sandbox, present: int, users: list[Agent], latency: float) -> Cost:
    """The script of boto3."""
    centre = filled(sandbox, present, latency)
    environment = {**module_environment(centre.environment), "AWS_DEFAULT_REGION": centre.region}
    return measured(sandbox, [sys.executable, "-c", SCRIPT, centre.id], environment, json.dumps(users))


def by_terraform(plugins: Path, sandbox: Sandbox, present: int, users: list[Agent], latency: float) -> Cost:
    """terraform apply; what is there already was made by an earlier one. plugins: a mirror with the provider."""
    centre = filled(sandbox, 0, 0.0)
    connect = centre.connect()
    routing = connect.list_routing_profiles(InstanceId=centre.id)["RoutingProfileSummaryList"]
    security = connect.list_security_profiles(InstanceId=centre.id)["SecurityProfileSummaryList"]
    ids = {entry["Name"]: entry["Id"] for entry in [*security, *routing]}

    def variables(agents: list[Agent]) -> dict[str, t.Any]:
        return {"users": [_with_ids(agent, ids) for agent in agents]}

    with tempfile.TemporaryDirectory() as folder:
        configuration = terraform_configuration(centre.id)
        terraform = Terraform(sandbox, Path(folder), plugins, configuration, centre.environment)
        if present:
            terraform.apply(variables(team(present)))
        sandbox.world.settings.change({"latency": latency})
        return terraform.apply(variables(users))


def _with_ids(agent: Agent, ids: t.Mapping[str, str]) -> Agent:
    profiles = [ids[profile] for profile in agent["security_profiles"]]
    return {**agent, "routing_profile_id": ids[agent["routing_profile"]], "security_profile_ids": profiles}


def terraform_configuration(instance_id: str) -> dict[str, t.Any]:
    """One resource for each agent, as the provider documents it."""
    user = {
        "for_each": "${{for user in var.users: user.username => user}}",
        "instance_id": instance_id,
        "name": "${each.key}",
        "routing_profile_id": "${each.value.routing_profile_id}",
        "security_profile_ids": "${each.value.security_profile_ids}",
        "identity_info": {"first_name": "${each.value.first_name}", "last_name": "${each.value.last_name}"},
        "phone_config": {"phone_type": "SOFT_PHONE", "after_contact_work_time_limit": 0},
    }
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "variable": {"users": {"type": "any"}},
        "resource": {"aws_connect_user": {"agent": user}},
    }


def cases() -> collections.abc.Iterator[tuple[str, int, int, list[dict[str, t.Any]]]]:
    """What is measured: its name, how many agents are wanted and how many are there, and the agents."""
    for count in COUNTS:
        yield "create", count, 0, team(count)
        yield "unchanged", count, count, team(count)
        yield "one change", count, count, team(count, routing_profile="Sales")


def other_ways(plugins: Path | None) -> dict[str, Way]:
    """What connect_users is compared with; without Terraform and its provider that is left out, and said."""
    ways: dict[str, Way] = {"boto3": by_script}
    mirror = terraform_plugins(plugins, "aws")
    return {**ways, "Terraform": functools.partial(by_terraform, mirror)} if mirror else ways


def main() -> int:
    """Measure, and print the table. The exit status is 1 when connect_users makes more requests for many agents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out 500 agents")
    parser.add_argument("--latency", type=float, default=0.06, help="how long an answer takes, in seconds")
    parser.add_argument(
        "--terraform-plugins", type=Path, help="a filesystem mirror that has the provider hashicorp/aws"
    )
    options = parser.parse_args()
    os.environ.setdefault("PYTHONPATH", str(COLLECTIONS))
    ways, fewer = other_ways(options.terraform_plugins), True
    print(HEADER)
    with running_sandbox() as sandbox:
        by_script(sandbox, 1, team(1), 0.0)  # the sandbox makes its models when they are first needed
        for what, count, present, users in cases():
            if options.quick and count == max(COUNTS):
                continue
            ours = by_playbook(sandbox, present, users, options.latency)
            for way, run in ways.items():
                theirs = run(sandbox, present, users, options.latency)
                fewer &= count < COUNTS[1] or ours.requests <= theirs.requests + EXTRA
                print(row(what, count, way, ours, theirs), flush=True)
    return 0 if fewer else 1


if __name__ == "__main__":
    sys.exit(main())
