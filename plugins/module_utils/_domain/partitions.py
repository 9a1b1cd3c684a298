# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""AWS partitions and the Regions that have Amazon Connect.

The list of Regions is botocore's endpoint data of 2026 (ap-northeast-3 holds replicas only).
"""

from __future__ import annotations

import difflib
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput


@dataclass(frozen=True)
class Partition:
    """One AWS partition: its name in ARNs and the hosts of its sign-in and console."""

    name: str
    title: str
    dns_suffix: str
    signin_host: str
    console_host: str
    audience: str
    """The entity id in the metadata of the partition's SAML service provider."""
    extra_audiences: tuple[str, ...] = ()
    """What the sign-in accepts beside `audience`."""
    console_region: str = ""
    """The Region of the console at the host that names none."""
    instance_domain: str = ""
    """What the hosts of Amazon Connect's instances end with; nothing where there are none."""


AWS = Partition(
    name="aws",
    title="AWS",
    dns_suffix="amazonaws.com",
    signin_host="signin.aws.amazon.com",
    console_host="console.aws.amazon.com",
    audience="urn:amazon:webservices",
    extra_audiences=("https://signin.aws.amazon.com/saml",),
    console_region="us-east-1",
    instance_domain="my.connect.aws",
)
GOVCLOUD = Partition(
    name="aws-us-gov",
    title="AWS GovCloud (US)",
    dns_suffix="amazonaws.com",
    signin_host="signin.amazonaws-us-gov.com",
    console_host="console.amazonaws-us-gov.com",
    audience="urn:amazon:webservices:govcloud",
    console_region="us-gov-west-1",
    instance_domain="govcloud.connect.aws",
)
CHINA = Partition(
    name="aws-cn",
    title="AWS China",
    dns_suffix="amazonaws.com.cn",
    signin_host="signin.amazonaws.cn",
    console_host="console.amazonaws.cn",
    audience="urn:amazon:webservices:cn-north-1",
    console_region="cn-north-1",
)

PARTITIONS: t.Mapping[str, Partition] = {partition.name: partition for partition in (AWS, GOVCLOUD, CHINA)}

CONNECT_REGIONS: tuple[str, ...] = (
    "af-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-2",
    "us-east-1",
    "us-gov-west-1",
    "us-west-2",
)
#: the Region whose sign-in host has no Region in its name
WITHOUT_LABEL: t.Final = "us-east-1"
#: the other Regions of the partition aws, each with a sign-in host of its own
SIGN_IN_REGIONS: t.Final = (
    *(
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
    ),
    *(
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
    ),
    *(
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
    ),
    *("eu-west-3", "il-central-1", "me-central-1", "me-south-1", "me-west-1", "mx-central-1", "sa-east-1", "sa-west-1"),
    *("us-east-2", "us-west-1", "us-west-2"),
)
REPLICA_REGIONS: tuple[str, ...] = ("ap-northeast-3",)

_REGION = re.compile(
    r"(?:af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(?:(?:north|south)?(?:east|west)|north|south|central)-[0-9]{1,2}"
)


def partition_of_region(region: str) -> Partition:
    """The partition that holds a Region; InvalidInput when the text does not name one."""
    if not _REGION.fullmatch(region):
        raise InvalidInput(f"{region!r} is not the name of an AWS Region.", hint=_near(region))
    if region.startswith("us-gov-"):
        return GOVCLOUD
    return CHINA if region.startswith("cn-") else AWS


def partition_named(name: str) -> Partition:
    """The partition of that name (as the second part of an ARN has it)."""
    try:
        return PARTITIONS[name]
    except KeyError:
        raise InvalidInput(f"{name!r} is not an AWS partition that is known here: {', '.join(PARTITIONS)}.") from None


def check_connect_region(region: str, offered: t.Collection[str] = CONNECT_REGIONS) -> Partition:
    """The partition of a Region that has Amazon Connect; InvalidInput for one that has not.

    offered: a newer list of Regions than ours, such as the installed botocore's; it adds to ours.
    """
    partition = partition_of_region(region)
    if region in CONNECT_REGIONS or region in offered:
        return partition
    if partition is CHINA:
        raise InvalidInput(
            f"Amazon Connect is not offered in AWS China, so not in the Region {region}.",
            hint="Use a Region of the partition aws.",
        )
    if region in REPLICA_REGIONS:
        raise InvalidInput(
            f"The Region {region} holds replicas of Amazon Connect instances only.",
            hint="Name the Region of the instance that is replicated.",
        )
    raise InvalidInput(f"Amazon Connect is not offered in the Region {region}.", hint=_near(region))


def _near(region: str) -> str:
    close_matches = difflib.get_close_matches(region, CONNECT_REGIONS, n=3)
    if close_matches:
        return f"Did you mean {' or '.join(close_matches)}?"
    return f"Regions with Amazon Connect: {', '.join(CONNECT_REGIONS)}."
