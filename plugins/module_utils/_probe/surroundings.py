# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""What is around the experiments and must appear in no report: names and ids of the tenant, the account and the
caller.
"""

from __future__ import annotations

import contextlib
import re

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt
from ansible_collections.openccp.federation.plugins.module_utils._entra.graph import url
from ansible_collections.openccp.federation.plugins.module_utils._errors import FederationError
from ansible_collections.openccp.federation.plugins.module_utils._probe.aws_experiments import AwsBench
from ansible_collections.openccp.federation.plugins.module_utils._probe.entra_bench import EntraBench


def learn_entra(bench: EntraBench) -> None:
    """The tenant and the client. What may not be read cannot be learnt, and then stands in no message but between
    quotes.
    """
    place = bench.graph.place
    bench.stand_ins.learn("tenant", bench.graph.tenant_id, place.tenant_id)
    bench.stand_ins.learn("client", place.client_id, *map(str, bench.graph.claims.values()))
    with contextlib.suppress(FederationError):
        organizations = bench.graph.get(
            url("/organization", select=("id", "displayName", "verifiedDomains")), "read the name of the tenant"
        )
        for organization in organizations["value"]:
            bench.stand_ins.learn("tenant", organization.get("displayName"))
            bench.stand_ins.learn(
                "domain", *(domain.get("name") for domain in organization.get("verifiedDomains") or ())
            )


def learn_aws(bench: AwsBench, region: str | None) -> None:
    """The caller, the Region and the instance."""
    bench.stand_ins.learn("region", region)
    with contextlib.suppress(FederationError), attempt("find out who we are"):
        identity = bench.clients("sts").get_caller_identity()
        bench.stand_ins.learn("account", identity["Account"])
        bench.stand_ins.learn("caller", identity["UserId"], *re.split(r"[:/]", identity["Arn"])[5:])
    if not bench.instance_id:
        return
    bench.stand_ins.learn("instance", bench.instance_id, bench.instance_id.rpartition("/")[2])
    with contextlib.suppress(FederationError), attempt("read the instance"):
        instance = bench.clients("connect").describe_instance(InstanceId=bench.instance_id)["Instance"]
        bench.stand_ins.learn("instance", instance.get("InstanceAlias"), instance.get("InstanceAccessUrl"))
