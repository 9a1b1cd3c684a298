# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of IAM, STS, Amazon Connect and Amazon Cognito, computed from botocore's endpoint rules."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t
import urllib.parse

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

PARTITIONS: t.Final = ("aws", "aws-us-gov", "aws-cn")

#: partition → the domain of new instances; the other partitions have no Amazon Connect
INSTANCE_DOMAINS: t.Final = {"aws": "my.connect.aws", "aws-us-gov": "govcloud.connect.aws"}

#: that of instances made before April 2021, below /connect
OLD_DOMAIN: t.Final = "awsapps.com"


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """The endpoint that received a request. region: the Region for which the request must be signed."""

    service: str
    host: str
    partition: str
    region: str


@functools.cache
def endpoints(service: str) -> dict[str, Endpoint]:
    """Every host of a service."""
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    partitions = loader.load_data("partitions")
    provider = EndpointProvider(
        ruleset_data=loader.load_service_model(service, "endpoint-rule-set-1"), partition_data=partitions
    )
    by_host: dict[str, Endpoint] = {}
    for partition in partitions["partitions"]:
        if partition["id"] in PARTITIONS:
            for region in _regions(session, service, partition):
                for variant in _variants(service):
                    endpoint = _resolve(provider, service, partition["id"], region, variant)
                    if endpoint:
                        by_host.setdefault(endpoint.host, endpoint)
    return by_host


def pattern(service: str) -> str:
    """A pattern that matches exactly the hosts of a service."""
    return "|".join(re.escape(host) for host in endpoints(service))


def _regions(session: t.Any, service: str, partition: dict[str, t.Any]) -> list[str]:
    if service in ("connect", "cognito-idp"):
        return list(session.get_available_regions(service, partition["id"]))
    pseudo = [region for region in partition["regions"] if region.endswith("-global")]
    return pseudo + [region for region in partition["regions"] if region not in pseudo]


def _variants(service: str) -> list[dict[str, t.Any]]:
    variants: list[dict[str, t.Any]] = [
        {"UseFIPS": fips, "UseDualStack": dual} for fips in (False, True) for dual in (False, True)
    ]
    if service == "sts":
        variants.append({"UseFIPS": False, "UseDualStack": False, "UseGlobalEndpoint": True})
    return variants


def _resolve(provider: t.Any, service: str, partition: str, region: str, variant: dict[str, t.Any]) -> Endpoint | None:
    try:
        resolved = provider.resolve_endpoint(Region=region, **variant)
    except EndpointProviderError:
        return None
    schemes = resolved.properties.get("authSchemes") or [{}]
    signing_region = schemes[0].get("signingRegion", region)
    if signing_region.endswith("-global"):
        return None
    return Endpoint(service, t.cast("str", urllib.parse.urlsplit(resolved.url).hostname), partition, signing_region)
