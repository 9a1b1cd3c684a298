# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs that have permissions of their own, with the scenarios that show what each needs.

The scenarios follow one another in one pair of clouds. Each job calls as an application and with an access key of its
own; what is prepared for it is done by an administrator.
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
import tempfile
import typing as t
from pathlib import Path

import boto3
from botocore.config import Config
from least_permissions import FOLDER, NARROWED, PREFERENCE, Need, Policy, Recording, write
from playbooks import Playbooks
from published_permissions import call_of

from federation_sandbox import clouds
from federation_sandbox.aws.accounts import Accounts
from federation_sandbox.aws.connect.store import Connect
from federation_sandbox.entra.seeding import PERMISSIONS
from federation_sandbox.entra.state import directory
from federation_sandbox.testing import Sandbox, running_sandbox
from importable import make_importable
from saml_factory import make_certificate, make_metadata
from support import ansible_command, run_ansible

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
#: job → what it is for, in words of the documentation
JOBS: t.Final[dict[str, str]] = {
    "site": "`site.yml`, which makes the instance as well",
    "site-existing-instance": "`site.yml` on an instance that exists",
    "users": "`users.yml`",
    "check": "`check.yml`",
    "report": "`report.yml`",
    "certificates": "`certificates.yml`",
    "rotate-certificate": "`rotate_certificate.yml`",
    "ccp-page": "`ccp_page.yml`, with a page in the bucket `example-desk` below `support/`",
    "inventory": "the inventory plugin `connect_instances`",
    "cognito": "`cognito.yml`",
    "check-user-pools": "`check.yml` with user pools",
    "rotate-certificate-user-pools": "`rotate_certificate.yml` with user pools",
    "teardown-user-pools": "`teardown.yml` with user pools",
    "live-probe": "`live_probe.yml`, without the questions that are asked by name",
    "teardown": "`teardown.yml`, with the agents",
    "teardown-instance": "`teardown.yml`, with the instance",
}
#: these read only
READING: t.Final = ("certificates", "check", "check-user-pools", "inventory", "report")
#: these read only in Microsoft Graph
READING_GRAPH: t.Final = (*READING, "ccp-page")
#: permissions that are tried without being needed: the run goes on where they are refused
OPTIONAL_CALLS: t.Final = frozenset({"GET /organization"})


@dataclasses.dataclass(frozen=True)
class Granted:
    """What a job has. policy: None for everything."""

    graph: collections.abc.Sequence[str]
    policy: Policy | None = None


def everything(job: str) -> Granted:
    """What a job is given while it is recorded: all that reads, or all that there is."""
    graph = [name for name in PREFERENCE if job not in READING_GRAPH or ".Read." in name]
    return Granted([name for name in graph if name != "AppRoleAssignment.ReadWrite.All"])


def client_of(job: str) -> str:
    """The id of the application that a job calls as."""
    return f"{list(JOBS).index(job):08d}-0000-4000-8000-000000000000"


def key_of(job: str) -> str:
    """The access key of a job."""
    return f"AKIAJOB{list(JOBS).index(job):013d}"


#: something that is done; what it printed, if anything
Step = collections.abc.Callable[[], object]


class Scenarios:
    """The clouds, and the runs of the jobs in their order. granted: job → its permissions. before: called with the job
    before it begins.
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

    def run(self) -> Recording:
        """Every job, in the order in which a federation lives."""
        for play in (_existing, _new, _people, _reading, _rotation, _page, _pools, _probe, _removal):
            play(self)
        return {job: self.recording[job] for job in JOBS}

    def _seed(self, granted: collections.abc.Callable[[str], Granted]) -> None:
        given = {job: granted(job) for job in JOBS}
        applications = [
            {"client_id": client_of(job), "name": job, "secrets": [SECRET], "permissions": list(rights.graph)}
            for job, rights in given.items()
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
            {"id": key_of(job), "secret": SECRET, "user": job, "policy": rights.policy} for job, rights in given.items()
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
        made = clouds.seed(self.world, content)["aws"]
        self.instance_id, self.pool = made["instances"][0]["id"], made["pools"][0]
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


# --- the scenarios ----------------------------------------------------------------------------------------------------

PERSON: t.Final = {"username": JANE, "first_name": "Jane", "last_name": "Doe"}
ATTRIBUTES: t.Final = (
    "auto_mute_agent_on_hold",
    "auto_resolve_best_voices",
    "contact_lens",
    "contactflow_logs",
    "early_media",
    "enhanced_chat_monitoring",
    "enhanced_contact_monitoring",
    "high_volume_outbound",
    "message_streaming",
    "multi_party_chat_conference",
    "multi_party_conference",
    "use_custom_tts_voices",
)
FIRST: t.Final[dict[str, t.Any]] = {
    "federation_agents": [PERSON, {**PERSON, "username": JOHN}],
    "federation_tags": {"team": "a", "unit": "1"},
    "connect_instance_approved_origins": {"set": ["https://one.example.com"]},
    "connect_instance_attributes": dict.fromkeys(ATTRIBUTES, True),
    "connect_instance_inbound_calls": True,
    "connect_instance_outbound_calls": True,
    "azure_saml_app_assigned_users": [NIA],
}
SECOND: t.Final[dict[str, t.Any]] = {
    **FIRST,
    "federation_agents": [
        {
            **PERSON,
            "first_name": "Janet",
            "security_profiles": ["Supervisors"],
            "routing_profile": "Sales",
            "hierarchy_group": "Berlin/Sales",
            "phone_type": "desk_phone",
            "desk_phone_number": "+4930123456",
        },
        {**PERSON, "username": JOHN, "channels": {"voice": {"auto_accept": True}}},
        {**PERSON, "username": MAX, "hierarchy_group": "Berlin"},
    ],
    "federation_tags": {"team": "b"},
    "federation_session_duration": 3600,
    "connect_users_mode": "set",
    "connect_users_leavers": "delete",
    "connect_users_max_removals": "100%",
    "connect_instance_approved_origins": {"set": ["https://two.example.com"]},
    "connect_instance_attributes": dict.fromkeys(ATTRIBUTES, False),
    "connect_instance_inbound_calls": False,
    "connect_instance_outbound_calls": False,
    "aws_federation_boundary": BOUNDARY,
    "aws_federation_permission_form": "instance_id",
    "aws_federation_set_source_identity": True,
    "aws_federation_role_description": "Another one",
    "azure_saml_app_unlisted_assignments": "remove",
    "azure_saml_app_assigned_users": [MAX],
    "azure_saml_app_notes": "Another one",
}
GROUPS: t.Final = {
    "federation_agents": [],
    "federation_assigned_groups": None,
    "connect_users_max_removals": "100%",
}


def _existing(run: Scenarios) -> None:
    with run.job("site-existing-instance"):
        run.play("site", "kept", **FIRST)
        run.do(lambda: _foreign_certificate(run))
        run.play("site", "kept", **SECOND)
        restricted = {"connect_users_leavers": "restrict", "connect_users_restricted_security_profile": "Nothing"}
        other = {**PERSON, "username": NIA}
        agents = {"federation_agents": [other], "azure_saml_app_assigned_users": [NIA]}
        run.play("site", "kept", **{**SECOND, **restricted, **agents})


def _foreign_certificate(run: Scenarios) -> None:
    """Somebody else puts another document into the provider."""
    run.client("iam").update_saml_provider(
        SAMLProviderArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/Entra-example-kept",
        SAMLMetadataDocument=make_metadata(make_certificate()),
    )


def _new(run: Scenarios) -> None:
    with run.job("site"):
        run.play("site", "made", **FIRST)
        run.play("site", "made", **FIRST)


def _people(run: Scenarios) -> None:
    """Joiners, movers and leavers of two groups."""
    members = {"group": GROUP, "security_profiles": ["Agent"], "tags": {"day": "all"}}
    mover = {
        "group": GROUP,
        "security_profiles": ["Supervisors"],
        "routing_profile": "Sales",
        "hierarchy_group": "Berlin/Sales",
        "phone_type": "desk_phone",
        "desk_phone_number": "+4930123456",
        "tags": {"night": "all"},
    }
    leads = {"group": "Leads", "security_profiles": ["Agent"], "channels": {"voice": {"auto_accept": True}}}
    restrict = {"connect_users_leavers": "restrict", "connect_users_restricted_security_profile": "Nothing"}
    with run.job("users"):
        run.play("users", "kept", **GROUPS, federation_agent_groups=[members, {"group": "Leads"}])
        run.do(lambda: _join_and_rename(run))
        run.play("users", "kept", **GROUPS, **restrict, federation_agent_groups=[mover])
        run.play("users", "kept", **GROUPS, federation_agent_groups=[mover, leads])
        run.play(
            "users",
            "kept",
            **GROUPS,
            federation_agent_groups=[members],
            connect_users_leavers="delete",
            azure_saml_app_unlisted_assignments="remove",
        )


def _join_and_rename(run: Scenarios) -> None:
    """Eve joins the group, Jane gets another name, and a quick connect leads to Nia, who leaves later."""
    jane = {"userPrincipalName": JANE, "givenName": "Janet", "surname": "Poe"}
    group = {"displayName": GROUP, "members": [JANE, JOHN, EVE]}
    clouds.seed(run.world, {"entra": {"tenants": [{"id": TENANT, "users": [jane], "groups": [group]}]}})
    _quick_connect(run, NIA)


def _quick_connect(run: Scenarios, username: str) -> None:
    """A quick connect to an agent."""
    connect = run.client("connect")
    users = connect.list_users(InstanceId=run.instance_id)["UserSummaryList"]
    flow = next(iter(run.world.state(Connect).instances[run.instance_id].contact_flows))
    target = {"ContactFlowId": flow, "UserId": next(user["Id"] for user in users if user["Username"] == username)}
    settings = {"QuickConnectType": "USER", "UserConfig": target}
    connect.create_quick_connect(InstanceId=run.instance_id, Name=f"to {username}", QuickConnectConfig=settings)


def _reading(run: Scenarios) -> None:
    """On a role with a managed policy, and with people from groups."""
    role = {"RoleName": "ConnectFederation-example-kept", "PolicyArn": BOUNDARY}
    groups = {**GROUPS, "federation_agent_groups": [{"group": GROUP}]}
    run.client("iam").attach_role_policy(**role)
    unassign = {"azure_saml_app_assigned_users": [], "azure_saml_app_unlisted_assignments": "remove"}
    run.play("site", "kept", "--skip-tags", "check", **groups, **unassign)
    with run.job("check"):
        run.play("check", "kept", **groups, federation_check_everyone_assigned=True)
    with run.job("report"):
        run.play("report", "kept", **groups)
    run.client("iam").detach_role_policy(**role)
    with run.job("certificates"):
        run.play("certificates", "kept")
    with run.job("inventory"):
        run.do(lambda: _discover(run))


def _discover(run: Scenarios) -> str:
    source = run.folder / "connect_instances.yml"
    source.write_text(
        json.dumps({"plugin": "openccp.federation.connect_instances", "regions": [REGION]}), encoding="utf-8"
    )
    command = ansible_command("ansible-inventory", "--inventory", source, "--list")
    done = run_ansible(command, run.terminal.environment, run.folder)
    assert done.returncode == 0, done.stderr
    assert '"federated": true' in done.stdout, done.stderr
    assert "unknown" not in done.stderr, done.stderr
    return str(done.stderr)


def _rotation(run: Scenarios) -> None:
    with run.job("rotate-certificate"):
        _rotate(run)
        run.play("rotate_certificate", "kept", certificate_rotation_now=True)
        run.play("rotate_certificate", "kept", "--tags", "rollback")


def _rotate(run: Scenarios, **variables: t.Any) -> None:
    run.play("rotate_certificate", "kept", certificate_rotation_now=True, **variables)
    run.later(8)
    run.play("rotate_certificate", "kept", **variables)


def _page(run: Scenarios) -> None:
    page = {"url": "https://desk.example.com/support/", "bucket": "example-desk", "prefix": "support/"}
    with run.job("ccp-page"):
        run.play("ccp_page", "kept", federation_pages=[page])
        run.play("ccp_page", "kept", federation_pages=[{**page, "language": "de"}])
        run.play("ccp_page", "kept", federation_pages=[page], ccp_page_state="absent")


def _pools(run: Scenarios) -> None:
    pool = {
        "user_pool_name": "desk",
        "domain": f"desk.auth.{REGION}.amazoncognito.com",
        "clients": [run.pool["clients"]["web"]["id"]],
    }
    pools = {"federation_user_pools": [pool], "federation_tags": {"team": "a"}}
    claim = {"name": "department", "id": "department"}
    changed = {"attribute_mapping": {"name": "displayname"}, "assigned_users": [NIA], "extra_claims": [claim]}
    changed |= {"request_signing": True}
    with run.job("cognito"):
        run.play("cognito", "kept", **pools)
        run.play("cognito", "kept", federation_user_pools=[{**pool, **changed}])
    with run.job("check-user-pools"):
        run.play("check", "kept", **pools)
    with run.job("rotate-certificate-user-pools"):
        _rotate(run, **pools)
    with run.job("teardown-user-pools"):
        run.play("teardown", "kept", **pools, azure_saml_app_purge=True, cognito_federation_purge=True)


def _probe(run: Scenarios) -> None:
    with run.job("live-probe"):
        run.play(
            "live_probe",
            "kept",
            live_probe_confirm=f"{TENANT}/{ACCOUNT}",
            live_probe_instance_id=run.instance_id,
            live_probe_wait_timeout=10,
        )


def _removal(run: Scenarios) -> None:
    run.play("site", "kept", **FIRST)
    _quick_connect(run, JANE)
    agents = {"federation_agents": FIRST["federation_agents"], "federation_remove_agents": True}
    with run.job("teardown"):
        run.play("teardown", "kept", azure_saml_app_purge=True, **agents)
    with run.job("teardown-instance"):
        run.play("teardown", "made", azure_saml_app_purge=True, federation_confirm_instance_alias="example-made")


def main() -> None:
    """Record every job with all permissions, and write what each needs."""
    make_importable()
    with running_sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        write(Scenarios(sandbox, Path(folder), everything, print).run(), JOBS)


if __name__ == "__main__":
    main()
