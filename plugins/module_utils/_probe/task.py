# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The probe as a task runs it: with the options of the module live_probe."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.openccp.federation.plugins.module_utils._aws.account import account_of
from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import client
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import AWS, partition_of_region
from ansible_collections.openccp.federation.plugins.module_utils._entra.errors import entra_waiter
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import Graph, connect
from ansible_collections.openccp.federation.plugins.module_utils._probe import (
    aws_experiments,
    entra_bench,
    entra_experiments,
    probe,
)
from ansible_collections.openccp.federation.plugins.module_utils._probe.aws_experiments import AwsBench
from ansible_collections.openccp.federation.plugins.module_utils._probe.bench import Bench
from ansible_collections.openccp.federation.plugins.module_utils._probe.entra_bench import EntraBench
from ansible_collections.openccp.federation.plugins.module_utils._probe.stand_ins import StandIns
from ansible_collections.openccp.federation.plugins.module_utils._probe.surroundings import learn_aws, learn_entra

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


class Probe:
    """The probe with the options of a module."""

    def __init__(self, module: AwsModule) -> None:
        self.module = module
        self.params = module.params
        probe.check_mark(self.params["mark"])
        probe.check_repetitions(self.params["repetitions"])
        self.mark = self.params["mark"] or probe.new_mark()
        self.waiter = entra_waiter(self.params["wait_timeout"])
        self.clients = functools.cache(functools.partial(client, module))
        self.stand_ins = StandIns()

    @functools.cached_property
    def graph(self) -> Graph:
        """Microsoft Graph."""
        return connect(self.params)

    @functools.cached_property
    def entra(self) -> EntraBench:
        """Where experiments in Entra ID are made."""
        bench = EntraBench(self.mark, self.waiter, self.stand_ins, self.params["repetitions"], graph=self.graph)
        learn_entra(bench)
        return bench

    @functools.cached_property
    def aws(self) -> AwsBench:
        """Where experiments in AWS are made."""
        bench = AwsBench(
            self.mark,
            self.waiter,
            self.stand_ins,
            self.params["repetitions"],
            clients=self.clients,
            instance_id=self.params["instance_id"],
        )
        learn_aws(bench, self.module.region)
        return bench

    def bench(self, question: str) -> Bench:
        """Where a question's experiment is made."""
        return self.entra if question in entra_experiments.EXPERIMENTS else self.aws

    def places(self, entra: bool, aws: bool) -> dict[str, t.Any]:
        """Where the experiments run. Signs in to each cloud that is needed."""
        account = account_of(self.module) if aws else None
        region = self.module.region
        partition = account.partition if account else _partition(region)
        return {
            "tenant_id": self.graph.tenant_id if entra else None,
            "account_id": account.id if account else None,
            "partition": partition,
        }

    def answer(self) -> dict[str, t.Any]:
        """The answers to the questions of the options."""
        questions = probe.known(self.params["questions"])
        entra = any(question in entra_experiments.EXPERIMENTS for question in questions)
        places = self.places(entra, any(question in aws_experiments.IN_AN_ACCOUNT for question in questions))
        result: dict[str, t.Any] = {"changed": bool(questions), "places": places, "mark": self.mark, "answers": []}
        if self.module.check_mode or not questions:
            return result
        probe.check_confirmed(self.params["confirm"], places)
        try:
            result["answers"] = probe.ask(questions, self.bench)
        finally:
            for bench in (vars(self).get("entra"), vars(self).get("aws")):
                if bench is not None:
                    bench.clear()
        return result

    def clean(self) -> dict[str, t.Any]:
        """Remove what earlier runs left."""
        clouds = self.params["clouds"]
        finders: dict[str, probe.Finder] = {
            "entra": lambda is_marked: entra_bench.sweep_entra(self.graph, self.waiter, is_marked),
            "iam": functools.partial(aws_experiments.sweep_iam, self.clients),
            "connect": functools.partial(aws_experiments.sweep_connect, self.clients, self.params["instance_id"]),
        }
        chosen = [finder for cloud, finder in finders.items() if cloud in clouds]
        removed = probe.sweep(chosen, self.params["mark"], self.waiter.sleep, remove=not self.module.check_mode)
        return {
            "changed": bool(removed),
            "places": self.places("entra" in clouds, clouds != ["entra"]),
            "removed": removed,
        }


def _partition(region: str | None) -> str:
    return partition_of_region(region).name if region else AWS.name
