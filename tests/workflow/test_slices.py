# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX's job slices: each federation in exactly one of them, all at the same time, and what one job over everything
would have made.
"""

from __future__ import annotations

import collections
import concurrent.futures
import datetime as dt
import sys
import typing as t
from pathlib import Path

import pytest
from jobs import Job

from federation_sandbox.testing import Sandbox
from fleet_factory import CLIENT, SECRET, Fleet, make_fleet, tenant_id

CREDENTIAL: t.Final = {"tenant_id": tenant_id(0), "client_id": CLIENT, "client_secret": SECRET}
WITHOUT_CHECK: t.Final = "--skip-tags check"
#: the part of a federation that is quickest to make
INSTANCES: t.Final = {
    "hosts": "all",
    "connection": "local",
    "gather_facts": False,
    "vars": {"ansible_python_interpreter": sys.executable},
    "roles": ["openccp.federation.connect_instance"],
}


@pytest.fixture
def fleet(sandbox: Sandbox, request: pytest.FixtureRequest) -> Fleet:
    """Federations of two tenants. Three that are in different slices are in one account and Region, whose pace they
    share.
    """
    sandbox.world.reset()
    return make_fleet(sandbox, **request.param)


def times_of(job: Job) -> list[dt.datetime]:
    """The times of a job's events."""
    return [dt.datetime.fromisoformat(event["created"]) for event in job.events()]


class Slices:
    """A launch of the template Site in slices, without its last step, the check. play: a play that stands in for
    site.yml.
    """

    def __init__(self, sandbox: Sandbox, fleet: Fleet, folder: Path, play: dict[str, t.Any] | None = None) -> None:
        self._sandbox, self._fleet, self._folder, self._play = sandbox, fleet, folder, play

    def job(self, name: str, number: int = 1, count: int = 1, options: str = WITHOUT_CHECK) -> Job:
        """One slice, or everything."""
        job = Job(
            self._folder / name,
            self._sandbox,
            "Site",
            CREDENTIAL,
            hosts=self._fleet.hosts,
            part=(number, count),
            keys=self._fleet.environment,
            forks=2,
            options=options,
        )
        if self._play:
            job.replace_playbook([self._play])
        return job

    def run(self, count: int) -> list[t.Any]:
        """All slices at the same time, and then one job over everything, which finds nothing to do.

        The answer: the slices' calls that came too soon.
        """
        jobs = [self.job(f"slice {number}", number, count) for number in range(1, count + 1)]
        with concurrent.futures.ThreadPoolExecutor(count) as machines:
            list(machines.map(Job.run, jobs))
        for job in jobs:
            assert job.stats()["failures"] == {}, job.printed()
        ran = collections.Counter(host for job in jobs for host in job.stats()["processed"])
        assert ran == dict.fromkeys(self._fleet.hosts, 1)
        times = [times_of(job) for job in jobs]
        assert max(map(min, times)) < min(map(max, times)), "the slices did not run at the same time"
        assert not [job for job in jobs if SECRET in job.printed()]
        too_soon = [entry for entry in self._sandbox.world.traffic.entries() if entry["status"] == 429]
        self._sandbox.world.traffic.clear()
        whole = self.job("one", options="--check").run()
        assert whole.stats()["failures"] == {}, whole.printed()
        assert set(whole.stats()["processed"]) == set(self._fleet.hosts)
        assert whole.stats()["changed"] == {}
        assert self._sandbox.world.traffic.writes() == []
        return too_soon


@pytest.mark.parametrize("fleet", [{"federations": 6, "accounts": 1, "regions": 2}], indirect=True)
def test_each_federation_is_in_one_slice(sandbox: Sandbox, fleet: Fleet, tmp_path: Path) -> None:
    """They meet the limit of CreateInstance, two at once, and none fails for it."""
    assert Slices(sandbox, fleet, tmp_path, INSTANCES).run(3) != []


@pytest.mark.soak
@pytest.mark.parametrize("fleet", [{"federations": 60, "accounts": 5, "regions": 4}], indirect=True)
def test_sixty_federations_in_six_slices(sandbox: Sandbox, fleet: Fleet, tmp_path: Path) -> None:
    Slices(sandbox, fleet, tmp_path).run(6)
