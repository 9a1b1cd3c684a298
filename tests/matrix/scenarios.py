# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs whose crash points the matrix tries: what is there before each, and the playbooks that it runs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import typing as t
from pathlib import Path

import strangers
from playbooks import Run
from pools import KEY, REGION, add_pool
from rotations import VALIDITY
from seeds import ACCOUNTS, SECRET, TENANTS
from terminal import Terminal

import probe_factory
from federation_sandbox import clouds, http_sign_in
from federation_sandbox.entra.state import directory
from federation_sandbox.testing import Sandbox
from saml_factory import make_certificate, make_metadata
from support import ForkedRun

INVENTORY: t.Final = "sandbox/hosts.yml"
AGENTS: t.Final = "Contact centre agents"
JANE, JOHN = "jane.doe@example.com", "john.roe@example.com"
NIA, MIA = "nia.poe@example.com", "mia.coe@example.com"
#: seconds for which a job waits for what it wrote to appear, which somebody else may have removed
PATIENCE: t.Final = 60
#: stands for the folder of a case in the variables of a command
FOLDER: t.Final = "FOLDER"

Variables = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Command:
    """A playbook as somebody runs it."""

    playbook: str
    arguments: tuple[str, ...] = ()
    variables: Variables = dataclasses.field(default_factory=dict)
    inventory: str = INVENTORY

    def variables_for(self, folder: Path) -> dict[str, t.Any]:
        """The variables for a case with a folder of its own."""
        variables = {"federation_wait_timeout": PATIENCE, **self.variables}
        return t.cast("dict[str, t.Any]", json.loads(json.dumps(variables).replace(FOLDER, str(folder))))

    def words(self, folder: Path) -> list[str]:
        """The playbook, the inventory and the arguments for such a case."""
        words = (self.playbook, self.inventory, *self.arguments)
        return [word.replace(FOLDER, str(folder)) for word in words]

    def run(self, terminal: Terminal, folder: Path) -> Run:
        """Run it to its end."""
        playbook, inventory, *arguments = self.words(folder)
        return terminal.run(playbook, inventory, *arguments, variables=self.variables_for(folder))

    def begin(self, terminal: Terminal, folder: Path) -> ForkedRun:
        """Run it until its caller ends it."""
        playbook, inventory, *arguments = self.words(folder)
        return terminal.begin(playbook, inventory, *arguments, variables=self.variables_for(folder))


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a scenario is prepared. folder: what the terminal works in."""

    sandbox: Sandbox
    terminal: Terminal
    folder: Path

    def succeed(self, command: Command) -> None:
        """Run a command that must succeed."""
        run = command.run(self.terminal, self.folder)
        assert run.returncode == 0, run.output

    def seed(self, **content: t.Any) -> None:
        """Put something into the tenant."""
        clouds.seed(self.sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], **content}]}})

    def aws(self, **content: t.Any) -> dict[str, t.Any]:
        """Put something into AWS: what was made."""
        return t.cast("dict[str, t.Any]", clouds.seed(self.sandbox.world, {"aws": content})["aws"])

    def later(self, days: float) -> None:
        """Let time pass."""
        self.sandbox.world.clock.advance(dt.timedelta(days=days))


def _prepare_nothing(place: Place) -> None:
    """Nothing is there yet."""


@dataclasses.dataclass(frozen=True)
class Scenario:
    """prepare: makes what is there before. commands: the job. recovery: what is run after it was disturbed, the job
    again unless told.

    beside: another job on the same federation, which may run at once.
    agents: who signs in before and afterwards, and so must at every moment between. environment: of the operator, where
    it is not that of who federates.
    """

    name: str
    commands: tuple[Command, ...]
    prepare: t.Callable[[Place], None] = _prepare_nothing
    recovery: tuple[Command, ...] = ()
    beside: tuple[Command, ...] = ()
    agents: tuple[str, ...] = ()
    environment: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def again(self) -> tuple[Command, ...]:
        """The commands that must end in the state of a clean run, wherever the job was disturbed."""
        return self.recovery or self.commands


def _site(*arguments: str, **variables: t.Any) -> Command:
    return Command("site", ("--tags", "entra,aws,agents", *arguments), variables)


def _federate(place: Place) -> None:
    """A federation is there."""
    place.succeed(SITE)


def _federate_for_two_requests(place: Place) -> None:
    """A federation is there whose application Entra ID deletes only after its service principal."""
    directory(place.sandbox.world).tenants[TENANTS["public"]].saml_deletion = "service_principal_first"
    place.succeed(SITE)


def _folder(place: Place) -> None:
    """A folder that both halves reach."""
    (place.folder / "handover").mkdir()


def _person(name: str) -> dict[str, str]:
    first, last = name.partition("@")[0].title().split(".")
    return {"userPrincipalName": name, "givenName": first, "surname": last}


#: agents from groups: leads come before agents
GROUPS: t.Final[dict[str, t.Any]] = {
    "federation_agents": [],
    "federation_assigned_groups": None,
    "connect_instance_approved_origins": {"add": ["https://desk.example.com"]},
    "federation_agent_groups": [
        {"group": "Leads", "security_profiles": ["CallCenterManager"]},
        {"group": AGENTS, "security_profiles": ["Agent"]},
    ],
}


def _people(place: Place) -> None:
    """Jane and John are agents, Mia leads."""
    place.seed(users=[_person(MIA)], groups=[{"displayName": "Leads", "members": [MIA]}])


def _changes(place: Place) -> None:
    """Nia joins, John becomes a lead, Mia leaves."""
    _people(place)
    place.succeed(_site(**GROUPS))
    groups = {AGENTS: [JANE, NIA], "Leads": [JOHN]}
    place.seed(users=[_person(NIA)], groups=[{"displayName": name, "members": held} for name, held in groups.items()])


def _due(place: Place) -> None:
    """The signing certificate comes near its end."""
    place.succeed(_site(**ROTATION))
    place.later(VALIDITY - 40)


def _activated(place: Place) -> None:
    """A rotation has activated the new certificate and not yet retired the former one."""
    _due(place)
    place.succeed(ROTATE)


def _retirable(place: Place) -> None:
    """It is time to retire the former certificate."""
    _activated(place)
    place.later(8)


def _others(place: Place) -> None:
    """Somebody else has made the application, the provider and the role."""
    session = strangers.sign_in(http_sign_in.new_browser(place.sandbox.environment))
    app_id = strangers.make_application(session, "Theirs")
    variables = {"azure_saml_app_app_id": app_id, "azure_saml_app_adopt": True, "aws_federation_adopt": True}
    (place.folder / "adopt.json").write_text(json.dumps(variables), encoding="utf-8")
    metadata = make_metadata(make_certificate())
    provider = {"account": ACCOUNTS["aws"], "name": "Entra-example-demo", "metadata": metadata}
    arn = place.aws(providers=[provider])["providers"][0]["arn"]
    trust = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithSAML"}
    role = {"name": "ConnectFederation-example-demo", "trust": {"Version": "2012-10-17", "Statement": [trust]}}
    place.aws(roles=[{"account": ACCOUNTS["aws"], **role}])


def _pool(place: Place) -> None:
    """A user pool that is to be federated."""
    add_pool(place.sandbox)


def _federated_pool(place: Place) -> None:
    """A user pool that is federated beside the instance."""
    _pool(place)
    _federate(place)
    place.succeed(COGNITO)


def _test_tenant(place: Place) -> None:
    """A tenant, an account and an instance for experiments."""
    probe_factory.fill(place.sandbox)
    hosts = {"all": {"hosts": {"test": probe_factory.HOST}}}
    (place.folder / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")


def _bucket(place: Place) -> None:
    """An instance, a bucket, and the library of a page."""
    place.aws(
        accounts=[{"id": ACCOUNTS["aws"], "access_keys": [{"id": PUBLISHER, "secret": SECRET}]}],
        instances=[{"account": ACCOUNTS["aws"], "region": REGION, "alias": "example-demo"}],
        buckets=[{"account": ACCOUNTS["aws"], "region": REGION, "name": "example-desk"}],
    )
    (place.folder / "connect-streams-min.js").write_bytes(LIBRARY)


ROTATION: t.Final[dict[str, t.Any]] = {
    "azure_saml_app_signing_certificate": {"validity_days": VALIDITY},
    "certificate_rotation_settle_seconds": 1,
}
CLAIM: t.Final = {"name": "department", "id": "department"}
POOL: t.Final[dict[str, t.Any]] = {
    "federation_user_pools": [
        {"user_pool_name": "desk", "clients": ["web"], "extra_claims": [CLAIM], "name_id_source": "userprincipalname"}
    ]
}
LIBRARY: t.Final = b"// stands for the library, which nothing here runs\n"
PUBLISHER: t.Final = "AKIAPUBLISHER0000001"
ROTATE: t.Final = Command("rotate_certificate", (), ROTATION)
TAKE_ALL: t.Final[dict[str, t.Any]] = {
    "federation_remove_agents": True,
    "federation_confirm_instance_alias": "example-demo",
}
HALVES: t.Final = tuple(
    Command("site", ("--tags", half), {"handover_folder": f"{FOLDER}/handover"})
    for half in ("aws", "entra", "aws,agents")
)


PROBE: t.Final = Command(
    "live_probe",
    (),
    {"live_probe_confirm": f"{probe_factory.TENANT}/{probe_factory.ACCOUNT}", "live_probe_wait_timeout": 10},
    f"{FOLDER}/hosts.json",
)
CLEANUP: t.Final = dataclasses.replace(PROBE, arguments=("--tags", "cleanup"))


def _users(leavers: str, **more: t.Any) -> Command:
    return Command(
        "users", (), {**GROUPS, "connect_users_leavers": leavers, "connect_users_max_removals": "100%", **more}
    )


def _pages(*urls: str) -> Command:
    """Pages in the bucket, a folder for each."""
    pages = [{"url": url, "bucket": "example-desk", "prefix": f"{number}/"} for number, url in enumerate(urls)]
    library = {
        "ccp_page_library": f"{FOLDER}/connect-streams-min.js",
        "ccp_page_library_sha256": hashlib.sha256(LIBRARY).hexdigest(),
        "ccp_page_login_url": "https://launcher.myapps.microsoft.com/api/signin/22222222-0000-4000-8000-000000000000",
    }
    return Command("ccp_page", (), {**library, "federation_pages": pages})


SITE: t.Final = _site()
COGNITO: t.Final = Command("cognito", (), POOL)
TEARDOWN: t.Final = Command("teardown")

SCENARIOS: t.Final = {
    each.name: each
    for each in (
        Scenario("site", (SITE,), beside=(TEARDOWN,)),
        Scenario("site, agents from groups", (_site(**GROUPS),), _people),
        Scenario("site, in halves", HALVES, _folder),
        Scenario("users, leavers deleted", (_users("delete"),), _changes, agents=(JANE, JOHN)),
        Scenario(
            "users, leavers restricted",
            (_users("restrict", connect_users_restricted_security_profile="QualityAnalyst"),),
            _changes,
            agents=(JANE, JOHN),
        ),
        Scenario("rotation", (ROTATE,), _due, beside=(_site(**ROTATION),), agents=(JANE,)),
        Scenario("retire", (ROTATE,), _retirable, beside=(_site(**ROTATION),), agents=(JANE,)),
        Scenario(
            "rollback", (Command("rotate_certificate", ("--tags", "rollback"), ROTATION),), _activated, agents=(JANE,)
        ),
        Scenario("teardown", (TEARDOWN,), _federate, beside=(SITE,)),
        Scenario("teardown, of instance and agents", (Command("teardown", (), TAKE_ALL),), _federate),
        Scenario("adoption", (_site("--extra-vars", f"@{FOLDER}/adopt.json"),), _others),
        Scenario("cognito", (COGNITO,), _pool, environment={"AWS_ACCESS_KEY_ID": KEY}),
        Scenario(
            "teardown, of a user pool's federation",
            (Command("teardown", (), POOL),),
            _federated_pool,
            environment={"AWS_ACCESS_KEY_ID": KEY},
        ),
        Scenario(
            "page",
            (_pages("https://desk.example.com/"),),
            _bucket,
            environment={"AWS_ACCESS_KEY_ID": PUBLISHER},
        ),
        Scenario("live probe", (PROBE,), _test_tenant, recovery=(CLEANUP,), environment=probe_factory.credentials()),
        Scenario("site after teardown", (TEARDOWN,), _federate, recovery=(SITE,)),
        Scenario("site after teardown, in two requests", (TEARDOWN,), _federate_for_two_requests, recovery=(SITE,)),
        Scenario("teardown after site", (SITE,), recovery=(Command("teardown", (), TAKE_ALL),)),
    )
}
