# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A federation whose signing certificate comes near its end, in clouds that take their time, and the jobs that keep
it.
"""

from __future__ import annotations

import datetime as dt
import threading
import typing as t

from agents import Agents
from playbooks import Playbooks, Run
from seeds import TENANTS

from federation_sandbox.entra.state import Tenant, directory
from federation_sandbox.testing import Sandbox
from processes import kill_whole, wait_for
from support import run_module

INVENTORY: t.Final = "sandbox/hosts.yml"
USERS: t.Final = ("jane.doe@example.com", "john.roe@example.com")
PEOPLE: t.Final = [{"username": user, "first_name": "Agent", "last_name": user} for user in USERS]
#: what the clouds take in these tests; the settling must last longer than IAM's replication
LAGS: t.Final = {"graph_replication": 1.0, "graph_index_lag": 1.0, "metadata_lag": 2.5, "iam_replication": 2.0}
SETTLE: t.Final = 4
#: for how many days the first certificate is valid
VALIDITY: t.Final = 365
VARIABLES: t.Final[dict[str, t.Any]] = {
    "federation_agents": PEOPLE,
    "azure_saml_app_signing_certificate": {"validity_days": VALIDITY},
    "certificate_rotation_settle_seconds": SETTLE,
}

#: how many runs of the scheduled job come to any stage, one after the other
MOST_RUNS: t.Final = 12

#: where a run is killed: as a task begins, by its name, or once a write has succeeded, by service and operation
Stop = str | tuple[str, str]


class Federation:
    """A federation that site.yml made."""

    def __init__(self, sandbox: Sandbox, playbooks: Playbooks, site: Run) -> None:
        self.sandbox, self.world, self.playbooks = sandbox, sandbox.world, playbooks
        self.variables = dict(VARIABLES)
        application, created = site.result("azure_saml_app"), site.result("aws_federation")
        self.url, self.app_id, self.first = (
            application["user_access_url"],
            application["app_id"],
            application["active_thumbprint"],
        )
        self.metadata: str = application["metadata_xml"]
        self.name, self.arn = created["saml_provider"]["name"], created["saml_provider"]["arn"]

    def agents(self) -> Agents:
        return Agents(self.sandbox, self.url, USERS)

    def later(self, days: float) -> None:
        self.world.clock.advance(dt.timedelta(days=days))

    def settled(self) -> None:
        """So much later that everything which was written shows everywhere."""
        self.world.clock.advance(dt.timedelta(seconds=max(LAGS.values())))

    def due(self) -> None:
        """40 days are left, and from now on the clouds lag."""
        self.later(VALIDITY - 40)
        self.world.settings.change(LAGS)

    def rotate(self, *arguments: str, **variables: t.Any) -> Run:
        """The scheduled job."""
        return self.playbooks.succeed("rotate_certificate", INVENTORY, *arguments, variables=self.variables | variables)

    def fail(self, playbook: str = "rotate_certificate", **variables: t.Any) -> Run:
        """A job that must fail."""
        return self.playbooks.fail(playbook, INVENTORY, variables=self.variables | variables)

    def foretell(self, *arguments: str) -> list[str]:
        """The steps that the job would take, with every write refused and none tried."""
        self.world.settings.refuse_writes = True
        self.world.traffic.clear()
        try:
            run = self.rotate("--check", *arguments)
        finally:
            self.world.settings.refuse_writes = False
        assert self.world.traffic.writes() == []
        return run.planned()

    def kill(self, stop: Stop) -> None:
        """The scheduled job, killed on its way with all its processes. One that ends before, since the world's time
        need not keep up with the machine's, is followed by the next.
        """
        assert any(self._killed(stop) for _run in range(MOST_RUNS)), f"no run came to {stop}"

    def _killed(self, stop: Stop) -> bool:
        """Whether a run came to the stop, where it was killed."""
        self.world.traffic.clear()
        process, _events = self.playbooks.start("rotate_certificate", INVENTORY, variables=self.variables)
        printed: list[str] = []
        reader = threading.Thread(target=lambda: [printed.append(line) for line in process.stdout or ()])
        reader.start()

        def reached() -> bool:
            if isinstance(stop, tuple):
                return self._written(*stop)
            return any(line.startswith("TASK [") and f"{stop}]" in line for line in list(printed))

        wait_for(lambda: reached() or process.poll() is not None, str(stop))
        killed = reached()
        if process.poll() is None:
            kill_whole(process)
        reader.join()
        assert killed or process.returncode == 0, "".join(printed)
        return killed

    def _written(self, service: str, operation: str) -> bool:
        return any(entry["write"] and entry["status"] < 400 for entry in self.world.traffic.entries(service, operation))

    @property
    def tenant(self) -> Tenant:
        return directory(self.world).tenants[TENANTS["public"]]

    def principal(self) -> dict[str, t.Any]:
        """The service principal as it was last written."""
        return dict(self.tenant.current("servicePrincipals", appId=self.app_id) or {})

    def certificates(self) -> tuple[str, set[str]]:
        """The active thumbprint, and the identifiers of all certificates, each of which is a whole triple."""
        principal = self.principal()
        kinds = {(credential["customKeyIdentifier"], credential["usage"]) for credential in principal["keyCredentials"]}
        passwords = {credential["customKeyIdentifier"] for credential in principal["passwordCredentials"]}
        assert kinds == {(each, usage) for each in passwords for usage in ("Sign", "Verify")}, (
            "not every certificate is a whole triple"
        )
        return principal["preferredTokenSigningKeyThumbprint"].upper(), passwords

    def certificate_count(self) -> int:
        """How many certificates were ever made: the sandbox forgets no private key."""
        return len(self.tenant.signing_keys)

    def trusted(self, name: str = "", **credentials: str) -> set[str]:
        """The thumbprints that IAM shows."""
        result = run_module(
            "iam_saml_provider_info", {"name": name or self.name, **credentials}, self.playbooks.environment
        )
        return {certificate["thumbprint"] for certificate in result["saml_providers"][0]["certificates"]}

    def lose(self, thumbprint: str) -> None:
        """The provider holds the first certificate alone, but its note tells that another one was published to it a day
        ago.
        """
        note = f"{thumbprint}@{self.world.clock.now() - dt.timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        params = {
            "name": self.name,
            "metadata": self.metadata,
            "tags": {"certificate-published": note},
            "purge_tags": False,
        }
        run_module("iam_saml_provider", params, self.playbooks.environment)
        assert self.trusted() == {self.first}

    def check_site_undoes_nothing(self) -> None:
        """site.yml in the middle of a rotation leaves Entra as it is; it may let IAM trust what is staged, and takes
        nothing from it.
        """
        certificates, trusted = self.certificates(), self.trusted()
        set_up(self.playbooks)
        assert self.certificates() == certificates
        assert self.trusted() >= trusted

    def check_rotated(self) -> None:
        """One certificate is left, a new one, in both clouds, and one was made."""
        active, identifiers = self.certificates()
        assert active != self.first
        assert len(identifiers) == 1
        assert self.trusted() == {active}
        assert self.certificate_count() == 2


def set_up(playbooks: Playbooks) -> Run:
    """site.yml, without its check."""
    return playbooks.succeed("site", INVENTORY, "--tags", "entra,aws,agents", variables=VARIABLES)
