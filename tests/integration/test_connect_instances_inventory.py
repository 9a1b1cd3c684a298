# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin connect_instances, as ansible-inventory runs it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import threading
import typing as t
from pathlib import Path

import pytest
import yaml
from werkzeug import Request, Response

from federation_sandbox import clouds
from federation_sandbox.faults import Fault
from federation_sandbox.service import Call
from federation_sandbox.testing import Sandbox
from saml_factory import make_certificate, make_metadata
from support import CHECKOUT, HANGS, ansible_command, ansible_environment, run_ansible

HOME, SALES, SUPPORT, CLOSED = "111111111111", "222222222222", "333333333333", "444444444444"
KEY: t.Final = {"id": "AKIA111111111111", "secret": "the-secret-of-the-operator"}


def policy(statement: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def automation(account: str, *actions: str, **condition: t.Any) -> dict[str, t.Any]:
    """A role that the operator may assume, and that may do something."""
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
        "Action": "sts:AssumeRole",
        **condition,
    }
    may = {"Effect": "Allow", "Action": ["connect:*", "ds:*", *actions], "Resource": "*"}
    return {"account": account, "name": "Automation", "trust": policy(allow), "policies": {"all": policy(may)}}


def federation_role(account: str, alias: str) -> dict[str, t.Any]:
    """The role of a federation."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account}:saml-provider/Entra"},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    }
    return {
        "account": account,
        "name": f"ConnectFederation-{alias}",
        "trust": policy(trust),
        "tags": {"managed-by": "openccp.federation"},
    }


SEED: t.Final[dict[str, t.Any]] = {
    "accounts": [{"id": HOME, "access_keys": [KEY]}, {"id": SALES}, {"id": SUPPORT}, {"id": CLOSED}],
    "providers": [{"account": SALES, "name": "Entra", "metadata": make_metadata(make_certificate())}],
    "roles": [
        automation(SALES, "iam:GetRole"),
        automation(SUPPORT, Condition={"StringEquals": {"sts:ExternalId": "contact-centre"}}),
        federation_role(SALES, "sales-live"),
    ],
    "instances": [
        {"account": HOME, "region": "eu-central-1", "alias": "home"},
        {"account": SALES, "region": "eu-central-1", "alias": "sales-live", "tags": {"environment": "live"}},
        {"account": SALES, "region": "us-east-1", "alias": "sales-test", "tags": {"environment": "test"}},
        {"account": SUPPORT, "region": "us-east-1", "alias": "support", "identity_management_type": "CONNECT_MANAGED"},
    ],
}
ACCOUNTS: t.Final = [
    {"role_arn": f"arn:aws:iam::{SALES}:role/Automation"},
    {"role_arn": f"arn:aws:iam::{SUPPORT}:role/Automation", "external_id": "contact-centre"},
]
DENIED: t.Final = {"role_arn": f"arn:aws:iam::{CLOSED}:role/Automation"}
REGIONS: t.Final = ["eu-central-1", "us-east-1"]


def _plain(value: dict[str, t.Any]) -> t.Any:
    """ansible-inventory marks texts that are no templates."""
    return value.get("__ansible_unsafe", value)


class Inventory:
    """A configuration file, and ansible-inventory. more: variables of its environment."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder

    def run(self, options: t.Mapping[str, t.Any], *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        source = self.folder / "connect_instances.yml"
        source.write_text(
            yaml.safe_dump({"plugin": "openccp.federation.connect_instances", "regions": REGIONS, **options}),
            encoding="utf-8",
        )
        environment = {
            **ansible_environment(self.sandbox.environment),
            "AWS_ACCESS_KEY_ID": KEY["id"],
            "AWS_SECRET_ACCESS_KEY": KEY["secret"],
            **more,
        }
        command = ansible_command("ansible-inventory", "--inventory", source, *(arguments or ["--list"]))
        done = run_ansible(command, environment, self.folder)
        assert "Traceback" not in done.stderr, done.stderr
        assert KEY["secret"] not in done.stdout + done.stderr
        return done

    def list(self, options: t.Mapping[str, t.Any], *arguments: str) -> dict[str, t.Any]:
        """What --list prints, of an inventory that succeeds."""
        done = self.run(options, *arguments)
        assert done.returncode == 0, done.stderr
        return t.cast("dict[str, t.Any]", json.loads(done.stdout, object_hook=_plain))

    def hosts(self, options: t.Mapping[str, t.Any]) -> set[str]:
        """The names of all hosts."""
        return set(self.list(options)["_meta"]["hostvars"])

    def refused(self, options: t.Mapping[str, t.Any]) -> str:
        """The error of an inventory that fails, before any request."""
        self.sandbox.world.traffic.clear()
        done = self.run(options)
        assert done.returncode != 0, done.stdout
        return " ".join(done.stderr.split())


@pytest.fixture
def inventory(sandbox: Sandbox, tmp_path: Path) -> Inventory:
    clouds.seed(sandbox.world, {"aws": SEED})
    return Inventory(sandbox, tmp_path)


def test_hosts_of_several_accounts_and_regions_are_ready_for_the_roles(inventory: Inventory) -> None:
    listed = inventory.list(
        {
            "accounts": ACCOUNTS,
            "keyed_groups": [
                {"key": "connect.region", "prefix": "region"},
                {"key": "connect.tags.environment", "prefix": "environment", "default_value": "unknown"},
            ],
            "groups": {"to_federate": "connect.identity_management_type == 'SAML' and connect.federated is false"},
            "compose": {"federation_assigned_groups": "['Agents ' ~ connect.alias]"},
            "strict": False,
        }
    )
    hosts = listed["_meta"]["hostvars"]
    assert set(hosts) == {"sales-live", "sales-test", "support"}
    live = hosts["sales-live"]
    connect = live.pop("connect")
    assert live == {
        "federation_instance_alias": "sales-live",
        "federation_instance_id": connect["id"],
        "federation_region": "eu-central-1",
        "federation_account_id": SALES,
        "federation_assume_role_arn": ACCOUNTS[0]["role_arn"],
        "federation_assigned_groups": ["Agents sales-live"],
    }
    assert connect == {
        "alias": "sales-live",
        "id": connect["id"],
        "arn": f"arn:aws:connect:eu-central-1:{SALES}:instance/{connect['id']}",
        "region": "eu-central-1",
        "account_id": SALES,
        "partition": "aws",
        "identity_management_type": "SAML",
        "status": "ACTIVE",
        "access_url": "https://sales-live.my.connect.aws",
        "tags": {"environment": "live"},
        "federated": True,
    }
    assert hosts["sales-test"]["connect"]["federated"] is False
    assert hosts["support"]["connect"]["federated"] is False, "it does not sign in through SAML"
    assert hosts["support"]["federation_assume_role_external_id"] == "contact-centre"
    assert listed["region_us_east_1"]["hosts"] == ["sales-test", "support"]
    assert listed["environment_live"]["hosts"] == ["sales-live"]
    assert listed["to_federate"]["hosts"] == ["sales-test"]


def test_a_role_that_cannot_be_read_is_no_answer(inventory: Inventory) -> None:
    more = {"account": SUPPORT, "region": "us-east-1", "alias": "unreadable"}
    clouds.seed(inventory.sandbox.world, {"aws": {"instances": [more]}})
    done = inventory.run({"accounts": ACCOUNTS, "groups": {"to_federate": "connect.federated is false"}})
    listed = json.loads(done.stdout)
    assert listed["_meta"]["hostvars"]["unreadable"]["connect"]["federated"] is None
    assert set(listed["to_federate"]["hosts"]) == {"sales-test", "support"}
    warning = f"It is unknown whether these instances of the account {SUPPORT} are federated: unreadable."
    assert f"{warning} The credentials may not read their roles; allow iam:GetRole." in " ".join(done.stderr.split())
    assert "leaves them out" not in done.stderr
    for federated, hosts in ((True, {"sales-live"}), (False, {"sales-test", "support"})):
        done = inventory.run({"accounts": ACCOUNTS, "filters": {"federated": federated}})
        assert set(json.loads(done.stdout)["_meta"]["hostvars"]) == hosts
        output = " ".join(done.stderr.split())  # a warning is folded
        assert f"{warning} " in output
        assert "The filter federated leaves them out." in output
    assert (
        "unknown" not in inventory.run({"accounts": ACCOUNTS, "filters": {"alias": ["s*"], "federated": False}}).stderr
    )


def test_a_session_has_the_name_that_was_given(inventory: Inventory) -> None:
    inventory.hosts({"accounts": [{**ACCOUNTS[0], "session_name": "nightly"}, ACCOUNTS[1]]})
    callers = {entry["caller"] for entry in inventory.sandbox.world.traffic.entries("connect")}
    names = {SALES: "nightly", SUPPORT: "openccp.federation"}
    assert callers == {f"arn:aws:sts::{account}:assumed-role/Automation/{name}" for account, name in names.items()}


class Gate:
    """Lets nobody through before so many are there at once; most: how many there were."""

    def __init__(self, awaited: int) -> None:
        self.most, self._inside, self._awaited, self._changed = 0, 0, awaited, threading.Condition()

    def pass_through(self, work: t.Callable[[], Response]) -> Response:
        with self._changed:
            self._inside += 1
            self.most = max(self.most, self._inside)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self.most >= self._awaited, HANGS)
        try:
            return work()
        finally:
            with self._changed:
                self._inside -= 1


@pytest.mark.parametrize(("workers", "most"), [(1, 1), (4, 4)])
def test_places_are_looked_at_side_by_side(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch, workers: int, most: int
) -> None:
    gate = Gate(most)
    connect = next(service for service in clouds.SERVICES if service.name == "connect")

    def handle(request: Request, call: Call) -> Response:
        return gate.pass_through(lambda: connect.handle(request, call))

    gated, service_for = dataclasses.replace(connect, handle=handle), clouds.service_for
    monkeypatch.setattr(
        clouds, "service_for", lambda host: gated if service_for(host) is connect else service_for(host)
    )
    inventory.hosts({"accounts": ACCOUNTS, "workers": workers})
    assert len(inventory.sandbox.world.traffic.entries("connect", "ListInstances")) == len(ACCOUNTS) * len(REGIONS)
    assert gate.most == most


@pytest.mark.parametrize(
    "part", [{"compose": {"team": "connect.tags.team | upper"}}, {"groups": {"live": "connect.tags.team == 'a'"}}]
)
def test_strict_decides_what_an_expression_that_fails_means(inventory: Inventory, part: dict[str, t.Any]) -> None:
    assert "team" in inventory.refused({**part, "strict": True})
    assert inventory.hosts({**part, "strict": False}) == {"home"}


def test_the_examples_of_the_documentation(inventory: Inventory) -> None:
    """They name accounts of their own."""
    source = (CHECKOUT / "plugins" / "inventory" / "connect_instances.py").read_text(encoding="utf-8")
    first, second = yaml.safe_load_all(source.partition('EXAMPLES = r"""')[2].partition('"""')[0])
    named = [account["role_arn"].split(":")[4] for account in second["accounts"]]
    outside = {"Condition": {"StringEquals": {"sts:ExternalId": second["accounts"][1]["external_id"]}}}
    seed = {
        "accounts": [{"id": number} for number in named],
        "roles": [automation(named[0], "iam:GetRole"), automation(named[1], "iam:GetRole", **outside)],
        "instances": [{"account": number, "region": "eu-west-2", "alias": f"in-{number}"} for number in named],
    }
    clouds.seed(inventory.sandbox.world, {"aws": seed})
    assert inventory.hosts({"regions": [], **first}) == {"home"}
    listed = inventory.list(second)
    assert (
        listed["region_eu_west_2"]["hosts"]
        == listed["environment_unknown"]["hosts"]
        == [f"in-{number}" for number in named]
    )
    assert listed["to_federate"]["hosts"] == [f"in-{number}" for number in named]


def test_an_inventory_source_of_awx(inventory: Inventory) -> None:
    """As AWX asks: exported to a file, with everything that a job needs in it."""
    file = inventory.folder / "output.json"
    inventory.run({"accounts": ACCOUNTS}, "--list", "--export", "--output", str(file))
    hosts = json.loads(file.read_text(encoding="utf-8"), object_hook=_plain)["_meta"]["hostvars"]
    assert hosts["support"]["federation_assume_role_external_id"] == "contact-centre"


def test_without_accounts_the_credentials_own_is_meant(inventory: Inventory) -> None:
    hosts = inventory.list({})["_meta"]["hostvars"]
    assert set(hosts) == {"home"}
    assert "federation_assume_role_arn" not in hosts["home"]


def test_without_regions_all_of_the_partition_are_looked_at(inventory: Inventory) -> None:
    assert inventory.hosts({"regions": []}) == {"home"}
    regions = {entry["host"].split(".")[1] for entry in inventory.sandbox.world.traffic.entries("connect")}
    assert {"eu-central-1", "us-east-1", "ap-southeast-2"} <= regions
    assert not [region for region in regions if region.startswith("us-gov")]


def test_without_regions_a_region_that_is_given_is_the_only_one(inventory: Inventory) -> None:
    for region, options, environment, warned in (
        ("us-east-1", {"regions": [], "region": "us-east-1"}, {"AWS_REGION": "eu-central-1"}, False),
        ("us-east-1", {"regions": []}, {"AWS_REGION": "us-east-1"}, True),
        ("eu-central-1", {"regions": ["eu-central-1"]}, {"AWS_REGION": "us-east-1"}, False),
    ):
        inventory.sandbox.world.traffic.clear()
        done = inventory.run(options, **environment)
        assert done.returncode == 0, done.stderr
        assert {entry["host"].split(".")[1] for entry in inventory.sandbox.world.traffic.entries("connect")} == {region}
        assert ("Only us-east-1 is searched" in done.stderr) is warned


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"alias": ["sales-*"]}, {"sales-live", "sales-test"}),
        ({"tags": {"environment": "test"}, "status": ["ACTIVE"]}, {"sales-test"}),
        ({"federated": True}, {"sales-live"}),
    ],
    ids=["alias", "tags-and-status", "federated"],
)
def test_filters_choose(inventory: Inventory, filters: dict[str, t.Any], left: set[str]) -> None:
    assert inventory.hosts({"accounts": ACCOUNTS, "filters": filters}) == left


def test_host_names_in_order_of_preference(inventory: Inventory) -> None:
    names = inventory.hosts({"accounts": ACCOUNTS, "hostnames": ["connect.tags.environment | default('')", "alias"]})
    assert names == {"live", "test", "support"}


def test_two_instances_never_become_one_host(inventory: Inventory) -> None:
    error = inventory.refused({"accounts": ACCOUNTS, "hostnames": ["region"]})
    assert "hostnames gives the name us-east-1 to two instances" in error


def test_a_graph(inventory: Inventory) -> None:
    done = inventory.run(
        {"accounts": ACCOUNTS, "keyed_groups": [{"key": "connect.account_id", "prefix": "account"}]}, "--graph"
    )
    assert f"|--@account_{SUPPORT}:" in done.stdout
    assert "|  |--support" in done.stdout


def test_variables_of_groups_and_hosts_beside_the_configuration_win(inventory: Inventory) -> None:
    for folder, name, value in (("group_vars", "all", "email"), ("host_vars", "sales-live", "employeeid")):
        (inventory.folder / folder).mkdir()
        (inventory.folder / folder / f"{name}.yml").write_text(
            f"federation_session_name_source: {value}\n", encoding="utf-8"
        )
    hosts = inventory.list({"accounts": ACCOUNTS})["_meta"]["hostvars"]
    assert {name: values["federation_session_name_source"] for name, values in hosts.items()} == {
        "sales-live": "employeeid",
        "sales-test": "email",
        "support": "email",
    }


def test_a_cached_inventory_asks_nobody(inventory: Inventory) -> None:
    options = {
        "accounts": ACCOUNTS,
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(inventory.folder / "cache"),
    }
    first = inventory.list(options)
    kept = "".join(path.read_text(encoding="utf-8") for path in (inventory.folder / "cache").iterdir())
    assert "ASIA" not in kept
    assert KEY["secret"] not in kept
    inventory.sandbox.world.traffic.clear()
    assert inventory.list(options) == first
    assert inventory.list({**options, "filters": {"alias": ["support"]}})["_meta"]["hostvars"].keys() == {"support"}
    assert inventory.sandbox.world.traffic.requests() == []
    inventory.list({**options, "regions": ["eu-central-1"]})
    assert inventory.sandbox.world.traffic.requests() != [], "what is kept of other Regions is no answer"


def test_a_denied_account_fails_the_inventory_unless_configured_otherwise(inventory: Inventory) -> None:
    accounts = [*ACCOUNTS, DENIED]
    assert f"assume the role {DENIED['role_arn']}: AWS answered AccessDenied" in inventory.refused(
        {"accounts": accounts}
    )
    cache = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(inventory.folder / "cache"),
    }
    for is_read in (True, False):
        inventory.sandbox.world.traffic.clear()
        done = inventory.run({"accounts": accounts, "strict_permissions": False, **cache})
        assert set(json.loads(done.stdout)["_meta"]["hostvars"]) == {"sales-live", "sales-test", "support"}
        assert f"Skipped {DENIED['role_arn']}: Could not assume the role" in " ".join(done.stderr.split())
        assert bool(inventory.sandbox.world.traffic.requests()) is is_read
    assert DENIED["role_arn"] in inventory.refused({"accounts": accounts, **cache})


@pytest.mark.parametrize("code", ["InvalidRequestException", "ExpiredTokenException"])
def test_what_cannot_be_looked_at_is_never_left_out_silently(inventory: Inventory, code: str) -> None:
    """strict_permissions forgives a missing permission, and nothing else."""
    inventory.sandbox.world.faults.add(Fault("connect", "ListInstances", status=400, code=code, times=100))
    error = inventory.refused({"strict_permissions": False})
    assert "the account of the given credentials in " in error
    assert code in error
    assert "Set strict_permissions" not in error


def test_missing_credentials_always_fail(inventory: Inventory) -> None:
    done = inventory.run({"strict_permissions": False}, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert done.returncode != 0
    assert "no AWS credentials were found" in " ".join(done.stderr.split())


def test_it_holds_itself_to_the_limits_of_the_service(inventory: Inventory) -> None:
    more = [{"account": SALES, "region": "us-east-1", "alias": f"branch-{number:02}"} for number in range(16)]
    clouds.seed(inventory.sandbox.world, {"aws": {"instances": more}})
    assert len(inventory.hosts({"accounts": ACCOUNTS})) == 19


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regions": ["eu-west-1"]}, "eu-west-1"),
        ({"filters": {"status": ["RUNNING"]}}, "RUNNING"),
        ({"accounts": [{"role": "x"}]}, "Each entry of accounts takes role_arn"),
        ({"accounts": [{"role_arn": "automation"}]}, "automation"),
        ({"accounts": [DENIED, DENIED]}, "twice"),
    ],
    ids=["region", "state", "account", "role-arn", "twice"],
)
def test_bad_options_are_refused_before_any_request(
    inventory: Inventory, options: dict[str, t.Any], message: str
) -> None:
    assert message in inventory.refused(options)
    assert inventory.sandbox.world.traffic.requests() == []


def test_what_the_cloud_says_is_no_template(inventory: Inventory, sandbox: Sandbox, tmp_path: Path) -> None:
    """Whoever may tag an instance does not run commands on the controller: not by a variable, nor by a host's name"""
    template = "{{ lookup('ansible.builtin.pipe', 'touch " + str(tmp_path / "run") + "') }}"
    tags = {"Name": template, template: "x"}
    place = {"account": HOME, "region": "eu-central-1"}
    clouds.seed(sandbox.world, {"aws": {"instances": [{**place, "alias": "tagged", "tags": tags}]}})
    options = {
        "filters": {"alias": ["tagged"]},
        "hostnames": ["'host of ' ~ connect.tags.Name"],
        "compose": {"composed": "'a ' ~ connect.tags.Name"},
    }
    listed = inventory.list(options)
    (host,) = listed["_meta"]["hostvars"]
    assert host == f"host of {template}"
    message = {"msg": {"tags": "{{ connect.tags }}", "composed": "{{ composed }}", "host": "{{ inventory_hostname }}"}}
    tasks = [{"ansible.builtin.set_fact": {"kept": "{{ connect.tags }}"}}, {"ansible.builtin.debug": message}]
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        json.dumps([{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": tasks}]), "utf-8"
    )
    run = run_ansible(
        ansible_command("ansible-playbook", "--inventory", tmp_path / "connect_instances.yml", playbook),
        {
            **ansible_environment(sandbox.environment),
            "AWS_ACCESS_KEY_ID": KEY["id"],
            "AWS_SECRET_ACCESS_KEY": KEY["secret"],
        },
        tmp_path,
        merged=True,
    )
    assert run.returncode == 0, run.stdout
    assert not (tmp_path / "run").exists(), run.stdout
    assert run.stdout.count("lookup('ansible.builtin.pipe'") >= 4, run.stdout
