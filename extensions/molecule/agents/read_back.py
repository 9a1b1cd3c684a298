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
        entry["Id"] for entry in connect.list_instances()["InstanceSummaryList"] if entry["InstanceAlias"] == alias
    )

    def list_all(operation: str, key: str) -> list[dict]:
        return connect.get_paginator(operation).paginate(InstanceId=instance).build_full_result()[key]

    security = {
        profile["Id"]: profile["Name"] for profile in list_all("list_security_profiles", "SecurityProfileSummaryList")
    }
    routing = {
        profile["Id"]: profile["Name"] for profile in list_all("list_routing_profiles", "RoutingProfileSummaryList")
    }
    profiles_by_agent = {}
    for user_id in [user["Id"] for user in list_all("list_users", "UserSummaryList")]:
        user = connect.describe_user(InstanceId=instance, UserId=user_id)["User"]
        profiles = ", ".join(sorted(security[profile_id] for profile_id in user["SecurityProfileIds"]))
        profiles_by_agent[user["Username"].removesuffix("@example.com")] = (
            f"{profiles} / {routing[user['RoutingProfileId']]}"
        )
    return profiles_by_agent


if __name__ == "__main__":
    json.dump(agents(*sys.argv[1:]), sys.stdout)
