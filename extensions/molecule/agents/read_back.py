# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every agent with security and routing profile, read with boto3, as JSON."""

from __future__ import annotations

import json
import sys

import boto3
from botocore.config import Config


def agents(region: str, alias: str) -> dict[str, str]:
    """Username → profiles."""
    connect = boto3.client(
        "connect", region_name=region, config=Config(retries={"mode": "standard", "max_attempts": 20})
    )
    instance = next(
        one["Id"] for one in connect.list_instances()["InstanceSummaryList"] if one["InstanceAlias"] == alias
    )

    def all_of(operation: str, key: str) -> list[dict]:
        return connect.get_paginator(operation).paginate(InstanceId=instance).build_full_result()[key]

    security = {one["Id"]: one["Name"] for one in all_of("list_security_profiles", "SecurityProfileSummaryList")}
    routing = {one["Id"]: one["Name"] for one in all_of("list_routing_profiles", "RoutingProfileSummaryList")}
    found = {}
    for user_id in [user["Id"] for user in all_of("list_users", "UserSummaryList")]:
        user = connect.describe_user(InstanceId=instance, UserId=user_id)["User"]
        profiles = ", ".join(sorted(security[one] for one in user["SecurityProfileIds"]))
        found[user["Username"].removesuffix("@example.com")] = f"{profiles} / {routing[user['RoutingProfileId']]}"
    return found


if __name__ == "__main__":
    json.dump(agents(*sys.argv[1:]), sys.stdout)
