# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeping agents in step costs with connect_users, and with what people would pick instead: a script of boto3 as
samples for Amazon Connect write it (list what is there, describe each user that is wanted, create or update one after
the other), and aws_connect_user of HashiCorp's aws provider.

All are whole commands on the same sandbox in one run: a playbook of one task, a Python script, terraform apply.
Requests are exact; times are told as ratios, since they are this machine's. The limits are off, and each answer takes
--latency seconds.
"""

from __future__ import annotations

import argparse
import collections.abc
import dataclasses
import functools
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from contact_centre import Centre, centre, person
from federation_sandbox.testing import Sandbox, running_sandbox
from support import COLLECTIONS, ansible_environment, module_environment

COUNTS: t.Final = (1, 50, 500)
#: requests that connect_users makes once to see whom it must not touch, however many agents there are
EXTRA: t.Final = 10
OURS: t.Final = {"managed-by": "openccp.federation"}

#: The way of the samples. Its arguments are the instance and the users, as options of connect_users.
SCRIPT: t.Final = """
import json, sys
import boto3

instance, wanted = sys.argv[1], json.load(sys.stdin)
connect = boto3.client("connect")

def everything(operation, key):
    return [entry for page in connect.get_paginator(operation).paginate(InstanceId=instance) for entry in page[key]]

users = {user["Username"]: user["Id"] for user in everything("list_users", "UserSummaryList")}
security = {one["Name"]: one["Id"] for one in everything("list_security_profiles", "SecurityProfileSummaryList")}
routing = {one["Name"]: one["Id"] for one in everything("list_routing_profiles", "RoutingProfileSummaryList")}
for user in wanted:
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


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a command took: requests, seconds, and processor seconds with everything that it started."""

    requests: int
    seconds: float
    busy: float


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
    here = centre(sandbox, users=users, routing_profiles=["Sales"])
    sandbox.world.settings.change({"limits": False, "latency": latency})
    return here


def measured(here: Centre, command: list[str | Path], environment: t.Mapping[str, str], stdin: str = "") -> Cost:
    """The cost of a command, which must succeed."""
    here.sandbox.world.traffic.clear()
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=dict(environment))
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(len(here.sandbox.world.traffic.requests()), seconds, busy)


def by_playbook(sandbox: Sandbox, present: int, users: list[Agent], latency: float) -> Cost:
    """A playbook of one task."""
    here = filled(sandbox, present, latency)
    pace = {"rate": 100_000.0, "burst": 100_000.0}
    task = {"openccp.federation.connect_users": {"instance_id": here.id, "users": users, **pace}}
    variables = {"ansible_python_interpreter": sys.executable}
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": [task]}]
    with tempfile.TemporaryDirectory() as folder:
        playbook = Path(folder) / "agents.yml"
        playbook.write_text(json.dumps(play), encoding="utf-8")
        environment = {**ansible_environment(here.environment), "EVENTS_FILE": str(Path(folder) / "events")}
        command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", "localhost,", playbook]
        return measured(here, command, environment)


def by_script(sandbox: Sandbox, present: int, users: list[Agent], latency: float) -> Cost:
    """The script of boto3."""
    here = filled(sandbox, present, latency)
    environment = {**module_environment(here.environment), "AWS_DEFAULT_REGION": here.region}
    return measured(here, [sys.executable, "-c", SCRIPT, here.id], environment, json.dumps(users))


def by_terraform(plugins: Path, sandbox: Sandbox, present: int, users: list[Agent], latency: float) -> Cost:
    """terraform apply; what is there already was made by an earlier one. plugins: a mirror with the provider."""
    here = filled(sandbox, 0, 0.0)
    connect = here.connect()
    routing = connect.list_routing_profiles(InstanceId=here.id)["RoutingProfileSummaryList"]
    security = connect.list_security_profiles(InstanceId=here.id)["SecurityProfileSummaryList"]
    ids = {entry["Name"]: entry["Id"] for entry in [*security, *routing]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{plugins}"\n  }}\n}}\n'
        (folder / "terraform.rc").write_text(mirror, encoding="utf-8")
        (folder / "main.tf.json").write_text(json.dumps(terraform_configuration(here.id)), encoding="utf-8")
        certificates = here.environment["AWS_CA_BUNDLE"]
        own = {"TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        environment = {**os.environ, **here.environment, **own, "SSL_CERT_FILE": certificates}

        def run(command: str, *arguments: str) -> Cost:
            return measured(here, ["terraform", f"-chdir={folder}", command, "-input=false", *arguments], environment)

        def apply(agents: list[Agent]) -> Cost:
            resolved = [_with_ids(agent, ids) for agent in agents]
            (folder / "terraform.tfvars.json").write_text(json.dumps({"users": resolved}), encoding="utf-8")
            return run("apply", "-auto-approve")

        run("init")
        if present:
            apply(team(present))
        sandbox.world.settings.change({"latency": latency})
        return apply(users)


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


def row(what: str, count: int, way: str, ours: Cost, theirs: Cost) -> str:
    """A line of the table; the ratios are those of the other way to connect_users."""
    more = theirs.requests / ours.requests
    times = f"{theirs.busy / ours.busy:.2f} × | {theirs.seconds / ours.seconds:.2f} ×"
    return f"| {what} | {count} | {way} | {theirs.requests} | {ours.requests} | {more:.1f} × | {times} |"


def other_ways(plugins: Path | None) -> dict[str, Way]:
    """What connect_users is compared with; without Terraform and its provider that is left out, and said."""
    ways: dict[str, Way] = {"boto3": by_script}
    if plugins and shutil.which("terraform"):
        return {**ways, "Terraform": functools.partial(by_terraform, plugins.resolve())}
    print("Terraform is left out: it needs terraform, and --terraform-plugins with HashiCorp's aws provider.\n")
    return ways


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
    print("| Case | Agents | Other way | Its requests | Ours | Requests | Processor time | Time |")
    print("|---|---|---|---|---|---|---|---|")
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
