# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.openccp.federation.plugins.module_utils._domain import partitions
from ansible_collections.openccp.federation.plugins.module_utils._errors import InvalidInput


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("eu-central-1", "aws"),
        ("us-east-1", "aws"),
        ("ap-southeast-2", "aws"),
        ("mx-central-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-northwest-1", "aws-cn"),
    ],
)
def test_the_partition_of_a_region(region: str, name: str) -> None:
    assert partitions.partition_of_region(region).name == name


@pytest.mark.parametrize(
    "text", ["", "frankfurt", "eu-central", "eu_central_1", "EU-CENTRAL-1", "us-iso-east-1", "eu-central-1\n"]
)
def test_what_is_no_region(text: str) -> None:
    with pytest.raises(InvalidInput, match="not the name of an AWS Region"):
        partitions.partition_of_region(text)


@pytest.mark.parametrize("region", partitions.CONNECT_REGIONS)
def test_every_connect_region_belongs_to_a_partition(region: str) -> None:
    assert partitions.check_connect_region(region) is partitions.partition_of_region(region)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("eu-central-2", "not offered in the Region eu-central-2. Did you mean eu-central-1"),
        ("us-gov-east-1", "Did you mean us-gov-west-1"),
        ("cn-north-1", "not offered in AWS China"),
        ("ap-northeast-3", "replicas"),
        ("eu-centrl-1", "not the name of an AWS Region. Did you mean eu-central-1"),
        ("zz", "Regions with Amazon Connect: af-south-1"),
    ],
)
def test_a_region_without_connect(region: str, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        partitions.check_connect_region(region)
    assert message in str(error.value)


def test_a_region_that_only_a_newer_botocore_knows() -> None:
    assert partitions.check_connect_region("eu-south-1", offered=["eu-south-1"]) is partitions.AWS


def test_partitions_by_name() -> None:
    assert partitions.partition_named("aws-us-gov") is partitions.GOVCLOUD
    with pytest.raises(InvalidInput, match="'aws-iso' is not"):
        partitions.partition_named("aws-iso")
