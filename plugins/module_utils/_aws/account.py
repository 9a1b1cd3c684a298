# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Internal to openccp.federation: not for use outside this collection.

"""The account and partition that ARNs are computed from."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.openccp.federation.plugins.module_utils._aws.clients import attempt, client
from ansible_collections.openccp.federation.plugins.module_utils._domain.arns import check_account, parse_arn
from ansible_collections.openccp.federation.plugins.module_utils._domain.partitions import AWS, partition_of_region

if t.TYPE_CHECKING:
    from ansible_collections.openccp.federation.plugins.module_utils._module import AwsModule


@dataclass(frozen=True)
class Account:
    """An AWS account and the partition that it is in."""

    partition: str
    id: str


def account_of(module: AwsModule) -> Account:
    """The account of the option `account_id`, in the Region's partition; without it, the account of the credentials
    (one request).
    """
    if module.params.get("account_id"):
        region = module.region
        partition = partition_of_region(region) if region else AWS
        return Account(partition.name, check_account(module.params["account_id"]))
    with attempt("find out the account of the AWS credentials", hint="Check the credentials, or give account_id."):
        identity = parse_arn(client(module, "sts").get_caller_identity()["Arn"])
    return Account(identity.partition, identity.account)
