# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pair of clouds in which each job calls as an application and with an access key of its own, and what each needs
there is recorded. What is prepared for a job is done by an administrator.
"""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import dataclasses
import datetime as dt
import hashlib
import json
import re
import typing as t
from pathlib import Path

import boto3
from botocore.config import Config
from least_permissions import FOLDER, NARROWED, Need, Policy, Recording
from permission_jobs import JOBS, OPTIONAL_CALLS, Granted, client_of, key_of
from playbooks import Playbooks
from published_permissions import call_of

from federation_sandbox import clouds
from federation_sandbox.aws.accounts import Accounts
from federation_sandbox.entra.seeding import PERMISSIONS
from federation_sandbox.entra.state import directory
from federation_sandbox.testing import Sandbox

TENANT: t.Final = "11111111-1111-4111-8111-111111111111"
ACCOUNT: t.Final = "111122223333"
ADMINISTRATOR: t.Final = "22222222-2222-4222-8222-222222222222"
ADMINISTRATOR_KEY: t.Final = "AKIAADMINISTRATOR000"
SECRET: t.Final = "the-secret-of-the-tests"
REGION: t.Final = "eu-central-1"
JANE, JOHN, NIA, EVE, MAX = (
    f"{name}@example.com" for name in ("jane.doe", "john.roe", "nia.poe", "eve.loe", "max.moe")
)
GROUP: t.Final = "Contact centre agents"
BOUNDARY: t.Final = f"arn:aws:iam::{ACCOUNT}:policy/ConnectFederationBoundary"
MANAGED: t.Final = {"managed-by": "openccp.federation"}
LIBRARY: t.Final = b"// stands for the library, which no test here runs\n"

#: something that is done; what it printed, if anything
Step = collections.abc.Callable[[], object]


class JobRecorder:
    """Runs the jobs and records what each needs. granted: job → its permissions. before: called with the job before it
    begins.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        granted: collections.abc.Callable[[str], Granted],
        before: collections.abc.Callable[[str], None] = lambda _job: None,
    ) -> None:
        self.sandbox, self.world, self.folder = sandbox, sandbox.world, folder
        self.recording: Recording = {}
        #: job → what it does, which can be done again
        self.steps: dict[str, list[Step]] = collections.defaultdict(list)
        #: job → what it printed with all that it needs
        self.printed: dict[str, str] = collections.defaultdict(str)
        self._job = ""
        self._before = before
        self.world.reset()
        self._seed(granted)
        environment = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_SECRET": SECRET, "AWS_SECRET_ACCESS_KEY": SECRET}
        self.terminal = Playbooks({**sandbox.environment, **environment}, folder)
        self.act_as(None)
        library = folder / "connect-streams-min.js"
        library.write_bytes(LIBRARY)
        self.inventory = folder / "hosts.json"
        self._write_inventory(library)

    def act_as(self, job: str | None) -> None:
        """Take the credentials of a job, or the administrator's."""
        client, key = (client_of(job), key_of(job)) if job else (ADMINISTRATOR, ADMINISTRATOR_KEY)
        self.terminal.environment |= {"AZURE_CLIENT_ID": client, "AWS_ACCESS_KEY_ID": key}

    @contextlib.contextmanager
    def job(self, name: str) -> collections.abc.Iterator[None]:
        """Within it, runs are the job's, and what they need is recorded."""
        self._before(name)
        self.world.traffic.clear()
        self.act_as(name)
        self._job = name
        yield
        self._job = ""
        self.act_as(None)
        needs = [need for entry in self.world.traffic.entries() for need in entry.get("needs", ())]
        calls = {
            call_of(entry["method"], entry["path"].removeprefix("/v1.0"))
            for entry in self.world.traffic.entries("graph")
            if not entry["path"].endswith("/$batch") and entry["status"] != 403
        }
        self.recording[name] = {"aws": _distinct(needs), "graph": sorted(calls - OPTIONAL_CALLS)}

    def do(self, step: Step) -> None:
        """Take a step, and remember it as one of the job at hand."""
        printed = step()
        if self._job:
            self.steps[self._job].append(step)
            self.printed[self._job] += str(printed or "")

    def play(self, playbook: str, host: str, *arguments: str, **variables: t.Any) -> None:
        """Run a playbook, which must succeed."""
        self.do(lambda: self._play(playbook, host, *arguments, **variables))

    def _play(self, playbook: str, host: str, *arguments: str, **variables: t.Any) -> str:
        """What a run printed, and what its tasks returned."""
        run = self.terminal.succeed(playbook, self.inventory, "--limit", host, *arguments, variables=variables)
        return run.output + json.dumps(run.events)

    def later(self, days: int) -> None:
        """The clouds' clock goes on."""
        self.do(lambda: self.world.clock.advance(dt.timedelta(days=days)))

    def take(self, job: str, policy: Policy) -> None:
        """Give a job another policy."""
        accounts = self.world.state(Accounts)
        held = accounts.key(key_of(job))
        assert held
        accounts.add_key(dataclasses.replace(held, caller=dataclasses.replace(held.caller, policies=(policy,))))

    def revoke(self, job: str, permission: str) -> None:
        """Take a permission of Microsoft Graph from a job."""
        tenant = directory(self.world).tenants[TENANT]
        principal = tenant.current("servicePrincipals", appId=client_of(job))
        grant = {"principalId": principal and principal["id"], "appRoleId": PERMISSIONS[permission]}
        assignment = tenant.current("appRoleAssignments", **grant)
        assert assignment, f"{job} has not {permission}"
        tenant["appRoleAssignments"].delete(assignment["id"])

    def client(self, service: str) -> t.Any:
        """boto3 for the administrator."""
        return boto3.client(
            service,
            region_name=REGION,
            aws_access_key_id=ADMINISTRATOR_KEY,
            aws_secret_access_key=SECRET,
            verify=self.sandbox.environment["AWS_CA_BUNDLE"],
            config=Config(proxies={"https": self.sandbox.url}),
        )

    def _seed(self, granted: collections.abc.Callable[[str], Granted]) -> None:
        rights_of = {job: granted(job) for job in JOBS}
        applications = [
            {"client_id": client_of(job), "name": job, "secrets": [SECRET], "permissions": list(rights.graph)}
            for job, rights in rights_of.items()
        ]
        administrator = {"client_id": ADMINISTRATOR, "name": "administrator", "secrets": [SECRET]}
        people = [
            {"userPrincipalName": name, "givenName": "A", "surname": "B", "mail": name}
            for name in (JANE, JOHN, NIA, EVE, MAX)
        ]
        tenant = {
            "id": TENANT,
            "domains": ["example.onmicrosoft.com", "example.com"],
            "clients": [administrator, *applications],
            "users": people,
            "groups": [{"displayName": GROUP, "members": [JANE, JOHN]}, {"displayName": "Leads", "members": [NIA]}],
        }
        keys = [
            {"id": key_of(job), "secret": SECRET, "user": job, "policy": rights.policy}
            for job, rights in rights_of.items()
        ]
        boundary = json.loads((FOLDER / "aws-boundary.json").read_text(encoding="utf-8"))
        account = {
            "id": ACCOUNT,
            "access_keys": [{"id": ADMINISTRATOR_KEY, "secret": SECRET}, *keys],
            "policies": {"ConnectFederationBoundary": boundary},
        }
        place = {"account": ACCOUNT, "region": REGION}
        leaver = {"username": "leaver@example.com", "first_name": "A", "last_name": "B", "tags": MANAGED}
        instance = {
            **place,
            "alias": "example-kept",
            "security_profiles": {"Supervisors": ["BasicAgentAccess"], "Nothing": []},
            "routing_profiles": ["Sales"],
            "hierarchy": {"levels": ["Site", "Team"], "groups": ["Berlin", "Berlin/Sales"]},
            "users": [
                {**leaver, "security_profiles": ["Agent"], "routing_profile": "Basic Routing Profile"},
            ],
            "quick_connects": {"Leaver": "leaver@example.com"},
        }
        web = {
            "ClientName": "web",
            "CallbackURLs": ["https://page.example/callback"],
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid"],
            "AllowedOAuthFlowsUserPoolClient": True,
        }
        content = {
            "entra": {"tenants": [tenant]},
            "aws": {
                "accounts": [account],
                "instances": [instance],
                "buckets": [{**place, "name": "example-desk"}],
                "pools": [{**place, "name": "desk", "domain": "desk", "clients": [web]}],
            },
        }
        seeded = clouds.seed(self.world, content)["aws"]
        self.instance_id, self.pool = seeded["instances"][0]["id"], seeded["pools"][0]
        self.world.settings.limits = False

    def _write_inventory(self, library: Path) -> None:
        shared = {
            "federation_region": REGION,
            "federation_assigned_groups": [GROUP],
            "federation_check_wait_timeout": 0,
            "certificate_rotation_settle_seconds": 0,
            "ccp_page_library": str(library),
            "ccp_page_library_sha256": hashlib.sha256(LIBRARY).hexdigest(),
        }
        hosts = {name: {"federation_instance_alias": f"example-{name}"} for name in ("kept", "made")}
        self.inventory.write_text(json.dumps({"all": {"vars": shared, "hosts": hosts}}), encoding="utf-8")


def _distinct(needs: collections.abc.Iterable[Need]) -> list[Need]:
    """Each permission once, without the ids of this run."""
    lines = {json.dumps(_plain(need), sort_keys=True) for need in needs}
    return [json.loads(line) for line in sorted(lines)]


def _plain(need: Need) -> Need:
    uuid, pool = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", rf"{REGION}_\w+"
    resource = re.sub(rf"{uuid}|{pool}", "id", need["resource"])
    resource = re.sub(r"openccp-live-probe-.*", "openccp-live-probe-id", resource)
    kept = {NARROWED.get(need["action"], ("", ""))[1], "iam:permissionsboundary"}
    conditions = {key: values for key, values in need["conditions"].items() if key in kept}
    return {"action": need["action"], "resource": resource, "conditions": conditions}
