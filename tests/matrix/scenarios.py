# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jobs whose crash points the matrix tries: what is there before each, and the playbooks that it runs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t
from pathlib import Path

from playbooks import Playbooks, Run
from rotations import VALIDITY
from seeds import TENANTS

from federation_sandbox import clouds
from federation_sandbox.testing import Sandbox

INVENTORY: t.Final = "sandbox/hosts.yml"
AGENTS: t.Final = "Contact centre agents"
JANE, JOHN = "jane.doe@example.com", "john.roe@example.com"
NIA, MIA = "nia.poe@example.com", "mia.coe@example.com"
#: stands for the folder of a case in the variables of a command
FOLDER: t.Final = "FOLDER"
#: what a clean run leaves alone of an application that was removed and made anew
DELETED: t.Final = "deletedItems"

Variables = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Command:
    """A playbook as somebody runs it."""

    playbook: str
    arguments: tuple[str, ...] = ()
    variables: Variables = dataclasses.field(default_factory=dict)

    def given(self, folder: Path) -> dict[str, t.Any]:
        """The variables for a case with a folder of its own."""
        return t.cast("dict[str, t.Any]", json.loads(json.dumps(dict(self.variables)).replace(FOLDER, str(folder))))

    def run(self, playbooks: Playbooks, folder: Path) -> Run:
        """Run it to its end."""
        return playbooks.run(self.playbook, INVENTORY, *self.arguments, variables=self.given(folder))


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a scenario is prepared. folder: what the terminal works in."""

    sandbox: Sandbox
    playbooks: Playbooks
    folder: Path

    def succeed(self, command: Command) -> None:
        """Run a command that must succeed."""
        self.playbooks.succeed(command.playbook, INVENTORY, *command.arguments, variables=command.given(self.folder))

    def seed(self, **content: t.Any) -> None:
        """Put something into the tenant."""
        clouds.seed(self.sandbox.world, {"entra": {"tenants": [{"id": TENANTS["public"], **content}]}})

    def later(self, days: float) -> None:
        """Let time pass."""
        self.sandbox.world.clock.advance(dt.timedelta(days=days))


def _nothing(place: Place) -> None:
    """Nothing is there yet."""


@dataclasses.dataclass(frozen=True)
class Scenario:
    """prepare: makes what is there before. commands: the job. recovery: what is run after it was disturbed, the job
    again unless told.

    agents: who signs in before and afterwards, and so must at every moment between.
    """

    name: str
    commands: tuple[Command, ...]
    prepare: t.Callable[[Place], None] = _nothing
    recovery: tuple[Command, ...] = ()
    agents: tuple[str, ...] = ()

    @property
    def again(self) -> tuple[Command, ...]:
        """The commands that must end in the state of a clean run, wherever the job was disturbed."""
        return self.recovery or self.commands


def _site(*arguments: str, **variables: t.Any) -> Command:
    return Command("site", ("--tags", "entra,aws,agents", *arguments), variables)


def _made(place: Place) -> None:
    """A federation is there."""
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


ROTATION: t.Final[dict[str, t.Any]] = {
    "azure_saml_app_signing_certificate": {"validity_days": VALIDITY},
    "certificate_rotation_settle_seconds": 1,
}
ROTATE: t.Final = Command("rotate_certificate", (), ROTATION)
TAKE_ALL: t.Final[dict[str, t.Any]] = {
    "federation_remove_agents": True,
    "federation_confirm_instance_alias": "example-demo",
}
HALVES: t.Final = tuple(
    Command("site", ("--tags", half), {"handover_folder": f"{FOLDER}/handover"})
    for half in ("aws", "entra", "aws,agents")
)


def _users(leavers: str, **more: t.Any) -> Command:
    return Command(
        "users", (), {**GROUPS, "connect_users_leavers": leavers, "connect_users_max_removals": "100%", **more}
    )


SITE: t.Final = _site()
TEARDOWN: t.Final = Command("teardown")

SCENARIOS: t.Final = {
    each.name: each
    for each in (
        Scenario("site", (SITE,)),
        Scenario("site, agents from groups", (_site(**GROUPS),), _people),
        Scenario("site, in halves", HALVES, _folder),
        Scenario("users, leavers deleted", (_users("delete"),), _changes, agents=(JANE, JOHN)),
        Scenario(
            "users, leavers restricted",
            (_users("restrict", connect_users_restricted_security_profile="Agent"),),
            _changes,
            agents=(JANE, JOHN),
        ),
        Scenario("rotation", (ROTATE,), _due, agents=(JANE,)),
        Scenario("retire", (ROTATE,), _retirable, agents=(JANE,)),
        Scenario(
            "rollback", (Command("rotate_certificate", ("--tags", "rollback"), ROTATION),), _activated, agents=(JANE,)
        ),
        Scenario("teardown", (TEARDOWN,), _made),
        Scenario("teardown, of instance and agents", (Command("teardown", (), TAKE_ALL),), _made),
        Scenario("site after teardown", (TEARDOWN,), _made, recovery=(SITE,)),
        Scenario("teardown after site", (SITE,), recovery=(Command("teardown", (), TAKE_ALL),)),
    )
}
